"""One variant of a product as its page shows it: every sale state, one function."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import session, url_for
from markupsafe import Markup

from shop.cart.draft import Draft
from shop.cart.models import Cart
from shop.cart.rules import MOST_PIECES
from shop.catalogue import service as catalogue
from shop.catalogue.facts import (
    Axis,
    Local,
    ProductView,
    SpecLine,
    Turn,
    VariantView,
)
from shop.catalogue.rules import Button, Offering, SaleState
from shop.i18n.reader import reader
from shop.i18n.text import T, Text
from shop.kernel.text import first_text
from shop.markets.address import Address
from shop.markets.market import Market
from shop.orders import place
from shop.web.current import clock, current_market, current_parameters
from shop.web.pages.parts import Badge, Crumb, Link, ProductCard, Swatch, Words
from shop.web.pages.storefront import (
    Buy,
    Fact,
    FactLine,
    GalleryPicture,
    ProductPage,
    Spec,
    VariantAxis,
    VariantLink,
)
from shop.web.shelves import category_tree
from shop.web.storefront import arrivals
from shop.web.storefront.cards import FREE_PLAN, cards, state_badges, tinted
from shop.web.storefront.plans import plans_for
from shop.web.visit import find_cart
from shop.web.words import measure, written

#: Fewer pieces than this are said beside the quantity.
FEW = 5
#: Other products of the category under the page.
NEIGHBOURS = 4


@dataclass(frozen=True)
class Typed:
    """What a buyer typed into the form, and why it did not work."""

    quantity: str = "1"
    error: Words = ""


@dataclass(frozen=True)
class Seen:
    """A product with the variant and the picture that an address asks for."""

    view: ProductView
    variant: VariantView
    offering: Offering
    picture: int = 0


def look_at(view: ProductView, sku: str, picture: str, now: datetime) -> Seen | None:
    """Return what ``?sku=`` and ``?picture=`` ask for; None if there is no such one.

    Without a SKU it is the first variant that can be bought.
    """
    found = view.pick({})
    if sku:
        known = {one.sku.casefold(): one for one in view.variants}
        if sku.casefold() not in known:
            return None
        found = known[sku.casefold()]
    number = int(picture) if picture.isascii() and picture.isdecimal() else 0
    return Seen(view, found, view.offering(now, found), number)


def slug_in(view: ProductView, language: str) -> str:
    """Return a product's slug for readers of a language, with the text's fallback."""
    name = first_text(view.names, language)
    slug = first_text(view.slugs, name[0] if name else language)
    return slug[1] if slug else "-"


def _own_slug(view: ProductView) -> str:
    """Return the slug for this reader; nearly always it is at hand."""
    code = reader().language.code
    return view.slug or "-" if view.language == code else slug_in(view, code)


def product_url(view: ProductView, sku: str = "", picture: int = 0) -> str:
    """Return the one address of a product, or of a variant and picture of it."""
    return url_for(
        "catalogue.product",
        product_id=view.id,
        slug=_own_slug(view),
        sku=sku or None,
        picture=picture or None,
    )


def build(seen: Seen, typed: Typed, successor: ProductCard | None) -> ProductPage:
    """Return the page. ``successor`` is shown where the product is discontinued."""
    view, variant, offering = seen.view, seen.variant, seen.offering
    market, now = current_market(), clock()
    closed, closed_line = _closed(seen, market)
    neighbours: tuple[ProductCard, ...] = (successor,) if successor else ()
    if offering.button is not Button.GONE:
        found = catalogue.similar(
            view.id, view.category_id, NEIGHBOURS, market.code, view.language
        )
        neighbours = cards(found, now)
    plans = None
    if offering.is_buyable:
        plans = plans_for(
            variant.price,
            view.plans,
            market.code,
            market.today(now),
            is_jalali=market.country == "IR",
        )
    badges = state_badges(offering)
    if plans and any(not row.fee for row in plans.rows):
        badges = (*badges, FREE_PLAN)
    words = written(view.description)
    return ProductPage(
        name=written(view.name),
        sku=variant.sku,
        crumbs=_crumbs(view),
        gallery=_gallery(seen),
        tagline=written(view.tagline),
        badges=badges,
        price=variant.price,
        was=variant.was,
        axes=tuple(_axis(view, one, variant) for one in view.axes(variant)),
        buy=None if closed else _buy(view, variant, typed),
        closed=closed,
        closed_line=closed_line,
        stock=_stock(variant) if not closed else None,
        limit=limit_line(view, now) if not closed else "",
        lines=tuple(_lines(seen, market, now, successor)),
        facts=tuple(_fact(one) for one in view.specs[:4]),
        plans=plans,
        description=Markup(view.description_html),  # noqa: S704 (cleaned when saved)
        description_lang=words.lang,
        description_direction=words.direction,
        specs=tuple(_spec(one) for one in view.specs),
        similar=neighbours,
    )


def _closed(seen: Seen, market: Market) -> tuple[Words, Words]:
    """Return the button's word and its reason in a state that does not sell."""
    view, state = seen.view, seen.offering.state
    if seen.offering.button is Button.GONE:
        return T("No longer sold"), T("This product is not made any more.")
    if seen.variant.price is None:
        return (
            T("Not sold in this region"),
            T("This product is not sold in this region: {region}.", region=market.name),
        )
    if state is SaleState.UPCOMING:
        if view.ships_on is not None:
            line = T("Expected to ship from {date}", date=view.ships_on)
            return T("Coming soon"), line
        return T("Coming soon"), T("It cannot be ordered yet.")
    if state is SaleState.SOLD_OUT:
        if any(seen.view.offering(clock(), v).is_buyable for v in view.variants):
            return T("Out of stock"), T("Another version is in stock: choose it above.")
        return T("Out of stock"), T("All pieces are sold at the moment.")
    return "", ""


def _buy(view: ProductView, variant: VariantView, typed: Typed) -> Buy:
    limit = view.limit_per_buyer or MOST_PIECES
    return Buy(
        action=url_for("cart.add"),
        sku=variant.sku,
        quantity=typed.quantity,
        max_quantity=max(1, min(MOST_PIECES, variant.available, limit)),
        error=typed.error,
    )


def _stock(variant: VariantView) -> Badge | None:
    if not 0 < variant.available < FEW:
        return None
    return Badge(T("Only {count} left", count=variant.available), "warn")


def limit_line(view: ProductView, now: datetime) -> Words:
    """Say how many one buyer may have, and how many more this one (S22).

    What is in the cart counts, and what a guest ordered before as soon as the
    cart knows phone or e-mail. Asks the database only for visitors with a cart.
    """
    if view.limit_per_buyer is None:
        return ""
    days = view.limit_days or place.LIMIT_DAYS
    had = _had(view, days, now)
    if not had:
        return T(
            "You can buy {count} of these in {days} days.",
            count=view.limit_per_buyer,
            days=days,
        )
    return T(
        "You can buy {count} of these in {days} days, so {left} more for now.",
        count=view.limit_per_buyer,
        days=days,
        left=max(0, view.limit_per_buyer - had),
    )


def _had(view: ProductView, days: int, now: datetime) -> int:
    cart = find_cart() if session.get("cart") else None
    if cart is None:
        return 0
    mine = {variant.id for variant in view.variants}
    count = sum(line.quantity for line in cart.lines if line.variant_id in mine)
    return count + _ordered(cart, view, days, now)


def _ordered(cart: Cart, view: ProductView, days: int, now: datetime) -> int:
    stored = Draft.of(cart).address
    if not stored:
        return 0
    who = Address.from_json(stored)
    if not (who.phone or who.email):
        return 0
    return place.bought(view.id, who.phone, who.email, days, now)[0]


def _crumbs(view: ProductView) -> tuple[Crumb, ...]:
    way = [
        Crumb(written(node.name), url_for("catalogue.category", slug=node.slug))
        for node in category_tree().path(view.category_id)
    ]
    home = Crumb(T("Home"), url_for("home.show"))
    return (home, *way, Crumb(written(view.name)))


def _gallery(seen: Seen) -> tuple[GalleryPicture, ...]:
    """Return all pictures in the product's order; the variant's own one is large."""
    view, variant = seen.view, seen.variant
    if not view.pictures:
        return (GalleryPicture(tinted(None, view.id), product_url(view), "", True),)
    large = view.pictures_of(variant)[0]
    if 1 <= seen.picture <= len(view.pictures):
        large = view.pictures[seen.picture - 1]
    return tuple(
        GalleryPicture(
            tinted(one, view.id, one.alt.text),
            product_url(view, sku=variant.sku, picture=number),
            one.alt.text or T("Picture {number}", number=number),
            one is large,
        )
        for number, one in enumerate(view.pictures, 1)
    )


def _axis(view: ProductView, axis: Axis, current: VariantView) -> VariantAxis:
    return VariantAxis(
        code=axis.option.code,
        label=written(axis.option.name),
        chosen=written(axis.chosen.name) if axis.chosen else "",
        links=tuple(_turn(view, turn, current) for turn in axis.turns),
    )


def _turn(view: ProductView, turn: Turn, current: VariantView) -> VariantLink:
    name = written(turn.value.name)
    return VariantLink(
        label=name,
        url=product_url(view, sku=(turn.variant or current).sku),
        current=turn.is_current,
        is_gone=turn.is_gone,
        swatch=Swatch(turn.value.swatch, name) if turn.value.swatch else None,
    )


def _lines(
    seen: Seen, market: Market, now: datetime, successor: ProductCard | None
) -> Sequence[FactLine]:
    view, numbers = seen.view, current_parameters()
    if successor is not None:
        told = T("There is a product that came after it:")
        return [FactLine("refresh-cw", told, Link(successor.url, successor.name))]
    if seen.offering.button is Button.GONE:
        return []
    if seen.variant.price is None:
        there = url_for("region.show", next=product_url(view))
        told = T("Prices and delivery follow the region.")
        return [FactLine("map-pin", told, Link(there, T("Change region")))]
    found = []
    if seen.offering.is_buyable:
        promise = arrivals.promise_here(now, view.ships_on)
        more = Link(url_for("help.policy", slug="delivery"), T("Delivery"))
        found.append(FactLine("truck", arrivals.sentence(promise), more))
    days = T("Return within {days} days of delivery", days=numbers.return_days)
    more = Link(url_for("help.policy", slug="returns"), T("Returns and refunds"))
    found.append(FactLine("rotate-ccw", days, more))
    if view.cod_excluded and _takes_cash_at_the_door(market):
        bars: Text = T("Cash on delivery is not possible for this product.")
        found.append(FactLine("banknote", bars))
    if view.ground_only and any(one.by_air for one in market.shipping_methods):
        bars = T("Goes by road only: its battery may not fly.")
        found.append(FactLine("info", bars))
    return found


def _takes_cash_at_the_door(market: Market) -> bool:
    return any(one.code == "cash_on_delivery" for one in market.methods)


def _fact(line: SpecLine) -> Fact:
    if line.is_number:
        return Fact(measure(line.value), line.unit, written(line.label))
    return Fact(line.value, "", written(line.label))


def _spec(line: SpecLine) -> Spec:
    value = measure(line.value, line.unit) if line.is_number else line.value
    return Spec(written(line.label), value)


def alt_of(view: ProductView, variant: VariantView) -> Local:
    """Return what the variant's own picture shows, in words."""
    pictures = view.pictures_of(variant)
    return pictures[0].alt if pictures else view.name
