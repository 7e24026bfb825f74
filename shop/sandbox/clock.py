"""The sandbox's time: real time plus an offset that tests may move.

Trades live in sandbox time (expiry, windows for reversal). Signatures and their
headers carry real time, because the other side checks them by its own clock.
"""

import re
import time
from datetime import datetime
from zoneinfo import ZoneInfo

BEIJING = ZoneInfo("Asia/Shanghai")
TEHRAN = ZoneInfo("Asia/Tehran")

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds(text: str) -> float:
    """Read ``+20m``, ``-5s``, ``2h`` or ``1d`` as seconds.

    :raises ValueError: if the text is none of these.
    """
    match = re.fullmatch(r"([+-]?)(\d+(?:\.\d+)?)([smhd]?)", text.strip())
    if match is None:
        raise ValueError(f"not a span of time: {text!r}")
    sign, number, unit = match.groups()
    return float(number) * _UNITS[unit] * (-1 if sign == "-" else 1)


class Clock:
    """Sandbox time in seconds since 1970; ``scale`` shortens every waiting time."""

    def __init__(self, scale: float = 1.0) -> None:
        self.offset = 0.0
        self.scale = scale

    def now(self) -> float:
        """Return the moment at which trades live."""
        return time.time() + self.offset

    def real(self) -> float:
        """Return the moment that signatures carry."""
        return time.time()

    def at(self, moment: float | None, zone: ZoneInfo) -> datetime:
        """Return a moment (now, if ``None``) as wall clock time of a zone."""
        return datetime.fromtimestamp(self.now() if moment is None else moment, zone)
