"""Receipts of transfers, and money that staff received by hand."""

from datetime import datetime, timedelta

import pytest
from flask import Flask

from shop.db import transaction
from shop.kernel.money import Money
from shop.orders import promises
from shop.orders.models import Charge
from shop.orders.states import EventKind, OrderState, PromiseKind
from shop.payments import collect, review, rules, settings, transfer
from shop.payments.models import TransferReceipt
from shop.payments.provider import ProviderError
from shop.payments.rules import AttemptState, ReceiptState
from shop.payments.transfer import Typed
from tests.payments import make
from tests.payments.fake import Fake, Providers

A, T = AttemptState, ReceiptState


def test_a_receipt_alone_is_not_money(
    app: Flask, now: datetime, providers: Providers
) -> None:
    charge, attempt_id = waiting(now)

    receipt = submitted(attempt_id, now)

    assert receipt.state == T.SUBMITTED
    assert make.state(attempt_id) is A.PENDING
    assert not make.standing(charge).is_paid
    assert make.count_events(charge, EventKind.RECEIPT_SUBMITTED) == 1


def test_an_order_with_a_receipt_waits_for_us_and_not_for_the_buyer(
    app: Flask, now: datetime, providers: Providers
) -> None:
    charge, attempt_id = waiting(now)

    submitted(attempt_id, now)

    order = make.order_of(charge)
    assert order.pay_by_at is None
    assert {one.kind for one in promises.open_promises(order)} == {PromiseKind.ANSWER}


def test_a_confirmed_receipt_pays_the_order(
    app: Flask, now: datetime, providers: Providers
) -> None:
    charge, attempt_id = waiting(now)
    receipt = submitted(attempt_id, now)

    with transaction():
        applied = transfer.confirm(receipt.id, "staff:1", now)

    assert applied.verdict == "paid"
    assert make.standing(charge).is_paid
    assert make.order_of(charge).state == OrderState.ACCEPTED
    assert make.attempt(attempt_id).provider_txn == "123456"


def test_a_rejected_receipt_gives_another_try_with_time(
    app: Flask, now: datetime, providers: Providers
) -> None:
    charge, attempt_id = waiting(now)
    receipt = submitted(attempt_id, now)

    with transaction():
        transfer.reject(receipt.id, "staff:1", "not_found", now)
    second = submitted(attempt_id, now, "777777")

    assert make.count_events(charge, EventKind.RECEIPT_REJECTED) == 1
    assert second.state == T.SUBMITTED
    assert make.state(attempt_id) is A.PENDING


def test_a_rejected_receipt_sets_the_clock_again(
    app: Flask, now: datetime, providers: Providers
) -> None:
    charge, attempt_id = waiting(now)
    receipt = submitted(attempt_id, now)

    with transaction():
        transfer.reject(receipt.id, "staff:1", "not_found", now)

    assert make.order_of(charge).pay_by_at == now + timedelta(hours=2)


@pytest.mark.parametrize("first", ["confirm", "reject"])
def test_a_receipt_is_decided_once(
    app: Flask, now: datetime, providers: Providers, first: str
) -> None:
    charge, attempt_id = waiting(now)
    receipt = submitted(attempt_id, now)
    decide(receipt, first, now)

    for second in ("confirm", "reject"):
        with pytest.raises(rules.ReceiptDecided):
            decide(receipt, second, now)

    assert make.count_rows(charge) == (first == "confirm")


def test_two_of_the_staff_at_once_decide_once(
    app: Flask, now: datetime, providers: Providers
) -> None:
    charge, attempt_id = waiting(now)
    receipt_id = submitted(attempt_id, now).id

    def click(place: int) -> object:
        with transaction():
            if place % 2:
                return transfer.confirm(receipt_id, f"staff:{place}", now).verdict
            transfer.reject(receipt_id, f"staff:{place}", "not_found", now)
            return None

    results = make.at_once(6, click)

    refused = [one for one in results if isinstance(one, rules.ReceiptDecided)]
    assert len(refused) == 5
    assert make.count_rows(charge) <= 1


def test_a_number_of_another_order_is_pointed_out(
    app: Flask, now: datetime, providers: Providers
) -> None:
    _one, first = waiting(now)
    _two, second = waiting(now)
    original = submitted(first, now)

    copy = submitted(second, now)

    assert copy.state == T.DUPLICATE
    assert [twin.id for twin in transfer.twins(copy)] == [original.id]


def test_a_number_that_paid_another_order_does_not_pay_again(
    app: Flask, now: datetime, providers: Providers
) -> None:
    """The unique transaction number holds even where both were confirmed."""
    _one, first = waiting(now)
    charge, second = waiting(now)
    receipts = [submitted(first, now), submitted(second, now)]

    for receipt in receipts:
        decide(receipt, "confirm", now)

    assert make.attempt(second).verdict == "txn_reused"
    assert not make.standing(charge).is_paid
    assert make.count_rows(charge) == 0


def test_a_rejected_number_may_be_sent_again(
    app: Flask, now: datetime, providers: Providers
) -> None:
    _charge, attempt_id = waiting(now)
    decide(submitted(attempt_id, now), "reject", now)

    assert submitted(attempt_id, now).state == T.SUBMITTED


def test_a_corrected_receipt_replaces_the_one_nobody_looked_at(
    app: Flask, now: datetime, providers: Providers
) -> None:
    charge, attempt_id = waiting(now)
    submitted(attempt_id, now, "111111")

    submitted(attempt_id, now, "222222")

    assert [one.tracking_number for one in transfer.waiting()] == ["222222"]
    history = transfer.receipts_of(charge.order_id)
    assert [(one.state, one.reason) for one in history] == [
        ("submitted", ""),
        ("rejected", "replaced"),
    ]


def test_a_bad_receipt_is_refused_and_nothing_kept(
    app: Flask, now: datetime, providers: Providers
) -> None:
    charge, attempt_id = waiting(now)

    with pytest.raises(rules.BadReceipt):
        submitted(attempt_id, now, "12")

    assert transfer.waiting() == []
    assert make.order_of(charge).pay_by_at is not None


def test_a_receipt_of_an_order_that_is_off_is_refused(
    app: Flask, now: datetime, providers: Providers
) -> None:
    charge, attempt_id = waiting(now)
    make.end_order(charge, OrderState.EXPIRED)

    with pytest.raises(rules.NotPayable):
        submitted(attempt_id, now)


def test_a_change_of_method_waits_while_a_receipt_is_looked_at(
    app: Flask, now: datetime, providers: Providers
) -> None:
    charge, attempt_id = waiting(now)
    submitted(attempt_id, now)

    with pytest.raises(rules.StillUnclear):
        make.begun(charge, now + timedelta(minutes=1), "card_transfer")

    assert make.state(attempt_id) is A.PENDING


def test_without_a_receipt_another_method_may_begin(
    app: Flask, now: datetime, providers: Providers
) -> None:
    charge, attempt_id = waiting(now)

    second = make.begun(charge, now + timedelta(minutes=1), "card_transfer")

    assert make.state(attempt_id) is A.CANCELLED
    assert make.state(second.attempt_id) is A.PENDING


def test_cash_at_the_door_is_confirmed_by_staff(
    app: Flask, now: datetime, providers: Providers
) -> None:
    charge = make.owed(now, 5_000, pay_by=None, **make.DOOR)
    begun = make.begun(charge, now, "cash_on_delivery")

    with transaction():
        review.confirm(begun.attempt_id, "staff:1", now)

    assert make.standing(charge).is_paid


def test_less_cash_than_owed_goes_to_review(
    app: Flask, now: datetime, providers: Providers
) -> None:
    charge = make.owed(now, 5_000, pay_by=None, **make.DOOR)
    begun = make.begun(charge, now, "cash_on_delivery")

    with transaction():
        review.confirm(begun.attempt_id, "staff:1", now, Money(4_000, "CNY"))

    assert make.attempt(begun.attempt_id).verdict == "mismatch"
    assert make.standing(charge).captured == Money(4_000, "CNY")


def test_staff_cannot_confirm_what_a_provider_collects(
    app: Flask, now: datetime, fake: Fake
) -> None:
    charge = make.owed(now)
    begun = make.begun(charge, now)

    with pytest.raises(rules.NotPayable), transaction():
        review.confirm(begun.attempt_id, "staff:1", now)

    assert make.count_rows(charge) == 0


def test_cash_is_confirmed_once(
    app: Flask, now: datetime, providers: Providers
) -> None:
    charge = make.owed(now, 5_000, pay_by=None, **make.DOOR)
    begun = make.begun(charge, now, "cash_on_delivery")
    with transaction():
        review.confirm(begun.attempt_id, "staff:1", now)

    with pytest.raises(rules.NotPayable), transaction():
        review.confirm(begun.attempt_id, "staff:1", now)

    assert make.count_rows(charge) == 1


def test_money_in_review_may_be_accepted_while_it_is_owed(
    app: Flask, now: datetime, fake: Fake
) -> None:
    charge, attempt_id = overpaid(fake, now)
    (one,) = review.in_review()

    with transaction():
        review.accept(attempt_id, now)

    assert one.can_accept
    assert make.state(attempt_id) is A.PAID
    assert make.standing(charge).is_paid
    assert make.order_of(charge).state == OrderState.ACCEPTED
    assert review.in_review() == []


def test_money_in_review_is_accepted_once(
    app: Flask, now: datetime, fake: Fake
) -> None:
    _charge, attempt_id = overpaid(fake, now)
    with transaction():
        review.accept(attempt_id, now)

    with pytest.raises(rules.NotInReview), transaction():
        review.accept(attempt_id, now)


def test_late_money_cannot_be_accepted_only_given_back(
    app: Flask, now: datetime, fake: Fake
) -> None:
    charge = make.owed(now)
    begun = make.begun(charge, now)
    make.end_order(charge, OrderState.EXPIRED)
    fake.pay(begun.ref)
    collect.ask(begun.attempt_id, now)

    (one,) = review.in_review()

    assert not one.can_accept
    assert one.can_give_back == Money(10_000, "CNY")
    with pytest.raises(rules.NotInReview), transaction():
        review.accept(begun.attempt_id, now)


def test_too_little_money_cannot_be_accepted(
    app: Flask, now: datetime, fake: Fake
) -> None:
    charge = make.owed(now)
    begun = make.begun(charge, now)
    fake.pay(begun.ref, Money(9_999, "CNY"))
    collect.ask(begun.attempt_id, now)

    (one,) = review.in_review()

    assert not one.can_accept


def test_a_payment_the_bank_took_back_stops_the_order(
    app: Flask, now: datetime, fake: Fake
) -> None:
    charge, attempt_id = make.paid(fake, now)
    attempt = make.attempt(attempt_id)
    notice = fake.notification(attempt.merchant_ref, outcome="reversed", id="n9")

    collect.notified("fake", notice, now)

    assert make.state(attempt_id) is A.REVERSED
    assert not make.standing(charge).is_paid
    assert make.order_of(charge).state == OrderState.ON_HOLD
    assert make.standing(charge).refunded == Money(10_000, "CNY")


def test_card_transfer_without_a_card_does_not_begin(
    app: Flask, now: datetime, providers: Providers
) -> None:
    with transaction():
        settings.forget("card_transfer")
    charge = make.owed(now, 100_000, **make.TRANSFER)

    with pytest.raises(ProviderError):
        make.begun(charge, now, "card_transfer")


def waiting(now: datetime) -> tuple[Charge, int]:
    """Return a charge that waits for a transfer, and its attempt's id."""
    charge = make.owed(now, 100_000, **make.TRANSFER)
    return charge, make.begun(charge, now, "card_transfer").attempt_id


def submitted(
    attempt_id: int, now: datetime, number: str = "123456"
) -> TransferReceipt:
    typed = Typed(number, "9876", now - timedelta(minutes=5))
    with transaction():
        return transfer.submit(attempt_id, typed, now)


def decide(receipt: TransferReceipt, what: str, now: datetime) -> None:
    with transaction():
        if what == "confirm":
            transfer.confirm(receipt.id, "staff:1", now)
        else:
            transfer.reject(receipt.id, "staff:1", "not_found", now)


def overpaid(fake: Fake, now: datetime) -> tuple[Charge, int]:
    charge = make.owed(now)
    begun = make.begun(charge, now)
    fake.pay(begun.ref, Money(10_001, "CNY"))
    collect.ask(begun.attempt_id, now)
    return charge, begun.attempt_id
