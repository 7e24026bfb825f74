"""Two buyers, one item: one hold. The control shows that the race is real."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import insert, select, update

from shop.catalogue import models as m
from shop.db import db, transaction, write
from shop.inventory import service
from shop.inventory.models import Movement
from shop.inventory.rules import MovementKind, OutOfStock
from tests.inventory.test_service import figures, variants

BUYERS = 8


def at_once(app: Flask, work: Callable[[int], bool], times: int = BUYERS) -> list[bool]:
    """Run ``work`` in several threads that begin together; return what each got."""
    start = Barrier(times)

    def one(number: int) -> bool:
        with app.app_context():
            start.wait(timeout=10)
            try:
                return work(number)
            finally:
                db.session.remove()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))


def test_eight_buyers_of_three_pieces_get_three(app: Flask, now: datetime) -> None:
    (one,) = variants(3)

    def buy(number: int) -> bool:
        try:
            return write(lambda: service.hold({one: 1}, f"order-{number}", now))
        except OutOfStock:
            return False

    assert sum(at_once(app, buy)) == 3
    assert figures(one) == (3, 3)
    assert service.drifts() == []


def test_control_looking_first_and_writing_later_sells_too_much(
    app: Flask, now: datetime
) -> None:
    (one,) = variants(1)
    looked = Barrier(2)

    def buy_carelessly(number: int) -> bool:
        on_hand, held = figures(one)
        db.session.rollback()
        looked.wait(timeout=10)
        if on_hand - held < 1:
            return False
        with transaction():
            table = m.table(m.Stock)
            db.session.execute(update(table).values(held=held + 1))
            db.session.execute(
                insert(m.table(Movement)).values(
                    variant_id=one, kind=MovementKind.HELD, on_hand_change=0,
                    held_change=1, at=now, who="",
                )
            )  # fmt: skip
        return True

    assert sum(at_once(app, buy_carelessly, 2)) == 2
    assert len(service.drifts()) == 1


def test_one_order_sent_eight_times_holds_once(app: Flask, now: datetime) -> None:
    (one,) = variants(9)

    got = at_once(app, lambda _: write(lambda: service.hold({one: 1}, "same", now)))

    assert sum(got) == 1
    assert figures(one) == (9, 1)


def test_orders_of_the_same_two_variants_never_wait_for_each_other(
    app: Flask, now: datetime
) -> None:
    one, two = variants(100, 100)

    def buy(number: int) -> bool:
        lines = {one: 1, two: 1} if number % 2 else {two: 1, one: 1}
        with transaction():
            return service.hold(lines, f"order-{number}", now)

    assert all(at_once(app, buy))
    assert figures(one) == figures(two) == (100, BUYERS)


def test_expiry_and_dispatch_at_once_end_a_hold_once(app: Flask, now: datetime) -> None:
    (one,) = variants(5)
    with transaction():
        service.hold({one: 2}, "order-1", now)

    def end(number: int) -> bool:
        step = service.release if number % 2 else service.consume
        return write(lambda: step("order-1", now))

    assert sum(at_once(app, end)) == 1
    assert figures(one) in {(5, 0), (3, 0)}
    assert service.drifts() == []


@pytest.mark.parametrize("turn", range(3))
def test_the_last_two_variants_taken_at_once_leave_the_product_sold_out(
    app: Flask, now: datetime, turn: int
) -> None:
    one, two = variants(1, 1)

    at_once(
        app,
        lambda n: write(lambda: service.hold({(one, two)[n]: 1}, f"order-{n}", now)),
        2,
    )

    assert not db.session.scalar(select(m.table(m.Product).c.in_stock))
