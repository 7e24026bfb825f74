"""Reads the index: the same questions to SQLite's FTS5 and to PostgreSQL's tsvector.

Every answer comes in merit order (see ``models``); nothing here sorts.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, column, select, text

from shop.db import Ready, among, db, read
from shop.search.models import SearchDoc, SearchTerm
from shop.search.rules import AllOf, Expression

_SQLITE_PAGE = Ready(
    text(
        "select rowid from search_fts where search_fts match :terms and rowid > :after"
        " order by rowid limit :most offset :skip"
    ).columns(column("rowid"))
)
_SQLITE_COUNT = Ready(
    text(
        "select count(*) from"
        " (select 1 from search_fts where search_fts match :terms limit :most)"
    ).columns(column("found"))
)
#: The planner must see the terms: with a parameter it would read the whole
#: index in rank order for a rare word. Terms hold letters and digits only.
_PG_PAGE = (
    "select rank from search_fts where lexemes @@ '{terms}'::tsquery"
    " and rank > :after order by rank limit :most offset :skip"
)
_PG_COUNT = (
    "select count(*) from (select 1 from search_fts"
    " where lexemes @@ '{terms}'::tsquery limit :most) as found"
)
_KNOWN = select(SearchTerm.term, SearchTerm.docs).where(
    SearchTerm.term.in_(bindparam("terms", expanding=True))
)
_COMPLETIONS = (
    select(SearchTerm.term)
    .where(SearchTerm.term >= bindparam("first"), SearchTerm.term < bindparam("end"))
    .order_by(SearchTerm.docs.desc(), SearchTerm.term)
    .limit(bindparam("most"))
)
_NEIGHBOURS = (
    select(SearchTerm.term)
    .where(
        SearchTerm.initial == bindparam("initial"),
        SearchTerm.length.between(bindparam("shortest"), bindparam("longest")),
    )
    .order_by(SearchTerm.docs.desc(), SearchTerm.term)
    .limit(20_000)
)
_DOCUMENTS = Ready(
    select(SearchDoc.rank, SearchDoc.terms, SearchDoc.own).where(
        among(SearchDoc.rank, "ranks")
    )
)


def page(
    expression: Expression, most: int, after: int = -1, skip: int = 0
) -> list[int]:
    """Return the ranks of at most ``most`` documents behind ``after``, in order."""
    values = {"after": after, "most": most, "skip": skip}
    return [rank for (rank,) in _ask(_SQLITE_PAGE, _PG_PAGE, expression, values)]


def count(expression: Expression, most: int) -> int:
    """Return how many documents there are, counting no further than ``most``."""
    [(found,)] = _ask(_SQLITE_COUNT, _PG_COUNT, expression, {"most": most})
    return int(found)


def documents(ranks: Sequence[int]) -> dict[int, frozenset[str]]:
    """Return the terms of these documents."""
    rows = read(_DOCUMENTS, {"ranks": list(ranks)})
    return {rank: frozenset(terms.split(" ")) for rank, terms, _ in rows}


def own_terms(ranks: Sequence[int]) -> dict[int, frozenset[str]]:
    """Return the terms of the own names of these documents."""
    rows = read(_DOCUMENTS, {"ranks": list(ranks)})
    return {rank: frozenset(terms.split(" ", own)[:own]) for rank, terms, own in rows}


class Words:
    """The vocabulary, as ``rules.Vocabulary`` asks for it."""

    def known(self, terms: Iterable[str]) -> Mapping[str, int]:
        """Return those of ``terms`` that there are, with their number of products."""
        wanted = sorted(set(terms))
        if not wanted:
            return {}
        return {row.term: row.docs for row in read(_KNOWN, {"terms": wanted})}

    def completions(self, prefix: str, limit: int) -> Sequence[str]:
        """Return terms that begin so, the most frequent first."""
        end = prefix + "\U0010ffff"
        values = {"first": prefix, "end": end, "most": limit}
        return db.session.scalars(_COMPLETIONS, values).all()

    def neighbours(self, initial: str, shortest: int, longest: int) -> Sequence[str]:
        """Return words by first letter and length, the most frequent first."""
        values = {"initial": initial, "shortest": shortest, "longest": longest}
        return db.session.scalars(_NEIGHBOURS, values).all()


def _ask(
    sqlite: Ready, postgresql: str, expression: Expression, values: dict[str, int]
) -> Sequence[Any]:
    if db.engine.dialect.name == "sqlite":
        terms = _render(expression, '"', " AND ", " OR ")
        return read(sqlite, {**values, "terms": terms})
    terms = _render(expression, "", " & ", " | ")
    return read(text(postgresql.replace("{terms}", terms)), values)


def _render(expression: Expression, quote: str, every: str, some: str) -> str:
    """Write an expression as FTS5 or as tsquery; terms need no escape."""
    if isinstance(expression, str):
        return f"{quote}{expression}{quote}" if quote else f"''{expression}''"
    joint = every if isinstance(expression, AllOf) else some
    return "(" + joint.join(_render(e, quote, every, some) for e in expression.of) + ")"
