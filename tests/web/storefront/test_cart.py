"""The cart without scripts: forms right, empty, twice, in any digits, too late."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from shop.cart.models import Cart
from shop.catalogue import service as catalogue
from shop.catalogue.drafts import VariantDraft
from shop.catalogue.rules import SaleState
from shop.db import db, transaction
from shop.inventory.goods import save_goods
from shop.inventory.service import set_on_hand
from tests.catalogue import make
from tests.conftest import Clock
from tests.web.storefront.shop import Shop, prices, words


class Buyer:
    """Fills the forms of product page and cart, in Chinese yuan and in English."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        client.post("/en/region", data={"market": "cn"})

    def add(
        self, sku: str = "A7-INK", quantity: str = "1", **more: str
    ) -> TestResponse:
        """Press "Add to cart"."""
        fields = {"sku": sku, "quantity": quantity} | more
        return self.client.post("/en/cart/add", data=fields)

    def change(self, **fields: str) -> TestResponse:
        """Press a button of the first line."""
        return self.client.post(f"/en/cart/lines/{_lines()[0][0]}", data=fields)

    def page(self, lang: str = "en") -> str:
        """Open the cart."""
        answer = self.client.get(f"/{lang}/cart")
        assert answer.status_code == 200
        return answer.text


@pytest.fixture
def buyer(shop: Shop, client: FlaskClient) -> Buyer:
    """Return a buyer in front of the small shop."""
    return Buyer(client)


def _lines() -> list[tuple[int, str, int]]:
    """Return id, SKU and pieces of every line there is."""
    db.session.rollback()
    db.session.expire_all()
    found = []
    for cart in db.session.scalars(select(Cart)):
        known = catalogue.variant_for_cart([x.variant_id for x in cart.lines], "cn")
        found += [(x.id, known[x.variant_id].sku, x.quantity) for x in cart.lines]
    return found


def _pieces() -> dict[str, int]:
    return {sku: count for _, sku, count in _lines()}


def test_an_empty_cart_says_so_and_leads_on(shop: Shop, client: FlaskClient) -> None:
    page = client.get("/zh/cart").text

    assert "/checkout" not in page
    assert 'href="/zh/"' in page
    assert "安榴 A7" in page


def test_what_is_added_is_there_and_said(buyer: Buyer) -> None:
    answer = buyer.add(quantity="2")

    assert (answer.status_code, answer.location) == (303, "/en/cart")
    page = words(buyer.page())
    assert "Added to your cart" in page
    assert "¥7,998" in page
    assert "Added to your cart" not in words(buyer.page())
    assert _pieces() == {"A7-INK": 2}


def test_buy_now_goes_to_the_checkout(buyer: Buyer) -> None:
    assert buyer.add(then="checkout").location == "/en/checkout"


@pytest.mark.parametrize("typed", ["۲", "٢", "２", " 2 ", "\u200f۲\u200e", "02"])
def test_any_digits_are_a_number(buyer: Buyer, typed: str) -> None:
    buyer.add(quantity=typed)

    assert _pieces() == {"A7-INK": 2}


def test_no_number_is_one_piece(buyer: Buyer) -> None:
    buyer.add(quantity="")

    assert _pieces() == {"A7-INK": 1}


def test_the_form_sent_twice_adds_twice(buyer: Buyer) -> None:
    buyer.add()
    buyer.add()

    assert _pieces() == {"A7-INK": 2}


@pytest.mark.parametrize("typed", ["0", "-1", "1.5", "100", "two", "²", "9" * 300])
def test_what_is_no_number_of_pieces_is_said_on_the_product_page(
    buyer: Buyer, typed: str
) -> None:
    answer = buyer.add(quantity=typed)

    assert answer.status_code == 422
    assert "Enter a whole number from 1 to 99" in words(answer.text)
    assert f'value="{typed[:40]}"' in answer.text
    assert "Anar A7" in answer.text
    assert not _lines()


@pytest.mark.parametrize(
    ("given", "quantity", "said"),
    [
        ({}, "9", "Only 8 left of Anar A7. Choose a smaller number."),
        ({"limit_per_buyer": 2, "limit_days": 30}, "۳", "You can buy 2 of these in 30"),
        ({"sale_state": SaleState.UPCOMING}, "1", "Coming soon"),
        ({"sale_state": SaleState.SOLD_OUT}, "1", "Out of stock"),
    ],
)
def test_a_refusal_stands_beside_what_was_typed(
    buyer: Buyer, shop: Shop, given: dict[str, object], quantity: str, said: str
) -> None:
    shop.save_phone(**given)

    answer = buyer.add(quantity=quantity)

    assert answer.status_code == 409
    assert said in words(answer.text)
    if "sale_state" not in given:
        assert f'value="{quantity}"' in answer.text
    assert not _lines()


def test_what_has_no_price_here_cannot_be_added(buyer: Buyer) -> None:
    buyer.client.post("/en/region", data={"market": "ir"})

    answer = buyer.add("KETTLE")

    assert answer.status_code == 409
    assert "Not sold in this region" in words(answer.text)


def test_the_page_of_a_refusal_can_be_read_in_another_language(
    buyer: Buyer, shop: Shop
) -> None:
    page = buyer.add(quantity="9").text

    assert f'href="/zh/p/{shop.phone}/' in page


@pytest.mark.parametrize("sku", ["", "NONE", "'; drop table cart; --", "x" * 500])
def test_an_unknown_sku_is_a_404(buyer: Buyer, sku: str) -> None:
    assert buyer.add(sku).status_code == 404


def test_one_more_and_one_fewer_are_buttons(buyer: Buyer) -> None:
    buyer.add(quantity="2")

    assert buyer.change(step="1", quantity="2").status_code == 303
    assert _pieces() == {"A7-INK": 3}
    buyer.change(step="-1", quantity="۳")
    assert _pieces() == {"A7-INK": 2}


def test_a_step_counts_from_what_was_typed(buyer: Buyer) -> None:
    buyer.add()

    buyer.change(step="1", quantity="4")

    assert _pieces() == {"A7-INK": 5}


def test_a_step_down_from_one_stays_at_one(buyer: Buyer) -> None:
    buyer.add()

    buyer.change(step="-1", quantity="1")

    assert _pieces() == {"A7-INK": 1}


def test_a_typed_zero_takes_the_line_out(buyer: Buyer) -> None:
    buyer.add()

    assert buyer.change(update="1", quantity="۰").status_code == 303
    assert not _lines()


@pytest.mark.parametrize("typed", ["", "x", "1.5", "100"])
def test_a_wrong_number_is_said_beside_the_line_and_kept(
    buyer: Buyer, typed: str
) -> None:
    buyer.add(quantity="2")

    answer = buyer.change(update="1", quantity=typed)

    assert answer.status_code == 422
    assert "Enter a whole number from 1 to 99" in words(answer.text)
    assert f'name="quantity" value="{typed}"' in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert _pieces() == {"A7-INK": 2}


def test_more_than_there_is_is_refused_beside_the_line(buyer: Buyer) -> None:
    buyer.add("A7-GRN", "3")

    answer = buyer.change(step="1", quantity="3")

    assert answer.status_code == 409
    assert "Only 3 left of Anar A7" in words(answer.text)
    assert _pieces() == {"A7-GRN": 3}


def test_removing_can_be_undone_for_one_page(buyer: Buyer) -> None:
    buyer.add("KETTLE", "4")
    buyer.add("A7-INK", "2")

    buyer.change(remove="1", quantity="4")
    offered = buyer.page()
    assert "Removed: Kettle" in words(offered)
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', offered))
    assert "Removed" not in words(buyer.page())
    answer = buyer.client.post("/en/cart/add", data=hidden)

    assert answer.location == "/en/cart"
    assert _pieces() == {"A7-INK": 2, "KETTLE": 4}
    assert "It is back in your cart" in words(buyer.page())


def test_removing_twice_is_removing_once(buyer: Buyer) -> None:
    buyer.add()
    line = _lines()[0][0]

    for _ in range(2):
        answer = buyer.client.post(f"/en/cart/lines/{line}", data={"remove": "1"})
        assert answer.status_code == 303

    assert "not in your cart any more" in words(buyer.page())


def test_a_strangers_line_is_not_touched(
    buyer: Buyer, app: Flask, client: FlaskClient
) -> None:
    buyer.add()
    stranger = type(client)(app, app.response_class)

    answer = stranger.post(f"/en/cart/lines/{_lines()[0][0]}", data={"remove": "1"})

    assert answer.status_code == 303
    assert _pieces() == {"A7-INK": 1}


@pytest.mark.parametrize(
    ("yuan", "said"),
    [
        (3799, "Anar A7: the price dropped from ¥3,999 to ¥3,799"),
        (4299, "Anar A7: the price is now ¥4,299, it was ¥3,999"),
    ],
)
def test_a_change_of_price_is_said(buyer: Buyer, yuan: int, said: str) -> None:
    buyer.add()
    ink = catalogue.variant_id_of("A7-INK")
    assert ink is not None
    with transaction():
        catalogue.set_price(ink, "cn", make.yuan(yuan * 100), make.NOW)

    page = words(buyer.page())

    assert said in page
    assert f"¥{yuan:,}" in page


def test_less_stock_is_said_and_stops_the_order(buyer: Buyer, clock: Clock) -> None:
    buyer.add(quantity="4")
    ink = catalogue.variant_id_of("A7-INK")
    assert ink is not None
    with transaction():
        set_on_hand(ink, 2, "test", clock.now)

    page = buyer.page()

    assert "only 2 left. Choose a smaller number." in words(page)
    assert "Change or remove the marked products" in words(page)
    assert 'href="/en/checkout"' not in page
    buyer.change(update="1", quantity="2")
    assert 'href="/en/checkout"' in buyer.page()


def test_what_is_gone_or_not_sold_any_more_is_said(
    buyer: Buyer, shop: Shop, clock: Clock
) -> None:
    buyer.add()
    buyer.add("KETTLE")
    ink = catalogue.variant_id_of("A7-INK")
    assert ink is not None
    with transaction():
        set_on_hand(ink, 0, "test", clock.now)
        catalogue.set_sale_state(
            shop.kettle, SaleState.ON_SALE, SaleState.DISCONTINUED, clock.now
        )

    page = words(buyer.page())

    assert "Anar A7 is out of stock." in page
    assert "Kettle cannot be bought here at the moment." in page


def test_the_cart_survives_language_and_market(buyer: Buyer) -> None:
    """It reprices, says so, and what is not sold there stops the order."""
    buyer.add()
    buyer.add("KETTLE")

    assert "安榴 A7" in words(buyer.page("zh"))
    buyer.client.post("/fa/region", data={"market": "ir", "next": "/fa/cart"})
    page = words(buyer.page("en"))

    assert "Anar A7: in this region it costs 53,900,000 toman (it was ¥3,999)" in page
    assert "Kettle is not sold in this region." in page
    assert _pieces() == {"A7-INK": 1, "KETTLE": 1}


def test_the_cart_says_by_when_it_would_arrive(buyer: Buyer) -> None:
    """S33: for the whole market, then for the address that was typed."""
    buyer.add()
    before = words(buyer.page())
    address = {
        "name": "张三",
        "phone": "13812345678",
        "city": "450100",
        "district": "450103",
        "street": "民族大道 1 号",
    }
    buyer.client.post("/zh/checkout/address", data=address)
    after = words(buyer.page())

    assert "depending on the place" in before
    assert "Delivered between Wed 25 Nov and Tue 1 Dec" in after


def test_the_first_piece_gives_a_cookie_for_thirty_days(
    buyer: Buyer, app: Flask, client: FlaskClient, clock: Clock
) -> None:
    fresh = type(client)(app, app.response_class)

    answer = fresh.post("/zh/cart/add", data={"sku": "A7-INK"})

    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert app.permanent_session_lifetime == timedelta(days=30)


def test_a_product_that_is_deleted_leaves_the_cart_quietly(
    buyer: Buyer, shop: Shop
) -> None:
    buyer.add()
    buyer.add("KETTLE")
    with transaction():
        catalogue.delete_products([shop.kettle], make.NOW)

    page = buyer.page()

    assert "Kettle" not in page.split("</ul>")[0]
    assert 'href="/en/checkout"' in page


def test_a_hundred_products_are_the_most(buyer: Buyer) -> None:
    with transaction():
        for number in range(101):
            sku = f"T{number:03}"
            draft = make.draft(sku, variants=(VariantDraft(sku, {}, prices(1), 5),))
            save_goods(draft, "test", make.NOW)
    for number in range(100):
        buyer.add(f"T{number:03}")

    answer = buyer.add("T100")

    assert answer.status_code == 409
    assert "A cart holds 100 different products" in words(answer.text)
