"""Bills fetched every day: stored once, tried again, midnight is no difference."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from shop.db import db, transaction
from shop.kernel.money import Money
from shop.payments import bills, collect, daily, refunds
from shop.payments.models import PaymentBill
from shop.payments.provider import ProviderError
from shop.payments.refunds import Wanted
from shop.payments.rules import BILL_TRIES, BillState
from tests.payments import make
from tests.payments.fake import Fake, Providers
from tests.payments.test_bills import alipay_bill

#: The tests' day in Beijing, and the morning after when its bill is there.
DAY = date(2026, 11, 21)
MORNING = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


class Billed(Fake):
    """A bank that hands out bills, like Alipay's."""

    code = "fake"
    bill = "alipay"

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[date, bytes] = {}
        self.asked: list[date] = []
        self.account = "2088"

    def bill_account(self, settings: Mapping[str, str]) -> str:
        return self.account

    def fetch_bill(self, day: date, settings: Mapping[str, str]) -> bytes | None:
        assert not db.session().in_transaction()
        self.asked.append(day)
        self._enter("bill")
        return self.files.get(day)


@pytest.fixture
def bank(providers: Providers) -> Billed:
    """Return the one provider of the shop, with bills."""
    made = Billed()
    providers.add(made)
    return made


def stored(day: date = DAY) -> PaymentBill:
    db.session.rollback()
    query = select(PaymentBill).where(PaymentBill.day == day)
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


def row(ref: str, yuan: str = "100.00") -> tuple[str, str, str, str]:
    return (ref, "交易", yuan, "")


def ref_of(attempt_id: int) -> str:
    return make.attempt(attempt_id).merchant_ref


def test_the_worker_stores_all_three_lists(
    app: Flask, bank: Billed, now: datetime
) -> None:
    good, cheap, missing = (ref_of(make.paid(bank, now)[1]) for _ in range(3))
    bank.files[DAY] = alipay_bill(row(good), row(cheap, "90.00"), row("99999", "5.00"))

    daily.each_turn(MORNING)

    bill = stored()
    assert (bill.provider, bill.account, bill.state) == ("alipay", "2088", "matched")
    assert (bill.payments, bill.refunds, bill.matched) == (3, 0, 1)
    assert [one.ref for one in daily.lines(bill.ours_only)] == [missing]
    assert [one.ref for one in daily.lines(bill.theirs_only)] == ["99999"]
    (pair,) = bill.differ
    assert [one.amount.minor for one in daily.lines(pair)] == [10_000, 9_000]
    assert (bill.differences, daily.count_open()) == (3, 1)


def test_a_bill_is_fetched_once_and_not_before_it_is_there(
    app: Flask, bank: Billed, now: datetime
) -> None:
    bank.files[DAY] = alipay_bill(row(ref_of(make.paid(bank, now)[1])))

    daily.each_turn(MORNING - timedelta(seconds=1))
    assert DAY not in bank.asked
    daily.each_turn(MORNING)
    daily.each_turn(MORNING + timedelta(hours=5))

    assert bank.asked.count(DAY) == 1
    assert (stored().state, stored().source) == ("matched", "fetch")
    assert daily.count_open() == 0


def test_two_workers_fetch_it_once(app: Flask, bank: Billed, now: datetime) -> None:
    bank.files[DAY] = alipay_bill(row(ref_of(make.paid(bank, now)[1])))
    (book,) = daily.books(MORNING)

    found = make.at_once(4, lambda _: daily.fetch(book, DAY, MORNING))

    assert bank.asked == [DAY]
    assert stored().state == BillState.MATCHED
    assert not [one for one in found if isinstance(one, Exception)]


def test_without_an_answer_it_is_tried_again_ever_more_rarely(
    app: Flask, bank: Billed, now: datetime
) -> None:
    bank.files[DAY] = alipay_bill(row(ref_of(make.paid(bank, now)[1])))
    bank.fails["bill"] = ProviderError("transport", "ReadTimeout", unknown=True)
    (book,) = daily.books(MORNING)

    assert daily.fetch(book, DAY, MORNING) is BillState.WAITING
    assert stored().next_try_at == MORNING + timedelta(minutes=10)
    daily.fetch(book, DAY, MORNING + timedelta(minutes=9))
    assert len(bank.asked) == 1
    later = MORNING + timedelta(minutes=10)
    bank.fails["bill"] = ProviderError("protocol", "hash")
    daily.fetch(book, DAY, later)
    assert stored().next_try_at == later + timedelta(minutes=20)
    assert stored().code == "hash"

    daily.fetch(book, DAY, later + timedelta(minutes=20))
    assert (stored().state, stored().code) == ("matched", "")


def test_in_the_end_somebody_has_to_look(
    app: Flask, bank: Billed, now: datetime
) -> None:
    make.paid(bank, now)
    bank.files[DAY] = b"<html>"
    (book,) = daily.books(MORNING)
    moment = MORNING

    for _ in range(BILL_TRIES):
        daily.fetch(book, DAY, moment)
        moment = stored().next_try_at or moment

    assert (stored().state, daily.count_open()) == (BillState.FAILED, 1)
    daily.fetch(book, DAY, moment + timedelta(days=1))
    assert len(bank.asked) == BILL_TRIES
    bill_id = stored().id
    with transaction():
        assert daily.settle(bill_id, "staff:1", moment)
        assert not daily.settle(bill_id, "staff:1", moment)
    assert daily.count_open() == 0


def test_no_bill_is_believed_at_once_only_where_we_have_nothing(
    app: Flask, bank: Billed, now: datetime
) -> None:
    make.owed(now)
    make.begun(make.owed(now), now, bank.code)
    (book,) = daily.books(MORNING)

    assert daily.fetch(book, DAY, MORNING) is BillState.MATCHED
    make.paid(bank, MORNING)
    next_day, moment = DAY + timedelta(days=1), MORNING + timedelta(days=1)

    for expected in ["waiting"] * 5 + ["matched"]:
        assert daily.fetch(book, next_day, moment) == expected
        moment = stored(next_day).next_try_at or moment
    assert stored(next_day).ours_count == 1


def test_a_shop_that_collected_nothing_asks_nobody(app: Flask, bank: Billed) -> None:
    daily.each_turn(MORNING)

    assert bank.asked == []


def test_paid_before_midnight_and_booked_after_is_no_difference(
    app: Flask, bank: Billed
) -> None:
    midnight = datetime(2026, 11, 21, 16, 0, tzinfo=UTC)
    attempt = make.begun(make.owed(midnight), midnight - timedelta(minutes=1))
    bank.pay(attempt.ref)
    late = bank.notification(attempt.ref)
    collect.notified(bank.code, late, midnight + timedelta(seconds=5))
    bank.files[DAY] = alipay_bill(row(attempt.ref))
    bank.files[DAY + timedelta(days=1)] = alipay_bill()

    daily.each_turn(MORNING)
    daily.each_turn(MORNING + timedelta(days=1))

    assert stored().differences == 0
    assert stored(DAY + timedelta(days=1)).differences == 0


def test_control_a_payment_on_no_bill_at_all_is_a_difference(
    app: Flask, bank: Billed
) -> None:
    moment = datetime(2026, 11, 21, 16, 0, 5, tzinfo=UTC)
    make.paid(bank, moment)
    bank.files[DAY] = alipay_bill()
    bank.files[DAY + timedelta(days=1)] = alipay_bill()

    daily.each_turn(MORNING + timedelta(days=1))

    assert stored(DAY + timedelta(days=1)).ours_count == 1


def test_what_turns_out_to_agree_leaves_the_list_of_the_day_before(
    app: Flask, bank: Billed, now: datetime
) -> None:
    _charge, attempt_id = make.paid(bank, now)
    late = make.begun(make.owed(now), now)
    ref = ref_of(attempt_id)
    bank.files[DAY] = alipay_bill(row(late.ref), row(late.ref))
    bank.files[DAY + timedelta(days=1)] = alipay_bill(row(ref))
    daily.each_turn(MORNING)
    assert (stored().ours_count, stored().theirs_count) == (1, 2)
    bank.pay(late.ref)
    collect.ask(late.attempt_id, MORNING)  # a lost notification, found by asking

    daily.each_turn(MORNING + timedelta(days=1))

    assert (stored().ours_count, stored().theirs_count) == (0, 0)
    assert stored(DAY + timedelta(days=1)).differences == 0


def test_a_refund_stands_on_the_bill_too(
    app: Flask, bank: Billed, now: datetime
) -> None:
    _charge, attempt_id = make.paid(bank, now)
    with transaction():
        wanted = Wanted(Money(4_000, "CNY"), "", "staff:1", "form")
        refund = refunds.approve(refunds.request(attempt_id, wanted, now).id, now)
    collect.send_refund(refund.id, now)
    ref = ref_of(attempt_id)
    back = (ref, "退款", "-40.00", refund.merchant_ref)
    bank.files[DAY] = alipay_bill(row(ref), back)

    daily.each_turn(MORNING)

    assert (stored().payments, stored().refunds, stored().differences) == (1, 1, 0)


def test_a_refund_that_only_the_bill_tells_of_is_booked_once(
    app: Flask, bank: Billed, now: datetime
) -> None:
    charge, attempt_id = make.paid(bank, now)
    ref = ref_of(attempt_id)
    bank.files[DAY] = alipay_bill(row(ref), (ref, "退款", "-30.00", "console-1"))
    bank.files[DAY + timedelta(days=1)] = alipay_bill()

    daily.each_turn(MORNING)
    (book,) = daily.books(MORNING)
    daily.fetch(book, DAY, MORNING, again=True)
    daily.each_turn(MORNING + timedelta(days=1))

    attempt = make.attempt(attempt_id)
    assert (attempt.refunded_minor, str(attempt.state)) == (3_000, "partially_refunded")
    assert make.standing(charge).refunded == Money(3_000, "CNY")
    assert (stored().refunds, stored().differences) == (1, 0)
    assert stored(DAY + timedelta(days=1)).differences == 0


def test_a_file_somebody_uploads_books_nothing(
    app: Flask, bank: Billed, now: datetime
) -> None:
    _charge, attempt_id = make.paid(bank, now)
    ref = ref_of(attempt_id)
    lines = alipay_bill(row(ref), (ref, "退款", "-30.00", "console-1"))
    (book,) = daily.books(now)

    with transaction():
        daily.match(book, DAY, bills.parse_alipay(lines), "upload", MORNING)

    assert make.attempt(attempt_id).refunded_minor == 0
    assert stored().theirs_count == 1


def test_a_refund_of_a_payment_that_is_not_ours_stays_a_difference(
    app: Flask, bank: Billed, now: datetime
) -> None:
    ref = ref_of(make.paid(bank, now)[1])
    bank.files[DAY] = alipay_bill(row(ref), ("12345", "退款", "-30.00", "console-1"))

    daily.each_turn(MORNING)

    assert stored().theirs_count == 1


def test_a_bill_does_not_count_again_what_a_sum_has_told(
    app: Flask, bank: Billed, now: datetime
) -> None:
    _charge, attempt_id = make.paid(bank, now)
    ref = ref_of(attempt_id)
    said = bank.notification(
        ref, outcome="refunded", refund_ref="", minor=5_000, total=5_000, id="n"
    )
    collect.notified(bank.code, said, now)  # two of them, told as one sum
    one, two = ((ref, "退款", "-25.00", f"console-{n}") for n in (1, 2))
    bank.files[DAY] = alipay_bill(row(ref), one, two)

    daily.each_turn(MORNING)

    assert make.attempt(attempt_id).refunded_minor == 5_000
    assert stored().theirs_count == 2  # for a person: the single ones are not booked


def test_one_bill_covers_all_ways_to_pay_of_an_account(
    app: Flask, providers: Providers, bank: Billed, now: datetime
) -> None:
    code = type("Code", (Billed,), {"code": "fake_code"})()
    other = type("Other", (Billed,), {"code": "fake_other"})()
    other.account = "2099"
    providers.add(code)
    providers.add(other)

    found = {book.account: book.providers for book in daily.books(now) if book.can_ask}

    assert found == {"2088": ("fake", "fake_code"), "2099": ("fake_other",)}


def test_a_file_read_again_opens_what_was_looked_at_only_if_it_differs(
    app: Flask, bank: Billed, now: datetime
) -> None:
    ref = ref_of(make.paid(bank, now)[1])
    (book,) = daily.books(now)
    cheap = bills.parse_alipay(alipay_bill(row(ref, "90.00")))
    with transaction():
        bill = daily.match(book, DAY, cheap, "upload", MORNING)
        daily.settle(bill.id, "staff:1", MORNING)
    with transaction():
        daily.match(book, DAY, cheap, "upload", MORNING)
    assert daily.count_open() == 0

    with transaction():
        daily.match(book, DAY, (), "upload", MORNING)

    assert (stored().source, daily.count_open()) == ("upload", 1)


def test_the_command_fetches_the_bills_of_one_day(
    app: Flask, bank: Billed, now: datetime
) -> None:
    bank.files[DAY] = alipay_bill(row(ref_of(make.paid(bank, now)[1])), row("9", "1"))
    runner = app.test_cli_runner()

    found = runner.invoke(args=["shop", "reconcile", "--bills", str(DAY)])
    again = runner.invoke(args=["shop", "reconcile", "--bills", str(DAY)])

    assert found.exit_code == 0, found.output
    assert "alipay:2088: 2 payments and 0 refunds, 1 agree" in found.output
    assert "theirs only 1" in found.output
    assert again.output == found.output
    assert bank.asked == [DAY, DAY]
