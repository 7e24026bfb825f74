"""Promises: dates we gave, kept or not. One open promise a kind and subject."""

from datetime import date, datetime

from sqlalchemy import select, update

from shop.db import db
from shop.orders.models import Order, Promise
from shop.orders.states import PromiseKind


def promise(
    order: Order,
    kind: PromiseKind,
    due_at: datetime,
    due_on: date,
    now: datetime,
    *,
    from_on: date | None = None,
    subject: str = "",
) -> Promise:
    """Give a date; an older open promise of the same kind and subject is void."""
    void(order, kind, now, subject)
    made = Promise(
        order_id=order.id,
        kind=kind,
        subject=subject,
        made_at=now,
        due_at=due_at,
        due_on=due_on,
        from_on=from_on,
    )
    db.session.add(made)
    db.session.flush()
    return made


def keep(order: Order, kind: PromiseKind, now: datetime, subject: str = "") -> None:
    """Mark the open promise kept, in time or late: ``kept_at`` tells which."""
    _close(order, kind, subject, kept_at=now)


def void(order: Order, kind: PromiseKind, now: datetime, subject: str = "") -> None:
    """Take the open promise back because it no longer makes sense."""
    _close(order, kind, subject, void_at=now)


def void_all(order: Order, now: datetime) -> None:
    """Take back every open promise but the refund's: the order is off."""
    open_ones = (
        Promise.order_id == order.id,
        Promise.kept_at.is_(None),
        Promise.void_at.is_(None),
        Promise.kind != PromiseKind.REFUND,
    )
    db.session.execute(update(Promise).where(*open_ones).values(void_at=now))


def open_promises(order: Order) -> list[Promise]:
    """Return what we still owe the buyer, soonest first."""
    query = select(Promise).where(
        Promise.order_id == order.id,
        Promise.kept_at.is_(None),
        Promise.void_at.is_(None),
    )
    return list(db.session.scalars(query.order_by(Promise.due_at)))


def _close(order: Order, kind: PromiseKind, subject: str, **values: datetime) -> None:
    open_one = (
        Promise.order_id == order.id,
        Promise.kind == kind,
        Promise.subject == subject,
        Promise.kept_at.is_(None),
        Promise.void_at.is_(None),
    )
    db.session.execute(update(Promise).where(*open_one).values(**values))
