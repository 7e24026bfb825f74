"""Every trade the gateways know, and the money that moved."""

import threading
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from shop.sandbox.store import Store


class State(StrEnum):
    """Where a trade stands. ``PREPARED``: no buyer has opened it yet."""

    PREPARED = "prepared"
    WAITING = "waiting"
    PAID = "paid"
    FAILED = "failed"
    CANCELLED = "cancelled"
    CLOSED = "closed"
    REVERSED = "reversed"


@dataclass
class Refund:
    """Money given back; ``amount`` in minor units, ``at`` in sandbox time."""

    ref: str
    amount: int
    at: float
    data: dict[str, Any] = field(default_factory=dict)


@dataclass
class Trade:
    """One payment at one gateway; ``amount`` in minor units (fen or rial).

    ``key`` is the gateway's own number. ``names`` are the other words it can be
    found by, each with a prefix: ``ref:…``, ``token:…``.
    """

    gateway: str
    key: str
    ref: str
    amount: int
    currency: str
    created_at: float
    state: State = State.PREPARED
    paid_at: float | None = None
    pay_late_at: float | None = None
    names: list[str] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)
    refunds: list[Refund] = field(default_factory=list)

    @property
    def refunded(self) -> int:
        """Return the sum given back so far."""
        return sum(refund.amount for refund in self.refunds)

    def refund(self, ref: str) -> Refund | None:
        """Return the refund with this reference of the merchant's."""
        return next((refund for refund in self.refunds if refund.ref == ref), None)


class Ledger:
    """Trades by key and by name. Hold ``lock`` while reading and changing one."""

    def __init__(self, store: Store) -> None:
        self.lock = threading.RLock()
        self._store = store
        self._trades: dict[tuple[str, str], Trade] = {}
        self._names: dict[tuple[str, str], Trade] = {}
        for body in store.all("trade"):
            refunds = [Refund(**refund) for refund in body.pop("refunds")]
            state = State(body.pop("state"))
            self._index(Trade(**body, state=state, refunds=refunds))

    def _index(self, trade: Trade) -> None:
        self._trades[trade.gateway, trade.key] = trade
        for name in trade.names:
            self._names[trade.gateway, name] = trade

    def save(self, trade: Trade) -> Trade:
        """Keep a new or changed trade; it survives a kill from here on."""
        with self.lock:
            self._index(trade)
            self._store.put("trade", f"{trade.gateway} {trade.key}", asdict(trade))
        return trade

    def get(self, gateway: str, key: str) -> Trade | None:
        """Return the trade with the gateway's own number."""
        return self._trades.get((gateway, key))

    def named(self, gateway: str, name: str) -> Trade | None:
        """Return the trade last saved under a name."""
        return self._names.get((gateway, name))

    def of(self, gateway: str) -> list[Trade]:
        """Return a gateway's trades, oldest first."""
        with self.lock:
            return [t for t in self._trades.values() if t.gateway == gateway]

    def all(self) -> list[Trade]:
        """Return every trade, oldest first."""
        with self.lock:
            return list(self._trades.values())

    def clear(self) -> None:
        """Forget every trade."""
        with self.lock:
            self._trades.clear()
            self._names.clear()

    def report(self) -> dict[str, Any]:
        """Return all trades and each gateway's balance: paid, refunded, kept."""
        trades = self.all()
        totals: dict[str, dict[str, int]] = {}
        for trade in trades:
            total = totals.setdefault(
                trade.gateway, {"paid": 0, "refunded": 0, "reversed": 0, "balance": 0}
            )
            if trade.paid_at is None:
                continue
            total["paid"] += trade.amount
            total["refunded"] += trade.refunded
            if trade.state is State.REVERSED:
                total["reversed"] += trade.amount - trade.refunded
            total["balance"] = total["paid"] - total["refunded"] - total["reversed"]
        return {"trades": [asdict(trade) for trade in trades], "totals": totals}
