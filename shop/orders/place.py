"""Placing an order: all is checked again, in the transaction that holds the stock."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import func, or_, select

from shop.cart import rules as cart_rules
from shop.cart import service as carts
from shop.cart.draft import Draft
from shop.cart.models import Cart
from shop.cart.rules import Breakdown, CartEmpty, Freight, LimitReached, NotForSale
from shop.cart.service import Item, View
from shop.catalogue import service as catalogue
from shop.db import db
from shop.i18n.reader import reader
from shop.inventory import service as inventory
from shop.kernel.crash import crash
from shop.kernel.errors import ShopError
from shop.kernel.money import Money
from shop.markets import methods
from shop.markets import service as market_service
from shop.markets.address import Address
from shop.markets.market import Market
from shop.markets.methods import Browser, CheckoutFacts, Reach
from shop.markets.parameters import Parameters
from shop.orders import accept, events, ledger, numbers
from shop.orders.cancel import stock_ref
from shop.orders.models import Agreement, Order, OrderAmount, OrderLine
from shop.orders.states import VOID, EventKind, OrderState, Purpose
from shop.shipping import pick_up
from shop.shipping import rules as shipping
from shop.shipping import service as points
from shop.shipping.rules import PICK_UP, Parcel, Quote

#: The window of a purchase limit whose product names none.
LIMIT_DAYS = 30


@dataclass(eq=False)
class OrderChanged(ShopError):
    """The total is not the one the buyer agreed to; nothing was placed."""

    seen: Money
    total: Money


@dataclass(eq=False)
class FormUsed(ShopError):
    """The form already placed another order; ``number`` says which."""

    number: str


@dataclass(eq=False)
class NotTicked(ShopError):
    """The terms must be accepted first."""


@dataclass(eq=False)
class StepMissing(ShopError):
    """The checkout has a question left: ``address``, ``delivery`` or ``payment``."""

    step: str


@dataclass(frozen=True)
class Ticked:
    """A text the buyer accepted: as it stood, in the language it was read in."""

    kind: str
    version: str
    text_hash: str
    language: str


@dataclass(frozen=True)
class Wish:
    """What the buyer sends with "place order"; the rest stands in cart and draft.

    ``idem_key`` names the form that was shown: sent twice, it is one order.
    ``seen_total`` is what the page said it costs.
    """

    idem_key: str
    seen_total: Money
    ticked: Sequence[Ticked]
    language: str
    browser: Browser = Browser.DESKTOP
    source: str = "web"


@dataclass(frozen=True)
class Plan:
    """A cart with its answers, judged at one moment: what the review page shows."""

    market: Market
    parameters: Parameters
    view: View
    draft: Draft
    address: Address
    breakdown: Breakdown
    quote: Quote | None = None
    point: pick_up.Point | None = None
    reach: Mapping[str, Reach] = field(default_factory=dict)
    browser: Browser = Browser.DESKTOP

    @property
    def total(self) -> Money:
        """What the order costs as it stands."""
        return self.breakdown.total

    @property
    def place(self) -> str:
        """Where the goods change hands: the address, or the pick-up point's city."""
        return self.point.city if self.point else self.address.place

    @property
    def parcel(self) -> Parcel:
        """What the rules of delivery look at."""
        return parcel_of(self.view.items, self.market.currency)

    @property
    def facts(self) -> CheckoutFacts:
        """What the rules of payment look at."""
        return CheckoutFacts(
            total=self.total,
            place=self.place,
            pick_up=self.point is not None,
            barred_by=_barred(self.view.items),
            reach=self.reach,
            browser=self.browser,
        )


def plan(
    cart: Cart,
    market: Market,
    reach: Mapping[str, Reach],
    browser: Browser,
    now: datetime,
) -> Plan:
    """Judge a cart and the answers given so far; pages and submit call the same.

    Answers that no longer hold (a way to send that is gone) count as not given.
    """
    numbers_ = market_service.parameters(market)
    draft = Draft.of(cart).for_market(market.code)
    view = carts.view(cart, market.code, now)
    address = Address.from_json(draft.address or {"market": market.code})
    point = _point(market, draft)
    place = point.city if point else address.place
    quote = _quote(market, numbers_, view, draft, place)
    freight = None
    if quote is not None:
        freight = Freight(quote.method.code, quote.fee, quote.surcharge)
    rows = cart_rules.breakdown(view.goods, freight, market.currency)
    return Plan(
        market, numbers_, view, draft, address, rows, quote, point, reach, browser
    )


def place(cart: Cart, planned: Plan, wish: Wish, now: datetime) -> Order:
    """Place the order; needs ``transaction()``, which undoes it all if it raises.

    ``planned`` was made in that transaction: its goods are not read again.

    The same form sent again returns the order it placed.

    :raises FormUsed: if the form was already used for something else.
    :raises CartEmpty, NotForSale, TooFewLeft, LimitReached, OutOfStock: the goods.
    :raises StepMissing, NotTicked: an answer is missing.
    :raises MethodRefused, ShippingRefused, NotCovered: an answer no longer holds.
    :raises OrderChanged: if the total is another than the buyer saw.
    """
    before = placed_before(wish.idem_key, _hash(planned, wish))
    if before is not None:
        return before
    crash("C1")
    method = _check(planned, wish, now)
    order = _write_order(planned, wish, now)
    _write_lines(order, planned.view.items, wish.language)
    write_amounts(order, planned.breakdown)
    _write_agreements(order, wish.ticked, now)
    ledger.add_charge(order, Purpose.FULL, planned.total, None, now)
    db.session.refresh(order)
    pieces = {item.variant.id: item.quantity for item in planned.view.items}
    inventory.hold(pieces, stock_ref(order), now)
    crash("C2")
    events.happened(order, EventKind.PLACED, "buyer", now)
    begin(order, method, now)
    carts.empty(cart)
    crash("C3")
    return order


def begin(order: Order, method: methods.Method, now: datetime) -> None:
    """Start what the method asks for: wait for money, for staff, or nothing at all."""
    accept.give_time_to_pay(order, now)
    if method.code == "cash_by_arrangement":
        accept.promise_answer(order, now)
    elif not method.is_prepaid:
        accept.accept(order, "system", now, prepaid=False)


def placed_before(idem_key: str, body_hash: str) -> Order | None:
    """Return the order a form has placed, so that a double click is one order.

    :raises FormUsed: if it was placed with other contents.
    """
    order = db.session.scalar(select(Order).where(Order.idem_key == idem_key))
    if order is not None and order.body_hash != body_hash:
        raise FormUsed(order.number)
    return order


def choose_method(planned: Plan, wanted: str, option: str) -> methods.Offered:
    """Return the method if it may be used for this cart at this moment.

    :raises MethodRefused: with the reason the page shows.
    """
    return methods.choose(
        planned.market, planned.facts, wanted, option, planned.parameters
    )


def order_of_form(idem_key: str) -> Order | None:
    """Return the order a form has placed, whatever is in the cart now."""
    return db.session.scalar(select(Order).where(Order.idem_key == idem_key))


def parcel_of(items: Sequence[Item], currency: str) -> Parcel:
    """Return what the rules of delivery look at for these lines."""
    goods = sum(item.worth.minor for item in items if item.worth)
    ground = next((i for i in items if i.variant.ground_only), None)
    dates = [i.variant.ships_on for i in items if i.variant.ships_on]
    title = str(ground.variant.title(reader().language.code)) if ground else ""
    return Parcel(Money(goods, currency), title, max(dates, default=None))


def bought(
    product_id: int, phone: str, email: str, days: int, now: datetime
) -> tuple[int, datetime | None]:
    """Return how many pieces this buyer ordered in the window, and when first (S22).

    Guests count by normalised phone or e-mail; unpaid orders count, ended ones do not.
    """
    same = [Order.phone == phone]
    if email:
        same.append(Order.email == email)
    query = (
        select(
            func.coalesce(func.sum(OrderLine.quantity), 0), func.min(Order.placed_at)
        )
        .join(Order, Order.id == OrderLine.order_id)
        .where(
            OrderLine.product_id == product_id,
            Order.placed_at > now - timedelta(days=days),
            Order.state.not_in([state.value for state in VOID]),
            or_(*same),
        )
    )
    count, first = db.session.execute(query).one()
    return int(count), first


def check_limits(
    items: Iterable[Item], phone: str, email: str, market: Market, now: datetime
) -> None:
    """Say no if the buyer would have more of a product than one may have (S22).

    :raises LimitReached: with what remains and the date from which more are sold.
    """
    wanted: dict[int, int] = {}
    for item in items:
        product = item.variant.product_id
        wanted[product] = wanted.get(product, 0) + item.quantity
    for item in items:
        limit = item.variant.limit_per_buyer
        if limit is None:
            continue
        days = item.variant.limit_days or LIMIT_DAYS
        had, first = bought(item.variant.product_id, phone, email, days, now)
        if had + wanted[item.variant.product_id] > limit:
            again = first + timedelta(days=days) if first else None
            again_on: date | None = market.today(again) if again else None
            title = str(item.variant.title(reader().language.code))
            left = max(limit - had, 0)
            raise LimitReached(title, limit, days, left, again_on)


def _check(planned: Plan, wish: Wish, now: datetime) -> methods.Method:
    view, draft, address = planned.view, planned.draft, planned.address
    if not view.items:
        raise CartEmpty
    for item in view.items:
        carts.check_variant(item.variant, item.quantity, now)
    if not view.is_orderable:
        raise NotForSale("")
    if not address.phone or not (planned.point or address.place):
        raise StepMissing("address")
    if planned.quote is None:
        if not draft.delivery:
            raise StepMissing("delivery")
        shipping.choose(
            planned.market, address.place, planned.parcel, draft.delivery,
            planned.parameters,
        )  # fmt: skip
        raise StepMissing("delivery")
    if not draft.method:
        raise StepMissing("payment")
    offered = choose_method(planned, draft.method, draft.option)
    if not wish.ticked:
        raise NotTicked
    limited = [i.variant.product_id for i in view.items if i.variant.limit_per_buyer]
    if limited:  # two orders of one buyer are counted one after the other
        catalogue.lock_products(limited)
    check_limits(view.items, address.phone, address.email, planned.market, now)
    if planned.total != wish.seen_total:
        raise OrderChanged(wish.seen_total, planned.total)
    return offered.method


def _write_order(planned: Plan, wish: Wish, now: datetime) -> Order:
    address, draft = planned.address, planned.draft
    number = numbers.new_number()
    order = Order(
        number=number,
        idem_key=wish.idem_key,
        body_hash=_hash(planned, wish),
        state=OrderState.PLACED,
        source=wish.source,
        market=planned.market.code,
        language=wish.language,
        currency=planned.market.currency,
        name=address.name,
        phone=address.phone,
        email=address.email,
        address=address.to_json() | {"remark": draft.remark},
        city_code=planned.place,
        delivery=draft.delivery,
        pickup_point=planned.point.code if planned.point else "",
        collection_code=pick_up.collection_code(wish.idem_key, number)
        if planned.point
        else "",
        method=draft.method,
        method_option=draft.option,
        total_minor=planned.total.minor,
        placed_at=now,
    )
    db.session.add(order)
    db.session.flush()
    return order


def _write_lines(order: Order, items: Sequence[Item], language: str) -> None:
    for position, item in enumerate(items):
        variant = item.variant
        assert item.price is not None  # noqa: S101 (checked: it is for sale here)
        db.session.add(
            OrderLine(
                order_id=order.id,
                position=position,
                variant_id=variant.id,
                product_id=variant.product_id,
                sku=variant.sku,
                title=str(variant.title(language)),
                options=variant.options_line(language),
                picture=variant.picture.file if variant.picture else "",
                quantity=item.quantity,
                unit_minor=item.price.minor,
                ships_on=variant.ships_on,
            )
        )
    db.session.flush()


def write_amounts(order: Order, rows: Breakdown) -> None:
    """Keep the rows of the breakdown; they add up to the total of the order."""
    for position, row in enumerate(rows.rows):
        db.session.add(
            OrderAmount(
                order_id=order.id,
                position=position,
                kind=row.kind,
                amount_minor=row.money.minor,
                facts=dict(row.facts),
            )
        )
    db.session.flush()


def _write_agreements(order: Order, ticked: Sequence[Ticked], now: datetime) -> None:
    for one in ticked:
        db.session.add(
            Agreement(
                order_id=order.id,
                kind=one.kind,
                version=one.version,
                text_hash=one.text_hash,
                language=one.language,
                accepted_at=now,
            )
        )
    db.session.flush()


def _point(market: Market, draft: Draft) -> pick_up.Point | None:
    if draft.delivery != PICK_UP.code or not draft.point:
        return None
    try:
        return points.get_point(market.code, draft.point)
    except pick_up.NoSuchPoint:
        return None


def _quote(
    market: Market, numbers_: Parameters, view: View, draft: Draft, place: str
) -> Quote | None:
    """Return the chosen way to send while it is offered; no answer, no quote."""
    if not draft.delivery or not place:
        return None
    parcel = parcel_of(view.items, market.currency)
    try:
        return shipping.choose(market, place, parcel, draft.delivery, numbers_)
    except ShopError:
        return None


def _barred(items: Sequence[Item]) -> dict[str, str]:
    barred = next((i for i in items if i.variant.cod_excluded), None)
    return (
        {"cash_on_delivery": str(barred.variant.title(reader().language.code))}
        if barred
        else {}
    )


def _hash(planned: Plan, wish: Wish) -> str:
    """Return what makes two submits of one form the same order."""
    body = {
        "lines": sorted((i.variant.id, i.quantity) for i in planned.view.items),
        "address": planned.address.to_json(),
        "delivery": [planned.draft.delivery, planned.draft.point],
        "method": [planned.draft.method, planned.draft.option],
        "total": [wish.seen_total.minor, wish.seen_total.currency],
    }
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
