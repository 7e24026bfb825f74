"""Reading one product for its page, and variants for a cart."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Integer,
    Text,
    bindparam,
    cast,
    func,
    literal,
    null,
    select,
    union_all,
)

from shop.catalogue import models as m
from shop.catalogue.facts import (
    Local,
    OptionView,
    Picture,
    ProductView,
    SellableVariant,
    SpecLine,
    Value,
    VariantView,
    local,
)
from shop.catalogue.rules import SaleState, from_milli
from shop.db import Ready, among, db, read
from shop.kernel.instalments import Plan
from shop.kernel.money import Money

_P, _T = m.Product.__table__.c, m.ProductText.__table__.c
_V, _VV = m.Variant.__table__.c, m.VariantValue.__table__.c
_PR, _S = m.Price.__table__.c, m.Stock.__table__.c
_O, _OT = m.Option.__table__.c, m.OptionText.__table__.c
_OV, _VT = m.OptionValue.__table__.c, m.ValueText.__table__.c
_M, _MT = m.Media.__table__.c, m.MediaText.__table__.c
_A, _AT, _SP = m.Attribute.__table__.c, m.AttributeText.__table__.c, m.Spec.__table__.c

_PRODUCT = Ready(
    select(*_P, _T.lang, _T.name, _T.slug, _T.tagline, _T.description,
           _T.description_html)
    .select_from(m.Product.__table__.outerjoin(m.ProductText.__table__))
    .where(_P.id == bindparam("id"))
)  # fmt: skip


def _with_price_and_stock() -> Any:
    price = (_PR.variant_id == _V.id) & (_PR.market == bindparam("market"))
    return (
        m.Variant.__table__.outerjoin(m.Price.__table__, price)
        .outerjoin(m.Stock.__table__, _S.variant_id == _V.id)
        .outerjoin(m.VariantValue.__table__, _VV.variant_id == _V.id)
    )


_VARIANTS = (
    select(
        _V.id, _V.product_id, _V.sku, _V.grams, _PR.currency, _PR.amount_minor,
        _PR.was_minor, (_S.on_hand - _S.held).label("available"), _VV.option_id,
        _VV.value_id,
    )
    .select_from(_with_price_and_stock())
    .order_by(_V.position, _V.id)
)  # fmt: skip
_OF_PRODUCT = Ready(_VARIANTS.where(_V.product_id == bindparam("id")))


def _nothing(kind: type[Any]) -> Any:
    return cast(null(), kind)


def _words(product: Any) -> Any:
    """Return specification, option and value names and pictures as one statement.

    Columns: kind, position, id, of (option of a value), code, lang, name, unit,
    scale, milli, words, swatch. A picture fills them with: of = value it shows,
    code = of that value, name = alt, unit = source, scale x milli = size in px,
    words = file name.
    """
    of_product = (
        select(_VV.option_id, _VV.value_id)
        .select_from(m.Variant.__table__.join(m.VariantValue.__table__))
        .where(_V.product_id == product)
    )
    specs = (
        select(
            literal("spec").label("kind"), _SP.position.label("position"),
            _A.id.label("id"), _nothing(Integer).label("of"), _A.code.label("code"),
            _AT.lang.label("lang"), _AT.label.label("name"), _AT.unit.label("unit"),
            _AT.scale.label("scale"), _SP.milli.label("milli"),
            _SP.words.label("words"), literal("").label("swatch"),
        )
        .select_from(
            m.Spec.__table__.join(m.Attribute.__table__)
            .outerjoin(m.AttributeText.__table__, _AT.attribute_id == _A.id)
        )
        .where(_SP.product_id == product)
    )  # fmt: skip
    options = (
        select(
            literal("option"), _O.position, _O.id, _nothing(Integer), _O.code,
            _OT.lang, _OT.name, _nothing(Text), _nothing(Integer), _nothing(Integer),
            _nothing(Text), literal(""),
        )
        .select_from(m.Option.__table__.outerjoin(m.OptionText.__table__))
        .where(_O.id.in_(of_product.with_only_columns(_VV.option_id)))
    )  # fmt: skip
    values = (
        select(
            literal("value"), _OV.position, _OV.id, _OV.option_id, _OV.code,
            _VT.lang, _VT.name, _nothing(Text), _nothing(Integer), _nothing(Integer),
            _nothing(Text), _OV.swatch,
        )
        .select_from(m.OptionValue.__table__.outerjoin(m.ValueText.__table__))
        .where(_OV.id.in_(of_product.with_only_columns(_VV.value_id)))
    )  # fmt: skip
    pictures = (
        select(
            literal("picture"), _M.position, _M.id, _M.value_id, _OV.code, _MT.lang,
            _MT.alt, _M.source, _M.width, _M.height, _M.name, literal(""),
        )
        .select_from(
            m.Media.__table__.outerjoin(m.MediaText.__table__)
            .outerjoin(m.OptionValue.__table__, _OV.id == _M.value_id)
        )
        .where(_M.product_id == product)
    )  # fmt: skip
    return union_all(specs, options, values, pictures)


_WORDS = Ready(_words(bindparam("id")))


def product_view(
    product_id: int, market_code: str, language: str
) -> ProductView | None:
    """Return a product as its page shows it, or None if there is none (3 SQL).

    Also drafts and discontinued products are returned: the caller decides who
    may see them (``sale_state``). A missing text falls back to another language.
    """
    key = {"id": product_id, "market": market_code}
    texts = read(_PRODUCT, {"id": product_id})
    if not texts:
        return None
    variants = _variants(read(_OF_PRODUCT, key))
    words = read(_WORDS, {"id": product_id})
    row = texts[0]
    by = {one.lang: one for one in texts if one.lang}
    name = local({lang: one.name for lang, one in by.items()}, language)
    description = local({k: one.description_html for k, one in by.items()}, language)
    return ProductView(
        id=row.id,
        code=row.code,
        market=market_code,
        language=language,
        name=name,
        slug=local({k: one.slug for k, one in by.items()}, name.lang).text,
        tagline=local({k: one.tagline for k, one in by.items()}, language),
        description=local({k: one.description for k, one in by.items()}, language),
        description_html=description.text,
        slugs={lang: one.slug for lang, one in by.items() if one.slug},
        names={lang: one.name for lang, one in by.items()},
        brand=row.brand,
        model=row.model,
        category_id=row.category_id,
        sale_state=SaleState(row.sale_state),
        options=_options(words, variants, language),
        variants=variants,
        pictures=_pictures(words, language),
        specs=_specs(words, language),
        plans=tuple(Plan.from_json(plan) for plan in row.plans),
        limit_per_buyer=row.limit_per_buyer,
        limit_days=row.limit_days,
        cod_excluded=row.cod_excluded,
        ships_on=row.ships_on,
        is_service=row.is_service,
        needs_slot=row.needs_slot,
        ground_only=row.ground_only,
        rental=row.rental,
        presale=row.presale,
        flash=row.flash,
        successor_id=row.successor_id,
        is_demo=row.is_demo,
        updated_at=row.updated_at,
    )


def _variants(rows: Sequence[Any]) -> tuple[VariantView, ...]:
    values: dict[int, dict[int, int]] = defaultdict(dict)
    firsts: dict[int, Any] = {}
    for row in rows:
        firsts.setdefault(row.id, row)
        if row.option_id is not None:
            values[row.id][row.option_id] = row.value_id
    return tuple(
        VariantView(
            id=row.id,
            sku=row.sku,
            values=values[row.id],
            price=price_of(row),
            was=was_of(row),
            available=row.available or 0,
            grams=row.grams,
        )
        for row in firsts.values()
    )


def price_of(row: Any) -> Money | None:
    """Return the price in ``amount_minor`` and ``currency``, None if not sold here."""
    return None if row.currency is None else Money(row.amount_minor, row.currency)


def was_of(row: Any) -> Money | None:
    """Return the crossed-out price in ``was_minor`` and ``currency``, if any."""
    return None if row.was_minor is None else Money(row.was_minor, row.currency)


def _pictures(words: Sequence[Any], language: str) -> tuple[Picture, ...]:
    alts: dict[int, dict[str, str]] = defaultdict(dict)
    firsts: dict[int, Any] = {}
    for row in words:
        if row.kind == "picture":
            firsts.setdefault(row.id, row)
            if row.lang:
                alts[row.id][row.lang] = row.name
    return tuple(
        Picture(
            row.words, row.unit, row.scale, row.milli, local(alts[row.id], language),
            row.of, row.code or "",
        )
        for row in sorted(firsts.values(), key=lambda row: (row.position, row.id))
    )  # fmt: skip


def _options(
    words: Sequence[Any], variants: Iterable[VariantView], language: str
) -> tuple[OptionView, ...]:
    names: dict[tuple[str, int], dict[str, str]] = defaultdict(dict)
    firsts: dict[tuple[str, int], Any] = {}
    for row in words:
        if row.kind in {"option", "value"}:
            firsts.setdefault((row.kind, row.id), row)
            if row.lang:
                names[row.kind, row.id][row.lang] = row.name
    #: Values stand in the order in which the product's variants first use them.
    used = {v: None for variant in variants for v in variant.values.values()}
    options = sorted(
        (row for (kind, _), row in firsts.items() if kind == "option"),
        key=lambda row: (row.position, row.id),
    )

    def name(kind: str, row: Any) -> Local:
        return local(names[kind, row.id], language) or Local(row.code, "")

    return tuple(
        OptionView(
            option.id, option.code, name("option", option),
            tuple(
                Value(row.id, row.code, name("value", row), row.swatch)
                for row in (firsts["value", value] for value in used)
                if row.of == option.id
            ),
        )
        for option in options
    )  # fmt: skip


def _specs(words: Sequence[Any], language: str) -> tuple[SpecLine, ...]:
    lines: dict[int, dict[str, Any]] = defaultdict(dict)
    for row in words:
        if row.kind == "spec":
            lines[row.position][row.lang or ""] = row
    found = []
    for _, by in sorted(lines.items()):
        label = local({lang: row.name for lang, row in by.items() if lang}, language)
        row = by.get(label.lang) or next(iter(by.values()))
        number = row.milli is not None
        value = from_milli(row.milli * (row.scale or 1)) if number else row.words
        found.append(
            SpecLine(
                row.code, label or Local(row.code, ""), value, row.unit or "", number
            )
        )
    return tuple(found)


_SELLABLE = (
    _VARIANTS.add_columns(
        _P.sale_state, _P.limit_per_buyer, _P.limit_days, _P.cod_excluded,
        _P.ships_on, _P.is_service, _P.needs_slot, _P.ground_only, _P.category_id,
        _P.cover_name, _P.cover_width, _P.cover_height,
    )
    .join(m.Product.__table__, _P.id == _V.product_id)
    .where(among(_V.id, "ids"))
)  # fmt: skip
_TEXTS = select(_T.product_id, _T.lang, _T.name, _T.slug).where(
    among(_T.product_id, "products")
)
_VALUE_TEXTS = union_all(
    select(literal("option").label("kind"), _O.id, _O.position, _OT.lang, _OT.name)
    .select_from(m.Option.__table__.join(m.OptionText.__table__))
    .where(among(_O.id, "options")),
    select(literal("value"), _OV.id, _OV.position, _VT.lang, _VT.name)
    .select_from(m.OptionValue.__table__.join(m.ValueText.__table__))
    .where(among(_OV.id, "values")),
)
_VALUE_PICTURES = (
    select(_M.product_id, _M.value_id, _M.source, _M.name, _M.width, _M.height,
           _OV.code)
    .select_from(m.Media.__table__.join(m.OptionValue.__table__))
    .where(
        among(_M.product_id, "products"),
        among(_M.value_id, "values"),
    )
    .order_by(_M.position.desc(), _M.id.desc())
)  # fmt: skip


def variant_for_cart(
    variant_ids: Iterable[int], market: str
) -> dict[int, SellableVariant]:
    """Return what a cart needs of each variant, by id; unknown ids are left out.

    At most 4 SQL, however many. ``price`` is None where the product is not sold
    in the market; drafts come too, with a state that cannot be bought.
    """
    ids = sorted(set(variant_ids))
    if not ids:
        return {}
    rows = read(_SELLABLE, {"ids": ids, "market": market})
    views = {view.id: view for view in _variants(rows)}
    facts = {row.id: row for row in rows}
    products = sorted({row.product_id for row in rows})
    names: dict[int, dict[str, str]] = defaultdict(dict)
    slugs: dict[int, dict[str, str]] = defaultdict(dict)
    for text in read(_TEXTS, {"products": products}):
        names[text.product_id][text.lang] = text.name
        slugs[text.product_id][text.lang] = text.slug
    options = _value_names(views.values())
    pictures = _value_pictures(products, views.values())
    return {
        key: SellableVariant(
            id=key,
            product_id=row.product_id,
            sku=row.sku,
            names=names[row.product_id],
            slugs=slugs[row.product_id],
            options=options[key],
            price=views[key].price,
            was=views[key].was,
            available=views[key].available,
            sale_state=SaleState(row.sale_state),
            limit_per_buyer=row.limit_per_buyer,
            limit_days=row.limit_days,
            cod_excluded=row.cod_excluded,
            ships_on=row.ships_on,
            is_service=row.is_service,
            needs_slot=row.needs_slot,
            ground_only=row.ground_only,
            grams=row.grams,
            category_id=row.category_id,
            picture=_picture_of(row, views[key], pictures),
        )
        for key, row in facts.items()
    }


Names = Mapping[str, str]


def _value_names(
    views: Iterable[VariantView],
) -> dict[int, tuple[tuple[Names, Names], ...]]:
    views = list(views)
    options = sorted({o for view in views for o in view.values})
    values = sorted({v for view in views for v in view.values.values()})
    names: dict[tuple[str, int], dict[str, str]] = defaultdict(dict)
    position: dict[int, int] = {}
    if options:
        given = {"options": options, "values": values}
        for row in read(_VALUE_TEXTS, given):
            names[row.kind, row.id][row.lang] = row.name
            if row.kind == "option":
                position[row.id] = row.position
    return {
        view.id: tuple(
            (names["option", o], names["value", view.values[o]])
            for o in sorted(view.values, key=lambda o: (position.get(o, 0), o))
        )
        for view in views
    }


def _value_pictures(
    products: list[int], views: Iterable[VariantView]
) -> dict[tuple[int, int], Picture]:
    values = sorted({v for view in views for v in view.values.values()})
    if not values:
        return {}
    given = {"products": products, "values": values}
    return {
        (row.product_id, row.value_id): Picture(
            row.name, row.source, row.width, row.height, Local("", ""),
            row.value_id, row.code,
        )
        for row in read(_VALUE_PICTURES, given)
    }  # fmt: skip


def _picture_of(
    row: Any, view: VariantView, pictures: Mapping[tuple[int, int], Picture]
) -> Picture | None:
    for value in view.values.values():
        if (row.product_id, value) in pictures:
            return pictures[row.product_id, value]
    return picture_of(row.cover_name, row.cover_width, row.cover_height)


def picture_of(file: str, width: int, height: int) -> Picture | None:
    """Return the first picture from the ``cover_*`` columns, None if there is none."""
    if not file:
        return None
    name, _, way = file.removesuffix(".svg").partition("--")
    colour = way if name else ""
    return Picture(file, source_of(file), width, height, Local("", ""), None, colour)


def source_of(name: str) -> str:
    """Return whether a picture's name is a drawing that comes with the shop."""
    return "shipped" if name.endswith(".svg") else "upload"


_SLUGS = select(_T.lang, _T.slug).where(_T.product_id == bindparam("id"))


def alternate_slugs(product_id: int) -> dict[str, str]:
    """Return the addresses of a product by language, for hreflang (1 SQL)."""
    rows = read(_SLUGS, {"id": product_id})
    return {row.lang: row.slug for row in rows if row.slug}


_BY_SKU = select(_V.id).where(_V.sku == bindparam("sku"))


def variant_id_of(sku: str) -> int | None:
    """Return the variant with a SKU, written exactly so or in other case."""
    for spelling in dict.fromkeys((sku, sku.upper())):
        found: int | None = db.session.scalar(_BY_SKU, {"sku": spelling})
        if found is not None:
            return found
    return None


_SITEMAP = (
    select(_P.id, _P.updated_at, _T.lang, _T.slug)
    .select_from(m.Product.__table__.join(m.ProductText.__table__))
    .where(
        _P.id.in_(
            select(_P.id)
            .where(_P.listed, _P.id > bindparam("after"))
            .order_by(_P.id)
            .limit(bindparam("limit"))
            .scalar_subquery()
        )
    )
    .order_by(_P.id)
)


def sitemap_rows(after: int, limit: int) -> list[tuple[int, Any, dict[str, str]]]:
    """Return ``(id, updated_at, slugs by language)`` of listed products above an id."""
    found: dict[int, tuple[int, Any, dict[str, str]]] = {}
    for row in db.session.execute(_SITEMAP, {"after": after, "limit": limit}):
        found.setdefault(row.id, (row.id, row.updated_at, {}))[2][row.lang] = row.slug
    return list(found.values())


def count_listed() -> int:
    """Return how many products lists show; walks an index, not for every page."""
    return db.session.scalar(select(func.count()).where(_P.listed)) or 0


def last_product_id() -> int:
    """Return the highest id of a product, listed or not; 0 without any."""
    return db.session.scalar(select(func.max(_P.id))) or 0
