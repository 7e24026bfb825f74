"""One buyer, one attempt, one provider and the sandbox: the whole way, step by step."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from shop.payments.provider import (
    Ack,
    Attempt,
    Began,
    Event,
    RawRequest,
    Refunding,
    RefundResult,
    Urls,
    all_providers,
)
from shop.payments.rules import fresh_ref
from shop.sandbox.testing import Returned, Running
from tests.payments.providers import every, make

URLS = Urls("http://127.0.0.1:9/return", "http://127.0.0.1:9/notify")
REFERER = {"Referer": "http://127.0.0.1:8000/"}


def settings(sandbox: Running, code: str) -> dict[str, str]:
    """Return what the sandbox's merchant portal hands out, as the engine passes it."""
    given: Mapping[str, Any] = sandbox.merchant[every.family(code)]
    return {name: str(value) for name, value in given.items()} | {"sandbox": "1"}


class Journey:
    """What the engine would do, without its database."""

    def __init__(self, sandbox: Running, code: str, **facts: Any) -> None:
        self.sandbox, self.provider = sandbox, all_providers()[code]
        self.settings = settings(sandbox, code)
        now = datetime.now(UTC)
        given: dict[str, Any] = {
            "ref": fresh_ref(),
            "created_at": now,
            "expires_at": now + timedelta(minutes=15),
            "client_ip": "203.0.113.7",
        }
        currency = self.provider.caps.currency
        self.attempt: Attempt = make.attempt(currency, **(given | facts))
        self.began: Began | None = None

    def begin(self) -> Began:
        """Begin, and keep what has to be kept."""
        began = self.provider.begin(self.attempt, URLS, self.settings)
        self.attempt = replace(
            self.attempt, provider_ref=began.provider_ref, meta=began.meta
        )
        self.began = began
        return began

    def cashier(self) -> tuple[str, dict[str, str] | None]:
        """Return where the buyer goes, by GET or with a form."""
        step = (self.began or self.begin()).next
        if step.kind == "qr":
            return step.qr_text, None
        if step.kind == "form_post":
            return step.url, dict(step.fields)
        if step.kind == "jsapi":
            base = self.settings["base_url"]
            return f"{base}/jsapi?{urlencode(step.fields)}", None
        return step.url, None

    def press(self, do: str = "pay", code: str = "") -> Returned:
        """Go to the cashier and press a button."""
        url, fields = self.cashier()
        return self.sandbox.pay(url, fields, do=do, code=code, headers=REFERER)

    def come_back(self, returned: Returned) -> Event:
        """Bring the browser back, and ask."""
        request = as_request(returned)
        hint = self.provider.parse_return(request)
        assert hint, returned
        meant = {hint.attempt_ref, hint.provider_ref}
        assert meant & {self.attempt.ref, self.attempt.provider_ref}
        self.attempt = replace(self.attempt, meta={**self.attempt.meta, **hint.claims})
        return self.provider.handle_return(self.attempt, hint, self.settings)

    def query(self) -> Event:
        """Ask."""
        return self.provider.query(self.attempt, self.settings)

    def close(self) -> Event:
        """Close it there."""
        return self.provider.close(self.attempt, self.settings)

    def know(self, event: Event) -> None:
        """Store the transaction of a payment."""
        self.attempt = replace(self.attempt, provider_txn=event.provider_txn)

    def notices(self) -> list[RawRequest]:
        """Return the notifications on their way, as they will arrive."""
        return [as_notice(one) for one in self.sandbox.pending()]

    def hear(self, request: RawRequest) -> tuple[Event | None, Ack]:
        """Take a notification."""
        return self.provider.handle_notify(request, self.settings, datetime.now(UTC))

    def refunding(self, minor: int | None = None) -> Refunding:
        """Return a refund with a number of its own."""
        ref, now = fresh_ref(), datetime.now(UTC)
        return make.refunding(self.attempt, minor, ref=ref, created_at=now)

    def refund(self, refund: Refunding) -> RefundResult:
        """Give money back."""
        return self.provider.refund(self.attempt, refund, self.settings)

    def query_refund(self, refund: Refunding) -> RefundResult:
        """Ask about it."""
        return self.provider.query_refund(self.attempt, refund, self.settings)


def as_request(returned: Returned) -> RawRequest:
    """Return the browser's request to our return address."""
    query = parse_qsl(urlsplit(returned.url).query, keep_blank_values=True)
    form = list(returned.fields.items())
    return RawRequest(returned.method, "/return", query, form, b"", {})


def as_notice(pending: Mapping[str, Any]) -> RawRequest:
    """Return a notification of the sandbox as our server would see it."""
    body = pending["body"]
    raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    headers = {name.lower(): value for name, value in pending["headers"].items()}
    form = parse_qsl(raw.decode(), keep_blank_values=True)
    if "form" not in headers.get("content-type", ""):
        form = []
    return RawRequest("POST", "/notify", (), form, raw, headers)
