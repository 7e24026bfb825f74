"""The worker does each job, once if nothing breaks, and never gives up for one."""

import logging
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from shop import outbox
from shop.cli.work import (
    BURIED,
    HANDLERS,
    TASKS,
    Task,
    Worker,
    _found,
    forget_slots,
)
from shop.db import db, transaction
from shop.outbox import Claimed, Job, Slot
from tests.conftest import Clock

HERE = "tests.cli.test_work"
done: list[str] = []


@pytest.fixture(autouse=True)
def nothing_done() -> None:
    done.clear()


def note(job: Claimed, now: datetime) -> None:
    done.append(job.dedup)


def fail(job: Claimed, now: datetime) -> None:
    raise OSError("no answer from 09123456789")


def tick(now: datetime) -> None:
    done.append("tick")


def trip(now: datetime) -> None:
    raise OSError("task")


def worker(app: Flask, clock: Clock, **parts: Any) -> Worker:
    parts = {"handlers": {"note": f"{HERE}:note"}, "tasks": {}} | parts
    return Worker(app, clock=clock, **parts)


def promise(dedup: str, now: datetime, kind: str = "note") -> None:
    with transaction():
        outbox.promise(kind, dedup, {}, now)


def job(dedup: str) -> Job:
    db.session.remove()
    return db.session.scalars(select(Job).where(Job.dedup == dedup)).one()


def test_a_promised_job_is_done_and_noted(app: Flask, clock: Clock) -> None:
    promise("a", clock.now)
    one = worker(app, clock)

    assert one.step()

    assert done == ["a"]
    assert job("a").done_at == clock.now
    assert not one.step()


def test_jobs_not_due_wait(app: Flask, clock: Clock) -> None:
    promise("a", clock.now + timedelta(minutes=1))
    with transaction():
        outbox.promise("note", "b", {}, clock.now, clock.now + timedelta(minutes=1))
    db.session.remove()

    worker(app, clock).step()

    assert "b" not in done


def test_a_job_that_fails_comes_again_later_and_the_next_one_goes_on(
    app: Flask, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    promise("bad", clock.now, "fail")
    promise("good", clock.forward(seconds=1))
    handlers = {"note": f"{HERE}:note", "fail": f"{HERE}:fail"}
    one = worker(app, clock, handlers=handlers)

    with caplog.at_level(logging.CRITICAL):
        assert one.step()
    assert one.step()

    assert done == ["good"]
    bad = job("bad")
    assert bad.done_at is None
    assert clock.now < bad.due_at <= clock.now + timedelta(seconds=12)
    assert bad.last_error == "OSError: no answer from [number …89]"


def test_after_twelve_tries_a_job_is_dead(
    app: Flask, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    promise("bad", clock.now, "fail")
    one = worker(app, clock, handlers={"fail": f"{HERE}:fail"})

    with caplog.at_level(logging.CRITICAL):
        for _ in range(12):
            assert one.step()
            clock.forward(hours=2)
        assert not one.step()

    assert job("bad").dead_at is not None


def test_a_job_of_a_killed_worker_is_done_by_another_after_its_lease(
    app: Flask, clock: Clock
) -> None:
    promise("a", clock.now)
    with transaction():
        assert outbox.claim(clock.now)  # and this worker is never seen again
    two = worker(app, clock)

    assert not two.step()
    clock.forward(seconds=61)
    assert two.step()

    assert done == ["a"]


def lose(clock: Clock, kind: str = "note") -> None:
    """Let a worker take the job that is due and never be heard of again."""
    with transaction():
        assert outbox.claim(clock.now, (kind,))
    clock.forward(seconds=61)


def test_a_job_that_takes_each_worker_with_it_is_buried(
    app: Flask, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    promise("poison", clock.now)
    promise("after", clock.now)
    one = worker(app, clock)
    for _ in range(outbox.LOST):
        lose(clock)
        with transaction():  # the other job is not in the way
            db.session.execute(
                update(Job).where(Job.dedup == "after").values(due_at=clock.now)
            )

    with caplog.at_level(logging.CRITICAL):
        assert one.step()

    assert done == []
    buried = job("poison")
    assert (buried.lost, buried.dead_at) == (outbox.LOST, clock.now)
    assert buried.last_error == "lost with its worker"
    assert one.step()
    assert done == ["after"]
    assert not one.step()


def test_control_one_worker_fewer_and_it_is_done(app: Flask, clock: Clock) -> None:
    promise("a", clock.now)
    for _ in range(outbox.LOST - 1):
        lose(clock)

    assert worker(app, clock).step()

    assert done == ["a"]
    assert job("a").lost == outbox.LOST - 1


def test_a_job_that_only_fails_loses_no_worker(
    app: Flask, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    promise("bad", clock.now, "fail")
    one = worker(app, clock, handlers={"fail": f"{HERE}:fail"})

    with caplog.at_level(logging.CRITICAL):
        for _ in range(outbox.LOST + 2):
            assert one.step()
            clock.forward(hours=2)

    assert (job("bad").lost, job("bad").dead_at) == (0, None)


def test_a_kind_that_nobody_knows_is_left_for_a_newer_worker(
    app: Flask, clock: Clock
) -> None:
    promise("a", clock.now, "unheard-of")

    assert not worker(app, clock).step()
    assert job("a").tries == 0


def test_a_task_runs_once_a_turn_whoever_takes_it(app: Flask, clock: Clock) -> None:
    tasks = {"tick": Task(f"{HERE}:tick", timedelta(minutes=5))}
    one, two = (worker(app, clock, tasks=tasks) for _ in range(2))

    for _ in range(3):
        one.step()
        two.step()
    assert done == ["tick"]

    clock.forward(minutes=5)
    two.step()
    one.step()
    assert done == ["tick", "tick"]


def test_a_task_that_fails_does_not_keep_the_jobs_waiting(
    app: Flask, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    promise("a", clock.now)
    one = worker(app, clock, tasks={"trip": Task(f"{HERE}:trip", timedelta(hours=1))})

    with caplog.at_level(logging.CRITICAL):
        assert one.step()

    assert done == ["a"]


def test_everything_the_worker_may_do_exists() -> None:
    tasks = [task.what for task in TASKS.values()]
    for name in [*HANDLERS.values(), *BURIED.values(), *tasks]:
        assert callable(_found(name)), name


def test_marks_of_old_turns_are_forgotten(app: Flask, clock: Clock) -> None:
    with transaction():
        outbox.take_slot("a", 1, clock.now - timedelta(days=3))
        outbox.take_slot("a", 2, clock.now)

    forget_slots(clock.now)

    assert db.session.scalar(select(func.count()).select_from(Slot)) == 1
