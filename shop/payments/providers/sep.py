"""SEP, Saman's gateway (reference/payments.md 7): token, form, verify.

A ``RefNum`` can be verified again and again: that it pays for one attempt only is
our own unique column, and that it paid *this* amount is compared here.
"""

import json
import re
from collections.abc import Mapping
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

BASE_URL = "https://sep.shaparak.ir"
_TOKEN = re.compile(r"[0-9A-Za-z\-]{8,64}")
_REF_NUM = re.compile(r"[!-~]{8,64}")
_CONFIG = {"-104", "-105", "-106"}  # terminal off, terminal unknown, our address
_NOT_FOUND, _TOO_LATE, _REVERSED = "-2", "-6", "5"
#: What was not verified within half an hour the bank has given back.
_OUTCOMES = {
    _NOT_FOUND: Outcome.FAILED,
    _TOO_LATE: Outcome.FAILED,
    _REVERSED: Outcome.REVERSED,
}


class Sep(Provider):
    """A form with a token from our page to the bank's; reversal within 50 minutes."""

    code = "sep"
    caps = Caps(
        currency="IRR",
        flows=frozenset({"form_post"}),
        needs_verify=True,
        can_query=True,
        refund="full",
        refund_idempotent=True,
        min_minor=1_000,
        pay_window=timedelta(minutes=15),
        reverse_window=timedelta(minutes=50),
    )
    settings = (Setting("base_url", default=BASE_URL), Setting("terminal_id"))
    open_points = (
        OpenPoint(
            "Answer 5 of the verification means more than one thing: only"
            " the codes that say so are believed as reversed.",
        ),
        OpenPoint(
            "How to ask about a payment whose buyer never came back: nobody"
            " can, the bank takes back what is not verified within 30"
            " minutes.",
        ),
        OpenPoint(
            "The smallest and the largest payment it takes: the shop begins at"
            " 1,000 rials and knows no upper limit; enter one under Settings,"
            " Ways to pay.",
        ),
    )

    def begin(self, attempt: Attempt, urls: Urls, settings: Mapping[str, str]) -> Began:
        """Fetch the token that the form carries."""
        asked = {
            "action": "token",
            "TerminalId": protocol.need(settings, "terminal_id"),
            "Amount": protocol.wire_minor(attempt.amount, self.caps),
            "ResNum": attempt.ref,
            "RedirectUrl": urls.return_url,
        }
        if re.fullmatch(r"09[0-9]{9}", attempt.payer_phone):
            asked["CellNumber"] = attempt.payer_phone
        said = _ask("/onlinepg/onlinepg", asked, settings)
        token = said.get("token")
        if _text(said.get("status")) != "1":
            code = _text(said.get("errorCode"))
            if not re.fullmatch(r"-?[0-9]{1,4}", code):
                raise ProviderError("protocol", "status", unknown=True)
            raise ProviderError("rejected", code)
        if not isinstance(token, str) or not _TOKEN.fullmatch(token):
            raise ProviderError("protocol", "token", unknown=True)
        page = f"{protocol.base_url(settings, BASE_URL)}/OnlinePG/OnlinePG"
        shown = Next("form_post", page, {"Token": token}, expires_at=attempt.expires_at)
        return Began(shown, token)

    def parse_return(self, request: RawRequest) -> ReturnHint | None:
        """Read our number and what the browser says; by form or by query."""
        names = ("ResNum", "RefNum", "State", "Status", "Token")
        said = protocol.claimed([*request.form, *request.query], names)
        ref = said.get("ResNum", "")
        if not re.fullmatch(r"[0-9]{12,18}", ref):
            return None
        claims = {
            "ref_num": said.get("RefNum", ""),
            "state": said.get("State", ""),
            "status": said.get("Status", ""),
            "token": said.get("Token", ""),
        }
        given = {name: value for name, value in claims.items() if value}
        return ReturnHint(attempt_ref=ref, claims=given)

    def handle_return(
        self, attempt: Attempt, hint: ReturnHint, settings: Mapping[str, str]
    ) -> Event:
        """Verify the ``RefNum`` that came back; without one nothing was paid."""
        if hint.attempt_ref != attempt.ref:
            raise ProviderError("forged", "ResNum")
        if hint.claims.get("token", attempt.provider_ref) != attempt.provider_ref:
            raise ProviderError("forged", "Token")
        return self._verify(attempt, hint.claims, settings)

    def query(self, attempt: Attempt, settings: Mapping[str, str]) -> Event:
        """Verify again with the reference that came back; without one nobody knows."""
        if not attempt.meta.get("ref_num"):
            return Event(Outcome.UNKNOWN, attempt.ref, attempt.provider_ref)
        return self._verify(attempt, attempt.meta, settings)

    def refund(
        self, attempt: Attempt, refund: Refunding, settings: Mapping[str, str]
    ) -> RefundResult:
        """Reverse the whole payment; a part of it goes back by hand."""
        if refund.amount != attempt.amount or not attempt.provider_txn:
            return RefundResult("failed", code="manual")
        said = _verdict("ReverseTransaction", attempt.provider_txn, settings)
        code = said["code"]
        if code in {"0", "2", _REVERSED}:
            return RefundResult("succeeded", attempt.provider_txn, code)
        if code in {_NOT_FOUND, _TOO_LATE}:
            return RefundResult("failed", code="manual")
        raise _refused(code)

    def query_refund(
        self, attempt: Attempt, refund: Refunding, settings: Mapping[str, str]
    ) -> RefundResult:
        """Say whether the payment stands as reversed; only that is certain."""
        said = _verdict("VerifyTransaction", attempt.provider_txn, settings)
        if said["code"] == _REVERSED:
            return RefundResult("succeeded", attempt.provider_txn, _REVERSED)
        return RefundResult("unknown", code=said["code"])

    def test_connection(self, settings: Mapping[str, str]) -> str:
        """Verify a payment that never was: the terminal is checked first."""
        code: str = _verdict("VerifyTransaction", "0" * 16, settings)["code"]
        return code if code in _CONFIG else ""

    def hosts(self, settings: Mapping[str, str]) -> frozenset[str]:
        return frozenset({protocol.origin(protocol.base_url(settings, BASE_URL))})

    def _verify(
        self, attempt: Attempt, claims: Mapping[str, str], settings: Mapping[str, str]
    ) -> Event:
        ref_num = claims.get("ref_num", "")
        if not ref_num:
            said = claims.get("status", "")
            outcome = Outcome.CANCELLED if said == "1" else Outcome.FAILED
            return Event(outcome, attempt.ref, attempt.provider_ref, code=said[:5])
        verdict = _verdict("VerifyTransaction", ref_num, settings)
        code: str = verdict["code"]
        if code in {"0", "2"}:
            return _paid(attempt, ref_num, code, verdict["detail"], settings)
        if code in _CONFIG:
            raise _refused(code)
        outcome = _OUTCOMES.get(code, Outcome.UNKNOWN)
        if attempt.provider_txn and code != _REVERSED:
            outcome = Outcome.UNKNOWN  # it was verified in time; this says no more
        said = "reversed" if code == _REVERSED else code  # 5 means more than one thing
        return Event(outcome, attempt.ref, attempt.provider_ref, code=said)


def _paid(
    attempt: Attempt,
    ref_num: str,
    code: str,
    detail: Mapping[str, Any],
    settings: Mapping[str, str],
) -> Event:
    """Return what was paid; both amounts, terminal and reference must be told."""
    if not detail:
        return Event(Outcome.UNKNOWN, attempt.ref, code=code, doubt="amount")
    terminal = _text(detail.get("TerminalNumber"))
    ours = terminal == protocol.need(settings, "terminal_id")
    if not ours or detail.get("RefNum", ref_num) != ref_num:
        return Event(Outcome.UNKNOWN, attempt.ref, code=code, doubt="order")
    if _text(detail.get("ResNum")) not in {"", attempt.ref}:
        return Event(Outcome.UNKNOWN, attempt.ref, code=code, doubt="order")
    asked = protocol.parse_minor(detail.get("OrginalAmount"))  # their spelling
    taken = protocol.parse_minor(detail.get("AffectiveAmount", asked))
    return Event(
        Outcome.PAID,
        attempt.ref,
        attempt.provider_ref,
        Money(min(asked, taken), "IRR"),
        provider_txn=ref_num,
        trace=_text(detail.get("RRN"))[:20],
        payer_hint=protocol.last_four(detail.get("MaskedPan")),
        event_id=f"verify:{ref_num}",
        code=code,
    )


def _verdict(name: str, ref_num: str, settings: Mapping[str, str]) -> dict[str, Any]:
    if not _REF_NUM.fullmatch(ref_num):
        raise ProviderError("forged", "RefNum")
    terminal = protocol.need(settings, "terminal_id")
    if not re.fullmatch(r"[0-9]{1,15}", terminal):
        raise ProviderError("config", "terminal_id")
    asked = {"RefNum": ref_num, "TerminalNumber": int(terminal)}
    said = _ask(f"/verifyTxnRandomSessionkey/ipg/{name}", asked, settings)
    code, detail = _text(said.get("ResultCode")), said.get("TransactionDetail")
    if not re.fullmatch(r"-?[0-9]{1,4}", code):
        raise ProviderError("protocol", "ResultCode", unknown=True)
    return {"code": code, "detail": detail if isinstance(detail, dict) else {}}


def _ask(
    path: str, fields: Mapping[str, Any], settings: Mapping[str, str]
) -> dict[str, Any]:
    url = protocol.base_url(settings, BASE_URL) + path
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    body = json.dumps(fields).encode()
    return protocol.call("POST", url, body, headers).json_object()


def _text(value: object) -> str:
    plain = isinstance(value, int | str) and not isinstance(value, bool)
    return str(value) if plain else ""


def _refused(code: str) -> ProviderError:
    if code in _CONFIG:
        return ProviderError("config", code)
    return ProviderError("rejected", code, unknown=True)


PROVIDER = Sep()
