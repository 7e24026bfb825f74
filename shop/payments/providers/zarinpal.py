"""ZarinPal v4 REST (reference/payments.md 4): ask, send the buyer, verify.

Callbacks are not signed. What counts is our own ``verify`` with our own stored
amount, always in rial: a currency left out once meant toman.
"""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from shop.kernel.money import Money
from shop.payments import protocol, zarinpal_refunds
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

BASE_URL = "https://payment.zarinpal.com"
_AUTHORITY = re.compile(r"[AS][0-9a-zA-Z]{35}")
_NUMBER = re.compile(r"-?[0-9]{1,5}")
#: The owner must act: merchant, address, domain or level (ZarinPal's error list).
_CONFIG = {"-10", "-11", "-14", "-15", "-16", "-17", "-18", "-19", "-53"} | {
    str(code) for code in range(-39, -29)
}
_METHODS = ("PAYA", "CARD")
_PAID = {"100", "101"}  # 101 also on our first call: auto-verify, or a lost answer
_STANDS = {"PAID", "VERIFIED"}
_STATUS = {
    "IN_BANK": Outcome.PENDING,
    "PENDING": Outcome.PENDING,
    "FAILED": Outcome.FAILED,
    "REVERSED": Outcome.REVERSED,
}


class Zarinpal(Provider):
    """Redirect to ZarinPal's page; reversal of the whole sum within 30 minutes.

    With an access token of the owner also refunds of parts, and later ones.
    """

    code = "zarinpal"
    caps = Caps(
        currency="IRR",
        flows=frozenset({"redirect"}),
        needs_verify=True,
        can_query=True,
        refund="full",
        refund_idempotent=True,
        min_minor=1_000,
        max_minor=1_000_000_000,
        reverse_window=timedelta(minutes=30),
    )
    settings = (
        Setting("base_url", default=BASE_URL),
        Setting("merchant_id", secret=True),
        Setting("expire_in", required=False),
        Setting("access_token", secret=True, required=False),
        Setting("refund_method", required=False, default="PAYA", choices=_METHODS),
        Setting("graphql_url", required=False, default=zarinpal_refunds.URL),
    )
    open_points = (
        OpenPoint(
            "How long a payment that nobody verified waits before it goes"
            " back to the buyer: the shop reads the unverified list every"
            " ten minutes.",
        ),
        OpenPoint(
            "What expire_in does: it is sent if it is filled in.",
            "expire_in",
        ),
        OpenPoint(
            "In which unit an amount is verified that was asked for in"
            " toman: the shop says rial (IRR) each time.",
        ),
        OpenPoint(
            "Whether the sandbox of ZarinPal knows reversals; in production"
            " the server's address must be registered for them.",
        ),
        OpenPoint(
            "Whether a payment is found by its ref_id for a refund over GraphQL:"
            " one payment with that reference and amount must be found, else it"
            " goes back by hand.",
        ),
        OpenPoint(
            "What a refund is called once it has arrived: PAID, DONE, SUCCESS,"
            " COMPLETED and REFUNDED count, PENDING waits, another word is shown"
            " to you.",
        ),
    )

    def begin(self, attempt: Attempt, urls: Urls, settings: Mapping[str, str]) -> Began:
        """Register the payment and send the browser to its page."""
        asked: dict[str, Any] = {
            "amount": protocol.wire_minor(attempt.amount, self.caps),
            "currency": "IRR",
            "description": protocol.clip(attempt.description, 500),
            "callback_url": urls.return_url,
            "metadata": {"order_id": attempt.ref},
        }
        if limit := settings.get("expire_in", ""):
            asked["expire_in"] = _whole(limit)
        if re.fullmatch(r"09[0-9]{9}", attempt.payer_phone):
            asked["metadata"]["mobile"] = attempt.payer_phone
        if attempt.payer_email:
            asked["metadata"]["email"] = attempt.payer_email
        code, data = self._ask("request", asked, settings)
        if code != "100":
            raise _refused(code)
        authority = data.get("authority")
        if not isinstance(authority, str) or not _AUTHORITY.fullmatch(authority):
            raise ProviderError("protocol", "authority", unknown=True)
        page = f"{protocol.base_url(settings, BASE_URL)}/pg/StartPay/{authority}"
        return Began(Next("redirect", page, expires_at=attempt.expires_at), authority)

    def parse_return(self, request: RawRequest) -> ReturnHint | None:
        """Read ``Authority`` and the claimed ``Status``; the address says nothing."""
        said = protocol.claimed(request.query, ("Authority", "Status"))
        authority = said.get("Authority", "")
        if not _AUTHORITY.fullmatch(authority):
            return None
        return ReturnHint(
            provider_ref=authority, claims={"status": said.get("Status", "")}
        )

    def handle_return(
        self, attempt: Attempt, hint: ReturnHint, settings: Mapping[str, str]
    ) -> Event:
        """Verify; ask first about a claimed failure, since anybody can claim it."""
        if hint.provider_ref != attempt.provider_ref:
            raise ProviderError("forged", "authority")
        if hint.claims.get("status") == "OK":
            return self._verify(attempt, settings)
        return self.query(attempt, settings)

    def query(self, attempt: Attempt, settings: Mapping[str, str]) -> Event:
        """Inquire, and verify what the buyer has paid."""
        status = self._status(attempt, settings)
        if status in _STANDS:
            return self._verify(attempt, settings)
        outcome = _STATUS.get(status, Outcome.UNKNOWN)
        return Event(outcome, attempt.ref, attempt.provider_ref, code=status)

    def can_refund(
        self, paid: Money, amount: Money, settings: Mapping[str, str]
    ) -> bool:
        """Say whether it can be reversed, or refunded over GraphQL."""
        enough = amount.minor >= zarinpal_refunds.MIN_RIAL
        return amount == paid or (zarinpal_refunds.has_token(settings) and enough)

    def may_repeat_refund(
        self, paid: Money, amount: Money, settings: Mapping[str, str]
    ) -> bool:
        """A reversal happens once; a refund over GraphQL as often as it is sent."""
        return amount == paid

    def refund(
        self, attempt: Attempt, refund: Refunding, settings: Mapping[str, str]
    ) -> RefundResult:
        """Reverse the whole payment; else refund it, or leave it to people."""
        if refund.amount == attempt.amount:
            told = self._reverse(attempt, refund, settings)
            if told.code != "manual":
                return told
            if refund.again and zarinpal_refunds.has_token(settings):
                return RefundResult("unknown", code="lost")  # it may be under way
        enough = refund.amount.minor >= zarinpal_refunds.MIN_RIAL
        if zarinpal_refunds.has_token(settings) and enough:
            return zarinpal_refunds.refund(attempt, refund, settings)
        return RefundResult("failed", code="manual")

    def _reverse(
        self, attempt: Attempt, refund: Refunding, settings: Mapping[str, str]
    ) -> RefundResult:
        body = {"authority": _authority(attempt)}
        code, _data = self._ask("reverse", body, settings)
        if code == "100":
            return RefundResult("succeeded", attempt.provider_ref, code)
        if code == "-61":  # "not successful or already reversed": ask which
            told = self.query_refund(attempt, refund, settings)
            stands = told.code in _STANDS
            return RefundResult("failed", code=told.code) if stands else told
        if code in {"-60", "-62", "-63"}:  # this bank cannot, or it is too late
            return RefundResult("failed", code="manual")
        raise _refused(code)

    def query_refund(
        self, attempt: Attempt, refund: Refunding, settings: Mapping[str, str]
    ) -> RefundResult:
        """Ask about the refund it has named, else whether it stands as reversed."""
        if refund.txn and zarinpal_refunds.has_token(settings):
            return zarinpal_refunds.query(refund, settings)
        status = self._status(attempt, settings)
        if status == "REVERSED":
            return RefundResult("succeeded", attempt.provider_ref, status)
        if status == "FAILED":
            return RefundResult("failed", code=status)
        return RefundResult("unknown", code=status)

    def reconcile(
        self, since: datetime, settings: Mapping[str, str]
    ) -> Iterable[Event]:
        """Name every payment that was made and never verified (the last hundred)."""
        code, data = self._ask("unVerified", {}, settings)
        if code != "100":
            raise _refused(code)
        listed = data.get("authorities")
        for row in listed if isinstance(listed, list) else []:
            authority = row.get("authority") if isinstance(row, dict) else None
            if isinstance(authority, str) and _AUTHORITY.fullmatch(authority):
                amount = Money(protocol.parse_minor(row.get("amount")), "IRR")
                yield Event(
                    Outcome.PENDING,
                    provider_ref=authority,
                    amount=amount,
                    code="unVerified",
                )

    def test_connection(self, settings: Mapping[str, str]) -> str:
        """Ask for the unverified list: it needs the merchant id and moves nothing."""
        code, _data = self._ask("unVerified", {}, settings)
        return "" if code == "100" else code

    def hosts(self, settings: Mapping[str, str]) -> frozenset[str]:
        return frozenset({protocol.origin(protocol.base_url(settings, BASE_URL))})

    def _verify(self, attempt: Attempt, settings: Mapping[str, str]) -> Event:
        authority = _authority(attempt)
        body = {
            "authority": authority,
            "amount": protocol.wire_minor(attempt.amount, self.caps),
        }
        code, data = self._ask("verify", body, settings)
        if code in _PAID:
            return Event(
                Outcome.PAID,
                attempt.ref,
                authority,
                attempt.amount,
                provider_txn=str(data.get("ref_id") or authority)[:64],
                payer_hint=protocol.last_four(data.get("card_pan")),
                event_id=f"verify:{authority}",
                code=code,
            )
        if code == "-50":  # another amount was paid than we stored
            return Event(
                Outcome.UNKNOWN, attempt.ref, authority, code=code, doubt="amount"
            )
        if code == "-51":
            status = self._status(attempt, settings)
            open_still = _STATUS.get(status) is Outcome.PENDING
            outcome = Outcome.PENDING if open_still else Outcome.FAILED
            return Event(outcome, attempt.ref, authority, code=code)
        if code == "-54":
            return Event(Outcome.UNKNOWN, attempt.ref, authority, code=code)
        raise _refused(code)

    def _status(self, attempt: Attempt, settings: Mapping[str, str]) -> str:
        code, data = self._ask("inquiry", {"authority": _authority(attempt)}, settings)
        status = data.get("status")
        if isinstance(status, str) and re.fullmatch(r"[A-Z_]{2,20}", status):
            return status
        if code in _CONFIG:
            raise _refused(code)
        return code

    def _ask(
        self, name: str, fields: Mapping[str, Any], settings: Mapping[str, str]
    ) -> tuple[str, dict[str, Any]]:
        url = f"{protocol.base_url(settings, BASE_URL)}/pg/v4/payment/{name}.json"
        body = {"merchant_id": protocol.need(settings, "merchant_id"), **fields}
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        answer = protocol.call("POST", url, json.dumps(body).encode(), headers)
        return _open(answer.json_object())


def _whole(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,8}", text):
        raise ProviderError("config", "expire_in")
    return int(text)


def _authority(attempt: Attempt) -> str:
    if not _AUTHORITY.fullmatch(attempt.provider_ref):
        raise ProviderError("protocol", "authority")
    return attempt.provider_ref


def _open(envelope: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return code and data: ``data`` is ``[]`` on errors, ``errors`` on success."""
    data, errors = envelope.get("data"), envelope.get("errors")
    if isinstance(data, dict) and (code := _code(data.get("code"))):
        return code, data
    if isinstance(errors, dict) and (code := _code(errors.get("code"))):
        return code, {}
    if code := _first_code(errors):
        return code, {}
    raise ProviderError("protocol", "envelope", unknown=True)


def _code(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return ""
    return str(value) if _NUMBER.fullmatch(str(value)) else ""


def _first_code(errors: object) -> str:
    """Find the number in ``{"authority": ["…", "-54"]}`` and its kind."""
    if isinstance(errors, Mapping):
        errors = list(errors.values())
    if isinstance(errors, list):
        return next((code for item in errors if (code := _first_code(item))), "")
    return _code(errors)


def _refused(code: str) -> ProviderError:
    if code in _CONFIG:
        return ProviderError("config", code)
    return ProviderError("rejected", code, unknown=code == "-52")


PROVIDER = Zarinpal()
