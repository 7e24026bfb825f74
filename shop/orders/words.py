"""What the rows of a price breakdown are called, for pages and for messages."""

from collections.abc import Mapping

from shop.cart.rules import AmountKind
from shop.i18n.text import TN, Lazy, T, Text
from shop.markets.registry import market
from shop.shipping.rules import PICK_UP


def amount_label(
    kind: AmountKind, facts: Mapping[str, object], market_code: str
) -> Text:
    """Return the label of one row; ``facts`` are what the row was written with."""
    if kind is AmountKind.GOODS:
        count = facts.get("count", 0)
        assert isinstance(count, int)  # noqa: S101 (written by cart.rules)
        return TN("{count} product", "{count} products", count)
    if kind is AmountKind.DELIVERY:
        return T("Delivery ({method})", method=delivery_name(market_code, facts))
    labels: Mapping[AmountKind, Text] = {
        AmountKind.REMOTE: T("Remote area surcharge"),
        AmountKind.FEE: T("Fee"),
        AmountKind.DISCOUNT: T("Discount"),
    }
    return labels[kind]


def delivery_name(market_code: str, facts: Mapping[str, object]) -> Lazy | str:
    """Return what the way to send is called; its code if the owner removed it."""
    code = str(facts.get("method", ""))
    for one in (*market(market_code).shipping_methods, PICK_UP):
        if one.code == code:
            return one.name
    return code
