"""A list of products: what its address asks for, and its filters, chips and pages.

Category and search share it. A filter of an option or a specification is
``f.colour=ink``, a range ``least.screen_in=6&most.screen_in=7``; the price is
``min`` and ``max`` as people speak it (yuan, toman), in any digits.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from shop.catalogue import service as catalogue
from shop.catalogue.facets import Facet as Counted
from shop.catalogue.query import Chosen, Query, Sort
from shop.catalogue.rules import LAST_PAGE, to_milli
from shop.i18n.digits import to_ascii
from shop.i18n.formats import RIALS_PER_TOMAN
from shop.i18n.text import L, T, Text
from shop.kernel.money import MINOR_DIGITS, Money
from shop.web.current import current_market
from shop.web.pages.parts import Option, PageLink, Pager, Swatch, Words
from shop.web.pages.storefront import (
    Chip,
    Facet,
    FacetChoice,
    Listing,
    RangeFacet,
)
from shop.web.storefront.cards import cards
from shop.web.words import CURRENCIES, measure, written

#: More filters than any form of ours sends are not read.
_MOST_FILTERS = 12
_MOST_VALUES = 30
_NUMBER = re.compile(r"[0-9]{1,12}(?:\.([0-9]{1,3}))?")
_SPACES = " \u00a0\u200c\u200e\u200f\u2066\u2067\u2068\u2069"
_MARKS = str.maketrans({"٫": ".", "．": "."} | dict.fromkeys(",٬،，" + _SPACES))


class NotANumber(ValueError):
    """Somebody typed something else into a box for numbers."""


def plain_number(typed: str) -> str:
    """Return a typed number with 0-9 and a point; "" for nothing.

    :raises NotANumber: for anything else.
    """
    text = to_ascii(typed).translate(_MARKS)
    if text and not _NUMBER.fullmatch(text):
        raise NotANumber(typed)
    return text


def minor_of(typed: str, currency: str) -> int | None:
    """Read an amount as people speak it: yuan and fen, or toman.

    :raises NotANumber: if it is no amount.
    """
    text = plain_number(typed)
    if not text:
        return None
    digits = 1 if currency == "IRR" else MINOR_DIGITS[currency]
    unit = RIALS_PER_TOMAN if currency == "IRR" else 10**digits
    whole, _, rest = text.partition(".")
    if len(rest) > digits and rest[digits:].strip("0"):
        raise NotANumber(typed)
    return int(whole) * unit + int((rest + "0" * digits)[:digits] or 0)


@dataclass(frozen=True)
class Ends:
    """A range as typed, and as thousandths or minor units where it could be read."""

    least: str = ""
    most: str = ""
    least_number: int | None = None
    most_number: int | None = None
    error: Words = ""

    @property
    def is_set(self) -> bool:
        """Say whether it narrows the list."""
        return self.least_number is not None or self.most_number is not None


@dataclass(frozen=True, kw_only=True)
class Question:
    """What an address asks of a list; ``action`` is the list without any of it."""

    action: str
    words: str = ""
    sort: Sort = Sort.MERIT
    page: int = 1
    cursor: str = ""
    brands: tuple[str, ...] = ()
    in_stock: bool = False
    price: Ends = Ends()
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ranges: Mapping[str, Ends] = field(default_factory=dict)

    @classmethod
    def asked(cls, args: MultiDict[str, str], action: str, words: str = "") -> Self:
        """Read the query of an address; what is no filter of ours is left out."""
        currency = current_market().currency
        return cls(
            action=action,
            words=words,
            sort=_sort(args.get("sort", "")),
            page=_page(args.get("page", "1")),
            cursor=args.get("at", "")[:60],
            brands=tuple(dict.fromkeys(args.getlist("brand")))[:_MOST_VALUES],
            in_stock=args.get("stock") == "1",
            price=_price(args.get("min", "")[:40], args.get("max", "")[:40], currency),
            values=dict(_values(args)),
            ranges=dict(_ranges(args)),
        )

    def query(self, branch: tuple[int, ...] = ()) -> Query:
        """Return the question for the catalogue."""
        facets = {code: Chosen(values=one) for code, one in self.values.items()}
        for code, ends in self.ranges.items():
            if ends.is_set:
                facets[code] = Chosen((), ends.least_number, ends.most_number)
        return Query(
            categories=branch,
            brands=self.brands,
            least=self.price.least_number,
            most=self.price.most_number,
            facets=facets,
            in_stock=self.in_stock,
            sort=self.sort,
            page=self.page,
            cursor=self.cursor,
        )

    @property
    def is_filtered(self) -> bool:
        """Say whether anything narrows the list."""
        return any(True for _ in self._filters())

    @property
    def is_plain(self) -> bool:
        """Say whether search engines may keep this page: no filter, no cursor."""
        return not self.is_filtered and not self.cursor

    @property
    def has_errors(self) -> bool:
        """Say whether a box holds no number."""
        return any(ends.error for ends in (self.price, *self.ranges.values()))

    @property
    def page_query(self) -> str:
        """Return what of the query the canonical address keeps: the page."""
        is_later = self.page > 1 and self.sort is Sort.MERIT
        return f"?page={self.page}" if is_later else ""

    def is_beyond(self, pages: int) -> bool:
        """Say whether there is no such page."""
        return not self.cursor and self.page > max(1, pages)

    def url(self, **place: str) -> str:
        """Return the address of another page of the same list."""
        pairs = [*self._hidden(), *self._filters()]
        if self.sort is not Sort.MERIT:
            pairs.append(("sort", self.sort.value))
        pairs += [(name, value) for name, value in place.items() if value]
        return f"{self.action}?{urlencode(pairs)}" if pairs else self.action

    def without(self, **changed: object) -> str:
        """Return the first page of the list with some filter taken away."""
        return replace(self, page=1, cursor="", **changed).url()  # type: ignore[arg-type]

    @property
    def clear_url(self) -> str:
        """Return the list without any filter, in the same order."""
        bare = type(self)(action=self.action, words=self.words, sort=self.sort)
        return bare.url()

    def _hidden(self) -> Iterator[tuple[str, str]]:
        if self.words:
            yield "q", self.words

    def _filters(self) -> Iterator[tuple[str, str]]:
        """Return the filters as pairs of an address; a wrong number is none."""
        for name, ends in (("", self.price), *self.ranges.items()):
            if ends.is_set and not ends.error:
                least, most = (f"least.{name}", f"most.{name}") if name else _PRICE
                yield from [(least, ends.least)] if ends.least else []
                yield from [(most, ends.most)] if ends.most else []
        if self.in_stock:
            yield "stock", "1"
        yield from (("brand", one) for one in self.brands)
        for code, values in self.values.items():
            yield from ((f"f.{code}", one) for one in values)


_PRICE = ("min", "max")


_BY_NAME: Mapping[str, Sort] = {one.value: one for one in Sort}


def _sort(typed: str) -> Sort:
    return _BY_NAME.get(typed, Sort.MERIT)


def _page(typed: str) -> int:
    """Return a page number in any digits; 0, which is no page, for anything else."""
    text = to_ascii(typed)
    return int(text) if re.fullmatch("[0-9]{1,4}", text) else 0


def _price(least: str, most: str, currency: str) -> Ends:
    try:
        ends = Ends(least, most, minor_of(least, currency), minor_of(most, currency))
    except NotANumber:
        return Ends(least, most, error=_wrong_number())
    return _in_order(ends)


def _in_order(ends: Ends) -> Ends:
    """Turn ends round that were typed the wrong way."""
    low, high = ends.least_number, ends.most_number
    if low is not None and high is not None and low > high:
        return Ends(ends.most, ends.least, high, low)
    return ends


def _wrong_number() -> Text:
    return T("Enter a whole number or a decimal, like {example}", example=1500)


def _values(args: MultiDict[str, str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    names = [name for name in args if name.startswith("f.") and len(name) < 80]
    for name in names[:_MOST_FILTERS]:
        values = dict.fromkeys(one[:80] for one in args.getlist(name) if one)
        if values:
            yield name.removeprefix("f."), tuple(values)[:_MOST_VALUES]


def _ranges(args: MultiDict[str, str]) -> Iterator[tuple[str, Ends]]:
    codes = dict.fromkeys(
        name.partition(".")[2]
        for name in args
        if name.startswith(("least.", "most.")) and len(name) < 80
    )
    for code in list(codes)[:_MOST_FILTERS]:
        least, most = (args.get(f"{end}.{code}", "")[:40] for end in ("least", "most"))
        if not least and not most:
            continue
        try:
            ends = Ends(least, most, _milli(least), _milli(most))
        except NotANumber:
            ends = Ends(least, most, error=_wrong_number())
        yield code, _in_order(ends)


def _milli(typed: str) -> int | None:
    text = plain_number(typed)
    return to_milli(text) if text else None


def page_of(question: Question, found: catalogue.Listing, now: datetime) -> Listing:
    """Return a list as its page shows it; only a narrowed one can be cleared."""
    is_all = bool(found.cards) and not question.is_filtered
    return Listing(
        action=question.action,
        cards=cards(found.cards, now),
        total=found.total,
        is_capped=found.is_capped,
        sorts=_SORTINGS[question.sort],
        chips=tuple(_chips(question, found)),
        clear_url="" if is_all else question.clear_url,
        ranges=tuple(_range_boxes(question, found)),
        facets=tuple(_ticks(question, found)),
        hidden=(("q", question.words),) if question.words else (),
        pager=pager(question, found.pages, found.previous_cursor, found.next_cursor),
    )


SORTS: Mapping[Sort, Words] = {
    Sort.MERIT: L("Most popular first"),
    Sort.CHEAP: L("Price: low to high"),
    Sort.DEAR: L("Price: high to low"),
    Sort.NEWEST: L("Newest first"),
}
_SORTINGS: Mapping[Sort, tuple[Option, ...]] = {
    chosen: tuple(Option(one.value, SORTS[one], one is chosen) for one in Sort)
    for chosen in Sort
}


def pager(question: Question, pages: int, previous: str = "", after: str = "") -> Pager:
    """Return links to other pages: numbers, and cursors beyond the last number."""
    if question.cursor:
        back = question.url(at=previous) if previous else ""
        return Pager(back, question.url(at=after) if after else "")
    here = question.page
    if pages <= 1:
        return Pager()
    last_step = question.url(at=after) if after and here >= LAST_PAGE else ""
    return Pager(
        previous_url=_numbered(question, here - 1) if here > 1 else "",
        next_url=_numbered(question, here + 1) if here < pages else last_step,
        pages=tuple(
            PageLink(number, _numbered(question, number), number == here)
            if number
            else PageLink(None)
            for number in _numbers(here, pages)
        ),
    )


def _numbered(question: Question, number: int) -> str:
    return question.url(page=str(number) if number > 1 else "")


def _numbers(here: int, pages: int) -> Iterator[int]:
    """Return first, last and the neighbours of a page; 0 stands for a gap."""
    shown = sorted({1, pages, *range(max(1, here - 1), min(pages, here + 1) + 1)})
    before = 0
    for number in shown:
        if number - before == 2:
            yield number - 1
        elif number - before > 2:
            yield 0
        yield number
        before = number


def _range_boxes(question: Question, found: catalogue.Listing) -> Iterator[RangeFacet]:
    currency = current_market().currency
    if found.cards or question.is_filtered:
        yield RangeFacet(
            min_name="min",
            max_name="max",
            legend=T("Price ({unit})", unit=CURRENCIES[currency]),
            min_label=T("Lowest price"),
            max_label=T("Highest price"),
            min_value=question.price.least,
            max_value=question.price.most,
            error=question.price.error,
        )
    for one in found.facets:
        if one.is_range:
            yield _range_box(one, question.ranges.get(one.code, Ends()))


def _range_box(one: Counted, ends: Ends) -> RangeFacet:
    label = written(one.label)
    return RangeFacet(
        min_name=f"least.{one.code}",
        max_name=f"most.{one.code}",
        legend=_with_unit(one),
        min_label=T("{label}, at least", label=label),
        max_label=T("{label}, at most", label=label),
        min_value=ends.least,
        max_value=ends.most,
        error=ends.error,
    )


def _with_unit(one: Counted) -> Words:
    """Name a range and its unit; a unit that numbers are scaled for is left out."""
    label = written(one.label)
    if not one.unit or one.scale != 1:
        return label
    return T("{label} ({unit})", label=label, unit=one.unit)


def _ticks(question: Question, found: catalogue.Listing) -> Iterator[Facet]:
    if found.is_capped:
        stock: int | None = None
    else:
        stock = found.in_stock
    if found.cards or question.in_stock:
        tick = FacetChoice("1", T("In stock only"), stock, question.in_stock)
        yield Facet("stock", T("Availability"), (tick,))
    if found.brands:
        brands = tuple(
            FacetChoice(one.name, one.name, one.count, one.is_chosen)
            for one in found.brands
        )
        yield Facet("brand", T("Brand"), brands)
    for one in found.facets:
        if not one.is_range:
            yield Facet(f"f.{one.code}", written(one.label), tuple(_choices(one)))


def _choices(one: Counted) -> Iterable[FacetChoice]:
    for value in one.values:
        name: Words = written(value.name)
        if value.is_number:
            name = measure(value.name.text, one.unit)
        dot = Swatch(value.swatch, name) if value.swatch else None
        yield FacetChoice(value.value, name, value.count, value.is_chosen, dot)


def _chips(question: Question, found: catalogue.Listing) -> Iterator[Chip]:
    """Return every chosen filter with the list without it."""
    known = {one.code: one for one in found.facets}
    if question.price.is_set:
        yield Chip(_price_chip(question.price), question.without(price=Ends()))
    if question.in_stock:
        yield Chip(T("In stock only"), question.without(in_stock=False))
    for brand in question.brands:
        rest = tuple(one for one in question.brands if one != brand)
        yield Chip(brand, question.without(brands=rest))
    for code, values in question.values.items():
        labels = _value_labels(known.get(code))
        for value in values:
            rest = tuple(one for one in values if one != value)
            others = {k: v for k, v in question.values.items() if k != code}
            left = others | ({code: rest} if rest else {})
            yield Chip(labels.get(value, value), question.without(values=left))
    for code, ends in question.ranges.items():
        if ends.is_set:
            others_ = {k: v for k, v in question.ranges.items() if k != code}
            label = written(known[code].label) if code in known else code
            chip = _range_chip(label, ends, known.get(code))
            yield Chip(chip, question.without(ranges=others_))


def _value_labels(one: Counted | None) -> dict[str, Words]:
    if one is None:
        return {}
    return {choice.value: choice.label for choice in _choices(one)}


def _price_chip(ends: Ends) -> Text:
    currency = current_market().currency
    low, high = (
        None if minor is None else Money(minor, currency)
        for minor in (ends.least_number, ends.most_number)
    )
    if low is None:
        return T("up to {price}", price=high)
    if high is None:
        return T("from {price}", price=low)
    return T("{least} to {most}", least=low, most=high)


def _range_chip(label: Words, ends: Ends, facet: Counted | None) -> Text:
    unit = facet.unit if facet and facet.scale == 1 else ""
    low, high = (
        measure(plain_number(typed), unit) for typed in (ends.least, ends.most)
    )
    if not ends.least:
        return T("{label}: up to {most}", label=label, most=high)
    if not ends.most:
        return T("{label}: from {least}", label=label, least=low)
    return T("{label}: {least} to {most}", label=label, least=low, most=high)
