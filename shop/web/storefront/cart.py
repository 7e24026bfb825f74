"""The cart: put in, change, take out; every change of price or stock is said."""

from datetime import datetime
from typing import Any

from flask import Blueprint, abort, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue

from shop.cart import service as carts
from shop.cart.models import Cart, CartLine
from shop.cart.rules import MOST_PIECES, WrongQuantity
from shop.catalogue import service as catalogue
from shop.catalogue.rules import SaleState
from shop.db import transaction
from shop.i18n.digits import to_ascii, to_int
from shop.i18n.text import T
from shop.kernel.errors import ShopError
from shop.web import frame, open_form
from shop.web.current import clock, current_market, language
from shop.web.messages import say
from shop.web.storefront import cart_page
from shop.web.storefront import catalogue as shelves
from shop.web.storefront.product_page import Typed, look_at
from shop.web.visit import cart_or_new, find_cart, or_404, typed

bp = Blueprint("cart", __name__, url_prefix="/<lang:lang>/cart")


@bp.get("")
def show() -> ResponseReturnValue:
    """Show the cart as it stands now, in the market of the visit."""
    taken_out = session.pop("undo", None) if "undo" in session else None
    return _cart_page(undo=taken_out)


@bp.post("/add")
def add() -> ResponseReturnValue:
    """Put pieces of a variant into the cart; ``then`` says where to go on."""
    open_form.check()
    now, sku, wanted = (
        clock(),
        to_ascii(typed("sku", 80)).strip(),
        typed("quantity", 40),
    )
    variant_id = or_404(catalogue.variant_id_of(sku) if sku else None)
    try:
        pieces = _pieces(wanted or "1")
        with transaction():
            carts.add(cart_or_new(now), variant_id, pieces, now)
    except ShopError as refusal:
        return _not_added(variant_id, wanted, refusal, now)
    if typed("then", 20) == "checkout":
        return redirect(url_for("checkout.start"), 303)
    back = typed("then", 20) == "undo"
    frame.note(T("It is back in your cart") if back else T("Added to your cart"))
    return redirect(url_for("cart.show"), 303)


@bp.post("/lines/<id:line_id>")
def line(line_id: int) -> ResponseReturnValue:
    """Change a line: one more, one fewer, a number, or out."""
    now, wanted = clock(), typed("quantity", 40)
    cart = find_cart()
    mine = _line_of(cart, line_id)
    if cart is None or mine is None:
        frame.note(T("This line is not in your cart any more."), "warn", "info")
        return redirect(url_for("cart.show"), 303)
    try:
        pieces = 0 if typed("remove", 5) else _wanted(wanted, mine.quantity)
        with transaction():
            _change(line_id, pieces, now)
    except ShopError as refusal:
        wrong = cart_page.Wrong(line_id, wanted, say(refusal))
        status = 422 if isinstance(refusal, WrongQuantity) else 409
        return _cart_page(wrong=wrong), status
    return redirect(url_for("cart.show"), 303)


def _cart_page(**more: Any) -> str:
    frame.head(place="cart")
    cart, now, market = find_cart(), clock(), current_market()
    view = carts.view(cart, market.code, now)
    page = cart_page.build(cart, view, now, **more)
    return render_template("storefront/cart.html", page=page)


def _change(line_id: int, pieces: int, now: datetime) -> None:
    """Write a line's new number; at 0 it goes, and the next page can undo that."""
    cart = find_cart()
    if cart is None:
        return
    if cart.market != current_market().code:
        carts.move_to(cart, current_market().code, now)
    if pieces:
        carts.set_quantity(cart, line_id, pieces, now)
        return
    gone = carts.remove(cart, line_id, now)
    if gone is not None:
        session["undo"] = [gone.variant_id, gone.quantity]


def _pieces(text: str) -> int:
    """Read a number of pieces in any digits.

    :raises WrongQuantity: if it is none.
    """
    try:
        return to_int(text)
    except ValueError:
        raise WrongQuantity(MOST_PIECES) from None


def _wanted(text: str, before: int) -> int:
    """Return how many pieces a form asks for: its number, and a step from there.

    A step never takes the last piece away; a typed 0 does.

    :raises WrongQuantity: if the number is none.
    """
    step = {"1": 1, "-1": -1}.get(typed("step", 5), 0)
    pieces = _pieces(text) if text.strip() or not step else before
    return max(1, pieces + step) if step else pieces


def _line_of(cart: Cart | None, line_id: int) -> CartLine | None:
    lines = cart.lines if cart else []
    return next((one for one in lines if one.id == line_id), None)


def _not_added(
    variant_id: int, wanted: str, refusal: ShopError, now: datetime
) -> ResponseReturnValue:
    """Show the product again: what was typed, and beside it why it did not work."""
    status = 422 if isinstance(refusal, WrongQuantity) else 409
    market = current_market().code
    variant = catalogue.variant_for_cart([variant_id], market)[variant_id]
    view = catalogue.product_view(variant.product_id, market, language().code)
    if view is None or view.sale_state is SaleState.DRAFT:
        abort(404)
    seen = or_404(look_at(view, variant.sku, "", now))
    return shelves.show(seen, Typed(wanted, say(refusal)), status)
