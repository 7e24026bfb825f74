"""The product CSV of WooCommerce's built-in exporter.

Columns as its "Product CSV Importer & Exporter" page names them
(github.com/woocommerce/woocommerce/wiki, read 2026-11). A ``variable`` row is a
product, its ``variation`` rows name it in ``Parent`` by SKU or as ``id:44``.
"""

import re
from collections.abc import Iterable
from datetime import date

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
    option_code,
    options_of,
    plain_text,
    read_count,
    read_grams,
    read_money,
    spec_of,
)
from shop.catalogue.rules import SaleState, make_code
from shop.kernel.money import Money

NAME = "WooCommerce"
#: Headings that only this format has, in lower case.
HEADINGS = frozenset({"type", "sku", "name", "regular price"})
#: What the file decides about a product; the rest is the owner's.
DECIDES = frozenset({"category_id", "brand", "sale_state", "is_service"})
_KINDS = {"simple", "variable", "variation", "grouped", "external"}


class _Bad(Exception):
    """One cell is wrong; the text says which and how."""


def read(rows: Iterable[Row], setting: Setting) -> Reading:
    """Return the products of a file and what is wrong with its lines."""
    reading = Reading(NAME)
    parents: list[Row] = []
    variations: dict[str, list[Row]] = {}
    for row in rows:
        kind = _kind(row)
        if kind == "variation":
            variations.setdefault(row["Parent"], []).append(row)
        elif kind in {"simple", "variable"}:
            parents.append(row)
        elif kind in {"grouped", "external"}:
            text = f"{row['Name']}: “{kind}” products are not sold here; left out."
            reading.problems.append(Problem(row.line, text, is_error=False))
        else:
            text = f"Type is “{row['Type']}”, which is no kind of product."
            reading.problems.append(Problem(row.line, text))
    for row in parents:
        children = []
        for key in (row["SKU"], f"id:{row['ID']}"):
            children += variations.pop(key, []) if key not in {"", "id:"} else []
        _product(row, children, setting, reading)
    for parent, orphans in variations.items():
        for row in orphans:
            text = f"Parent “{parent}” is not in the file."
            reading.problems.append(Problem(row.line, text))
    return reading


def _kind(row: Row) -> str:
    words = [word.strip().lower() for word in row["Type"].split(",")]
    return next((word for word in words if word in _KINDS), "")


def _product(row: Row, children: list[Row], setting: Setting, to: Reading) -> None:
    """Add one product, or the errors that keep it out."""
    wrong = []
    is_variable = _kind(row) == "variable"
    if not row["Name"]:
        wrong.append(Problem(row.line, "Name is empty."))
    if is_variable and not children:
        wrong.append(Problem(row.line, f"{row['Name']}: it has no variation."))
    sold = children if is_variable else [row]
    sold = sorted(sold, key=lambda child: (_position(child), child.line))
    variants = []
    chosen = [dict(_chosen(child)) if is_variable else {} for child in sold]
    options, codes = options_of(chosen, setting.language)
    for child, values in zip(sold, codes, strict=True):
        try:
            variants.append(_variant(child, row, values, setting, to))
        except _Bad as bad:
            wrong.append(Problem(child.line, str(bad)))
    to.problems += wrong
    if wrong:
        return
    used = {option.code for option in options}
    draft = ProductDraft(
        code=code_of(row),
        texts={
            setting.language: TextDraft(
                row["Name"],
                plain_text(row["Short description"]),
                row["Description"].replace("\\n", "\n"),
                is_html=True,
            )
        },
        variants=tuple(variants),
        options=options,
        pictures=None,
        specs=tuple(_specs(row, used, setting)),
        brand=row.first("Brands", "Brand"),
        sale_state=_state(row),
        is_service=bool({"virtual", "downloadable"} & _words(row["Type"])),
        decides=DECIDES,
    )
    to.goods.append(
        Goods(row.line, draft, _category(row, to), tuple(_pictures(row, sold, codes)))
    )


def code_of(row: Row) -> str:
    """Return the code by which a second import finds the product again."""
    return make_code(row["SKU"]) if row["SKU"] else f"woo-{row['ID'] or row.line}"


def _variant(
    row: Row, parent: Row, values: dict[str, str], setting: Setting, to: Reading
) -> VariantDraft:
    for name, _ in _attributes(row):
        if (
            row is not parent
            and option_code(name) not in values
            and name in _names(row)
        ):
            text = f"Any {name}: buyers cannot choose it here."
            to.problems.append(Problem(row.line, text, is_error=False))
    return VariantDraft(
        sku=row["SKU"] or f"{code_of(parent)}-{row['ID'] or row.line}".upper(),
        values=values,
        prices=_prices(row, setting),
        stock=_stock(row, setting, to),
        grams=_grams(row) or _grams(parent),
    )


def _prices(row: Row, setting: Setting) -> dict[str, PriceDraft]:
    regular = _money(row, "Regular price", setting)
    sale = _money(row, "Sale price", setting)
    if regular is None:
        return {}
    if sale is None or sale >= regular or not _is_on(row, setting.today):
        return {setting.market: PriceDraft(regular)}
    return {setting.market: PriceDraft(sale, regular)}


def _money(row: Row, column: str, setting: Setting) -> Money | None:
    if not row[column]:
        return None
    try:
        return read_money(row[column], setting.currency)
    except ValueError:
        raise _Bad(
            f"{column} is “{row[column]}”, which is no price in {setting.currency}."
        ) from None


def _is_on(row: Row, today: date) -> bool:
    """Say whether a sale price holds: from the first day to the last, both included."""
    starts, ends = row["Date sale price starts"], row["Date sale price ends"]
    first = _date(starts) if starts else today
    last = _date(ends) if ends else today
    return first <= today <= last


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise _Bad(f"“{text}” is no date such as 2026-11-21.") from None


def _stock(row: Row, setting: Setting, to: Reading) -> int | None:
    text = row["Stock"]
    if text.lower() == "parent":
        said = "The stock is counted for all variations together: count each one here."
        to.problems.append(Problem(row.line, said, is_error=False))
        return None
    if not text:
        return setting.uncounted if row["In stock?"] != "0" else 0
    try:
        return read_count(text)
    except ValueError:
        raise _Bad(f"Stock is “{text}”, which is no whole number.") from None


def _grams(row: Row) -> int | None:
    for column, text in row.cells.items():
        found = re.fullmatch(r"weight \((\w+)\)", column)
        if found:
            try:
                return read_grams(text, found[1])
            except ValueError:
                raise _Bad(f"Weight is “{text}”, which is no weight.") from None
    return None


def _state(row: Row) -> SaleState:
    shown = row["Published"] == "1" and row["Visibility in catalog"] != "hidden"
    return SaleState.ON_SALE if shown else SaleState.DRAFT


def _words(text: str) -> set[str]:
    return {word.strip().lower() for word in text.split(",")}


def _split(text: str) -> list[str]:
    r"""Split a list at commas; ``\,`` is a comma inside a value."""
    parts = re.split(r"(?<!\\),", text)
    return [part.strip().replace("\\,", ",") for part in parts if part.strip()]


def _attributes(row: Row) -> list[tuple[str, list[str]]]:
    found = []
    for column in row.cells:
        number = re.fullmatch(r"attribute (\d+) name", column)
        if number and row.cells[column]:
            values = row[f"attribute {number[1]} value(s)"]
            found.append((row.cells[column], _split(values)))
    return found


def _names(row: Row) -> set[str]:
    return {name for name, _ in _attributes(row)}


def _chosen(row: Row) -> list[tuple[str, str]]:
    return [(name, values[0]) for name, values in _attributes(row) if values]


def _specs(row: Row, used: set[str], setting: Setting) -> list[SpecDraft]:
    """Return the attributes that no variation chooses, as a specification table."""
    return [
        spec_of(
            AttributeDraft(f"{option_code(name)}-spec", {setting.language: name}),
            ", ".join(values),
        )
        for name, values in _attributes(row)
        if values and option_code(name) not in used
    ]


def _category(row: Row, to: Reading) -> tuple[str, ...]:
    ways = _split(row["Categories"])
    if len(ways) > 1:
        text = f"{row['Name']}: only the category “{ways[0]}” is kept."
        to.problems.append(Problem(row.line, text, is_error=False))
    first = ways[0] if ways else ""
    return tuple(step.strip() for step in first.split(">") if step.strip())


def _pictures(
    row: Row, sold: list[Row], codes: list[dict[str, str]]
) -> list[PictureRef]:
    """Return the product's pictures, then those of its variations, each once."""
    found = {text: PictureRef(text, row.line) for text in _split(row["Images"])}
    for child, values in zip(sold, codes, strict=True):
        if child is row or not values:
            continue
        option = "colour" if "colour" in values else next(iter(values))
        for text in _split(child["Images"])[:1]:
            seen = found.get(text)
            if seen is None or seen.value is None:
                ref = PictureRef(text, child.line, value=(option, values[option]))
                found[text] = ref
    return list(found.values())


def _position(row: Row) -> int:
    text = row["Position"]
    return int(text) if text.isdecimal() else 0
