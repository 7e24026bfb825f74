"""WeChat Pay against the sandbox: code, phone and inside WeChat."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shop.payments.provider import Outcome, ProviderError
from shop.sandbox.testing import Running
from tests.payments.providers.journey import Journey

CODES = ("wechat_native", "wechat_h5", "wechat_jsapi")


def start(sandbox: Running, code: str) -> Journey:
    more: dict[str, Any] = {}
    if code == "wechat_jsapi":
        more["options"] = {"openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"}
    return Journey(sandbox, code, **more)


@pytest.mark.parametrize("code", CODES)
def test_a_buyer_pays(sandbox: Running, code: str) -> None:
    journey = start(sandbox, code)
    journey.begin()
    assert journey.query().outcome is Outcome.PENDING

    journey.press()

    event = journey.query()
    assert (event.outcome, event.amount) == (Outcome.PAID, journey.attempt.amount)


@pytest.mark.parametrize("code", CODES)
def test_the_notification_says_the_same(sandbox: Running, code: str) -> None:
    journey = start(sandbox, code)
    journey.press()

    event, ack = journey.hear(journey.notices()[0])

    assert event
    assert (event.outcome, event.amount) == (Outcome.PAID, journey.attempt.amount)
    assert event.provider_txn == journey.query().provider_txn
    assert ack.status == 200


def test_case_08_its_notification_is_too_old_after_six_minutes(
    sandbox: Running,
) -> None:
    journey = start(sandbox, "wechat_native")
    journey.press()
    notice, later = journey.notices()[0], datetime.now(UTC) + timedelta(minutes=6)

    event, ack = journey.provider.handle_notify(notice, journey.settings, later)

    assert event is None
    assert ack.status == 401


def test_case_09_its_probe_is_refused(sandbox: Running) -> None:
    journey = start(sandbox, "wechat_native")
    sandbox.fault("wechat", "notify", "probe")
    journey.press()

    heard = [journey.hear(notice) for notice in journey.notices()]

    refused = [ack for event, ack in heard if event is None]
    assert all(ack.status == 401 for ack in refused)


def test_closing_an_open_order_closes_it(sandbox: Running) -> None:
    journey = start(sandbox, "wechat_native")
    journey.begin()

    assert journey.close().outcome is Outcome.CLOSED
    assert journey.query().outcome is Outcome.CLOSED


def test_closing_too_late_finds_the_payment(sandbox: Running) -> None:
    journey = start(sandbox, "wechat_native")
    journey.press()

    assert journey.close().outcome is Outcome.PAID


def test_refunds_in_parts_count_once_each(sandbox: Running) -> None:
    journey = start(sandbox, "wechat_native")
    journey.press()
    journey.know(journey.query())
    first, second = journey.refunding(30_00), journey.refunding(70_01)

    assert journey.refund(first).state in {"succeeded", "pending"}
    assert journey.refund(first).state in {"succeeded", "pending"}
    sandbox.flush()
    assert journey.query_refund(first).state == "succeeded"
    assert journey.refund(second).state == "failed"
    assert journey.query().outcome is Outcome.PAID


@pytest.mark.parametrize("mode", ["bad_sig", "unsigned", "html", "empty", "http500"])
def test_no_faulty_answer_is_a_payment(sandbox: Running, mode: str) -> None:
    journey = start(sandbox, "wechat_native")
    journey.press()
    sandbox.fault("wechat", "query", mode)

    with pytest.raises(ProviderError) as caught:
        journey.query()

    assert caught.value.unknown


def test_the_connection_test_knows_right_from_wrong(sandbox: Running) -> None:
    journey = start(sandbox, "wechat_native")
    assert journey.provider.test_connection(journey.settings) == ""

    wrong = journey.settings | {"merchant_serial": "00"}
    assert journey.provider.test_connection(wrong) != ""
