"""The providers' daily bills against our books: three lists that should be empty."""

from datetime import date, timedelta

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from shop.accounts import service as accounts
from shop.db import write
from shop.i18n import formats
from shop.i18n.text import L, Lazy, Ltr, T
from shop.kernel.money import Money
from shop.payments import bills as files
from shop.payments import daily
from shop.payments.bills import BadTable, Columns, Line
from shop.payments.daily import Book
from shop.payments.models import PaymentBill
from shop.payments.rules import BillState
from shop.web import frame
from shop.web.current import clock
from shop.web.messages import say
from shop.web.owner.desk import bp, the_staff, who
from shop.web.owner.money_words import provider_name
from shop.web.pages.clinic import Bill, BillLine, BillList, BillsPage
from shop.web.pages.parts import Badge, Field, Form, Link, Option, Pair, Words
from shop.web.visit import or_404, typed

#: Days that can be chosen for a file; a line is shown up to so many a list.
DAYS, SHOWN = 35, 50
#: Whose bill it is, where several ways to pay share one.
NAMES: dict[str, Lazy] = {"alipay": L("Alipay"), "wechat": L("WeChat Pay")}
#: What columns are called in a file of another provider; the owner may name others.
USUAL = {
    "ref": ("order_id", L("Column with our reference")),
    "amount": ("amount", L("Column with the amount")),
    "kind": ("", L("Column that says what is a refund, if there is one")),
    "words": ("", L("What stands there for a refund")),
}


@bp.get("/bills")
def bills() -> ResponseReturnValue:
    """Show the last bills, those that do not agree in full."""
    return render_template("owner/bills.html", page=_page())


@bp.post("/bills")
def read_bill() -> ResponseReturnValue:
    """Compare a file with the books of its day, and keep what it says."""
    book = {one.key: one for one in daily.books(clock())}.get(typed("book", 120))
    day = _typed_day()
    upload = request.files.get("file")
    content = upload.read(files.MAX_BYTES + 1) if upload else b""
    if book is None or day is None or not content:
        return _again(T("Choose the provider, the day and its file"))
    try:
        theirs = _read(book, content)
    except BadTable as wrong:
        return _again(say(wrong))
    now = clock()

    def keep() -> None:
        daily.match(book, day, theirs, "upload", now)
        accounts.log(the_staff(), "bill.read", f"bill:{book.key}:{day}", now)

    write(keep)
    frame.note(T("{count} lines read and compared", count=len(theirs)), "ok", "check")
    return redirect(url_for("owner.bills"), 303)


@bp.post("/bills/<id:bill_id>/done")
def bill_done(bill_id: int) -> ResponseReturnValue:
    """Note that somebody has looked at what does not agree."""
    now = clock()

    def do() -> None:
        if daily.settle(bill_id, who(), now):
            accounts.log(the_staff(), "bill.looked_at", f"bill:{bill_id}", now)

    write(do)
    return redirect(url_for("owner.bills"), 303)


@bp.post("/bills/<id:bill_id>/ask")
def ask_bill(bill_id: int) -> ResponseReturnValue:
    """Fetch a bill again now."""
    row = or_404(daily.get(bill_id))
    found = (one for one in daily.books(clock()) if one.can_ask)
    book = or_404(next((b for b in found if daily.is_of(row, b)), None))
    state, day = daily.fetch(book, row.day, clock(), again=True), row.day
    write(
        lambda: accounts.log(
            the_staff(), "bill.asked", f"bill:{book.key}:{day}", clock()
        )
    )
    if state is not BillState.MATCHED or daily.find(book, day).code:
        frame.note(T("The bill could not be fetched. We try again."), "warn", "clock")
    return redirect(url_for("owner.bills"), 303)


def _typed_day() -> date | None:
    try:
        return date.fromisoformat(typed("day", 10))
    except ValueError:
        return None


def _read(book: Book, content: bytes) -> list[Line]:
    """Return the lines of an uploaded file; a zip is taken as the provider made it.

    :raises BadTable: if it cannot be read as what it should be.
    """
    if book.can_ask:
        return files.read_own(book.bill, content)
    columns = Columns(
        ref=typed("ref", 60),
        amount=typed("amount", 60),
        currency=book.market.currency,
        unit="toman" if typed("unit", 10) == "toman" else "major",
        kind=typed("kind", 60),
        refund_words=tuple(typed("words", 200).split()),
    )
    return files.parse_generic(content, columns)


def _again(error: Words) -> ResponseReturnValue:
    return render_template("owner/bills.html", page=_page(error)), 422


def _page(error: Words = "") -> BillsPage:
    rows = daily.recent()
    found = daily.books(clock())
    return BillsPage(
        bills=tuple(_bill(row, found) for row in rows),
        upload=_upload(found, error),
        back_url=url_for("owner.clinic"),
    )


def _upload(found: list[Book], error: Words) -> Form:
    today = clock().date()
    days = [today - timedelta(days=back) for back in range(DAYS)]
    book = Field(
        name="book",
        label=T("Provider"),
        kind="select",
        options=tuple(
            Option(one.key, _name(one.bill, one.account), typed("book") == one.key)
            for one in found
        ),
    )
    day = Field(
        name="day",
        label=T("Day of the bill"),
        kind="select",
        short=True,
        options=tuple(
            Option(str(one), formats.day(one), typed("day") == str(one)) for one in days
        ),
    )
    file = Field(
        name="file",
        label=T("Bill of the provider, as CSV or zip"),
        kind="file",
        accept=".csv,.zip,text/csv",
        error=error,
    )
    return Form(
        action=url_for("owner.read_bill"),
        fields=(book, day, file, *_columns(found)),
        has_file=True,
    )


def _columns(found: list[Book]) -> tuple[Field, ...]:
    """Return the fields that only files of other providers need."""
    if all(one.can_ask for one in found):
        return ()
    hint = T("Not needed for Alipay and WeChat Pay")
    columns = [
        Field(
            name=name,
            label=label,
            value=typed(name, 60) or usual,
            short=True,
            optional=not usual,
            hint=hint if name == "ref" else "",
        )
        for name, (usual, label) in USUAL.items()
    ]
    unit = Field(
        name="unit",
        label=T("Amounts are in"),
        kind="select",
        short=True,
        options=(
            Option("major", T("Rials"), typed("unit", 10) != "toman"),
            Option("toman", T("Tomans"), typed("unit", 10) == "toman"),
        ),
    )
    return (*columns, unit)


def _name(bill: str, account: str) -> Words:
    name = str(NAMES.get(bill) or provider_name(bill))
    if not account:
        return name
    return T("{provider}, account {account}", provider=name, account=Ltr(account[-6:]))


def _bill(row: PaymentBill, found: list[Book]) -> Bill:
    known = any(one.can_ask and daily.is_of(row, one) for one in found)
    done = url_for("owner.bill_done", bill_id=row.id)
    ask = url_for("owner.ask_bill", bill_id=row.id)
    is_open = daily.is_open(row)
    return Bill(
        bill_id=row.id,
        title=T(
            "{provider}: {day}",
            provider=str(_name(row.provider, row.account)),
            day=row.day,
        ),
        state=_state(row),
        facts=_facts(row),
        why=_why(row),
        lists=_lists(row),
        done=Form(action=done) if is_open else None,
        ask=Form(action=ask) if known and (is_open or row.code) else None,
    )


def _state(row: PaymentBill) -> Badge:
    if row.state == BillState.FAILED:
        return Badge(T("Not there"), "bad" if daily.is_open(row) else "")
    if row.state == BillState.WAITING:
        return Badge(T("Not there yet"), "pre")
    if not row.differences:
        return Badge(T("Agrees"), "ok")
    if row.settled_at is not None:
        return Badge(T("Looked at"), "")
    return Badge(T("Does not agree"), "bad")


def _facts(row: PaymentBill) -> tuple[Pair, ...]:
    if row.state != BillState.MATCHED:
        return ()
    source = T("Uploaded") if row.source == "upload" else T("Fetched")
    return (
        Pair(source, row.fetched_at or ""),
        Pair(T("Payments on the bill"), row.payments),
        Pair(T("Refunds on the bill"), row.refunds),
        Pair(T("Lines that agree"), row.matched),
    )


def _why(row: PaymentBill) -> Words:
    if row.code == "no_bill":
        return T("The provider has no bill of this day, but the shop has payments.")
    if row.code in {"hash", "zip", "gzip", "too_long", "file", "bill", "bill_url"}:
        return T("The file that came can't be right, so it was not used.")
    if row.code:
        return T("The provider answered: {code}", code=Ltr(row.code))
    return ""


def _lists(row: PaymentBill) -> tuple[BillList, ...]:
    pairs = [tuple(daily.lines(pair)) for pair in row.differ]
    ours, theirs = daily.lines(row.ours_only), daily.lines(row.theirs_only)
    orders = daily.orders_named(
        one.ref for one in [*ours, *theirs, *(pair[0] for pair in pairs)]
    )
    ours_title = T("Only in our books ({count})", count=row.ours_count)
    theirs_title = T("Only on the bill ({count})", count=row.theirs_count)
    made = (
        (ours_title, ours, [None] * len(ours), row.ours_count),
        (theirs_title, theirs, [None] * len(theirs), row.theirs_count),
        (
            T("The amounts differ ({count})", count=row.differ_count),
            [pair[0] for pair in pairs],
            [pair[1].amount for pair in pairs],
            row.differ_count,
        ),
    )
    return tuple(
        BillList(
            title=title,
            lines=tuple(
                _line(one, other, orders)
                for one, other in zip(found[:SHOWN], others, strict=False)
            ),
            more=T("and {count} more", count=count - SHOWN) if count > SHOWN else "",
        )
        for title, found, others, count in made
        if count
    )


def _line(one: Line, other: Money | None, orders: dict[str, str]) -> BillLine:
    number = orders.get(one.ref, "")
    link = Link(url_for("owner.order", number=number), Ltr(number)) if number else None
    return BillLine(
        reference=Ltr(one.ref or one.txn),
        what=T("Refund") if one.is_refund else T("Payment"),
        amount=one.amount,
        theirs=other,
        order=link,
    )
