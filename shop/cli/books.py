"""What must hold between the rows of stock, orders and messages, for the doctor.

Numbers are those of the list of invariants: I1 stock, I3 totals, I5 refunds,
I6 messages.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Text, cast, func, literal, or_, select

from shop.db import db
from shop.inventory.service import drifts
from shop.orders.events import TOLD
from shop.orders.models import Charge, Order, OrderAmount, OrderEvent, OrderLine
from shop.orders.states import OrderState
from shop.outbox import Job
from shop.payments.models import Refund
from shop.payments.rules import REFUND_VOID
from shop.returns.models import RefundPart, RefundRow, RefundSheet

MOST = 20
#: States in which nothing is owed any more.
_ENDED = (OrderState.CANCELLED, OrderState.EXPIRED)


def stock() -> Iterator[str]:
    """Say where stock is not the sum of its movements, or below nothing."""
    for drift in drifts()[:MOST]:
        yield (
            f"I1 {drift.sku} has {drift.on_hand} pieces, {drift.held} of them held, "
            f"but its movements make {drift.moved_on_hand} and {drift.moved_held}"
        )


def totals() -> Iterator[str]:
    """Say where an order's breakdown or its charges do not make its total."""
    rows = _sums(OrderAmount.order_id, OrderAmount.amount_minor)
    charges = _sums(Charge.order_id, Charge.amount_minor, Charge.void_at.is_(None))
    query = (
        select(Order.number)
        .outerjoin(rows, rows.c.key == Order.id)
        .outerjoin(charges, charges.c.key == Order.id)
        .where(
            or_(
                func.coalesce(rows.c.total, 0) != Order.total_minor,
                Order.state.not_in(_ENDED)
                & (func.coalesce(charges.c.total, 0) != Order.total_minor),
            )
        )
        .limit(MOST)
    )
    for number in db.session.scalars(query):
        yield f"I3 the amounts of order {number} do not add up to its total"


def refunds() -> Iterator[str]:
    """Say which refund is not what was shown, or gives a piece back twice."""
    rows = _sums(RefundRow.sheet_id, RefundRow.amount_minor)
    sent = (
        select(RefundPart.sheet_id, func.sum(Refund.amount_minor).label("total"))
        .join(Refund, Refund.id == RefundPart.refund_id)
        .group_by(RefundPart.sheet_id)
        .subquery()
    )
    query = (
        select(RefundSheet.id)
        .outerjoin(rows, rows.c.key == RefundSheet.id)
        .outerjoin(sent, sent.c.sheet_id == RefundSheet.id)
        .where(
            or_(
                func.coalesce(rows.c.total, 0) != RefundSheet.amount_minor,
                func.coalesce(sent.c.total, 0) != RefundSheet.amount_minor,
            )
        )
        .limit(MOST)
    )
    for sheet in db.session.scalars(query):
        yield f"I5 the rows and refunds of refund sheet {sheet} do not add up to it"
    for number in db.session.scalars(_twice_given_back()):
        yield f"I5 more pieces of order {number} went back than were sold"


def _twice_given_back() -> Any:
    counts = (
        select(RefundPart.sheet_id)
        .join(Refund, Refund.id == RefundPart.refund_id)
        .where(Refund.state.not_in(list(REFUND_VOID)))
    )
    back = (
        select(RefundRow.order_line_id, func.sum(RefundRow.quantity).label("pieces"))
        .where(RefundRow.sheet_id.in_(counts))
        .group_by(RefundRow.order_line_id)
        .subquery()
    )
    return (
        select(Order.number)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .join(back, back.c.order_line_id == OrderLine.id)
        .where(back.c.pieces > OrderLine.quantity)
        .limit(MOST)
    )


def messages() -> Iterator[str]:
    """Say which event that somebody is told about has no job in the outbox."""
    dedup = (
        literal("notify:")
        + cast(OrderEvent.order_id, Text)
        + literal(":")
        + cast(OrderEvent.id, Text)
    )
    query = (
        select(OrderEvent.order_id, OrderEvent.kind)
        .outerjoin(Job, Job.dedup == dedup)
        .where(OrderEvent.kind.in_(list(TOLD)), Job.id.is_(None))
        .limit(MOST)
    )
    for order_id, kind in db.session.execute(query):
        yield f"I6 nobody is told that order {order_id} is {kind}"


def _sums(key: Any, amount: Any, *where: Any) -> Any:
    query = select(key.label("key"), func.sum(amount).label("total"))
    return query.where(*where).group_by(key).subquery()
