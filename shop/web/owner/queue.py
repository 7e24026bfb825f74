"""The desk's home: what needs somebody now, one action each."""

from datetime import datetime, time

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from shop.fulfilment.service import is_pick_up
from shop.i18n import formats
from shop.i18n.text import TN, TP, L, Lazy, Ltr, T, Text
from shop.kernel.money import Money
from shop.markets.address import Address
from shop.markets.identifiers import mask_name
from shop.markets.market import Market
from shop.markets.registry import find_market, market_codes
from shop.notifications import service as notifications
from shop.orders.models import Promise
from shop.orders.states import VOID, OrderState, PromiseKind
from shop.payments import daily
from shop.reports import queue as report
from shop.reports.queue import Counts, Figures, Part, Waiting
from shop.web import timeline
from shop.web.current import clock, current_market
from shop.web.owner.desk import bp, show_rail, the_staff
from shop.web.pages.orders import Due
from shop.web.pages.owner import Figure, QueuePage, QueueRow, Tab, ToDo
from shop.web.pages.parts import NO_PAGES, Badge, Form, Link, Pager, Words
from shop.web.paying import method_name

#: The tabs, in the order in which an order passes through them.
TABS: dict[Part, Lazy] = {
    Part.PROBLEMS: L("Problems"),
    Part.ARRANGE: L("To arrange"),
    Part.RECEIPTS: L("Receipts to check"),
    Part.RETURNS: L("Returns"),
    Part.PACK: L("To pack"),
    Part.SHIP: L("To send or hand over"),
    Part.ON_WAY: L("On their way"),
    Part.CASH: L("Money to note"),
    Part.UNPAID: L("Unpaid"),
    Part.ALL: Lazy(lambda: TP("orders", "All")),
}
#: Where the desk opens: the first of these that has an order.
FIRST = (
    Part.PROBLEMS, Part.ARRANGE, Part.RECEIPTS, Part.PACK, Part.SHIP, Part.CASH,
    Part.RETURNS, Part.ON_WAY,
)  # fmt: skip
#: What waits for staff, for the number in the rail.
OURS = (Part.ARRANGE, Part.RECEIPTS, Part.PACK, Part.SHIP, Part.CASH, Part.PROBLEMS)


@bp.get("/")
def queue() -> ResponseReturnValue:
    """Show one tab of the queue, or what a search found."""
    now, query = clock(), request.args.get("q", "").strip()[: report.LONGEST_QUERY]
    found = report.counts()
    ours = sum(found.parts[part] for part in OURS)
    show_rail(the_staff(), ours + found.returns)
    part = _wanted(found)
    if query:
        page = report.Page(report.search(query))
    else:
        cursor = report.read_cursor(request.args.get("at", ""))
        page = report.page(part, now, cursor)
    market = find_market(request.args.get("region", "")) or current_market()
    today = market.today(now)
    figures = report.figures(market.code, market.moment(today, time()), now)
    shown = QueuePage(
        today_on=today,
        figures=_figures(figures, market),
        tabs=_tabs(found, None if query else part),
        rows=tuple(_row(one, now) for one in page.rows),
        search_url=url_for("owner.queue"),
        query=query,
        pager=NO_PAGES if query else _pager(part, page),
        todos=_todos(found),
        empty=_empty(part, query),
    )
    return render_template("owner/queue.html", page=shown)


def _wanted(found: Counts) -> Part:
    try:
        return Part(request.args.get("tab", ""))
    except ValueError:
        return next((part for part in FIRST if found.parts[part]), Part.PACK)


def _tabs(found: Counts, here: Part | None) -> tuple[Tab, ...]:
    return tuple(
        Tab(
            label, url_for("owner.queue", tab=part), found.parts.get(part), part is here
        )
        for part, label in TABS.items()
    )


def _pager(part: Part, page: report.Page) -> Pager:
    def url(cursor: report.Cursor | None) -> str:
        if cursor is None:
            return ""
        return url_for("owner.queue", tab=part, at=str(cursor))

    return Pager(url(page.before), url(page.after))


def _empty(part: Part, query: str) -> Text:
    if query:
        return T("No order has this number. Type it whole, in any digits.")
    if part in {Part.PACK, Part.SHIP}:
        return T("All shipped. Nothing waits for you.")
    return T("Nothing waits here.")


def _figures(one: Figures, market: Market) -> tuple[Figure, ...]:
    late: Words = ""
    if one.late:
        late = TN("{count} due by tomorrow", "{count} due by tomorrow", one.late)
    success, none = "–", T("No attempts yet")
    if one.tried:
        success, none = (
            formats.percent(one.paid * 100 // one.tried * 100),
            T("24 hours"),
        )
    return (
        Figure(
            T("Sales today"),
            Money(one.sales_minor, market.currency),
            market.name,
            url=url_for("owner.queue", region=_next(market)),
        ),
        Figure(T("Orders today"), one.orders),
        Figure(
            T("To be shipped"),
            one.to_ship,
            late,
            "warn",
            url_for("owner.queue", tab=Part.PACK),
        ),
        Figure(T("Payments that succeeded"), success, none),
    )


def _next(market: Market) -> str:
    """Return the market whose figures come after these."""
    codes = market_codes()
    return codes[(codes.index(market.code) + 1) % len(codes)]


def _todos(found: Counts) -> tuple[ToDo, ...]:
    problems = Link(url_for("owner.queue", tab=Part.PROBLEMS), T("Check"))
    made = []
    receipts = found.parts[Part.RECEIPTS]
    if receipts:
        words = TN("{count} receipt to check", "{count} receipts to check", receipts)
        where = Link(url_for("owner.queue", tab=Part.RECEIPTS), T("Check"))
        made.append(ToDo("receipt", words, where))
    if found.returns:
        words = TN(
            "{count} return to decide about",
            "{count} returns to decide about",
            found.returns,
        )
        where = Link(url_for("owner.queue", tab=Part.RETURNS), T("Check"))
        made.append(ToDo("rotate-ccw", words, where))
    if found.reviews:
        words = TN(
            "{count} payment that needs a decision",
            "{count} payments that need a decision",
            found.reviews,
        )
        made.append(ToDo("circle-alert", words, problems))
    if found.refunds:
        words = TN(
            "{count} refund to send by hand",
            "{count} refunds to send by hand",
            found.refunds,
        )
        made.append(ToDo("rotate-ccw", words, problems))
    if found.on_hold:
        words = TN("{count} order on hold", "{count} orders on hold", found.on_hold)
        made.append(ToDo("clock", words, problems))
    bills = daily.count_open()
    if bills:
        words = TN(
            "{count} daily bill that does not agree with the books",
            "{count} daily bills that do not agree with the books",
            bills,
        )
        where = Link(url_for("owner.bills"), T("Check"))
        made.append(ToDo("file-text", words, where))
    return (*made, *_dead_letters(), *_unwritten())


def _dead_letters() -> list[ToDo]:
    """Return the messages that nobody could deliver, each with its order."""
    numbers = report.numbers([one.order_id for one in notifications.dead_letters(5)])
    return [
        ToDo(
            "mail",
            T("A message about order {number} could not be sent", number=Ltr(number)),
            Link(url_for("owner.order", number=number), T("Check")),
        )
        for number in numbers
    ]


def _unwritten() -> list[ToDo]:
    """Return the events whose messages could not even be written, each to try again."""
    made = []
    for job in notifications.unwritten()[:5]:
        (number,) = report.numbers([job.payload["order_id"]]) or ("",)
        words = T(
            "The messages of an event of order {number} could not be written",
            number=Ltr(number),
        )
        link = Link(url_for("owner.order", number=number or "-"), T("Try again"))
        form = Form(action=url_for("owner.rewrite", job_id=job.id))
        made.append(ToDo("mail", words, link, form))
    return made


def _row(one: Waiting, now: datetime) -> QueueRow:
    order = one.order
    url = url_for("owner.order", number=order.number)
    button = _action(one)
    badge = timeline.badge(
        order, is_paid=one.standing.is_paid, is_checking=one.has_receipt
    )
    return QueueRow(
        number=order.number,
        url=url,
        placed_at=order.placed_at,
        customer=mask_name(order.name),
        goods=_goods(one),
        place=_place(one),
        payment=payment_badge(one),
        state=badge,
        total=order.total,
        due=_due(one.due, now),
        action=Link(f"{url}#deeds", button) if button else None,
        is_priority=order.prepaid,
    )


def payment_badge(one: Waiting) -> Badge:
    """Return how the order is paid and whether it is."""
    name = method_name(one.order)
    if one.standing.excess:
        return Badge(T("{method}: more than is due", method=name), "bad")
    if one.standing.is_paid and one.standing.owed:
        return Badge(T("{method}: paid", method=name), "ok")
    if one.order.state in VOID:
        return Badge(name)
    return Badge(T("{method}: open", method=name), "warn")


def _goods(one: Waiting) -> Words:
    lines = one.order.lines
    if not lines:
        return ""
    rest = sum(line.quantity for line in lines) - 1
    if not rest:
        return lines[0].title
    return TN(
        "{product} and {count} more", "{product} and {count} more", rest,
        product=lines[0].title,
    )  # fmt: skip


def _place(one: Waiting) -> str:
    address = Address.from_json(one.order.address)
    return address.city_name or address.province_name


def _due(promise: Promise | None, now: datetime) -> Due | None:
    if promise is None:
        return None
    return timeline.dues([promise], now)[0]


def _action(one: Waiting) -> Text | None:
    """Return the one thing an order wants next, as the word of its button."""
    order = one.order
    if one.has_receipt:
        return T("Check")
    if one.has_return:
        return T("Decide")
    match OrderState(order.state):
        case OrderState.PLACED if order.method == "cash_by_arrangement":
            return T("Arrange")
        case OrderState.ACCEPTED:
            return T("Pack")
        case OrderState.PACKING:
            return T("Hand over") if is_pick_up(order) else TP("button", "Ship")
        case OrderState.SHIPPED:
            return T("Delivered?")
        case OrderState.DELIVERED if one.has_open_cash:
            return T("Note the money")
        case OrderState.ON_HOLD:
            return T("Decide")
    if one.due is not None and one.due.kind == PromiseKind.REFUND:
        return T("Decide")
    return None
