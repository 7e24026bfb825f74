"""ZarinPal v4 REST: ``reference/payments.md`` 4."""

import re
import secrets
import string
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Flask, Response, jsonify, make_response, request

from shop.sandbox.clock import TEHRAN
from shop.sandbox.gateways.base import LATE, Gateway
from shop.sandbox.ledger import Refund, State, Trade
from shop.sandbox.web import fault, fault_is, redirect_to

REVERSE_WITHIN = 1800.0
GIVEN_BACK_AFTER = 3 * 3600.0
"""Seconds after which an unverified payment goes back; the real window is not known."""
TERMINAL = "1915487"
REFUND_TAKES = 60.0
"""Seconds until an accepted refund counts as arrived; the real time is not known."""
SESSION = 3600.0
"""Seconds a session stays open; not known either."""
CARD, CARD_HASH = (
    "502229******5995",
    "1EBE3EBEBE35C7EC0F8D6EE4F2F859107A87822CA179BC9528767EA7B5489B69",
)

MESSAGES = {
    -9: "The input params invalid, validation error.",
    -10: "Terminal is not valid, please check merchant_id or ip address.",
    -41: "Maximum amount is 100,000,000 tomans.",
    -50: "Session is not valid, amounts values is not the same.",
    -51: "Session is not valid, session is not active paid try.",
    -52: "Oops!!, please contact our support team.",
    -53: "Session is not this merchant_id session.",
    -54: "Invalid authority.",
    -60: "Session can not be reversed with bank.",
    -61: "Session is not in success status.",
    -62: "Terminal ip limit must be active.",
    -63: "Maximum time for reverse this session is expired.",
}
STATUS = {-9: 422, -10: 401, -54: 404}
"""HTTP status of an error; every other one comes with 200."""


class Refused(Exception):
    """A call answered with an error code."""

    def __init__(self, code: int, **validations: str) -> None:
        super().__init__(code)
        self.code = code
        self.validations = validations


class Zarinpal(Gateway):
    """Request, pay page, verify, and the lists that heal lost answers."""

    code = "zarinpal"
    title = "درگاه زرین‌پال (آزمایشی)"
    lang = "fa"

    def routes(self, app: Flask) -> None:
        """Add the paths of v4 and of the refund service."""
        calls: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "request": self._request,
            "verify": self._verify,
            "inquiry": self._inquiry,
            "unVerified": self._unverified,
            "reverse": self._reverse,
        }
        for op, work in calls.items():
            app.add_url_rule(
                f"/pg/v4/payment/{op}.json", op, self._call(op, work), methods=["POST"]
            )
        for path in ("/graphql", "/graphql/", "/api/v4/graphql", "/api/v4/graphql/"):
            app.add_url_rule(path, path, self._graphql, methods=["POST"])
        app.add_url_rule("/pg/StartPay/<authority>", "start", self._start)
        app.add_url_rule(
            "/pg/StartPay/<authority>", "press", self._press, methods=["POST"]
        )

    def _call(
        self, op: str, work: Callable[[dict[str, Any]], dict[str, Any]]
    ) -> Callable[[], Response]:
        def run() -> Response:
            body = request.get_json(silent=True)
            try:
                given = self._check_merchant(body)
                with self.box.ledger.lock:
                    data = work(given)
            except Refused as refused:
                errors = {
                    "message": MESSAGES.get(refused.code, "Unexpected error."),
                    "code": refused.code,
                    "validations": [
                        {name: text} for name, text in refused.validations.items()
                    ],
                }
                status = STATUS.get(refused.code, 200)
                return make_response(jsonify(data=[], errors=errors), status)
            return jsonify(data=data, errors=[])

        return lambda: self.answer(op, run)

    def _check_merchant(self, body: object) -> dict[str, Any]:
        """Return the body, if it is ours.

        :raises Refused: if it is not, or a fault switch says so.
        """
        found = fault()
        if found and found.kind == "error":
            raise Refused(int(found.argument or -52))
        if not isinstance(body, dict):
            raise Refused(-9, merchant_id="The merchant id field is required.")
        merchant = body.get("merchant_id")
        if not isinstance(merchant, str) or not re.fullmatch(
            r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", merchant
        ):
            raise Refused(-9, merchant_id="The merchant id must be 36 characters.")
        if merchant != self.box.keys.zarinpal_merchant_id:
            raise Refused(-10)
        return body

    def _request(self, body: dict[str, Any]) -> dict[str, Any]:
        amount, currency = body.get("amount"), body.get("currency", "IRR")
        if type(amount) is not int:
            raise Refused(-9, amount="The amount must be an integer.")
        if currency not in {"IRR", "IRT"}:
            raise Refused(-9, currency="The selected currency is invalid.")
        rial = amount * 10 if currency == "IRT" else amount
        if rial < 1_000:
            raise Refused(-9, amount="The amount must be at least 1000.")
        if rial > 1_000_000_000:
            raise Refused(-41)
        description = body.get("description")
        if not isinstance(description, str) or not 1 <= len(description) <= 500:
            raise Refused(-9, description="The description field is invalid.")
        callback = body.get("callback_url")
        if (
            not isinstance(callback, str)
            or urlsplit(callback).scheme not in {"http", "https"}
            or not urlsplit(callback).netloc
        ):
            raise Refused(-9, callback_url="The callback url format is invalid.")
        metadata = body.get("metadata") or {}
        if not isinstance(metadata, dict):
            raise Refused(-9, metadata="The metadata must be an array.")
        letters = string.digits + string.ascii_lowercase
        authority = "S" + "".join(secrets.choice(letters) for _ in range(35))
        self.box.ledger.save(
            Trade(
                self.code,
                authority,
                str(metadata.get("order_id") or ""),
                rial,
                "IRR",
                self.box.clock.now(),
                data={
                    "wire_amount": amount,
                    "currency": currency,
                    "subject": description,
                    "callback_url": callback,
                    "metadata": metadata,
                    "session_id": self.box.number(),
                },
            )
        )
        return {
            "authority": authority,
            "fee": 0,
            "fee_type": "Merchant",
            "code": 100,
            "message": "Success",
        }

    def _find(self, body: dict[str, Any]) -> Trade:
        authority = body.get("authority")
        if not isinstance(authority, str) or len(authority) != 36:
            raise Refused(-9, authority="The authority must be 36 characters.")
        trade = self.box.ledger.get(self.code, authority)
        if trade is None:
            raise Refused(-54)
        self.expire(trade)
        return trade

    def _verify(self, body: dict[str, Any]) -> dict[str, Any]:
        trade = self._find(body)
        amount = body.get("amount")
        if type(amount) is not int:
            raise Refused(-9, amount="The amount must be an integer.")
        if trade.state is not State.PAID:
            raise Refused(-51)
        if amount != trade.data["wire_amount"] or fault_is("wrong_amount"):
            raise Refused(-50)
        again = bool(trade.data.get("verified_at"))
        if not again:
            trade.data["verified_at"] = self.box.clock.now()
            self.box.ledger.save(trade)
        return {
            "wages": None,
            "code": 101 if again else 100,
            "message": "Verified" if again else "Paid",
            "card_hash": CARD_HASH,
            "card_pan": CARD,
            "ref_id": trade.data["ref_id"],
            "fee_type": "Merchant",
            "fee": 0,
            "order_id": trade.ref or None,
        }

    def _inquiry(self, body: dict[str, Any]) -> dict[str, Any]:
        trade = self._find(body)
        match trade.state:
            case State.PAID:
                status = "VERIFIED" if trade.data.get("verified_at") else "PAID"
            case State.REVERSED:
                status = "REVERSED"
            case State.FAILED | State.CANCELLED | State.CLOSED:
                status = "FAILED"
            case _:
                status = "IN_BANK"
        return {"status": status, "code": 100, "message": "Success"}

    def _unverified(self, body: dict[str, Any]) -> dict[str, Any]:
        waiting = [
            {
                "authority": trade.key,
                "amount": trade.data["wire_amount"],
                "callback_url": trade.data["callback_url"],
                "referer": "",
                "date": f"{self.box.clock.at(trade.paid_at, TEHRAN):%Y-%m-%d %H:%M:%S}",
            }
            for trade in self.box.ledger.of(self.code)
            if trade.state is State.PAID and not trade.data.get("verified_at")
        ]
        return {"code": "100", "message": "Success", "authorities": waiting[-100:]}

    def _reverse(self, body: dict[str, Any]) -> dict[str, Any]:
        trade = self._find(body)
        if trade.state is not State.PAID or trade.refunds:
            raise Refused(-61)
        if self.box.clock.now() - (trade.paid_at or 0) > REVERSE_WITHIN:
            raise Refused(-63)
        trade.state = State.REVERSED
        trade.data["reversed_at"] = self.box.clock.now()
        self.box.ledger.save(trade)
        return {"code": 100, "message": "Reversed"}

    # The refund service

    def _graphql(self) -> Response:
        return self.answer("refund", self._refund)

    def _refund(self) -> Response:
        """Answer the four questions the shop asks, values from the variables."""
        token = f"Bearer {self.box.keys.zarinpal_access_token}"
        if request.headers.get("Authorization", "") != token:
            return make_response(jsonify(errors=[{"message": "Unauthenticated."}]), 401)
        body = request.get_json(silent=True)
        body = body if isinstance(body, dict) else {}
        query, given = str(body.get("query", "")), body.get("variables") or {}
        found = fault()
        if found and found.kind == "error":
            return jsonify(errors=[{"message": found.argument}])
        with self.box.ledger.lock:
            if "AddRefund" in query:
                return self._add_refund(given)
            if "GetRefund" in query:
                return self._get_refund(str(given.get("id")))
            if "Terminals" in query:
                key = self.box.keys.zarinpal_merchant_id
                return jsonify(data={"Terminals": [{"id": TERMINAL, "key": key}]})
            if str(given.get("terminal_id")) != TERMINAL:
                return jsonify(errors=[{"message": "validation: terminal_id"}])
            sessions = [
                self._session(trade)
                for trade in self.box.ledger.of(self.code)
                if trade.paid_at is not None
                and str(given.get("reference_id") or trade.data.get("ref_id"))
                == str(trade.data.get("ref_id"))
                and str(given.get("id") or trade.data["session_id"])
                == str(trade.data["session_id"])
            ]
        return jsonify(data={"Session": sessions})

    def _session(self, trade: Trade) -> dict[str, Any]:
        return {
            "id": str(trade.data["session_id"]),
            "authority": trade.key,
            "amount": trade.amount,
            "status": str(trade.state),
            "reference_id": trade.data.get("ref_id"),
            "description": trade.data["subject"],
        }

    def _add_refund(self, given: dict[str, Any]) -> Response:
        session, amount = str(given.get("session_id") or given.get("id")), None
        try:
            amount = int(given["amount"])
        except (KeyError, TypeError, ValueError):
            return jsonify(errors=[{"message": "validation"}])
        trade = next(
            (
                trade
                for trade in self.box.ledger.of(self.code)
                if str(trade.data["session_id"]) == session
            ),
            None,
        )
        if trade is None or trade.state is not State.PAID:
            return jsonify(errors=[{"message": "Session not found."}])
        if not 20_000 <= amount <= trade.amount - trade.refunded:
            return jsonify(errors=[{"message": "Refund amount is not valid."}])
        number = str(self.box.number())
        trade.refunds.append(Refund(number, amount, self.box.clock.now()))
        self.box.ledger.save(trade)
        return self._refunded(trade.refunds[-1])

    def _get_refund(self, number: str) -> Response:
        trades = self.box.ledger.of(self.code)
        found = [one for trade in trades for one in trade.refunds if one.ref == number]
        if not found:
            return jsonify(errors=[{"message": "Refund not found."}])
        return self._refunded(found[0])

    def _refunded(self, refund: Refund) -> Response:
        arrived = self.box.clock.now() - refund.at >= REFUND_TAKES
        timeline = {
            "refund_amount": refund.amount,
            "refund_time": f"{self.box.clock.at(refund.at, TEHRAN):%Y-%m-%d %H:%M:%S}",
            "refund_status": "DONE" if arrived else "PENDING",
        }
        resource = {
            "terminal_id": TERMINAL,
            "id": refund.ref,
            "amount": refund.amount,
            "timeline": timeline,
        }
        return jsonify(data={"resource": resource})

    # The buyer

    def _start(self, authority: str) -> Response:
        return self.open_cashier(self.box.ledger.get(self.code, authority))

    def _press(self, authority: str) -> Response:
        return self.press(self.box.ledger.get(self.code, authority))

    def codes(self) -> tuple[tuple[str, str], ...]:
        """Return why a bank may refuse a buyer."""
        return (
            ("51", "موجودی کافی نیست"),
            ("55", "رمز نادرست است"),
            ("54", "تاریخ انقضای کارت گذشته است"),
            ("61", "مبلغ بیش از سقف مجاز است"),
            ("91", "بانک پاسخ نمی‌دهد"),
        )

    def paid(self, trade: Trade) -> None:
        """Give the payment its reference; verify it if the merchant said so."""
        trade.data["ref_id"] = self.box.number()
        if (trade.data.get("metadata") or {}).get("auto_verify") is True:
            trade.data["verified_at"] = self.box.clock.now()

    def tell(self, trade: Trade, delay: float = 0, copies: int = 1) -> None:
        """Note a delayed or repeated callback; ZarinPal has no notifications."""
        if delay:
            trade.data["delayed"] = True
            self.box.ledger.save(trade)
        if copies > 1:
            self.box.notifier.add(self.code, self._callback(trade, "OK"), {})

    def _callback(self, trade: Trade, status: str) -> str:
        url = str(trade.data["callback_url"])
        joint = "&" if "?" in url else "?"
        return url + joint + urlencode({"Authority": trade.key, "Status": status})

    def go_back(self, trade: Trade, outcome: str, code: str) -> Response:
        """Send the browser back by GET, unsigned."""
        url = self._callback(trade, "OK" if outcome == "paid" else "NOK")
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
            trade.data["reversed_at"] = now
            self.box.ledger.save(trade)
