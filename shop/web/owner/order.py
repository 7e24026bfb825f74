"""The page of one order, its receipt picture, and its own page for cancelling."""

from flask import Response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from shop.catalogue import media
from shop.db import db
from shop.i18n.digits import digits_only
from shop.i18n.text import Ltr, T, Text
from shop.kernel.errors import ShopError
from shop.kernel.flow import IllegalMove
from shop.orders import cancel as cancelling
from shop.orders import find
from shop.orders.ledger import standing
from shop.orders.models import Order
from shop.payments import collect, review, rules, transfer
from shop.payments.rows import attempts_of
from shop.web import frame
from shop.web.current import clock, config
from shop.web.messages import say
from shop.web.owner.desk import bp, note_refusal, order_or_404, perform, who
from shop.web.owner.order_page import CANCELLABLE, order_page
from shop.web.pages.owner import ConfirmPage
from shop.web.pages.parts import Field, Form, Words
from shop.web.visit import or_404, typed


@bp.get("/orders/<number>")
def order(number: str) -> ResponseReturnValue:
    """Show an order with the deeds of its state."""
    return order_page(order_or_404(number))


@bp.get("/orders/<number>/receipt/<name>")
def receipt_file(number: str, name: str) -> ResponseReturnValue:
    """Show the picture of a receipt of this order: never cached, never run."""
    found = order_or_404(number)
    known = {one.picture for one in transfer.receipts_of(found.id) if one.picture}
    path, kind = or_404(
        media.path_of(name, config().instance / "receipts") if name in known else None
    )
    answer = Response(path.read_bytes(), mimetype=kind)
    answer.headers["Content-Disposition"] = "inline"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


@bp.get("/orders/<number>/cancel")
def cancel(number: str) -> ResponseReturnValue:
    """Ask once more, with the order number to be typed."""
    found = order_or_404(number)
    if found.state not in CANCELLABLE:
        note_refusal(IllegalMove(found.state, "cancelled"))
        return redirect(url_for("owner.order", number=number), 303)
    return _cancel_page(found)


@bp.post("/orders/<number>/cancel")
def do_cancel(number: str) -> ResponseReturnValue:
    """Cancel the order: open payments are closed first, money that came goes back."""
    found, now = order_or_404(number), clock()
    reason = typed("reason", 200).strip()
    if digits_only(typed("typed", 60)) != found.number:
        wrong = T("This is not the number of this order")
        return _cancel_page(found, {"typed": wrong}), 422
    collect.give_up(found.id, now)
    actor = who()

    def work() -> dict[str, object]:
        here = find.lock(found.id)
        where = standing(here)
        if where.captured <= where.refunded:
            cancelling.cancel(here, actor, reason, now)
            return {"reason": reason}
        cancelling.cancel_paid(here, actor, reason, now)
        back = 0
        for one in attempts_of(here.id):
            if one.state in rules.REFUNDABLE and one.refundable:
                key = f"cancel-{here.number}-{one.id}"
                back += review.give_back(one.id, actor, key, now).amount_minor
        return {"reason": reason, "amount": [back, here.currency]}

    try:
        perform(found, "order.cancelled", work)
    except IllegalMove as refusal:
        note_refusal(refusal)
    except ShopError as refusal:
        return _cancel_page(found, refusal=say(refusal)), 409
    else:
        frame.note(T("The order is cancelled. The customer is told."))
    return redirect(url_for("owner.order", number=number), 303)


def _cancel_page(
    found: Order, errors: dict[str, Text] | None = None, refusal: Words = ""
) -> str:
    errors = errors or {}
    where = standing(found)
    left = where.captured - where.refunded
    line: Words = T("Nothing was paid, so nothing has to be given back.")
    if left.minor > 0:
        line = T(
            "{amount} was paid and goes back the way it came. The customer is told.",
            amount=left,
        )
    fields = (
        Field(
            name="reason",
            label=T("Reason, as the customer will read it"),
            value=typed("reason", 200),
            hint=T("In the customer's language"),
            optional=True,
        ),
        Field(
            name="typed",
            label=T("Type the order number to confirm"),
            value=typed("typed", 60),
            error=errors.get("typed", ""),
            inputmode="numeric",
            autocomplete="off",
            ltr=True,
            short=True,
        ),
    )
    form = Form(
        action=url_for("owner.do_cancel", number=found.number),
        fields=fields,
        refusal=refusal,
    )
    db.session.rollback()
    page = ConfirmPage(
        title=T("Cancel order {number}?", number=Ltr(found.number)),
        line=line,
        form=form,
        button=T("Cancel order"),
        back_url=url_for("owner.order", number=found.number),
    )
    return render_template("owner/confirm.html", page=page)
