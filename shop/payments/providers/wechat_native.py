"""WeChat Pay by scanning a code (Native; reference/payments.md 2.3)."""

from collections.abc import Mapping
from typing import Any

from shop.payments import protocol
from shop.payments.provider import Attempt, Next, ProviderError, Urls
from shop.payments.wechat import Wechat


class WechatNative(Wechat):
    """A QR code for the phone's camera; WeChat does not read it from a picture."""

    code = "wechat_native"
    product = "native"

    def _next(
        self,
        attempt: Attempt,
        urls: Urls,
        settings: Mapping[str, str],
        answer: Mapping[str, Any],
    ) -> Next:
        text = answer.get("code_url")
        if not isinstance(text, str) or len(text) > 512:
            raise ProviderError("protocol", "code_url", unknown=True)
        if not text.startswith("weixin://"):
            protocol.check_page_url(text, settings)
        return Next("qr", qr_text=text, expires_at=attempt.expires_at)


PROVIDER = WechatNative()
