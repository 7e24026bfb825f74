"""The doctor notices when rows contradict each other, and only then."""

from datetime import datetime

from flask import Flask
from sqlalchemy import delete, select, update

from shop.catalogue.models import Stock
from shop.cli import books
from shop.cli.doctor import check_books
from shop.db import db, transaction
from shop.orders.models import Charge, Order, OrderAmount
from shop.outbox import Job
from shop.returns.models import RefundRow
from shop.returns.rules import Choice, RowKind
from tests.orders import make
from tests.payments.conftest import fake, providers  # noqa: F401 (fixtures)
from tests.payments.fake import Fake
from tests.returns import make as returned


def test_books_in_order_are_silent(app: Flask, now: datetime) -> None:
    make.order(now)

    assert [finding.mark for finding in check_books()] == ["ok"]


def test_stock_that_moved_by_itself_is_found(app: Flask, now: datetime) -> None:
    order = make.order(now)
    with transaction() as session:
        session.execute(update(Stock).values(on_hand=Stock.on_hand + 1))

    (found,) = books.stock()
    assert order.lines[0].sku in found


def test_a_breakdown_that_does_not_add_up_is_found(app: Flask, now: datetime) -> None:
    order = make.order(now)
    with transaction() as session:
        session.execute(
            update(OrderAmount)
            .where(OrderAmount.order_id == order.id, OrderAmount.position == 0)
            .values(amount_minor=OrderAmount.amount_minor + 1)
        )

    assert list(books.totals()) == [
        f"I3 the amounts of order {order.number} do not add up to its total"
    ]


def test_charges_that_do_not_make_the_total_are_found(
    app: Flask, now: datetime
) -> None:
    order = make.order(now)
    with transaction() as session:
        session.execute(update(Charge).values(void_at=now))

    assert len(list(books.totals())) == 1

    with transaction() as session:
        session.execute(update(Order).values(state="cancelled"))
    assert order.id
    assert list(books.totals()) == []


def test_an_event_without_its_message_is_found(app: Flask, now: datetime) -> None:
    order = make.order(now)
    with transaction() as session:
        session.execute(delete(Job))

    assert f"I6 nobody is told that order {order.id} is placed" in books.messages()


def test_a_refund_that_is_not_what_was_shown_is_found(
    app: Flask,
    now: datetime,
    fake: Fake,  # noqa: F811
) -> None:
    order = returned.paid(fake, now)
    returned.give(order, Choice(returned.pieces(order, 2)), now)
    assert list(books.refunds()) == []

    with transaction() as session:
        session.execute(update(RefundRow).values(amount_minor=1, quantity=4))

    differs, twice = books.refunds()
    assert "do not add up" in differs
    assert order.number in twice


def test_pieces_of_refunds_that_failed_are_not_counted_twice(
    app: Flask,
    now: datetime,
    fake: Fake,  # noqa: F811
) -> None:
    order = returned.paid(fake, now)
    for key in ("failed", "done"):
        pots = Choice(returned.pieces(order, 3))
        returned.give(order, pots, now, key)
        if key == "failed":
            returned.fail(order, fake, now)

    assert list(books.refunds()) == []
    goods = select(RefundRow.quantity).where(RefundRow.kind == RowKind.GOODS)
    assert db.session.scalars(goods).all() == [3, 3]
