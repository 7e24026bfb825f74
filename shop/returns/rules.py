"""What a refund is made of, row by row: one function for what is shown and done. Pure.

Counted from the whole each time (``reference/style.md`` 15): whatever goes back in
whatever portions, no piece goes back twice, and the last one takes the exact rest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from shop.kernel.errors import ShopError
from shop.kernel.money import Money, total
from shop.payments.rules import RefundTooMuch, RefundTooSmall


class RowKind(StrEnum):
    """What a row of a refund stands for; negative ones did not come as this money."""

    GOODS = "goods"
    DELIVERY = "delivery"
    DISCOUNT = "discount"
    OTHER = "other"


@dataclass(frozen=True)
class Sold:
    """One order line: ``back`` of its ``quantity`` pieces have gone back before."""

    line_id: int
    title: str
    quantity: int
    unit: Money
    back: int = 0

    @property
    def left(self) -> int:
        """Pieces that can still go back."""
        return self.quantity - self.back


@dataclass(frozen=True)
class Deduction:
    """A part of the goods' price that did not come as money: a discount (S41).

    ``whole`` is positive; ``taken`` is what refunds before have taken off for it. A
    part with another origin, a gift card, is one more of these with its own kind:
    its row says how much goes back there instead.
    """

    kind: RowKind
    whole: Money
    taken: Money


@dataclass(frozen=True)
class Bought:
    """What a refund is counted from. Shares are whole multiples of ``step``."""

    lines: tuple[Sold, ...]
    delivery: Money
    delivery_back: Money
    deductions: tuple[Deduction, ...] = ()
    step: int = 1

    @property
    def goods(self) -> Money:
        """What all pieces cost before deductions."""
        worth = (line.unit * line.quantity for line in self.lines)
        return total(worth, self.delivery.currency)

    @property
    def delivery_left(self) -> Money:
        """What of the delivery fee can still go back."""
        return self.delivery - self.delivery_back


@dataclass(frozen=True)
class Choice:
    """What staff want to give back; ``other`` needs a reason, which the edge asks."""

    pieces: Mapping[int, int] = field(default_factory=dict)
    delivery: bool = False
    other: Money | None = None


@dataclass(frozen=True)
class Row:
    """One row of a refund; goods name their line and how many pieces."""

    kind: RowKind
    money: Money
    line_id: int | None = None
    quantity: int = 0


def itemised(bought: Bought, choice: Choice) -> tuple[Row, ...]:
    """Return the rows of a refund; they add up to what goes back.

    :raises NothingChosen: if nothing is asked for.
    :raises TooManyBack: if a line has fewer pieces left than asked for.
    :raises DeliveryIsBack: if there is no delivery fee (left) to give back.
    """
    goods = [_goods(line, choice.pieces.get(line.line_id, 0)) for line in bought.lines]
    rows = [row for row in goods if row.quantity]
    rows += [row for row in _deducted(bought, rows) if row.money]
    if choice.delivery:
        if not bought.delivery_left:
            raise DeliveryIsBack
        rows.append(Row(RowKind.DELIVERY, bought.delivery_left))
    if choice.other is not None:
        rows.append(Row(RowKind.OTHER, choice.other))
    if not rows:
        raise NothingChosen
    return tuple(rows)


def _goods(line: Sold, pieces: int) -> Row:
    if not 0 <= pieces <= line.left:
        raise TooManyBack(line.title, line.left)
    return Row(RowKind.GOODS, line.unit * pieces, line.line_id, pieces)


def _deducted(bought: Bought, goods: Sequence[Row]) -> list[Row]:
    """Return the share of each deduction that falls on these goods, negative."""
    if not goods:
        return []
    currency = bought.delivery.currency
    before = total((line.unit * line.back for line in bought.lines), currency)
    after = before + total((row.money for row in goods), currency)
    return [_share(one, after, bought) for one in bought.deductions]


def _share(one: Deduction, after: Money, bought: Bought) -> Row:
    if after == bought.goods:
        due = one.whole
    else:
        share = one.whole.share(after.minor, bought.goods.minor)
        due = Money(share.minor // bought.step * bought.step, share.currency)
    return Row(one.kind, one.taken - due)


def worth(rows: Sequence[Row], currency: str) -> Money:
    """Return what goes back altogether."""
    return total((row.money for row in rows), currency)


@dataclass(frozen=True)
class Source:
    """A payment that money can go back on: ``left`` of it, ``least`` at a time."""

    attempt_id: int
    left: Money
    least: Money


def spread(amount: Money, sources: Sequence[Source]) -> list[tuple[int, Money]]:
    """Return how much goes back on which payment, the first ones first.

    :raises RefundTooMuch: if more is asked for than all of them have left.
    :raises RefundTooSmall: if a part is less than its provider gives back.
    """
    left = total((one.left for one in sources), amount.currency)
    if amount > left:
        raise RefundTooMuch(amount, left)
    if amount.minor < 1:
        raise RefundTooSmall(amount, Money(1, amount.currency))
    parts = []
    for one in sources:
        part = min(amount, one.left)
        if not part:
            continue
        if part < one.least:
            raise RefundTooSmall(part, one.least)
        parts.append((one.attempt_id, part))
        amount -= part
    return parts


@dataclass(eq=False)
class NothingChosen(ShopError):
    """No piece, no fee and no amount was asked for."""


@dataclass(eq=False)
class TooManyBack(ShopError):
    """Only ``left`` pieces of the line can still go back."""

    title: str
    left: int


@dataclass(eq=False)
class DeliveryIsBack(ShopError):
    """The delivery fee went back before, or there was none."""


@dataclass(eq=False)
class RefundChanged(ShopError):
    """What was shown is not what would be done now: ``amount`` would go back."""

    amount: Money
