"""Who walks through the shop: somebody who buys, and the owner at the desk."""

import io
import itertools
import re
from dataclasses import dataclass, field

from PIL import Image
from playwright.sync_api import FilePayload

from tests.journeys.browsing import Visit

TEHRAN, ISFAHAN, NANNING = "080394", "040122", "450100"
#: Streets and people that do not exist; phone numbers are made up for each buyer.
HOMES = {
    TEHRAN: {
        "name": "مشتری نمونه",
        "street": "خیابان نمونه، پلاک ۱۲، واحد ۳",
        "postcode": "۱۲۳۴۵-۶۷۸۹۰",
    },
    ISFAHAN: {
        "name": "خریدار نمونه",
        "street": "کوی نمونه، بن‌بست گل، پلاک ۷",
        "postcode": "۸۱۲۳۴۵۶۷۸۹",
    },
    NANNING: {"name": "张三", "street": "示例路１号２单元３０１", "postcode": ""},
}
DISTRICTS = {NANNING: "450103"}
_PERSIAN = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
_FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
_numbers = itertools.count(101)


def phone_of(city: str) -> tuple[str, str]:
    """Return a number nobody had before: as typed, and its digits without a prefix."""
    last = f"{next(_numbers):04d}"
    if city == NANNING:
        return f"138 0000 {last}".translate(_FULL_WIDTH), f"1380000{last}"
    return f"0912 000 {last}".translate(_PERSIAN), f"912000{last}"


@dataclass
class Bought:
    """What a shopper remembers of an order."""

    number: str = ""
    link: str = ""
    phone: str = ""
    seen: list[str] = field(default_factory=list)


class Shopper(Visit):
    """Somebody who buys: looks, chooses, answers the checkout, pays."""

    order: Bought

    def find(self, words: str, product_id: int) -> None:
        """Type into the search box and open a product from what was found."""
        self.fill_one("header [name=q]", words)
        self.press("header form.find button")
        found = self.page.locator(f'main .card a[href*="/p/{product_id}/"]')
        self.press(found.first)

    def choose(self, *skus: str) -> None:
        """Choose the options that lead to a variant, one after the other."""
        for sku in skus:
            link = self.page.locator(f'.pick a[href*="sku={sku}"]')
            self.press(link.first)
        assert self.one("#buy [name=sku]").get_attribute("value") == skus[-1]

    def put_in_cart(self, quantity: str = "") -> None:
        """Press "Add to cart"."""
        if quantity:
            self.fill_one("#buy [name=quantity]", quantity)
        self.press("#buy [name=then][value=cart]")
        assert self.path == "/cart"

    def to_checkout(self) -> None:
        """Go from the cart to the first question."""
        self.press(self.page.locator('main a[href$="/checkout"]').first)
        assert self.path == "/checkout/address"

    def answer_address(self, city: str) -> None:
        """Fill in the address in the digits of the country, city and district."""
        typed, phone = phone_of(city)
        self.order = Bought(phone=phone)
        self.fill(phone=typed, **HOMES[city])
        self.fill(city=city)
        if city in DISTRICTS:
            if not self.mode.has_scripts:
                label = "checkout_districts"
                self.press("#address button[name=step]", label=label)
            self.fill(district=DISTRICTS[city])
        self.press("#address button:not([name])")
        assert self.path == "/checkout/delivery"

    def answer_delivery(self, method: str = "", point: str = "") -> None:
        """Choose how it is sent; without a method what is ticked already stands."""
        if method:
            self.tick(f'[name=method][value="{method}"]')
        if point:
            self.tick(f'[name=point][value="{point}"]')
        self.press("main form.panel button:not([name])")
        assert self.path == "/checkout/payment"

    def refusal(self, method: str) -> str:
        """Return why a method cannot be chosen; "" if it can."""
        card = self.page.locator(f'.choice:has([name=method][value="{method}"])')
        radio = card.locator("input")
        return card.locator("small").first.inner_text() if radio.is_disabled() else ""

    def answer_payment(self, method: str, option: str = "") -> None:
        """Choose how it is paid."""
        self.tick(f'[name=method][value="{method}"]')
        if option:
            self.tick(f'[name=option][value="{option}"]')
        self.press("main form.panel button:not([name])")
        assert self.path == "/checkout/review"

    def place(self) -> None:
        """Accept the terms and place the order."""
        self.tick("#place [name=terms]")
        self.press("#place button")

    def pay(self, do: str = "pay") -> None:
        """Press one of the buttons of the cashier."""
        self.press(f"#do-{do}")

    def open_order(self, label: str = "order") -> None:
        """Open the order's own page from the page that says how the payment went."""
        self.press(self.page.locator('main a[href*="/orders/"]').first, label=label)
        self.remember()

    def remember(self) -> None:
        """Note number and secret link of the order on the screen."""
        self.order.link = self.path
        assert re.fullmatch(r"/orders/[\w-]{20,}", self.path), self.path
        digits = re.sub(r"\D", "", self.text("main h1 bdi"))
        self.order.number = str(int(digits)).zfill(10)

    def look_again(self, label: str) -> None:
        """Open the order's page once more."""
        self.open(self.order.link, label=label)

    @property
    def steps(self) -> int:
        """Return how many events the timeline of the order shows."""
        return self.count("section[aria-labelledby=history] .track > li")

    def read_message(self, words: str, count: int = 1) -> str:
        """Wait for a text message with ``words``, and read it on the sandbox's page."""
        text = self.shop.message_with(self.order.phone, words, count)
        self.page.goto(f"{self.shop.sandbox_url}/_sim/inbox?channel=sms")
        shown = self.page.locator(
            "article", has_text=self.order.phone
        ).all_inner_texts()
        assert any(words in one for one in shown), shown
        self.page.go_back()
        return text

    def copied(self, place: int) -> str:
        """Return what the button beside a fact copies: the order number is 0."""
        button = self.page.locator(".pairs [data-copy]").nth(place)
        return button.get_attribute("data-copy") or ""

    def ask_for_return(self, words: str) -> None:
        """Return the first product as faulty: by receipt number, link and form."""
        digits = self.order.phone[-4:].translate(_PERSIAN)
        self.open("/returns")
        self.fill(number=self.order.number.translate(_PERSIAN), last4=digits)
        self.press("main form.panel button", label="returns_sent")
        link = self.shop.message_with(self.order.phone, "/return", 1).split()[-1]
        self.open(link, label="order_return")
        self.fill_one(self.page.locator("main [name^=pieces_]").first, "1")
        self.press("main form.panel button", status=422, label="order_return_wrong")
        self.tick('[name=reason][value="faulty"]')
        self.fill(words=words)
        self.press("main form.panel button", label="order_returned")
        assert self.path == self.order.link

    def send_receipt(
        self, trace: str, hour: str, *, status: int = 200, label: str = ""
    ) -> None:
        """Tell the shop of a transfer, with a picture of the receipt."""
        self.fill(tracking_number=trace, last_four="۷۸۹۳", paid_at=hour)
        self.one("main [name=picture]").set_input_files(receipt_picture())
        self.press('form[action$="/receipt"] button', status=status, label=label)

    def move_to(self, market: str) -> None:
        """Choose another region and come back to the cart."""
        self.open("/region?next=/" + self.lang + "/cart")
        self.tick(f'[name=market][value="{market}"]')
        self.press("main form.panel button")


class Owner(Visit):
    """The owner at the desk: takes the order that waits and does what it wants."""

    def sign_in(self) -> None:
        """Enter through the one door."""
        email, password = self.shop.owner
        self.open("/owner/")
        assert self.path == "/owner/sign-in"
        self.fill(name=email, password=password)
        self.press("main form.panel button")
        assert self.path == "/owner/"

    def take(self, number: str, tab: str = "") -> None:
        """Open an order from the queue."""
        self.open("/owner/" + (f"?tab={tab}" if tab else ""))
        link = self.page.locator(f'th a[href$="/owner/orders/{number}"]')
        self.press(link.first)

    def do(
        self, deed: str, label: str = "", *, status: int = 200, **fields: str
    ) -> None:
        """Do what the order wants: fill the form of a deed and press its button."""
        form = self.page.locator(f'form[action$="/{deed}"]')
        fold = self.page.locator(f'details:not([open]):has(form[action$="/{deed}"])')
        if fold.count():
            fold.locator("summary").click()
        for name, value in fields.items():
            self.fill_one(form.locator(f"[name={name}]"), value)
        self.press(form.locator("button"), label=label, status=status)


def tracking_number() -> str:
    """Return the number of a transfer that nobody sent before."""
    return f"{next(_numbers):08d}".translate(_PERSIAN)


def plain(text: str) -> str:
    """Return a text with the digits of every script as 0 to 9."""
    return "".join(str(int(char)) if char.isdigit() else char for char in text)


def receipt_picture() -> FilePayload:
    """Return a small picture, as a phone takes one of a receipt."""
    file = io.BytesIO()
    Image.new("RGB", (600, 900), (236, 229, 214)).save(file, "JPEG")
    return {"name": "receipt.jpg", "mimeType": "image/jpeg", "buffer": file.getvalue()}
