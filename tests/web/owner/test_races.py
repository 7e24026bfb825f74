"""Two people, one deed, one moment: one effect, and the other is told."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from shop.accounts.models import Staff
from shop.db import db, write
from shop.fulfilment import service as fulfilment
from shop.fulfilment.models import Shipment
from shop.kernel.flow import IllegalMove
from shop.orders import find
from shop.orders.models import MoneyRow, Order, OrderEvent
from shop.orders.states import EventKind, OrderState
from shop.payments import refunds
from tests.catalogue import make as goods
from tests.payments.make import at_once
from tests.web.owner import make
from tests.web.owner.test_door import signed_in
from tests.web.owner.test_order import in_review

TOGETHER = 6


def press(
    app: Flask, now: datetime, url: str, data: dict[str, str], times: int = TOGETHER
) -> list[int]:
    """Let several people send one form at the same moment; return the statuses."""
    people = [
        signed_in(app, f"p{place}@shop.example", "staff", now) for place in range(times)
    ]

    def one(place: int) -> int:
        return people[place].post(url, data=data).status_code

    results = at_once(times, one)
    assert all(isinstance(one, int) for one in results), results
    return [one for one in results if isinstance(one, int)]


def count(order_id: int, kind: EventKind) -> int:
    """Return how often something happened to an order."""
    db.session.rollback()
    rows = db.session.scalars(
        select(OrderEvent).where(
            OrderEvent.order_id == order_id, OrderEvent.kind == kind
        )
    )
    return len(list(rows))


def packing(order: Order, now: datetime) -> None:
    """Let an order be ready to be sent."""
    write(lambda: fulfilment.start_packing(order, "x", now))


def sent(order: Order, now: datetime) -> None:
    """Let an order be on its way."""
    packing(order, now)
    write(lambda: fulfilment.ship(order, "sf", "1", "x", now))


Ready = Callable[[Order, datetime], None]


@pytest.mark.parametrize(
    ("deed", "data", "ready", "kind"),
    [
        ("pack", {}, None, EventKind.PACKING),
        ("ship", {"carrier": "sf", "tracking": "1"}, packing, EventKind.SHIPPED),
        ("delivered", {}, sent, EventKind.DELIVERED),
        ("money", {}, None, EventKind.PAID),
        ("hold", {"reason": "x"}, None, EventKind.ON_HOLD),
    ],
)
def test_several_people_do_one_deed_once(  # noqa: PLR0917 (what pytest hands in)
    app: Flask,
    owner: Staff,
    now: datetime,
    deed: str,
    data: dict[str, str],
    ready: Ready | None,
    kind: EventKind,
) -> None:
    order = make.on_delivery(now)
    number, order_id = order.number, order.id
    if ready:
        ready(order, now)
    before = len(make.actions())
    codes = press(app, now, f"/en/owner/orders/{number}/{deed}", data)
    assert codes == [303] * TOGETHER
    assert count(order_id, kind) == 1
    assert len(make.actions()) == before + 1


def test_control_a_deed_without_its_conditional_update_is_done_by_everybody(
    app: Flask, owner: Staff, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a look before the write instead, the parcel is sent several times."""
    order = make.on_delivery(now)
    packing(order, now)

    def naive(order: Order, wanted: OrderState, **_: object) -> None:
        if state is not OrderState.PACKING:
            raise IllegalMove(state, wanted)

    state = OrderState(make.fresh(order).state)
    monkeypatch.setattr(find, "move", naive)
    data = {"carrier": "sf", "tracking": "1"}
    press(app, now, f"/en/owner/orders/{order.number}/ship", data)
    db.session.rollback()
    assert len(list(db.session.scalars(select(Shipment)))) > 1


def test_confirmed_and_refused_at_once_only_one_counts(
    app: Flask, owner: Staff, now: datetime
) -> None:
    order, receipt = make.transferred(now)
    number, order_id = order.number, order.id
    people = [
        signed_in(app, f"p{place}@shop.example", "staff", now) for place in range(6)
    ]
    data = {"receipt": str(receipt.id), "reason": "not seen"}

    def one(place: int) -> int:
        deed = "confirm" if place % 2 else "reject"
        url = f"/en/owner/orders/{number}/receipt/{deed}"
        return people[place].post(url, data=data).status_code

    assert at_once(6, one) == [303] * 6
    db.session.rollback()
    paid = len(list(db.session.scalars(select(MoneyRow))))
    refused = count(order_id, EventKind.RECEIPT_REJECTED)
    assert paid + refused == 1
    assert len(make.actions()) == 1


def test_a_cancelled_order_gives_its_money_back_once(
    app: Flask, owner: Staff, now: datetime, desk: FlaskClient
) -> None:
    order = make.on_delivery(now)
    number, order_id = order.number, order.id
    desk.post(f"/en/owner/orders/{number}/money")
    press(app, now, f"/en/owner/orders/{number}/cancel", {"typed": number})
    assert len(refunds.refunds_of(order_id)) == 1
    assert make.actions().count("order.cancelled") == 1


def test_money_in_review_is_taken_or_given_back_never_both(
    app: Flask, owner: Staff, now: datetime
) -> None:
    order = make.on_delivery(now)
    came = order.total_minor + 100
    attempt = in_review(order, now, came)
    number, order_id = order.number, order.id
    people = [
        signed_in(app, f"p{place}@shop.example", "staff", now) for place in range(6)
    ]
    data = {"attempt": str(attempt), "turn": "0"}

    def one(place: int) -> int:
        deed = "accept" if place % 2 else "back"
        url = f"/en/owner/orders/{number}/money/{deed}"
        return people[place].post(url, data=data).status_code

    assert at_once(6, one) == [303] * 6
    back = refunds.refunds_of(order_id)
    taken = make.actions().count("order.money_accepted")
    assert len(back) <= 1
    assert len(make.actions()) == taken + len(back)
    whole = sum(one.amount_minor for one in back)
    assert whole <= came


def test_an_arrangement_is_fixed_once(app: Flask, owner: Staff, now: datetime) -> None:
    order = make.to_arrange(now)
    order_id = order.id
    day = (now + timedelta(days=1)).date().isoformat()
    url = f"/en/owner/orders/{order.number}/arrange"
    press(app, now, url, {"day": day, "hour": "12:00"})
    assert count(order_id, EventKind.ARRANGED) == 1


def test_two_prices_at_once_and_the_later_is_asked_again(
    app: Flask, owner: Staff, now: datetime
) -> None:
    saved = goods.product("teapot")
    (variant,) = saved.variant_ids.values()
    people = [
        signed_in(app, f"p{place}@shop.example", "staff", now) for place in range(2)
    ]

    def one(place: int) -> int:
        data = {
            "price_cn": str(20 + place), "seen_price_cn": "1000",
            "stock": "5", "seen_stock": "5",
        }  # fmt: skip
        url = f"/en/owner/products/variants/{variant}"
        return people[place].post(url, data=data).status_code

    assert sorted(map(str, at_once(2, one))) == ["303", "409"]
    assert make.actions() == ["price.changed"]
