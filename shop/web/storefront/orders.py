"""One order behind its secret link: follow it, change it while unpaid, cancel it."""

from collections.abc import Mapping, Sequence

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from shop.cart import service as carts
from shop.cart.rules import CartFull, NotForSale, TooFewLeft
from shop.db import transaction, write
from shop.fulfilment import service as fulfilment
from shop.i18n.digits import digits_only
from shop.i18n.languages import languages
from shop.i18n.text import L, Ltr, T, Text
from shop.kernel.errors import ShopError
from shop.kernel.money import Money
from shop.markets import service as market_service
from shop.markets.address import Address
from shop.markets.methods import Offered, Refused, methods
from shop.markets.refusals import MethodRefused
from shop.markets.registry import market
from shop.notifications import service as notifications
from shop.notifications.rules import Channel
from shop.orders import cancel, edit
from shop.orders.ledger import Standing, standing
from shop.orders.models import MoneyRow, Order
from shop.orders.states import EventKind, MoneyKind, OrderState
from shop.payments import collect, rules, transfer
from shop.payments import settings as payment_settings
from shop.payments.models import TransferReceipt
from shop.policies import service as policies
from shop.returns import giving
from shop.returns import service as returns
from shop.returns.rules import NotReturnable
from shop.shipping import service as points
from shop.web import amounts, choices, frame, timeline
from shop.web import returns as return_words
from shop.web.address_form import fields, typed_address
from shop.web.current import clock, language
from shop.web.messages import say
from shop.web.pages.checkout import Block
from shop.web.pages.orders import (
    Action,
    CancelPage,
    EditAddressPage,
    EditPaymentPage,
    LookupPage,
    OrderPage,
    SentMessage,
    Shipment,
    ToPay,
)
from shop.web.pages.parts import Choices, Field, Form, Link, Note, Pair, Words
from shop.web.paying import allow_payment_hosts, method_name, open_payment
from shop.web.storefront.guest import order_of
from shop.web.storefront.lines import order_lines
from shop.web.visit import browser, cart_or_new, typed
from shop.web.words import address_words, phone_words

bp = Blueprint("orders", __name__, url_prefix="/<lang:lang>/orders")
#: Digits of the phone that the look-up asks for, besides the number.
LAST_DIGITS = 4


@bp.get("/")
def lookup() -> ResponseReturnValue:
    """Offer to send the secret link to the phone or e-mail of an order."""
    return _lookup_page()


@bp.post("/")
def send_links() -> ResponseReturnValue:
    """Answer the same whatever was typed; only the right people get a message."""
    now, number = clock(), typed("number", 60)
    last_four, address = digits_only(typed("last4", 20)), request.remote_addr or ""
    if not number.strip() or len(last_four) != LAST_DIGITS:
        return _lookup_page(is_wrong=True), 422
    write(lambda: notifications.send_links(number, last_four, address, now))
    page = LookupPage(
        form=Form(action=url_for("orders.send_links")),
        is_sent=True,
        home_url=url_for("home.show"),
    )
    return render_template("orders/lookup.html", page=page)


@bp.get("/<token>")
def show(token: str) -> ResponseReturnValue:
    """Show the order: what it wants, what was promised, what happened."""
    order = order_of(token)
    frame.head(place="orders")
    return render_template("orders/order.html", page=_order_page(order, token))


@bp.get("/<token>/address")
def edit_address(token: str) -> ResponseReturnValue:
    """Ask for another address, while the order is unpaid (S53)."""
    order = order_of(token)
    if not edit.is_editable(order):
        raise edit.NotEditable(order.number)
    return _address_page(order, token, _typed_before(order), {})


@bp.post("/<token>/address")
def save_address(token: str) -> ResponseReturnValue:
    """Send the unpaid order elsewhere; freight and methods are computed again."""
    order, now = order_of(token), clock()
    place = market(order.market)
    numbers = market_service.parameters(place)
    given = typed_address(place)
    if "step" in request.form:
        return _address_page(order, token, given, {})
    checked = place.address.check(given, numbers.uncovered_regions)
    if not checked.is_right:
        return _address_page(order, token, given, checked.problems), 422
    collect.give_up(order.id, now)
    reach = payment_settings.reach(place, now)
    before = order.total
    try:
        write(lambda: edit.change_address(order, checked.address, reach, now))
    except ShopError as refusal:
        return _address_page(order, token, given, {}, say(refusal)), 409
    _say_changed(order_of(token), before)
    return redirect(url_for("orders.show", token=token), 303)


@bp.get("/<token>/payment-method")
def edit_payment(token: str) -> ResponseReturnValue:
    """Show every way to pay this order now, the refused ones with why."""
    order = order_of(token)
    if not edit.is_editable(order):
        raise edit.NotEditable(order.number)
    return _payment_page(order, token)


@bp.post("/<token>/payment-method")
def save_payment(token: str) -> ResponseReturnValue:
    """Take another method and begin it at once."""
    order, now = order_of(token), clock()
    wanted, option = typed("method", 40), typed("option", 40)
    if not wanted:
        return _payment_page(order, token, T("Choose how you want to pay")), 422
    collect.give_up(order.id, now)
    reach = payment_settings.reach(market(order.market), now)
    facts = edit.facts_of(order, reach, browser())
    try:
        write(lambda: edit.change_method(order, wanted, option, facts, now))
    except MethodRefused as refusal:
        return _payment_page(order, token, say(refusal)), 409
    return open_payment(order_of(token))


@bp.get("/<token>/cancel")
def ask_cancel(token: str) -> ResponseReturnValue:
    """Ask once whether the order should be cancelled."""
    return _cancel_page(order_of(token), token)


@bp.post("/<token>/cancel")
def do_cancel(token: str) -> ResponseReturnValue:
    """Cancel an unpaid order; open payments are closed at their provider first."""
    order, now = order_of(token), clock()
    reason = typed("reason", 200).strip()
    collect.give_up(order.id, now)
    try:
        write(lambda: cancel.cancel(order, "buyer", reason, now))
    except ShopError as refusal:
        return _cancel_page(order, token, say(refusal)), 409
    frame.note(T("Your order is cancelled. Nothing is due."))
    return redirect(url_for("orders.show", token=token), 303)


@bp.post("/<token>/again")
def again(token: str) -> ResponseReturnValue:
    """Put what an order had into the cart again, as far as it can be bought now."""
    order, now = order_of(token), clock()
    left_out = []
    with transaction():
        cart = cart_or_new(now)
        for line in order.lines:
            try:
                carts.add(cart, line.variant_id, line.quantity, now)
            except (NotForSale, TooFewLeft, CartFull):
                left_out.append(line.title)
    for title in left_out:
        note = T("{product} could not be put into the cart again", product=title)
        frame.note(note, "warn", "info")
    return redirect(url_for("cart.show"), 303)


def _order_page(order: Order, token: str) -> OrderPage:
    where = standing(order)
    receipts = transfer.receipts_of(order.id)
    checking = any(one.state in rules.RECEIPT_OPEN for one in receipts)
    return OrderPage(
        number=order.number,
        placed_at=order.placed_at,
        badge=timeline.badge(order, is_paid=where.is_paid, is_checking=checking),
        shipments=_shipments(order),
        lines=order_lines(order, giving.given_back(order.id)),
        breakdown=amounts.of_order(order),
        address=_address_block(order),
        delivery=_delivery_block(order),
        events=timeline.events(order, order.events),
        to_pay=None if checking else _to_pay(order, token),
        notes=_notes(order, where),
        dues=timeline.dues(order.promises, clock()),
        payment=(*_payment_pairs(order), *_receipt_pairs(receipts, token)),
        messages=_messages(order),
        returns=return_words.boxes(order, returns.requests_of(order.id)),
        actions=_actions(order, token),
        terms=_terms(order),
    )


def _messages(order: Order) -> tuple[SentMessage, ...]:
    """Return the twins of what was sent by SMS and e-mail (S71)."""
    here, known = language().code, languages()
    made = []
    for twin in notifications.twins(order.id):
        other = known.get(twin.language) if twin.language != here else None
        made.append(
            SentMessage(
                sent_at=twin.at,
                channel=CHANNELS[twin.channel],
                text=twin.text,
                subject=twin.subject,
                lang=other.html if other else "",
                direction=other.direction if other else "",
            )
        )
    return tuple(made)


CHANNELS = {
    Channel.SMS: L("SMS"),
    Channel.EMAIL: L("E-mail"),
    Channel.SITE: L("On this page"),
}


def _lookup_page(*, is_wrong: bool = False) -> str:
    frame.head(place="orders")
    number = Field(
        name="number",
        label=T("Order number"),
        value=typed("number", 60),
        hint=T("Ten digits, in every message about the order"),
        error=T("Enter the order number and the last four digits of the phone")
        if is_wrong
        else "",
        inputmode="numeric",
        ltr=True,
        short=True,
    )
    digits = Field(
        name="last4",
        label=T("Last four digits of the phone"),
        value=typed("last4", 20),
        inputmode="numeric",
        ltr=True,
        short=True,
    )
    form = Form(action=url_for("orders.send_links"), fields=(number, digits))
    page = LookupPage(form=form, home_url=url_for("home.show"))
    return render_template("orders/lookup.html", page=page)


def _to_pay(order: Order, token: str) -> ToPay | None:
    where = standing(order)
    if order.state != OrderState.PLACED or where.is_paid or not where.due:
        return None
    if order.method == "cash_by_arrangement":
        return None
    change = Link(
        url_for("orders.edit_payment", token=token), T("Choose another payment method")
    )
    rials = order.currency == "IRR"
    if not order.method:
        return ToPay(
            title=T("How would you like to pay?"),
            line=T("The way you chose before is not offered at the new address."),
            amount=where.due,
            url=change.url,
            button=T("Choose a payment method"),
            in_rials=rials,
        )
    line: Words = T("Payment method: {method}", method=method_name(order))
    if order.pay_by_at is not None:
        line = T("Your order is kept until {time}", time=order.pay_by_at)
    return ToPay(
        title=T("Waiting for your payment"),
        line=line,
        amount=where.due,
        url=url_for("pay.show", token=token),
        button=T("Pay now"),
        other=change,
        in_rials=rials,
    )


def _notes(order: Order, where: Standing) -> tuple[Note, ...]:
    notes = []
    if order.method == "cash_by_arrangement" and order.state == OrderState.PLACED:
        notes.append(Note(T("We call you to arrange the day and hour."), icon="phone"))
    if order.prepaid and order.state in {OrderState.ACCEPTED, OrderState.PACKING}:
        words = T("Paid in advance: your order is delivered before others.")
        notes.append(Note(words, "ok"))
    ended = order.state in {OrderState.EXPIRED, OrderState.CANCELLED}
    if ended and where.captured > where.refunded:
        notes.append(Note(_whose_money(order), "warn"))
    return tuple(notes)


def _whose_money(order: Order) -> Text:
    """Say what becomes of money that is here though its order has ended."""
    if any(event.kind == EventKind.REFUND_REQUESTED for event in order.events):
        return T("Your money is safe; we are sending it back.")
    return T("Your money is safe: we look at it and write to you.")


def _shipments(order: Order) -> tuple[Shipment, ...]:
    if fulfilment.is_pick_up(order):
        return (_collection(order),) if order.collection_code else ()
    made = []
    for parcel in fulfilment.shipments(order):
        carriers = {one.code: one for one in market(order.market).carriers}
        carrier = carriers.get(parcel.carrier)
        made.append(
            Shipment(
                title=T("Parcel"),
                carrier=carrier.name if carrier else parcel.carrier,
                tracking_number=parcel.tracking_number,
                tracking_url=carrier.link(parcel.tracking_number) if carrier else "",
            )
        )
    return tuple(made)


def _collection(order: Order) -> Shipment:
    point = points.find_point(order.pickup_point)
    words = point.text(language().code) if point else None
    return Shipment(
        title=T("Collect in store"),
        collection_code=order.collection_code,
        collection_lines=(words.name, words.address) if words else (),
        map_url=point.map_url if point else "",
    )


def _payment_pairs(order: Order) -> tuple[Pair, ...]:
    pairs = [Pair(T("Payment method"), method_name(order))]
    how = [
        choice.name
        for method in market(order.market).methods
        if method.code == order.method
        for choice in method.choices
        if choice.code == order.method_option
    ]
    pairs += [Pair(T("At the door"), name) for name in how]
    for row in order.money_rows:
        pairs += _money_row(row)
    return tuple(pairs)


def _money_row(row: MoneyRow) -> list[Pair]:
    amount = Money(row.amount_minor, row.currency)
    label = T("Paid") if row.kind == MoneyKind.CAPTURED else T("Given back")
    pairs = [Pair(label, amount), Pair(T("Time"), row.at)]
    if row.provider_ref:
        trace = row.provider_ref
        pairs.insert(1, Pair(T("Trace number"), Ltr(trace), copy=trace))
    return pairs


def _receipt_pairs(receipts: Sequence[TransferReceipt], token: str) -> tuple[Pair, ...]:
    """Return the pictures the buyer sent, for good (S112)."""
    link = Markup('<a href="{}">{}</a>')
    return tuple(
        Pair(
            T("Picture of the receipt"),
            link.format(
                url_for("pay.receipt_file", token=token, name=one.picture),
                T("View the picture"),
            ),
        )
        for one in receipts
        if one.picture
    )


def _actions(order: Order, token: str) -> tuple[Action, ...]:
    """Return what can be done now; what cannot is not shown."""
    made = []
    if edit.is_editable(order):
        made.append(
            Action(
                url=url_for("orders.edit_address", token=token),
                label=T("Change the address"),
                icon="map-pin",
            )
        )
    if _is_cancellable(order):
        made.append(
            Action(
                url=url_for("orders.ask_cancel", token=token),
                label=T("Cancel the order"),
                icon="x",
                line=T("Possible until we send it, while it is unpaid"),
            )
        )
    made += _return_action(order, token)
    made.append(
        Action(
            url=url_for("help.index"),
            label=T("Ask for help"),
            icon="message-circle",
            line=T("Give us the order number; we answer in writing too"),
        )
    )
    return tuple(made)


def _return_action(order: Order, token: str) -> list[Action]:
    """Return the way to the return form, while something can be asked for."""
    try:
        offered = returns.offer(order, clock())
    except NotReturnable:
        return []
    if not offered.is_open:
        return []
    url = url_for("returns.form", token=token)
    if offered.window is None:
        label = T("Ask for your money back")
        line = T("The order is paid and not delivered yet")
    else:
        label = T("Return something")
        last = max(offered.window.until(one) for one in offered.reasons)
        line = T("Possible until {day}", day=last)
    return [Action(url=url, label=label, icon="rotate-ccw", line=line)]


def _is_cancellable(order: Order) -> bool:
    ends = {OrderState.PLACED, OrderState.ACCEPTED, OrderState.PACKING}
    return order.state in ends and not standing(order).captured


def _terms(order: Order) -> Link | None:
    for one in order.agreements:
        text = policies.accepted(one.text_hash)
        if text is not None:
            where = url_for("help.policy", slug=one.kind, text=one.text_hash)
            return Link(where, T("Terms you accepted: {title}", title=text.title))
    return None


def _address_block(order: Order) -> Block:
    place = market(order.market)
    lines = address_words(place, Address.from_json(order.address))
    phone = phone_words(place, order.phone)
    return Block(T("Deliver to"), (*lines, phone))


def _delivery_block(order: Order) -> Block:
    name = amounts.delivery_name(order.market, {"method": order.delivery})
    return Block(T("Delivery"), (name,))


def _typed_before(order: Order) -> Mapping[str, str]:
    stored = Address.from_json(order.address)
    place = market(order.market)
    return {
        "name": stored.name,
        "phone": place.show_phone(stored.phone),
        "email": stored.email,
        "city": stored.city,
        "district": stored.district,
        "country": stored.province,
        "town": stored.city_name,
        "state": stored.district_name,
        "street": stored.street,
        "postcode": stored.postcode,
    }


def _address_page(
    order: Order,
    token: str,
    values: Mapping[str, str],
    problems: Mapping[str, ShopError],
    refusal: Words = "",
) -> str:
    form = Form(
        action=url_for("orders.save_address", token=token),
        fields=fields(market(order.market), values, problems),
        refusal=refusal,
    )
    page = EditAddressPage(
        number=order.number,
        form=form,
        order_url=url_for("orders.show", token=token),
        notes=(Note(T("Delivery and total are computed again.")),),
    )
    return render_template("orders/address.html", page=page)


def _payment_page(order: Order, token: str, error: Words = "") -> str:
    now = clock()
    place = market(order.market)
    reach = payment_settings.reach(place, now)
    facts = edit.facts_of(order, reach, browser())
    answers: Sequence[Offered | Refused] = methods(
        place, facts, market_service.parameters(place)
    )
    for one in answers:
        if isinstance(one, Offered) and one.method.is_online:
            allow_payment_hosts(order.market, one.method.code)
    cards: Choices = choices.payment_cards(
        answers, order.method, order.method_option, error
    )
    page = EditPaymentPage(
        number=order.number,
        form=Form(action=url_for("orders.save_payment", token=token)),
        methods=cards,
        order_url=url_for("orders.show", token=token),
        amount=order.total,
    )
    return render_template("orders/payment.html", page=page)


def _cancel_page(order: Order, token: str, refusal: Words = "") -> str:
    reason = Field(
        name="reason",
        label=T("Why? It helps us"),
        value=typed("reason", 200),
        optional=True,
    )
    form = Form(
        action=url_for("orders.do_cancel", token=token),
        fields=(reason,),
        refusal=refusal,
    )
    page = CancelPage(
        number=order.number,
        form=form,
        order_url=url_for("orders.show", token=token),
        line=T("Nothing was paid, so nothing has to be given back."),
        lines=order_lines(order),
    )
    return render_template("orders/cancel.html", page=page)


def _say_changed(order: Order, before: Money) -> None:
    words: Text = T("The address is changed.")
    if order.total != before:
        words = T(
            "The address is changed. The total is now {total}, it was {before}.",
            total=order.total,
            before=before,
        )
    frame.note(words)
