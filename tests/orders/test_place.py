"""Placing an order: once per form, at the price seen, with the stock held."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from shop.cart.rules import LimitReached, TooFewLeft
from shop.catalogue.models import Price, ProductText
from shop.db import db, transaction, write
from shop.inventory import service as inventory
from shop.kernel.money import Money
from shop.markets.refusals import MethodRefused, ProductBars
from shop.orders import accept, cancel, edit, ledger, place, promises
from shop.orders.cancel import AlreadyPaid, stock_ref
from shop.orders.models import Order, OrderAmount
from shop.orders.place import FormUsed, NotTicked, OrderChanged, StepMissing
from shop.orders.states import OrderState, PromiseKind
from shop.outbox import Job
from tests.catalogue import make as goods
from tests.orders import make


def _variant(**given: object) -> int:
    saved = goods.product(**given)  # type: ignore[arg-type]
    return next(iter(saved.variant_ids.values()))


def _place(cart: object, now: datetime, key: str = "k" * 32, **given: object) -> Order:
    def do() -> Order:
        plan = make.planned(cart, now)  # type: ignore[arg-type]
        return place.place(cart, plan, make.wish(plan, key, **given), now)  # type: ignore[arg-type]

    return write(do)


def test_an_order_holds_its_stock_and_owes_its_total(app: Flask, now: datetime) -> None:
    variant = _variant(variants=(goods.variant("TEA", 10_000, stock=5),))
    order = _place(make.cart({variant: 2}, now), now)

    assert inventory.available(variant) == 3
    assert ledger.standing(order).due == Money(order.total_minor, "CNY")
    assert order.state == OrderState.PLACED


def test_the_breakdown_adds_up_to_the_total(app: Flask, now: datetime) -> None:
    order = make.order(now)

    rows = db.session.scalars(
        select(OrderAmount.amount_minor).where(OrderAmount.order_id == order.id)
    ).all()
    assert sum(rows) == order.total_minor


def test_the_same_form_sent_twice_is_one_order(app: Flask, now: datetime) -> None:
    variant = _variant()
    cart = make.cart({variant: 1}, now)
    plan = make.planned(cart, now)

    first = write(lambda: place.place(cart, plan, make.wish(plan), now))
    second = write(lambda: place.place(cart, plan, make.wish(plan), now))

    assert first.number == second.number
    assert db.session.scalar(select(func.count(Order.id))) == 1


def test_a_used_form_with_other_contents_is_refused(app: Flask, now: datetime) -> None:
    variant = _variant()
    order = _place(make.cart({variant: 1}, now), now)

    with pytest.raises(FormUsed) as refused:
        _place(make.cart({variant: 2}, now), now)

    assert refused.value.number == order.number


def test_another_total_than_seen_places_nothing(app: Flask, now: datetime) -> None:
    cart = make.cart({_variant(): 1}, now)

    with pytest.raises(OrderChanged):
        _place(cart, now, seen_total=Money(1, "CNY"))

    assert db.session.scalar(select(func.count(Order.id))) == 0
    assert db.session.scalar(select(func.count(Job.id))) == 0


def test_terms_must_be_ticked(app: Flask, now: datetime) -> None:
    with pytest.raises(NotTicked):
        _place(make.cart({_variant(): 1}, now), now, ticked=())


@pytest.mark.parametrize(
    ("answer", "step"),
    [("address", "address"), ("delivery", "delivery"), ("method", "payment")],
)
def test_an_open_question_is_named(
    app: Flask, now: datetime, answer: str, step: str
) -> None:
    blank: Any = {} if answer == "address" else ""
    cart = make.cart({_variant(): 1}, now, **{answer: blank})

    with pytest.raises(StepMissing) as refused:
        _place(cart, now)

    assert refused.value.step == step


def test_what_somebody_else_took_meanwhile_is_refused(
    app: Flask, now: datetime
) -> None:
    variant = _variant(variants=(goods.variant("LAST", 1000, stock=1),))
    mine, theirs = make.cart({variant: 1}, now), make.cart({variant: 1}, now)
    _place(theirs, now, "t" * 32)

    with pytest.raises(TooFewLeft):
        _place(mine, now, "m" * 32)

    assert inventory.available(variant) == 0


def test_a_product_can_bar_cash_on_delivery(app: Flask, now: datetime) -> None:
    variant = _variant(cod_excluded=True)
    cart = make.cart({variant: 1}, now, method="cash_on_delivery", option="cash")

    with pytest.raises(ProductBars):
        _place(cart, now)


def test_cash_on_delivery_needs_cash_or_card(app: Flask, now: datetime) -> None:
    cart = make.cart({_variant(): 1}, now, method="cash_on_delivery", option="")

    with pytest.raises(MethodRefused):
        _place(cart, now)


def test_a_limit_counts_unpaid_orders_of_the_same_phone(
    app: Flask, now: datetime
) -> None:
    variant = _variant(limit_per_buyer=2, limit_days=30)
    _place(make.cart({variant: 2}, now), now, "a" * 32)

    with pytest.raises(LimitReached) as refused:
        _place(make.cart({variant: 1}, now), now, "b" * 32)

    assert refused.value.left == 0
    assert refused.value.again_on is not None


def test_a_limit_forgets_cancelled_orders(app: Flask, now: datetime) -> None:
    variant = _variant(limit_per_buyer=2, limit_days=30)
    first = _place(make.cart({variant: 2}, now), now, "a" * 32)
    write(lambda: cancel.cancel(first, "buyer", "", now))

    _place(make.cart({variant: 2}, now), now, "b" * 32)


def test_a_limit_opens_again_after_its_window(app: Flask, now: datetime) -> None:
    variant = _variant(limit_per_buyer=1, limit_days=30)
    _place(make.cart({variant: 1}, now), now, "a" * 32)
    later = now + timedelta(days=30, seconds=1)

    _place(make.cart({variant: 1}, later), later, "b" * 32)


def test_an_online_order_is_kept_half_an_hour(app: Flask, now: datetime) -> None:
    order = make.order(now)

    assert order.pay_by_at == now + timedelta(minutes=30)
    kinds = [p.kind for p in promises.open_promises(order)]
    assert kinds == [PromiseKind.PAY]


def test_cash_on_delivery_is_accepted_at_once_with_a_date(
    app: Flask, now: datetime
) -> None:
    order = make.order(now, method="cash_on_delivery", option="cash")

    kinds = {p.kind for p in promises.open_promises(order)}
    assert order.state == OrderState.ACCEPTED
    assert order.pay_by_at is None
    assert kinds == {PromiseKind.SHIP, PromiseKind.DELIVER}


def test_cash_by_arrangement_waits_for_staff(app: Flask, now: datetime) -> None:
    order = make.order(now, "ir", method="cash_by_arrangement")

    kinds = {p.kind for p in promises.open_promises(order)}
    assert order.state == OrderState.PLACED
    assert kinds == {PromiseKind.ANSWER}


def test_an_unpaid_order_is_cancelled_and_its_stock_comes_back(
    app: Flask, now: datetime
) -> None:
    order = make.order(now)
    variant = order.lines[0].variant_id
    write(lambda: cancel.cancel(order, "buyer", "changed my mind", now))

    assert order.state == OrderState.CANCELLED
    assert inventory.available(variant) == 5
    assert promises.open_promises(order) == []
    assert ledger.standing(order).owed == Money(0, "CNY")


def test_an_order_not_paid_in_time_expires_once(app: Flask, now: datetime) -> None:
    order = make.order(now)
    late = now + timedelta(minutes=31)

    assert cancel.expired_ids(late) == [order.id]
    assert write(lambda: cancel.expire(order.id, late))
    assert not write(lambda: cancel.expire(order.id, late))
    assert inventory.available(order.lines[0].variant_id) == 5


def test_an_order_in_time_does_not_expire(app: Flask, now: datetime) -> None:
    order = make.order(now)

    assert not write(lambda: cancel.expire(order.id, now + timedelta(minutes=29)))
    assert inventory.held_lines(stock_ref(order))


def test_a_new_method_starts_its_own_clock(app: Flask, now: datetime) -> None:
    order = make.order(now)
    facts = edit.facts_of(order, make.REACH)
    write(lambda: edit.change_method(order, "cash_on_delivery", "pos", facts, now))

    assert order.state == OrderState.ACCEPTED
    assert order.method_option == "pos"


def test_a_new_address_changes_freight_and_what_is_owed(
    app: Flask, now: datetime
) -> None:
    order = make.order(now, method="alipay")
    far = make.address(city="650100", district="650102")
    with transaction():
        edit.change_address(order, far, make.REACH, now)

    kinds = {row.kind: row.amount_minor for row in order.amounts}
    assert kinds["remote"] == 1500
    assert ledger.standing(order).owed.minor == order.total_minor
    assert order.total_minor == sum(kinds.values())


def test_a_method_that_is_not_offered_at_the_new_address_is_dropped(
    app: Flask, now: datetime
) -> None:
    order = make.order(now, "ir", method="cash_by_arrangement")
    with transaction():
        edit.change_address(order, make.address("ir", make.ISFAHAN), make.REACH, now)

    assert order.method == ""
    assert [p.kind for p in promises.open_promises(order)] == []


def test_an_accepted_order_is_not_edited(app: Flask, now: datetime) -> None:
    order = make.order(now, method="cash_on_delivery", option="cash")

    with pytest.raises(edit.NotEditable), transaction():
        edit.change_address(order, make.address(), make.REACH, now)


def test_a_prepaid_order_in_tehran_goes_first(app: Flask, now: datetime) -> None:
    order = make.order(now, "ir")
    write(lambda: accept.accept(order, "system", now, prepaid=True))

    assert order.prepaid


def test_a_prepaid_order_elsewhere_does_not(app: Flask, now: datetime) -> None:
    order = make.order(now, "ir", address=make.address("ir", make.ISFAHAN).to_json())
    write(lambda: accept.accept(order, "system", now, prepaid=True))

    assert not order.prepaid


def test_a_paid_order_is_not_simply_cancelled(app: Flask, now: datetime) -> None:
    from shop.orders.models import MoneyRow
    from shop.orders.states import MoneyKind

    order = make.order(now)
    row = MoneyRow(
        order_id=order.id, charge_id=order.charges[0].id, kind=MoneyKind.CAPTURED,
        amount_minor=order.total_minor, currency="CNY", provider="alipay",
        ref="r1", at=now, who="provider:alipay",
    )  # fmt: skip
    write(lambda: ledger.record(row))

    with pytest.raises(AlreadyPaid):
        write(lambda: cancel.cancel(order, "buyer", "", now))


def test_an_order_keeps_its_lines_whatever_becomes_of_the_product(
    app: Flask, now: datetime
) -> None:
    """S21: the words and the price of the moment, in the language of the buyer."""
    order = make.order(now)
    (line,) = order.lines
    kept = (line.title, line.options, line.sku, line.unit_minor)

    with transaction():
        db.session.execute(update(ProductText).values(name="another name"))
        db.session.execute(update(Price).values(amount_minor=1))
    db.session.expire_all()

    (line,) = order.lines
    assert (line.title, line.options, line.sku, line.unit_minor) == kept
    assert line.title != "another name"
    assert line.unit_minor > 1
