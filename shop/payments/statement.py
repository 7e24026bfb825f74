"""The owner's bank statement against receipts that wait: suggestions, never decisions.

Staff confirm each pair themselves (two steps, N6); here is only how well they
fit (``rules.match_score``).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from persiantools.jdatetime import JalaliDate
from sqlalchemy import select

from shop.db import db
from shop.i18n.digits import digits_only, to_ascii
from shop.kernel.money import Money
from shop.markets.registry import market
from shop.orders.models import Charge, Order
from shop.payments import rules, transfer
from shop.payments.bills import BadTable, read_amount, read_table
from shop.payments.models import TransferReceipt
from shop.payments.rules import Candidate, StatementLine

_DATE = re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})")
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?")
#: Years below this are Jalali.
JALALI_BEFORE = 1700


@dataclass(frozen=True)
class StatementColumns:
    """Which columns of the bank's file mean what; "" for what it does not have."""

    amount: str
    date: str = ""
    time: str = ""
    tracking: str = ""
    note: str = ""
    unit: str = "major"
    currency: str = "IRR"


@dataclass(frozen=True)
class Suggestion:
    """A receipt and the statement line that fits it best, with the score, 0 to 100.

    ``line`` is ``None`` if nothing fits. ``is_shared``: the line fits another
    receipt as well, so somebody has to look twice.
    """

    receipt: TransferReceipt
    line: StatementLine | None
    score: int
    is_shared: bool

    @property
    def is_sure(self) -> bool:
        """Everything speaks for it."""
        return self.score >= rules.SURE and not self.is_shared


def parse_statement(
    content: bytes, columns: StatementColumns, place: str
) -> list[StatementLine]:
    """Read money that came in from a bank's CSV file; money that went is left out.

    Dates are Jalali or Gregorian by their year, in the zone of the market
    ``place``; any digits.

    :raises BadTable: if a column is missing, or a row cannot be read.
    """
    lines = []
    for number, row in read_table(content, columns.amount):
        text = row[columns.amount]
        if not digits_only(text).strip("0"):
            continue  # the other column of a debit/credit pair
        try:
            amount = read_amount(text, columns.currency, columns.unit)
            paid_at = _moment(row, columns, place)
        except ValueError as error:
            raise BadTable(number, columns.amount) from error
        if amount.minor > 0:
            lines.append(
                StatementLine(
                    amount,
                    paid_at,
                    digits_only(row.get(columns.tracking, "")),
                    to_ascii(row.get(columns.note, "")),
                )
            )
    return lines


def _moment(
    row: dict[str, str], columns: StatementColumns, place: str
) -> datetime | None:
    """Read when a line was booked; ``None`` if the bank says only the day or nothing.

    :raises ValueError: for a date that is none.
    """
    said = to_ascii(row.get(columns.date, "")) if columns.date else ""
    day = _DATE.search(said)
    hours = to_ascii(row.get(columns.time, "")) if columns.time else said
    hour = _TIME.search(hours)
    if day is None or hour is None:
        return None
    year, month, number = (int(part) for part in day.groups())
    if year < JALALI_BEFORE:
        on: date = JalaliDate(year, month, number).to_gregorian()  # type: ignore[no-untyped-call]
    else:
        on = date(year, month, number)
    at = time(int(hour[1]), int(hour[2]), int(hour[3] or 0))
    return datetime.combine(on, at, market(place).zone).astimezone(UTC)


def suggest(lines: Sequence[StatementLine]) -> list[Suggestion]:
    """Return each waiting receipt with the line that fits it best, surest first."""
    waiting = transfer.waiting()
    best: list[tuple[TransferReceipt, int | None, int]] = []
    candidates = _candidates(waiting)
    for receipt in waiting:
        scores = [rules.match_score(line, candidates[receipt.id]) for line in lines]
        score = max(scores, default=0)
        best.append((receipt, scores.index(score) if score else None, score))
    taken = [place for _receipt, place, _score in best if place is not None]
    found = [
        Suggestion(
            receipt,
            None if place is None else lines[place],
            score,
            place is not None and taken.count(place) > 1,
        )
        for receipt, place, score in best
    ]
    return sorted(found, key=lambda one: -one.score)


def _candidates(waiting: Sequence[TransferReceipt]) -> dict[int, Candidate]:
    query = (
        select(TransferReceipt, Order.number, Charge)
        .join(Order, Order.id == TransferReceipt.order_id)
        .join(Charge, Charge.id == TransferReceipt.charge_id)
        .where(TransferReceipt.id.in_([one.id for one in waiting]))
    )
    return {
        receipt.id: Candidate(
            receipt.id,
            number,
            Money(charge.amount_minor, charge.currency),
            receipt.tracking_number,
            receipt.last_four,
            receipt.paid_at,
        )
        for receipt, number, charge in db.session.execute(query)
    }
