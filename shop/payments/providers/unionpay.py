"""UnionPay's online gateway 5.1.0 (reference/payments.md 3).

An answer brings the certificate it is signed with. That is the sender's own word:
only a certificate whose public key the owner has pinned counts.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
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
from shop.payments.reasons import LEFT

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

BASE_URL = "https://gateway.95516.com"
_BEIJING = ZoneInfo("Asia/Shanghai")
_DEFECT = "A6"  # success with a defect: the owner says what it counts as
_PAID = {"00", _DEFECT}
_UNSURE = {"03", "04", "05", "01", "12", "34", "60"}
_CONFIG = {"10", "11", "13", "31", "32", "33"}
_PAY, _REFUND, _REVOKE = "01", "04", "31"
_TOLD = (
    "txnType", "orderId", "txnTime", "txnAmt", "queryId", "respCode", "origRespCode",
    "settleAmt", "settleDate", "traceNo", "traceTime", "payCardType", "origQryId",
)  # fmt: skip


class UnionPay(Provider):
    """A signed form from our page to UnionPay's; answers are asked for or notified."""

    code = "unionpay"
    caps = Caps(
        currency="CNY",
        flows=frozenset({"form_post"}),
        signed_notify=True,
        can_query=True,
        refund="partial",
        refund_idempotent=True,
        pay_window=timedelta(minutes=15),
    )
    settings = (
        Setting("base_url", default=BASE_URL),
        Setting("mer_id"),
        Setting("sign_cert_pem", multiline=True),
        Setting("sign_private_key", secret=True, multiline=True),
        Setting("root_pins", multiline=True),
        Setting("a6", required=False, default="paid", choices=("paid", "wait")),
    )
    open_points = (
        OpenPoint(
            "Which certificates UnionPay signs with in production, and how"
            " those are signed: the shop believes the public keys whose"
            " fingerprints are entered, and no others.",
            "root_pins",
        ),
        OpenPoint(
            "What exactly A6 (success with a defect) means: it counts as"
            " paid, or the shop keeps asking until UnionPay says 00.",
            "a6",
        ),
        OpenPoint(
            "When UnionPay repeats a notification: the shop asks by itself as well.",
        ),
        OpenPoint(
            "The largest payment it takes: the shop knows no limit; enter one"
            " under Settings, Ways to pay.",
        ),
    )

    def begin(self, attempt: Attempt, urls: Urls, settings: Mapping[str, str]) -> Began:
        """Return the signed form; no call is made."""
        _pins(settings)  # without them no answer could ever be believed
        form = _signed(
            settings,
            {
                **_common(_PAY, attempt.ref, attempt.created_at, settings),
                "channelType": "08" if attempt.options.get("device") else "07",
                "txnAmt": str(protocol.wire_minor(attempt.amount, self.caps)),
                "currencyCode": "156",
                "frontUrl": urls.return_url,
                # Who gives up comes back by a plain link, without a word about it.
                "frontFailUrl": protocol.with_ref(urls.return_url, attempt.ref),
                "backUrl": urls.notify_url,
                "payTimeout": _stamp(attempt.expires_at),
            },
        )
        url = f"{_api(settings)}/frontTransReq.do"
        meta = {"txn_time": form["txnTime"], "back_url": urls.notify_url}
        shown = Next("form_post", url, form, expires_at=attempt.expires_at)
        return Began(shown, attempt.ref, meta)

    def parse_return(self, request: RawRequest) -> ReturnHint | None:
        """Read which order came back; signed or not, a browser proves nothing."""
        ref = protocol.claimed(request.form, ("orderId",)).get("orderId", "")
        left = protocol.claimed(request.query, ("out_trade_no",)).get("out_trade_no")
        if not re.fullmatch(r"[0-9]{12,18}", ref or left or ""):
            return None
        return ReturnHint(attempt_ref=ref or left or "", claims=_claims(ref))

    def handle_notify(
        self, request: RawRequest, settings: Mapping[str, str], now: datetime
    ) -> tuple[Event | None, Ack]:
        """Check form, pin, signature and merchant; answer within ten seconds."""
        try:
            said = protocol.small_form(request)
            _authenticate(said, settings)
            event = _notified(said, settings)
        except ProviderError as error:
            return None, Ack(500 if error.kind == "config" else 400, b"fail")
        return event, Ack(200, b"ok")

    def query(self, attempt: Attempt, settings: Mapping[str, str]) -> Event:
        """Ask by number and time; before ``payTimeout`` only a success is final."""
        moment = attempt.created_at
        said = self._query(attempt.ref, moment, settings)
        code = said.get("origRespCode", "") if said["respCode"] == "00" else ""
        if code in _PAID:
            return _payment(said, code, settings)
        over = protocol.wire_clock() >= attempt.expires_at
        if said["respCode"] == "34" or code in _UNSURE:
            outcome = Outcome.FAILED if over else Outcome.PENDING
            return Event(outcome, attempt.ref, attempt.ref, code=code or "34")
        if code:
            outcome = Outcome.FAILED if over else Outcome.PENDING
            return Event(outcome, attempt.ref, attempt.ref, code=code)
        return Event(Outcome.UNKNOWN, attempt.ref, attempt.ref, code=said["respCode"])

    def refund(
        self, attempt: Attempt, refund: Refunding, settings: Mapping[str, str]
    ) -> RefundResult:
        """Refund once a ``ref`` and time; 00 means accepted, not done."""
        if not attempt.provider_txn:
            return RefundResult("failed", code="manual")
        form = {
            **_common(_REFUND, refund.ref, refund.created_at, settings),
            "channelType": "07",
            "origQryId": attempt.provider_txn,
            "txnAmt": str(protocol.wire_minor(refund.amount, self.caps)),
            "backUrl": attempt.meta.get("back_url", ""),
        }
        said = _ask("backTransReq.do", form, settings)
        code = said["respCode"]
        if code in _PAID:
            return RefundResult("pending", said.get("queryId", ""), code)
        if code in _UNSURE:  # 12 too: it is there already
            return RefundResult("unknown", said.get("queryId", ""), code)
        return RefundResult("failed", code=code)

    def query_refund(
        self, attempt: Attempt, refund: Refunding, settings: Mapping[str, str]
    ) -> RefundResult:
        """Ask by the refund's own number and time."""
        said = self._query(refund.ref, refund.created_at, settings)
        code = said.get("origRespCode", "")
        txn = said.get("queryId", "")
        if said["respCode"] != "00" or not code or code in _UNSURE:
            return RefundResult("unknown", txn, code or said["respCode"])
        return RefundResult("succeeded" if code in _PAID else "failed", txn, code)

    def test_connection(self, settings: Mapping[str, str]) -> str:
        """Ask for an order that never was: both certificates must be right."""
        try:
            said = self._query("0" * 12, protocol.wire_clock(), settings)
        except ProviderError as error:
            return error.code or error.kind
        return "" if said["respCode"] in {"00", "34"} else said["respCode"]

    def hosts(self, settings: Mapping[str, str]) -> frozenset[str]:
        own = protocol.origin(_api(settings))
        onward = {"https://*.95516.com"} if own.endswith(".95516.com") else set()
        return frozenset({own, *onward})

    def _query(
        self, ref: str, moment: datetime, settings: Mapping[str, str]
    ) -> dict[str, str]:
        form = _common("00", ref, moment, settings)
        said = _ask(
            "queryTrans.do", form | {"txnSubType": "00", "bizType": "000000"}, settings
        )
        if said["respCode"] in _CONFIG:
            raise ProviderError("config", said["respCode"])
        if said["respCode"] == "00" and said.get("orderId") != ref:
            raise ProviderError("protocol", "orderId", unknown=True)
        return said


def _claims(posted: str) -> dict[str, str]:
    """Return what a way back claims: without a form, that the buyer gave up."""
    return {} if posted else {LEFT: "1"}


def _api(settings: Mapping[str, str]) -> str:
    base = protocol.base_url(settings, BASE_URL)
    return base if base.endswith("/gateway/api") else f"{base}/gateway/api"


def _stamp(moment: datetime) -> str:
    return moment.astimezone(_BEIJING).strftime("%Y%m%d%H%M%S")


def _common(
    kind: str, ref: str, moment: datetime, settings: Mapping[str, str]
) -> dict[str, str]:
    return {
        "version": "5.1.0",
        "encoding": "UTF-8",
        "signMethod": "01",
        "txnType": kind,
        "txnSubType": "01" if kind == _PAY else "00",
        "bizType": "000201",
        "accessType": "0",
        "merId": protocol.need(settings, "mer_id"),
        "orderId": ref,
        "txnTime": _stamp(moment),
    }


def digest(fields: Mapping[str, Any]) -> bytes:
    """Return what 5.1.0 signs: the hash of the canonical text, in lower-case hex."""
    text = protocol.canonical(fields, ("signature",))
    return hashlib.sha256(text).hexdigest().encode()


def _signed(settings: Mapping[str, str], fields: dict[str, str]) -> dict[str, str]:
    from cryptography import x509

    try:
        pem = protocol.need(settings, "sign_cert_pem").encode()
        serial = x509.load_pem_x509_certificate(pem).serial_number
    except ValueError:
        raise ProviderError("config", "sign_cert_pem") from None
    key = protocol.signer_of(settings, "sign_private_key")
    whole = {name: value for name, value in fields.items() if value}
    whole["certId"] = str(serial)
    return whole | {"signature": protocol.sign(key, digest(whole))}


def _ask(
    name: str, fields: dict[str, str], settings: Mapping[str, str]
) -> dict[str, str]:
    _pins(settings)  # before the call: who could believe its answer?
    body = urlencode(_signed(settings, fields)).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"}
    answer = protocol.call("POST", f"{_api(settings)}/{name}", body, headers)
    said = parse(answer.text())
    _authenticate(said, settings)
    if not re.fullmatch(r"[0-9A-Z]{2}", said.get("respCode", "")):
        raise ProviderError("protocol", "respCode", unknown=True)
    return said


def parse(text: str) -> dict[str, str]:
    """Read an answer: ``k=v&k=v`` that nobody url-encoded; ``{…}`` may hold ``&``.

    :raises ProviderError: ``protocol`` for anything else, or a name that comes twice.
    """
    bad = ProviderError("protocol", "form", unknown=True)
    found: dict[str, str] = {}
    depth, start = 0, 0
    for at, sign in enumerate(text + "&"):
        depth += (sign in "{[") - (sign in "}]")
        if sign != "&" or depth > 0:
            continue
        name, joint, value = text[start:at].partition("=")
        if not joint or name in found or not re.fullmatch(r"[A-Za-z0-9]{1,32}", name):
            raise bad
        found[name] = value
        start, depth = at + 1, 0
    if depth > 0:
        raise bad
    return found


def _authenticate(said: Mapping[str, str], settings: Mapping[str, str]) -> None:
    """Accept fields that a pinned key signed for this merchant.

    :raises ProviderError: ``forged`` for anything else.
    """
    pem, sign = said.get("signPubKeyCert", ""), said.get("signature", "")
    right = said.get("signMethod") == "01" and said.get("version") == "5.1.0"
    if not pem or not sign or not right or len(pem) > 8192:
        raise ProviderError("forged", "fields", unknown=True)
    if said.get("merId") != protocol.need(settings, "mer_id"):
        raise ProviderError("forged", "merId", unknown=True)
    pins = _pins(settings)
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    try:
        key = x509.load_pem_x509_certificate(pem.encode()).public_key()
    except (ValueError, UnsupportedAlgorithm):
        raise ProviderError("forged", "cert", unknown=True) from None
    if not isinstance(key, RSAPublicKey) or pin(key) not in pins:
        raise ProviderError("forged", "pin", unknown=True)
    protocol.check_signature([key], sign, digest(said))


def pin(key: "RSAPublicKey") -> str:
    """Return the SHA-256 of a public key (SPKI), in hex: what the owner pins."""
    from cryptography.hazmat.primitives import serialization

    spki = key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return hashlib.sha256(spki).hexdigest()


def _pins(settings: Mapping[str, str]) -> set[str]:
    """Read pins, old and new: hex (colons allowed) or base64, as tools print them."""
    before = settings.get("root_pins.previous", "")
    found = set()
    for word in re.split(
        r"[\s,;]+", f"{protocol.need(settings, 'root_pins')} {before}"
    ):
        plain = word.replace(":", "").lower()
        if re.fullmatch(r"[0-9a-f]{64}", plain):
            found.add(plain)
        elif re.fullmatch(r"(sha256/)?[0-9A-Za-z+/]{43}=", word):
            found.add(base64.b64decode(word.removeprefix("sha256/")).hex())
    if not found:
        raise ProviderError("config", "root_pins")
    return found


def _notified(said: Mapping[str, str], settings: Mapping[str, str]) -> Event:
    kind, code = said.get("txnType", ""), said.get("respCode", "")
    if kind == _PAY:
        return _payment(said, code, settings)
    if kind not in {_REFUND, _REVOKE}:
        raise ProviderError("forged", "txnType")
    unsure = Outcome.UNKNOWN if code in _UNSURE else Outcome.FAILED
    return Event(
        Outcome.REFUNDED if code in _PAID else unsure,
        amount=Money(protocol.parse_minor(said.get("txnAmt")), "CNY"),
        provider_txn=said.get("queryId", ""),
        event_id=_event_id(said, code),
        code=code,
        refund_ref=said.get("orderId", ""),
        raw=_told(said),
    )


def _payment(said: Mapping[str, str], code: str, settings: Mapping[str, str]) -> Event:
    ref = said.get("orderId", "")
    outcome = Outcome.PAID if code in _PAID else Outcome.UNKNOWN
    if code == _DEFECT and settings.get("a6") == "wait":
        outcome = Outcome.UNKNOWN
    if outcome is Outcome.PAID and said.get("currencyCode", "156") != "156":
        raise ProviderError("protocol", "currency", unknown=True)
    return Event(
        outcome,
        ref,
        ref,
        Money(protocol.parse_minor(said.get("txnAmt")), "CNY"),
        provider_txn=said.get("queryId", ""),
        payer_hint=protocol.last_four(said.get("accNo")),
        event_id=_event_id(said, code),
        code=code,
        raw=_told(said),
    )


def _event_id(said: Mapping[str, str], code: str) -> str:
    parts = (said.get("orderId", ""), said.get("txnTime", ""), said.get("queryId", ""))
    return ":".join((*parts, code))


def _told(said: Mapping[str, str]) -> dict[str, str]:
    return {name: said[name][:64] for name in _TOLD if said.get(name)}


PROVIDER = UnionPay()
