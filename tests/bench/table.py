"""What a bench found, as a table beside its targets and as JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One measured number beside its limit; both in ``unit``, the limit included."""

    target: str
    what: str
    value: float
    limit: float
    unit: str
    note: str = ""

    @property
    def holds(self) -> bool:
        """Say whether the target is met."""
        return self.value <= self.limit

    def line(self) -> str:
        """Return the row for people."""
        mark = "ok" if self.holds else "OVER"
        value = f"{self.value:,.2f}".rstrip("0").rstrip(".")
        return (
            f"{self.target:<4}{self.what:<46}{value:>10} of {self.limit:>8,g}"
            f" {self.unit:<6}{mark:<6}{self.note}"
        )


def save(path: Path, machine: dict[str, Any], figures: Sequence[Figure]) -> None:
    """Write everything as JSON."""
    found = {"machine": machine, "figures": [asdict(one) for one in figures]}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", "utf-8")
