"""Messages for the order's page and the desk: what was said, what did not arrive."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update

from shop import outbox
from shop.accounts import throttle
from shop.accounts.rules import LINKS_BY_IP, LINKS_BY_ORDER, TriedTooOften
from shop.db import changed, db, insert_new
from shop.i18n.digits import digits_only
from shop.kernel.errors import ShopError
from shop.kernel.money import Money
from shop.notifications.kinds import KINDS
from shop.notifications.models import Message, Switch
from shop.notifications.rules import (
    LINKS,
    NEW_ORDER,
    OFF_BY_DEFAULT,
    Channel,
    MessageState,
)
from shop.notifications.send import promise_send
from shop.notifications.write import write
from shop.orders import find, numbers
from shop.orders.models import Order, OrderEvent
from shop.outbox import Job


@dataclass(eq=False)
class OnItsWay(ShopError):
    """The message waits to be sent already; asking again would send it twice."""


@dataclass(frozen=True)
class Twin:
    """A message as the buyer got it; ``language`` is what it is written in.

    ``at`` is when it was sent, or written where it is still on its way.
    """

    channel: Channel
    language: str
    subject: str
    text: str
    at: datetime


def twins(order_id: int) -> list[Twin]:
    """Return every message to the buyer of an order, newest first (S71)."""
    query = select(Message).where(
        Message.order_id == order_id, Message.kind != NEW_ORDER
    )
    return [
        Twin(
            Channel(row.channel),
            row.language,
            row.subject,
            row.text,
            row.sent_at or row.created_at,
        )
        for row in db.session.scalars(query.order_by(Message.id.desc()))
    ]


def messages(order_id: int) -> list[Message]:
    """Return every message about an order with its state, newest first; for staff."""
    query = select(Message).where(Message.order_id == order_id)
    return list(db.session.scalars(query.order_by(Message.id.desc())))


def dead_letters(limit: int = 50) -> list[Message]:
    """Return the messages nobody could deliver, newest first."""
    query = select(Message).where(Message.state == MessageState.DEAD)
    return list(db.session.scalars(query.order_by(Message.id.desc()).limit(limit)))


def unwritten() -> list[Job]:
    """Return events whose message could not even be written: a fault of the shop."""
    query = select(Job).where(Job.kind == "notify", Job.dead_at.is_not(None))
    return list(db.session.scalars(query.order_by(Job.id.desc()).limit(50)))


def resend(message_id: int, now: datetime) -> Message:
    """Send a message again, written anew as its order stands now. In a transaction.

    :raises OnItsWay: if it is about to be sent anyway.
    """
    message = db.session.get_one(Message, message_id, populate_existing=True)
    channel, before = Channel(message.channel), message.sends
    query = update(Message).where(
        Message.id == message_id,
        Message.state.in_([MessageState.SENT, MessageState.DEAD]),
        Message.channel != Channel.SITE,
    )
    written = write(message.kind, channel, _order(message), _event(message))
    again = query.values(
        state=MessageState.QUEUED,
        sends=Message.sends + 1,
        subject=written.subject,
        text=written.text,
        html=written.html,
        params=written.params,
        parts=Message.parts + written.parts,
        error="",
        due_at=now,
    )
    if not changed(db.session.execute(again)):
        raise OnItsWay
    _settle_dead_job(f"send:{message_id}:{before}", now)
    db.session.refresh(message)
    promise_send(message, now, now)
    return message


def _settle_dead_job(dedup: str, now: datetime) -> None:
    """Note that the job that was given up needs nobody's care any more."""
    query = update(Job).where(Job.dedup == dedup, Job.dead_at.is_not(None))
    db.session.execute(query.values(dead_at=None, done_at=now))


def rewrite(job_id: int, now: datetime) -> bool:
    """Try again to write the messages of an event; False if that is not needed."""
    query = update(Job).where(Job.id == job_id, Job.dead_at.is_not(None))
    values = {"dead_at": None, "tries": 0, "lost": 0, "due_at": now}
    query = query.values(lease_until=None)
    return changed(db.session.execute(query.values(**values))) == 1


def _order(message: Message) -> Order:
    return db.session.get_one(Order, message.order_id)


def _event(message: Message) -> OrderEvent | None:
    if message.event_id is None:
        return None
    return db.session.get_one(OrderEvent, message.event_id)


@dataclass(frozen=True)
class Cost:
    """What one service did since a moment. ``cost`` only if it says what it takes."""

    market: str
    service: str
    messages: int
    parts: int
    cost: Money | None


def costs(since: datetime) -> list[Cost]:
    """Count what was sent since a moment, by market and service."""
    query = (
        select(
            Message.market,
            Message.service,
            Message.cost_currency,
            func.count(Message.id),
            func.coalesce(func.sum(Message.parts), 0),
            func.coalesce(func.sum(Message.cost_minor), 0),
        )
        .where(Message.sent_at >= since, Message.service != "")
        .group_by(Message.market, Message.service, Message.cost_currency)
        .order_by(Message.market, Message.service)
    )
    return [
        Cost(market, service, count, parts, Money(cost, unit) if unit else None)
        for market, service, unit, count, parts, cost in db.session.execute(query)
    ]


def switches(market: str) -> Sequence[tuple[str, Channel, bool]]:
    """Return (kind, channel, on) of everything that can be sent in a market."""
    rows = db.session.scalars(select(Switch).where(Switch.market == market))
    chosen = {(row.kind, row.channel): row.enabled for row in rows}
    return [
        (kind, channel, chosen.get((kind, channel), kind not in OFF_BY_DEFAULT))
        for kind in KINDS
        for channel in (Channel.SMS, Channel.EMAIL)
        if not (kind == NEW_ORDER and channel is Channel.SMS)
    ]


def switch(market: str, kind: str, channel: Channel, *, on: bool) -> None:
    """Switch a message on or off in a market (S106). Needs a transaction.

    :raises ValueError: for a kind that is none, which is the caller's bug.
    """
    if kind not in KINDS:
        raise ValueError(kind)
    key = {"market": market, "kind": kind, "channel": channel}
    if not insert_new(Switch, **key, enabled=on):
        row = db.session.get_one(
            Switch, (market, kind, channel), populate_existing=True
        )
        row.enabled = on
        db.session.flush()


def send_links(
    number: str, last_four: str, ip: str, now: datetime, stage: str = LINKS
) -> None:
    """Send a guest the link to an order, to the phone and e-mail on file only.

    ``stage`` is ``RETURN_LINK`` for the link to its return form.

    Whether there is such an order, and whether the digits are those of its phone,
    nobody learns from here: nothing is returned. Needs a transaction.

    :raises TriedTooOften: if this address asked too often, whatever it asked for.
    """
    throttle.count(f"links-ip:{ip}", LINKS_BY_IP, now)
    found = numbers.read_number(number)
    if found is None:
        return
    try:
        throttle.count(f"links-order:{found}", LINKS_BY_ORDER, now)
    except TriedTooOften:
        return
    order = find.by_number(found)
    given = digits_only(last_four)[:4]
    if order is None or not hmac.compare_digest(order.phone[-4:], given):
        return
    minute = int(now.timestamp()) // 60
    payload = {"order_id": order.id, "event_id": None, "stage": stage}
    outbox.promise("notify", f"{stage}:{order.id}:{minute}", payload, now)
