"""Giving back parts of an order: choose, see what it comes to, do just that (S41)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from shop.accounts import service as accounts
from shop.db import db, write
from shop.i18n import formats
from shop.i18n.text import TN, L, Lazy, Ltr, T, Text
from shop.kernel.errors import ShopError
from shop.kernel.money import Money
from shop.orders import find
from shop.orders.models import Order
from shop.payments.rows import attempts_of
from shop.returns import giving
from shop.returns import service as returns
from shop.returns.giving import Decided, Preview, Way
from shop.returns.rules import (
    OURS,
    Choice,
    RefundChanged,
    ReturnState,
    Row,
    RowKind,
)
from shop.web import frame
from shop.web.current import clock
from shop.web.messages import say
from shop.web.owner.desk import bp, order_or_404, subject, the_staff, who
from shop.web.owner.money_words import provider_name
from shop.web.owner.price_field import UNITS, read_price
from shop.web.pages.owner import DeskFormPage, RefundPage
from shop.web.pages.parts import (
    Breakdown,
    BreakdownLine,
    Field,
    FieldGroup,
    Form,
    Option,
    Pair,
    Words,
)
from shop.web.visit import new_form_key, typed, typed_int

_ROWS: dict[RowKind, Lazy] = {
    RowKind.DELIVERY: L("Delivery fee"),
    RowKind.DISCOUNT: L("Share of the discount"),
    RowKind.OTHER: L("Another amount"),
}


@dataclass(frozen=True)
class Asked:
    """The choice of the form as typed, so that it can be shown back."""

    pieces: Mapping[int, int] = field(default_factory=dict)
    delivery: bool = False
    amount: str = ""
    reason: str = ""
    restock: bool = False
    #: The accepted return it is for, 0 for none.
    request: int = 0


@bp.get("/orders/<number>/give-back")
def choose_refund(number: str) -> ResponseReturnValue:
    """Ask what is to go back: pieces, the delivery fee, another amount."""
    order = order_or_404(number)
    if not giving.refundable(order):
        return _nothing_left(order)
    return _choice_page(order, _begin(order))


def _begin(order: Order) -> Asked:
    """Return the choice a page begins with: what an accepted return asks for."""
    given = request.args.get("request", "")
    wanted = int(given) if given.isdecimal() and len(given) < 19 else 0
    found = returns.find_request(order.id, wanted)
    if found is None or found.state != ReturnState.APPROVED:
        return Asked()
    whole = all(found.pieces.get(x.id, 0) == x.quantity for x in order.lines)
    freight = bool(giving.bought(order).delivery_left)
    return Asked(
        pieces=found.pieces,
        delivery=whole and freight and found.reason in OURS,
        request=found.id,
    )


@bp.post("/orders/<number>/give-back")
def preview_refund(number: str) -> ResponseReturnValue:
    """Show row by row what a choice gives back; nothing has happened yet."""
    order = order_or_404(number)
    asked = _asked(order)
    if "change" in request.form:
        return _choice_page(order, asked)
    errors: dict[str, Text] = {}
    choice = _choice(order, asked, errors)
    if choice is None:
        return _choice_page(order, asked, errors), 422
    try:
        shown = giving.preview(order, choice, clock())
    except ShopError as refusal:
        return _choice_page(order, asked, refusal=say(refusal)), 409
    return _preview_page(order, asked, shown)


@bp.post("/orders/<number>/give-back/now")
def give_parts_back(number: str) -> ResponseReturnValue:
    """Give back what was shown, once; if it is something else now, show that."""
    order = order_or_404(number)
    asked, errors = _asked(order), dict[str, Text]()
    choice = _choice(order, asked, errors)
    if choice is None:
        return _choice_page(order, asked, errors), 422
    decided = Decided(
        choice, typed("seal", 64), asked.reason, who(), typed("key", 64), asked.restock
    )
    try:
        is_new = _give(order, decided, asked.request)
    except RefundChanged as refusal:
        return _changed(order, asked, choice, refusal), 409
    except ShopError as refusal:
        return _choice_page(order, asked, refusal=say(refusal)), 409
    if is_new:
        frame.note(T("The money goes back. The customer is told."))
    else:
        words = T("Somebody was faster: this is done already. Nothing was changed.")
        frame.note(words, "warn", "info")
    return redirect(url_for("owner.order", number=number, _anchor="money"), 303)


def _give(order: Order, decided: Decided, request_id: int) -> bool:
    """Do it with its row of the log, both or neither; say whether it is new."""
    now, staff = clock(), the_staff()

    def whole() -> bool:
        here = find.lock(order.id)
        before = _so_far(here)
        sheet, is_new = giving.give_back(here, decided, now)
        if is_new and request_id:
            returns.settle(request_id, sheet, decided.who, now)
        if is_new:
            facts = {
                "amount": [sheet.amount_minor, sheet.currency],
                "products": [_counted(here, row) for row in _goods(decided.choice)],
                "reason": decided.reason,
                "restocked": sheet.restocked,
            }
            after = {"given_back": _so_far(here)} | facts
            accounts.log(
                staff,
                "order.refunded",
                subject(here),
                now,
                before={"given_back": before},
                after=after,
            )
        return is_new

    return write(whole)


def _so_far(order: Order) -> list[Any]:
    """Return what has gone back of all payments, or is on its way."""
    return [sum(x.refunded_minor for x in attempts_of(order.id)), order.currency]


def _goods(choice: Choice) -> list[tuple[int, int]]:
    return [(key, count) for key, count in choice.pieces.items() if count]


def _counted(order: Order, row: tuple[int, int]) -> str:
    line_id, count = row
    line = next(one for one in order.lines if one.id == line_id)
    return f"{line.sku} × {count}"


def _changed(order: Order, asked: Asked, choice: Choice, refusal: RefundChanged) -> str:
    """Show what would go back now, where that is anything; the choice is kept."""
    db.session.rollback()
    here = order_or_404(order.number)
    try:
        shown = giving.preview(here, choice, clock())
    except ShopError as why:
        return _choice_page(here, asked, refusal=say(why))
    return _preview_page(here, asked, shown, say(refusal))


def _nothing_left(order: Order) -> ResponseReturnValue:
    words = T("Nothing of this order's payments can go back (any more).")
    frame.note(words, "warn", "info")
    return redirect(url_for("owner.order", number=order.number), 303)


def _asked(order: Order) -> Asked:
    return Asked(
        pieces={line.id: typed_int(f"pieces_{line.id}") for line in order.lines},
        delivery="delivery" in request.form,
        amount=typed("amount", 40).strip(),
        reason=typed("reason", 200).strip(),
        restock="restock" in request.form,
        request=_request_id(order),
    )


def _request_id(order: Order) -> int:
    """Return the return request of this order that the form names, 0 for none."""
    wanted = typed_int("request")
    return wanted if wanted and returns.find_request(order.id, wanted) else 0


def _choice(order: Order, asked: Asked, errors: dict[str, Text]) -> Choice | None:
    """Read the choice; what cannot be read is said beside its field."""
    other: Money | None = None
    if asked.amount:
        try:
            other = read_price(asked.amount, order.currency)
        except ValueError:
            other = Money(0, order.currency)
        if not other:
            errors["amount"] = T("Enter an amount above zero, in digits")
        elif not asked.reason:
            errors["reason"] = T("Write the reason: the customer will read it")
    return None if errors else Choice(asked.pieces, asked.delivery, other)


def _choice_page(
    order: Order,
    asked: Asked,
    errors: Mapping[str, Text] | None = None,
    refusal: Words = "",
) -> str:
    left = giving.refundable(order)
    form = Form(
        action=url_for("owner.preview_refund", number=order.number),
        fields=_fields(order, asked, errors or {}),
        hidden={"request": str(asked.request)} if asked.request else {},
        refusal=refusal,
    )
    page = DeskFormPage(
        title=T("Refund for order {number}", number=Ltr(order.number)),
        line=T("{amount} of what was paid can still go back.", amount=left),
        form=form,
        button=T("See what goes back"),
        back_url=url_for("owner.order", number=order.number),
    )
    return render_template("owner/form.html", page=page)


def _fields(
    order: Order, asked: Asked, errors: Mapping[str, Text]
) -> tuple[Field | FieldGroup, ...]:
    bought = giving.bought(order)
    made: list[Field | FieldGroup] = []
    pieces = tuple(_pieces(order, asked))
    if pieces:
        made.append(FieldGroup(legend=T("How many pieces?"), fields=pieces))
    if bought.delivery_left:
        made.append(
            Field(
                name="delivery",
                label=T("The delivery fee too: {amount}", amount=bought.delivery_left),
                kind="check",
                checked=asked.delivery,
            )
        )
    made.append(
        Field(
            name="amount",
            label=T("Another amount"),
            kind="money",
            value=asked.amount,
            hint=T("Added to the above: a gesture, a part of a price. Needs a reason."),
            unit=UNITS[order.currency],
            error=errors.get("amount", ""),
            optional=True,
        )
    )
    made.append(
        Field(
            name="reason",
            label=T("Reason, as the customer will read it"),
            value=asked.reason,
            hint=T("In the customer's language"),
            error=errors.get("reason", ""),
            optional=True,
        )
    )
    if order.state in giving.SENT and pieces:
        made.append(
            Field(
                name="restock",
                label=T("Put the pieces back into stock"),
                kind="check",
                checked=asked.restock,
                hint=T("Tick it when they are here and can be sold again."),
            )
        )
    return tuple(made)


def _pieces(order: Order, asked: Asked) -> list[Field]:
    lines = {line.id: line for line in order.lines}
    made = []
    for sold in giving.bought(order).lines:
        if not sold.left:
            continue
        options = lines[sold.line_id].options
        wanted = min(max(asked.pieces.get(sold.line_id, 0), 0), sold.left)
        made.append(
            Field(
                name=f"pieces_{sold.line_id}",
                label=f"{sold.title} ({options})" if options else sold.title,
                kind="select",
                hint=TN(
                    "{count} piece can go back, {amount} each",
                    "{count} pieces can go back, {amount} each",
                    sold.left,
                    amount=sold.unit,
                ),
                options=tuple(
                    Option(str(n), formats.number(n), selected=n == wanted)
                    for n in range(sold.left + 1)
                ),
                short=True,
            )
        )
    return made


def _preview_page(
    order: Order, asked: Asked, shown: Preview, refusal: Words = ""
) -> str:
    hidden = _hidden(asked) | {"seal": shown.seal, "key": new_form_key()}
    page = RefundPage(
        title=T("Refund for order {number}", number=Ltr(order.number)),
        breakdown=_breakdown(order, shown),
        ways=tuple(_way(one) for one in shown.ways),
        reason=asked.reason,
        notes=_notes(order, asked, shown),
        form=Form(
            action=url_for("owner.give_parts_back", number=order.number),
            hidden=hidden,
            refusal=refusal,
        ),
        button=T("Give {amount} back", amount=shown.amount),
        change_url=url_for("owner.preview_refund", number=order.number),
        back_url=url_for("owner.order", number=order.number),
    )
    return render_template("owner/refund.html", page=page)


def _hidden(asked: Asked) -> dict[str, str]:
    """Return the choice as the form would send it again."""
    found = {f"pieces_{key}": str(count) for key, count in asked.pieces.items()}
    found |= {"amount": asked.amount, "reason": asked.reason}
    if asked.request:
        found["request"] = str(asked.request)
    ticks = {"delivery": asked.delivery, "restock": asked.restock}
    return found | {name: "1" for name, ticked in ticks.items() if ticked}


def _breakdown(order: Order, shown: Preview) -> Breakdown:
    return Breakdown(
        lines=tuple(_line(order, row) for row in shown.rows),
        total=shown.amount,
        total_label=T("Goes back"),
        in_rials=order.currency == "IRR",
    )


def _line(order: Order, row: Row) -> BreakdownLine:
    if row.line_id is None:
        tone = "sale" if row.money.minor < 0 else ""
        return BreakdownLine(_ROWS[row.kind], row.money, tone=tone)  # type: ignore[arg-type]
    line = next(one for one in order.lines if one.id == row.line_id)
    name = f"{line.title} ({line.options})" if line.options else line.title
    words = T("{count} × {product}", count=row.quantity, product=name)
    return BreakdownLine(words, row.money)


def _way(one: Way) -> tuple[Pair, ...]:
    sender = T("The payment provider sends it by itself")
    if one.by_hand:
        sender = T("You send it by hand and note it at the order")
    target = (Pair(T("Card or account"), Ltr(one.target)),) if one.target else ()
    return (
        Pair(T("Amount"), one.amount),
        Pair(T("Goes back by"), provider_name(one.provider)),
        *target,
        Pair(T("With the customer by"), one.promised_on),
        Pair(T("Who sends it"), sender),
    )


def _notes(order: Order, asked: Asked, shown: Preview) -> tuple[Words, ...]:
    """Say what else it means: for the shelf, for a parcel that is still here."""
    pieces = sum(row.quantity for row in shown.rows)
    if not pieces:
        return ()
    if order.state in giving.SENT:
        if asked.restock:
            words = TN(
                "{count} piece goes back into stock.",
                "{count} pieces go back into stock.",
                pieces,
            )
            return (words,)
        return (T("Stock stays as it is."),)
    words = T(
        "The order has not been sent: the packing slip no longer names these pieces. "
        "They leave the stock with the parcel; count them back in after that."
    )
    return (words,)
