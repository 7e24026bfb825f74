"""The visitor's cart and the facts of their visit that forms need."""

import secrets
from datetime import datetime
from typing import TypeVar

from flask import abort, request, session

from shop.cart import service as carts
from shop.cart.models import Cart
from shop.i18n.digits import to_int
from shop.markets.methods import Browser, browser_kind
from shop.web.current import current_market

V = TypeVar("V")


def find_cart() -> Cart | None:
    """Return the visitor's cart, if they have one."""
    return carts.find(session.get("cart", ""))


def cart_or_new(now: datetime) -> Cart:
    """Return the visitor's cart in the market of the visit; needs a transaction.

    The first thing put into a cart is what gives a visitor a cookie.
    """
    cart = find_cart()
    if cart is None:
        cart = carts.create(current_market().code, now)
        session["cart"] = cart.token
        session.permanent = True
    elif cart.market != current_market().code:
        carts.move_to(cart, current_market().code, now)
    return cart


def browser() -> Browser:
    """Guess the browser, only ever to hide payments that it cannot open."""
    return browser_kind(request.headers.get("User-Agent", ""))


def new_form_key() -> str:
    """Return a fresh name for a form that must have its effect once."""
    return secrets.token_urlsafe(24)


def typed(name: str, most: int = 2000) -> str:
    """Return one field of the form as typed, cut off before it is a monster."""
    return request.form.get(name, "").replace("\0", "")[:most]


def typed_int(name: str, default: int = 0) -> int:
    """Return a field as a whole number in any digits; ``default`` if it is none."""
    try:
        return to_int(typed(name, 40))
    except ValueError:
        return default


def or_404(found: V | None) -> V:
    """Return what was found; anything missing is a page that helps."""
    if found is None:
        abort(404)
    return found
