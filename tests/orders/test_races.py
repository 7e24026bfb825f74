"""One buyer, two windows, one click each: a limit is a limit. With its control."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from shop.cart.models import Cart
from shop.cart.rules import LimitReached
from shop.catalogue import service as catalogue
from shop.db import db, is_postgres, write
from shop.orders import place
from shop.orders.models import Order
from tests.catalogue import make as goods
from tests.orders import make


def _buy_twice_at_once(
    app: Flask, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> int:
    """Let one buyer place two orders at once; return how many there are.

    Both count before either commits, if nothing keeps them apart.
    """
    saved = goods.product(limit_per_buyer=1, limit_days=30)
    variant_id = next(iter(saved.variant_ids.values()))
    carts = [make.cart({variant_id: 1}, now).id for _ in range(2)]
    db.session.commit()
    both_have_counted, count = Barrier(2), place.bought

    def count_and_wait(*given: Any) -> Any:
        found = count(*given)
        with suppress(BrokenBarrierError):
            both_have_counted.wait(timeout=1)
        return found

    monkeypatch.setattr(place, "bought", count_and_wait)

    def buy(number: int) -> None:
        def do() -> Order:
            cart = db.session.get_one(Cart, carts[number])
            plan = make.planned(cart, now)
            return place.place(cart, plan, make.wish(plan, str(number) * 32), now)

        with app.app_context(), suppress(LimitReached):
            write(do)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(buy, range(2)))
    db.session.rollback()
    return db.session.scalar(select(func.count(Order.id))) or 0


def test_a_buyer_in_two_windows_does_not_pass_the_limit(
    app: Flask, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _buy_twice_at_once(app, now, monkeypatch) == 1


def test_control_counting_without_the_lock_passes_it(
    app: Flask, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite has one writer at a time; PostgreSQL needs the lock."""
    monkeypatch.setattr(catalogue, "lock_products", lambda _ids: None)

    found = _buy_twice_at_once(app, now, monkeypatch)

    assert found == (2 if is_postgres() else 1)
