"""zeep, written by others, reads our WSDL and buys at our Behpardakht."""

from functools import cache
from typing import Any

import pytest
import requests
import zeep

from shop.sandbox.testing import Returned, Running
from tests.sandbox.shop_server import ShopServer

REFERER = {"Referer": "http://127.0.0.1:8000/"}
BACK = "http://127.0.0.1:9/back"


@cache
def client(address: str) -> Any:
    made: Any = zeep.Client  # its constructor has no types
    return made(address + "/pgwchannel/services/pgw?wsdl")


@pytest.fixture
def mellat(sandbox: Running) -> Any:
    return client(sandbox.merchant["mellat"]["base_url"]).service


def who(sandbox: Running) -> dict[str, Any]:
    keys = sandbox.merchant["mellat"]
    return {
        "terminalId": int(keys["terminal_id"]),
        "userName": keys["username"],
        "userPassword": keys["password"],
    }


def begin(sandbox: Running, mellat: Any, order: int = 10, **change: Any) -> str:
    fields = {
        "orderId": order,
        "amount": 12_500_000,
        "localDate": "20261121",
        "localTime": "102003",
        "additionalData": "",
        "callBackUrl": BACK,
        "payerId": "0",
    }
    return str(mellat.bpPayRequest(**(who(sandbox) | fields | change)))


def pay(sandbox: Running, ref_id: str, do: str = "pay") -> Returned:
    url = sandbox.merchant["mellat"]["base_url"] + "/pgwchannel/startpay.mellat"
    return sandbox.pay(url, {"RefId": ref_id}, do=do, headers=REFERER)


def sold(sandbox: Running, mellat: Any, order: int = 10) -> dict[str, Any]:
    back = pay(sandbox, begin(sandbox, mellat, order).split(",")[1])
    reference = int(back.fields["SaleReferenceId"])
    sale = {"saleOrderId": order, "saleReferenceId": reference}
    return who(sandbox) | {"orderId": order} | sale


def test_pay_verify_settle(sandbox: Running, mellat: Any) -> None:
    code, ref_id = begin(sandbox, mellat).split(",")
    back = pay(sandbox, ref_id)
    fields = back.fields
    reference = int(fields["SaleReferenceId"])
    sale = who(sandbox) | {
        "orderId": 10,
        "saleOrderId": 10,
        "saleReferenceId": reference,
    }
    early = mellat.bpSettleRequest(**sale)
    assert code == "0"
    assert (back.method, back.url) == ("POST", BACK)
    assert (fields["RefId"], fields["ResCode"]) == (ref_id, "0")
    assert (fields["SaleOrderId"], fields["FinalAmount"]) == ("10", "12500000")
    assert early == "44"
    assert mellat.bpVerifyRequest(**sale) == "0"
    assert mellat.bpVerifyRequest(**sale) == "43"
    assert mellat.bpInquiryRequest(**sale) == "0"
    assert mellat.bpSettleRequest(**sale) == "0"
    assert mellat.bpSettleRequest(**sale) == "45"
    assert mellat.bpReversalRequest(**sale) == "45"
    assert mellat.bpVerifyRequest(**(sale | {"saleReferenceId": 1})) == "42"


def test_verify_and_settle_in_one(sandbox: Running, mellat: Any) -> None:
    sale = sold(sandbox, mellat)
    assert mellat.bpVerifySettleRequest(**sale) == "0"
    assert mellat.bpVerifySettleRequest(**sale) == "45"


def test_unverified_sales_go_back_after_twenty_minutes(
    sandbox: Running, mellat: Any
) -> None:
    sale = sold(sandbox, mellat)
    sandbox.clock("+21m")
    assert mellat.bpVerifyRequest(**sale) == "48"
    assert sandbox.ledger()["totals"]["mellat"]["balance"] == 0


def test_verified_sales_settle_by_themselves(sandbox: Running, mellat: Any) -> None:
    sale = sold(sandbox, mellat)
    mellat.bpVerifyRequest(**sale)
    sandbox.clock("+4h")
    assert mellat.bpSettleRequest(**sale) == "45"


def test_reversal_and_refund(sandbox: Running, mellat: Any) -> None:
    first, second = sold(sandbox, mellat, 10), sold(sandbox, mellat, 11)
    for sale in (first, second):
        mellat.bpVerifyRequest(**sale)
    assert mellat.bpReversalRequest(**first) == "0"
    assert mellat.bpReversalRequest(**first) == "48"
    unsettled = second | {"orderId": 12, "refundAmount": 500_000}
    assert mellat.bpRefundRequest(**unsettled) == "46"
    mellat.bpSettleRequest(**second)
    assert mellat.bpRefundRequest(**unsettled).startswith("0,")
    assert mellat.bpRefundRequest(**unsettled) == "41"
    over = second | {"orderId": 13, "refundAmount": 12_000_001}
    assert mellat.bpRefundRequest(**over) == "25"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"terminalId": 1}, "21"),
        ({"userPassword": "x"}, "24"),
        ({"amount": 0}, "25"),
        ({"localDate": "20261321"}, "35"),
        ({"callBackUrl": "x"}, "62"),
    ],
)
def test_fields_are_checked(
    sandbox: Running, mellat: Any, change: dict[str, Any], code: str
) -> None:
    assert begin(sandbox, mellat, **change) == code


def test_order_numbers_are_used_once(sandbox: Running, mellat: Any) -> None:
    begin(sandbox, mellat)
    assert begin(sandbox, mellat) == "41"


@pytest.mark.parametrize(
    ("do", "code", "calls"),
    [("cancel", "17", 0), ("fail", "12", 0), ("double_notify", "0", 1)],
)
def test_what_the_browser_brings_back(
    sandbox: Running, mellat: Any, shop: ShopServer, *, do: str, code: str, calls: int
) -> None:
    ref_id = begin(sandbox, mellat, callBackUrl=f"{shop.url}/back").split(",")[1]
    back = pay(sandbox, ref_id, do)
    sandbox.flush()
    assert back.fields["ResCode"] == code
    assert ("SaleReferenceId" in back.fields) is (code == "0")
    assert len(shop.calls) == calls


def test_the_pay_page_wants_referer_and_exact_ref_id(
    sandbox: Running, mellat: Any
) -> None:
    ref_id = begin(sandbox, mellat).split(",")[1]
    url = sandbox.merchant["mellat"]["base_url"] + "/pgwchannel/startpay.mellat"
    assert sandbox.open(url, {"RefId": ref_id}).status_code == 400
    swapped = sandbox.open(url, {"RefId": ref_id.swapcase()}, REFERER)
    assert swapped.status_code == 404


@pytest.mark.parametrize("raw", [b"x", b"<!DOCTYPE a><a/>", b"<a/>"])
def test_nonsense_gets_a_fault(sandbox: Running, raw: bytes) -> None:
    url = sandbox.merchant["mellat"]["base_url"] + "/pgwchannel/services/pgw"
    answer = requests.post(url, data=raw, timeout=5)
    assert answer.status_code == 500
    assert "<soap:Fault>" in answer.text


def test_faults(sandbox: Running, mellat: Any) -> None:
    sale = sold(sandbox, mellat)
    sandbox.fault("mellat", "verify", "error:34")
    assert mellat.bpVerifyRequest(**sale) == "34"
    sandbox.fault("mellat", "verify", "soap_fault")
    with pytest.raises(zeep.exceptions.Fault):
        mellat.bpVerifyRequest(**sale)
    sandbox.fault("mellat", "verify", "drop_after")
    with pytest.raises(requests.ConnectionError):
        mellat.bpVerifyRequest(**sale)
    assert mellat.bpVerifyRequest(**sale) == "43"
