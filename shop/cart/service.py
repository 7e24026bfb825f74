"""Carts: filling them, and reading them as they stand now. Nothing is held."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select

from shop.cart import rules
from shop.cart.models import Cart, CartLine
from shop.cart.rules import (
    MOST_LINES,
    CartFull,
    Change,
    LimitReached,
    NotForSale,
    TooFewLeft,
)
from shop.catalogue import service as catalogue
from shop.catalogue.facts import SellableVariant
from shop.catalogue.rules import SaleState
from shop.db import db
from shop.i18n.reader import reader
from shop.kernel.money import Money

#: A cart nobody touched for so long is dropped, with the address typed in it.
KEPT = timedelta(days=30)


@dataclass(frozen=True)
class Item:
    """A line as it stands now: its variant, pieces, price, and what changed."""

    line_id: int
    variant: SellableVariant
    quantity: int
    changes: tuple[Change, ...]

    @property
    def price(self) -> Money | None:
        """What one piece costs in the market of the visit."""
        return self.variant.price

    @property
    def worth(self) -> Money | None:
        """What all pieces cost; None if the line cannot be ordered."""
        if self.price is None or self.is_blocked:
            return None
        return self.price * self.quantity

    @property
    def is_blocked(self) -> bool:
        """The line keeps the cart from being ordered."""
        return any(change.blocks for change in self.changes)


@dataclass(frozen=True)
class View:
    """A cart in one market at one moment."""

    items: tuple[Item, ...]
    market: str
    version: int

    @property
    def goods(self) -> list[tuple[Money, int]]:
        """Unit price and pieces of every line that can be ordered."""
        return [
            (item.price, item.quantity)
            for item in self.items
            if item.price is not None and not item.is_blocked
        ]

    @property
    def count(self) -> int:
        """All pieces in the cart."""
        return sum(item.quantity for item in self.items)

    @property
    def is_orderable(self) -> bool:
        """There is something in it, and no line is blocked."""
        return bool(self.items) and not any(item.is_blocked for item in self.items)


def find(token: str) -> Cart | None:
    """Return the cart with the secret from the visitor's cookie."""
    return db.session.scalar(select(Cart).where(Cart.token == token)) if token else None


def count(token: str) -> int:
    """Return how many pieces the cart holds; 0 for an unknown secret."""
    query = select(func.coalesce(func.sum(CartLine.quantity), 0)).join(Cart)
    return int(db.session.scalar(query.where(Cart.token == token)) or 0)


def create(market: str, now: datetime) -> Cart:
    """Return a new, empty cart with a fresh secret."""
    cart = Cart(
        token=secrets.token_urlsafe(18),
        market=market,
        version=1,
        draft={},
        created_at=now,
        updated_at=now,
    )
    db.session.add(cart)
    db.session.flush()
    return cart


def view(cart: Cart | None, market: str, now: datetime) -> View:
    """Return the cart as it stands now in a market; lines in the order they came."""
    if cart is None:
        return View((), market, 0)
    known = catalogue.variant_for_cart([x.variant_id for x in cart.lines], market)
    items = [
        _item(line, known[line.variant_id], now)
        for line in cart.lines
        if line.variant_id in known
    ]
    return View(tuple(items), market, cart.version)


def add(cart: Cart, variant_id: int, pieces: int, now: datetime) -> CartLine:
    """Put pieces of a variant into the cart, beside those already there.

    :raises WrongQuantity: if that makes no number from 1 to 99.
    :raises NotForSale: if it cannot be bought now in the cart's market.
    :raises TooFewLeft: if fewer pieces are left.
    :raises CartFull: if there are 100 different lines.
    """
    line = next((x for x in cart.lines if x.variant_id == variant_id), None)
    wanted = rules.check_quantity(pieces + (line.quantity if line else 0))
    check(variant_id, cart.market, wanted, now)
    if line is None:
        if len(cart.lines) >= MOST_LINES:
            raise CartFull(MOST_LINES)
        line = CartLine(cart_id=cart.id, variant_id=variant_id, quantity=wanted)
        cart.lines.append(line)
    line.quantity = wanted
    _touch(cart, now)
    return line


def set_quantity(cart: Cart, line_id: int, pieces: int, now: datetime) -> None:
    """Change how many pieces a line has; a line of another cart is not found.

    :raises WrongQuantity: if ``pieces`` is not from 1 to 99.
    :raises TooFewLeft: if fewer are left.
    """
    line = next((x for x in cart.lines if x.id == line_id), None)
    if line is None:
        return
    rules.check_quantity(pieces)
    if pieces > line.quantity:
        check(line.variant_id, cart.market, pieces, now)
    line.quantity = pieces
    _touch(cart, now)


def remove(cart: Cart, line_id: int, now: datetime) -> CartLine | None:
    """Take a line out; return what it was, so that it can be put back."""
    line = next((x for x in cart.lines if x.id == line_id), None)
    if line is not None:
        cart.lines.remove(line)
        _touch(cart, now)
    return line


def move_to(cart: Cart, market: str, now: datetime) -> None:
    """Take the cart to another market; the prices seen stay, so the page can say so."""
    cart.market = market
    cart.version += 1
    cart.updated_at = now


def empty(cart: Cart) -> None:
    """Drop a cart, its lines and what was typed: the order has its own copies."""
    db.session.delete(cart)
    db.session.flush()


def sweep(now: datetime) -> None:
    """Drop carts nobody touched for 30 days."""
    old = select(Cart.id).where(Cart.updated_at < now - KEPT)
    db.session.execute(delete(CartLine).where(CartLine.cart_id.in_(old)))
    db.session.execute(delete(Cart).where(Cart.updated_at < now - KEPT))


def _item(line: CartLine, variant: SellableVariant, now: datetime) -> Item:
    seen = None
    if line.seen_minor is not None and line.seen_currency:
        seen = Money(line.seen_minor, line.seen_currency)
    state = variant.offering(now).state
    offered = state in {SaleState.ON_SALE, SaleState.FLASH, SaleState.SOLD_OUT}
    found = rules.changes(
        seen,
        variant.price,
        line.quantity,
        variant.available if state is not SaleState.SOLD_OUT else 0,
        is_offered=offered,
    )
    return Item(line.id, variant, line.quantity, tuple(found))


def check(variant_id: int, market: str, wanted: int, now: datetime) -> None:
    """Say no if so many pieces cannot go into a cart now.

    :raises NotForSale: if it cannot be bought in the market.
    :raises TooFewLeft: if fewer pieces are left.
    :raises LimitReached: if one buyer may not have so many (S22).
    """
    variant = catalogue.variant_for_cart([variant_id], market).get(variant_id)
    if variant is None:
        raise NotForSale("")
    check_variant(variant, wanted, now)


def check_variant(variant: SellableVariant, wanted: int, now: datetime) -> None:
    """Say no like ``check()``, of a variant that has just been read."""
    title = str(variant.title(reader().language.code))
    if variant.price is None:
        raise NotForSale(title)
    if variant.offering(now).state is SaleState.SOLD_OUT:
        raise TooFewLeft(title, 0)
    if not variant.is_buyable(now):
        raise NotForSale(title)
    if variant.limit_per_buyer and wanted > variant.limit_per_buyer:
        raise LimitReached(
            title, variant.limit_per_buyer, variant.limit_days, variant.limit_per_buyer
        )
    if wanted > variant.available:
        raise TooFewLeft(title, variant.available)


def _touch(cart: Cart, now: datetime) -> None:
    """Note that the buyer has now seen these prices."""
    ids = [line.variant_id for line in cart.lines]
    known = catalogue.variant_for_cart(ids, cart.market)
    for line in cart.lines:
        price = known[line.variant_id].price if line.variant_id in known else None
        line.seen_minor = price.minor if price else None
        line.seen_currency = price.currency if price else ""
    cart.version += 1
    cart.updated_at = now
    db.session.flush()
