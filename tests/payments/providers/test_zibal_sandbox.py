"""Zibal against the sandbox."""

import pytest

from shop.kernel.money import Money
from shop.payments.provider import Outcome, ProviderError
from shop.sandbox.testing import Running
from tests.payments.providers.journey import Journey


def test_a_buyer_pays_and_comes_back(sandbox: Running) -> None:
    journey = Journey(sandbox, "zibal")

    event = journey.come_back(journey.press())

    assert (event.outcome, event.amount) == (Outcome.PAID, journey.attempt.amount)
    assert journey.query().event_id == event.event_id
    assert journey.query().provider_txn == event.provider_txn


def test_a_buyer_gives_up(sandbox: Running) -> None:
    journey = Journey(sandbox, "zibal")

    event = journey.come_back(journey.press("cancel"))

    assert event.outcome is Outcome.CANCELLED


def test_an_untouched_attempt_is_pending(sandbox: Running) -> None:
    journey = Journey(sandbox, "zibal")
    journey.begin()

    assert journey.query().outcome is Outcome.PENDING


def test_case_23_already_verified_without_an_amount(sandbox: Running) -> None:
    journey = Journey(sandbox, "zibal")
    returned = journey.press()
    sandbox.fault("zibal", "verify", "drop_after")

    with pytest.raises(ProviderError):
        journey.come_back(returned)
    sandbox.fault("zibal", "verify", "no_amount")
    event = journey.come_back(returned)

    assert (event.outcome, event.amount) == (Outcome.PAID, journey.attempt.amount)


def test_case_23_a_wrong_amount_is_told_as_it_is(sandbox: Running) -> None:
    journey = Journey(sandbox, "zibal")
    returned = journey.press()
    sandbox.fault("zibal", "verify", "wrong_amount")

    event = journey.come_back(returned)

    assert event.amount != journey.attempt.amount
    assert isinstance(event.amount, Money)


def test_a_lost_return_is_found_by_asking(sandbox: Running) -> None:
    journey = Journey(sandbox, "zibal")
    journey.press()

    assert journey.query().outcome is Outcome.PAID


def test_the_connection_test_knows_right_from_wrong(sandbox: Running) -> None:
    journey = Journey(sandbox, "zibal")
    assert journey.provider.test_connection(journey.settings) == ""

    wrong = journey.settings | {"merchant": "nobody"}
    assert journey.provider.test_connection(wrong) != ""
