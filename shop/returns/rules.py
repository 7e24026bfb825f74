"""What goes back: the rows of a refund, and what may be returned until when. Pure.

One function itemises what is shown and what is done. Counted from the whole each time
(``reference/style.md`` 15): whatever goes back in whatever portions, no piece goes back
twice, and the last one takes the exact rest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from shop.kernel.errors import ShopError
from shop.kernel.flow import Flow
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


class ReturnState(StrEnum):
    """Where a request of a buyer to give something back stands.

    ``approved`` waits for the goods; a refund that is made for it settles it.
    """

    REQUESTED = "requested"
    APPROVED = "approved"
    DECLINED = "declined"
    SETTLED = "settled"


_S = ReturnState
RETURN_FLOW = Flow(
    {
        _S.REQUESTED: frozenset({_S.APPROVED, _S.DECLINED}),
        _S.APPROVED: frozenset({_S.SETTLED, _S.DECLINED}),
        _S.DECLINED: frozenset(),
        _S.SETTLED: frozenset(),
    }
)
#: Requests whose pieces are spoken for.
RETURN_OPEN = frozenset({_S.REQUESTED, _S.APPROVED})


class ReturnReason(StrEnum):
    """Why something is given back."""

    CHANGED_MIND = "changed_mind"
    FAULTY = "faulty"
    WRONG_ITEM = "wrong_item"
    OTHER = "other"


#: The shop's fault: a longer time, and the shop pays the freight (S39).
OURS = frozenset({ReturnReason.FAULTY, ReturnReason.WRONG_ITEM})


@dataclass(frozen=True)
class Window:
    """Until when delivered goods can be given back, these dates included.

    ``quality_on`` is for what is the shop's fault. ``freight`` says who pays for
    sending back what is not.
    """

    last_on: date
    quality_on: date
    freight: str

    def until(self, reason: ReturnReason) -> date:
        """Return the last date for a reason."""
        return self.quality_on if reason in OURS else self.last_on

    def payer(self, reason: ReturnReason) -> str:
        """Return who pays the freight: ``buyer`` or ``shop``."""
        return "shop" if reason in OURS else self.freight

    def reasons(self, today: date) -> tuple[ReturnReason, ...]:
        """Return the reasons that still count; none after the last day of all."""
        return tuple(one for one in ReturnReason if today <= self.until(one))


#: Before the goods are there, only these make sense.
UNSENT_REASONS = (ReturnReason.CHANGED_MIND, ReturnReason.OTHER)


def check_return(
    pieces: Mapping[int, int], left: Mapping[int, tuple[str, int]]
) -> dict[int, int]:
    """Return the pieces of a request, at least one, by order line.

    :param left: what can still be asked for: title and pieces by line.
    :raises NothingToReturn: if no piece is asked for.
    :raises TooManyReturned: if a line has fewer left, in open requests or refunded.
    """
    for line_id, count in pieces.items():
        title, most = left.get(line_id, ("", 0))
        if not 0 <= count <= most:
            raise TooManyReturned(title, most)
    wanted = {line_id: count for line_id, count in pieces.items() if count}
    if not wanted:
        raise NothingToReturn
    return wanted


@dataclass(eq=False)
class NotReturnable(ShopError):
    """Nothing of this order can be given back now: it is unpaid, or off."""

    number: str


@dataclass(eq=False)
class ReturnTooLate(ShopError):
    """The last day for this reason is over."""

    last_on: date


@dataclass(eq=False)
class NothingToReturn(ShopError):
    """No piece was asked for."""


@dataclass(eq=False)
class TooManyReturned(ShopError):
    """Only ``left`` pieces of the line are not yet asked for or refunded."""

    title: str
    left: int


@dataclass(eq=False)
class ReasonMissing(ShopError):
    """Why, or what is wrong, was not said."""
