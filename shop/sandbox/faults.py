"""Switches that make a gateway misbehave a given number of times.

Before the work is done: ``timeout_before[:s]``, ``drop_before``, ``http500``,
``html``. After it: ``timeout_after[:s]``, ``drop_after``, ``http500_after``,
``empty``, ``truncated``. Both: ``slow:s``. Seconds default to 30. In the answer's
content: ``bad_sig``, ``unsigned``, ``wrong_amount``, ``wrong_merchant`` and
``error:CODE``; the rest belongs to single gateways. The operation ``notify`` is
the content of the next notification.
"""

import threading
from dataclasses import asdict, dataclass
from typing import Any

MODES = frozenset(
    {
        "timeout_before",
        "timeout_after",
        "drop_before",
        "drop_after",
        "http500",
        "http500_after",
        "html",
        "empty",
        "truncated",
        "bad_sig",
        "unsigned",
        "wrong_amount",
        "wrong_merchant",
        "error",
        "slow",
        "fund_change_n",
        "no_amount",
        "processing",
        "abnormal",
        "denied",
        "coupon",
        "probe",
        "soap_fault",
    }
)


@dataclass
class Fault:
    """One switch; ``count`` uses are left, below 0 means for ever."""

    gateway: str
    op: str
    mode: str
    count: int = 1

    @property
    def kind(self) -> str:
        """Return the mode without its argument."""
        return self.mode.partition(":")[0]

    @property
    def argument(self) -> str:
        """Return what follows the colon: seconds or a code."""
        return self.mode.partition(":")[2]

    def wait(self, default: float = 30.0) -> float:
        """Return the seconds to wait."""
        return float(self.argument) if self.argument else default


class Faults:
    """The switches in force. ``*`` stands for every gateway or operation."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def set(self, gateway: str, op: str, mode: str, count: int = 1) -> None:
        """Add a switch.

        :raises ValueError: if the mode is unknown or its seconds are no number.
        """
        fault = Fault(gateway, op, mode, count)
        if fault.kind not in MODES:
            raise ValueError(f"unknown mode: {mode}")
        if fault.kind in {"slow", "timeout_before", "timeout_after"}:
            fault.wait()
        with self._lock:
            self._faults.append(fault)

    def take(self, gateway: str, op: str) -> Fault | None:
        """Return the switch that applies now, and use it up once."""
        with self._lock:
            for fault in self._faults:
                if fault.gateway in {gateway, "*"} and fault.op in {op, "*"}:
                    fault.count -= 1
                    if fault.count == 0:
                        self._faults.remove(fault)
                    return fault
        return None

    def clear(self) -> None:
        """Remove all switches."""
        with self._lock:
            self._faults.clear()

    def report(self) -> list[dict[str, Any]]:
        """Return the switches in force."""
        with self._lock:
            return [asdict(fault) for fault in self._faults]
