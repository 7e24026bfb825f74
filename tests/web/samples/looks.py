"""Samples of the desk's looks into payments: the clinic, a bank statement."""

from datetime import UTC, datetime, timedelta

from shop.i18n.text import Ltr, T
from shop.kernel.money import Money
from shop.web.pages.clinic import (
    Answered,
    Bill,
    BillLine,
    BillList,
    BillsPage,
    ClinicPage,
    Match,
    OpenAttempt,
    StatementPage,
)
from shop.web.pages.parts import Badge, Field, Form, Link, Note, Pair

AT = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
ORDER = Link("/owner/orders/4829103746", Ltr("4829103746"))


def clinic_page() -> ClinicPage:
    """Return a clinic with an answer believed, one not, and an open payment."""
    paid = Answered(
        at=AT,
        provider=T("ZarinPal"),
        source=T("Buyer came back"),
        verdict=Badge(T("Paid"), "ok"),
        order=ORDER,
        facts=(Pair(T("Our reference"), Ltr("3753824570152649")),),
    )
    forged = Answered(
        at=AT,
        provider=T("Alipay, page"),
        source=T("Notification"),
        verdict=Badge(T("Not believed"), "bad"),
        why=T("The signature or the addressee was wrong: nothing was changed."),
    )
    waiting = OpenAttempt(
        order=ORDER,
        provider=T("ZarinPal"),
        amount=Money(899_000_000, "IRR"),
        since=AT,
        state=Badge(T("No answer yet"), "warn"),
        ask=Form(action="/owner/clinic/ask/1"),
    )
    return ClinicPage(
        answers=(paid, forged),
        open=(waiting,),
        test=Form(action="/owner/clinic/test"),
        callback_url="https://shop.example/pay/alipay/notify",
        tested=Note(T("The callback address is reachable and is this shop."), "ok"),
        reviews=(Link("/owner/orders/1", T("It is being looked at."), "circle-alert"),),
        statement_url="/owner/statement",
        bills_url="/owner/bills",
        bills_open=1,
    )


def statement_page() -> StatementPage:
    """Return a statement of which one line fits a receipt."""
    match = Match(
        order=ORDER,
        amount=Money(899_000_000, "IRR"),
        receipt=(Pair(T("Tracking number"), Ltr("12345678")),),
        line=(Pair(T("Tracking number"), Ltr("12345678")), Pair(T("Time"), AT)),
        score=95,
        receipt_id=7,
        is_sure=True,
        warning=T("The same line fits another receipt too. Please look twice."),
    )
    file = Field(name="file", label=T("Statement of your bank, as CSV"), kind="file")
    return StatementPage(
        upload=Form(action="/owner/statement", fields=(file,), has_file=True),
        matches=(match,),
        confirm=Form(action="/owner/statement/confirm"),
        read=Note(T("{count} lines read. Please check each pair.", count=12), "ok"),
        back_url="/owner/clinic",
    )


def bills_page() -> BillsPage:
    """Return a bill that agrees, and one with a line in a list."""
    line = BillLine(
        reference=Ltr("3753824570152649"),
        what=T("Payment"),
        amount=Money(89_900, "CNY"),
        theirs=Money(89_000, "CNY"),
        order=ORDER,
    )
    title = T("The amounts differ ({count})", count=1)
    day, before = (
        T("{provider}: {day}", provider=str(T("Alipay")), day=AT.date() - days)
        for days in (timedelta(0), timedelta(1))
    )
    wrong = Bill(
        bill_id=2,
        title=day,
        state=Badge(T("Does not agree"), "bad"),
        facts=(Pair(T("Fetched"), AT), Pair(T("Lines that agree"), 12)),
        lists=(BillList(title=title, lines=(line,)),),
        done=Form(action="/owner/bills/2/done"),
    )
    waiting = Bill(
        bill_id=1,
        title=before,
        state=Badge(T("Not there yet"), "pre"),
        why=T("The provider has no bill of this day, but the shop has payments."),
        ask=Form(action="/owner/bills/1/ask"),
    )
    label = T("Bill of the provider, as CSV or zip")
    file = Field(name="file", label=label, kind="file")
    return BillsPage(
        bills=(wrong, waiting),
        upload=Form(action="/owner/bills", fields=(file,), has_file=True),
        back_url="/owner/clinic",
    )
