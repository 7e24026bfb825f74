"""How a query is read, strictly first and then more and more kindly.

Each stage turns the words of a query into an expression over terms; the first
stage that finds a product wins (``reference/i18n.md`` 4.6). The limits (four
letters for prefix and spelling, half of a Chinese query) are the measured ones:
kinder limits found milk in pistachios.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from typing import Protocol

from shop.search.terms import (
    INITIALS,
    PINYIN,
    Kind,
    Word,
    han_terms,
    plain,
    query_words,
    sku_term,
)

#: Words shorter than this are neither completed nor corrected.
SHORTEST = 4
#: From this length a word may have two wrong letters.
LONG_WORD = 7
#: Part of a Chinese query that a similar product must have, and part of the best.
COVERAGE, NEAR_BEST = 0.5, 0.85
_COMPLETIONS = 30
_NEIGHBOURS = 8
_LONGEST_SYLLABLES = 18
_MOST_VARIANTS = 4


class Stage(StrEnum):
    """How kindly the query had to be read; each is logged."""

    STRICT = "strict"
    PINYIN = "pinyin"
    PREFIX = "prefix"
    GLUE = "glue"
    SPELLING = "spelling"
    SPLIT = "split"
    COVERAGE = "coverage"
    NONE = "none"

    @property
    def is_similar(self) -> bool:
        """Whether the page must say that these are only similar products."""
        return self not in {Stage.STRICT, Stage.PINYIN, Stage.NONE}


@dataclass(frozen=True)
class AllOf:
    """Every one of these must be there."""

    of: tuple["Expression", ...]


@dataclass(frozen=True)
class AnyOf:
    """One of these must be there."""

    of: tuple["Expression", ...]


Expression = str | AllOf | AnyOf


@dataclass(frozen=True)
class Reading:
    """One way to read the query. ``correction`` is what it says, if spelt anew."""

    stage: Stage
    expression: Expression
    correction: str = ""


class Vocabulary(Protocol):
    """The terms of all products, as the index knows them."""

    def known(self, terms: Iterable[str]) -> Mapping[str, int]:
        """Return those of ``terms`` that there are, with their number of products."""

    def completions(self, prefix: str, limit: int) -> Sequence[str]:
        """Return terms that begin so, the most frequent first."""

    def neighbours(self, initial: str, shortest: int, longest: int) -> Sequence[str]:
        """Return words by first letter and length, the most frequent first."""


def all_of(of: Iterable[Expression]) -> Expression:
    """Join expressions that must all hold; one alone is itself."""
    items = tuple(dict.fromkeys(of))
    return items[0] if len(items) == 1 else AllOf(items)


def any_of(of: Iterable[Expression]) -> Expression:
    """Join expressions of which one must hold; one alone is itself."""
    items = tuple(dict.fromkeys(of))
    return items[0] if len(items) == 1 else AnyOf(items)


def holds(expression: Expression, terms: Container[str]) -> bool:
    """Whether a product with ``terms`` fits an expression."""
    if isinstance(expression, str):
        return expression in terms
    needs_all = isinstance(expression, AllOf)
    for part in expression.of:
        has = part in terms if isinstance(part, str) else holds(part, terms)
        if has is not needs_all:
            return has
    return needs_all


def word_expression(word: Word) -> Expression:
    """Return what a product must have for one word."""
    if word.kind == Kind.HAN:
        return all_of(han_terms(word.text)[len(word.text) :] or [word.text])
    whole = plain(word.text)
    if len(word.parts) > 1:
        return any_of([whole, all_of(plain(part) for part in word.parts)])
    return whole


def strict(words: Sequence[Word], query: str = "") -> Expression:
    """Every word must be there; or the query is the SKU of a variant."""
    found = all_of(word_expression(word) for word in words)
    sku = sku_term(query)
    return any_of([sku, found]) if sku else found


def query_variants(query: str, synonyms: Iterable[tuple[str, str]]) -> list[list[Word]]:
    """Return the words of a query, and of each rewording the owner's list gives.

    A synonym replaces whole words, or a piece of a Chinese run.
    """
    first = query_words(query)
    variants, whole = [first], " ".join(word.text for word in first)
    for said, meant in synonyms:
        phrase = _phrase(said)
        if not phrase or phrase[0].text not in whole:
            continue  # most of them, at little cost
        variant = _reworded(first, phrase, _phrase(meant))
        if variant and variant not in variants:
            variants.append(variant)
    return variants[:_MOST_VARIANTS]


@lru_cache(maxsize=2048)
def _phrase(text: str) -> list[Word]:
    """Return the words of a synonym; many queries ask for the same few."""
    return query_words(text)


def _reworded(
    words: list[Word], said: list[Word], meant: list[Word]
) -> list[Word] | None:
    size = len(said)
    for i in range(len(words) - size + 1) if size else ():
        if words[i : i + size] == said:
            return words[:i] + meant + words[i + size :]
        run = words[i].text
        if size == 1 and said[0].kind == Kind.HAN == words[i].kind:
            before, found, after = run.partition(said[0].text)
            if found:
                rest = [Word(Kind.HAN, text) for text in (before, after) if text]
                return words[:i] + rest[:1] + meant + rest[1:] + words[i + 1 :]
    return None


def pinyin(words: Sequence[Word], vocabulary: Vocabulary) -> Expression | None:
    """Read Latin words that no product has as Chinese typed without an input method."""
    latin = [word.text for word in words if word.kind == Kind.LATIN]
    known = vocabulary.known(latin)
    unknown = {text for text in latin if text not in known and text.isascii()}
    if not unknown:
        return None
    pieces = {PINYIN + piece for text in unknown for piece in _pieces(text)}
    syllables = vocabulary.known(pieces | {INITIALS + text for text in unknown})
    read = {}
    for text in unknown:
        said = _spell_out(text, syllables)
        if said is None:
            return None
        read[text] = said
    return all_of(read.get(word.text) or word_expression(word) for word in words)


def _pieces(text: str) -> set[str]:
    return {
        text[i:j]
        for i in range(len(text))
        for j in range(i + 2, min(len(text), i + _LONGEST_SYLLABLES) + 1)
    }


def _spell_out(text: str, known: Mapping[str, int]) -> Expression | None:
    """Cover ``text`` with as few known syllable groups as possible."""
    if INITIALS + text in known and PINYIN + text not in known:
        return INITIALS + text
    best: list[tuple[str, ...] | None] = [()] + [None] * len(text)
    for end in range(2, len(text) + 1):
        for start in range(max(0, end - _LONGEST_SYLLABLES), end - 1):
            before, piece = best[start], PINYIN + text[start:end]
            if before is None or piece not in known:
                continue
            if best[end] is None or len(before) + 1 < len(best[end] or ()):
                best[end] = (*before, piece)
    covered = best[len(text)]
    return all_of(covered) if covered else None


def prefix(words: Sequence[Word], vocabulary: Vocabulary) -> Expression | None:
    """Complete every word of four letters or more."""
    found, grown = [], False
    for word in words:
        expression = word_expression(word)
        more = completions(word, vocabulary)
        grown = grown or bool(more)
        found.append(any_of([expression, *more]))
    return all_of(found) if grown else None


def completions(
    word: Word, vocabulary: Vocabulary, shortest: int = SHORTEST
) -> list[str]:
    """Return the terms that ``word`` may be the beginning of, without itself."""
    if word.kind not in {Kind.PERSIAN, Kind.LATIN} or len(word.text) < shortest:
        return []
    found = [*vocabulary.completions(word.text, _COMPLETIONS)]
    if word.kind == Kind.LATIN and word.text.isascii():
        found += vocabulary.completions(PINYIN + word.text, _COMPLETIONS)
    return [term for term in found if term != word.text]


def glue(words: Sequence[Word]) -> Expression | None:
    """Join neighbours that somebody writes as one: پاور بانک, power bank."""
    found = []
    for i, (left, right) in enumerate(pairwise(words)):
        if left.kind != right.kind or left.kind not in {Kind.PERSIAN, Kind.LATIN}:
            continue
        joined = Word(left.kind, left.text + right.text, (left.text + right.text,))
        found.append(strict([*words[:i], joined, *words[i + 2 :]]))
    return any_of(found) if found else None


def spelling(
    words: Sequence[Word], vocabulary: Vocabulary
) -> tuple[Expression, str] | None:
    """Correct the words that no product has; also return what the query should say."""
    spelt = [w for w in words if w.kind in {Kind.PERSIAN, Kind.LATIN}]
    known = vocabulary.known(term for w in spelt for term in (w.text, *w.parts))
    found: list[Expression] = []
    said, changed = [], False
    for word in words:
        fits = word.text in known or (
            len(word.parts) > 1 and all(part in known for part in word.parts)
        )
        if word not in spelt or fits:
            found.append(word_expression(word))
            said.append(word.text)
            continue
        near = _nearest(word.text, vocabulary)
        if not near:
            return None
        found.append(any_of(near))
        said.append(near[0])
        changed = True
    return (all_of(found), " ".join(said)) if changed else None


def _nearest(text: str, vocabulary: Vocabulary) -> list[str]:
    if len(text) < SHORTEST:
        return []
    most = 2 if len(text) >= LONG_WORD else 1
    from rapidfuzz.distance import OSA  # here: 3 MB, needed for misspelt words only

    near = vocabulary.neighbours(text[0], len(text) - most, len(text) + most)
    rated = [(OSA.distance(text, term, score_cutoff=most), term) for term in near]
    rated = [pair for pair in rated if 0 < pair[0] <= most]
    if not rated:
        return []
    rated.sort(key=lambda pair: pair[0])
    return [term for _, term in rated[:_NEIGHBOURS]]


def split(words: Sequence[Word], vocabulary: Vocabulary) -> Expression | None:
    """Cut words that no product has into two that some have: تیشرت, typec."""
    long = [
        word
        for word in words
        if word.kind in {Kind.PERSIAN, Kind.LATIN} and len(word.text) >= SHORTEST
    ]
    halves = {word.text: _halves(word) for word in long}
    parts = {part for cuts in halves.values() for cut in cuts for part in cut}
    known = vocabulary.known(parts | set(halves))
    found, changed = [], False
    for word in words:
        cuts = [
            cut for cut in halves.get(word.text, ()) if all(p in known for p in cut)
        ]
        if word.text in known or not cuts:
            found.append(word_expression(word))
            continue
        found.append(any_of(all_of(cut) for cut in cuts))
        changed = True
    return all_of(found) if changed else None


def _halves(word: Word) -> list[tuple[str, str]]:
    least = 2 if word.kind == Kind.PERSIAN else 1
    text = word.text
    return [
        (text[:i], text[i:])
        for i in range(least, len(text) - least + 1)
        if max(i, len(text) - i) > 2
    ]


def coverage_terms(words: Sequence[Word]) -> list[str]:
    """Return what a similar product should have most of; none without Chinese."""
    if not any(word.kind == Kind.HAN and len(word.text) > 1 for word in words):
        return []
    found: list[str] = []
    for word in words:
        han = word.kind == Kind.HAN
        found += han_terms(word.text) if han else [plain(word.text)]
    return list(dict.fromkeys(found))


def coverage_seeds(terms: Sequence[str], counts: Mapping[str, int]) -> list[str]:
    """Return the rarest terms of which a product with half of them has at least one.

    Empty if no product can have half of them.
    """
    known = sorted((term for term in terms if term in counts), key=counts.__getitem__)
    needed = -(-len(terms) // 2)  # half, rounded up
    return known[: max(0, len(known) - needed + 1)]


def covering(
    terms: Sequence[str], documents: Mapping[int, frozenset[str]]
) -> list[int]:
    """Return the documents with half of ``terms`` and nearly as much as the best."""
    wanted = frozenset(terms)
    share = {key: len(wanted & has) / len(wanted) for key, has in documents.items()}
    floor = max(COVERAGE, NEAR_BEST * max(share.values(), default=0))
    return sorted(key for key, value in share.items() if value >= floor)
