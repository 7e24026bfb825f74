"""The one write path: what it promises on both databases."""

import threading
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from shop import outbox
from shop.accounts.models import Throttle
from shop.accounts.rules import Limit, TriedTooOften
from shop.accounts.throttle import count
from shop.db import (
    WriteOutsideTransaction,
    changed,
    db,
    insert_new,
    is_postgres,
    transaction,
    write,
)
from shop.outbox import Job

LIMIT = Limit(3, timedelta(minutes=10))


def test_a_write_outside_a_transaction_is_refused(app: Flask, now: datetime) -> None:
    db.session.add(Throttle(key="x", window_at=now, count=1))

    with pytest.raises(WriteOutsideTransaction):
        db.session.flush()


def test_a_bulk_update_outside_a_transaction_is_refused(app: Flask) -> None:
    with pytest.raises(WriteOutsideTransaction):
        db.session.execute(update(Throttle).values(count=5))


def test_what_raises_leaves_nothing_behind(app: Flask, now: datetime) -> None:
    def insert_and_fail() -> None:
        insert_new(Throttle, key="x", window_at=now, count=1)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), transaction():
        insert_and_fail()

    assert db.session.scalars(select(Throttle)).all() == []


def test_a_transaction_is_not_opened_twice(app: Flask) -> None:
    with transaction(), pytest.raises(RuntimeError), transaction():
        raise AssertionError("a second transaction began")


def test_every_commit_reaches_the_disk(app: Flask) -> None:
    with transaction() as session:
        if is_postgres():
            setting = session.connection().exec_driver_sql("show synchronous_commit")
            assert setting.scalar() == "on"
        else:
            setting = session.connection().exec_driver_sql("pragma synchronous")
            assert setting.scalar() == 2, "2 is FULL (reference/reliability.md 2.5)"


def test_a_foreign_key_is_enforced(app: Flask) -> None:
    if is_postgres():
        with transaction() as session:
            rule = session.connection().exec_driver_sql("show session_replication_role")
            assert rule.scalar() == "origin"
        return
    with transaction() as session:
        assert session.connection().exec_driver_sql("pragma foreign_keys").scalar() == 1


def test_the_second_of_two_like_rows_is_not_inserted(app: Flask, now: datetime) -> None:
    with transaction():
        assert insert_new(Throttle, key="x", window_at=now, count=1)
        assert not insert_new(Throttle, key="x", window_at=now, count=9)

    assert db.session.scalars(select(Throttle.count)).all() == [1]


def _add_carefully() -> None:
    """Raise the counter in one conditional statement."""
    with transaction():
        more = update(Throttle).where(Throttle.key == "x")
        assert changed(db.session.execute(more.values(count=Throttle.count + 1))) == 1


def _add_naively(barrier: threading.Barrier) -> None:
    """Read in one moment, write in another: the bug the write path prevents."""
    seen = db.session.scalar(select(Throttle.count).where(Throttle.key == "x")) or 0
    barrier.wait(10)
    with transaction():
        db.session.execute(
            update(Throttle).where(Throttle.key == "x").values(count=seen + 1)
        )


def _at_once(app: Flask, *works: object) -> None:
    def run(work: object) -> None:
        with app.app_context():
            work()  # type: ignore[operator]
            db.session.remove()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)


def test_two_at_once_both_count(app: Flask, now: datetime) -> None:
    with transaction():
        insert_new(Throttle, key="x", window_at=now, count=0)

    _at_once(app, *[_add_carefully] * 4)

    db.session.rollback()
    assert db.session.scalars(select(Throttle.count)).all() == [4]


def test_control_a_read_before_the_transaction_loses_one(
    app: Flask, now: datetime
) -> None:
    barrier = threading.Barrier(2)
    with transaction():
        insert_new(Throttle, key="x", window_at=now, count=0)

    _at_once(app, *[lambda: _add_naively(barrier)] * 2)

    db.session.rollback()
    assert db.session.scalars(select(Throttle.count)).all() == [1]


def test_a_throttle_counts_to_its_limit(app: Flask, now: datetime) -> None:
    for _ in range(3):
        write(lambda: count("door", LIMIT, now))

    with pytest.raises(TriedTooOften) as refused:
        write(lambda: count("door", LIMIT, now))

    assert refused.value.again_at > now


def test_a_throttle_opens_again_in_the_next_window(app: Flask, now: datetime) -> None:
    for _ in range(3):
        write(lambda: count("door", LIMIT, now))

    write(lambda: count("door", LIMIT, now + timedelta(minutes=10)))


def test_a_job_is_promised_once(app: Flask, now: datetime) -> None:
    with transaction():
        assert outbox.promise("notify", "n:1", {}, now)
        assert not outbox.promise("notify", "n:1", {}, now)


def test_a_claimed_job_is_nobody_elses_until_its_lease_ends(
    app: Flask, now: datetime
) -> None:
    with transaction():
        outbox.promise("notify", "n:1", {}, now)
    first = write(lambda: outbox.claim(now))

    second = write(lambda: outbox.claim(now + timedelta(seconds=30)))
    third = write(lambda: outbox.claim(now + outbox.LEASE + timedelta(seconds=1)))

    assert first is not None
    assert second is None
    assert third is not None
    assert third.tries == 2


def test_a_job_that_fails_waits_longer_each_time_and_dies(
    app: Flask, now: datetime
) -> None:
    with transaction():
        outbox.promise("notify", "n:1", {}, now)
    moment = now
    for _ in range(outbox.TRIES):
        moment += timedelta(hours=2)
        with transaction():
            job = outbox.claim(moment)
            assert job is not None
            outbox.fail(job, "no answer", moment)

    job_row = db.session.scalars(select(Job)).one()
    assert job_row.dead_at == moment
    assert job_row.last_error == "no answer"


def test_a_poisoned_job_does_not_block_the_next(app: Flask, now: datetime) -> None:
    with transaction():
        outbox.promise("notify", "bad", {}, now)
        outbox.promise("notify", "good", {}, now + timedelta(seconds=1))
    with transaction():
        bad = outbox.claim(now + timedelta(seconds=1))
        assert bad is not None
        outbox.fail(bad, "broken", now + timedelta(seconds=1))

    good = write(lambda: outbox.claim(now + timedelta(seconds=2)))

    assert good is not None
    assert good.dedup == "good"


def test_a_slot_is_taken_once(app: Flask, now: datetime) -> None:
    with transaction():
        assert outbox.take_slot("expire", 7, now)
        assert not outbox.take_slot("expire", 7, now)
