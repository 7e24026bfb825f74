"""The checkout from the browser's side: kept, refused, placed once."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from shop.db import db, transaction
from shop.i18n.reader import reading
from shop.markets import service
from shop.markets.ir import TEHRAN
from shop.markets.refusals import NotIn
from shop.markets.registry import market
from shop.orders import promises
from shop.orders.models import Order
from shop.orders.states import OrderState
from shop.outbox import Job
from shop.payments import settings as payment_settings
from shop.policies import service as policies
from shop.web.messages import say
from tests.conftest import Clock
from tests.web.checkout.walk import IR, Shopper, stock_teapots
from tests.web.storefront.shop import words


@pytest.fixture
def zh(client: FlaskClient) -> Shopper:
    """Return a Chinese reader with a teapot to buy."""
    stock_teapots()
    return Shopper(client)


@pytest.fixture
def fa(client: FlaskClient, clock: Clock) -> Shopper:
    """Return a Persian reader in a shop that takes transfers."""
    stock_teapots()
    account = {
        "card_number": "6037991234567893",
        "bank": "بانک نمونه",
        "holder": "فروشگاه نمونه",
    }
    with transaction():
        for name, value in account.items():
            payment_settings.save("card_transfer", name, value, clock.now)
    return Shopper(client, "fa")


def _beside(page: str, method: str) -> str:
    """Return what a page says about one method: up to the next one."""
    after = page.partition(f'value="{method}"')[2]
    return re.split(r'<input[^>]*type="radio"|</fieldset>', after)[0]


def _orders() -> int:
    return db.session.scalar(select(func.count(Order.id))) or 0


def _order() -> Order:
    db.session.rollback()
    return db.session.scalars(select(Order)).one()


def test_an_empty_cart_leads_back_to_the_cart(zh: Shopper) -> None:
    answer = zh.get("/checkout")

    assert answer.status_code == 303
    assert answer.location == "/zh/cart"


def test_each_answer_leads_to_the_next_question(zh: Shopper) -> None:
    zh.add()
    ways = [zh.get("/checkout").location, zh.fill().location]
    ways.append(zh.post("/checkout/delivery", method="standard").location)
    ways.append(
        zh.post("/checkout/payment", method="cash_on_delivery", option="pos").location
    )

    assert ways == [
        "/zh/checkout/address",
        "/zh/checkout/delivery",
        "/zh/checkout/payment",
        "/zh/checkout/review",
    ]


def test_cash_on_delivery_from_cart_to_order_page(zh: Shopper) -> None:
    zh.add(quantity="۲")
    zh.fill()
    fields = zh.review("cash_on_delivery", "pos")

    placed = zh.place(fields)
    shown = zh.client.get(placed.location or "")

    order = _order()
    assert placed.status_code == 303
    assert shown.status_code == 200
    assert order.state == OrderState.ACCEPTED
    assert order.method_option == "pos"
    assert order.phone == "+8613812345678"
    assert order.lines[0].quantity == 2
    assert order.number in shown.text


def test_the_button_pressed_twice_is_one_order(zh: Shopper) -> None:
    zh.add()
    zh.fill()
    fields = zh.review("cash_on_delivery", "cash")

    first, second = zh.place(fields), zh.place(fields)

    assert _orders() == 1
    assert first.location == second.location


def test_an_unticked_box_places_nothing_and_says_so(zh: Shopper) -> None:
    zh.add()
    zh.fill()
    fields = zh.review("cash_on_delivery", "cash")
    fields.pop("terms")

    answer = zh.place(fields)

    assert answer.status_code == 422
    assert _orders() == 0
    assert 'role="alert"' in answer.text


def test_the_order_leads_to_the_words_that_were_accepted(
    zh: Shopper, clock: Clock
) -> None:
    """S118: in the market of the order, with the numbers of that day."""
    zh.add()
    zh.fill()
    placed = zh.place(zh.review("cash_on_delivery", "cash"))
    agreed = _order().agreements[0]
    with transaction():
        service.change(market("cn"), "return_days", 30, clock.now)
    zh.post("/region", market="ir")

    order_page = zh.client.get((placed.location or "").removesuffix("/pay")).text
    link = re.search(r'href="(/zh/help/terms\?[^"]+)"', order_page)
    assert link is not None
    shown = zh.client.get(link[1])

    kept = policies.accepted(agreed.text_hash)
    assert kept is not None
    assert kept.text_hash == agreed.text_hash
    assert (kept.market, kept.language) == ("cn", "zh")
    assert shown.status_code == 200
    assert f"<h1>{kept.title}</h1>" in shown.text
    assert zh.get(f"/help/returns?text={agreed.text_hash}").status_code == 404
    assert zh.get(f"/help/terms?text={'0' * 64}").status_code == 404


def test_terms_that_changed_while_they_were_read_are_ticked_again(
    zh: Shopper, clock: Clock
) -> None:
    zh.add()
    zh.fill()
    fields = zh.review("cash_on_delivery", "cash")
    with transaction():
        service.change(market("cn"), "return_days", 30, clock.now)

    answer = zh.place(fields)

    assert answer.status_code == 422
    assert _orders() == 0


def test_another_total_than_shown_places_nothing(zh: Shopper) -> None:
    zh.add()
    zh.fill()
    fields = zh.review("cash_on_delivery", "cash") | {"seen": "1"}

    answer = zh.place(fields)

    assert answer.status_code == 409
    assert _orders() == 0


@pytest.mark.parametrize("seen", ["", "abc", "-5", "9" * 30, "۱۲۳"])
def test_an_altered_total_is_no_server_error(zh: Shopper, seen: str) -> None:
    zh.add()
    zh.fill()
    fields = zh.review("cash_on_delivery", "cash") | {"seen": seen}

    assert zh.place(fields).status_code == 409
    assert _orders() == 0


def test_what_was_typed_is_kept_when_it_is_not_right(zh: Shopper) -> None:
    zh.add()
    answer = zh.fill(phone="12345", street="短")
    again = zh.get("/checkout/address")

    assert answer.status_code == 422
    assert answer.text.count('aria-invalid="true"') == 2
    assert 'value="12345"' in again.text


def test_the_districts_of_a_city_come_without_script(zh: Shopper) -> None:
    zh.add()
    answer = zh.fill(district="", step="districts")

    assert answer.status_code == 200
    assert 'name="district"' in answer.text
    assert 'value="张三"' in answer.text


def test_a_city_we_do_not_reach_is_refused_with_a_reason(zh: Shopper) -> None:
    zh.add()
    answer = zh.fill(city="710100", district="")

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


def test_a_method_of_another_city_is_refused_on_submit(fa: Shopper) -> None:
    fa.add()
    fa.fill()
    answer = fa.post("/checkout/payment", method="card_transfer")

    assert answer.status_code == 409
    assert "disabled" in answer.text


def test_every_method_of_the_market_is_listed_with_its_reason(fa: Shopper) -> None:
    """N3: what cannot be chosen is there, and beside it stands why."""
    fa.add()
    fa.fill()
    page = fa.get("/checkout/payment").text

    with reading("fa", "Asia/Tehran"):
        why = words(str(say(NotIn("ir", "card_transfer", TEHRAN))))
    assert 'value="cash_by_arrangement"' in page
    assert why in words(_beside(page, "card_transfer"))
    assert why not in words(_beside(page, "cash_by_arrangement"))
    assert 'value="card_transfer" disabled' in page


def test_a_total_over_the_cap_says_so_beside_cash_on_delivery(
    zh: Shopper, clock: Clock
) -> None:
    """S28: the cap itself is in the sentence, and a submit is refused by it."""
    with transaction():
        service.change(market("cn"), "cash_on_delivery.max_minor", 10_000, clock.now)
    zh.add()
    zh.fill()
    zh.post("/checkout/delivery", method="standard")
    page = zh.get("/checkout/payment").text
    answer = zh.post("/checkout/payment", method="cash_on_delivery", option="cash")

    assert "¥100" in words(_beside(page, "cash_on_delivery"))
    assert 'value="cash_on_delivery" disabled' in page
    assert answer.status_code == 409


def test_a_transfer_shows_card_and_amount_to_the_rial(fa: Shopper) -> None:
    fa.add()
    fa.fill(city="040122")
    placed = fa.place(fa.review("card_transfer"))
    shown = fa.client.get(placed.location or "")

    assert shown.status_code == 200
    assert "6037991234567893" in shown.text
    assert _order().number in shown.text
    assert "ریال" in shown.text


def test_a_receipt_is_taken_in_any_digits(fa: Shopper, clock: Clock) -> None:
    fa.add()
    fa.fill(city="040122")
    placed = fa.place(fa.review("card_transfer"))
    clock.forward(minutes=5)

    answer = fa.client.post(
        (placed.location or "").replace("/pay", "/receipt"),
        data={
            "tracking_number": "۱۲۳۴۵۶۷۸",
            "last_four": "٧٨٩٣",
            "paid_on": "2026-11-21",
            "paid_at": "۱۱:۲۰",
        },
    )
    order = _order()

    assert answer.status_code == 303
    assert order.pay_by_at is None
    assert order.state == OrderState.PLACED
    (promise,) = promises.open_promises(order)
    assert market("ir").end_of(promise.due_on) == promise.due_at
    said = words(fa.client.get(placed.location or "").text)
    assert "تا پایان یکشنبه ۱ آذر به شما خبر می‌دهیم" in said


def test_a_receipt_that_cannot_be_true_says_where(fa: Shopper) -> None:
    fa.add()
    fa.fill(city="040122")
    placed = fa.place(fa.review("card_transfer"))

    answer = fa.client.post(
        (placed.location or "").replace("/pay", "/receipt"),
        data={"tracking_number": "x", "last_four": "1", "paid_at": "25:99"},
    )

    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text


def test_cash_by_arrangement_waits_for_our_call(fa: Shopper) -> None:
    fa.add()
    fa.fill()
    placed = fa.place(fa.review("cash_by_arrangement"))
    shown = fa.client.get(placed.location or "")

    assert shown.status_code == 200
    assert _order().state == OrderState.PLACED


def test_a_wrong_link_is_a_page_that_helps(zh: Shopper) -> None:
    for path in ("/orders/1234567890abcdefabcdefabcdef", "/orders/x/pay"):
        assert zh.get(path).status_code == 404


def test_an_unpaid_order_is_cancelled_by_its_buyer(fa: Shopper) -> None:
    fa.add()
    fa.fill(city="040122")
    placed = fa.place(fa.review("card_transfer"))
    base = (placed.location or "").removesuffix("/pay")

    asked = fa.client.get(f"{base}/cancel")
    done = fa.client.post(f"{base}/cancel", data={"reason": "نظرم عوض شد"})

    assert asked.status_code == 200
    assert done.status_code == 303
    assert _order().state == OrderState.CANCELLED


def test_an_unpaid_order_moves_to_another_city(fa: Shopper) -> None:
    fa.add()
    fa.fill(city="040122")
    placed = fa.place(fa.review("card_transfer"))
    base = (placed.location or "").removesuffix("/pay")

    shown = fa.client.get(f"{base}/address")
    moved = fa.client.post(f"{base}/address", data=IR)
    page = fa.client.get(base)

    assert shown.status_code == 200
    assert moved.status_code == 303
    assert _order().method == "", "card-to-card is not offered in Tehran"
    assert page.status_code == 200
    assert "payment-method" in page.text


def test_an_expired_order_can_be_put_into_the_cart_again(
    zh: Shopper, clock: Clock, app: Flask
) -> None:
    zh.add()
    zh.fill()
    placed = zh.place(zh.review("cash_on_delivery", "cash"))
    base = (placed.location or "").removesuffix("/pay")

    again = zh.client.post(f"{base}/again")

    assert again.status_code == 303
    assert again.location == "/zh/cart"
    assert "TEAPOT" in zh.get("/cart").text or zh.get("/cart").status_code == 200


def test_the_lookup_answers_the_same_whatever_was_typed(zh: Shopper) -> None:
    zh.add()
    zh.fill()
    zh.place(zh.review("cash_on_delivery", "cash"))
    order = _order()

    right = zh.post("/orders/", number=order.number, last4="５６７８")
    wrong = zh.post("/orders/", number=order.number, last4="0000")
    unknown = zh.post("/orders/", number="1234567897", last4="5678")

    assert right.status_code == wrong.status_code == unknown.status_code == 200
    assert right.text == wrong.text == unknown.text
    asked = select(Job.dedup).where(Job.dedup.startswith("links:"))
    assert len(db.session.scalars(asked).all()) == 1


def test_the_lookup_needs_number_and_digits(zh: Shopper) -> None:
    answer = zh.post("/orders/", number="", last4="12")

    assert zh.get("/orders/").status_code == 200
    assert answer.status_code == 422
    assert 'value="12"' in answer.text


def test_a_provider_with_a_wrong_address_breaks_no_page(
    fa: Shopper, clock: Clock
) -> None:
    """Left from the demo, or typed wrongly: the order is kept and can be paid."""
    with transaction():
        for name, value in (("merchant_id", "0" * 36), ("base_url", "http://[")):
            payment_settings.save("zarinpal", name, value, clock.now)
    fa.add()
    fa.fill()

    placed = fa.place(fa.review("gateway"))
    shown = fa.client.get(placed.location or "")

    assert placed.status_code == 303
    assert shown.status_code == 200
    assert _order().state == OrderState.PLACED
    assert "/payment-method" in shown.text
