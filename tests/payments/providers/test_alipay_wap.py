"""Alipay on a phone: the same protocol, its own method."""

import json
from urllib.parse import parse_qsl, urlsplit

from shop.payments.providers.alipay_wap import PROVIDER
from tests.payments.providers import make
from tests.payments.providers.test_alipay import settings


def test_begin_asks_for_the_phone_page() -> None:
    began = PROVIDER.begin(make.attempt(), make.URLS, settings())

    fields = dict(parse_qsl(urlsplit(began.next.url).query))
    assert fields["method"] == "alipay.trade.wap.pay"
    biz = json.loads(fields["biz_content"])
    assert biz["product_code"] == "QUICK_WAP_WAY"
    assert biz["quit_url"] == f"{make.URLS.return_url}?out_trade_no={make.REF}"


def test_the_product_code_of_the_contract_is_sent() -> None:
    given = settings(wap_product_code="QUICK_WAP_PAY")

    began = PROVIDER.begin(make.attempt(), make.URLS, given)

    fields = dict(parse_qsl(urlsplit(began.next.url).query))
    assert json.loads(fields["biz_content"])["product_code"] == "QUICK_WAP_PAY"
