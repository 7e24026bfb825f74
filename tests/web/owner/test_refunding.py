"""Parts of an order given back at the desk: chosen, shown, done as shown (S41)."""

import re
from datetime import date, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shop.accounts.models import Staff
from shop.db import db
from shop.inventory import service as inventory
from shop.orders.models import Order
from shop.payments import refunds
from shop.returns import giving
from tests.payments.conftest import fake, providers  # noqa: F401 (fixtures)
from tests.payments.fake import Fake, Providers, kind
from tests.returns import make
from tests.web.owner.make import actions, log
from tests.web.owner.test_races import press
from tests.web.world import forms


@pytest.fixture
def order(app: Flask, now: datetime, fake: Fake) -> Order:  # noqa: F811
    """Return a paid order of three pots, two cups and a delivery fee."""
    return make.paid(fake, now)


def choose(
    desk: FlaskClient, order: Order, lang: str = "en", **typed: str
) -> TestResponse:
    """Send the choice; return the page that answers."""
    return desk.post(f"/{lang}/owner/orders/{order.number}/give-back", data=typed)


def press_now(
    desk: FlaskClient, order: Order, page: TestResponse, **more: str
) -> TestResponse:
    """Press the button of a preview."""
    url = f"/en/owner/orders/{order.number}/give-back/now"
    return desk.post(url, data=forms(page)[url] | more)


def pots(order: Order, count: object) -> dict[str, str]:
    """Return the field that asks for pots."""
    return {f"pieces_{order.lines[0].id}": str(count)}


def amounts(page: TestResponse) -> list[str]:
    """Return the amounts of the preview's table, the total last."""
    part = page.text.partition('id="what"')[2].partition("</dl>")[0]
    return re.findall(r"¥[\d,.]+", plain(part))


def plain(html: str) -> str:
    """Return what a page says without its tags."""
    return re.sub(r"<[^>]+>", "", html).replace("\u00a0", " ")


def test_the_order_leads_to_its_refund(desk: FlaskClient, order: Order) -> None:
    page = desk.get(f"/en/owner/orders/{order.number}")

    assert f'href="/en/owner/orders/{order.number}/give-back"' in page.text
    choice = desk.get(f"/en/owner/orders/{order.number}/give-back").text
    assert "can still go back" in choice
    assert "3</bdi> pieces can go back" in choice
    assert "Put the pieces back" not in choice


def test_an_unpaid_order_has_nothing_to_give_back(
    desk: FlaskClient, now: datetime, app: Flask
) -> None:
    unpaid = make.placed(now)
    answer = desk.get(f"/en/owner/orders/{unpaid.number}/give-back")

    assert answer.status_code == 303
    assert "give-back" not in desk.get(f"/en/owner/orders/{unpaid.number}").text


def test_what_is_shown_is_what_is_done(desk: FlaskClient, order: Order) -> None:
    typed = pots(order, 2) | {"delivery": "1", "amount": "5", "reason": "a scratch"}
    page = choose(desk, order, **typed)
    assert amounts(page) == ["¥200", "¥18", "¥5", "¥223"]
    assert "a scratch" in page.text
    assert refunds.refunds_of(order.id) == []

    assert press_now(desk, order, page).status_code == 303

    (refund,) = refunds.refunds_of(order.id)
    assert refund.amount.minor == 22_300
    assert refund.promised_on > date(2026, 11, 21)
    after = desk.get(f"/en/owner/orders/{order.number}").text
    assert "2</bdi> pieces refunded" in after
    assert "The money goes back. The customer is told." in after


def test_the_log_says_who_what_before_and_after(
    desk: FlaskClient, order: Order, owner: Staff
) -> None:
    page = choose(desk, order, **pots(order, 1))
    press_now(desk, order, page)

    (entry,) = log()
    assert (entry.action, entry.staff_id) == ("order.refunded", owner.id)
    assert entry.before == {"given_back": [0, "CNY"]}
    assert entry.after["given_back"] == [10_000, "CNY"]
    assert entry.after["products"] == [f"{order.lines[0].sku} × 1"]
    assert "Given back so far" in desk.get(f"/en/owner/orders/{order.number}").text


def test_the_same_button_twice_is_one_refund(desk: FlaskClient, order: Order) -> None:
    page = choose(desk, order, **pots(order, 1))

    codes = [press_now(desk, order, page).status_code for _ in range(2)]

    assert codes == [303, 303]
    assert "Somebody was faster" in desk.get(f"/en/owner/orders/{order.number}").text
    assert len(refunds.refunds_of(order.id)) == 1
    assert actions() == ["order.refunded"]


def test_the_same_button_pressed_by_six_at_once_is_one_refund(
    app: Flask, desk: FlaskClient, order: Order, now: datetime
) -> None:
    page = choose(desk, order, **pots(order, 1))
    url = f"/en/owner/orders/{order.number}/give-back/now"
    order_id = order.id

    codes = press(app, now, url, forms(page)[url])

    assert codes == [303] * 6
    assert len(refunds.refunds_of(order_id)) == 1
    assert actions() == ["order.refunded"]


def test_two_people_with_a_page_each_do_not_both_give_back(
    desk: FlaskClient, order: Order
) -> None:
    mine, theirs = (choose(desk, order, amount="20", reason="sorry") for _ in "ab")
    press_now(desk, order, theirs)

    answer = press_now(desk, order, mine)

    assert answer.status_code == 409
    assert "has changed since you looked" in answer.text
    assert amounts(answer)[-1] == "¥20"
    assert 'value="sorry"' in answer.text
    assert len(refunds.refunds_of(order.id)) == 1
    assert press_now(desk, order, answer).status_code == 303
    assert len(refunds.refunds_of(order.id)) == 2


def test_a_choice_that_is_not_possible_any_more_is_kept(
    desk: FlaskClient, order: Order
) -> None:
    mine, theirs = (choose(desk, order, **pots(order, 2)) for _ in "ab")
    press_now(desk, order, theirs)

    answer = press_now(desk, order, mine)

    assert answer.status_code == 409
    assert "can still go back" in answer.text
    assert "See what goes back" in answer.text


def test_changing_ones_mind_keeps_the_choice(desk: FlaskClient, order: Order) -> None:
    page = choose(desk, order, **pots(order, 2), amount="7", reason="late")
    url = f"/en/owner/orders/{order.number}/give-back"

    again = desk.post(url, data=forms(page)[f"{url}/now"] | {"change": "1"})

    kept = forms(again)[url]
    assert kept[f"pieces_{order.lines[0].id}"] == "2"
    assert (kept["amount"], kept["reason"]) == ("7", "late")


@pytest.mark.parametrize(
    ("typed", "status", "said"),
    [
        ({}, 409, "Choose a product, the delivery fee or an amount"),
        ({"amount": "abc", "reason": "x"}, 422, "Enter an amount above zero"),
        ({"amount": "0", "reason": "x"}, 422, "Enter an amount above zero"),
        ({"amount": "-5", "reason": "x"}, 422, "Enter an amount above zero"),
        ({"amount": "5"}, 422, "Write the reason"),
        ({"amount": "9999", "reason": "x"}, 409, "of this payment can still go back"),
    ],
)
def test_what_cannot_go_back_is_said_and_kept(
    desk: FlaskClient, order: Order, typed: dict[str, str], status: int, said: str
) -> None:
    answer = choose(desk, order, **typed)

    assert answer.status_code == status
    assert said in answer.text
    assert f'value="{typed.get("amount", "")}"' in answer.text
    assert refunds.refunds_of(order.id) == []


def test_an_amount_is_read_in_any_digits(desk: FlaskClient, order: Order) -> None:
    page = choose(desk, order, "fa", amount="۱۲٫۵", reason="پوزش")

    assert page.status_code == 200
    assert "۱۲٫۵" in page.text or "۱۲٫۵۰" in page.text


def test_less_than_the_provider_gives_back_is_refused_in_words(
    desk: FlaskClient,
    now: datetime,
    providers: Providers,  # noqa: F811
) -> None:
    bank = providers.add(kind("coarse", min_refund_minor=1_000))
    answer = choose(desk, make.paid(bank, now), amount="9.99", reason="x")

    assert answer.status_code == 409
    assert "A refund is" in answer.text
    assert "¥10 or more" in plain(answer.text)


def test_rials_are_typed_and_shown_beside_toman(
    desk: FlaskClient,
    now: datetime,
    providers: Providers,  # noqa: F811
) -> None:
    bank = providers.add(kind("shaparak", currency="IRR"))
    order = make.placed_in_iran(now)
    make.pay(order, bank, now)

    page = choose(desk, make.fresh(order), "fa", amount="۵۰۰۰۰۰", reason="پوزش")

    assert "۵۰٬۰۰۰ تومان" in plain(page.text)
    assert "۵۰۰٬۰۰۰ ریال" in plain(page.text)


def test_pieces_come_back_into_stock_by_a_tick(
    desk: FlaskClient,
    now: datetime,
    fake: Fake,  # noqa: F811
) -> None:
    order = make.delivered(fake, now)
    pot = order.lines[0].variant_id
    before = inventory.available(pot)
    page = choose(desk, order, **pots(order, 2), restock="1")
    assert "2</bdi> pieces go back into stock" in page.text

    press_now(desk, order, page)

    assert inventory.available(pot) == before + 2
    assert log()[0].after["restocked"] is True


def test_a_line_of_another_order_is_not_reached(
    desk: FlaskClient,
    order: Order,
    now: datetime,
    fake: Fake,  # noqa: F811
) -> None:
    other = make.paid(fake, now, "other")

    answer = choose(desk, order, **pots(other, 1))

    assert answer.status_code == 409
    assert giving.given_back(other.id) == {}


def test_the_buyer_sees_what_went_back(
    app: Flask, desk: FlaskClient, order: Order
) -> None:
    from shop.orders import find
    from tests.conftest import KEY

    press_now(desk, order, choose(desk, order, **pots(order, 1)))
    db.session.rollback()
    link = f"/zh/orders/{find.token(KEY.encode(), make.fresh(order))}"

    page = app.test_client().get(link).text

    assert "已退款" in page
    assert "退款处理中" in page
    assert "¥100" in plain(page)


def test_what_was_refunded_before_it_was_sent_is_not_packed(
    desk: FlaskClient, order: Order
) -> None:
    lines = f"/en/owner/orders/{order.number}/slip"
    cup = order.lines[1]
    given = pots(order, 1) | {f"pieces_{cup.id}": "2"}
    page = choose(desk, order, **given)
    assert "the packing slip no longer names" in page.text

    press_now(desk, order, page)

    slip = desk.get(lines).text
    assert order.lines[0].sku in slip
    assert cup.sku not in slip
