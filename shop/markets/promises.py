"""By when: the dates a market's numbers give. Pure; ``now`` comes from the caller."""

from datetime import date, datetime, timedelta

from shop.markets.market import Market, calendar_of
from shop.markets.parameters import Parameters


def first_working_day(market: Market, parameters: Parameters, now: datetime) -> date:
    """Return the day an order placed now counts from: today before the cut-off hour."""
    calendar = calendar_of(market, parameters)
    local = now.astimezone(market.zone)
    if local.time() < parameters.cut_off:
        return calendar.next_working_day(local.date())
    return calendar.next_working_day(local.date() + timedelta(days=1))


def delay(market: Market, parameters: Parameters, now: datetime) -> int:
    """Return how many working days the owner's notice adds today (S52); 0 if over."""
    until = parameters.delay_until
    if until is not None and market.today(now) > until:
        return 0
    return parameters.delay_days


def answer_on(
    market: Market, now: datetime, parameters: Parameters | None = None
) -> date:
    """Return the last day on which staff answer: an arrangement, a receipt."""
    numbers = parameters or market.parameters
    calendar = calendar_of(market, numbers)
    start = first_working_day(market, numbers, now)
    return calendar.add_working_days(start, numbers.answer_days)


def refund_by(
    market: Market, method: str, now: datetime, parameters: Parameters | None = None
) -> date:
    """Return by when money paid with ``method`` is back (S37)."""
    numbers = parameters or market.parameters
    days = numbers.method(method).refund_days
    days = min(max(days, numbers.refund_days_min), numbers.refund_days_max)
    return calendar_of(market, numbers).add_working_days(market.today(now), days)


def return_until(
    market: Market, delivered_at: datetime, parameters: Parameters | None = None
) -> date:
    """Return the last date on which goods can be sent back, that date included (S38).

    Counted from the day after receipt, or with the day of receipt as the first
    (D5); in calendar or working days.
    """
    numbers = parameters or market.parameters
    return _last_day(market, delivered_at, numbers.return_days, numbers)


def quality_until(
    market: Market, delivered_at: datetime, parameters: Parameters | None = None
) -> date:
    """Return the last date on which faulty or wrong goods can be sent back (S39).

    Never before the one of goods without a fault.
    """
    numbers = parameters or market.parameters
    days = max(numbers.quality_days, numbers.return_days)
    return _last_day(market, delivered_at, days, numbers)


def _last_day(
    market: Market, delivered_at: datetime, days: int, numbers: Parameters
) -> date:
    day = market.today(delivered_at)
    if numbers.return_starts == "receipt":
        days -= 1
    if numbers.return_unit == "working":
        return calendar_of(market, numbers).add_working_days(day, days)
    return day + timedelta(days=days)


def pay_by(
    method: str, parameters: Parameters, now: datetime, *, is_online: bool = True
) -> datetime | None:
    """Return until when stock waits for a payment (DESIGN 10); ``None``: no end set."""
    found = parameters.methods.get(method)
    minutes = found.pay_by_minutes if found else None
    if found is None and is_online:
        minutes = parameters.online_pay_by_minutes
    return None if minutes is None else now + timedelta(minutes=minutes)


def attempt_until(
    parameters: Parameters, now: datetime, pay_by_at: datetime | None
) -> datetime:
    """Return when one try to pay is over: 15 minutes, or a minute before the pay-by."""
    ends = now + timedelta(minutes=parameters.attempt_minutes)
    if pay_by_at is None:
        return ends
    return min(ends, pay_by_at - timedelta(seconds=60))
