"""What nobody told us is asked for, and what is over ends: C5-C7 and C12-C13."""

from datetime import datetime, timedelta

import pytest
from flask import Flask

from shop.db import db, transaction
from shop.kernel.money import Money
from shop.orders.states import OrderState
from shop.payments import answers, attempts, collect, reconcile, refunds, settings
from shop.payments.invariants import invariants
from shop.payments.provider import Outcome, ProviderError
from shop.payments.refunds import Wanted
from shop.payments.rules import AttemptState, RefundState
from tests.payments import make
from tests.payments.fake import Fake, Providers, kind

A = AttemptState
LOST = ProviderError("transport", unknown=True)


def test_a_payment_nobody_told_us_of_is_found_within_ten_seconds(
    app: Flask, now: datetime, fake: Fake
) -> None:
    charge = make.owed(now)
    begun = make.begun(charge, now)
    fake.pay(begun.ref)

    early = reconcile.run_due(now + timedelta(seconds=9))
    found = reconcile.run_due(now + timedelta(seconds=10))

    assert (early.asked, found.asked, found.paid) == (0, 1, 1)
    assert make.standing(charge).is_paid


def test_questions_grow_rarer(app: Flask, now: datetime, fake: Fake) -> None:
    make.begun(make.owed(now), now)

    for second in range(0, 14 * 60, 10):
        reconcile.run_due(now + timedelta(seconds=second))

    assert fake.calls.count("query") == 5


def test_an_attempt_that_is_over_is_closed_at_the_provider_first(
    app: Flask, now: datetime, fake: Fake
) -> None:
    begun = make.begun(make.owed(now), now)
    states: list[str] = []
    fake.before["close"] = lambda: states.append(make.state(begun.attempt_id))

    reconcile.run_due(now + timedelta(minutes=15))

    assert states == ["pending"]
    assert make.state(begun.attempt_id) is A.EXPIRED
    assert fake.accounts[begun.ref].outcome is Outcome.CLOSED


def test_money_that_came_while_closing_is_taken(
    app: Flask, now: datetime, fake: Fake
) -> None:
    charge = make.owed(now)
    begun = make.begun(charge, now)
    fake.before["close"] = lambda: fake.pay(begun.ref)

    reconcile.run_due(now + timedelta(minutes=15))

    assert make.state(begun.attempt_id) is A.PAID
    assert make.standing(charge).is_paid


def test_without_an_answer_an_attempt_ends_here_nine_minutes_later(
    app: Flask, now: datetime, fake: Fake
) -> None:
    begun = make.begun(make.owed(now), now)
    states = []
    for minute in range(30):
        fake.fails |= {"close": LOST, "query": LOST}
        reconcile.run_due(now + timedelta(minutes=minute))
        states.append(make.state(begun.attempt_id))

    assert states[23] is A.PENDING
    assert states[24] is A.EXPIRED
    assert make.attempt(begun.attempt_id).code == "unanswered"
    assert invariants(db.session(), now + timedelta(minutes=29)) == []


def test_money_after_a_silent_end_is_still_found(
    app: Flask, now: datetime, fake: Fake
) -> None:
    charge = make.owed(now, pay_by=None)
    begun = make.begun(charge, now)
    fake.pay(begun.ref)
    for minute in range(26):
        fake.fails |= {"close": LOST, "query": LOST}
        reconcile.run_due(now + timedelta(minutes=minute))
    ended = make.state(begun.attempt_id)
    fake.fails.clear()

    for hour in range(1, 3):
        reconcile.run_due(now + timedelta(hours=hour))

    assert ended is A.EXPIRED
    assert make.state(begun.attempt_id) is A.PAID


def test_a_provider_that_cannot_close_is_asked_for_a_day_after_the_end(
    app: Flask, now: datetime, providers: Providers
) -> None:
    mute = providers.add(kind("mute", can_close=False))
    charge = make.owed(now)
    begun = make.begun(charge, now, "mute")
    for minute in range(0, 24 * 60 + 30, 10):
        reconcile.run_due(now + timedelta(minutes=minute))

    assert make.state(begun.attempt_id) is A.EXPIRED
    assert make.attempt(begun.attempt_id).next_ask_at is None
    assert 20 < mute.calls.count("query") < 45


def test_a_crash_before_the_call_leaves_an_attempt_that_ends(
    app: Flask, now: datetime, fake: Fake
) -> None:
    """C5: the row is written, the provider was never called."""
    charge = make.owed(now)
    with transaction():
        attempt_id, _told = attempts.open_new(
            charge.id, settings.get("fake"), attempts.Payer(), now
        )

    for minute in range(26):
        reconcile.run_due(now + timedelta(minutes=minute))

    assert make.state(attempt_id) is A.EXPIRED


def test_a_crash_after_the_call_is_healed_by_asking(
    app: Flask, now: datetime, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C7: the provider answered, the second transaction never ran."""
    charge = make.owed(now)
    begun = make.begun(charge, now)
    fake.pay(begun.ref)
    with monkeypatch.context() as crashed:
        crashed.setattr(answers, "apply", _killed)
        with pytest.raises(KeyboardInterrupt):
            collect.ask(begun.attempt_id, now)

    reconcile.run_due(now + timedelta(minutes=1))

    assert make.state(begun.attempt_id) is A.PAID
    assert make.count_rows(charge) == 1


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_case_20_a_verification_that_was_cut_off_is_asked_again(
    app: Flask, now: datetime, providers: Providers
) -> None:
    """The first verify took the money, its answer was lost."""
    bank = providers.add(kind("bank", needs_verify=True, can_close=False))
    charge = make.owed(now)
    begun = make.begun(charge, now, "bank")
    bank.pay(begun.ref)
    bank.fails["after:query"] = LOST
    with pytest.raises(ProviderError):
        collect.ask(begun.attempt_id, now)
    unsure = make.state(begun.attempt_id)

    reconcile.run_due(now + timedelta(minutes=1))

    assert unsure is A.UNKNOWN
    assert make.state(begun.attempt_id) is A.PAID
    assert make.count_rows(charge) == 1


def test_case_29_a_lost_settlement_is_repeated_and_never_undoes_the_payment(
    app: Flask, now: datetime, providers: Providers
) -> None:
    """Verified, settling timed out."""
    bank = providers.add(
        kind("bank", needs_verify=True, needs_settle=True, can_close=False)
    )
    charge = make.owed(now)
    begun = make.begun(charge, now, "bank")
    bank.pay(begun.ref)
    bank.fails["settle"] = LOST

    collect.ask(begun.attempt_id, now)
    unsettled = make.state(begun.attempt_id)
    reconcile.run_due(now + timedelta(minutes=1))

    assert unsettled is A.PAID
    assert make.state(begun.attempt_id) is A.SETTLED
    assert make.standing(charge).is_paid


def test_listed_payments_we_missed_are_asked_for(
    app: Flask, now: datetime, providers: Providers
) -> None:
    """Case 76 of the lessons: paid, and never returned to the shop."""
    bank = providers.add(kind("bank", needs_verify=True, can_close=False))
    charge = make.owed(now, pay_by=None)
    begun = make.begun(charge, now, "bank")
    later = now + timedelta(hours=26)
    with transaction():
        attempts.stop_asking(begun.attempt_id)
    bank.pay(begun.ref)
    bank.unverified = [begun.ref, "9999999999999999"]

    without = reconcile.run_due(later)
    found = reconcile.run_due(later, unverified=True)

    assert without.asked == 0
    assert (found.asked, found.paid) == (1, 1)
    assert make.standing(charge).is_paid


def test_a_silent_provider_is_left_alone_after_two_calls(
    app: Flask, now: datetime, providers: Providers
) -> None:
    fake, other = providers.fake, providers.add(kind("other"))
    for _ in range(5):
        make.begun(make.owed(now), now)
    late = make.owed(now)
    last = make.begun(late, now, "other")
    other.pay(last.ref)
    fake.calls.clear()

    with pytest.MonkeyPatch.context() as down:
        down.setattr(fake, "query", _down)
        summary = reconcile.run_due(now + timedelta(seconds=30))

    assert summary.silent == {"fake": 2}
    assert make.state(last.attempt_id) is A.PAID


def _down(*_: object) -> None:
    raise ProviderError("transport")


def test_one_broken_attempt_does_not_stop_the_others(
    app: Flask, now: datetime, providers: Providers, caplog: pytest.LogCaptureFixture
) -> None:
    fake, other = providers.fake, providers.add(kind("other"))
    make.begun(make.owed(now), now)
    charge = make.owed(now)
    begun = make.begun(charge, now, "other")
    other.pay(begun.ref)

    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(fake, "query", lambda *_: 1 / 0)
        summary = reconcile.run_due(now + timedelta(seconds=30))

    assert summary.failed == 1
    assert make.standing(charge).is_paid


def test_approved_refunds_are_sent_and_lost_ones_asked_about(
    app: Flask, now: datetime, fake: Fake
) -> None:
    """C13: the bank has refunded, our second transaction never ran."""
    charge, attempt_id = make.paid(fake, now)
    with transaction():
        wanted = Wanted(Money(4_000, "CNY"), "", "staff:1", "form")
        refund = refunds.request(attempt_id, wanted, now)
        refunds.approve(refund.id, now)
    fake.fails["after:refund"] = LOST

    first = reconcile.run_due(now)
    unsure = refunds.state_of(refund.id)
    reconcile.run_due(now + timedelta(minutes=2))

    assert first.refunds == 1
    assert unsure is RefundState.UNKNOWN
    assert refunds.state_of(refund.id) is RefundState.SETTLED
    assert make.standing(charge).refunded == Money(4_000, "CNY")


def test_the_command_is_told_how_far_it_is(
    app: Flask, now: datetime, fake: Fake
) -> None:
    for _ in range(3):
        make.begun(make.owed(now), now)
    steps: list[tuple[int, int]] = []

    reconcile.run_due(
        now + timedelta(seconds=30), on_step=lambda done, of: steps.append((done, of))
    )

    assert steps == [(1, 3), (2, 3), (3, 3)]


def test_a_second_run_changes_nothing(app: Flask, now: datetime, fake: Fake) -> None:
    make.begun(make.owed(now), now)
    at = now + timedelta(minutes=15)
    reconcile.run_due(at)

    again = reconcile.run_due(at)

    assert (again.asked, again.ended, again.paid) == (0, 0, 0)


def test_attempts_by_hand_end_with_their_order(
    app: Flask, now: datetime, providers: Providers
) -> None:
    charge = make.owed(now, 100_000, **make.TRANSFER)
    begun = make.begun(charge, now, "card_transfer")
    before = reconcile.run_due(now + timedelta(hours=3))
    kept = make.state(begun.attempt_id)
    make.end_order(charge, OrderState.EXPIRED)

    reconcile.run_due(now + timedelta(hours=4))

    assert before.asked == 0
    assert kept is A.PENDING
    assert make.state(begun.attempt_id) is A.CANCELLED


@pytest.mark.parametrize("code", ["transport", ""])
def test_three_silent_beginnings_rest_the_method_for_two_minutes(
    app: Flask, now: datetime, fake: Fake, code: str
) -> None:
    error = ProviderError("transport") if code else ProviderError("rejected", "-9")
    for second in range(3):
        fake.fails["begin"] = error
        with pytest.raises(ProviderError):
            make.begun(make.owed(now), now + timedelta(seconds=second))

    rests = settings.down_until("fake", now + timedelta(seconds=30))
    later = settings.down_until("fake", now + timedelta(seconds=123))

    assert (rests is not None) == bool(code)
    assert later is None


def test_an_unpaid_order_ends_after_its_attempts_are_closed(
    app: Flask, now: datetime, fake: Fake
) -> None:
    charge = make.owed(now)
    begun = make.begun(charge, now + timedelta(minutes=20))

    early = reconcile.unpaid(now + timedelta(minutes=30))
    late = reconcile.unpaid(now + timedelta(minutes=30, seconds=1))

    assert (early, late) == (0, 1)
    assert make.order_of(charge).state == OrderState.EXPIRED
    assert fake.accounts[begun.ref].outcome is Outcome.CLOSED


def test_an_order_found_paid_at_its_end_is_kept(
    app: Flask, now: datetime, fake: Fake
) -> None:
    charge = make.owed(now)
    begun = make.begun(charge, now)
    fake.pay(begun.ref)

    assert reconcile.unpaid(now + timedelta(minutes=31)) == 0

    assert make.order_of(charge).state == OrderState.ACCEPTED


def test_an_order_waits_nine_minutes_more_for_a_silent_provider(
    app: Flask, now: datetime, fake: Fake
) -> None:
    make.begun(make.owed(now), now + timedelta(minutes=20))

    counts = []
    for minute in (31, 38, 39):
        fake.fails["close"] = LOST
        counts.append(reconcile.unpaid(now + timedelta(minutes=minute)))

    assert counts == [0, 0, 1]


def test_an_unknown_provider_does_not_stop_the_others(
    app: Flask, now: datetime, providers: Providers
) -> None:
    providers.add(kind("gone"))
    make.begun(make.owed(now), now, "gone")
    del providers.all["gone"]
    make.owed(now)

    assert reconcile.unpaid(now + timedelta(minutes=45)) == 2
