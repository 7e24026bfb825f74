"""Behpardakht Mellat, SOAP: ``reference/payments.md`` 6."""

import re
import secrets
import string
import xml.etree.ElementTree as ET
from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from flask import Flask, Response, request

from shop.sandbox.box import Box
from shop.sandbox.gateways.base import Gateway
from shop.sandbox.ledger import Refund, State, Trade
from shop.sandbox.web import (
    FormBack,
    fault,
    fault_is,
    redirect_to,
    show_form_back,
)

NS = "http://interfaces.core.sw.bps.com/"
PATH = "/pgwchannel/services/pgw"
SESSION = 900.0
VERIFY_WITHIN = 1200.0
SETTLED_AFTER = 3 * 3600.0
REVERSE_WITHIN = 3 * 3600.0

_WHO = (("terminalId", "long"), ("userName", "string"), ("userPassword", "string"))
_SALE = (
    *_WHO,
    ("orderId", "long"),
    ("saleOrderId", "long"),
    ("saleReferenceId", "long"),
)
OPERATIONS: dict[str, tuple[tuple[str, str], ...]] = {
    "bpPayRequest": (
        *_WHO,
        ("orderId", "long"),
        ("amount", "long"),
        ("localDate", "string"),
        ("localTime", "string"),
        ("additionalData", "string"),
        ("callBackUrl", "string"),
        ("payerId", "string"),
    ),
    "bpVerifyRequest": _SALE,
    "bpSettleRequest": _SALE,
    "bpInquiryRequest": _SALE,
    "bpReversalRequest": _SALE,
    "bpVerifySettleRequest": _SALE,
    "bpRefundRequest": (*_SALE, ("refundAmount", "long")),
}

_ENVELOPE = (
    '<?xml version="1.0" encoding="utf-8"?>'
    '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">'
    "<soap:Body>{}</soap:Body></soap:Envelope>"
)


class Refused(Exception):
    """A call answered with a code other than 0."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Fault(Exception):
    """A call that is no call at all."""


def wsdl(address: str) -> str:
    """Describe the service, document/literal with unqualified children."""
    elements, messages, ports, bindings = "", "", "", ""
    for name, fields in OPERATIONS.items():
        children = "".join(
            f'<xs:element minOccurs="0" name="{field}" type="xs:{kind}"/>'
            if kind == "string"
            else f'<xs:element name="{field}" type="xs:{kind}"/>'
            for field, kind in fields
        )
        answer = '<xs:element minOccurs="0" name="return" type="xs:string"/>'
        for element, content in ((name, children), (f"{name}Response", answer)):
            elements += (
                f'<xs:element name="{element}" type="tns:{element}"/>'
                f'<xs:complexType name="{element}"><xs:sequence>{content}'
                "</xs:sequence></xs:complexType>"
            )
            messages += (
                f'<wsdl:message name="{element}"><wsdl:part element="tns:{element}"'
                ' name="parameters"/></wsdl:message>'
            )
        ports += (
            f'<wsdl:operation name="{name}"><wsdl:input message="tns:{name}"/>'
            f'<wsdl:output message="tns:{name}Response"/></wsdl:operation>'
        )
        bindings += (
            f'<wsdl:operation name="{name}"><soap:operation soapAction=""/>'
            '<wsdl:input><soap:body use="literal"/></wsdl:input>'
            '<wsdl:output><soap:body use="literal"/></wsdl:output></wsdl:operation>'
        )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<wsdl:definitions name="PaymentGatewayImplService"'
        f' targetNamespace="{NS}" xmlns:tns="{NS}"'
        ' xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/"'
        ' xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"'
        ' xmlns:xs="http://www.w3.org/2001/XMLSchema">'
        f'<wsdl:types><xs:schema elementFormDefault="unqualified"'
        f' targetNamespace="{NS}">{elements}</xs:schema></wsdl:types>{messages}'
        f'<wsdl:portType name="IPaymentGateway">{ports}</wsdl:portType>'
        '<wsdl:binding name="PaymentGatewayImplServiceSoapBinding"'
        ' type="tns:IPaymentGateway"><soap:binding style="document"'
        ' transport="http://schemas.xmlsoap.org/soap/http"/>'
        f"{bindings}</wsdl:binding>"
        '<wsdl:service name="PaymentGatewayImplService">'
        '<wsdl:port binding="tns:PaymentGatewayImplServiceSoapBinding"'
        f' name="PaymentGatewayImplPort"><soap:address location="{address}"/>'
        "</wsdl:port></wsdl:service></wsdl:definitions>"
    )


class Mellat(Gateway):
    """Pay, verify, settle, reverse, refund; every answer is one code."""

    code = "mellat"
    title = "درگاه به‌پرداخت ملت (آزمایشی)"
    lang = "fa"

    def __init__(self, box: Box) -> None:
        self._operations: dict[str, Callable[[dict[str, str]], str]] = {
            "bpPayRequest": self._pay_request,
            "bpVerifyRequest": self._verify,
            "bpSettleRequest": self._settle,
            "bpInquiryRequest": self._inquiry,
            "bpReversalRequest": self._reverse,
            "bpVerifySettleRequest": self._verify_settle,
            "bpRefundRequest": self._refund,
        }
        super().__init__(box)

    def routes(self, app: Flask) -> None:
        """Add the service and the pay page."""
        app.add_url_rule(PATH, "wsdl", self._wsdl)
        app.add_url_rule(PATH, "soap", self._soap, methods=["POST"])
        for page in ("startpay.mellat", "enstartpay.mellat"):
            path = f"/pgwchannel/{page}"
            app.add_url_rule(path, page, self._start, methods=["POST"])
        app.add_url_rule("/cashier/<ref_id>", "cashier", self._cashier)
        app.add_url_rule("/cashier/<ref_id>", "press", self._press, methods=["POST"])

    # Envelope

    def _wsdl(self) -> Response:
        return Response(wsdl(self.box.url("mellat", PATH)), content_type="text/xml")

    def _soap(self) -> Response:
        """Find the operation in the first child of the body."""
        try:
            name, fields = self._read(request.get_data())
        except Fault as problem:
            return self._fault(str(problem))
        op = name.removeprefix("bp").removesuffix("Request")
        op = op[:1].lower() + op[1:]
        return self.answer(op, lambda: self._run(name, fields))

    def _read(self, raw: bytes) -> tuple[str, dict[str, str]]:
        """Return operation and parameters.

        :raises Fault: if the text is no envelope with a known operation.
        """
        if b"<!" in raw:
            raise Fault("DTD is not allowed")
        try:
            root = ET.fromstring(raw)  # noqa: S314 - declarations are refused above
        except ET.ParseError:
            raise Fault("Malformed XML") from None
        body = root.find("{http://schemas.xmlsoap.org/soap/envelope/}Body")
        call = next(iter(body), None) if body is not None else None
        if call is None or not call.tag.startswith(f"{{{NS}}}"):
            raise Fault("No operation")
        name = call.tag.removeprefix(f"{{{NS}}}")
        if name not in OPERATIONS:
            raise Fault(f"Unexpected wrapper element {name}")
        fields = {child.tag: (child.text or "").strip() for child in call}
        if unknown := set(fields) - {field for field, _ in OPERATIONS[name]}:
            raise Fault(f"Unmarshalling Error: unexpected element {min(unknown)}")
        return name, fields

    def _fault(self, message: str) -> Response:
        text = (
            "<soap:Fault><faultcode>soap:Client</faultcode>"
            f"<faultstring>{escape(message)}</faultstring></soap:Fault>"
        )
        return Response(_ENVELOPE.format(text), 500, content_type="text/xml")

    def _run(self, name: str, fields: dict[str, str]) -> Response:
        if fault_is("soap_fault"):
            return self._fault("Internal error")
        try:
            with self.box.ledger.lock:
                self._check(name, fields)
                result = self._operations[name](fields)
        except Refused as refused:
            result = refused.code
        text = (
            f'<ns1:{name}Response xmlns:ns1="{NS}"><return>{escape(result)}</return>'
            f"</ns1:{name}Response>"
        )
        return Response(_ENVELOPE.format(text), content_type="text/xml;charset=UTF-8")

    def _check(self, name: str, fields: dict[str, str]) -> None:
        """Check credentials and numbers.

        :raises Refused: 21, 24 or 33, or what a fault switch says.
        """
        found = fault()
        if found and found.kind == "error":
            raise Refused(found.argument or "34")
        keys = self.box.keys
        if fields.get("terminalId") != keys.mellat_terminal_id:
            raise Refused("21")
        given = (fields.get("userName"), fields.get("userPassword"))
        if given != (keys.mellat_username, keys.mellat_password):
            raise Refused("24")
        for field, kind in OPERATIONS[name]:
            if kind == "long" and not re.fullmatch(r"\d{1,18}", fields.get(field, "")):
                raise Refused("25" if "mount" in field else "33")

    # Sales

    def _pay_request(self, fields: dict[str, str]) -> str:
        amount = int(fields["amount"])
        if amount < 1:
            raise Refused("25")
        moment = fields.get("localDate", "") + fields.get("localTime", "")
        try:
            datetime.strptime(f"{moment} +0330", "%Y%m%d%H%M%S %z")
        except ValueError:
            raise Refused("35") from None
        url = urlsplit(fields.get("callBackUrl", ""))
        if url.scheme not in {"http", "https"} or not url.netloc:
            raise Refused("62")
        if len(fields.get("additionalData", "")) > 1000:
            raise Refused("31")
        order = str(int(fields["orderId"]))
        self._take_order(order)
        letters = string.ascii_letters + string.digits
        ref_id = "".join(secrets.choice(letters) for _ in range(20))
        self.box.ledger.save(
            Trade(
                self.code,
                ref_id,
                order,
                amount,
                "IRR",
                self.box.clock.now(),
                names=[f"order:{order}"],
                data={
                    "callback_url": fields["callBackUrl"],
                    "subject": fields.get("additionalData", ""),
                },
            )
        )
        return f"0,{ref_id}"

    def _take_order(self, order: str) -> None:
        """Refuse an order number used before.

        :raises Refused: 41.
        """
        if self.box.ledger.named(self.code, f"order:{order}"):
            raise Refused("41")

    def _sale(self, fields: dict[str, str]) -> Trade:
        """Return the paid sale a call means.

        :raises Refused: 42 if there is none, 48 if it went back.
        """
        name = f"order:{int(fields['saleOrderId'])}"
        trade = self.box.ledger.named(self.code, name)
        if trade is None or trade.paid_at is None:
            raise Refused("42")
        if trade.data["sale_reference_id"] != int(fields["saleReferenceId"]):
            raise Refused("42")
        self.expire(trade)
        if trade.state is State.REVERSED:
            raise Refused("48")
        return trade

    def _mark(self, trade: Trade, *marks: str) -> str:
        for mark in marks:
            trade.data[mark] = self.box.clock.now()
        self.box.ledger.save(trade)
        return "0"

    def _verify(self, fields: dict[str, str]) -> str:
        trade = self._sale(fields)
        if "verified_at" in trade.data:
            raise Refused("43")
        return self._mark(trade, "verified_at")

    def _settle(self, fields: dict[str, str]) -> str:
        trade = self._sale(fields)
        if "verified_at" not in trade.data:
            raise Refused("44")
        if "settled_at" in trade.data:
            raise Refused("45")
        return self._mark(trade, "settled_at")

    def _verify_settle(self, fields: dict[str, str]) -> str:
        trade = self._sale(fields)
        if "settled_at" in trade.data:
            raise Refused("45")
        return self._mark(trade, "verified_at", "settled_at")

    def _inquiry(self, fields: dict[str, str]) -> str:
        self._sale(fields)
        return "0"

    def _reverse(self, fields: dict[str, str]) -> str:
        trade = self._sale(fields)
        if "verified_at" not in trade.data:
            raise Refused("44")
        if "settled_at" in trade.data:
            raise Refused("45")
        if self.box.clock.now() - trade.data["verified_at"] > REVERSE_WITHIN:
            raise Refused("54")
        trade.state = State.REVERSED
        return self._mark(trade, "reversed_at")

    def _refund(self, fields: dict[str, str]) -> str:
        trade, amount = self._sale(fields), int(fields["refundAmount"])
        if "settled_at" not in trade.data:
            raise Refused("46")
        if not 1 <= amount <= trade.amount - trade.refunded:
            raise Refused("25")
        order = str(int(fields["orderId"]))
        self._take_order(order)
        number = str(self.box.number())
        now = self.box.clock.now()
        trade.refunds.append(Refund(order, amount, now, {"id": number}))
        trade.names.append(f"order:{order}")
        self.box.ledger.save(trade)
        return f"0,{number}"

    # The buyer

    def _start(self) -> Response:
        """Take the RefId that the buyer's browser posts from a shop's page."""
        if not request.headers.get("Referer"):
            return self.refuse("آدرس پذیرنده نامعتبر است (Referer فرستاده نشد)")
        ref_id = request.form.get("RefId", "")
        if self.box.ledger.get(self.code, ref_id) is None:
            return self.notice("unknown", status=404)
        return redirect_to(f"/cashier/{ref_id}")

    def _cashier(self, ref_id: str) -> Response:
        return self.open_cashier(self.box.ledger.get(self.code, ref_id))

    def _press(self, ref_id: str) -> Response:
        return self.press(self.box.ledger.get(self.code, ref_id))

    def codes(self) -> tuple[tuple[str, str], ...]:
        """Return why a bank may refuse a buyer."""
        return (
            ("12", "موجودی کافی نیست"),
            ("13", "رمز نادرست است"),
            ("18", "تاریخ انقضای کارت گذشته است"),
            ("19", "مبلغ بیش از سقف مجاز است"),
            ("113", "پاسخی از صادرکنندهٔ کارت نیامد"),
        )

    def paid(self, trade: Trade) -> None:
        """Give the sale its reference."""
        trade.data["sale_reference_id"] = self.box.number() % 10**12

    def tell(self, trade: Trade, delay: float = 0, copies: int = 1) -> None:
        """Call back a second time; there are no notifications."""
        if copies > 1:
            url = str(trade.data["callback_url"])
            self.box.notifier.add(self.code, url, self._fields(trade, "0"))

    def _fields(self, trade: Trade, code: str) -> dict[str, str]:
        fields = {"RefId": trade.key, "ResCode": code, "SaleOrderId": trade.ref}
        if code == "0":
            fields |= {
                "SaleReferenceId": str(trade.data["sale_reference_id"]),
                "CardHolderInfo": secrets.token_hex(32).upper(),
                "CardHolderPan": "610433*****5689",
                "FinalAmount": str(trade.amount),
            }
        return fields

    def go_back(self, trade: Trade, outcome: str, code: str) -> Response:
        """Post the result through the browser, unsigned."""
        result = {"paid": "0", "failed": code}.get(outcome, "17")
        url, fields = str(trade.data["callback_url"]), self._fields(trade, result)
        return show_form_back(FormBack(self.lang, self.say("back"), url, fields))

    def expire(self, trade: Trade) -> None:
        """Close old sessions, give back unverified sales, settle verified ones.

        The manuals disagree about the last; the switch ``auto_settle`` with any
        ``error`` makes it a reversal instead.
        """
        now = self.box.clock.now()
        if (
            trade.state in {State.PREPARED, State.WAITING}
            and trade.created_at + SESSION < now
            and trade.pay_late_at is None
        ):
            trade.state = State.CLOSED
            self.box.ledger.save(trade)
        if trade.state is not State.PAID or trade.paid_at is None:
            return
        verified = trade.data.get("verified_at")
        if verified is None and trade.paid_at + VERIFY_WITHIN < now:
            trade.state = State.REVERSED
            self._mark(trade, "reversed_at")
        elif (
            verified is not None
            and "settled_at" not in trade.data
            and verified + SETTLED_AFTER < now
        ):
            if self.box.faults.take(self.code, "auto_settle"):
                trade.state = State.REVERSED
                self._mark(trade, "reversed_at")
            else:
                self._mark(trade, "settled_at")
