"""Orders on hold: nothing moves, and afterwards nothing is lost."""

from datetime import datetime

import pytest
from flask import Flask

from shop.db import write
from shop.kernel.flow import IllegalMove
from shop.orders import cancel, find, hold
from shop.orders.models import Order
from shop.orders.states import EventKind, OrderState
from shop.payments import collect
from tests.conftest import Clock
from tests.orders import make


def fresh(order: Order) -> Order:
    """Return the order as it is now."""
    return write(lambda: find.lock(order.id))


def test_an_unpaid_order_on_hold_does_not_expire(app: Flask, clock: Clock) -> None:
    order = make.order(clock.now)
    write(lambda: hold.hold(order, "staff:1", "asks", clock.now))
    later = clock.forward(hours=2)
    assert cancel.expired_ids(later) == []
    write(lambda: hold.resume(order, "staff:1", later))
    again = fresh(order)
    assert again.state == OrderState.PLACED
    assert again.pay_by_at is not None
    assert again.pay_by_at > later


def test_it_goes_on_where_it_stood(app: Flask, now: datetime) -> None:
    order = make.order(now, method="cash_on_delivery", option="cash")
    write(lambda: hold.hold(order, "staff:1", "", now))
    write(lambda: hold.resume(order, "staff:1", now))
    again = fresh(order)
    assert (again.state, again.held_from) == (OrderState.ACCEPTED, "")
    kinds = [one.kind for one in again.events]
    assert kinds[:2] == [EventKind.RESUMED, EventKind.ON_HOLD]


def test_one_that_was_paid_meanwhile_is_taken_on(app: Flask, now: datetime) -> None:
    from shop.payments import settings
    from tests.web.owner import make as desk

    order, receipt = desk.transferred(now)
    write(lambda: hold.hold(order, "staff:1", "", now))
    from shop.payments import transfer

    write(lambda: transfer.confirm(receipt.id, "staff:1", now))
    assert fresh(order).state == OrderState.ON_HOLD
    write(lambda: hold.resume(order, "staff:1", now))
    assert fresh(order).state == OrderState.ACCEPTED
    assert settings.by_hand("card_transfer")
    assert collect


def test_it_is_held_once_and_goes_on_once(app: Flask, now: datetime) -> None:
    order = make.order(now)
    with pytest.raises(IllegalMove):
        write(lambda: hold.resume(order, "staff:1", now))
    write(lambda: hold.hold(order, "staff:1", "", now))
    with pytest.raises(IllegalMove):
        write(lambda: hold.hold(order, "staff:1", "", now))


def test_an_ended_order_is_not_held(app: Flask, now: datetime) -> None:
    order = make.order(now)
    write(lambda: cancel.cancel(order, "buyer", "", now))
    with pytest.raises(IllegalMove):
        write(lambda: hold.hold(order, "staff:1", "", now))
