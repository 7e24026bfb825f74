"""A shopper with a browser without JavaScript: fills forms, presses buttons."""

import re
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shop.catalogue.drafts import PriceDraft, VariantDraft
from shop.kernel.money import Money
from tests.catalogue import make as goods

CN = {
    "name": "张三",
    "phone": "１３８ 1234 5678",
    "city": "450100",
    "district": "450103",
    "street": "民族大道 1 号 2 单元",
}
IR = {
    "name": "مشتری نمونه",
    "phone": "۰۹۱۲ ۳۴۵ ۶۷۸۹",
    "city": "080394",
    "street": "خیابان نمونه، پلاک ۱۲",
    "postcode": "۱۲۳۴۵-۶۷۸۹۰",
}


class Shopper:
    """One visitor of the shop in one language."""

    def __init__(self, client: FlaskClient, lang: str = "zh") -> None:
        self.client = client
        self.lang = lang

    def get(self, path: str) -> TestResponse:
        """Open a page of the shop in the reader's language."""
        return self.client.get(f"/{self.lang}{path}")

    def post(self, path: str, **fields: Any) -> TestResponse:
        """Send a form."""
        return self.client.post(f"/{self.lang}{path}", data=fields)

    def add(self, sku: str = "TEAPOT", quantity: str = "1") -> TestResponse:
        """Put something into the cart."""
        return self.post("/cart/add", sku=sku, quantity=quantity)

    def fill(self, **given: str) -> TestResponse:
        """Answer the address page."""
        address = (CN if self.lang != "fa" else IR) | given
        return self.post("/checkout/address", **address)

    def review(self, method: str, option: str = "") -> dict[str, str]:
        """Answer delivery and payment; return the fields of the review page."""
        self.post("/checkout/payment", method=method, option=option)
        page = self.get("/checkout/review")
        assert page.status_code == 200, (page.status_code, page.location)
        return hidden(page.text) | {"terms": terms(page.text)}

    def place(self, fields: dict[str, str]) -> TestResponse:
        """Press the button of the review page."""
        return self.post("/checkout/review", **fields)


def hidden(html: str) -> dict[str, str]:
    """Return the hidden fields of a page's forms."""
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', html)
    return {name: value for name, value in found if name != "csrf_token"}


def terms(html: str) -> str:
    """Return the version behind the tick of the terms."""
    found = re.search(r'name="terms" value="([^"]+)"', html)
    return found[1] if found else ""


def stock_teapots(**given: Any) -> None:
    """Put a teapot on the shelf of both markets."""
    rials = PriceDraft(Money(89_000_000, "IRR"))
    prices = {"cn": goods.yuan(19_900), "ir": rials}
    goods.product("teapot", variants=(VariantDraft("TEAPOT", {}, prices, 5),), **given)
