"""What follows when money arrives: the payments room calls it, in its transaction."""

from datetime import datetime

from shop.kernel.money import Money
from shop.orders import accept, events, find, promises
from shop.orders.ledger import standing
from shop.orders.models import Charge, MoneyRow, Order
from shop.orders.states import EventKind, OrderState, PromiseKind


def charge_covered(order: Order, charge: Charge, now: datetime) -> None:
    """A charge has just been paid: say so once, and accept the order if all is paid.

    ``PAID`` is written once per order (S11), however many answers bring the news.
    """
    order = find.lock(order.id)
    if not standing(order).is_paid:
        return
    if not events.has_happened(order, EventKind.PAID):
        amount = charge.amount_minor
        events.happened(
            order, EventKind.PAID, "system", now,
            amount_minor=amount, currency=charge.currency, method=order.method,
        )  # fmt: skip
    promises.keep(order, PromiseKind.PAY, now)
    promises.keep(order, PromiseKind.ANSWER, now)
    if order.state == OrderState.PLACED:
        accept.accept(order, "system", now, prepaid=True)


def money_in_review(order: Order, row: MoneyRow, why: str, now: datetime) -> None:
    """Money arrived that fulfils nothing: tell the buyer that it is safe (S73).

    ``why`` is ``late``, ``twice`` or ``amount``.
    """
    money = Money(row.amount_minor, row.currency)
    events.happened(
        order, EventKind.PAID_LATE, "system", now,
        amount_minor=money.minor, currency=money.currency, why=why,
    )  # fmt: skip


def receipt_submitted(order: Order, now: datetime) -> None:
    """A receipt waits for staff: the order is kept, and we promise an answer."""
    order = find.lock(order.id)
    order.pay_by_at = None  # kept while staff check (DESIGN 10)
    promises.void(order, PromiseKind.PAY, now)
    accept.promise_answer(order, now)
    events.happened(order, EventKind.RECEIPT_SUBMITTED, "buyer", now)


def receipt_rejected(order: Order, who: str, reason: str, now: datetime) -> None:
    """Staff could not find the transfer: the buyer has time for another try."""
    order = find.lock(order.id)
    promises.keep(order, PromiseKind.ANSWER, now)
    accept.give_time_to_pay(order, now)
    events.happened(order, EventKind.RECEIPT_REJECTED, who, now, reason=reason)
