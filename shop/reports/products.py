"""Products as the desk lists them: every state, every market, newest first."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from shop.catalogue import models as m
from shop.catalogue.facts import Local, local
from shop.catalogue.models import table
from shop.catalogue.rules import LISTED, SaleState
from shop.db import db
from shop.kernel.money import Money
from shop.search import service as search

PER_PAGE = 20
#: A search shows at most so many products.
MOST_FOUND = 60
LONGEST_QUERY = 80
_P, _T, _V = table(m.Product), table(m.ProductText), table(m.Variant)
_PR, _S, _VV = table(m.Price), table(m.Stock), table(m.VariantValue)
_VT, _M, _MT = table(m.ValueText), table(m.Media), table(m.MediaText)


@dataclass(frozen=True)
class VariantFacts:
    """One SKU with its price in every market and its pieces."""

    id: int
    sku: str
    options: str
    prices: Mapping[str, Money]
    on_hand: int
    held: int


@dataclass(frozen=True)
class ProductFacts:
    """One product with all its variants. The picture is its cover, "" for none."""

    id: int
    code: str
    name: Local
    category_id: int | None
    sale_state: SaleState
    cover_name: str
    cover_width: int
    cover_height: int
    variants: tuple[VariantFacts, ...]

    @property
    def available(self) -> int:
        """Pieces that nobody holds, of all variants."""
        return sum(one.on_hand - one.held for one in self.variants)


@dataclass(frozen=True)
class ProductPage:
    """One page of the list; ``after`` is the id to go on from, 0 at the end."""

    products: tuple[ProductFacts, ...]
    after: int = 0


def page(
    language: str, state: SaleState | None, typed: str = "", after: int = 0
) -> ProductPage:
    """Return products, the newest first, or what a search finds, best first."""
    if typed:
        ids = _found(typed.replace("\0", "")[:LONGEST_QUERY].strip(), state)
        return ProductPage(load(ids, language))
    query = select(_P.c.id).order_by(_P.c.id.desc()).limit(PER_PAGE + 1)
    if state is not None:
        query = query.where(_P.c.sale_state == state)
    if after:
        query = query.where(_P.c.id < after)
    ids = list(db.session.scalars(query))
    more = ids[PER_PAGE - 1] if len(ids) > PER_PAGE else 0
    return ProductPage(load(ids[:PER_PAGE], language), more)


def _found(typed: str, state: SaleState | None) -> list[int]:
    """Return ids by SKU or code, then what the shop's search says, then drafts."""
    exact = select(_V.c.product_id).where(_V.c.sku.in_([typed, typed.upper()]))
    ids = list(db.session.scalars(exact))
    ids += db.session.scalars(select(_P.c.id).where(_P.c.code == typed))
    ids += search.search(typed, MOST_FOUND).ids
    hidden = select(_P.c.id).where(
        _P.c.sale_state.not_in([one.value for one in LISTED]),
        select(_T.c.product_id)
        .where(
            _T.c.product_id == _P.c.id,
            _T.c.name.icontains(typed, autoescape=True),
        )
        .exists(),
    )
    ids += db.session.scalars(hidden.limit(MOST_FOUND))
    once = list(dict.fromkeys(ids))[:MOST_FOUND]
    if state is None or not once:
        return once
    kept = set(
        db.session.scalars(
            select(_P.c.id).where(_P.c.id.in_(once), _P.c.sale_state == state)
        )
    )
    return [one for one in once if one in kept]


def load(ids: Sequence[int], language: str) -> tuple[ProductFacts, ...]:
    """Return products with these ids, in this order (5 SQL)."""
    if not ids:
        return ()
    rows = {
        row.id: row
        for row in db.session.execute(
            select(
                _P.c.id, _P.c.code, _P.c.category_id, _P.c.sale_state,
                _P.c.cover_name, _P.c.cover_width, _P.c.cover_height,
            ).where(_P.c.id.in_(ids))
        )
    }  # fmt: skip
    names: dict[int, dict[str, str]] = defaultdict(dict)
    said = select(_T.c.product_id, _T.c.lang, _T.c.name)
    for row in db.session.execute(said.where(_T.c.product_id.in_(ids))):
        names[row.product_id][row.lang] = row.name
    variants = _variants(ids, language)
    return tuple(
        ProductFacts(
            id=key,
            code=rows[key].code,
            name=local(names[key], language),
            category_id=rows[key].category_id,
            sale_state=SaleState(rows[key].sale_state),
            cover_name=rows[key].cover_name,
            cover_width=rows[key].cover_width,
            cover_height=rows[key].cover_height,
            variants=tuple(variants[key]),
        )
        for key in ids
        if key in rows
    )


def _variants(ids: Sequence[int], language: str) -> dict[int, list[VariantFacts]]:
    query = (
        select(_V.c.id, _V.c.product_id, _V.c.sku, _S.c.on_hand, _S.c.held)
        .select_from(_V.outerjoin(_S, _S.c.variant_id == _V.c.id))
        .where(_V.c.product_id.in_(ids))
        .order_by(_V.c.position, _V.c.id)
    )
    found = db.session.execute(query).all()
    keys = [row.id for row in found]
    prices = prices_of(keys)
    options = _options(keys, language)
    made: dict[int, list[VariantFacts]] = defaultdict(list)
    for row in found:
        made[row.product_id].append(
            VariantFacts(
                row.id,
                row.sku,
                options.get(row.id, ""),
                prices.get(row.id, {}),
                row.on_hand or 0,
                row.held or 0,
            )
        )
    return made


def prices_of(variant_ids: Sequence[int]) -> dict[int, dict[str, Money]]:
    """Return what each variant costs in every market."""
    found: dict[int, dict[str, Money]] = defaultdict(dict)
    query = select(_PR.c.variant_id, _PR.c.market, _PR.c.currency, _PR.c.amount_minor)
    for row in db.session.execute(query.where(_PR.c.variant_id.in_(variant_ids))):
        found[row.variant_id][row.market] = Money(row.amount_minor, row.currency)
    return found


def _options(variant_ids: Sequence[int], language: str) -> dict[int, str]:
    """Return the chosen values of each variant in one line."""
    query = (
        select(_VV.c.variant_id, _VV.c.value_id, _VT.c.lang, _VT.c.name)
        .select_from(_VV.join(_VT, _VT.c.value_id == _VV.c.value_id))
        .where(_VV.c.variant_id.in_(variant_ids))
        .order_by(_VV.c.variant_id, _VV.c.option_id)
    )
    texts: dict[int, dict[int, dict[str, str]]] = defaultdict(dict)
    for row in db.session.execute(query):
        texts[row.variant_id].setdefault(row.value_id, {})[row.lang] = row.name
    return {
        key: " · ".join(str(local(names, language)) for names in values.values())
        for key, values in texts.items()
    }


def variant(variant_id: int, *, lock: bool = False) -> Any:
    """Return (id, product_id, sku) of a variant, locked if asked; None if gone."""
    query = select(_V.c.id, _V.c.product_id, _V.c.sku).where(_V.c.id == variant_id)
    found = db.session.execute(query.with_for_update() if lock else query)
    return found.first()


def pieces(variant_id: int) -> int:
    """Return the pieces on hand of a variant."""
    query = select(_S.c.on_hand).where(_S.c.variant_id == variant_id)
    return db.session.scalar(query) or 0


def crossed_out(variant_id: int, market: str) -> Money | None:
    """Return the crossed-out price of a variant in a market."""
    query = select(_PR.c.was_minor, _PR.c.currency).where(
        _PR.c.variant_id == variant_id, _PR.c.market == market
    )
    row = db.session.execute(query).first()
    return Money(row.was_minor, row.currency) if row and row.was_minor else None


def sale_state(product_id: int) -> SaleState | None:
    """Return how a product is offered; None if there is none."""
    query = select(_P.c.sale_state).where(_P.c.id == product_id)
    found = db.session.scalar(query)
    return SaleState(found) if found else None


def name_of(product_id: int, language: str) -> Local | None:
    """Return what a product is called; None if there is none."""
    query = select(_P.c.id, _T.c.lang, _T.c.name).select_from(
        _P.outerjoin(_T, _T.c.product_id == _P.c.id)
    )
    rows = db.session.execute(query.where(_P.c.id == product_id)).all()
    if not rows:
        return None
    return local({row.lang: row.name for row in rows if row.lang}, language)


@dataclass(frozen=True)
class PictureFacts:
    """A picture of a product with what it says in each language."""

    id: int
    name: str
    source: str
    width: int
    height: int
    alts: Mapping[str, str]


def pictures_of(product_id: int) -> tuple[PictureFacts, ...]:
    """Return the pictures of a product in their order; the first is its cover."""
    query = (
        select(*_M.c, _MT.c.lang, _MT.c.alt)
        .select_from(_M.outerjoin(_MT, _MT.c.media_id == _M.c.id))
        .where(_M.c.product_id == product_id)
        .order_by(_M.c.position, _M.c.id)
    )
    firsts: dict[int, Any] = {}
    alts: dict[int, dict[str, str]] = defaultdict(dict)
    for row in db.session.execute(query):
        firsts.setdefault(row.id, row)
        if row.lang:
            alts[row.id][row.lang] = row.alt
    return tuple(
        PictureFacts(row.id, row.name, row.source, row.width, row.height, alts[key])
        for key, row in firsts.items()
    )
