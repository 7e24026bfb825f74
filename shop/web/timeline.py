"""What happened to an order, in words: for its page and for the desk."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from shop.i18n.text import Ltr, T, Text
from shop.kernel.money import Money
from shop.markets.registry import market
from shop.orders.models import Order, OrderEvent
from shop.orders.models import Promise as Given
from shop.orders.states import EventKind, OrderState, PromiseKind
from shop.web.pages.orders import Due
from shop.web.pages.parts import Badge, Event, Tone

_K, _S = EventKind, OrderState
_ICONS = {
    _K.PLACED: "file-text",
    _K.PAID: "circle-check",
    _K.SHIPPED: "truck",
    _K.READY_FOR_PICKUP: "store",
    _K.DELIVERED: "package-check",
    _K.CANCELLED: "x",
    _K.EXPIRED: "clock",
    _K.RECEIPT_SUBMITTED: "upload",
    _K.RECEIPT_REJECTED: "circle-alert",
    _K.PAID_LATE: "circle-alert",
    _K.PAYMENT_FAILED: "circle-alert",
    _K.RETURN_REQUESTED: "rotate-ccw",
    _K.RETURN_DECLINED: "circle-alert",
}


def events(order: Order, rows: Iterable[OrderEvent]) -> tuple[Event, ...]:
    """Return the timeline, newest first; the newest is where the order stands."""
    made = []
    for place, row in enumerate(rows):
        label, text = words(order, EventKind(row.kind), row.facts)
        made.append(
            Event(
                label=label,
                icon=_ICONS.get(EventKind(row.kind), "check"),
                text=text or "",
                at=row.at,
                state="now" if place == 0 else "done",
            )
        )
    return tuple(made)


def words(
    order: Order, kind: EventKind, facts: Mapping[str, Any]
) -> tuple[Text, Text | None]:
    """Return the sentence for an event, and a second one with its facts."""
    label = _LABELS[kind]()
    return label, _more(order, kind, facts)


def event_name(kind: EventKind) -> Text:
    """Return what has happened, without its facts."""
    return _LABELS[kind]()


_LABELS = {
    _K.PLACED: lambda: T("Order placed"),
    _K.EDITED: lambda: T("Order changed"),
    _K.RECEIPT_SUBMITTED: lambda: T("Receipt sent; we are checking it"),
    _K.RECEIPT_REJECTED: lambda: T("Receipt not accepted"),
    _K.PAID: lambda: T("Payment received"),
    _K.PAID_LATE: lambda: T("Money arrived that we are looking at"),
    _K.PAYMENT_FAILED: lambda: T("A payment did not go through"),
    _K.ARRANGED: lambda: T("Day and hour arranged"),
    _K.ACCEPTED: lambda: T("Order accepted"),
    _K.PACKING: lambda: T("Being packed"),
    _K.SHIPPED: lambda: T("Shipped"),
    _K.READY_FOR_PICKUP: lambda: T("Ready to collect"),
    _K.DELIVERED: lambda: T("Delivered"),
    _K.CLOSED: lambda: T("Order closed"),
    _K.CANCELLED: lambda: T("Order cancelled"),
    _K.EXPIRED: lambda: T("Not paid in time; the order has ended"),
    _K.ON_HOLD: lambda: T("Order on hold"),
    _K.RESUMED: lambda: T("Order goes on"),
    _K.REFUND_REQUESTED: lambda: T("Refund on its way"),
    _K.REFUNDED: lambda: T("Refund done"),
    _K.REFUND_FAILED: lambda: T("The refund did not go through; we try another way"),
    _K.PROMISE_MOVED: lambda: T("A date has changed"),
    _K.LINK_RENEWED: lambda: T("New link to this order"),
    _K.RETURN_REQUESTED: lambda: T("Return asked for"),
    _K.RETURN_APPROVED: lambda: T("Return accepted"),
    _K.RETURN_DECLINED: lambda: T("Return not accepted"),
    _K.RETURN_SETTLED: lambda: T("Return settled"),
}


def _more(order: Order, kind: EventKind, facts: Mapping[str, Any]) -> Text | None:
    if kind in {_K.PAID, _K.PAID_LATE, _K.REFUNDED, _K.REFUND_REQUESTED}:
        minor = facts.get("amount_minor")
        if isinstance(minor, int):
            amount = Money(minor, str(facts.get("currency", order.currency)))
            if facts.get("origin") == "provider":
                return T("Amount: {amount}, given back at the payment provider",
                         amount=amount)  # fmt: skip
            return T("Amount: {amount}", amount=amount)
    if kind is _K.SHIPPED and facts.get("tracking_number"):
        return T(
            "{carrier}, tracking number {number}",
            carrier=carrier_name(order.market, str(facts.get("carrier", ""))),
            number=Ltr(facts["tracking_number"]),
        )
    if kind is _K.ARRANGED and facts.get("at"):
        return T("We meet on {moment}", moment=datetime.fromisoformat(facts["at"]))
    with_reason = {_K.RECEIPT_REJECTED, _K.CANCELLED, _K.RETURN_DECLINED}
    if kind in with_reason and facts.get("reason"):
        return T("Reason: {reason}", reason=str(facts["reason"]))
    if kind is _K.RETURN_APPROVED and facts.get("note"):
        return T("Note: {words}", words=str(facts["note"]))
    return None


def carrier_name(market_code: str, code: str) -> object:
    """Return what a carrier is called; its code if the market no longer knows it."""
    for one in market(market_code).carriers:
        if one.code == code:
            return str(one.name)
    return code


def dues(given: Iterable[Given], now: datetime) -> tuple[Due, ...]:
    """Return the promises of an order with their dates; void ones are gone."""
    return tuple(
        Due(
            label=_PROMISES[PromiseKind(one.kind)](),
            by=one.due_at if _has_hour(one) else one.due_on,
            is_kept=one.kept_at is not None,
            is_late=one.kept_at is None and one.due_at < now,
        )
        for one in given
        if one.void_at is None
    )


def _has_hour(one: Given) -> bool:
    return one.kind == PromiseKind.PAY


_PROMISES = {
    PromiseKind.PAY: lambda: T("Pay before"),
    PromiseKind.ANSWER: lambda: T("We answer by"),
    PromiseKind.SHIP: lambda: T("Ships by"),
    PromiseKind.DELIVER: lambda: T("Delivered by"),
    PromiseKind.REFUND: lambda: T("Money back by"),
    PromiseKind.RETURN_WINDOW: lambda: T("You can return it until"),
}


def badge(order: Order, *, is_paid: bool, is_checking: bool = False) -> Badge:
    """Return where the order stands as one tag; awaiting-… is computed (DESIGN 10)."""
    state = OrderState(order.state)
    if state is _S.PLACED:
        if is_checking:
            return Badge(T("Receipt being checked"), "pre")
        if order.method == "cash_by_arrangement":
            return Badge(T("Waiting for our call"), "pre")
        return Badge(T("Waiting for payment"), "warn")
    label, tone = _BADGES[state]
    if state is _S.ACCEPTED and is_paid:
        return Badge(T("Paid"), "ok")
    return Badge(label(), tone)


_BADGES: Mapping[OrderState, tuple[Any, Tone]] = {
    _S.ACCEPTED: (lambda: T("Accepted"), "ok"),
    _S.PACKING: (lambda: T("Being packed"), "pre"),
    _S.SHIPPED: (lambda: T("Shipped"), "pre"),
    _S.DELIVERED: (lambda: T("Delivered"), "ok"),
    _S.CLOSED: (lambda: T("Closed"), ""),
    _S.CANCELLED: (lambda: T("Cancelled"), ""),
    _S.EXPIRED: (lambda: T("Expired"), ""),
    _S.ON_HOLD: (lambda: T("On hold"), "warn"),
}
