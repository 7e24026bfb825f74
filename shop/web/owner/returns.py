"""Deciding about what buyers want to give back; accepting leads on to the refund."""

from typing import Any

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from shop.i18n.text import T
from shop.kernel.errors import ShopError
from shop.orders.models import Order
from shop.returns import giving
from shop.returns import service as returns
from shop.returns.models import ReturnRequest
from shop.web import frame
from shop.web.current import clock
from shop.web.owner.desk import act, bp, note_refusal, order_or_404, perform, who
from shop.web.owner.order_page import Wrong, order_page
from shop.web.visit import or_404, typed, typed_int


@bp.post("/orders/<number>/return/accept")
def approve_return(number: str) -> ResponseReturnValue:
    """Accept a request; the refund comes next, now or when the goods are here."""
    order, now, actor = order_or_404(number), clock(), who()
    request = _request(order)
    note = typed("note", 500).strip()

    def work() -> dict[str, Any]:
        returns.approve(request.id, note, actor, now)
        return {"reference": request.id, "note": note}

    try:
        perform(order, "order.return_accepted", work)
    except ShopError as refusal:
        note_refusal(refusal)
        return redirect(url_for("owner.order", number=number), 303)
    frame.note(T("The return is accepted. The customer is told."))
    if not giving.refundable(order_or_404(number)):
        return redirect(url_for("owner.order", number=number), 303)
    where = url_for("owner.choose_refund", number=number, request=request.id)
    return redirect(where, 303)


@bp.post("/orders/<number>/return/decline")
def decline_return(number: str) -> ResponseReturnValue:
    """Decline a request with a reason the customer reads."""
    order, now, actor = order_or_404(number), clock(), who()
    request = _request(order)
    note = typed("note", 500).strip()
    if not note:
        wrong = {"note": T("Write the reason: the customer will read it")}
        return order_page(order, Wrong("decline_return", wrong)), 422

    def work() -> dict[str, Any]:
        returns.decline(request.id, note, actor, now)
        return {"reference": request.id, "reason": note}

    done = T("The return is declined. The customer is told.")
    return act(order, "order.return_declined", work, done)


def _request(order: Order) -> ReturnRequest:
    return or_404(returns.find_request(order.id, typed_int("request")))
