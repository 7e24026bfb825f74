"""Orders in the states in which the desk meets them, and what it wrote down."""

from datetime import datetime, timedelta

from sqlalchemy import select

from shop.accounts.models import Audit
from shop.db import db, write
from shop.orders import find
from shop.orders.ledger import unpaid_charge
from shop.orders.models import Order
from shop.payments import collect, settings, transfer
from shop.payments.attempts import Payer
from shop.payments.models import PaymentAttempt, TransferReceipt
from shop.payments.provider import Urls
from shop.payments.rows import attempts_of
from shop.payments.transfer import Typed
from tests.orders import make as orders

EMAIL = "owner@shop.example"
PASSWORD = "kept-only-in-this-test"


def urls(ref: str) -> Urls:
    """Return the addresses a provider is told."""
    return Urls("http://shop.example/return", "http://shop.example/notify")


def begun(order: Order, code: str, now: datetime, **options: str) -> PaymentAttempt:
    """Begin to collect an order through a provider by hand."""
    charge = unpaid_charge(order)
    assert charge is not None
    made = collect.begin(charge.id, code, urls, now, Payer(options=options))
    return db.session.get_one(PaymentAttempt, made.attempt_id)


def on_delivery(now: datetime, key: str = "") -> Order:
    """Return an accepted order that is paid in cash at the door."""
    order = orders.order(now, key=key, method="cash_on_delivery", option="cash")
    begun(order, "cash_on_delivery", now, kind="cash")
    return fresh(order)


def to_arrange(now: datetime, key: str = "") -> Order:
    """Return an order in Tehran that waits for staff to fix day and hour."""
    order = orders.order(
        now, "ir", key=key, method="cash_by_arrangement", delivery="courier"
    )
    begun(order, "cash_by_arrangement", now)
    return fresh(order)


def with_card(now: datetime) -> None:
    """Fill in the shop's card, so that transfers can be made."""

    def save() -> None:
        for name, value in (
            ("card_number", "6037991199500590"), ("bank", "Melli"), ("holder", "Anar"),
        ):  # fmt: skip
            settings.save("card_transfer", name, value, now)

    write(save)


def transferred(
    now: datetime, key: str = "", code: str = "123456789"
) -> tuple[Order, TransferReceipt]:
    """Return an order of Isfahan whose transfer receipt waits for staff."""
    with_card(now)
    address = orders.address("ir", orders.ISFAHAN).to_json()
    order = orders.order(
        now, "ir", key=key, method="card_transfer", delivery="post", address=address
    )
    attempt = begun(order, "card_transfer", now)
    typed = Typed(code, "1234", now - timedelta(minutes=5))
    receipt = write(lambda: transfer.submit(attempt.id, typed, now))
    return fresh(order), receipt


def fresh(order: Order) -> Order:
    """Return an order as the database has it now."""
    db.session.rollback()
    db.session.expire_all()
    found = find.by_number(order.number)
    assert found is not None
    return found


def log() -> list[Audit]:
    """Return what the desk wrote down, oldest first."""
    db.session.rollback()
    return list(db.session.scalars(select(Audit).order_by(Audit.id)))


def actions() -> list[str]:
    """Return the words of the log, oldest first."""
    return [one.action for one in log()]


def attempt_of(order: Order) -> PaymentAttempt:
    """Return the newest attempt of an order."""
    db.session.rollback()
    return attempts_of(order.id)[0]
