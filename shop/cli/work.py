"""``flask shop work``: sends what was promised and does what is due, until stopped."""

import importlib
import logging
import os
import signal
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import click
from flask import Flask, current_app
from sqlalchemy import delete

from shop import lock, logs, outbox
from shop.accounts import service as accounts
from shop.accounts import throttle
from shop.cart import service as carts
from shop.cli import settings
from shop.db import db, transaction, write
from shop.kernel.crash import crash

log = logging.getLogger(__name__)

#: How long a worker with nothing to do waits before it looks again.
PAUSE = 1.0
#: How long a task that is under way may take to end after the worker was asked to.
GRACE = 10.0
#: How long the marks of finished turns are kept.
KEEP_SLOTS = timedelta(days=2)
#: How long sign-ins that ended and full throttles are kept.
KEEP_SIGN_INS, KEEP_THROTTLES = timedelta(days=30), timedelta(days=2)

#: Who does a promised job, by its kind: ``handler(job, now)``, called outside
#: of any transaction. It may be called twice for one job (a worker was killed
#: between doing and noting it), with the same ``job.dedup``.
HANDLERS: dict[str, str] = {
    "notify": "shop.notifications.send:deliver",
    "send": "shop.notifications.send:send",
}

#: Who notes that a job was given up because it lost its worker each time, in the
#: transaction that buries it: ``note(job, now)``.
BURIED: dict[str, str] = {"send": "shop.notifications.send:give_up"}


@dataclass(frozen=True)
class Task:
    """Something due again and again: ``what(now)``, in one worker at a time."""

    what: str
    every: timedelta


#: The regular tasks by name. Each must bear being interrupted and repeated.
TASKS: dict[str, Task] = {
    "payments": Task("shop.payments.reconcile:each_turn", timedelta(seconds=15)),
    "missed-payments": Task("shop.payments.reconcile:missed", timedelta(minutes=10)),
    "bills": Task("shop.payments.daily:each_turn", timedelta(minutes=10)),
    "unpaid-orders": Task("shop.payments.reconcile:unpaid", timedelta(seconds=30)),
    "forget-slots": Task("shop.cli.work:forget_slots", timedelta(hours=6)),
    "sweep": Task("shop.cli.work:sweep", timedelta(days=1)),
}


@click.command()
@click.option("--once", is_flag=True, help="Do what is due now, then end.")
def work(once: bool) -> None:
    """Do the background work: messages, expiry, reconciliation.

    Run as many as you like, on any machines; each job is done by one of them.
    """
    config = settings()
    logs.set_up(config.log_level)
    stop = threading.Event()
    if not once:
        lock.stay_open(config.instance)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    worker = Worker(app)
    if once:
        while worker.step():
            pass
        return
    parent = os.getppid()
    # Beside the jobs: a provider that does not answer must not delay a message.
    tasks = threading.Thread(target=_repeat, args=(worker.do_tasks, stop), daemon=True)
    tasks.start()
    while not stop.is_set() and os.getppid() == parent:
        if not worker.do_job():
            stop.wait(PAUSE)
    stop.set()
    tasks.join(GRACE)


def _repeat(work: Callable[[], None], stop: threading.Event) -> None:
    while not stop.is_set():
        work()
        stop.wait(PAUSE)


class Worker:
    """One worker's loop; it holds nothing that a killed one would miss."""

    def __init__(
        self,
        app: Flask,
        handlers: Mapping[str, str] | None = None,
        tasks: Mapping[str, Task] | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.app = app
        self.handlers = HANDLERS if handlers is None else handlers
        self.tasks = TASKS if tasks is None else tasks
        self.clock = clock
        self.turns: dict[str, int] = {}

    def step(self) -> bool:
        """Do the tasks that are due and one job; False if there was no job."""
        self.do_tasks()
        return self.do_job()

    def do_tasks(self) -> None:
        """Do the tasks that are due; an error is logged and never ends the worker."""
        for name, task in self.tasks.items():
            with self.app.app_context():
                try:
                    self._take_turn(name, task)
                except Exception:
                    log.exception("the worker could not reach its database")

    def do_job(self) -> bool:
        """Do the job that is due first; False if there was none.

        An error of a job is logged and makes it come again later.
        """
        with self.app.app_context():
            try:
                return self._do_job()
            except Exception:
                log.exception("the worker could not reach its database")
                return False

    def _take_turn(self, name: str, task: Task) -> None:
        now = self.clock()
        turn = int(now.timestamp() // task.every.total_seconds())
        if self.turns.get(name) == turn:
            return
        if write(lambda: outbox.take_slot(name, turn, now)):
            crash("C16")
            try:
                _found(task.what)(now)
            except Exception:
                log.exception("a task failed", extra={"task": name})
                db.session.rollback()
        self.turns[name] = turn

    def _do_job(self) -> bool:
        kinds = tuple(self.handlers)
        job = write(lambda: outbox.claim(self.clock(), kinds)) if kinds else None
        if job is None:
            return False
        if job.is_poison:
            log.error("a job is given up", extra={"job": job.id, "kind": job.kind})
            write(lambda: self._bury(job))
            return True
        crash("C14")
        try:
            _found(self.handlers[job.kind])(job, self.clock())
        except Exception as error:
            log.exception("a job failed", extra={"job": job.id, "kind": job.kind})
            db.session.rollback()
            reason = logs.mask(f"{type(error).__name__}: {error}")
            write(lambda: outbox.fail(job, reason, self.clock()))
        else:
            crash("C15")
            write(lambda: outbox.finish(job.id, self.clock()))
        return True

    def _bury(self, job: outbox.Claimed) -> None:
        now = self.clock()
        outbox.bury(job, now)
        if job.kind in BURIED:
            _found(BURIED[job.kind])(job, now)


def forget_slots(now: datetime) -> None:
    """Delete the marks of turns long past."""
    with transaction() as session:
        session.execute(
            delete(outbox.Slot).where(outbox.Slot.taken_at < now - KEEP_SLOTS)
        )


def sweep(now: datetime) -> None:
    """Delete what nobody needs: old carts, counted tries, sign-ins that ended."""
    with transaction():
        carts.sweep(now)
    with transaction():
        throttle.sweep(now - KEEP_THROTTLES)
    with transaction():
        accounts.sweep(now - KEEP_SIGN_INS)


def _found(name: str) -> Callable[..., Any]:
    module, function = name.split(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), function)
    return found
