"""One total from the cart to the bank: the same sum, in both units where it matters."""

import re
from datetime import datetime

import pytest
from flask.testing import FlaskClient

from shop.db import transaction
from shop.payments import settings as payment_settings
from tests.web.checkout.walk import Shopper, hidden, stock_teapots
from tests.web.storefront.shop import words


@pytest.fixture
def zh(client: FlaskClient) -> Shopper:
    """Return a Chinese reader with a teapot to buy."""
    stock_teapots()
    return Shopper(client)


def sums(html: str) -> list[str]:
    """Return the totals of a page: what stands under the line of a breakdown."""
    found = re.findall(r'<div class="sum">.*?<dd>(.*?)</dd>', html, re.DOTALL)
    return [words(one).strip() for one in found]


def test_buy_now_and_the_cart_reach_one_checkout_with_one_total(
    client: FlaskClient,
) -> None:
    """S4: two ways in, one page, one sum."""
    stock_teapots()
    seen = []
    for then in ("checkout", ""):
        browser = Shopper(client.application.test_client())
        data = {"sku": "TEAPOT", "quantity": "2", "then": then}
        browser.post("/cart/add", **data)
        address = browser.get("/checkout").location
        browser.fill()
        fields = browser.review("cash_on_delivery", "cash")
        seen.append(
            (address, fields["seen"], sums(browser.get("/checkout/review").text))
        )

    first, second = seen
    assert first == second
    assert first[0] == "/zh/checkout/address"
    assert first[2]


def test_the_total_is_the_same_on_every_page(zh: Shopper) -> None:
    """N24: delivery, payment, review and the order show one computed sum."""
    zh.add(quantity="2")
    zh.fill()
    zh.post("/checkout/delivery", method="standard")
    pages = [zh.get(f"/checkout/{step}").text for step in ("delivery", "payment")]
    fields = zh.review("cash_on_delivery", "cash")
    pages.append(zh.get("/checkout/review").text)
    placed = zh.place(fields)
    pages.append(zh.client.get((placed.location or "").removesuffix("/pay")).text)

    assert {sums(page)[-1] for page in pages} == {"¥398"}
    assert fields["seen"] == "39800"


def test_before_a_bank_page_tomans_stand_beside_rials(
    client: FlaskClient, now: datetime
) -> None:
    """N2: the bank asks for rials; ten of them are the toman of the shop."""
    stock_teapots()
    with transaction():
        payment_settings.save("zarinpal", "merchant_id", "0" * 36, now)
    fa = Shopper(client, "fa")
    fa.add()
    fa.fill(city="080394")
    fa.post("/checkout/delivery", method="post")
    fa.review("gateway")

    total = sums(fa.get("/checkout/review").text)[-1]

    tomans = re.search(r"([۰-۹٬]+) تومان", total)
    rials = re.search(r"([۰-۹٬]+) ریال", total)
    assert tomans is not None
    assert rials is not None
    assert _number(rials[1]) == 10 * _number(tomans[1])
    assert hidden(fa.get("/checkout/review").text)["seen"] == str(_number(rials[1]))


def _number(text: str) -> int:
    return int(text.replace("٬", ""))
