"""Attempts from beginning to end: cases 14, 15, 37-41, 45 and 49 of payments.md 12."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from flask import Flask

from shop.db import write
from shop.kernel.money import Money
from shop.orders import ledger
from shop.orders.models import Charge
from shop.orders.states import EventKind, OrderState
from shop.payments import answers, attempts, collect, rules
from shop.payments.provider import Outcome, ProviderError
from shop.payments.rules import AttemptState
from tests.payments import make
from tests.payments.fake import Fake, Providers, kind, request, urls

A = AttemptState
LOST = ProviderError("transport", unknown=True)


def test_a_paid_attempt_pays_its_charge_and_the_order_is_taken_on(
    app: Flask, now: datetime, fake: Fake
) -> None:
    charge = make.owed(now)
    begun = make.begun(charge, now)
    fake.pay(begun.ref)

    ack = collect.notified("fake", fake.notification(begun.ref), now)

    assert (ack.status, ack.body) == (200, b"success")
    assert make.state(begun.attempt_id) is A.PAID
    assert make.standing(charge).is_paid
    assert make.order_of(charge).state == OrderState.ACCEPTED
    assert make.count_events(charge, EventKind.PAID) == 1
    assert make.count_messages(charge, "paid") == 1


def test_the_attempt_is_written_before_the_provider_is_called(
    app: Flask, now: datetime, fake: Fake
) -> None:
    charge = make.owed(now)
    seen: list[str] = []
    fake.before["begin"] = lambda: seen.extend(
        one.state for one in make.attempts(charge)
    )

    make.begun(charge, now)

    assert seen == ["created"]


def test_an_attempt_ends_a_minute_before_the_pay_by(
    app: Flask, now: datetime, fake: Fake
) -> None:
    charge = make.owed(now, pay_by=timedelta(minutes=10))

    begun = make.begun(charge, now)

    ends = make.attempt(begun.attempt_id).expires_at
    assert ends == now + timedelta(minutes=9)


def test_nothing_begins_when_less_than_two_minutes_are_left(
    app: Flask, now: datetime, fake: Fake
) -> None:
    charge = make.owed(now, pay_by=timedelta(seconds=119))

    with pytest.raises(rules.TooLateToPay):
        make.begun(charge, now)

    assert make.attempts(charge) == []
    assert fake.calls == []


def test_a_paid_charge_is_not_collected_again(
    app: Flask, now: datetime, fake: Fake
) -> None:
    charge = make.owed(now)
    paid(charge, fake, now)

    with pytest.raises(rules.NotPayable) as refusal:
        make.begun(charge, now + timedelta(minutes=1))

    assert refusal.value.paid


def test_a_void_charge_is_not_collected(app: Flask, now: datetime, fake: Fake) -> None:
    charge = make.owed(now)
    make.end_order(charge, OrderState.EXPIRED)

    with pytest.raises(rules.NotPayable) as refusal:
        make.begun(charge, now)

    assert not refusal.value.paid


def test_an_amount_outside_the_limits_is_refused_with_them(
    app: Flask, now: datetime, providers: Providers
) -> None:
    providers.add(kind("small", max_minor=500))
    charge = make.owed(now, 501)

    with pytest.raises(rules.AmountNotPayable) as refusal:
        make.begun(charge, now, "small")

    assert refusal.value.most == Money(500, "CNY")
    assert make.attempts(charge) == []


def test_a_second_click_gets_the_same_step(
    app: Flask, now: datetime, fake: Fake
) -> None:
    charge = make.owed(now)
    first = make.begun(charge, now)

    second = make.begun(charge, now + timedelta(seconds=5))

    assert second == first
    assert fake.calls == ["begin"]


def test_a_reload_shows_the_same_step(app: Flask, now: datetime, fake: Fake) -> None:
    begun = make.begun(make.owed(now), now)

    assert attempts.step_of(make.attempt(begun.attempt_id)) == begun.next


def test_a_new_attempt_closes_the_one_before_at_its_provider(
    app: Flask, now: datetime, fake: Fake
) -> None:
    charge = make.owed(now)
    first = make.begun(charge, now)

    second = make.begun(charge, now + timedelta(minutes=2))

    assert make.state(first.attempt_id) is A.CANCELLED
    assert fake.accounts[first.ref].outcome is Outcome.CLOSED
    assert second.ref != first.ref


def test_a_payment_nobody_told_us_of_is_found_before_another_begins(
    app: Flask, now: datetime, fake: Fake
) -> None:
    charge = make.owed(now)
    first = make.begun(charge, now)
    fake.pay(first.ref)

    with pytest.raises(rules.NotPayable):
        make.begun(charge, now + timedelta(minutes=2))

    assert make.state(first.attempt_id) is A.PAID
    assert len(make.attempts(charge)) == 1


def test_a_definite_refusal_at_the_beginning_is_a_failure(
    app: Flask, now: datetime, fake: Fake
) -> None:
    charge = make.owed(now)
    fake.fails["begin"] = ProviderError("rejected", "-12")

    with pytest.raises(ProviderError):
        make.begun(charge, now)

    (attempt,) = make.attempts(charge)
    assert (attempt.state, attempt.code) == ("failed", "-12")
    assert attempt.next_ask_at is None


def test_case_14_a_notification_may_overtake_the_answer_to_begin(
    app: Flask, now: datetime, fake: Fake
) -> None:
    charge = make.owed(now)

    def overtake() -> None:
        (ref,) = fake.accounts
        fake.pay(ref)
        collect.notified("fake", fake.notification(ref), now)

    fake.after["begin"] = overtake

    begun = make.begun(charge, now)

    attempt = make.attempt(begun.attempt_id)
    assert attempt.state == A.PAID
    assert attempt.provider_ref == f"p{begun.ref}"
    assert make.count_rows(charge) == 1


def test_case_15_a_return_asks_and_a_later_notification_changes_nothing(
    app: Flask, now: datetime, fake: Fake
) -> None:
    charge = make.owed(now)
    begun = make.begun(charge, now)
    waiting = collect.come_back("fake", request(ref=begun.ref), now)
    fake.pay(begun.ref)
    later = now + timedelta(seconds=5)

    found = collect.come_back("fake", request(ref=begun.ref), later)
    ack = collect.notified("fake", fake.notification(begun.ref), later)

    assert waiting is not None
    assert waiting.is_waiting
    assert found is not None
    assert found.state is A.PAID
    assert ack.status == 200
    assert make.count_rows(charge) == 1
    assert make.verdicts(begun.attempt_id) == ["pending", "paid", "already"]


def test_a_return_claims_nothing(app: Flask, now: datetime, fake: Fake) -> None:
    charge = make.owed(now)
    begun = make.begun(charge, now)

    found = collect.come_back("fake", request(ref=begun.ref, status="OK"), now)

    assert found is not None
    assert found.state is A.PENDING
    assert make.count_rows(charge) == 0


def test_a_return_of_nothing_of_ours_finds_nothing(
    app: Flask, now: datetime, fake: Fake
) -> None:
    make.begun(make.owed(now), now)

    assert collect.come_back("fake", request(ref="123456789012"), now) is None
    assert collect.come_back("fake", request(other="x"), now) is None


def test_case_15_a_reloaded_return_asks_once_in_three_seconds(
    app: Flask, now: datetime, fake: Fake
) -> None:
    begun = make.begun(make.owed(now), now)

    for second in range(4):
        at = now + timedelta(seconds=second)
        collect.come_back("fake", request(ref=begun.ref), at)

    assert fake.calls.count("query") == 2


def test_who_comes_back_for_the_first_time_is_asked_about_at_once(
    app: Flask, now: datetime, fake: Fake
) -> None:
    begun = make.begun(make.owed(now), now)
    collect.ask(begun.attempt_id, now)  # the worker, a second before the buyer
    fake.pay(begun.ref)

    found = collect.come_back("fake", request(ref=begun.ref), now)

    assert found is not None
    assert found.state is A.PAID


def test_a_silent_provider_makes_its_last_word_old(
    app: Flask, now: datetime, fake: Fake
) -> None:
    begun = make.begun(make.owed(now), now)
    fake.fails["query"] = LOST

    with pytest.raises(ProviderError):
        collect.ask(begun.attempt_id, now)

    assert make.state(begun.attempt_id) is A.PENDING
    assert make.attempt(begun.attempt_id).code == attempts.SILENT


def test_another_wish_is_not_the_same_click(
    app: Flask, now: datetime, fake: Fake
) -> None:
    charge = make.owed(now)
    plain = make.begun(charge, now)

    again = make.begun(charge, now)
    wish = attempts.Payer(options={"instalments": "3"})
    split = collect.begin(charge.id, "fake", urls, now, wish)

    assert again.attempt_id == plain.attempt_id
    assert split.attempt_id != plain.attempt_id


def test_a_return_without_an_answer_leaves_the_attempt_waiting(
    app: Flask, now: datetime, fake: Fake
) -> None:
    begun = make.begun(make.owed(now), now)
    fake.fails["query"] = LOST

    found = collect.come_back("fake", request(ref=begun.ref), now)

    assert found is not None
    assert found.is_waiting


def test_case_37_a_lost_beginning_is_unknown_and_asked_before_the_next(
    app: Flask, now: datetime, fake: Fake
) -> None:
    charge = make.owed(now)
    fake.fails["after:begin"] = LOST
    with pytest.raises(ProviderError):
        make.begun(charge, now)
    (first,) = make.attempts(charge)
    unsure = first.state
    fake.calls.clear()

    second = make.begun(charge, now + timedelta(seconds=30))

    assert unsure == A.UNKNOWN
    assert fake.calls == ["close", "query", "begin"]
    assert second.ref != first.merchant_ref
    assert fake.accounts[first.merchant_ref].outcome is Outcome.CLOSED


def test_case_37_nothing_new_begins_while_nobody_answers_about_the_old(
    app: Flask, now: datetime, fake: Fake
) -> None:
    charge = make.owed(now)
    fake.fails["after:begin"] = LOST
    with pytest.raises(ProviderError):
        make.begun(charge, now)
    fake.fails["close"] = LOST

    with pytest.raises(rules.StillUnclear):
        make.begun(charge, now + timedelta(seconds=30))

    assert len(make.attempts(charge)) == 1


def test_case_37_control_without_the_question_both_are_paid(
    app: Flask, now: datetime, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collect, "_clear_the_way", lambda *_: None)
    charge = make.owed(now)
    fake.fails["after:begin"] = LOST
    with pytest.raises(ProviderError):
        make.begun(charge, now)
    (first,) = make.attempts(charge)
    fake.pay(first.merchant_ref)

    second = make.begun(charge, now)
    fake.pay(second.ref)
    collect.ask(first.id, now)
    collect.ask(second.attempt_id, now)

    assert make.standing(charge).captured == Money(20_000, "CNY")


def test_an_attempt_never_shown_does_not_stand_in_the_way_for_ever(
    app: Flask, now: datetime, providers: Providers
) -> None:
    """ZarinPal cannot be asked without the authority that was lost with the answer."""
    mute = providers.add(kind("mute", can_close=False))
    charge = make.owed(now)
    mute.fails["begin"] = LOST
    with pytest.raises(ProviderError):
        make.begun(charge, now, "mute")
    mute.fails["query"] = ProviderError("protocol", "authority")

    second = make.begun(charge, now + timedelta(minutes=1), "mute")

    assert make.state(second.attempt_id) is A.PENDING


@pytest.mark.parametrize("over", [OrderState.EXPIRED, OrderState.CANCELLED])
def test_case_38_money_after_the_end_of_the_order_is_kept_for_review(
    app: Flask, now: datetime, fake: Fake, over: OrderState
) -> None:
    charge = make.owed(now)
    begun = make.begun(charge, now)
    make.end_order(charge, over)
    fake.pay(begun.ref)

    ack = collect.notified("fake", fake.notification(begun.ref), now)

    assert ack.status == 200
    assert make.state(begun.attempt_id) is A.REVIEW
    assert make.attempt(begun.attempt_id).verdict == "late"
    assert make.order_of(charge).state == over
    assert make.standing(charge).excess == Money(10_000, "CNY")
    assert make.count_events(charge, EventKind.PAID_LATE) == 1
    assert make.count_events(charge, EventKind.PAID) == 0


def test_money_for_an_ended_attempt_of_a_living_order_pays_it(
    app: Flask, now: datetime, fake: Fake
) -> None:
    charge = make.owed(now)
    begun = make.begun(charge, now)
    collect.close(begun.attempt_id, now)
    fake.pay(begun.ref)

    collect.notified("fake", fake.notification(begun.ref), now)

    assert make.state(begun.attempt_id) is A.PAID
    assert make.standing(charge).is_paid


def test_case_39_two_attempts_paid_the_first_fulfils_the_second_waits(
    app: Flask, now: datetime, providers: Providers
) -> None:
    fake, other = providers.fake, providers.add(kind("other"))
    charge = make.owed(now)
    first = make.begun(charge, now)
    second = make.beside(charge, now, "other")
    fake.pay(first.ref)
    other.pay(second.ref)

    collect.notified("other", other.notification(second.ref), now)
    collect.notified("fake", fake.notification(first.ref), now)

    assert make.state(second.attempt_id) is A.PAID
    assert make.state(first.attempt_id) is A.REVIEW
    assert make.attempt(first.attempt_id).verdict == "second"
    standing = make.standing(charge)
    assert standing.paid == Money(10_000, "CNY")
    assert standing.excess == Money(10_000, "CNY")
    assert make.count_events(charge, EventKind.PAID) == 1


def test_case_40_a_charge_that_changed_after_the_beginning_is_not_paid_by_it(
    app: Flask, now: datetime, fake: Fake
) -> None:
    charge = make.owed(now)
    begun = make.begun(charge, now)
    make.change_charge(charge, 12_000)
    fake.pay(begun.ref)

    collect.notified("fake", fake.notification(begun.ref), now)

    attempt = make.attempt(begun.attempt_id)
    assert attempt.amount == Money(10_000, "CNY")
    assert (attempt.state, attempt.verdict) == ("review", "changed")
    assert not make.standing(charge).is_paid


def test_case_41_the_amount_comes_from_the_charge_alone(
    app: Flask, now: datetime, fake: Fake
) -> None:
    charge = make.owed(now, 12_345)
    payer = attempts.Payer(options={"amount": "1", "total": "1", "minor": "1"})

    begun = collect.begin(charge.id, "fake", urls, now, payer)

    assert fake.accounts[begun.ref].amount == Money(12_345, "CNY")


@pytest.mark.parametrize("paid", [1, 9_999, 10_001, 1_000_000])
def test_case_05_another_amount_is_recorded_and_never_fulfils(
    app: Flask, now: datetime, fake: Fake, paid: int
) -> None:
    charge = make.owed(now)
    begun = make.begun(charge, now)
    fake.pay(begun.ref, Money(paid, "CNY"))

    collect.notified("fake", fake.notification(begun.ref), now)

    attempt = make.attempt(begun.attempt_id)
    assert (attempt.state, attempt.verdict) == ("review", "mismatch")
    assert attempt.captured == Money(paid, "CNY")
    assert make.standing(charge).paid == Money(0, "CNY")
    assert make.standing(charge).captured == Money(paid, "CNY")


def test_another_currency_never_fulfils(app: Flask, now: datetime, fake: Fake) -> None:
    charge = make.owed(now)
    begun = make.begun(charge, now)
    fake.pay(begun.ref, Money(10_000, "IRR"))

    collect.notified("fake", fake.notification(begun.ref), now)

    attempt = make.attempt(begun.attempt_id)
    assert (attempt.state, attempt.verdict) == ("review", "currency")
    assert make.count_rows(charge) == 0


def test_a_payment_without_its_amount_counts_only_with_it(
    app: Flask, now: datetime, fake: Fake
) -> None:
    charge = make.owed(now)
    begun = make.begun(charge, now)
    fake.pay(begun.ref)
    bare = fake.notification(begun.ref, minor=None)

    collect.notified("fake", bare, now)
    unsure = make.state(begun.attempt_id)
    collect.ask(begun.attempt_id, now)

    assert unsure is A.UNKNOWN
    assert make.state(begun.attempt_id) is A.PAID


def test_case_27_a_transaction_number_counts_for_one_attempt_only(
    app: Flask, now: datetime, fake: Fake
) -> None:
    """A genuine reference that already paid another order."""
    cheap, dear = make.owed(now), make.owed(now)
    one, two = make.begun(cheap, now), make.begun(dear, now)
    fake.pay(one.ref, txn="same")
    fake.pay(two.ref, txn="same")
    collect.ask(one.attempt_id, now)

    collect.ask(two.attempt_id, now)

    attempt = make.attempt(two.attempt_id)
    assert (attempt.state, attempt.verdict) == ("review", "txn_reused")
    assert make.count_rows(dear) == 0


def test_case_24_an_answer_about_another_attempt_is_not_believed(
    app: Flask, now: datetime, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The provider's answer names another order."""
    charge, other = make.owed(now), make.owed(now)
    begun, foreign = make.begun(charge, now), make.begun(other, now)
    fake.pay(begun.ref)
    answer = fake.query
    monkeypatch.setattr(
        fake,
        "query",
        lambda told, values: replace(answer(told, values), attempt_ref=foreign.ref),
    )

    collect.ask(begun.attempt_id, now)

    assert make.attempt(begun.attempt_id).verdict == "foreign"
    assert make.state(foreign.attempt_id) is A.PENDING
    assert make.count_rows(charge) + make.count_rows(other) == 0


def test_the_right_answer_counts_after_one_about_another_attempt(
    app: Flask, now: datetime, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    charge = make.owed(now)
    begun = make.begun(charge, now)
    fake.pay(begun.ref)
    answer = fake.query
    with monkeypatch.context() as wrong:
        wrong.setattr(
            fake,
            "query",
            lambda told, values: replace(answer(told, values), attempt_ref="1" * 16),
        )
        collect.ask(begun.attempt_id, now)

    collect.ask(begun.attempt_id, now)

    attempt = make.attempt(begun.attempt_id)
    assert (attempt.state, attempt.verdict) == ("review", "under_review")
    assert make.standing(charge).captured == Money(10_000, "CNY")


def test_case_26_what_a_browser_claimed_is_forgotten_when_it_was_forged(
    app: Flask, now: datetime, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = make.begun(make.owed(now), now)

    def forged(*_: object) -> None:
        raise ProviderError("forged", "SaleOrderId")

    monkeypatch.setattr(fake, "handle_return", forged)

    collect.come_back("fake", request(ref=begun.ref, sale="999"), now)

    assert "sale" not in make.attempt(begun.attempt_id).meta
    assert make.verdicts(begun.attempt_id) == ["rejected"]


def test_what_a_browser_claimed_is_kept_for_the_next_question(
    app: Flask, now: datetime, fake: Fake
) -> None:
    begun = make.begun(make.owed(now), now)

    collect.come_back("fake", request(ref=begun.ref, sale="999"), now)

    assert make.attempt(begun.attempt_id).meta["sale"] == "999"


def test_case_45_a_notification_of_a_refund_is_no_payment(
    app: Flask, now: datetime, fake: Fake
) -> None:
    charge = make.owed(now)
    begun = paid(charge, fake, now)
    notice = fake.notification(begun.ref, id="n2", refund_ref="unknown-refund")

    ack = collect.notified("fake", notice, now)

    assert ack.status == 200
    assert make.state(begun.attempt_id) is A.PAID
    assert make.count_rows(charge) == 1
    assert make.count_events(charge, EventKind.PAID) == 1
    assert make.verdicts(begun.attempt_id)[-1] == "refund_notice"


def test_case_49_a_commit_that_fails_is_not_acknowledged_and_heals(
    app: Flask, now: datetime, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    charge = make.owed(now)
    begun = make.begun(charge, now)
    fake.pay(begun.ref)

    def breaks(*_: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as broken:
        broken.setattr(ledger, "record", breaks)
        first = collect.notified("fake", fake.notification(begun.ref), now)
    kept = make.state(begun.attempt_id), make.verdicts(begun.attempt_id)
    second = collect.notified("fake", fake.notification(begun.ref), now)

    assert (first.status, first.body) == (500, b"fail")
    assert kept == (A.PENDING, [])
    assert second.status == 200
    assert make.state(begun.attempt_id) is A.PAID


def test_case_49_control_an_ack_before_the_commit_loses_the_payment(
    app: Flask, now: datetime, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the shop would do if it answered first: the bank never sends again."""
    begun = make.begun(make.owed(now), now)
    fake.pay(begun.ref)
    event, acked = fake.handle_notify(
        fake.notification(begun.ref), {"secret": "good"}, now
    )
    assert event is not None
    answer = answers.Answer("fake", event, "notify", now)
    monkeypatch.setattr(ledger, "record", lambda _: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        write(lambda: answers.apply(answer))

    assert acked.status == 200

    assert make.state(begun.attempt_id) is A.PENDING


def test_case_01_a_forged_notification_changes_nothing_and_is_kept_once(
    app: Flask, now: datetime, fake: Fake
) -> None:
    charge = make.owed(now)
    begun = make.begun(charge, now)
    fake.pay(begun.ref)
    forged = fake.notification(begun.ref, key="bad")

    acks = [collect.notified("fake", forged, now).status for _ in range(3)]

    assert acks == [400, 400, 400]
    assert make.state(begun.attempt_id) is A.PENDING
    assert make.count_refused() == 1


def test_case_54_a_flood_of_forged_notifications_stops_writing(
    app: Flask, now: datetime, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collect, "MAX_REFUSED", 3)
    begun = make.begun(make.owed(now), now)

    for number in range(6):
        forged = fake.notification(begun.ref, key=f"bad{number}")
        collect.notified("fake", forged, now)

    assert make.count_refused() == 3


def test_a_notification_larger_than_any_real_one_is_refused_unread(
    app: Flask, now: datetime, fake: Fake
) -> None:
    huge = request(b"x" * (collect.MAX_NOTIFY_BYTES + 1))

    assert collect.notified("fake", huge, now).status == 413


def test_a_provider_that_never_notifies_answers_404(
    app: Flask, now: datetime, providers: Providers
) -> None:
    assert collect.notified("card_transfer", request(b"{}"), now).status == 404
    assert collect.notified("nobody", request(b"{}"), now).status == 404


def test_an_authentic_notification_of_an_unknown_attempt_is_kept(
    app: Flask, now: datetime, fake: Fake
) -> None:
    fake.pay("123456789012345", Money(5, "CNY"))

    ack = collect.notified("fake", fake.notification("123456789012345"), now)

    assert ack.status == 200
    assert make.all_verdicts() == ["unknown_attempt"]


def test_an_order_may_end_once_its_attempts_are_closed(
    app: Flask, now: datetime, fake: Fake
) -> None:
    charge = make.owed(now)
    begun = make.begun(charge, now)

    assert collect.give_up(charge.order_id, now)

    assert make.state(begun.attempt_id) is A.CANCELLED


def test_an_order_found_paid_while_closing_may_not_end(
    app: Flask, now: datetime, fake: Fake
) -> None:
    charge = make.owed(now)
    begun = make.begun(charge, now)
    fake.pay(begun.ref)

    assert not collect.give_up(charge.order_id, now)

    assert make.state(begun.attempt_id) is A.PAID


def test_an_order_whose_provider_is_silent_may_not_end_yet(
    app: Flask, now: datetime, fake: Fake
) -> None:
    charge = make.owed(now)
    make.begun(charge, now)
    fake.fails["close"] = LOST

    assert not collect.give_up(charge.order_id, now)


def paid(charge: Charge, fake: Fake, now: datetime) -> collect.Begun:
    begun = make.begun(charge, now)
    fake.pay(begun.ref)
    collect.notified("fake", fake.notification(begun.ref), now)
    return begun
