"""What a text is found by: one tokeniser for Chinese, Persian and Latin.

Pure functions, the same for both databases and for texts and queries alike
(``reference/i18n.md`` 4.6). A *term* is a lower-case string of letters or of
digits; terms with a mark in front live beside the words of people:
``~shouji`` is said so in pinyin, ``#sj`` begins so, ``=a7256`` is a SKU.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from shop.i18n.digits import to_ascii

PINYIN, INITIALS, SKU = "~", "#", "="
_HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_ARABIC = "\u0620-\u063f\u0641-\u064a\u066e-\u066f\u0671-\u06d3\u06d5\u06fa-\u06ff"
_ZWNJ = "\u200c"
#: Marks that people leave out: harakat, hamza and madda above, accents.
_MARKS = re.compile("[\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed]")
#: Invisible: bidi controls, soft hyphen, ZWJ, BOM; and the tatweel.
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u0640\u200d-\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)
_LETTERS = str.maketrans("يىېكةەہۀ", "یییکهههه")
_GROUPED = re.compile(r"(?<=[0-9])[,٬،](?=[0-9]{3}(?![0-9]))")
_RUN = re.compile(
    rf"(?P<han>[{_HAN}]+)"
    rf"|(?P<persian>[{_ARABIC}]+(?:{_ZWNJ}+[{_ARABIC}]+)*)"
    r"|(?P<number>[0-9]+)"
    rf"|(?P<latin>(?:(?![{_HAN}{_ARABIC}])[^\W\d_])+)"
)
#: What the tokenisers of both databases keep in one piece.
_PLAIN = re.compile(f"[0-9a-z\u00df-\u024f\u0370-\u052f{_HAN}{_ARABIC}\u3040-\u30ff]+")
#: Endings written with a half-space; no word by themselves.
_ENDINGS = frozenset(
    "ها های هایی هایم هایت هایش ی ای ام ات اش یم ایم اند تر ترین مان تان شان".split()  # noqa: SIM905
)
_PLURALS = frozenset({"ها", "های", "هایی"})
_PLURAL = re.compile("(?<=.{3})(هایی|های|ها)$")
#: Longer texts and queries than anybody writes are cut.
LONGEST_QUERY = 100
MOST_WORDS = 10
#: Syllables and initials that one pinyin term spans.
_SYLLABLES, _INITIALS = (1, 2, 3), (3, 4)


class Kind(StrEnum):
    """The script of a word decides how it is matched."""

    HAN = "han"
    PERSIAN = "persian"
    LATIN = "latin"
    NUMBER = "number"


@dataclass(frozen=True)
class Word:
    """One run of a text: ``parts`` are what a half-space divides."""

    kind: Kind
    text: str
    parts: tuple[str, ...] = ()


@cache
def _simplified() -> dict[int, str]:
    """Return Traditional characters -> Simplified, character by character."""
    path = Path(__file__).parent / "data" / "traditional_to_simplified.txt"
    traditional, simplified = path.read_text("utf-8").split("\n")[:2]
    return {ord(a): b for a, b in zip(traditional, simplified, strict=True)}


def fold(text: str) -> str:
    """Return ``text`` as it is compared: one form of each letter and digit."""
    text = unicodedata.normalize("NFKD", _INVISIBLE.sub("", text))
    text = unicodedata.normalize("NFC", _MARKS.sub("", text))
    text = to_ascii(text.translate(_LETTERS)).lower()
    return _GROUPED.sub("", text).translate(_simplified())


def words(text: str) -> list[Word]:
    """Return the runs of a text, so ``小米15`` is two: Han, number."""
    found: list[Word] = []
    for match in _RUN.finditer(fold(text)):
        kind = Kind(str(match.lastgroup))
        word = _persian(match[0]) if kind == Kind.PERSIAN else Word(kind, match[0])
        if found and word.text in _PLURALS:
            continue  # گوشی ها
        found.append(word)
    return found


def _persian(run: str) -> Word:
    first, *rest = [part for part in run.split(_ZWNJ) if part]
    parts = [first] + [part for part in rest if part not in _ENDINGS]
    stems = tuple(_PLURAL.sub("", part) for part in parts)
    return Word(Kind.PERSIAN, _PLURAL.sub("", "".join(parts)), stems)


def han_terms(run: str) -> list[str]:
    """Return the characters and the pairs of a Chinese run."""
    return [*run, *(run[i : i + 2] for i in range(len(run) - 1))]


def plain(term: str) -> str:
    """Return ``term`` so that no database cuts it: rare scripts as code points."""
    if _PLAIN.fullmatch(term):
        return term
    return "u" + "".join(f"{ord(letter):x}" for letter in term)


def index_terms(text: str) -> set[str]:
    """Return every term by which ``text`` is found, pinyin included."""
    found: set[str] = set()
    for word in words(text):
        if word.kind == Kind.HAN:
            found.update(han_terms(word.text))
            found.update(pinyin_terms(word.text))
        else:
            found.update(map(plain, (word.text, *word.parts)))
    return found


def pinyin_terms(run: str) -> set[str]:
    """Return how a Chinese run is said: one to three syllables, and initials.

    pypinyin is loaded at the first call: it costs a process 65 MB, and
    nobody who only searches needs it.
    """
    from pypinyin import lazy_pinyin

    said = [syllable for syllable in lazy_pinyin(run) if syllable.isascii()]
    found = {
        PINYIN + "".join(said[i : i + n])
        for n in _SYLLABLES
        for i in range(len(said) - n + 1)
    }
    initials = "".join(syllable[:1] for syllable in said)
    return found | {
        INITIALS + initials[i : i + n]
        for n in _INITIALS
        for i in range(len(initials) - n + 1)
    }


def sku_term(text: str) -> str:
    """Return the term of a SKU, however it is spaced or cased; empty if it is none."""
    joined = "".join(word.text for word in words(text))
    if not joined.isascii() or len(joined) < 3 or not re.search("[0-9]", joined):
        return ""
    return SKU + joined


def query_words(query: str) -> list[Word]:
    """Return the words of a query, cut to what a person types."""
    return words(query[:LONGEST_QUERY])[:MOST_WORDS]
