"""Returning something: the door by receipt number, the form, the answers (S103)."""

from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from shop.db import db, write
from shop.i18n.digits import to_persian
from shop.markets.registry import market
from shop.notifications.rules import Channel
from shop.notifications.write import write as write_message
from shop.orders import find
from shop.orders.models import Order
from shop.outbox import Job
from shop.returns import service
from shop.returns.models import ReturnRequest
from tests.conftest import KEY, Clock
from tests.payments.conftest import fake, providers  # noqa: F401 (fixtures)
from tests.payments.fake import Fake
from tests.returns import make
from tests.web.owner.test_refunding import plain
from tests.web.world import forms


@pytest.fixture
def order(app: Flask, now: datetime, fake: Fake) -> Order:  # noqa: F811
    """Return a delivered order of three pots and two cups."""
    return make.delivered(fake, now)


def link(order: Order, lang: str = "en", tail: str = "/return") -> str:
    """Return the address of an order's return form."""
    return f"/{lang}/orders/{find.token(KEY.encode(), order)}{tail}"


def typed(order: Order, *counts: int, **more: str) -> dict[str, str]:
    """Return what a buyer fills in."""
    pieces = make.pieces(order, *counts)
    found = {f"pieces_{key}": str(count) for key, count in pieces.items()}
    return found | {"reason": "changed_mind", "key": "k"} | more


def requests() -> list[ReturnRequest]:
    """Return every request, oldest first."""
    db.session.rollback()
    return list(db.session.scalars(select(ReturnRequest).order_by(ReturnRequest.id)))


def links() -> list[Job]:
    """Return the messages with a link to a return form that are on their way."""
    db.session.rollback()
    found = db.session.scalars(select(Job).where(Job.kind == "notify"))
    return [one for one in found if one.payload["stage"] == "return_link"]


# The door


def test_the_door_is_found_in_the_foot_and_in_help(client: FlaskClient) -> None:
    for path in ("/en/", "/en/help/"):
        assert 'href="/en/returns"' in client.get(path).text


@pytest.mark.parametrize("lang", ["zh", "fa", "en"])
def test_the_receipt_number_is_accepted_in_any_digits(
    client: FlaskClient, order: Order, lang: str
) -> None:
    """S103: the number of the page, the message and the slip, however it is typed."""
    number, digits = to_persian(order.number), to_persian(order.phone[-4:])
    given = {"number": f" {number[:5]} {number[5:]} ", "last4": digits}

    answer = client.post(f"/{lang}/returns", data=given)

    assert answer.status_code == 200
    (job,) = links()
    assert job.payload["order_id"] == order.id


def test_the_message_leads_to_the_form(client: FlaskClient, order: Order) -> None:
    written = write_message("return_link", Channel.SMS, order, None)

    last = written.text.splitlines()[-1]
    path = "/zh/" + last.partition("/zh/")[2]
    page = client.get(path)

    assert path == link(order, "zh")
    assert page.status_code == 200
    assert "申请退货" in page.text


def test_a_stranger_learns_nothing_and_sends_nothing(
    client: FlaskClient, order: Order
) -> None:
    """The same answer to the right digits, to wrong ones and to no order at all."""
    right, wrong, nobody = (
        client.post("/en/returns", data={"number": number, "last4": digits}).text
        for number, digits in (
            (order.number, order.phone[-4:]),
            (order.number, "0000"),
            ("1234567897", "0000"),
        )
    )

    assert plain(right) == plain(wrong) == plain(nobody)
    assert len(links()) == 1


def test_an_empty_door_says_what_is_missing(client: FlaskClient) -> None:
    answer = client.post("/en/returns", data={"number": "", "last4": "1"})

    assert answer.status_code == 422
    assert "Enter the receipt number" in answer.text
    assert "Enter the last four digits" in answer.text
    assert links() == []


def test_too_many_tries_close_the_door(client: FlaskClient, order: Order) -> None:
    given = {"number": order.number, "last4": "0000"}

    codes = [client.post("/en/returns", data=given).status_code for _ in range(21)]

    assert codes == [200] * 20 + [429]


# The form


def test_a_delivered_order_leads_to_its_return(
    client: FlaskClient, order: Order
) -> None:
    page = client.get(link(order, tail=""))

    assert f'href="{link(order)}"' in page.text
    assert "Return something" in page.text


def test_an_unpaid_order_has_no_return(
    app: Flask, client: FlaskClient, now: datetime
) -> None:
    order = make.placed(now)

    assert link(order) not in client.get(link(order, tail="")).text
    form = client.get(link(order))
    assert "can be returned now" in form.text
    assert link(order) not in forms(form)


@pytest.mark.parametrize(
    ("lang", "last", "quality"),
    [
        ("zh", "11月28日", "12月6日"),
        ("fa", "شنبه ۷ آذر", "یکشنبه ۱۵ آذر"),
        ("en", "Sat 28 Nov", "Sun 6 Dec"),
    ],
)
def test_the_form_says_the_last_day_in_the_readers_calendar(
    client: FlaskClient, order: Order, lang: str, last: str, quality: str
) -> None:
    """S38: last day, freight, checklist."""
    page = plain(client.get(link(order, lang)).text)

    assert last in page
    assert quality in page


def test_the_form_says_who_pays_and_what_belongs_to_it(
    client: FlaskClient, order: Order
) -> None:
    page = plain(client.get(link(order)).text)

    assert page.count("you pay the freight") == 2
    assert page.count("we pay the freight") == 2
    assert "Its packaging" in page
    assert "Accessories, manuals and cards" in page
    assert "Gifts that came with it" in page


def test_a_request_stands_on_the_order_and_its_timeline(
    client: FlaskClient, order: Order
) -> None:
    answer = client.post(link(order), data=typed(order, 2, words="too small"))

    (made,) = requests()
    assert answer.status_code == 303
    assert answer.location == f"{link(order, tail='')}#return-{made.id}"
    page = plain(client.get(link(order, tail="")).text)
    assert "We have your request" in page
    assert "Return asked for" in page
    assert "too small" in page
    assert "Waiting for our answer" in page


def test_the_same_form_twice_is_one_request(client: FlaskClient, order: Order) -> None:
    for _ in range(2):
        assert client.post(link(order), data=typed(order, 1)).status_code == 303

    assert len(requests()) == 1
    assert "We have this request already" in client.get(link(order, tail="")).text


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"reason": ""}, 422, "Choose a reason"),
        ({"reason": "x"}, 422, "Choose a reason"),
        ({"reason": "faulty", "words": " "}, 422, "Please write what is wrong"),
        ({}, 409, "Choose how many pieces"),
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_is_kept(
    client: FlaskClient,
    order: Order,
    changes: dict[str, str],
    status: int,
    said: str,
) -> None:
    pots = 0 if status == 409 else 2
    answer = client.post(link(order), data=typed(order, pots, words="kept") | changes)

    assert answer.status_code == status
    assert said in answer.text
    sent = forms(answer)[link(order)]
    assert sent[f"pieces_{order.lines[0].id}"] == str(pots)
    assert requests() == []


def test_pieces_of_another_order_are_not_reached(
    client: FlaskClient,
    order: Order,
    now: datetime,
    fake: Fake,  # noqa: F811
) -> None:
    other = make.delivered(fake, now, "other")

    answer = client.post(link(order), data=typed(other, 1))

    assert answer.status_code == 409
    assert requests() == []


def test_after_the_last_day_it_says_so_and_what_to_do(
    client: FlaskClient, order: Order, clock: Clock
) -> None:
    offered = service.offer(order, clock.now)
    assert offered.window is not None
    clock.now = market("cn").end_of(offered.window.last_on)
    assert 'value="changed_mind"' not in client.get(link(order)).text
    late = client.post(link(order), data=typed(order, 1))
    assert late.status_code == 409
    assert "the last day was" in plain(late.text)

    clock.now = market("cn").end_of(offered.window.quality_on)

    page = client.get(link(order))
    assert "The last day to return something was" in plain(page.text)
    assert "please contact us" in page.text
    assert link(order) not in forms(page)
    assert f'href="{link(order)}"' not in client.get(link(order, tail="")).text


def test_a_paid_order_on_its_way_is_asked_back(
    app: Flask,
    client: FlaskClient,
    now: datetime,
    fake: Fake,  # noqa: F811
) -> None:
    """S36."""
    order = make.paid(fake, now)
    page = plain(client.get(link(order)).text)
    assert "Ask for your money back" in page
    assert "freight" not in page

    answer = client.post(link(order), data=typed(order, 3, 2))

    assert answer.status_code == 303
    assert requests()[0].freight == ""


def test_the_answer_is_read_on_the_order(
    client: FlaskClient, order: Order, now: datetime
) -> None:
    client.post(link(order), data=typed(order, 1))
    (made,) = requests()
    write(lambda: service.approve(made.id, "to our shop", "staff:1", now))

    page = plain(client.get(link(order, tail="")).text)

    assert "Return accepted" in page
    assert "to our shop" in page
    assert "Paid by the customer" in page
