"""Every online provider as a buyer meets it: its cashier, and what the shop says."""

from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from tests.journeys.browsing import NARROW, WIDE, Mode
from tests.journeys.ordering import Waiting, books, scan_url
from tests.journeys.people import NANNING, TEHRAN, Shopper
from tests.journeys.running import wait_for

PHONE = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 7) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/130.0 Mobile Safari/537.36"
)
WECHAT = f"{PHONE} MicroMessenger/8.0.50"
COMPUTER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/130.0"


@dataclass(frozen=True)
class Route:
    """One provider: who reaches it and how, and what its cashier can do.

    ``first`` is the provider the owner puts first. ``home`` is how the cashier
    leads back: by a redirect, by a form, by a link, or not at all. ``ends`` says
    that giving up or failing ends the payment there. ``closes``: what the shop
    closed takes no money any more, once a buyer has opened it (``opened``).
    """

    code: str
    lang: str
    method: str
    first: str
    mode: Mode
    home: Literal["redirect", "form", "link", "none"]
    agent: str = COMPUTER
    fail: str = ""
    ends: bool = False
    closes: Literal["", "opened", "always"] = ""

    def __str__(self) -> str:
        return self.code

    @property
    def is_scanned(self) -> bool:
        """Say whether the shop shows a code to scan."""
        return self.code in {"alipay_qr", "wechat_native"}

    @property
    def city(self) -> str:
        """Return where its buyers live."""
        return NANNING if self.lang == "zh" else TEHRAN


ROUTES = (
    Route(
        "alipay", "zh", "alipay", "alipay", WIDE, "none",
        fail="ACQ.BUYER_BALANCE_NOT_ENOUGH", closes="opened",
    ),
    Route(
        "alipay_wap", "zh", "alipay", "alipay", NARROW, "link", agent=PHONE,
        fail="ACQ.BUYER_BALANCE_NOT_ENOUGH", closes="opened",
    ),
    Route(
        "alipay_qr", "zh", "alipay", "alipay_qr", WIDE, "none",
        fail="ACQ.BUYER_BALANCE_NOT_ENOUGH", closes="opened",
    ),
    Route(
        "wechat_native", "zh", "wechat_pay", "wechat_native", NARROW, "none",
        fail="NOTENOUGH", closes="always",
    ),
    Route(
        "wechat_h5", "zh", "wechat_pay", "wechat_native", NARROW, "redirect",
        agent=PHONE, fail="NOTENOUGH", closes="always",
    ),
    Route(
        "wechat_jsapi", "zh", "wechat_pay", "wechat_native", NARROW, "none",
        agent=WECHAT, fail="NOTENOUGH", closes="always",
    ),
    Route("unionpay", "zh", "unionpay", "unionpay", WIDE, "link", fail="64"),
    Route(
        "zarinpal", "fa", "gateway", "zarinpal", NARROW, "redirect",
        fail="51", ends=True,
    ),
    Route("zibal", "fa", "gateway", "zibal", WIDE, "redirect", fail="5", ends=True),
    Route(
        "mellat", "fa", "gateway", "mellat", WIDE, "form", fail="12", ends=True,
    ),
    Route(
        "sep", "fa", "gateway", "sep", NARROW, "form",
        fail="3", ends=True,
    ),
)  # fmt: skip

ALIPAY, UNIONPAY, ZARINPAL = ROUTES[0], ROUTES[6], ROUTES[7]
#: What the shop says, as a reader sees it.
SAYS = {
    "zh": {
        "paid": "支付成功，感谢您的购买",
        "failed": "支付未完成，您的账户没有扣款",
        "unpaid": "我们还没有收到您的付款",
        "way on": "正在前往支付页面",
        "scan": "扫码支付",
        "due": "等待您付款",
        "safe": "款项已收到，请放心",
        "late": "这笔款到账时订单已经结束",
        "twice": "此订单之前已经付款，这笔是重复支付",
        "looked at": "收到一笔款项，正在核对",
        "again": "重新支付",
        "now": "立即付款",
        "another": "更换支付方式",
        "kept": "订单为您保留到",
        "checking": "请不要重复付款",
    },
    "fa": {
        "paid": "پرداخت انجام شد",
        "failed": "پرداخت انجام نشد و پولی از حساب شما کم نشد",
        "unpaid": "هنوز پرداختی از شما به دست ما نرسیده است",
        "way on": "در حال رفتن به صفحهٔ پرداخت",
        "safe": "پول شما رسیده و محفوظ است",
        "late": "این پول پس از پایان سفارش رسید",
        "twice": "این سفارش پیش‌تر پرداخت شده بود",
        "again": "پرداخت دوباره",
        "now": "پرداخت",
        "another": "تغییر روش پرداخت",
        "kept": "برای شما نگه داشته می‌شود",
        "comes back": "بانک خودش آن را برمی‌گرداند",
        "checking": "دوباره پرداخت نکنید",
    },
}
#: Why it did not work, by what the cashier said.
WHY = {
    "zarinpal": "از صفحهٔ بانک خارج شدید یا بانک پرداخت را نپذیرفت",
    "zibal cancel": "پیش از پرداخت از صفحهٔ بانک خارج شدید",
    "zibal fail": "موجودی این کارت یا حساب کافی نیست",
    "mellat cancel": "پیش از پرداخت از صفحهٔ بانک خارج شدید",
    "mellat fail": "موجودی این کارت یا حساب کافی نیست",
    "sep cancel": "پیش از پرداخت از صفحهٔ بانک خارج شدید",
    "sep fail": "بانک پرداخت را نپذیرفت",
    "unionpay cancel": "您在付款前离开了支付页面",
    "unionpay fail": "银行卡或账户余额不足",
}


#: Buttons of the cashier that lead home with the money paid.
PAYS = frozenset({"pay", "delayed_notify"})


class Payer(Shopper):
    """Somebody before the cashier of one provider, with an order of theirs."""

    route: Route
    waiting: Waiting

    def says(self, *names: str) -> None:
        """Check that the reader is told these things."""
        text = self.text()
        for name in names:
            assert SAYS[self.lang][name] in text, (name, text)

    def to_pay(self) -> None:
        """Open the page where the order is paid."""
        self.open(self.waiting.link + "/pay", label="order_way")
        begin = 'main form[action$="/pay"] button'
        if self.route.code == "wechat_jsapi" and self.count(begin):
            self.press(begin, label="order_bridge")  # by way of WeChat, which names us

    def to_cashier(self) -> None:
        """Go on from the page where the order is paid to the cashier."""
        if self.route.is_scanned:
            self.open(scan_url(self.shop, self.waiting))
        elif self.count('main form[action$="/pay"] button'):
            self._press_to_cashier('main form[action$="/pay"] button')
        else:
            self._press_to_cashier("main a.btn.big")

    def to_tab_left_open(self) -> None:
        """Look at the cashier in a tab that was left open when the order was placed."""
        first = books(self.shop, self.waiting).trades[0]
        gateways = urlsplit(self.shop.sandbox_url).port or 0
        port = gateways + {"mellat": 6, "sep": 7}[first["gateway"]]
        self.open(f"http://127.0.0.1:{port}/cashier/{first['key']}")

    def pay_again(self) -> None:
        """Press the button that begins a new payment."""
        self._press_to_cashier('main form[action$="/pay"] button')

    def take_method(self, method: str) -> None:
        """Choose a way to pay on the order's own page, and go to its cashier."""
        self.open(self.waiting.link + "/payment-method", label="order_method")
        self.tick(f'[name=method][value="{method}"]')
        self._press_to_cashier("main form.panel button")

    def _press_to_cashier(self, button: str) -> None:
        """Press; a form of the shop's own may be between, sent by itself or by hand."""
        ours = self.shop.url
        if self.mode.has_scripts and not self.route.is_scanned:
            with self.page.expect_navigation(
                url=lambda url: not url.startswith(ours), wait_until="load"
            ):
                self.one(button).first.click()
            self._look(None, "")
            return
        self.press(self.one(button).first, label="order_way_form")
        if not self.is_away and self.count("form[data-send]"):
            self.press("form[data-send] button")

    @property
    def is_away(self) -> bool:
        """Say whether this is a page of a gateway."""
        return not self.page.url.startswith(self.shop.url)

    def at_cashier(self, do: str, label: str = "") -> None:
        """Press a button of the cashier and come back as far as it leads."""
        button = f"#do-{do}"
        if do == "fail":
            self.one("#code").select_option(self.route.fail)
        by_form = self.route.home == "form" or self.route.code == "unionpay"
        stays = do == "pay_drop_return" or (not self.route.ends and do not in PAYS)
        if by_form and not stays and self.mode.has_scripts:
            with self.page.expect_navigation(
                url=lambda url: url.startswith(self.shop.url), wait_until="load"
            ):
                self.one(button).click()
            self._look(None, label)
        else:
            self.press(button, label=label)
        if do != "pay_drop_return" and self.is_away and self.count("#back"):
            self.press("#back", label=label)

    def look_at_home(self, label: str) -> None:
        """Open how the payment went, if the cashier did not lead there."""
        if self.is_away:
            wait_for(lambda: books(self.shop, self.waiting).captured)
            self.open(self.waiting.link + "/result", label=label)

    def is_paid_by_itself(self) -> None:
        """Wait until the page has read itself again and says that it is paid."""
        self.page.locator("main .state .badge + h1").wait_for()
        words = SAYS[self.lang]["paid"]
        self.page.locator("main h1", has_text=words).wait_for()
        self._look(None, "order_paid")
