"""What happened to an order, and who is told: always in the same transaction."""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from shop import outbox
from shop.db import db
from shop.orders.models import Order, OrderEvent
from shop.orders.states import EventKind

_K = EventKind
#: Events the buyer gets a message about (S30, S106); the rest are timeline only.
TOLD = frozenset(
    {
        _K.PLACED, _K.RECEIPT_SUBMITTED, _K.RECEIPT_REJECTED, _K.PAID, _K.PAID_LATE,
        _K.ARRANGED, _K.SHIPPED, _K.READY_FOR_PICKUP, _K.DELIVERED, _K.CANCELLED,
        _K.EXPIRED, _K.REFUND_REQUESTED, _K.REFUNDED, _K.PROMISE_MOVED,
        _K.RETURN_REQUESTED, _K.RETURN_APPROVED, _K.RETURN_DECLINED,
    }
)  # fmt: skip


def happened(
    order: Order, kind: EventKind, who: str, now: datetime, **facts: Any
) -> OrderEvent:
    """Append an event and promise its message; facts must be JSON values."""
    event = OrderEvent(order_id=order.id, at=now, kind=kind, who=who, facts=facts)
    db.session.add(event)
    db.session.flush()
    if kind in TOLD:
        payload = {"order_id": order.id, "event_id": event.id, "stage": kind.value}
        outbox.promise("notify", f"notify:{order.id}:{event.id}", payload, now)
    return event


def has_happened(order: Order, kind: EventKind) -> bool:
    """Say whether the order ever had an event of this kind."""
    query = select(OrderEvent.id).where(
        OrderEvent.order_id == order.id, OrderEvent.kind == kind
    )
    return db.session.scalar(query.limit(1)) is not None
