"""What comes back from payment providers. Nothing here believes a browser."""

from flask import Blueprint, Response, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from shop.db import db
from shop.i18n.languages import KNOWN
from shop.orders import find
from shop.orders.models import Order
from shop.payments import collect
from shop.payments import settings as payment_settings
from shop.payments.provider import RawRequest
from shop.web.callbacks.flood import flood
from shop.web.current import clock, secret_key

bp = Blueprint("callbacks", __name__, url_prefix="/pay")
#: A notification or return is a few hundred bytes; WeChat's are the largest.
MOST_BYTES = 64 * 1024


@bp.before_request
def check() -> None:
    """Refuse what cannot be an answer before anything is parsed (case 54)."""
    request.max_content_length = MOST_BYTES
    provider = (request.view_args or {}).get("provider", "")
    if payment_settings.find(provider) is None:
        abort(404)


@bp.route("/<provider>/return", methods=["GET", "POST"])
def come_back(provider: str) -> ResponseReturnValue:
    """Take a browser back: find the attempt, ask the provider, show the order's page.

    Works without a cookie and in any browser: what is shown hangs on the
    order's own secret link, not on the visitor (case 16).
    """
    result = collect.come_back(provider, raw_request(), clock())
    if result is None:
        abort(404)
    order = db.session.get_one(Order, result.order_id)
    language = KNOWN[order.language].url if order.language in KNOWN else "en"
    token = find.token(secret_key(), order)
    return redirect(
        url_for("pay.result", lang=language, token=token, attempt=result.attempt_id),
        303,
    )


@bp.post("/<provider>/notify")
def notify(provider: str) -> ResponseReturnValue:
    """Take a notification; the answer goes out after the commit (case 49)."""
    now, address = clock(), request.remote_addr or ""
    if flood.is_high(address, now):
        abort(429)
    ack = collect.notified(provider, raw_request(), now)
    if 400 <= ack.status < 500:
        flood.count(address)
    answer = Response(ack.body, ack.status, content_type=ack.content_type)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def raw_request() -> RawRequest:
    """Return the request as providers read it: pairs in order, duplicates kept."""
    body = request.get_data(cache=True)
    return RawRequest(
        method=request.method,
        path=request.path,
        query=tuple(request.args.items(multi=True)),
        form=tuple(request.form.items(multi=True)),
        body=body,
        headers={name.lower(): value for name, value in request.headers.items()},
        remote=request.remote_addr or "",
    )
