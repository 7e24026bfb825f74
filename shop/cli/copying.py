"""Copy every row from one database into another, of either kind, and compare.

Used by ``move-db``, and by backups of PostgreSQL, which are SQLite files too:
so each backup can be restored on each database.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Connection,
    Engine,
    Integer,
    RowMapping,
    Table,
    bindparam,
    func,
    insert,
    select,
    text,
)

from shop import create_app, migrations
from shop.cli import progress
from shop.config import Config
from shop.db import Base, db
from shop.search.models import refill

CHUNK = 500
#: Columns of 63 bits are summed in halves: SQLite refuses a sum beyond 64.
_HALF = 2**30


class Differs(Exception):
    """After copying, a count or a sum was not the same."""


def made_ready(config: Config, database_url: str) -> Engine:
    """Return an engine of another database, its tables up to date."""
    other = create_app(replace(config, database_url=database_url))
    with other.app_context():
        migrations.upgrade()
        return db.engine


def frozen(engine: Engine) -> Connection:
    """Open a connection that sees one moment of the database, whoever writes."""
    if engine.dialect.name == "postgresql":
        return engine.connect().execution_options(isolation_level="REPEATABLE READ")
    return engine.connect()


def is_empty(connection: Connection) -> bool:
    """Say whether no table has a row."""
    return not any(counts(connection).values())


def counts(connection: Connection) -> dict[str, int]:
    """Return how many rows each table has."""
    return {table.name: _count(connection, table) for table in _tables()}


def clear(target: Connection) -> None:
    """Delete every row, children before parents."""
    for table in reversed(_tables()):
        target.execute(table.delete())


def copy(source: Connection, target: Connection, label: str) -> int:
    """Copy all rows, parents before children; return how many.

    The caller commits ``target``, or not.

    :raises Differs: if a count of rows or a sum of an integer column differs.
    """
    rows = counts(source)
    with progress(label, sum(rows.values())) as advance:
        for table in _tables():
            statement = insert(table).values(
                {column.name: _as_it_is(column) for column in table.columns}
            )
            for chunk in _chunks(_parents_first(table, source)):
                target.execute(statement, chunk)
                advance(len(chunk))
            _set_sequence(target, table)
    refill(target)
    for table in _tables():
        _compare(source, target, table)
    return sum(rows.values())


def _tables() -> list[Table]:
    return list(Base.metadata.sorted_tables)


def _count(connection: Connection, table: Table) -> int:
    return connection.scalar(select(func.count()).select_from(table)) or 0


def _as_it_is(column: Any) -> Any:
    """Keep an absent JSON value absent, instead of the JSON word null."""
    if isinstance(column.type, JSON):
        return bindparam(column.name, type_=JSON(none_as_null=True))
    return bindparam(column.name, type_=column.type)


def _parents_first(table: Table, source: Connection) -> Iterable[RowMapping]:
    """Return the rows of a table; of a tree, each parent before its children."""
    parents = [
        (key.parent.name, key.column.name)
        for key in table.foreign_keys
        if key.column.table is table
    ]
    query = select(table).order_by(*table.primary_key.columns)
    rows = source.execution_options(yield_per=CHUNK).execute(query).mappings()
    return _sorted_tree(list(rows), parents) if parents else rows


def _sorted_tree(
    rows: list[RowMapping], parents: list[tuple[str, str]]
) -> Iterator[RowMapping]:
    done: dict[str, set[Any]] = {column: set() for _, column in parents}
    while rows:
        ready: list[RowMapping] = []
        waiting: list[RowMapping] = []
        for row in rows:
            free = all(row[own] is None or row[own] in done[to] for own, to in parents)
            (ready if free else waiting).append(row)
            if free:
                for column, seen in done.items():
                    seen.add(row[column])
        yield from ready or waiting  # a circle: the database will say so
        rows = waiting if ready else []


def _chunks(rows: Iterable[RowMapping]) -> Iterator[list[dict[str, Any]]]:
    chunk: list[dict[str, Any]] = []
    for row in rows:
        chunk.append(dict(row))
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _set_sequence(target: Connection, table: Table) -> None:
    """Let PostgreSQL count on from the highest id."""
    key = table.autoincrement_column
    if target.dialect.name != "postgresql" or key is None:
        return
    sequence = target.scalar(
        text("select pg_get_serial_sequence(:table, :column)"),
        {"table": f'"{table.name}"', "column": key.name},
    )
    highest = target.scalar(select(func.max(key)))
    if sequence and highest:
        target.execute(
            text("select setval(:sequence, :highest)"),
            {"sequence": sequence, "highest": highest},
        )


def _compare(source: Connection, target: Connection, table: Table) -> None:
    numbers = [c for c in table.columns if isinstance(c.type, Integer | BigInteger)]
    sums = [func.sum(half) for c in numbers for half in (c // _HALF, c % _HALF)]
    query = select(func.count(), *sums).select_from(table)
    ours = [int(value or 0) for value in source.execute(query).one()]
    theirs = [int(value or 0) for value in target.execute(query).one()]
    if ours != theirs:
        raise Differs(table.name)
