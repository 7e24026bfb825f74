"""The providers' bills, matched with our books every day: who shares one, and when.

A bill is fetched once a day and account, again after a while if it was not there,
and never inside a transaction; one the owner uploads is stored the same way. What
was paid at midnight stands on one bill and in another day's books: neighbouring
days are looked at together, so that it is no difference.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any

from sqlalchemy import func, or_, select, update

from shop.db import changed, db, insert_new, write
from shop.kernel.money import Money
from shop.markets.market import Market
from shop.markets.registry import markets
from shop.orders.models import Order
from shop.payments import bills, refunds, rules, settings
from shop.payments import provider as contract
from shop.payments.bills import BadTable, Comparison, Line
from shop.payments.models import PaymentAttempt, PaymentBill, Refund
from shop.payments.provider import ProviderError
from shop.payments.rules import BillState, KeysMissing

log = logging.getLogger(__name__)

#: When the bill of the day before is there, on the provider's clock: WeChat's
#: after ten, Alipay's by nine (their pages of the calls).
READY = time(10)
#: How many days back a bill is still fetched by itself.
BACK = 7
#: So far apart may a bill and our books be about one payment.
NEAR = timedelta(days=3)
#: Lines of one list that are kept; its count says how many there were.
LISTED = 500
#: Bills asked for in one turn of the worker.
AT_ONCE = 10


@dataclass(frozen=True)
class Book:
    """What one bill covers: an account, and the ways to pay that collect for it.

    ``bill`` names whose bill it is: a family like ``alipay``, or a provider whose
    bill can only be uploaded. ``market`` is the calendar its days are of.
    """

    bill: str
    account: str
    providers: tuple[str, ...]
    market: Market

    @property
    def key(self) -> str:
        """Return its name in forms."""
        return f"{self.bill}:{self.account}"

    @property
    def can_ask(self) -> bool:
        """The provider hands the bill out by itself."""
        return self.bill in bills.PARSERS

    def span(self, day: date) -> tuple[datetime, datetime]:
        """Return the first moment of a day, and that of the next."""
        return (
            self.market.moment(day, time()),
            self.market.moment(day + timedelta(days=1), time()),
        )


def books(now: datetime) -> list[Book]:
    """Return every bill that the providers in use have, by account."""
    found: dict[tuple[str, str], list[str]] = {}
    for code, provider in sorted(contract.all_providers().items()):
        if settings.by_hand(code) or not settings.is_ready(code):
            continue
        try:
            account = provider.bill_account(settings.read(code, now))
        except KeysMissing:
            continue
        found.setdefault((provider.bill or code, account), []).append(code)
    return [
        Book(bill, account, tuple(codes), _market_of(codes[0]))
        for (bill, account), codes in found.items()
    ]


def _market_of(code: str) -> Market:
    currency = settings.get(code).caps.currency
    return next(one for one in markets().values() if one.currency == currency)


def each_turn(now: datetime) -> None:
    """Fetch what is due; the worker's task."""
    left = AT_ONCE
    for book in books(now):
        for day in due_days(book, now):
            if left:
                fetch(book, day, now)
                left -= 1


def due_days(book: Book, now: datetime) -> list[date]:
    """Return the days whose bill is to be asked for now, the last one first."""
    if not book.can_ask:
        return []
    newest = book.market.today(now) - timedelta(days=1)
    if now < book.market.moment(newest + timedelta(days=1), READY):
        newest -= timedelta(days=1)
    days = [newest - timedelta(days=back) for back in range(BACK)]
    rows = {
        row.day: row
        for row in db.session.scalars(
            select(PaymentBill).where(*_of(book), PaymentBill.day.in_(days))
        )
    }
    due = [day for day in days if day not in rows or _is_due(rows[day], now)]
    return [day for day in due if _was_used(book, day)]


def _of(book: Book) -> tuple[Any, ...]:
    return (PaymentBill.provider == book.bill, PaymentBill.account == book.account)


def _is_due(row: PaymentBill, now: datetime) -> bool:
    due = row.next_try_at is not None and row.next_try_at <= now
    return row.state == BillState.WAITING and due


def _was_used(book: Book, day: date) -> bool:
    """Say whether the shop collected anything before the day was over."""
    _start, end = book.span(day)
    query = select(PaymentAttempt.id).where(
        PaymentAttempt.provider.in_(book.providers), PaymentAttempt.created_at < end
    )
    return db.session.scalar(query.limit(1)) is not None


def fetch(book: Book, day: date, now: datetime, *, again: bool = False) -> BillState:
    """Ask for one bill and match it; whoever is first, once. Return where it stands.

    ``again`` also asks for one that is matched already, or was given up.
    """
    tries = write(lambda: _take(book, day, now, again))
    if tries:
        code = book.providers[0]
        values = settings.read(code, now)
        db.session.rollback()  # no connection is held while somebody else thinks
        try:
            content = settings.get(code).fetch_bill(day, values)
            theirs = None if content is None else bills.PARSERS[book.bill](content)
        except (ProviderError, BadTable) as error:
            why = (error.code or error.kind) if isinstance(error, ProviderError) else ""
            log.info("bill of %s for %s: %s", book.bill, day, why or "not readable")
            write(partial(_put_off, book, day, why or "file", now))
        else:
            write(lambda: _learn(book, day, theirs, tries, now))
    return BillState(find(book, day).state)


def _take(book: Book, day: date, now: datetime, again: bool) -> int:
    """Note that we ask, before we do; return how often we did, 0: not ours to ask."""
    insert_new(
        PaymentBill, provider=book.bill, account=book.account, day=day, next_try_at=now
    )
    row = find(book, day)
    wait = rules.next_bill_try(row.tries + 1, now) or now + rules.BILL_LONGEST
    free = or_(
        (PaymentBill.state == BillState.WAITING) & (PaymentBill.next_try_at <= now),
        PaymentBill.id == (row.id if again else -1),
    )
    query = update(PaymentBill).where(PaymentBill.id == row.id, free)
    values = {"tries": PaymentBill.tries + 1, "next_try_at": wait}
    done = changed(db.session.execute(query.values(values)))
    db.session.refresh(row)
    return row.tries if done else 0


def find(book: Book, day: date) -> PaymentBill:
    """Return the bill of a day as the database has it now; it must be there."""
    query = select(PaymentBill).where(*_of(book), PaymentBill.day == day)
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


def _put_off(book: Book, day: date, code: str, now: datetime) -> None:
    row = find(book, day)
    row.code = code[:64]
    if row.state == BillState.MATCHED:
        row.next_try_at = None
        return
    row.next_try_at = rules.next_bill_try(row.tries, now)
    row.state = BillState.WAITING if row.next_try_at else BillState.FAILED
    row.settled_at = None
    db.session.flush()


def _learn(
    book: Book, day: date, theirs: Sequence[Line] | None, tries: int, now: datetime
) -> None:
    """Match a bill; "there is none" is believed at once only if we have nothing."""
    ours = bills.booked(book.providers, *book.span(day))
    if theirs is None and ours and tries < rules.BILL_DOUBTS:
        _put_off(book, day, "no_bill", now)
    else:
        match(book, day, theirs or (), "fetch", now)


def match(
    book: Book, day: date, theirs: Sequence[Line], source: str, now: datetime
) -> PaymentBill:
    """Store what a bill of a day says about our books. Needs a transaction."""
    insert_new(PaymentBill, provider=book.bill, account=book.account, day=day)
    row = find(book, day)
    near = _neighbours(book, day)
    found = bills.check(book.providers, theirs, *book.span(day))
    # Only what the provider itself has handed out may change the books.
    if source == "fetch" and _book_refunds(book, found.theirs_only, now):
        found = bills.check(book.providers, theirs, *book.span(day))
    elsewhere = {ref for one in near for ref in one.outside}
    missing = tuple(one for one in found.ours_only if one.ref not in elsewhere)
    before = (row.ours_only, row.theirs_only, row.differ)
    _fill(book, row, theirs, found, missing)
    row.state, row.source, row.code = BillState.MATCHED, source, ""
    row.fetched_at, row.next_try_at = now, None
    if before != (row.ours_only, row.theirs_only, row.differ):
        row.settled_at, row.settled_by = None, ""
    for one in near:
        _strike(book, one, theirs)
    db.session.flush()
    return row


def _book_refunds(book: Book, strange: Iterable[Line], now: datetime) -> int:
    """Book what somebody gave back in the provider's own pages; return how many."""
    back = {one.ref: one for one in strange if one.is_refund and one.paid_ref}
    count = 0
    for one in back.values():
        query = select(PaymentAttempt.id, PaymentAttempt.provider).where(
            PaymentAttempt.provider.in_(book.providers),
            PaymentAttempt.merchant_ref == one.paid_ref,
        )
        if (paid := db.session.execute(query).first()) is not None:
            count += refunds.hear_from_bill(
                paid.id, one.ref, one.amount, paid.provider, now
            )
    return count


def _neighbours(book: Book, day: date) -> list[PaymentBill]:
    query = select(PaymentBill).where(
        *_of(book),
        PaymentBill.day.between(day - NEAR, day + NEAR),
        PaymentBill.day != day,
    )
    return list(db.session.scalars(query))


def _fill(
    book: Book,
    row: PaymentBill,
    theirs: Sequence[Line],
    found: Comparison,
    missing: Sequence[Line],
) -> None:
    row.payments = sum(not one.is_refund for one in theirs)
    row.refunds = sum(one.is_refund for one in theirs)
    row.matched = found.matched
    row.ours_count, row.ours_only = len(missing), _stored(missing)
    known = bills.named(book.providers, {one.ref for one in found.theirs_only})
    row.theirs_count = len(found.theirs_only)
    row.theirs_only = [
        said | {"again": said["ref"] in known} for said in _stored(found.theirs_only)
    ]
    row.differ_count = len(found.differ)
    row.differ = [_stored(pair) for pair in found.differ[:LISTED]]
    row.outside = list(found.outside)


def _strike(book: Book, row: PaymentBill, theirs: Iterable[Line]) -> None:
    """Take out of a neighbouring day what has turned out to agree."""
    named = {one.ref: one for one in theirs}
    left = [one for one in lines(row.ours_only) if not _same(one, named.get(one.ref))]
    row.ours_count -= len(row.ours_only) - len(left)
    row.ours_only = _stored(left)
    known = bills.named(book.providers, {one["ref"] for one in row.theirs_only})
    strange = [
        said
        for said, one in zip(row.theirs_only, lines(row.theirs_only), strict=True)
        if said["again"] or not _same(one, known.get(one.ref))
    ]
    row.theirs_count -= len(row.theirs_only) - len(strange)
    row.theirs_only = strange


def _same(one: Line, other: Line | None) -> bool:
    if other is None:
        return False
    return (one.amount, one.is_refund) == (other.amount, other.is_refund)


def _stored(found: Sequence[Line]) -> list[dict[str, Any]]:
    return [
        {
            "ref": one.ref,
            "minor": one.amount.minor,
            "currency": one.amount.currency,
            "refund": one.is_refund,
            "txn": one.txn,
        }
        for one in found[:LISTED]
    ]


def lines(stored: Iterable[Mapping[str, Any]]) -> list[Line]:
    """Return the lines of a stored list."""
    return [
        Line(
            one["ref"], Money(one["minor"], one["currency"]), one["refund"], one["txn"]
        )
        for one in stored
    ]


def recent(limit: int = 40) -> list[PaymentBill]:
    """Return the last bills, the newest day first."""
    query = select(PaymentBill).order_by(PaymentBill.day.desc(), PaymentBill.provider)
    return list(db.session.scalars(query.limit(limit)))


def get(bill_id: int) -> PaymentBill | None:
    """Return the bill with this number, if there is one."""
    return db.session.get(PaymentBill, bill_id)


def is_of(row: PaymentBill, book: Book) -> bool:
    """Say whether a bill is one of this book."""
    return (row.provider, row.account) == (book.bill, book.account)


def _open() -> tuple[Any, ...]:
    differs = (
        PaymentBill.ours_count + PaymentBill.theirs_count + PaymentBill.differ_count > 0
    )
    failed = PaymentBill.state == BillState.FAILED
    return (PaymentBill.settled_at.is_(None), or_(differs, failed))


def count_open() -> int:
    """Return how many bills somebody should look at."""
    return db.session.scalar(select(func.count(PaymentBill.id)).where(*_open())) or 0


def is_open(row: PaymentBill) -> bool:
    """Say whether somebody should look at a bill."""
    wants = row.differences > 0 or row.state == BillState.FAILED
    return wants and row.settled_at is None


def settle(bill_id: int, who: str, now: datetime) -> bool:
    """Note that somebody has looked at a bill's differences. Needs a transaction."""
    query = update(PaymentBill).where(PaymentBill.id == bill_id, *_open())
    done = changed(db.session.execute(query.values(settled_at=now, settled_by=who)))
    return done == 1


def orders_named(refs: Iterable[str]) -> dict[str, str]:
    """Return the order number behind each of our references, where there is one."""
    wanted = sorted(set(refs))[: 3 * LISTED]
    came = select(PaymentAttempt.merchant_ref, Order.number).join(
        Order, Order.id == PaymentAttempt.order_id
    )
    went = select(Refund.merchant_ref, Order.number).join(
        Order, Order.id == Refund.order_id
    )
    found: dict[str, str] = {}
    for place in range(0, len(wanted), bills.CHUNK):
        some = wanted[place : place + bills.CHUNK]
        for query, column in (
            (came, PaymentAttempt.merchant_ref),
            (went, Refund.merchant_ref),
        ):
            rows = db.session.execute(query.where(column.in_(some)))
            found |= {row[0]: row[1] for row in rows}
    return found
