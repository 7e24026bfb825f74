"""The database handle, the column types, and the one way to write.

The pattern and its proofs are ``reference/reliability.md`` 2 and appendix A:
on SQLite a lock file is taken before ``BEGIN IMMEDIATE`` and given back after
``COMMIT``, so that writers queue fairly and no commit overlaps a checkpoint;
on PostgreSQL the block runs READ COMMITTED and is retried on a serialization
failure or a deadlock.
"""

import fcntl
import os
import random
import sqlite3
import time
from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, cast

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    ARRAY,
    BigInteger,
    DateTime,
    Executable,
    Integer,
    MetaData,
    Text,
    TypeDecorator,
    bindparam,
    event,
)
from sqlalchemy.engine import Connection, CursorResult, Dialect, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, ORMExecuteState, Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.selectable import SelectBase
from sqlalchemy.types import NullType, TypeEngine

T = TypeVar("T")

#: Every constraint has a name, so that batch migrations and errors can say it.
NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Parent of every table."""

    metadata = MetaData(naming_convention=NAMES)


db = SQLAlchemy(
    model_class=Base, session_options={"expire_on_commit": False, "autoflush": True}
)

#: Row ids and amounts: 64 bits on PostgreSQL, SQLite's own integer there.
Big = BigInteger().with_variant(Integer, "sqlite")

PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "busy_timeout=10000",
    "foreign_keys=ON",
    "trusted_schema=OFF",
    "cache_size=-2000",  # kB, for each connection: the system keeps pages for all
    "temp_store=MEMORY",
    "mmap_size=0",
)
_RETRY = {"40001", "40P01", "55P03"}
_TRIES = 8


class WriteOutsideTransaction(RuntimeError):
    """Somebody wrote without ``transaction()``: a bug, never a refusal."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC moment, also on databases that drop the time zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Refuse naive values; store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime: pass an aware UTC moment")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return the moment in UTC."""
        if value is None:
            return None
        moment: datetime = value
        if moment.tzinfo is None:
            return moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC)


class _Numbers(TypeDecorator[list[int]]):
    """Many whole numbers as one parameter: an array, or its JSON on SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the array where there is one."""
        is_array = dialect.name == "postgresql"
        return dialect.type_descriptor(ARRAY(BigInteger) if is_array else Text())

    def process_bind_param(self, value: list[int] | None, dialect: Dialect) -> Any:
        """Write the numbers for the driver."""
        if dialect.name == "postgresql" or value is None:
            return value
        return f"[{','.join(map(str, value))}]"  # JSON, in a third of its time


class among(FunctionElement[Any]):  # noqa: N801 (reads as a word of SQL)
    """``among(column, "ids")``: the column is one of the numbers of a parameter.

    Unlike ``in_`` it is the same text for any number of them, so that nothing
    has to be written anew for each execution.
    """

    inherit_cache = True
    type = NullType()

    def __init__(self, column: Any, name: str) -> None:
        super().__init__(column, bindparam(name, type_=_Numbers()))


@compiles(among, "sqlite")
def _among_json(element: among, compiler: SQLCompiler, **options: Any) -> str:
    column, numbers = (compiler.process(one, **options) for one in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({numbers}))"  # noqa: S608


@compiles(among, "postgresql")
def _among_array(element: among, compiler: SQLCompiler, **options: Any) -> str:
    column, numbers = (compiler.process(one, **options) for one in element.clauses)
    return f"{column} = ANY ({numbers})"


class spaced(FunctionElement[str]):  # noqa: N801 (reads as a word of SQL)
    """``spaced(column)``: the texts of all rows, divided by spaces.

    SQLAlchemy's own ``aggregate_strings`` is written anew for each execution.
    """

    inherit_cache = True
    type = Text()


@compiles(spaced, "sqlite")
def _group_concat(element: spaced, compiler: SQLCompiler, **options: Any) -> str:
    return f"group_concat({compiler.process(element.clauses, **options)}, ' ')"


@compiles(spaced, "postgresql")
def _string_agg(element: spaced, compiler: SQLCompiler, **options: Any) -> str:
    return f"string_agg({compiler.process(element.clauses, **options)}, ' ')"


def prepare(engine: Engine) -> None:
    """Set up an engine for the one write path; call once per engine."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _sqlite_connect)
        event.listen(engine, "begin", _sqlite_begin)


def _sqlite_connect(dbapi: Any, _record: object) -> None:
    dbapi.isolation_level = None  # the driver must not emit a BEGIN of its own
    cursor = dbapi.cursor()
    for pragma in PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _sqlite_begin(connection: Connection) -> None:
    write = connection.get_execution_options().get("write")
    driver: Any = connection.connection.dbapi_connection
    driver.execute("BEGIN " + ("IMMEDIATE" if write else "DEFERRED"))


@contextmanager
def transaction() -> Iterator[Session]:
    """Commit when the block ends, roll back when it raises.

    Only edges open one: views, commands, the worker, ``payments.collect``.
    Services never commit, so they combine into one larger step. Inside, this
    is the only writer on SQLite. Nothing slow and no network belongs here.

    Anything read before in this session is forgotten, so that a check and its
    write see the same moment.
    """
    session = db.session()
    if session.info.get("writing"):
        raise RuntimeError("transaction() inside transaction(): only edges open one")
    session.rollback()
    with _turn(db.engine):
        session.info["writing"] = True
        try:
            session.connection(execution_options={"write": True})
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise
        finally:
            session.info["writing"] = False


def write(work: Callable[[], T]) -> T:
    """Run ``work`` in a transaction, again if the database asks for it.

    For edges that must not fail on a deadlock (PostgreSQL 40001, 40P01,
    55P03) or a lock (SQLite). ``work`` may run several times.
    """
    for attempt in range(_TRIES):
        try:
            with transaction():
                return work()
        except DBAPIError as error:
            last = attempt == _TRIES - 1
            if isinstance(error, IntegrityError) or not _transient(error) or last:
                raise
            time.sleep(random.uniform(0, 0.005 * 2**attempt))  # noqa: S311
    raise AssertionError("unreachable")


def _transient(error: DBAPIError) -> bool:
    if getattr(error.orig, "sqlstate", None) in _RETRY:
        return True
    return "database is locked" in str(error.orig)


@contextmanager
def _turn(engine: Engine) -> Iterator[None]:
    """Wait for this process's turn to write; the kernel frees it on kill -9."""
    path = lock_path(engine)
    if path is None:
        yield
        return
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def lock_path(engine: Engine) -> Path | None:
    """Return the lock file beside a SQLite database; None for memory and PostgreSQL."""
    name = engine.url.database
    if engine.dialect.name != "sqlite" or not name or name == ":memory:":
        return None
    return Path(name).with_name(Path(name).name + ".lock")


def read(
    statement: "Executable | Ready", given: Mapping[str, Any] | None = None
) -> Sequence[Any]:
    """Return the rows of a SELECT of columns, in this session's transaction.

    Half the time of ``session.execute``, which looks for entities in it.
    """
    connection = _connection(db.session())
    if type(statement) is Ready:
        return statement.rows(connection, given or {})
    return connection.execute(cast(Executable, statement), given).all()


def _connection(session: Session) -> Connection:
    """Return the connection of the session's transaction, asked for once in each.

    Its own answer takes a walk through its states: 5 us, for each statement.
    """
    transaction, connection = session.info.get("reading", (None, None))
    if transaction is None or transaction is not session.get_transaction():
        connection = session.connection()
        session.info["reading"] = session.get_transaction(), connection
    return cast(Connection, connection)


class Ready:
    """A SELECT that SQLite is asked without going through SQLAlchemy again.

    For the few statements of the most visited pages: each then takes 5 us
    beside the database's own time instead of 25. Text, order of parameters and
    conversion of values are SQLAlchemy's own, made once. Where anybody listens
    (tests and bench count statements), something fails, a list has to be
    written into the text, or the database is PostgreSQL, SQLAlchemy executes it.
    """

    def __init__(self, statement: SelectBase) -> None:
        self.statement = statement
        self._made: _Text | None = None

    def rows(self, connection: Connection, given: Mapping[str, Any]) -> Sequence[Any]:
        """Return the rows, their columns by name and by position."""
        engine = connection.engine
        if engine.dialect.name == "sqlite" and not _is_heard(engine):
            made = self._made = self._made or _text_of(self.statement, engine.dialect)
            if not made.has_lists:
                with suppress(sqlite3.Error):  # SQLAlchemy says it in its own words
                    return made.rows(connection.connection.dbapi_connection, given)
        return connection.execute(cast(Executable, self.statement), given).all()


def _is_heard(engine: Engine) -> bool:
    return bool(engine.dispatch.before_cursor_execute)


@dataclass(frozen=True)
class _Text:
    """What SQLite needs of a statement: ``fixed`` are the values it brings itself."""

    sql: str
    names: tuple[str, ...]
    fixed: Mapping[str, Any]
    writers: Mapping[str, Callable[[Any], Any]]
    readers: Sequence[tuple[int, Callable[[Any], Any]]]
    row: Callable[[Iterable[Any]], Any]
    has_lists: bool

    def rows(self, driver: Any, given: Mapping[str, Any]) -> list[Any]:
        values = {**self.fixed, **given}
        for name, write_as in self.writers.items():
            values[name] = write_as(values[name])
        found = driver.execute(self.sql, [values[name] for name in self.names])
        if not self.readers:
            return [*map(self.row, found)]
        rows = []
        for one in found.fetchall():
            columns = list(one)
            for place, read_as in self.readers:
                columns[place] = read_as(columns[place])
            rows.append(self.row(columns))
        return rows


def _text_of(statement: SelectBase, dialect: Dialect) -> _Text:
    compiled = statement.compile(dialect=dialect)
    binds = {name: bind for bind, name in compiled.bind_names.items()}
    writers = {name: _writer(bind.type, dialect) for name, bind in binds.items()}
    columns = statement.selected_columns
    readers = [_reader(column.type, dialect) for column in columns]
    row = namedtuple("Row", [str(column.key) for column in columns], rename=True)  # type: ignore[misc]
    return _Text(
        sql=str(compiled),
        names=tuple(compiled.positiontup or ()),
        fixed={name: bind.value for name, bind in binds.items() if not bind.required},
        writers={name: one for name, one in writers.items() if one is not None},
        readers=[(n, one) for n, one in enumerate(readers) if one is not None],
        row=partial(tuple.__new__, row),  # as ``_make`` does, without a frame
        has_lists="[POSTCOMPILE_" in str(compiled),
    )


def _writer(kind: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _reader(kind: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    return kind.dialect_impl(dialect).result_processor(dialect, None)


def changed(result: Any) -> int:
    """Return how many rows a conditional UPDATE changed."""
    assert isinstance(result, CursorResult)  # noqa: S101
    return result.rowcount


def insert_new(model: type[Base], **values: Any) -> bool:
    """Insert a row unless a unique constraint holds its like; say whether it is new.

    Two at once: the second waits for the first to commit, then changes nothing.
    """
    row = dialect_insert(model).values(**values).on_conflict_do_nothing()
    key = model.__mapper__.primary_key
    return db.session.execute(row.returning(*key)).first() is not None


def dialect_insert(table: Any) -> Any:
    """Begin an insert that may say what to do on a conflict; both databases can.

    Only the own dialect is loaded: the other is 3 MB of every process.
    """
    if is_postgres():
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table)
    from sqlalchemy.dialects import sqlite

    return sqlite.insert(table)


def is_postgres() -> bool:
    """Say which of the two databases this is."""
    return db.engine.dialect.name == "postgresql"


def _guard_flush(session: Session, _context: object, _instances: object) -> None:
    if not session.info.get("writing"):
        raise WriteOutsideTransaction("flush outside transaction()")


def _guard_execute(state: ORMExecuteState) -> None:
    writes = state.is_insert or state.is_update or state.is_delete
    if writes and not state.session.info.get("writing"):
        raise WriteOutsideTransaction("write outside transaction()")


event.listen(Session, "before_flush", _guard_flush)
event.listen(Session, "do_orm_execute", _guard_execute)
