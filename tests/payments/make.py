"""Makers of orders that owe money, attempts, and what the ledger says of them."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypedDict, TypeVar

import pytest
from flask import Flask, current_app
from sqlalchemy import func, select, update

from shop.db import db, transaction
from shop.kernel.money import Money
from shop.markets.address import Address
from shop.orders import ledger, numbers
from shop.orders.ledger import Standing
from shop.orders.models import Charge, MoneyRow, Order, OrderEvent
from shop.orders.states import EventKind, OrderState, Purpose
from shop.outbox import Job
from shop.payments import collect
from shop.payments.models import PaymentAttempt, PaymentEvent
from shop.payments.rules import AttemptState
from tests.payments.fake import Fake, urls

T = TypeVar("T")


def owed(
    now: datetime,
    minor: int = 10_000,
    *,
    market: str = "cn",
    currency: str = "CNY",
    method: str = "alipay",
    pay_by: timedelta | None = timedelta(minutes=30),
) -> Charge:
    """Return the charge of a newly placed order, saved."""
    number = numbers.new_number()
    order = Order(
        number=number,
        idem_key=number,
        body_hash="",
        market=market,
        language="zh" if market == "cn" else "fa",
        currency=currency,
        name="",
        phone="+8613800138000",
        address=Address(market, city="450100").to_json(),
        city_code="450100",
        delivery="courier",
        method=method,
        total_minor=minor,
        pay_by_at=now + pay_by if pay_by is not None else None,
        placed_at=now,
    )
    with transaction():
        db.session.add(order)
        db.session.flush()
        amount = Money(minor, currency)
        return ledger.add_charge(order, Purpose.FULL, amount, order.pay_by_at, now)


def begun(charge: Charge, now: datetime, code: str = "fake") -> collect.Begun:
    """Return an attempt the provider accepted."""
    return collect.begin(charge.id, code, urls, now)


def attempt(attempt_id: int) -> PaymentAttempt:
    """Return an attempt as the database has it now."""
    db.session.rollback()
    return db.session.get_one(PaymentAttempt, attempt_id, populate_existing=True)


def order_of(charge: Charge) -> Order:
    """Return the order of a charge as the database has it now."""
    db.session.rollback()
    return db.session.get_one(Order, charge.order_id, populate_existing=True)


def state(attempt_id: int) -> AttemptState:
    """Return the state of an attempt as the database has it now."""
    return AttemptState(attempt(attempt_id).state)


def standing(charge: Charge) -> Standing:
    """Return where the charge's order stands now."""
    return ledger.standing(order_of(charge))


def count_events(charge: Charge, kind: EventKind) -> int:
    """Return how often something happened to the charge's order."""
    query = select(func.count(OrderEvent.id)).where(
        OrderEvent.order_id == charge.order_id, OrderEvent.kind == kind
    )
    return db.session.scalar(query) or 0


def count_rows(charge: Charge) -> int:
    """Return how many money rows the charge's order has."""
    query = select(func.count(MoneyRow.id)).where(MoneyRow.order_id == charge.order_id)
    return db.session.scalar(query) or 0


def count_messages(charge: Charge, stage: str) -> int:
    """Return how many messages about a stage of the order are in the outbox."""
    jobs = db.session.scalars(select(Job).where(Job.kind == "notify"))
    return sum(
        job.payload["order_id"] == charge.order_id and job.payload["stage"] == stage
        for job in jobs
    )


def verdicts(attempt_id: int) -> list[str]:
    """Return what was decided about each answer, oldest first."""
    query = select(PaymentEvent.verdict).where(PaymentEvent.attempt_id == attempt_id)
    return [str(one) for one in db.session.scalars(query.order_by(PaymentEvent.id))]


def end_order(charge: Charge, wanted: OrderState) -> None:
    """End the order as an expiry or a cancellation does."""
    with transaction():
        db.session.execute(
            update(Order).where(Order.id == charge.order_id).values(state=wanted)
        )


def at_once(count: int, work: Callable[[int], T]) -> list[T | Exception]:
    """Run ``work`` in ``count`` threads that all start at the same moment."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    db.session.remove()
    gate = threading.Barrier(count)
    results: list[T | Exception] = [RuntimeError("did not run")] * count

    def run(place: int) -> None:
        with app.app_context():
            gate.wait()
            try:
                results[place] = work(place)
            except Exception as error:
                results[place] = error
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def attempts(charge: Charge) -> list[PaymentAttempt]:
    """Return the attempts of a charge, oldest first, as the database has them."""
    db.session.rollback()
    query = select(PaymentAttempt).where(PaymentAttempt.charge_id == charge.id)
    return list(db.session.scalars(query.order_by(PaymentAttempt.id)))


def change_charge(charge: Charge, minor: int) -> None:
    """Let the order cost something else now."""
    with transaction():
        db.session.execute(
            update(Charge).where(Charge.id == charge.id).values(amount_minor=minor)
        )


def all_verdicts() -> list[str]:
    """Return every verdict of the clinic, oldest first."""
    query = select(PaymentEvent.verdict).order_by(PaymentEvent.id)
    return [str(one) for one in db.session.scalars(query)]


def count_refused() -> int:
    """Return how many refused callbacks the clinic keeps."""
    return all_verdicts().count("rejected")


class Way(TypedDict):
    """Where an order is placed and how it is paid."""

    market: str
    currency: str
    method: str


TRANSFER: Way = {"market": "ir", "currency": "IRR", "method": "card_transfer"}
DOOR: Way = {"market": "cn", "currency": "CNY", "method": "cash_on_delivery"}


def paid(fake: Fake, now: datetime) -> tuple[Charge, int]:
    """Return a charge of 100 yuan that an attempt has paid, and the attempt's id."""
    charge = owed(now)
    attempt = begun(charge, now, fake.code)
    fake.pay(attempt.ref)
    collect.notified(fake.code, fake.notification(attempt.ref), now)
    return charge, attempt.attempt_id


def beside(charge: Charge, now: datetime, code: str) -> collect.Begun:
    """Return an attempt opened as another tab does, while the first stays open."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(collect, "_clear_the_way", lambda *_: None)
        return begun(charge, now, code)
