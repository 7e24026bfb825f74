"""Pages of the desk that look into payments: answers, statements, daily bills."""

from dataclasses import dataclass
from datetime import datetime

from shop.kernel.money import Money
from shop.web.pages.parts import Badge, Form, Link, Note, Pair, Words


@dataclass(frozen=True, kw_only=True)
class Answered:
    """One answer of a provider: where it came from, what was decided and why."""

    at: datetime
    provider: Words
    source: Words
    verdict: Badge
    why: Words = ""
    order: Link | None = None
    facts: tuple[Pair, ...] = ()


@dataclass(frozen=True, kw_only=True)
class OpenAttempt:
    """A payment nobody knows the end of; ``ask`` asks its provider now."""

    order: Link
    provider: Words
    amount: Money
    since: datetime
    state: Badge
    ask: Form


@dataclass(frozen=True, kw_only=True)
class ClinicPage:
    """``owner/clinic.html``: the last answers, open payments, the self-test (N20)."""

    answers: tuple[Answered, ...]
    open: tuple[OpenAttempt, ...]
    test: Form
    callback_url: str
    tested: Note | None = None
    reviews: tuple[Link, ...] = ()
    statement_url: str = ""
    bills_url: str = ""
    #: How many daily bills somebody should look at.
    bills_open: int = 0


@dataclass(frozen=True, kw_only=True)
class Match:
    """A receipt that waits and the statement line that fits it best.

    ``name`` is the tick's field; sure ones are ticked beforehand.
    """

    order: Link
    amount: Money
    receipt: tuple[Pair, ...]
    line: tuple[Pair, ...]
    score: int
    receipt_id: int
    is_sure: bool = False
    warning: Words = ""


@dataclass(frozen=True, kw_only=True)
class StatementPage:
    """``owner/statement.html``: a bank statement against the receipts that wait (N6).

    First ``upload``; then ``matches`` with one tick each, and ``confirm``.
    """

    upload: Form
    matches: tuple[Match, ...] = ()
    confirm: Form | None = None
    read: Note | None = None
    back_url: str = ""


@dataclass(frozen=True, kw_only=True)
class BillLine:
    """One movement that does not agree; ``theirs`` where both sides name an amount."""

    reference: Words
    what: Words
    amount: Money
    theirs: Money | None = None
    order: Link | None = None


@dataclass(frozen=True, kw_only=True)
class BillList:
    """One of the three lists; ``more`` says how many lines are not shown."""

    title: Words
    lines: tuple[BillLine, ...]
    more: Words = ""


@dataclass(frozen=True, kw_only=True)
class Bill:
    """A provider's bill of a day against our books; ``done``: somebody has looked."""

    bill_id: int
    title: Words
    state: Badge
    facts: tuple[Pair, ...] = ()
    why: Words = ""
    lists: tuple[BillList, ...] = ()
    done: Form | None = None
    ask: Form | None = None


@dataclass(frozen=True, kw_only=True)
class BillsPage:
    """``owner/bills.html``: what the daily bills say, and a file to compare by hand."""

    bills: tuple[Bill, ...]
    upload: Form
    back_url: str = ""
