"""Workers killed with SIGKILL between claim and send: no message is ever lost.

Each kill may send one message once more, under the same name; never twice more.
The control notes a message as sent before it is, and loses some.
"""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from shop.db import db
from shop.notifications import send
from shop.notifications.models import Message
from shop.notifications.rules import MessageState
from shop.orders.states import EventKind
from shop.outbox import Job
from tests.conftest import Clock
from tests.notifications import make

pytestmark = pytest.mark.serial

ROOT = Path(__file__).parents[2]
MESSAGES = 40
KILLS = 6


@pytest.fixture
def told(app: Flask, clock: Clock) -> int:
    """Return how many messages are written and wait to be sent, all long due."""
    clock.forward(hours=-2)
    order = make.order(clock.now)
    for _ in range(MESSAGES - 1):
        make.happen(order, EventKind.PAID, clock.now, amount_minor=1, currency="CNY")
    for _ in range(MESSAGES):
        send.deliver(make.claimed("notify", clock.now), clock.now)
    make.done("notify", clock.now)
    db.session.remove()
    return MESSAGES


def kill_workers(app: Flask, folder: Path, mode: str) -> int:
    """Run two workers, kill one every now and then, let them end their work.

    Returns how many were killed.
    """
    url = str(app.config["SQLALCHEMY_DATABASE_URI"])
    command = [sys.executable, "-m", "tests.races.workers", url, str(folder), mode]
    files = [folder / f"said-{place}" for place in range(2)]
    running = []
    for file in files:
        with file.open("wb") as said:
            running.append(subprocess.Popen([*command, "90"], cwd=ROOT, stdout=said))
    chance = random.Random(7)
    killed: set[int] = set()
    try:
        assert _until(lambda: all(_pid(file) for file in files), 60)
        while len(killed) < KILLS and _left():
            time.sleep(chance.uniform(0.15, 0.35))
            pid = _pid(chance.choice(files))
            if pid not in killed:
                os.kill(pid, signal.SIGKILL)
                killed.add(pid)
        _until(lambda: not _left(), 60)
    finally:
        for one in running:
            one.kill()
            one.wait()
        for file in files:
            with contextlib.suppress(ProcessLookupError):
                os.kill(_pid(file), signal.SIGKILL)
    return len(killed)


def _pid(said: Path) -> int:
    """Return the worker that runs now, 0 while none has begun."""
    text = said.read_text("utf-8")
    lines = text[: text.rfind("\n") + 1].split()
    return int(lines[-1]) if lines else 0


def _left() -> int:
    db.session.rollback()
    query = select(func.count(Job.id)).where(Job.done_at.is_(None))
    return db.session.scalar(query) or 0


def _arrived(folder: Path) -> Counter[str]:
    phone = folder / "phone"
    return Counter(phone.read_text("utf-8").split() if phone.exists() else [])


def _until(done: Callable[[], bool], seconds: float) -> bool:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends and not done():
        time.sleep(0.1)
    return done()


def test_kill_9_between_claim_and_send_loses_no_message(
    app: Flask, told: int, tmp_path: Path
) -> None:
    kills = kill_workers(app, tmp_path, "real")

    arrived = _arrived(tmp_path)
    assert kills >= KILLS // 2
    assert _left() == 0
    assert len(arrived) == told
    assert sum(arrived.values()) <= told + kills, "at most once more a kill"
    states = db.session.scalars(select(Message.state)).all()
    assert set(states) == {MessageState.SENT}


def test_control_who_notes_before_sending_loses_messages(
    app: Flask, told: int, tmp_path: Path
) -> None:
    kills = kill_workers(app, tmp_path, "hasty")

    assert kills >= KILLS // 2
    assert _left() == 0
    assert len(_arrived(tmp_path)) < told
