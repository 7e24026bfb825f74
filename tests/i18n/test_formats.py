"""Numbers, money and days in the reader's own way."""

from datetime import UTC, date, datetime, time

import pytest

from shop.i18n import formats
from shop.i18n.reader import reading
from shop.kernel.money import Money

NBSP, LRM = "\u00a0", "\u200e"


@pytest.mark.parametrize(
    ("value", "fa", "zh"),
    [
        (0, "۰", "0"),
        (9, "۹", "9"),
        (10, "۱۰", "10"),
        (999, "۹۹۹", "999"),
        (1000, "۱٬۰۰۰", "1,000"),
        (1_234_567, "۱٬۲۳۴٬۵۶۷", "1,234,567"),
        (-5, f"{LRM}−۵", f"{LRM}−5"),
    ],
)
def test_numbers(value: int, fa: str, zh: str) -> None:
    with reading("fa"):
        assert formats.number(value) == fa
    with reading("zh"):
        assert formats.number(value) == zh


@pytest.mark.parametrize(
    ("minor", "currency", "fa", "zh", "en"),
    [
        (450_000_000, "IRR", f"۴۵٬۰۰۰٬۰۰۰{NBSP}تومان", f"45,000,000{NBSP}土曼",
         f"45,000,000{NBSP}toman"),
        (15, "IRR", f"۱٫۵{NBSP}تومان", f"1.5{NBSP}土曼", f"1.5{NBSP}toman"),
        (-10, "IRR", f"{LRM}−۱{NBSP}تومان", f"{LRM}−1{NBSP}土曼",
         f"{LRM}−1{NBSP}toman"),
        (0, "IRR", f"۰{NBSP}تومان", f"0{NBSP}土曼", f"0{NBSP}toman"),
        (130_400, "CNY", f"۱٬۳۰۴{NBSP}یوان", "¥1,304", "¥1,304"),
        (130_405, "CNY", f"۱٬۳۰۴٫۰۵{NBSP}یوان", "¥1,304.05", "¥1,304.05"),
        (130_450, "CNY", f"۱٬۳۰۴٫۵۰{NBSP}یوان", "¥1,304.50", "¥1,304.50"),
        (-100, "CNY", f"{LRM}−۱{NBSP}یوان", f"{LRM}−¥1", f"{LRM}−¥1"),
    ],
)  # fmt: skip
def test_money(minor: int, currency: str, fa: str, zh: str, en: str) -> None:
    for language, said in (("fa", fa), ("zh", zh), ("en", en)):
        with reading(language):
            assert formats.money(Money(minor, currency)) == said


def test_rials_stand_where_a_bank_page_follows() -> None:
    with reading("fa"):
        assert formats.rials(Money(12_500_000, "IRR")) == f"۱۲٬۵۰۰٬۰۰۰{NBSP}ریال"
    with reading("zh"):
        assert formats.rials(Money(12_500_000, "IRR")) == f"12,500,000{NBSP}里亚尔"


@pytest.mark.parametrize(
    ("points", "fa", "zh"),
    [
        (2500, "۲۵٪", "25%"),
        (60, "۰٫۶٪", "0.6%"),
        (1205, "۱۲٫۰۵٪", "12.05%"),
        (0, "۰٪", "0%"),
    ],
)
def test_percents(points: int, fa: str, zh: str) -> None:
    with reading("fa"):
        assert formats.percent(points) == fa
    with reading("zh"):
        assert formats.percent(points) == zh


@pytest.mark.parametrize(
    ("day", "fa", "zh"),
    [
        (date(2025, 3, 20), "پنجشنبه ۳۰ اسفند ۱۴۰۳", "2025年3月20日（周四）"),
        (date(2025, 3, 21), "جمعه ۱ فروردین ۱۴۰۴", "2025年3月21日（周五）"),
        (date(2026, 11, 21), "شنبه ۳۰ آبان ۱۴۰۵", "2026年11月21日（周六）"),
    ],
)
def test_days(day: date, fa: str, zh: str) -> None:
    with reading("fa"):
        assert formats.day(day, year=True) == fa
    with reading("zh"):
        assert formats.day(day, year=True) == zh


def test_short_days() -> None:
    with reading("fa"):
        assert formats.short_day(date(2026, 11, 21)) == "۱۴۰۵/۰۸/۳۰"
    with reading("zh"):
        assert formats.short_day(date(2026, 11, 21)) == "2026-11-21"


def test_a_moment_is_moved_to_the_readers_zone_before_its_day_is_named() -> None:
    late = datetime(2026, 11, 21, 21, 0, tzinfo=UTC)

    with reading("fa", "Asia/Tehran"):
        assert formats.moment(late, year=True) == "یکشنبه ۱ آذر ۱۴۰۵، ساعت ۰۰:۳۰"
    with reading("fa", "UTC"):
        assert formats.moment(late) == "شنبه ۳۰ آبان، ساعت ۲۱:۰۰"
    with reading("zh", "Asia/Shanghai"):
        assert formats.moment(late) == "11月22日（周日）05:00"


def test_times_are_written_with_24_hours() -> None:
    with reading("fa", "Asia/Tehran"):
        assert formats.clock_time(time(7, 5)) == "۰۷:۰۵"
        assert formats.clock_time(datetime(2021, 7, 1, 8, 0, tzinfo=UTC)) == "۱۲:۳۰"


def test_codes_and_years_are_not_grouped() -> None:
    with reading("fa"):
        assert formats.plain_number(20000) == "۲۰۰۰۰"
    with reading("zh"):
        assert formats.plain_number("5500") == "5500"
