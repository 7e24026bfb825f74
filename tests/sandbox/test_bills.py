"""Daily bills: yuan in both, payments and refunds, ready the next morning."""

import gzip
import hashlib
import io
import json
import zipfile
from datetime import UTC, datetime

import pytest
import requests
from alipay import AliPay
from wechatpayv3 import WeChatPay  # type: ignore[import-untyped]

from shop.sandbox.testing import Running
from tests.sandbox.shop_server import ShopServer
from tests.sandbox.test_alipay import page_url
from tests.sandbox.test_wechat import ask, order

EVENING = datetime(2026, 11, 21, 12, tzinfo=UTC)
EARLY = datetime(2026, 11, 22, 1, 59, tzinfo=UTC)
NEXT_DAY = datetime(2026, 11, 22, 2, 1, tzinfo=UTC)


def test_alipay_packs_a_gbk_table(
    sandbox: Running,
    alipay: AliPay,
    shop: ShopServer,
) -> None:
    sandbox.be_at(EVENING)
    sandbox.pay(page_url(alipay, shop))
    alipay.api_alipay_trade_refund(
        "8.00", out_trade_no="202611210001", out_request_no="r1"
    )
    method = "alipay.data.dataservice.bill.downloadurl.query"
    asked = {"bill_type": "trade", "bill_date": "2026-11-21"}
    key = method.replace(".", "_") + "_response"

    def url() -> dict[str, str]:
        body = alipay.build_body(method, asked)
        found: dict[str, str] = alipay.verified_sync_response(body, key)
        return found

    sandbox.be_at(EARLY)
    assert url()["sub_code"] == "isp.bill_not_exist"
    sandbox.be_at(NEXT_DAY)
    raw = requests.get(url()["bill_download_url"], timeout=5).content
    archive = zipfile.ZipFile(io.BytesIO(raw))
    text = archive.read(archive.namelist()[0]).decode("gbk")
    rows = [line.split(",") for line in text.splitlines() if line[0] != "#"]
    assert len(rows) == 3
    assert {len(row) for row in rows} == {25}
    assert [(row[2], row[11]) for row in rows[1:]] == [
        ("交易", "88.00"),
        ("退款", "-8.00"),
    ]
    assert rows[1][1] == "202611210001\t"
    assert rows[2][21] == "r1\t"


@pytest.mark.parametrize("kind", ["ALL", "REFUND"])
def test_wechat_puts_a_grave_accent_before_everything(
    sandbox: Running,
    wechat: WeChatPay,
    kind: str,
) -> None:
    sandbox.be_at(EVENING)
    _, made = order(wechat)
    sandbox.pay(made["code_url"])
    money = {"refund": 800, "total": 8800, "currency": "CNY"}
    wechat.refund("r1", money, out_trade_no="202611210001")
    sandbox.be_at(EARLY)
    early = ask(wechat.trade_bill("2026-11-21"))
    sandbox.be_at(NEXT_DAY)
    bill = json.loads(wechat.trade_bill("2026-11-21", kind)[1])
    raw = gzip.decompress(wechat.download_bill(bill["download_url"])[1])
    header, *rows, _, totals = raw.decode("utf-8-sig").splitlines()
    cells = [[value.removeprefix("`") for value in row.split(",")] for row in rows]
    assert early[1]["code"] == "NO_STATEMENT_EXIST"
    assert bill["hash_value"] == hashlib.sha1(raw).hexdigest()  # noqa: S324
    assert {len(row) for row in cells} == {len(header.split(","))} == {27}
    refund = cells[-1]
    assert (refund[9], refund[15], refund[16]) == ("REFUND", "r1", "8.00")
    assert requests.get(bill["download_url"], timeout=5).status_code == 401
    if kind == "ALL":
        assert (cells[0][9], cells[0][12]) == ("SUCCESS", "88.00")
        assert totals.startswith("`2,`88.00,`8.00")
