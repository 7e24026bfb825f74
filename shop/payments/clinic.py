"""What the callback clinic reads: the last answers and the payments still open."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from shop.db import db
from shop.orders.models import Order
from shop.payments.models import PaymentAttempt, PaymentEvent
from shop.payments.rules import OPEN
from shop.payments.settings import by_hand


@dataclass(frozen=True)
class Seen:
    """An answer with the order it was about, if it was about one of ours."""

    event: PaymentEvent
    order_number: str
    merchant_ref: str


def recent(limit: int = 50) -> list[Seen]:
    """Return the last answers of all providers, the newest first."""
    query = (
        select(PaymentEvent, Order.number, PaymentAttempt.merchant_ref)
        .outerjoin(PaymentAttempt, PaymentAttempt.id == PaymentEvent.attempt_id)
        .outerjoin(Order, Order.id == PaymentAttempt.order_id)
        .order_by(PaymentEvent.id.desc())
        .limit(limit)
    )
    return [
        Seen(event, number or "", ref or "")
        for event, number, ref in db.session.execute(query)
    ]


def still_open(limit: int = 50) -> list[tuple[PaymentAttempt, str]]:
    """Return the attempts a provider could be asked about, with their order."""
    query = (
        select(PaymentAttempt, Order.number)
        .join(Order, Order.id == PaymentAttempt.order_id)
        .where(PaymentAttempt.state.in_([state.value for state in OPEN]))
        .order_by(PaymentAttempt.id)
        .limit(limit)
    )
    rows = [(row[0], row[1]) for row in db.session.execute(query)]
    return [(one, number) for one, number in rows if not by_hand(one.provider)]


def facts(event: PaymentEvent) -> Mapping[str, str]:
    """Return what explains a decision: the stored summary holds no secret."""
    return {name: str(value) for name, value in event.summary.items() if value}
