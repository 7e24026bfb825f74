"""Makers of products: a test names only the facts it is about."""

from datetime import UTC, datetime
from typing import Any

from shop.catalogue.drafts import (
    OptionDraft,
    PriceDraft,
    ProductDraft,
    TextDraft,
    ValueDraft,
    VariantDraft,
)
from shop.catalogue.write import Saved
from shop.db import transaction
from shop.inventory.goods import save_goods
from shop.kernel.money import Money

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


def yuan(amount: int, was: int | None = None) -> PriceDraft:
    """Return a price in fen."""
    return PriceDraft(Money(amount, "CNY"), Money(was, "CNY") if was else None)


def variant(
    sku: str, fen: int | None = 1000, stock: int | None = 5, **values: str
) -> VariantDraft:
    """Return a variant for the cn market; ``values`` by option code."""
    prices = {} if fen is None else {"cn": yuan(fen)}
    return VariantDraft(sku, values, prices, stock)


def option(code: str, *values: str) -> OptionDraft:
    """Return an option named by its code in every language."""
    names = {"en": code.title(), "zh": f"{code}-zh", "fa": f"{code}-fa"}
    made = tuple(
        ValueDraft(v, {"en": v.title()}, f"#{i:06x}") for i, v in enumerate(values, 1)
    )
    return OptionDraft(code, names, made)


def draft(code: str = "teapot", **given: Any) -> ProductDraft:
    """Return a teapot with one variant."""
    given.setdefault(
        "texts", {"en": TextDraft(code.title(), "It pours", "Holds *tea*.")}
    )
    given.setdefault("variants", (variant(code.upper()),))
    return ProductDraft(code=code, **given)


def product(code: str = "teapot", **given: Any) -> Saved:
    """Save a product with its stock."""
    with transaction():
        return save_goods(draft(code, **given), "test", NOW)
