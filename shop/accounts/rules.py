"""How often something may be tried, and who may do what. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shop.kernel.errors import ShopError


@dataclass(eq=False)
class TriedTooOften(ShopError):
    """Wait until ``again_at``."""

    again_at: datetime


@dataclass(eq=False)
class WrongSignIn(ShopError):
    """Address or password is wrong; the shop never says which."""


@dataclass(frozen=True)
class Limit:
    """At most ``most`` tries in each window of ``window``."""

    most: int
    window: timedelta

    def window_at(self, now: datetime) -> datetime:
        """Return when the window around ``now`` began."""
        span = int(self.window.total_seconds())
        return datetime.fromtimestamp(int(now.timestamp()) // span * span, now.tzinfo)


SIGN_IN_BY_ADDRESS = Limit(5, timedelta(minutes=15))
SIGN_IN_BY_IP = Limit(20, timedelta(minutes=15))
LINKS_BY_ORDER = Limit(5, timedelta(hours=1))
LINKS_BY_IP = Limit(20, timedelta(hours=1))
RECEIPTS_BY_ORDER = Limit(10, timedelta(hours=1))
ORDERS_BY_IP = Limit(60, timedelta(hours=1))
