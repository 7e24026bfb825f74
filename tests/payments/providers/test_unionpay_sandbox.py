"""UnionPay against the sandbox."""

import pytest

from shop.payments.provider import Outcome, ProviderError
from shop.sandbox.testing import Running
from tests.payments.providers.journey import Journey


def test_a_buyer_pays_and_comes_back(sandbox: Running) -> None:
    journey = Journey(sandbox, "unionpay")
    journey.begin()
    assert journey.query().outcome is Outcome.PENDING

    event = journey.come_back(journey.press())

    assert (event.outcome, event.amount) == (Outcome.PAID, journey.attempt.amount)
    assert event.attempt_ref == journey.attempt.ref


def test_the_notification_says_the_same(sandbox: Running) -> None:
    journey = Journey(sandbox, "unionpay")
    journey.press()

    event, ack = journey.hear(journey.notices()[0])

    assert event
    assert (event.outcome, event.amount) == (Outcome.PAID, journey.attempt.amount)
    assert event.provider_txn == journey.query().provider_txn
    assert ack.status == 200


def test_a_failed_card_is_not_yet_the_end(sandbox: Running) -> None:
    journey = Journey(sandbox, "unionpay")

    journey.press("fail", "64")

    assert journey.query().outcome in {Outcome.PENDING, Outcome.FAILED}


def test_a_refund_is_accepted_and_then_done(sandbox: Running) -> None:
    journey = Journey(sandbox, "unionpay")
    journey.press()
    journey.know(journey.query())
    refund = journey.refunding(30_00)

    assert journey.refund(refund).state == "pending"
    assert journey.refund(refund).state == "unknown"  # 12: it is there already
    sandbox.flush()
    assert journey.query_refund(refund).state == "succeeded"
    assert journey.refund(journey.refunding(70_01)).state == "failed"


@pytest.mark.parametrize("mode", ["bad_sig", "unsigned", "html", "empty", "http500"])
def test_no_faulty_answer_is_a_payment(sandbox: Running, mode: str) -> None:
    journey = Journey(sandbox, "unionpay")
    journey.press()
    sandbox.fault("unionpay", "query", mode)

    with pytest.raises(ProviderError) as caught:
        journey.query()

    assert caught.value.unknown


def test_another_pin_believes_nothing(sandbox: Running) -> None:
    journey = Journey(sandbox, "unionpay")
    journey.press()
    notice = journey.notices()[0]
    journey.settings["root_pins"] = "0" * 64

    event, _ack = journey.hear(notice)

    assert event is None


def test_the_connection_test_knows_right_from_wrong(sandbox: Running) -> None:
    journey = Journey(sandbox, "unionpay")
    assert journey.provider.test_connection(journey.settings) == ""

    wrong = journey.settings | {"mer_id": "777290058119999"}
    assert journey.provider.test_connection(wrong) != ""
