"""The engine with real clients against the sandbox: paid, lost, late, given back."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask

from shop.db import transaction
from shop.kernel.money import Money
from shop.orders.states import OrderState
from shop.payments import collect, reconcile, refunds, settings
from shop.payments.provider import RawRequest, all_providers
from shop.payments.refunds import Wanted
from shop.payments.rules import AttemptState, RefundState
from shop.reports import queue
from shop.sandbox.testing import Returned, Running, running
from tests.payments import make

A = AttemptState
IRAN: make.Way = {"market": "ir", "currency": "IRR", "method": "gateway"}


@pytest.fixture(scope="module")
def one_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("engine")) as box:
        yield box


@pytest.fixture
def sandbox(app: Flask, one_sandbox: Running) -> Iterator[Running]:
    one_sandbox.reset()
    with transaction():
        for code, values in one_sandbox.merchant.items():
            provider = all_providers().get(code)
            for one in provider.settings if provider else ():
                if one.name in values:
                    settings.save(code, one.name, values[one.name], real_now())
    yield one_sandbox
    one_sandbox.reset()


def real_now() -> datetime:
    return datetime.now(UTC)


def test_zarinpal_paid_and_returned(sandbox: Running) -> None:
    now = real_now()
    charge = make.owed(now, 1_250_000, **IRAN)
    begun = make.begun(charge, now, "zarinpal")

    found = collect.come_back("zarinpal", arrived(sandbox.pay(begun.next.url)), now)

    assert found is not None
    assert found.state is A.PAID
    assert make.standing(charge).paid == Money(1_250_000, "IRR")
    assert make.order_of(charge).state == OrderState.ACCEPTED


def test_zarinpal_paid_and_the_return_lost(sandbox: Running) -> None:
    now = real_now()
    charge = make.owed(now, 1_250_000, **IRAN)
    begun = make.begun(charge, now, "zarinpal")
    sandbox.pay(begun.next.url)

    summary = reconcile.run_due(now + timedelta(seconds=15), unverified=True)

    assert summary.paid == 1
    assert make.standing(charge).is_paid


def test_case_20_zarinpal_verified_and_the_answer_lost(sandbox: Running) -> None:
    """The second verify says 101, and it is one payment."""
    now = real_now()
    charge = make.owed(now, 1_250_000, **IRAN)
    begun = make.begun(charge, now, "zarinpal")
    back = arrived(sandbox.pay(begun.next.url))
    sandbox.fault("zarinpal", "verify", "http500_after")

    first = collect.come_back("zarinpal", back, now)
    second = collect.come_back("zarinpal", back, now + timedelta(seconds=5))

    assert first is not None
    assert first.is_waiting
    assert second is not None
    assert second.state is A.PAID
    assert make.count_rows(charge) == 1


def test_zarinpal_given_up_and_tried_again(sandbox: Running) -> None:
    now = real_now()
    charge = make.owed(now, 1_250_000, **IRAN)
    begun = make.begun(charge, now, "zarinpal")

    found = collect.come_back(
        "zarinpal", arrived(sandbox.pay(begun.next.url, do="cancel")), now
    )
    again = make.begun(charge, now + timedelta(seconds=30), "zarinpal")
    collect.come_back("zarinpal", arrived(sandbox.pay(again.next.url)), now)

    assert found is not None
    assert found.state in {A.FAILED, A.CANCELLED, A.PENDING}
    assert make.state(again.attempt_id) is A.PAID


def test_zarinpal_paid_late_is_reversed_with_one_click(sandbox: Running) -> None:
    now = real_now()
    charge = make.owed(now, 1_250_000, **IRAN)
    begun = make.begun(charge, now, "zarinpal")
    make.end_order(charge, OrderState.EXPIRED)
    collect.come_back("zarinpal", arrived(sandbox.pay(begun.next.url)), now)
    state = make.state(begun.attempt_id)

    with transaction():
        wanted = Wanted(Money(1_250_000, "IRR"), "late", "staff:1", "click")
        refund = refunds.request(begun.attempt_id, wanted, now)
        refunds.approve(refund.id, now)
    sent = collect.send_refund(refund.id, now)

    assert state is A.REVIEW
    assert sent == RefundState.SETTLED
    assert make.state(begun.attempt_id) is A.REFUNDED


def test_alipay_notified_twice_and_asked(sandbox: Running) -> None:
    now = real_now()
    charge = make.owed(now, 10_000)
    begun = make.begun(charge, now, "alipay")
    sandbox.pay(begun.next.url)
    (notice,) = [one for one in sandbox.pending() if one["url"].endswith(begun.ref)]

    acks = [collect.notified("alipay", told(notice), now) for _ in range(2)]
    collect.ask(begun.attempt_id, now)

    assert [(ack.status, ack.body) for ack in acks] == [(200, b"success")] * 2
    assert make.state(begun.attempt_id) is A.PAID
    assert make.count_rows(charge) == 1


def test_alipay_refunded_in_part_and_the_answer_lost(sandbox: Running) -> None:
    now = real_now()
    charge = make.owed(now, 10_000)
    begun = make.begun(charge, now, "alipay")
    sandbox.pay(begun.next.url)
    collect.ask(begun.attempt_id, now)
    with transaction():
        wanted = Wanted(Money(4_000, "CNY"), "returned", "staff:1", "form")
        refund = refunds.request(begun.attempt_id, wanted, now)
        refunds.approve(refund.id, now)
    sandbox.fault("alipay", "refund", "http500_after")

    unsure = collect.send_refund(refund.id, now)
    reconcile.run_due(now + timedelta(minutes=2))

    assert unsure == RefundState.UNKNOWN
    assert refunds.state_of(refund.id) is RefundState.SETTLED
    assert make.standing(charge).refunded == Money(4_000, "CNY")


def test_mellat_is_verified_and_settled(sandbox: Running) -> None:
    now = real_now()
    charge = make.owed(now, 1_250_000, **IRAN)
    begun = make.begun(charge, now, "mellat")
    back = arrived(pay_form(sandbox, begun))

    found = collect.come_back("mellat", back, now)
    again = collect.come_back("mellat", back, now + timedelta(seconds=5))

    assert found is not None
    assert again is not None
    assert (found.state, again.state) == (A.SETTLED, A.SETTLED)
    assert make.standing(charge).is_paid


def test_the_number_sep_and_the_buyers_bank_speak_of_is_shown_and_found(
    sandbox: Running,
) -> None:
    """Its own reference of 32 signs stays with the attempt; both lead to the order."""
    now = real_now()
    charge = make.owed(now, 1_250_000, **IRAN)
    begun = make.begun(charge, now, "sep")

    collect.come_back("sep", arrived(pay_form(sandbox, begun)), now)

    (trade,) = sandbox.ledger()["trades"]
    order = make.order_of(charge)
    assert [row.provider_ref for row in order.money_rows] == [trade["data"]["rrn"]]
    for known in (trade["data"]["rrn"], trade["data"]["ref_num"]):
        assert [one.order.number for one in queue.search(known)] == [order.number]


def test_case_29_mellat_settled_after_a_silence(sandbox: Running) -> None:
    """Paid stays paid until the settlement gets through."""
    now = real_now()
    charge = make.owed(now, 1_250_000, **IRAN)
    begun = make.begun(charge, now, "mellat")
    back = arrived(pay_form(sandbox, begun))
    sandbox.fault("mellat", "settle", "drop_after")

    found = collect.come_back("mellat", back, now)
    reconcile.run_due(now + timedelta(minutes=2))

    assert found is not None
    assert found.state is A.PAID
    assert make.state(begun.attempt_id) is A.SETTLED
    assert make.standing(charge).is_paid


def test_case_27_mellat_with_another_orders_reference_is_not_paid(
    sandbox: Running,
) -> None:
    """A genuine sale that paid another order."""
    now = real_now()
    cheap = make.owed(now, 10_000, **IRAN)
    dear = make.owed(now, 1_250_000, **IRAN)
    one, two = make.begun(cheap, now, "mellat"), make.begun(dear, now, "mellat")
    back = arrived(pay_form(sandbox, one))
    collect.come_back("mellat", back, now)
    said = dict(back.form)
    forged = {**said, "RefId": two.next.fields["RefId"], "SaleOrderId": two.ref}

    collect.come_back("mellat", posted(forged), now)

    assert not make.standing(dear).is_paid
    assert make.count_rows(dear) == 0


def arrived(back: Returned) -> RawRequest:
    """Return the request with which the buyer's browser comes back."""
    if back.method == "POST":
        return posted(dict(back.fields))
    query = tuple(parse_qsl(urlsplit(back.url).query, keep_blank_values=True))
    return RawRequest("GET", "/pay", query, (), b"", {})


def posted(fields: dict[str, str]) -> RawRequest:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return RawRequest("POST", "/pay", (), tuple(fields.items()), b"", headers)


def told(notice: dict[str, Any]) -> RawRequest:
    """Return a notification as the callback view hands it over."""
    body = str(notice["body"])
    headers = {name.lower(): value for name, value in notice["headers"].items()}
    form = tuple(parse_qsl(body, keep_blank_values=True))
    return RawRequest("POST", "/pay", (), form, body.encode(), headers)


def pay_form(sandbox: Running, begun: collect.Begun) -> Returned:
    headers = {"Referer": "https://shop.test/"}
    return sandbox.pay(begun.next.url, dict(begun.next.fields), headers=headers)


def test_unionpay_with_a_defect_waits_and_counts_once_the_owner_says_so(
    sandbox: Running,
) -> None:
    """A6: nobody could confirm what it means, so the owner chooses; nothing is lost."""
    now = real_now()
    with transaction():
        settings.save("unionpay", "a6", "wait", now)
    charge = make.owed(now, 10_000, method="unionpay")
    begun = make.begun(charge, now, "unionpay")
    sandbox.fault("unionpay", "pay", "error:A6")
    sandbox.pay(begun.next.url, dict(begun.next.fields))

    collect.ask(begun.attempt_id, now)
    waits, owed = make.state(begun.attempt_id), not make.standing(charge).is_paid
    with transaction():
        settings.save("unionpay", "a6", "paid", now)
    summary = reconcile.run_due(now + timedelta(minutes=2))

    assert waits in {A.PENDING, A.UNKNOWN}
    assert owed
    assert summary.paid == 1
    assert make.standing(charge).is_paid
    assert make.count_rows(charge) == 1
