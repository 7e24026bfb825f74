"""The queue: what needs somebody now, the late first, found by any number."""

import re
from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, event, select, update

from shop import outbox
from shop.accounts import service as accounts
from shop.accounts.models import Staff
from shop.db import db, transaction, write
from shop.fulfilment import service as fulfilment
from shop.orders.models import Order
from shop.outbox import Job
from shop.payments import review
from tests.conftest import Clock
from tests.orders import make as orders
from tests.web.owner import make


def signed_in_again(desk: FlaskClient, now: datetime) -> None:
    """Sign the owner in anew: the clock has moved on further than a session lasts."""
    staff = db.session.query(Staff).order_by(Staff.id).first()
    assert staff is not None
    with transaction():
        token = accounts.begin_sign_in(staff, now)
    with desk.session_transaction() as session:
        session["staff"] = token


@pytest.mark.parametrize(
    "typed",
    [
        "number", "phone", "persian phone", "trace", "bank's trace", "tracking",
        "lower tracking",
    ],
)  # fmt: skip
def test_an_order_is_found_by_every_number_it_has(
    desk: FlaskClient, now: datetime, typed: str
) -> None:
    order = make.on_delivery(now, "a")
    attempt = make.attempt_of(order)
    write(lambda: fulfilment.start_packing(order, "x", now))
    write(lambda: fulfilment.ship(order, "sf", "SF77123", "x", now))
    write(lambda: review.confirm(attempt.id, "x", now, None, "2026112122001"))
    with transaction():
        db.session.execute(
            update(Order).where(Order.id == order.id).values(phone="+8613998765432")
        )
    other = make.on_delivery(now, "b")
    query = {
        "number": f" {order.number} ",
        "phone": "139 9876 5432",
        "persian phone": "۱۳۹۹۸۷۶۵۴۳۲",
        "trace": attempt.merchant_ref,
        "bank's trace": " ۲۰۲۶۱۱۲۱۲۲۰۰۱",
        "tracking": "SF77123",
        "lower tracking": "sf７７１２３",
    }[typed]
    text = desk.get("/en/owner/", query_string={"q": query}).text
    assert order.number in text
    assert other.number not in text


def test_nothing_found_says_what_to_do(desk: FlaskClient) -> None:
    assert "Type it whole" in desk.get("/en/owner/?q=12").text


def test_the_desk_opens_where_something_waits(desk: FlaskClient, now: datetime) -> None:
    assert "Nothing waits for you" in desk.get("/en/owner/").text
    order = make.to_arrange(now)
    assert order.number in desk.get("/en/owner/").text


def test_a_late_order_is_red_in_the_queue(
    desk: FlaskClient, now: datetime, clock: Clock
) -> None:
    make.on_delivery(now)
    clock.forward(days=6)
    signed_in_again(desk, clock.now)
    assert "Late: Ships by" in desk.get("/en/owner/?tab=pack").text


def test_a_page_of_the_queue_asks_a_fixed_number_of_questions(
    desk: FlaskClient, now: datetime
) -> None:
    """No query per order: three orders and twelve cost the same."""
    for place in range(3):
        make.on_delivery(now, f"a{place}")
    statements(desk)
    few = statements(desk)
    for place in range(9):
        make.on_delivery(now, f"b{place}")
    assert statements(desk) == few
    assert few <= 14


def statements(desk: FlaskClient) -> int:
    """Count the statements of one page of the queue."""
    seen: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert desk.get("/en/owner/?tab=pack").status_code == 200
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return len(seen)


def test_the_next_page_goes_on_where_the_first_ended(
    desk: FlaskClient, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shop.reports import queue as report

    made = [make.on_delivery(now, f"k{place}").number for place in range(5)]
    short = report.page.__kwdefaults__ or {}
    assert short == {}
    monkeypatch.setattr(report.page, "__defaults__", (None, 2))
    seen = []
    url = "/en/owner/?tab=pack"
    while url:
        text = desk.get(url).text
        seen += [number for number in made if f"orders/{number}#deeds" in text]
        url = next_url(text)
    assert sorted(seen) == sorted(made)
    assert len(seen) == len(set(seen))


def next_url(text: str) -> str:
    """Return where "next page" leads, "" on the last."""
    _, _, rest = text.partition('rel="next"')
    before = text.partition('rel="next"')[0]
    if not rest:
        return ""
    return before.rpartition('<a href="')[2].partition('"')[0].replace("&amp;", "&")


def test_a_broken_place_in_the_list_is_the_first_page(
    desk: FlaskClient, now: datetime
) -> None:
    order = make.on_delivery(now)
    for at in ("x", "n.1.2", "n.9.999999999999999999.1", "p.0.0.0' or 1=1"):
        answer = desk.get("/en/owner/", query_string={"tab": "pack", "at": at})
        assert answer.status_code == 200
    assert order.number in desk.get("/en/owner/?tab=pack&at=zzz").text


def test_a_prepaid_order_of_the_capital_stands_before_the_others(
    desk: FlaskClient, app: Flask, now: datetime
) -> None:
    """S101: paid in advance in Tehran goes first, and says so."""
    first = make.on_delivery(now, "a")
    second = make.on_delivery(now, "b")
    with transaction():
        db.session.execute(
            update(Order).where(Order.id == second.id).values(prepaid=True)
        )
    text = desk.get("/en/owner/?tab=pack").text
    assert text.index(second.number) < text.index(first.number)
    assert "Priority" in text


def test_an_unpaid_order_waits_under_its_own_tab(
    desk: FlaskClient, now: datetime
) -> None:
    order = orders.order(now)
    assert order.number in desk.get("/en/owner/?tab=unpaid").text
    assert order.number not in desk.get("/en/owner/?tab=pack").text
    assert order.number in desk.get("/en/owner/?tab=all").text


def test_an_event_whose_messages_could_not_be_written_is_tried_again(
    desk: FlaskClient, now: datetime
) -> None:
    order = make.on_delivery(now)
    payload = {"order_id": order.id, "event_id": None, "stage": "placed"}
    with transaction():
        db.session.execute(delete(Job))
        outbox.promise("notify", "unwritten", payload, now)
        db.session.execute(update(Job).values(dead_at=now, lost=outbox.LOST))
    page = desk.get("/zh/owner/").text
    (path,) = re.findall(r'action="(/zh/owner/messages/[0-9]+/again)"', page)

    assert desk.post(path).status_code == 303
    assert desk.post(path).status_code == 303

    assert "/messages/" not in desk.get("/zh/owner/").text
    (job,) = db.session.scalars(select(Job))
    assert (job.dead_at, job.lost, job.tries) == (None, 0, 0)
    assert [one.action for one in make.log()] == ["message.rewritten"]
