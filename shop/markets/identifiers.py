"""Phones, e-mail, cards and codes: any digits in, one stored form out, masks for staff.

Each reader returns the stored form or raises its ``FieldProblem``. The sums are
those of ``reference/payments.md`` 9.
"""

import re
import unicodedata

import phonenumbers

from shop.i18n.digits import digits_only, to_ascii
from shop.markets.refusals import (
    NotACard,
    NotAMobile,
    NotAnEmail,
    NotAnIban,
    NotATaxCode,
)

_CONTROLS = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_PHONE = re.compile(r"\+?[0-9 ()./-]{4,24}")
_EMAIL = re.compile(r"[^\s@<>()\[\],;:\\\"]{1,64}@([^\s@<>()\[\],;:\\\"_]+)")
_DOMAIN = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]"
)
_HAN = re.compile(r"[\u4e00-\u9fff\u3400-\u4dbf]+")
_MOBILE = (
    phonenumbers.PhoneNumberType.MOBILE,
    phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
)
_USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def tidy(text: str) -> str:
    """Return one line of text as it is stored: NFC, single spaces, no hidden marks.

    Joiners inside Persian words stay; at the edges they are dropped.
    """
    plain = unicodedata.normalize("NFC", _CONTROLS.sub("", text))
    plain = re.sub("\u200c+", "\u200c", plain)
    return re.sub(r"\s+", " ", plain).strip(" \u200c\u00a0")


def tidy_persian(text: str) -> str:
    """Return ``tidy`` text with the Arabic ye and kaf as the Persian letters."""
    return tidy(text).translate(str.maketrans("يك", "یک"))


def mobile(typed: str, country: str, example: str = "") -> str:
    """Return a mobile number of ``country`` in E.164: ``+989123456789``.

    Any digits, ``+98``, ``0098``, ``98`` or none, spaces and hyphens. A number
    of another country is refused even where it has the same shape: 0912…
    is a land line in China (``reference/i18n.md`` 2.10).

    :raises NotAMobile: for anything else.
    """
    plain = to_ascii(_CONTROLS.sub("", typed).replace("\u200c", "")).replace("＋", "+")
    plain = re.sub(r"[\s\u00a0\u2010-\u2015－（）]+", " ", plain).strip()
    if not _PHONE.fullmatch(plain):
        raise NotAMobile(example)
    try:
        number = phonenumbers.parse(plain, country or None)
    except phonenumbers.NumberParseException:
        raise NotAMobile(example) from None
    valid = (
        phonenumbers.is_valid_number_for_region(number, country)
        if country
        else phonenumbers.is_valid_number(number)
    )
    if not valid or phonenumbers.number_type(number) not in _MOBILE:
        raise NotAMobile(example)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def show_phone(stored: str, home: str = "") -> str:
    """Return a stored number as people of ``home`` write it: ``0912 345 6789``."""
    try:
        number = phonenumbers.parse(stored)
    except phonenumbers.NumberParseException:
        return stored
    at_home = phonenumbers.region_code_for_number(number) == home
    kind = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(
        number, kind.NATIONAL if at_home else kind.INTERNATIONAL
    )


def email(typed: str) -> str:
    """Return an address in lower case, its domain in ASCII: one person, one spelling.

    :raises NotAnEmail: if it cannot be one.
    """
    plain = unicodedata.normalize("NFKC", _CONTROLS.sub("", typed)).strip().lower()
    hit = _EMAIL.fullmatch(plain)
    if not hit or len(plain) > 254:
        raise NotAnEmail
    local = plain.rpartition("@")[0]
    try:
        domain = hit[1].encode("idna").decode()
    except UnicodeError:
        raise NotAnEmail from None
    if (
        not _DOMAIN.fullmatch(domain)
        or local[0] == "."
        or local[-1] == "."
        or ".." in local
    ):
        raise NotAnEmail
    return f"{local}@{domain}"


def mask_phone(stored: str) -> str:
    """Hide the middle: ``138****5678``, ``0912***6789``."""
    digits = stored.lstrip("+")
    if digits.startswith("86") and len(digits) == 13:
        digits = digits[2:]
    elif digits.startswith("98") and len(digits) == 12:
        digits = "0" + digits[2:]
    head = 3 if not digits.startswith("0") else 4
    return digits[:head] + "*" * max(len(digits) - head - 4, 3) + digits[-4:]


def mask_name(name: str) -> str:
    """Hide all but the first letter: ``王*``, ``李**``; other scripts word by word."""
    plain = tidy(name)
    if _HAN.fullmatch(plain.replace("·", "")):
        return plain[:1] + "*" * (len(plain) - 1)
    return " ".join(word[0] + "***" for word in plain.split())


def mask_email(address: str) -> str:
    """Hide the person, not the host: ``a***@example.com``."""
    local, _, host = address.rpartition("@")
    return f"{local[:1]}***@{host}"


def has_luhn(digits: str) -> bool:
    """Say whether the last digit is the check digit of the others."""
    total = 0
    for place, digit in enumerate(map(int, reversed(digits))):
        double = digit * 2 if place % 2 else digit
        total += double - 9 if double > 9 else double
    return total % 10 == 0


def card_number(typed: str) -> str:
    """Return the sixteen digits of a bank card. Only ever the owner's own (S110).

    :raises NotACard: if they are not, or the check digit is wrong.
    """
    digits = digits_only(typed)
    if not re.fullmatch(r"[1-9][0-9]{15}", digits) or not has_luhn(digits):
        raise NotACard
    return digits


def group_card(digits: str) -> str:
    """Write a card or account in fours: ``6037 9911 9950 0590``."""
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))


def iban(typed: str, country: str = "IR") -> str:
    """Return an account number (Sheba: IR and 24 digits) whose remainder is 1.

    :raises NotAnIban: if it is not one of ``country``.
    """
    plain = re.sub(r"[^0-9A-Z]", "", to_ascii(_CONTROLS.sub("", typed)).upper())
    if plain.isdigit() and len(plain) == 24 and country == "IR":
        plain = "IR" + plain
    shape = r"IR[0-9]{24}" if country == "IR" else r"[A-Z]{2}[0-9]{2}[0-9A-Z]{11,30}"
    if not re.fullmatch(shape, plain) or _remainder(plain) != 1:
        raise NotAnIban("IR82 0540 1026 8002 0817 9090 02")
    return plain


def _remainder(account: str) -> int:
    turned = account[4:] + account[:4]
    return int("".join(str(int(sign, 36)) for sign in turned)) % 97


def company_code_cn(typed: str) -> str:
    """Return a unified social credit code, 18 signs with a check sign (GB 32100).

    :raises NotATaxCode: if the check sign is wrong.
    """
    plain = unicodedata.normalize("NFKC", to_ascii(typed)).upper()
    plain = re.sub(r"[\s-]", "", plain)
    if len(plain) != 18 or any(sign not in _USCC for sign in plain):
        raise NotATaxCode
    total = sum(
        _USCC.index(sign) * pow(3, at, 31) for at, sign in enumerate(plain[:17])
    )
    if _USCC[-total % 31] != plain[17]:
        raise NotATaxCode
    return plain


def company_code_ir(typed: str) -> str:
    """Return the 11-digit national code of an Iranian company.

    :raises NotATaxCode: if the check digit is wrong.
    """
    digits = digits_only(typed)
    if len(digits) != 11:
        raise NotATaxCode
    tens = int(digits[9]) + 2
    weights = (29, 27, 23, 19, 17)
    total = sum((tens + int(digits[at])) * weights[at % 5] for at in range(10))
    if total % 11 % 10 != int(digits[10]):
        raise NotATaxCode
    return digits
