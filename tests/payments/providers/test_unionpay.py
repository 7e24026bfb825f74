"""UnionPay: a pinned key, a double hash, and codes that are not yet an end."""

import base64
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from shop.kernel.money import Money
from shop.payments import protocol
from shop.payments.provider import Ack, Event, Outcome, ProviderError
from shop.payments.providers import unionpay
from shop.payments.providers.unionpay import PROVIDER
from shop.payments.reasons import LEFT
from tests.payments.providers import make
from tests.payments.providers.gateway import FakeGateway, Reply

MER, NAME = "777290058110048", "041@Z12@中国银联股份有限公司@00040000:SIGN@1"
QUERY_ID = "202611211605001234568"


@cache
def certificate(owner: str) -> x509.Certificate:
    """Return a certificate in UnionPay's own name: anybody can make one."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(make.key(owner).public_key())
        .serial_number(69629715588)
        .not_valid_before(make.NOW - timedelta(days=1))
        .not_valid_after(make.NOW + timedelta(days=365))
        .sign(make.key(owner), hashes.SHA256())
    )


def pem(owner: str) -> str:
    return certificate(owner).public_bytes(serialization.Encoding.PEM).decode()


def pin(owner: str) -> str:
    return unionpay.pin(make.key(owner).public_key())


def settings(base: str = "", **more: str) -> dict[str, str]:
    return {
        "base_url": base,
        "mer_id": MER,
        "sign_cert_pem": pem("shop"),
        "sign_private_key": make.private_pem("shop"),
        "root_pins": pin("provider"),
        "sandbox": "1",
    } | more


def signed(fields: Mapping[str, str], owner: str = "provider") -> dict[str, str]:
    whole = {**fields, "signPubKeyCert": pem(owner)}
    sign = protocol.sign(make.key(owner), unionpay.digest(whole))
    return whole | {"signature": sign}


def paid(**facts: str) -> dict[str, str]:
    return {
        "version": "5.1.0",
        "encoding": "UTF-8",
        "signMethod": "01",
        "txnType": "01",
        "merId": MER,
        "orderId": make.REF,
        "txnTime": "20261121160000",
        "txnAmt": "10000",
        "currencyCode": "156",
        "queryId": QUERY_ID,
        "respCode": "00",
        "respMsg": "成功[0000000]",
        "accNo": "6226****0003",
    } | facts


def answer(owner: str = "provider", **facts: str) -> Reply:
    """Return a body as UnionPay writes it: nobody url-encodes it."""
    fields = signed(paid(**facts), owner)
    return Reply(body="&".join(f"{k}={v}" for k, v in fields.items()).encode())


def notified(form: Any, **more: str) -> tuple[Event | None, Ack]:
    return PROVIDER.handle_notify(make.posted(form), settings(**more), make.NOW)


def refused(form: Any, **more: str) -> bool:
    event, ack = notified(form, **more)
    return event is None and ack.status == 400


def test_begin_returns_the_signed_form() -> None:
    began = PROVIDER.begin(make.attempt(), make.URLS, settings())

    form = dict(began.next.fields)
    assert began.next.kind == "form_post"
    assert began.next.url == "https://gateway.95516.com/gateway/api/frontTransReq.do"
    assert (form["txnAmt"], form["currencyCode"]) == ("10000", "156")
    assert (form["txnTime"], form["payTimeout"]) == ("20261121160000", "20261121161500")
    assert form["certId"] == "69629715588"
    assert form["backUrl"] == make.URLS.notify_url
    protocol.check_signature(
        [make.key("shop").public_key()], form["signature"], unionpay.digest(form)
    )


def test_begin_stores_what_a_refund_needs() -> None:
    began = PROVIDER.begin(make.attempt(), make.URLS, settings())

    assert began.meta == {
        "txn_time": "20261121160000",
        "back_url": make.URLS.notify_url,
    }


def test_who_gives_up_comes_back_by_a_way_of_their_own() -> None:
    began = PROVIDER.begin(make.attempt(), make.URLS, settings())
    back = began.next.fields["frontFailUrl"]

    hint = PROVIDER.parse_return(make.visited(urlsplit(back).query))

    assert back.startswith(make.URLS.return_url)
    assert hint
    assert (hint.attempt_ref, hint.claims) == (make.REF, {LEFT: "1"})
    assert PROVIDER.parse_return(make.visited("out_trade_no=x")) is None


def test_a_genuine_notification_is_paid() -> None:
    event, ack = notified(signed(paid()))

    assert event
    assert (event.outcome, event.attempt_ref) == (Outcome.PAID, make.REF)
    assert event.amount == Money(100_00, "CNY")
    assert (event.provider_txn, event.payer_hint) == (QUERY_ID, "****0003")
    assert ack.status == 200


def test_case_33_a_forged_front_notification_proves_nothing() -> None:
    forged = make.posted(signed(paid(), "stranger"))

    hint = PROVIDER.parse_return(forged)

    assert hint
    assert (hint.attempt_ref, hint.claims) == (make.REF, {})
    assert refused(signed(paid(), "stranger"))
    assert refused(paid())


def test_case_33_after_a_front_notification_we_ask(gateway: FakeGateway) -> None:
    gateway.answer(answer(origRespCode="05"))
    hint = PROVIDER.parse_return(make.posted(signed(paid())))

    assert hint
    event = PROVIDER.handle_return(make.attempt(), hint, settings(gateway.url))

    assert event.outcome is not Outcome.PAID
    assert gateway.asked[0].path == "/gateway/api/queryTrans.do"


def test_case_34_the_right_name_on_another_key_is_refused() -> None:
    form = signed(paid(), "stranger")

    assert NAME in certificate("stranger").subject.rfc4514_string()
    assert refused(form)
    assert not refused(form, root_pins=f"{pin('provider')}\n{pin('stranger')}")


def test_case_34_our_pin_on_another_signature_is_refused() -> None:
    form = signed(paid(), "stranger") | {"signPubKeyCert": pem("provider")}

    assert refused(form)


@pytest.mark.parametrize(
    "change",
    [
        {"txnAmt": "1"}, {"orderId": "999999999999"}, {"signature": ""},
        {"signPubKeyCert": ""}, {"signPubKeyCert": "x"}, {"signMethod": "11"},
        {"version": "5.0.0"}, {"extra": "1"}, {"respCode": "A6"},
    ],
)  # fmt: skip
def test_an_altered_notification_is_refused(change: dict[str, str]) -> None:
    assert refused(signed(paid()) | change)


def test_a_certificate_of_a_kind_nobody_knows_is_refused() -> None:
    der = certificate("provider").public_bytes(serialization.Encoding.DER)
    rsa_oid, other = (
        bytes.fromhex("2a864886f70d010101"),
        bytes.fromhex("2a864886f70d010109"),
    )
    text = base64.encodebytes(der.replace(rsa_oid, other)).decode()
    begin, end = (f"-----{word} CERTIFICATE-----" for word in ("BEGIN", "END"))

    assert refused(signed(paid()) | {"signPubKeyCert": f"{begin}\n{text}{end}\n"})


def test_a_notification_for_another_merchant_is_refused() -> None:
    assert refused(signed(paid(merId="777290058119999")))


def test_a_name_that_comes_twice_is_refused() -> None:
    assert refused([*signed(paid()).items(), ("txnAmt", "1")])


def test_a_text_shifted_into_a_neighbour_is_refused() -> None:
    form = signed(paid())
    form["queryId"] = f"{QUERY_ID}&respCode={form.pop('respCode')}"

    assert refused(form)


@pytest.mark.parametrize("amount", ["100.00", "1e4", " 10000", "１００００", "-1", ""])
def test_an_amount_is_whole_fen(amount: str) -> None:
    assert refused(signed(paid(txnAmt=amount)))


def test_case_36_a_notification_after_a_refund_is_the_refunds() -> None:
    first, _ack = notified(signed(paid()))
    again, _ack = notified(signed(paid(traceTime="1121160509")))
    back, _ack = notified(
        signed(paid(txnType="04", orderId="902611210001", queryId="77"))
    )

    assert first
    assert again
    assert back
    assert first.event_id == again.event_id != back.event_id
    assert (back.outcome, back.refund_ref) == (Outcome.REFUNDED, "902611210001")
    assert back.attempt_ref == ""


def query(
    gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch, minutes: int, **facts: str
) -> Event:
    at = make.NOW + timedelta(minutes=minutes)
    monkeypatch.setattr(protocol, "wire_clock", lambda: at)
    gateway.answer(answer(**facts))
    return PROVIDER.query(make.attempt(), settings(gateway.url))


@pytest.mark.parametrize(
    ("codes", "minutes", "outcome"),
    [
        ("00 00", 1, Outcome.PAID),
        ("00 A6", 1, Outcome.PAID),
        ("00 03", 1, Outcome.PENDING),
        ("00 05", 1, Outcome.PENDING),
        ("00 61", 1, Outcome.PENDING),
        ("00 61", 16, Outcome.FAILED),
        ("34 ", 1, Outcome.PENDING),
        ("34 ", 16, Outcome.FAILED),
        ("03 ", 16, Outcome.UNKNOWN),
        ("00 ", 16, Outcome.UNKNOWN),
    ],
)
def test_case_35_a_query_ends_only_with_its_time(
    gateway: FakeGateway,
    monkeypatch: pytest.MonkeyPatch,
    codes: str,
    minutes: int,
    outcome: Outcome,
) -> None:
    resp, _, orig = codes.partition(" ")

    event = query(gateway, monkeypatch, minutes, respCode=resp, origRespCode=orig)

    assert event.outcome is outcome


def test_a_query_names_number_and_time(
    gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    query(gateway, monkeypatch, 1, origRespCode="00")

    form = gateway.asked[0].form
    assert (form["orderId"], form["txnTime"]) == (make.REF, "20261121160000")
    assert (form["txnType"], form["bizType"]) == ("00", "000000")


@pytest.mark.parametrize("owner", ["stranger", "shop"])
def test_an_answer_by_another_key_is_forged(gateway: FakeGateway, owner: str) -> None:
    gateway.answer(answer(owner, origRespCode="00"))

    with pytest.raises(ProviderError) as caught:
        PROVIDER.query(make.attempt(), settings(gateway.url))

    assert (caught.value.kind, caught.value.unknown) == ("forged", True)


def test_an_unsigned_answer_is_forged(gateway: FakeGateway) -> None:
    gateway.answer(Reply(body=b"respCode=00&origRespCode=00"))

    with pytest.raises(ProviderError):
        PROVIDER.query(make.attempt(), settings(gateway.url))


def test_an_answer_about_another_order_is_not_believed(gateway: FakeGateway) -> None:
    gateway.answer(answer(orderId="999999999999", origRespCode="00"))

    with pytest.raises(ProviderError) as caught:
        PROVIDER.query(make.attempt(), settings(gateway.url))

    assert caught.value.unknown


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a=1&b=x=y", {"a": "1", "b": "x=y"}),
        ("a={x=1&y=2}&b=[3&4]", {"a": "{x=1&y=2}", "b": "[3&4]"}),
        ("a=a+b%20c", {"a": "a+b%20c"}),
        ("a=", {"a": ""}),
    ],
)
def test_a_body_is_read_as_it_stands(text: str, found: dict[str, str]) -> None:
    assert unionpay.parse(text) == found


@pytest.mark.parametrize("text", ["", "a", "<html>", "a=1&a=2", "a={1&b=2", "&", "=1"])
def test_a_body_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ProviderError):
        unionpay.parse(text)


@pytest.mark.parametrize(
    ("code", "state"),
    [("00", "pending"), ("03", "unknown"), ("12", "unknown"), ("36", "failed")],
)
def test_a_refund_is_accepted_before_it_is_done(
    gateway: FakeGateway, code: str, state: str
) -> None:
    gateway.answer(answer(respCode=code, queryId="77"))
    attempt = make.attempt(provider_txn=QUERY_ID, meta={"back_url": "https://s.test/n"})

    result = PROVIDER.refund(
        attempt, make.refunding(attempt, 30_00), settings(gateway.url)
    )

    form = gateway.asked[0].form
    assert (result.state, result.code) == (state, code)
    assert (form["origQryId"], form["txnAmt"]) == (QUERY_ID, "3000")
    assert (form["orderId"], form["txnType"]) == ("902611210001", "04")
    assert form["backUrl"] == "https://s.test/n"


@pytest.mark.parametrize(
    ("resp", "orig", "state"),
    [("00", "00", "succeeded"), ("00", "05", "unknown"), ("34", "", "unknown"),
     ("00", "61", "failed")],
)  # fmt: skip
def test_a_refund_is_asked_about_by_its_own_number(
    gateway: FakeGateway, resp: str, orig: str, state: str
) -> None:
    gateway.answer(answer(respCode=resp, origRespCode=orig, orderId="902611210001"))
    attempt = make.attempt(provider_txn=QUERY_ID)

    result = PROVIDER.query_refund(
        attempt, make.refunding(attempt), settings(gateway.url)
    )

    assert result.state == state


@pytest.mark.parametrize("written", ["{0}", "sha256/{1}", "{2}", "{0}, {0}"])
def test_pins_are_read_as_tools_print_them(written: str) -> None:
    plain = pin("provider")
    pairs = ":".join(plain[i : i + 2].upper() for i in range(0, 64, 2))
    text = base64.b64encode(bytes.fromhex(plain)).decode()

    assert notified(signed(paid()), root_pins=written.format(plain, text, pairs))[0]


def test_the_connection_test_needs_both_keys(gateway: FakeGateway) -> None:
    gateway.answer(answer(respCode="34"))
    assert PROVIDER.test_connection(settings(gateway.url)) == ""

    gateway.answer(answer("stranger", respCode="34"))
    assert PROVIDER.test_connection(settings(gateway.url)) == "pin"
    gateway.answer(answer(respCode="11"))
    assert PROVIDER.test_connection(settings(gateway.url)) == "11"


@pytest.mark.parametrize(
    ("choice", "outcome"), [("paid", Outcome.PAID), ("wait", Outcome.UNKNOWN)]
)
def test_a_payment_with_a_defect_counts_as_the_owner_chose(
    gateway: FakeGateway, choice: str, outcome: Outcome
) -> None:
    told, ack = notified(signed(paid(respCode="A6")), a6=choice)
    gateway.answer(answer(respCode="00", origRespCode="A6"))
    asked = PROVIDER.query(make.attempt(), settings(gateway.url, a6=choice))

    assert told
    assert (told.outcome, ack.status) == (outcome, 200)
    assert (asked.outcome, asked.code) == (outcome, "A6")


def test_a_payment_that_waited_is_paid_when_it_has_succeeded() -> None:
    waits, _ = notified(signed(paid(respCode="A6")), a6="wait")
    done, _ = notified(signed(paid(respCode="00")), a6="wait")

    assert waits
    assert done
    assert done.outcome is Outcome.PAID
    assert done.event_id != waits.event_id
