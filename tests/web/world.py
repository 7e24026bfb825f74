"""A shop in which everything exists once, and what its pages offer to send."""

from dataclasses import dataclass, field
from datetime import datetime
from html.parser import HTMLParser

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from shop.accounts import service as accounts
from shop.accounts.models import Staff
from shop.db import db, transaction
from shop.orders import find
from shop.orders.models import Order
from shop.payments import transfer
from shop.payments.models import PaymentBill
from tests.conftest import KEY
from tests.web.checkout.walk import CN
from tests.web.owner import make as desk
from tests.web.storefront.shop import Shop

#: The language every address of these tests begins with.
LANG = "fa"


@dataclass
class World:
    """Records of every kind, and the values that lead to them."""

    app: Flask
    shop: Shop
    owner: Staff
    order: Order
    unpaid: Order
    receipt_id: int
    values: dict[str, str] = field(default_factory=dict)

    def path(self, rule: Rule, **given: str) -> str:
        """Return an address of the rule that leads to something."""
        known = {"lang": LANG} | self.values | given
        for area, values in self._areas().items():
            if rule.endpoint.startswith(area):
                known |= values | given
        wanted = {name: known[name] for name in rule.arguments}
        built = rule.build(wanted)
        assert built is not None, rule
        return built[1]

    def _areas(self) -> dict[str, dict[str, str]]:
        return {
            "help.": {"slug": "terms"},
            "owner.save_settings": {"room": "shop", "part_id": "names"},
            "owner.test_keys": {"part_id": "zarinpal"},
            "media.": {"name": "phone--ink.svg"},
        }


def build(app: Flask, now: datetime) -> World:
    """Make an owner, products, an order that is paid for in cash, one that is not."""
    shop = Shop()
    with transaction():
        owner = accounts.add_staff(desk.EMAIL, "Owner", desk.PASSWORD, now)
    unpaid, receipt = desk.transferred(now, "world-transfer")
    order = desk.on_delivery(now, "world-door")
    receipt_id = receipt.id
    unpaid = desk.fresh(unpaid)
    with transaction():
        bill = PaymentBill(provider="alipay", account="2088", day=now.date())
        db.session.add(bill)
        db.session.flush()
        bill_id = bill.id
    key = KEY.encode()
    world = World(app, shop, owner, order, unpaid, receipt_id)
    world.values = {
        "slug": "گوشی-موبایل",
        "product_id": str(shop.kettle),
        "variant_id": str(order.lines[0].variant_id),
        "media_id": "1",
        "bill_id": str(bill_id),
        "job_id": "1",
        "line_id": "1",
        "attempt_id": str(transfer.receipts_of(unpaid.id)[0].attempt_id),
        "number": order.number,
        "token": find.token(key, unpaid),
        "name": "receipt.webp",
        "room": "shop",
        "part": "1",
        "provider": "zarinpal",
        "filename": "css/shop.css",
    }
    return world


def sign_in(browser: FlaskClient, owner: Staff, now: datetime) -> None:
    """Let a browser be the owner's."""
    with transaction():
        token = accounts.begin_sign_in(owner, now)
    with browser.session_transaction() as session:
        session["staff"] = token


def shop_until_review(browser: FlaskClient) -> None:
    """Put a kettle into the browser's cart and answer the first pages."""
    browser.post("/zh/region", data={"market": "cn"})
    browser.post("/zh/cart/add", data={"sku": "KETTLE", "quantity": "1"})
    browser.post("/zh/checkout/address", data=CN)
    browser.post("/zh/checkout/delivery", data={"method": "standard"})


class Forms(HTMLParser):
    """Reads the forms of a page: where each goes and what it would send."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, dict[str, str]] = {}
        self._here: dict[str, str] | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a form, or a field of the one that is open."""
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            action = given.get("action", "").partition("#")[0]
            self._here = self.found.setdefault(action, {})
        if self._here is None or (not given.get("name") and tag != "option"):
            return
        if tag == "select":
            self._select = given["name"]
            self._here.setdefault(self._select, "")
        elif tag == "option" and self._select:
            if "selected" in given or not self._here[self._select]:
                self._here[self._select] = given.get("value", "")
        elif tag in {"input", "textarea", "button"}:
            self._here.setdefault(given["name"], given.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        """Close what is open."""
        if tag == "form":
            self._here = None
        elif tag == "select":
            self._select = ""


def forms(page: TestResponse) -> dict[str, dict[str, str]]:
    """Return what the forms of a page would send, by their action."""
    if page.mimetype != "text/html":
        return {}
    reader = Forms()
    reader.feed(page.text)
    return reader.found
