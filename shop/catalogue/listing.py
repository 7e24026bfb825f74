"""Lists of products: cards, facets, numbered pages and cursors."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from sqlalchemy import select

from shop.catalogue import models as m
from shop.catalogue.facets import BrandCount, Facet, brands_of, facets_of
from shop.catalogue.facts import Card, Local, local
from shop.catalogue.product import picture_of
from shop.catalogue.query import (
    CARD_COLUMNS,
    CARDS,
    Cursor,
    Query,
    Sort,
    counts_statement,
    ids_statement,
    page_statement,
    parameters,
    read_cursor,
    shape_of,
    short_statement,
    size_statement,
)
from shop.catalogue.rules import COUNT_CAP, LAST_PAGE, BadCursor, SaleState
from shop.db import among, read
from shop.kernel.instalments import Plan
from shop.kernel.money import Money

_T = m.ProductText.__table__.c


@dataclass(frozen=True, kw_only=True)
class Listing:
    """One page of a list.

    ``total`` is exact up to 1,000; above, ``is_capped`` says "1,000+" and there
    are no counts: ``facets``, ``brands`` and prices are empty. ``page`` is 0
    on pages reached by cursor. ``pages`` is the number of the last numbered
    page. ``next_cursor`` is set where the list goes on beyond it,
    ``previous_cursor`` on pages reached by cursor.
    """

    cards: tuple[Card, ...]
    total: int
    is_capped: bool
    page: int
    pages: int
    next_cursor: str = ""
    previous_cursor: str = ""
    facets: tuple[Facet, ...] = ()
    brands: tuple[BrandCount, ...] = ()
    in_stock: int = 0
    cheapest: Money | None = None
    dearest: Money | None = None


def listing(query: Query, market: str, language: str) -> Listing:
    """Return one page of products with the filters that could narrow it.

    A long list takes 2 SQL, a short one 4, a search result 3, and one more where
    a text is missing in the reader's language. Products without a price in the
    market are listed like others; sorted by price they come last, or not at all
    in lists of more than 1,000.

    :raises BadCursor: if the cursor is none, or the page is not 1 to 50.
    """
    if not 1 <= query.page <= LAST_PAGE:
        raise BadCursor(str(query.page))
    given = parameters(query, market, language)
    counts = _counts(query, given)
    counted = counts["total"][0].n if counts["total"] else 0
    is_small = counted <= COUNT_CAP
    if query.cursor:
        found, page = _by_cursor(query, given), 0
    else:
        found, page = _numbered(query, given, counted), query.page
    rows, after, before = found
    pages = min(LAST_PAGE, max(1, -(-counted // query.per_page)))
    goes_on = after is not None and (page == 0 or page >= LAST_PAGE)
    return Listing(
        cards=_cards(rows, market, language),
        total=min(counted, COUNT_CAP),
        is_capped=not is_small,
        page=page,
        pages=pages,
        next_cursor=str(after) if goes_on else "",
        previous_cursor=str(before) if before is not None else "",
        facets=facets_of(query, counts, language),
        brands=brands_of(query, counts),
        in_stock=counts["stock"][0].n if counts["stock"] else 0,
        **_price_ends(counts, rows),
    )


def _counts(query: Query, given: dict[str, Any]) -> dict[str, list[Any]]:
    """Return what is counted of a list, by kind; of a long one only its size.

    A list that is no search result is measured first: most are too long for
    counts, and their statement takes four times as long to say so.
    """
    found: dict[str, list[Any]] = defaultdict(list)
    shape = shape_of(query)
    if query.ids is None:
        found["total"] += read(size_statement(shape), given)
        if found["total"][0].n > COUNT_CAP:
            return found
        found.clear()
    if query.ids != ():
        for row in read(counts_statement(shape), given):
            found[row.kind].append(row)
    return found


_Found = tuple[list[Any], Cursor | None, Cursor | None]


def _numbered(query: Query, given: dict[str, Any], counted: int) -> _Found:
    is_small = counted <= COUNT_CAP
    offset = (query.page - 1) * query.per_page
    if query.ids is not None and query.sort is Sort.MERIT:
        return _in_search_order(query, given, offset, counted), None, None
    shape = shape_of(query)
    short = is_small and (shape.is_filtered or shape.by_price)
    statement = short_statement(shape) if short else page_statement(shape)
    limit = query.per_page + 1
    place = {"limit": limit, "offset": offset, "reach": offset + limit}
    rows = list(read(statement, given | place))
    _arrange(rows, query.sort)
    more = len(rows) > query.per_page
    rows = rows[: query.per_page]
    return rows, _place(rows[-1], backwards=False) if more else None, None


def _in_search_order(
    query: Query, given: dict[str, Any], offset: int, passing: int
) -> list[Any]:
    """Return a page of a search result, of which ``passing`` products pass."""
    ordered: Sequence[int] = query.ids or ()
    if passing < len(ordered):
        left = {row.id for row in read(ids_statement(shape_of(query)), given)}
        ordered = [key for key in ordered if key in left]
    wanted = ordered[offset : offset + query.per_page]
    return _rows(wanted, given["market"], given["lang"])


def _by_cursor(query: Query, given: dict[str, Any]) -> _Found:
    cursor = read_cursor(query.cursor)
    shape = shape_of(query, "before" if cursor.backwards else "after")
    limit = query.per_page + 1
    place = {
        "limit": limit, "offset": 0, "reach": limit, "key": cursor.key,
        "key_id": cursor.product_id,
    }  # fmt: skip
    rows = list(read(page_statement(shape), given | place))
    _arrange(rows, query.sort)
    more = len(rows) > query.per_page
    if not rows:
        return [], None, None
    if cursor.backwards:
        rows = rows[-query.per_page :]
        first = _place(rows[0], backwards=True) if more else None
        return rows, _place(rows[-1], backwards=False), first
    rows = rows[: query.per_page]
    last = _place(rows[-1], backwards=False) if more else None
    return rows, last, _place(rows[0], backwards=True)


def _place(row: Any, *, backwards: bool) -> Cursor | None:
    if row.sort_key is None:
        return None
    return Cursor(backwards, row.sort_key, row.id)


def _arrange(rows: list[Any], sort: Sort) -> None:
    """Put one page in order; the statement chose the rows but may mix them."""
    sign = 1 if sort is Sort.CHEAP else -1
    rows.sort(
        key=lambda r: (
            r.sort_key is None,
            sign * (r.sort_key if r.sort_key is not None else 0),
            sign * r.id,
        )
    )


def _rows(ids: Sequence[int], market: str, language: str) -> list[Any]:
    if not ids:
        return []
    given = {"ids": list(ids), "market": market, "lang": language}
    by_id = {row.id: row for row in read(CARDS, given)}
    return [by_id[key] for key in ids if key in by_id]


def cards(ids: Sequence[int], market: str, language: str) -> tuple[Card, ...]:
    """Return cards in the order of ``ids`` (1 SQL); unknown ids are left out."""
    return _cards(_rows(ids, market, language), market, language)


def best(most: int, market: str, language: str) -> tuple[Card, ...]:
    """Return the products with the most merit of the whole shop (1 SQL)."""
    return _cards(_first(Query(per_page=most), market, language), market, language)


def similar(
    product_id: int, category_id: int | None, most: int, market: str, language: str
) -> tuple[Card, ...]:
    """Return other products of a category (1 SQL)."""
    if category_id is None:
        return ()
    query = Query(categories=(category_id,), per_page=most + 1)
    rows = [r for r in _first(query, market, language) if r.id != product_id]
    return _cards(rows[:most], market, language)


def _first(query: Query, market: str, language: str) -> list[Any]:
    place = {"limit": query.per_page, "offset": 0, "reach": query.per_page}
    given = parameters(query, market, language) | place
    rows = list(read(page_statement(shape_of(query)), given))
    _arrange(rows, query.sort)
    return rows


_ALL_TEXTS = select(_T.product_id, _T.lang, _T.name, _T.slug, _T.tagline).where(
    among(_T.product_id, "ids")
)


def _cards(rows: Sequence[Any], market: str, language: str) -> tuple[Card, ...]:
    other = _other_texts([row.id for row in rows if not row.name])
    return tuple(_card(row, market, language, other.get(row.id)) for row in rows)


def _other_texts(ids: list[int]) -> dict[int, dict[str, Any]]:
    found: dict[int, dict[str, Any]] = defaultdict(dict)
    if ids:
        for row in read(_ALL_TEXTS, {"ids": ids}):
            found[row.product_id][row.lang] = row
    return found


def _card(
    row: Any,
    market: str,
    language: str,
    other: dict[str, Any] | None,
) -> Card:
    card = _card_of(tuple(row[:CARD_COLUMNS]), market, language)
    if not other:
        return card
    name = local({k: text.name for k, text in other.items()}, language)
    text = other[name.lang]
    tagline = Local(text.tagline, name.lang)
    return replace(card, name=name, slug=text.slug, tagline=tagline)


@lru_cache(maxsize=1024)
def _card_of(columns: tuple[Any, ...], market: str, language: str) -> Card:
    """Return the card of a row: the same row, whenever it is read, gives the same."""
    (
        key, code, brand, state, plans, has_rental, cover, width, height,
        name, slug, tagline, currency, least, most, was, available, swatches,
    ) = columns  # fmt: skip
    has_price = currency is not None
    return Card(
        id=key,
        code=code,
        slug=slug or "",
        name=Local(name or code, language),
        tagline=Local(tagline or "", language),
        brand=brand,
        picture=picture_of(cover, width, height),
        price=Money(least, currency) if has_price else None,
        is_from=has_price and most > least,
        was=None if was is None else Money(was, currency),
        available=available,
        sale_state=SaleState(state),
        plans=_plans(plans, market),
        has_rental=bool(has_rental),
        colours=tuple(dict.fromkeys((swatches or "").split())),
    )


def _plans(source: str, market: str) -> tuple[Plan, ...]:
    """Read the column ``plans``; few products have plans of their own."""
    plans = (Plan.from_json(row) for row in json.loads(source))
    return tuple(plan for plan in plans if plan.market == market)


def _price_ends(
    counts: dict[str, list[Any]], rows: Sequence[Any]
) -> dict[str, Money | None]:
    currency = next((row.currency for row in rows if row.currency), None)
    ends = next(iter(counts["price"]), None)
    if currency is None or ends is None or ends.number is None:
        return {"cheapest": None, "dearest": None}
    return {
        "cheapest": Money(ends.number, currency),
        "dearest": Money(ends.top, currency),
    }
