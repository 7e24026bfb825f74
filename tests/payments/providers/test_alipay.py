"""Alipay: every forgery in the book, and the amounts to the fen."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from shop.kernel.money import Money
from shop.payments import protocol
from shop.payments.provider import Ack, Event, Outcome, ProviderError
from shop.payments.providers.alipay import PROVIDER
from tests.payments.providers import make
from tests.payments.providers.gateway import FakeGateway, Reply

APP, SELLER = "2021000000000001", "2088000000000001"
TRADE = "2026112122001400000000000001"


def settings(base: str = "", **more: str) -> dict[str, str]:
    return {
        "base_url": base,
        "app_id": APP,
        "seller_id": SELLER,
        "app_private_key": make.private_pem("shop"),
        "alipay_public_key": make.public_pem("provider"),
        "sandbox": "1",
    } | more


def paid(**facts: str) -> dict[str, str]:
    """Return the fields of a genuine notification, not yet signed."""
    return {
        "notify_time": "2026-11-21 16:05:00",
        "notify_type": "trade_status_sync",
        "notify_id": "n1",
        "app_id": APP,
        "seller_id": SELLER,
        "charset": "utf-8",
        "version": "1.0",
        "trade_no": TRADE,
        "out_trade_no": make.REF,
        "buyer_logon_id": "159****5620",
        "trade_status": "TRADE_SUCCESS",
        "total_amount": "100.00",
        "subject": "Order 4817",
        "gmt_payment": "2026-11-21 16:04:58",
    } | facts


def signed(fields: Mapping[str, str], owner: str = "provider") -> dict[str, str]:
    text = "&".join(f"{k}={fields[k]}" for k in sorted(fields))
    sign = protocol.sign(make.key(owner), text.encode())
    return {**fields, "sign_type": "RSA2", "sign": sign}


def notified(form: Any, **more: str) -> tuple[Event | None, Ack]:
    return PROVIDER.handle_notify(make.posted(form), settings(**more), make.NOW)


def refused(form: Any) -> bool:
    event, ack = notified(form)
    return event is None and ack.status >= 400 and ack.body == b"fail"


def answer(method: str, owner: str = "provider", **node: Any) -> Reply:
    """Return a signed answer with escaped slashes, as the real one writes them."""
    text = json.dumps({"code": "10000", "msg": "Success"} | node).replace("/", r"\/")
    sign = protocol.sign(make.key(owner), text.encode())
    name = f"alipay_trade_{method}_response"
    return Reply(body=f'{{"{name}":{text},"sign":"{sign}"}}'.encode())


def trade(method: str = "query", **node: Any) -> Reply:
    facts = {"out_trade_no": make.REF, "trade_no": TRADE, "total_amount": "100.00"}
    return answer(method, **(facts | node))


def test_begin_signs_the_address_of_the_page() -> None:
    began = PROVIDER.begin(make.attempt(), make.URLS, settings())

    url = urlsplit(began.next.url)
    fields = dict(parse_qsl(url.query))
    assert (began.next.kind, began.provider_ref) == ("redirect", make.REF)
    assert f"{url.scheme}://{url.netloc}" == "https://openapi.alipay.com"
    assert url.path == "/gateway.do"
    assert fields["method"] == "alipay.trade.page.pay"
    assert fields["notify_url"] == make.URLS.notify_url
    signature = base64.b64decode(fields["sign"])
    make.key("shop").public_key().verify(
        signature,
        protocol.canonical(fields, ("sign",)),
        padding.PKCS1v15(),
        hashes.SHA256(),
    )


def test_the_wire_says_yuan_with_two_decimals_and_beijing_time() -> None:
    attempt = make.attempt(amount=Money(19_99, "CNY"))

    began = PROVIDER.begin(attempt, make.URLS, settings())

    biz = json.loads(dict(parse_qsl(urlsplit(began.next.url).query))["biz_content"])
    assert biz["total_amount"] == "19.99"
    assert biz["time_expire"] == "2026-11-21 16:15:00"
    assert biz["product_code"] == "FAST_INSTANT_TRADE_PAY"


def test_signs_that_break_a_subject_are_left_out() -> None:
    began = PROVIDER.begin(
        make.attempt(description="a/b=c&d\ne"), make.URLS, settings()
    )

    biz = json.loads(dict(parse_qsl(urlsplit(began.next.url).query))["biz_content"])
    assert biz["subject"] == "a b c d e"


def test_a_genuine_notification_is_paid() -> None:
    event, ack = notified(signed(paid()))

    assert event
    assert (event.outcome, event.attempt_ref) == (Outcome.PAID, make.REF)
    assert event.amount == Money(100_00, "CNY")
    assert (event.provider_txn, event.payer_hint) == (TRADE, "159****5620")
    assert ack == Ack(200, b"success")


def test_case_01_another_key_is_refused() -> None:
    assert refused(signed(paid(), "stranger"))


@pytest.mark.parametrize("weak", [hashes.SHA1(), hashes.MD5()])  # noqa: S303
def test_case_02_weak_hashes_are_refused(weak: hashes.HashAlgorithm) -> None:
    fields = paid()
    text = "&".join(f"{k}={fields[k]}" for k in sorted(fields)).encode()
    digest = hashlib.new(weak.name, text, usedforsecurity=False).digest()
    prefix = {
        "sha1": "3021300906052b0e03021a05000414",
        "md5": "3020300c06082a864886f70d020505000410",
    }[weak.name]
    block = bytes.fromhex(prefix) + digest
    padded = b"\x00\x01" + b"\xff" * (256 - 3 - len(block)) + b"\x00" + block
    numbers = make.key("provider").private_numbers()
    raw = pow(
        int.from_bytes(padded, "big"), numbers.d, numbers.public_numbers.n
    ).to_bytes(256, "big")

    assert refused(
        {**fields, "sign_type": "RSA2", "sign": base64.b64encode(raw).decode()}
    )


def test_case_02_sign_type_rsa_is_refused() -> None:
    assert refused(signed(paid()) | {"sign_type": "RSA"})


@pytest.mark.parametrize("gone", ["sign", "sign_type"])
def test_case_03_without_a_signature_is_refused(gone: str) -> None:
    form = signed(paid())
    del form[gone]

    assert refused(form)


def test_case_03_a_name_that_comes_twice_is_refused() -> None:
    assert refused([*signed(paid()).items(), ("out_trade_no", "999")])


def test_case_03_a_megabyte_is_refused_before_any_signature() -> None:
    request = make.posted(signed(paid()), body=b"x" * 1_000_000)

    event, ack = PROVIDER.handle_notify(request, {}, make.NOW)

    assert event is None
    assert ack.status == 400


@pytest.mark.parametrize("field", ["app_id", "seller_id"])
def test_case_04_somebody_elses_payment_is_refused(field: str) -> None:
    assert refused(signed(paid(**{field: "2088999999999999"})))


def test_case_05_the_event_carries_the_amount_that_was_paid() -> None:
    event, _ack = notified(signed(paid(total_amount="0.01")))

    assert event
    assert event.amount == Money(1, "CNY")


@pytest.mark.parametrize(
    ("text", "fen"), [("100", 100_00), ("100.0", 100_00), ("0.01", 1), ("88.8", 88_80)]
)
def test_case_06_total_amount_is_read_exactly(text: str, fen: int) -> None:
    event, _ack = notified(signed(paid(total_amount=text)))

    assert event
    assert event.amount == Money(fen, "CNY")


@pytest.mark.parametrize(
    "text",
    ["1e2", "１００.00", " 100.00", "100.00 ", "+100", "-1", "100.001", "1,000.00",
     "0100", "", ".5", "5.", "NaN", "0x64", "1_0", "۱۰۰"],
)  # fmt: skip
def test_case_06_total_amount_is_parsed_strictly(text: str) -> None:
    assert refused(signed(paid(total_amount=text)))


def test_a_text_shifted_into_a_neighbour_is_refused() -> None:
    form = signed(paid(gmt_refund="2026-11-21 17:00:00", refund_fee="1.00"))
    payment = form.pop("gmt_payment")
    form["gmt_payment"] = f"{payment}&gmt_refund={form.pop('gmt_refund')}"

    assert refused(form)


def test_case_45_a_partial_refund_is_not_a_new_payment() -> None:
    facts = {"refund_fee": "30.00", "gmt_refund": "2026-11-21 17:00:00"}

    event, ack = notified(signed(paid(out_biz_no="902611210001", **facts)))

    assert event
    assert event.outcome is Outcome.REFUNDED
    assert (event.refund_ref, event.amount) == ("902611210001", Money(30_00, "CNY"))
    assert ack.body == b"success"


@pytest.mark.parametrize(
    ("status", "outcome"),
    [("WAIT_BUYER_PAY", Outcome.PENDING), ("TRADE_FINISHED", Outcome.PAID),
     ("TRADE_CLOSED", Outcome.CLOSED), ("NEW_ONE", Outcome.UNKNOWN)],
)  # fmt: skip
def test_every_status_has_a_meaning(status: str, outcome: Outcome) -> None:
    event, _ack = notified(signed(paid(trade_status=status)))

    assert event
    assert event.outcome is outcome


def test_an_empty_value_that_the_signer_dropped_is_no_forgery() -> None:
    event, _ack = notified(signed(paid()) | {"body": ""})

    assert event


def test_the_old_and_the_new_key_verify_side_by_side() -> None:
    both = make.public_pem("provider") + make.public_pem("stranger")

    for owner in ("provider", "stranger"):
        event, _ack = notified(signed(paid(), owner), alipay_public_key=both)
        assert event


def test_case_54_rubbish_is_refused_before_the_key_is_touched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(protocol, "check_signature", None)

    event, ack = PROVIDER.handle_notify(
        make.posted({"a": "b"}, headers={"content-type": "text/html"}),
        settings(),
        make.NOW,
    )

    assert event is None
    assert ack.status == 400


def test_the_same_payment_has_one_event_id() -> None:
    first, _ack = notified(signed(paid()))
    again, _ack = notified(signed(paid(notify_time="2026-11-21 16:09:00")))
    refund, _ack = notified(
        signed(paid(refund_fee="1.00", gmt_refund="x", out_biz_no="7"))
    )

    assert first
    assert again
    assert refund
    assert first.event_id == again.event_id != refund.event_id


def test_a_query_finds_the_payment(gateway: FakeGateway) -> None:
    gateway.answer(trade(trade_status="TRADE_SUCCESS", memo="a } brace"))

    event = PROVIDER.query(make.attempt(), settings(gateway.url))

    assert (event.outcome, event.amount) == (Outcome.PAID, Money(100_00, "CNY"))
    sent = gateway.asked[0]
    assert json.loads(sent.form["biz_content"]) == {"out_trade_no": make.REF}
    assert sent.query["method"] == "alipay.trade.query"


def test_a_trade_nobody_has_opened_is_pending(gateway: FakeGateway) -> None:
    gateway.answer(answer("query", code="40004", sub_code="ACQ.TRADE_NOT_EXIST"))

    assert (
        PROVIDER.query(make.attempt(), settings(gateway.url)).outcome is Outcome.PENDING
    )


def test_an_answer_about_another_order_is_a_doubt(gateway: FakeGateway) -> None:
    gateway.answer(trade(trade_status="TRADE_SUCCESS", out_trade_no="999999999999"))

    event = PROVIDER.query(make.attempt(), settings(gateway.url))

    assert (event.outcome, event.doubt) == (Outcome.UNKNOWN, "order")


def raised(gateway: FakeGateway, reply: Reply) -> ProviderError:
    gateway.answer(reply)
    with pytest.raises(ProviderError) as caught:
        PROVIDER.query(make.attempt(), settings(gateway.url))
    return caught.value


def test_an_answer_by_another_key_is_forged(gateway: FakeGateway) -> None:
    reply = answer("query", "stranger", trade_status="TRADE_SUCCESS")

    error = raised(gateway, reply)

    assert (error.kind, error.unknown) == ("forged", True)


def test_an_altered_answer_is_forged(gateway: FakeGateway) -> None:
    body = trade(trade_status="WAIT_BUYER_PAY").body
    reply = Reply(body=body.replace(b"WAIT_BUYER_PAY", b"TRADE_SUCCESS"))

    assert raised(gateway, reply).kind == "forged"


def test_an_unsigned_success_is_no_success(gateway: FakeGateway) -> None:
    node = {"code": "10000", "trade_status": "TRADE_SUCCESS", "out_trade_no": make.REF}
    reply = Reply(body=json.dumps({"alipay_trade_query_response": node}).encode())

    error = raised(gateway, reply)

    assert (error.kind, error.unknown) == ("protocol", True)


def test_an_unsigned_complaint_about_our_key_is_for_the_owner(
    gateway: FakeGateway,
) -> None:
    node = {"code": "40002", "sub_code": "isv.invalid-signature"}
    reply = Reply(body=json.dumps({"error_response": node}).encode())

    error = raised(gateway, reply)

    assert (error.kind, error.code) == ("config", "isv.invalid-signature")


def test_a_busy_alipay_leaves_it_unknown(gateway: FakeGateway) -> None:
    error = raised(gateway, answer("query", code="20000", sub_code="isp.unknow-error"))

    assert (error.kind, error.unknown) == ("rejected", True)


def test_closing_an_open_trade_closes_it(gateway: FakeGateway) -> None:
    gateway.answer(trade("close"))

    event = PROVIDER.close(make.attempt(), settings(gateway.url))

    assert event.outcome is Outcome.CLOSED


@pytest.mark.parametrize(
    ("minutes", "outcome"), [(14, Outcome.UNKNOWN), (16, Outcome.CLOSED)]
)
def test_a_code_nobody_scanned_is_closed_only_by_time(
    gateway: FakeGateway,
    monkeypatch: pytest.MonkeyPatch,
    minutes: int,
    outcome: Outcome,
) -> None:
    def at() -> datetime:
        return make.NOW + timedelta(minutes=minutes)

    monkeypatch.setattr(protocol, "wire_clock", at)
    gateway.answer(answer("close", code="40004", sub_code="ACQ.TRADE_NOT_EXIST"))

    event = PROVIDER.close(make.attempt(), settings(gateway.url))

    assert event.outcome is outcome


def test_closing_too_late_finds_the_payment(gateway: FakeGateway) -> None:
    gateway.answer(
        answer("close", code="40004", sub_code="ACQ.TRADE_STATUS_ERROR"),
        trade(trade_status="TRADE_SUCCESS"),
    )

    event = PROVIDER.close(make.attempt(), settings(gateway.url))

    assert event.outcome is Outcome.PAID


def test_a_refund_succeeds_when_money_moved(gateway: FakeGateway) -> None:
    gateway.answer(trade("refund", fund_change="Y", refund_fee="30.00"))
    attempt = make.attempt()

    result = PROVIDER.refund(
        attempt, make.refunding(attempt, 30_00), settings(gateway.url)
    )

    biz = json.loads(gateway.asked[0].form["biz_content"])
    assert result.state == "succeeded"
    assert (biz["refund_amount"], biz["out_request_no"]) == ("30.00", "902611210001")


@pytest.mark.parametrize("change", [{"fund_change": "N"}, {}])
@pytest.mark.parametrize(
    ("found", "state"),
    [({"refund_status": "REFUND_SUCCESS"}, "succeeded"), ({}, "unknown")],
)
def test_case_46_ten_thousand_alone_is_no_refund(
    gateway: FakeGateway, change: dict[str, str], found: dict[str, str], state: str
) -> None:
    gateway.answer(trade("refund", **change), trade("fastpay_refund_query", **found))
    attempt = make.attempt()

    result = PROVIDER.refund(attempt, make.refunding(attempt), settings(gateway.url))

    assert result.state == state
    assert len(gateway.asked) == 2


def test_a_refused_refund_says_why(gateway: FakeGateway) -> None:
    code = "ACQ.REASON_TRADE_REFUND_FEE_ERR"
    gateway.answer(answer("refund", code="40004", sub_code=code))
    attempt = make.attempt()

    result = PROVIDER.refund(attempt, make.refunding(attempt), settings(gateway.url))

    assert (result.state, result.code) == ("failed", code)


def test_huabei_names_months_and_who_pays_the_fee() -> None:
    attempt = make.attempt(options={"instalments": "6", "seller_percent": "100"})

    began = PROVIDER.begin(attempt, make.URLS, settings())

    biz = json.loads(dict(parse_qsl(urlsplit(began.next.url).query))["biz_content"])
    assert biz["extend_params"] == {"hb_fq_num": "6", "hb_fq_seller_percent": "100"}
    assert biz["goods_type"] == "1"
    assert biz["enable_pay_channels"] == "pcredit,pcreditpayInstallment"


@pytest.mark.parametrize(
    "wrong",
    [{"instalments": "5"}, {"seller_percent": "50"}, {"goods_type": "0"},
     {"instalments": "۶"}],
)  # fmt: skip
def test_case_51_huabei_that_alipay_would_refuse_is_refused_before(
    wrong: dict[str, str],
) -> None:
    options = {"instalments": "6", "seller_percent": "0", "goods_type": "1"} | wrong

    with pytest.raises(ProviderError) as caught:
        PROVIDER.begin(make.attempt(options=options), make.URLS, settings())

    assert (caught.value.kind, caught.value.code) == ("rejected", "instalments")


def test_case_51_huabei_below_a_hundred_yuan_is_refused() -> None:
    attempt = make.attempt(amount=Money(99_99, "CNY"), options={"instalments": "3"})

    with pytest.raises(ProviderError):
        PROVIDER.begin(attempt, make.URLS, settings())


def test_a_return_names_the_attempt_and_proves_nothing() -> None:
    hint = PROVIDER.parse_return(make.visited(f"out_trade_no={make.REF}&sign=x"))

    assert hint
    assert (hint.attempt_ref, hint.claims) == (make.REF, {})
    assert PROVIDER.parse_return(make.visited("out_trade_no=1'--")) is None


def test_the_connection_test_needs_both_keys(gateway: FakeGateway) -> None:
    nothing = {"code": "40004", "sub_code": "ACQ.TRADE_NOT_EXIST"}
    gateway.answer(answer("query", **nothing))
    assert PROVIDER.test_connection(settings(gateway.url)) == ""

    gateway.answer(answer("query", "stranger", **nothing))
    assert PROVIDER.test_connection(settings(gateway.url)) == "signature"


def test_a_refund_made_in_alipays_own_pages_names_the_sum_of_all() -> None:
    said = paid(refund_fee="70.00", gmt_refund="x", out_biz_no="console-1")

    event, _ack = notified(signed(said))

    assert event is not None
    assert (event.outcome, event.refund_ref) == (Outcome.REFUNDED, "console-1")
    assert event.refunded_total == Money(70_00, "CNY")


def test_a_trade_closed_after_it_was_paid_went_back_whole(gateway: FakeGateway) -> None:
    gateway.answer(trade(trade_status="TRADE_CLOSED"))
    attempt = replace(make.attempt(), provider_txn=TRADE)

    event = PROVIDER.query(attempt, settings(gateway.url))

    assert event.outcome is Outcome.REFUNDED
    assert event.refunded_total == attempt.amount
