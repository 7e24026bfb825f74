"""What a cart costs, line by line, and what it refuses. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from shop.kernel.errors import ShopError
from shop.kernel.money import Money, total

MOST_PIECES = 99
MOST_LINES = 100


class AmountKind(StrEnum):
    """The rows a price breakdown may have; each has its sentence in ``web.amounts``."""

    GOODS = "goods"
    DELIVERY = "delivery"
    REMOTE = "remote"
    FEE = "fee"
    DISCOUNT = "discount"


@dataclass(frozen=True)
class Amount:
    """One row of the breakdown; a discount is negative. ``facts`` fill its sentence."""

    kind: AmountKind
    money: Money
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Breakdown:
    """Every row of what an order costs. The same function makes it for every page."""

    rows: tuple[Amount, ...]
    currency: str

    @property
    def total(self) -> Money:
        """The sum of the rows."""
        return total((row.money for row in self.rows), self.currency)


@dataclass(frozen=True)
class Freight:
    """What delivery costs: its own fee, and the surcharge of a remote place (S55)."""

    method: str
    fee: Money
    surcharge: Money


def breakdown(
    goods: Sequence[tuple[Money, int]], freight: Freight | None, currency: str
) -> Breakdown:
    """Return the rows for lines of ``(unit price, pieces)``; no freight, no row yet."""
    pieces = sum(count for _, count in goods)
    worth = total((unit * count for unit, count in goods), currency)
    rows = [Amount(AmountKind.GOODS, worth, {"count": pieces})]
    if freight is not None:
        facts = {"method": freight.method}
        rows.append(Amount(AmountKind.DELIVERY, freight.fee, facts))
        if freight.surcharge:
            rows.append(Amount(AmountKind.REMOTE, freight.surcharge))
    return Breakdown(tuple(rows), currency)


@dataclass(eq=False)
class CartEmpty(ShopError):
    """There is nothing to order."""


@dataclass(eq=False)
class CartFull(ShopError):
    """A cart takes ``most`` different lines."""

    most: int


@dataclass(eq=False)
class NotForSale(ShopError):
    """The product cannot be bought now, or not in this region."""

    title: str


@dataclass(eq=False)
class TooFewLeft(ShopError):
    """Only ``left`` pieces can be bought now; 0 means none."""

    title: str
    left: int


@dataclass(eq=False)
class LimitReached(ShopError):
    """One buyer may have ``limit`` pieces in ``days`` days; ``left`` of them remain.

    ``again_on`` is the first date of the market on which more may be ordered;
    None while nothing was ordered yet.
    """

    title: str
    limit: int
    days: int | None
    left: int
    again_on: date | None = None


@dataclass(eq=False)
class WrongQuantity(ShopError):
    """What was typed is no number of pieces from 1 to ``most``."""

    most: int


def check_quantity(wanted: int, most: int = MOST_PIECES) -> int:
    """Return ``wanted`` if it is a number of pieces one may ask for.

    :raises WrongQuantity: if it is not from 1 to ``most``.
    """
    if not 1 <= wanted <= most:
        raise WrongQuantity(most)
    return wanted


class ChangeKind(StrEnum):
    """What changed about a line since its buyer last saw it."""

    PRICE_DOWN = "price_down"
    PRICE_UP = "price_up"
    REPRICED = "repriced"
    LESS_LEFT = "less_left"
    SOLD_OUT = "sold_out"
    NOT_HERE = "not_here"
    NOT_FOR_SALE = "not_for_sale"


@dataclass(frozen=True)
class Change:
    """One change to tell at the top of the cart, with the old and the new value."""

    kind: ChangeKind
    old: Money | None = None
    new: Money | None = None
    left: int = 0

    @property
    def blocks(self) -> bool:
        """The line cannot be ordered as it stands."""
        return self.kind in _BLOCKING


_BLOCKING = frozenset(
    {
        ChangeKind.LESS_LEFT,
        ChangeKind.SOLD_OUT,
        ChangeKind.NOT_HERE,
        ChangeKind.NOT_FOR_SALE,
    }
)


def changes(
    seen: Money | None, price: Money | None, wanted: int, left: int, *, is_offered: bool
) -> list[Change]:
    """Compare a line with what its buyer last saw.

    :param price: what a piece costs now in the market of the visit, if sold there.
    :param left: pieces that can be bought now.
    :param is_offered: the product's sale state lets it be bought, stock aside.
    """
    if price is None:
        return [Change(ChangeKind.NOT_HERE)]
    if not is_offered:
        return [Change(ChangeKind.NOT_FOR_SALE)]
    found = []
    if seen is not None and seen.currency != price.currency:
        found.append(Change(ChangeKind.REPRICED, seen, price))
    elif seen is not None and seen != price:
        down = price < seen
        kind = ChangeKind.PRICE_DOWN if down else ChangeKind.PRICE_UP
        found.append(Change(kind, seen, price))
    if left == 0:
        found.append(Change(ChangeKind.SOLD_OUT))
    elif left < wanted:
        found.append(Change(ChangeKind.LESS_LEFT, left=left))
    return found
