"""What must hold about payments at any moment, for ``flask shop doctor --invariants``.

Numbers are those of ``reference/reliability.md`` 3.12.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, case, func, literal, or_, select
from sqlalchemy.orm import Session

from shop.orders.models import Charge, MoneyRow, OrderEvent
from shop.orders.states import EventKind, MoneyKind
from shop.payments import rules
from shop.payments.models import PaymentAttempt, Refund
from shop.payments.rules import AttemptState, RefundState

SLACK = timedelta(minutes=10)


def invariants(session: Session, now: datetime) -> list[str]:
    """Return one plain sentence for each thing that is wrong; empty if all is well."""
    checks: tuple[tuple[str, Select[Any]], ...] = (
        ("I4 more than one payment fulfils charge {}", _twice_fulfilled()),
        ("I4 the ledger and attempt {} disagree about its money", _unbooked()),
        ("I4 attempt {} is marked otherwise than its ledger row", _marked_otherwise()),
        ("I4 order {} is called paid and no payment fulfils it", _paid_for_nothing()),
        ("I5 attempt {} has reserved another sum than its refunds", _reserved()),
        ("I5 more went back of attempt {} than came", _too_much_back()),
        ("I5 refund {} is settled and not in the ledger", _unbooked_refunds()),
        ("I8 attempt {} should have ended", _overdue(now)),
    )
    return [
        sentence.format(row[0])
        for sentence, query in checks
        for row in _first(session.execute(query))
    ]


def _first(rows: Iterable[Any], most: int = 20) -> list[Any]:
    return [row for _place, row in zip(range(most), rows, strict=False)]


def _twice_fulfilled() -> Select[Any]:
    fulfilling = (MoneyRow.kind == MoneyKind.CAPTURED, MoneyRow.fulfils.is_(True))
    return (
        select(MoneyRow.charge_id)
        .where(*fulfilling)
        .group_by(MoneyRow.charge_id)
        .having(func.count(MoneyRow.id) > 1)
    )


def _captured() -> Any:
    return (
        select(func.coalesce(func.sum(MoneyRow.amount_minor), 0))
        .where(
            MoneyRow.attempt_id == PaymentAttempt.id,
            MoneyRow.kind == MoneyKind.CAPTURED,
        )
        .correlate(PaymentAttempt)
        .scalar_subquery()
    )


def _unbooked() -> Select[Any]:
    return select(PaymentAttempt.id).where(_captured() != PaymentAttempt.captured_minor)


def _marked_otherwise() -> Select[Any]:
    return (
        select(PaymentAttempt.id)
        .join(
            MoneyRow,
            and_(
                MoneyRow.attempt_id == PaymentAttempt.id,
                MoneyRow.kind == MoneyKind.CAPTURED,
            ),
        )
        .where(MoneyRow.fulfils != PaymentAttempt.fulfils)
    )


def _paid_for_nothing() -> Select[Any]:
    """Orders with a PAID event, something to pay, and neither money nor its return."""
    paid = (
        select(func.count(MoneyRow.id))
        .where(
            MoneyRow.order_id == OrderEvent.order_id,
            MoneyRow.kind == MoneyKind.CAPTURED,
        )
        .correlate(OrderEvent)
        .scalar_subquery()
    )
    owed = (
        select(func.coalesce(func.sum(Charge.amount_minor), 0))
        .where(Charge.order_id == OrderEvent.order_id)
        .correlate(OrderEvent)
        .scalar_subquery()
    )
    return select(OrderEvent.order_id).where(
        OrderEvent.kind == EventKind.PAID, paid == 0, owed > 0
    )


def _reserved() -> Select[Any]:
    void = list(rules.REFUND_VOID)
    standing = (
        select(func.coalesce(func.sum(Refund.amount_minor), 0))
        .where(Refund.attempt_id == PaymentAttempt.id, Refund.state.not_in(void))
        .correlate(PaymentAttempt)
        .scalar_subquery()
    )
    expected = case(
        (
            PaymentAttempt.state == AttemptState.REVERSED,
            PaymentAttempt.captured_minor,
        ),
        else_=standing,
    )
    return select(PaymentAttempt.id).where(PaymentAttempt.refunded_minor != expected)


def _too_much_back() -> Select[Any]:
    back = (
        select(func.coalesce(func.sum(MoneyRow.amount_minor), 0))
        .where(
            MoneyRow.attempt_id == PaymentAttempt.id,
            MoneyRow.kind == MoneyKind.REFUNDED,
        )
        .correlate(PaymentAttempt)
        .scalar_subquery()
    )
    return select(PaymentAttempt.id).where(
        or_(
            back > PaymentAttempt.captured_minor,
            PaymentAttempt.refunded_minor > PaymentAttempt.captured_minor,
        )
    )


def _unbooked_refunds() -> Select[Any]:
    name = (
        literal("refund:")
        + PaymentAttempt.provider
        + literal(":")
        + Refund.merchant_ref
    )
    return (
        select(Refund.id)
        .join(PaymentAttempt, PaymentAttempt.id == Refund.attempt_id)
        .outerjoin(MoneyRow, MoneyRow.ref == name)
        .where(Refund.state == RefundState.SETTLED, MoneyRow.id.is_(None))
    )


def _overdue(now: datetime) -> Select[Any]:
    """Attempts a provider collects; those by hand end with their order."""
    return select(PaymentAttempt.id).where(
        PaymentAttempt.state.in_(list(rules.OPEN)),
        PaymentAttempt.next_ask_at.is_not(None),
        PaymentAttempt.expires_at < now - SLACK,
    )
