"""Working days: weekends, holidays, make-up days, years nobody has announced."""

import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.config import ROOT
from shop.markets import calendar as working_days
from shop.markets import markets
from shop.markets.market import calendar_of
from tests.markets import make

DAYS = st.dates(date(2024, 1, 1), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("market", "day", "works"),
    [
        ("cn", date(2026, 11, 20), True),  # Friday
        ("cn", date(2026, 11, 21), False),  # Saturday
        ("cn", date(2026, 10, 1), False),  # National Day
        ("cn", date(2026, 10, 10), True),  # a make-up Saturday
        ("cn", date(2026, 2, 17), False),  # Spring Festival
        ("ir", date(2026, 11, 20), False),  # Friday
        ("ir", date(2026, 11, 19), True),  # Thursday, unless the owner says otherwise
        ("ir", date(2026, 11, 21), True),  # Saturday
        ("ir", date(2026, 3, 21), False),  # Nowruz
        ("world", date(2026, 11, 21), False),
        ("world", date(2026, 10, 1), True),
    ],
)
def test_days_on_which_people_work(market: str, day: date, works: bool) -> None:
    assert markets()[market].calendar.is_working_day(day) is works


def test_the_make_up_saturday_counts() -> None:
    got = make.cn().calendar.add_working_days(date(2026, 9, 30), 3)

    assert got == date(2026, 10, 10)


def test_nowruz_is_skipped() -> None:
    got = make.ir().calendar.add_working_days(date(2026, 3, 18), 3)

    assert got == date(2026, 3, 26)


def test_an_owner_may_rest_on_thursdays() -> None:
    numbers = replace(make.ir().parameters, weekend=(3, 4))

    calendar = calendar_of(make.ir(), numbers)

    assert not calendar.is_working_day(date(2026, 11, 19))
    assert make.ir().calendar.is_working_day(date(2026, 11, 19))


def test_a_year_nobody_announced_still_has_weekends_and_says_so() -> None:
    calendar = make.cn().calendar

    assert calendar.is_announced(date(2026, 5, 1))
    assert not calendar.is_announced(date(2090, 5, 1))
    assert not calendar.is_working_day(date(2090, 5, 6))
    assert calendar.is_working_day(date(2090, 5, 9))


@pytest.mark.parametrize("market", ["cn", "ir", "world"])
@pytest.mark.parametrize("year", [1, 1900, 2500, 9990])
def test_no_year_breaks_a_calendar(market: str, year: int) -> None:
    assert markets()[market].calendar.add_working_days(date(year, 6, 1), 3) > date(
        year, 6, 1
    )


@given(st.sampled_from(["cn", "ir", "world"]), DAYS, st.integers(0, 30))
def test_the_nth_working_day_is_a_working_day_and_n_away(
    market: str, day: date, count: int
) -> None:
    calendar = markets()[market].calendar

    got = calendar.add_working_days(day, count)

    assert calendar.is_working_day(got)
    if count:
        assert calendar.working_days_between(day, got) == count
    else:
        assert calendar.working_days_between(day - timedelta(days=1), got) == 1


@given(st.sampled_from(["cn", "ir"]), DAYS, st.integers(0, 15))
def test_a_later_start_never_ends_earlier(market: str, day: date, count: int) -> None:
    calendar = markets()[market].calendar

    today = calendar.add_working_days(day, count)

    assert calendar.add_working_days(day + timedelta(days=1), count) >= today
    if count:
        assert calendar.add_working_days(day, count + 1) > today


@pytest.mark.parametrize("country", ["CN", "IR"])
def test_one_country_alone_has_the_days_of_the_whole_package(country: str) -> None:
    years = range(2023, 2029)
    whole = holidays.country_holidays(country, years=years)

    law = working_days._law(country)

    assert law is not None
    assert dict(law(years=years)) == dict(whole)


def test_a_country_the_package_does_not_know_has_no_holidays() -> None:
    assert working_days._law("XX") is None
    assert not working_days.WorkingCalendar("XX", frozenset()).is_announced(
        date(2026, 1, 1)
    )


def test_the_other_countries_are_not_loaded() -> None:
    code = (
        "import sys; from shop.markets.calendar import _law; _law('CN'); _law('IR');"
        "print('holidays.countries' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True
    )

    assert done.stdout == b"False\n"


def test_years_another_process_has_read_need_no_package() -> None:
    code = (
        "import sys; from datetime import date;"
        "from shop.markets import calendar as c;"
        "c.remember({('CN', 2026): c._Year(frozenset({date(2026, 3, 4)}),"
        " frozenset(), True)});"
        "print(c.WorkingCalendar('CN', frozenset()).is_holiday(date(2026, 3, 4)),"
        " 'holidays' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True
    )

    assert done.stdout == b"True False\n"


def test_years_are_read_for_every_country_that_was_asked_for() -> None:
    keys = [("CN", 2026), ("IR", 2026), ("", 2026)]

    read = working_days.read_years(keys)

    assert list(read) == keys
    assert date(2026, 10, 1) in read["CN", 2026].off
    assert date(2026, 3, 21) in read["IR", 2026].off
