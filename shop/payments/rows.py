"""Reading, locking and moving the rows of payments; everything else builds on it."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update

from shop.db import changed, db
from shop.orders import find
from shop.orders.models import Charge, Order
from shop.payments import provider as contract
from shop.payments import rules
from shop.payments.models import PaymentAttempt
from shop.payments.rules import AttemptState


class Overtaken(Exception):
    """Somebody changed the row between our look and our write: look again."""


@dataclass(frozen=True)
class Locked:
    """An attempt with its charge and order: nobody else can change them now."""

    attempt: PaymentAttempt
    charge: Charge
    order: Order


def lock(attempt_id: int) -> Locked:
    """Lock the order, then the attempt, and return both as they are now."""
    order_id = db.session.scalar(
        select(PaymentAttempt.order_id).where(PaymentAttempt.id == attempt_id)
    )
    if order_id is None:
        raise LookupError(f"no payment attempt {attempt_id}")
    order = find.lock(order_id)
    query = select(PaymentAttempt).where(PaymentAttempt.id == attempt_id)
    attempt = db.session.scalars(
        query.with_for_update().execution_options(populate_existing=True)
    ).one()
    charge = db.session.get_one(Charge, attempt.charge_id, populate_existing=True)
    return Locked(attempt, charge, order)


def move(attempt: PaymentAttempt, wanted: AttemptState, **values: Any) -> None:
    """Change an attempt if it still is what we saw; a state stays if it may not move.

    :raises Overtaken: if it is not.
    """
    seen = AttemptState(attempt.state)
    if wanted is not seen and not rules.ATTEMPT_FLOW.allows(seen, wanted):
        wanted = seen
    same = (
        PaymentAttempt.id == attempt.id,
        PaymentAttempt.state == seen,
        PaymentAttempt.version == attempt.version,
    )
    values |= {"state": wanted, "version": attempt.version + 1}
    moved = update(PaymentAttempt).where(*same).values(values)
    if not changed(db.session.execute(moved)):
        raise Overtaken
    db.session.refresh(attempt)


def as_told(attempt: PaymentAttempt, description: str = "") -> contract.Attempt:
    """Return what a provider may know of an attempt."""
    return contract.Attempt(
        ref=attempt.merchant_ref,
        amount=attempt.amount,
        description=description,
        created_at=attempt.created_at,
        expires_at=attempt.expires_at,
        provider_ref=attempt.provider_ref or "",
        provider_txn=attempt.provider_txn or "",
        language=attempt.language,
        options=dict(attempt.options),
        meta=dict(attempt.meta),
    )


def attempts_of(order_id: int) -> list[PaymentAttempt]:
    """Return every attempt of an order, newest first."""
    query = select(PaymentAttempt).where(PaymentAttempt.order_id == order_id)
    return list(db.session.scalars(query.order_by(PaymentAttempt.id.desc())))


def open_attempts(charge_id: int) -> list[PaymentAttempt]:
    """Return the attempts of a charge nobody knows the end of, oldest first."""
    query = select(PaymentAttempt).where(
        PaymentAttempt.charge_id == charge_id,
        PaymentAttempt.state.in_(list(rules.OPEN)),
    )
    return list(db.session.scalars(query.order_by(PaymentAttempt.id)))
