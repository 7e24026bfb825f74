"""Alipay on a phone: its page opens the app (reference/payments.md 1.4)."""

from collections.abc import Mapping

from shop.payments import protocol
from shop.payments.provider import Attempt, Urls
from shop.payments.providers.alipay import AlipayPage

#: Alipay's own documents name QUICK_WAP_PAY, too.
PRODUCT = "QUICK_WAP_WAY"


class AlipayWap(AlipayPage):
    """Redirect on phones. Not inside WeChat, which blocks Alipay's pages."""

    code = "alipay_wap"
    method = "alipay.trade.wap.pay"

    def _page(
        self, attempt: Attempt, urls: Urls, settings: Mapping[str, str]
    ) -> dict[str, str]:
        """Name the way back for who gives up; it carries our reference only."""
        back = protocol.with_ref(urls.return_url, attempt.ref)
        product = settings.get("wap_product_code") or PRODUCT
        return {"product_code": product, "quit_url": back}


PROVIDER = AlipayWap()
