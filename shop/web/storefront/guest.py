"""The order behind a secret link; anything else is a page that helps."""

from flask import abort

from shop.orders import find
from shop.orders.models import Order
from shop.web.current import secret_key
from shop.web.visit import or_404


def order_of(token: str) -> Order:
    """Return the order a link opens; a wrong or revoked one is a 404 (S88)."""
    if len(token) > 64:
        abort(404)
    return or_404(find.by_token(secret_key(), token))
