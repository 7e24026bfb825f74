"""Instalments as information: one sentence, a table, a schedule (S3, S5, S7)."""

import calendar
from collections.abc import Iterable
from datetime import date

from persiantools.jdatetime import JalaliDate

from shop.i18n import formats
from shop.i18n.text import TN, T, Text
from shop.kernel import instalments
from shop.kernel.instalments import Plan
from shop.kernel.instalments import PlanRow as Row
from shop.kernel.money import Money
from shop.web.pages.storefront import PlanDue, PlanRow, Plans


def plans_for(
    price: Money | None,
    offered: Iterable[Plan],
    market: str,
    today: date,
    *,
    is_jalali: bool,
) -> Plans | None:
    """Return what the plans of a market make of a price; None if there are none.

    :param is_jalali: payments follow the months of the Solar Hijri calendar.
    """
    if price is None:
        return None
    rows = instalments.table(price, list(offered), market)
    if not rows:
        return None
    best = best_of(rows)
    return Plans(
        line=sentence(best),
        rows=tuple(_row(one) for one in rows),
        note=T(
            "This is what the payments would be. The lender decides about each "
            "application, its limit and its fee. The checkout shows which ones "
            "you can choose for your order."
        ),
        schedule_title=TN(
            "Schedule of {count} payment", "Schedule of {count} payments", best.periods
        ),
        schedule=tuple(_schedule(best, today, is_jalali=is_jalali)),
        has_down=any(one.down for one in rows),
    )


def best_of(rows: Iterable[Row]) -> Row:
    """Return the plan a page speaks of first: the longest free one, else the lowest."""
    every = list(rows)
    free = [one for one in every if one.is_free]
    if free:
        return max(free, key=lambda one: one.periods)
    return min(every, key=lambda one: one.each.minor)


def sentence(row: Row) -> Text:
    """Say one plan in a line: 12 payments of ¥333.25, no fee."""
    facts = {"amount": row.each, "fee": row.fee, "down": row.down}
    if row.down and row.is_free:
        return TN(
            "{down} down, then {count} payment of {amount}, no fee",
            "{down} down, then {count} payments of {amount}, no fee",
            row.periods,
            **facts,
        )
    if row.down:
        return TN(
            "{down} down, then {count} payment of {amount}, fee {fee}",
            "{down} down, then {count} payments of {amount}, fee {fee}",
            row.periods,
            **facts,
        )
    if row.is_free:
        return TN(
            "{count} payment of {amount}, no fee",
            "{count} payments of {amount}, no fee",
            row.periods,
            **facts,
        )
    return TN(
        "{count} payment of {amount}, fee {fee}",
        "{count} payments of {amount}, fee {fee}",
        row.periods,
        **facts,
    )


def _row(row: Row) -> PlanRow:
    return PlanRow(
        periods=row.periods,
        each=row.each,
        fee=row.fee,
        total=row.total,
        down=row.down or None,
        last=row.last if row.last != row.each else None,
        rate=row.rate,
    )


def _schedule(row: Row, today: date, *, is_jalali: bool) -> Iterable[PlanDue]:
    """Return every payment with its day; the first is due at once."""
    before = 1 if row.down else 0
    for place, amount in enumerate(row.payments):
        is_down = bool(row.down) and place == 0
        label = T("Down payment") if is_down else formats.number(place + 1 - before)
        if place == 0:
            yield PlanDue(label, amount, words=T("Today"))
        else:
            due = months_later(today, place, is_jalali=is_jalali)
            yield PlanDue(label, amount, due)


def months_later(day: date, months: int, *, is_jalali: bool) -> date:
    """Return the same day of a later month, or its last day where it is shorter."""
    if not is_jalali:
        year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
        last = calendar.monthrange(year, month + 1)[1]
        return date(year, month + 1, min(day.day, last))
    start = JalaliDate(day)  # type: ignore[no-untyped-call]
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    last = JalaliDate.days_in_month(month + 1, year)
    due = JalaliDate(year, month + 1, min(start.day, last))  # type: ignore[no-untyped-call]
    found: date = due.to_gregorian()
    return found
