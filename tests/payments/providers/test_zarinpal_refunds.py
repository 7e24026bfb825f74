"""ZarinPal's GraphQL refunds: found by reference, sent once, never guessed about."""

from dataclasses import replace
from typing import Any

import pytest

from shop.payments.provider import Attempt, ProviderError, RefundResult
from shop.payments.providers.zarinpal import PROVIDER
from shop.sandbox.testing import Running
from tests.payments.providers import make, test_zarinpal
from tests.payments.providers.gateway import FakeGateway, Reply
from tests.payments.providers.journey import Journey

PART = 50_000
REF = "998877"


def settings(gateway: FakeGateway, **more: str) -> dict[str, str]:
    given = {"access_token": "t0ken", "graphql_url": f"{gateway.url}/api/v4/graphql"}
    return test_zarinpal.settings(gateway) | given | more


def paid(**facts: Any) -> Attempt:
    return replace(test_zarinpal.begun(), **({"provider_txn": REF} | facts))


PAID = paid()


def terminals(gateway: FakeGateway) -> dict[str, Any]:
    key = settings(gateway)["merchant_id"]
    rows = [{"id": "7", "key": "another"}, {"id": "1915487", "key": key.upper()}]
    return {"data": {"Terminals": rows}}


def sessions(*amounts: int) -> dict[str, Any]:
    rows = [
        {"id": str(500 + place), "status": "PAID", "amount": amount}
        for place, amount in enumerate(amounts)
    ]
    return {"data": {"Session": rows}}


def added(word: str = "PENDING", amount: int = PART, **more: Any) -> dict[str, Any]:
    timeline = {"refund_amount": amount, "refund_status": word}
    made = {"id": "31337", "amount": amount, "timeline": timeline}
    return {"data": {"resource": made | more}}


def refused(*words: str) -> dict[str, Any]:
    return {"errors": [{"message": word} for word in words], "data": None}


def give_back(gateway: FakeGateway, *replies: Any, **facts: Any) -> RefundResult:
    """Refund a part, the lookups answered first."""
    whole = paid().amount.minor
    gateway.answer(terminals(gateway), sessions(whole, whole + 1), *replies)
    attempt = paid(**facts)
    return PROVIDER.refund(attempt, make.refunding(attempt, PART), settings(gateway))


def test_a_part_is_refunded_by_the_session_of_our_reference(
    gateway: FakeGateway,
) -> None:
    told = give_back(gateway, added())

    assert (told.state, told.provider_txn) == ("pending", "31337")
    lookup, sent = (
        gateway.asked[1].json["variables"],
        gateway.asked[2].json["variables"],
    )
    assert lookup == {"terminal_id": "1915487", "reference_id": REF, "limit": 5}
    assert (sent["session_id"], sent["amount"]) == ("500", PART)
    assert make.refunding(paid()).ref in sent["description"]
    assert sent["method"] == "PAYA"
    assert {one.headers["authorization"] for one in gateway.asked} == {"Bearer t0ken"}


def test_without_a_token_a_part_goes_back_by_hand(gateway: FakeGateway) -> None:
    attempt = paid()
    keys = settings(gateway, access_token="")

    told = PROVIDER.refund(attempt, make.refunding(attempt, PART), keys)

    assert (told.state, told.code) == ("failed", "manual")
    assert not PROVIDER.can_refund(attempt.amount, make.refunding(attempt, PART).amount,
                                   keys)  # fmt: skip
    assert gateway.asked == []


def test_too_little_for_zarinpal_goes_back_by_hand(gateway: FakeGateway) -> None:
    attempt = paid()
    little = make.refunding(attempt, 19_990)

    told = PROVIDER.refund(attempt, little, settings(gateway))

    assert (told.state, told.code) == ("failed", "manual")
    assert not PROVIDER.can_refund(attempt.amount, little.amount, settings(gateway))
    assert gateway.asked == []


@pytest.mark.parametrize("amounts", [(), (1,), (1_250_000, 1_250_000)])
def test_a_session_that_is_not_surely_ours_is_left_to_people(
    gateway: FakeGateway, amounts: tuple[int, ...]
) -> None:
    gateway.answer(terminals(gateway), sessions(*amounts), added())
    attempt = paid()

    told = PROVIDER.refund(attempt, make.refunding(attempt, PART), settings(gateway))

    assert (told.state, told.code) == ("failed", "manual")
    assert len(gateway.asked) == 2


def test_a_payment_without_a_reference_is_left_to_people(gateway: FakeGateway) -> None:
    told = give_back(gateway, provider_txn=test_zarinpal.AUTHORITY)

    assert (told.state, told.code) == ("failed", "manual")
    assert gateway.asked == []


@pytest.mark.parametrize(
    "reply",
    [
        refused("Refund service is not active"),
        refused("wallet balance is not enough"),
        Reply(401, b"{}"),
    ],
    ids=["off", "wallet", "token"],
)
def test_a_clear_no_leaves_it_to_people(gateway: FakeGateway, reply: Any) -> None:
    told = give_back(gateway, reply)

    assert (told.state, told.code) == ("failed", "manual")


@pytest.mark.parametrize(
    "reply",
    [
        Reply(drop=True),
        Reply(500),
        Reply(body=b"<html>"),
        refused("Oops, try again"),
        refused("This session has been refunded before"),
        {"data": {"resource": None}},
        {"data": {}},
        added(id=None),
        added(amount=1),
        refused("amount") | added(),
    ],
)
def test_what_is_no_clear_no_is_unknown_and_never_sent_again(
    gateway: FakeGateway, reply: Any
) -> None:
    with pytest.raises(ProviderError) as caught:
        give_back(gateway, reply)

    assert caught.value.unknown
    whole, part = PAID.amount, make.refunding(PAID, PART).amount
    assert not PROVIDER.may_repeat_refund(whole, part, settings(gateway))
    assert len(gateway.asked) == 3


def test_a_whole_refund_that_was_lost_is_only_reversed_again(
    gateway: FakeGateway,
) -> None:
    """Reversing twice is harmless; asking GraphQL twice would pay twice."""
    gateway.answer(test_zarinpal.error(-63), terminals(gateway))
    attempt = paid()
    again = replace(make.refunding(attempt), again=True)
    keys = settings(gateway)

    told = PROVIDER.refund(attempt, again, keys)

    assert told.state == "unknown"
    assert PROVIDER.may_repeat_refund(attempt.amount, again.amount, keys)
    assert len(gateway.asked) == 1


def test_a_lookup_without_an_answer_moved_nothing(gateway: FakeGateway) -> None:
    gateway.answer(terminals(gateway), Reply(500))
    attempt = paid()

    with pytest.raises(ProviderError) as caught:
        PROVIDER.refund(attempt, make.refunding(attempt, PART), settings(gateway))

    assert not caught.value.unknown


@pytest.mark.parametrize(
    ("word", "state"),
    [("PENDING", "pending"), ("DONE", "succeeded"), ("PAID", "succeeded"),
     ("ODD", "unknown"), ("", "unknown")],
)  # fmt: skip
def test_an_accepted_refund_is_asked_about_by_its_number(
    gateway: FakeGateway, word: str, state: str
) -> None:
    gateway.answer(added(word))
    refund = make.refunding(paid(), PART, txn="31337")

    told = PROVIDER.query_refund(paid(), refund, settings(gateway))

    assert (told.state, told.provider_txn) == (state, "31337")
    assert gateway.asked[0].json["variables"] == {"id": "31337"}


def test_the_answer_about_another_refund_is_not_believed(gateway: FakeGateway) -> None:
    gateway.answer(added("DONE"))
    refund = make.refunding(paid(), PART, txn="99999")

    assert PROVIDER.query_refund(paid(), refund, settings(gateway)).state == "unknown"


def test_parts_come_back_at_the_sandbox_and_arrive(sandbox: Running) -> None:
    journey = Journey(sandbox, "zarinpal")
    journey.know(journey.come_back(journey.press()))
    refund = journey.refunding(PART)

    told = journey.refund(refund)
    assert told.state == "pending"
    accepted = replace(refund, txn=told.provider_txn)
    assert journey.query_refund(accepted).state == "pending"
    sandbox.clock("+2m")

    assert journey.query_refund(accepted).state == "succeeded"
    assert sandbox.ledger()["totals"]["zarinpal"]["refunded"] == PART


def test_after_half_an_hour_the_whole_sum_is_refunded(sandbox: Running) -> None:
    journey = Journey(sandbox, "zarinpal")
    journey.know(journey.come_back(journey.press()))
    sandbox.clock("+31m")

    assert journey.refund(journey.refunding()).state == "pending"


def test_a_lost_answer_of_the_sandbox_is_unknown(sandbox: Running) -> None:
    journey = Journey(sandbox, "zarinpal")
    journey.know(journey.come_back(journey.press()))
    sandbox.fault("zarinpal", "refund", "drop_after", 3)

    with pytest.raises(ProviderError):
        journey.refund(journey.refunding(PART))
