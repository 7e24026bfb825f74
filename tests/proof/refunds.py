"""Far more refunds than was paid, by many at once: never over what came.

    python -m tests.proof refunds --count 10000

Payments of 59.97 yuan are asked back in parts of 10 yuan, two hundred times
each; every fourth request repeats the form of the one before. Five fit. What is
approved is sent twice, and the bank counts what left the shop.
"""

import time
from collections import Counter
from datetime import UTC, datetime

from flask import Flask
from sqlalchemy import func, select

from shop.db import db, transaction, write
from shop.kernel.money import Money
from shop.orders.models import MoneyRow
from shop.orders.states import MoneyKind
from shop.payments import collect, refunds
from shop.payments import provider as contract
from shop.payments.invariants import invariants
from shop.payments.models import PaymentAttempt, Refund
from shop.payments.refunds import Wanted
from shop.payments.rules import RefundTooMuch
from tests.payments import make
from tests.payments.fake import Fake
from tests.proof.crowd import Crowd
from tests.proof.figures import Figures, database_name

PAID, PART = 5_997, 1_000
FIT = PAID // PART
EACH = 200


def prove(app: Flask, count: int, crowd: Crowd) -> Figures:
    """Ask ``count`` times; ``wrong`` are payments that gave other than five parts."""
    began, now, bank = time.monotonic(), datetime.now(UTC), Fake()
    real = contract.all_providers
    contract.all_providers = lambda: {"fake": bank}  # type: ignore[assignment]
    try:
        paid = [_paid(bank, now) for _ in range(max(1, count // EACH))]
        said = crowd.do(app, count, lambda number: _ask(paid, number, now))
        _send_twice(now)
        wrong = _count_wrong(paid, bank)
        contradictions = invariants(db.session(), now)
    finally:
        contract.all_providers = real
    facts = {"payments": len(paid), "answers": dict(sorted(said.items()))}
    surprises = sum(n for word, n in said.items() if word not in {"asked", "refused"})
    return Figures(
        "refunds",
        database_name(),
        count,
        wrong + len(contradictions) + surprises,
        time.monotonic() - began,
        facts | {"given back of each": FIT * PART},
    )


def _paid(bank: Fake, now: datetime) -> int:
    charge = make.owed(now, PAID)
    begun = make.begun(charge, now)
    bank.pay(begun.ref)
    collect.notified("fake", bank.notification(begun.ref), now)
    return begun.attempt_id


def _ask(paid: list[int], number: int, now: datetime) -> str:
    attempt_id = paid[number // EACH % len(paid)]
    form = number - 1 if number % 4 == 3 else number
    wanted = Wanted(Money(PART, "CNY"), "proof", "staff:1", f"form-{form}")

    def ask() -> None:
        refund = refunds.request(attempt_id, wanted, now)
        if refund.state == "requested":
            refunds.approve(refund.id, now)

    try:
        write(ask)
    except RefundTooMuch:
        return "refused"
    return "asked"


def _send_twice(now: datetime) -> None:
    for refund_id in list(db.session.scalars(select(Refund.id))):
        collect.send_refund(refund_id, now)
        collect.send_refund(refund_id, now)


def _count_wrong(paid: list[int], bank: Fake) -> int:
    """Count payments whose parts are not five at the bank and in the ledger."""
    db.session.rollback()
    query = (
        select(MoneyRow.attempt_id, func.sum(MoneyRow.amount_minor))
        .where(MoneyRow.kind == MoneyKind.REFUNDED)
        .group_by(MoneyRow.attempt_id)
    )
    booked = {row[0]: row[1] for row in db.session.execute(query)}
    left: Counter[int] = Counter()
    for ref, attempt_id in db.session.execute(
        select(Refund.merchant_ref, Refund.attempt_id)
    ):
        left[attempt_id] += bank.refunded.get(ref, 0)
    kept = dict(
        db.session.execute(
            select(PaymentAttempt.id, PaymentAttempt.refunded_minor)
        ).all()
    )
    due = FIT * PART
    return sum({booked.get(one, 0), left[one], kept[one]} != {due} for one in paid) + (
        len(bank.refund_calls) != len(set(bank.refund_calls))
    )


def one_too_many(now: datetime) -> None:
    """Ask once more of a payment that has given all its parts; for the control."""
    with transaction():
        attempt_id = db.session.scalars(select(PaymentAttempt.id)).first()
        assert attempt_id
        wanted = Wanted(Money(PART, "CNY"), "proof", "staff:1", "one more")
        refunds.request(attempt_id, wanted, now)
