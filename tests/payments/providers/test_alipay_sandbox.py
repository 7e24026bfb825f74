"""Alipay against the sandbox: page, phone and code."""

import pytest

from shop.payments.provider import Outcome, ProviderError
from shop.sandbox.testing import Running
from tests.payments.providers.journey import Journey

CODES = ("alipay", "alipay_wap", "alipay_qr")


@pytest.mark.parametrize("code", CODES)
def test_a_buyer_pays_and_comes_back(sandbox: Running, code: str) -> None:
    journey = Journey(sandbox, code)
    assert journey.begin().next.expires_at == journey.attempt.expires_at
    assert journey.query().outcome is Outcome.PENDING

    returned = journey.press()

    event = journey.query() if code == "alipay_qr" else journey.come_back(returned)
    assert (event.outcome, event.amount) == (Outcome.PAID, journey.attempt.amount)
    assert event.attempt_ref == journey.attempt.ref


@pytest.mark.parametrize("code", CODES)
def test_the_notification_says_the_same_as_a_query(sandbox: Running, code: str) -> None:
    journey = Journey(sandbox, code)
    journey.press()

    event, ack = journey.hear(journey.notices()[0])

    assert event
    assert (event.outcome, event.amount) == (Outcome.PAID, journey.attempt.amount)
    assert event.event_id == journey.query().event_id
    assert ack.body == b"success"


def test_a_notification_for_another_app_is_refused(sandbox: Running) -> None:
    journey = Journey(sandbox, "alipay")
    journey.press()
    notice = journey.notices()[0]
    journey.settings["app_id"] = "2021999999999999"

    event, _ack = journey.hear(notice)

    assert event is None


def test_cancelling_leaves_it_open_until_its_time_is_over(sandbox: Running) -> None:
    journey = Journey(sandbox, "alipay")

    journey.press("cancel")

    assert journey.query().outcome is Outcome.PENDING
    assert journey.close().outcome is Outcome.CLOSED


def test_what_nobody_opened_is_not_surely_closed(sandbox: Running) -> None:
    journey = Journey(sandbox, "alipay_qr")
    journey.begin()

    assert journey.close().outcome is Outcome.UNKNOWN


def test_closing_too_late_finds_the_payment(sandbox: Running) -> None:
    journey = Journey(sandbox, "alipay")
    journey.press()

    assert journey.close().outcome is Outcome.PAID


def test_refunds_in_parts_count_once_each(sandbox: Running) -> None:
    journey = Journey(sandbox, "alipay")
    journey.press()
    first, second = journey.refunding(30_00), journey.refunding(70_01)

    assert journey.refund(first).state == "succeeded"
    assert journey.refund(first).state in {"succeeded", "unknown"}
    assert journey.query_refund(first).state == "succeeded"
    assert journey.refund(second).state == "failed"
    assert sandbox.ledger()["totals"]["alipay"]["refunded"] == 30_00


def test_a_partial_refund_notifies_as_a_refund(sandbox: Running) -> None:
    journey = Journey(sandbox, "alipay")
    journey.press()
    sandbox.flush()
    before = len(journey.notices())
    refund = journey.refunding(30_00)
    journey.refund(refund)

    told = [journey.hear(notice)[0] for notice in journey.notices()[before:]]

    assert [event.outcome for event in told if event] == [Outcome.REFUNDED]
    assert [event.refund_ref for event in told if event] == [refund.ref]


@pytest.mark.parametrize("mode", ["bad_sig", "unsigned", "html", "empty", "http500"])
def test_no_faulty_answer_is_a_payment(sandbox: Running, mode: str) -> None:
    journey = Journey(sandbox, "alipay")
    journey.press()
    sandbox.fault("alipay", "query", mode)

    with pytest.raises(ProviderError) as caught:
        journey.query()

    assert caught.value.unknown


def test_case_46_a_refund_without_a_change_of_fund_is_asked_about(
    sandbox: Running,
) -> None:
    journey = Journey(sandbox, "alipay")
    journey.press()
    sandbox.fault("alipay", "refund", "fund_change_n")

    result = journey.refund(journey.refunding())

    assert result.state in {"succeeded", "unknown"}


def test_instalments_are_paid_with_huabei(sandbox: Running) -> None:
    journey = Journey(sandbox, "alipay", options={"instalments": "6"})

    journey.press()

    assert journey.query().outcome is Outcome.PAID


def test_the_connection_test_knows_right_from_wrong(sandbox: Running) -> None:
    journey = Journey(sandbox, "alipay")
    assert journey.provider.test_connection(journey.settings) == ""

    wrong = journey.settings | {"app_id": "2021999999999999"}
    assert journey.provider.test_connection(wrong) != ""
