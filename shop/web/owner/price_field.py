"""Prices as the owner types them: in the currency's own unit, any digits.

A price in rials is typed in rials, and the field says so; pages speak of toman.
"""

import re

from shop.i18n.digits import to_ascii
from shop.i18n.formats import plain_number
from shop.i18n.text import L, Lazy
from shop.kernel.money import MINOR_DIGITS, Money

_EDGES = " \t\r\n\u00a0\u200c\u200e\u200f\u2066\u2067\u2068\u2069"
UNITS: dict[str, Lazy] = {
    "CNY": L("yuan"),
    "IRR": L("rials"),
    "USD": L("dollars"),
    "EUR": L("euros"),
}


def read_price(text: str, currency: str) -> Money:
    """Read an amount in yuan, rials or dollars, grouped or not.

    :raises ValueError: for anything else: signs, too many decimals, letters.
    """
    plain = to_ascii(text).strip(_EDGES).replace("٫", ".").replace("。", ".")
    digits = MINOR_DIGITS[currency]
    shape = r"([0-9]{1,13}|[0-9]{1,3}(?:[,٬，][0-9]{3}){1,4})"
    shape += rf"(?:\.([0-9]{{1,{digits}}}))?" if digits else "()"
    found = re.fullmatch(shape, plain)
    if not found:
        raise ValueError(text)
    whole = int(re.sub("[,٬，]", "", found[1]))
    rest = int((found[2] or "").ljust(digits, "0") or 0) if digits else 0
    return Money(whole * 10**digits + rest, currency)


def write_price(price: Money) -> str:
    """Write an amount for its field: 4999, 4999.50, ۸۹۹۰۰۰۰۰۰."""
    digits = MINOR_DIGITS[price.currency]
    whole, rest = divmod(price.minor, 10**digits)
    text = f"{whole}.{rest:0{digits}d}" if rest else str(whole)
    return plain_number(text).replace(".", "٫" if _is_persian() else ".")


def _is_persian() -> bool:
    return plain_number("1") != "1"
