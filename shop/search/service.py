"""Searching: what a query means, page by page, and the owner's synonyms."""

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

from sqlalchemy import delete, select

from shop.db import Ready, db, read
from shop.search import index, rules
from shop.search.models import SearchSynonym, product_of
from shop.search.rules import Expression, Reading, Stage
from shop.search.terms import Word, query_words

log = logging.getLogger(__name__)

#: Results are counted up to here; beyond, a page says "1,000+".
CAP = 1_000
#: Up to so many, products that are called so stand before those that only lie
#: in a category called so; beyond, merit alone orders them.
SMALL = 100
#: Documents looked at for one seed of the coverage stage.
_SEED_DOCS = 200

#: Returns those of these products that may be shown, in the same order.
Keep = Callable[[Sequence[int]], Sequence[int]]


@dataclass(frozen=True)
class Found:
    """One page of a result, best merit first (see also ``SMALL``).

    ``total`` counts to ``CAP`` at most; ``capped`` says there are more.
    ``correction`` is what the query should say, if it was misspelt.
    """

    ids: tuple[int, ...]
    stage: Stage
    total: int
    capped: bool = False
    next_cursor: str | None = None
    correction: str = ""

    @property
    def is_similar(self) -> bool:
        """Whether nothing matched exactly: the page says "similar products"."""
        return self.stage.is_similar


NOTHING = Found((), Stage.NONE, 0)


@dataclass(frozen=True)
class _Match:
    """Where the products of a query are: behind an expression, or listed.

    ``ranks`` are the first ones, read to see if there are any; all of them, if
    ``is_whole``.
    """

    stage: Stage
    ranks: Sequence[int]
    is_whole: bool
    expression: Expression | None = None
    correction: str = ""

    def page(self, most: int, after: int = -1, skip: int = 0) -> list[int]:
        first = after < 0 and not skip and most <= len(self.ranks)
        if self.expression is not None and not (self.is_whole or first):
            return index.page(self.expression, most, after, skip)
        behind = [rank for rank in self.ranks if rank > after]
        return behind[skip : skip + most]

    def count(self, most: int) -> int:
        if self.expression is not None and not self.is_whole:
            return index.count(self.expression, most)
        return min(len(self.ranks), most)


def search(
    query: str,
    limit: int = 24,
    cursor: str | None = None,
    *,
    offset: int = 0,
    keep: Keep | None = None,
    limit_if_capped: int | None = None,
) -> Found:
    """Return a page of the products that ``query`` means, in merit order.

    ``limit_if_capped`` is the limit where there are more than ``CAP``.

    Deep pages are reached with ``cursor`` (``next_cursor`` of the page before)
    at the price of the first one; ``offset`` is for page numbers up to 50. A
    cursor that is none of ours starts at the beginning.

    ``keep`` drops products that may not be shown (market, filters). Below
    ``CAP`` it sees all of them and ``total`` is exact; above, pages are filled
    as far as they reach and ``total`` stays the capped one.
    """
    match = _match(query, min(limit, SMALL) + 1)
    if match is None:
        log.info("search", extra={"stage": Stage.NONE.value})
        return NOTHING
    log.info("search", extra={"stage": match.stage.value})
    total = match.count(CAP + 1)
    if total > CAP and limit_if_capped is not None:
        limit = limit_if_capped
    if keep is not None and total <= CAP:
        ranks = _allowed(match.page(CAP), keep)
        match, total, keep = (
            replace(match, ranks=ranks, is_whole=True),
            len(ranks),
            None,
        )
    if total <= SMALL:
        start = _start(cursor) + offset
        ordered = _own_names_first(match, match.page(SMALL))
        ranks = ordered[start : start + limit + 1]
    else:
        start = 0
        ranks = _fill(match, limit + 1, _after(cursor), offset, keep)
    following = f"+{start + limit}" if total <= SMALL else _cursor(ranks, limit)
    return Found(
        ids=tuple(product_of(rank) for rank in ranks[:limit]),
        stage=match.stage,
        total=min(total, CAP),
        capped=total > CAP,
        next_cursor=following if len(ranks) > limit else None,
        correction=match.correction,
    )


def suggest(text_so_far: str, limit: int = 8) -> tuple[int, ...]:
    """Return products for what is being typed: its last word may be unfinished."""
    typed = query_words(text_so_far)
    if not typed:
        return ()
    *whole, last = typed
    vocabulary = index.Words()
    endings = rules.completions(last, vocabulary, shortest=2)
    expression = rules.all_of(
        [
            *map(rules.word_expression, whole),
            rules.any_of([rules.word_expression(last), *endings]),
        ]
    )
    ranks = index.page(expression, limit)
    if not ranks:
        said = rules.pinyin(typed, vocabulary)
        ranks = index.page(said, limit) if said else []
    return tuple(product_of(rank) for rank in ranks)


def _match(query: str, most: int) -> _Match | None:
    """Return the first reading of ``query`` that finds anything, and ``most`` of it.

    What it found is all there is, if that is less.
    """
    for reading in _readings(query):
        ranks = index.page(reading.expression, most)
        if ranks:
            whole = len(ranks) < most
            return _Match(
                reading.stage, ranks, whole, reading.expression, reading.correction
            )
    covering = _covering(query)
    return _Match(Stage.COVERAGE, covering, is_whole=True) if covering else None


def _own_names_first(match: _Match, ranks: list[int]) -> list[int]:
    """Put first what is called so itself: a phone before the case of its category."""
    if match.expression is None or len(ranks) < 2:
        return ranks
    own = index.own_terms(ranks)
    expression = match.expression
    return sorted(ranks, key=lambda rank: not rules.holds(expression, own[rank]))


def _allowed(ranks: Sequence[int], keep: Keep) -> list[int]:
    allowed = set(keep([product_of(rank) for rank in ranks]))
    return [rank for rank in ranks if product_of(rank) in allowed]


def _readings(query: str) -> Iterator[Reading]:
    """Read ``query`` strictly, then more and more kindly."""
    variants = [
        words
        for words in rules.query_variants(query, [*synonyms(), *known_synonyms()])
        if words
    ]
    if not variants:
        return
    yield Reading(Stage.STRICT, rules.any_of(rules.strict(v, query) for v in variants))
    vocabulary = index.Words()
    stages: dict[Stage, Callable[[list[Word]], Expression | None]] = {
        Stage.PINYIN: partial(rules.pinyin, vocabulary=vocabulary),
        Stage.PREFIX: partial(rules.prefix, vocabulary=vocabulary),
        Stage.GLUE: rules.glue,
    }
    for stage, understand in stages.items():
        found = [expression for v in variants if (expression := understand(v))]
        if found:
            yield Reading(stage, rules.any_of(found))
    spelt = rules.spelling(variants[0], vocabulary)
    if spelt:
        yield Reading(Stage.SPELLING, *spelt)
    cut = rules.split(variants[0], vocabulary)
    if cut:
        yield Reading(Stage.SPLIT, cut)


def _covering(query: str) -> tuple[int, ...]:
    wanted = rules.coverage_terms(query_words(query))
    seeds = rules.coverage_seeds(wanted, index.Words().known(wanted))
    ranks = {rank for seed in seeds for rank in index.page(seed, _SEED_DOCS)}
    letters = [term for term in wanted if len(term) == 1]
    if seeds and letters:
        ranks.update(index.page(rules.all_of(letters), _SEED_DOCS))
    return tuple(rules.covering(wanted, index.documents(sorted(ranks))))


def _fill(
    match: _Match, most: int, after: int, skip: int, keep: Keep | None
) -> list[int]:
    """Return ``most`` ranks, reading on while ``keep`` drops some."""
    if keep is None:
        return match.page(most, after, skip)
    found: list[int] = []
    read = 0
    while len(found) < most + skip and read < CAP * 4:
        batch = match.page(CAP, after)
        found += _allowed(batch, keep)
        read += len(batch)
        if len(batch) < CAP:
            break
        after = batch[-1]
    return found[skip : skip + most]


def _cursor(ranks: list[int], limit: int) -> str:
    return f"{ranks[limit - 1]:x}" if len(ranks) >= limit else ""


def _after(cursor: str | None) -> int:
    """Return the rank that a page of a large result begins behind."""
    found = re.fullmatch("[0-9a-f]{1,16}", cursor or "")
    return int(found[0], 16) if found and int(found[0], 16) < 2**62 else -1


def _start(cursor: str | None) -> int:
    """Return where a page of a small result begins."""
    found = re.fullmatch("[+]([0-9]{1,4})", cursor or "")
    return int(found[1]) if found else 0


_SYNONYMS = Ready(
    select(SearchSynonym.said, SearchSynonym.meant).order_by(
        SearchSynonym.said, SearchSynonym.meant
    )
)


def synonyms() -> list[tuple[str, str]]:
    """Return the owner's list of synonyms, as written."""
    return [(said, meant) for said, meant in read(_SYNONYMS)]


@cache
def known_synonyms() -> tuple[tuple[str, str], ...]:
    """Return the synonyms that come with the shop."""
    path = Path(__file__).parent / "data" / "synonyms.tsv"
    rows = path.read_text("utf-8").splitlines()[1:]
    return tuple((said, meant) for said, _, meant in (r.partition("\t") for r in rows))


def add_synonym(said: str, meant: str) -> None:
    """Let a query that says ``said`` also find ``meant``. Needs ``transaction()``."""
    db.session.merge(SearchSynonym(said=said.strip(), meant=meant.strip()))


def remove_synonym(said: str, meant: str) -> None:
    """Forget one line of the owner's list. Needs ``transaction()``."""
    db.session.execute(
        delete(SearchSynonym).where(
            SearchSynonym.said == said, SearchSynonym.meant == meant
        )
    )
