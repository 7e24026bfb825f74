"""Alipay OpenAPI with RSA2: ``reference/payments.md`` 1."""

import json
import re
import secrets
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, request
from flask.typing import ResponseReturnValue

from shop.sandbox import bills, signing
from shop.sandbox.box import Box
from shop.sandbox.clock import BEIJING
from shop.sandbox.gateways.base import Gateway
from shop.sandbox.ledger import Refund, State, Trade
from shop.sandbox.notify import Delivery
from shop.sandbox.web import fault, fault_is, redirect_to

DAY = 86400.0
BILL_LIVES = 30.0
FINISHED_AFTER = 365 * DAY
DEFAULT_EXPIRY = 15 * DAY
PAGE, WAP = "alipay.trade.page.pay", "alipay.trade.wap.pay"
PAGE_PRODUCTS = {"FAST_INSTANT_TRADE_PAY"}
WAP_PRODUCTS = {"QUICK_WAP_PAY", "QUICK_WAP_WAY"}
_AMOUNT = re.compile(r"(0|[1-9][0-9]{0,8})(\.[0-9]{1,2})?")


class Refused(Exception):
    """A call that is answered with an error; ``signed`` if Alipay knows the app."""

    def __init__(self, code: str, sub_code: str, sub_msg: str = "") -> None:
        super().__init__(sub_code)
        self.code, self.sub_code, self.sub_msg = code, sub_code, sub_msg

    @property
    def signed(self) -> bool:
        """Tell whether the answer carries a signature: business failures do."""
        return self.code == "40004"

    def body(self) -> dict[str, str]:
        """Return the answer's content."""
        msg = {
            "40001": "Missing Required Arguments",
            "40002": "Invalid Arguments",
            "40004": "Business Failed",
            "40006": "Insufficient Permissions",
            "20000": "Service Currently Unavailable",
        }[self.code]
        return {
            "code": self.code,
            "msg": msg,
            "sub_code": self.sub_code,
            "sub_msg": self.sub_msg or self.sub_code,
        }


def yuan(fen: int) -> str:
    """Return fen as Alipay writes money."""
    return f"{fen // 100}.{fen % 100:02d}"


def fen(text: object) -> int:
    """Read Alipay's money.

    :raises Refused: unless it is between 0.01 and 100,000,000 with two decimals.
    """
    if not isinstance(text, str) or not _AMOUNT.fullmatch(text):
        raise Refused("40004", "ACQ.INVALID_PARAMETER", "金额格式错误")
    whole, _, part = text.partition(".")
    amount = int(whole) * 100 + int((part + "00")[:2])
    if not 1 <= amount <= 10_000_000_000:
        raise Refused("40004", "ACQ.TOTAL_FEE_EXCEED", "订单金额超过限额")
    return amount


def business(code: str, message: str = "") -> Refused:
    """Make a business failure."""
    return Refused("40004", f"ACQ.{code}", message)


def _moment(text: str) -> float:
    """Read Beijing wall clock time.

    :raises ValueError: if it is none.
    """
    found = datetime.strptime(f"{text} +0800", "%Y-%m-%d %H:%M:%S %z")
    return found.timestamp()


def _fail_as_asked() -> None:
    """Fail if a fault switch says so.

    :raises Refused: with the code the switch names.
    """
    found = fault()
    if found and found.kind == "error":
        code = "20000" if found.argument.startswith("isp.") else "40004"
        raise Refused(code, found.argument or "ACQ.SYSTEM_ERROR")


def _check_product(biz: dict[str, Any], products: set[str]) -> None:
    """Refuse a product that is not sold through this method.

    :raises Refused: if it is another.
    """
    if biz.get("product_code") not in products:
        raise business("INVALID_PARAMETER", "product_code 错误")


class Alipay(Gateway):
    """One endpoint, chosen by ``method``; cashier and QR pages for the buyer."""

    code = "alipay"
    title = "支付宝收银台（模拟）"
    lang = "zh"
    ladder = (0, 240, 600, 600, 3600, 7200, 21600, 54000)
    answer_within = 10.0

    def __init__(self, box: Box) -> None:
        self._app_key = signing.public_key(box.keys.alipay_app_public_key)
        self._key = signing.private_key(box.keys.alipay_private_key)
        self._other_key = signing.private_key(box.keys.wechat_platform_private_key)
        self._bills: dict[str, tuple[date, float]] = {}
        self._methods: dict[str, tuple[str, Callable[[dict[str, Any]], dict[str, Any]]]]
        self._methods = {
            "alipay.trade.precreate": ("precreate", self._precreate),
            "alipay.trade.query": ("query", self._query),
            "alipay.trade.close": ("close", self._close),
            "alipay.trade.cancel": ("cancel", self._cancel),
            "alipay.trade.refund": ("refund", self._refund),
            "alipay.trade.fastpay.refund.query": ("refund_query", self._refund_query),
            "alipay.data.dataservice.bill.downloadurl.query": ("bill", self._bill),
        }
        super().__init__(box)

    def routes(self, app: Flask) -> None:
        """Add the endpoint, the cashier, the QR target and the bills."""
        app.add_url_rule(
            "/gateway.do", "gateway", self._gateway, methods=["GET", "POST"]
        )
        app.add_url_rule("/cashier/<token>", "cashier", self._cashier)
        app.add_url_rule("/cashier/<token>", "press", self._press, methods=["POST"])
        app.add_url_rule("/bill/<token>", "bill_file", self._bill_file)
        app.add_url_rule("/qr/<token>", "scan", self._cashier)
        app.add_url_rule("/qr/<token>", "scanned", self._press, methods=["POST"])

    # Envelope

    def _gateway(self) -> Response:
        fields = {**request.args.to_dict(), **request.form.to_dict()}
        method = fields.get("method", "")
        if method in {PAGE, WAP}:
            return self.answer(
                "page_pay" if method == PAGE else "wap_pay",
                lambda: self._page_pay(fields, method),
            )
        op, work = self._methods.get(method, ("unknown", self._unknown))
        return self.answer(op, lambda: self._call(fields, method, work))

    def _unknown(self, biz: dict[str, Any]) -> dict[str, Any]:
        raise Refused("40002", "isv.invalid-method", "不存在的方法名")

    def _authenticate(self, fields: Mapping[str, str]) -> dict[str, Any]:
        """Check the common parameters and the signature; return biz_content.

        :raises Refused: with the error code of the first thing wrong.
        """
        for name in (
            "app_id",
            "method",
            "charset",
            "sign_type",
            "timestamp",
            "version",
        ):
            if not fields.get(name):
                raise Refused("40001", f"isv.missing-{name.replace('_', '-')}")
        if not fields.get("sign"):
            raise Refused("40001", "isv.missing-signature", "缺少签名参数")
        if fields["app_id"] != self.box.keys.alipay_app_id:
            raise Refused("40002", "isv.invalid-app-id", "无效的AppID参数")
        if fields["sign_type"] != "RSA2":
            raise Refused("40002", "isv.invalid-signature-type", "无效的签名类型")
        if fields["charset"].lower() != "utf-8":
            raise Refused("40002", "isv.invalid-charset")
        if not signing.verifies(
            self._app_key, fields["sign"], signing.canonical(fields, {"sign"})
        ):
            raise Refused("40002", "isv.invalid-signature", "验签出错")
        try:
            _moment(fields["timestamp"])
        except ValueError:
            raise Refused(
                "40002", "isv.invalid-timestamp", "非法的时间戳参数"
            ) from None
        try:
            biz = json.loads(fields.get("biz_content") or "{}")
        except ValueError:
            biz = None
        if not isinstance(biz, dict):
            raise Refused("40002", "isv.invalid-parameter", "biz_content 不是 JSON")
        return biz

    def _call(
        self,
        fields: Mapping[str, str],
        method: str,
        work: Callable[[dict[str, Any]], dict[str, Any]],
    ) -> Response:
        try:
            biz = self._authenticate(fields)
            _fail_as_asked()
            with self.box.ledger.lock:
                content = {"code": "10000", "msg": "Success"} | work(biz)
        except Refused as refused:
            if refused.signed:
                return self._sign_answer(method, refused.body())
            return _json({"error_response": refused.body()})
        return self._sign_answer(method, content)

    def _sign_answer(self, method: str, content: dict[str, Any]) -> Response:
        """Sign the raw text of the answer, slashes escaped as the real one does."""
        if fault_is("wrong_amount") and "total_amount" in content:
            content = content | {"total_amount": "0.01"}
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        text = text.replace("/", "\\/")
        name = method.replace(".", "_") + "_response"
        if fault_is("unsigned"):
            return _raw(f'{{"{name}":{text}}}')
        key = self._other_key if fault_is("bad_sig") else self._key
        sign = signing.sign(key, text.encode())
        return _raw(f'{{"{name}":{text},"sign":"{sign}"}}')

    # Creating

    def _page_pay(self, fields: Mapping[str, str], method: str) -> ResponseReturnValue:
        try:
            biz = self._authenticate(fields)
            _check_product(biz, WAP_PRODUCTS if method == WAP else PAGE_PRODUCTS)
            with self.box.ledger.lock:
                trade = self._create(biz, fields, method)
        except Refused as refused:
            return self.refuse(
                f"请回到请求来源地，重新发起请求。错误代码 {refused.sub_code}"
                f" 错误原因：{refused.sub_msg or refused.sub_code}"
            )
        return redirect_to(f"/cashier/{trade.data['token']}")

    def _precreate(self, biz: dict[str, Any]) -> dict[str, Any]:
        fields = {**request.args.to_dict(), **request.form.to_dict()}
        trade = self._create(biz, fields, "alipay.trade.precreate")
        return {
            "out_trade_no": trade.ref,
            "qr_code": self.scan_url(trade),
        }

    def _create(
        self, biz: dict[str, Any], fields: Mapping[str, str], method: str
    ) -> Trade:
        """Prepare a trade, or find the one the merchant asks for again.

        :raises Refused: if a field is wrong or the number was used differently.
        """
        ref = biz.get("out_trade_no")
        if not isinstance(ref, str) or not re.fullmatch(r"[0-9A-Za-z_]{1,64}", ref):
            raise business("INVALID_PARAMETER", "out_trade_no 格式错误")
        amount = fen(biz.get("total_amount"))
        subject = biz.get("subject")
        if (
            not isinstance(subject, str)
            or not 1 <= len(subject) <= 256
            or re.search(r"[/=&]", subject)
        ):
            raise business("INVALID_PARAMETER", "subject 含有非法字符")
        if biz.get("enable_pay_channels") and biz.get("disable_pay_channels"):
            raise business("INVALID_PARAMETER", "支付渠道参数互斥")
        instalments = self._instalments(biz, amount)
        expires_at = self._expires_at(biz)
        trade = self.box.ledger.named(self.code, f"ref:{ref}")
        if trade is None:
            trade = self._new(ref, amount)
        self.expire(trade)
        if trade.state is State.PAID:
            raise business("TRADE_HAS_SUCCESS", "交易已被支付")
        if trade.state not in {State.PREPARED, State.WAITING}:
            raise business("TRADE_HAS_CLOSE", "交易已经关闭")
        if trade.amount != amount:
            raise business("CONTEXT_INCONSISTENT", "交易信息被篡改")
        trade.data |= {
            "method": method,
            "subject": subject,
            "body": str(biz.get("body") or ""),
            "expires_at": expires_at,
            "notify_url": fields.get("notify_url", ""),
            "return_url": fields.get("return_url", ""),
            "quit_url": str(biz.get("quit_url") or ""),
            "passback_params": str(biz.get("passback_params") or ""),
            "instalments": instalments,
        }
        return self.box.ledger.save(trade)

    def _new(self, ref: str, amount: int) -> Trade:
        token = "bax" + secrets.token_hex(12)
        now = self.box.clock.at(None, BEIJING)
        key = f"{now:%Y%m%d}22001{self.box.number() % 10**15:015d}"
        return Trade(
            self.code,
            key,
            ref,
            amount,
            "CNY",
            self.box.clock.now(),
            names=[f"ref:{ref}", f"token:{token}"],
            data={"token": token},
        )

    def _instalments(self, biz: dict[str, Any], amount: int) -> str:
        extend = biz.get("extend_params")
        if extend is None or not isinstance(extend, dict):
            return ""
        count = extend.get("hb_fq_num")
        if count is None:
            return ""
        percent = str(extend.get("hb_fq_seller_percent"))
        if str(count) not in {"3", "6", "12"} or percent not in {"0", "100"}:
            raise business("INVALID_PARAMETER", "花呗分期参数错误")
        if biz.get("goods_type") == "0" or amount < 10_000:
            raise business("INVALID_PARAMETER", "不支持花呗分期")
        return str(count)

    def _expires_at(self, biz: dict[str, Any]) -> float:
        now = self.box.clock.now()
        if moment := biz.get("time_expire"):
            try:
                return _moment(str(moment))
            except ValueError:
                raise business("INVALID_PARAMETER", "time_expire 格式错误") from None
        span = biz.get("timeout_express") or biz.get("qr_code_timeout_express")
        if not span:
            return now + DEFAULT_EXPIRY
        if span == "1c":
            today = self.box.clock.at(None, BEIJING)
            return today.replace(hour=23, minute=59, second=59).timestamp()
        match = re.fullmatch(r"([1-9][0-9]{0,4})([mhd])", str(span))
        if match is None:
            raise business("INVALID_PARAMETER", "timeout_express 格式错误")
        unit = {"m": 60.0, "h": 3600.0, "d": DAY}[match[2]]
        return now + min(int(match[1]) * unit, DEFAULT_EXPIRY)

    # Asking and changing

    def _find(self, biz: dict[str, Any]) -> Trade:
        """Return the trade a call means; only those a buyer has opened exist."""
        ledger = self.box.ledger
        if biz.get("trade_no"):
            trade = ledger.get(self.code, str(biz["trade_no"]))
        elif biz.get("out_trade_no"):
            trade = ledger.named(self.code, f"ref:{biz['out_trade_no']}")
        else:
            raise Refused("40001", "isv.missing-out-trade-no")
        if trade is not None:
            self.expire(trade)
        if trade is None or "opened_at" not in trade.data:
            raise business("TRADE_NOT_EXIST", "交易不存在")
        return trade

    def _status(self, trade: Trade) -> str:
        match trade.state:
            case State.PREPARED | State.WAITING:
                return "WAIT_BUYER_PAY"
            case State.PAID if trade.refunded >= trade.amount:
                return "TRADE_CLOSED"
            case State.PAID if trade.data.get("finished"):
                return "TRADE_FINISHED"
            case State.PAID:
                return "TRADE_SUCCESS"
        return "TRADE_CLOSED"

    def _both(self, trade: Trade) -> dict[str, str]:
        return {"trade_no": trade.key, "out_trade_no": trade.ref}

    def _query(self, biz: dict[str, Any]) -> dict[str, Any]:
        trade = self._find(biz)
        paid = yuan(trade.amount) if trade.paid_at is not None else "0.00"
        content = self._both(trade) | {
            "buyer_logon_id": "138****0000",
            "buyer_user_id": "2088102122458832",
            "trade_status": self._status(trade),
            "total_amount": yuan(trade.amount),
            "receipt_amount": paid,
            "buyer_pay_amount": paid,
            "point_amount": "0.00",
            "invoice_amount": paid,
        }
        if trade.paid_at is not None:
            content["send_pay_date"] = self._time(trade.paid_at)
        if trade.data.get("instalments"):
            info = {"user_install_num": trade.data["instalments"]}
            return content | {"hb_fq_pay_info": info}
        return content

    def _close(self, biz: dict[str, Any]) -> dict[str, Any]:
        trade = self._find(biz)
        if trade.state is State.PAID:
            raise business("TRADE_STATUS_ERROR", "交易状态不合法")
        if trade.state is not State.CLOSED:
            self._shut(trade)
        return self._both(trade)

    def _shut(self, trade: Trade) -> None:
        trade.state = State.CLOSED
        trade.data["closed_at"] = self.box.clock.now()
        self.box.ledger.save(trade)

    def _cancel(self, biz: dict[str, Any]) -> dict[str, Any]:
        """Close an unpaid trade, give a paid one back; unknown ones need nothing."""
        try:
            trade = self._find(biz)
        except Refused as refused:
            if refused.sub_code != "ACQ.TRADE_NOT_EXIST":
                raise
            return {"out_trade_no": str(biz["out_trade_no"]), "retry_flag": "N"}
        answer = self._both(trade) | {"retry_flag": "N"}
        if trade.state is State.PAID:
            if left := trade.amount - trade.refunded:
                self._give_back(trade, f"cancel{trade.ref}", left)
            return answer | {"action": "refund"}
        if trade.state is not State.CLOSED:
            self._shut(trade)
        return answer | {"action": "close"}

    def _refund(self, biz: dict[str, Any]) -> dict[str, Any]:
        trade = self._find(biz)
        amount = fen(biz.get("refund_amount"))
        if trade.state is not State.PAID:
            raise business("TRADE_STATUS_ERROR", "交易状态不合法")
        ref = str(biz.get("out_request_no") or "")
        if not ref:
            if amount != trade.amount:
                raise business("REFUND_AMT_NOT_EQUAL_TOTAL", "退款金额与订单不符")
            ref = trade.ref
        if len(ref) > 64:
            raise business("INVALID_PARAMETER", "out_request_no 过长")
        earlier = trade.refund(ref)
        if earlier is not None and earlier.amount != amount:
            raise business("DISCORDANT_REPEAT_REQUEST", "重复请求信息不一致")
        if earlier is None:
            if trade.data.get("finished"):
                raise business("TRADE_HAS_FINISHED", "交易已完结")
            if amount > trade.amount - trade.refunded:
                raise business("REASON_TRADE_REFUND_FEE_ERR", "退款金额超过剩余金额")
            self._give_back(trade, ref, amount)
        changed = "N" if earlier is not None or fault_is("fund_change_n") else "Y"
        return self._both(trade) | {
            "buyer_logon_id": "138****0000",
            "buyer_user_id": "2088102122458832",
            "fund_change": changed,
            "refund_fee": yuan(trade.refunded),
            "gmt_refund_pay": self._time(trade.refunds[-1].at),
        }

    def _give_back(self, trade: Trade, ref: str, amount: int) -> None:
        trade.refunds.append(Refund(ref, amount, self.box.clock.now()))
        self.box.ledger.save(trade)
        self._notify(trade, self._refund_fields(trade, trade.refunds[-1]))

    def _refund_query(self, biz: dict[str, Any]) -> dict[str, Any]:
        trade = self._find(biz)
        refund = trade.refund(str(biz.get("out_request_no") or trade.ref))
        if refund is None or fault_is("processing"):
            return {}
        return self._both(trade) | {
            "out_request_no": refund.ref,
            "refund_amount": yuan(refund.amount),
            "total_amount": yuan(trade.amount),
            "refund_status": "REFUND_SUCCESS",
            "gmt_refund_pay": self._time(refund.at),
        }

    def _bill(self, biz: dict[str, Any]) -> dict[str, Any]:
        """Hand out the address of a day's bill; it lives for 30 seconds.

        :raises Refused: if there is no such bill, or not yet.
        """
        if biz.get("bill_type") not in {"trade", "signcustomer"}:
            raise Refused("40002", "isv.invalid-parameter", "bill_type 错误")
        try:
            day = date.fromisoformat(str(biz.get("bill_date")))
        except ValueError:
            raise Refused("40004", "isp.bill_date_error", "账单日期错误") from None
        if not bills.is_ready(day, self.box.clock.at(None, BEIJING)):
            raise Refused("40004", "isp.bill_not_exist", "账单不存在")
        token = secrets.token_urlsafe(16)
        self._bills[token] = (day, self.box.clock.real() + BILL_LIVES)
        return {"bill_download_url": self.box.url("alipay", f"/bill/{token}")}

    def _bill_file(self, token: str) -> Response:
        day, until = self._bills.get(token, (None, 0.0))
        if day is None or until < self.box.clock.real():
            return Response(status=404)
        found = bills.lines(self.box.ledger.of(self.code), day)
        body = bills.alipay(found, day, self.box.keys.alipay_seller_id)
        return Response(body, content_type="application/zip")

    # The buyer

    def _cashier(self, token: str) -> Response:
        return self.open_cashier(self.box.ledger.named(self.code, f"token:{token}"))

    def _press(self, token: str) -> Response:
        return self.press(self.box.ledger.named(self.code, f"token:{token}"))

    def scan_url(self, trade: Trade) -> str:
        """Return where a phone goes that scans this trade's code."""
        if trade.data["method"] != "alipay.trade.precreate" or not self.is_open(trade):
            return ""
        return self.box.url("alipay", f"/qr/{trade.data['token']}")

    def opened(self, trade: Trade) -> None:
        """Bring the trade into being: before, nothing existed at Alipay."""
        trade.data["opened_at"] = self.box.clock.now()

    def codes(self) -> tuple[tuple[str, str], ...]:
        """Return why Alipay may refuse a buyer."""
        return (
            ("ACQ.BUYER_BALANCE_NOT_ENOUGH", "买家余额不足"),
            ("ACQ.BUYER_BANKCARD_BALANCE_NOT_ENOUGH", "银行卡余额不足"),
            ("ACQ.ERROR_BALANCE_PAYMENT_DISABLE", "余额支付功能关闭"),
            ("ACQ.PAYMENT_REQUEST_HAS_RISK", "支付有风险"),
        )

    def paid(self, trade: Trade) -> None:
        """Nothing but the time of payment is kept."""

    def fail(self, trade: Trade, code: str) -> Response:
        """Keep the buyer at the cashier: Alipay lets him try again."""
        return self.open_cashier(trade, self.say("failed", code=code))

    def cancel(self, trade: Trade) -> Response:
        """Leave the trade open, as closing the page does."""
        return self.go_back(trade, "cancelled", "")

    def go_back(self, trade: Trade, outcome: str, code: str) -> Response:
        """Return with signed parameters when paid, else by a plain link."""
        url = str(trade.data.get("return_url", ""))
        if trade.data["method"] == "alipay.trade.precreate":
            return self.notice("paid" if outcome == "paid" else outcome)
        if outcome != "paid":  # the page for computers knows no way back
            return self.notice(outcome, link=str(trade.data.get("quit_url", "")))
        if not url:
            return self.notice("paid")
        fields = {
            "charset": "utf-8",
            "out_trade_no": trade.ref,
            "method": trade.data["method"] + ".return",
            "total_amount": yuan(trade.amount),
            "trade_no": trade.key,
            "auth_app_id": self.box.keys.alipay_app_id,
            "version": "1.0",
            "app_id": self.box.keys.alipay_app_id,
            "seller_id": self.box.keys.alipay_seller_id,
            "timestamp": self._time(self.box.clock.real()),
        }
        sign = signing.sign(self._key, signing.canonical(fields))
        query = urlencode(fields | {"sign_type": "RSA2", "sign": sign})
        joint = "&" if "?" in url else "?"
        return redirect_to(f"{url}{joint}{query}")

    # Time and notifications

    def expire(self, trade: Trade) -> None:
        """Close what was not paid in time; finish what can be refunded no more."""
        now = self.box.clock.now()
        if (
            trade.state in {State.PREPARED, State.WAITING}
            and trade.data.get("expires_at", now) < now
            and trade.pay_late_at is None
        ):
            self._shut(trade)
            if trade.data.get("method") == WAP and "opened_at" in trade.data:
                self._notify(trade, {"gmt_close": self._time(now)})
        elif (
            trade.state is State.PAID
            and trade.paid_at is not None
            and trade.paid_at + FINISHED_AFTER < now
            and trade.refunded < trade.amount
            and not trade.data.get("finished")
        ):
            trade.data["finished"] = True
            self.box.ledger.save(trade)
            if trade.data.get("method") == WAP:
                self._notify(trade, {})

    def _time(self, moment: float) -> str:
        return f"{self.box.clock.at(moment, BEIJING):%Y-%m-%d %H:%M:%S}"

    def tell(self, trade: Trade, delay: float = 0, copies: int = 1) -> None:
        """Notify of a payment."""
        self._notify(trade, {}, delay, copies)

    def _refund_fields(self, trade: Trade, refund: Refund) -> dict[str, str]:
        return {
            "refund_fee": yuan(trade.refunded),
            "gmt_refund": self._time(refund.at) + ".000",
            "out_biz_no": refund.ref,
        }

    def _notify(
        self,
        trade: Trade,
        more: dict[str, str],
        delay: float = 0,
        copies: int = 1,
    ) -> None:
        url = str(trade.data.get("notify_url", ""))
        if not url:
            return
        keys = self.box.keys
        fields = {
            "notify_type": "trade_status_sync",
            "notify_id": f"{self.box.number()}{secrets.token_hex(8)}",
            "app_id": keys.alipay_app_id,
            "auth_app_id": keys.alipay_app_id,
            "charset": "utf-8",
            "version": "1.0",
            "trade_no": trade.key,
            "out_trade_no": trade.ref,
            "buyer_id": "2088102122458832",
            "buyer_logon_id": "138****0000",
            "seller_id": keys.alipay_seller_id,
            "trade_status": self._status(trade),
            "total_amount": yuan(trade.amount),
            "subject": str(trade.data["subject"]),
            "gmt_create": self._time(trade.created_at),
        }
        if trade.paid_at is not None:
            paid = yuan(trade.amount)
            fields |= {
                "receipt_amount": paid,
                "buyer_pay_amount": paid,
                "invoice_amount": paid,
                "point_amount": "0.00",
                "gmt_payment": self._time(trade.paid_at),
                "fund_bill_list": json.dumps(
                    [{"amount": paid, "fundChannel": "ALIPAYACCOUNT"}],
                    separators=(",", ":"),
                ),
            }
        for name in ("body", "passback_params"):
            if trade.data.get(name):
                fields[name] = str(trade.data[name])
        fields |= more
        found = self.box.faults.take(self.code, "notify")
        kind = found.kind if found else ""
        if kind == "wrong_amount":
            fields["total_amount"] = "0.01"
        if kind == "wrong_merchant":
            fields["seller_id"] = "2088000000000000"
        payload = {"fields": fields, "bad_sig": kind == "bad_sig"}
        self.box.notifier.add(self.code, url, payload, delay, copies)

    def deliver(self, payload: dict[str, Any]) -> Delivery:
        """Sign everything but ``sign`` and ``sign_type``."""
        fields: dict[str, str] = payload["fields"] | {
            "notify_time": self._time(self.box.clock.real())
        }
        key = self._other_key if payload["bad_sig"] else self._key
        sign = signing.sign(key, signing.canonical(fields))
        body = urlencode(fields | {"sign_type": "RSA2", "sign": sign})
        return Delivery(
            {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"},
            body.encode(),
        )

    def accepted(self, payload: dict[str, Any], status: int, body: bytes) -> bool:
        """Accept exactly the seven letters."""
        return status == 200 and body == b"success"


def _raw(text: str) -> Response:
    return Response(text, content_type="text/html;charset=utf-8")


def _json(content: dict[str, Any]) -> Response:
    return _raw(json.dumps(content, ensure_ascii=False, separators=(",", ":")))
