"""The life of an order, and the words for what happens to it. Pure."""

from enum import StrEnum

from shop.kernel.flow import Flow


class OrderState(StrEnum):
    """The stored states (DESIGN 10). Paid and awaiting-… are computed, not stored."""

    PLACED = "placed"
    ACCEPTED = "accepted"
    PACKING = "packing"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    ON_HOLD = "on_hold"


_S = OrderState
ORDER_FLOW = Flow(
    {
        _S.PLACED: frozenset({_S.ACCEPTED, _S.CANCELLED, _S.EXPIRED, _S.ON_HOLD}),
        _S.ACCEPTED: frozenset({_S.PACKING, _S.CANCELLED, _S.ON_HOLD}),
        _S.PACKING: frozenset({_S.SHIPPED, _S.CANCELLED, _S.ON_HOLD}),
        _S.SHIPPED: frozenset({_S.DELIVERED}),
        _S.DELIVERED: frozenset({_S.CLOSED}),
        _S.ON_HOLD: frozenset({_S.PLACED, _S.ACCEPTED, _S.PACKING, _S.CANCELLED}),
        _S.CLOSED: frozenset(),
        _S.CANCELLED: frozenset(),
        _S.EXPIRED: frozenset(),
    }
)
#: States in which stock is held for the order and money may still arrive.
LIVE = frozenset({_S.PLACED, _S.ACCEPTED, _S.PACKING, _S.ON_HOLD})
#: States that do not count against a purchase limit (S22).
VOID = frozenset({_S.CANCELLED, _S.EXPIRED})


class EventKind(StrEnum):
    """What can happen to an order: the timeline of the shopper, newest first."""

    PLACED = "placed"
    EDITED = "edited"
    RECEIPT_SUBMITTED = "receipt_submitted"
    RECEIPT_REJECTED = "receipt_rejected"
    PAID = "paid"
    PAID_LATE = "paid_late"
    PAYMENT_FAILED = "payment_failed"
    ARRANGED = "arranged"
    ACCEPTED = "accepted"
    PACKING = "packing"
    SHIPPED = "shipped"
    READY_FOR_PICKUP = "ready_for_pickup"
    DELIVERED = "delivered"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    ON_HOLD = "on_hold"
    RESUMED = "resumed"
    REFUND_REQUESTED = "refund_requested"
    REFUNDED = "refunded"
    REFUND_FAILED = "refund_failed"
    PROMISE_MOVED = "promise_moved"
    LINK_RENEWED = "link_renewed"
    RETURN_REQUESTED = "return_requested"
    RETURN_APPROVED = "return_approved"
    RETURN_DECLINED = "return_declined"
    RETURN_SETTLED = "return_settled"


class Purpose(StrEnum):
    """Why an amount is owed (DESIGN 3, idea 2)."""

    FULL = "full"
    DEPOSIT = "deposit"
    BALANCE = "balance"
    INSTALMENT = "instalment"
    RENT = "rent"
    SECURITY = "security"
    FEE = "fee"


class PromiseKind(StrEnum):
    """What we said we would do by a date (DESIGN 3, idea 3)."""

    PAY = "pay"
    ANSWER = "answer"
    SHIP = "ship"
    DELIVER = "deliver"
    REFUND = "refund"
    RETURN_WINDOW = "return_window"


class MoneyKind(StrEnum):
    """A row of the append-only ledger: money in, money out."""

    CAPTURED = "captured"
    REFUNDED = "refunded"
