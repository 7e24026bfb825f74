"""Load: wrk against a server on this machine, in turns with the limit.

Machines are noisy, so nothing is compared that was not measured in turns, and
what counts is the CPU time of the server's processes, not the time on a clock.
"""

import json
import os
import re
import shutil
import statistics
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.bench.processes import Server, cpu_seconds

LUA = Path(__file__).with_name("report.lua")


class NoWrk(RuntimeError):
    """The load generator is not installed."""


@dataclass(frozen=True)
class Target:
    """A page to ask for. ``path`` may hold ``{1..900}`` (a random number) or ``|``."""

    server: Server
    path: str

    @property
    def url(self) -> str:
        """Return the address of the page."""
        return self.server.url + self.path


@dataclass(frozen=True)
class Cost:
    """What a page costs: in U, and in ms for a reader who is alone."""

    u: float
    cpu_ms: float
    alone_ms: float


def measure(target: Target, limit: Target, rounds: int, seconds: float = 1) -> Cost:
    """Return the medians of ``rounds`` turns of the page and the limit."""
    load(target, 2, seconds)
    pages, limits, alone = [], [], []
    for _ in range(rounds):
        limits.append(cpu_of(limit, 4, seconds))
        pages.append(cpu_of(target, 4, seconds))
        alone.append(load(target, 1, seconds)["p50"])
    ratios = [page / base for page, base in zip(pages, limits, strict=True)]
    return Cost(
        statistics.median(ratios),
        statistics.median(pages) * 1000,
        statistics.median(alone),
    )


def growth(small: Target, large: Target, rounds: int) -> tuple[float, float, float]:
    """Return how much slower ``large`` answers one reader, and both times in ms."""
    load(small, 1, 1)
    load(large, 1, 1)
    pairs = [
        (load(small, 1, 0.7)["p50"], load(large, 1, 0.7)["p50"]) for _ in range(rounds)
    ]
    ratio = statistics.median(after / before for before, after in pairs)
    before = statistics.median(pair[0] for pair in pairs)
    return ratio, before, statistics.median(pair[1] for pair in pairs)


def cpu_of(target: Target, connections: int, seconds: float) -> float:
    """Return the CPU seconds of one answer."""
    settle(target.server)
    before = cpu_seconds(target.server.pid)
    found = load(target, connections, seconds)
    settle(target.server)
    return (cpu_seconds(target.server.pid) - before) / max(1, int(found["n"]))


def settle(server: Server) -> None:
    """Wait until a server has worked off what nobody waits for any more."""
    for _ in range(40):
        before = cpu_seconds(server.pid)
        time.sleep(0.1)
        if cpu_seconds(server.pid) - before <= 0.01:
            return


def load(target: Target, connections: int, seconds: float) -> dict[str, Any]:
    """Ask for the page again and again; return ``n``, ``p50`` and ``p99`` in ms.

    :raises NoWrk: if wrk is not there.
    :raises RuntimeError: if any answer was an error.
    """
    wrk = shutil.which("wrk")
    if wrk is None:
        raise NoWrk
    parts = urlsplit(target.url)
    if parts.hostname != "127.0.0.1":
        raise ValueError(target.url)
    where = f"http://{parts.netloc}"
    threads = str(min(2, connections))
    duration = f"{round(seconds * 1000)}ms" if seconds < 1 else f"{round(seconds)}s"
    command = [wrk, "-t", threads, "-c", str(connections), "-d", duration]
    done = subprocess.run(
        [*command, "--timeout", "20s", "-s", str(LUA), where],
        env=os.environ | _choice(target.url.removeprefix(where)),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = re.search(r"JSON(\{.*\})", done.stdout)
    if not found:
        raise RuntimeError(done.stdout + done.stderr)
    answer: dict[str, Any] = json.loads(found[1])
    if answer["errors"] or answer["refused"]:
        raise RuntimeError(f"{target.url}: {answer}")
    return answer


def _choice(path: str) -> dict[str, str]:
    """Return which paths the script asks for."""
    found = re.search(r"\{(\d+)\.\.(\d+)\}", path)
    if not found:
        return {"PATHS": path}
    before, after = path[: found.start()], path[found.end() :]
    pattern = before.replace("%", "%%") + "%d" + after.replace("%", "%%")
    return {"PAT": pattern, "IDMIN": found[1], "IDMAX": found[2]}
