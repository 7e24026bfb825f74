"""Our own CSV: what ``export-products`` writes and ``import-products`` reads.

One row for each variant; what belongs to the product is repeated on each of its
rows and read from the first. Headings end in a language (``name.zh``), a market
(``price.cn``) or a number (``option.1``). ``specs`` has a line ``code: value`` for
each row of the specification; ``html.en`` is 1 where a description is HTML.
Prices are whole units with a point (yuan, rials), options stand by code with
their names beside them. Plans, rental terms and pictures are not in it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import RowMapping, select

from shop.catalogue import models as m
from shop.catalogue.drafts import (
    AttributeDraft,
    OptionDraft,
    PriceDraft,
    ProductDraft,
    SpecDraft,
    TextDraft,
    ValueDraft,
    VariantDraft,
)
from shop.catalogue.imports.common import (
    Goods,
    Problem,
    Reading,
    Row,
    read_count,
    read_money,
    spec_of,
)
from shop.catalogue.rules import SaleState, from_milli
from shop.db import db
from shop.kernel.money import MINOR_DIGITS, Money

NAME = "Anar"
HEADINGS = frozenset({"product", "sku", "state", "stock"})
#: How the steps of a category's way are joined, names of one language.
STEP = " > "
PAGE = 200
OPTIONS = (1, 2, 3)
_FLAGS = ("cod_excluded", "is_service", "needs_slot", "ground_only")
_NUMBERS = ("merit", "limit_per_buyer", "limit_days")
DECIDES = frozenset(
    {"category_id", "brand", "model", "sale_state", "ships_on", *_FLAGS, *_NUMBERS}
)


@dataclass(frozen=True, slots=True)
class Columns:
    """The headings of an export: what the shop has in it now."""

    languages: tuple[str, ...]
    markets: tuple[str, ...]

    def names(self) -> list[str]:
        """Return every heading in order."""
        options = [
            heading
            for n in OPTIONS
            for heading in (
                f"option.{n}", *[f"option.{n}.{lang}" for lang in self.languages],
                f"value.{n}", *[f"value.{n}.{lang}" for lang in self.languages],
                f"swatch.{n}",
            )
        ]  # fmt: skip
        return [
            "product", "sku", "state", "category", "brand", "model",
            *[f"{part}.{lang}" for lang in self.languages
              for part in ("name", "tagline", "description", "html")],
            *options,
            *[f"{part}.{code}" for code in self.markets for part in ("price", "was")],
            "stock", "grams", *_NUMBERS, *_FLAGS, "ships_on", "specs",
        ]  # fmt: skip


def columns(markets: Sequence[str]) -> Columns:
    """Return the headings of an export of this shop (2 SQL)."""
    text, price = m.table(m.ProductText).c, m.table(m.Price).c
    languages = db.session.scalars(select(text.lang).distinct().order_by(text.lang))
    used = set(db.session.scalars(select(price.market).distinct()))
    return Columns(
        tuple(languages.all()),
        tuple(code for code in markets if code in used),
    )


def export_rows(names: Columns) -> Iterator[list[dict[str, str]]]:
    """Return the rows of all products, those of up to 200 products at a time."""
    product = m.table(m.Product)
    after = 0
    while True:
        page = (
            select(product)
            .where(product.c.id > after)
            .order_by(product.c.id)
            .limit(PAGE)
        )
        found = db.session.execute(page).mappings().all()
        if not found:
            return
        after = found[-1]["id"]
        yield list(_page(found, names))


def _page(products: Sequence[RowMapping], names: Columns) -> Iterator[dict[str, str]]:
    ids = [row["id"] for row in products]
    shared = {key: dict.fromkeys(names.names(), "") for key in ids}
    ways = _category_ways()
    for row in products:
        cells = shared[row["id"]]
        cells |= {
            "product": row["code"],
            "state": str(row["sale_state"]),
            "category": ways.get(row["category_id"], ""),
            "brand": row["brand"],
            "model": row["model"],
            "ships_on": row["ships_on"].isoformat() if row["ships_on"] else "",
        }
        cells |= {name: _cell(row[name]) for name in (*_FLAGS, *_NUMBERS)}
    text = m.table(m.ProductText).c
    for one in db.session.execute(select(*text).where(text.product_id.in_(ids))):
        shared[one.product_id] |= {
            f"name.{one.lang}": one.name,
            f"tagline.{one.lang}": one.tagline,
            f"description.{one.lang}": one.description,
            f"html.{one.lang}": "1" if one.is_html else "",
        }
    spec, attribute = m.table(m.Spec).c, m.table(m.Attribute).c
    specs = select(spec.product_id, spec.milli, spec.words, attribute.code)
    specs = specs.where(spec.product_id.in_(ids), attribute.id == spec.attribute_id)
    specs = specs.order_by(spec.product_id, spec.position)
    for one in db.session.execute(specs):
        value = one.words if one.milli is None else from_milli(one.milli)
        cells = shared[one.product_id]
        cells["specs"] += f"{chr(10) if cells['specs'] else ''}{one.code}: {value}"
    yield from _variant_rows(ids, shared)


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return "" if value is None else str(value)


def _variant_rows(
    ids: Sequence[int], shared: Mapping[int, dict[str, str]]
) -> Iterator[dict[str, str]]:
    variant, stock = m.table(m.Variant), m.table(m.Stock)
    found = db.session.execute(
        select(*variant.c, stock.c.on_hand)
        .select_from(variant.outerjoin(stock))
        .where(variant.c.product_id.in_(ids))
        .order_by(variant.c.product_id, variant.c.position, variant.c.id)
    ).all()
    own: dict[int, dict[str, str]] = {row.id: {} for row in found}
    price = m.table(m.Price).c
    for one in db.session.execute(select(*price).where(price.variant_id.in_(own))):
        own[one.variant_id][f"price.{one.market}"] = _money(
            one.amount_minor, one.currency
        )
        if one.was_minor is not None:
            was = _money(one.was_minor, one.currency)
            own[one.variant_id][f"was.{one.market}"] = was
    _add_options(own)
    for row in found:
        yield {
            **shared[row.product_id],
            **own[row.id],
            "sku": row.sku,
            "stock": _cell(row.on_hand),
            "grams": _cell(row.grams),
        }


def _add_options(own: Mapping[int, dict[str, str]]) -> None:
    chosen, option, value = (
        m.table(m.VariantValue).c,
        m.table(m.Option).c,
        m.table(m.OptionValue).c,
    )
    rows = db.session.execute(
        select(
            chosen.variant_id, option.id.label("option_id"), option.code,
            value.id.label("value_id"), value.code.label("value"), value.swatch,
        )
        .where(
            chosen.variant_id.in_(own),
            option.id == chosen.option_id,
            value.id == chosen.value_id,
        )
        .order_by(chosen.variant_id, option.position, option.id)
    ).all()  # fmt: skip
    texts, names = m.table(m.OptionText).c, m.table(m.ValueText).c
    of_option = select(texts.option_id, texts.lang, texts.name).where(
        texts.option_id.in_({row.option_id for row in rows})
    )
    of_value = select(names.value_id, names.lang, names.name).where(
        names.value_id.in_({row.value_id for row in rows})
    )
    said: dict[tuple[str, int], dict[str, str]] = {}
    for key, lang, name in db.session.execute(of_option):
        said.setdefault(("option", key), {})[lang] = name
    for key, lang, name in db.session.execute(of_value):
        said.setdefault(("value", key), {})[lang] = name
    count: dict[int, int] = {}
    for row in rows:
        n = count[row.variant_id] = count.get(row.variant_id, 0) + 1
        cells = own[row.variant_id]
        cells |= {
            f"option.{n}": row.code,
            f"value.{n}": row.value,
            f"swatch.{n}": row.swatch,
        }
        for lang, name in said.get(("option", row.option_id), {}).items():
            cells[f"option.{n}.{lang}"] = name
        for lang, name in said.get(("value", row.value_id), {}).items():
            cells[f"value.{n}.{lang}"] = name


def _money(minor: int, currency: str) -> str:
    digits = MINOR_DIGITS[currency]
    whole, rest = divmod(minor, 10**digits)
    return f"{whole}.{rest:0{digits}d}" if digits else str(whole)


def _category_ways() -> dict[int, str]:
    """Return the way to each category in one language: English where there is one."""
    category, text = m.table(m.Category).c, m.table(m.CategoryText).c
    names: dict[int, dict[str, str]] = {}
    for key, lang, name in db.session.execute(
        select(text.category_id, text.lang, text.name)
    ):
        names.setdefault(key, {})[lang] = name
    parents: dict[int, int | None] = {
        row.id: row.parent_id
        for row in db.session.execute(select(category.id, category.parent_id))
    }

    def way(key: int | None) -> list[str]:
        if key is None:
            return []
        said = names.get(key, {})
        own = said.get("en") or next(iter(said.values()), str(key))
        return [*way(parents[key]), own]

    return {key: STEP.join(way(key)) for key in parents}


class _Bad(Exception):
    """One cell is wrong; the text says which and how."""


def read(rows: Iterable[Row], currencies: Mapping[str, str]) -> Reading:
    """Return the products of a file and what is wrong with its lines.

    :param currencies: by market code.
    """
    reading = Reading(NAME)
    groups: dict[str, list[Row]] = {}
    for row in rows:
        if row["product"]:
            groups.setdefault(row["product"], []).append(row)
        else:
            reading.problems.append(Problem(row.line, "The column product is empty."))
    for code, group in groups.items():
        _product(code, group, currencies, reading)
    return reading


def _product(
    code: str, rows: list[Row], currencies: Mapping[str, str], to: Reading
) -> None:
    first = rows[0]
    wrong = []
    variants = []
    for row in rows:
        try:
            variants.append(_variant(row, currencies))
        except _Bad as bad:
            wrong.append(Problem(row.line, str(bad)))
    try:
        fields = _fields(first)
    except _Bad as bad:
        wrong.append(Problem(first.line, str(bad)))
    to.problems += wrong
    if wrong:
        return
    draft = ProductDraft(
        code=code,
        variants=tuple(variants),
        options=_options(rows),
        pictures=None,
        decides=DECIDES,
        **fields,
    )
    way = [step.strip() for step in first["category"].split(">")]
    to.goods.append(Goods(first.line, draft, tuple(step for step in way if step)))


def _ending(row: Row, part: str) -> dict[str, str]:
    """Return the cells ``part.X`` that are not empty, by X."""
    start = f"{part}."
    return {
        name.removeprefix(start): text
        for name, text in row.cells.items()
        if name.startswith(start) and text
    }


def _fields(row: Row) -> dict[str, Any]:
    names = _ending(row, "name")
    if not names:
        raise _Bad("The product has no name in any language.")
    taglines, long = _ending(row, "tagline"), _ending(row, "description")
    html = _ending(row, "html")
    try:
        state = SaleState(row["state"])
    except ValueError:
        known = ", ".join(SaleState)
        raise _Bad(f"State is “{row['state']}”, but must be one of {known}.") from None
    numbers = {name: _number(row, name) for name in _NUMBERS}
    return {
        "texts": {
            lang: TextDraft(
                name, taglines.get(lang, ""), long.get(lang, ""), is_html=lang in html
            )
            for lang, name in names.items()
        },
        "sale_state": state,
        "brand": row["brand"],
        "model": row["model"],
        "ships_on": _day(row["ships_on"]),
        "specs": tuple(_specs(row)),
        **numbers,
        "merit": numbers["merit"] or 0,
        **{name: row[name] == "1" for name in _FLAGS},
    }


def _number(row: Row, column: str) -> int | None:
    if not row[column]:
        return None
    try:
        return read_count(row[column])
    except ValueError:
        raise _Bad(f"{column} is “{row[column]}”, which is no whole number.") from None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise _Bad(f"“{text}” is no date such as 2026-11-21.") from None


def _specs(row: Row) -> Iterator[SpecDraft]:
    for line in row["specs"].splitlines():
        code, colon, value = line.partition(":")
        if not colon or not code.strip() or not value.strip():
            raise _Bad(f"specs has the line “{line}”, which is not “code: value”.")
        yield spec_of(AttributeDraft(code.strip(), {}), value.strip())


def _variant(row: Row, currencies: Mapping[str, str]) -> VariantDraft:
    if not row["sku"]:
        raise _Bad("The SKU is empty.")
    was = _ending(row, "was")
    prices = {}
    for market, text in _ending(row, "price").items():
        if market not in currencies:
            raise _Bad(f"price.{market}: the shop has no market “{market}”.")
        amount = _read(text, currencies[market])
        old = _read(was[market], currencies[market]) if market in was else None
        if old is not None and old <= amount:
            raise _Bad(f"was.{market} is not higher than price.{market}.")
        prices[market] = PriceDraft(amount, old)
    values = {row[f"option.{n}"]: row[f"value.{n}"] for n in OPTIONS}
    return VariantDraft(
        row["sku"],
        {option: value for option, value in values.items() if option and value},
        prices,
        _number(row, "stock"),
        _number(row, "grams"),
    )


def _read(text: str, currency: str) -> Money:
    try:
        return read_money(text, currency)
    except ValueError:
        raise _Bad(f"“{text}” is no price in {currency}.") from None


def _options(rows: list[Row]) -> tuple[OptionDraft, ...]:
    names: dict[str, dict[str, str]] = {}
    values: dict[str, dict[str, ValueDraft]] = {}
    for row in rows:
        for n in OPTIONS:
            option, value = row[f"option.{n}"], row[f"value.{n}"]
            if not option or not value:
                continue
            names.setdefault(option, _ending(row, f"option.{n}") or {"en": option})
            said = _ending(row, f"value.{n}") or {"en": value}
            draft = ValueDraft(value, said, row[f"swatch.{n}"])
            values.setdefault(option, {}).setdefault(value, draft)
    return tuple(
        OptionDraft(option, names[option], tuple(values[option].values()))
        for option in names
    )
