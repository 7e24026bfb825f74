"""What a message costs, when it may ring, what of its receiver is shown. Pure."""

import math
from datetime import datetime, time, timedelta
from enum import StrEnum

from shop.i18n.text import FSI, PDI
from shop.markets.market import Market
from shop.markets.parameters import Parameters
from shop.orders.states import EventKind


class Channel(StrEnum):
    """How a message travels; ``site`` only stands on the order's page."""

    SMS = "sms"
    EMAIL = "email"
    SITE = "site"


class MessageState(StrEnum):
    """Where a message is. ``failed`` is tried again, ``dead`` waits for staff."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    DEAD = "dead"


#: A message about something that is no event of an order.
LINKS = "links"
#: The same, to the page on which goods can be returned (S103).
RETURN_LINK = "return_link"
#: To the owner, about an order that was placed.
NEW_ORDER = "new_order"
#: Messages that are off until an owner switches them on.
OFF_BY_DEFAULT = frozenset({NEW_ORDER})

_K = EventKind
#: Answers to what the buyer does at this moment, and what cannot wait until morning.
URGENT = frozenset(
    {
        LINKS, RETURN_LINK, NEW_ORDER,
        _K.PLACED.value, _K.PAID.value, _K.PAID_LATE.value,
        _K.RECEIPT_SUBMITTED.value, _K.RECEIPT_REJECTED.value, _K.ARRANGED.value,
        _K.RETURN_REQUESTED.value,
    }
)  # fmt: skip

#: One text message: 70 of any characters or 160 of the old alphabet; a part of a
#: longer one carries 67 or 153 (reference/i18n.md 2.8; GSM 03.38, 03.40).
WIDE, WIDE_PART, NARROW, NARROW_PART = 70, 67, 160, 153
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_TWICE = frozenset("^{}\\[~]|€\f")
_UNSEEN = str.maketrans({FSI: None, PDI: None, "\u200e": None, "\u00a0": " "})


def for_phones(text: object) -> str:
    """Return words for a text message: no isolates, which old phones show as boxes."""
    return str(text).translate(_UNSEEN)


def parts(text: str) -> int:
    """Return how many text messages a text costs."""
    if all(char in _GSM or char in _GSM_TWICE for char in text):
        size = sum(2 if char in _GSM_TWICE else 1 for char in text)
        single, part = NARROW, NARROW_PART
    else:
        size = len(text.encode("utf-16-le")) // 2
        single, part = WIDE, WIDE_PART
    return 1 if size <= single else math.ceil(size / part)


def with_if_free(lines: list[str], more: str, last: str) -> str:
    """Join lines for a phone, with one more before the last if it costs nothing."""
    short = "\n".join([*lines, last] if last else lines)
    long = "\n".join([*lines, more, last] if last else [*lines, more])
    return long if parts(long) == parts(short) else short


def quiet_until(market: Market, numbers: Parameters, now: datetime) -> datetime | None:
    """Return when a phone may ring again, or ``None`` if it may now.

    Quiet hours are ``[from, to)`` in the market's zone and may pass midnight.
    """
    begins, ends = numbers.quiet_from, numbers.quiet_to
    local = now.astimezone(market.zone)
    hour = local.time()
    if not _is_between(hour, begins, ends):
        return None
    day = local.date()
    if hour >= ends:  # before midnight: the end is tomorrow's
        day += timedelta(days=1)
    return market.moment(day, ends)


def _is_between(hour: time, begins: time, ends: time) -> bool:
    if begins <= ends:
        return begins <= hour < ends
    return hour >= begins or hour < ends


def masked_phone(phone: str) -> str:
    """Return a phone as a log or a desk may show it: ``+86 138…5678`` as ``…5678``."""
    return f"…{phone[-4:]}" if len(phone) > 4 else "…"


def masked_email(address: str) -> str:
    """Return an address with its first letter only: ``a…@example.com``."""
    name, _, host = address.partition("@")
    return f"{name[:1]}…@{host}" if host else "…"


def masked(channel: str, to: str) -> str:
    """Return a receiver as staff may see it (S82)."""
    if channel == Channel.EMAIL:
        return masked_email(to)
    return masked_phone(to) if to else ""
