"""SEP (Saman): ``reference/payments.md`` 7."""

import secrets
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, jsonify, request

from shop.sandbox.clock import TEHRAN
from shop.sandbox.gateways.base import Gateway
from shop.sandbox.ledger import State, Trade
from shop.sandbox.web import (
    FormBack,
    fault,
    fault_is,
    redirect_to,
    show_form_back,
)

TOKEN_LIVES = 1200.0
VERIFY_WITHIN = 1800.0
REVERSE_WITHIN = 3000.0
RESULTS = {
    0: "عملیات با موفقیت انجام شد",
    2: "درخواست تکراری می باشد",
    -2: "تراکنش یافت نشد",
    -6: "بیش از نیم ساعت از زمان اجرای تراکنش گذشته است",
    -104: "ترمینال ارسالی غیرفعال می باشد",
    -105: "ترمینال ارسالی در سیستم موجود نمی باشد",
    5: "تراکنش برگشت خورده است",
}


class Sep(Gateway):
    """Token, form by the browser, and a verify that may be repeated at will."""

    code = "sep"
    title = "پرداخت الکترونیک سامان (آزمایشی)"
    lang = "fa"

    def routes(self, app: Flask) -> None:
        """Add the paths; their letters are as mixed as the real ones."""
        post = ["POST"]
        base = "/verifyTxnRandomSessionkey/ipg"
        app.add_url_rule("/onlinepg/onlinepg", "token", self._token, methods=post)
        app.add_url_rule("/OnlinePG/OnlinePG", "open", self._open, methods=post)
        app.add_url_rule(
            f"{base}/VerifyTransaction", "verify", self._verify, methods=post
        )
        app.add_url_rule(
            f"{base}/ReverseTransaction", "reverse", self._reverse, methods=post
        )
        app.add_url_rule("/cashier/<token>", "cashier", self._cashier)
        app.add_url_rule("/cashier/<token>", "press", self._press, methods=post)

    def _token(self) -> Response:
        return self.answer("token", self._token_work)

    def _token_work(self) -> Response:
        body = _body()
        found = fault()
        error = self._wrong(body)
        if found and found.kind == "error":
            error = (int(found.argument or 5), "خطا")
        if error:
            return jsonify(status=-1, errorCode=str(error[0]), errorDesc=error[1])
        token = secrets.token_hex(16)
        self.box.ledger.save(
            Trade(
                self.code,
                token,
                str(body["ResNum"]),
                int(body["Amount"]),
                "IRR",
                self.box.clock.now(),
                data={"redirect_url": body["RedirectUrl"], "mode": "POST"},
            )
        )
        return jsonify(status=1, token=token)

    def _wrong(self, body: dict[str, Any]) -> tuple[int, str] | None:
        """Return code and description of the first wrong field."""
        if str(body.get("action", "")).lower() != "token":
            return 5, "پارامترهای ارسالی نامعتبر است."
        if str(body.get("TerminalId")) != self.box.keys.sep_terminal_id:
            return 11, "ترمینال ارسال شده یافت نشد."
        amount = body.get("Amount")
        if type(amount) is not int or amount < 1_000:
            return 5, "مبلغ نامعتبر است."
        if not body.get("ResNum") or len(str(body["ResNum"])) > 50:
            return 5, "شماره خرید نامعتبر است."
        url = urlsplit(str(body.get("RedirectUrl", "")))
        if url.scheme not in {"http", "https"} or not url.netloc:
            return 5, "آدرس بازگشت نامعتبر است."
        return None

    def _open(self) -> Response:
        """Take the token that the buyer's browser posts."""
        trade = self.box.ledger.get(self.code, request.form.get("Token", ""))
        if trade is None:
            return self.notice("unknown", status=404)
        if request.form.get("GetMethod", "").lower() == "true":
            trade.data["mode"] = "GET"
            self.box.ledger.save(trade)
        return redirect_to(f"/cashier/{trade.key}")

    def _cashier(self, token: str) -> Response:
        return self.open_cashier(self.box.ledger.get(self.code, token))

    def _press(self, token: str) -> Response:
        return self.press(self.box.ledger.get(self.code, token))

    def codes(self) -> tuple[tuple[str, str], ...]:
        """Return why a bank may refuse a buyer."""
        return (
            ("3", "پرداخت انجام نشد"),
            ("4", "کاربر در بازهٔ زمانی تعیین‌شده پاسخی نداد"),
            ("5", "پارامترهای ارسالی نامعتبر است"),
        )

    def paid(self, trade: Trade) -> None:
        """Give the payment its receipt number."""
        ref = secrets.token_urlsafe(24)
        trade.data |= {
            "ref_num": ref,
            "rrn": str(self.box.number() % 10**12),
            "trace": str(self.box.number() % 10**6),
        }
        trade.names.append(f"ref:{ref}")

    def tell(self, trade: Trade, delay: float = 0, copies: int = 1) -> None:
        """Call back a second time; there are no notifications."""
        if copies > 1:
            url = str(trade.data["redirect_url"])
            self.box.notifier.add(self.code, url, self._fields(trade, "2"))

    def _fields(self, trade: Trade, status: str) -> dict[str, str]:
        state = {"2": "OK", "1": "CanceledByUser"}.get(status, "Failed")
        fields = {
            "MID": self.box.keys.sep_terminal_id,
            "TerminalId": self.box.keys.sep_terminal_id,
            "State": state,
            "Status": status,
            "ResNum": trade.ref,
            "Token": trade.key,
            "Amount": str(trade.amount),
        }
        if status == "2":
            fields |= {
                "RefNum": trade.data["ref_num"],
                "RRN": trade.data["rrn"],
                "TraceNo": trade.data["trace"],
                "SecurePan": "621986****8080",
                "HashedCardNumber": secrets.token_hex(32).upper(),
            }
        return fields

    def go_back(self, trade: Trade, outcome: str, code: str) -> Response:
        """Post the result through the browser, unsigned."""
        status = {"paid": "2", "failed": code or "3"}.get(outcome, "1")
        url, fields = str(trade.data["redirect_url"]), self._fields(trade, status)
        return show_form_back(FormBack(self.lang, self.say("back"), url, fields))

    def _verify(self) -> Response:
        return self.answer("verify", lambda: self._settle("verify"))

    def _reverse(self) -> Response:
        return self.answer("reverse", lambda: self._settle("reverse"))

    def _settle(self, op: str) -> Response:
        """Verify or reverse by receipt number and terminal."""
        body = _body()
        found = fault()
        if found and found.kind == "error":
            return self._result(int(found.argument or -2))
        if str(body.get("TerminalNumber")) != self.box.keys.sep_terminal_id:
            return self._result(-105)
        with self.box.ledger.lock:
            trade = self.box.ledger.named(self.code, f"ref:{body.get('RefNum')}")
            if trade is None or trade.paid_at is None:
                return self._result(-2)
            self.expire(trade)
            age = self.box.clock.now() - trade.paid_at
            if op == "reverse":
                return self._reverse_now(trade, age)
            if trade.state is State.REVERSED:
                return self._result(-6 if trade.data.get("unverified") else 5, trade)
            again = "verified_at" in trade.data
            if age > VERIFY_WITHIN and not again:
                return self._result(-6)
            if not again:
                trade.data["verified_at"] = self.box.clock.now()
                self.box.ledger.save(trade)
            return self._result(2 if again else 0, trade)

    def _reverse_now(self, trade: Trade, age: float) -> Response:
        if trade.state is State.REVERSED:
            return self._result(2, trade)
        if age > REVERSE_WITHIN or "verified_at" not in trade.data:
            return self._result(-6 if age > REVERSE_WITHIN else -2)
        trade.state = State.REVERSED
        self.box.ledger.save(trade)
        return self._result(0, trade)

    def _result(self, code: int, trade: Trade | None = None) -> Response:
        answer: dict[str, Any] = {
            "ResultCode": code,
            "ResultDescription": RESULTS.get(code, "خطا"),
            "Success": code in {0, 2},
        }
        if trade is not None:
            amount = 1 if fault_is("wrong_amount") else trade.amount
            answer["TransactionDetail"] = {
                "RRN": trade.data["rrn"],
                "RefNum": trade.data["ref_num"],
                "MaskedPan": "621986****8080",
                "TerminalNumber": int(self.box.keys.sep_terminal_id),
                "OrginalAmount": amount,
                "AffectiveAmount": amount,
                "StraceDate": f"{self.box.clock.at(trade.paid_at, TEHRAN):%Y-%m-%d %X}",
                "StraceNo": trade.data["trace"],
            }
        return jsonify(answer)

    def expire(self, trade: Trade) -> None:
        """Close old tokens; give back what nobody verified in half an hour."""
        now = self.box.clock.now()
        if (
            trade.state in {State.PREPARED, State.WAITING}
            and trade.created_at + TOKEN_LIVES < now
            and trade.pay_late_at is None
        ):
            trade.state = State.CLOSED
            self.box.ledger.save(trade)
        elif (
            trade.state is State.PAID
            and trade.paid_at is not None
            and trade.paid_at + VERIFY_WITHIN < now
            and "verified_at" not in trade.data
        ):
            trade.state = State.REVERSED
            trade.data["unverified"] = True
            self.box.ledger.save(trade)


def _body() -> dict[str, Any]:
    body = request.get_json(silent=True)
    return body if isinstance(body, dict) else {}
