"""Products as cards of a grid, and the tags that a sale state puts on them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import cast, get_args

from flask import g, url_for

from shop.catalogue import service
from shop.catalogue.facts import Card, Local
from shop.catalogue.facts import Picture as Drawn
from shop.catalogue.product import source_of
from shop.catalogue.rules import Offering, SaleState
from shop.i18n.reader import reader
from shop.i18n.text import L
from shop.web.current import clock, current_market
from shop.web.pages.parts import Badge, Picture, ProductCard, Tint
from shop.web.storefront.lines import picture
from shop.web.words import written

#: The tag of each sale state (S20); a state without one shows none.
BADGES: Mapping[SaleState, Badge] = {
    SaleState.DRAFT: Badge(L("Draft")),
    SaleState.UPCOMING: Badge(L("Coming soon"), "pre"),
    SaleState.PREORDER: Badge(L("Presale"), "pre"),
    SaleState.FLASH: Badge(L("Flash sale"), "hot"),
    SaleState.SOLD_OUT: Badge(L("Out of stock"), "bad"),
    SaleState.DISCONTINUED: Badge(L("No longer sold")),
}
FREE_PLAN = Badge(L("No-fee instalments"), "hot")
#: Pictures of a colour without a tint of its own take turns.
_TURNS: tuple[Tint, ...] = ("lapis", "", "pistachio", "saffron", "rose")
NOTHING = Local("", "")
_TINTS = frozenset(get_args(Tint)) - {""}


def cards(found: Iterable[Card], now: datetime) -> tuple[ProductCard, ...]:
    """Return products as a grid shows them."""
    here = (g.get("here"), reader().language.code)
    return tuple(_shown(one, one.offering(now), here) for one in found)


def product_url(card: Card) -> str:
    """Return the address of a product's page in the reader's language."""
    return url_for("catalogue.product", product_id=card.id, slug=card.slug or "-")


def state_badges(offering: Offering) -> tuple[Badge, ...]:
    """Return the tag of a sale state, or none."""
    return () if offering.badge is None else (BADGES[offering.badge],)


def tinted(drawn: Drawn | None, turn: int, alt: str = "") -> Picture:
    """Return a picture on its own colour's tint, else on one that takes turns."""
    colour = drawn.colour if drawn else ""
    tint = colour if colour in _TINTS else _TURNS[turn % len(_TURNS)]
    return picture(drawn, alt, cast(Tint, tint))


def shelf_picture(file: str, turn: int) -> Picture:
    """Return the picture in the arch of a category; ``file`` may be empty."""
    if not file:
        return tinted(None, turn)
    colour = file.removesuffix(".svg").partition("--")[2]
    return tinted(Drawn(file, source_of(file), 400, 400, NOTHING, None, colour), turn)


def best_sellers(most: int) -> tuple[ProductCard, ...]:
    """Return the products with the most merit, for pages that have nothing else.

    Only what can be bought now.
    """
    now, market = clock(), current_market().code
    found = service.best(3 * most, market, reader().language.code)
    return cards([one for one in found if one.offering(now).is_buyable][:most], now)


@lru_cache(maxsize=1024)
def _shown(card: Card, offering: Offering, _here: object) -> ProductCard:
    """Return the card that a reader sees; ``here`` decides about words and links."""
    badges = state_badges(offering)
    if offering.is_buyable and card.has_free_plan and card.price is not None:
        badges = (FREE_PLAN,)
    return ProductCard(
        url=product_url(card),
        name=written(card.name),
        picture=tinted(card.picture, card.id),
        tagline=written(card.tagline),
        price=card.price,
        is_from=card.is_from,
        was=card.was,
        badges=badges,
        dots=card.colours,
        is_out=offering.state is SaleState.SOLD_OUT,
    )
