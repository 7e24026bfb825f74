"""Refunds somebody made in the provider's own pages: booked once, never too much."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from shop.db import db, transaction
from shop.kernel.money import Money
from shop.orders.states import EventKind
from shop.payments import collect, refunds
from shop.payments.models import Refund
from shop.payments.provider import Outcome, ProviderError
from shop.payments.refunds import Wanted
from shop.payments.rules import AttemptState, RefundState, RefundTooMuch
from tests.payments import make
from tests.payments.fake import Fake

A, R = AttemptState, RefundState


def told(fake: Fake, attempt_id: int, now: datetime, **said: Any) -> None:
    """Let the bank notify about money that went back."""
    ref = make.attempt(attempt_id).merchant_ref
    facts = {"outcome": "refunded", "id": f"n-{said}"} | said
    assert (
        collect.notified(fake.code, fake.notification(ref, **facts), now).status == 200
    )


def booked(attempt_id: int) -> list[tuple[str, int, str, str]]:
    db.session.rollback()
    query = select(Refund).where(Refund.attempt_id == attempt_id).order_by(Refund.id)
    return [
        (one.merchant_ref, one.amount_minor, str(one.state), one.origin)
        for one in db.session.scalars(query.execution_options(populate_existing=True))
    ]


def wanted(attempt_id: int, minor: int, now: datetime, key: str = "form") -> int:
    with transaction():
        given = Wanted(Money(minor, "CNY"), "", "staff:1", key)
        refund = refunds.request(attempt_id, given, now)
        refunds.approve(refund.id, now)
    return refund.id


def test_a_single_refund_elsewhere_is_booked_once(
    app: Flask, now: datetime, fake: Fake
) -> None:
    charge, attempt_id = make.paid(fake, now)
    said = {"refund_ref": "console-1", "minor": 3_000}

    told(fake, attempt_id, now, **said)
    told(fake, attempt_id, now, **said)  # the same again
    told(fake, attempt_id, now, **said, txn="other")  # and as another notification

    assert booked(attempt_id) == [("console-1", 3_000, "settled", "provider")]
    attempt = make.attempt(attempt_id)
    assert (attempt.refunded_minor, attempt.state) == (3_000, A.PARTIALLY_REFUNDED)
    assert make.standing(charge).refunded == Money(3_000, "CNY")
    assert make.count_events(charge, EventKind.REFUNDED) == 1
    assert attempt.meta.keys().isdisjoint({"back:console-1"})


def test_what_is_left_is_all_that_can_be_given_back_afterwards(
    app: Flask, now: datetime, fake: Fake
) -> None:
    _charge, attempt_id = make.paid(fake, now)
    told(fake, attempt_id, now, refund_ref="console-1", minor=3_000)

    with pytest.raises(RefundTooMuch):
        wanted(attempt_id, 7_001, now)

    refund = wanted(attempt_id, 7_000, now)
    assert collect.send_refund(refund, now) == R.SETTLED
    assert make.state(attempt_id) is A.REFUNDED


def test_twenty_deliveries_at_once_book_it_once(
    app: Flask, now: datetime, fake: Fake
) -> None:
    _charge, attempt_id = make.paid(fake, now)
    ref = make.attempt(attempt_id).merchant_ref
    sent = [
        fake.notification(
            ref, outcome="refunded", refund_ref="c-1", minor=3_000, id=f"n{place}"
        )
        for place in range(20)
    ]

    make.at_once(20, lambda place: collect.notified(fake.code, sent[place], now))

    assert booked(attempt_id) == [("c-1", 3_000, "settled", "provider")]


def test_a_sum_of_all_refunds_counts_what_is_ours_as_ours(
    app: Flask, now: datetime, fake: Fake
) -> None:
    _charge, attempt_id = make.paid(fake, now)
    ours = refunds.find(make.order_of(_charge).id, wanted(attempt_id, 4_000, now))
    assert ours is not None
    collect.send_refund(ours.id, now)

    told(fake, attempt_id, now, refund_ref=ours.merchant_ref, minor=4_000, total=4_000)
    assert len(booked(attempt_id)) == 1
    told(fake, attempt_id, now, refund_ref="console-1", minor=7_000, total=7_000)
    told(
        fake, attempt_id, now, refund_ref="console-1", minor=7_000, total=7_000, id="x"
    )

    assert booked(attempt_id)[1:] == [("console-1", 3_000, "settled", "provider")]
    told(fake, attempt_id, now, refund_ref="console-2", minor=10_000, total=10_000)
    assert booked(attempt_id)[2:] == [("console-2", 3_000, "settled", "provider")]
    assert make.state(attempt_id) is A.REFUNDED


def test_a_sum_while_ours_is_under_way_is_settled_when_ours_fails(
    app: Flask, now: datetime, fake: Fake
) -> None:
    _charge, attempt_id = make.paid(fake, now)
    refund = wanted(attempt_id, 4_000, now)

    told(fake, attempt_id, now, refund_ref="console-1", minor=3_000, total=3_000)
    assert len(booked(attempt_id)) == 1  # it may be part of ours: not yet
    fake.fails["refund"] = ProviderError("rejected", "no")
    collect.send_refund(refund, now)

    assert booked(attempt_id)[1:] == [("console-1", 3_000, "settled", "provider")]
    assert make.attempt(attempt_id).refunded_minor == 3_000


def test_a_single_one_that_does_not_fit_waits_until_ours_fails(
    app: Flask, now: datetime, fake: Fake
) -> None:
    _charge, attempt_id = make.paid(fake, now)
    refund = wanted(attempt_id, 9_000, now)

    told(fake, attempt_id, now, refund_ref="console-1", minor=3_000)
    assert len(booked(attempt_id)) == 1
    assert make.attempt(attempt_id).refunded_minor == 9_000
    with transaction():
        refunds.refuse(refund, now)

    assert booked(attempt_id)[1:] == [("console-1", 3_000, "settled", "provider")]


def test_a_refund_told_before_the_payment_is_booked_with_it(
    app: Flask, now: datetime, fake: Fake
) -> None:
    charge = make.owed(now)
    begun = make.begun(charge, now, fake.code)
    fake.pay(begun.ref)
    told(fake, begun.attempt_id, now, refund_ref="console-1", minor=3_000, total=3_000)
    assert booked(begun.attempt_id) == []

    collect.ask(begun.attempt_id, now + timedelta(minutes=1))

    assert booked(begun.attempt_id) == [("console-1", 3_000, "settled", "provider")]
    assert make.state(begun.attempt_id) is A.PARTIALLY_REFUNDED


def test_more_than_came_is_never_booked(app: Flask, now: datetime, fake: Fake) -> None:
    _charge, attempt_id = make.paid(fake, now)

    told(fake, attempt_id, now, refund_ref="console-1", minor=20_000, total=20_000)

    assert booked(attempt_id) == [("console-1", 10_000, "settled", "provider")]
    told(fake, attempt_id, now, refund_ref="console-2", minor=1)
    assert make.attempt(attempt_id).refunded_minor == 10_000


def test_a_refund_that_failed_elsewhere_books_nothing(
    app: Flask, now: datetime, fake: Fake
) -> None:
    _charge, attempt_id = make.paid(fake, now)

    told(fake, attempt_id, now, outcome=Outcome.FAILED.value, refund_ref="console-1")

    assert booked(attempt_id) == []
    assert make.state(attempt_id) is A.PAID


def test_control_without_booking_more_could_go_back_than_came(
    app: Flask, now: datetime, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refunds, "catch_up", lambda *_: None)
    _charge, attempt_id = make.paid(fake, now)
    told(fake, attempt_id, now, refund_ref="console-1", minor=3_000)

    refund = wanted(attempt_id, 10_000, now)  # 13,000 of 10,000

    assert collect.send_refund(refund, now) == R.SETTLED
