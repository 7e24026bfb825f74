"""Mellat against the sandbox."""

import pytest

from shop.payments.provider import Outcome, ProviderError
from shop.payments.providers.mellat import BOTH
from shop.sandbox.testing import Running
from tests.payments.providers.journey import Journey


def test_a_buyer_pays_and_it_is_settled(sandbox: Running) -> None:
    journey = Journey(sandbox, "mellat")

    event = journey.come_back(journey.press())
    journey.know(event)

    assert (event.outcome, event.amount) == (Outcome.PAID, journey.attempt.amount)
    settled = journey.provider.settle(journey.attempt, journey.settings)
    again = journey.provider.settle(journey.attempt, journey.settings)
    assert (settled.outcome, settled.code) == (Outcome.PAID, "0")
    assert (again.outcome, again.code) == (Outcome.PAID, "45")
    assert journey.query().outcome is Outcome.PAID


def test_a_buyer_gives_up(sandbox: Running) -> None:
    journey = Journey(sandbox, "mellat")

    event = journey.come_back(journey.press("cancel"))

    assert (event.outcome, event.code) == (Outcome.CANCELLED, "17")


def test_case_28_a_refreshed_page_reverses_nothing(sandbox: Running) -> None:
    journey = Journey(sandbox, "mellat")
    returned = journey.press()

    first, again = journey.come_back(returned), journey.come_back(returned)

    assert (first.code, again.code) == ("0", "43")
    assert again.outcome is Outcome.PAID


def test_case_29_a_settlement_after_a_reversal_says_so(sandbox: Running) -> None:
    journey = Journey(sandbox, "mellat")
    returned = journey.press()
    sandbox.clock("+25m")  # not verified in time: the bank has given it back

    event = journey.come_back(returned)

    assert event.outcome in {Outcome.REVERSED, Outcome.FAILED}


def test_a_lost_verification_is_found_again(sandbox: Running) -> None:
    journey = Journey(sandbox, "mellat")
    returned = journey.press()
    sandbox.fault("mellat", "verify", "drop_after")

    with pytest.raises(ProviderError) as caught:
        journey.come_back(returned)

    assert caught.value.unknown
    assert journey.query().outcome is Outcome.PAID


@pytest.mark.parametrize("mode", ["soap_fault", "html", "empty", "truncated"])
def test_case_31_no_faulty_answer_is_a_payment(sandbox: Running, mode: str) -> None:
    journey = Journey(sandbox, "mellat")
    returned = journey.press()
    sandbox.fault("mellat", "verify", mode)

    with pytest.raises(ProviderError) as caught:
        journey.come_back(returned)

    assert caught.value.unknown


def test_a_refund_is_accepted(sandbox: Running) -> None:
    journey = Journey(sandbox, "mellat")
    journey.know(journey.come_back(journey.press()))
    journey.provider.settle(journey.attempt, journey.settings)
    refund = journey.refunding(50_000)

    assert journey.refund(refund).state == "pending"
    assert journey.refund(refund).state == "unknown"
    assert sandbox.ledger()["totals"]["mellat"]["refunded"] == 50_000


def test_the_connection_test_knows_right_from_wrong(sandbox: Running) -> None:
    journey = Journey(sandbox, "mellat")
    assert journey.provider.test_connection(journey.settings) == ""

    wrong = journey.settings | {"password": "wrong"}
    assert journey.provider.test_connection(wrong) != ""


def test_one_step_verifies_and_settles_where_the_owner_chose_it(
    sandbox: Running,
) -> None:
    """Whether a real terminal has it nobody could confirm: then it is not chosen."""
    journey = Journey(sandbox, "mellat")
    journey.settings = {**journey.settings, "verify_operation": BOTH}

    event = journey.come_back(journey.press())
    journey.know(event)

    assert (event.outcome, event.amount) == (Outcome.PAID, journey.attempt.amount)
    settled = journey.provider.settle(journey.attempt, journey.settings)
    assert (settled.outcome, settled.code) == (Outcome.PAID, "45")
    assert journey.query().outcome is Outcome.PAID
