"""Orders that end before they are sent: cancelled by somebody, or not paid in time."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from shop.db import db
from shop.inventory import service as inventory
from shop.kernel.crash import crash
from shop.kernel.errors import ShopError
from shop.orders import events, find, promises
from shop.orders.ledger import standing
from shop.orders.models import Charge, Order
from shop.orders.states import EventKind, OrderState

#: How many orders one turn of the expiry looks at: a short transaction each.
BATCH = 50


@dataclass(eq=False)
class AlreadyPaid(ShopError):
    """Money has arrived, so the order is not simply dropped: support gives it back."""

    number: str


def cancel(order: Order, who: str, reason: str, now: datetime) -> None:
    """Cancel an unpaid order: stock goes back, charges and promises are void (S35).

    :raises AlreadyPaid: if money has arrived and is not all given back.
    :raises IllegalMove: if it was sent or has ended.
    """
    order = find.lock(order.id)
    where = standing(order)
    if where.captured > where.refunded:
        raise AlreadyPaid(order.number)
    _end(order, OrderState.CANCELLED, EventKind.CANCELLED, who, now, reason=reason)


def cancel_paid(order: Order, who: str, reason: str, now: datetime) -> None:
    """Cancel an order whose money staff will give back (see ``payments.refunds``).

    :raises IllegalMove: if it was sent or has ended.
    """
    order = find.lock(order.id)
    _end(order, OrderState.CANCELLED, EventKind.CANCELLED, who, now, reason=reason)


def expired_ids(now: datetime) -> list[int]:
    """Return orders whose pay-by has passed, oldest first."""
    query = select(Order.id).where(
        Order.state == OrderState.PLACED,
        Order.pay_by_at.is_not(None),
        Order.pay_by_at < now,
    )
    return list(db.session.scalars(query.order_by(Order.pay_by_at).limit(BATCH)))


def expire(order_id: int, now: datetime) -> bool:
    """End one unpaid order; False if it was paid, moved on or got more time.

    Races safely with a payment: both lock the row, the second sees the first.
    """
    order = find.lock(order_id)
    late = order.pay_by_at is not None and order.pay_by_at < now
    if order.state != OrderState.PLACED or not late or standing(order).is_paid:
        return False
    _end(order, OrderState.EXPIRED, EventKind.EXPIRED, "system", now)
    return True


def _end(
    order: Order,
    state: OrderState,
    kind: EventKind,
    who: str,
    now: datetime,
    **facts: str,
) -> None:
    find.move(order, state)
    crash("C11")
    inventory.release(stock_ref(order), now)
    db.session.execute(
        update(Charge)
        .where(Charge.order_id == order.id, Charge.void_at.is_(None))
        .values(void_at=now)
    )
    promises.void_all(order, now)
    events.happened(order, kind, who, now, **facts)


def stock_ref(order: Order) -> str:
    """Return the name under which inventory holds this order's pieces."""
    return f"order:{order.number}"
