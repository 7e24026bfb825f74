"""The desk's one door, its rail, and what every deed at it has in common."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, abort, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from werkzeug.routing import BuildError

from shop.accounts import service as accounts
from shop.accounts.models import Staff
from shop.db import transaction, write
from shop.i18n.text import T, Text
from shop.kernel.errors import ShopError
from shop.kernel.flow import IllegalMove
from shop.notifications.service import OnItsWay
from shop.orders import find
from shop.orders.models import Order
from shop.payments.rules import (
    NotInReview,
    NotPayable,
    NotRefundable,
    ReceiptDecided,
)
from shop.web import frame
from shop.web.current import clock, config
from shop.web.messages import say
from shop.web.pages.frame import Desk
from shop.web.pages.parts import Link
from shop.web.visit import or_404

bp = Blueprint("owner", __name__, url_prefix="/<lang:lang>/owner")
#: What somebody may open who is not signed in.
OPEN = frozenset({"owner.sign_in", "owner.enter"})
#: What every signed-in person may do, whatever their role.
PERSONAL = frozenset({"owner.sign_out", "owner.password", "owner.save_password"})
#: Rooms of the owner alone.
OWNERS = frozenset(
    {"owner.settings", "owner.save_settings", "owner.test_keys", "owner.audit"}
)
#: How often it is noted that a browser is still there.
SEEN_EVERY = timedelta(minutes=5)
_NEXT = re.compile(r"/[a-z-]{2,12}/owner(/[A-Za-z0-9/_.-]*)?(\?[A-Za-z0-9=&%+._-]*)?")


@bp.before_request
def guard() -> ResponseReturnValue | None:
    """Let nobody in who has not signed in; say nothing about what is behind."""
    frame.head(bare=True)
    staff = _who_is_there()
    if request.endpoint in OPEN:
        return None
    if staff is None:
        return redirect(url_for("owner.sign_in", next=_asked_for()), 303)
    if not _may(staff, request.endpoint or ""):
        abort(403)
    show_rail(staff)
    return None


@bp.after_request
def keep_nothing(answer: Response) -> Response:
    """Let no cache and no "back" button keep a page of the desk."""
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _who_is_there() -> Staff | None:
    token = session.get("staff", "")
    if not token:
        return None
    now, idle = clock(), timedelta(hours=config().session_hours)
    found = accounts.signed_in(token, idle, now)
    if found is None:
        session.pop("staff")
        g.staff = None
        return None
    staff, sign_in = found
    if now - sign_in.seen_at >= SEEN_EVERY:
        with transaction():
            accounts.seen(sign_in, now)
    g.staff = staff
    return staff


def _may(staff: Staff, endpoint: str) -> bool:
    if endpoint in PERSONAL:
        return True
    if endpoint in OWNERS:
        return staff.role == "owner"
    return staff.role in {"owner", "staff"}


def _asked_for() -> str:
    """Return what to open after signing in; a form cannot be sent again."""
    if request.method != "GET":
        return url_for("owner.queue")
    return request.full_path.rstrip("?")


def safe_next(wanted: str) -> str:
    """Return a page of the desk to go on to; the queue for anything else."""
    if _NEXT.fullmatch(wanted) and "//" not in wanted:
        return wanted
    return url_for("owner.queue")


def the_staff() -> Staff:
    """Return who is signed in; the door has asked."""
    staff: Staff = g.staff
    return staff


def who() -> str:
    """Return who acts, as timelines and ledgers write it."""
    return f"staff:{the_staff().id}"


def show_rail(staff: Staff, waiting: int = 0) -> None:
    """Show the rail; ``waiting`` is how many orders want something now."""
    rooms = [
        ("owner.queue", T("Orders"), "package"),
        ("owner.products", T("Products"), "box"),
        ("owner.clinic", T("Payment answers"), "credit-card"),
        ("owner.audit", T("Log of changes"), "history"),
        ("owner.settings", T("Settings"), "settings"),
        ("owner.password", T("Password"), "lock"),
    ]
    here = _ROOMS.get(request.endpoint or "", request.endpoint)
    rail = tuple(
        Link(link(endpoint), label, icon, current=endpoint == here)
        for endpoint, label, icon in rooms
        if _may(staff, endpoint) and link(endpoint)
    )
    frame.desk(
        Desk(
            rail=rail,
            counts=(waiting,),
            staff_name=staff.name,
            sign_out_url=url_for("owner.sign_out"),
        )
    )


#: Pages inside a room of the rail.
_ROOMS = {
    "owner.order": "owner.queue",
    "owner.cancel": "owner.queue",
    "owner.choose_refund": "owner.queue",
    "owner.preview_refund": "owner.queue",
    "owner.give_parts_back": "owner.queue",
    "owner.slip": "owner.queue",
    "owner.pictures": "owner.products",
    "owner.statement": "owner.clinic",
    "owner.bills": "owner.clinic",
}


def link(endpoint: str, **values: Any) -> str:
    """Return the path of a page of the shop, or "" where it is not there."""
    try:
        return url_for(endpoint, **values)
    except BuildError:
        return ""


def media_url(name: str) -> str:
    """Return the address of a stored picture."""
    return link("media.file", name=name) or f"/media/{name}"


def order_or_404(number: str) -> Order:
    """Return the order with this number."""
    return or_404(find.by_number(number))


def subject(order: Order) -> str:
    """Return the name of an order in the log."""
    return f"order:{order.number}"


#: What a second click meets: the same thing, done by somebody before.
_DONE_BEFORE = (
    IllegalMove,
    NotInReview,
    NotPayable,
    NotRefundable,
    OnItsWay,
    ReceiptDecided,
)


def note_refusal(refusal: ShopError) -> None:
    """Say on the next page that a deed was not possible, or was done before."""
    if isinstance(refusal, _DONE_BEFORE):
        words = T("Somebody was faster: this is done already. Nothing was changed.")
        frame.note(words, "warn", "info")
    else:
        frame.note(say(refusal), "warn", "circle-alert")


def act(
    order: Order,
    action: str,
    work: Callable[[], dict[str, Any] | None],
    done: Text,
) -> ResponseReturnValue:
    """Do one deed and write it into the log, both or neither; then show the order.

    ``work`` may return facts for the log. A second click finds the order moved
    on and says so.
    """
    try:
        perform(order, action, work)
    except ShopError as refusal:
        note_refusal(refusal)
    else:
        frame.note(done)
    return redirect(url_for("owner.order", number=order.number), 303)


def perform(
    order: Order, action: str, work: Callable[[], dict[str, Any] | None]
) -> None:
    """Do one deed in one transaction with its row of the log.

    :raises ShopError: whatever ``work`` refuses; nothing is changed then.
    """
    now, staff = clock(), the_staff()

    def whole() -> None:
        locked = find.lock(order.id)
        before = {"state": str(locked.state)}
        facts = work() or {}
        after = {"state": str(find.lock(order.id).state)}
        if before == after:
            before, after = {}, {}
        accounts.log(
            staff, action, subject(order), now, before=before, after=after | facts
        )

    write(whole)
