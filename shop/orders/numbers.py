"""Order numbers and secret links: nobody can guess the next one. Pure."""

import base64
import hashlib
import hmac
import secrets

from shop.i18n.digits import digits_only

LENGTH = 10
_MAC_BYTES = 16


def new_number() -> str:
    """Return ten random digits, the last a check digit (DESIGN 10).

    It can be typed as the note of a bank transfer; the first is never zero.
    """
    body = str(secrets.randbelow(9 * 10 ** (LENGTH - 2)) + 10 ** (LENGTH - 2))
    return body + _check_digit(body)


def read_number(typed: str) -> str | None:
    """Return the order number in what was typed, any digits; None if it has a typo."""
    number = digits_only(typed)
    if len(number) != LENGTH or _check_digit(number[:-1]) != number[-1]:
        return None
    return number


def _check_digit(body: str) -> str:
    """Luhn: catches every single wrong digit and nearly every swapped pair."""
    total = 0
    for place, digit in enumerate(reversed(body)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def link_token(key: bytes, number: str, version: int) -> str:
    """Return the secret part of a guest's link: number and a 128-bit seal.

    The same every time for one version, so it can be printed again; another
    version revokes it.
    """
    return number + _seal(key, number, version)


def split_token(token: str) -> tuple[str, str] | None:
    """Return ``(number, seal)`` of a token, or None if it cannot be one."""
    number, seal = token[:LENGTH], token[LENGTH:]
    if not (token.isascii() and number.isdigit() and 16 <= len(seal) <= 32):
        return None
    return number, seal


def seal_is_right(key: bytes, number: str, version: int, seal: str) -> bool:
    """Compare a seal in constant time."""
    return hmac.compare_digest(_seal(key, number, version).encode(), seal.encode())


def _seal(key: bytes, number: str, version: int) -> str:
    text = f"order-link:{number}:{version}".encode()
    mac = hmac.new(key, text, hashlib.sha256).digest()[:_MAC_BYTES]
    return base64.urlsafe_b64encode(mac).decode().rstrip("=")
