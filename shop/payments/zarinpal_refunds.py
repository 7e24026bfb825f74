"""Refunds of parts, and of older payments, at ZarinPal: its GraphQL service.

The service wants the number of a *session*, which is none of the references a
payment brings: the terminal with our merchant id is asked for the session with our
``ref_id``. There is no key that makes a repetition harmless: an answer that is
lost, or that is not clearly a no, stays unknown until a person has looked.
Sources: zarinpal.com/docs apiDocs (Terminals, AddRefund) and ZarinPal's own SDKs
(Session, GetRefund); ``reference/payments.md`` 4.5.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Literal

from shop.payments import protocol
from shop.payments.provider import Attempt, ProviderError, Refunding, RefundResult

URL = "https://next.zarinpal.com/api/v4/graphql/"
MIN_RIAL = 20_000
_TERMINALS = "query { Terminals { id, key } }"
_SESSION = (
    "query Sessions($terminal_id: ID!, $reference_id: String, $limit: Int) { Session("
    "terminal_id: $terminal_id, reference_id: $reference_id, limit: $limit"
    ") { id, status, amount } }"
)
_RESOURCE = (
    "{ terminal_id, id, amount, "
    "timeline { refund_amount, refund_time, refund_status } }"
)
_ADD = (
    "mutation AddRefund($session_id: ID!, $amount: BigInteger!, $description: String, "
    "$method: InstantPayoutActionTypeEnum, $reason: RefundReasonEnum) { resource: "
    "AddRefund(session_id: $session_id, amount: $amount, description: $description, "
    f"method: $method, reason: $reason) {_RESOURCE} }}"
)
_GET = f"query GetRefund($id: ID!) {{ resource: GetRefund(id: $id) {_RESOURCE} }}"
_NUMBER = re.compile(r"[1-9][0-9]{0,19}")
#: Words of a refusal after which nothing can have moved (ZarinPal's refund page).
_CLEAR_NO = re.compile(
    r"unauth|not active|inactive|permission|forbidden|balance|insufficient|"
    r"not enough|amount|not found|validation|expire"
)
_ARRIVED = {"PAID", "DONE", "SUCCESS", "SUCCESSFUL", "COMPLETED", "REFUNDED"}
_ON_ITS_WAY = {"PENDING", "IN_PROGRESS", "PROCESSING"}
_MANUAL = RefundResult("failed", code="manual")


def has_token(settings: Mapping[str, str]) -> bool:
    """Say whether the owner lets the shop refund over GraphQL."""
    return bool(settings.get("access_token", "").strip())


def refund(
    attempt: Attempt, wanted: Refunding, settings: Mapping[str, str]
) -> RefundResult:
    """Ask for a refund once; a clear no leaves it to people.

    :raises ProviderError: ``unknown`` if the refund may have been made.
    """
    session = _session(attempt, settings)
    if not session:
        return _MANUAL
    fields = {
        "session_id": session,
        "amount": wanted.amount.minor,
        "description": protocol.clip(f"{wanted.reason} [{wanted.ref}]", 200),
        "method": settings.get("refund_method") or "PAYA",
        "reason": "CUSTOMER_REQUEST",
    }
    status, said = _ask(_ADD, fields, settings)
    if status in {401, 403} or _is_clear_no(said):
        return _MANUAL
    made = _resource(said)
    if made.get("amount") not in (wanted.amount.minor, str(wanted.amount.minor)):
        raise ProviderError("protocol", "refund", unknown=True)
    return _result(made)


def query(wanted: Refunding, settings: Mapping[str, str]) -> RefundResult:
    """Ask about a refund whose number ZarinPal has told us.

    :raises ProviderError: without an answer.
    """
    _status, said = _ask(_GET, {"id": wanted.txn}, settings)
    made = _resource(said)
    if str(made.get("id")) != wanted.txn:
        return RefundResult("unknown", wanted.txn, "order")
    return _result(made)


def _session(attempt: Attempt, settings: Mapping[str, str]) -> str:
    """Return the one session with our reference and amount, else "": ask people."""
    if not _NUMBER.fullmatch(attempt.provider_txn):
        return ""
    try:
        terminal = _terminal(settings)
        fields = {
            "terminal_id": terminal,
            "reference_id": attempt.provider_txn,
            "limit": 5,
        }
        status, said = _ask(_SESSION, fields, settings)
    except ProviderError as error:  # nothing was asked to move yet
        raise ProviderError(error.kind, error.code) from None
    found = [
        str(one["id"])
        for one in _listed(said, "Session")
        if str(one.get("amount")) == str(attempt.amount.minor)
        and _NUMBER.fullmatch(str(one.get("id", "")))
    ]
    return found[0] if terminal and status == 200 and len(found) == 1 else ""


def _terminal(settings: Mapping[str, str]) -> str:
    merchant = protocol.need(settings, "merchant_id").lower()
    _status, said = _ask(_TERMINALS, {}, settings)
    for one in _listed(said, "Terminals"):
        if str(one.get("key", "")).lower() == merchant:
            return str(one.get("id", ""))
    return ""


def _listed(said: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    data = said.get("data")
    rows = data.get(name) if isinstance(data, dict) else None
    return [one for one in rows if isinstance(one, dict)] if rows else []


def _resource(said: Mapping[str, Any]) -> Mapping[str, Any]:
    data = said.get("data")
    made = data.get("resource") if isinstance(data, dict) else None
    if said.get("errors") or not isinstance(made, dict):
        raise ProviderError("protocol", "refund", unknown=True)
    if not _NUMBER.fullmatch(str(made.get("id", ""))):
        raise ProviderError("protocol", "refund", unknown=True)
    return made


def _is_clear_no(said: Mapping[str, Any]) -> bool:
    """Say whether a refusal leaves no doubt that nothing was moved."""
    errors, data = said.get("errors"), said.get("data")
    made = data.get("resource") if isinstance(data, dict) else None
    if not isinstance(errors, list) or not errors or made:
        return False
    words = [str(one.get("message", "")) for one in errors if isinstance(one, dict)]
    return bool(words) and all(_CLEAR_NO.search(word.lower()) for word in words)


def _result(made: Mapping[str, Any]) -> RefundResult:
    steps = made.get("timeline")
    if isinstance(steps, list):
        steps = steps[-1] if steps else None
    word = str(steps.get("refund_status", "")) if isinstance(steps, dict) else ""
    state: Literal["succeeded", "pending", "unknown"] = "unknown"
    if word in _ARRIVED:
        state = "succeeded"
    elif word in _ON_ITS_WAY:
        state = "pending"
    return RefundResult(state, str(made["id"]), word[:40])


def _ask(
    query: str, variables: Mapping[str, Any], settings: Mapping[str, str]
) -> tuple[int, dict[str, Any]]:
    url = protocol.base_url(settings, URL, "graphql_url") + "/"
    headers = {
        "Authorization": f"Bearer {protocol.need(settings, 'access_token')}",
        "Content-Type": "application/json",
        "Accept": "application/json",
    }
    body = json.dumps({"query": query, "variables": variables}).encode()
    answer = protocol.call("POST", url, body, headers)
    if answer.status not in {200, 401, 403}:
        raise ProviderError("protocol", str(answer.status), unknown=True)
    return answer.status, answer.json_object()
