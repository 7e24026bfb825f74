"""Turning away an address that keeps sending what nobody signed (case 54).

Counted in this process only, so that a flood costs neither the database nor a
signature check. Refused callbacks count, genuine ones never do; after a minute
everybody may try again, and what a gateway had to say it says again.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

#: So many refused callbacks of one address, then it waits for the next minute.
MOST = 120
MINUTE = timedelta(minutes=1)
#: So many addresses are remembered; a flood from more is the proxy's business.
ADDRESSES = 10_000


@dataclass
class Flood:
    """Refused callbacks by address in the minute that runs."""

    began_at: datetime | None = None
    refused: dict[str, int] = field(default_factory=dict)

    def is_high(self, address: str, now: datetime) -> bool:
        """Say whether an address has sent too many callbacks that were refused."""
        began = self.began_at
        if began is None or not began <= now < began + MINUTE:  # also a clock set back
            self.began_at = now
            self.refused.clear()
        return self.refused.get(address, 0) >= MOST

    def count(self, address: str) -> None:
        """Count a refused callback."""
        if address in self.refused or len(self.refused) < ADDRESSES:
            self.refused[address] = self.refused.get(address, 0) + 1


flood = Flood()
