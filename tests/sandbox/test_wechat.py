"""wechatpayv3, written by others, buys and refunds at our WeChat Pay."""

import json
import time
from typing import Any

import pytest
import requests
from wechatpayv3 import WeChatPay, WeChatPayType  # type: ignore[import-untyped]

from shop.sandbox import signing
from shop.sandbox.testing import Running
from tests.sandbox.shop_server import ShopServer

REF = "202611210001"
H5 = {"payer_client_ip": "203.0.113.7", "h5_info": {"type": "Wap"}}
REFERER = {"Referer": "http://127.0.0.1:8000/"}


def ask(answer: tuple[int, Any]) -> tuple[int, Any]:
    status, text = answer
    return status, json.loads(text) if text else {}


def order(client: WeChatPay, ref: str = REF, total: int = 8800, **more: Any) -> Any:
    amount = {"total": total, "currency": "CNY"}
    return ask(client.pay("Pomegranates", ref, amount, **more))


def opened(client: WeChatPay, headers: dict[str, str], body: bytes) -> Any:
    """Return what the SDK decrypts; it wants the header names as sent."""
    return client.callback({k.title(): v for k, v in headers.items()}, body)


def test_a_scanned_order_is_paid_and_the_sdk_believes_it(
    sandbox: Running, wechat: WeChatPay, shop: ShopServer
) -> None:
    status, made = order(wechat)
    before = ask(wechat.query(out_trade_no=REF))
    told = sandbox.pay(made["code_url"])
    sandbox.flush()
    notice = opened(wechat, shop.calls[0].headers, shop.calls[0].body)
    after = ask(wechat.query(out_trade_no=REF))
    by_id = ask(wechat.query(transaction_id=notice["resource"]["transaction_id"]))
    assert status == 200
    assert before[1]["trade_state"] == "NOTPAY"
    assert told.message == "支付成功。"
    assert notice["event_type"] == "TRANSACTION.SUCCESS"
    assert notice["resource"]["trade_state"] == "SUCCESS"
    assert notice["resource"]["amount"]["total"] == 8800
    assert after[1]["trade_state"] == "SUCCESS"
    assert by_id == after


def test_h5_needs_a_referer_and_returns(sandbox: Running, wechat: WeChatPay) -> None:
    _, made = order(wechat, scene_info=H5, pay_type=WeChatPayType.H5)
    url = made["h5_url"] + "&redirect_url=http%3A%2F%2F127.0.0.1%3A9%2Fback"
    without = sandbox.pay(url)
    back = sandbox.pay(url, headers=REFERER)
    assert without.status == 400
    assert back.url == "http://127.0.0.1:9/back"
    assert ask(wechat.query(out_trade_no=REF))[1]["trade_type"] == "MWEB"


def test_h5_lives_five_minutes(sandbox: Running, wechat: WeChatPay) -> None:
    _, made = order(wechat, scene_info=H5, pay_type=WeChatPayType.H5)
    sandbox.clock("+6m")
    assert "过期" in sandbox.pay(made["h5_url"], headers=REFERER).message


def test_jsapi_checks_the_pay_sign(sandbox: Running, wechat: WeChatPay) -> None:
    _, made = order(wechat, payer={"openid": "o1"}, pay_type=WeChatPayType.JSAPI)
    package = f"prepay_id={made['prepay_id']}"
    appid = sandbox.merchant["wechat"]["appid"]
    fields = {
        "appId": appid,
        "timeStamp": "1",
        "nonceStr": "n",
        "package": package,
        "signType": "RSA",
        "paySign": wechat.sign([appid, "1", "n", package]),
    }
    base = f"{sandbox.merchant['wechat']['base_url']}/jsapi?"
    good = requests.Request("GET", base, params=fields).prepare().url
    bad = requests.Request("GET", base, params=fields | {"nonceStr": "m"}).prepare().url
    assert sandbox.pay(str(bad)).status == 400
    assert sandbox.pay(str(good)).message == "支付成功。"


def test_the_same_order_again(sandbox: Running, wechat: WeChatPay) -> None:
    _, first = order(wechat)
    _, second = order(wechat)
    other = order(wechat, total=9900)
    dead = sandbox.pay(first["code_url"])
    sandbox.pay(second["code_url"])
    paid = order(wechat)
    assert first["code_url"] != second["code_url"]
    assert other[0] == 400
    assert "268498688" in other[1]["message"]
    assert dead.status == 404
    assert paid[1]["code"] == "ORDERPAID"


def test_close(sandbox: Running, wechat: WeChatPay) -> None:
    _, made = order(wechat)
    closed = wechat.close(REF)
    state = ask(wechat.query(out_trade_no=REF))[1]["trade_state"]
    told = sandbox.pay(made["code_url"])
    _, second = order(wechat, "202611210002")
    sandbox.pay(second["code_url"])
    paid = ask(wechat.close("202611210002"))
    missing = ask(wechat.query(out_trade_no="202611219999"))
    assert closed[0] == 204
    assert state == "CLOSED"
    assert "已关闭" in told.message
    assert paid == (
        400,
        {"code": "ORDERPAID", "message": "该订单已支付（268449538）"},
    )
    assert missing[0] == 404
    assert missing[1]["code"] == "ORDER_NOT_EXIST"


def test_refunds_arrive_later_and_never_exceed(
    sandbox: Running, wechat: WeChatPay, shop: ShopServer
) -> None:
    _, made = order(wechat)
    sandbox.pay(made["code_url"])
    sandbox.flush()

    def refund(ref: str, amount: int) -> Any:
        money = {"refund": amount, "total": 8800, "currency": "CNY"}
        return ask(
            wechat.refund(ref, money, out_trade_no=REF, notify_url=f"{shop.url}/refund")
        )

    first = refund("r1", 5000)
    again = refund("r1", 5000)
    other = refund("r1", 4000)
    over = refund("r2", 3801)
    sandbox.flush()
    notice = opened(wechat, shop.calls[-1].headers, shop.calls[-1].body)
    later = ask(wechat.query_refund("r1"))
    missing = ask(wechat.query_refund("r9"))
    assert first[1]["status"] == "PROCESSING"
    assert again[1]["refund_id"] == first[1]["refund_id"]
    assert other[0] == over[0] == 400
    assert later[1]["status"] == "SUCCESS"
    assert notice["event_type"] == "REFUND.SUCCESS"
    assert notice["resource"]["amount"]["refund"] == 5000
    assert missing[0] == 404
    assert ask(wechat.query(out_trade_no=REF))[1]["trade_state"] == "REFUND"
    assert sandbox.ledger()["totals"]["wechat"]["balance"] == 3800


@pytest.mark.parametrize(
    "change",
    [
        {"out_trade_no": "short"},
        {"amount": {"total": "88", "currency": "CNY"}},
        {"amount": {"total": 0, "currency": "CNY"}},
        {"amount": {"total": 88, "currency": "USD"}},
        {"notify_url": "http://127.0.0.1/n?a=1"},
        {"mchid": "1900000000"},
        {"description": "x" * 128},
        {"time_expire": "soon"},
    ],
)
def test_fields_are_checked(wechat: WeChatPay, change: dict[str, Any]) -> None:
    fields = {
        "description": "d",
        "out_trade_no": REF,
        "amount": {"total": 1, "currency": "CNY"},
    }
    assert ask(wechat.pay(**(fields | change)))[0] == 400


def test_forged_and_old_requests_are_refused(
    sandbox: Running, wechat: WeChatPay
) -> None:
    keys = sandbox.merchant["wechat"]
    path = f"/v3/pay/transactions/out-trade-no/{REF}?mchid={keys['mchid']}"
    key = signing.private_key(keys["merchant_private_key"])

    def call(stamp: int, signed_path: str) -> int:
        text = f"GET\n{signed_path}\n{stamp}\nn\n\n".encode()
        header = (
            f'WECHATPAY2-SHA256-RSA2048 mchid="{keys["mchid"]}",nonce_str="n",'
            f'timestamp="{stamp}",serial_no="{keys["merchant_serial"]}",'
            f'signature="{signing.sign(key, text)}"'
        )
        return requests.get(
            keys["base_url"] + path, headers={"Authorization": header}, timeout=5
        ).status_code

    now = int(time.time())
    assert call(now, path) == 404
    assert call(now - 301, path) == 401
    assert call(now, path.partition("?")[0]) == 401


def test_probes_and_bad_signatures_are_not_believed(
    sandbox: Running, wechat: WeChatPay, shop: ShopServer
) -> None:
    sandbox.fault("wechat", "notify", "probe")
    _, made = order(wechat)
    sandbox.pay(made["code_url"])
    sandbox.flush()
    signatures = [call.headers["wechatpay-signature"] for call in shop.calls]
    probes = [s for s in signatures if "WECHATPAY/SIGNTEST/" in s]
    assert len(signatures) == 2
    assert len(probes) == 1
    assert sandbox.flush() == []


def test_a_coupon_lowers_what_the_buyer_pays_only(
    sandbox: Running, wechat: WeChatPay
) -> None:
    sandbox.fault("wechat", "pay", "coupon")
    _, made = order(wechat)
    sandbox.pay(made["code_url"])
    amount = ask(wechat.query(out_trade_no=REF))[1]["amount"]
    assert (amount["total"], amount["payer_total"]) == (8800, 8700)


def test_an_answer_with_a_wrong_signature(sandbox: Running, wechat: WeChatPay) -> None:
    sandbox.fault("wechat", "native", "bad_sig")
    with pytest.raises(Exception, match="verify"):
        order(wechat)
    sandbox.fault("wechat", "native", "error:429:RATELIMIT_EXCEED")
    assert order(wechat)[0] == 429
