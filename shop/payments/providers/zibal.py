"""Zibal IPG (reference/payments.md 5): verify says what was paid, we compare.

Neither the callback nor the lazy notification is signed, and ``verify`` is asked
without an amount: the amount and the order it names must be ours.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from shop.kernel.money import Money
from shop.payments import protocol
from shop.payments.provider import (
    Attempt,
    Began,
    Caps,
    Event,
    Next,
    OpenPoint,
    Outcome,
    Provider,
    ProviderError,
    RawRequest,
    Refunding,
    RefundResult,
    ReturnHint,
    Setting,
    Urls,
)

BASE_URL = "https://gateway.zibal.ir"
#: So long an accepted refund is on its way; then a person has to look.
ARRIVES_WITHIN = timedelta(days=1)
PLATFORM_URL = "https://api.zibal.ir"
_TRACK = re.compile(r"[1-9][0-9]{0,18}")
_CONFIG = {"102", "103", "104", "106", "115"}
_STATUS = {
    "-1": Outcome.PENDING,
    "1": Outcome.PAID,
    "3": Outcome.CANCELLED,
    "15": Outcome.REFUNDED,
    "16": Outcome.REFUNDED,
    "18": Outcome.REVERSED,
} | {str(code): Outcome.FAILED for code in (4, 5, 6, 7, 8, 9, 10, 11, 12)}


class Zibal(Provider):
    """Redirect to Zibal's page. Refunds by its platform, with the owner's token.

    Without it they are made in Zibal's own panel. The platform has no key that
    makes a repetition harmless: a lost answer waits for a person.
    """

    code = "zibal"
    caps = Caps(
        currency="IRR",
        flows=frozenset({"redirect"}),
        needs_verify=True,
        can_query=True,
        refund="partial",
        min_minor=1_000,
    )
    settings = (
        Setting("base_url", default=BASE_URL),
        Setting("merchant"),
        Setting("access_token", secret=True, required=False),
        Setting("account_id", required=False),
        Setting("platform_url", required=False, default=PLATFORM_URL),
    )
    open_points = (
        OpenPoint(
            "Lazy notifications: they are not signed, the shop does not use them.",
        ),
        OpenPoint(
            "How long an unverified payment waits: the shop verifies within minutes.",
        ),
        OpenPoint(
            "Whether an ordinary merchant may refund over the API: without the"
            " right the refund goes back by hand, in Zibal's panel.",
        ),
        OpenPoint(
            "How the platform tells that a refund has arrived: the shop looks"
            " at the payment, which says refunding (16), then refunded (15).",
        ),
    )

    def begin(self, attempt: Attempt, urls: Urls, settings: Mapping[str, str]) -> Began:
        """Register the payment and send the browser to its page."""
        asked: dict[str, Any] = {
            "amount": protocol.wire_minor(attempt.amount, self.caps),
            "callbackUrl": urls.return_url,
            "description": protocol.clip(attempt.description, 500),
            "orderId": attempt.ref,
        }
        if re.fullmatch(r"09[0-9]{9}", attempt.payer_phone):
            asked["mobile"] = attempt.payer_phone
        said = _ask("request", asked, settings)
        if said["result"] != "100":
            raise _refused(said["result"])
        track = _text(said.get("trackId"))
        if not _TRACK.fullmatch(track):
            raise ProviderError("protocol", "trackId", unknown=True)
        page = f"{protocol.base_url(settings, BASE_URL)}/start/{track}"
        return Began(Next("redirect", page, expires_at=attempt.expires_at), track)

    def parse_return(self, request: RawRequest) -> ReturnHint | None:
        """Read ``trackId`` and what the browser claims of it."""
        said = protocol.claimed(request.query, ("trackId", "success", "orderId"))
        track = said.get("trackId", "")
        if not _TRACK.fullmatch(track):
            return None
        claims = {"success": said.get("success", ""), "order": said.get("orderId", "")}
        return ReturnHint(provider_ref=track, claims=claims)

    def handle_return(
        self, attempt: Attempt, hint: ReturnHint, settings: Mapping[str, str]
    ) -> Event:
        """Verify; ask first about a claimed failure, since anybody can claim it."""
        if hint.provider_ref != attempt.provider_ref:
            raise ProviderError("forged", "trackId")
        if hint.claims.get("order") not in {"", None, attempt.ref}:
            raise ProviderError("forged", "orderId")
        if hint.claims.get("success") == "1":
            return self._verify(attempt, settings)
        return self.query(attempt, settings)

    def query(self, attempt: Attempt, settings: Mapping[str, str]) -> Event:
        """Inquire, and verify what the buyer has paid."""
        said = _ask("inquiry", {"trackId": _track(attempt)}, settings)
        if said["result"] == "100" and _text(said.get("status")) == "2":
            return self._verify(attempt, settings)
        return _judge(attempt, said)

    def can_refund(
        self, paid: Money, amount: Money, settings: Mapping[str, str]
    ) -> bool:
        """Say whether the owner lets the shop use the platform."""
        return all(settings.get(name) for name in ("access_token", "account_id"))

    def refund(
        self, attempt: Attempt, refund: Refunding, settings: Mapping[str, str]
    ) -> RefundResult:
        """Ask the platform once; without the right to, people do it."""
        if not self.can_refund(attempt.amount, refund.amount, settings):
            return RefundResult("failed", code="manual")
        url = protocol.base_url(settings, PLATFORM_URL, "platform_url")
        body = {
            "trackId": _track(attempt),
            "accountId": protocol.need(settings, "account_id"),
            "amount": protocol.wire_minor(
                refund.amount, replace(self.caps, min_minor=1)
            ),
            "description": protocol.clip(f"{refund.reason} [{refund.ref}]", 200),
            "tryReverse": False,
        }
        headers = {
            "Authorization": f"Bearer {protocol.need(settings, 'access_token')}",
            "Content-Type": "application/json",
            "Accept": "application/json",
        }
        sent = json.dumps(body).encode()
        answer = protocol.call("POST", f"{url}/v1/account/refund", sent, headers)
        return _platform(answer.json_object())

    def query_refund(
        self, attempt: Attempt, refund: Refunding, settings: Mapping[str, str]
    ) -> RefundResult:
        """Look at the payment: it proves a refund that was accepted, or a whole one."""
        said = _ask("inquiry", {"trackId": _track(attempt)}, settings)
        status = _text(said.get("status"))
        sure = bool(refund.txn) or refund.amount == attempt.amount
        if said["result"] == "100" and status == "15" and sure:
            return RefundResult("succeeded", refund.txn, status)
        young = protocol.wire_clock() - refund.created_at < ARRIVES_WITHIN
        if sure and (status == "16" or (refund.txn and young)):
            return RefundResult("pending", refund.txn, status)
        return RefundResult("unknown", refund.txn, status)

    def test_connection(self, settings: Mapping[str, str]) -> str:
        """Ask about a payment that never was: 203 knows the merchant."""
        result = _ask("inquiry", {"trackId": 1}, settings)["result"]
        return result if result in _CONFIG else ""

    def hosts(self, settings: Mapping[str, str]) -> frozenset[str]:
        return frozenset({protocol.origin(protocol.base_url(settings, BASE_URL))})

    def _verify(self, attempt: Attempt, settings: Mapping[str, str]) -> Event:
        track = _track(attempt)
        said = _ask("verify", {"trackId": track}, settings)
        result = said["result"]
        whole = all(said.get(name) is not None for name in ("amount", "status"))
        if result == "100" and whole:
            return _judge(attempt, said)
        if result in {"100", "201", "202"}:  # 201 may leave the amount out
            return _judge(attempt, _ask("inquiry", {"trackId": track}, settings))
        if result == "203":
            return Event(Outcome.UNKNOWN, attempt.ref, str(track), code=result)
        raise _refused(result)


def _platform(said: Mapping[str, Any]) -> RefundResult:
    """Return what the platform says of a refund: 1 is accepted, not yet arrived.

    :raises ProviderError: ``unknown`` if it may have been made.
    """
    result, data = _text(said.get("result")), said.get("data")
    if result == "1":
        number = _text(data.get("refundId")) if isinstance(data, dict) else ""
        return RefundResult("pending", number[:64] or "accepted", result)
    if result in {"3", "11"}:  # token, wallet: the owner can still do it by hand
        return RefundResult("failed", code="manual")
    if re.fullmatch(r"-?[0-9]{1,4}", result):
        return RefundResult("failed", code=result)
    raise ProviderError("protocol", "result", unknown=True)


def _judge(attempt: Attempt, said: Mapping[str, Any]) -> Event:
    """Return what an answer with amount and order says of our attempt."""
    status, result = _text(said.get("status")), said["result"]
    if result in _CONFIG:
        raise _refused(result)
    if result not in {"100", "201"}:
        return Event(Outcome.UNKNOWN, attempt.ref, attempt.provider_ref, code=result)
    outcome = _STATUS.get(status, Outcome.UNKNOWN)
    if outcome is not Outcome.PAID:
        return Event(outcome, attempt.ref, attempt.provider_ref, code=status)
    if _text(said.get("orderId")) != attempt.ref:
        outcome, doubt = Outcome.UNKNOWN, "order"
    else:
        doubt = ""
    return Event(
        outcome,
        attempt.ref,
        attempt.provider_ref,
        Money(protocol.parse_minor(said.get("amount")), "IRR"),
        provider_txn=_text(said.get("refNumber"))[:64] or attempt.provider_ref,
        payer_hint=protocol.last_four(said.get("cardNumber")),
        event_id=f"verify:{attempt.provider_ref}",
        code=status,
        doubt=doubt,
    )


def _track(attempt: Attempt) -> int:
    if not _TRACK.fullmatch(attempt.provider_ref):
        raise ProviderError("protocol", "trackId")
    return int(attempt.provider_ref)


def _text(value: object) -> str:
    plain = isinstance(value, int | str) and not isinstance(value, bool)
    return str(value) if plain else ""


def _ask(
    name: str, fields: Mapping[str, Any], settings: Mapping[str, str]
) -> dict[str, Any]:
    """Return an answer whose ``result`` is a code, as text."""
    url = f"{protocol.base_url(settings, BASE_URL)}/v1/{name}"
    body = {"merchant": protocol.need(settings, "merchant"), **fields}
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    answer = protocol.call("POST", url, json.dumps(body).encode(), headers)
    said = answer.json_object()
    result = _text(said.get("result"))
    if not re.fullmatch(r"-?[0-9]{1,4}", result):
        raise ProviderError("protocol", "result", unknown=True)
    return {**said, "result": result}


def _refused(result: str) -> ProviderError:
    known = {"105", "113", "114"} | {str(code) for code in range(107, 113)}
    if result in _CONFIG:
        return ProviderError("config", result)
    return ProviderError("rejected", result, unknown=result not in known)


PROVIDER = Zibal()
