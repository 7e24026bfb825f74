"""WeChat Pay API v3 with public keys (reference/payments.md 2): all but the beginning.

``wechat_native``, ``wechat_h5`` and ``wechat_jsapi`` differ in how they begin.
Requests, answers and notifications are signed over their exact bytes.
"""

import base64
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, ClassVar, Literal
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

from shop.kernel.money import Money
from shop.payments import protocol
from shop.payments.provider import (
    Ack,
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

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

BASE_URL = "https://api.mch.weixin.qq.com"
#: Where a browser inside WeChat is sent to be named, and who tells us the name.
PAGE_HOST = "https://open.weixin.qq.com"
NAME_HOST = "https://api.weixin.qq.com"
SCHEMA = "WECHATPAY2-SHA256-RSA2048"
_BEIJING = ZoneInfo("Asia/Shanghai")
_STATES = {
    "SUCCESS": Outcome.PAID,
    "NOTPAY": Outcome.PENDING,
    "USERPAYING": Outcome.PENDING,
    "ACCEPT": Outcome.PENDING,
    "CLOSED": Outcome.CLOSED,
    "REVOKED": Outcome.CANCELLED,
    "PAYERROR": Outcome.FAILED,
}
_CONFIG = {
    "SIGN_ERROR", "NO_AUTH", "APPID_MCHID_NOT_MATCH", "MCH_NOT_EXISTS",
    "APPID_NOT_EXIST", "PARAM_ERROR",
}  # fmt: skip
_CLOSED = {"ORDER_CLOSED", "ORDERCLOSED", "ORDER_NOT_EXIST"}
_NO_BILL = "NO_STATEMENT_EXIST"
_REFUNDS = {"REFUND.SUCCESS", "REFUND.ABNORMAL", "REFUND.CLOSED"}
_OK = Ack(200, b'{"code":"SUCCESS"}', "application/json")
_TOLD = (
    "out_trade_no", "transaction_id", "trade_type", "trade_state", "bank_type",
    "success_time", "out_refund_no", "refund_id", "refund_status",
)  # fmt: skip


class Wechat(Provider):
    """What the three ways to pay with WeChat have in common."""

    product: ClassVar[str]
    bill = "wechat"
    caps = Caps(
        currency="CNY",
        flows=frozenset({"qr"}),
        signed_notify=True,
        can_query=True,
        can_close=True,
        refund="partial",
        refund_idempotent=True,
    )
    settings: ClassVar[tuple[Setting, ...]] = (
        Setting("base_url", default=BASE_URL),
        Setting("mchid"),
        Setting("appid"),
        Setting("merchant_serial"),
        Setting("merchant_private_key", secret=True, multiline=True),
        Setting("platform_public_key_id"),
        Setting("platform_public_key", multiline=True),
        Setting("apiv3_key", secret=True),
        Setting("description_length", required=False, default="127"),
        Setting("app_secret", secret=True, required=False),
        Setting("page_host", required=False, default=PAGE_HOST),
        Setting("name_host", required=False, default=NAME_HOST),
    )
    open_points: ClassVar[tuple[OpenPoint, ...]] = (
        OpenPoint(
            "How long a description may be: it is cut to so many bytes of UTF-8.",
            "description_length",
        ),
        OpenPoint(
            "The words of some errors: one that is not known is no end, the"
            " shop asks again.",
        ),
        OpenPoint(
            "Which signs an order number may have: the shop sends digits only.",
        ),
        OpenPoint(
            "The largest payment it takes: the shop knows no limit; enter one"
            " under Settings, Ways to pay.",
        ),
    )

    def begin(self, attempt: Attempt, urls: Urls, settings: Mapping[str, str]) -> Began:
        """Place the order; the same one again only refreshes its code."""
        if "?" in urls.notify_url:  # WeChat refuses a query in it
            raise ProviderError("config", "notify_url")
        _apiv3_keys(settings)  # or no notification could be opened
        order = {
            "appid": protocol.need(settings, "appid"),
            "mchid": protocol.need(settings, "mchid"),
            "description": protocol.clip(attempt.description, _longest(settings)),
            "out_trade_no": attempt.ref,
            "time_expire": _rfc3339(attempt.expires_at),
            "notify_url": urls.notify_url,
            "amount": {
                "total": protocol.wire_minor(attempt.amount, self.caps),
                "currency": "CNY",
            },
            **self._more(attempt),
        }
        path = f"/v3/pay/transactions/{self.product}"
        answer = _ask("POST", path, settings, order)
        return Began(self._next(attempt, urls, settings, answer), attempt.ref)

    def parse_return(self, request: RawRequest) -> ReturnHint | None:
        """Read the reference that we ourselves put into the way back."""
        said = protocol.claimed(request.query, ("out_trade_no",))
        ref = said.get("out_trade_no", "")
        return (
            ReturnHint(attempt_ref=ref) if re.fullmatch(r"[0-9]{12,18}", ref) else None
        )

    def handle_notify(
        self, request: RawRequest, settings: Mapping[str, str], now: datetime
    ) -> tuple[Event | None, Ack]:
        """Verify the bytes, then open them; a probe is refused like any forgery."""
        try:
            return _notified(request, settings, now), _OK
        except ProviderError as error:
            if error.kind == "rejected":  # genuine, but for another merchant or app
                return None, _OK
            return None, _fail(500 if error.kind == "config" else 401)

    def retry_ack(self) -> Ack:
        return _fail(500)

    def query(self, attempt: Attempt, settings: Mapping[str, str]) -> Event:
        """Ask by our number; unknown there before its end means not placed yet."""
        mchid = protocol.need(settings, "mchid")
        path = f"/v3/pay/transactions/out-trade-no/{attempt.ref}?mchid={mchid}"
        try:
            said = _ask("GET", path, settings)
        except ProviderError as error:
            if error.code != "ORDER_NOT_EXIST":
                raise
            over = protocol.wire_clock() >= attempt.expires_at
            outcome = Outcome.CLOSED if over else Outcome.PENDING
            return Event(outcome, attempt.ref, attempt.ref, code=error.code)
        if said.get("out_trade_no") != attempt.ref or said.get("mchid") != mchid:
            return Event(Outcome.UNKNOWN, attempt.ref, attempt.ref, doubt="order")
        event = _payment(said)
        if said.get("trade_state") != "REFUND":
            return event
        if attempt.provider_txn:  # it stands as paid; its refunds are asked one by one
            return replace(event, outcome=Outcome.PAID)
        return replace(event, outcome=Outcome.UNKNOWN, doubt="refunded")

    def close(self, attempt: Attempt, settings: Mapping[str, str]) -> Event:
        """Close the order; a paid one cannot be closed, so ask when refused."""
        path = f"/v3/pay/transactions/out-trade-no/{attempt.ref}/close"
        body = {"mchid": protocol.need(settings, "mchid")}
        try:
            _ask("POST", path, settings, body)
        except ProviderError as error:
            if error.kind != "rejected" or error.unknown:
                raise
            if error.code in _CLOSED:
                return Event(Outcome.CLOSED, attempt.ref, attempt.ref, code=error.code)
            event = self.query(attempt, settings)
            still_open = event.outcome is Outcome.PENDING
            return replace(event, outcome=Outcome.UNKNOWN) if still_open else event
        return Event(Outcome.CLOSED, attempt.ref, attempt.ref)

    def refund(
        self, attempt: Attempt, refund: Refunding, settings: Mapping[str, str]
    ) -> RefundResult:
        """Refund once a ``ref``; a new number would refund again."""
        body = {
            "out_trade_no": attempt.ref,
            "out_refund_no": refund.ref,
            "reason": protocol.clip(refund.reason, 80),
            "amount": {
                "refund": protocol.wire_minor(refund.amount, self.caps),
                "total": attempt.amount.minor,
                "currency": "CNY",
            },
        }
        return self._refund_call("POST", "", settings, refund, body)

    def query_refund(
        self, attempt: Attempt, refund: Refunding, settings: Mapping[str, str]
    ) -> RefundResult:
        """Ask by our refund number."""
        return self._refund_call("GET", f"/{refund.ref}", settings, refund)

    def bill_account(self, settings: Mapping[str, str]) -> str:
        return settings.get("mchid", "")

    def fetch_bill(self, day: date, settings: Mapping[str, str]) -> bytes | None:
        """Ask for address and hash of the day's trades, then fetch and compare.

        Made after ten the next morning, kept three months (WeChat's page of the
        call). The file itself is not signed: the hash is, and is of the plain file.
        """
        wanted = f"bill_date={day.isoformat()}&bill_type=ALL&tar_type=GZIP"
        try:
            said = _ask("GET", f"/v3/bill/tradebill?{wanted}", settings)
        except ProviderError as error:
            if error.code != _NO_BILL:
                raise
            return None
        plain = protocol.gunzipped(_download(said.get("download_url"), settings))
        told = str(said.get("hash_value", "")).lower()
        own = hashlib.sha1(plain, usedforsecurity=False).hexdigest()
        if said.get("hash_type") != "SHA1" or not hmac.compare_digest(
            told.encode(), own.encode()
        ):
            raise ProviderError("protocol", "hash")
        return plain

    def test_connection(self, settings: Mapping[str, str]) -> str:
        """Ask for an order that never was: our key signs, their key verifies."""
        try:
            mchid = protocol.need(settings, "mchid")
            _apiv3_keys(settings)
            none = f"/v3/pay/transactions/out-trade-no/{'0' * 12}?mchid={mchid}"
            _ask("GET", none, settings)
        except ProviderError as error:
            return "" if error.code == "ORDER_NOT_EXIST" else error.code or error.kind
        return ""

    def _more(self, attempt: Attempt) -> Mapping[str, Any]:
        """Return what this product wants besides; never a request's own words."""
        return {}

    def _next(
        self,
        attempt: Attempt,
        urls: Urls,
        settings: Mapping[str, str],
        answer: Mapping[str, Any],
    ) -> Next:
        raise NotImplementedError

    def _refund_call(
        self,
        method: str,
        tail: str,
        settings: Mapping[str, str],
        refund: Refunding,
        body: Mapping[str, Any] | None = None,
    ) -> RefundResult:
        try:
            said = _ask(method, f"/v3/refund/domestic/refunds{tail}", settings, body)
        except ProviderError as error:
            if error.kind != "rejected" or error.unknown:
                raise
            state: Literal["failed", "unknown"] = "failed" if body else "unknown"
            return RefundResult(state, code=error.code)
        return _refunded(said, refund)


def _refunded(said: Mapping[str, Any], refund: Refunding) -> RefundResult:
    amount = said.get("amount")
    whole = amount.get("refund") if isinstance(amount, dict) else None
    code, txn = str(said.get("status", "")), str(said.get("refund_id", ""))
    if said.get("out_refund_no") != refund.ref or whole != refund.amount.minor:
        return RefundResult("unknown", txn, "order")
    if code == "SUCCESS":
        return RefundResult("succeeded", txn, code)
    if code == "PROCESSING":
        return RefundResult("pending", txn, code)
    # ABNORMAL: it has left the shop and hangs at the bank; a person must look.
    return RefundResult("failed" if code == "CLOSED" else "unknown", txn, code)


def pay_sign(prepay_id: str, settings: Mapping[str, str]) -> dict[str, str]:
    """Return what WeChat's own browser needs to open the payment."""
    appid = protocol.need(settings, "appid")
    stamp, nonce = _stamp(), secrets.token_hex(16)
    package = f"prepay_id={prepay_id}"
    text = f"{appid}\n{stamp}\n{nonce}\n{package}\n".encode()
    key = protocol.signer_of(settings, "merchant_private_key")
    return {
        "appId": appid,
        "timeStamp": stamp,
        "nonceStr": nonce,
        "package": package,
        "signType": "RSA",
        "paySign": protocol.sign(key, text),
    }


def authorization(
    method: str, path: str, body: bytes, settings: Mapping[str, str]
) -> str:
    """Return the ``Authorization`` header over exactly these bytes."""
    stamp, nonce = _stamp(), secrets.token_hex(16).upper()
    key = protocol.signer_of(settings, "merchant_private_key")
    text = f"{method}\n{path}\n{stamp}\n{nonce}\n".encode() + body + b"\n"
    parts = {
        "mchid": protocol.need(settings, "mchid"),
        "nonce_str": nonce,
        "timestamp": stamp,
        "serial_no": protocol.need(settings, "merchant_serial"),
        "signature": protocol.sign(key, text),
    }
    return f"{SCHEMA} " + ",".join(f'{name}="{value}"' for name, value in parts.items())


def verify(
    headers: Mapping[str, str], body: bytes, settings: Mapping[str, str], now: datetime
) -> None:
    """Accept bytes that WeChat signed within five minutes of ``now``.

    The key is one of ours by its id: an unknown id is refused, never fetched.

    :raises ProviderError: ``forged`` for anything else.
    """
    stamp = headers.get("wechatpay-timestamp", "")
    nonce = headers.get("wechatpay-nonce", "")
    serial = headers.get("wechatpay-serial", "")
    kind = headers.get("wechatpay-signature-type", SCHEMA)
    keys = _platform_keys(settings).get(serial)
    if keys is None or kind != SCHEMA or len(nonce) > 64:
        raise ProviderError("forged", "serial", unknown=True)
    if not re.fullmatch(r"[0-9]{10}", stamp):
        raise ProviderError("forged", "timestamp", unknown=True)
    if abs(now.timestamp() - int(stamp)) >= protocol.MAX_SKEW.total_seconds():
        raise ProviderError("forged", "clock", unknown=True)
    text = f"{stamp}\n{nonce}\n".encode() + body + b"\n"
    protocol.check_signature(keys, headers.get("wechatpay-signature", ""), text)


def decrypt(resource: object, settings: Mapping[str, str]) -> dict[str, Any]:
    """Open the sealed part of a notification with the APIv3 key, old or new.

    :raises ProviderError: ``forged`` if it is not sealed with it, or in another way.
    """
    forged = ProviderError("forged", "sealed")
    if not isinstance(resource, dict):
        raise forged
    nonce, text = resource.get("nonce"), resource.get("ciphertext")
    extra = resource.get("associated_data", "")
    if not (
        isinstance(nonce, str) and isinstance(text, str) and isinstance(extra, str)
    ):
        raise forged
    if resource.get("algorithm") != "AEAD_AES_256_GCM" or len(nonce.encode()) != 12:
        raise forged
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    for key in _apiv3_keys(settings):
        try:
            sealed = base64.b64decode(text, validate=True)
            opened = AESGCM(key).decrypt(nonce.encode(), sealed, extra.encode())
        except (InvalidTag, ValueError):
            continue
        return protocol.json_object(opened)
    raise forged


def _ask(
    method: str,
    path: str,
    settings: Mapping[str, str],
    body: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return an authentic answer; 204 is an empty one.

    :raises ProviderError: for every other; an error needs no signature, but it is
        never a success.
    """
    url = protocol.base_url(settings, BASE_URL) + path
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    sent = json.dumps(body, ensure_ascii=False).encode() if body is not None else b""
    ids = list(_platform_keys(settings))  # before the call: who could read its answer?
    headers = {
        "Authorization": authorization(method, target, sent, settings),
        "Accept": "application/json",
        "Content-Type": "application/json",
        "Wechatpay-Serial": ids[0],
    }
    answer = protocol.call(method, url, sent, headers)
    try:
        return _open(answer, settings)
    except ProviderError as error:
        wrong = protocol.clock_skew(answer.headers) >= protocol.MAX_SKEW
        if wrong and error.code in {"clock", "SIGN_ERROR"}:  # our clock, not our key
            raise ProviderError("config", "clock", unknown=error.unknown) from None
        raise


def _download(url: object, settings: Mapping[str, str]) -> bytes:
    """Fetch a file WeChat has named; our signature goes to nobody else.

    :raises ProviderError: ``protocol`` for an address elsewhere.
    """
    own = protocol.origin(protocol.base_url(settings, BASE_URL))
    text = url if isinstance(url, str) and len(url) <= 2048 else ""
    if protocol.origin(text) != own:
        raise ProviderError("protocol", "bill_url")
    parts = urlsplit(text)
    target = f"{parts.path}?{parts.query}"
    headers = {
        "Authorization": authorization("GET", target, b"", settings),
        "Accept": "*/*",
    }
    answer = protocol.call("GET", text, b"", headers, most=protocol.MAX_FILE_BYTES)
    if answer.status != 200:
        raise ProviderError("protocol", str(answer.status))
    return answer.body


def _open(answer: protocol.Answer, settings: Mapping[str, str]) -> dict[str, Any]:
    if answer.status in {200, 204}:
        verify(answer.headers, answer.body, settings, protocol.wire_clock())
        return answer.json_object() if answer.body else {}
    code = answer.json_object().get("code")
    if not isinstance(code, str) or not re.fullmatch(r"[A-Z0-9_]{2,40}", code):
        raise ProviderError("protocol", str(answer.status), unknown=True)
    unsure = answer.status in {202, 429} or answer.status >= 500
    config = code in _CONFIG and not unsure
    raise ProviderError("config" if config else "rejected", code, unknown=unsure)


def _notified(
    request: RawRequest, settings: Mapping[str, str], now: datetime
) -> Event | None:
    if len(request.body) > protocol.MAX_NOTIFY_BYTES or request.method != "POST":
        raise ProviderError("forged", "size")
    verify(request.headers, request.body, settings, now)
    envelope = protocol.json_object(request.body)
    said = decrypt(envelope.get("resource"), settings)
    if said.get("mchid") != protocol.need(settings, "mchid"):
        raise ProviderError("rejected", "mchid")
    kind, event_id = envelope.get("event_type"), str(envelope.get("id", ""))[:64]
    if kind in _REFUNDS:
        return replace(_refund_event(said), event_id=event_id)
    if said.get("appid") != protocol.need(settings, "appid"):
        raise ProviderError("rejected", "appid")
    return replace(_payment(said), event_id=event_id)


def _payment(said: Mapping[str, Any]) -> Event:
    """Return what a transaction says; coupons lower ``payer_total``, not ``total``."""
    state, ref = str(said.get("trade_state", "")), str(said.get("out_trade_no", ""))
    outcome, doubt, money = _STATES.get(state, Outcome.UNKNOWN), "", None
    amount = said.get("amount")
    if isinstance(amount, dict):
        if amount.get("currency", "CNY") == "CNY":
            money = Money(protocol.parse_minor(amount.get("total")), "CNY")
        else:
            outcome, doubt = Outcome.UNKNOWN, "amount"
    elif outcome is Outcome.PAID:
        raise ProviderError("protocol", "amount", unknown=True)
    return Event(
        outcome,
        ref,
        ref,
        money,
        provider_txn=str(said.get("transaction_id", ""))[:64],
        event_id=f"query:{ref}:{state}",
        code=state,
        doubt=doubt,
        raw=_told(said),
    )


def _refund_event(said: Mapping[str, Any]) -> Event:
    status, amount = said.get("refund_status"), said.get("amount")
    outcome = {"SUCCESS": Outcome.REFUNDED, "CLOSED": Outcome.FAILED}.get(
        str(status), Outcome.UNKNOWN
    )
    minor = amount.get("refund") if isinstance(amount, dict) else None
    return Event(
        outcome,
        str(said.get("out_trade_no", "")),
        amount=Money(protocol.parse_minor(minor), "CNY"),
        provider_txn=str(said.get("refund_id", ""))[:64],
        code=str(status),
        refund_ref=str(said.get("out_refund_no", "")),
        raw=_told(said),
    )


def _told(said: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(said[name])[:64] for name in _TOLD if said.get(name)}


def _platform_keys(
    settings: Mapping[str, str],
) -> "dict[str, tuple[RSAPublicKey, ...]]":
    """Return WeChat's keys by id, in the order in which both were entered."""
    ids = protocol.need(settings, "platform_public_key_id").split()
    before = settings.get("platform_public_key_id.previous", "").split()
    keys = protocol.keys_of(settings, "platform_public_key")
    found: dict[str, tuple[RSAPublicKey, ...]] = {}
    if len(keys) < len(ids):
        raise ProviderError("config", "platform_public_key")
    if len(ids) == 1 and not before:  # one id: whatever its key was or is
        return {ids[0]: keys}
    for name, key in zip([*ids, *before], keys, strict=False):
        found[name] = (*found.get(name, ()), key)
    return found


def _apiv3_keys(settings: Mapping[str, str]) -> list[bytes]:
    words = protocol.need(settings, "apiv3_key").split()
    words += settings.get("apiv3_key.previous", "").split()
    keys = [key.encode() for key in words if len(key.encode()) == 32]
    if not keys:
        raise ProviderError("config", "apiv3_key")
    return keys


def with_return(h5_url: str, back: str) -> str:
    """Return a payment page that sends the buyer back to us afterwards."""
    joint = "&" if "?" in h5_url else "?"
    return f"{h5_url}{joint}{urlencode({'redirect_url': back})}"


def _longest(settings: Mapping[str, str]) -> int:
    """Return how many bytes of UTF-8 a description may have (1 to 127).

    Bytes, because that fits whichever way the limit is counted.
    """
    text = settings.get("description_length", "")
    whole = re.fullmatch(r"[0-9]{1,3}", text)
    return min(max(int(text), 1), 127) if whole else 127


def _stamp() -> str:
    return str(int(protocol.wire_clock().timestamp()))


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(_BEIJING).isoformat(timespec="seconds")


def _fail(status: int) -> Ack:
    body = json.dumps({"code": "FAIL", "message": "失败"}, ensure_ascii=False)
    return Ack(status, body.encode(), "application/json")
