"""Numbers, money, days and moments as the reader writes them.

Babel prints neither Persian digits nor Jalali dates, so these few lines are
ours (``reference/i18n.md`` 2). Every function takes the reader from
``reader()`` unless one is given.
"""

from datetime import date, datetime, time
from functools import lru_cache

from babel.dates import format_date
from persiantools.jdatetime import JalaliDate

from shop.i18n.digits import to_persian
from shop.i18n.reader import Reader, reader
from shop.kernel.money import MINOR_DIGITS, Money

NBSP = "\u00a0"
_MINUS = "\u200e\u2212"  # LRM first, so that the sign stays before the digits in RTL
_FA_MONTHS = [
    "فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور",
    "مهر", "آبان", "آذر", "دی", "بهمن", "اسفند",
]  # fmt: skip

_FA_WEEKDAYS = ["دوشنبه", "سه‌شنبه", "چهارشنبه", "پنجشنبه", "جمعه", "شنبه", "یکشنبه"]
_ZH_WEEKDAYS = "一二三四五六日"
#: How a currency is spoken on a shopper's page: prefix, suffix, divisor of minor units.
_SPOKEN = {
    ("zh", "CNY"): ("¥", ""), ("en", "CNY"): ("¥", ""), ("fa", "CNY"): ("", "یوان"),
    ("fa", "IRR"): ("", "تومان"), ("zh", "IRR"): ("", "土曼"),
    ("en", "IRR"): ("", "toman"),
    ("fa", "USD"): ("", "دلار"), ("fa", "EUR"): ("", "یورو"),
    ("zh", "USD"): ("US$", ""), ("en", "USD"): ("US$", ""),
    ("zh", "EUR"): ("€", ""), ("en", "EUR"): ("€", ""),
}  # fmt: skip
_RIAL = {"fa": "ریال", "zh": "里亚尔", "en": "rials"}
#: Rials in a toman, which is only a way of speaking. One place to change it.
RIALS_PER_TOMAN = 10


def number(value: int, who: Reader | None = None) -> str:
    """Write a whole number grouped by thousands: 1,304 or ۱٬۳۰۴."""
    return _signed(value, f"{abs(value):,}", who)


def plain_number(value: int | str, who: Reader | None = None) -> str:
    """Write digits without grouping: years, codes, 5500 mAh."""
    who = who or reader()
    text = str(value)
    return to_persian(text) if who.language.digits == "persian" else text


def percent(basis_points: int, who: Reader | None = None) -> str:
    """Write hundredths of a percent: 60 -> 0.6% or ۰٫۶٪."""
    who = who or reader()
    text = f"{basis_points // 100}.{basis_points % 100:02d}".rstrip("0").rstrip(".")
    if who.language.digits == "persian":
        return to_persian(text).replace(".", "٫") + "٪"
    return text + "%"


def money(amount: Money, who: Reader | None = None) -> str:
    """Write an amount as people speak it; rials become toman (DESIGN 4).

    Decimals only when not zero. A rial amount that is no whole toman keeps
    its one decimal rather than being rounded.
    """
    who = who or reader()
    prefix, suffix = _SPOKEN.get(
        (who.language.code, amount.currency), ("", amount.currency)
    )
    unit = (
        RIALS_PER_TOMAN
        if amount.currency == "IRR"
        else 10 ** MINOR_DIGITS[amount.currency]
    )
    whole, rest = divmod(abs(amount.minor), unit)
    text = f"{prefix}{whole:,}"
    if rest:
        text += f".{rest:0{len(str(unit)) - 1}d}"
    text = _signed(amount.minor, text, who)
    return f"{text}{NBSP}{suffix}" if suffix else text


def rials(amount: Money, who: Reader | None = None) -> str:
    """Write an IRR amount in rials, for bank pages and the invoice."""
    who = who or reader()
    unit = _RIAL.get(who.language.code, "IRR")
    return f"{number(amount.minor, who)}{NBSP}{unit}"


def day(
    value: date, who: Reader | None = None, *, year: bool = False, weekday: bool = True
) -> str:
    """Write a date as a promise does: ``11月24日（周二）``, ``سه‌شنبه ۳ آذر``."""
    who = who or reader()
    if who.language.calendar == "jalali":
        return _jalali_day(value, year=year, weekday=weekday)
    if who.language.code == "zh":
        text = f"{value.month}月{value.day}日"
        text = f"{value.year}年{text}" if year else text
        return f"{text}（周{_ZH_WEEKDAYS[value.weekday()]}）" if weekday else text
    pattern = ("EEE " if weekday else "") + "d MMM" + (" y" if year else "")
    return format_date(value, pattern, locale=_cldr(who))


@lru_cache(maxsize=512)
def _jalali_day(value: date, *, year: bool, weekday: bool) -> str:
    """Write a day; kept, for the same few days stand on every page."""
    jalali = _jalali(value)
    text = f"{jalali.day} {_FA_MONTHS[jalali.month - 1]}"
    text = f"{text} {jalali.year}" if year else text
    text = f"{_FA_WEEKDAYS[value.weekday()]} {text}" if weekday else text
    return to_persian(text)


def _jalali(value: date) -> JalaliDate:
    return JalaliDate(value)  # type: ignore[no-untyped-call]


def short_day(value: date, who: Reader | None = None) -> str:
    """Write a date for a table: ``2026-11-21``, ``۱۴۰۵/۰۸/۳۰``."""
    who = who or reader()
    if who.language.calendar == "jalali":
        return to_persian(_jalali(value).strftime("%Y/%m/%d"))
    return value.isoformat()


def clock_time(value: time | datetime, who: Reader | None = None) -> str:
    """Write a time of day, 24 hours; a moment is first moved to the reader's zone."""
    who = who or reader()
    if isinstance(value, datetime):
        value = value.astimezone(who.zone).timetz()
    text = f"{value.hour:02d}:{value.minute:02d}"
    return to_persian(text) if who.language.digits == "persian" else text


def moment(value: datetime, who: Reader | None = None, *, year: bool = False) -> str:
    """Write date and time of a moment in the reader's zone."""
    who = who or reader()
    local = value.astimezone(who.zone)
    date_text, hour = day(local.date(), who, year=year), clock_time(local, who)
    if who.language.code == "fa":
        return f"{date_text}، ساعت {hour}"
    between = "" if who.language.code == "zh" else " "  # a date ends in （周二）
    return f"{date_text}{between}{hour}"


def _signed(value: int, text: str, who: Reader | None) -> str:
    if (who or reader()).language.digits == "persian":
        text = to_persian(text).replace(",", "٬").replace(".", "٫")
    return _MINUS + text if value < 0 else text


def _cldr(who: Reader) -> str:
    return {"en": "en_GB", "zh": "zh_Hans_CN", "fa": "fa_IR"}.get(
        who.language.code, "en_GB"
    )
