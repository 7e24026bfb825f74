"""Tables of the index. They stand alone: a product is only its number here.

``search_doc`` holds what each product is found by; beside it stands the
full-text index ``search_fts`` (FTS5 or tsvector), which ``service`` writes in
the same transaction. No trigger: with ``trusted_schema=OFF`` SQLite lets none
write to FTS5. The key of a document is its *rank*: larger merit first, then the
product. So the index itself is in merit order, and the first page of a word
that a third of a million products have costs as much as that of a rare one.
"""

from typing import Any

from sqlalchemy import Connection, Index, Table, Text, event
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Base, Big

#: Products and merits fit in 31 bits each, a rank in 62.
_BITS = 31
MOST = (1 << _BITS) - 1
#: Compared byte by byte, so that a prefix is a range.
_Term = Text().with_variant(Text(collation="C"), "postgresql")


class SearchDoc(Base):
    """A product as the index sees it: its terms, divided by spaces.

    The first ``own`` of them are of its own names; the others of its category
    and its colours.
    """

    __tablename__ = "search_doc"
    rank: Mapped[int] = mapped_column(Big, primary_key=True, autoincrement=False)
    product_id: Mapped[int] = mapped_column(Big, unique=True)
    #: Of the texts the terms were read from, to see whether they changed.
    digest: Mapped[str] = mapped_column(Text)
    own: Mapped[int] = mapped_column()
    terms: Mapped[str] = mapped_column(Text)


class SearchTerm(Base):
    """A term and how many products have it.

    ``initial`` and ``length`` are given for words that can be misspelt, to find
    the ones that look alike.
    """

    __tablename__ = "search_term"
    term: Mapped[str] = mapped_column(_Term, primary_key=True)
    docs: Mapped[int] = mapped_column()
    initial: Mapped[str | None] = mapped_column(Text)
    length: Mapped[int] = mapped_column(default=0)
    __table_args__ = (Index("ix_search_term_spelling", "initial", "length"),)


class SearchSynonym(Base):
    """The owner's list: who says ``said`` also means ``meant``."""

    __tablename__ = "search_synonym"
    said: Mapped[str] = mapped_column(Text, primary_key=True)
    meant: Mapped[str] = mapped_column(Text, primary_key=True)


def rank_of(product_id: int, merit: int) -> int:
    """Return the place of a product in every result; smaller comes first.

    :raises ValueError: if ``product_id`` is not within 0 to ``MOST``. A merit
        beyond these ends counts as the end.
    """
    if not 0 <= product_id <= MOST:
        raise ValueError(product_id)
    return (MOST - min(max(merit, 0), MOST)) << _BITS | product_id


def product_of(rank: int) -> int:
    """Return the product that stands at ``rank``."""
    return rank & MOST


_SQLITE = (
    "create virtual table if not exists search_fts using fts5("
    " terms, content='search_doc', content_rowid='rank', detail=none, columnsize=0,"
    " tokenize=\"unicode61 remove_diacritics 0 tokenchars '~#='\")",
)
_POSTGRESQL = (
    "create table if not exists search_fts (rank bigint primary key"
    " constraint fk_search_fts_rank references search_doc on delete cascade,"
    " lexemes tsvector not null)",
    "create index if not exists ix_search_fts_lexemes on search_fts"
    " using gin (lexemes) with (fastupdate = off)",  # a pending list slows readers
)
_SQLITE_FILL = "insert into search_fts(search_fts) values ('rebuild')"
_POSTGRESQL_FILL = (
    "insert into search_fts select rank, array_to_tsvector(string_to_array(terms, ' '))"
    " from search_doc"
)


def create_search_tables(connection: Connection) -> None:
    """Create the full-text index beside ``search_doc``; harmless if it is there.

    Called after ``create_all`` made the table, and by migrations.
    """
    for statement in _SQLITE if _is_sqlite(connection) else _POSTGRESQL:
        connection.exec_driver_sql(statement)


def drop_search_tables(connection: Connection) -> None:
    """Drop the full-text index; ``search_doc`` stays."""
    connection.exec_driver_sql("drop table if exists search_fts")


def refill(connection: Connection) -> None:
    """Build the full-text index anew from ``search_doc``, after a copy of it."""
    drop_search_tables(connection)
    create_search_tables(connection)
    connection.exec_driver_sql(
        _SQLITE_FILL if _is_sqlite(connection) else _POSTGRESQL_FILL
    )


def forget(connection: Connection) -> None:
    """Empty the full-text index, for whoever empties ``search_doc`` by hand."""
    if _is_sqlite(connection):
        connection.exec_driver_sql(
            "insert into search_fts(search_fts) values ('delete-all')"
        )
    else:
        connection.exec_driver_sql("delete from search_fts")


def _is_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"


def is_search_table(name: str) -> bool:
    """Whether a table belongs to the full-text index: not Alembic's business."""
    return name == "search_fts" or name.startswith("search_fts_")


def _after_create(_table: Table, connection: Connection, **_: Any) -> None:
    create_search_tables(connection)


def _before_drop(_table: Table, connection: Connection, **_: Any) -> None:
    drop_search_tables(connection)


event.listen(SearchDoc.__table__, "after_create", _after_create)
event.listen(SearchDoc.__table__, "before_drop", _before_drop)
