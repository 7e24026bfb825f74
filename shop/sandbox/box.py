"""What all gateways of one sandbox share."""

import threading
from pathlib import Path

from shop.sandbox.clock import Clock
from shop.sandbox.faults import Faults
from shop.sandbox.inbox import Inbox
from shop.sandbox.keys import Keys, load_or_make
from shop.sandbox.ledger import Ledger
from shop.sandbox.notify import Notifier
from shop.sandbox.store import Store


class Box:
    """Keys, time, trades, messages and faults of one directory."""

    def __init__(self, directory: Path, scale: float = 1.0) -> None:
        self.directory = directory
        self.keys: Keys = load_or_make(directory)
        self.clock = Clock(scale)
        self.faults = Faults()
        self.store = Store(directory / "sandbox.db")
        self.ledger = Ledger(self.store)
        self.inbox = Inbox(self.store, self.clock)
        self.notifier = Notifier(self.store, self.clock)
        self.ports: dict[str, int] = {}
        self.probes = False
        self._counter = threading.Lock()
        self._last = 0

    def url(self, service: str, path: str = "") -> str:
        """Return the address of a service of this sandbox."""
        return f"http://127.0.0.1:{self.ports[service]}{path}"

    def number(self) -> int:
        """Return a rising number of 16 digits that no trade had before."""
        with self._counter:
            self._last = max(self._last + 1, int(self.clock.real() * 1_000_000))
            return self._last

    def reset(self) -> None:
        """Forget trades, messages, notifications, faults and the moved clock."""
        self.notifier.clear()
        self.ledger.clear()
        self.inbox.clear()
        self.faults.clear()
        self.store.clear()
        self.clock.offset = 0.0
