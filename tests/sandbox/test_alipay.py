"""python-alipay-sdk, written by others, buys and refunds at our Alipay."""

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from alipay import AliPay
from alipay.exceptions import AliPayException, AliPayValidationError

from shop.sandbox.testing import Running
from tests.sandbox.shop_server import ShopServer


def page_url(client: AliPay, shop: ShopServer, ref: str = "202611210001") -> str:
    query = client.api_alipay_trade_page_pay(
        out_trade_no=ref,
        total_amount="88.00",
        subject="石榴",
        return_url=f"{shop.url}/return?attempt=7",
        notify_url=f"{shop.url}/notify",
    )
    return f"{client._gateway}?{query}"


def verified(client: AliPay, fields: dict[str, str]) -> bool:
    rest = dict(fields)
    return bool(client.verify(rest, rest.pop("sign")))


def test_nothing_exists_before_the_buyer_opens_the_cashier(
    sandbox: Running, alipay: AliPay, shop: ShopServer
) -> None:
    url = page_url(alipay, shop)
    first = alipay.api_alipay_trade_query(out_trade_no="202611210001")
    page = sandbox.open(url)
    second = alipay.api_alipay_trade_query(out_trade_no="202611210001")
    assert first["sub_code"] == "ACQ.TRADE_NOT_EXIST"
    assert page.status_code == 200
    assert "¥88.00" in page.text
    assert second["trade_status"] == "WAIT_BUYER_PAY"


def test_the_sdk_pays_and_believes_return_notification_and_query(
    sandbox: Running, alipay: AliPay, shop: ShopServer
) -> None:
    back = sandbox.pay(page_url(alipay, shop))
    sandbox.flush()
    notice = shop.calls[0].form
    query = dict(parse_qsl(urlsplit(back.url).query))
    assert query.pop("attempt") == "7"
    assert verified(alipay, query)
    assert "trade_status" not in query
    assert verified(alipay, notice)
    assert notice["trade_status"] == "TRADE_SUCCESS"
    assert notice["total_amount"] == "88.00"
    assert notice["seller_id"] == sandbox.merchant["alipay"]["seller_id"]
    paid = alipay.api_alipay_trade_query(out_trade_no="202611210001")
    assert paid["trade_status"] == "TRADE_SUCCESS"
    assert paid["trade_no"] == notice["trade_no"] == query["trade_no"]


def test_partial_refunds_notify_again_and_never_exceed_what_was_paid(
    sandbox: Running, alipay: AliPay, shop: ShopServer
) -> None:
    sandbox.pay(page_url(alipay, shop))
    sandbox.flush()
    shop.calls.clear()

    def refund(amount: str, ref: str | None) -> Any:
        return alipay.api_alipay_trade_refund(
            amount, out_trade_no="202611210001", out_request_no=ref
        )

    without_ref = alipay.api_alipay_trade_refund("8.00", out_trade_no="202611210001")
    first = refund("8.00", "r1")
    again = refund("8.00", "r1")
    other = refund("9.00", "r1")
    sandbox.flush()
    partial = shop.calls[-1].form
    too_much = refund("80.01", "r2")
    rest = refund("80.00", "r3")
    sandbox.flush()
    full = shop.calls[-1].form
    assert without_ref["sub_code"] == "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL"
    assert (first["fund_change"], first["refund_fee"]) == ("Y", "8.00")
    assert (again["fund_change"], again["refund_fee"]) == ("N", "8.00")
    assert other["sub_code"] == "ACQ.DISCORDANT_REPEAT_REQUEST"
    assert too_much["sub_code"] == "ACQ.REASON_TRADE_REFUND_FEE_ERR"
    assert (rest["fund_change"], rest["refund_fee"]) == ("Y", "88.00")
    assert partial["trade_status"] == "TRADE_SUCCESS"
    assert (partial["refund_fee"], partial["out_biz_no"]) == ("8.00", "r1")
    assert full["trade_status"] == "TRADE_CLOSED"
    done = alipay.api_alipay_trade_fastpay_refund_query(
        "r1", out_trade_no="202611210001"
    )
    missing = alipay.api_alipay_trade_fastpay_refund_query(
        "r9", out_trade_no="202611210001"
    )
    assert done["refund_status"] == "REFUND_SUCCESS"
    assert "refund_status" not in missing
    assert sandbox.ledger()["totals"]["alipay"]["balance"] == 0


def test_a_scanned_code_is_paid_in_a_second_tab(
    sandbox: Running, alipay: AliPay, shop: ShopServer
) -> None:
    made = alipay.api_alipay_trade_precreate(
        "石榴", "q1", "1.00", notify_url=f"{shop.url}/notify"
    )
    unscanned = alipay.api_alipay_trade_close(out_trade_no="q1")
    told = sandbox.pay(made["qr_code"])
    sandbox.flush()
    assert unscanned["sub_code"] == "ACQ.TRADE_NOT_EXIST"
    assert told.url == ""
    assert told.message == "支付成功。"
    assert shop.calls[0].form["trade_status"] == "TRADE_SUCCESS"


def test_close_and_cancel(sandbox: Running, alipay: AliPay, shop: ShopServer) -> None:
    sandbox.open(page_url(alipay, shop, "c1"))
    closed = alipay.api_alipay_trade_close(out_trade_no="c1")
    sandbox.pay(page_url(alipay, shop, "c2"))
    paid = alipay.api_alipay_trade_close(out_trade_no="c2")
    returned = alipay.api_alipay_trade_cancel(out_trade_no="c2")
    unknown = alipay.api_alipay_trade_cancel(out_trade_no="c3")
    assert closed["code"] == "10000"
    assert sandbox.pay(page_url(alipay, shop, "c1")).status == 400
    assert paid["code"] == "40004"
    assert returned["action"] == "refund"
    assert "action" not in unknown


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"total_amount": "0.00"}, "ACQ.TOTAL_FEE_EXCEED"),
        ({"total_amount": "1.001"}, "ACQ.INVALID_PARAMETER"),
        ({"total_amount": 88}, "ACQ.INVALID_PARAMETER"),
        ({"subject": "a=b"}, "ACQ.INVALID_PARAMETER"),
        ({"out_trade_no": "a-b"}, "ACQ.INVALID_PARAMETER"),
        (
            {"extend_params": {"hb_fq_num": "5", "hb_fq_seller_percent": "0"}},
            "ACQ.INVALID_PARAMETER",
        ),
        ({"timeout_express": "1.5h"}, "ACQ.INVALID_PARAMETER"),
    ],
)
def test_fields_are_checked(
    alipay: AliPay, change: dict[str, Any], reason: str
) -> None:
    fields = {"out_trade_no": "f1", "total_amount": "1.00", "subject": "s"} | change
    body = alipay.build_body("alipay.trade.precreate", fields)
    answer = alipay.verified_sync_response(body, "alipay_trade_precreate_response")
    assert answer["sub_code"] == reason


def test_the_same_number_with_another_amount_is_refused(alipay: AliPay) -> None:
    alipay.api_alipay_trade_precreate("s", "n1", "1.00")
    again = alipay.api_alipay_trade_precreate("s", "n1", "1.00")
    other = alipay.api_alipay_trade_precreate("s", "n1", "2.00")
    assert again["code"] == "10000"
    assert other["sub_code"] == "ACQ.CONTEXT_INCONSISTENT"


def test_a_forged_request_is_refused_without_a_signature(
    sandbox: Running, alipay: AliPay, shop: ShopServer
) -> None:
    url = page_url(alipay, shop).replace("88.00", "0.01")
    page = sandbox.open(url)
    assert page.status_code == 400
    assert "isv.invalid-signature" in page.text
    alipay._appid = "2021000000000000"
    with pytest.raises(AliPayException, match="invalid-app-id"):
        alipay.api_alipay_trade_query(out_trade_no="x")


def test_instalments_are_named_in_the_query(sandbox: Running, alipay: AliPay) -> None:
    made = alipay.api_alipay_trade_precreate(
        "s",
        "h1",
        "600.00",
        extend_params={"hb_fq_num": "6", "hb_fq_seller_percent": "100"},
    )
    sandbox.pay(made["qr_code"])
    paid = alipay.api_alipay_trade_query(out_trade_no="h1")
    assert paid["hb_fq_pay_info"] == {"user_install_num": "6"}


def test_a_payment_in_time_only(
    sandbox: Running, alipay: AliPay, shop: ShopServer
) -> None:
    made = alipay.api_alipay_trade_precreate("s", "e1", "1.00", timeout_express="15m")
    sandbox.clock("+16m")
    told = sandbox.pay(made["qr_code"])
    assert "已关闭" in told.message


def test_wap_tells_when_it_closes(
    sandbox: Running, alipay: AliPay, shop: ShopServer
) -> None:
    query = alipay.api_alipay_trade_wap_pay(
        "s", "w1", "1.00", notify_url=f"{shop.url}/n", timeout_express="15m"
    )
    sandbox.open(f"{alipay._gateway}?{query}")
    sandbox.clock("+16m")
    sandbox.flush()
    assert shop.calls[0].form["trade_status"] == "TRADE_CLOSED"


@pytest.mark.parametrize(
    ("do", "paid", "notices", "returned"),
    [
        ("pay", True, 1, True),
        ("double_notify", True, 2, True),
        ("delayed_notify", True, 1, True),
        ("pay_drop_return", True, 1, False),
        ("pay_late", True, 1, False),
        ("cancel", False, 0, False),
        ("fail", False, 0, False),
    ],
)
def test_every_button(
    sandbox: Running,
    alipay: AliPay,
    shop: ShopServer,
    *,
    do: str,
    paid: bool,
    notices: int,
    returned: bool,
) -> None:
    back = sandbox.pay(page_url(alipay, shop, "b1"), do=do)
    sandbox.flush()
    answer = alipay.api_alipay_trade_query(out_trade_no="b1")
    assert (answer["trade_status"] == "TRADE_SUCCESS") is paid
    assert len(shop.calls) == notices
    assert ("sign=" in back.url) is returned


def test_a_notification_is_repeated_until_exactly_success(
    sandbox: Running, alipay: AliPay, shop: ShopServer
) -> None:
    shop.answer = b"success\n"
    sandbox.pay(page_url(alipay, shop))
    refused = sandbox.flush()
    shop.answer = b"success"
    taken = sandbox.flush()
    none = sandbox.flush()
    assert [line["accepted"] for line in refused[0]["log"]][-1] is False
    assert taken[0]["log"][-1]["accepted"] is True
    assert none == []
    assert len({call.form["notify_id"] for call in shop.calls}) == 1


@pytest.mark.parametrize(
    ("mode", "error"),
    [
        ("bad_sig", AliPayValidationError),
        ("unsigned", AliPayException),
        ("http500", Exception),
        ("html", Exception),
        ("drop_after", Exception),
        ("empty", ValueError),
        ("truncated", ValueError),
    ],
)
def test_faults_are_used_up(
    sandbox: Running, alipay: AliPay, mode: str, error: type[Exception]
) -> None:
    sandbox.fault("alipay", "precreate", mode)
    with pytest.raises(error):
        alipay.api_alipay_trade_precreate("s", "x1", "1.00")
    assert alipay.api_alipay_trade_precreate("s", "x1", "1.00")["code"] == "10000"


def test_the_signed_text_has_escaped_slashes(alipay: AliPay) -> None:
    body = alipay.build_body(
        "alipay.trade.precreate",
        {"out_trade_no": "u1", "total_amount": "1.00", "subject": "s"},
    )
    url = f"{alipay._gateway}?{alipay.sign_data(body)}"
    text = requests.get(url, timeout=5).text
    assert '"qr_code":"http:\\/\\/127.0.0.1' in text
    assert json.loads(text)["sign"]
