"""Bank statements against receipts: suggestions first, then staff confirm (N6)."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from shop.accounts import service as accounts
from shop.db import db, write
from shop.i18n.text import L, Ltr, T, Text
from shop.kernel.errors import ShopError
from shop.kernel.money import Money
from shop.orders.models import Order
from shop.payments import statement as reads
from shop.payments import transfer
from shop.payments.bills import BadTable
from shop.payments.models import TransferReceipt
from shop.payments.rules import StatementLine
from shop.payments.statement import StatementColumns, Suggestion
from shop.web import frame
from shop.web.current import clock
from shop.web.messages import say
from shop.web.owner.desk import bp, the_staff, who
from shop.web.pages.clinic import Match, StatementPage
from shop.web.pages.parts import Field, Form, Link, Note, Option, Pair, Words
from shop.web.visit import typed

#: What the columns are called in most banks' files; the owner may name others.
USUAL = {
    "amount": ("مبلغ", L("Column with the amount")),
    "date": ("تاریخ", L("Column with the date")),
    "time": ("ساعت", L("Column with the time")),
    "tracking": ("شماره پیگیری", L("Column with the trace number")),
    "note": ("شرح", L("Column with the note")),
}
MOST_BYTES = 2_000_000


@bp.get("/statement")
def statement() -> ResponseReturnValue:
    """Ask for the bank's file."""
    return render_template("owner/statement.html", page=_page())


@bp.post("/statement")
def read_statement() -> ResponseReturnValue:
    """Read the file and suggest which line pays for which receipt; change nothing."""
    upload = request.files.get("file")
    content = upload.read(MOST_BYTES) if upload else b""
    if not content:
        page = _page(T("Choose the CSV file of your bank"))
        return render_template("owner/statement.html", page=page), 422
    names = {name: typed(name, 60) for name in USUAL}
    unit = "toman" if typed("unit", 10) == "toman" else "major"
    try:
        lines = reads.parse_statement(
            content, StatementColumns(**names, unit=unit), "ir"
        )
    except BadTable as wrong:
        page = _page(say(wrong))
        return render_template("owner/statement.html", page=page), 422
    found = [one for one in reads.suggest(lines) if one.score]
    page = _page(matches=tuple(_match(one) for one in found), count=len(lines))
    return render_template("owner/statement.html", page=page)


@bp.post("/statement/confirm")
def confirm_statement() -> ResponseReturnValue:
    """Confirm every ticked receipt, each in a transaction of its own."""
    done = 0
    for text in request.form.getlist("receipt")[:200]:
        if text.isascii() and text.isdigit():
            done += _confirm(int(text))
    frame.note(
        T("{count} transfers confirmed", count=done), "ok" if done else "warn", "check"
    )
    return redirect(url_for("owner.statement"), 303)


def _confirm(receipt_id: int) -> bool:
    now = clock()

    def do() -> None:
        transfer.confirm(receipt_id, who(), now)
        subject = f"receipt:{receipt_id}"
        accounts.log(the_staff(), "receipt.confirmed", subject, now)

    if db.session.get(TransferReceipt, receipt_id) is None:
        return False
    try:
        write(do)
    except ShopError as refusal:
        frame.note(say(refusal), "warn", "info")
        return False
    return True


def _page(
    error: Words = "", matches: tuple[Match, ...] = (), count: int | None = None
) -> StatementPage:
    note = None
    if count is not None and not matches:
        note = Note(T("{count} lines read; none fits a receipt", count=count), "warn")
    elif count is not None:
        note = Note(T("{count} lines read. Please check each pair.", count=count), "ok")
    confirm = Form(action=url_for("owner.confirm_statement")) if matches else None
    return StatementPage(
        upload=_upload(error),
        matches=matches,
        confirm=confirm,
        read=note,
        back_url=url_for("owner.clinic"),
    )


def _upload(error: Words) -> Form:
    file = Field(
        name="file",
        label=T("Statement of your bank, as CSV"),
        kind="file",
        accept=".csv,text/csv",
        error=error,
    )
    columns = [
        Field(name=name, label=label, value=typed(name, 60) or usual, short=True)
        for name, (usual, label) in USUAL.items()
    ]
    unit = Field(
        name="unit",
        label=T("Amounts are in"),
        kind="select",
        short=True,
        options=(
            Option("rial", T("Rials"), typed("unit", 10) != "toman"),
            Option("toman", T("Tomans"), typed("unit", 10) == "toman"),
        ),
    )
    return Form(
        action=url_for("owner.read_statement"),
        fields=(file, *columns, unit),
        has_file=True,
    )


def _match(one: Suggestion) -> Match:
    receipt = one.receipt
    order = db.session.get_one(Order, receipt.order_id)
    warning: Text | str = ""
    if one.is_shared:
        warning = T("The same line fits another receipt too. Please look twice.")
    elif transfer.twins(receipt):
        warning = T("The same trace number was sent with another order.")
    return Match(
        order=Link(url_for("owner.order", number=order.number), Ltr(order.number)),
        amount=Money(order.total_minor, order.currency),
        receipt=(
            Pair(T("Trace number"), Ltr(receipt.tracking_number)),
            Pair(T("Last four digits of the card"), Ltr(receipt.last_four)),
            Pair(T("Time of the transfer"), receipt.paid_at),
        ),
        line=_line(one.line),
        score=one.score,
        receipt_id=receipt.id,
        is_sure=one.is_sure and not warning,
        warning=warning,
    )


def _line(line: StatementLine | None) -> tuple[Pair, ...]:
    if line is None:
        return ()
    pairs = [Pair(T("Amount"), line.amount)]
    if line.tracking:
        pairs.append(Pair(T("Trace number"), Ltr(line.tracking)))
    if line.paid_at is not None:
        pairs.append(Pair(T("Time"), line.paid_at))
    if line.note:
        pairs.append(Pair(T("Note"), line.note))
    return tuple(pairs)
