"""WeChat Pay from a phone's browser: the real address, and a way back."""

from datetime import timedelta

import pytest

from shop.payments import protocol
from shop.payments.provider import ProviderError
from shop.payments.providers.wechat_h5 import PROVIDER
from tests.payments.providers import make, wechat
from tests.payments.providers.gateway import FakeGateway
from tests.payments.providers.wechat import answer

PAGE = "https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx1&package=2"


def test_begin_sends_the_browser_on_with_its_way_back(
    gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "wire_clock", lambda: make.NOW)
    gateway.answer(answer({"h5_url": PAGE}))
    attempt = make.attempt(client_ip="203.0.113.7")

    began = PROVIDER.begin(attempt, make.URLS, wechat.settings(gateway.url))

    back = f"https%3A%2F%2Fshop.test%2Fpay%2Fx%2Freturn%3Fout_trade_no%3D{make.REF}"
    assert began.next.url == f"{PAGE}&redirect_url={back}"
    assert began.next.expires_at == make.NOW + timedelta(minutes=5)
    scene = gateway.asked[0].json["scene_info"]
    assert scene == {"payer_client_ip": "203.0.113.7", "h5_info": {"type": "Wap"}}


def test_the_way_back_names_the_attempt() -> None:
    hint = PROVIDER.parse_return(make.visited(f"out_trade_no={make.REF}"))

    assert hint
    assert hint.attempt_ref == make.REF


def test_without_the_buyers_address_it_cannot_begin(gateway: FakeGateway) -> None:
    with pytest.raises(ProviderError):
        PROVIDER.begin(make.attempt(), make.URLS, wechat.settings(gateway.url))

    assert gateway.asked == []


@pytest.mark.parametrize("url", ["http://wx.tenpay.com/x", "javascript:1", None, ""])
def test_case_55_no_other_kind_of_address_is_followed(
    gateway: FakeGateway, url: object
) -> None:
    gateway.answer(answer({"h5_url": url}))

    with pytest.raises(ProviderError) as caught:
        PROVIDER.begin(
            make.attempt(client_ip="203.0.113.7"),
            make.URLS,
            wechat.settings(gateway.url),
        )

    assert caught.value.kind == "protocol"
