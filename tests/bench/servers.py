"""Which web server: the same pages of the real shop under each of them, in turns."""

import statistics
from collections.abc import Iterator
from contextlib import ExitStack

from tests.bench import load, shops
from tests.bench.load import Target
from tests.bench.processes import memory

NAMES = ("gunicorn", "granian", "waitress")
HEAD = (
    f"{'server':<10}{'page':<10}{'U':>7}{'CPU ms':>9}{'alone ms':>10}"
    f"{'p99 ms, 16 readers':>20}{'PSS MB':>8}"
)


def lines(rounds: int = 5) -> Iterator[str]:
    """Measure every server; each line is one page under one server."""
    shop = shops.generated(10_000, narrow=True)
    facts = shop.facts()
    pages = (("product", facts.products), ("category", facts.category))
    yield HEAD
    with ExitStack() as stack:
        limit = Target(stack.enter_context(shops.limit()), "/a")
        opened = {name: stack.enter_context(shop.open(server=name)) for name in NAMES}
        for name, server in opened.items():
            for what, path in pages:
                cost = load.measure(Target(server, path), limit, rounds)
                many = [load.load(Target(server, path), 16, 2) for _ in range(3)]
                p99 = statistics.median(one["p99"] for one in many)
                yield (
                    f"{name:<10}{what:<10}{cost.u:>7.1f}{cost.cpu_ms:>9.2f}"
                    f"{cost.alone_ms:>10.2f}{p99:>20.1f}{memory(server.pid):>8.0f}"
                )
