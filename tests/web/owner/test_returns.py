"""Returns at the desk: they wait in the queue, are decided, and end in a refund."""

from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from shop.db import db
from shop.orders.models import Order
from shop.payments import refunds
from shop.returns import service
from shop.returns.models import ReturnRequest
from shop.returns.rules import ReturnReason
from tests.payments.conftest import fake, providers  # noqa: F401 (fixtures)
from tests.payments.fake import Fake
from tests.returns import make
from tests.returns.test_requests import ask
from tests.web.owner.make import actions, log
from tests.web.owner.test_races import press
from tests.web.owner.test_refunding import plain
from tests.web.world import forms


@pytest.fixture
def order(app: Flask, now: datetime, fake: Fake) -> Order:  # noqa: F811
    """Return a delivered order."""
    return make.delivered(fake, now)


@pytest.fixture
def asked(order: Order, now: datetime) -> ReturnRequest:
    """Return a request for two of its pots."""
    return ask(order, now, 2)


def url(order: Order, tail: str = "") -> str:
    """Return an address of the order at the desk."""
    return f"/en/owner/orders/{order.number}{tail}"


def state(asked: ReturnRequest) -> str:
    """Return the state of a request as the database has it now."""
    db.session.rollback()
    return str(
        db.session.get_one(ReturnRequest, asked.id, populate_existing=True).state
    )


def test_an_open_request_stands_on_the_first_page(
    desk: FlaskClient, order: Order, asked: ReturnRequest
) -> None:
    first = plain(desk.get("/en/owner/").text)
    tab = desk.get("/en/owner/?tab=returns")

    assert "1 return to decide about" in first
    assert order.number in tab.text
    assert "Decide" in tab.text


def test_the_order_shows_what_is_asked_for(
    desk: FlaskClient, order: Order, asked: ReturnRequest
) -> None:
    page = plain(desk.get(url(order)).text)

    assert "I have changed my mind" in page
    assert "Accept and go on to the refund" in page
    assert "Waiting for our answer" in page


def test_accepting_leads_to_the_refund_with_its_pieces(
    desk: FlaskClient, order: Order, asked: ReturnRequest
) -> None:
    given = {"request": str(asked.id), "note": "to our shop"}

    answer = desk.post(url(order, "/return/accept"), data=given)

    assert answer.status_code == 303
    assert answer.location == url(order, f"/give-back?request={asked.id}")
    sent = forms(desk.get(answer.location))[url(order, "/give-back")]
    assert sent[f"pieces_{order.lines[0].id}"] == "2"
    assert sent["request"] == str(asked.id)
    assert state(asked) == "approved"
    assert actions() == ["order.return_accepted"]
    assert log()[0].after["note"] == "to our shop"


def test_the_refund_settles_the_return(
    desk: FlaskClient, order: Order, asked: ReturnRequest
) -> None:
    desk.post(url(order, "/return/accept"), data={"request": str(asked.id)})
    choice = desk.get(url(order, f"/give-back?request={asked.id}"))
    preview = desk.post(
        url(order, "/give-back"), data=forms(choice)[url(order, "/give-back")]
        | {"amount": "", "reason": ""},
    )  # fmt: skip
    target = url(order, "/give-back/now")
    sent = {k: v for k, v in forms(preview)[target].items() if k != "change"}

    assert desk.post(target, data=sent).status_code == 303

    assert state(asked) == "settled"
    (refund,) = refunds.refunds_of(order.id)
    pots = next(line for line in order.lines)
    assert refund.amount_minor >= 2 * pots.unit_minor
    page = plain(desk.get(url(order)).text)
    assert "Return settled" in page
    assert "0" in plain(desk.get("/en/owner/?tab=returns").text)


def test_a_return_of_everything_for_a_fault_offers_the_delivery_fee(
    desk: FlaskClient, order: Order, now: datetime
) -> None:
    made = ask(order, now, 3, 2, reason=ReturnReason.FAULTY)
    desk.post(url(order, "/return/accept"), data={"request": str(made.id)})

    page = desk.get(url(order, f"/give-back?request={made.id}")).text

    assert 'name="delivery" value="1" checked' in page


def test_declining_needs_a_reason(
    desk: FlaskClient, order: Order, asked: ReturnRequest
) -> None:
    given = {"request": str(asked.id), "note": " "}

    answer = desk.post(url(order, "/return/decline"), data=given)

    assert answer.status_code == 422
    assert "Write the reason" in answer.text
    assert state(asked) == "requested"


def test_declining_is_told_with_its_reason(
    desk: FlaskClient, order: Order, asked: ReturnRequest
) -> None:
    given = {"request": str(asked.id), "note": "it was worn"}

    answer = desk.post(url(order, "/return/decline"), data=given)

    assert answer.status_code == 303
    assert state(asked) == "declined"
    assert "it was worn" in plain(desk.get(url(order)).text)
    assert log()[0].after["reason"] == "it was worn"


@pytest.mark.parametrize("deed", ["accept", "decline"])
def test_several_people_decide_once(  # noqa: PLR0917 (what pytest hands in)
    app: Flask,
    desk: FlaskClient,
    order: Order,
    asked: ReturnRequest,
    now: datetime,
    deed: str,
) -> None:
    given = {"request": str(asked.id), "note": "x"}

    codes = press(app, now, url(order, f"/return/{deed}"), given)

    assert codes == [303] * 6
    assert len(actions()) == 1


def test_a_request_of_another_order_is_not_reached(
    desk: FlaskClient,
    asked: ReturnRequest,
    now: datetime,
    fake: Fake,  # noqa: F811
) -> None:
    other = make.delivered(fake, now, "other")
    given = {"request": str(asked.id), "note": "x"}

    for deed in ("accept", "decline"):
        answer = desk.post(url(other, f"/return/{deed}"), data=given)
        assert answer.status_code == 404

    assert state(asked) == "requested"
    page = desk.get(url(other, f"/give-back?request={asked.id}"))
    assert "request" not in forms(page)[url(other, "/give-back")]


def test_an_accepted_return_whose_goods_never_come_can_be_declined(
    desk: FlaskClient, order: Order, asked: ReturnRequest, now: datetime
) -> None:
    desk.post(url(order, "/return/accept"), data={"request": str(asked.id)})

    desk.post(
        url(order, "/return/decline"), data={"request": str(asked.id), "note": "no"}
    )

    assert state(asked) == "declined"
    assert service.offer(order, now).left[order.lines[0].id][1] == 3
