"""Taking an order on: from here the shop owes the goods, by a date."""

from datetime import date, datetime

from sqlalchemy import update

from shop.db import db
from shop.kernel.errors import ShopError
from shop.kernel.money import Money
from shop.markets import service as market_service
from shop.markets.address import Address
from shop.markets.market import Market
from shop.markets.parameters import Parameters
from shop.markets.promises import answer_on, pay_by
from shop.markets.registry import market as market_of
from shop.orders import events, find, promises
from shop.orders.models import Charge, Order
from shop.orders.states import EventKind, OrderState, PromiseKind
from shop.shipping import rules as shipping
from shop.shipping.rules import PICK_UP, Parcel


def accept(order: Order, who: str, now: datetime, *, prepaid: bool) -> None:
    """Take the order on and promise when it leaves and arrives (S32, S33).

    ``prepaid`` orders of a priority city go first (S101).

    :raises IllegalMove: if the order is no longer placed.
    """
    place = Address.from_json(order.address).place
    market = market_of(order.market)
    first = bool(set(market.regions.path(place)) & set(market.priority_regions))
    find.move(order, OrderState.ACCEPTED, prepaid=prepaid and first, pay_by_at=None)
    promise_goods(order, now)
    events.happened(order, EventKind.ACCEPTED, who, now)


def promise_goods(order: Order, now: datetime) -> None:
    """Promise dates for shipping and arrival, or for collection."""
    market = market_of(order.market)
    numbers = market_service.parameters(market)
    ships_on = max((x.ships_on for x in order.lines if x.ships_on), default=None)
    if order.delivery == PICK_UP.code:
        ready = shipping.pick_up_promise(market, now, numbers, ships_on)
        _until(order, PromiseKind.SHIP, ready.ready_by, now)
        return
    quote = _quote(order, market, numbers)
    if quote is None:
        first, last = shipping.ship_dates(market, numbers, now, ships_on)
        _until(order, PromiseKind.SHIP, last, now, first)
        return
    given = shipping.promise(
        market, quote, now, numbers, ships_on, has_priority=order.prepaid
    )
    _until(order, PromiseKind.SHIP, given.ship_by, now, given.ship_from)
    _until(order, PromiseKind.DELIVER, given.deliver_until, now, given.deliver_from)


def promise_answer(order: Order, now: datetime) -> None:
    """Promise that staff answer within the market's working days."""
    market = market_of(order.market)
    last = answer_on(market, now, market_service.parameters(market))
    _until(order, PromiseKind.ANSWER, last, now)


def give_time_to_pay(order: Order, now: datetime) -> None:
    """Start the method's pay-by anew: after placing, editing, a refused receipt."""
    market = market_of(order.market)
    online = any(one.is_online for one in market.methods if one.code == order.method)
    numbers = market_service.parameters(market)
    by = pay_by(order.method, numbers, now, is_online=online)
    db.session.execute(update(Order).where(Order.id == order.id).values(pay_by_at=by))
    db.session.execute(
        update(Charge)
        .where(Charge.order_id == order.id, Charge.void_at.is_(None))
        .values(due_at=by)
    )
    db.session.refresh(order)
    if by is None:
        promises.void(order, PromiseKind.PAY, now)
        return
    promises.promise(order, PromiseKind.PAY, by, market.today(by), now)


def _quote(order: Order, market: Market, numbers: Parameters) -> shipping.Quote | None:
    """Return the way to send with its days; None if the owner closed it meanwhile."""
    goods = sum(line.unit_minor * line.quantity for line in order.lines)
    parcel = Parcel(Money(goods, order.currency))
    place = Address.from_json(order.address).place
    try:
        return shipping.choose(market, place, parcel, order.delivery, numbers)
    except ShopError:
        return None


def _until(
    order: Order,
    kind: PromiseKind,
    due_on: date,
    now: datetime,
    from_on: date | None = None,
) -> None:
    """Promise until the end of a date in the market's zone."""
    due_at = market_of(order.market).end_of(due_on)
    promises.promise(order, kind, due_at, due_on, now, from_on=from_on)
