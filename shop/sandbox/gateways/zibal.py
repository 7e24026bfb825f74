"""Zibal IPG: ``reference/payments.md`` 5."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Flask, Response, jsonify, make_response, request

from shop.sandbox.clock import TEHRAN
from shop.sandbox.gateways.base import LATE, Gateway
from shop.sandbox.ledger import Refund, State, Trade
from shop.sandbox.web import fault, fault_is, redirect_to

SESSION = 3600.0
GIVEN_BACK_AFTER = 3 * 3600.0
"""Seconds after which an unverified payment goes back; the real window is not known."""
MAX_RIAL = 2_000_000_000
MESSAGES = {
    100: "success",
    102: "merchant not found",
    105: "amount must be greater than 1,000",
    106: "invalid callbackUrl",
    113: "amount exceeds the limit",
    201: "already verified",
    202: "not successful",
    203: "trackId not found",
}


class Refused(Exception):
    """A call answered with a result other than 100."""

    def __init__(self, result: int) -> None:
        super().__init__(result)
        self.result = result


class Zibal(Gateway):
    """Request, pay page, verify (which is not told the amount), inquiry."""

    code = "zibal"
    title = "درگاه زیبال (آزمایشی)"
    lang = "fa"

    def routes(self, app: Flask) -> None:
        """Add the paths of v1."""
        calls: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "request": self._request,
            "verify": self._verify,
            "inquiry": self._inquiry,
        }
        for op, work in calls.items():
            app.add_url_rule(f"/v1/{op}", op, self._call(op, work), methods=["POST"])
        app.add_url_rule("/v1/account/refund", "refund", self._refund, methods=["POST"])
        for path in ("/start/<number>", "/start/<number>/direct"):
            app.add_url_rule(path, path, self._start)
            app.add_url_rule(path, f"{path} post", self._press, methods=["POST"])

    def _call(
        self, op: str, work: Callable[[dict[str, Any]], dict[str, Any]]
    ) -> Callable[[], Response]:
        def run() -> Response:
            body = request.get_json(silent=True)
            try:
                given = self._check(body)
                with self.box.ledger.lock:
                    answer = work(given)
            except Refused as refused:
                answer = {
                    "result": refused.result,
                    "message": MESSAGES.get(refused.result, "error"),
                }
            return jsonify(answer)

        return lambda: self.answer(op, run)

    def _check(self, body: object) -> dict[str, Any]:
        """Return the body, if the merchant is ours.

        :raises Refused: if it is not, or a fault switch says so.
        """
        found = fault()
        if found and found.kind == "error":
            raise Refused(int(found.argument or 202))
        if not isinstance(body, dict):
            raise Refused(102)
        if body.get("merchant") != self.box.keys.zibal_merchant:
            raise Refused(102)
        return body

    def _request(self, body: dict[str, Any]) -> dict[str, Any]:
        amount, callback = body.get("amount"), body.get("callbackUrl")
        if type(amount) is not int or amount < 1_000:
            raise Refused(105)
        if amount > MAX_RIAL:
            raise Refused(113)
        if not isinstance(callback, str) or not (
            urlsplit(callback).scheme in {"http", "https"} and urlsplit(callback).netloc
        ):
            raise Refused(106)
        number = self.box.number()
        self.box.ledger.save(
            Trade(
                self.code,
                str(number),
                str(body.get("orderId") or ""),
                amount,
                "IRR",
                self.box.clock.now(),
                data={
                    "subject": str(body.get("description") or ""),
                    "callback_url": callback,
                },
            )
        )
        return {"result": 100, "message": "success", "trackId": number}

    def _find(self, body: dict[str, Any]) -> Trade:
        number = body.get("trackId")
        if not isinstance(number, int | str) or isinstance(number, bool):
            raise Refused(203)
        trade = self.box.ledger.get(self.code, str(number))
        if trade is None:
            raise Refused(203)
        self.expire(trade)
        return trade

    def _status(self, trade: Trade) -> int:
        match trade.state:
            case State.PAID if trade.refunds:
                return 15
            case State.PAID:
                return 1 if trade.data.get("verified_at") else 2
            case State.CANCELLED:
                return 3
            case State.FAILED:
                return int(trade.data["fail_code"])
            case State.REVERSED:
                return 18
            case State.CLOSED:
                return -2
        return -1

    def _verify(self, body: dict[str, Any]) -> dict[str, Any]:
        trade = self._find(body)
        if trade.state is not State.PAID:
            raise Refused(202)
        if trade.data.get("verified_at"):
            return {"result": 201, "message": MESSAGES[201]}
        trade.data["verified_at"] = self.box.clock.now()
        self.box.ledger.save(trade)
        answer = self._facts(trade) | {"result": 100, "message": "success"}
        if fault_is("wrong_amount"):
            answer["amount"] = trade.amount // 10
        if fault_is("wrong_merchant"):
            answer["orderId"] = "999"
        return answer

    def _facts(self, trade: Trade) -> dict[str, Any]:
        return {
            "paidAt": self._time(trade.paid_at),
            "cardNumber": "62741****44",
            "status": self._status(trade),
            "amount": trade.amount,
            "refNumber": trade.data.get("ref_number"),
            "description": trade.data["subject"],
            "orderId": trade.ref,
        }

    def _inquiry(self, body: dict[str, Any]) -> dict[str, Any]:
        trade = self._find(body)
        return self._facts(trade) | {
            "createdAt": self._time(trade.created_at),
            "verifiedAt": self._time(trade.data.get("verified_at")),
            "wage": 0,
            "result": 100,
            "message": "success",
        }

    def _time(self, moment: float | None) -> str | None:
        if moment is None:
            return None
        return f"{self.box.clock.at(moment, TEHRAN):%Y-%m-%dT%H:%M:%S.000000}"

    def _refund(self) -> Response:
        return self.answer("refund", self._refund_work)

    def _refund_work(self) -> Response:
        """Give back all or a part; the platform has its own results: 1 is good."""
        token = f"Bearer {self.box.keys.zibal_access_token}"
        if request.headers.get("Authorization", "") != token:
            return make_response(jsonify(result=3, message="invalid token"), 401)
        body = request.get_json(silent=True)
        body = body if isinstance(body, dict) else {}
        with self.box.ledger.lock:
            trade = self.box.ledger.get(self.code, str(body.get("trackId")))
            if trade is None or trade.state is not State.PAID:
                return jsonify(result=4, message="transaction not found")
            left = trade.amount - trade.refunded
            amount = body.get("amount", left)
            if type(amount) is not int or not 1 <= amount <= left:
                return jsonify(result=5, message="invalid amount")
            number = str(self.box.number())
            trade.refunds.append(Refund(number, amount, self.box.clock.now()))
            self.box.ledger.save(trade)
        data = {"reversed": amount, "remaining": left - amount, "split": []}
        data["refundId"] = number
        return jsonify(result=1, message="success", data=data)

    # The buyer

    def _start(self, number: str) -> Response:
        return self.open_cashier(self.box.ledger.get(self.code, number))

    def _press(self, number: str) -> Response:
        return self.press(self.box.ledger.get(self.code, number))

    def codes(self) -> tuple[tuple[str, str], ...]:
        """Return why a bank may refuse a buyer."""
        return (
            ("5", "موجودی کافی نیست"),
            ("6", "رمز نادرست است"),
            ("4", "شمارهٔ کارت نامعتبر است"),
            ("12", "صادرکنندهٔ کارت پاسخ نمی‌دهد"),
        )

    def paid(self, trade: Trade) -> None:
        """Give the payment its reference."""
        trade.data["ref_number"] = self.box.number() % 10**12

    def tell(self, trade: Trade, delay: float = 0, copies: int = 1) -> None:
        """Note a delayed callback, or make it twice; there are no notifications."""
        if delay:
            trade.data["delayed"] = True
            self.box.ledger.save(trade)
        if copies > 1:
            self.box.notifier.add(self.code, self._callback(trade), {})

    def _callback(self, trade: Trade) -> str:
        url = str(trade.data["callback_url"])
        fields = {
            "trackId": trade.key,
            "success": "1" if trade.state is State.PAID else "0",
            "status": str(self._status(trade)),
            "orderId": trade.ref,
        }
        return url + ("&" if "?" in url else "?") + urlencode(fields)

    def go_back(self, trade: Trade, outcome: str, code: str) -> Response:
        """Send the browser back by GET, unsigned."""
        url = self._callback(trade)
        if outcome == "paid" and trade.data.get("delayed"):
            wait = max(1, int(LATE / self.box.clock.scale))
            return self.notice("later", link=url, refresh=wait)
        return redirect_to(url)

    def expire(self, trade: Trade) -> None:
        """Close old sessions; give back what nobody verified."""
        now = self.box.clock.now()
        if (
            trade.state in {State.PREPARED, State.WAITING}
            and trade.created_at + SESSION < now
            and trade.pay_late_at is None
        ):
            trade.state = State.CLOSED
            self.box.ledger.save(trade)
        elif (
            trade.state is State.PAID
            and not trade.data.get("verified_at")
            and trade.paid_at is not None
            and trade.paid_at + GIVEN_BACK_AFTER < now
        ):
            trade.state = State.REVERSED
            self.box.ledger.save(trade)
