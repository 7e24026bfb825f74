"""What an instalment plan costs: one function for product page and checkout.

The fee is a share of the *financed* amount (price less down payment) for each
period, as the demo catalogue and Chinese card plans state it: 0.60 % a month
for 12 months is 7.2 % in all. It is rounded half up to a minor unit once; the
payments are equal but for the last, which takes the remainder (DESIGN 10).
"""

from dataclasses import dataclass
from typing import Any, Self

from shop.kernel.money import Money

#: 100 % in hundredths of a percent.
WHOLE = 10_000


@dataclass(frozen=True, slots=True)
class Plan:
    """Terms an owner offers in one market.

    ``fee`` is the fee of one period in basis points of the financed amount,
    ``down`` the part of the price due at once, in basis points.
    """

    market: str
    periods: int
    fee: int = 0
    down: int = 0

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> Self:
        """Read a plan as ``product.plans`` holds it."""
        return cls(row["market"], row["periods"], row["fee"], row["down"])


@dataclass(frozen=True, slots=True)
class PlanRow:
    """What one plan makes of one price.

    ``down + each * (periods - 1) + last == total``.
    ``rate`` is the whole fee in basis points of the financed amount; ``total``
    is everything the buyer pays, ``fee`` is contained in it.
    """

    periods: int
    rate: int
    down: Money
    fee: Money
    total: Money
    each: Money
    last: Money

    @property
    def is_free(self) -> bool:
        """Say whether the plan costs nothing more than the price."""
        return not self.fee

    @property
    def payments(self) -> tuple[Money, ...]:
        """Return every payment in order, the down payment first if there is one."""
        first = (self.down,) if self.down else ()
        return (*first, *[self.each] * (self.periods - 1), self.last)


def per_period(
    amount: Money, periods: int, fee: int = 0, down: int = 0, step: int = 1
) -> PlanRow:
    """Return what ``amount`` costs in ``periods`` payments after the down payment.

    :param fee: basis points of the financed amount for each period, >= 0.
    :param down: basis points of ``amount`` due at once, in ``[0, 10000)``.
    :param step: every payment but the last is a multiple of this many minor
        units: 10 rials, so that a page can say it in whole toman.
    :raises ValueError: for numbers that make no plan, which is the caller's bug.
    """
    if periods < 1 or fee < 0 or not 0 <= down < WHOLE or step < 1:
        raise ValueError(f"no plan: {periods} periods, fee {fee}, down {down}")
    first = Money(amount.minor * down // WHOLE // step * step, amount.currency)
    financed = amount - first
    rate = fee * periods
    charge = Money((financed.minor * rate * 2 + WHOLE) // (WHOLE * 2), amount.currency)
    parts = (financed + charge).split(periods, step)
    return PlanRow(periods, rate, first, charge, amount + charge, parts[0], parts[-1])


def table(amount: Money, plans: list[Plan], market: str) -> tuple[PlanRow, ...]:
    """Return the rows of every plan of a market, shortest first."""
    step = 10 if amount.currency == "IRR" else 1
    mine = sorted((p for p in plans if p.market == market), key=lambda p: p.periods)
    return tuple(per_period(amount, p.periods, p.fee, p.down, step) for p in mine)
