"""Paying an order: what to do now, the receipt of a transfer, and how it ended."""

import json
import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from io import BytesIO
from typing import Any

import segno
from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy import select

from shop.accounts import throttle
from shop.accounts.rules import RECEIPTS_BY_ORDER
from shop.catalogue import media
from shop.catalogue.rules import BadPicture, rendition_widths
from shop.db import db, write
from shop.i18n import formats
from shop.i18n.digits import digits_only, to_ascii
from shop.i18n.text import L, Ltr, T, Text
from shop.kernel.errors import ShopError
from shop.kernel.money import Money
from shop.markets import service as market_service
from shop.markets.identifiers import group_card
from shop.markets.methods import Browser
from shop.markets.registry import market
from shop.orders import promises
from shop.orders.ledger import standing
from shop.orders.models import MoneyRow, Order
from shop.orders.states import EventKind, MoneyKind, OrderState, PromiseKind
from shop.payments import attempts, reasons, rules, transfer
from shop.payments import settings as payment_settings
from shop.payments.models import PaymentAttempt, TransferReceipt
from shop.payments.provider import Next
from shop.payments.reasons import Reason, Taken, Way
from shop.payments.rules import AttemptState, BadReceipt, Verdict
from shop.payments.transfer import Typed
from shop.web import frame, timeline
from shop.web.current import clock, config
from shop.web.messages import say
from shop.web.pages.checkout import (
    Account,
    BridgePage,
    DonePage,
    ExpiredPage,
    FailedPage,
    MoneyReviewPage,
    QrPage,
    RedirectPage,
    TransferPage,
    UnpaidPage,
    WaitPage,
)
from shop.web.pages.parts import Field, Form, Option, Pair, Words
from shop.web.paying import allow_payment_hosts, method_name, open_payment
from shop.web.storefront.guest import order_of
from shop.web.visit import browser, or_404, typed

bp = Blueprint("pay", __name__, url_prefix="/<lang:lang>/orders/<token>")
#: The waiting page reads itself again so often, so many times.
EVERY, TIMES = 5, 12
#: A receipt may be from so many days back.
RECEIPT_DAYS = 14


@bp.get("/pay")
def show(token: str) -> ResponseReturnValue:
    """Show what the order wants now: a page to pay on, a card, a code, or nothing."""
    order = order_of(token)
    attempt = _latest(order)
    if _is_over(order) or attempt is None or standing(order).is_paid:
        return _standing_page(order, token, attempt)
    if attempt.provider == "card_transfer":
        return _transfer_page(order, token, attempt)
    step = attempts.step_of(attempt)
    if step is None or step.kind == "instructions":
        return _standing_page(order, token, attempt)
    # A page may die before the attempt does: WeChat's for phones after five minutes.
    ends = min(attempt.expires_at, step.expires_at or attempt.expires_at)
    if attempt.state not in rules.OPEN or ends <= clock():
        return _standing_page(order, token, attempt)
    frame.head(bare=True)
    amount = Money(attempt.amount_minor, attempt.currency)
    shown: dict[str, Any] = {
        "provider": method_name(order),
        "amount": amount,
        "order_number": order.number,
        "order_url": url_for("orders.show", token=token),
        "other_url": url_for("orders.edit_payment", token=token),
        "expires_at": ends,
        "in_rials": amount.currency == "IRR",
    }
    if step.kind == "qr":
        return _qr_page(token, shown)
    if step.kind == "redirect":
        allow_payment_hosts(order.market, order.method)
        page = RedirectPage(url=step.url, **shown)
        return render_template("payments/redirect.html", page=page)
    if step.kind == "jsapi":
        return _bridge_page(order, token, step, shown)
    return _standing_page(order, token, attempt)


@bp.post("/pay")
def begin(token: str) -> ResponseReturnValue:
    """Begin to pay, or try again; a second click gets the same step."""
    order = order_of(token)
    if _is_over(order) or standing(order).is_paid:
        return redirect(url_for("pay.show", token=token), 303)
    return open_payment(order)


@bp.get("/result")
def result(token: str) -> ResponseReturnValue:
    """Say how the payment went; while nobody knows, the page reads itself again."""
    order = order_of(token)
    return _standing_page(order, token, _named(order) or _latest(order))


@bp.get("/qr.svg")
def qr(token: str) -> ResponseReturnValue:
    """Draw the code to scan for the payment that is open."""
    attempt = or_404(_latest(order_of(token)))
    step = or_404(attempts.step_of(attempt))
    if not step.qr_text:
        return redirect(url_for("pay.show", token=token), 303)
    picture = BytesIO()  # black on white also by night: phones read nothing else
    segno.make(step.qr_text, error="m").save(
        picture, kind="svg", scale=4, border=4, light="white", xmldecl=False
    )
    answer = Response(picture.getvalue(), mimetype="image/svg+xml")
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.post("/receipt")
def receipt(token: str) -> ResponseReturnValue:
    """Take the receipt of a transfer; the order waits for staff from here on."""
    order, now = order_of(token), clock()
    attempt = transfer.attempt_of(order.id)
    if attempt is None:
        return redirect(url_for("pay.show", token=token), 303)
    write(lambda: throttle.count(f"receipt:{order.id}", RECEIPTS_BY_ORDER, now))
    try:
        picture = _store_picture()
        given = Typed(
            digits_only(typed("tracking_number", 60)),
            digits_only(typed("last_four", 20)),
            _paid_at(order, now),
            picture,
        )
        write(lambda: transfer.submit(attempt.id, given, now))
    except BadReceipt as wrong:
        return _transfer_page(order, token, attempt, {wrong.field: say(wrong)}), 422
    except BadPicture as wrong:
        return _transfer_page(order, token, attempt, {"picture": say(wrong)}), 422
    except ShopError as refusal:
        return _transfer_page(order, token, attempt, {}, say(refusal)), 409
    frame.note(T("We have your receipt and are checking it"))
    return redirect(url_for("pay.show", token=token), 303)


@bp.get("/receipt/<name>")
def receipt_file(token: str, name: str) -> ResponseReturnValue:
    """Show the buyer their own receipt (S112): private, never cached, never run."""
    order = order_of(token)
    mine = {one.picture for one in transfer.receipts_of(order.id)}
    found = media.path_of(name, config().instance / "receipts")
    if name not in mine or found is None:
        return or_404(None)
    path, kind = found
    answer = Response(path.read_bytes(), mimetype=kind)
    answer.headers["Cache-Control"] = "private, no-store"
    answer.headers["Content-Disposition"] = "inline"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


def _standing_page(
    order: Order, token: str, attempt: PaymentAttempt | None
) -> ResponseReturnValue:
    """Render where the payment stands; one page for every way to get here."""
    frame.head(bare=True)
    if attempt is not None and attempt.state == AttemptState.REVIEW:
        return _review_page(order, token, attempt)
    if order.state == OrderState.EXPIRED:
        return _expired_page(order, token)
    if order.state == OrderState.CANCELLED:
        return redirect(url_for("orders.show", token=token), 303)
    if standing(order).is_paid:
        return _paid_page(order, token)
    if attempt is not None and attempt.provider == "card_transfer":
        return redirect(url_for("pay.show", token=token), 303)
    if order.method and not _is_online(order):
        return _placed_page(order, token)
    if attempt is None:
        return _unpaid_page(order, token, None, "")
    if attempt.state not in rules.OPEN:
        return _failed_page(order, token, attempt)
    why = _unpaid(attempt)
    if why is None:
        return _wait_page(order, token, attempt)
    return _unpaid_page(order, token, attempt, "" if why.why == "not_yet" else why.text)


def _unpaid(attempt: PaymentAttempt) -> Reason | None:
    """Return why nothing was paid so far of an open attempt; None if money may move."""
    if attempt.state in {AttemptState.UNKNOWN, AttemptState.VERIFYING}:
        return None
    # Who opens the page to pay has not just come back from paying.
    left = bool(attempt.meta.get(reasons.LEFT))
    if request.endpoint == "pay.show" and not left:
        return reasons.unpaid(attempt.provider, "")
    return reasons.unpaid(attempt.provider, attempt.code, left=left)


@dataclass(frozen=True)
class DoneWords:
    """What the last page says: a title, a line, an amount and the facts."""

    title: Text
    line: Text
    amount_label: Text
    amount: Money
    pairs: tuple[Pair, ...]


def _paid_page(order: Order, token: str) -> str:
    captured = [row for row in order.money_rows if row.kind == MoneyKind.CAPTURED]
    rows = [row for row in captured if row.fulfils]
    said = DoneWords(
        T("Payment received, thank you"),
        T("We tell you by SMS and e-mail what happens next."),
        T("Amount paid"),
        standing(order).paid,
        _money_pairs(order, rows[-1] if rows else None),
    )
    return _done(order, token, said)


def _placed_page(order: Order, token: str) -> str:
    if order.method == "cash_by_arrangement":
        line = T("We call you to arrange the day and hour. Nothing is due before.")
    else:
        line = T("Pay the courier when your order arrives.")
    pairs = _money_pairs(order, None)
    title = T("Your order is placed")
    said = DoneWords(title, line, T("Amount due"), order.total, pairs)
    return _done(order, token, said)


def _done(order: Order, token: str, said: DoneWords) -> str:
    given = timeline.dues(promises.open_promises(order), clock())
    dates = tuple(Pair(due.label, due.by) for due in given if not due.is_late)
    page = DonePage(
        title=said.title,
        line=said.line,
        pairs=said.pairs + dates,
        amount_label=said.amount_label,
        amount=said.amount,
        events=(),
        order_url=url_for("orders.show", token=token),
        home_url=url_for("home.show"),
        in_rials=order.currency == "IRR",
    )
    return render_template("payments/done.html", page=page)


def _money_pairs(order: Order, row: MoneyRow | None) -> tuple[Pair, ...]:
    pairs = [
        Pair(T("Order number"), Ltr(order.number), copy=order.number),
        Pair(T("Payment method"), method_name(order)),
    ]
    if row is not None:
        if row.provider_ref:
            trace = row.provider_ref
            pairs.append(Pair(T("Trace number"), Ltr(trace), copy=trace))
        pairs.append(Pair(T("Paid at"), row.at))
    days = market_service.parameters(market(order.market)).return_days
    if row is not None and order.market == "ir":
        pairs.append(
            Pair(
                T("Receipt number for the {days}-day guarantee", days=days),
                Ltr(order.number),
            )
        )
    return tuple(pairs)


def _read_again(token: str) -> bool:
    """Let the page read itself again; False after a minute of it."""
    turn = request.args.get("turn", 0, type=int)
    if not 0 <= turn < TIMES:
        return False
    here = request.endpoint or "pay.result"
    again = url_for(here, token=token, turn=turn + 1)
    frame.head(bare=True, refresh_seconds=EVERY, refresh_url=again)
    return True


def _wait_page(order: Order, token: str, attempt: PaymentAttempt) -> str:
    is_long = not _read_again(token)
    page = WaitPage(
        provider=method_name(order),
        order_number=order.number,
        order_url=url_for("orders.show", token=token),
        amount=Money(attempt.amount_minor, attempt.currency),
        is_long=is_long,
        check_url=url_for("pay.result", token=token),
        **_waits_for(order, token, attempt),
    )
    return render_template("payments/wait.html", page=page)


def _waits_for(order: Order, token: str, attempt: PaymentAttempt) -> dict[str, Any]:
    """Say what the provider is waiting for, and every way on, where it told us."""
    why = reasons.reason(attempt.provider, attempt.code) if attempt.code else None
    if why is None or why.why not in reasons.PROVIDER_WAITS:
        return {}
    again = Way.AGAIN in why.ways
    allow_payment_hosts(order.market, order.method)
    return {
        "title": T("Please confirm that it is you")
        if again
        else T("Your payment is being reviewed"),
        "reason": why.text,
        "kept_until": order.pay_by_at,
        "other_url": url_for("orders.edit_payment", token=token),
        "pay": Form(action=url_for("pay.begin", token=token)) if again else None,
    }


def _unpaid_page(
    order: Order, token: str, attempt: PaymentAttempt | None, reason: Words
) -> str:
    """Nothing was paid so far: who left the provider's page finds every way on."""
    is_begun = attempt is not None
    is_long = is_begun and not _read_again(token)
    allow_payment_hosts(order.market, order.method)
    provider = payment_settings.find(attempt.provider) if attempt else None
    page = UnpaidPage(
        order_number=order.number,
        amount=standing(order).due,
        pay=Form(action=url_for("pay.begin", token=token)) if order.method else None,
        other_url=url_for("orders.edit_payment", token=token),
        order_url=url_for("orders.show", token=token),
        kept_until=order.pay_by_at,
        reason=reason,
        is_begun=is_begun,
        is_long=is_long,
        comes_back=bool(provider and provider.caps.needs_verify),
    )
    return render_template("payments/unpaid.html", page=page)


def _failed_page(order: Order, token: str, attempt: PaymentAttempt) -> str:
    allow_payment_hosts(order.market, order.method)
    why = None
    if attempt.state in rules.DEAD:
        why = reasons.reason(attempt.provider, attempt.code)
    elif attempt.code:
        why = reasons.reason(attempt.provider, attempt.code, unknown=True)
    page = FailedPage(
        order_number=order.number,
        amount=order.total,
        retry=Form(action=url_for("pay.begin", token=token)) if order.method else None,
        other_url=url_for("orders.edit_payment", token=token),
        order_url=url_for("orders.show", token=token),
        kept_until=order.pay_by_at,
        is_untouched=why is None or why.taken is Taken.NO,
        reason=why.text if why else T("The order is not paid yet."),
        code=_number(attempt.code),
        provider=method_name(order),
    )
    return render_template("payments/failed.html", page=page)


def _review_page(order: Order, token: str, attempt: PaymentAttempt) -> str:
    amount = Money(attempt.captured_minor or attempt.amount_minor, attempt.currency)
    page = MoneyReviewPage(
        title=T("Your money has arrived and is safe"),
        line=_why_in_review(attempt),
        pairs=(
            Pair(T("Order number"), Ltr(order.number), copy=order.number),
            Pair(T("Amount"), amount),
        ),
        order_url=url_for("orders.show", token=token),
    )
    return render_template("payments/review.html", page=page)


def _number(code: str) -> str:
    """Return a provider's code if it is a number to quote, not a word for programs."""
    return code if re.fullmatch(r"-?[0-9]{1,5}", code) else ""


def _why_in_review(attempt: PaymentAttempt) -> Text:
    """Say why this money has not simply paid the order, and what becomes of it."""
    match attempt.verdict:
        case Verdict.LATE:
            return T(
                "It came after the order had ended. We send the goods after all or "
                "give it back, and write to you which."
            )
        case Verdict.SECOND:
            return T(
                "This order was paid already, so this payment came twice. We give it "
                "back; your order goes its way."
            )
    return T(
        "It came too late, twice, or as another amount than the order. "
        "We look at it and either use it for your order or give it back."
    )


def _expired_page(order: Order, token: str) -> str:
    ended = next((e.at for e in order.events if e.kind == EventKind.EXPIRED), None)
    page = ExpiredPage(
        order_number=order.number,
        expired_at=ended or order.placed_at,
        rebuild=Form(action=url_for("orders.again", token=token)),
        order_url=url_for("orders.show", token=token),
    )
    return render_template("payments/expired.html", page=page)


def _bridge_page(order: Order, token: str, step: Next, shown: dict[str, Any]) -> str:
    """The page whose script asks WeChat, around it, to open the payment."""
    allow_payment_hosts(order.market, order.method)
    page = BridgePage(
        call=json.dumps(dict(step.fields)),
        done_url=url_for("pay.result", token=token),
        again=Form(action=url_for("pay.begin", token=token)),
        sandbox_url=step.url,
        is_inside=browser() is Browser.WECHAT,
        **shown,
    )
    return render_template("payments/bridge.html", page=page)


def _qr_page(token: str, shown: dict[str, Any]) -> str:
    frame.head(
        bare=True, refresh_seconds=EVERY, refresh_url=url_for("pay.show", token=token)
    )
    page = QrPage(qr_url=url_for("pay.qr", token=token), **shown)
    return render_template("payments/qr.html", page=page)


def _transfer_page(
    order: Order,
    token: str,
    attempt: PaymentAttempt,
    errors: dict[str, Text] | None = None,
    refusal: Words = "",
) -> str:
    frame.head(bare=True)
    receipts = transfer.receipts_of(order.id)
    latest = receipts[0] if receipts else None
    checking = latest is not None and latest.state in rules.RECEIPT_OPEN
    answer = next(
        (p for p in promises.open_promises(order) if p.kind == PromiseKind.ANSWER), None
    )
    refused = ""
    if latest is not None and latest.state == rules.ReceiptState.REJECTED:
        refused = "" if latest.reason == "replaced" else latest.reason
    step = attempts.step_of(attempt)
    fields = dict(step.fields) if step else {}
    page = TransferPage(
        amount=Money(attempt.amount_minor, attempt.currency),
        pay_by=order.pay_by_at or attempt.expires_at,
        note=order.number,
        accounts=(_account(fields),),
        order_number=order.number,
        order_url=url_for("orders.show", token=token),
        form=None if checking else _receipt_form(order, token, errors or {}, refusal),
        sent=_sent(token, latest) if checking and latest is not None else (),
        refused=T("We could not confirm the transfer: {reason}", reason=refused)
        if refused
        else "",
        other_url=url_for("orders.edit_payment", token=token) if not checking else "",
        answer_on=answer.due_on if answer and checking else None,
    )
    return render_template("payments/transfer.html", page=page)


def _account(fields: dict[str, str]) -> Account:
    card = fields.get("card_number", "")
    return Account(
        bank=fields.get("bank", ""),
        holder=fields.get("holder", ""),
        card_groups=tuple(group_card(card).split()),
        card_copy=card,
        account_number=fields.get("account_number", ""),
        sheba=fields.get("iban", ""),
    )


def _sent(token: str, one: TransferReceipt) -> tuple[Pair, ...]:
    number = one.tracking_number
    pairs = [
        Pair(T("Trace number"), Ltr(number), copy=number),
        Pair(T("Last four digits of your card"), Ltr(one.last_four)),
        Pair(T("Time of the transfer"), one.paid_at),
        Pair(T("Sent at"), one.submitted_at),
    ]
    if one.picture:
        where = url_for("pay.receipt_file", token=token, name=one.picture)
        pairs.append(Pair(T("Picture of the receipt"), _link(where)))
    return tuple(pairs)


def _link(where: str) -> Markup:
    return Markup('<a href="{}">{}</a>').format(where, T("View the picture"))


FIELDS = {
    "tracking_number": (L("Trace number"), L("On the receipt of your bank or app")),
    "last_four": (L("Last four digits of your card"), L("Of the card you paid from")),
    "paid_on": (L("Day of the transfer"), None),
    "paid_at": (L("Time of the transfer"), L("As on the receipt, like 14:30")),
    "picture": (L("Picture of the receipt"), L("JPEG, PNG or WebP")),
}


def _receipt_form(
    order: Order, token: str, errors: dict[str, Text], refusal: Words
) -> Form:
    made = []
    for name, (label, hint) in FIELDS.items():
        kind = {"paid_on": "select", "picture": "file"}.get(name, "text")
        made.append(
            Field(
                name=name,
                label=label,
                kind=kind,  # type: ignore[arg-type]
                value="" if kind == "file" else typed(name, 60),
                hint=hint or "",
                error=errors.get(name, ""),
                options=_days(order) if name == "paid_on" else (),
                optional=name == "picture",
                accept="image/jpeg,image/png,image/webp" if kind == "file" else "",
                inputmode="numeric" if name in {"tracking_number", "last_four"} else "",
                ltr=kind == "text",
                short=kind == "text",
                autocomplete="off" if kind == "text" else "",
            )
        )
    return Form(
        action=url_for("pay.receipt", token=token),
        fields=tuple(made),
        refusal=refusal,
        has_file=True,
    )


def _days(order: Order) -> tuple[Option, ...]:
    """Return the days a receipt may be from, today first, in the reader's calendar."""
    today = market(order.market).today(clock())
    chosen = typed("paid_on", 20) or today.isoformat()
    days = [today - timedelta(days=back) for back in range(RECEIPT_DAYS)]
    return tuple(
        Option(one.isoformat(), formats.day(one), one.isoformat() == chosen)
        for one in days
    )


def _paid_at(order: Order, now: datetime) -> datetime:
    """Read day and hour of the transfer in the market's zone, any digits.

    :raises BadReceipt: naming the field that cannot be read.
    """
    place = market(order.market)
    hour, _, minute = to_ascii(typed("paid_at", 20)).strip().partition(":")
    try:
        at = time(int(hour), int(minute or 0))
    except ValueError as error:
        raise BadReceipt("paid_at") from error
    for back in range(RECEIPT_DAYS):
        day = place.today(now) - timedelta(days=back)
        if day.isoformat() == typed("paid_on", 20):
            return place.moment(day, at)
    raise BadReceipt("paid_on")


def _store_picture() -> str:
    """Re-encode and keep the picture privately; "" if none was sent."""
    upload = request.files.get("picture")
    content = upload.read() if upload else b""
    if not content:
        return ""
    folder = config().instance / "receipts"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    stored = media.store(content, folder)
    return f"{stored.name}-{rendition_widths(stored.width)[-1]}.webp"


def _latest(order: Order) -> PaymentAttempt | None:
    """Return the attempt that says most about the order: the newest of this method."""
    query = select(PaymentAttempt).where(PaymentAttempt.order_id == order.id)
    found = list(db.session.scalars(query.order_by(PaymentAttempt.id.desc())))
    same = [one for one in found if one.method == order.method]
    return next(iter(same or found), None)


def _named(order: Order) -> PaymentAttempt | None:
    wanted = request.args.get("attempt", 0, type=int)
    attempt = db.session.get(PaymentAttempt, wanted) if wanted else None
    return attempt if attempt is not None and attempt.order_id == order.id else None


def _is_over(order: Order) -> bool:
    return order.state in {OrderState.EXPIRED, OrderState.CANCELLED}


def _is_online(order: Order) -> bool:
    found = market(order.market).methods
    return any(one.is_online for one in found if one.code == order.method)
