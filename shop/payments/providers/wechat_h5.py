"""WeChat Pay from a phone's ordinary browser (H5; reference/payments.md 2.3)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from shop.payments import protocol
from shop.payments.provider import Attempt, Next, ProviderError, Urls
from shop.payments.wechat import BASE_URL, Wechat, with_return

#: The page dies five minutes after it was asked for.
LIFETIME = timedelta(minutes=5)


class WechatH5(Wechat):
    """Redirect that opens the app. Our page must send a Referer; not inside WeChat."""

    code = "wechat_h5"
    product = "h5"
    caps = replace(Wechat.caps, flows=frozenset({"redirect"}))

    def hosts(self, settings: Mapping[str, str]) -> frozenset[str]:
        """Return where the payment page is: not the host that is asked for it."""
        if protocol.is_sandbox(settings):
            own = protocol.origin(protocol.base_url(settings, BASE_URL))
            return frozenset({own, "https://wx.tenpay.com"})
        return frozenset({"https://wx.tenpay.com"})

    def _more(self, attempt: Attempt) -> Mapping[str, Any]:
        if not attempt.client_ip:
            raise ProviderError("rejected", "client_ip")
        device = attempt.options.get("device", "")
        info = {"type": device if device in {"iOS", "Android"} else "Wap"}
        return {"scene_info": {"payer_client_ip": attempt.client_ip, "h5_info": info}}

    def _next(
        self,
        attempt: Attempt,
        urls: Urls,
        settings: Mapping[str, str],
        answer: Mapping[str, Any],
    ) -> Next:
        page = protocol.check_page_url(answer.get("h5_url"), settings)
        ends_at = min(attempt.expires_at, protocol.wire_clock() + LIFETIME)
        back = protocol.with_ref(urls.return_url, attempt.ref)
        return Next("redirect", with_return(page, back), expires_at=ends_at)


PROVIDER = WechatH5()
