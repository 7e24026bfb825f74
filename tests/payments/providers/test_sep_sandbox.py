"""SEP against the sandbox."""

from collections.abc import Mapping

import pytest

from shop.payments.provider import Outcome, ProviderError, RawRequest
from shop.sandbox.testing import Running
from tests.payments.providers import make
from tests.payments.providers.journey import Journey


def _as_if(fields: Mapping[str, str], ref: str, token: str) -> RawRequest:
    """Return another payment's answer, dressed up as the answer to ours."""
    return make.posted({**fields, "ResNum": ref, "Token": token})


def test_a_buyer_pays_and_comes_back(sandbox: Running) -> None:
    journey = Journey(sandbox, "sep")

    event = journey.come_back(journey.press())

    assert (event.outcome, event.amount) == (Outcome.PAID, journey.attempt.amount)
    assert journey.query().event_id == event.event_id


def test_a_buyer_gives_up(sandbox: Running) -> None:
    journey = Journey(sandbox, "sep")

    event = journey.come_back(journey.press("cancel"))

    assert event.outcome is Outcome.CANCELLED


def test_a_receipt_of_another_payment_tells_its_own_amount(sandbox: Running) -> None:
    cheap = Journey(sandbox, "sep")
    dear = Journey(sandbox, "sep", amount=cheap.attempt.amount * 10)
    bought = cheap.press()
    dear.begin()
    hint = dear.provider.parse_return(
        _as_if(bought.fields, dear.attempt.ref, dear.attempt.provider_ref)
    )

    assert hint
    event = dear.provider.handle_return(dear.attempt, hint, dear.settings)

    assert event.amount != dear.attempt.amount or event.doubt


def test_a_lost_verification_is_found_again(sandbox: Running) -> None:
    journey = Journey(sandbox, "sep")
    returned = journey.press()
    sandbox.fault("sep", "verify", "drop_after")

    with pytest.raises(ProviderError) as caught:
        journey.come_back(returned)

    assert caught.value.unknown
    assert journey.query().outcome is Outcome.PAID


def test_the_whole_sum_is_reversed(sandbox: Running) -> None:
    journey = Journey(sandbox, "sep")
    journey.know(journey.come_back(journey.press()))
    refund = journey.refunding()

    assert journey.refund(refund).state == "succeeded"
    assert journey.refund(refund).state == "succeeded"


def test_what_came_too_late_was_given_back(sandbox: Running) -> None:
    journey = Journey(sandbox, "sep")
    returned = journey.press()
    sandbox.clock("+31m")

    assert journey.come_back(returned).outcome is Outcome.FAILED


def test_the_connection_test_knows_right_from_wrong(sandbox: Running) -> None:
    journey = Journey(sandbox, "sep")
    assert journey.provider.test_connection(journey.settings) == ""

    wrong = journey.settings | {"terminal_id": "99999999"}
    assert journey.provider.test_connection(wrong) != ""
