"""The front door: ``/`` greets in the reader's language, ``/<lang>/`` is home."""

from collections.abc import Sequence
from datetime import datetime

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from shop.catalogue import service
from shop.catalogue.facts import Card, Node
from shop.catalogue.rules import SaleState
from shop.i18n.text import TN, T, Text
from shop.kernel import instalments
from shop.markets.market import Market
from shop.web import frame
from shop.web.current import clock, current_market, current_parameters, language
from shop.web.pages.frame import SocialCard
from shop.web.pages.parts import Link, Words
from shop.web.pages.storefront import Arch, Hero, HomePage, Panel, Promise
from shop.web.requests import best_language
from shop.web.shelves import category_tree
from shop.web.storefront import arrivals, plans
from shop.web.storefront.cards import (
    FREE_PLAN,
    cards,
    product_url,
    shelf_picture,
    state_badges,
    tinted,
)
from shop.web.words import written

bp = Blueprint("home", __name__)
#: Best sellers in the grid, out of so many that the panels are chosen from.
SHOWN, LOOKED_AT = 8, 24


@bp.get("/")
def root() -> ResponseReturnValue:
    """Greet once in the language of cookie or browser; nothing is remembered."""
    answer = redirect(url_for("home.show", lang=best_language()), 302)
    answer.headers.add("Vary", "Accept-Language")
    return answer


@bp.get("/<lang:lang>/")
def show() -> ResponseReturnValue:
    """Show one product large, every category, the best sellers and what is promised."""
    market, now = current_market(), clock()
    found = service.best(LOOKED_AT, market.code, language().code)
    first = next((x for x in found if x.offering(now).is_buyable and x.price), None)
    rest = [card for card in found if card is not first]
    sold = [x for x in rest if x.offering(now).state is not SaleState.UPCOMING]
    shown = sold[:SHOWN]
    frame.head(
        indexed=True,
        place="home",
        description=T(
            "{shop}: prices, payment and delivery for {region}",
            shop=frame.shop_name(),
            region=market.name,
        ),
        social=SocialCard(title=str(frame.shop_name()), locale=language().og),
    )
    page = HomePage(
        hero=_hero(first, market) if first else None,
        arches=tuple(_arch(n, node) for n, node in enumerate(category_tree().roots)),
        cards=cards(shown, now),
        cards_title=T("Best sellers"),
        panels=_panels([x for x in rest if x not in shown], market, now),
        promises=_promises(now),
    )
    return render_template("storefront/home.html", page=page)


def _hero(card: Card, market: Market) -> Hero:
    """Return the product of the page: its promise is its tagline."""
    plan = _plan(card, market)
    price = T("from {price}", price=card.price)
    offered = Link(f"{product_url(card)}#plans", T("See the instalment plans"))
    return Hero(
        kicker=written(card.name),
        title=written(card.tagline) if card.tagline else written(card.name),
        text=plan or price,
        url=product_url(card),
        button=T("Buy now"),
        picture=tinted(card.picture, card.id, card.name.text),
        second=offered if plan else None,
    )


def _plan(card: Card, market: Market) -> Text | None:
    if card.price is None or not card.plans:
        return None
    rows = instalments.table(card.price, list(card.plans), market.code)
    return plans.sentence(plans.best_of(rows))


def _panels(found: Sequence[Card], market: Market, now: datetime) -> tuple[Panel, ...]:
    """Return two panels or none: what is coming, then what is paid in parts."""
    coming = [x for x in found if x.offering(now).state is SaleState.UPCOMING]
    in_parts = [x for x in found if x.has_free_plan and x.offering(now).is_buyable]
    chosen = [*coming[:1], *in_parts[:1]]
    if len(chosen) < 2:
        return ()
    return tuple(_panel(card, market, now) for card in chosen)


def _panel(card: Card, market: Market, now: datetime) -> Panel:
    state = state_badges(card.offering(now))
    plan = None if state else _plan(card, market)
    return Panel(
        url=product_url(card),
        title=written(card.name),
        text=plan or written(card.tagline),
        more=T("See the product"),
        picture=tinted(card.picture, card.id),
        badge=state[0] if state else FREE_PLAN,
    )


def _arch(turn: int, node: Node) -> Arch:
    url = url_for("catalogue.category", slug=node.slug)
    return Arch(url, written(node.name), shelf_picture(node.picture, turn))


def _promises(now: datetime) -> tuple[Promise, ...]:
    numbers = current_parameters()
    given = arrivals.promise_here(now)
    leaves: Words = T("Ordered now, it leaves us by {day}", day=given.ship_by)
    back = TN("{count} day to return", "{count} days to return", numbers.return_days)
    faulty = TN(
        "{count} day for anything faulty",
        "{count} days for anything faulty",
        numbers.quality_days,
    )
    return (
        Promise("truck", T("Delivery with a date"), leaves),
        Promise("rotate-ccw", back, T("Counted from delivery")),
        Promise("wrench", faulty, T("Repaired, exchanged or paid back")),
        Promise(
            "lock", T("Your card stays yours"), T("We never see or keep its number")
        ),
    )
