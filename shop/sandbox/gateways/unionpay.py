"""UnionPay online gateway 5.1.0: ``reference/payments.md`` 3."""

import hashlib
import re
import secrets
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import Flask, Response, request

from shop.sandbox import signing
from shop.sandbox.box import Box
from shop.sandbox.clock import BEIJING
from shop.sandbox.gateways.base import Gateway
from shop.sandbox.ledger import Refund, State, Trade
from shop.sandbox.notify import Delivery
from shop.sandbox.web import (
    FormBack,
    fault,
    fault_is,
    redirect_to,
    show_form_back,
)

DAY = 86400.0
REFUND_WITHIN = 330 * DAY
DEFAULT_PAY_TIMEOUT = 3600.0
"""Seconds to pay if the merchant names no end; the real default is not known."""
MESSAGES = {
    "00": "成功",
    "03": "交易通讯超时，请发起查询交易",
    "05": "交易已受理，请稍后查询交易结果",
    "10": "报文格式错误",
    "11": "验证签名失败",
    "12": "重复交易",
    "13": "报文交易要素缺失",
    "30": "交易未通过，请尝试使用其他银联卡支付",
    "34": "查无此交易",
    "35": "原交易不存在或状态不正确",
    "36": "与原交易信息不符",
    "60": "交易失败，详情请咨询您的发卡行",
    "61": "输入的卡号无效，请确认后输入",
    "64": "您的银行卡可用余额不足",
    "A6": "有缺陷的成功",
}


class Refused(Exception):
    """A call answered with a code other than 00."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def digest(fields: dict[str, str]) -> bytes:
    """Return what is signed: the lower-case hex SHA-256 of the canonical text."""
    text = signing.canonical(fields, {"signature"})
    return hashlib.sha256(text).hexdigest().encode()


class UnionPay(Gateway):
    """A form from the browser, a cashier, and signed answers both ways."""

    code = "unionpay"
    title = "银联在线支付（模拟）"
    lang = "zh"
    ladder = (0, 60, 120, 240, 300)
    answer_within = 10.0

    def __init__(self, box: Box) -> None:
        keys = box.keys
        certificate = x509.load_pem_x509_certificate(
            keys.unionpay_merchant_cert.encode()
        )
        public = certificate.public_key()
        if not isinstance(public, rsa.RSAPublicKey):
            raise TypeError("not an RSA key")
        self._merchant_key = public
        self._merchant_cert_id = str(certificate.serial_number)
        own = x509.load_pem_x509_certificate(keys.unionpay_gateway_cert.encode())
        self._cert_id = str(own.serial_number)
        self._key = signing.private_key(keys.unionpay_gateway_private_key)
        self._other_key = signing.private_key(keys.alipay_private_key)
        super().__init__(box)

    def routes(self, app: Flask) -> None:
        """Add the three services and the cashier."""
        base = "/gateway/api/"
        for path, view in (
            ("frontTransReq.do", self._front),
            ("backTransReq.do", self._back),
            ("queryTrans.do", self._query),
        ):
            app.add_url_rule(base + path, path, view, methods=["POST"])
        app.add_url_rule("/cashier/<token>", "cashier", self._cashier)
        app.add_url_rule("/cashier/<token>", "press", self._press, methods=["POST"])

    # Envelope

    def _authenticate(self) -> dict[str, str]:
        """Check signature and common fields; return the fields.

        :raises Refused: with the code of the first thing wrong.
        """
        found = fault()
        if found and found.kind == "error":
            raise Refused(found.argument or "03")
        fields = request.form.to_dict()
        wanted = {
            "version": "5.1.0",
            "encoding": "UTF-8",
            "signMethod": "01",
            "merId": self.box.keys.unionpay_mer_id,
            "accessType": "0",
        }
        for name, value in wanted.items():
            if fields.get(name) != value:
                raise Refused("13" if not fields.get(name) else "10")
        if fields.get("certId") != self._merchant_cert_id or not signing.verifies(
            self._merchant_key, fields.get("signature", ""), digest(fields)
        ):
            raise Refused("11")
        if not re.fullmatch(r"[0-9A-Za-z]{8,40}", fields.get("orderId", "")):
            raise Refused("10")
        _moment(fields.get("txnTime", ""))
        return fields

    def _sign(self, fields: dict[str, str], mode: str = "") -> dict[str, str]:
        """Return the fields with certificate and signature of UnionPay."""
        signed = fields | {
            "version": "5.1.0",
            "encoding": "UTF-8",
            "signMethod": "01",
            "certId": self._cert_id,
            "signPubKeyCert": self.box.keys.unionpay_gateway_cert,
        }
        signed = {name: value for name, value in signed.items() if value != ""}
        if mode == "unsigned":
            return signed
        key = self._other_key if mode == "bad_sig" else self._key
        return signed | {"signature": signing.sign(key, digest(signed))}

    def _sign_answer(self, fields: dict[str, str]) -> Response:
        """Answer with ``k=v&k=v``, values as they are."""
        found = fault()
        if found and found.kind == "wrong_amount" and "txnAmt" in fields:
            fields = fields | {"txnAmt": "1"}
        signed = self._sign(fields, found.kind if found else "")
        text = "&".join(f"{name}={signed[name]}" for name in sorted(signed))
        return Response(text, content_type="text/html;charset=UTF-8")

    def _said(self, code: str) -> dict[str, str]:
        return {"respCode": code, "respMsg": f"{MESSAGES.get(code, '失败')}[{code}]"}

    # Paying

    def _front(self) -> Response:
        return self.answer("front", self._front_work)

    def _front_work(self) -> Response:
        try:
            with self.box.ledger.lock:
                fields = self._authenticate()
                trade = self._create(fields)
        except Refused as refused:
            message = MESSAGES.get(refused.code, "失败")
            return self.refuse(f"{message}（{refused.code}）")
        return redirect_to(f"/cashier/{trade.data['token']}")

    def _create(self, fields: dict[str, str]) -> Trade:
        """Prepare a payment.

        :raises Refused: if a field is wrong or the number is used up.
        """
        kind = tuple(fields.get(n) for n in ("txnType", "txnSubType", "bizType"))
        if kind not in {("01", "01", "000201"), ("01", "03", "000201")}:
            raise Refused("10")
        if fields.get("channelType") not in {"07", "08"} or (
            fields.get("currencyCode") != "156"
        ):
            raise Refused("10")
        if not fields.get("frontUrl") or not fields.get("backUrl"):
            raise Refused("13")
        amount = _fen(fields)
        name = self._name(fields)
        trade = self.box.ledger.named(self.code, name)
        if trade is None:
            same_day = f"day:{fields['orderId']}:{fields['txnTime'][:8]}"
            if self.box.ledger.named(self.code, same_day):
                raise Refused("12")
            token = secrets.token_urlsafe(12)
            trade = Trade(
                self.code,
                f"{self.box.clock.at(None, BEIJING):%Y%m%d}{self.box.number()}",
                fields["orderId"],
                amount,
                "CNY",
                self.box.clock.now(),
                names=[name, same_day, f"token:{token}"],
                data={"token": token},
            )
        self.expire(trade)
        if not self.is_open(trade) or trade.amount != amount:
            raise Refused("12")
        until = fields.get("payTimeout")
        trade.data |= {
            "txn_time": fields["txnTime"],
            "front_url": fields["frontUrl"],
            "front_fail_url": fields.get("frontFailUrl", ""),
            "back_url": fields["backUrl"],
            "req_reserved": fields.get("reqReserved", ""),
            "sub_type": fields["txnSubType"],
            "expires_at": _moment(until)
            if until
            else trade.created_at + DEFAULT_PAY_TIMEOUT,
        }
        return self.box.ledger.save(trade)

    @staticmethod
    def _name(fields: dict[str, str]) -> str:
        """Return what identifies a transaction: order number and its time."""
        return f"txn:{fields['orderId']}:{fields['txnTime']}"

    def _cashier(self, token: str) -> Response:
        return self.open_cashier(self.box.ledger.named(self.code, f"token:{token}"))

    def _press(self, token: str) -> Response:
        return self.press(self.box.ledger.named(self.code, f"token:{token}"))

    def codes(self) -> tuple[tuple[str, str], ...]:
        """Return why a bank may refuse a buyer."""
        return tuple((code, MESSAGES[code]) for code in ("64", "61", "60", "30"))

    def paid(self, trade: Trade) -> None:
        """Note the trace number, and a defect if a fault switch says so."""
        found = self.box.faults.take(self.code, "pay")
        trade.data["resp_code"] = "A6" if found and found.argument == "A6" else "00"
        trade.data["trace_no"] = f"{self.box.number() % 1_000_000:06d}"

    def fail(self, trade: Trade, code: str) -> Response:
        """Keep the buyer at the cashier; the payment may still succeed."""
        trade.data["last_failure"] = code
        self.box.ledger.save(trade)
        return self.open_cashier(trade, self.say("failed", code=code))

    def cancel(self, trade: Trade) -> Response:
        """Leave the transaction open, as closing the page does."""
        return self.go_back(trade, "cancelled", "")

    def go_back(self, trade: Trade, outcome: str, code: str) -> Response:
        """Post the signed result through the browser; unpaid, give a plain link."""
        if outcome != "paid":
            link = trade.data["front_fail_url"] or trade.data["front_url"]
            return self.notice(outcome, link=str(link))
        page = FormBack(
            self.lang,
            self.say("back"),
            str(trade.data["front_url"]),
            self._sign(self._facts(trade)),
        )
        return show_form_back(page)

    def _facts(self, trade: Trade) -> dict[str, str]:
        """Return a payment as notifications describe it."""
        paid = self.box.clock.at(trade.paid_at, BEIJING)
        return {
            "accNo": "6216***********0018",
            "accessType": "0",
            "bizType": "000201",
            "currencyCode": "156",
            "merId": self.box.keys.unionpay_mer_id,
            "orderId": trade.ref,
            "payCardType": "01",
            "payType": "0001",
            "queryId": trade.key,
            "reqReserved": str(trade.data["req_reserved"]),
            "settleAmt": str(trade.amount),
            "settleCurrencyCode": "156",
            "settleDate": f"{paid:%m%d}",
            "traceNo": str(trade.data["trace_no"]),
            "traceTime": f"{paid:%m%d%H%M%S}",
            "txnAmt": str(trade.amount),
            "txnSubType": str(trade.data["sub_type"]),
            "txnTime": str(trade.data["txn_time"]),
            "txnType": "01",
        } | self._said(str(trade.data["resp_code"]))

    def expire(self, trade: Trade) -> None:
        """Close what was not paid in time."""
        now = self.box.clock.now()
        if (
            trade.state in {State.PREPARED, State.WAITING}
            and trade.data.get("expires_at", now) < now
            and trade.pay_late_at is None
        ):
            trade.state = State.CLOSED
            self.box.ledger.save(trade)

    # Refunds and revocations

    def _back(self) -> Response:
        return self.answer("back", self._back_work)

    def _back_work(self) -> Response:
        fields = request.form.to_dict()
        echo = {
            name: fields.get(name, "")
            for name in (
                *("accessType", "bizType", "merId", "orderId", "origQryId"),
                *("txnAmt", "txnSubType", "txnTime", "txnType", "reqReserved"),
            )
        }
        try:
            with self.box.ledger.lock:
                fields = self._authenticate()
                refund = self._give_back(fields)
        except Refused as refused:
            return self._sign_answer(echo | self._said(refused.code))
        answer = echo | {"queryId": str(refund.data["query_id"])} | self._said("00")
        return self._sign_answer(answer)

    def _give_back(self, fields: dict[str, str]) -> Refund:
        kind = (fields.get("txnType"), fields.get("txnSubType"), fields.get("bizType"))
        if kind not in {("04", "00", "000201"), ("31", "00", "000201")}:
            raise Refused("10")
        amount = _fen(fields)
        name = self._name(fields)
        if self.box.ledger.named(self.code, name):
            raise Refused("12")
        trade = self.box.ledger.get(self.code, fields.get("origQryId", ""))
        if trade is None or trade.paid_at is None:
            raise Refused("35")
        now = self.box.clock.now()
        if amount > trade.amount - trade.refunded:
            raise Refused("36")
        if fields["txnType"] == "31":
            today = self.box.clock.at(now, BEIJING).date()
            if amount != trade.amount:
                raise Refused("36")
            if self.box.clock.at(trade.paid_at, BEIJING).date() != today:
                raise Refused("35")
        elif now - trade.paid_at > REFUND_WITHIN:
            raise Refused("35")
        data = {
            "query_id": f"{self.box.clock.at(now, BEIJING):%Y%m%d}{self.box.number()}",
            "txn_time": fields["txnTime"],
            "txn_type": fields["txnType"],
            "back_url": fields.get("backUrl", ""),
        }
        refund = Refund(fields["orderId"], amount, now, data)
        trade.refunds.append(refund)
        trade.names.append(name)
        self.box.ledger.save(trade)
        self._notify(data["back_url"], self._refund_facts(trade, refund))
        return refund

    def _refund_facts(self, trade: Trade, refund: Refund) -> dict[str, str]:
        return {
            "accessType": "0",
            "bizType": "000201",
            "currencyCode": "156",
            "merId": self.box.keys.unionpay_mer_id,
            "orderId": refund.ref,
            "origQryId": trade.key,
            "queryId": str(refund.data["query_id"]),
            "settleAmt": str(refund.amount),
            "txnAmt": str(refund.amount),
            "txnSubType": "00",
            "txnTime": str(refund.data["txn_time"]),
            "txnType": str(refund.data["txn_type"]),
        } | self._said("00")

    # Asking

    def _query(self) -> Response:
        return self.answer("query", self._query_work)

    def _query_work(self) -> Response:
        fields = request.form.to_dict()
        echo = {
            name: fields.get(name, "")
            for name in ("accessType", "bizType", "merId", "orderId", "txnTime")
        } | {"txnType": "00", "txnSubType": "00"}
        try:
            with self.box.ledger.lock:
                facts = self._state_of(self._authenticate())
        except Refused as refused:
            return self._sign_answer(echo | self._said(refused.code))
        return self._sign_answer(echo | facts | self._said("00"))

    def _state_of(self, fields: dict[str, str]) -> dict[str, str]:
        if fields.get("txnType") != "00" or fields.get("bizType") != "000000":
            raise Refused("10")
        trade = self.box.ledger.named(self.code, self._name(fields))
        if trade is None:
            raise Refused("34")
        self.expire(trade)
        refund = trade.refund(fields["orderId"])
        if refund is not None:
            facts = self._refund_facts(trade, refund)
        elif trade.paid_at is not None:
            facts = self._facts(trade)
        elif self.is_open(trade):
            code = str(trade.data.get("last_failure", "05"))
            return self._original(code)
        else:
            raise Refused("34")
        if fault_is("processing"):
            return self._original("03")
        return facts | self._original(facts["respCode"])

    def _original(self, code: str) -> dict[str, str]:
        said = self._said(code)
        return {"origRespCode": code, "origRespMsg": said["respMsg"]}

    # Notifications

    def tell(self, trade: Trade, delay: float = 0, copies: int = 1) -> None:
        """Notify of a payment."""
        url = str(trade.data["back_url"])
        self._notify(url, self._facts(trade), delay, copies)

    def _notify(
        self, url: str, facts: dict[str, str], delay: float = 0, copies: int = 1
    ) -> None:
        if not url.startswith("http"):
            return
        found = self.box.faults.take(self.code, "notify")
        mode = found.kind if found else ""
        if mode == "wrong_amount":
            facts = facts | {"txnAmt": "1"}
        if mode == "wrong_merchant":
            facts = facts | {"merId": "777290000000000"}
        payload = {"facts": facts, "mode": mode}
        self.box.notifier.add(self.code, url, payload, delay, copies)

    def deliver(self, payload: dict[str, Any]) -> Delivery:
        """Sign and encode as a form."""
        signed = self._sign(payload["facts"], payload["mode"])
        return Delivery(
            {"Content-Type": "application/x-www-form-urlencoded;charset=UTF-8"},
            urlencode(signed).encode(),
        )

    def accepted(self, payload: dict[str, Any], status: int, body: bytes) -> bool:
        """Accept 200 and 302."""
        return status in {200, 302}


def _moment(text: str) -> float:
    """Read ``YYYYMMDDhhmmss`` of Beijing.

    :raises Refused: if it is none.
    """
    if not re.fullmatch(r"\d{14}", text):
        raise Refused("10")
    try:
        return datetime.strptime(f"{text} +0800", "%Y%m%d%H%M%S %z").timestamp()
    except ValueError:
        raise Refused("10") from None


def _fen(fields: dict[str, str]) -> int:
    """Read an amount in fen.

    :raises Refused: if it is none.
    """
    text = fields.get("txnAmt", "")
    if not re.fullmatch(r"[1-9][0-9]{0,11}", text):
        raise Refused("10")
    return int(text)
