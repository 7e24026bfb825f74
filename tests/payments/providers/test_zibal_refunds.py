"""Zibal's platform refunds: accepted once, proven by the payment, or left to people."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shop.payments import protocol
from shop.payments.provider import ProviderError, RefundResult
from shop.payments.providers.zibal import PROVIDER
from shop.sandbox.testing import Running
from tests.payments.providers import every, make, test_zibal
from tests.payments.providers.gateway import FakeGateway, Reply
from tests.payments.providers.journey import Journey

PART = 50_000
PAID = every.paid("zibal")


def settings(gateway: FakeGateway, **more: str) -> dict[str, str]:
    given = {
        "access_token": "t0ken", "account_id": "1010101", "platform_url": gateway.url,
    }  # fmt: skip
    return test_zibal.settings(gateway) | given | more


def give_back(gateway: FakeGateway, reply: Any, **more: str) -> RefundResult:
    gateway.answer(reply)
    attempt = every.paid("zibal")
    refund = make.refunding(attempt, PART)
    return PROVIDER.refund(attempt, refund, settings(gateway, **more))


def test_a_part_is_refunded_by_the_platform(gateway: FakeGateway) -> None:
    data = {"reversed": PART, "remaining": 1, "split": [], "refundId": 77}

    told = give_back(gateway, {"result": 1, "data": data})

    assert (told.state, told.provider_txn) == ("pending", "77")
    (asked,) = gateway.asked
    assert asked.path == "/v1/account/refund"
    assert asked.headers["authorization"] == "Bearer t0ken"
    assert (asked.json["amount"], asked.json["accountId"]) == (PART, "1010101")
    assert asked.json["tryReverse"] is False


@pytest.mark.parametrize("missing", ["access_token", "account_id"])
def test_without_token_or_account_it_goes_back_by_hand(
    gateway: FakeGateway, missing: str
) -> None:
    told = give_back(gateway, {"result": 1}, **{missing: ""})

    assert (told.state, told.code) == ("failed", "manual")
    paid = every.paid("zibal").amount
    assert not PROVIDER.can_refund(paid, paid, settings(gateway, **{missing: ""}))
    assert gateway.asked == []


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        ({"result": 3}, "manual"),
        ({"result": 11}, "manual"),
        (Reply(401, b'{"result": 3}'), "manual"),
        ({"result": 5}, "5"),
    ],
)
def test_a_no_is_a_no(gateway: FakeGateway, reply: Any, code: str) -> None:
    told = give_back(gateway, reply)

    assert (told.state, told.code) == ("failed", code)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(drop=True),
        Reply(500),
        Reply(401),
        Reply(body=b"<html>"),
        {},
        {"result": "x"},
    ],
)
def test_a_lost_answer_is_unknown_and_never_sent_again(
    gateway: FakeGateway, reply: Any
) -> None:
    with pytest.raises(ProviderError) as caught:
        give_back(gateway, reply)

    assert caught.value.unknown
    whole, part = PAID.amount, make.refunding(PAID, PART).amount
    assert not PROVIDER.may_repeat_refund(whole, part, settings(gateway))
    assert len(gateway.asked) == 1


@pytest.mark.parametrize(
    ("status", "case", "state"),
    [
        (15, ("77", PART, 0), "succeeded"),
        (16, ("77", PART, 9), "pending"),
        (1, ("77", PART, 0), "pending"),
        (1, ("77", PART, 2), "unknown"),
        (15, ("", None, 0), "succeeded"),
        (16, ("", None, 0), "pending"),
        (15, ("", PART, 0), "unknown"),
        (16, ("", PART, 0), "unknown"),
        (1, ("", None, 0), "unknown"),
    ],
)
def test_the_payment_proves_what_it_can(
    gateway: FakeGateway, status: int, case: tuple[str, int | None, int], state: str
) -> None:
    txn, part, days = case
    gateway.answer({"result": 100, "status": status})
    attempt = every.paid("zibal")
    asked_at = protocol.wire_clock() - timedelta(days=days)
    refund = make.refunding(attempt, part, txn=txn, created_at=asked_at)

    told = PROVIDER.query_refund(attempt, refund, settings(gateway))

    assert told.state == state


def test_a_part_comes_back_at_the_sandbox(sandbox: Running) -> None:
    journey = Journey(sandbox, "zibal")
    journey.know(journey.come_back(journey.press()))
    refund = journey.refunding(PART)

    told = journey.refund(refund)

    accepted = replace(refund, txn=told.provider_txn)
    assert told.state == "pending"
    assert journey.query_refund(accepted).state == "succeeded"
    assert journey.refund(journey.refunding()).state == "failed"  # more than is left
    wrong = journey.settings | {"access_token": "another"}
    assert journey.provider.refund(journey.attempt, refund, wrong).code == "manual"
