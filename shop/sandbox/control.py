"""The control plane: faults, time, ledger, notifications, and the inbox to read."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Flask, Response, jsonify, make_response, render_template, request

from shop.sandbox.box import Box
from shop.sandbox.clock import BEIJING, TEHRAN, seconds
from shop.sandbox.gateways.base import Gateway
from shop.sandbox.inbox import Message
from shop.sandbox.ledger import Trade
from shop.sandbox.web import new_app


@dataclass(frozen=True)
class InboxPage:
    """The phones and mailboxes, newest message first."""

    title: str
    lang: str
    dir: str
    messages: list[tuple[Message, str]]


@dataclass(frozen=True)
class TradesPage:
    """What the gateways know, newest first, each with the code to scan."""

    title: str
    lang: str
    dir: str
    trades: list[tuple[Trade, str, str]]


class Control:
    """Everything below ``/_sim``."""

    def __init__(self, box: Box, gateways: list[Gateway]) -> None:
        self.box = box
        self.gateways = gateways
        self.app: Flask = new_app("control")
        get, post = ["GET"], ["POST"]
        for path, view, methods in (
            ("/", self._trades, get),
            ("/_sim/inbox", self._inbox, get),
            ("/_sim/outbox", self._outbox, ["GET", "DELETE"]),
            ("/_sim/ledger", self._ledger, get),
            ("/_sim/notifications", self._notifications, get),
            ("/_sim/faults", self._faults, ["GET", "POST", "DELETE"]),
            ("/_sim/clock", self._clock, ["GET", "POST"]),
            ("/_sim/flush", self._flush, post),
            ("/_sim/reset", self._reset, post),
            ("/_sim/health", self._health, get),
        ):
            self.app.add_url_rule(path, path, view, methods=methods)

    def _time(self, moment: float) -> str:
        beijing = self.box.clock.at(moment, BEIJING)
        tehran = self.box.clock.at(moment, TEHRAN)
        return f"{beijing:%Y-%m-%d %H:%M:%S} Beijing · {tehran:%H:%M} Tehran"

    def _inbox(self) -> Response:
        """Show messages to a person; the page reloads itself."""
        found = self.box.inbox.newest_first(
            request.args.get("to", ""), request.args.get("channel", "")
        )
        page = InboxPage(
            title="Inbox · 收件箱 · صندوق پیام‌ها",
            lang="en",
            dir="ltr",
            messages=[(message, self._time(message.at)) for message in found[:200]],
        )
        answer = make_response(render_template("inbox.html", page=page))
        answer.headers["Refresh"] = "5"
        return answer

    def _trades(self) -> Response:
        trades = list(reversed(self.box.ledger.all()))[:100]
        scan = {gateway.code: gateway.scan_url for gateway in self.gateways}
        page = TradesPage(
            title="Sandbox · 模拟环境 · محیط آزمایشی",
            lang="en",
            dir="ltr",
            trades=[
                (trade, self._time(trade.created_at), scan[trade.gateway](trade))
                for trade in trades
            ],
        )
        return make_response(render_template("trades.html", page=page))

    def _outbox(self) -> Response:
        """Return messages as data, newest first; ``to`` and ``channel`` choose."""
        if request.method == "DELETE":
            self.box.inbox.clear()
        return jsonify(
            self.box.inbox.report(
                request.args.get("to", ""), request.args.get("channel", "")
            )
        )

    def _ledger(self) -> Response:
        return jsonify(self.box.ledger.report())

    def _notifications(self) -> Response:
        """Return all notifications; with ``preview`` the pending ones as sent."""
        if "preview" in request.args:
            return jsonify(self.box.notifier.preview())
        return jsonify(self.box.notifier.report())

    def _faults(self) -> Response:
        if request.method == "DELETE":
            self.box.faults.clear()
        if request.method == "POST":
            body = _body()
            try:
                self.box.faults.set(
                    str(body.get("gateway", "*")),
                    str(body.get("op", "*")),
                    str(body["mode"]),
                    int(body.get("count", 1)),
                )
            except (KeyError, TypeError, ValueError) as error:
                return make_response(jsonify(error=str(error)), 400)
        return jsonify(self.box.faults.report())

    def _clock(self) -> Response:
        """Set ``offset`` from real time, ``advance`` it, or be ``at`` a moment."""
        if request.method == "POST":
            body = _body()
            try:
                if "at" in body:
                    moment = datetime.fromisoformat(str(body["at"]))
                    self.box.clock.offset = moment.timestamp() - self.box.clock.real()
                if "offset" in body:
                    self.box.clock.offset = seconds(str(body["offset"]))
                if "advance" in body:
                    self.box.clock.offset += seconds(str(body["advance"]))
            except ValueError as error:
                return make_response(jsonify(error=str(error)), 400)
            for gateway in self.gateways:
                gateway.tick()
        return jsonify(now=self.box.clock.now(), offset=self.box.clock.offset)

    def _flush(self) -> Response:
        """Complete late payments and deliver all notifications; wait for them."""
        for gateway in self.gateways:
            gateway.flush()
        return jsonify(self.box.notifier.flush())

    def _reset(self) -> Response:
        self.box.reset()
        return jsonify({})

    def _health(self) -> Response:
        return jsonify(ports=self.box.ports)


def _body() -> dict[str, Any]:
    body = request.get_json(silent=True)
    return body if isinstance(body, dict) else request.form.to_dict()
