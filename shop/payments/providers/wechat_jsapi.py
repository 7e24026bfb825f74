"""WeChat Pay inside WeChat's own browser (JSAPI; reference/payments.md 2.3).

WeChat takes the payment only of a reader it has named to us (``openid``). The name
comes by OAuth: the browser goes to WeChat and returns with a code, which we change
for the name, server to server. ``snsapi_base``: the reader is not asked anything
and we learn nothing else (WeChat's page on authorization of web pages).
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from shop.payments import protocol
from shop.payments.provider import (
    Attempt,
    Began,
    Next,
    OpenPoint,
    ProviderError,
    Urls,
)
from shop.payments.wechat import BASE_URL, NAME_HOST, PAGE_HOST, Wechat, pay_sign

_OPENID = re.compile(r"[0-9A-Za-z_\-]{1,128}")
#: A code is used once, for five minutes.
_CODE = re.compile(r"[0-9A-Za-z_\-]{1,128}")
#: The owner must act: app id, secret, right to the scope, address of the server.
_CONFIG = {"40001", "40013", "40125", "40164", "41002", "41004", "48001"}


class WechatJsapi(Wechat):
    """Only inside WeChat, for a reader whom WeChat has named: the option ``openid``."""

    code = "wechat_jsapi"
    product = "jsapi"
    caps = replace(Wechat.caps, flows=frozenset({"jsapi"}))
    names_payer = True
    settings = tuple(
        replace(one, required=True) if one.name == "app_secret" else one
        for one in Wechat.settings
    )
    open_points = (
        *Wechat.open_points,
        OpenPoint(
            "Every error of the call that names a reader: one that is not known"
            " is no name, and the payment does not begin.",
        ),
    )

    def begin(self, attempt: Attempt, urls: Urls, settings: Mapping[str, str]) -> Began:
        """Place the order; without the secret nobody can have named the reader."""
        protocol.need(settings, "app_secret")
        return super().begin(attempt, urls, settings)

    def name_url(self, back: str, state: str, settings: Mapping[str, str]) -> str:
        """Return WeChat's address; it compares the order of the fields, too."""
        fields = {
            "appid": protocol.need(settings, "appid"),
            "redirect_uri": back,
            "response_type": "code",
            "scope": "snsapi_base",
            "state": state,
        }
        host = protocol.base_url(settings, PAGE_HOST, "page_host")
        query = urlencode(fields)
        return f"{host}/connect/oauth2/authorize?{query}#wechat_redirect"

    def name_payer(self, code: str, settings: Mapping[str, str]) -> Mapping[str, str]:
        """Change a code for the name; the secret is in the address, never in a log."""
        if not _CODE.fullmatch(code):
            raise ProviderError("rejected", "code")
        fields = {
            "appid": protocol.need(settings, "appid"),
            "secret": protocol.need(settings, "app_secret"),
            "code": code,
            "grant_type": "authorization_code",
        }
        host = protocol.base_url(settings, NAME_HOST, "name_host")
        url = f"{host}/sns/oauth2/access_token?{urlencode(fields)}"
        said = protocol.call("GET", url).json_object()
        openid, error = said.get("openid"), said.get("errcode")
        if error:
            config = str(error) in _CONFIG
            raise ProviderError("config" if config else "rejected", str(error)[:16])
        if not isinstance(openid, str) or not _OPENID.fullmatch(openid):
            raise ProviderError("protocol", "openid")
        return {"openid": openid}

    def hosts(self, settings: Mapping[str, str]) -> frozenset[str]:
        """Return where the button's way leads on to: a form's redirect counts, too."""
        host = protocol.base_url(settings, PAGE_HOST, "page_host")
        return frozenset({protocol.origin(host)})

    def _more(self, attempt: Attempt) -> Mapping[str, Any]:
        openid = attempt.options.get("openid", "")
        if not _OPENID.fullmatch(openid):
            raise ProviderError("rejected", "openid")
        return {"payer": {"openid": openid}}

    def _next(
        self,
        attempt: Attempt,
        urls: Urls,
        settings: Mapping[str, str],
        answer: Mapping[str, Any],
    ) -> Next:
        prepay = answer.get("prepay_id")
        if not isinstance(prepay, str) or not re.fullmatch(r"[\w\-]{1,128}", prepay):
            raise ProviderError("protocol", "prepay_id", unknown=True)
        fields, page = pay_sign(prepay, settings), ""
        if protocol.is_sandbox(settings):  # a browser on this machine has no bridge
            page = f"{protocol.base_url(settings, BASE_URL)}/jsapi?{urlencode(fields)}"
        return Next("jsapi", page, fields=fields, expires_at=attempt.expires_at)


PROVIDER = WechatJsapi()
