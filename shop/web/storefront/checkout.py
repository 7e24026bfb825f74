"""From cart to order: address, delivery, payment, check, place. One thing a page."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import IntegrityError

from shop.accounts import throttle
from shop.accounts.rules import ORDERS_BY_IP
from shop.cart import draft as drafts
from shop.cart import service as carts
from shop.cart.draft import Draft
from shop.cart.models import Cart
from shop.cart.rules import CartEmpty
from shop.db import transaction, write
from shop.i18n.text import T, Text
from shop.kernel.crash import crash
from shop.kernel.errors import ShopError
from shop.kernel.instalments import per_period
from shop.kernel.money import Money
from shop.markets.methods import Reach, Refused, methods
from shop.markets.refusals import MethodRefused
from shop.orders import find, place
from shop.orders.models import Order
from shop.orders.place import NotTicked, OrderChanged, Plan, StepMissing, Wish
from shop.payments import settings as payment_settings
from shop.policies import service as policies
from shop.policies.service import Policy
from shop.shipping import rules as shipping
from shop.shipping import service as points
from shop.shipping.rules import PICK_UP, Quote, ShippingRefused
from shop.web import amounts, choices, frame
from shop.web.address_form import fields, typed_address
from shop.web.current import clock, current_market, language, secret_key
from shop.web.messages import say
from shop.web.pages.checkout import (
    AddressPage,
    Block,
    DeliveryPage,
    PaymentPage,
    ReviewPage,
    Step,
    Terms,
)
from shop.web.pages.parts import Form, Note, Summary, Words
from shop.web.paying import allow_payment_hosts, open_payment
from shop.web.storefront.lines import cart_lines
from shop.web.visit import browser, find_cart, new_form_key, typed
from shop.web.words import address_words, phone_words

bp = Blueprint("checkout", __name__, url_prefix="/<lang:lang>/checkout")
#: The texts a buyer accepts with an order (S24).
AGREED = ("terms",)


@bp.get("")
def start() -> ResponseReturnValue:
    """Go to the first question that is not answered yet."""
    plan = _plan(clock())
    if plan is None:
        return redirect(url_for("cart.show"), 303)
    return redirect(url_for(f"checkout.{_next(plan)}"), 303)


@bp.get("/address")
def address() -> ResponseReturnValue:
    """Ask who it is for and where it goes."""
    plan = _plan(clock())
    if plan is None:
        return redirect(url_for("cart.show"), 303)
    return _address_page(plan, plan.draft.typed, {})


@bp.post("/address")
def save_address() -> ResponseReturnValue:
    """Read the address; keep what was typed, also when it is not right yet."""
    now = clock()
    market = current_market()
    given = typed_address(market)
    cart = find_cart()
    plan = _plan(now, cart)
    if cart is None or plan is None:
        return redirect(url_for("cart.show"), 303)
    checked = market.address.check(given, plan.parameters.uncovered_regions)
    only_places = "step" in request.form
    stored = checked.address.to_json() if checked.is_right else {}
    answer = plan.draft.changed(typed=given, address=stored)
    if checked.is_right and not answer.delivery:
        answer = answer.changed(delivery=_usual(plan, checked.address.place))
    with transaction():
        _keep(cart, answer, now)
    if only_places:
        return _address_page(plan, given, {})
    if not checked.is_right:
        return _address_page(plan, given, checked.problems), 422
    return redirect(url_for("checkout.delivery"), 303)


@bp.get("/delivery")
def delivery() -> ResponseReturnValue:
    """Ask how it should be sent, or where it is collected."""
    plan = _plan(clock())
    if plan is None or not plan.address.place:
        return redirect(url_for("checkout.start"), 303)
    return _delivery_page(plan, clock())


@bp.post("/delivery")
def save_delivery() -> ResponseReturnValue:
    """Keep the way to send, if it is offered at this moment."""
    now = clock()
    cart = find_cart()
    plan = _plan(now, cart)
    if cart is None or plan is None:
        return redirect(url_for("cart.show"), 303)
    wanted, point = typed("method", 40), typed("point", 80)
    if wanted == PICK_UP.code and not point:
        return _delivery_page(plan, now, wanted, point_error=T("Choose a store")), 422
    if not wanted:
        error = T("Choose how it should be sent")
        return _delivery_page(plan, now, wanted, error), 422
    try:
        if wanted == PICK_UP.code:
            points.get_point(plan.market.code, point)
        else:
            market, place_code = plan.market, plan.address.place
            shipping.choose(market, place_code, plan.parcel, wanted, plan.parameters)
    except ShopError as refusal:
        return _delivery_page(plan, now, wanted, say(refusal)), 409
    answer = plan.draft.changed(
        delivery=wanted, point=point if wanted == PICK_UP.code else ""
    )
    with transaction():
        _keep(cart, answer, now)
    return redirect(url_for("checkout.payment"), 303)


@bp.get("/payment")
def payment() -> ResponseReturnValue:
    """Ask how it is paid; every method of the market, the refused ones with why."""
    plan = _plan(clock())
    if plan is None or plan.quote is None:
        return redirect(url_for("checkout.start"), 303)
    return _payment_page(plan)


@bp.post("/payment")
def save_payment() -> ResponseReturnValue:
    """Keep the method, if it is offered at this moment."""
    now = clock()
    cart = find_cart()
    plan = _plan(now, cart)
    if cart is None or plan is None:
        return redirect(url_for("cart.show"), 303)
    wanted, option = typed("method", 40), typed("option", 40)
    if not wanted:
        return _payment_page(plan, wanted, option, T("Choose how you want to pay")), 422
    try:
        place.choose_method(plan, wanted, option)
    except MethodRefused as refusal:
        return _payment_page(plan, wanted, option, say(refusal)), 409
    with transaction():
        _keep(cart, plan.draft.changed(method=wanted, option=option), now)
    return redirect(url_for("checkout.review"), 303)


@bp.get("/review")
def review() -> ResponseReturnValue:
    """Show everything once more, with the terms to tick."""
    plan = _plan(clock())
    if plan is None:
        return redirect(url_for("cart.show"), 303)
    step = _next(plan)
    if step != "review":
        return redirect(url_for(f"checkout.{step}"), 303)
    return _review_page(plan, new_form_key())


@bp.post("/review")
def submit() -> ResponseReturnValue:
    """Place the order: once for this form, whatever is clicked or sent again."""
    now = clock()
    key = typed("form_key", 80)
    if placed := _placed_by(key):
        return placed
    cart = find_cart()
    plan = _plan(now, cart)
    if cart is None or plan is None:  # perhaps another click has just placed it
        return _placed_by(key) or redirect(url_for("cart.show"), 303)
    token = cart.token  # the row may be gone before it is our turn to write
    _count_try(now)
    try:
        texts = _ticked(plan, now)
        order = _place(token, _wish(plan, key, texts), texts, plan.reach, now)
    except ShopError as refusal:  # also of a copy that came second to its own order
        return _placed_by(key) or _not_placed(refusal, key)
    crash("C4")
    return open_payment(order)


def _placed_by(key: str) -> ResponseReturnValue | None:
    """Lead to the order a form has placed, if it has placed one."""
    order = place.order_of_form(key) if key else None
    if order is None:
        return None
    token = find.token(secret_key(), order)
    return redirect(url_for("pay.show", token=token), 303)


def _place(
    cart_token: str,
    wish: Wish,
    texts: Sequence[Policy],
    reach: Mapping[str, Reach],
    now: datetime,
) -> Order:
    """Place in one transaction; two copies of one form at once are one order."""

    def do() -> Order:
        fresh = carts.find(cart_token)
        if fresh is None:
            raise CartEmpty
        plan = place.plan(fresh, current_market(), reach, wish.browser, now)
        order = place.place(fresh, plan, wish, now)
        for text in texts:
            policies.remember(text)
        return order

    try:
        return write(do)
    except (IntegrityError, CartEmpty):
        first = place.order_of_form(wish.idem_key)
        if first is None:
            raise
        return first


def _ticked(plan: Plan, now: datetime) -> list[Policy]:
    """Return the texts that were ticked as they read now; all, or none.

    The tick holds the hash of what was read: words or numbers that changed
    while somebody read them must be read and ticked again.
    """
    texts = _agreed(plan, now)
    return texts if all(typed(one.kind, 80) == one.text_hash for one in texts) else []


def _agreed(plan: Plan, now: datetime) -> list[Policy]:
    """Return what a buyer accepts with an order, as it reads now."""
    market, lang, today = plan.market.code, language().code, plan.market.today(now)
    found = [policies.current(kind, market, lang, today) for kind in AGREED]
    return [one for one in found if one is not None]


def _wish(plan: Plan, key: str, texts: Sequence[Policy]) -> Wish:
    ticked = [
        place.Ticked(one.kind, one.version, one.text_hash, one.language)
        for one in texts
    ]
    seen = Money(_seen_minor(), plan.market.currency)
    return Wish(key or new_form_key(), seen, ticked, language().code, browser())


def _seen_minor() -> int:
    text = typed("seen", 20)
    return int(text) if text.isascii() and text.isdigit() else -1


def _not_placed(refusal: ShopError, key: str) -> ResponseReturnValue:
    """Show the page where the refusal can be mended; nothing was placed or lost."""
    plan = _plan(clock())
    if plan is None:
        return redirect(url_for("cart.show"), 303)
    if isinstance(refusal, StepMissing):
        return redirect(url_for(f"checkout.{refusal.step}"), 303)
    if isinstance(refusal, NotTicked):
        return _review_page(plan, key or new_form_key(), wrong=refusal), 422
    if isinstance(refusal, MethodRefused):
        return _payment_page(plan, plan.draft.method, "", say(refusal)), 409
    if isinstance(refusal, ShippingRefused):
        return _delivery_page(plan, clock(), "", say(refusal)), 409
    if not plan.view.is_orderable:
        frame.note(say(refusal), "warn", "info")
        return redirect(url_for("cart.show"), 303)
    fresh = new_form_key() if isinstance(refusal, OrderChanged) else key
    return _review_page(plan, fresh or new_form_key(), refusal), 409


def _count_try(now: datetime) -> None:
    address = request.remote_addr or ""
    write(lambda: throttle.count(f"order:{address}", ORDERS_BY_IP, now))


def _plan(now: datetime, found: Cart | None = None) -> Plan | None:
    """Judge the visitor's cart now; None if there is nothing in it."""
    cart = found or find_cart()
    if cart is None or not cart.lines:
        return None
    market = current_market()
    reach = payment_settings.reach(market, now)
    return place.plan(cart, market, reach, browser(), now)


def _keep(cart: Cart, draft: Draft, now: datetime) -> None:
    fresh = carts.find(cart.token)
    if fresh is not None:
        drafts.save(fresh, draft, now)


def _next(plan: Plan) -> str:
    if not plan.address.place:
        return "address"
    if plan.quote is None:
        return "delivery"
    try:
        place.choose_method(plan, plan.draft.method, plan.draft.option)
    except MethodRefused:
        return "payment"
    return "review"


def _address_page(
    plan: Plan, values: Mapping[str, str], problems: Mapping[str, ShopError]
) -> str:
    frame.head(bare=True, place="cart")
    form = Form(
        action=url_for("checkout.save_address"),
        fields=fields(plan.market, values, problems),
    )
    page = AddressPage(
        steps=_steps("address"),
        form=form,
        summary=_summary(plan),
        back_url=url_for("cart.show"),
    )
    return render_template("checkout/address.html", page=page)


def _delivery_page(
    plan: Plan,
    now: datetime,
    wanted: str = "",
    error: Words = "",
    point_error: Words = "",
) -> str:
    frame.head(bare=True, place="cart")
    market, numbers = plan.market, plan.parameters
    answers = shipping.quotes(market, plan.address.place, plan.parcel, numbers)
    where = points.points(market.code, plan.address.city)
    quotes = [one for one in answers if isinstance(one, Quote)]
    quotes.append(shipping.pick_up_quote(market))
    when = {
        one.method.code: choices.arrival(market, one, plan.parcel, now, numbers)
        for one in quotes
    }
    chosen = wanted or plan.draft.delivery or _first(quotes)
    page = DeliveryPage(
        steps=_steps("delivery"),
        form=Form(action=url_for("checkout.save_delivery")),
        methods=choices.delivery_cards(
            market, answers, where, chosen, when, error=error
        ),
        points=choices.point_cards(market, where, plan.draft.point, now, point_error)
        if where
        else None,
        address=_address_block(plan),
        summary=_summary(plan),
        back_url=url_for("checkout.address"),
    )
    return render_template("checkout/delivery.html", page=page)


def _usual(plan: Plan, where: str) -> str:
    """Return the first way to send that is offered there; the buyer may change it."""
    answers = shipping.quotes(plan.market, where, plan.parcel, plan.parameters)
    return _first([one for one in answers if isinstance(one, Quote)])


def _first(quotes: list[Quote]) -> str:
    return quotes[0].method.code if quotes else ""


def _payment_page(
    plan: Plan, wanted: str = "", option: str = "", error: Words = ""
) -> str:
    frame.head(bare=True, place="cart")
    answers = methods(plan.market, plan.facts, plan.parameters)
    offered = [one.method.code for one in answers if not isinstance(one, Refused)]
    chosen = wanted or plan.draft.method
    if chosen not in offered:
        chosen = offered[0] if len(offered) == 1 else ""
    notes = () if offered else (_nothing_offered(),)
    page = PaymentPage(
        steps=_steps("payment"),
        form=Form(action=url_for("checkout.save_payment")),
        methods=choices.payment_cards(
            answers, chosen, option or plan.draft.option, error
        ),
        blocks=(_address_block(plan), _delivery_block(plan)),
        summary=_summary(plan),
        back_url=url_for("checkout.delivery"),
        notes=notes,
    )
    return render_template("checkout/payment.html", page=page)


def _nothing_offered() -> Note:
    return Note(
        T("None of our ways to pay fits this order yet. Please read why below."),
        "warn",
    )


def _review_page(
    plan: Plan,
    key: str,
    refusal: ShopError | None = None,
    wrong: ShopError | None = None,
) -> str:
    frame.head(bare=True, place="cart")
    allow_payment_hosts(plan.market.code, plan.draft.method)
    now = clock()
    form = Form(
        action=url_for("checkout.submit"),
        hidden={"form_key": key, "seen": str(plan.total.minor)},
        refusal=say(refusal) if refusal else "",
    )
    page = ReviewPage(
        steps=_steps("review"),
        form=form,
        blocks=(_address_block(plan), _delivery_block(plan), _payment_block(plan)),
        summary=_summary(plan),
        terms=_terms(plan, now, wrong),
        submit=_submit_words(plan),
        back_url=url_for("checkout.payment"),
    )
    return render_template("checkout/review.html", page=page)


def _submit_words(plan: Plan) -> Text:
    chosen = next(x for x in plan.market.methods if x.code == plan.draft.method)
    if chosen.is_online:
        return T("Place order and pay")
    return T("Place order")


def _terms(plan: Plan, now: datetime, wrong: ShopError | None) -> tuple[Terms, ...]:
    return tuple(
        Terms(
            name=text.kind,
            value=text.text_hash,
            url=url_for("help.policy", slug=text.kind),
            title=text.title,
            error=say(wrong) if wrong else "",
        )
        for text in _agreed(plan, now)
    )


def _steps(now: str) -> tuple[Step, ...]:
    steps: list[tuple[str, Text]] = [
        ("address", TITLES["address"]()),
        ("delivery", TITLES["delivery"]()),
        ("payment", TITLES["payment"]()),
        ("review", TITLES["review"]()),
    ]
    at = [name for name, _ in steps].index(now)
    return tuple(
        Step(
            label,
            url_for(f"checkout.{name}") if place_ < at else "",
            is_done=place_ < at,
            is_now=place_ == at,
        )
        for place_, (name, label) in enumerate(steps)
    )


TITLES = {
    "address": lambda: T("Address"),
    "delivery": lambda: T("Delivery"),
    "payment": lambda: T("Payment"),
    "review": lambda: T("Check and place"),
}


def _summary(plan: Plan) -> Summary:
    rows = amounts.of_rows(plan.breakdown, plan.market.code)
    return Summary(lines=cart_lines(plan.view), breakdown=rows)


def _address_block(plan: Plan) -> Block:
    lines = address_words(plan.market, plan.address)
    phone = phone_words(plan.market, plan.address.phone)
    return Block(T("Deliver to"), (*lines, phone), edit_url=url_for("checkout.address"))


def _delivery_block(plan: Plan) -> Block:
    edit = url_for("checkout.delivery")
    if plan.quote is None:
        return Block(T("Delivery"), (), edit)
    when = choices.arrival(
        plan.market, plan.quote, plan.parcel, clock(), plan.parameters
    )
    lines: tuple[Words, ...] = (plan.quote.method.name, when)
    if plan.point is not None:
        words = plan.point.text(language().code)
        lines = (plan.quote.method.name, words.name, words.address, when)
    elif plan.quote.notice is not None:
        lines = (*lines, plan.quote.notice)
    return Block(T("Delivery"), lines, edit)


def _payment_block(plan: Plan) -> Block:
    chosen = next(x for x in plan.market.methods if x.code == plan.draft.method)
    how = [x.name for x in chosen.choices if x.code == plan.draft.option]
    return Block(
        T("Payment"),
        (chosen.name, *how, *_each_payment(plan)),
        edit_url=url_for("checkout.payment"),
    )


def _each_payment(plan: Plan) -> tuple[Text, ...]:
    """Say what each of several payments comes to, before anything is ordered (S5)."""
    if plan.draft.method != "huabei":
        return ()
    row = per_period(plan.total, int(plan.draft.option))
    if row.last == row.each:
        return (T("{count} payments of {amount}", count=row.periods, amount=row.each),)
    return (
        T(
            "{count} payments of {amount}, the last {last}",
            count=row.periods,
            amount=row.each,
            last=row.last,
        ),
    )
