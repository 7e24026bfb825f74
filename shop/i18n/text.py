"""``T()``: one way to say a sentence in the reader's language, safely.

A placeholder is ``{name}``. A value is written by its type (numbers, money,
days in the reader's digits and calendar) and isolated, so that it cannot
reorder its sentence: ``<bdi>`` in HTML, FSI/PDI in plain text. Catalog text
is escaped except a few tags; a placeholder a translator broke shows the
English sentence instead of an error.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from gettext import NullTranslations
from typing import Any

from markupsafe import Markup, escape

from shop.i18n import formats
from shop.i18n.catalog import catalog
from shop.i18n.reader import reader
from shop.kernel.money import Money

FSI, PDI = "\u2068", "\u2069"
_HOLE = re.compile(r"\{([a-z_][a-z0-9_]*)\}")
_TAG = re.compile(r"&lt;(/?(?:b|em|strong|small|bdi|br|kbd|code))&gt;")


class Ltr(str):
    """A phone, code or card number: always written left to right."""

    __slots__ = ()


@lru_cache(maxsize=8192)
def _safe(pattern: str) -> str:
    """Escape catalog text, all but the few tags it may have."""
    return _TAG.sub(r"<\1>", str(escape(pattern)))


@lru_cache(maxsize=8192)
def _pieces(pattern: str) -> tuple[str, list[tuple[str, str]]]:
    """Cut safe text: what stands before its first hole, then hole and text in turns."""
    first, *rest = _HOLE.split(_safe(pattern))
    return first, list(zip(rest[::2], rest[1::2], strict=True))


@lru_cache(maxsize=8192)
def _holes(pattern: str) -> frozenset[str]:
    return frozenset(_HOLE.findall(pattern))


@dataclass(frozen=True, eq=False, slots=True)
class Text:
    """A sentence with its values: HTML where a page shows it, plain elsewhere."""

    pattern: str
    values: Mapping[str, object]

    def __html__(self) -> str:
        if not self.values:
            return _safe(self.pattern)
        first, holes = _pieces(self.pattern)
        return first + "".join([_html(self.values[x]) + after for x, after in holes])

    def __str__(self) -> str:
        if not self.values:
            return self.pattern
        return _HOLE.sub(lambda hole: _plain(self.values[hole[1]]), self.pattern)

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Text | str) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    def __bool__(self) -> bool:
        return bool(self.pattern)


def T(message: str, /, **values: object) -> Text:  # noqa: N802
    """Say ``message`` in the reader's language."""
    messages = catalog(reader().language.code)
    if not values:
        return _bare(messages, message)
    return _text(messages.gettext(message), message, values)


def TP(context: str, message: str, /, **values: object) -> Text:  # noqa: N802
    """Say a short word whose meaning needs a context: ``TP("button", "Order")``."""
    messages = catalog(reader().language.code)
    if not values:
        return _bare_in(messages, context, message)
    return _text(messages.pgettext(context, message), message, values)


def TN(one: str, many: str, count: int, /, **values: object) -> Text:  # noqa: N802
    """Say the sentence for ``count`` things; ``{count}`` is filled by itself."""
    message = one if count == 1 else many
    found = catalog(reader().language.code).ngettext(one, many, count)
    return _text(found, message, {"count": count, **values})


class Lazy:
    """A sentence without values that is said when it is shown: for form labels."""

    def __init__(self, say: Callable[[], Text]) -> None:
        self._say = say

    def __str__(self) -> str:
        return str(self._say())

    def __html__(self) -> str:
        return self._say().__html__()


def L(message: str, /) -> Any:  # noqa: N802
    """Promise to say ``message`` later, in whatever language is read then."""
    return Lazy(lambda: T(message))


def value_text(value: object) -> str:
    """Write one value as the reader expects it, by its type, without isolates."""
    if isinstance(value, Money):
        return formats.money(value)
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, int):
        return formats.number(value)
    if isinstance(value, datetime):
        return formats.moment(value)
    if isinstance(value, date):
        return formats.day(value)
    return str(value)


# A page says some forty sentences without a value; each is the same object for
# as long as its catalog is (a third of the time that ``T`` took).
@lru_cache(maxsize=8192)
def _bare(messages: NullTranslations, message: str) -> Text:
    return _text(messages.gettext(message), message, {})


@lru_cache(maxsize=2048)
def _bare_in(messages: NullTranslations, context: str, message: str) -> Text:
    return _text(messages.pgettext(context, message), message, {})


def _text(pattern: str, original: str, values: Mapping[str, object]) -> Text:
    if not _holes(pattern) <= values.keys():
        pattern = original
    return Text(pattern, values)


def _html(value: object) -> str:
    if isinstance(value, Text | Markup):
        return value.__html__()
    direction = ' dir="ltr"' if isinstance(value, Ltr) else ""
    return f"<bdi{direction}>{escape(value_text(value))}</bdi>"


def _plain(value: object) -> str:
    return f"{FSI}{value_text(value)}{PDI}"
