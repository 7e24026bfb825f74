"""The demo shop: made-up products in three languages and three markets.

Everything is read from ``catalogue.yaml``; nothing of it is real. Prices stand
there in yuan and rials; the world market's dollars are derived from the yuan
(``USD_PER_CNY``) and marked as demo like the rest.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from shop.catalogue.drafts import (
    AttributeDraft,
    CategoryDraft,
    OptionDraft,
    PictureDraft,
    PriceDraft,
    ProductDraft,
    SpecDraft,
    TextDraft,
    ValueDraft,
    VariantDraft,
)
from shop.catalogue.rules import SaleState, to_milli
from shop.kernel.instalments import Plan
from shop.kernel.money import Money

SOURCE = Path(__file__).parent / "catalogue.yaml"
#: Made up, like the prices: 7.20 yuan to the dollar, then rounded up to x.99 from
#: 10 dollars on and to whole 10 cents below.
USD_PER_CNY = (100, 720)
#: Drawings are square.
SIDE = 400
#: A purchase limit without a window counts 30 days.
LIMIT_DAYS = 30
#: Codes in the file that other demo data refer to.
PREFIX = "demo-"
COLOUR = {"zh": "颜色", "fa": "رنگ", "en": "Colour"}
MEMORY = {"zh": "内存与存储", "fa": "رم و حافظه", "en": "Memory and storage"}


@dataclass(frozen=True, slots=True)
class DemoProduct:
    """A product draft and the code of its category."""

    draft: ProductDraft
    category: str


class Demo:
    """The demo catalogue as drafts; reads its file once."""

    def __init__(self) -> None:
        self.source: dict[str, Any] = yaml.load(
            SOURCE.read_text("utf-8"),
            Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader),  # noqa: S506
        )
        self.plans = {
            name: _plan(row) for name, row in self.source["instalment_plans"].items()
        }
        self.attributes = {
            code: _attribute(code, row, position)
            for position, (code, row) in enumerate(
                self.source["attribute_defs"].items()
            )
        }

    def categories(self) -> Iterator[CategoryDraft]:
        """Return the categories in menu order."""
        for position, row in enumerate(self.source["categories"]):
            yield CategoryDraft(
                code=PREFIX + row["slug"],
                names=row["name"],
                position=position,
                picture=f"{row['image']}--{self._first_colour(row['image'])}.svg",
                slugs={"en": row["slug"]},
                is_demo=True,
            )

    def _first_colour(self, image: str) -> str:
        for row in self.source["products"]:
            if row["image"] == image:
                return str(row["variants"][0]["colour"])
        return "garnet"

    def products(self) -> Iterator[DemoProduct]:
        """Return the products; the first of the file has the most merit."""
        rows = self.source["products"]
        for position, row in enumerate(rows):
            draft = self._product(row, merit=(len(rows) - position) * 10)
            yield DemoProduct(draft, PREFIX + row["category"])

    def _product(self, row: dict[str, Any], merit: int) -> ProductDraft:
        options = self._options(row)
        presale = row.get("presale")
        return ProductDraft(
            code=PREFIX + row["slug"],
            texts={
                lang: TextDraft(name, row["tagline"][lang], row["description"][lang])
                for lang, name in row["name"].items()
            },
            variants=tuple(self._variant(variant, row) for variant in row["variants"]),
            options=options,
            pictures=tuple(self._pictures(row)),
            specs=tuple(self._specs(row["attributes"])),
            brand=self.source["brand"]["name"]["en"],
            model=row["name"]["en"].removeprefix("Anar").strip(),
            sale_state=_state(row),
            merit=merit,
            limit_per_buyer=row.get("limit"),
            limit_days=LIMIT_DAYS if row.get("limit") else None,
            cod_excluded=not row.get("cod", True),
            ships_on=date.fromisoformat(presale["ships_from"]) if presale else None,
            needs_slot=row.get("delivery_slot", False),
            ground_only=row.get("ground_only", False),
            plans=tuple(self.plans[name] for name in row.get("instalments", ())),
            rental=row.get("rental"),
            presale=presale,
            flash=row.get("flash"),
            is_demo=True,
        )

    def _options(self, row: dict[str, Any]) -> tuple[OptionDraft, ...]:
        found = {variant["colour"]: None for variant in row["variants"]}
        colours = self.source["colours"]
        values = [
            ValueDraft(code, colours[code]["name"], colours[code]["hex"])
            for code in colours
            if code in found
        ]
        options = [OptionDraft("colour", COLOUR, tuple(values))]
        sizes = {v["memory"]: None for v in row["variants"] if "memory" in v}
        if sizes:
            memory = [
                ValueDraft(_memory_code(size), dict.fromkeys(MEMORY, size))
                for size in sizes
            ]
            options.append(OptionDraft("memory", MEMORY, tuple(memory)))
        return tuple(options)

    def _variant(self, row: dict[str, Any], product: dict[str, Any]) -> VariantDraft:
        values = {"colour": row["colour"]}
        if "memory" in row:
            values["memory"] = _memory_code(row["memory"])
        yuan = _yuan(row["cny"])
        return VariantDraft(
            sku=row["sku"],
            values=values,
            prices={
                "cn": PriceDraft(yuan),
                "ir": PriceDraft(Money(row["irr"], "IRR")),
                "world": PriceDraft(dollars(yuan)),
            },
            stock=row["stock"],
            grams=_grams(product["attributes"]),
        )

    def _pictures(self, row: dict[str, Any]) -> Iterator[PictureDraft]:
        for colour in {variant["colour"]: None for variant in row["variants"]}:
            names = self.source["colours"][colour]["name"]
            yield PictureDraft(
                name=f"{row['image']}--{colour}.svg",
                source="shipped",
                width=SIDE,
                height=SIDE,
                alts={
                    lang: _alt(lang, name, names[lang])
                    for lang, name in row["name"].items()
                },
                value=("colour", colour),
            )

    def _specs(self, attributes: Mapping[str, Any]) -> Iterator[SpecDraft]:
        for code, value in attributes.items():
            if isinstance(value, str):
                yield SpecDraft(self.attributes[code], words=value)
            else:
                yield SpecDraft(self.attributes[code], milli=to_milli(str(value)))


def _alt(lang: str, product: str, colour: str) -> str:
    joint = {"zh": "，", "fa": "، "}.get(lang, ", ")
    return f"{product}{joint}{colour}"


def _state(row: Mapping[str, Any]) -> SaleState:
    if "presale" in row:
        return SaleState.PREORDER
    return SaleState.FLASH if "flash" in row else SaleState.ON_SALE


def _plan(row: Mapping[str, Any]) -> Plan:
    return Plan(
        row["region"].lower(),
        row["months"],
        _basis_points(row["fee_per_month"]),
        _basis_points(row["down"]),
    )


def _basis_points(share: str) -> int:
    """Read a share with at most four decimals: ``"0.0060"`` -> 60."""
    whole, _, rest = share.partition(".")
    return int(whole) * 10_000 + int(rest.ljust(4, "0"))


def _attribute(code: str, row: Mapping[str, Any], position: int) -> AttributeDraft:
    return AttributeDraft(
        code=code,
        labels=row["label"],
        units=row.get("unit", {}),
        scales=row.get("scale", {}),
        filter=row["filter"],
        position=position,
    )


def _memory_code(size: str) -> str:
    """Return ``12+256 GB`` as ``12-256gb`` for addresses."""
    return size.lower().replace(" ", "").replace("+", "-")


def _yuan(text: str) -> Money:
    whole, _, rest = text.partition(".")
    return Money(int(whole) * 100 + int(rest.ljust(2, "0")), "CNY")


def dollars(yuan: Money) -> Money:
    """Return a made-up dollar price: 4,999 yuan -> 694.99 dollars."""
    part, whole = USD_PER_CNY
    cents = -(-yuan.minor * part // whole)
    if cents < 1000:
        return Money(-(-cents // 10) * 10, "USD")
    return Money(-(-(cents + 1) // 100) * 100 - 1, "USD")


def _grams(attributes: Mapping[str, Any]) -> int | None:
    if "weight_g" in attributes:
        return max(1, to_milli(str(attributes["weight_g"])) // 1000)
    if "weight_kg" in attributes:
        return to_milli(str(attributes["weight_kg"]))
    return None
