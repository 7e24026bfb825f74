"""The log of what staff did: reading it, and saying it in words."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import url_for
from sqlalchemy import ColumnElement, or_, select

from shop.accounts.models import Audit, Staff
from shop.db import db
from shop.i18n import formats
from shop.i18n.digits import digits_only
from shop.i18n.text import L, Lazy, Ltr, T
from shop.kernel.money import MINOR_DIGITS, Money
from shop.orders.models import Order
from shop.orders.states import OrderState
from shop.web.owner.desk import subject
from shop.web.pages.owner import Change, LogRow
from shop.web.pages.parts import Link, Words

#: What staff can do, by the word in the log.
ACTIONS: dict[str, Lazy] = {
    "order.revealed": L("Phone and address shown"),
    "order.slip": L("Packing slip opened"),
    "order.arranged": L("Day and hour arranged"),
    "order.receipt_confirmed": L("Receipt confirmed"),
    "order.receipt_refused": L("Receipt refused"),
    "order.money_noted": L("Money noted"),
    "order.packing": L("Packing begun"),
    "order.ready": L("Ready to collect"),
    "order.shipped": L("Handed to the carrier"),
    "order.handed_over": L("Handed over to the customer"),
    "order.delivered": L("Delivered"),
    "order.cancelled": L("Order cancelled"),
    "order.held": L("Put on hold"),
    "order.resumed": L("Let go on"),
    "order.asked": L("Provider asked"),
    "order.money_accepted": L("Money in review accepted"),
    "order.money_given_back": L("Money given back"),
    "order.refunded": L("Parts given back"),
    "order.return_accepted": L("Return accepted"),
    "order.return_declined": L("Return declined"),
    "order.refund_done": L("Refund by hand done"),
    "order.refund_failed": L("Refund by hand failed"),
    "order.message_again": L("Message sent again"),
    "price.changed": L("Price changed"),
    "stock.changed": L("Stock changed"),
    "sale_state.changed": L("Sale state changed"),
    "picture.added": L("Picture added"),
    "picture.removed": L("Picture removed"),
    "picture.described": L("Picture described"),
    "picture.moved": L("Picture moved"),
    "identity.changed": L("Shop data changed"),
    "parameter.changed": L("Number of a region changed"),
    "provider.changed": L("Payment provider set up"),
    "provider.tested": L("Connection tested"),
    "bill.read": L("Daily bill read from a file"),
    "bill.asked": L("Daily bill fetched again"),
    "bill.looked_at": L("Daily bill looked at"),
    "message.rewritten": L("Messages written again"),
    "signed_in": L("Signed in"),
    "password_changed": L("Password changed"),
}
FIELDS: dict[str, Lazy] = {
    "state": L("State"),
    "at": L("Moment"),
    "carrier": L("Carrier"),
    "tracking_number": L("Tracking number"),
    "reason": L("Reason"),
    "reference": L("Reference"),
    "amount": L("Amount"),
    "price": L("Price"),
    "was": L("Price before the sale"),
    "stock": L("Stock"),
    "picture": L("Picture"),
    "market": L("Region"),
    "provider": L("Payment provider"),
    "secret": L("Secret, last four"),
    "answer": L("Answer"),
    "given_back": L("Given back so far"),
    "products": L("Products"),
    "note": L("Our answer"),
    "restocked": L("Back into stock"),
}
_STATES: Mapping[str, Lazy] = {
    OrderState.PLACED: L("Placed"),
    OrderState.ACCEPTED: L("Accepted"),
    OrderState.PACKING: L("Being packed"),
    OrderState.SHIPPED: L("Shipped"),
    OrderState.DELIVERED: L("Delivered"),
    OrderState.CLOSED: L("Closed"),
    OrderState.CANCELLED: L("Cancelled"),
    OrderState.EXPIRED: L("Expired"),
    OrderState.ON_HOLD: L("On hold"),
}
PER_PAGE = 50
#: A revealed phone and address are shown for so long.
REVEALED_FOR = timedelta(minutes=15)


def of_order(order: Order) -> list[Audit]:
    """Return the log of one order, newest first."""
    query = select(Audit).where(Audit.subject == subject(order))
    return list(db.session.scalars(query.order_by(Audit.id.desc()).limit(100)))


def is_revealed(log: Sequence[Audit], staff: Staff, now: datetime) -> bool:
    """Say whether this person has asked to see the customer of an order lately."""
    return any(
        one.action in {"order.revealed", "order.slip"}
        and one.staff_id == staff.id
        and one.at > now - REVEALED_FOR
        for one in log
    )


def rows(found: Sequence[Audit], *, with_subject: bool = True) -> tuple[LogRow, ...]:
    """Return rows of the log in words."""
    return tuple(_row(one, with_subject=with_subject) for one in found)


def _row(one: Audit, *, with_subject: bool) -> LogRow:
    names = dict.fromkeys([*one.before, *one.after])
    return LogRow(
        at=one.at,
        who=one.who,
        what=ACTIONS.get(one.action, one.action),
        subject=_link(one.subject) if with_subject else None,
        changes=tuple(
            Change(
                FIELDS.get(name, name),
                _value(one.before.get(name)),
                _value(one.after.get(name)),
            )
            for name in names
        ),
    )


def _link(name: str) -> Link:
    kind, _, code = name.partition(":")
    if kind == "order":
        return Link(url_for("owner.order", number=code), Ltr(code))
    if kind in {"product", "variant"}:
        return Link(url_for("owner.products", q=code), Ltr(code))
    if kind in {"settings", "provider"}:
        return Link(url_for("owner.settings"), Ltr(code))
    return Link(url_for("owner.audit", q=name), Ltr(code or name))


def _value(value: Any) -> str:
    """Write a value of the log as its reader expects it."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return str(T("On") if value else T("Off"))
    if isinstance(value, int):
        return formats.number(value)
    if isinstance(value, list):
        return _listed(value)
    words: Words | None = _STATES.get(value)
    return str(words or value)


def _listed(value: list[Any]) -> str:
    if len(value) == 2 and isinstance(value[0], int) and value[1] in MINOR_DIGITS:
        money = Money(value[0], value[1])
        return formats.money(money)
    return ", ".join(str(one) for one in value)


def search(typed: str, before: int = 0) -> tuple[list[Audit], int]:
    """Return a page of the log and the id after which the next one begins, or 0.

    ``typed`` is an order number in any digits, a product code, or who it was.
    """
    query = select(Audit).order_by(Audit.id.desc()).limit(PER_PAGE + 1)
    if before:
        query = query.where(Audit.id < before)
    if typed:
        query = query.where(_about(typed))
    found = list(db.session.scalars(query))
    more = found[PER_PAGE - 1].id if len(found) > PER_PAGE else 0
    return found[:PER_PAGE], more


def _about(typed: str) -> ColumnElement[bool]:
    codes = {typed, typed.upper(), digits_only(typed)} - {""}
    kinds = ("order", "product", "variant", "provider", "settings")
    names = [f"{kind}:{code}" for kind in kinds for code in sorted(codes)]
    return or_(
        Audit.subject.in_([*names, typed]),
        Audit.who == typed.lower(),
        Audit.action == typed,
    )
