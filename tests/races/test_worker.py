"""The worker as a process: it does what was promised, and stops when it is asked to."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from shop import outbox
from shop.cli import work
from shop.cli.work import Task, Worker
from shop.db import db, transaction
from shop.notifications import channels, send
from shop.notifications.models import Message
from tests.conftest import KEY, Clock
from tests.notifications import make
from tests.notifications.make import Carriers

ROOT = Path(__file__).parents[2]
HERE = "tests.races.test_worker"


@pytest.fixture
def carriers(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Carriers:
    """Return who carries the messages of this test."""
    made = Carriers()
    made.install(monkeypatch)
    return made


def until(done: Callable[[], object], seconds: float = 60) -> bool:
    """Wait until something is so; say whether it is."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends and not done():
        time.sleep(0.05)
    return bool(done())


@pytest.mark.serial
def test_it_sends_what_was_promised_and_stops_cleanly(
    app: Flask, tmp_path: Path
) -> None:
    with transaction():
        channels.services()
        channels.choose_sms("cn", "console")
    order = make.order(datetime.now(UTC))
    environ = os.environ | {
        "SHOP_INSTANCE": str(tmp_path / "instance"),
        "SHOP_SECRET_KEY": KEY,
        "DATABASE_URL": str(app.config["SQLALCHEMY_DATABASE_URI"]),
    }
    command = [sys.executable, "-m", "flask", "shop", "work"]
    with subprocess.Popen(command, cwd=ROOT, env=environ, stderr=subprocess.PIPE) as it:
        try:
            sent = until(lambda: [row.state for row in make.rows(order)] == ["sent"])
            it.send_signal(signal.SIGTERM)
            status = it.wait(15)
        finally:
            it.kill()
        said = it.stderr.read().decode() if it.stderr else ""

    assert sent, said
    assert status == 0, said
    assert order.phone[-8:] not in said


def test_a_task_that_takes_long_delays_no_message(
    app: Flask, carriers: Carriers, clock: Clock
) -> None:
    began.clear()
    go_on.clear()
    tasks = {"slow": Task(f"{HERE}:slow", timedelta(hours=1))}
    worker = Worker(app, tasks=tasks, clock=clock)
    order = make.order(clock.now)
    stop = threading.Event()
    beside = threading.Thread(target=work._repeat, args=(worker.do_tasks, stop))
    beside.start()
    try:
        assert began.wait(30)
        while worker.do_job():
            pass
        states = [row.state for row in make.rows(order)]
    finally:
        go_on.set()
        stop.set()
        beside.join(30)

    assert states == ["sent"]
    assert not beside.is_alive()


began, go_on = threading.Event(), threading.Event()


def slow(now: datetime) -> None:
    """Wait as for a provider that does not answer."""
    began.set()
    go_on.wait(30)


def test_two_workers_send_one_message_once(
    app: Flask, carriers: Carriers, clock: Clock
) -> None:
    make.order(clock.now)
    gate = threading.Barrier(4)

    def run() -> None:
        one = Worker(app, tasks={}, clock=clock)
        gate.wait()
        while one.do_job():
            pass

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert len(carriers.sms.sent) == 1


def test_control_without_a_lease_it_is_sent_by_each(
    app: Flask, carriers: Carriers, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "LEASE", timedelta(seconds=-1))
    monkeypatch.setattr("shop.notifications.send._note", lambda *_: True)
    order = make.order(clock.now)
    make.quiet(order, clock.now)
    with transaction():
        db.session.add(_waiting(order.id, clock.now))
        db.session.flush()
        message = db.session.scalars(select(Message)).one()
        send.promise_send(message, clock.now, clock.now)
    first, second = (make.claimed("send", clock.now) for _ in range(2))

    send.send(first, clock.now)
    send.send(second, clock.now)

    assert len(carriers.sms.sent) == 2


def _waiting(order_id: int, now: datetime) -> Message:
    return Message(
        dedup="waiting",
        order_id=order_id,
        kind="links",
        channel="sms",
        market="cn",
        language="zh",
        text="words",
        created_at=now,
        due_at=now,
    )
