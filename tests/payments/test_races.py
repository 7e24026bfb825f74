"""Many at once: cases 7, 16, 38 and 39 of payments.md 12, each with its control."""

import itertools
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import insert

from shop.db import db, transaction
from shop.orders import cancel, ledger, pay
from shop.orders.models import MoneyRow
from shop.orders.states import EventKind, OrderState
from shop.payments import answers, collect
from shop.payments.models import PaymentAttempt
from shop.payments.provider import RawRequest
from shop.payments.rows import Locked, as_told, lock
from shop.payments.rules import AttemptState, Facts
from tests.payments import make
from tests.payments.fake import Fake, Providers, kind, request, urls

A = AttemptState


def test_case_07_the_same_notification_20_times_at_once_is_one_payment(
    app: Flask, now: datetime, fake: Fake
) -> None:
    charge = make.owed(now)
    begun = make.begun(charge, now)
    fake.pay(begun.ref)
    notice = fake.notification(begun.ref, id="n1")

    acks = make.at_once(20, lambda _: collect.notified("fake", notice, now).status)

    assert acks == [200] * 20
    assert make.count_rows(charge) == 1
    assert make.count_events(charge, EventKind.PAID) == 1
    assert make.count_messages(charge, "paid") == 1
    assert make.verdicts(begun.attempt_id) == ["paid"]


def test_case_07_re_sent_under_new_numbers_it_is_still_one_payment(
    app: Flask, now: datetime, fake: Fake
) -> None:
    charge = make.owed(now)
    begun = make.begun(charge, now)
    fake.pay(begun.ref)

    acks = make.at_once(
        12,
        lambda place: (
            collect.notified(
                "fake", fake.notification(begun.ref, id=f"n{place}"), now
            ).status
        ),
    )

    assert acks == [200] * 12
    assert make.count_rows(charge) == 1
    assert sorted(make.verdicts(begun.attempt_id)) == ["already"] * 11 + ["paid"]


def test_case_07_control_without_its_guards_each_copy_is_a_payment(
    app: Flask, now: datetime, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Old facts, no unique answer, no conditional update, no unique ledger name."""
    charge = make.owed(now)
    begun = make.begun(charge, now)
    fake.pay(begun.ref)
    notice = fake.notification(begun.ref, id="n1")
    seen: dict[str, Facts] = {}
    numbers = itertools.count()
    real = answers.read_facts

    def stale(answer: answers.Answer, locked: Locked) -> Facts:
        return seen.setdefault("facts", real(answer, locked))

    def unconditional(
        attempt: PaymentAttempt, wanted: AttemptState, **_: object
    ) -> None:
        attempt.state = wanted

    def unnamed(row: MoneyRow) -> bool:
        given = {c.key: getattr(row, c.key) for c in MoneyRow.__table__.columns}
        given = {key: value for key, value in given.items() if value is not None}
        db.session.execute(
            insert(MoneyRow).values(given | {"ref": f"copy{next(numbers)}"})
        )
        return True

    monkeypatch.setattr(answers, "read_facts", stale)
    monkeypatch.setattr(answers, "note", lambda *_: True)
    monkeypatch.setattr(answers, "move", unconditional)
    monkeypatch.setattr(ledger, "record", unnamed)
    for _ in range(3):
        collect.notified("fake", notice, now)

    assert make.count_rows(charge) == 3


def test_case_16_a_return_on_another_device_tells_only_where_the_attempt_stands(
    app: Flask, now: datetime, fake: Fake
) -> None:
    """The engine's part: a result has no name, address or amount to leak."""
    begun = make.begun(make.owed(now), now)

    found = collect.come_back("fake", request(ref=begun.ref), now)

    assert found is not None
    assert set(vars(found)) == {
        "attempt_id", "order_id", "charge_id", "provider", "state", "code",
    }  # fmt: skip


def test_case_38_a_cancellation_while_the_answer_is_under_way_ends_in_review(
    app: Flask, now: datetime, fake: Fake
) -> None:
    charge = make.owed(now)
    begun = make.begun(charge, now)
    fake.pay(begun.ref)
    fake.after["query"] = lambda: make.end_order(charge, OrderState.CANCELLED)

    collect.ask(begun.attempt_id, now)

    assert make.attempt(begun.attempt_id).verdict == "late"
    assert make.order_of(charge).state == OrderState.CANCELLED


def test_case_38_control_facts_read_before_the_call_would_pay_a_dead_order(
    app: Flask, now: datetime, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    charge = make.owed(now)
    begun = make.begun(charge, now)
    fake.pay(begun.ref)
    answer = answers.Answer(
        "fake",
        fake.query(as_told(make.attempt(begun.attempt_id)), {}),
        "query",
        now,
        begun.attempt_id,
    )
    with transaction():
        early = answers.read_facts(answer, lock(begun.attempt_id))
    make.end_order(charge, OrderState.CANCELLED)
    monkeypatch.setattr(answers, "read_facts", lambda *_: early)

    with transaction():
        applied = answers.apply(answer)

    assert applied.verdict == "paid"
    assert make.order_of(charge).state == OrderState.CANCELLED


def test_case_38_expiry_and_payment_at_once_give_one_of_two_endings(
    app: Flask, now: datetime, fake: Fake
) -> None:
    for _ in range(5):
        charge = make.owed(now)
        begun = make.begun(charge, now)
        fake.pay(begun.ref)
        notice = fake.notification(begun.ref)
        order_id = charge.order_id
        late = make.order_of(charge).pay_by_at
        assert late is not None
        late = late.replace(year=late.year + 1)

        def race(
            place: int,
            notice: RawRequest = notice,
            order_id: int = order_id,
            late: datetime = late,
        ) -> object:
            if place % 2:
                return collect.notified("fake", notice, now).status
            with transaction():
                return cancel.expire(order_id, late)

        results = make.at_once(4, race)

        state = make.order_of(charge).state
        paid = make.state(begun.attempt_id)
        assert not [one for one in results if isinstance(one, Exception)]
        assert (state, paid) in {
            (OrderState.ACCEPTED, A.PAID),
            (OrderState.EXPIRED, A.REVIEW),
        }
        assert make.count_rows(charge) == 1


def test_case_39_two_attempts_paid_at_once_one_fulfils(
    app: Flask, now: datetime, providers: Providers
) -> None:
    other = providers.add(kind("other"))
    for _ in range(5):
        charge = make.owed(now)
        first = make.begun(charge, now)
        second = make.beside(charge, now, "other")
        providers.fake.pay(first.ref)
        other.pay(second.ref)
        notices = [
            ("fake", providers.fake.notification(first.ref)),
            ("other", other.notification(second.ref)),
        ]

        def deliver(place: int, notices: list[tuple[str, RawRequest]] = notices) -> int:
            return collect.notified(*notices[place % 2], now).status

        acks = make.at_once(6, deliver)

        assert acks == [200] * 6
        states = {make.state(first.attempt_id), make.state(second.attempt_id)}
        assert states == {A.PAID, A.REVIEW}
        assert make.count_events(charge, EventKind.PAID) == 1


def test_case_39_the_database_refuses_a_second_fulfilling_payment(
    app: Flask, now: datetime, providers: Providers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the rule: blind to the first payment, the index still holds."""
    other = providers.add(kind("other"))
    charge = make.owed(now)
    first = make.begun(charge, now)
    second = make.beside(charge, now, "other")
    providers.fake.pay(first.ref)
    other.pay(second.ref)
    collect.notified("fake", providers.fake.notification(first.ref), now)
    monkeypatch.setattr(ledger, "charge_is_paid", lambda _: False)
    monkeypatch.setattr(pay, "charge_covered", lambda *_: None)

    ack = collect.notified("other", other.notification(second.ref), now)

    assert ack.status == 500
    assert make.state(second.attempt_id) is A.PENDING


def test_eight_returns_and_notifications_at_once_are_one_payment(
    app: Flask, now: datetime, fake: Fake
) -> None:
    """C10: the callback and the browser arrive together."""
    charge = make.owed(now)
    begun = make.begun(charge, now)
    fake.pay(begun.ref)
    notice = fake.notification(begun.ref)

    def arrive(place: int) -> object:
        if place % 2:
            return collect.notified("fake", notice, now).status
        found = collect.come_back("fake", request(ref=begun.ref), now)
        assert found is not None
        return found.state

    results = make.at_once(8, arrive)

    assert not [one for one in results if isinstance(one, Exception)]
    assert make.state(begun.attempt_id) is A.PAID
    assert make.count_rows(charge) == 1


def test_two_clicks_at_once_leave_one_charge_owed_once(
    app: Flask, now: datetime, fake: Fake
) -> None:
    charge = make.owed(now)
    charge_id = charge.id

    results = make.at_once(4, lambda _: collect.begin(charge_id, "fake", urls, now).ref)

    begun = [one for one in results if isinstance(one, str)]
    assert begun
    for ref in begun:
        if ref in fake.accounts:
            fake.pay(ref)
    for attempt in make.attempts(charge):
        collect.ask(attempt.id, now)
    assert sum(one.fulfils for one in make.attempts(charge)) == 1
