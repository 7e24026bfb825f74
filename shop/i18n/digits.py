"""Persian, Arabic and full-width digits in; the reader's digits out."""

import re

_ANY = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩０１２３４５６７８９", "0123456789" * 3)
_PERSIAN = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
#: What people leave around a number when they paste it.
_EDGES = " \t\r\n\u200c\u200e\u200f\u00a0\u2066\u2067\u2068\u2069"
_WHOLE = re.compile(r"[0-9]{1,15}|[0-9]{1,3}([,٬，][0-9]{3}){1,4}")


def to_ascii(text: str) -> str:
    """Return ``text`` with the digits of all three scripts as 0-9."""
    return text.translate(_ANY)


def to_int(text: str) -> int:
    """Read a whole number typed with any digits, grouped or not.

    :raises ValueError: for anything else: signs, fractions, ``1_0``, ``²``, ``①``.
    """
    plain = to_ascii(text).strip(_EDGES)
    if not _WHOLE.fullmatch(plain):
        raise ValueError(text)
    return int(re.sub("[,٬，]", "", plain))


def digits_only(text: str) -> str:
    """Return the digits of ``text`` as 0-9: for phones, postcodes, card numbers."""
    return re.sub(r"[^0-9]", "", to_ascii(text))


def to_persian(text: str) -> str:
    """Return ``text`` with 0-9 as Persian characters (U+06F0 to U+06F9)."""
    return text.translate(_PERSIAN)
