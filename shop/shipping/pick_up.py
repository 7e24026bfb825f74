"""Places to collect: their words and hours, and the code a buyer shows. Pure."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from shop.i18n.text import L, Lazy
from shop.kernel.errors import ShopError
from shop.kernel.text import first_text
from shop.markets.market import Market


@dataclass(eq=False)
class NoSuchPoint(ShopError):
    """There is no such place to collect, or it is closed for good."""

    code: str


def collection_code(secret: str, number: str) -> str:
    """Return the six digits a buyer shows to collect an order; always the same ones."""
    digest = hmac.new(secret.encode(), f"collect:{number}".encode(), hashlib.sha256)
    return f"{int.from_bytes(digest.digest()[:8], 'big') % 1_000_000:06d}"


Hours = Sequence[tuple[time, time] | None]


@dataclass(frozen=True)
class PointText:
    """What a pick-up point is called and where it is, in one language."""

    name: str
    address: str
    note: str = ""


@dataclass(frozen=True)
class Point:
    """A place to collect; hours in the market's zone, Monday first, ``None``: closed.

    ``services`` are words of ``SERVICES``.
    """

    code: str
    market: str
    city: str
    texts: Mapping[str, PointText]
    hours: Hours
    services: tuple[str, ...] = ()
    phone: str = ""
    map_url: str = ""

    def text(self, language: str) -> PointText:
        """Return the words for a reader, never blank."""
        found = first_text(self.texts, language)
        return found[1] if found else PointText(self.code, "")

    def text_language(self, language: str) -> str:
        """Return the language ``text()`` is really in."""
        found = first_text(self.texts, language)
        return found[0] if found else language


#: What a pick-up point can do for a buyer (S44).
SERVICES: Mapping[str, Lazy] = {
    "collect": L("Collect orders"),
    "try": L("Try products"),
    "after_sales": L("Repairs and returns"),
    "pay": L("Pay by cash or card"),
}


@dataclass(frozen=True)
class Opening:
    """Whether a point is open: now until ``at``, or again from ``at`` (S42)."""

    is_open: bool
    at: datetime | None


def opening(market: Market, point: Point, now: datetime) -> Opening:
    """Return the state of a point's door; hours are ``[from, to)``.

    Looks a week ahead: a point without hours is closed, with no moment to open.
    """
    local = now.astimezone(market.zone)
    for step in range(8):
        day = local.date() + timedelta(days=step)
        hours = point.hours[day.weekday()] if point.hours else None
        if hours is None:
            continue
        begins, ends = market.moment(day, hours[0]), market.moment(day, hours[1])
        if begins <= now < ends:
            return Opening(is_open=True, at=ends)
        if now < begins:
            return Opening(is_open=False, at=begins)
    return Opening(is_open=False, at=None)
