"""Reads from the order what a message about it may speak of."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import select

from shop.cart.rules import AmountKind
from shop.config import Config
from shop.db import db
from shop.fulfilment.service import is_pick_up
from shop.i18n.languages import KNOWN, Language, languages
from shop.i18n.reader import reader
from shop.i18n.text import T
from shop.kernel.money import Money
from shop.markets import service as market_service
from shop.markets.market import Market
from shop.markets.registry import market as market_of
from shop.notifications.kinds import Facts
from shop.notifications.mail import MailLine, MailTotal
from shop.orders import find, promises
from shop.orders.ledger import Standing, standing
from shop.orders.models import MoneyRow, Order, OrderAmount, OrderEvent
from shop.orders.states import EventKind, MoneyKind, OrderState, PromiseKind
from shop.orders.words import amount_label
from shop.payments import transfer
from shop.shipping import service as points

#: Where the buyer's number on the receipt opens the guarantee (S103).
RECEIPT_MARKETS = frozenset({"ir"})


def language_of(code: str) -> Language:
    """Return a stored language, or English if its folder is gone."""
    return languages().get(code.lower().replace("_", "-")) or KNOWN["en"]


def shop_url() -> str:
    """Return where the shop stands for its readers, without a last slash."""
    config: Config = current_app.extensions["shop"]
    return config.public_url


def order_link(order: Order) -> str:
    """Return the guest's secret link, in the order's language."""
    secret = current_app.secret_key or b""
    key = secret.encode() if isinstance(secret, str) else secret
    prefix = f"{shop_url()}/{language_of(order.language).url}/orders"
    return f"{prefix}/{find.token(key, order)}"


def gather(order: Order, event: OrderEvent | None) -> Facts:
    """Return the facts of an order for a message about ``event``.

    Read as they are now: who gets the message late is told what is true then. The
    words in them are in the language that is read.
    """
    place = market_of(order.market)
    given: Mapping[str, Any] = event.facts if event else {}
    kind = str(event.kind) if event else ""
    stands = standing(order)
    open_ones = {p.kind: p.due_on for p in promises.open_promises(order)}
    link = order_link(order)
    return Facts(
        number=order.number,
        link=link,
        pay_link=f"{link}/pay",
        desk_link=f"{shop_url()}/{reader().language.url}/owner/orders/{order.number}",
        total=order.total,
        due=_due(order, stands),
        kept=_kept(stands),
        market_name=str(place.name),
        method=order.method,
        awaits_payment=order.state == OrderState.PLACED and bool(stands.due),
        who=event.who if event else "",
        amount=_amount(given, order.currency),
        reason=str(given.get("reason", "")),
        note=str(given.get("note", "")),
        freight=str(given.get("freight", "")),
        why=str(given.get("why", "")),
        trace=_trace(order, kind, given),
        reference=str(given.get("reference", "")),
        pay_by=order.pay_by_at,
        moment=_moment(given.get("at")) or order.arranged_at,
        answer_on=open_ones.get(PromiseKind.ANSWER),
        ships_on=open_ones.get(PromiseKind.SHIP),
        arrives_on=open_ones.get(PromiseKind.DELIVER),
        refund_on=_day(given.get("by")) or open_ones.get(PromiseKind.REFUND),
        return_on=open_ones.get(PromiseKind.RETURN_WINDOW),
        moved=str(given.get("promise", "")),
        receipt_days=_receipt_days(place, order),
        lines=_lines(order),
        totals=_totals(order),
        **_parcel(place, given),
        **_collection(place, order, event),
    )


def _due(order: Order, stands: Standing) -> Money:
    """Return what is still to be handed over; nothing once the order is off."""
    if order.state in {OrderState.CANCELLED, OrderState.EXPIRED}:
        return Money(0, order.currency)
    return stands.due


def _kept(stands: Standing) -> Money:
    rest = stands.captured - stands.refunded
    return rest if rest.minor > 0 else Money(0, rest.currency)


def _amount(given: Mapping[str, Any], currency: str) -> Money | None:
    minor = given.get("amount_minor")
    if not isinstance(minor, int):
        return None
    return Money(minor, str(given.get("currency", currency)))


def _trace(order: Order, kind: str, given: Mapping[str, Any]) -> str:
    """Return the number a bank knows the money of this message by."""
    if kind == EventKind.RECEIPT_SUBMITTED:
        receipts = transfer.receipts_of(order.id)
        return receipts[0].tracking_number if receipts else ""
    if kind not in {EventKind.PAID, EventKind.PAID_LATE}:
        return ""
    query = select(MoneyRow.provider_ref).where(
        MoneyRow.order_id == order.id,
        MoneyRow.kind == MoneyKind.CAPTURED,
        MoneyRow.fulfils.is_(kind == EventKind.PAID),
        MoneyRow.amount_minor == given.get("amount_minor", MoneyRow.amount_minor),
    )
    return db.session.scalar(query.order_by(MoneyRow.id.desc()).limit(1)) or ""


def _receipt_days(place: Market, order: Order) -> int:
    if order.market not in RECEIPT_MARKETS:
        return 0
    return market_service.parameters(place).return_days


def _parcel(place: Market, given: Mapping[str, Any]) -> dict[str, Any]:
    code, number = str(given.get("carrier", "")), str(given.get("tracking_number", ""))
    found = next((one for one in place.carriers if one.code == code), None)
    return {
        "carrier": str(found.name) if found else code,
        "tracking": number,
        "tracking_link": found.link(number) if found else "",
    }


def _collection(
    place: Market, order: Order, event: OrderEvent | None
) -> dict[str, Any]:
    if not is_pick_up(order):
        return {}
    point = points.find_point(order.pickup_point)
    words = point.text(reader().language.code) if point else None
    facts: dict[str, Any] = {"is_pick_up": True, "code": order.collection_code}
    if words:
        facts |= {"place": words.name, "place_address": words.address}
    if event is not None:
        days = market_service.parameters(place).pick_up_keep_calendar_days
        facts["keep_on"] = place.today(event.at) + timedelta(days=days)
    return facts


def _lines(order: Order) -> tuple[MailLine, ...]:
    return tuple(
        MailLine(
            name=f"{line.title} ({line.options})" if line.options else line.title,
            quantity=line.quantity,
            amount=Money(line.unit_minor * line.quantity, order.currency),
        )
        for line in order.lines
    )


def _totals(order: Order) -> tuple[MailTotal, ...]:
    rows = [row for row in order.amounts if row.kind != AmountKind.GOODS]
    made = [_total(row, order) for row in rows]
    return (*made, MailTotal(T("Total"), order.total))


def _total(row: OrderAmount, order: Order) -> MailTotal:
    label = amount_label(AmountKind(row.kind), row.facts, order.market)
    if row.kind == AmountKind.DELIVERY and not row.amount_minor:
        return MailTotal(label, words=T("Free"))
    return MailTotal(label, Money(row.amount_minor, order.currency))


def _moment(text: object) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None


def _day(text: object) -> date | None:
    return date.fromisoformat(text) if isinstance(text, str) else None
