"""Money as whole minor units, so that no sum in the shop is ever a float."""

from collections.abc import Iterable
from dataclasses import dataclass

#: Digits after the decimal point, by ISO 4217 code. The rial has none in trade.
MINOR_DIGITS = {"CNY": 2, "EUR": 2, "IRR": 0, "USD": 2}


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in one currency: ``Money(1999, "CNY")`` is 19.99 yuan.

    Amounts of two currencies are never added, compared or sorted together.
    """

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if self.currency not in MINOR_DIGITS:
            raise ValueError(f"unknown currency {self.currency!r}")

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other), self.currency)

    def __mul__(self, times: int) -> "Money":
        return Money(self.minor * times, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: "Money") -> bool:
        return self.minor <= self._same(other)

    def __gt__(self, other: "Money") -> bool:
        return self.minor > self._same(other)

    def __ge__(self, other: "Money") -> bool:
        return self.minor >= self._same(other)

    def __bool__(self) -> bool:
        return self.minor != 0

    def share(self, part: int, whole: int) -> "Money":
        """Return ``part / whole`` of this amount, rounded down to a minor unit."""
        return Money(self.minor * part // whole, self.currency)

    def split(self, parts: int, step: int = 1) -> list["Money"]:
        """Return ``parts`` amounts that add up to this one.

        All are equal and whole multiples of ``step`` minor units, except the
        last, which takes the remainder (DESIGN 10).
        """
        each = self.minor // parts // step * step
        equal = [Money(each, self.currency)] * (parts - 1)
        return [*equal, Money(self.minor - each * (parts - 1), self.currency)]

    def _same(self, other: "Money") -> int:
        if self.currency != other.currency:
            raise ValueError(f"cannot mix {self.currency} and {other.currency}")
        return other.minor


def total(amounts: Iterable[Money], currency: str) -> Money:
    """Add amounts of one currency; nothing adds up to zero of ``currency``."""
    return sum(amounts, Money(0, currency))
