"""Requests to give something back, in words: for the order's page and the desk."""

from collections.abc import Mapping, Sequence

from shop.i18n import formats
from shop.i18n.text import L, Lazy, Ltr, T
from shop.orders.models import Order
from shop.returns.models import ReturnRequest
from shop.returns.rules import ReturnReason, ReturnState
from shop.web.pages.orders import Return
from shop.web.pages.parts import Badge, Pair, Tone, Words

_R, _S = ReturnReason, ReturnState
REASONS: Mapping[ReturnReason, Lazy] = {
    _R.CHANGED_MIND: L("I have changed my mind"),
    _R.FAULTY: L("It is faulty or damaged"),
    _R.WRONG_ITEM: L("It is not what I ordered"),
    _R.OTHER: L("Something else"),
}
FREIGHT: Mapping[str, Lazy] = {
    "buyer": L("Paid by the customer"),
    "shop": L("Paid by the shop"),
}
_STATES: Mapping[ReturnState, tuple[Lazy, Tone]] = {
    _S.REQUESTED: (L("Waiting for our answer"), "warn"),
    _S.APPROVED: (L("Return accepted"), "pre"),
    _S.DECLINED: (L("Return not accepted"), "bad"),
    _S.SETTLED: (L("Return settled"), "ok"),
}


def boxes(order: Order, requests: Sequence[ReturnRequest]) -> tuple[Return, ...]:
    """Return the requests of an order, newest first."""
    return tuple(_box(order, one) for one in requests)


def _box(order: Order, one: ReturnRequest) -> Return:
    label, tone = _STATES[ReturnState(one.state)]
    pairs = [
        Pair(_name(order, line_id), count) for line_id, count in one.pieces.items()
    ]
    pairs.append(Pair(T("Reason"), REASONS[ReturnReason(one.reason)]))
    if one.words:
        pairs.append(Pair(T("In the customer's words"), one.words))
    if one.freight:
        pairs.append(Pair(T("Freight of sending it back"), FREIGHT[one.freight]))
    pairs.append(Pair(T("Asked on"), one.asked_at))
    if one.decided_at is not None:
        pairs.append(Pair(T("Answered on"), one.decided_at))
    if one.note:
        pairs.append(Pair(T("Our answer"), one.note))
    return Return(
        id=f"return-{one.id}",
        title=T("Return {number}", number=Ltr(formats.plain_number(str(one.id)))),
        badge=Badge(label, tone),
        pairs=tuple(pairs),
    )


def _name(order: Order, line_id: int) -> Words:
    line = next(one for one in order.lines if one.id == line_id)
    return f"{line.title} ({line.options})" if line.options else line.title
