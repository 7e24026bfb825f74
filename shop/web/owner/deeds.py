"""The deeds of an order: each is one transaction with its row of the log.

A second click, also somebody else's at the same moment, finds the order moved
on: nothing happens twice, and a note says so.
"""

from datetime import datetime, time, timedelta
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from shop.accounts import service as accounts
from shop.db import db, write
from shop.fulfilment import service as fulfilment
from shop.fulfilment.service import CarrierMissing, NotPaidYet, WrongCollectionCode
from shop.i18n.digits import digits_only, to_ascii
from shop.i18n.text import T, Text
from shop.kernel.errors import ShopError
from shop.kernel.flow import IllegalMove
from shop.markets.registry import market
from shop.notifications import service as notifications
from shop.orders import events, find, ledger
from shop.orders import hold as holding
from shop.orders.models import Order
from shop.orders.states import EventKind
from shop.payments import collect, refunds, review, rules, settings, transfer
from shop.payments.models import PaymentAttempt, TransferReceipt
from shop.payments.provider import ProviderError
from shop.payments.rows import attempts_of
from shop.payments.rules import NotPayable
from shop.web import frame
from shop.web.current import clock
from shop.web.messages import say
from shop.web.owner.desk import (
    act,
    bp,
    note_refusal,
    order_or_404,
    perform,
    subject,
    the_staff,
    who,
)
from shop.web.owner.money_words import provider_name
from shop.web.owner.order_page import ARRANGE_DAYS, Wrong, order_page
from shop.web.paying import payer, urls_for
from shop.web.visit import or_404, typed, typed_int


@bp.post("/orders/<number>/reveal")
def reveal(number: str) -> ResponseReturnValue:
    """Show phone and address to this person for a while; the log says who looked."""
    order = order_or_404(number)
    _log(order, "order.revealed")
    return redirect(url_for("owner.order", number=number, _anchor="customer"), 303)


@bp.post("/orders/<number>/slip")
def open_slip(number: str) -> ResponseReturnValue:
    """Open the packing slip: it shows the whole address, so the log says who looked."""
    order = order_or_404(number)
    _log(order, "order.slip")
    return redirect(url_for("owner.slip", number=number), 303)


def _log(order: Order, action: str, **after: Any) -> None:
    now, staff = clock(), the_staff()
    write(lambda: accounts.log(staff, action, subject(order), now, after=after))


@bp.post("/orders/<number>/arrange")
def arrange(number: str) -> ResponseReturnValue:
    """Fix day and hour of a cash purchase in person."""
    order, now = order_or_404(number), clock()
    errors: dict[str, Text] = {}
    at = _moment(order, now, errors)
    if at is None:
        return order_page(order, Wrong("arrange", errors)), 422
    actor = who()

    def work() -> dict[str, Any]:
        fulfilment.arrange(order, at, actor, now)
        return {"at": at.isoformat(timespec="minutes")}

    done = T("Arranged for {moment}. The customer is told.", moment=at)
    return act(order, "order.arranged", work, done)


def _moment(order: Order, now: datetime, errors: dict[str, Text]) -> datetime | None:
    """Read day and hour in the market's zone, any digits; say what is wrong."""
    place = market(order.market)
    days = [place.today(now) + timedelta(days=step) for step in range(ARRANGE_DAYS)]
    day = next((x for x in days if x.isoformat() == typed("day", 20)), None)
    if day is None:
        errors["day"] = T("Choose a day")
    hour = read_time(typed("hour", 20))
    if hour is None:
        errors["hour"] = T("Enter an hour, like 14:30")
    if day is None or hour is None:
        return None
    at = place.moment(day, hour)
    if at <= now:
        errors["hour"] = T("This hour has passed already")
        return None
    return at


def read_time(text: str) -> time | None:
    """Read an hour in any digits: ``14:30``, ``14.30``, ``1430``, ``۱۴``; or None."""
    plain = to_ascii(text).strip().replace("：", ":").replace(".", ":")
    if plain.isdigit() and len(plain) in {3, 4}:
        plain = f"{plain[:-2]}:{plain[-2:]}"
    hour, _, minute = plain.partition(":")
    try:
        return time(int(hour), int(minute or 0))
    except (ValueError, OverflowError):
        return None


@bp.post("/orders/<number>/receipt/confirm")
def confirm_receipt(number: str) -> ResponseReturnValue:
    """Say that the money of a receipt is on our account."""
    order, now = order_or_404(number), clock()
    receipt, actor = _receipt(order), who()
    code = receipt.tracking_number

    def work() -> dict[str, Any]:
        applied = transfer.confirm(receipt.id, actor, now)
        return {"reference": code, "answer": applied.verdict.value}

    return act(order, "order.receipt_confirmed", work, T("The receipt is confirmed."))


@bp.post("/orders/<number>/receipt/reject")
def reject_receipt(number: str) -> ResponseReturnValue:
    """Say that the money is not there, with a reason the customer reads."""
    order, now = order_or_404(number), clock()
    receipt, actor = _receipt(order), who()
    reason = typed("reason", 300).strip()
    if not reason and receipt.state in rules.RECEIPT_OPEN:
        wrong = {"reason": T("Write the reason: the customer will read it")}
        return order_page(order, Wrong("reject", wrong)), 422

    def work() -> dict[str, Any]:
        transfer.reject(receipt.id, actor, reason, now)
        return {"reference": receipt.tracking_number, "reason": reason}

    done = T("The receipt is refused. The customer can send another.")
    return act(order, "order.receipt_refused", work, done)


def _receipt(order: Order) -> TransferReceipt:
    wanted = typed_int("receipt")
    found = transfer.receipts_of(order.id)
    return or_404(next((one for one in found if one.id == wanted), None))


@bp.post("/orders/<number>/money")
def note_money(number: str) -> ResponseReturnValue:
    """Note money that staff took: cash, a card at the door, a transfer."""
    order, now = order_or_404(number), clock()
    reference, actor = digits_only(typed("reference", 60))[:30], who()
    try:
        attempt = _attempt_by_hand(order, now)
    except (ShopError, ProviderError) as refusal:
        if isinstance(refusal, ShopError):
            note_refusal(refusal)
        return redirect(url_for("owner.order", number=number), 303)

    def work() -> dict[str, Any]:
        applied = review.confirm(attempt.id, actor, now, reference=reference)
        return {
            "amount": [attempt.amount_minor, attempt.currency],
            "reference": reference,
            "answer": applied.verdict.value,
        }

    return act(order, "order.money_noted", work, T("The money is noted."))


def _attempt_by_hand(order: Order, now: datetime) -> PaymentAttempt:
    """Return the attempt money by hand belongs to; made now if the buyer's was lost.

    :raises NotPayable: if nothing is due.
    """
    for one in attempts_of(order.id):
        waits = one.state in rules.OPEN | rules.DEAD and one.method == order.method
        if settings.by_hand(one.provider) and waits:
            return one
    charge = ledger.unpaid_charge(order)
    if charge is None:
        raise NotPayable(paid=True)
    code = settings.collector(
        market(order.market), order.method, charge.amount_minor, now
    )
    if not settings.by_hand(code):
        raise NotPayable(paid=False)
    begun = collect.begin(charge.id, code, urls_for(code), now, payer(order))
    return db.session.get_one(PaymentAttempt, begun.attempt_id)


@bp.post("/orders/<number>/pack")
def pack(number: str) -> ResponseReturnValue:
    """Begin to pack."""
    order, now, actor = order_or_404(number), clock(), who()
    return act(
        order,
        "order.packing",
        lambda: fulfilment.start_packing(order, actor, now),
        T("The order is being packed."),
    )


@bp.post("/orders/<number>/ready")
def ready(number: str) -> ResponseReturnValue:
    """Say that a pick-up order waits for its buyer."""
    order, now, actor = order_or_404(number), clock(), who()

    def work() -> None:
        if events.has_happened(order, EventKind.READY_FOR_PICKUP):
            raise IllegalMove(order.state, EventKind.READY_FOR_PICKUP)
        fulfilment.ready(order, actor, now)

    return act(order, "order.ready", work, T("The customer is told to come."))


@bp.post("/orders/<number>/ship")
def ship(number: str) -> ResponseReturnValue:
    """Hand the parcel to a carrier."""
    order, now, actor = order_or_404(number), clock(), who()
    carrier = typed("carrier", 40)
    code = to_ascii(typed("tracking", 60)).strip().upper()

    def work() -> dict[str, Any]:
        fulfilment.ship(order, carrier, code, actor, now)
        return {"carrier": carrier, "tracking_number": code}

    try:
        perform(order, "order.shipped", work)
    except CarrierMissing:
        errors = {"tracking": T("Enter the tracking number")}
        if carrier not in {one.code for one in market(order.market).carriers}:
            errors = {"carrier": T("Choose a carrier")}
        return order_page(order_or_404(number), Wrong("ship", errors)), 422
    except NotPaidYet as refusal:
        wrong = Wrong("ship", refusal=say(refusal))
        return order_page(order_or_404(number), wrong), 409
    except ShopError as refusal:
        note_refusal(refusal)
    else:
        frame.note(T("The order is on its way. The customer is told."))
    return redirect(url_for("owner.order", number=number), 303)


@bp.post("/orders/<number>/hand-over")
def hand_over(number: str) -> ResponseReturnValue:
    """Give a pick-up order to whoever shows its code."""
    order, now, actor = order_or_404(number), clock(), who()
    code = digits_only(typed("code", 40))

    def work() -> None:
        fulfilment.hand_over(order, code, actor, now)

    try:
        perform(order, "order.handed_over", work)
    except WrongCollectionCode as refusal:
        wrong = Wrong("hand_over", {"code": say(refusal)})
        return order_page(order_or_404(number), wrong), 422
    except NotPaidYet as refusal:
        wrong = Wrong("hand_over", refusal=say(refusal))
        return order_page(order_or_404(number), wrong), 409
    except ShopError as refusal:
        note_refusal(refusal)
    else:
        frame.note(T("Handed over."))
    return redirect(url_for("owner.order", number=number), 303)


@bp.post("/orders/<number>/delivered")
def deliver(number: str) -> ResponseReturnValue:
    """Note that the buyer has the goods."""
    order, now, actor = order_or_404(number), clock(), who()
    return act(
        order,
        "order.delivered",
        lambda: fulfilment.deliver(order, actor, now),
        T("The order is delivered."),
    )


@bp.post("/orders/<number>/hold")
def hold(number: str) -> ResponseReturnValue:
    """Stop the order for a while."""
    order, now, actor = order_or_404(number), clock(), who()
    reason = typed("reason", 300).strip()

    def work() -> dict[str, Any]:
        holding.hold(order, actor, reason, now)
        return {"reason": reason}

    return act(order, "order.held", work, T("The order is on hold."))


@bp.post("/orders/<number>/resume")
def resume(number: str) -> ResponseReturnValue:
    """Let the order go on where it stood."""
    order, now, actor = order_or_404(number), clock(), who()
    return act(
        order,
        "order.resumed",
        lambda: holding.resume(order, actor, now),
        T("The order goes on."),
    )


@bp.post("/orders/<number>/ask")
def ask(number: str) -> ResponseReturnValue:
    """Ask the provider what became of a payment, now."""
    order, now = order_or_404(number), clock()
    attempt = _attempt(order)
    code = attempt.provider
    try:
        applied = collect.ask(attempt.id, now)
    except (ProviderError, ShopError) as error:
        answer = error.code if isinstance(error, ProviderError) else ""
        words = T("{provider} did not answer. Nothing was changed.",
                  provider=str(provider_name(code)))  # fmt: skip
        frame.note(words, "warn", "circle-alert")
        _log(order, "order.asked", provider=code, answer=answer or "–")
    else:
        _log(order, "order.asked", provider=code, answer=applied.verdict.value)
        frame.note(
            T("{provider} has answered: see below.", provider=str(provider_name(code)))
        )
    return redirect(url_for("owner.order", number=number, _anchor="money"), 303)


@bp.post("/orders/<number>/money/accept")
def accept_money(number: str) -> ResponseReturnValue:
    """Let money in review pay for the order."""
    order, now = order_or_404(number), clock()
    attempt = _attempt(order)
    amount = [attempt.captured_minor, attempt.currency]

    def work() -> dict[str, Any]:
        review.accept(attempt.id, now)
        return {"amount": amount}

    return act(order, "order.money_accepted", work, T("The money pays for the order."))


@bp.post("/orders/<number>/money/back")
def give_back(number: str) -> ResponseReturnValue:
    """Let money in review go back the way it came."""
    order, now, actor = order_or_404(number), clock(), who()
    attempt = _attempt(order)
    key = f"desk-{attempt.id}-{typed_int('turn')}"

    def work() -> dict[str, Any]:
        before = {one.id for one in refunds.refunds_of(order.id)}
        refund = review.give_back(attempt.id, actor, key, now)
        if refund.id in before:
            raise IllegalMove(refund.state, "approved")
        return {"amount": [refund.amount_minor, refund.currency]}

    return act(order, "order.money_given_back", work, T("The money goes back."))


def _attempt(order: Order) -> PaymentAttempt:
    wanted = typed_int("attempt")
    found = attempts_of(order.id)
    return or_404(next((one for one in found if one.id == wanted), None))


@bp.post("/orders/<number>/refund")
def refund_by_hand(number: str) -> ResponseReturnValue:
    """Note what became of a refund that people send."""
    order, now, actor = order_or_404(number), clock(), who()
    refund = or_404(refunds.find(order.id, typed_int("refund")))
    happened = request.form.get("happened") == "yes"
    reference = to_ascii(typed("reference", 60)).strip()
    amount = [refund.amount_minor, refund.currency]
    action = "order.refund_done" if happened else "order.refund_failed"

    def work() -> dict[str, Any]:
        find.lock(order.id)
        refunds.decide_by_hand(
            refund.id, happened=happened, who=actor, reference=reference, now=now
        )
        return {"amount": amount, "reference": reference}

    return act(order, action, work, T("Noted."))


@bp.post("/orders/<number>/message")
def resend(number: str) -> ResponseReturnValue:
    """Send a message again that nobody could deliver."""
    order, now = order_or_404(number), clock()
    wanted = typed_int("message")
    known = {one.id for one in notifications.messages(order.id)}
    or_404(wanted if wanted in known else None)

    def work() -> None:
        notifications.resend(wanted, now)

    return act(order, "order.message_again", work, T("The message is sent again."))


@bp.post("/messages/<id:job_id>/again")
def rewrite(job_id: int) -> ResponseReturnValue:
    """Try again to write the messages of an event that was given up."""
    now = clock()

    def do() -> bool:
        done = notifications.rewrite(job_id, now)
        if done:
            accounts.log(the_staff(), "message.rewritten", f"job:{job_id}", now)
        return done

    if write(do):
        frame.note(T("The messages are written again."))
    return redirect(url_for("owner.queue"), 303)
