"""The callback clinic: what providers said, what was decided, what is still open."""

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from shop.accounts import service as accounts
from shop.db import db, write
from shop.i18n.text import L, Lazy, Ltr, T, Text
from shop.kernel.money import Money
from shop.orders.models import Order
from shop.payments import clinic as reads
from shop.payments import collect, daily, review
from shop.payments.models import PaymentAttempt
from shop.payments.provider import ProviderError
from shop.payments.rules import AttemptState, Verdict
from shop.web import frame
from shop.web.current import clock, config
from shop.web.owner.desk import bp, the_staff
from shop.web.owner.money_words import ATTEMPTS, VERDICTS, provider_name
from shop.web.pages.clinic import Answered, ClinicPage, OpenAttempt
from shop.web.pages.parts import Badge, Form, Link, Note, Pair, Tone, Words
from shop.web.visit import or_404

#: How long the self-test waits for the shop's own public address.
TEST_SECONDS = 5
SOURCES: dict[str, Lazy] = {
    "notify": L("Notification"),
    "return": L("Buyer came back"),
    "query": L("We asked"),
    "close": L("We closed it"),
    "staff": L("Staff"),
}
GOOD: dict[Verdict, tuple[Lazy, Tone]] = {
    Verdict.PAID: (L("Paid"), "ok"),
    Verdict.REJECTED: (L("Not believed"), "bad"),
}


@bp.get("/clinic")
def clinic() -> ResponseReturnValue:
    """Show the last answers and everything that is still open (N20)."""
    return _page()


@bp.post("/clinic/test")
def test_callback() -> ResponseReturnValue:
    """Call our own public callback address, as a provider would."""
    note = _call_ourselves()
    write(lambda: accounts.log(the_staff(), "clinic.tested", "callback", clock()))
    return _page(note)


@bp.post("/clinic/ask/<id:attempt_id>")
def ask_now(attempt_id: int) -> ResponseReturnValue:
    """Ask a provider now what became of a payment."""
    attempt = or_404(db.session.get(PaymentAttempt, attempt_id))
    subject = f"attempt:{attempt.merchant_ref}"
    write(lambda: accounts.log(the_staff(), "clinic.asked", subject, clock()))
    try:
        collect.ask(attempt_id, clock())
    except ProviderError:
        frame.note(T("The provider does not answer. We keep asking."), "warn", "clock")
    else:
        state = collect.result(attempt_id).state
        frame.note(T("The provider answered: {state}", state=str(ATTEMPTS[state][0])))
    return redirect(url_for("owner.clinic"), 303)


def _page(tested: Note | None = None) -> str:
    page = ClinicPage(
        answers=tuple(_answered(one) for one in reads.recent()),
        open=tuple(_open(one, number) for one, number in reads.still_open()),
        test=Form(action=url_for("owner.test_callback")),
        callback_url=_callback(),
        tested=tested,
        reviews=tuple(_review(one) for one in review.in_review()),
        statement_url=url_for("owner.statement"),
        bills_url=url_for("owner.bills"),
        bills_open=daily.count_open(),
    )
    return render_template("owner/clinic.html", page=page)


def _callback() -> str:
    return config().public_url + url_for("callbacks.notify", provider="alipay")


def _call_ourselves() -> Note:
    """Post nothing to our callback; any answer of our own is a good one.

    Anything else in between (a proxy, a firewall, another site) answers
    without our request id, or not at all.
    """
    import requests  # here, as in payments.protocol: 4 MB and 0.1 s of each start

    try:
        answer = requests.post(
            _callback(), data=b"", timeout=TEST_SECONDS, allow_redirects=False
        )
    except requests.RequestException:
        return Note(
            T(
                "Nobody answers at {address}. Providers can't reach the shop either: "
                "check public_url, the proxy and the firewall.",
                address=Ltr(config().public_url),
            ),
            "bad",
            "triangle-alert",
        )
    if "X-Request-Id" not in answer.headers:
        return Note(
            T(
                "Something answers at {address}, but it is not this shop. "
                "Check where the address leads.",
                address=Ltr(config().public_url),
            ),
            "bad",
            "triangle-alert",
        )
    return Note(T("The callback address is reachable and is this shop."), "ok", "check")


def _answered(one: reads.Seen) -> Answered:
    event = one.event
    pairs = [Pair(name, Ltr(text)) for name, text in reads.facts(event).items()]
    if one.merchant_ref:
        pairs.insert(0, Pair(T("Our reference"), Ltr(one.merchant_ref)))
    return Answered(
        at=event.received_at,
        provider=provider_name(event.provider),
        source=SOURCES.get(event.source, event.source),
        verdict=_verdict(Verdict(event.verdict)),
        why=_why(Verdict(event.verdict)),
        order=_order(one.order_number),
        facts=tuple(pairs),
    )


def _verdict(verdict: Verdict) -> Badge:
    if verdict in GOOD:
        label, tone = GOOD[verdict]
        return Badge(label, tone)
    if verdict in VERDICTS:
        return Badge(T("Needs a look"), "warn")
    return Badge(T("Nothing to do"), "")


def _why(verdict: Verdict) -> Words:
    if verdict is Verdict.REJECTED:
        return T("The signature or the addressee was wrong: nothing was changed.")
    return VERDICTS.get(verdict, "")


def _open(attempt: PaymentAttempt, number: str) -> OpenAttempt:
    label, tone = ATTEMPTS[AttemptState(attempt.state)]
    return OpenAttempt(
        order=Link(url_for("owner.order", number=number), Ltr(number)),
        provider=provider_name(attempt.provider),
        amount=Money(attempt.amount_minor, attempt.currency),
        since=attempt.created_at,
        state=Badge(label, tone),
        ask=Form(action=url_for("owner.ask_now", attempt_id=attempt.id)),
    )


def _review(one: review.Review) -> Link:
    order = db.session.get_one(Order, one.attempt.order_id)
    why: Text = T(
        "Order {number}: {reason}",
        number=Ltr(order.number),
        reason=str(VERDICTS.get(one.verdict, "")),
    )
    return Link(url_for("owner.order", number=order.number), why, "circle-alert")


def _order(number: str) -> Link | None:
    if not number:
        return None
    return Link(url_for("owner.order", number=number), Ltr(number))
