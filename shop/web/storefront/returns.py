"""Giving something back: the door by receipt number, and the form of an order (S103).

The door only *sends* the link to the phone or e-mail on file, as the look-up does.
"""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from shop.db import write
from shop.i18n import formats
from shop.i18n.digits import digits_only
from shop.i18n.text import TN, L, Lazy, T, Text
from shop.kernel.errors import ShopError
from shop.notifications import service as notifications
from shop.notifications.rules import RETURN_LINK
from shop.orders.models import Order
from shop.returns import service as returns
from shop.returns.rules import NotReturnable, ReasonMissing, ReturnReason, Window
from shop.returns.service import Offer, Wish
from shop.web import frame
from shop.web.current import clock
from shop.web.messages import say
from shop.web.pages.orders import ReturnAskPage, ReturnPage
from shop.web.pages.parts import (
    Choice,
    Choices,
    Field,
    FieldGroup,
    Form,
    Link,
    Option,
    Pair,
    Words,
)
from shop.web.returns import REASONS
from shop.web.storefront.guest import order_of
from shop.web.visit import new_form_key, typed, typed_int

bp = Blueprint("returns", __name__, url_prefix="/<lang:lang>")
#: Digits of the phone that the door asks for, besides the receipt number.
LAST_DIGITS = 4
#: What has to come back (S38).
CHECKLIST: tuple[Lazy, ...] = (
    L("The product itself, undamaged and complete"),
    L("Its packaging"),
    L("Accessories, manuals and cards from the box"),
    L("Gifts that came with it"),
)
#: Reasons that need a word of their own.
_SAID = frozenset({ReturnReason.FAULTY, ReturnReason.OTHER})


@bp.get("/returns")
def ask() -> ResponseReturnValue:
    """Ask for the receipt number and the last digits of the phone."""
    return _ask_page()


@bp.post("/returns")
def send_link() -> ResponseReturnValue:
    """Answer the same whatever was typed; only the right people get a message."""
    now, number = clock(), typed("number", 60)
    last_four, address = digits_only(typed("last4", 20)), request.remote_addr or ""
    errors: dict[str, Text] = {}
    if not number.strip():
        errors["number"] = T("Enter the receipt number: it is the order number")
    if len(last_four) != LAST_DIGITS:
        errors["last4"] = T("Enter the last four digits of the phone")
    if errors:
        return _ask_page(errors), 422
    write(
        lambda: notifications.send_links(number, last_four, address, now, RETURN_LINK)
    )
    page = ReturnAskPage(
        form=Form(action=url_for("returns.send_link")),
        is_sent=True,
        home_url=url_for("home.show"),
    )
    return render_template("returns/ask.html", page=page)


def _ask_page(errors: dict[str, Text] | None = None) -> str:
    frame.head(place="orders")
    wrong = errors or {}
    number = Field(
        name="number",
        label=T("Receipt number"),
        value=typed("number", 60),
        hint=T(
            "The ten digits of the order: on its page, in every message, on the slip"
        ),
        error=wrong.get("number", ""),
        inputmode="numeric",
        ltr=True,
        short=True,
    )
    digits = Field(
        name="last4",
        label=T("Last four digits of the phone"),
        value=typed("last4", 20),
        error=wrong.get("last4", ""),
        inputmode="numeric",
        ltr=True,
        short=True,
    )
    page = ReturnAskPage(
        form=Form(action=url_for("returns.send_link"), fields=(number, digits)),
        home_url=url_for("home.show"),
        policy=_policy(),
    )
    return render_template("returns/ask.html", page=page)


def _policy() -> Link:
    return Link(url_for("help.policy", slug="returns"), T("Returns and refunds"))


@bp.get("/orders/<token>/return")
def form(token: str) -> ResponseReturnValue:
    """Show what can be given back, until when, and at whose cost."""
    return _form_page(order_of(token), token)


@bp.post("/orders/<token>/return")
def submit(token: str) -> ResponseReturnValue:
    """Open a request, once; what does not fit is said, and what was typed is kept."""
    order, now = order_of(token), clock()
    errors: dict[str, Text] = {}
    wish = _wish(order, errors)
    if wish is None:
        return _form_page(order, token, errors), 422
    try:
        request_, is_new = write(lambda: returns.request_return(order, wish, now))
    except ShopError as refusal:
        return _form_page(order_of(token), token, {}, say(refusal)), 409
    if is_new:
        frame.note(T("We have your request and answer it here and by message."))
    else:
        frame.note(T("We have this request already."), "warn", "info")
    where = url_for("orders.show", token=token, _anchor=f"return-{request_.id}")
    return redirect(where, 303)


def _wish(order: Order, errors: dict[str, Text]) -> Wish | None:
    words = typed("words", 1000).strip()
    pieces = {line.id: typed_int(f"pieces_{line.id}") for line in order.lines}
    try:
        reason = ReturnReason(typed("reason", 20))
    except ValueError:
        errors["reason"] = T("Choose a reason")
        return None
    if reason in _SAID and not words:
        errors["words"] = say(ReasonMissing())
        return None
    return Wish(pieces, reason, words, typed("key", 64) or new_form_key())


def _form_page(
    order: Order,
    token: str,
    errors: dict[str, Text] | None = None,
    refusal: Words = "",
) -> str:
    frame.head(place="orders")
    wrong, here = errors or {}, url_for("orders.show", token=token)
    try:
        offered = returns.offer(order, clock())
    except NotReturnable as why:
        return _closed(order, here, say(why))
    if not offered.is_open:
        return _closed(order, here, _why_closed(offered))
    page = ReturnPage(
        number=order.number,
        title=_title(offered),
        order_url=here,
        form=Form(
            action=url_for("returns.submit", token=token),
            fields=(
                FieldGroup(
                    legend=T("What, and how many pieces?"),
                    fields=_pieces(order, offered),
                ),
            ),
            hidden={"key": new_form_key()},
            refusal=refusal,
        ),
        reasons=_reasons(offered, wrong.get("reason", "")),
        more=(_words(wrong.get("words", "")),),
        terms=_terms(offered.window),
        checklist=CHECKLIST if offered.window else (),
        policy=_policy(),
    )
    return render_template("returns/form.html", page=page)


def _title(offered: Offer) -> Text:
    if offered.window is None:
        return T("Ask for your money back")
    return T("Return something")


def _closed(order: Order, here: str, why: Text) -> str:
    page = ReturnPage(
        number=order.number,
        title=T("Return something"),
        order_url=here,
        closed=why,
        contacts=frame.contacts(),
        policy=_policy(),
    )
    return render_template("returns/form.html", page=page)


def _why_closed(offered: Offer) -> Text:
    if offered.window is not None and not offered.reasons:
        return T(
            "The last day to return something was {day}. If something is wrong with "
            "it, please contact us: we look at every case.",
            day=offered.window.quality_on,
        )
    return T("Everything in this order has been refunded or asked for already.")


def _terms(window: Window | None) -> tuple[Pair, ...]:
    if window is None:
        return ()
    if window.last_on == window.quality_on:
        return (Pair(T("Last day"), window.last_on),)
    return (
        Pair(T("Last day without a fault"), window.last_on),
        Pair(T("Last day if it is faulty or wrong"), window.quality_on),
    )


def _reasons(offered: Offer, error: Words) -> Choices:
    """Return the reasons that count today, each with its last day and its payer."""
    chosen = typed("reason", 20)
    return Choices(
        name="reason",
        legend=T("Why?"),
        error=error,
        choices=tuple(
            Choice(
                value=one,
                name=REASONS[one],
                line=_hint(offered.window, one),
                selected=one == chosen,
            )
            for one in offered.reasons
        ),
    )


def _words(error: Words) -> Field:
    return Field(
        name="words",
        label=T("Tell us more"),
        kind="textarea",
        value=typed("words", 1000),
        hint=T("What is wrong with it, what you expected"),
        error=error,
        optional=True,
        rows=4,
    )


def _hint(window: Window | None, reason: ReturnReason) -> Words:
    if window is None:
        return ""
    if window.payer(reason) == "shop":
        return T("Until {day}; we pay the freight", day=window.until(reason))
    return T("Until {day}; you pay the freight", day=window.until(reason))


def _pieces(order: Order, offered: Offer) -> tuple[Field, ...]:
    options = {line.id: line.options for line in order.lines}
    made = []
    for line_id, (title, left) in offered.left.items():
        if not left:
            continue
        name = f"pieces_{line_id}"
        wanted = min(max(typed_int(name), 0), left)
        made.append(
            Field(
                name=name,
                label=f"{title} ({options[line_id]})" if options[line_id] else title,
                kind="select",
                hint=TN("{count} piece", "{count} pieces", left),
                options=tuple(
                    Option(str(n), formats.number(n), selected=n == wanted)
                    for n in range(left + 1)
                ),
                short=True,
            )
        )
    return tuple(made)
