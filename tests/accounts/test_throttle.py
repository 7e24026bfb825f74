"""Counters of tries: shared, exact under pressure, kept over a restart."""

from datetime import datetime, timedelta

import pytest
from flask import Flask

from shop.accounts import throttle
from shop.accounts.models import Throttle
from shop.accounts.rules import Limit, TriedTooOften
from shop.db import db, transaction, write
from tests.conftest import Clock
from tests.payments.make import at_once

FIVE = Limit(5, timedelta(minutes=15))


def tries(count: int, now: datetime, key: str = "k") -> None:
    """Count so many tries, each in its own transaction."""
    for _ in range(count):
        write(lambda: throttle.count(key, FIVE, now))


def test_the_sixth_try_is_refused_with_the_time_to_come_back(
    app: Flask, now: datetime
) -> None:
    tries(5, now)
    with pytest.raises(TriedTooOften) as refusal, transaction():
        throttle.count("k", FIVE, now)
    assert now < refusal.value.again_at <= now + FIVE.window


def test_another_key_and_another_window_begin_at_nothing(
    app: Flask, clock: Clock
) -> None:
    tries(5, clock.now)
    tries(5, clock.now, "other")
    tries(5, clock.forward(minutes=15))


def test_a_refused_try_is_not_counted(app: Flask, now: datetime) -> None:
    tries(5, now)
    for _ in range(3):
        with pytest.raises(TriedTooOften):
            write(lambda: throttle.count("k", FIVE, now))
    db.session.rollback()
    assert db.session.query(Throttle).one().count == 5


def test_a_success_starts_again(app: Flask, now: datetime) -> None:
    tries(5, now)
    write(lambda: throttle.forget("k"))
    tries(5, now)


def test_fifty_at_once_count_five(app: Flask, now: datetime) -> None:
    def one(_place: int) -> bool:
        write(lambda: throttle.count("k", FIVE, now))
        return True

    results = at_once(50, one)
    assert sum(one is True for one in results) == 5
    assert sum(isinstance(one, TriedTooOften) for one in results) == 45


def test_control_counting_after_looking_counts_too_many(
    app: Flask, now: datetime
) -> None:
    """What the first test of pressure would find: look, think, then write."""

    def naive(_place: int) -> bool:
        row = db.session.get(Throttle, ("k", FIVE.window_at(now)))
        seen = row.count if row else 0
        db.session.rollback()
        if seen >= 5:
            raise TriedTooOften(now)
        gate.wait()
        return True

    import threading

    gate = threading.Barrier(10)
    assert sum(one is True for one in at_once(10, naive)) > 5


def test_old_windows_are_swept(app: Flask, clock: Clock) -> None:
    tries(2, clock.now)
    later = clock.forward(hours=1)
    tries(2, later)
    write(lambda: throttle.sweep(later - timedelta(minutes=30)))
    assert db.session.query(Throttle).one().window_at > later - timedelta(minutes=30)
