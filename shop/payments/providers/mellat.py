"""Behpardakht Mellat over SOAP (reference/payments.md 6): pay, verify, settle.

The browser brings back the only reference that can be verified; it counts only
together with the RefId and the order that we stored. Never reversed by itself.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from datetime import timedelta
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

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

BASE_URL = "https://bpm.shaparak.ir"
#: Verifies; the other one, in newer manuals, settles in the same step.
VERIFY, BOTH = "bpVerifyRequest", "bpVerifySettleRequest"
_NS = "http://interfaces.core.sw.bps.com/"
_TEHRAN = ZoneInfo("Asia/Tehran")
_RETURN = re.compile(r"([0-9]{1,4})(?:,([0-9A-Za-z]{1,64}))?")
_REF_ID = re.compile(r"[0-9A-Za-z]{8,64}")
_NUMBER = re.compile(r"[1-9][0-9]{0,17}")
_DONE = {"0", "43", "45"}  # verified now, verified before, settled already
_NEVER = {"42", "54", "55"}  # no such sale
_CONFIG = {"21", "23", "24", "62", "421"}
_UNSURE = {"34", "41", "112", "113", "412", "415", "416", "417", "418", "419"}


class Mellat(Provider):
    """A form from our page to the bank's; the bank takes back what is not verified."""

    code = "mellat"
    caps = Caps(
        currency="IRR",
        flows=frozenset({"form_post"}),
        needs_verify=True,
        needs_settle=True,
        can_query=True,
        refund="partial",
        refund_idempotent=True,
        min_minor=1_000,
        pay_window=timedelta(minutes=15),
    )
    settings = (
        Setting("base_url", default=BASE_URL),
        Setting("terminal_id"),
        Setting("username"),
        Setting("password", secret=True),
        Setting(
            "verify_operation", required=False, default=VERIFY, choices=(VERIFY, BOTH)
        ),
    )
    open_points = (
        OpenPoint(
            "What happens to a verified payment that is not settled (manual"
            " 1.39: settled after 3 hours; others: taken back): the shop"
            " settles at once and again.",
        ),
        OpenPoint(
            "Whether bpVerifySettleRequest is there, which verifies and"
            " settles in one step: the shop verifies with the operation that"
            " is chosen, and settles afterwards in any case.",
            "verify_operation",
        ),
        OpenPoint(
            "The codes of bpInquiryRequest, what bpSaleReferenceIdRequest"
            " is for, and how a refund is asked about: a refund stays under"
            " way until a person says that it arrived.",
        ),
        OpenPoint(
            "Whether the test host of Behpardakht"
            " (https://pgw.dev.bpmellat.ir) answers: ask it with the keys.",
            "base_url",
        ),
        OpenPoint(
            "The smallest and the largest payment it takes: the shop begins at"
            " 1,000 rials and knows no upper limit; enter one under Settings,"
            " Ways to pay.",
        ),
    )

    def begin(self, attempt: Attempt, urls: Urls, settings: Mapping[str, str]) -> Began:
        """Register the payment; its ``RefId`` is stored before anything is shown."""
        tehran = attempt.created_at.astimezone(_TEHRAN)
        code, ref_id = _ask(
            "bpPayRequest",
            {
                "orderId": _order(attempt),
                "amount": str(protocol.wire_minor(attempt.amount, self.caps)),
                "localDate": tehran.strftime("%Y%m%d"),
                "localTime": tehran.strftime("%H%M%S"),
                "additionalData": "",
                "callBackUrl": urls.return_url,
                "payerId": "0",
            },
            settings,
        )
        if code != "0":
            raise _refused(code)
        if not _REF_ID.fullmatch(ref_id):
            raise ProviderError("protocol", "RefId", unknown=True)
        page = f"{protocol.base_url(settings, BASE_URL)}/pgwchannel/startpay.mellat"
        form = {"RefId": ref_id}
        return Began(
            Next("form_post", page, form, expires_at=attempt.expires_at), ref_id
        )

    def parse_return(self, request: RawRequest) -> ReturnHint | None:
        """Read the posted references. The form comes from another site: no cookie."""
        names = ("RefId", "ResCode", "SaleOrderId", "SaleReferenceId", "FinalAmount")
        said = protocol.claimed(request.form, names)
        ref_id = said.get("RefId", "")
        if not _REF_ID.fullmatch(ref_id):
            return None
        claims = {
            "res_code": said.get("ResCode", ""),
            "sale_order_id": said.get("SaleOrderId", ""),
            "sale_reference_id": said.get("SaleReferenceId", ""),
            "final_amount": said.get("FinalAmount", ""),
        }
        given = {name: value for name, value in claims.items() if value}
        return ReturnHint(provider_ref=ref_id, claims=given)

    def handle_return(
        self, attempt: Attempt, hint: ReturnHint, settings: Mapping[str, str]
    ) -> Event:
        """Verify, but only what carries our own RefId and order (manual 9.2)."""
        if hint.provider_ref != attempt.provider_ref:
            raise ProviderError("forged", "RefId")
        return self._verify(attempt, hint.claims, settings)

    def query(self, attempt: Attempt, settings: Mapping[str, str]) -> Event:
        """Verify again with the reference that came back; without one nobody knows."""
        if not attempt.meta.get("sale_reference_id"):
            return Event(Outcome.UNKNOWN, attempt.ref, attempt.provider_ref)
        return self._verify(attempt, attempt.meta, settings)

    def settle(self, attempt: Attempt, settings: Mapping[str, str]) -> Event:
        """Ask for the money to be credited; 45 has been already."""
        sale = attempt.provider_txn or attempt.meta.get("sale_reference_id", "")
        code, _ref = _ask("bpSettleRequest", _sale(attempt, sale), settings)
        if code in {"0", "45"}:
            outcome = Outcome.PAID
        else:
            outcome = Outcome.REVERSED if code == "48" else Outcome.UNKNOWN
        return Event(
            outcome, attempt.ref, attempt.provider_ref, provider_txn=sale, code=code
        )

    def refund(
        self, attempt: Attempt, refund: Refunding, settings: Mapping[str, str]
    ) -> RefundResult:
        """Ask for a refund; 0 is "accepted" since manual 1.39, not done."""
        amount = str(protocol.wire_minor(refund.amount, self.caps))
        fields = {
            **_sale(attempt, attempt.provider_txn),
            "orderId": _digits(refund.ref),
            "refundAmount": amount,
        }
        code, ref = _ask("bpRefundRequest", fields, settings)
        if code == "0":
            return RefundResult("pending", ref, code)
        if code in _UNSURE:  # 41 too: this number was used, so it may have happened
            return RefundResult("unknown", ref, code)
        return RefundResult("failed", code=code)

    def test_connection(self, settings: Mapping[str, str]) -> str:
        """Inquire about a sale that never was: the sign-in is checked first."""
        none = {"orderId": "1", "saleOrderId": "1", "saleReferenceId": "1"}
        code, _ref = _ask("bpInquiryRequest", none, settings)
        return code if code in _CONFIG else ""

    def hosts(self, settings: Mapping[str, str]) -> frozenset[str]:
        return frozenset({protocol.origin(protocol.base_url(settings, BASE_URL))})

    def _verify(
        self, attempt: Attempt, claims: Mapping[str, str], settings: Mapping[str, str]
    ) -> Event:
        if claims.get("sale_order_id") != attempt.ref:
            raise ProviderError("forged", "SaleOrderId")
        sale = claims.get("sale_reference_id", "")
        if not sale:
            said = claims.get("res_code", "")
            outcome = Outcome.CANCELLED if said == "17" else Outcome.FAILED
            return Event(outcome, attempt.ref, attempt.provider_ref, code=said[:5])
        name = BOTH if settings.get("verify_operation") == BOTH else VERIFY
        code, _ref = _ask(name, _sale(attempt, sale), settings)
        if code in _CONFIG:
            raise _refused(code)
        if code not in _DONE:
            outcome = Outcome.FAILED if code in _NEVER else Outcome.UNKNOWN
            outcome = Outcome.REVERSED if code == "48" else outcome
            return Event(outcome, attempt.ref, attempt.provider_ref, code=code)
        return Event(
            Outcome.PAID,
            attempt.ref,
            attempt.provider_ref,
            _final(attempt, claims),
            provider_txn=sale,
            event_id=f"verify:{sale}",
            code=code,
        )


def _final(attempt: Attempt, claims: Mapping[str, str]) -> Money:
    """Return the amount asked for, or the other one that the browser speaks of."""
    said = claims.get("final_amount", "")
    return Money(int(said), "IRR") if _NUMBER.fullmatch(said) else attempt.amount


def _order(attempt: Attempt) -> str:
    return _digits(attempt.ref)


def _digits(text: str) -> str:
    if not _NUMBER.fullmatch(text):
        raise ProviderError("protocol", "reference")
    return text


def _sale(attempt: Attempt, sale: str) -> dict[str, str]:
    order = _order(attempt)
    return {"orderId": order, "saleOrderId": order, "saleReferenceId": _digits(sale)}


def envelope(name: str, fields: Mapping[str, str]) -> bytes:
    """Return the SOAP request: document/literal, children without a namespace."""
    inner = "".join(f"<{k}>{escape(v)}</{k}>" for k, v in fields.items())
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
        f' xmlns:bp="{_NS}"><soapenv:Body><bp:{name}>{inner}</bp:{name}>'
        "</soapenv:Body></soapenv:Envelope>"
    ).encode()


def read_return(name: str, raw: bytes) -> tuple[str, str]:
    """Return code and reference of a SOAP answer.

    :raises ProviderError: ``protocol`` for a fault, a page, an entity or no code.
    """
    bad = ProviderError("protocol", "soap", unknown=True)
    if len(raw) > protocol.MAX_NOTIFY_BYTES or b"<!" in raw:
        raise bad
    try:
        # No DTD, so no entities; and every UTF-16 trick fails on the line above.
        raw.decode()
        found = ET.fromstring(raw).find(f".//{{{_NS}}}{name}Response/return")  # noqa: S314
    except (ET.ParseError, UnicodeDecodeError, ValueError, RecursionError):
        raise bad from None
    read = _RETURN.fullmatch((found.text or "").strip()) if found is not None else None
    if read is None:
        raise bad
    return read[1], read[2] or ""


def _ask(
    name: str, fields: Mapping[str, str], settings: Mapping[str, str]
) -> tuple[str, str]:
    whole = {
        "terminalId": _digits(protocol.need(settings, "terminal_id")),
        "userName": protocol.need(settings, "username"),
        "userPassword": protocol.need(settings, "password"),
        **fields,
    }
    url = f"{protocol.base_url(settings, BASE_URL)}/pgwchannel/services/pgw"
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}
    answer = protocol.call("POST", url, envelope(name, whole), headers)
    return read_return(name, answer.body)


def _refused(code: str) -> ProviderError:
    if code in _CONFIG:
        return ProviderError("config", code)
    return ProviderError("rejected", code, unknown=code in _UNSURE)


PROVIDER = Mellat()
