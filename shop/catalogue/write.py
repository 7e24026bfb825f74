"""Saving products and categories: every save says how many rows it changed.

Saving what is already there changes nothing, not even ``updated_at``: so an
import can be repeated, interrupted and begun again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, exists, func, insert, select, update

from shop.catalogue import events
from shop.catalogue import models as m
from shop.catalogue.drafts import (
    AttributeDraft,
    CategoryDraft,
    OptionDraft,
    PictureDraft,
    PriceDraft,
    ProductDraft,
    SpecDraft,
    TextDraft,
    VariantDraft,
)
from shop.catalogue.rules import LISTED, SaleState, SkuTaken, make_code, make_slug
from shop.catalogue.tree import stamp_tree
from shop.db import changed, db
from shop.kernel.money import Money

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

#: What a description may contain; pictures only from the shop itself would need
#: a check of their address, so there are none (reliability.md S16).
TAGS = frozenset(
    {
        "p", "br", "hr", "b", "strong", "i", "em", "u", "s", "sub", "sup", "span",
        "ul", "ol", "li", "dl", "dt", "dd", "h2", "h3", "h4", "blockquote", "code",
        "pre", "a", "table", "thead", "tbody", "tr", "th", "td",
    }
)  # fmt: skip


def clean_html(html: str) -> str:
    """Return HTML without anything that could run, load or lead astray."""
    import nh3  # here, like markdown_it: 4 MB that only who writes needs

    return nh3.clean(
        html,
        tags=set(TAGS),
        attributes={"a": {"href"}, "td": {"colspan"}, "th": {"colspan", "scope"}},
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="nofollow noopener noreferrer",
    )


def description_html(draft: TextDraft) -> str:
    """Return a description as pages show it."""
    source = draft.description
    return clean_html(source if draft.is_html else _markdown().render(source))


@cache
def _markdown() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    options = {"html": False, "breaks": True}
    return MarkdownIt("commonmark", options).enable("table")


@dataclass(frozen=True, slots=True)
class Saved:
    """What a save did: the product, whether it is new, how many rows changed."""

    product_id: int
    is_new: bool
    changes: int
    variant_ids: Mapping[str, int]


Rows = Iterable[Mapping[str, Any]]


def _sync(
    model: type[Any], scope: Any, keys: Sequence[str], wanted: Rows, *, prune: bool
) -> int:
    """Make the rows of ``model`` within ``scope`` be ``wanted``; return the changes.

    ``keys`` name the columns that tell rows apart. With ``prune`` other rows of
    the scope are deleted, without it they stay.
    """
    table = m.table(model)
    have = {
        tuple(row[key] for key in keys): row
        for row in db.session.execute(select(table).where(scope)).mappings()
    }
    done, fresh = 0, []
    for values in wanted:
        key = tuple(values[name] for name in keys)
        old = have.pop(key, None)
        if old is None:
            fresh.append(dict(values))
        elif any(old[name] != value for name, value in values.items()):
            here = and_(*[table.c[name] == values[name] for name in keys])
            db.session.execute(update(table).where(scope, here).values(**values))
            done += 1
    gone = list(have) if prune else []
    for key in gone:
        here = and_(*[table.c[n] == k for n, k in zip(keys, key, strict=True)])
        db.session.execute(delete(table).where(scope, here))
    if fresh:
        db.session.execute(insert(table), fresh)
    return done + len(gone) + len(fresh)


def _one(model: type[Any], code: str, values: Mapping[str, Any]) -> tuple[int, int]:
    """Find or make the row with a code; return its id and the number of changes."""
    table = m.table(model)
    old = (
        db.session.execute(select(table).where(table.c.code == code)).mappings().first()
    )
    if old is None:
        row = insert(table).values(code=code, **values).returning(table.c.id)
        return int(db.session.execute(row).scalar_one()), 1
    if all(old[name] == value for name, value in values.items()):
        return int(old["id"]), 0
    db.session.execute(update(table).where(table.c.id == old["id"]).values(**values))
    return int(old["id"]), 1


def _pairs(rows: Any) -> dict[Any, Any]:
    return {key: value for key, value in db.session.execute(rows)}  # noqa: C416


def save_category(draft: CategoryDraft) -> tuple[int, int]:
    """Save a category and its addresses; return its id and the number of changes.

    An address it leaves behind still leads to it (301).
    """
    values = {
        "parent_id": draft.parent_id,
        "position": draft.position,
        "picture": draft.picture,
        "is_demo": draft.is_demo,
    }
    key, changes = _one(m.Category, draft.code, values)
    table = m.table(m.CategoryText)
    old = _pairs(select(table.c.lang, table.c.slug).where(table.c.category_id == key))
    rows = []
    for lang, name in draft.names.items():
        wanted = draft.slugs.get(lang) or make_slug(name) or make_code(draft.code)
        slug = _free_slug(lang, wanted, key)
        if lang in old and old[lang] != slug:
            _remember_slug(lang, old[lang], slug, key)
        rows.append(
            {
                "category_id": key,
                "lang": lang,
                "name": name,
                "slug": slug,
                "description": draft.descriptions.get(lang, ""),
            }
        )
    here = table.c.category_id == key
    changes += _sync(m.CategoryText, here, ["lang"], rows, prune=False)
    if changes:
        stamp_tree()
    return key, changes


def find_or_make_category(way: Sequence[str], language: str) -> tuple[int | None, int]:
    """Return the category at the end of a way of names, made where it is missing.

    Each step is looked for among the children of the one before, under its name
    in any language; what is there is not changed. No way is no category.

    :return: the category's id, and the number of changes.
    """
    parent, changes = None, 0
    for name in way:
        found = _child_called(parent, name)
        if found is None:
            code = _free_code(make_code(name))
            made = CategoryDraft(code, {language: name}, parent, _last_place(parent))
            found, more = save_category(made)
            changes += more
        parent = found
    return parent, changes


def _child_called(parent_id: int | None, name: str) -> int | None:
    category, text = m.table(m.Category).c, m.table(m.CategoryText).c
    here = select(category.id).where(
        category.parent_id.is_not_distinct_from(parent_id),
        text.category_id == category.id,
        func.lower(text.name) == name.lower(),
    )
    found: int | None = db.session.scalar(here.order_by(category.id).limit(1))
    return found


def _free_code(wanted: str) -> str:
    table = m.table(m.Category).c
    taken = set(db.session.scalars(select(table.code)))
    numbered = (f"{wanted}-{number}" for number in range(2, len(taken) + 3))
    return next(code for code in (wanted, *numbered) if code not in taken)


def _last_place(parent_id: int | None) -> int:
    table = m.table(m.Category).c
    last = select(func.max(table.position)).where(
        table.parent_id.is_not_distinct_from(parent_id)
    )
    found = db.session.scalar(last)
    return 0 if found is None else found + 1


def _free_slug(lang: str, wanted: str, category_id: int) -> str:
    table = m.table(m.CategoryText).c
    for number in range(1, 1000):
        slug = wanted if number == 1 else f"{wanted}-{number}"
        owner = db.session.scalar(
            select(table.category_id).where(table.lang == lang, table.slug == slug)
        )
        if owner in (None, category_id):
            return slug
    raise ValueError(f"a thousand categories are called {wanted}")


def _remember_slug(lang: str, old: str, new: str, category_id: int) -> None:
    table = m.table(m.CategoryOldSlug)
    for slug in (old, new):
        here = and_(table.c.lang == lang, table.c.slug == slug)
        db.session.execute(delete(table).where(here))
    row = {"lang": lang, "slug": old, "category_id": category_id}
    db.session.execute(insert(table).values(row))


def save_product(draft: ProductDraft, now: datetime) -> Saved:
    """Save a product with everything that hangs on it but its stock.

    :raises SkuTaken: if a SKU belongs to another product.
    :raises ValueError: for a draft without text or variant, the caller's bug.
    """
    if not draft.variants or not draft.texts:
        raise ValueError(f"{draft.code}: a product has a text and a variant")
    table = m.table(m.Product)
    known = db.session.scalar(select(table.c.id).where(table.c.code == draft.code))
    columns = _columns(draft)
    if known is None:
        fresh = {"code": draft.code, "created_at": now, "updated_at": now, **columns}
        row = insert(table).values(**fresh).returning(table.c.id)
        key, changes = int(db.session.execute(row).scalar_one()), 1
    else:
        key, changes = known, _update_product(known, _decided(draft, columns))
    values, more = _save_options(draft.options)
    changes += more + _save_texts(key, draft.texts)
    variants, more = _save_variants(key, draft.variants, values)
    changes += more
    if draft.specs is not None:
        changes += _save_specs(key, draft.specs)
    if draft.pictures is not None:
        changes += _save_pictures(key, draft.pictures, values)
    if changes:
        db.session.execute(
            update(table).where(table.c.id == key).values(updated_at=now)
        )
        refresh_prices([key])
        events.tell([key], now)
    return Saved(key, known is None, changes, variants)


def _decided(draft: ProductDraft, columns: dict[str, Any]) -> dict[str, Any]:
    """Return the columns a draft may change of a product that is already there."""
    if draft.decides is None:
        return columns
    derived = {"cover_name", "cover_width", "cover_height"}
    if "sale_state" in draft.decides:
        derived.add("listed")
    wanted = draft.decides | derived
    return {name: value for name, value in columns.items() if name in wanted}


def _columns(draft: ProductDraft) -> dict[str, Any]:
    same = (
        "category_id", "brand", "model", "sale_state", "merit", "limit_per_buyer",
        "limit_days", "cod_excluded", "ships_on", "is_service", "needs_slot",
        "ground_only", "is_demo",
    )  # fmt: skip
    columns = {name: getattr(draft, name) for name in same}
    covers = draft.pictures or ()
    if draft.pictures is not None:
        first = covers[0] if covers else PictureDraft("", "", 0, 0)
        columns |= {
            "cover_name": first.name,
            "cover_width": first.width,
            "cover_height": first.height,
        }
    return columns | {
        "listed": draft.sale_state in LISTED,
        "plans": [asdict(plan) for plan in draft.plans],
        "rental": _plain(draft.rental),
        "presale": _plain(draft.presale),
        "flash": _plain(draft.flash),
    }


def _plain(mapping: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if mapping is None else dict(mapping)


def _update_product(key: int, columns: Mapping[str, Any]) -> int:
    table = m.table(m.Product)
    old = db.session.execute(select(table).where(table.c.id == key)).mappings().one()
    new = {name: value for name, value in columns.items() if old[name] != value}
    if new:
        db.session.execute(update(table).where(table.c.id == key).values(**new))
    return int(bool(new))


def _save_texts(key: int, texts: Mapping[str, TextDraft]) -> int:
    rows = [
        {
            "product_id": key,
            "lang": lang,
            "name": text.name,
            "slug": make_slug(text.name) or "x",
            "tagline": text.tagline,
            "description": text.description,
            "description_html": description_html(text),
            "is_html": text.is_html,
        }
        for lang, text in texts.items()
    ]
    here = m.table(m.ProductText).c.product_id == key
    return _sync(m.ProductText, here, ["lang"], rows, prune=False)


#: Ids by (option code, value code); the option's own id under (code, "").
ValueIds = dict[tuple[str, str], int]


def _save_options(options: Sequence[OptionDraft]) -> tuple[ValueIds, int]:
    ids: ValueIds = {}
    changes = 0
    for option in options:
        key, more = _find_or_make(m.Option, m.table(m.Option).c.code == option.code,
                                  {"code": option.code, "position": 0})  # fmt: skip
        ids[option.code, ""] = key
        changes += more + _save_names(m.OptionText, "option_id", key, option.names)
        for position, value in enumerate(option.values):
            table = m.table(m.OptionValue).c
            here = and_(table.option_id == key, table.code == value.code)
            fresh = {
                "option_id": key, "code": value.code, "position": position,
                "swatch": value.swatch,
            }  # fmt: skip
            value_id, more = _find_or_make(m.OptionValue, here, fresh)
            ids[option.code, value.code] = value_id
            changes += more
            changes += _save_names(m.ValueText, "value_id", value_id, value.names)
    return ids, changes


def _find_or_make(
    model: type[Any], here: Any, fresh: Mapping[str, Any]
) -> tuple[int, int]:
    """Return the id of a shared row; an existing one is never changed."""
    table = m.table(model)
    key = db.session.scalar(select(table.c.id).where(here))
    if key is not None:
        return int(key), 0
    row = insert(table).values(**fresh).returning(table.c.id)
    return int(db.session.execute(row).scalar_one()), 1


def _save_names(
    model: type[Any], owner: str, key: int, names: Mapping[str, str]
) -> int:
    """Add missing names; a name somebody translated is not overwritten."""
    table = m.table(model)
    have = set(db.session.scalars(select(table.c.lang).where(table.c[owner] == key)))
    fresh = [
        {owner: key, "lang": lang, "name": name}
        for lang, name in names.items()
        if lang not in have
    ]
    if fresh:
        db.session.execute(insert(table), fresh)
    return len(fresh)


def _save_variants(
    key: int, drafts: Sequence[VariantDraft], values: ValueIds
) -> tuple[dict[str, int], int]:
    table = m.table(m.Variant)
    owners = db.session.execute(
        select(table.c.sku, table.c.product_id).where(
            table.c.sku.in_([draft.sku for draft in drafts])
        )
    )
    for sku, owner in owners:
        if owner != key:
            raise SkuTaken(sku)
    rows = [
        {"product_id": key, "sku": d.sku, "position": i, "grams": d.grams}
        for i, d in enumerate(drafts)
    ]
    here = table.c.product_id == key
    changes = _sync(m.Variant, here, ["sku"], rows, prune=True)
    ids = _pairs(select(table.c.sku, table.c.id).where(here))
    of_product = list(ids.values())
    chosen = [
        {
            "variant_id": ids[draft.sku],
            "option_id": values[option, ""],
            "value_id": values[option, value],
        }
        for draft in drafts
        for option, value in draft.values.items()
    ]
    here = m.table(m.VariantValue).c.variant_id.in_(of_product)
    names = ["variant_id", "option_id"]
    changes += _sync(m.VariantValue, here, names, chosen, prune=True)
    prices = [
        _price_row(ids[draft.sku], market, price)
        for draft in drafts
        for market, price in draft.prices.items()
    ]
    here = m.table(m.Price).c.variant_id.in_(of_product)
    changes += _sync(m.Price, here, ["variant_id", "market"], prices, prune=False)
    return ids, changes


def _price_row(variant_id: int, market: str, price: PriceDraft) -> dict[str, Any]:
    return {
        "variant_id": variant_id,
        "market": market,
        "currency": price.amount.currency,
        "amount_minor": price.amount.minor,
        "was_minor": price.was.minor if price.was else None,
    }


def _save_specs(key: int, specs: Sequence[SpecDraft]) -> int:
    changes, rows = 0, []
    for position, spec in enumerate(specs):
        attribute, more = save_attribute(spec.attribute)
        changes += more
        rows.append(
            {
                "product_id": key,
                "position": position,
                "attribute_id": attribute,
                "milli": spec.milli,
                "words": spec.words,
            }
        )
    here = m.table(m.Spec).c.product_id == key
    return changes + _sync(m.Spec, here, ["position"], rows, prune=True)


def save_attribute(draft: AttributeDraft) -> tuple[int, int]:
    """Find or make an attribute; existing labels and filters are not overwritten."""
    table = m.table(m.Attribute).c
    fresh = {"code": draft.code, "filter": draft.filter, "position": draft.position}
    key, changes = _find_or_make(m.Attribute, table.code == draft.code, fresh)
    texts = m.table(m.AttributeText)
    have = set(
        db.session.scalars(select(texts.c.lang).where(texts.c.attribute_id == key))
    )
    rows = [
        {
            "attribute_id": key,
            "lang": lang,
            "label": label,
            "unit": draft.units.get(lang, ""),
            "scale": draft.scales.get(lang, 1),
        }
        for lang, label in draft.labels.items()
        if lang not in have
    ]
    if rows:
        db.session.execute(insert(texts), rows)
    return key, changes + len(rows)


def _save_pictures(key: int, drafts: Sequence[PictureDraft], values: ValueIds) -> int:
    rows = [
        {
            "product_id": key,
            "position": position,
            "value_id": values.get(draft.value) if draft.value else None,
            "source": draft.source,
            "name": draft.name,
            "width": draft.width,
            "height": draft.height,
            "digest": draft.digest,
        }
        for position, draft in enumerate(drafts)
    ]
    table = m.table(m.Media)
    here = table.c.product_id == key
    changes = _sync(m.Media, here, ["position"], rows, prune=True)
    ids = _pairs(select(table.c.position, table.c.id).where(here))
    alts = [
        {"media_id": ids[position], "lang": lang, "alt": alt}
        for position, draft in enumerate(drafts)
        for lang, alt in draft.alts.items()
        if alt
    ]
    here = m.table(m.MediaText).c.media_id.in_(list(ids.values()))
    return changes + _sync(m.MediaText, here, ["media_id", "lang"], alts, prune=False)


def add_picture(product_id: int, draft: PictureDraft, now: datetime) -> int:
    """Put a stored picture at the end of a product's; return its id.

    :raises LookupError: if there is no such product.
    """
    product, table = m.table(m.Product), m.table(m.Media)
    here = product.c.id == product_id
    if db.session.scalar(select(product.c.id).where(here).with_for_update()) is None:
        raise LookupError(product_id)
    last = select(func.max(table.c.position)).where(table.c.product_id == product_id)
    position = db.session.scalar(last)
    row = insert(table).values(
        product_id=product_id,
        value_id=None,
        position=0 if position is None else position + 1,
        source=draft.source,
        name=draft.name,
        width=draft.width,
        height=draft.height,
        digest=draft.digest,
    )
    key = int(db.session.execute(row.returning(table.c.id)).scalar_one())
    alts = [
        {"media_id": key, "lang": lang, "alt": alt}
        for lang, alt in draft.alts.items()
        if alt
    ]
    if alts:
        db.session.execute(insert(m.table(m.MediaText)), alts)
    _refresh_cover(product_id)
    _touch(product_id, now)
    return key


def set_alts(
    product_id: int, media_id: int, alts: Mapping[str, str], now: datetime
) -> int:
    """Say what a picture of a product shows, by language; return the changes.

    An empty text takes the words of that language away.

    :raises LookupError: if the product has no such picture.
    """
    table, texts = m.table(m.Media).c, m.table(m.MediaText)
    own = select(table.id).where(table.id == media_id, table.product_id == product_id)
    if db.session.scalar(own) is None:
        raise LookupError(media_id)
    here = texts.c.media_id == media_id
    empty = [lang for lang, alt in alts.items() if not alt]
    gone = delete(texts).where(here, texts.c.lang.in_(empty))
    changes = changed(db.session.execute(gone))
    rows = [
        {"media_id": media_id, "lang": lang, "alt": alt}
        for lang, alt in alts.items()
        if alt
    ]
    changes += _sync(m.MediaText, here, ["lang"], rows, prune=False)
    if changes:
        _touch(product_id, now)
    return changes


def remove_picture(product_id: int, media_id: int, now: datetime) -> str:
    """Take a picture off a product; return its name.

    Its files stay: lines of old orders show them.

    :raises LookupError: if the product has no such picture.
    """
    table = m.table(m.Media)
    here = and_(table.c.id == media_id, table.c.product_id == product_id)
    name = db.session.execute(delete(table).where(here).returning(table.c.name))
    found = name.scalar()
    if found is None:
        raise LookupError(media_id)
    _refresh_cover(product_id)
    _touch(product_id, now)
    return str(found)


def move_picture_up(product_id: int, media_id: int, now: datetime) -> bool:
    """Let a picture change places with the one before it; False if there is none."""
    product, table = m.table(m.Product), m.table(m.Media)
    db.session.execute(
        select(product.c.id).where(product.c.id == product_id).with_for_update()
    )
    here = select(table.c.id).where(table.c.product_id == product_id)
    order = list(db.session.scalars(here.order_by(table.c.position, table.c.id)))
    if media_id not in order[1:]:
        return False
    place = order.index(media_id)
    order[place - 1], order[place] = order[place], order[place - 1]
    for position, key in enumerate(order):
        row = update(table).where(table.c.id == key, table.c.position != position)
        db.session.execute(row.values(position=position))
    _refresh_cover(product_id)
    _touch(product_id, now)
    return True


def _refresh_cover(product_id: int) -> None:
    """Bring ``product.cover_*`` up to date: the first picture, or none."""
    product, table = m.table(m.Product), m.table(m.Media)
    first = db.session.execute(
        select(table.c.name, table.c.width, table.c.height)
        .where(table.c.product_id == product_id)
        .order_by(table.c.position, table.c.id)
        .limit(1)
    ).first()
    name, width, height = first or ("", 0, 0)
    change = update(product).where(product.c.id == product_id)
    db.session.execute(
        change.values(cover_name=name, cover_width=width, cover_height=height)
    )


def refresh_prices(product_ids: Sequence[int]) -> None:
    """Bring ``product_price`` up to date; call it after any change of prices.

    Drafts and discontinued products have no rows there: no list shows them.
    """
    product, price, variant = m.table(m.Product).c, m.table(m.Price).c, m.Variant
    found = db.session.execute(
        select(
            product.id, product.category_id, price.market, price.currency,
            price.amount_minor, price.was_minor,
        )
        .select_from(
            m.table(m.Product).join(
                m.table(variant), m.table(variant).c.product_id == product.id
            ).join(m.table(m.Price))
        )
        .where(product.id.in_(product_ids), product.listed)
        .order_by(price.amount_minor)
    )  # fmt: skip
    rows: dict[tuple[int, str], dict[str, Any]] = {}
    for row in found:
        first = {
            "product_id": row.id,
            "market": row.market,
            "category_id": row.category_id,
            "currency": row.currency,
            "from_minor": row.amount_minor,
            "was_minor": row.was_minor,
        }
        kept = rows.setdefault((row.id, row.market), first)
        kept["to_minor"] = row.amount_minor
    here = m.table(m.ProductPrice).c.product_id.in_(product_ids)
    _sync(m.ProductPrice, here, ["product_id", "market"], rows.values(), prune=True)


def refresh_in_stock(product_ids: Iterable[int]) -> None:
    """Bring ``product.in_stock`` up to date after stock came or went.

    Locks the products in order, so that of two buyers of the last two variants
    the later one sees the earlier one's.
    """
    product, stock, variant = m.table(m.Product), m.table(m.Stock), m.Variant
    ids = lock_products(product_ids)
    here = product.c.id.in_(ids)
    any_left = exists().where(
        m.table(variant).c.product_id == product.c.id,
        stock.c.variant_id == m.table(variant).c.id,
        stock.c.on_hand > stock.c.held,
    )
    change = update(product).where(here, product.c.in_stock != any_left)
    db.session.execute(change.values(in_stock=any_left))


def lock_products(product_ids: Iterable[int]) -> list[int]:
    """Keep others from these products until the transaction ends; return the ids.

    In the order of their ids, so that two who lock several never wait in a circle.
    """
    product, ids = m.table(m.Product), sorted(set(product_ids))
    query = select(product.c.id).where(product.c.id.in_(ids))
    db.session.execute(query.order_by(product.c.id).with_for_update())
    return ids


def set_price(
    variant_id: int, market: str, price: PriceDraft, now: datetime
) -> Money | None:
    """Set what one piece costs in a market; return the price before, if any.

    :raises LookupError: if there is no such variant.
    """
    variant, table = m.table(m.Variant).c, m.table(m.Price)
    product_id = db.session.scalar(
        select(variant.product_id).where(variant.id == variant_id)
    )
    if product_id is None:
        raise LookupError(variant_id)
    here = and_(table.c.variant_id == variant_id, table.c.market == market)
    old = db.session.execute(select(table).where(here)).first()
    row = _price_row(variant_id, market, price)
    if _sync(m.Price, here, ["variant_id", "market"], [row], prune=False):
        _touch(product_id, now)
        refresh_prices([product_id])
    return Money(old.amount_minor, old.currency) if old else None


def set_sale_state(
    product_id: int, old: SaleState, new: SaleState, now: datetime
) -> bool:
    """Change how a product is offered; False if it is no longer in state ``old``."""
    table = m.table(m.Product)
    change = update(table).where(table.c.id == product_id, table.c.sale_state == old)
    done = changed(
        db.session.execute(change.values(sale_state=new, listed=new in LISTED))
    )
    if done:
        _touch(product_id, now)
        refresh_prices([product_id])
    return done == 1


def _touch(product_id: int, now: datetime) -> None:
    table = m.table(m.Product)
    here = table.c.id == product_id
    db.session.execute(update(table).where(here).values(updated_at=now))
    events.tell([product_id], now)


def delete_products(product_ids: Sequence[int], now: datetime) -> int:
    """Delete products with all that hangs on them; orders keep their copies."""
    table = m.table(m.Product)
    done = changed(db.session.execute(delete(table).where(table.c.id.in_(product_ids))))
    events.tell(product_ids, now)
    return done


def delete_unused_shared() -> int:
    """Delete options, values, attributes that no product uses any more."""
    value, option = m.table(m.OptionValue), m.table(m.Option)
    used = m.table(m.VariantValue).c
    pictured = m.table(m.Media).c.value_id
    attribute, spec = m.table(m.Attribute), m.table(m.Spec).c
    unused = [
        delete(value).where(
            ~exists().where(used.value_id == value.c.id),
            ~exists().where(pictured == value.c.id),
        ),
        delete(option).where(
            ~exists().where(m.table(m.OptionValue).c.option_id == option.c.id)
        ),
        delete(attribute).where(~exists().where(spec.attribute_id == attribute.c.id)),
    ]
    return sum(changed(db.session.execute(statement)) for statement in unused)


def delete_demo_categories() -> int:
    """Delete demo categories that hold no product and no other category."""
    table, product = m.table(m.Category), m.table(m.Product).c
    child = table.alias("child")
    done = 0
    while True:
        empty = delete(table).where(
            table.c.is_demo,
            ~exists().where(product.category_id == table.c.id),
            ~exists().where(child.c.parent_id == table.c.id),
        )
        count = changed(db.session.execute(empty))
        if not count:
            break
        done += count
    if done:
        stamp_tree()
    return done


def count_products() -> int:
    """Return how many products there are, listed or not."""
    return db.session.scalar(select(func.count()).select_from(m.Product)) or 0
