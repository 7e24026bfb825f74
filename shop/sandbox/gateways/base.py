"""What the cashier of every gateway does with the buyer's choice."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar
from urllib.parse import urlencode

from flask import Flask, Response, request
from flask.typing import ResponseReturnValue

from shop.sandbox.box import Box
from shop.sandbox.ledger import State, Trade
from shop.sandbox.notify import Delivery
from shop.sandbox.web import Cashier, Notice, new_app, show_cashier, show_notice, spoil

LATE = 60.0
"""Unscaled seconds until a late payment or a delayed notification comes by itself."""

SAY = {
    "zh": {
        "paid": "支付成功。",
        "already": "此订单已支付。",
        "over": "订单已关闭或已过期。",
        "unknown": "找不到此订单。",
        "dropped": "已支付，但浏览器没有返回商家。请自行回到商家页面。",
        "later": "已支付，商家将稍后收到通知。",
        "cancelled": "您已取消支付。",
        "away": "您离开了收银台，稍后才会完成支付。",
        "failed": "支付失败：{code}。请重试。",
        "back": "正在返回商家",
        "refused": "请求有误",
    },
    "fa": {
        "paid": "پرداخت انجام شد.",
        "already": "این سفارش پیش‌تر پرداخت شده است.",
        "over": "مهلت این پرداخت تمام شده یا بسته شده است.",
        "unknown": "چنین پرداختی پیدا نشد.",
        "dropped": "پرداخت انجام شد، اما مرورگر به فروشگاه برنگشت."
        " خودتان به صفحهٔ فروشگاه برگردید.",
        "later": "پرداخت انجام شد؛ بازگشت به فروشگاه با تأخیر است.",
        "cancelled": "پرداخت را لغو کردید.",
        "away": "صفحهٔ پرداخت را ترک کردید؛ پرداخت بعداً انجام می‌شود.",
        "failed": "پرداخت ناموفق بود: {code}. دوباره تلاش کنید.",
        "back": "در حال بازگشت به فروشگاه",
        "refused": "درخواست نادرست",
    },
}


class Gateway(ABC):
    """A gateway: its web app, its trades, its notifications."""

    code: ClassVar[str]
    title: ClassVar[str]
    lang: ClassVar[str]
    ladder: tuple[float, ...] = (0.0,)
    answer_within: float = 10.0

    def __init__(self, box: Box) -> None:
        self.box = box
        self.app: Flask = new_app(self.code)
        self.routes(self.app)
        box.notifier.register(self.code, self, self.tick)

    @abstractmethod
    def routes(self, app: Flask) -> None:
        """Add the gateway's paths."""

    # Gateways with notifications override these two; for the others it is the
    # buyer's browser that calls back a second time.

    def deliver(self, payload: dict[str, Any]) -> Delivery:
        """Build and sign one delivery."""
        if not payload:
            return Delivery({}, b"", "GET")
        return Delivery(
            {"Content-Type": "application/x-www-form-urlencoded"},
            urlencode(payload).encode(),
        )

    def accepted(self, payload: dict[str, Any], status: int, body: bytes) -> bool:
        """Tell whether the merchant took a notification."""
        return status < 400

    # What a gateway says about a payment.

    @abstractmethod
    def paid(self, trade: Trade) -> None:
        """Write down the gateway's own facts of a payment that just happened."""

    def tell(  # noqa: B027 - a hook: most gateways notify nobody
        self, trade: Trade, delay: float = 0, copies: int = 1
    ) -> None:
        """Notify the merchant of a payment, if this gateway does."""

    @abstractmethod
    def go_back(self, trade: Trade, outcome: str, code: str) -> Response:
        """Send the buyer back; ``outcome`` is paid, cancelled, failed or away."""

    def amount(self, trade: Trade) -> str:
        """Return the amount as the buyer reads it."""
        if trade.currency == "CNY":
            return f"¥{trade.amount // 100:,}.{trade.amount % 100:02d}"
        digits = str.maketrans("0123456789,", "۰۱۲۳۴۵۶۷۸۹٬")
        return f"{trade.amount:,}".translate(digits) + " ریال"

    def scan_url(self, trade: Trade) -> str:
        """Return where a phone goes that scans this trade's code, if it has one."""
        return ""

    def codes(self) -> tuple[tuple[str, str], ...]:
        """Return the failures a buyer may choose: code and what it means."""
        return (("failed", self.say("failed", code="")),)

    def say(self, key: str, **values: str) -> str:
        """Return a sentence in the gateway's language."""
        return SAY[self.lang][key].format(**values)

    # The shared road of a payment.

    def answer(self, op: str, work: Callable[[], ResponseReturnValue]) -> Response:
        """Answer a merchant's call, spoiled if a fault is switched on."""
        return spoil(self.box.faults.take(self.code, op), work)

    def notice(
        self, key: str, link: str = "", status: int = 200, refresh: int = 0
    ) -> Response:
        """Show one sentence to the buyer."""
        good = key in {"paid", "dropped", "later"}
        page = Notice(self.lang, self.title, self.say(key), link, refresh, good)
        return show_notice(page, status)

    def refuse(self, message: str) -> Response:
        """Show why a merchant's request was not accepted."""
        return show_notice(Notice(self.lang, self.title, message), 400)

    def is_open(self, trade: Trade) -> bool:
        """Tell whether a buyer may still pay."""
        return trade.state in {State.PREPARED, State.WAITING}

    def open_cashier(self, trade: Trade | None, message: str = "") -> Response:
        """Show the cashier of a trade."""
        if trade is None:
            return self.notice("unknown", status=404)
        with self.box.ledger.lock:
            self.expire(trade)
            if trade.state is State.PREPARED:
                trade.state = State.WAITING
                self.opened(trade)
                self.box.ledger.save(trade)
        if trade.state is State.PAID:
            message = self.say("already")
        elif not self.is_open(trade):
            message = self.say("over")
        return show_cashier(
            Cashier(
                lang=self.lang,
                title=self.title,
                order=trade.ref,
                amount=self.amount(trade),
                subject=str(trade.data.get("subject", "")),
                codes=self.codes(),
                message=message,
                open=self.is_open(trade),
            )
        )

    def opened(self, trade: Trade) -> None:  # noqa: B027 - a hook
        """Note that a buyer has seen the cashier for the first time."""

    def press(self, trade: Trade | None) -> Response:
        """Do what the buyer's button says."""
        if trade is None:
            return self.notice("unknown", status=404)
        do, code = request.form.get("do", ""), request.form.get("code", "")
        with self.box.ledger.lock:
            self.expire(trade)
            if not self.is_open(trade):
                return self.open_cashier(trade)
            if do == "cancel":
                return self.cancel(trade)
            if do == "fail":
                return self.fail(trade, code or self.codes()[0][0])
            if do == "pay_late":
                trade.pay_late_at = self.box.clock.now() + LATE / self.box.clock.scale
                self.box.ledger.save(trade)
                return self.go_back(trade, "away", "")
            if do not in {"pay", "pay_drop_return", "double_notify", "delayed_notify"}:
                return self.open_cashier(trade)
            self.pay(
                trade,
                delay=LATE if do == "delayed_notify" else 0,
                copies=2 if do == "double_notify" else 1,
            )
        if do == "pay_drop_return":
            return self.notice("dropped")
        return self.go_back(trade, "paid", "")

    def pay(self, trade: Trade, delay: float = 0, copies: int = 1) -> None:
        """Take the buyer's money and notify the merchant."""
        trade.state = State.PAID
        trade.paid_at = self.box.clock.now()
        trade.pay_late_at = None
        self.paid(trade)
        self.box.ledger.save(trade)
        self.tell(trade, delay, copies)

    def cancel(self, trade: Trade) -> Response:
        """Let the buyer give up; the trade can be paid no more."""
        trade.state = State.CANCELLED
        self.box.ledger.save(trade)
        return self.go_back(trade, "cancelled", "")

    def fail(self, trade: Trade, code: str) -> Response:
        """Refuse the buyer's money for good."""
        trade.state = State.FAILED
        trade.data["fail_code"] = code
        self.box.ledger.save(trade)
        return self.go_back(trade, "failed", code)

    def expire(self, trade: Trade) -> None:  # noqa: B027 - a hook
        """Let time do its work on one trade."""

    def tick(self) -> None:
        """Let time do its work on all trades; called every second."""
        now = self.box.clock.now()
        for trade in self.box.ledger.of(self.code):
            with self.box.ledger.lock:
                if trade.pay_late_at is not None and trade.pay_late_at <= now:
                    self.pay_lately(trade)
                self.expire(trade)

    def pay_lately(self, trade: Trade) -> None:
        """Complete a late payment, unless the merchant closed the trade meanwhile."""
        if trade.state in {State.PREPARED, State.WAITING}:
            self.pay(trade)
        else:
            trade.pay_late_at = None
            self.box.ledger.save(trade)

    def flush(self) -> None:
        """Complete all late payments now."""
        for trade in self.box.ledger.of(self.code):
            with self.box.ledger.lock:
                if trade.pay_late_at is not None:
                    self.pay_lately(trade)
