"""Counters in the database: shared by all workers, and a restart forgets nothing."""

from datetime import datetime

from sqlalchemy import delete, update

from shop.accounts.models import Throttle
from shop.accounts.rules import Limit, TriedTooOften
from shop.db import changed, db, insert_new


def count(key: str, limit: Limit, now: datetime) -> None:
    """Count one try of ``key``; call it first, in a transaction of its own.

    :raises TriedTooOften: if the window is full; the try is not counted then.
    """
    window = limit.window_at(now)
    row = (Throttle.key == key, Throttle.window_at == window)
    more = update(Throttle).where(*row, Throttle.count < limit.most)
    if changed(db.session.execute(more.values(count=Throttle.count + 1))):
        return
    if insert_new(Throttle, key=key, window_at=window, count=1):
        return
    if not changed(db.session.execute(more.values(count=Throttle.count + 1))):
        raise TriedTooOften(window + limit.window)


def forget(key: str) -> None:
    """Start again from nothing, after a success."""
    db.session.execute(delete(Throttle).where(Throttle.key == key))


def sweep(before: datetime) -> None:
    """Drop windows that began before ``before``."""
    db.session.execute(delete(Throttle).where(Throttle.window_at < before))
