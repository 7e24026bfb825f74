"""Alipay by scanning a code (``precreate``, reference/payments.md 1.4)."""

from collections.abc import Mapping
from dataclasses import replace

from shop.payments import protocol
from shop.payments.provider import Attempt, Began, Next, ProviderError, Urls
from shop.payments.providers.alipay import AlipayPage, gateway_call


class AlipayQr(AlipayPage):
    """A QR code for the Alipay app; the trade exists once somebody has scanned it."""

    code = "alipay_qr"
    caps = replace(AlipayPage.caps, flows=frozenset({"qr"}))

    def begin(self, attempt: Attempt, urls: Urls, settings: Mapping[str, str]) -> Began:
        """Fetch the code to show."""
        order = self._order(attempt, settings)
        if product := settings.get("qr_product_code", ""):
            order["product_code"] = product
        node = gateway_call("alipay.trade.precreate", order, settings, urls)
        if node.get("out_trade_no") != attempt.ref:
            raise ProviderError("protocol", "out_trade_no", unknown=True)
        text = protocol.check_page_url(node.get("qr_code"), settings)
        shown = Next("qr", qr_text=text, expires_at=attempt.expires_at)
        return Began(shown, attempt.ref)


PROVIDER = AlipayQr()
