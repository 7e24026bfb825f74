"""The life of an attempt, what an answer changes, and by when: no database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shop.kernel.money import Money
from shop.orders.states import OrderState
from shop.payments import rules
from shop.payments.provider import Caps, Event, Outcome
from shop.payments.rules import (
    ATTEMPT_FLOW,
    AttemptState,
    BadReceipt,
    Candidate,
    Facts,
    StatementLine,
    Verdict,
    decide,
)
from tests.payments.fake import CAPS

A, V = AttemptState, Verdict
NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
HUNDRED = Money(10_000, "CNY")
PAID = Event(Outcome.PAID, "1234567890123456", amount=HUNDRED, provider_txn="t1")
BY_HAND = Caps("IRR", frozenset({"instructions"}))


def facts(**changes: object) -> Facts:
    known = Facts(
        ref="1234567890123456",
        provider_ref="p1",
        provider_txn="",
        state=A.PENDING,
        amount=HUNDRED,
        expires_at=NOW + timedelta(minutes=10),
        captured=False,
        charge=HUNDRED,
        charge_void=False,
        charge_paid=False,
        order_state=OrderState.PLACED,
        txn_taken=False,
    )
    return replace(known, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("state", [A.PAID, A.SETTLING, A.SETTLED])
@pytest.mark.parametrize("wanted", [A.FAILED, A.CANCELLED, A.EXPIRED, A.PENDING])
def test_nothing_moves_backwards_out_of_paid(
    state: AttemptState, wanted: AttemptState
) -> None:
    assert not ATTEMPT_FLOW.allows(state, wanted)


@pytest.mark.parametrize("state", sorted(rules.OPEN | rules.DEAD))
def test_money_is_accepted_from_every_state_without_it(state: AttemptState) -> None:
    assert ATTEMPT_FLOW.allows(state, A.PAID)
    assert ATTEMPT_FLOW.allows(state, A.REVIEW)


@pytest.mark.parametrize("state", [A.REFUNDED, A.REVERSED])
def test_what_went_back_is_over(state: AttemptState) -> None:
    assert ATTEMPT_FLOW.moves[state] == frozenset()


@pytest.mark.parametrize("state", sorted(rules.OPEN | rules.DEAD))
def test_the_right_amount_of_a_living_order_fulfils(state: AttemptState) -> None:
    decision = decide(PAID, facts(state=state), NOW)

    assert (decision.verdict, decision.state) == (V.PAID, A.PAID)
    assert decision.fulfils
    assert decision.capture == HUNDRED


@pytest.mark.parametrize(
    ("known", "verdict"),
    [
        ({"order_state": OrderState.EXPIRED}, V.LATE),
        ({"order_state": OrderState.CANCELLED}, V.LATE),
        ({"charge_void": True}, V.LATE),
        ({"charge_paid": True}, V.SECOND),
        ({"charge": Money(12_000, "CNY")}, V.CHANGED),
        ({"amount": Money(9_999, "CNY")}, V.MISMATCH),
        ({"state": A.REVIEW}, V.UNDER_REVIEW),
    ],
)
def test_money_in_doubt_is_kept_and_fulfils_nothing(
    known: dict[str, object], verdict: Verdict
) -> None:
    decision = decide(PAID, facts(**known), NOW)

    assert (decision.verdict, decision.state) == (verdict, A.REVIEW)
    assert decision.capture == HUNDRED
    assert not decision.fulfils


@pytest.mark.parametrize(
    ("event", "known", "verdict"),
    [
        (replace(PAID, attempt_ref="6543210987654321"), {}, V.FOREIGN),
        (replace(PAID, provider_ref="P1"), {}, V.FOREIGN),
        (PAID, {"txn_taken": True}, V.TXN_REUSED),
        (replace(PAID, amount=Money(10_000, "IRR")), {}, V.CURRENCY),
        (Event(Outcome.UNKNOWN, PAID.attempt_ref, doubt="amount"), {}, V.DOUBT),
    ],
)
def test_an_answer_that_does_not_fit_books_nothing(
    event: Event, known: dict[str, object], verdict: Verdict
) -> None:
    decision = decide(event, facts(**known), NOW)

    assert (decision.verdict, decision.state) == (verdict, A.REVIEW)
    assert decision.capture is None


def test_a_payment_without_an_amount_is_not_believed_yet() -> None:
    decision = decide(replace(PAID, amount=None), facts(), NOW)

    assert (decision.verdict, decision.state) == (V.NO_AMOUNT, A.UNKNOWN)
    assert decision.capture is None


@pytest.mark.parametrize("state", sorted(rules.HOLDING | {A.REFUNDED}))
def test_a_second_answer_about_money_we_have_changes_nothing(
    state: AttemptState,
) -> None:
    known = facts(state=state, captured=True, provider_txn="t1")

    decision = decide(PAID, known, NOW)

    assert (decision.verdict, decision.state) == (V.ALREADY, None)


def test_another_transaction_on_a_paid_attempt_is_pointed_out() -> None:
    known = facts(state=A.PAID, captured=True, provider_txn="t0")

    assert decide(PAID, known, NOW).verdict is V.OTHER_TXN


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.CLOSED, Outcome.CANCELLED])
def test_an_old_failure_does_not_undo_a_payment(outcome: Outcome) -> None:
    known = facts(state=A.PAID, captured=True)

    decision = decide(Event(outcome, PAID.attempt_ref), known, NOW)

    assert (decision.verdict, decision.state) == (V.NO_CHANGE, None)


def test_a_closed_attempt_is_expired_after_its_end_and_cancelled_before() -> None:
    closed = Event(Outcome.CLOSED, PAID.attempt_ref)

    before = decide(closed, facts(), NOW)
    after = decide(closed, facts(expires_at=NOW), NOW)

    assert (before.state, after.state) == (A.CANCELLED, A.EXPIRED)


@pytest.mark.parametrize("state", [A.PENDING, A.PAID, A.CREATED])
def test_a_notice_of_a_refund_is_no_payment(state: AttemptState) -> None:
    notice = replace(PAID, refund_ref="r1")

    assert decide(notice, facts(state=state), NOW) == rules.Decision(V.REFUND_NOTICE)


def test_a_reversal_is_believed_where_money_was() -> None:
    known = facts(state=A.PAID, captured=True)

    assert decide(Event(Outcome.REVERSED), known, NOW).state is A.REVERSED
    assert decide(Event(Outcome.REVERSED), facts(), NOW).state is None


def test_references_are_16_digits_and_do_not_repeat() -> None:
    refs = {rules.fresh_ref() for _ in range(2_000)}

    assert len(refs) == 2_000
    assert all(len(ref) == 16 and ref.isdecimal() and ref[0] != "0" for ref in refs)


@pytest.mark.parametrize(
    ("left", "window", "ends"),
    [
        (timedelta(minutes=30), 15, 15),
        (timedelta(minutes=10), 15, 9),
        (None, 15, 15),
        (timedelta(minutes=30), 5, 5),
    ],
)
def test_an_attempt_ends_with_the_first_of_its_limits(
    left: timedelta | None, window: int, ends: int
) -> None:
    caps = replace(CAPS, pay_window=timedelta(minutes=window))
    pay_by = None if left is None else NOW + left

    end = rules.ends_at(caps, timedelta(minutes=15), pay_by, NOW)

    assert end == NOW + timedelta(minutes=ends)


def test_an_attempt_by_hand_ends_with_the_pay_by_itself() -> None:
    pay_by = NOW + timedelta(hours=2)

    assert rules.ends_at(BY_HAND, timedelta(minutes=15), pay_by, NOW) == pay_by


def test_questions_follow_the_ladder_and_stop_after_a_day() -> None:
    at, asks, waits = NOW, 0, []
    ends = NOW + timedelta(days=9)
    while (due := rules.next_ask(asks, NOW, ends, at)) is not None:
        waits.append(int((due - at).total_seconds()))
        at, asks = due, asks + 1

    assert waits[:9] == [10, 30, 60, 120, 300, 600, 900, 1800, 3600]
    assert set(waits[8:]) == {3600}
    assert at <= NOW + timedelta(hours=24)
    assert at > NOW + timedelta(hours=22)


def test_the_end_of_an_attempt_is_never_skipped() -> None:
    ends = NOW + timedelta(minutes=15)

    first = rules.next_ask(5, NOW, ends, NOW + timedelta(minutes=9))
    second = rules.next_ask(6, NOW, ends, ends)

    assert first == ends
    assert second == ends + rules.PATIENCE


@pytest.mark.parametrize(
    ("tracking", "last_four", "ago", "wrong"),
    [
        ("123", "1234", 0, "tracking_number"),
        ("12a4", "1234", 0, "tracking_number"),
        ("1" * 25, "1234", 0, "tracking_number"),
        ("123456", "123", 0, "last_four"),
        ("123456", "12345", 0, "last_four"),
        ("123456", "1234", -11, "paid_at"),
        ("123456", "1234", 15 * 24 * 60, "paid_at"),
    ],
)
def test_a_receipt_that_cannot_be_true_names_its_field(
    tracking: str, last_four: str, ago: int, wrong: str
) -> None:
    with pytest.raises(BadReceipt) as refusal:
        rules.check_receipt(tracking, last_four, NOW - timedelta(minutes=ago), NOW)

    assert refusal.value.field == wrong


def candidate() -> Candidate:
    return Candidate(1, "4829103746", Money(500, "IRR"), "00123456", "9876", NOW)


@pytest.mark.parametrize(
    ("line", "score"),
    [
        (StatementLine(Money(500, "IRR"), NOW, "123456", "4829103746 *9876"), 100),
        (StatementLine(Money(500, "IRR"), NOW, "123456", ""), 90),
        (StatementLine(Money(500, "IRR"), None, "", "order 4829103746"), 60),
        (StatementLine(Money(500, "IRR"), NOW, "", "from 6037********9876"), 40),
        (StatementLine(Money(500, "IRR"), None, "", ""), 20),
        (StatementLine(Money(501, "IRR"), NOW, "123456", "4829103746"), 0),
    ],
)
def test_a_statement_line_matches_by_number_note_card_and_time(
    line: StatementLine, score: int
) -> None:
    assert rules.match_score(line, candidate()) == score
