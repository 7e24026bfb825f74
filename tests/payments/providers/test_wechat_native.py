"""WeChat Pay: bytes that are signed, a seal that holds, and who is refused."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shop.kernel.money import Money
from shop.payments import protocol
from shop.payments.provider import Ack, Event, Outcome, ProviderError
from shop.payments.providers.wechat_native import PROVIDER
from tests.payments.providers import make, wechat
from tests.payments.providers.gateway import FakeGateway, Reply
from tests.payments.providers.wechat import answer, marks, notice, paid, refusal, sealed

CODE = "weixin://wxpay/bizpayurl?pr=p4lpSuKzz"


def notified(
    body: bytes, headers: dict[str, str] | None = None, **more: Any
) -> tuple[Event | None, Ack]:
    now: datetime = more.pop("now", make.NOW)
    return PROVIDER.handle_notify(notice(body, headers), wechat.settings(**more), now)


def refused(body: bytes, headers: dict[str, str] | None = None, **more: Any) -> bool:
    event, ack = notified(body, headers, **more)
    return event is None and ack.status == 401 and b"FAIL" in ack.body


def test_begin_returns_the_code_to_show(gateway: FakeGateway) -> None:
    gateway.answer(answer({"code_url": CODE}))

    began = PROVIDER.begin(make.attempt(), make.URLS, wechat.settings(gateway.url))

    assert (began.next.kind, began.next.qr_text) == ("qr", CODE)
    sent = gateway.asked[0]
    assert sent.path == "/v3/pay/transactions/native"
    assert sent.json["out_trade_no"] == make.REF
    assert sent.json["notify_url"] == make.URLS.notify_url
    assert sent.json["time_expire"] == "2026-11-21T16:15:00+08:00"
    assert sent.headers["wechatpay-serial"] == wechat.KEY_ID


def test_the_wire_says_whole_fen(gateway: FakeGateway) -> None:
    gateway.answer(answer({"code_url": CODE}))
    attempt = make.attempt(amount=Money(19_99, "CNY"))

    PROVIDER.begin(attempt, make.URLS, wechat.settings(gateway.url))

    assert gateway.asked[0].json["amount"] == {"total": 1999, "currency": "CNY"}
    assert b'"total": 1999,' in gateway.asked[0].body


def test_a_request_is_signed_over_its_exact_bytes(gateway: FakeGateway) -> None:
    gateway.answer(answer({"code_url": CODE}))

    PROVIDER.begin(
        make.attempt(description="صورتی 粉"),
        make.URLS,
        wechat.settings(gateway.url),
    )

    sent = gateway.asked[0]
    kind, _, rest = sent.headers["authorization"].partition(" ")
    parts = dict(re.findall(r'(\w+)="([^"]*)"', rest))
    text = f"POST\n{sent.path}\n{parts['timestamp']}\n{parts['nonce_str']}\n"
    assert kind == "WECHATPAY2-SHA256-RSA2048"
    assert (parts["mchid"], parts["serial_no"]) == (wechat.MCHID, wechat.SERIAL)
    protocol.check_signature(
        [make.key("shop").public_key()],
        parts["signature"],
        text.encode() + sent.body + b"\n",
    )


def test_a_notify_address_with_a_query_is_refused_before_the_call(
    gateway: FakeGateway,
) -> None:
    urls = replace(make.URLS, notify_url="https://shop.test/n?a=1")

    with pytest.raises(ProviderError):
        PROVIDER.begin(make.attempt(), urls, wechat.settings(gateway.url))

    assert gateway.asked == []


@pytest.mark.parametrize("body", [{}, {"code_url": 7}, {"code_url": "javascript:1"}])
def test_a_strange_code_is_not_shown(
    gateway: FakeGateway, body: dict[str, object]
) -> None:
    gateway.answer(answer(body))

    with pytest.raises(ProviderError) as caught:
        PROVIDER.begin(make.attempt(), make.URLS, wechat.settings(gateway.url))

    assert caught.value.unknown


def test_an_unsigned_success_is_no_success(gateway: FakeGateway) -> None:
    gateway.answer({"code_url": CODE})

    with pytest.raises(ProviderError) as caught:
        PROVIDER.begin(make.attempt(), make.URLS, wechat.settings(gateway.url))

    assert (caught.value.kind, caught.value.unknown) == ("forged", True)


@pytest.mark.parametrize(
    ("reply", "kind", "unknown"),
    [
        (refusal(401, "SIGN_ERROR"), "config", False),
        (refusal(403, "NO_AUTH"), "config", False),
        (refusal(400, "ORDERPAID"), "rejected", False),
        (refusal(429, "RATELIMIT_EXCEEDED"), "rejected", True),
        (refusal(500, "SYSTEM_ERROR"), "rejected", True),
        (refusal(202, "ACCEPTED"), "rejected", True),
        (Reply(502, b"<html>"), "protocol", True),
    ],
)
def test_begin_says_whose_fault_a_refusal_is(
    gateway: FakeGateway, reply: Reply, kind: str, unknown: bool
) -> None:
    gateway.answer(reply)

    with pytest.raises(ProviderError) as caught:
        PROVIDER.begin(make.attempt(), make.URLS, wechat.settings(gateway.url))

    assert (caught.value.kind, caught.value.unknown) == (kind, unknown)


def test_a_genuine_notification_is_paid() -> None:
    event, ack = notified(sealed(paid()))

    assert event
    assert (event.outcome, event.attempt_ref) == (Outcome.PAID, make.REF)
    assert event.amount == Money(100_00, "CNY")
    assert (event.provider_txn, event.event_id) == ("4200000000000000001", "EV-1")
    assert ack.status == 200


def test_nothing_of_the_payer_is_kept() -> None:
    event, _ack = notified(sealed(paid()))

    assert "oUpF8u" not in repr(event)


@pytest.mark.parametrize("minutes", [-6, -5, 5, 6])
def test_case_08_an_old_notification_is_refused(minutes: int) -> None:
    body = sealed(paid())

    assert refused(body, now=make.NOW + timedelta(minutes=minutes))


def test_case_08_within_five_minutes_it_has_the_same_id() -> None:
    body = sealed(paid())

    first, _ack = notified(body)
    again, _ack = notified(body, now=make.NOW + timedelta(minutes=4, seconds=59))

    assert first
    assert again
    assert first.event_id == again.event_id


@pytest.mark.parametrize(
    "stamp", ["١٧٦٣٧١٢٠٠٠", " 1763712000", "1_763_712_00", "", "9" * 20]
)
def test_case_08_a_timestamp_is_ten_ascii_digits(stamp: str) -> None:
    body = sealed(paid())

    assert refused(body, marks(body, stamp=stamp))


def test_case_09_a_probe_is_refused_without_a_call(gateway: FakeGateway) -> None:
    body = sealed(paid())
    probe = marks(body) | {"wechatpay-signature": "WECHATPAY/SIGNTEST/bm90IHJlYWw="}

    assert refused(body, probe, base=gateway.url)
    assert gateway.asked == []


@pytest.mark.parametrize(
    "serial", ["", "x", "A" * 100_000, "1' OR '1'='1", "PUB_KEY_ID_9"]
)
def test_case_10_an_unknown_serial_is_refused_without_a_call(
    gateway: FakeGateway, serial: str
) -> None:
    body = sealed(paid())

    assert refused(body, marks(body) | {"wechatpay-serial": serial}, base=gateway.url)
    assert gateway.asked == []


@pytest.mark.parametrize(
    "resource",
    [
        {"ciphertext": "AAAA" * 20},
        {"ciphertext": "not base64"},
        {"nonce": "short"},
        {"nonce": "a" * 13},
        {"associated_data": None},
        {"associated_data": "refund"},
        {"algorithm": "SM4_GCM"},
        {"algorithm": None},
    ],
)
def test_case_11_a_broken_seal_is_refused(resource: dict[str, object]) -> None:
    assert refused(sealed(paid(), resource=resource))


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"resource":[]}', b"\xff"])
def test_case_11_rubbish_that_is_signed_is_still_refused(body: bytes) -> None:
    assert refused(body)


@pytest.mark.parametrize("field", ["mchid", "appid"])
def test_case_12_another_merchants_payment_is_acknowledged_only(field: str) -> None:
    event, ack = notified(sealed(paid(**{field: "1900009999"})))

    assert event is None
    assert ack.status == 200


@pytest.mark.parametrize("state", ["NOTPAY", "CLOSED", "PAYERROR", "REFUND", "NEW"])
def test_case_12_another_state_is_not_paid(state: str) -> None:
    event, ack = notified(sealed(paid(trade_state=state)))

    assert event
    assert event.outcome is not Outcome.PAID
    assert ack.status == 200


def test_case_13_a_coupon_does_not_make_it_less() -> None:
    amount = {"total": 100_00, "payer_total": 80_00, "currency": "CNY"}

    event, _ack = notified(sealed(paid(amount=amount)))

    assert event
    assert event.amount == Money(100_00, "CNY")


@pytest.mark.parametrize("total", ["10000", 100.0, -1, None, True])
def test_an_amount_is_a_whole_number(total: object) -> None:
    amount = {"total": total, "currency": "CNY"}

    event, ack = notified(sealed(paid(amount=amount)))

    if total == "10000":
        assert event
        assert event.amount == Money(100_00, "CNY")
    else:
        assert event is None
        assert ack.status == 401


def test_another_currency_is_a_doubt() -> None:
    event, _ack = notified(sealed(paid(amount={"total": 10000, "currency": "HKD"})))

    assert event
    assert (event.outcome, event.doubt) == (Outcome.UNKNOWN, "amount")


def test_an_altered_body_is_refused() -> None:
    body = sealed(paid())

    assert refused(body.replace(b"EV-1", b"EV-2"), marks(body))


def test_another_key_is_refused() -> None:
    body = sealed(paid())

    assert refused(body, marks(body, "stranger"))


def test_case_54_a_megabyte_is_refused_before_any_signature() -> None:
    body = b"x" * 1_000_000

    event, ack = PROVIDER.handle_notify(notice(body, {"a": "b"}), {}, make.NOW)

    assert event is None
    assert ack.status == 401


def test_the_old_and_the_new_key_verify_side_by_side() -> None:
    body = sealed(paid())
    both: dict[str, Any] = {
        "platform_public_key_id": "PUB_KEY_ID_2",
        "platform_public_key": make.public_pem("stranger"),
        "platform_public_key_id.previous": wechat.KEY_ID,
        "platform_public_key.previous": make.public_pem("provider"),
        "apiv3_key": "f" * 32,
        "apiv3_key.previous": wechat.APIV3,
    }
    new = marks(body, "stranger", **{"wechatpay-serial": "PUB_KEY_ID_2"})

    assert notified(body, **both)[0]
    assert notified(body, new, **both)[0]
    assert refused(
        body, marks(body, "stranger"), **both
    )  # each key under its own id only


def test_what_a_setting_held_before_may_be_a_mistake() -> None:
    wrong: dict[str, Any] = {
        "platform_public_key.previous": "typo",
        "apiv3_key.previous": "short",
    }

    assert notified(sealed(paid()), **wrong)[0]


def test_a_refund_notification_speaks_of_the_refund() -> None:
    inner = {
        "mchid": wechat.MCHID,
        "out_trade_no": make.REF,
        "out_refund_no": "902611210001",
        "refund_id": "5000",
        "refund_status": "SUCCESS",
        "amount": {"total": 100_00, "refund": 30_00},
    }

    event, _ack = notified(sealed(inner, event_type="REFUND.SUCCESS"))

    assert event
    assert (event.outcome, event.refund_ref) == (Outcome.REFUNDED, "902611210001")
    assert event.amount == Money(30_00, "CNY")


def test_a_query_finds_the_payment(gateway: FakeGateway) -> None:
    gateway.answer(answer(paid()))

    event = PROVIDER.query(make.attempt(), wechat.settings(gateway.url))

    assert event.outcome is Outcome.PAID
    path = f"/v3/pay/transactions/out-trade-no/{make.REF}?mchid={wechat.MCHID}"
    assert gateway.asked[0].path == path


def test_an_answer_about_another_order_is_a_doubt(gateway: FakeGateway) -> None:
    gateway.answer(answer(paid(out_trade_no="999999999999")))

    event = PROVIDER.query(make.attempt(), wechat.settings(gateway.url))

    assert (event.outcome, event.doubt) == (Outcome.UNKNOWN, "order")


def test_a_stale_answer_is_forged(
    gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = json.dumps(paid()).encode()
    gateway.answer(Reply(200, body, marks(body, stamp="1763712000")))

    with pytest.raises(ProviderError) as caught:
        PROVIDER.query(make.attempt(), wechat.settings(gateway.url))

    assert caught.value.kind == "forged"


@pytest.mark.parametrize(
    ("minutes", "outcome"), [(14, Outcome.PENDING), (16, Outcome.CLOSED)]
)
def test_an_order_wechat_does_not_know_ends_with_its_time(
    gateway: FakeGateway,
    monkeypatch: pytest.MonkeyPatch,
    minutes: int,
    outcome: Outcome,
) -> None:
    at = make.NOW + timedelta(minutes=minutes)
    monkeypatch.setattr(protocol, "wire_clock", lambda: at)
    gateway.answer(refusal(404, "ORDER_NOT_EXIST"))

    event = PROVIDER.query(make.attempt(), wechat.settings(gateway.url))

    assert event.outcome is outcome


def test_a_refund_begun_elsewhere_is_no_new_payment(gateway: FakeGateway) -> None:
    gateway.answer(answer(paid(trade_state="REFUND")))
    settings = wechat.settings(gateway.url)

    fresh = PROVIDER.query(make.attempt(), settings)
    known = PROVIDER.query(make.attempt(provider_txn="42"), settings)

    assert (fresh.outcome, fresh.doubt) == (Outcome.UNKNOWN, "refunded")
    assert known.outcome is Outcome.PAID


def test_closing_an_open_order_closes_it(gateway: FakeGateway) -> None:
    gateway.answer(answer(None, 204))

    event = PROVIDER.close(make.attempt(), wechat.settings(gateway.url))

    assert event.outcome is Outcome.CLOSED
    assert gateway.asked[0].json == {"mchid": wechat.MCHID}


def test_closing_too_late_finds_the_payment(gateway: FakeGateway) -> None:
    gateway.answer(refusal(400, "ORDERPAID"), answer(paid()))

    event = PROVIDER.close(make.attempt(), wechat.settings(gateway.url))

    assert event.outcome is Outcome.PAID


def refund_answer(status: str, **more: Any) -> Any:
    said = {"out_refund_no": "902611210001", "refund_id": "50", "status": status}
    amount = {"amount": {"refund": 30_00, "total": 100_00, "currency": "CNY"}}
    return answer(said | amount | more)


@pytest.mark.parametrize(
    ("status", "state"),
    [("SUCCESS", "succeeded"), ("PROCESSING", "pending"), ("CLOSED", "failed"),
     ("ABNORMAL", "unknown"), ("NEW", "unknown")],
)  # fmt: skip
def test_case_47_a_refund_says_what_became_of_it(
    gateway: FakeGateway, status: str, state: str
) -> None:
    gateway.answer(refund_answer(status))
    attempt = make.attempt()
    wanted = make.refunding(attempt, 30_00)

    result = PROVIDER.refund(attempt, wanted, wechat.settings(gateway.url))

    assert (result.state, result.code) == (state, status)
    assert gateway.asked[0].json["amount"]["refund"] == 30_00
    assert gateway.asked[0].json["amount"]["total"] == 100_00


@pytest.mark.parametrize(
    "reply", [refusal(429, "FREQUENCY_LIMITED"), refusal(500, "SYSTEM_ERROR")]
)
def test_case_47_a_busy_answer_to_a_refund_is_unknown_and_asked_about(
    gateway: FakeGateway, reply: Reply
) -> None:
    gateway.answer(reply, refund_answer("SUCCESS"))
    attempt, settings = make.attempt(), wechat.settings(gateway.url)
    wanted = make.refunding(attempt, 30_00)

    with pytest.raises(ProviderError) as caught:
        PROVIDER.refund(attempt, wanted, settings)
    result = PROVIDER.query_refund(attempt, wanted, settings)

    assert caught.value.unknown
    assert result.state == "succeeded"
    assert gateway.asked[1].path.endswith("/refunds/902611210001")


def test_a_refund_of_another_amount_is_unknown(gateway: FakeGateway) -> None:
    gateway.answer(refund_answer("SUCCESS"))
    attempt = make.attempt()

    result = PROVIDER.refund(
        attempt, make.refunding(attempt, 40_00), wechat.settings(gateway.url)
    )

    assert result.state == "unknown"


def test_a_refused_refund_says_why(gateway: FakeGateway) -> None:
    gateway.answer(refusal(403, "NOT_ENOUGH"))
    attempt = make.attempt()

    result = PROVIDER.refund(
        attempt, make.refunding(attempt), wechat.settings(gateway.url)
    )

    assert (result.state, result.code) == ("failed", "NOT_ENOUGH")


def now_answer(_asked: object) -> Reply:
    body = json.dumps(paid()).encode()
    return Reply(200, body, marks(body, stamp=str(int(datetime.now(UTC).timestamp()))))


@pytest.mark.parametrize("hours", [-1, 1])
@pytest.mark.parametrize("reply", [now_answer, refusal(401, "SIGN_ERROR")])
def test_case_50_a_wrong_clock_of_ours_is_called_that(
    gateway: FakeGateway,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    hours: int,
    reply: Any,
) -> None:
    wrong = datetime.now(UTC) + timedelta(hours=hours)
    monkeypatch.setattr(protocol, "wire_clock", lambda: wrong)
    gateway.answer(reply)
    settings = wechat.settings(gateway.url)

    with pytest.raises(ProviderError) as caught:
        PROVIDER.query(make.attempt(), settings)

    assert (caught.value.kind, caught.value.code) == ("config", "clock")
    assert PROVIDER.test_connection(settings) == "clock"
    assert "clock differs" in caplog.text


def test_the_connection_test_needs_every_key(gateway: FakeGateway) -> None:
    gateway.answer(refusal(404, "ORDER_NOT_EXIST"))
    settings = wechat.settings(gateway.url)

    assert PROVIDER.test_connection(settings) == ""
    assert PROVIDER.test_connection(settings | {"apiv3_key": "short"}) == "apiv3_key"
    gateway.answer(refusal(401, "SIGN_ERROR"))
    assert PROVIDER.test_connection(settings) == "SIGN_ERROR"


@pytest.mark.parametrize(
    ("setting", "most"),
    [("", 127), ("32", 32), ("127", 127), ("999", 127), ("0", 1), ("ten", 127)],
)
def test_the_longest_description_is_a_setting(
    gateway: FakeGateway, setting: str, most: int
) -> None:
    gateway.answer(answer({"code_url": "weixin://wxpay/bizpayurl?pr=x"}))
    settings = wechat.settings(gateway.url, description_length=setting)

    PROVIDER.begin(make.attempt(description="商" * 200), make.URLS, settings)

    sent = json.loads(gateway.asked[0].body)["description"].encode()
    assert most - 3 < len(sent) <= most
