"""T6: what a placed order costs, with 8 and with 32 buyers at once."""

from collections.abc import Iterator

from tests.bench import buyers, shops
from tests.bench.table import Figure

ORDERS = 6


def costs() -> Iterator[Figure]:
    """Let buyers buy in a copy of the small shop; its worker is not counted."""
    shop = shops.copy(shops.generated(10_000, narrow=True), "buying")
    shop.inside("restock")
    facts = shop.facts()
    first = 1
    with shop.open() as server:
        for crowd in (8, 32):
            found = buyers.buy(server, facts, range(first, first + crowd), ORDERS)
            first += crowd
            note = f"{found.orders} orders in {found.seconds:.1f} s"
            note += f" {found.first_failure}"
            who = f"order, {crowd} buyers"
            yield Figure("T6", f"{who}: failures", found.failures, 0, "", note)
            yield Figure("T6", f"{who}: requests", found.requests, 5, "")
            yield Figure("T6", f"{who}: CPU", found.cpu_ms, 10, "ms")
