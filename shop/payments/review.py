"""What staff decide about money: received by hand, or arrived where none was due.

Staff actions are no conversation with a provider, so they need an open
transaction and combine with the log of who did it. Rights are the view's.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select

from shop.db import db
from shop.kernel.money import Money
from shop.orders import ledger, pay
from shop.orders.models import Charge, Order
from shop.orders.states import VOID
from shop.payments import answers, refunds, rules, settings
from shop.payments.answers import Answer, Applied
from shop.payments.models import PaymentAttempt, Refund
from shop.payments.provider import Event, Outcome
from shop.payments.refunds import Wanted
from shop.payments.rows import Locked, lock, move
from shop.payments.rules import AttemptState, NotInReview, NotPayable, Verdict


def confirm(
    attempt_id: int,
    who: str,
    now: datetime,
    amount: Money | None = None,
    reference: str = "",
) -> Applied:
    """Write down money that staff received: a transfer, cash, a card at the door.

    ``amount`` is what really came, by default all of it; another one goes to
    review. ``reference`` is the bank's number: it counts for one payment only.

    :raises NotPayable: if a provider collects this attempt, so that only its
        answer counts; if the attempt was paid before; if its order is off.
    """
    locked = lock(attempt_id)
    attempt = locked.attempt
    open_still = attempt.state in rules.OPEN | rules.DEAD
    off = locked.order.state in VOID
    if not settings.by_hand(attempt.provider) or not open_still or off:
        raise NotPayable(paid=attempt.captured_minor > 0)
    event = Event(
        Outcome.PAID,
        attempt.merchant_ref,
        amount=amount or attempt.amount,
        provider_txn=reference,
        event_id=f"staff:{attempt.merchant_ref}:paid",
    )
    return answers.apply(Answer(attempt.provider, event, "staff", now, attempt_id, who))


@dataclass(frozen=True)
class Review:
    """A payment that waits for a decision, and the ways out of it."""

    attempt: PaymentAttempt
    verdict: Verdict
    can_accept: bool
    can_give_back: Money


def in_review() -> list[Review]:
    """Return every payment that waits for a decision, oldest first."""
    query = select(PaymentAttempt).where(
        or_(
            PaymentAttempt.state == AttemptState.REVIEW,
            PaymentAttempt.verdict == Verdict.OTHER_TXN,
        )
    )
    found = db.session.scalars(query.order_by(PaymentAttempt.id)).all()
    return [
        Review(
            one,
            Verdict(one.verdict or Verdict.UNDER_REVIEW),
            _may_accept(read(one.id)),
            one.refundable,
        )
        for one in found
    ]


def read(attempt_id: int) -> Locked:
    """Return an attempt with its charge and order, without locking them."""
    attempt = db.session.get_one(PaymentAttempt, attempt_id)
    charge = db.session.get_one(Charge, attempt.charge_id)
    return Locked(attempt, charge, db.session.get_one(Order, attempt.order_id))


def _may_accept(at: Locked) -> bool:
    """Say whether the money may pay its charge: all of it, still owed, nothing back."""
    attempt, charge = at.attempt, at.charge
    return (
        attempt.state == AttemptState.REVIEW
        and attempt.currency == charge.currency
        and attempt.captured_minor - attempt.refunded_minor >= charge.amount_minor
        and attempt.refunded_minor == 0
        and charge.void_at is None
        and at.order.state not in VOID
        and not ledger.charge_is_paid(charge)
    )


def accept(attempt_id: int, now: datetime) -> None:
    """Let money in review pay its charge, as if it had come right.

    :raises NotInReview: if it cannot (any more).
    """
    at = lock(attempt_id)
    if not _may_accept(at):
        raise NotInReview(at.attempt.state)
    move(at.attempt, AttemptState.PAID, fulfils=True, verdict=Verdict.PAID)
    answers.mark(at.attempt, fulfils=True)
    pay.charge_covered(at.order, at.charge, now)


def give_back(attempt_id: int, who: str, idem_key: str, now: datetime) -> Refund:
    """Ask for all that is left of a payment to go back, approved at once.

    :raises NotRefundable: if nothing is left.
    """
    at = lock(attempt_id)
    left = at.attempt.refundable
    known = db.session.scalar(select(Refund).where(Refund.idem_key == idem_key))
    if known is not None and known.attempt_id == attempt_id:
        return known
    if not left:
        raise rules.NotRefundable(at.attempt.state)
    reason = str(at.attempt.verdict or "")
    refund = refunds.request(attempt_id, Wanted(left, reason, who, idem_key), now)
    return refunds.approve(refund.id, now)
