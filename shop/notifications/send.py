"""What the worker does with messages: write them once, then take each one out.

A job ``notify`` becomes a row a channel, and each row a job ``send``; so that a
phone company that does not answer delays no e-mail, and quiet hours are a due
moment. No network inside a transaction. A worker that is killed between sending and
noting it sends that message once more, under the same name.
"""

import logging
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from flask import current_app
from sqlalchemy import select, update

from shop import outbox
from shop.config import Config
from shop.db import changed, db, insert_new
from shop.db import write as in_transaction
from shop.i18n.reader import reading
from shop.markets import service as market_service
from shop.markets.registry import market as market_of
from shop.notifications import rules
from shop.notifications.channels import mail_service, services, sms_service, smtp
from shop.notifications.channels.service import NotSent, Outgoing, Service, Taken
from shop.notifications.gather import language_of, shop_url
from shop.notifications.models import Message, Switch
from shop.notifications.rules import (
    NEW_ORDER,
    OFF_BY_DEFAULT,
    Channel,
    MessageState,
    masked,
)
from shop.notifications.write import Written, owner_address, shop_name, write
from shop.orders.models import Order, OrderEvent
from shop.orders.states import VOID, EventKind
from shop.outbox import Claimed
from shop.payments import settings
from shop.payments.rules import KeysMissing

log = logging.getLogger(__name__)

_K = EventKind
#: What nobody wants to read any more once the order has ended.
_ONLY_WHILE_ALIVE = frozenset({_K.PLACED, _K.RECEIPT_SUBMITTED, _K.RECEIPT_REJECTED})


def deliver(job: Claimed, now: datetime) -> None:
    """Write the messages of an event, in one transaction with their jobs."""
    order = db.session.get(Order, job.payload["order_id"], populate_existing=True)
    event_id = job.payload.get("event_id")
    event = db.session.get(OrderEvent, event_id) if event_id else None
    kind = str(job.payload["stage"])
    if order is None or (kind in _ONLY_WHILE_ALIVE and order.state in VOID):
        return
    kinds = (kind, NEW_ORDER) if kind == _K.PLACED else (kind,)
    drafts = [
        (one, channel, to, write(one, channel, order, event))
        for one in kinds
        for channel, to in receivers(order, one)
    ]

    def store() -> None:
        for one, channel, to, written in drafts:
            dedup = f"{job.dedup}:{one}:{channel}"
            row = _row(order, one, channel, written, now)
            row |= {"dedup": dedup, "event_id": event_id, "created_at": now}
            _store(row | {"receiver": masked(channel, to)}, now)

    in_transaction(store)


def receivers(order: Order, kind: str) -> Iterator[tuple[Channel, str]]:
    """Yield how a message about an order goes, and to whom.

    By SMS always, by e-mail where the buyer gave one and the shop has a mail
    server. Where there is no way at all it stands on the order's page only.
    """
    if kind == NEW_ORDER:
        owner = owner_address()
        if owner and mail_is_ready() and is_on(order.market, kind, Channel.EMAIL):
            yield Channel.EMAIL, owner
        return
    ways: list[tuple[Channel, str]] = []
    if order.phone and sms_service(order.market):
        ways.append((Channel.SMS, order.phone))
    if order.email and mail_is_ready():
        ways.append((Channel.EMAIL, order.email))
    yield from (way for way in ways if is_on(order.market, kind, way[0]))
    if not ways:
        yield Channel.SITE, ""


def is_on(market: str, kind: str, channel: Channel) -> bool:
    """Say whether the owner wants this message in a market (S106)."""
    row = db.session.get(Switch, (market, kind, channel))
    return row.enabled if row else kind not in OFF_BY_DEFAULT


def mail_is_ready() -> bool:
    """Say whether the shop can send e-mail: by its settings file or by the desk."""
    config: Config = current_app.extensions["shop"]
    return bool(config.smtp_url) or settings.is_ready(mail_service().code)


def _row(
    order: Order, kind: str, channel: Channel, written: Written, now: datetime
) -> dict[str, Any]:
    place = market_of(order.market)
    due_at = now
    if channel is Channel.SMS and kind not in rules.URGENT:
        numbers = market_service.parameters(place)
        due_at = rules.quiet_until(place, numbers, now) or now
    is_there = channel is Channel.SITE
    return {
        "order_id": order.id,
        "kind": kind,
        "channel": channel,
        "market": order.market,
        "language": written.language,
        "subject": written.subject,
        "text": written.text,
        "html": written.html,
        "params": written.params,
        "parts": written.parts,
        "state": MessageState.SENT if is_there else MessageState.QUEUED,
        "sent_at": now if is_there else None,
        "due_at": due_at,
    }


def _store(row: Mapping[str, Any], now: datetime) -> None:
    """Keep a message and promise to send it; one that is there stays as it is."""
    if not insert_new(Message, **row):
        return
    query = select(Message).where(Message.dedup == row["dedup"])
    message = db.session.scalars(query).one()
    if message.state == MessageState.QUEUED:
        promise_send(message, now, message.due_at)


def promise_send(message: Message, now: datetime, due_at: datetime) -> None:
    """Put a message on its way. Needs a transaction."""
    payload = {"message_id": message.id, "sends": message.sends}
    dedup = f"send:{message.id}:{message.sends}"
    outbox.promise("send", dedup, payload, now, due_at)


def send(job: Claimed, now: datetime) -> None:
    """Send one message and note it.

    :raises NotSent: if it is to be tried again.
    """
    message_id, sends = job.payload["message_id"], job.payload["sends"]
    message = db.session.get(Message, message_id, populate_existing=True)
    done = {MessageState.SENT, MessageState.DEAD}
    if message is None or message.state in done or message.sends != sends:
        return
    try:
        service = _service(message)
        out, values = _outgoing(message, now), _values(service, now)
        db.session.rollback()  # no connection is held while a phone company thinks
        taken = service.send(out, values)
    except Exception as error:
        code = error.code if isinstance(error, NotSent) else type(error).__name__
        final = isinstance(error, NotSent) and error.final
        is_dead = final or job.tries >= outbox.TRIES
        state = MessageState.DEAD if is_dead else MessageState.FAILED
        failed = {"state": state, "error": code[:200]}
        in_transaction(lambda: _note(message_id, sends, failed))
        if final:
            log.warning("a message is dead", extra={"id": message_id, "code": code})
            return
        raise
    sent = _sent_values(service, taken, now)
    sent["receiver"] = masked(service.channel, out.to)
    in_transaction(lambda: _note(message_id, sends, sent))


def give_up(job: Claimed, _now: datetime) -> None:
    """Note that nobody could send a message: each worker was lost. In a transaction."""
    failed = {"state": MessageState.DEAD, "error": "lost"}
    _note(job.payload["message_id"], job.payload["sends"], failed)


def _service(message: Message) -> Service:
    if message.channel == Channel.EMAIL:
        return mail_service()
    found = sms_service(message.market)
    if found is None:
        raise NotSent("no service")
    return found


def _values(service: Service, now: datetime) -> Mapping[str, str]:
    config: Config = current_app.extensions["shop"]
    if service.channel is Channel.EMAIL and config.smtp_url:
        return smtp.from_url(config.smtp_url, config.mail_from)
    services()  # their settings are known from here on
    try:
        return settings.read(service.code, now)
    except KeysMissing:
        raise NotSent("keys") from None


def _outgoing(message: Message, now: datetime) -> Outgoing:
    order = db.session.get_one(Order, message.order_id)
    to = order.phone
    if message.channel == Channel.EMAIL:
        to = owner_address() if message.kind == NEW_ORDER else order.email
    with reading(language_of(message.language).url):
        name = rules.for_phones(shop_name())
    return Outgoing(
        to=to,
        text=message.text,
        name=f"{message.dedup.replace(':', '.')}.{message.sends}",
        number=message.id * 100 + message.sends % 100,
        kind=message.kind,
        language=message.language,
        at=now,
        subject=message.subject,
        html=message.html,
        sender_host=urlsplit(shop_url()).hostname or "",
        shop_name=name,
        params=message.params,
    )


def _sent_values(service: Service, taken: Taken, now: datetime) -> dict[str, Any]:
    """Return what is noted of a sent message; its page is not needed any more."""
    return {
        "state": MessageState.SENT,
        "sent_at": now,
        "service": service.code,
        "service_ref": taken.ref,
        "cost_minor": Message.cost_minor + taken.cost_minor,
        "cost_currency": taken.cost_currency,
        "html": "",
        "error": "",
    }


def _note(message_id: int, sends: int, values: Mapping[str, Any]) -> bool:
    """Change a message that is not sent yet; say whether we were the one."""
    query = update(Message).where(
        Message.id == message_id,
        Message.sends == sends,
        Message.state != MessageState.SENT,
    )
    return changed(db.session.execute(query.values(**values))) == 1
