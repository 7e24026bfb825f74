"""Giving money back: cases 43, 44 and 48 of payments.md 12, S37."""

from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from shop.db import db, transaction
from shop.kernel.money import Money
from shop.orders import promises
from shop.orders.states import EventKind, OrderState, PromiseKind
from shop.payments import collect, refunds, review, rules, settings
from shop.payments.models import PaymentAttempt, Refund
from shop.payments.provider import (
    Attempt,
    ProviderError,
    Refunding,
    RefundResult,
)
from shop.payments.refunds import Wanted
from shop.payments.rules import AttemptState, RefundState
from tests.payments import make
from tests.payments.fake import Fake, Providers, kind, request

A, R = AttemptState, RefundState
LOST = ProviderError("transport", unknown=True)


def test_a_refund_names_its_method_target_and_promised_date(
    app: Flask, now: datetime, fake: Fake
) -> None:
    _charge, attempt_id = make.paid(fake, now)

    refund = asked(attempt_id, 4_000, now)

    assert (refund.method, refund.state) == ("alipay", "requested")
    assert date(2026, 11, 24) <= refund.promised_on <= date(2026, 12, 14)
    order = make.order_of(_charge)
    (given,) = [
        one for one in promises.open_promises(order) if one.kind == PromiseKind.REFUND
    ]
    assert given.due_on == refund.promised_on
    assert make.count_events(_charge, EventKind.REFUND_REQUESTED) == 1


def test_a_refund_that_arrived_is_in_the_ledger_and_keeps_its_promise(
    app: Flask, now: datetime, fake: Fake
) -> None:
    charge, attempt_id = make.paid(fake, now)
    refund = approved(attempt_id, 4_000, now)

    state = collect.send_refund(refund.id, now)

    assert state == R.SETTLED
    assert fake.refunded == {refund.merchant_ref: 4_000}
    assert make.standing(charge).refunded == Money(4_000, "CNY")
    assert make.state(attempt_id) is A.PARTIALLY_REFUNDED
    assert make.count_events(charge, EventKind.REFUNDED) == 1
    kinds = {one.kind for one in promises.open_promises(make.order_of(charge))}
    assert PromiseKind.REFUND not in kinds


def test_giving_all_of_it_back_in_two_parts_ends_refunded(
    app: Flask, now: datetime, fake: Fake
) -> None:
    charge, attempt_id = make.paid(fake, now)

    for minor in (4_000, 6_000):
        collect.send_refund(approved(attempt_id, minor, now).id, now)

    assert make.state(attempt_id) is A.REFUNDED
    assert make.standing(charge).refunded == Money(10_000, "CNY")


def test_nothing_is_sent_before_somebody_approved(
    app: Flask, now: datetime, fake: Fake
) -> None:
    _charge, attempt_id = make.paid(fake, now)
    refund = asked(attempt_id, 4_000, now)

    assert collect.send_refund(refund.id, now) == R.REQUESTED

    assert fake.refund_calls == []


def test_a_refused_refund_frees_its_money(
    app: Flask, now: datetime, fake: Fake
) -> None:
    _charge, attempt_id = make.paid(fake, now)
    refund = asked(attempt_id, 4_000, now)

    with transaction():
        refunds.refuse(refund.id, now)

    assert make.attempt(attempt_id).refundable == Money(10_000, "CNY")
    assert refunds.state_of(refund.id) is R.REFUSED


def test_the_same_form_twice_is_one_refund(
    app: Flask, now: datetime, fake: Fake
) -> None:
    _charge, attempt_id = make.paid(fake, now)

    first, second = asked(attempt_id, 4_000, now), asked(attempt_id, 4_000, now)

    assert first.id == second.id
    assert make.attempt(attempt_id).refundable == Money(6_000, "CNY")


def test_one_form_cannot_ask_for_two_refunds(
    app: Flask, now: datetime, fake: Fake
) -> None:
    _charge, attempt_id = make.paid(fake, now)
    asked(attempt_id, 4_000, now, "form")

    with pytest.raises(rules.SameKeyOtherRefund):
        asked(attempt_id, 5_000, now, "form")


@pytest.mark.parametrize("minor", [10_001, 10**12])
def test_more_than_came_is_refused_with_what_is_left(
    app: Flask, now: datetime, fake: Fake, minor: int
) -> None:
    _charge, attempt_id = make.paid(fake, now)

    with pytest.raises(rules.RefundTooMuch) as refusal:
        asked(attempt_id, minor, now)

    assert refusal.value.left == Money(10_000, "CNY")
    assert make.attempt(attempt_id).refundable == Money(10_000, "CNY")


@pytest.mark.parametrize("minor", [0, -1])
def test_nothing_and_less_are_no_refund(
    app: Flask, now: datetime, fake: Fake, minor: int
) -> None:
    _charge, attempt_id = make.paid(fake, now)

    with pytest.raises(rules.RefundTooSmall):
        asked(attempt_id, minor, now)


def test_below_the_providers_least_is_refused_with_it(
    app: Flask, now: datetime, providers: Providers
) -> None:
    coarse = providers.add(kind("coarse", min_refund_minor=500))
    _charge, attempt_id = make.paid(coarse, now)

    with pytest.raises(rules.RefundTooSmall) as refusal:
        asked(attempt_id, 499, now)

    assert refusal.value.least == Money(500, "CNY")


def test_what_was_never_paid_cannot_go_back(
    app: Flask, now: datetime, fake: Fake
) -> None:
    begun = make.begun(make.owed(now), now)

    with pytest.raises(rules.NotRefundable):
        asked(begun.attempt_id, 1, now)


def test_case_43_two_refunds_at_once_never_exceed_the_payment(
    app: Flask, now: datetime, fake: Fake
) -> None:
    _charge, attempt_id = make.paid(fake, now)

    results = make.at_once(
        8, lambda place: asked(attempt_id, 6_000, now, f"form{place}").id
    )

    refused = [one for one in results if isinstance(one, rules.RefundTooMuch)]
    assert len(refused) == 7
    assert make.attempt(attempt_id).refunded_minor == 6_000


def test_case_43_the_statement_itself_holds_when_the_check_saw_too_much(
    app: Flask, now: datetime, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check before it is for the sentence; the conditional update is the guard."""
    _charge, attempt_id = make.paid(fake, now)
    asked(attempt_id, 6_000, now, "first")
    monkeypatch.setattr(rules, "check_refund", lambda *_: None)

    with pytest.raises(rules.RefundTooMuch):
        asked(attempt_id, 6_000, now, "second")

    assert make.attempt(attempt_id).refunded_minor == 6_000


def test_case_43_control_without_the_condition_the_constraint_is_hit(
    app: Flask, now: datetime, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    _charge, attempt_id = make.paid(fake, now)
    asked(attempt_id, 6_000, now, "first")
    monkeypatch.setattr(rules, "check_refund", lambda *_: None)

    def unguarded(attempt: PaymentAttempt, amount: Money) -> None:
        more = PaymentAttempt.refunded_minor + amount.minor
        query = update(PaymentAttempt).where(PaymentAttempt.id == attempt.id)
        db.session.execute(query.values(refunded_minor=more))

    monkeypatch.setattr(refunds, "reserve", unguarded)

    with pytest.raises(IntegrityError):
        asked(attempt_id, 6_000, now, "second")


def test_case_44_a_lost_answer_keeps_the_reservation_and_is_asked_about(
    app: Flask, now: datetime, fake: Fake
) -> None:
    charge, attempt_id = make.paid(fake, now)
    refund = approved(attempt_id, 6_000, now)
    fake.fails["after:refund"] = LOST

    unsure = collect.send_refund(refund.id, now)
    left = make.attempt(attempt_id).refundable
    found = collect.ask_refund(refund.id, now + timedelta(minutes=2))

    assert unsure == R.UNKNOWN
    assert left == Money(4_000, "CNY")
    assert found == R.SETTLED
    assert make.standing(charge).refunded == Money(6_000, "CNY")
    assert fake.refund_calls == [refund.merchant_ref]


def test_case_44_a_call_that_never_arrived_is_repeated_with_the_same_number(
    app: Flask, now: datetime, fake: Fake
) -> None:
    _charge, attempt_id = make.paid(fake, now)
    refund = approved(attempt_id, 6_000, now)
    fake.fails["refund"] = LOST
    collect.send_refund(refund.id, now)

    found = collect.ask_refund(refund.id, now + timedelta(minutes=2))

    assert found == R.SETTLED
    assert fake.refund_calls == [refund.merchant_ref] * 2
    assert fake.refunded == {refund.merchant_ref: 6_000}


def test_case_44_without_a_key_a_lost_refund_is_never_repeated_by_itself(
    app: Flask, now: datetime, providers: Providers
) -> None:
    keyless = providers.add(kind("keyless", refund_idempotent=False))
    charge, attempt_id = make.paid(keyless, now)
    refund = approved(attempt_id, 6_000, now)
    keyless.fails["after:refund"] = LOST
    collect.send_refund(refund.id, now)

    for hour in range(1, 6):
        collect.ask_refund(refund.id, now + timedelta(hours=hour))
        collect.send_refund(refund.id, now + timedelta(hours=hour))

    assert len(keyless.refund_calls) == 1
    assert refunds.state_of(refund.id) is R.UNKNOWN
    with transaction():
        refunds.decide_by_hand(
            refund.id, happened=True, who="staff:1", reference="B7", now=now
        )
    assert refunds.state_of(refund.id) is R.SETTLED
    assert make.standing(charge).refunded == Money(6_000, "CNY")


def test_case_44_control_repeating_without_a_key_pays_twice(
    app: Flask, now: datetime, providers: Providers, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyless = providers.add(kind("keyless", refund_idempotent=False))
    _charge, attempt_id = make.paid(keyless, now)
    refund = approved(attempt_id, 6_000, now)
    keyless.fails["after:refund"] = LOST
    collect.send_refund(refund.id, now)
    monkeypatch.setattr(refunds, "_is_idempotent", lambda *_: True)

    collect.send_refund(refund.id, now + timedelta(hours=1))

    assert sum(keyless.refunded.values()) == 12_000


def test_a_person_may_say_that_a_lost_refund_never_happened(
    app: Flask, now: datetime, providers: Providers
) -> None:
    keyless = providers.add(kind("keyless", refund_idempotent=False))
    _charge, attempt_id = make.paid(keyless, now)
    refund = approved(attempt_id, 6_000, now)
    keyless.fails["refund"] = LOST
    collect.send_refund(refund.id, now)

    with transaction():
        refunds.decide_by_hand(
            refund.id, happened=False, who="staff:1", reference="", now=now
        )

    assert refunds.state_of(refund.id) is R.FAILED
    assert make.attempt(attempt_id).refundable == Money(10_000, "CNY")


def test_a_crash_between_intent_and_call_is_found_and_healed(
    app: Flask, now: datetime, fake: Fake
) -> None:
    """C12: reserved, the call not made."""
    _charge, attempt_id = make.paid(fake, now)
    refund = approved(attempt_id, 6_000, now)
    with transaction():
        refunds.take(refund.id, now)

    early = collect.ask_refund(refund.id, now + timedelta(seconds=30))
    found = collect.ask_refund(refund.id, now + timedelta(seconds=90))

    assert early == R.SENT
    assert found == R.SETTLED
    assert fake.refunded == {refund.merchant_ref: 6_000}


def test_a_definite_no_frees_the_money_and_is_told(
    app: Flask, now: datetime, fake: Fake
) -> None:
    charge, attempt_id = make.paid(fake, now)
    refund = approved(attempt_id, 6_000, now)
    fake.fails["refund"] = ProviderError("rejected", "ACQ.SELLER_BALANCE_NOT_ENOUGH")

    assert collect.send_refund(refund.id, now) == R.FAILED

    assert make.attempt(attempt_id).refundable == Money(10_000, "CNY")
    assert make.count_events(charge, EventKind.REFUND_FAILED) == 1
    assert make.state(attempt_id) is A.PAID


def test_a_refund_no_machine_can_make_waits_for_a_person(
    app: Flask, now: datetime, providers: Providers
) -> None:
    charge = make.owed(now, 100_000, **make.TRANSFER)
    begun = make.begun(charge, now, "card_transfer")
    with transaction():
        review.confirm(begun.attempt_id, "staff:1", now)
    refund = approved(begun.attempt_id, 100_000, now, currency="IRR")

    sent = collect.send_refund(refund.id, now)
    with transaction():
        refunds.decide_by_hand(
            refund.id, happened=True, who="staff:1", reference="991", now=now
        )

    assert sent == R.APPROVED
    assert make.standing(charge).refunded == Money(100_000, "IRR")


def test_a_provider_that_refunds_only_all_of_it_leaves_parts_to_people(
    app: Flask, now: datetime, providers: Providers
) -> None:
    whole = providers.add(kind("whole", refund="full"))
    _charge, attempt_id = make.paid(whole, now)

    part = approved(attempt_id, 4_000, now)

    assert part.by_hand
    assert collect.send_refund(part.id, now) == R.APPROVED


def test_a_settled_refund_is_settled_once(
    app: Flask, now: datetime, fake: Fake
) -> None:
    charge, attempt_id = make.paid(fake, now)
    refund = approved(attempt_id, 6_000, now)
    collect.send_refund(refund.id, now)
    notice = fake.notification(
        make.attempt(attempt_id).merchant_ref,
        outcome="refunded",
        refund_ref=refund.merchant_ref,
    )

    for number in range(3):
        body = notice.body.replace(b'"id": ""', b'"id": "n%d"' % number)
        assert collect.notified("fake", request(body), now).status == 200

    assert make.standing(charge).refunded == Money(6_000, "CNY")
    assert make.count_events(charge, EventKind.REFUNDED) == 1


def test_a_notification_can_settle_a_refund_that_is_pending(
    app: Flask, now: datetime, fake: Fake
) -> None:
    charge, attempt_id = make.paid(fake, now)
    refund = approved(attempt_id, 6_000, now)
    fake.fails["refund"] = LOST
    collect.send_refund(refund.id, now)
    notice = fake.notification(
        make.attempt(attempt_id).merchant_ref,
        outcome="refunded",
        id="n1",
        refund_ref=refund.merchant_ref,
    )

    collect.notified("fake", notice, now)

    assert refunds.state_of(refund.id) is R.SETTLED
    assert make.standing(charge).refunded == Money(6_000, "CNY")


def test_case_48_a_refund_of_another_order_is_not_reached_by_its_number(
    app: Flask, now: datetime, fake: Fake
) -> None:
    """The engine's part: views ask for an order's refunds, never for a bare id."""
    mine, attempt_id = make.paid(fake, now)
    other, _attempt_id = make.paid(fake, now)
    refund = asked(attempt_id, 4_000, now)

    assert refunds.find(mine.order_id, refund.id) is not None
    assert refunds.find(other.order_id, refund.id) is None


def test_an_overdue_refund_is_listed_after_its_date(
    app: Flask, now: datetime, fake: Fake
) -> None:
    _charge, attempt_id = make.paid(fake, now)
    refund = asked(attempt_id, 4_000, now)
    day = refund.promised_on

    assert refunds.overdue({"cn": day}) == []
    late = refunds.overdue({"cn": day + timedelta(days=1)})
    assert [one.id for one in late] == [refund.id]


def test_late_money_goes_back_with_one_click(
    app: Flask, now: datetime, fake: Fake
) -> None:
    charge = make.owed(now)
    begun = make.begun(charge, now)
    make.end_order(charge, OrderState.EXPIRED)
    fake.pay(begun.ref)
    collect.ask(begun.attempt_id, now)

    with transaction():
        refund = review.give_back(begun.attempt_id, "staff:1", "click", now)
        again = review.give_back(begun.attempt_id, "staff:1", "click", now)
    collect.send_refund(refund.id, now)

    assert again.id == refund.id
    assert make.state(begun.attempt_id) is A.REFUNDED
    assert make.standing(charge).excess == Money(0, "CNY")


def asked(attempt_id: int, minor: int, now: datetime, key: str = "form") -> Refund:
    with transaction():
        wanted = Wanted(Money(minor, "CNY"), "returned", "staff:1", key)
        return refunds.request(attempt_id, wanted, now)


def approved(
    attempt_id: int, minor: int, now: datetime, currency: str = "CNY"
) -> Refund:
    with transaction():
        wanted = Wanted(Money(minor, currency), "returned", "staff:1", f"form{minor}")
        refund = refunds.request(attempt_id, wanted, now)
        return refunds.approve(refund.id, now)


def test_without_a_key_what_never_arrived_is_sent_again(
    app: Flask, now: datetime, providers: Providers
) -> None:
    keyless = providers.add(kind("keyless", refund_idempotent=False))
    charge, attempt_id = make.paid(keyless, now)
    refund = approved(attempt_id, 4_000, now).id
    keyless.fails["refund"] = ProviderError("transport", "ConnectTimeout")

    assert collect.send_refund(refund, now) == RefundState.APPROVED
    later = now + timedelta(minutes=10)
    assert refund in refunds.due(later)
    assert collect.send_refund(refund, later) == RefundState.SETTLED

    assert keyless.refunded == {"2": 4_000}
    assert make.standing(charge).refunded.minor == 4_000


def test_the_number_of_an_accepted_refund_is_kept_and_asked_with(
    app: Flask, now: datetime, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    _charge, attempt_id = make.paid(fake, now)
    refund = approved(attempt_id, 4_000, now).id
    asked: list[str] = []
    accepted = RefundResult("pending", "theirs-7", "PENDING")
    monkeypatch.setattr(Fake, "refund", lambda *_: accepted)

    def arrived(self: Fake, attempt: Attempt, wanted: Refunding, values: object
    ) -> RefundResult:  # fmt: skip
        asked.append(wanted.txn)
        return RefundResult("succeeded", wanted.txn, "DONE")

    monkeypatch.setattr(Fake, "query_refund", arrived)

    assert collect.send_refund(refund, now) == RefundState.PENDING
    later = now + timedelta(minutes=5)
    assert collect.ask_refund(refund, later) == RefundState.SETTLED

    assert asked == ["theirs-7"]


def test_a_refund_can_be_asked_for_while_the_keys_are_gone(
    app: Flask, now: datetime, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    _charge, attempt_id = make.paid(fake, now)

    def gone(*_: object) -> dict[str, str]:
        raise rules.KeysMissing(fake.code)

    monkeypatch.setattr(settings, "read", gone)

    assert asked(attempt_id, 4_000, now).state == R.REQUESTED
    assert make.attempt(attempt_id).refunded_minor == 4_000
