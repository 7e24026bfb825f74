"""The cart as its page shows it: lines, changes, sums, dates."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from flask import url_for

from shop.cart import rules
from shop.cart.draft import Draft
from shop.cart.models import Cart
from shop.cart.rules import MOST_PIECES, Change, ChangeKind
from shop.cart.service import Item, View
from shop.catalogue import service as catalogue
from shop.i18n.reader import reader
from shop.i18n.text import T, Text
from shop.kernel.errors import ShopError
from shop.markets.address import Address
from shop.orders.place import parcel_of
from shop.shipping import rules as shipping
from shop.shipping.rules import Quote
from shop.web import amounts, choices
from shop.web.current import clock, current_market, current_parameters
from shop.web.pages.parts import Badge, Form, Note, Words
from shop.web.pages.storefront import CartLine, CartPage, Promise
from shop.web.storefront import arrivals
from shop.web.storefront.cards import best_sellers, tinted
from shop.web.storefront.product_page import FEW
from shop.web.words import written

BEST = 4


@dataclass(frozen=True)
class Wrong:
    """The line whose change was refused, what was typed, and why it cannot be."""

    line_id: int
    typed: str
    error: Words


def build(
    cart: Cart | None,
    view: View,
    now: datetime,
    *,
    wrong: Wrong | None = None,
    undo: Sequence[int] | None = None,
) -> CartPage:
    """Return the page of a cart; ``undo`` is the variant and number just taken out."""
    lines = tuple(
        _line(item, position, wrong) for position, item in enumerate(view.items, 1)
    )
    form, told = _undo(undo, view.market) if undo else (None, "")
    if not lines:
        return CartPage(
            lines=(), count=0, undo=form, undo_text=told, best=best_sellers(BEST)
        )
    market = current_market()
    breakdown = None
    if view.goods:
        rows = rules.breakdown(view.goods, None, market.currency)
        named = T("Total before delivery")
        breakdown = replace(amounts.of_rows(rows, market.code, named), in_rials=False)
    return CartPage(
        lines=lines,
        count=view.count,
        breakdown=breakdown,
        notes=tuple(
            _note(item, change) for item in view.items for change in item.changes
        ),
        checkout_url=url_for("checkout.start"),
        undo=form,
        undo_text=told,
        promises=_promises(cart, view, now),
        blocked="" if view.is_orderable else _blocked(),
    )


def _line(item: Item, position: int, wrong: Wrong | None) -> CartLine:
    variant, language = item.variant, reader().language.code
    limit = variant.limit_per_buyer or MOST_PIECES
    mine = wrong if wrong is not None and wrong.line_id == item.line_id else None
    return CartLine(
        name=written(variant.title(language)),
        url=url_for(
            "catalogue.product",
            product_id=variant.product_id,
            slug=variant.slug(language) or "-",
            sku=variant.sku,
        ),
        picture=tinted(variant.picture, variant.product_id),
        options=variant.options_line(language),
        action=url_for("cart.line", line_id=item.line_id),
        quantity=mine.typed if mine else str(item.quantity),
        max_quantity=max(1, min(MOST_PIECES, limit, variant.available)),
        total=item.worth,
        each=item.price if item.quantity > 1 else None,
        badge=_badge(item),
        error=mine.error if mine else "",
        position=position,
    )


def _badge(item: Item) -> Badge | None:
    for change in item.changes:
        if change.kind is ChangeKind.SOLD_OUT:
            return Badge(T("Out of stock"), "bad")
        if change.kind is ChangeKind.NOT_HERE:
            return Badge(T("Not sold in this region"), "bad")
        if change.kind is ChangeKind.NOT_FOR_SALE:
            return Badge(T("Not for sale at the moment"), "bad")
    left = item.variant.available
    if left < FEW:
        return Badge(T("Only {count} left", count=left), "warn")
    return None


def _note(item: Item, change: Change) -> Note:
    """Say one change with the old and the new value, and which product it is about."""
    told = _told(item, change)
    if change.kind is ChangeKind.PRICE_DOWN:
        return Note(told, "ok", "tag")
    if change.kind in {ChangeKind.PRICE_UP, ChangeKind.REPRICED}:
        return Note(told, "warn", "tag")
    return Note(told, "bad", "triangle-alert")


def _told(item: Item, change: Change) -> Text:
    facts = {
        "product": item.variant.title(reader().language.code).text,
        "old": change.old,
        "new": change.new,
        "count": change.left,
    }
    match change.kind:
        case ChangeKind.PRICE_DOWN:
            return T("{product}: the price dropped from {old} to {new}", **facts)
        case ChangeKind.PRICE_UP:
            return T("{product}: the price is now {new}, it was {old}", **facts)
        case ChangeKind.REPRICED:
            return T("{product}: in this region it costs {new} (it was {old})", **facts)
        case ChangeKind.LESS_LEFT:
            return T("{product}: only {count} left. Choose a smaller number.", **facts)
        case ChangeKind.SOLD_OUT:
            return T("{product} is out of stock.", **facts)
        case ChangeKind.NOT_HERE:
            return T("{product} is not sold in this region.", **facts)
        case ChangeKind.NOT_FOR_SALE:
            return T("{product} cannot be bought here at the moment.", **facts)


def _blocked() -> Text:
    return T("Change or remove the marked products, then you can order the others.")


def _undo(undo: Sequence[int], market: str) -> tuple[Form | None, Words]:
    variant_id, pieces = undo
    gone = catalogue.variant_for_cart([variant_id], market).get(variant_id)
    if gone is None:
        return None, ""
    hidden = {"sku": gone.sku, "quantity": str(pieces), "then": "undo"}
    told = T("Removed: {product}", product=gone.title(reader().language.code).text)
    return Form(action=url_for("cart.add"), hidden=hidden), told


def _promises(cart: Cart | None, view: View, now: datetime) -> tuple[Promise, ...]:
    """Return when it would arrive (S33) and how long it can be sent back."""
    days = current_parameters().return_days
    back = T("Return within {days} days of delivery", days=days)
    return (
        Promise("truck", _arrival(cart, view, now)),
        Promise("rotate-ccw", back),
    )


def _arrival(cart: Cart | None, view: View, now: datetime) -> Text:
    """Say the dates for the address typed before, else those of the whole market."""
    market, numbers = current_market(), current_parameters()
    parcel = parcel_of(view.items, market.currency)
    draft = Draft.of(cart).for_market(market.code) if cart else Draft()
    if draft.address:
        place = Address.from_json(draft.address).place
        try:
            answers = shipping.quotes(market, place, parcel, numbers)
        except ShopError:
            answers = []
        quotes = [one for one in answers if isinstance(one, Quote)]
        if quotes:
            return choices.arrival(market, quotes[0], parcel, clock(), numbers)
    promise = arrivals.promise_anywhere(market, numbers, now, parcel.ships_on)
    return arrivals.sentence(promise)
