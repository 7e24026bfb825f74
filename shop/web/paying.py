"""Opening a payment from a page: by the checkout's button and by "pay again"."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta

from flask import redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from shop.i18n.text import T
from shop.kernel.errors import ShopError
from shop.kernel.money import Money
from shop.markets.methods import Browser
from shop.markets.registry import market
from shop.orders import find
from shop.orders.ledger import unpaid_charge
from shop.orders.models import Order
from shop.payments import collect
from shop.payments import settings as payment_settings
from shop.payments.attempts import Payer
from shop.payments.provider import ProviderError, Urls
from shop.web import frame, security
from shop.web.current import clock, config, secret_key
from shop.web.pages.checkout import FormPostPage
from shop.web.pages.parts import Words
from shop.web.visit import browser


def method_name(order: Order) -> Words:
    """Return what the buyer calls the way this order is paid."""
    found = market(order.market).methods
    return next((one.name for one in found if one.code == order.method), order.method)


def allow_payment_hosts(market_code: str, method: str) -> None:
    """Let a form of this page lead to the payment pages of a method (CSP, case 52).

    A provider whose address cannot be right (left from the demo, say) has no
    pages: whoever tries to pay is told so.
    """
    for code in payment_settings.collectors(market(market_code), method):
        values = payment_settings.read(code, clock())
        with suppress(ProviderError):
            security.allow_form(payment_settings.get(code).hosts(values))


def open_payment(
    order: Order, named: Mapping[str, str] | None = None
) -> ResponseReturnValue:
    """Begin to pay what is due, and send the browser where the provider wants it.

    A provider that does not answer leads to the page that says so; the order
    and its stock stay as they are. ``named`` is who the provider says the payer
    is, where it has to say so first.
    """
    token = find.token(secret_key(), order)
    charge = unpaid_charge(order)
    shown = redirect(url_for("pay.show", token=token), 303)
    if charge is None or not order.method:
        return shown
    amount = Money(charge.amount_minor, charge.currency)
    try:
        code = payment_settings.collector(
            market(order.market), order.method, amount.minor, clock(), browser()
        )
        if named is None and payment_settings.get(code).names_payer:
            return _ask_name(order, code)
        who = payer(order, named)
        begun = collect.begin(charge.id, code, urls_for(code), clock(), who)
    except (ProviderError, ShopError):
        return redirect(url_for("pay.result", token=token), 303)
    step = begun.next
    if step.kind == "redirect":
        allow_payment_hosts(order.market, order.method)
        return redirect(step.url, 303)
    if step.kind == "form_post":
        return _form_post(order, amount, step.url, dict(step.fields), token)
    return shown


#: So long the browser may take to be named and come back.
NAMING = timedelta(minutes=10)
_NAMING = "naming"


def _ask_name(order: Order, code: str) -> ResponseReturnValue:
    """Send the browser to be named; only this browser can come back with the answer.

    The way back says nothing of the order: it is remembered in the session.

    :raises ProviderError: if the provider's settings do not allow it.
    """
    token = find.token(secret_key(), order)
    if browser() is not Browser.WECHAT:
        words = T(
            "{method} works here only inside WeChat: open this page there, or choose "
            "another payment method.",
            method=method_name(order),
        )
        frame.note(words, "warn", "info")
        return redirect(url_for("pay.result", token=token), 303)
    nonce, values = secrets.token_hex(16), payment_settings.read(code, clock())
    back = config().public_url + url_for("payer.named")
    state = naming_state(nonce, order.number, code)
    url = payment_settings.get(code).name_url(back, state, values)
    session[_NAMING] = [nonce, order.number, code, clock().isoformat()]
    allow_payment_hosts(order.market, order.method)
    return redirect(url, 303)


def naming_state(nonce: str, number: str, code: str) -> str:
    """Return the signed ``state``: 64 hexadecimal signs, which WeChat allows."""
    text = f"naming:{nonce}:{number}:{code}".encode()
    seal = hmac.new(secret_key(), text, hashlib.sha256).hexdigest()
    return nonce + seal[:32]


def take_naming(state: str) -> tuple[Order | None, str]:
    """Return the order and provider a browser was sent away for, "" if not this one.

    Once: whatever came back, the next answer needs a new question.
    """
    asked = session.pop(_NAMING, None)
    if not isinstance(asked, list) or len(asked) != 4:
        return None, ""
    nonce, number, code, began = asked
    genuine = re.fullmatch(r"[0-9a-f]{64}", state) and hmac.compare_digest(
        state.encode(), naming_state(nonce, number, code).encode()
    )
    in_time = clock() - datetime.fromisoformat(began) <= NAMING
    return find.by_number(number), code if genuine and in_time else ""


def urls_for(code: str) -> "UrlsFor":
    """Return what makes the addresses a provider is told."""
    return UrlsFor(code)


class UrlsFor:
    """The return and notify addresses of one provider; the reference is not in them."""

    def __init__(self, code: str) -> None:
        self.code = code

    def __call__(self, ref: str) -> Urls:
        base = config().public_url
        return Urls(
            return_url=base + url_for("callbacks.come_back", provider=self.code),
            notify_url=base + url_for("callbacks.notify", provider=self.code),
        )


def payer(order: Order, named: Mapping[str, str] | None = None) -> Payer:
    """Return what a provider may be told about the buyer."""
    place = market(order.market)
    phone = place.show_phone(order.phone).replace(" ", "")
    return Payer(
        description=str(T("Order {number}", number=order.number)),
        phone=phone,
        email=order.email,
        client_ip=request.remote_addr or "",
        language=order.language,
        options=_options(order) | dict(named or {}),
    )


def _options(order: Order) -> dict[str, str]:
    """Return the choice inside a method as its providers call it."""
    if order.method == "huabei":  # the shop pays the fee: free for the buyer (S29)
        return {"instalments": order.method_option, "seller_percent": "100"}
    return {"kind": order.method_option} if order.method_option else {}


def _form_post(
    order: Order, amount: Money, url: str, fields: dict[str, str], token: str
) -> ResponseReturnValue:
    frame.head(bare=True)
    allow_payment_hosts(order.market, order.method)
    page = FormPostPage(
        provider=method_name(order),
        amount=amount,
        url=url,
        fields=fields,
        order_number=order.number,
        order_url=url_for("orders.show", token=token),
        in_rials=amount.currency == "IRR",
    )
    return render_template("payments/form_post.html", page=page)
