"""Where a browser comes back that a provider has named: WeChat, inside its own.

The address says nothing of the order; which one is meant, this browser remembers.
Whatever went wrong, the order's page says so and offers every way on.
"""

import logging

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from shop.i18n.text import T, Text
from shop.kernel.errors import ShopError
from shop.orders import find
from shop.orders.models import Order
from shop.payments import settings as payment_settings
from shop.payments.provider import ProviderError
from shop.web import frame
from shop.web.current import clock, secret_key
from shop.web.paying import open_payment, take_naming

log = logging.getLogger(__name__)
bp = Blueprint("payer", __name__, url_prefix="/<lang:lang>/payer")


@bp.get("")
def named() -> ResponseReturnValue:
    """Take the answer to "who pays?", and begin the payment with it."""
    order, provider = take_naming(request.args.get("state", "")[:200])
    if order is None:
        frame.note(
            T("We found no payment that belongs here. Please open your order."),
            "warn",
            "info",
        )
        return redirect(url_for("orders.lookup"), 303)
    if not provider:
        return _back(
            order,
            T("This answer does not belong to your payment. Please pay again."),
        )
    code = request.args.get("code", "")[:200]
    if not code:
        return _back(
            order,
            T(
                "WeChat was not allowed to say who pays, so the payment did not begin. "
                "Please try again or choose another payment method."
            ),
        )
    try:
        values = payment_settings.read(provider, clock())
        who = payment_settings.get(provider).name_payer(code, values)
    except (ProviderError, ShopError) as error:
        log.warning("naming a payer by %s: %s", provider, type(error).__name__)
        return _back(
            order,
            T(
                "WeChat does not answer at the moment, so the payment did not begin. "
                "Please try again or choose another payment method."
            ),
        )
    return open_payment(order, who)


def _back(order: Order, words: Text) -> ResponseReturnValue:
    frame.note(words, "warn", "info")
    token = find.token(secret_key(), order)
    return redirect(url_for("pay.result", token=token), 303)
