"""One order at the desk: its deeds, each once, each with its row of the log."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from shop.accounts.models import Staff
from shop.catalogue import media
from shop.db import db, transaction, write
from shop.fulfilment import service as fulfilment
from shop.i18n import formats
from shop.i18n.reader import reading
from shop.kernel.money import Money
from shop.orders.ledger import standing
from shop.orders.models import Order
from shop.orders.states import EventKind, OrderState
from shop.payments import refunds, review
from shop.payments.models import PaymentAttempt, TransferReceipt
from shop.payments.rules import AttemptState, ReceiptState, RefundState
from tests.catalogue.test_media import picture as drawn
from tests.conftest import Clock
from tests.web.owner import make
from tests.web.owner.make import actions, fresh, log


def send(desk: FlaskClient, order: Order, deed: str, **data: str) -> int:
    """Press a button of an order's page; return the status of the answer."""
    url = f"/en/owner/orders/{order.number}/{deed}"
    return desk.post(url, data=data).status_code


def page(desk: FlaskClient, order: Order, lang: str = "en") -> str:
    """Return the page of an order."""
    return desk.get(f"/{lang}/owner/orders/{order.number}").text


def test_day_and_hour_are_fixed_in_any_digits(desk: FlaskClient, now: datetime) -> None:
    order = make.to_arrange(now)
    day = (now + timedelta(days=2)).date().isoformat()
    url = f"/fa/owner/orders/{order.number}/arrange"
    assert desk.post(url, data={"day": day, "hour": "۱۴:۳۰"}).status_code == 303
    order = fresh(order)
    assert order.state == OrderState.ACCEPTED
    assert order.arranged_at is not None
    assert order.arranged_at.isoformat().endswith("11:00:00+00:00")
    assert actions() == ["order.arranged"]
    assert log()[0].before == {"state": "placed"}
    assert log()[0].after["state"] == "accepted"


@pytest.mark.parametrize(
    ("day", "hour", "said"),
    [
        ("", "14:30", "Choose a day"),
        ("0", "", "Enter an hour"),
        ("0", "25:00", "Enter an hour"),
        ("0", "7:00", "has passed already"),
        ("20", "14:00", "Choose a day"),
    ],
)
def test_an_hour_that_will_not_do_is_said_beside_its_field(
    desk: FlaskClient, now: datetime, day: str, hour: str, said: str
) -> None:
    order = make.to_arrange(now)
    chosen = (now + timedelta(days=int(day))).date().isoformat() if day else ""
    url = f"/en/owner/orders/{order.number}/arrange"
    answer = desk.post(url, data={"day": chosen, "hour": hour})
    assert answer.status_code == 422
    assert said in answer.text
    assert not hour or f'value="{hour}"' in answer.text
    assert actions() == []


def test_an_order_at_the_door_goes_from_packing_to_its_money(
    desk: FlaskClient, now: datetime
) -> None:
    order = make.on_delivery(now)
    assert "Begin to pack" in page(desk, order)
    assert send(desk, order, "pack") == 303
    assert "The order is being packed." in page(desk, order)
    assert send(desk, order, "ship", carrier="sf", tracking=" sf１２３ ") == 303
    parcel = fulfilment.shipments(fresh(order))[0]
    assert (parcel.carrier, parcel.tracking_number) == ("sf", "SF123")
    assert send(desk, order, "delivered") == 303
    assert "received" in page(desk, order)
    assert send(desk, order, "money") == 303
    assert standing(fresh(order)).is_paid
    assert actions() == [
        "order.packing", "order.shipped", "order.delivered", "order.money_noted",
    ]  # fmt: skip


@pytest.mark.parametrize("deed", ["pack", "delivered", "money", "hold"])
def test_a_second_click_changes_nothing_and_says_so(
    desk: FlaskClient, now: datetime, deed: str
) -> None:
    order = make.on_delivery(now)
    if deed == "delivered":
        write(lambda: fulfilment.start_packing(order, "x", now))
        write(lambda: fulfilment.ship(order, "sf", "1", "x", now))
    send(desk, order, deed)
    once = (actions(), len(fresh(order).events), fresh(order).state)
    page(desk, order)
    assert send(desk, order, deed) == 303
    assert "Somebody was faster" in page(desk, order)
    assert (actions(), len(fresh(order).events), fresh(order).state) == once


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"carrier": "", "tracking": "1"}, "Choose a carrier"),
        ({"carrier": "nobody", "tracking": "1"}, "Choose a carrier"),
        ({"carrier": "sf", "tracking": " "}, "Enter the tracking number"),
    ],
)
def test_a_parcel_needs_carrier_and_number(
    desk: FlaskClient, now: datetime, data: dict[str, str], said: str
) -> None:
    order = make.on_delivery(now)
    url = f"/en/owner/orders/{order.number}/ship"
    answer = desk.post(url, data=data)
    assert answer.status_code == 422
    assert said in answer.text
    assert "<title>Error:" in answer.text
    assert 'href="#ship-' in answer.text
    assert fresh(order).state == OrderState.ACCEPTED
    assert actions() == []


def test_goods_do_not_leave_before_the_money(desk: FlaskClient, now: datetime) -> None:
    order, _ = make.transferred(now)
    with transaction():
        db.session.execute(update(Order).values(state=OrderState.PACKING))
    assert send(desk, order, "ship", carrier="post", tracking="123") == 409
    assert fresh(order).state == OrderState.PACKING


def test_a_customer_is_masked_until_somebody_asks_and_is_written_down(
    desk: FlaskClient, now: datetime, clock: Clock
) -> None:
    order = make.on_delivery(now)
    hidden = page(desk, order)
    assert "138****5678" in hidden
    for secret in ("13812345678", "138 1234 5678", "民族大道", "张三"):
        assert secret not in hidden
        assert secret not in desk.get("/en/owner/?tab=all").text
    assert send(desk, order, "reveal") == 303
    assert "民族大道" in page(desk, order)
    assert actions() == ["order.revealed"]
    clock.forward(minutes=16)
    assert "民族大道" not in page(desk, order)


def test_what_one_person_revealed_stays_masked_for_another(
    desk: FlaskClient, app: Flask, owner: Staff, now: datetime
) -> None:
    from tests.web.owner.test_door import signed_in

    order = make.on_delivery(now)
    send(desk, order, "reveal")
    other = signed_in(app, "b@shop.example", "staff", now)
    assert "民族大道" not in page(other, order)


def test_the_link_of_the_customer_is_not_shown_at_the_desk(
    desk: FlaskClient, now: datetime
) -> None:
    from shop.notifications.models import Message
    from shop.orders import find

    order = make.on_delivery(now)
    token = find.token(b"k" * 32, order)
    with transaction():
        db.session.add(
            Message(
                dedup="x", order_id=order.id, kind="placed", channel="sms",
                market="cn", language="zh", text=f"http://shop.example/zh/orders/{token}",
                state="sent", created_at=now, due_at=now, sent_at=now,
            )
        )  # fmt: skip
    shown = page(desk, order)
    assert "/zh/orders/…" in shown
    assert token not in shown


def test_a_receipt_is_confirmed_and_the_order_is_taken_on(
    desk: FlaskClient, now: datetime
) -> None:
    order, receipt = make.transferred(now)
    assert "123456789" in page(desk, order)
    assert send(desk, order, "receipt/confirm", receipt=str(receipt.id)) == 303
    assert standing(fresh(order)).is_paid
    assert fresh(order).state == OrderState.ACCEPTED
    assert actions() == ["order.receipt_confirmed"]
    send(desk, order, "receipt/confirm", receipt=str(receipt.id))
    assert "Somebody was faster" in page(desk, order)
    assert actions() == ["order.receipt_confirmed"]


def test_a_receipt_is_refused_only_with_a_reason(
    desk: FlaskClient, now: datetime
) -> None:
    order, receipt = make.transferred(now)
    assert send(desk, order, "receipt/reject", receipt=str(receipt.id)) == 422
    reason = "این واریز دیده نشد"
    sent = send(desk, order, "receipt/reject", receipt=str(receipt.id), reason=reason)
    assert sent == 303
    db.session.rollback()
    stored = db.session.get_one(TransferReceipt, receipt.id, populate_existing=True)
    assert (stored.state, stored.reason) == (ReceiptState.REJECTED, reason)
    assert log()[-1].after["reason"] == reason
    assert fresh(order).pay_by_at is not None


def test_the_receipt_of_another_order_is_not_decided_here(
    desk: FlaskClient, now: datetime
) -> None:
    order, _ = make.transferred(now, "a")
    _, other = make.transferred(now, "b", "999999")
    assert send(desk, order, "receipt/confirm", receipt=str(other.id)) == 404
    assert actions() == []


def test_a_number_that_came_twice_is_shown_with_the_other_order(
    desk: FlaskClient, now: datetime
) -> None:
    first, _ = make.transferred(now, "a")
    second, _ = make.transferred(now, "b")
    shown = page(desk, second)
    assert f"/en/owner/orders/{first.number}" in shown
    assert "look twice" in shown


def test_the_picture_of_a_receipt_is_seen_by_staff_only(
    desk: FlaskClient, client: FlaskClient, app: Flask, now: datetime
) -> None:
    order, receipt = make.transferred(now)
    folder = app.extensions["shop"].instance / "receipts"
    stored = media.store(drawn(), folder)
    name = f"{stored.name}-{stored.width}.webp"
    url = f"/en/owner/orders/{order.number}/receipt/{name}"
    assert desk.get(url).status_code == 404
    with transaction():
        db.session.get_one(TransferReceipt, receipt.id).picture = name
    answer = desk.get(url)
    assert answer.status_code == 200
    assert answer.mimetype == "image/webp"
    assert answer.headers["Cache-Control"] == "no-store"
    assert client.get(url).status_code == 303
    other = make.on_delivery(now)
    assert desk.get(url.replace(order.number, other.number)).status_code == 404


def test_a_transfer_without_a_receipt_can_be_noted(
    desk: FlaskClient, now: datetime
) -> None:
    order, receipt = make.transferred(now)
    send(desk, order, "receipt/reject", receipt=str(receipt.id), reason="x")
    assert send(desk, order, "money", reference="۸۸۸۸") == 303
    assert standing(fresh(order)).is_paid
    assert fresh(order).money_rows[0].provider_ref == "8888"


def test_money_without_an_attempt_still_finds_its_order(
    desk: FlaskClient, now: datetime
) -> None:
    from tests.orders import make as orders

    order = orders.order(now, method="cash_on_delivery", option="cash")
    assert send(desk, order, "money") == 303
    assert standing(fresh(order)).is_paid


def test_nobody_notes_money_that_a_gateway_collects(
    desk: FlaskClient, now: datetime
) -> None:
    from tests.orders import make as orders

    order = orders.order(now)
    assert "received" not in page(desk, order)
    assert send(desk, order, "money") == 303
    assert not standing(fresh(order)).captured
    assert actions() == []


def test_cancelling_asks_for_the_number_of_the_order(
    desk: FlaskClient, now: datetime
) -> None:
    order = make.on_delivery(now)
    assert order.number in desk.get(f"/en/owner/orders/{order.number}/cancel").text
    assert send(desk, order, "cancel", typed="1234567890") == 422
    assert fresh(order).state == OrderState.ACCEPTED
    persian = order.number.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))
    assert send(desk, order, "cancel", typed=persian, reason="售罄") == 303
    assert fresh(order).state == OrderState.CANCELLED
    assert log()[-1].after == {"state": "cancelled", "reason": "售罄"}


def test_cancelling_a_paid_order_sends_all_its_money_back(
    desk: FlaskClient, now: datetime
) -> None:
    order = make.on_delivery(now)
    send(desk, order, "money")
    asked = desk.get(f"/en/owner/orders/{order.number}/cancel").text
    assert "was paid and goes back" in asked
    assert send(desk, order, "cancel", typed=order.number) == 303
    (refund,) = refunds.refunds_of(order.id)
    assert refund.amount_minor == order.total_minor
    assert refund.state == RefundState.APPROVED
    assert fresh(order).state == OrderState.CANCELLED
    send(desk, order, "cancel", typed=order.number)
    assert len(refunds.refunds_of(order.id)) == 1
    assert actions().count("order.cancelled") == 1


def test_a_refund_by_hand_is_noted_once(desk: FlaskClient, now: datetime) -> None:
    order = make.on_delivery(now)
    send(desk, order, "money")
    send(desk, order, "cancel", typed=order.number)
    (refund,) = refunds.refunds_of(order.id)
    data = {"refund": str(refund.id), "happened": "yes", "reference": "۴۴۴"}
    assert send(desk, order, "refund", **data) == 303
    where = standing(fresh(order))
    assert where.refunded == where.captured
    assert send(desk, order, "refund", **data) == 303
    assert actions().count("order.refund_done") == 1
    assert standing(fresh(order)).refunded == where.refunded


def test_a_refund_says_where_and_by_when_and_is_red_when_late(
    desk: FlaskClient, now: datetime, clock: Clock
) -> None:
    """S37: the method, the masked card, the day; what is late stands first."""
    order = make.on_delivery(now)
    send(desk, order, "money")
    with transaction():
        attempt = db.session.get_one(PaymentAttempt, make.attempt_of(order).id)
        attempt.meta = {**attempt.meta, "payer_hint": "****5689"}
    send(desk, order, "cancel", typed=order.number)
    (refund,) = refunds.refunds_of(order.id)
    assert (refund.method, refund.target) == ("cash_on_delivery", "****5689")
    assert "****5689" in page(desk, order)
    with reading("en"):
        assert formats.day(refund.promised_on) in page(desk, order)
    assert "Late: " not in desk.get("/en/owner/?tab=all").text

    clock.forward(days=30)
    from tests.web.owner.test_queue import signed_in_again

    signed_in_again(desk, clock.now)
    assert "Late: Money back by" in page(desk, order)
    assert "Late: Money back by" in desk.get("/en/owner/?tab=all").text


def in_review(order: Order, now: datetime, minor: int) -> int:
    """Let another amount come than is due; return the attempt."""
    attempt = make.attempt_of(order)
    money = Money(minor, order.currency)
    write(lambda: review.confirm(attempt.id, "staff:1", now, money))
    assert make.attempt_of(order).state == AttemptState.REVIEW
    return attempt.id


def test_too_much_money_is_taken_for_the_order(
    desk: FlaskClient, now: datetime
) -> None:
    order = make.on_delivery(now)
    attempt = in_review(order, now, order.total_minor + 100)
    shown = page(desk, order)
    assert "Another amount came than was asked for." in shown
    assert "Take this money for the order" in shown
    assert send(desk, order, "money/accept", attempt=str(attempt)) == 303
    assert standing(fresh(order)).is_paid
    assert send(desk, order, "money/accept", attempt=str(attempt)) == 303
    assert actions() == ["order.money_accepted"]


def test_too_little_money_goes_back_once(desk: FlaskClient, now: datetime) -> None:
    order = make.on_delivery(now)
    attempt = in_review(order, now, 100)
    assert "Take this money for the order" not in page(desk, order)
    for _ in range(2):
        data = {"attempt": str(attempt), "turn": "0"}
        assert send(desk, order, "money/back", **data) == 303
    (refund,) = refunds.refunds_of(order.id)
    assert refund.amount_minor == 100
    assert actions() == ["order.money_given_back"]


def test_the_attempt_of_another_order_is_not_decided_here(
    desk: FlaskClient, now: datetime
) -> None:
    order = make.on_delivery(now, "a")
    attempt = in_review(make.on_delivery(now, "b"), now, 100)
    assert send(desk, order, "money/back", attempt=str(attempt)) == 404
    assert send(desk, order, "ask", attempt=str(attempt)) == 404


def test_a_pick_up_is_ready_once_and_handed_over_with_its_code(
    desk: FlaskClient, now: datetime
) -> None:
    order = make.on_delivery(now)
    values = {"delivery": "pick_up", "collection_code": "123456"}
    with transaction():
        db.session.execute(update(Order).values(**values))
    for _ in range(2):
        assert send(desk, order, "ready") == 303
    assert actions() == ["order.ready"]
    assert send(desk, order, "hand-over", code="654321") == 422
    assert send(desk, order, "hand-over", code="۱۲۳ ۴۵۶") == 303
    assert fresh(order).state == OrderState.DELIVERED
    assert send(desk, order, "hand-over", code="123456") == 303
    assert actions() == ["order.ready", "order.handed_over"]


def test_an_order_on_hold_goes_on_where_it_stood(
    desk: FlaskClient, now: datetime
) -> None:
    order = make.on_delivery(now)
    send(desk, order, "hold", reason="The customer calls back")
    assert fresh(order).state == OrderState.ON_HOLD
    assert "Begin to pack" not in page(desk, order)
    assert send(desk, order, "resume") == 303
    assert fresh(order).state == OrderState.ACCEPTED
    assert actions() == ["order.held", "order.resumed"]


def test_a_provider_that_does_not_answer_is_said_and_written_down(
    desk: FlaskClient, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shop.payments import collect
    from shop.payments.provider import ProviderError

    def silent(*_: object) -> None:
        raise ProviderError("transport", "transport")

    order = make.on_delivery(now)
    attempt = make.attempt_of(order)
    monkeypatch.setattr(collect, "ask", silent)
    assert send(desk, order, "ask", attempt=str(attempt.id)) == 303
    assert "did not answer" in page(desk, order)
    assert log()[-1].after["answer"] == "transport"


def test_a_message_that_died_is_sent_again(desk: FlaskClient, now: datetime) -> None:
    from shop.notifications.models import Message
    from shop.notifications.rules import MessageState

    order = make.on_delivery(now)
    placed = next(one for one in order.events if one.kind == EventKind.PLACED)
    with transaction():
        db.session.add(
            Message(
                dedup="x", order_id=order.id, event_id=placed.id, kind="placed",
                channel="sms", market="cn", language="zh", text="old",
                state=MessageState.DEAD, created_at=now, due_at=now,
            )
        )  # fmt: skip
    assert order.number in desk.get("/en/owner/").text
    message = db.session.query(Message).one()
    assert send(desk, order, "message", message=str(message.id)) == 303
    assert send(desk, order, "message", message=str(message.id)) == 303
    db.session.rollback()
    db.session.expire_all()
    assert db.session.query(Message).one().state == MessageState.QUEUED
    assert actions() == ["order.message_again"]
    assert send(desk, order, "message", message="99") == 404


def test_a_promise_that_is_missed_turns_red(
    desk: FlaskClient, now: datetime, clock: Clock
) -> None:
    """S119: what was promised has a date, and the owner sees that it has passed."""
    order = make.on_delivery(now)
    assert "Late: Ships by" not in page(desk, order)
    clock.forward(days=6)
    from tests.web.owner.test_queue import signed_in_again

    signed_in_again(desk, clock.now)
    assert "Late: Ships by" in page(desk, order)
