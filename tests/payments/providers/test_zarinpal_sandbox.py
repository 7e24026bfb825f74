"""ZarinPal against the sandbox."""

import pytest

from shop.payments.provider import Outcome, ProviderError
from shop.sandbox.testing import Running
from tests.payments.providers.journey import Journey


def test_a_buyer_pays_and_comes_back(sandbox: Running) -> None:
    journey = Journey(sandbox, "zarinpal")

    event = journey.come_back(journey.press())

    assert (event.outcome, event.amount) == (Outcome.PAID, journey.attempt.amount)
    assert event.code == "100"
    assert journey.query().code == "101"
    assert journey.query().event_id == event.event_id


def test_a_buyer_gives_up(sandbox: Running) -> None:
    journey = Journey(sandbox, "zarinpal")

    event = journey.come_back(journey.press("cancel"))

    assert event.outcome is Outcome.FAILED


def test_an_untouched_attempt_is_pending(sandbox: Running) -> None:
    journey = Journey(sandbox, "zarinpal")
    journey.begin()

    assert journey.query().outcome is Outcome.PENDING


def test_case_20_a_lost_verification_is_found_again(
    sandbox: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    journey = Journey(sandbox, "zarinpal")
    returned = journey.press()
    sandbox.fault("zarinpal", "verify", "drop_after")

    with pytest.raises(ProviderError) as caught:
        journey.come_back(returned)
    event = journey.query()

    assert caught.value.unknown
    assert (event.outcome, event.code) == (Outcome.PAID, "101")


def test_a_lost_return_is_on_the_unverified_list(sandbox: Running) -> None:
    journey = Journey(sandbox, "zarinpal")
    journey.press("pay")

    (listed,) = journey.provider.reconcile(journey.attempt.created_at, journey.settings)

    assert listed.provider_ref == journey.attempt.provider_ref
    assert listed.amount == journey.attempt.amount
    assert journey.query().outcome is Outcome.PAID


def test_the_whole_sum_is_reversed_once(sandbox: Running) -> None:
    journey = Journey(sandbox, "zarinpal")
    journey.come_back(journey.press())
    refund = journey.refunding()

    assert journey.refund(refund).state == "succeeded"
    assert journey.refund(refund).state == "succeeded"
    assert journey.query_refund(refund).state == "succeeded"
    assert journey.query().outcome is Outcome.REVERSED


def test_after_half_an_hour_it_goes_back_by_hand(sandbox: Running) -> None:
    journey = Journey(sandbox, "zarinpal")
    journey.come_back(journey.press())
    sandbox.clock("+31m")

    result = journey.refund(journey.refunding())

    assert (result.state, result.code) == ("failed", "manual")


def test_the_connection_test_knows_right_from_wrong(sandbox: Running) -> None:
    journey = Journey(sandbox, "zarinpal")
    assert journey.provider.test_connection(journey.settings) == ""

    wrong = {"merchant_id": "00000000-0000-0000-0000-000000000000"}
    assert journey.provider.test_connection(journey.settings | wrong) != ""
