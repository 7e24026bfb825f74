"""Card-to-card transfers: the buyer proves, staff compare and decide (N6).

Everything here needs an open transaction; rights are the view's.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from shop.db import changed, db
from shop.orders import pay
from shop.orders.states import VOID
from shop.payments import review, rules
from shop.payments.answers import Applied
from shop.payments.models import PaymentAttempt, TransferReceipt
from shop.payments.rows import lock
from shop.payments.rules import RECEIPT_OPEN, NotPayable, ReceiptDecided, ReceiptState


@dataclass(frozen=True)
class Typed:
    """What a buyer typed about a transfer: digits 0-9 only, the moment in UTC.

    ``picture`` is the media token of the receipt's picture, "" without one.
    """

    tracking_number: str
    last_four: str
    paid_at: datetime
    picture: str = ""


def submit(attempt_id: int, typed: Typed, now: datetime) -> TransferReceipt:
    """Take a buyer's proof; the order waits for staff from here on.

    A second one before staff looked replaces the first. A tracking number that
    another order brought before makes it a ``duplicate`` for staff to judge.

    :raises BadReceipt: naming a field that cannot be true.
    :raises NotPayable: if the charge is paid or the order off.
    """
    rules.check_receipt(typed.tracking_number, typed.last_four, typed.paid_at, now)
    at = lock(attempt_id)
    if at.attempt.state not in rules.OPEN or at.order.state in VOID:
        raise NotPayable(paid=at.attempt.captured_minor > 0)
    _replace(attempt_id, now)
    receipt = TransferReceipt(
        order_id=at.order.id,
        charge_id=at.charge.id,
        attempt_id=attempt_id,
        tracking_number=typed.tracking_number,
        last_four=typed.last_four,
        paid_at=typed.paid_at,
        picture=typed.picture,
        state=ReceiptState.SUBMITTED,
        submitted_at=now,
    )
    db.session.add(receipt)
    db.session.flush()
    if twins(receipt):
        receipt.state = ReceiptState.DUPLICATE
        db.session.flush()
    pay.receipt_submitted(at.order, now)
    return receipt


def _replace(attempt_id: int, now: datetime) -> None:
    values = {"state": ReceiptState.REJECTED, "reason": "replaced"}
    db.session.execute(
        update(TransferReceipt)
        .where(
            TransferReceipt.attempt_id == attempt_id,
            TransferReceipt.state.in_(list(RECEIPT_OPEN)),
        )
        .values(**values, decided_at=now, decided_by="buyer")
    )


def twins(receipt: TransferReceipt) -> list[TransferReceipt]:
    """Return other receipts with the same tracking number that were not rejected."""
    query = select(TransferReceipt).where(
        TransferReceipt.tracking_number == receipt.tracking_number,
        TransferReceipt.id != receipt.id,
        TransferReceipt.state != ReceiptState.REJECTED,
    )
    return list(db.session.scalars(query.order_by(TransferReceipt.id)))


def confirm(receipt_id: int, who: str, now: datetime) -> Applied:
    """Say that the money of a receipt is on the account: it pays its charge.

    A tracking number that paid another order already does not pay again: that
    goes to review.

    :raises ReceiptDecided: if somebody was faster.
    :raises NotPayable: if the order is off.
    """
    receipt = db.session.get_one(TransferReceipt, receipt_id)
    lock(receipt.attempt_id)
    _decide(receipt, ReceiptState.CONFIRMED, who, "", now)
    return review.confirm(
        receipt.attempt_id, who, now, reference=receipt.tracking_number
    )


def reject(receipt_id: int, who: str, reason: str, now: datetime) -> None:
    """Say that the money is not there; the buyer reads ``reason`` and tries again.

    :raises ReceiptDecided: if somebody was faster.
    """
    receipt = db.session.get_one(TransferReceipt, receipt_id)
    at = lock(receipt.attempt_id)
    _decide(receipt, ReceiptState.REJECTED, who, reason, now)
    if at.order.state not in VOID:
        pay.receipt_rejected(at.order, who, reason, now)


def _decide(
    receipt: TransferReceipt,
    wanted: ReceiptState,
    who: str,
    reason: str,
    now: datetime,
) -> None:
    sources = rules.RECEIPT_FLOW.sources(wanted)
    query = update(TransferReceipt).where(
        TransferReceipt.id == receipt.id, TransferReceipt.state.in_(list(sources))
    )
    values = {"state": wanted, "reason": reason}
    done = db.session.execute(query.values(**values, decided_at=now, decided_by=who))
    db.session.refresh(receipt)
    if not changed(done):
        raise ReceiptDecided(receipt.state)


def waiting() -> list[TransferReceipt]:
    """Return the receipts staff have to look at, oldest first."""
    query = select(TransferReceipt).where(TransferReceipt.state.in_(list(RECEIPT_OPEN)))
    return list(db.session.scalars(query.order_by(TransferReceipt.submitted_at)))


def receipts_of(order_id: int) -> list[TransferReceipt]:
    """Return every receipt of an order, newest first."""
    query = select(TransferReceipt).where(TransferReceipt.order_id == order_id)
    return list(db.session.scalars(query.order_by(TransferReceipt.id.desc())))


def attempt_of(order_id: int) -> PaymentAttempt | None:
    """Return the attempt a buyer's receipt belongs to, or ``None``."""
    query = select(PaymentAttempt).where(
        PaymentAttempt.order_id == order_id,
        PaymentAttempt.provider == "card_transfer",
        PaymentAttempt.state.in_(list(rules.OPEN)),
    )
    return db.session.scalar(query.order_by(PaymentAttempt.id.desc()).limit(1))
