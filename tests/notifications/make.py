"""Makers of orders that somebody is told about, and a phone company in a list."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

import pytest
from sqlalchemy import select, update

from shop import outbox
from shop.cli.work import HANDLERS, Worker
from shop.db import db, transaction
from shop.notifications import channels, rules
from shop.notifications.channels.service import Outgoing, Service, Taken
from shop.notifications.models import Message
from shop.notifications.rules import Channel
from shop.orders import events
from shop.orders.models import Order, OrderEvent
from shop.orders.states import EventKind, OrderState
from shop.outbox import Job
from shop.payments import settings
from tests.conftest import Clock
from tests.orders import make as orders

EMAIL = "buyer@example.com"


@dataclass
class Fake(Service):
    """Keeps what it is given; ``breaks`` is raised as often as it has entries."""

    code: str = "kavenegar"  # type: ignore[misc]
    channel: Channel = Channel.SMS  # type: ignore[misc]
    signs: bool = False  # type: ignore[misc]
    sent: list[Outgoing] = field(default_factory=list)
    breaks: list[Exception] = field(default_factory=list)

    def send(self, out: Outgoing, settings: Any) -> Taken:
        """Keep a message, or break."""
        if self.breaks:
            raise self.breaks.pop(0)
        self.sent.append(out)
        return Taken(f"ref-{len(self.sent)}", 1200, "IRR")


@dataclass
class Carriers:
    """The phone company and the mail server of a test."""

    sms: Fake = field(default_factory=Fake)
    email: Fake = field(default_factory=lambda: Fake("smtp", Channel.EMAIL))

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let every message of the test go here; the real ones are declared first."""
        channels.services()
        known = {"kavenegar": self.sms, "aliyun_sms": self.sms, "smtp": self.email}
        monkeypatch.setattr(channels, "services", lambda: known)


def with_mail(now: datetime) -> None:
    """Fill in a mail server."""
    channels.services()
    with transaction():
        for name, value in (("host", "mail.example"), ("sender", "shop@example.com")):
            settings.save("smtp", name, value, now)


def order(
    now: datetime, code: str = "cn", *, language: str = "zh", email: str = "", **kw: Any
) -> Order:
    """Return a placed order whose messages are not written yet."""
    key = f"{kw.pop('key', '')}-{code}-{language}-{now.timestamp()}"
    made = orders.order(now, code, key, **kw)
    with transaction():
        values = {"language": language, "email": email}
        db.session.execute(update(Order).where(Order.id == made.id).values(**values))
    return fresh(made)


def fresh(made: Order) -> Order:
    """Return an order as the database has it now."""
    db.session.rollback()
    return db.session.get_one(Order, made.id, populate_existing=True)


def quiet(made: Order, now: datetime) -> None:
    """Forget the messages promised so far, so that a test sees only its own."""
    done("notify", now)


def done(kind: str, now: datetime) -> None:
    """Finish every job of a kind without doing it."""
    with transaction():
        waiting = update(Job).where(Job.kind == kind, Job.done_at.is_(None))
        db.session.execute(waiting.values(done_at=now))


def happen(
    made: Order, kind: EventKind, now: datetime, who: str = "system", **facts: Any
) -> OrderEvent:
    """Let something happen to an order."""
    with transaction():
        found = db.session.get_one(Order, made.id, populate_existing=True)
        return events.happened(found, kind, who, now, **facts)


def move(made: Order, state: OrderState) -> None:
    """Put an order into a state, whatever came before."""
    with transaction():
        db.session.execute(update(Order).where(Order.id == made.id).values(state=state))


def worker(clock: Clock) -> Worker:
    """Return a worker that does jobs and no tasks."""
    from flask import current_app

    app = cast(Any, current_app)._get_current_object()
    return Worker(app, handlers=HANDLERS, tasks={}, clock=clock)


def work(clock: Clock) -> int:
    """Do every job that is due; return how many."""
    one, count = worker(clock), 0
    while one.step():
        count += 1
    db.session.rollback()
    return count


def rows(made: Order | None = None) -> list[Message]:
    """Return the messages, oldest first."""
    db.session.rollback()
    query = select(Message).order_by(Message.id)
    if made is not None:
        query = query.where(Message.order_id == made.id)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def jobs(kind: str) -> list[Job]:
    """Return the jobs of a kind, oldest first."""
    db.session.rollback()
    query = select(Job).where(Job.kind == kind).order_by(Job.id)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def claimed(kind: str, now: datetime) -> outbox.Claimed:
    """Claim the next job of a kind, as a worker does."""
    with transaction():
        job = outbox.claim(now, (kind,))
    assert job is not None
    return job


def parts_of(out: Outgoing) -> int:
    """Return what a message costs."""
    return rules.parts(out.text)
