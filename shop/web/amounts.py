"""The price breakdown in words: one function for cart, checkout, order and desk."""

from collections.abc import Iterable

from shop.cart.rules import Amount, AmountKind
from shop.cart.rules import Breakdown as Rows
from shop.i18n.text import T
from shop.kernel.money import Money
from shop.markets.registry import market
from shop.orders.models import Order
from shop.orders.words import amount_label, delivery_name
from shop.web.pages.parts import Breakdown, BreakdownLine, Words


def of_rows(rows: Rows, market_code: str, total_label: Words = "") -> Breakdown:
    """Write the rows of a cart or plan."""
    return Breakdown(
        lines=_lines(rows.rows, market_code),
        total=rows.total,
        total_label=total_label or T("Total"),
        in_rials=rows.currency == "IRR",
        note=market(market_code).tax_text,
    )


def of_order(order: Order, total_label: Words = "") -> Breakdown:
    """Write the rows an order was placed with."""
    rows = tuple(
        Amount(AmountKind(row.kind), Money(row.amount_minor, order.currency), row.facts)
        for row in order.amounts
    )
    return of_rows(Rows(rows, order.currency), order.market, total_label)


def _lines(rows: Iterable[Amount], market_code: str) -> tuple[BreakdownLine, ...]:
    return tuple(_line(row, market_code) for row in rows)


def _line(row: Amount, market_code: str) -> BreakdownLine:
    label = amount_label(row.kind, row.facts, market_code)
    if row.kind is AmountKind.DELIVERY and not row.money:
        return BreakdownLine(label, words=T("Free"))
    tone = "sale" if row.money.minor < 0 else ""
    return BreakdownLine(label, row.money, tone=tone)  # type: ignore[arg-type]


__all__ = ["delivery_name", "of_order", "of_rows"]
