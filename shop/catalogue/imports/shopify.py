"""The product CSV of Shopify's export, with the headings before and after 2024.

help.shopify.com/manual/products/import-export/using-csv (read 2026-11). Rows
with one handle are one product: its first row has the title, every row with an
option value or SKU is a variant, every row with a picture adds one.
"""

import re
from collections.abc import Iterable

from shop.catalogue.drafts import (
    AttributeDraft,
    PriceDraft,
    ProductDraft,
    SpecDraft,
    TextDraft,
    VariantDraft,
)
from shop.catalogue.imports.common import (
    Goods,
    PictureRef,
    Problem,
    Reading,
    Row,
    Setting,
    options_of,
    read_count,
    read_grams,
    read_money,
    spec_of,
)
from shop.catalogue.rules import SaleState, make_code
from shop.kernel.money import Money

NAME = "Shopify"
HEADINGS = frozenset({"title", "vendor", "option1 name", "option1 value"})
DECIDES = frozenset({"category_id", "brand", "sale_state", "is_service"})
#: What a product without options has in its columns.
_NO_OPTION = "default title"

#: Each fact under its heading before and after the change of 2024.
_HANDLE = ("Handle", "URL handle")
_SKU = ("Variant SKU", "SKU")
_PRICE = ("Variant Price", "Price")
_WAS = ("Variant Compare At Price", "Compare-at price")
_STOCK = ("Variant Inventory Qty", "Inventory quantity")
_TRACKER = ("Variant Inventory Tracker", "Inventory tracker")
_GRAMS = ("Variant Grams", "Weight value (grams)")
_SHIPS = ("Variant Requires Shipping", "Requires shipping")
_PICTURE = ("Image Src", "Product image URL")
_PLACE = ("Image Position", "Image position")
_ALT = ("Image Alt Text", "Image alt text")
_OWN_PICTURE = ("Variant Image", "Variant image URL")
_TEXT = ("Body (HTML)", "Description")
_PUBLISHED = ("Published", "Published on online store")
_STATES = {
    "active": SaleState.ON_SALE,
    "draft": SaleState.DRAFT,
    "unlisted": SaleState.DRAFT,
    "archived": SaleState.DISCONTINUED,
}


class _Bad(Exception):
    """One cell is wrong; the text says which and how."""


def read(rows: Iterable[Row], setting: Setting) -> Reading:
    """Return the products of a file and what is wrong with its lines."""
    reading = Reading(NAME)
    groups: dict[str, list[Row]] = {}
    for row in rows:
        handle = row.first(*_HANDLE) or (
            make_code(row["Title"]) if row["Title"] else ""
        )
        if handle:
            groups.setdefault(handle, []).append(row)
        else:
            reading.problems.append(Problem(row.line, "The handle is empty."))
    for handle, group in groups.items():
        _product(handle, group, setting, reading)
    return reading


def _product(handle: str, rows: list[Row], setting: Setting, to: Reading) -> None:
    first = rows[0]
    if _is_true(first["Gift Card"]) or _is_true(first["Gift card"]):
        text = f"{handle}: gift cards are not sold here; left out."
        to.problems.append(Problem(first.line, text, is_error=False))
        return
    wrong = []
    if not first["Title"]:
        wrong.append(Problem(first.line, f"{handle}: Title is empty in its first row."))
    sold = [row for row in rows if _is_variant(row)] or [first]
    names = [first[f"Option{n} Name"] for n in (1, 2, 3)]
    chosen = [dict(_chosen(row, names)) for row in sold]
    options, codes = options_of(chosen, setting.language)
    variants: list[VariantDraft] = []
    for number, (row, values) in enumerate(zip(sold, codes, strict=True), 1):
        try:
            variants.append(_variant(handle, number, row, values, setting))
        except _Bad as bad:
            wrong.append(Problem(row.line, str(bad)))
    seen: set[str] = set()
    for row, variant in zip(sold, variants, strict=False):
        if variant.sku in seen:
            wrong.append(Problem(row.line, f"The SKU {variant.sku} stands here twice."))
        seen.add(variant.sku)
    to.problems += wrong
    if wrong:
        return
    draft = ProductDraft(
        code=make_code(handle),
        texts={
            setting.language: TextDraft(
                first["Title"], "", first.first(*_TEXT), is_html=True
            )
        },
        variants=tuple(variants),
        options=options,
        pictures=None,
        specs=tuple(_specs(first, setting)),
        brand=first["Vendor"],
        sale_state=_state(first),
        is_service=any(row.first(*_SHIPS).lower() == "false" for row in sold),
        decides=DECIDES,
    )
    pictures = tuple(_pictures(rows, sold, codes))
    to.goods.append(Goods(first.line, draft, _category(first), pictures))


def _is_variant(row: Row) -> bool:
    return bool(row["Option1 Value"] or row.first(*_SKU) or row.first(*_PRICE))


def _chosen(row: Row, names: list[str]) -> list[tuple[str, str]]:
    """Return a row's values by option name; "Default Title" is no choice."""
    found = []
    for number, name in enumerate(names, 1):
        value = row[f"Option{number} Value"]
        if name and value and value.lower() != _NO_OPTION:
            found.append((name, value))
    return found


def _variant(
    handle: str, number: int, row: Row, values: dict[str, str], setting: Setting
) -> VariantDraft:
    #: Spreadsheets keep a number as text with an apostrophe before it.
    sku = row.first(*_SKU).lstrip("'") or f"{make_code(handle)}-{number}".upper()
    try:
        grams = read_grams(row.first(*_GRAMS), "g")
    except ValueError:
        raise _Bad(f"The weight is “{row.first(*_GRAMS)}”.") from None
    return VariantDraft(sku, values, _prices(row, setting), _stock(row, setting), grams)


def _prices(row: Row, setting: Setting) -> dict[str, PriceDraft]:
    amount = _money(row, _PRICE, setting)
    was = _money(row, _WAS, setting)
    if amount is None:
        return {}
    higher = was if was is not None and was > amount else None
    return {setting.market: PriceDraft(amount, higher)}


def _money(row: Row, columns: tuple[str, ...], setting: Setting) -> Money | None:
    text = row.first(*columns)
    if not text:
        return None
    try:
        return read_money(text, setting.currency)
    except ValueError:
        raise _Bad(
            f"{columns[0]} is “{text}”, which is no price in {setting.currency}."
        ) from None


def _stock(row: Row, setting: Setting) -> int:
    text = row.first(*_STOCK)
    if not text or not row.first(*_TRACKER):
        return setting.uncounted if not text or text == "0" else _count(text)
    return _count(text)


def _count(text: str) -> int:
    try:
        return read_count(text)
    except ValueError:
        raise _Bad(f"The stock is “{text}”, which is no whole number.") from None


def _state(row: Row) -> SaleState:
    state = _STATES.get(row["Status"].lower(), SaleState.ON_SALE)
    hidden = row.first(*_PUBLISHED).lower() == "false"
    return SaleState.DRAFT if hidden and state is SaleState.ON_SALE else state


def _is_true(text: str) -> bool:
    return text.lower() == "true"


def _category(row: Row) -> tuple[str, ...]:
    """Return the shop's own type, else the way in Shopify's list of categories."""
    way = row["Type"] or row["Product Category"]
    return tuple(step.strip() for step in way.split(">") if step.strip())


def _specs(row: Row, setting: Setting) -> list[SpecDraft]:
    """Return the metafields: ``Fabric (product.metafields.custom.fabric)``."""
    found = []
    for column, text in row.cells.items():
        name = re.fullmatch(r"(.+?) \(product\.metafields\.[\w.-]+\)", column)
        if name and text:
            label = name[1][:1].upper() + name[1][1:]
            attribute = AttributeDraft(
                f"{make_code(name[1])}-spec", {setting.language: label}
            )
            found.append(spec_of(attribute, text))
    return found


def _pictures(
    rows: list[Row], sold: list[Row], codes: list[dict[str, str]]
) -> list[PictureRef]:
    """Return pictures in the order of their positions, each once."""
    placed = []
    for row in rows:
        text = row.first(*_PICTURE)
        if text:
            place = row.first(*_PLACE)
            ref = PictureRef(text, row.line, row.first(*_ALT))
            placed.append((int(place) if place.isdecimal() else 999, ref))
    found = {ref.text: ref for _, ref in sorted(placed, key=lambda one: one[0])}
    for row, values in zip(sold, codes, strict=True):
        text = row.first(*_OWN_PICTURE)
        if not text or not values:
            continue
        option = "colour" if "colour" in values else next(iter(values))
        seen = found.get(text)
        if seen is None or seen.value is None:
            alt = seen.alt if seen else ""
            found[text] = PictureRef(text, row.line, alt, (option, values[option]))
    return list(found.values())
