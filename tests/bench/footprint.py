"""T9: memory, start and room of a whole shop."""

import statistics
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tests.bench import shops
from tests.bench.processes import ROOT, memory, settle
from tests.bench.table import Figure

STARTS = 3
BARE_MB = 94
PATHS = ("/zh/", "/fa/", "/en/", "/zh/search?q=茶", "/fa/search?q=چای", "/zh/cart")


def figures() -> Iterator[Figure]:
    """Start the demo shop as ``make run`` does, read it, and weigh it."""
    shop = shops.demo()
    opened, weighed = [], []
    with shop.open_all():
        pass  # the first start compiles; the others are warm
    for _ in range(STARTS):
        with shop.open_all() as server:
            opened.append(server.opened_after)
            for path in PATHS * 10:
                with urllib.request.urlopen(server.url + _quoted(path)) as answer:
                    answer.read()
            settle(server.pid)  # the worker comes when the shop is open
            weighed.append(memory(server.pid))
    pss = statistics.median(weighed)
    note = f"bare Flask + SQLAlchemy {BARE_MB} MB"
    yield Figure("T9", "web processes and worker, PSS", pss, 150, "MB", note)
    start = statistics.median(opened)
    yield Figure("T9", "first answer after a warm start", start, 2, "s")
    yield Figure("T9", "installed packages", _installed(), 200, "MB")


def _quoted(path: str) -> str:
    from urllib.parse import quote

    return quote(path, safe="/?=")


def _installed() -> float:
    """Return the megabytes of an environment of its own for requirements.txt."""
    home = shops.folder() / "packages"
    command = [sys.executable, "shop/running/bootstrap.py", str(home)]
    subprocess.run(
        [*command, "requirements.txt"], cwd=ROOT, check=True, stdout=sys.stderr
    )
    done = subprocess.run(
        ["du", "-sk", str(Path(home))], capture_output=True, text=True, check=True
    )
    return int(done.stdout.split()[0]) / 1024
