"""Attempts, refunds, keys and settings as a provider gets them."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlencode

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from shop.kernel.money import Money
from shop.payments.provider import Attempt, RawRequest, Refunding, Urls

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
REF = "202611210001"
URLS = Urls("https://shop.test/pay/x/return", "https://shop.test/pay/x/notify")
FORM = "application/x-www-form-urlencoded; charset=utf-8"


def attempt(currency: str = "CNY", **facts: Any) -> Attempt:
    """Return an attempt over 100 yuan or 1,250,000 rial, a minute old."""
    minor = {"CNY": 100_00, "IRR": 1_250_000}[currency]
    given: dict[str, Any] = {
        "ref": REF,
        "amount": Money(minor, currency),
        "description": "Order 4817",
        "created_at": NOW,
        "expires_at": NOW + timedelta(minutes=15),
    }
    return Attempt(**(given | facts))


def refunding(paid: Attempt, minor: int | None = None, **facts: Any) -> Refunding:
    """Return a refund of the whole attempt, or of ``minor``."""
    given: dict[str, Any] = {
        "ref": "902611210001",
        "amount": paid.amount if minor is None else Money(minor, paid.amount.currency),
        "reason": "Returned",
        "created_at": NOW,
    }
    return Refunding(**(given | facts))


def posted(form: Mapping[str, str] | list[tuple[str, str]], **facts: Any) -> RawRequest:
    """Return a form as a provider would post it."""
    pairs = list(form.items()) if isinstance(form, Mapping) else form
    given: dict[str, Any] = {
        "method": "POST",
        "path": "/pay/x/notify",
        "query": (),
        "form": pairs,
        "body": urlencode(pairs, errors="replace").encode(),
        "headers": {"content-type": FORM},
    }
    return RawRequest(**(given | facts))


def visited(query: str) -> RawRequest:
    """Return a browser's GET with this query string."""
    pairs = parse_qsl(query, keep_blank_values=True)
    return RawRequest("GET", "/pay/x/return", pairs, (), b"", {})


@cache
def key(owner: str) -> rsa.RSAPrivateKey:
    """Return the one key of ``owner`` in this run: "shop", "provider", "stranger"."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def private_pem(owner: str) -> str:
    """Return an owner's private key as PKCS#8 PEM."""
    return (
        key(owner)
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        .decode()
    )


@cache
def public_pem(owner: str) -> str:
    """Return an owner's public key as PEM."""
    return (
        key(owner)
        .public_key()
        .public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        .decode()
    )
