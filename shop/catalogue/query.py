"""A list of products as SQL: one statement for each *shape* of a question, kept ready.

Two questions with the same filters, sort and number of categories differ only
in their parameters, so their statement is built once. At any size of shop a
page reads only the rows it shows: along ``(category, merit, id)`` or
``(market, category, price, id)``, one short run for each category of a branch,
merged. Numbered pages skip at most 50 x 24 rows; beyond, a cursor names the
last row seen.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Select,
    Text,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    true,
    tuple_,
    union_all,
)

from shop.catalogue import models as m
from shop.catalogue.rules import COUNT_CAP, LAST_PAGE, PER_PAGE, BadCursor, to_milli
from shop.db import Ready, among, spaced

_P, _T = m.Product.__table__.c, m.ProductText.__table__.c
_PP, _SP = m.ProductPrice.__table__.c, m.Spec.__table__.c
_A, _O, _OV = m.Attribute.__table__.c, m.Option.__table__.c, m.OptionValue.__table__.c
_V, _VV, _S = m.Variant.__table__.c, m.VariantValue.__table__.c, m.Stock.__table__.c

#: Counting goes on to the end of the last numbered page, so that its links are right.
COUNT_LIMIT = LAST_PAGE * PER_PAGE + 1


class Sort(StrEnum):
    """The order of a list; the value stands in addresses."""

    MERIT = "merit"
    CHEAP = "cheap"
    DEAR = "dear"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a reader chose of one facet: any of some values, or a closed range.

    ``values`` are value codes, or measures such as ``6.7``; ``least`` and
    ``most`` are thousandths.
    """

    values: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None


@dataclass(frozen=True, kw_only=True)
class Query:
    """A question for a list of products.

    ``categories`` are the ids of a branch (``Node.branch``), empty for the whole
    shop. ``ids`` limits the list to a search result, best first, which is then
    the order of ``Sort.MERIT``. ``least`` and ``most`` are minor units of the
    market's currency, both included. ``facets`` are by code. ``page`` is 1 to
    50; ``cursor`` (from a ``Listing``) wins over it.
    """

    categories: tuple[int, ...] = ()
    ids: tuple[int, ...] | None = None
    brands: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None
    facets: Mapping[str, Chosen] = field(default_factory=dict)
    in_stock: bool = False
    sort: Sort = Sort.MERIT
    page: int = 1
    cursor: str = ""
    per_page: int = PER_PAGE


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a list: the sort key and id of the row beside it."""

    backwards: bool
    key: int
    product_id: int

    def __str__(self) -> str:
        return f"{'p' if self.backwards else 'n'}.{self.key}.{self.product_id}"


def read_cursor(text: str) -> Cursor:
    """Read what ``str(Cursor)`` wrote.

    :raises BadCursor: for anything else.
    """
    found = re.fullmatch(r"([np])\.(-?[0-9]{1,18})\.([0-9]{1,18})", text)
    if not found:
        raise BadCursor(text)
    return Cursor(found[1] == "p", int(found[2]), int(found[3]))


@dataclass(frozen=True, slots=True)
class Shape:
    """What of a question is in its statement's text; the rest are parameters.

    ``facets`` tells for each chosen one: its code, and whether it has values,
    a least and a most. ``keyset`` is ``""``, ``"after"`` or ``"before"``.
    """

    categories: int
    ids: bool
    brands: bool
    least: bool
    most: bool
    in_stock: bool
    facets: tuple[tuple[str, bool, bool, bool], ...]
    sort: Sort
    keyset: str = ""

    @property
    def by_price(self) -> bool:
        """Say whether prices decide the order."""
        return self.sort in {Sort.CHEAP, Sort.DEAR}

    @property
    def is_filtered(self) -> bool:
        """Say whether anything but the category narrows the list."""
        narrowed = self.ids or self.brands or self.least or self.most or self.in_stock
        return narrowed or bool(self.facets)


def shape_of(query: Query, keyset: str = "") -> Shape:
    """Return the shape of a question."""
    facets = tuple(
        (code, bool(one.values), one.least is not None, one.most is not None)
        for code, one in sorted(query.facets.items())
    )
    return Shape(
        len(query.categories), query.ids is not None, bool(query.brands),
        query.least is not None, query.most is not None, query.in_stock, facets,
        query.sort, keyset,
    )  # fmt: skip


def parameters(query: Query, market: str, language: str) -> dict[str, Any]:
    """Return the parameters of every statement of a question."""
    given: dict[str, Any] = {"market": market, "lang": language}
    given |= {f"c{i}": key for i, key in enumerate(query.categories)}
    optional = {
        "ids": None if query.ids is None else list(query.ids),
        "brands": list(query.brands) or None,
        "least": query.least,
        "most": query.most,
    }
    given |= {key: value for key, value in optional.items() if value is not None}
    for i, (_, one) in enumerate(sorted(query.facets.items())):
        if one.values:
            given[f"f{i}_words"] = list(one.values)
            given[f"f{i}_numbers"] = [_milli(value) for value in one.values]
        if one.least is not None:
            given[f"f{i}_least"] = one.least
        if one.most is not None:
            given[f"f{i}_most"] = one.most
    return given


def _milli(text: str) -> int | None:
    try:
        return to_milli(text)
    except ValueError:
        return None


def _many(name: str) -> Any:
    return bindparam(name, expanding=True)


def _chosen_spec(i: int, values: bool, least: bool, most: bool) -> list[Any]:
    wanted = []
    if values:
        wanted.append(
            or_(
                _SP.words.in_(_many(f"f{i}_words")),
                _SP.milli.in_(_many(f"f{i}_numbers")),
            )
        )
    if least:
        wanted.append(_SP.milli >= bindparam(f"f{i}_least"))
    if most:
        wanted.append(_SP.milli <= bindparam(f"f{i}_most"))
    return wanted


def _facet(i: int, code: str, values: bool, least: bool, most: bool) -> Any:
    spec = exists().where(
        _SP.product_id == _P.id,
        _SP.attribute_id == _A.id,
        _A.code == code,
        *_chosen_spec(i, values, least, most),
    )
    if not values:
        return spec
    option = exists().where(
        _V.product_id == _P.id,
        _VV.variant_id == _V.id,
        _VV.value_id == _OV.id,
        _OV.code.in_(_many(f"f{i}_words")),
        _OV.option_id == _O.id,
        _O.code == code,
    )
    return or_(spec, option)


def _conditions(shape: Shape, without: str = "") -> list[Any]:
    """Return what a product must fulfil, all but the filter named ``without``."""
    found: list[Any] = [_P.listed]
    if shape.ids:
        found.append(among(_P.id, "ids"))
    if shape.brands and without != "brand":
        found.append(_P.brand.in_(_many("brands")))
    if shape.in_stock and without != "stock":
        found.append(_P.in_stock)
    found += [
        _facet(i, *one) for i, one in enumerate(shape.facets) if one[0] != without
    ]
    return found


def _price_limits(shape: Shape) -> list[Any]:
    found = []
    if shape.least:
        found.append(_PP.from_minor >= bindparam("least"))
    if shape.most:
        found.append(_PP.from_minor <= bindparam("most"))
    return found


def _has_price_limits(shape: Shape) -> bool:
    return shape.least or shape.most


_HERE = _PP.market == bindparam("market")


def _key(shape: Shape) -> Any:
    return {Sort.MERIT: _P.merit, Sort.NEWEST: _P.id}.get(shape.sort, _PP.from_minor)


def _run(shape: Shape, category: Any) -> Select[Any]:
    """Return ``(id, sort_key)`` of one category (None: any) in the list's order."""
    product, price = m.Product.__table__, m.ProductPrice.__table__
    on = and_(_PP.product_id == _P.id, _HERE)
    wanted = _conditions(shape) + _price_limits(shape)
    if shape.by_price:
        source: Any = price.join(product, _P.id == _PP.product_id)
        wanted.append(_HERE)
        if category is not None:
            wanted.append(_PP.category_id == category)
    else:
        source = product.join(price, on) if _has_price_limits(shape) else product
        if category is not None:
            wanted.append(_P.category_id == category)
    key = _key(shape)
    rows = select(_P.id.label("id"), key.label("sort_key")).select_from(source)
    return rows.where(*wanted, *_beyond(shape, key)).order_by(*_order(shape, key))


def _is_rising(shape: Shape) -> bool:
    return (shape.sort is Sort.CHEAP) != (shape.keyset == "before")


def _row_id(shape: Shape) -> Any:
    """Return the id column that stands in the index the list is read along."""
    return _PP.product_id if shape.by_price else _P.id


def _beyond(shape: Shape, key: Any) -> list[Any]:
    if not shape.keyset:
        return []
    here: Any = tuple_(key, _row_id(shape))
    place: Any = tuple_(bindparam("key"), bindparam("key_id"))
    if shape.sort is Sort.NEWEST:
        here, place = _P.id, bindparam("key_id")
    return [here > place if _is_rising(shape) else here < place]


def _order(shape: Shape, key: Any) -> list[Any]:
    ends = [key] if shape.sort is Sort.NEWEST else [key, _row_id(shape)]
    return ends if _is_rising(shape) else [end.desc() for end in ends]


#: What a card shows: texts in the reader's language, prices of the market.
_AVAILABLE = (
    select(func.coalesce(func.sum(_S.on_hand - _S.held), 0))
    .where(_V.product_id == _P.id, _S.variant_id == _V.id)
    .scalar_subquery()
)
#: Swatches of a product in the order of its variants, divided by spaces. Only
#: outer joins, so that no planner can begin at the few values.
_DOTS = (
    select(_OV.swatch)
    .select_from(
        m.Variant.__table__.outerjoin(m.VariantValue.__table__).outerjoin(
            m.OptionValue.__table__, _OV.id == _VV.value_id
        )
    )
    .where(_V.product_id == _P.id)
    .correlate(m.Product.__table__)
    .order_by(_V.position, _V.id)
    .subquery("dots")
)
_SWATCHES = select(spaced(_DOTS.c.swatch)).scalar_subquery()
_CARD = (
    _P.id, _P.code, _P.brand, _P.sale_state, cast(_P.plans, Text).label("plans"),
    _P.rental.is_not(None).label("has_rental"), _P.cover_name, _P.cover_width,
    _P.cover_height, _T.name, _T.slug, _T.tagline,
    _PP.currency, _PP.from_minor, _PP.to_minor, _PP.was_minor,
    _AVAILABLE.label("available"), _SWATCHES.label("swatches"),
)  # fmt: skip
#: So many columns make a card, in this order; ``listing`` unpacks them.
CARD_COLUMNS = len(_CARD)


def _with_texts(source: Any) -> Any:
    text = and_(_T.product_id == _P.id, _T.lang == bindparam("lang"))
    price = and_(_PP.product_id == _P.id, _HERE)
    return source.outerjoin(m.ProductText.__table__, text).outerjoin(
        m.ProductPrice.__table__, price
    )


#: Cards by id, in no order.
CARDS = Ready(
    select(*_CARD)
    .select_from(_with_texts(m.Product.__table__))
    .where(among(_P.id, "ids"))
)


@lru_cache(maxsize=256)
def page_statement(shape: Shape) -> Ready:
    """Return the cards of one page with their ``sort_key``.

    Parameters beyond ``parameters()``: ``limit``, ``offset``, ``reach`` (their
    sum), and ``key``, ``key_id`` with a keyset.
    """
    limit: Any = bindparam("limit")
    offset: Any = bindparam("offset")
    if shape.categories <= 1:
        category: Any = bindparam("c0") if shape.categories else None
        page = _run(shape, category).limit(limit).offset(offset).subquery("page")
    else:
        runs = [
            _run(shape, bindparam(f"c{i}")).limit(bindparam("reach")).subquery(f"r{i}")
            for i in range(shape.categories)
        ]
        merged = union_all(*[select(run.c.id, run.c.sort_key) for run in runs])
        every = merged.subquery("every")
        ends: list[Any] = [every.c.sort_key, every.c.id]
        if not _is_rising(shape):
            ends = [end.desc() for end in ends]
        page = (
            select(every.c.id, every.c.sort_key)
            .order_by(*ends)
            .limit(limit)
            .offset(offset)
            .subquery("page")
        )
    return _cards_of(page)


def _cards_of(page: Any) -> Ready:
    source = page.join(m.Product.__table__, _P.id == page.c.id)
    return Ready(select(*_CARD, page.c.sort_key).select_from(_with_texts(source)))


@lru_cache(maxsize=256)
def short_statement(shape: Shape) -> Ready:
    """Return the cards of one page of a list known to be short, as ``page_statement``.

    Finds all of the list and sorts it, instead of reading along an index past
    much that the filters drop; so it can also keep products without a price,
    at the end.
    """
    source = _counted_source(shape, "")
    if shape.by_price and not _has_price_limits(shape):
        on = and_(_PP.product_id == _P.id, _HERE)
        source = source.outerjoin(m.ProductPrice.__table__, on)
    key = _key(shape)
    ends = [key] if shape.sort is Sort.NEWEST else [key, _P.id]
    if not _is_rising(shape):
        ends = [end.desc() for end in ends]
    if shape.by_price:
        ends.insert(0, key.is_(None))
    rows = select(_P.id.label("id"), key.label("sort_key")).select_from(source)
    rows = rows.where(*_counted(shape, "")).order_by(*ends)
    limit: Any = bindparam("limit")
    offset: Any = bindparam("offset")
    return _cards_of(rows.limit(limit).offset(offset).subquery("page"))


@lru_cache(maxsize=64)
def ids_statement(shape: Shape) -> Select[Any]:
    """Return the ids of a search result that pass the filters, in no order."""
    rows = select(_P.id).select_from(_counted_source(shape, ""))
    return rows.where(*_counted(shape, ""))


def _counted_source(shape: Shape, without: str) -> Any:
    product = m.Product.__table__
    if _has_price_limits(shape) and without != "price":
        on = and_(_PP.product_id == _P.id, _HERE)
        return product.join(m.ProductPrice.__table__, on)
    return product


def _counted(shape: Shape, without: str) -> list[Any]:
    found = _conditions(shape, without)
    columns = [_P.category_id]
    if without != "price":
        found += _price_limits(shape)
        if _has_price_limits(shape):
            columns.append(_PP.category_id)  # lets an index on prices find them
    branch: list[Any] = [bindparam(f"c{i}") for i in range(shape.categories)]
    for column in columns:
        if len(branch) == 1:
            found.append(column == branch[0])
        elif branch:
            found.append(column.in_(branch))
    return found


def _base(shape: Shape, without: str, name: str) -> Any:
    rows = select(_P.id.label("id")).select_from(_counted_source(shape, without))
    return rows.where(*_counted(shape, without)).limit(COUNT_LIMIT).cte(name)


def _row(  # noqa: PLR0917 (one argument a column)
    kind: str, owner: Any, number: Any, words: Any, count: Any, top: Any = None
) -> list[Any]:
    top = cast(null(), _P.id.type) if top is None else top
    return [
        literal(kind).label("kind"), owner.label("owner"), number.label("number"),
        words.label("words"), count.label("n"), top.label("top"),
    ]  # fmt: skip


@lru_cache(maxsize=256)
def size_statement(shape: Shape) -> Ready:
    """Return how long a list is, in ``n``, counted to its last numbered page."""
    base = _base(shape, "", "base")
    return Ready(select(func.count().label("n")).select_from(base))


@lru_cache(maxsize=256)
def counts_statement(shape: Shape) -> Ready:
    """Return the size of the list and, if it is small, what each filter would leave.

    Rows ``kind, owner, number, words, n, top``: ``total``; ``stock``; ``brand``
    (words); ``price`` (lowest as number, highest as top); ``spec`` (owner =
    attribute; of a list number or words, of a range its ends as number and
    top, in thousandths); ``option`` (owner = option, number = value). A
    filter's own values are counted as if it were not set.
    """
    base = _base(shape, "", "base")
    size = select(func.count()).select_from(base).scalar_subquery()
    no_number, no_words = cast(null(), _P.id.type), cast(null(), Text)
    zero = literal(0)
    arms = [select(*_row("total", zero, no_number, no_words, size))]
    few = _few(base, size, "few")

    def others(name: str, is_set: bool) -> Any:
        if not is_set:
            return few
        number = len(arms)
        return _few(_base(shape, name, f"base_{number}"), size, f"few_{number}")

    stock = others("stock", shape.in_stock)
    arms.append(
        select(*_row("stock", zero, no_number, no_words, func.count()))
        .select_from(stock)
        .where(stock.c.in_stock)
    )
    brand = others("brand", shape.brands)
    arms.append(
        select(*_row("brand", zero, no_number, brand.c.brand, func.count()))
        .where(brand.c.brand != "")
        .group_by(brand.c.brand)
    )
    price = others("price", _has_price_limits(shape))
    lowest, highest = func.min(price.c.amount), func.max(price.c.amount)
    arms.append(select(*_row("price", zero, lowest, no_words, zero, highest)))
    active = [code for code, *_ in shape.facets]
    arms += [
        _spec_counts(few, _is_none_of(_A.code, active)),
        _option_counts(few, _is_none_of(_O.code, active)),
    ]
    for code in active:
        rest = others(code, True)
        arms.append(_spec_counts(rest, _said(_A.code) == code))
        arms.append(_option_counts(rest, _said(_O.code) == code))
    return Ready(union_all(*arms))


def _few(base: Any, size: Any, name: str) -> Any:
    """Return the products of a list with what is counted; none of a long list.

    Each is looked up one by one: a join would let SQLite build a filter over
    all products first (its guess for the size of a list is a million rows).
    """

    def of(key: Any, column: Any, *more: Any) -> Any:
        return select(column).where(key == base.c.id, *more).scalar_subquery()

    return (
        select(
            base.c.id,
            of(_P.id, _P.in_stock).label("in_stock"),
            of(_P.id, _P.brand).label("brand"),
            of(_PP.product_id, _PP.from_minor, _HERE).label("amount"),
        )
        .where(size <= COUNT_CAP)
        .cte(name)
    )


def _with_specs(few: Any) -> Any:
    """Join a list's products to their values, in that order.

    Outer joins, and conditions that let nulls pass (``_said``): otherwise a
    planner may walk all values of an attribute to meet a few hundred products.
    """
    return few.outerjoin(m.Spec.__table__, _SP.product_id == few.c.id).outerjoin(
        m.Attribute.__table__, _A.id == _SP.attribute_id
    )


def _said(column: Any) -> Any:
    return func.coalesce(column, "")


def _is_none_of(column: Any, codes: Sequence[str]) -> Any:
    """Return ``NOT IN`` as single comparisons: a list is written anew each time."""
    return and_(true(), *(_said(column) != code for code in codes))


def _spec_counts(few: Any, which: Any) -> Select[Any]:
    """Count each value of a list attribute; of a range only find its ends."""
    is_list = _said(_A.filter) == "list"
    milli = case((is_list, _SP.milli))
    words = case((is_list, _SP.words))
    least, most = func.min(_SP.milli), func.max(_SP.milli)
    return (
        select(*_row("spec", _SP.attribute_id, least, words, func.count(), most))
        .select_from(_with_specs(few))
        .where(or_(is_list, _said(_A.filter) == "range"), which)
        .group_by(_SP.attribute_id, milli, words)
    )


def _option_counts(few: Any, which: Any) -> Select[Any]:
    products = func.count(_V.product_id.distinct())
    no_words = cast(null(), Text)
    return (
        select(*_row("option", _VV.option_id, _VV.value_id, no_words, products))
        .select_from(
            few.outerjoin(m.Variant.__table__, _V.product_id == few.c.id)
            .outerjoin(m.VariantValue.__table__, _VV.variant_id == _V.id)
            .outerjoin(m.Option.__table__, _O.id == _VV.option_id)
        )
        .where(_said(_O.code) != "", which)
        .group_by(_VV.option_id, _VV.value_id)
    )
