"""T2-T5: pages in U beside the limit, their statements, and how they grow."""

from collections.abc import Iterator

from tests.bench import load, shops
from tests.bench.inside import Facts
from tests.bench.load import Target
from tests.bench.table import Figure

SMALL = 10_000
ROUNDS = 5
HOME = "/zh/"


def costs(rounds: int = ROUNDS) -> Iterator[Figure]:
    """Measure home, category, product and search of a shop of 10,000 products."""
    shop = shops.generated(SMALL, narrow=True)
    facts = shop.facts()
    told = shop.inside("statements", *(one.split("|")[0] for one in _paths(facts)))
    home, category, product, search = _paths(facts)
    wanted = (
        ("T2", "product page", product, 8),
        ("T3", "home page", home, 12),
        ("T3", "category page, 24 cards", category, 12),
        ("T4", "search, typical words", search, 10),
    )
    statements = dict(zip(_paths(facts), told, strict=True))
    with shops.limit() as limit, shop.open() as server:
        base = Target(limit, "/a")
        for target, what, path, most in wanted:
            cost = load.measure(Target(server, path), base, rounds)
            note = f"{cost.cpu_ms:.2f} ms CPU, alone {cost.alone_ms:.2f} ms"
            yield Figure(target, what, cost.u, most, "U", note)
            if target != "T4":
                yield Figure(target, f"{what}: statements", statements[path], 6, "SQL")


def _paths(facts: Facts) -> tuple[str, str, str, str]:
    return HOME, facts.category, facts.products, facts.typical


def growth(size: int, rounds: int = ROUNDS) -> Iterator[Figure]:
    """Measure the same pages at 10,000 and at ``size`` products, in turns."""
    small, large = shops.generated(SMALL, narrow=True), shops.generated(size)
    before, after = small.facts(), large.facts()
    pairs = (
        ("product page", before.products, after.products),
        ("category page 1", before.category, after.category),
        ("category page as deep as 20,000", before.deep, after.deep),
        ("search, typical words", before.typical, after.typical),
    )
    with small.open() as one, large.open() as other:
        for what, path, later in pairs:
            ratio, was, is_now = load.growth(
                Target(one, path), Target(other, later), rounds
            )
            note = f"{was:.2f} ms -> {is_now:.2f} ms"
            yield Figure("T5", f"{what}, {SMALL:,} -> {size:,}", ratio, 1.2, "x", note)
        _, was, is_now = load.growth(
            Target(one, before.common), Target(other, after.common), rounds
        )
        note = f"{was:.2f} ms -> {is_now:.2f} ms"
        what = f"worst common word at {size:,} adds"
        yield Figure("T4", what, is_now - was, 5, "ms", note)
