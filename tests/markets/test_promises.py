"""By when: pay, answer, refund, return. Edges of days, weekends, holidays."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from shop.markets import market
from shop.markets.parameters import merged
from shop.markets.promises import (
    answer_on,
    attempt_until,
    delay,
    first_working_day,
    pay_by,
    refund_by,
    return_until,
)
from tests.markets import make


def at(code: str, text: str) -> datetime:
    """Return a moment of the market's own clock."""
    return datetime.fromisoformat(text).replace(tzinfo=market(code).zone)


@pytest.mark.parametrize(
    ("code", "placed", "counts_from"),
    [
        ("cn", "2026-11-20 15:59:59", date(2026, 11, 20)),
        ("cn", "2026-11-20 16:00:00", date(2026, 11, 23)),  # Friday after the cut-off
        ("cn", "2026-11-21 09:00:00", date(2026, 11, 23)),
        ("cn", "2026-10-10 09:00:00", date(2026, 10, 10)),  # a make-up Saturday
        ("ir", "2026-11-19 15:00:00", date(2026, 11, 19)),
        ("ir", "2026-11-19 16:00:00", date(2026, 11, 21)),  # over Friday
        ("ir", "2026-11-20 10:00:00", date(2026, 11, 21)),
    ],
)
def test_the_day_an_order_counts_from(
    code: str, placed: str, counts_from: date
) -> None:
    found = market(code)

    assert first_working_day(found, found.parameters, at(code, placed)) == counts_from


def test_a_notice_of_delay_ends_after_its_last_date() -> None:
    cn = make.cn()
    numbers = replace(cn.parameters, delay_days=2, delay_until=date(2026, 11, 12))

    assert delay(cn, numbers, at("cn", "2026-11-12 23:59:59")) == 2
    assert delay(cn, numbers, at("cn", "2026-11-13 00:00:00")) == 0
    assert delay(
        cn, replace(numbers, delay_until=None), at("cn", "2030-01-01 00:00:00")
    )
    assert delay(cn, cn.parameters, at("cn", "2026-11-12 12:00:00")) == 0


@pytest.mark.parametrize(
    ("code", "method", "minutes"),
    [
        ("cn", "alipay", 30),
        ("ir", "gateway", 30),
        ("ir", "card_transfer", 120),
        ("ir", "cash_by_arrangement", None),
        ("cn", "cash_on_delivery", None),
        ("cn", "unheard_of", 30),
    ],
)
def test_stock_waits_as_long_as_the_method_needs(
    code: str, method: str, minutes: int | None, now: datetime
) -> None:
    until = pay_by(method, market(code).parameters, now)

    assert until == (None if minutes is None else now + timedelta(minutes=minutes))


def test_an_attempt_ends_a_minute_before_the_order_does(now: datetime) -> None:
    numbers = make.cn().parameters

    assert attempt_until(numbers, now, None) == now + timedelta(minutes=15)
    assert attempt_until(numbers, now, now + timedelta(minutes=30)) == now + timedelta(
        minutes=15
    )
    assert attempt_until(numbers, now, now + timedelta(minutes=10)) == now + timedelta(
        minutes=9
    )


def test_an_arrangement_is_answered_within_a_working_day() -> None:
    thursday = at("ir", "2026-11-19 12:00:00")

    assert answer_on(make.ir(), thursday) == date(2026, 11, 21)


@pytest.mark.parametrize(
    ("method", "by"),
    [
        ("alipay", date(2026, 11, 25)),
        ("wechat_pay", date(2026, 11, 27)),
        ("unionpay", date(2026, 12, 11)),
    ],
)
def test_money_comes_back_by_a_date_of_its_method(method: str, by: date) -> None:
    friday = at("cn", "2026-11-20 12:00:00")

    assert refund_by(make.cn(), method, friday) == by


def test_a_refund_promise_stays_within_the_ends_of_the_market() -> None:
    friday = at("cn", "2026-11-20 12:00:00")
    numbers = merged(make.cn().parameters, {"alipay.refund_days": 1})

    assert refund_by(make.cn(), "alipay", friday, numbers) == date(2026, 11, 25)


@pytest.mark.parametrize(
    ("delivered", "changes", "last"),
    [
        ("2026-11-20 00:00:01", {}, date(2026, 11, 27)),
        ("2026-11-20 23:59:59", {}, date(2026, 11, 27)),
        ("2026-11-21 00:00:00", {}, date(2026, 11, 28)),
        ("2026-11-20 12:00:00", {"return_starts": "receipt"}, date(2026, 11, 26)),
        ("2026-11-20 12:00:00", {"return_unit": "working"}, date(2026, 12, 1)),
        ("2026-11-20 12:00:00", {"return_days": 14}, date(2026, 12, 4)),
    ],
)
def test_the_last_day_to_send_back(
    delivered: str, changes: dict[str, object], last: date
) -> None:
    numbers = merged(make.cn().parameters, changes)

    assert return_until(make.cn(), at("cn", delivered), numbers) == last


def test_a_moment_is_dated_where_the_buyer_lives() -> None:
    evening_utc = datetime(2026, 11, 20, 20, 30, tzinfo=UTC)  # 00:00 of the 21st

    assert return_until(make.ir(), evening_utc) == date(2026, 11, 28)
