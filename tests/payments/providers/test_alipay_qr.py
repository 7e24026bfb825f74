"""Alipay by scanning: the code comes from a signed answer only."""

import json

import pytest

from shop.payments.provider import ProviderError
from shop.payments.providers.alipay_qr import PROVIDER
from tests.payments.providers import make
from tests.payments.providers.gateway import FakeGateway, Reply
from tests.payments.providers.test_alipay import answer, settings

CODE = "https://qr.alipay.com/bax00000000000000000"


def test_begin_returns_the_code_to_show(gateway: FakeGateway) -> None:
    gateway.answer(answer("precreate", out_trade_no=make.REF, qr_code=CODE))

    began = PROVIDER.begin(make.attempt(), make.URLS, settings(gateway.url))

    assert (began.next.kind, began.next.qr_text) == ("qr", CODE)
    assert gateway.asked[0].query["notify_url"] == make.URLS.notify_url
    assert json.loads(gateway.asked[0].form["biz_content"])["total_amount"] == "100.00"


@pytest.mark.parametrize(
    "node",
    [
        {"out_trade_no": "1", "qr_code": CODE},
        {"out_trade_no": make.REF},
        {"out_trade_no": make.REF, "qr_code": "javascript:alert(1)"},
        {"out_trade_no": make.REF, "qr_code": "http://qr.alipay.com/bax"},
    ],
)
def test_a_code_that_is_not_ours_is_not_shown(
    gateway: FakeGateway, node: dict[str, str]
) -> None:
    gateway.answer(answer("precreate", **node))

    with pytest.raises(ProviderError) as caught:
        PROVIDER.begin(make.attempt(), make.URLS, settings(gateway.url))

    assert (caught.value.kind, caught.value.unknown) == ("protocol", True)


def test_case_37_a_lost_answer_leaves_the_order_unknown(gateway: FakeGateway) -> None:
    gateway.answer(Reply(drop=True))

    with pytest.raises(ProviderError) as caught:
        PROVIDER.begin(make.attempt(), make.URLS, settings(gateway.url))

    assert (caught.value.kind, caught.value.unknown) == ("transport", True)


@pytest.mark.parametrize("product", ["", "FACE_TO_FACE_PAYMENT"])
def test_the_product_code_is_sent_if_the_owner_filled_it_in(
    gateway: FakeGateway, product: str
) -> None:
    gateway.answer(answer("precreate", out_trade_no=make.REF, qr_code=CODE))

    PROVIDER.begin(
        make.attempt(), make.URLS, settings(gateway.url, qr_product_code=product)
    )

    biz = json.loads(gateway.asked[0].form["biz_content"])
    assert biz.get("product_code", "") == product
