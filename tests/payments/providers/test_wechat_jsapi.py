"""WeChat Pay inside WeChat: what its browser needs, signed by us."""

import pytest

from shop.payments import protocol
from shop.payments.provider import ProviderError
from shop.payments.providers.wechat_jsapi import PROVIDER
from tests.payments.providers import make, wechat
from tests.payments.providers.gateway import FakeGateway
from tests.payments.providers.wechat import answer

OPENID = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"


def test_begin_returns_the_signed_call(gateway: FakeGateway) -> None:
    gateway.answer(answer({"prepay_id": "wx201410272009395522657a69"}))
    attempt = make.attempt(options={"openid": OPENID})

    began = PROVIDER.begin(attempt, make.URLS, wechat.settings(gateway.url))

    call = began.next.fields
    assert began.next.kind == "jsapi"
    assert gateway.asked[0].json["payer"] == {"openid": OPENID}
    assert call["package"] == "prepay_id=wx201410272009395522657a69"
    names = ("appId", "timeStamp", "nonceStr", "package")
    text = "".join(f"{call[name]}\n" for name in names)
    protocol.check_signature(
        [make.key("shop").public_key()], call["paySign"], text.encode()
    )


@pytest.mark.parametrize("openid", ["", "a b", "x" * 200, 'a"b'])
def test_without_an_openid_it_cannot_begin(gateway: FakeGateway, openid: str) -> None:
    with pytest.raises(ProviderError):
        PROVIDER.begin(
            make.attempt(options={"openid": openid}),
            make.URLS,
            wechat.settings(gateway.url),
        )

    assert gateway.asked == []


def test_a_strange_prepay_id_is_not_signed(gateway: FakeGateway) -> None:
    gateway.answer(answer({"prepay_id": "a\nb"}))

    with pytest.raises(ProviderError) as caught:
        PROVIDER.begin(
            make.attempt(options={"openid": OPENID}),
            make.URLS,
            wechat.settings(gateway.url),
        )

    assert caught.value.unknown
