"""Measure the shop beside its limits: ``python -m tests.bench [PART …]``.

Parts: pages (T2-T4), growth (T5, with SIZE products, 10,000 unless told),
orders (T6), weight (T7, T8), footprint (T9), servers (a table of web servers,
only when named). Prints a table and writes ``bench-out/figures.json``; ends
with 1 if a target is missed. The shops are built once in BENCH_DIR.
"""

import argparse
import os
import platform
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from tests.bench import footprint, orders, pages, servers, weight
from tests.bench.load import NoWrk
from tests.bench.processes import ROOT
from tests.bench.table import Figure, save

OUT = ROOT / "bench-out" / "figures.json"


def _growth() -> Iterator[Figure]:
    return pages.growth(int(os.environ.get("SIZE", pages.SMALL * 10)))


PARTS: dict[str, Callable[[], Iterator[Figure]]] = {
    "pages": pages.costs,
    "growth": _growth,
    "orders": orders.costs,
    "weight": weight.figures,
    "footprint": footprint.figures,
}


def main() -> int:
    """Run the parts that were asked for, all of them if none was."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", nargs="*", choices=[*PARTS, "servers", []])
    asked = parser.parse_args().part
    try:
        return _measure(asked)
    except NoWrk:
        sys.exit("wrk is missing: apt-get install wrk")


def _measure(asked: list[str]) -> int:
    if asked == ["servers"]:
        for line in servers.lines():
            _say(line)
        return 0
    found = []
    for name in asked or PARTS:
        for figure in PARTS[name]():
            found.append(figure)
            _say(figure.line())
    save(Path(OUT), _machine(), found)
    return 0 if all(figure.holds for figure in found) else 1


def _machine() -> dict[str, object]:
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "load": os.getloadavg(),
        "python": platform.python_version(),
    }


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
