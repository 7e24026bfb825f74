"""Makers of orders that are paid, and of what staff want to give back."""

from datetime import datetime
from typing import Any

from shop.catalogue.drafts import PriceDraft, VariantDraft
from shop.db import db, write
from shop.fulfilment import service as fulfilment
from shop.kernel.money import Money
from shop.orders import find, ledger, place
from shop.orders.models import Order
from shop.payments import collect, refunds
from shop.payments.provider import ProviderError
from shop.payments.rules import RefundState
from shop.returns import giving
from shop.returns.giving import Decided, Preview
from shop.returns.rules import Bought, Choice, Deduction, RowKind, Sold
from tests.catalogue import make as goods
from tests.orders import make as orders
from tests.payments import make as payments
from tests.payments.fake import Fake

POT, CUP = 10_000, 3_000


def yuan(minor: int) -> Money:
    """Return fen as money."""
    return Money(minor, "CNY")


def bought(
    *lines: tuple[int, int, int],
    discount: int = 0,
    taken: int = 0,
    delivery: int = 0,
    step: int = 1,
) -> Bought:
    """Return what a refund is counted from; a line is (unit, pieces, back)."""
    off = (Deduction(RowKind.DISCOUNT, yuan(discount), yuan(taken)),)
    return Bought(
        tuple(
            Sold(place, f"line {place}", pieces, yuan(unit), back)
            for place, (unit, pieces, back) in enumerate(lines, 1)
        ),
        yuan(delivery),
        yuan(0),
        off if discount else (),
        step,
    )


def placed(now: datetime, key: str = "", **answers: Any) -> Order:
    """Place an order for three pots and two cups, sent for 18 yuan."""
    key = key or f"key-{now.timestamp()}"
    variants = (
        VariantDraft(f"POT-{key}", {}, {"cn": goods.yuan(POT)}, 9),
        VariantDraft(f"CUP-{key}", {}, {"cn": goods.yuan(CUP)}, 9),
    )
    saved = [goods.product(f"{one.sku}-p", variants=(one,)) for one in variants]
    pot, cup = (next(iter(one.variant_ids.values())) for one in saved)
    given = {"delivery": "express"} | answers
    made = orders.cart({pot: 3, cup: 2}, now, **given)

    def do() -> Order:
        plan = orders.planned(made, now)
        return place.place(made, plan, orders.wish(plan, key), now)

    return write(do)


def placed_in_iran(now: datetime) -> Order:
    """Place an order of 5 million rials in Iran, paid at the bank's page."""
    key = f"ir-{now.timestamp()}"
    price = PriceDraft(Money(5_000_000, "IRR"))
    variant = VariantDraft(f"POT-{key}", {}, {"ir": price}, 9)
    saved = goods.product(f"p-{key}", variants=(variant,))
    made = orders.cart({saved.variant_ids[variant.sku]: 2}, now, "ir")

    def do() -> Order:
        plan = orders.planned(made, now)
        return place.place(made, plan, orders.wish(plan, key, language="fa"), now)

    return write(do)


def pay(order: Order, fake: Fake, now: datetime) -> int:
    """Let a bank collect the order; return the attempt's id."""
    charge = ledger.unpaid_charge(order)
    assert charge is not None
    begun = payments.begun(charge, now, fake.code)
    fake.pay(begun.ref)
    collect.notified(fake.code, fake.notification(begun.ref), now)
    return begun.attempt_id


def paid(fake: Fake, now: datetime, key: str = "") -> Order:
    """Return an order that its bank has paid."""
    order = placed(now, key)
    pay(order, fake, now)
    return fresh(order)


def delivered(fake: Fake, now: datetime, key: str = "") -> Order:
    """Return a paid order whose goods the buyer has."""
    order = paid(fake, now, key)
    hand_over(order, now)
    return fresh(order)


def hand_over(order: Order, now: datetime) -> None:
    """Send an order and let it arrive."""
    carrier = "sf" if order.market == "cn" else "post"
    write(lambda: fulfilment.ship(order, carrier, "123456", "staff:1", now))
    write(lambda: fulfilment.deliver(order, "staff:1", now))


def fresh(order: Order) -> Order:
    """Return an order as the database has it now."""
    db.session.rollback()
    db.session.expire_all()
    found = find.by_number(order.number)
    assert found is not None
    return found


def pieces(order: Order, *counts: int) -> dict[int, int]:
    """Return pieces by line, in the order's own order."""
    return dict(zip([line.id for line in order.lines], counts, strict=False))


def seen(order: Order, choice: Choice, now: datetime) -> Preview:
    """Return what staff are shown."""
    return giving.preview(fresh(order), choice, now)


def decided(
    shown: Preview, choice: Choice, key: str = "form", *, restock: bool = False
) -> Decided:
    """Return what the button of a preview sends."""
    return Decided(choice, shown.seal, "a reason", "staff:1", key, restock)


def fail(order: Order, fake: Fake, now: datetime) -> None:
    """Let the bank refuse the newest refund of an order."""
    refund = refunds.refunds_of(order.id)[0]
    fake.fails["refund"] = ProviderError("rejected", code="no")
    assert collect.send_refund(refund.id, now) == RefundState.FAILED


def give(
    order: Order,
    choice: Choice,
    now: datetime,
    key: str = "form",
    *,
    restock: bool = False,
) -> bool:
    """Look and confirm; say whether it was new."""
    shown = seen(order, choice, now)
    button = decided(shown, choice, key, restock=restock)
    return write(lambda: giving.give_back(order, button, now))[1]
