"""What staff do with an accepted order: pack, ship, hand over. Each step once."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from shop.db import db
from shop.fulfilment.models import Shipment
from shop.inventory import service as inventory
from shop.kernel.errors import ShopError
from shop.markets import service as market_service
from shop.markets.promises import return_until
from shop.markets.registry import market as market_of
from shop.orders import accept, events, find, promises
from shop.orders.cancel import stock_ref
from shop.orders.ledger import standing
from shop.orders.models import Order
from shop.orders.states import EventKind, OrderState, PromiseKind
from shop.shipping.rules import PICK_UP


@dataclass(eq=False)
class NotPaidYet(ShopError):
    """The order is sent only when it is paid, or is paid at the door."""

    number: str


@dataclass(eq=False)
class WrongCollectionCode(ShopError):
    """The code shown is not the one of this order."""

    number: str


@dataclass(eq=False)
class CarrierMissing(ShopError):
    """A parcel needs a carrier of the market, and most of them a tracking number."""

    carrier: str


def arrange(order: Order, at: datetime, who: str, now: datetime) -> None:
    """Fix day and hour of a cash purchase in person, and accept the order (S99).

    :raises IllegalMove: if the order no longer waits for it.
    """
    order = find.lock(order.id)
    promises.keep(order, PromiseKind.ANSWER, now)
    accept.accept(order, who, now, prepaid=False)
    order.arranged_at = at
    db.session.flush()
    day = market_of(order.market).today(at)
    promises.promise(order, PromiseKind.DELIVER, at, day, now)
    events.happened(order, EventKind.ARRANGED, who, now, at=at.isoformat())


def start_packing(order: Order, who: str, now: datetime) -> None:
    """Begin to pack.

    :raises IllegalMove: if the order is not accepted.
    """
    order = find.lock(order.id)
    find.move(order, OrderState.PACKING)
    events.happened(order, EventKind.PACKING, who, now)


def ready(order: Order, who: str, now: datetime) -> None:
    """Say that a pick-up order waits for its buyer (S44)."""
    order = find.lock(order.id)
    if order.state == OrderState.ACCEPTED:
        find.move(order, OrderState.PACKING)
    promises.keep(order, PromiseKind.SHIP, now)
    if not events.has_happened(order, EventKind.READY_FOR_PICKUP):
        events.happened(order, EventKind.READY_FOR_PICKUP, who, now)


def ship(
    order: Order, carrier: str, tracking_number: str, who: str, now: datetime
) -> Shipment:
    """Hand the parcel to a carrier; the pieces leave the shelf.

    :raises CarrierMissing: if the market does not know the carrier, or it
        tracks parcels and no number was given.
    :raises NotPaidYet: if money is due before the goods go.
    :raises IllegalMove: if the order is not being packed.
    """
    order = find.lock(order.id)
    known = {one.code: one for one in market_of(order.market).carriers}
    if carrier not in known or (
        known[carrier].tracking_url and not tracking_number.strip()
    ):
        raise CarrierMissing(carrier)
    if is_prepaid_method(order) and not standing(order).is_paid:
        raise NotPaidYet(order.number)
    if order.state == OrderState.ACCEPTED:
        find.move(order, OrderState.PACKING)
    find.move(order, OrderState.SHIPPED)
    shipment = Shipment(
        order_id=order.id,
        carrier=carrier,
        tracking_number=tracking_number.strip(),
        shipped_at=now,
    )
    db.session.add(shipment)
    db.session.flush()
    inventory.consume(stock_ref(order), now)
    promises.keep(order, PromiseKind.SHIP, now)
    events.happened(
        order, EventKind.SHIPPED, who, now,
        carrier=carrier, tracking_number=shipment.tracking_number,
    )  # fmt: skip
    return shipment


def hand_over(order: Order, code: str, who: str, now: datetime) -> None:
    """Give a pick-up order to whoever shows its code.

    :raises WrongCollectionCode: if it is another code.
    :raises NotPaidYet: if it is not paid.
    """
    order = find.lock(order.id)
    if code != order.collection_code:
        raise WrongCollectionCode(order.number)
    if is_prepaid_method(order) and not standing(order).is_paid:
        raise NotPaidYet(order.number)
    if order.state == OrderState.ACCEPTED:
        find.move(order, OrderState.PACKING)
    find.move(order, OrderState.SHIPPED)
    inventory.consume(stock_ref(order), now)
    promises.keep(order, PromiseKind.SHIP, now)
    deliver(order, who, now)


def deliver(order: Order, who: str, now: datetime) -> None:
    """Note that the buyer has the goods; the return window begins (S38).

    :raises IllegalMove: if the order was not sent.
    """
    order = find.lock(order.id)
    find.move(order, OrderState.DELIVERED, delivered_at=now)
    db.session.execute(
        update(Shipment)
        .where(Shipment.order_id == order.id, Shipment.delivered_at.is_(None))
        .values(delivered_at=now)
    )
    promises.keep(order, PromiseKind.DELIVER, now)
    market = market_of(order.market)
    last = return_until(market, now, market_service.parameters(market))
    promises.promise(order, PromiseKind.RETURN_WINDOW, market.end_of(last), last, now)
    events.happened(order, EventKind.DELIVERED, who, now)


def shipments(order: Order) -> list[Shipment]:
    """Return the parcels of an order, the newest first."""
    query = select(Shipment).where(Shipment.order_id == order.id)
    return list(db.session.scalars(query.order_by(Shipment.id.desc())))


def is_pick_up(order: Order) -> bool:
    """Say whether the buyer comes to collect."""
    return order.delivery == PICK_UP.code


def is_prepaid_method(order: Order) -> bool:
    """Say whether the order's method wants the money before the goods."""
    found = market_of(order.market).methods
    return any(one.is_prepaid for one in found if one.code == order.method)
