"""UnionPay 5.1.0 as its documents describe it, signed here by other means."""

import base64
import hashlib
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from shop.sandbox.testing import Returned, Running
from tests.sandbox.shop_server import ShopServer

ORDER, TIME = "202611210001", "20261121161500"


def text_of(fields: dict[str, str]) -> bytes:
    pairs = sorted(fields.items())
    text = "&".join(f"{k}={v}" for k, v in pairs if k != "signature" and v)
    return hashlib.sha256(text.encode()).hexdigest().encode()


def signed(sandbox: Running, **fields: str) -> dict[str, str]:
    keys = sandbox.merchant["unionpay"]
    certificate = x509.load_pem_x509_certificate(keys["sign_cert_pem"].encode())
    key = serialization.load_pem_private_key(keys["sign_private_key"].encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    whole = {
        "version": "5.1.0",
        "encoding": "UTF-8",
        "signMethod": "01",
        "accessType": "0",
        "merId": keys["mer_id"],
        "certId": str(certificate.serial_number),
    } | fields
    signature = key.sign(text_of(whole), padding.PKCS1v15(), hashes.SHA256())
    return whole | {"signature": base64.b64encode(signature).decode()}


def believed(sandbox: Running, fields: dict[str, str]) -> bool:
    """Check pin and signature as a merchant does; raise if the signature is bad."""
    public = x509.load_pem_x509_certificate(
        fields["signPubKeyCert"].encode()
    ).public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    spki = public.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    signature = base64.b64decode(fields["signature"])
    public.verify(signature, text_of(fields), padding.PKCS1v15(), hashes.SHA256())
    pin = hashlib.sha256(spki).hexdigest()
    return bool(pin == sandbox.merchant["unionpay"]["root_pins"])


def payment(sandbox: Running, shop: ShopServer, **change: str) -> dict[str, str]:
    fields = {
        "txnType": "01",
        "txnSubType": "01",
        "bizType": "000201",
        "channelType": "07",
        "currencyCode": "156",
        "orderId": ORDER,
        "txnTime": TIME,
        "txnAmt": "8800",
        "frontUrl": f"{shop.url}/front",
        "backUrl": f"{shop.url}/back",
    }
    return signed(sandbox, **(fields | change))


def url(sandbox: Running, service: str) -> str:
    return str(sandbox.merchant["unionpay"]["base_url"]) + service


def pay(sandbox: Running, shop: ShopServer, do: str = "pay", **change: str) -> Returned:
    fields = payment(sandbox, shop, **change)
    return sandbox.pay(url(sandbox, "frontTransReq.do"), fields, do=do)


def call(sandbox: Running, service: str, **fields: str) -> dict[str, str]:
    body = signed(sandbox, **fields)
    text = requests.post(url(sandbox, service), data=body, timeout=5).text
    answer = dict(pair.split("=", 1) for pair in text.split("&"))
    assert believed(sandbox, answer)
    return answer


def query(sandbox: Running, order: str = ORDER, time: str = TIME) -> dict[str, str]:
    kind = {"txnType": "00", "txnSubType": "00", "bizType": "000000"}
    return call(sandbox, "queryTrans.do", orderId=order, txnTime=time, **kind)


def back(sandbox: Running, **fields: str) -> dict[str, str]:
    kind = {"txnType": "04", "txnSubType": "00", "bizType": "000201"}
    more = {"channelType": "07", "txnTime": "20261121170000"}
    return call(sandbox, "backTransReq.do", **(kind | more | fields))


def test_paying_is_signed_in_the_browser_and_behind_it(
    sandbox: Running, shop: ShopServer
) -> None:
    unknown = query(sandbox)
    sandbox.open(url(sandbox, "frontTransReq.do"), payment(sandbox, shop))
    open_ = query(sandbox)
    front = pay(sandbox, shop)
    sandbox.flush()
    paid = query(sandbox)
    assert unknown["respCode"] == "34"
    assert (open_["respCode"], open_["origRespCode"]) == ("00", "05")
    assert front.method == "POST"
    assert front.url == f"{shop.url}/front"
    fields = {k: v.replace("\r\n", "\n") for k, v in front.fields.items()}
    assert believed(sandbox, fields)
    notice = shop.calls[0].form
    assert believed(sandbox, notice)
    assert (notice["respCode"], notice["txnAmt"]) == ("00", "8800")
    assert paid["origRespCode"] == "00"
    assert paid["queryId"] == notice["queryId"] == front.fields["queryId"]


def test_refunds(sandbox: Running, shop: ShopServer) -> None:
    pay(sandbox, shop)
    number = query(sandbox)["queryId"]
    some = back(sandbox, orderId="R2026112101", origQryId=number, txnAmt="5000")
    again = back(sandbox, orderId="R2026112101", origQryId=number, txnAmt="5000")
    over = back(sandbox, orderId="R2026112102", origQryId=number, txnAmt="3801")
    missing = back(sandbox, orderId="R2026112103", origQryId="0", txnAmt="1")
    sandbox.flush()
    found = query(sandbox, "R2026112101", "20261121170000")
    original = query(sandbox)
    assert some["respCode"] == "00"
    assert again["respCode"] == "12"
    assert over["respCode"] == "36"
    assert missing["respCode"] == "35"
    assert (found["origRespCode"], found["txnAmt"]) == ("00", "5000")
    assert original["txnAmt"] == "8800"
    assert sandbox.ledger()["totals"]["unionpay"]["balance"] == 3800


def test_a_revocation_is_whole_and_of_the_same_day(
    sandbox: Running, shop: ShopServer
) -> None:
    pay(sandbox, shop)
    number = query(sandbox)["queryId"]
    part = back(
        sandbox, txnType="31", orderId="V2026112101", origQryId=number, txnAmt="1"
    )
    sandbox.clock("+25h")
    late = back(
        sandbox, txnType="31", orderId="V2026112102", origQryId=number, txnAmt="8800"
    )
    assert part["respCode"] == "36"
    assert late["respCode"] == "35"


@pytest.mark.parametrize(
    "change",
    [
        {"txnAmt": "88.00"},
        {"orderId": "2026-1121"},
        {"currencyCode": "840"},
        {"txnTime": "20261321161500"},
        {"merId": "777290000000000"},
        {"version": "5.0.0"},
        {"frontUrl": ""},
    ],
)
def test_fields_are_checked(
    sandbox: Running, shop: ShopServer, change: dict[str, str]
) -> None:
    assert pay(sandbox, shop, **change).status == 400


def test_a_changed_amount_breaks_the_signature(
    sandbox: Running, shop: ShopServer
) -> None:
    fields = payment(sandbox, shop) | {"txnAmt": "1"}
    page = sandbox.open(url(sandbox, "frontTransReq.do"), fields)
    assert page.status_code == 400
    assert "验证签名失败" in page.text


def test_paid_order_numbers_are_used_up(sandbox: Running, shop: ShopServer) -> None:
    pay(sandbox, shop)
    again = pay(sandbox, shop)
    same_day = pay(sandbox, shop, txnTime="20261121161501")
    assert "12" in again.message
    assert "12" in same_day.message


def test_after_the_pay_timeout_there_is_no_such_payment(
    sandbox: Running, shop: ShopServer
) -> None:
    fields = payment(sandbox, shop)
    sandbox.open(url(sandbox, "frontTransReq.do"), fields)
    sandbox.clock("+2h")
    assert query(sandbox)["respCode"] == "34"


@pytest.mark.parametrize(
    ("do", "paid", "notices"),
    [
        ("double_notify", "00", 2),
        ("pay_drop_return", "00", 1),
        ("pay_late", "00", 1),
        ("cancel", "05", 0),
        ("fail", "64", 0),
    ],
)
def test_every_button(
    sandbox: Running, shop: ShopServer, do: str, paid: str, notices: int
) -> None:
    left = pay(sandbox, shop, do=do)
    sandbox.flush()
    assert query(sandbox)["origRespCode"] == paid
    assert len(shop.calls) == notices
    assert (left.method == "POST") is (do == "double_notify")


def test_defects_and_lost_answers(sandbox: Running, shop: ShopServer) -> None:
    sandbox.fault("unionpay", "pay", "error:A6")
    pay(sandbox, shop)
    assert query(sandbox)["origRespCode"] == "A6"
    sandbox.fault("unionpay", "query", "processing")
    assert query(sandbox)["origRespCode"] == "03"
    sandbox.fault("unionpay", "query", "bad_sig")
    with pytest.raises(InvalidSignature):
        query(sandbox)


def test_answers_are_not_url_encoded(sandbox: Running) -> None:
    kind: dict[str, Any] = {"txnType": "00", "txnSubType": "00", "bizType": "000000"}
    body = signed(sandbox, orderId=ORDER, txnTime=TIME, **kind)
    text = requests.post(url(sandbox, "queryTrans.do"), data=body, timeout=5).text
    assert "signPubKeyCert=-----BEGIN CERTIFICATE-----\n" in text
    assert "respMsg=查无此交易[34]" in text
