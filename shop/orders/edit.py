"""Changing an unpaid order: another address or method; all is recomputed (S53)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, update

from shop.cart import rules as cart_rules
from shop.cart.rules import Freight
from shop.catalogue import service as catalogue
from shop.catalogue.facts import SellableVariant
from shop.db import db
from shop.i18n.reader import reader
from shop.kernel.errors import ShopError
from shop.kernel.money import Money
from shop.markets import methods
from shop.markets import service as market_service
from shop.markets.address import Address
from shop.markets.methods import Browser, CheckoutFacts, Reach
from shop.markets.parameters import Parameters
from shop.markets.registry import market as market_of
from shop.orders import events, find, ledger, place, promises
from shop.orders.ledger import standing
from shop.orders.models import Charge, Order, OrderAmount
from shop.orders.states import EventKind, OrderState, PromiseKind, Purpose
from shop.shipping import rules as shipping
from shop.shipping.rules import PICK_UP, Parcel


@dataclass(eq=False)
class NotEditable(ShopError):
    """The order is paid, being handled or over: only support can change it (S54)."""

    number: str


def is_editable(order: Order) -> bool:
    """Say whether the buyer may still change address and method by themselves."""
    waits = order.state == OrderState.PLACED and order.arranged_at is None
    checked = any(
        p.kind == PromiseKind.ANSWER and order.method == "card_transfer"
        for p in promises.open_promises(order)
    )
    return waits and not checked and not standing(order).captured


def facts_of(
    order: Order, reach: Mapping[str, Reach], browser: Browser = Browser.DESKTOP
) -> CheckoutFacts:
    """Return what the payment rules look at, for a placed order."""
    return CheckoutFacts(
        total=order.total,
        place=order.city_code,
        pick_up=order.delivery == PICK_UP.code,
        barred_by=_barred(order),
        reach=reach,
        browser=browser,
    )


def change_address(
    order: Order, address: Address, reach: Mapping[str, Reach], now: datetime
) -> None:
    """Send the order elsewhere: freight, total and methods are computed again.

    If the chosen method is not offered there, the order has none until the
    buyer picks another: it cannot be paid in the meantime.

    :raises NotEditable: if the order is paid or over.
    :raises NotCovered, ShippingRefused: if it cannot be sent there this way.
    """
    order = _open(order)
    before = {"city": order.address.get("city_name", ""), "total": order.total_minor}
    if order.delivery != PICK_UP.code:
        _reprice(order, address)
    order.address = address.to_json() | {"remark": order.address.get("remark", "")}
    order.name, order.phone, order.email = address.name, address.phone, address.email
    if order.delivery != PICK_UP.code:
        order.city_code = address.place
    order.version += 1
    db.session.flush()
    _charge_again(order, now)
    offered = {
        one.method.code
        for one in methods.methods(
            market_of(order.market), facts_of(order, reach), _numbers(order)
        )
        if isinstance(one, methods.Offered)
    }
    if order.method not in offered:
        order.method, order.method_option = "", ""
    events.happened(order, EventKind.EDITED, "buyer", now, what="address", **before)
    _restart(order, now)


def change_method(
    order: Order, wanted: str, option: str, facts: CheckoutFacts, now: datetime
) -> None:
    """Pay another way; ``facts`` are ``facts_of(order)`` at this moment.

    :raises NotEditable: if the order is paid or over.
    :raises MethodRefused: with the reason the page shows.
    """
    order = _open(order)
    chosen = methods.choose(
        market_of(order.market), facts, wanted, option, _numbers(order)
    )
    before = order.method
    order.method, order.method_option = wanted, option
    order.version += 1
    db.session.flush()
    events.happened(order, EventKind.EDITED, "buyer", now, what="method", old=before)
    _restart(order, now, chosen.method)


def _open(order: Order) -> Order:
    order = find.lock(order.id)
    if not is_editable(order):
        raise NotEditable(order.number)
    return order


def _numbers(order: Order) -> Parameters:
    return market_service.parameters(market_of(order.market))


def _restart(order: Order, now: datetime, method: methods.Method | None = None) -> None:
    """Begin what the method asks for, from the start; open promises are given anew."""
    promises.void(order, PromiseKind.ANSWER, now)
    if method is None:
        found = market_of(order.market).methods
        method = next((one for one in found if one.code == order.method), None)
    if method is not None:
        place.begin(order, method, now)


def _reprice(order: Order, address: Address) -> None:
    market = market_of(order.market)
    goods = [(Money(x.unit_minor, order.currency), x.quantity) for x in order.lines]
    worth = sum(unit.minor * pieces for unit, pieces in goods)
    parcel = Parcel(Money(worth, order.currency), _ground_only(order))
    quote = shipping.choose(
        market, address.place, parcel, _served(order, address, parcel), _numbers(order)
    )
    freight = Freight(quote.method.code, quote.fee, quote.surcharge)
    rows = cart_rules.breakdown(goods, freight, order.currency)
    db.session.execute(delete(OrderAmount).where(OrderAmount.order_id == order.id))
    place.write_amounts(order, rows)
    order.delivery = quote.method.code
    order.total_minor = rows.total.minor


def _served(order: Order, address: Address, parcel: Parcel) -> str:
    """Return the order's way to send, or the first one that serves the new place."""
    market = market_of(order.market)
    answers = shipping.quotes(market, address.place, parcel, _numbers(order))
    offered = [a.method.code for a in answers if isinstance(a, shipping.Quote)]
    if order.delivery in offered or not offered:
        return order.delivery
    return offered[0]


def _charge_again(order: Order, now: datetime) -> None:
    """Void what was owed and owe the new total; attempts keep their own amounts."""
    db.session.execute(
        update(Charge)
        .where(Charge.order_id == order.id, Charge.void_at.is_(None))
        .values(void_at=now)
    )
    ledger.add_charge(order, Purpose.FULL, order.total, None, now)
    db.session.refresh(order)


def _variants(order: Order) -> Mapping[int, SellableVariant]:
    ids = [line.variant_id for line in order.lines]
    return catalogue.variant_for_cart(ids, order.market)


def _barred(order: Order) -> dict[str, str]:
    for variant in _variants(order).values():
        if variant.cod_excluded:
            title = str(variant.title(reader().language.code))
            return {"cash_on_delivery": title}
    return {}


def _ground_only(order: Order) -> str:
    for variant in _variants(order).values():
        if variant.ground_only:
            return str(variant.title(reader().language.code))
    return ""
