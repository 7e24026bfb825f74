"""Region: prices, payment and delivery follow it, the language does not."""

from urllib.parse import urlsplit

from flask import (
    Blueprint,
    current_app,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from shop.cart import service as carts
from shop.db import transaction
from shop.i18n.text import T
from shop.markets import find_market, markets
from shop.markets.market import Market
from shop.web import frame
from shop.web.current import clock, config, current_market, language
from shop.web.pages.parts import Choice, Choices, Words
from shop.web.pages.storefront import RegionPage
from shop.web.visit import find_cart, typed
from shop.web.words import CURRENCIES

bp = Blueprint("region", __name__, url_prefix="/<lang:lang>/region")
#: How long the language chosen here is remembered for the next ``/``.
A_YEAR = 365 * 24 * 3600


@bp.get("")
def show() -> ResponseReturnValue:
    """Ask where to deliver."""
    return _page(request.args.get("next", ""))


@bp.post("")
def choose() -> ResponseReturnValue:
    """Keep the region, take the cart there, and go back to where the reader was.

    The one page that remembers a language: ``/`` reads the cookie it sets.
    """
    chosen = find_market(typed("market", 20))
    if chosen is None:
        return _page(typed("next"), T("Choose a region")), 422
    before = current_market()
    session["market"] = chosen.code
    session.permanent = True
    if chosen is not before:
        _move_cart(chosen)
        told = T(
            "Prices, payment and delivery are now those of {region}.",
            region=chosen.name,
        )
        frame.note(told)
    answer = redirect(safe_path(typed("next")), 303)
    answer.set_cookie(
        "lang",
        language().url,
        max_age=A_YEAR,
        secure=config().public_url.startswith("https:"),
        httponly=True,
        samesite="Lax",
    )
    return answer


def _move_cart(market: Market) -> None:
    cart = find_cart()
    if cart is None or cart.market == market.code:
        return
    token = cart.token
    with transaction():
        fresh = carts.find(token)
        if fresh is not None:
            carts.move_to(fresh, market.code, clock())


def _page(following: str, error: Words = "") -> str:
    here = current_market()
    page = RegionPage(
        action=url_for("region.choose"),
        markets=Choices(
            name="market",
            legend=T("Region"),
            legend_hidden=True,
            choices=tuple(_choice(one, here) for one in markets().values()),
            error=error,
        ),
        next_url=safe_path(following),
        note=T("What is in your cart stays there; its prices follow the region."),
    )
    return render_template("storefront/region.html", page=page)


def _choice(market: Market, here: Market) -> Choice:
    ways = [method.name for method in market.methods]
    return Choice(
        value=market.code,
        name=market.name,
        line=T("Prices in {currency}", currency=CURRENCIES[market.currency]),
        details=tuple(ways),
        selected=market is here,
    )


def safe_path(typed_path: str) -> str:
    """Return a path of this shop that can be looked at, else home.

    Nothing that a browser could take for another host passes.
    """
    home = url_for("home.show")
    parts = urlsplit(typed_path)
    odd = any(ord(char) < 32 or char == "\\" for char in typed_path)
    if odd or parts.scheme or parts.netloc or not typed_path.startswith("/"):
        return home
    if typed_path.startswith("//"):
        return home
    try:
        adapter = current_app.url_map.bind("")
        adapter.match(parts.path, "GET")
    except RequestRedirect:
        return home
    except HTTPException:
        return home
    return typed_path
