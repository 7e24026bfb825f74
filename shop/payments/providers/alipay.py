"""Alipay's OpenAPI with RSA2 keys (reference/payments.md 1): the page for computers.

``alipay_wap`` and ``alipay_qr`` are the same protocol with another way to begin.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, ClassVar
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

BASE_URL = "https://openapi.alipay.com"
BEIJING = ZoneInfo("Asia/Shanghai")
#: Below this Alipay may refuse to split a payment (help text 710927).
MIN_INSTALMENTS_FEN = 100_00
_STATUS = {
    "WAIT_BUYER_PAY": Outcome.PENDING,
    "TRADE_SUCCESS": Outcome.PAID,
    "TRADE_FINISHED": Outcome.PAID,
    "TRADE_CLOSED": Outcome.CLOSED,
}
_NOT_YET = "ACQ.TRADE_NOT_EXIST"  # normal until the buyer has scanned or signed in
_NO_BILL = "bill_not_exist"
#: What every bill of business details has in its heading.
_BILL_WORDS = ("支付宝交易号", "商户订单号", "业务类型")
_UNSURE = {"20000", "ACQ.SYSTEM_ERROR"}
_CONFIG = {"20001", "40006"}
_TOLD = (
    "trade_status", "total_amount", "receipt_amount", "trade_no", "out_trade_no",
    "gmt_payment", "gmt_refund", "gmt_close", "refund_fee", "out_biz_no", "notify_id",
)  # fmt: skip


class AlipayPage(Provider):
    """Redirect to Alipay's page; nothing exists there before the buyer signs in."""

    code = "alipay"
    bill = "alipay"
    method: ClassVar[str] = "alipay.trade.page.pay"
    caps = Caps(
        currency="CNY",
        flows=frozenset({"redirect"}),
        signed_notify=True,
        can_query=True,
        can_close=True,
        refund="partial",
        refund_idempotent=True,
        min_minor=1,
        max_minor=10**10,
        pay_window=timedelta(minutes=15),
        instalments=(3, 6, 12),
    )
    settings = (
        Setting("base_url", default=BASE_URL),
        Setting("app_id"),
        Setting("seller_id"),
        Setting("app_private_key", secret=True, multiline=True),
        Setting("alipay_public_key", multiline=True),
        Setting("qr_product_code", required=False),
        Setting("wap_product_code", required=False, default="QUICK_WAP_WAY"),
    )
    open_points = (
        OpenPoint(
            "Whether QR payments need a product code: one is sent if it is"
            " filled in (FACE_TO_FACE_PAYMENT is one).",
            "qr_product_code",
        ),
        OpenPoint(
            "Which product code the page for phones wants: QUICK_WAP_WAY"
            " and QUICK_WAP_PAY are both in use.",
            "wap_product_code",
        ),
        OpenPoint(
            "Which fields the browser brings back in 2026: none of them is"
            " believed, the shop asks Alipay.",
        ),
        OpenPoint(
            "How far the clock may be off: the doctor warns from two minutes on.",
        ),
        OpenPoint(
            "Every sub_code there is: one that is not known is no end, the"
            " shop asks again.",
        ),
        OpenPoint(
            "Whether empty fields of a notification are signed with the"
            " others: the shop accepts a genuine signature over either form.",
        ),
        OpenPoint(
            "Whether the host of the daily bill answers over https, where Alipay"
            " names http: the shop asks over https only; without an answer the"
            " file can be uploaded.",
        ),
        OpenPoint(
            "What the newer fields of instalments (fq_num and its like)"
            " mean: the shop does not use them.",
        ),
    )

    def begin(self, attempt: Attempt, urls: Urls, settings: Mapping[str, str]) -> Began:
        """Return the signed address of the page; no call is made."""
        page = self._page(attempt, urls, settings)
        biz = {**self._order(attempt, settings), **page}
        signed = _signed(self.method, biz, settings, urls)
        url = f"{_gateway(settings)}?{urlencode(signed)}"
        return Began(Next("redirect", url, expires_at=attempt.expires_at), attempt.ref)

    def parse_return(self, request: RawRequest) -> ReturnHint | None:
        """Read which order came back; the signed fields are asked for again anyway."""
        said = protocol.claimed(request.query, ("out_trade_no",))
        ref = said.get("out_trade_no", "")
        return (
            ReturnHint(attempt_ref=ref) if re.fullmatch(r"[0-9]{12,18}", ref) else None
        )

    def handle_notify(
        self, request: RawRequest, settings: Mapping[str, str], now: datetime
    ) -> tuple[Event | None, Ack]:
        """Check size, form, signature and addressee, in the order of their price."""
        try:
            event = _event(_authentic(request, settings))
        except ProviderError as error:
            status = 500 if error.kind == "config" else 400
            return None, Ack(status, b"fail")
        return event, Ack(200, b"success")

    def retry_ack(self) -> Ack:
        return Ack(500, b"fail")

    def query(self, attempt: Attempt, settings: Mapping[str, str]) -> Event:
        """Ask for the trade; an unknown one is only one that nobody has opened yet."""
        asked = {"out_trade_no": attempt.ref}
        node = _call("alipay.trade.query", asked, settings)
        if node.get("sub_code") == _NOT_YET:
            return Event(Outcome.PENDING, attempt.ref, attempt.ref, code=_NOT_YET)
        _expect(node)
        if node.get("out_trade_no") != attempt.ref:
            return Event(Outcome.UNKNOWN, attempt.ref, attempt.ref, doubt="order")
        event = _event(node)
        if event.outcome is Outcome.CLOSED and attempt.provider_txn:
            # Closed after it was paid: all of it went back, by whomever.
            whole = event.amount
            return replace(event, outcome=Outcome.REFUNDED, refunded_total=whole)
        return event

    def close(self, attempt: Attempt, settings: Mapping[str, str]) -> Event:
        """Close the trade; one never opened is closed by ``time_expire`` only."""
        asked = {"out_trade_no": attempt.ref}
        node = _call("alipay.trade.close", asked, settings)
        if node.get("code") == "10000":
            return Event(Outcome.CLOSED, attempt.ref, attempt.ref)
        if node.get("sub_code") == _NOT_YET:
            over = protocol.wire_clock() >= attempt.expires_at
            outcome = Outcome.CLOSED if over else Outcome.UNKNOWN
            return Event(outcome, attempt.ref, attempt.ref, code=_NOT_YET)
        event = self.query(attempt, settings)
        if event.outcome is Outcome.PENDING:
            return replace(event, outcome=Outcome.UNKNOWN)
        return event

    def refund(
        self, attempt: Attempt, refund: Refunding, settings: Mapping[str, str]
    ) -> RefundResult:
        """Refund once a ``ref``, however often called; the money must have moved."""
        asked = {
            "out_trade_no": attempt.ref,
            "refund_amount": protocol.yuan(
                protocol.wire_minor(refund.amount, self.caps)
            ),
            "out_request_no": refund.ref,
            "refund_reason": protocol.clip(refund.reason, 256),
        }
        node = _call("alipay.trade.refund", asked, settings)
        code = _code(node)
        if code in _UNSURE:
            raise ProviderError("rejected", code, unknown=True)
        if node.get("code") != "10000":
            return RefundResult("failed", code=code)
        if node.get("out_trade_no") == attempt.ref and node.get("fund_change") == "Y":
            return RefundResult("succeeded", str(node.get("trade_no", "")), "10000")
        return self.query_refund(attempt, refund, settings)

    def query_refund(
        self, attempt: Attempt, refund: Refunding, settings: Mapping[str, str]
    ) -> RefundResult:
        """Ask by our refund number; no ``refund_status`` means not yet or never."""
        asked = {"out_trade_no": attempt.ref, "out_request_no": refund.ref}
        node = _call("alipay.trade.fastpay.refund.query", asked, settings)
        code = _code(node)
        if (
            node.get("code") == "10000"
            and node.get("refund_status") == "REFUND_SUCCESS"
            and node.get("out_request_no", refund.ref) == refund.ref
            and node.get("out_trade_no", attempt.ref) == attempt.ref
        ):
            return RefundResult("succeeded", str(node.get("trade_no", "")), code)
        return RefundResult("unknown", code=code)

    def bill_account(self, settings: Mapping[str, str]) -> str:
        return settings.get("seller_id", "")

    def fetch_bill(self, day: date, settings: Mapping[str, str]) -> bytes | None:
        """Ask for the address of the day's trades, which lives for 30 s; open the zip.

        Bills are made until nine the next morning, sometimes later (Alipay's page
        of the method).
        """
        asked = {"bill_type": "trade", "bill_date": day.isoformat()}
        node = _call("alipay.data.dataservice.bill.downloadurl.query", asked, settings)
        if _NO_BILL in _code(node).lower():
            return None
        _expect(node)
        url = _bill_url(node.get("bill_download_url"), settings)
        answer = protocol.call("GET", url, most=protocol.MAX_FILE_BYTES)
        if answer.status != 200:
            raise ProviderError("protocol", str(answer.status))
        for file in protocol.unzipped(answer.body):
            text = file.decode("gb18030", errors="replace")
            if all(word in text for word in _BILL_WORDS):
                return file
        raise ProviderError("protocol", "bill")

    def test_connection(self, settings: Mapping[str, str]) -> str:
        """Ask for a trade that never was: both keys and the app must be right."""
        try:
            node = _call("alipay.trade.query", {"out_trade_no": "0" * 12}, settings)
        except ProviderError as error:
            return error.code or error.kind
        code = _code(node)
        return "" if code in {"10000", _NOT_YET} else code

    def hosts(self, settings: Mapping[str, str]) -> frozenset[str]:
        """Return the gateway and, for the real one, the cashier it forwards to."""
        own = protocol.origin(_gateway(settings))
        onward = {"https://*.alipay.com"} if own.endswith(".alipay.com") else set()
        return frozenset({own, *onward})

    def _page(
        self, attempt: Attempt, urls: Urls, settings: Mapping[str, str]
    ) -> dict[str, str]:
        return {"product_code": "FAST_INSTANT_TRADE_PAY"}

    def _order(self, attempt: Attempt, settings: Mapping[str, str]) -> dict[str, Any]:
        protocol.need(settings, "seller_id")  # or no notification could be believed
        protocol.keys_of(settings, "alipay_public_key")
        order: dict[str, Any] = {
            "out_trade_no": attempt.ref,
            "total_amount": protocol.yuan(
                protocol.wire_minor(attempt.amount, self.caps)
            ),
            "subject": protocol.clip(attempt.description, 256, unwanted="/=&"),
            "time_expire": _beijing(attempt.expires_at),
        }
        return order | self._instalments(attempt)

    def _instalments(self, attempt: Attempt) -> dict[str, Any]:
        """Return Huabei fields; ``seller_percent`` 100: the shop pays the fee."""
        wanted = attempt.options.get("instalments", "")
        if not wanted:
            return {}
        goods = attempt.options.get("goods_type", "1")
        percent = attempt.options.get("seller_percent", "100")
        allowed = (
            wanted in {str(n) for n in self.caps.instalments}
            and goods == "1"  # virtual goods cannot be paid with Huabei
            and percent in {"0", "100"}
            and attempt.amount.minor >= MIN_INSTALMENTS_FEN
        )
        if not allowed:
            raise ProviderError("rejected", "instalments")
        extend = {"hb_fq_num": wanted, "hb_fq_seller_percent": percent}
        return {
            "goods_type": goods,
            "extend_params": extend,
            "enable_pay_channels": "pcredit,pcreditpayInstallment",
        }


def gateway_call(
    method: str, biz: Mapping[str, Any], settings: Mapping[str, str], urls: Urls
) -> Mapping[str, Any]:
    """Call a method that notifies later, and return its authentic, successful answer.

    :raises ProviderError: for anything else; ``unknown`` if it may have been done.
    """
    node = _call(method, biz, settings, urls)
    _expect(node)
    return node


def _gateway(settings: Mapping[str, str]) -> str:
    base = protocol.base_url(settings, BASE_URL)
    return base if base.endswith("/gateway.do") else f"{base}/gateway.do"


def _bill_url(url: object, settings: Mapping[str, str]) -> str:
    """Return where to fetch a bill: at Alipay over https, or at the sandbox.

    :raises ProviderError: ``protocol`` for any other host.
    """
    own = protocol.origin(_gateway(settings))
    text = url if isinstance(url, str) and len(url) <= 2048 else ""
    if protocol.is_sandbox(settings) and protocol.origin(text) == own:
        return text
    parts = urlsplit(text)
    host = parts.netloc
    if parts.scheme not in {"http", "https"} or not re.fullmatch(
        r"([a-z0-9-]+\.)+alipay\.com", host
    ):
        raise ProviderError("protocol", "bill_url")
    return parts._replace(scheme="https").geturl()


def _beijing(moment: datetime) -> str:
    return moment.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def _signed(
    method: str,
    biz: Mapping[str, Any],
    settings: Mapping[str, str],
    urls: Urls | None = None,
) -> dict[str, str]:
    fields = {
        "app_id": protocol.need(settings, "app_id"),
        "method": method,
        "format": "JSON",
        "charset": "utf-8",
        "sign_type": "RSA2",
        "timestamp": _beijing(protocol.wire_clock()),
        "version": "1.0",
        "biz_content": json.dumps(biz, ensure_ascii=False, separators=(",", ":")),
    }
    if urls:
        fields["notify_url"], fields["return_url"] = urls.notify_url, urls.return_url
    key = protocol.signer_of(settings, "app_private_key")
    return fields | {"sign": protocol.sign(key, protocol.canonical(fields))}


def _call(
    method: str,
    biz: Mapping[str, Any],
    settings: Mapping[str, str],
    urls: Urls | None = None,
) -> Mapping[str, Any]:
    keys = protocol.keys_of(settings, "alipay_public_key")
    signed = _signed(method, biz, settings, urls)
    body = urlencode({"biz_content": signed.pop("biz_content")}).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded;charset=utf-8"}
    url = f"{_gateway(settings)}?{urlencode(signed)}"
    return _open(protocol.call("POST", url, body, headers).text(), method, keys)


def _open(text: str, method: str, keys: Any) -> Mapping[str, Any]:
    """Return the authentic part of an answer.

    What is signed is the substring as received: re-serialising would change it.

    :raises ProviderError: if nothing signed is there; an unsigned error is never
        a success and never proof of a failure.
    """
    name = f"{method.replace('.', '_')}_response"
    envelope = protocol.json_object(text)
    head = re.match(r'\s*\{\s*"' + re.escape(name) + r'"\s*:\s*(?=\{)', text)
    if not head or not envelope.get("sign"):
        loose = envelope.get("error_response") or envelope.get(name)
        code = _code(loose) if isinstance(loose, Mapping) else ""
        if not code or code == "10000":
            raise ProviderError("protocol", "unsigned", unknown=True)
        raise _refused(code)
    node, end = json.JSONDecoder().raw_decode(text, head.end())
    protocol.check_signature(keys, envelope["sign"], text[head.end() : end].encode())
    found: Mapping[str, Any] = node
    return found


def _code(node: Mapping[str, Any]) -> str:
    code = node.get("sub_code") or node.get("code")
    return code[:64] if isinstance(code, str) else ""


def _expect(node: Mapping[str, Any]) -> None:
    if node.get("code") != "10000":
        raise _refused(_code(node))


def _refused(code: str) -> ProviderError:
    config = code in _CONFIG or code.startswith(("isv.", "aop.invalid"))
    unsure = code in _UNSURE or code.startswith(("isp.", "aop.unkno"))
    return ProviderError("config" if config else "rejected", code, unknown=unsure)


def _authentic(request: RawRequest, settings: Mapping[str, str]) -> dict[str, str]:
    """Return the fields of a notification that Alipay signed for this shop."""
    said = protocol.small_form(request)
    if said.get("sign_type") != "RSA2" or not said.get("sign"):
        raise ProviderError("forged", "sign_type")
    if not all(said.get(name) for name in ("out_trade_no", "trade_status", "app_id")):
        raise ProviderError("forged", "fields")
    keys = protocol.keys_of(settings, "alipay_public_key")
    sign = said["sign"]
    fields = {k: v for k, v in said.items() if k not in ("sign", "sign_type")}
    whole = "&".join(f"{k}={fields[k]}" for k in sorted(fields))
    try:
        protocol.check_signature(keys, sign, whole.encode(errors="surrogatepass"))
    except ProviderError:
        if "" not in fields.values():
            raise
        # Alipay's own SDKs disagree: Java keeps empty values, PHP drops them.
        protocol.check_signature(keys, sign, protocol.canonical(fields))
    if said["app_id"] != protocol.need(settings, "app_id"):
        raise ProviderError("forged", "app_id")
    if said.get("seller_id") != protocol.need(settings, "seller_id"):
        raise ProviderError("forged", "seller_id")
    return fields


def _event(fields: Mapping[str, Any]) -> Event:
    """Return what an authentic trade says. A refund sends ``TRADE_SUCCESS`` again."""
    status = str(fields.get("trade_status", ""))
    trade, ref = str(fields.get("trade_no", "")), str(fields.get("out_trade_no", ""))
    outcome = _STATUS.get(status, Outcome.UNKNOWN)
    fee, refund_ref = fields.get("refund_fee", ""), ""
    minor = protocol.parse_yuan(fields.get("total_amount"))
    back = protocol.parse_yuan(fee) if fee else 0  # of all refunds, not of this one
    if back or fields.get("gmt_refund"):
        outcome, refund_ref = Outcome.REFUNDED, str(fields.get("out_biz_no", ""))
        minor = back or minor
    return Event(
        outcome,
        ref,
        ref,
        Money(minor, "CNY"),
        provider_txn=trade,
        payer_hint=protocol.masked(fields.get("buyer_logon_id")),
        event_id=":".join((trade, status, str(fields.get("out_biz_no", "")), str(fee))),
        code=status,
        refund_ref=refund_ref,
        refunded_total=Money(back, "CNY") if back else None,
        raw={name: str(fields[name]) for name in _TOLD if fields.get(name)},
    )


PROVIDER = AlipayPage()
