"""Puts what is said into the form of a channel: a text message, an e-mail."""

from dataclasses import dataclass, field

from flask import current_app
from sqlalchemy import select

from shop.accounts.models import Staff
from shop.db import db
from shop.i18n.reader import reader, reading
from shop.i18n.text import T
from shop.markets.identity import identity
from shop.markets.registry import market as market_of
from shop.notifications import kinds
from shop.notifications.channels import sms_service
from shop.notifications.gather import gather, language_of, shop_url
from shop.notifications.kinds import Facts, Said
from shop.notifications.mail import Mail, Words
from shop.notifications.rules import (
    NEW_ORDER,
    Channel,
    for_phones,
    parts,
    with_if_free,
)
from shop.orders.models import Order, OrderEvent


@dataclass(frozen=True)
class Written:
    """A message as it goes out; ``parts`` is what it costs, in text messages."""

    language: str
    text: str
    subject: str = ""
    html: str = ""
    parts: int = 0
    params: dict[str, str] = field(default_factory=dict)


def write(
    kind: str, channel: Channel, order: Order, event: OrderEvent | None
) -> Written:
    """Write a message about an order in the ORDER's language, whoever caused it.

    Staff read theirs in the language of their desk.
    """
    code = _staff_language() if kind == NEW_ORDER else order.language
    language = language_of(code)
    with reading(language.url, str(market_of(order.market).zone)):
        facts = gather(order, event)
        return form(kinds.say(kind, facts), facts, channel, order.market)


def form(said: Said, facts: Facts, channel: Channel, market: str) -> Written:
    """Return what is said in the form of a channel, for whoever reads now."""
    if channel is Channel.EMAIL:
        return _for_mailbox(said, facts)
    return _for_phone(said, market, channel)


def shop_name() -> Words:
    """Return what the owner calls the shop in the language that is read."""
    name = identity("").get(f"shop_name_{reader().language.code}")
    return name or T("Anar")


def owner_address() -> str:
    """Return where the first owner reads about new orders, "" without one."""
    owner = _owner()
    return owner.email if owner else ""


def _owner() -> Staff | None:
    query = select(Staff).where(Staff.role == "owner", Staff.disabled_at.is_(None))
    return db.session.scalar(query.order_by(Staff.id).limit(1))


def _staff_language() -> str:
    owner = _owner()
    return owner.language if owner and owner.language else "en"


def _for_phone(said: Said, market_code: str, channel: Channel) -> Written:
    """Write lines: the shop unless its service signs, sentences, the link alone."""
    lines = [for_phones(text) for text in said.short]
    service = sms_service(market_code)
    if channel is Channel.SMS and not (service and service.signs):
        lines.insert(0, for_phones(shop_name()))
    if said.points:
        text = "\n".join([*lines, said.last])
    else:
        text = with_if_free(lines, for_phones(kinds.ANTI_FRAUD_SHORT), said.last)
    return Written(
        language=reader().language.code,
        text=text,
        parts=parts(text) if channel is Channel.SMS else 0,
        params={
            **{name: for_phones(value) for name, value in said.params.items()},
            "last": said.last,
            "text": "\n".join(lines),
        },
    )


def _for_mailbox(said: Said, facts: Facts) -> Written:
    who = reader().language
    mail = Mail(
        html_lang=who.html,
        direction=who.direction,
        shop_name=shop_name(),
        home_url=f"{shop_url()}/{who.url}/",
        subject=said.subject,
        title=said.subject,
        preview=said.short[0],
        paragraphs=(*said.short, *said.more),
        pairs=said.pairs,
        lines=facts.lines if said.has_goods else (),
        totals=facts.totals if said.has_goods else (),
        button=said.button or "",
        button_url=said.url,
        footer=(kinds.ANTI_FRAUD, shop_name()),
    )
    # Straight from the environment: the frame of pages needs a request.
    template = current_app.jinja_env.get_template("email/message.html")
    return Written(
        language=who.code,
        subject=for_phones(said.subject),
        text=plain(mail),
        html=template.render(mail=mail),
    )


def plain(mail: Mail) -> str:
    """Return an e-mail for a program that shows text only; values are isolated."""
    blocks = ["\n".join(str(text) for text in mail.paragraphs)]
    rows = [
        T("{label}: {value}", label=pair.label, value=pair.value) for pair in mail.pairs
    ]
    goods = [
        T("{count} × {name}: {value}", count=x.quantity, name=x.name, value=x.amount)
        for x in mail.lines
    ]
    sums = [
        T("{label}: {value}", label=one.label, value=one.amount or one.words)
        for one in mail.totals
    ]
    blocks += ["\n".join(str(row) for row in part) for part in (rows, goods + sums)]
    if mail.button_url:
        blocks.append(f"{mail.button}\n{mail.button_url}")
    blocks.append("\n".join(["-- ", *(str(line) for line in mail.footer)]))
    return "\n\n".join(block for block in blocks if block) + "\n"
