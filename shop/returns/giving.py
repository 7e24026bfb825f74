"""Giving back parts of what was paid: the same rows are shown and then done (S41).

``preview`` computes, ``give_back`` computes again under the order's lock and does
exactly what was shown, or nothing. Both need no more than the order and a choice.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from shop.cart.rules import AmountKind
from shop.catalogue.models import Variant
from shop.db import db
from shop.inventory import service as inventory
from shop.kernel.money import Money, total
from shop.markets.registry import market
from shop.orders import find
from shop.orders.models import Order
from shop.orders.states import OrderState
from shop.payments import refunds, settings
from shop.payments import rules as paying
from shop.payments.models import PaymentAttempt, Refund
from shop.payments.refunds import Wanted
from shop.payments.rows import attempts_of
from shop.payments.rules import AttemptState
from shop.returns import rules
from shop.returns.models import RefundPart, RefundRow, RefundSheet
from shop.returns.rules import Bought, Choice, Deduction, Row, RowKind, Sold, Source

#: Pieces that left the shelf can be put back on it.
SENT = frozenset({OrderState.SHIPPED, OrderState.DELIVERED, OrderState.CLOSED})
#: What the order's breakdown calls freight, for S41's "delivery".
_FREIGHT = frozenset({AmountKind.DELIVERY, AmountKind.REMOTE, AmountKind.FEE})


@dataclass(frozen=True)
class Way:
    """One refund of a preview: on which payment, how much, by when, by whom.

    ``target`` is masked; ``by_hand`` means that staff send the money themselves.
    """

    attempt_id: int
    method: str
    provider: str
    target: str
    amount: Money
    by_hand: bool
    promised_on: date


@dataclass(frozen=True)
class Preview:
    """What would go back now, and a seal of it: another seal is another refund."""

    rows: tuple[Row, ...]
    ways: tuple[Way, ...]
    amount: Money
    seal: str


def preview(order: Order, choice: Choice, now: datetime) -> Preview:
    """Compute what a choice gives back now, and how.

    :raises NothingChosen: and the other refusals of ``rules.itemised``.
    :raises RefundTooMuch: if that is more than is left of what was paid.
    :raises RefundTooSmall: if a provider gives no such small amount back.
    """
    rows = rules.itemised(bought(order), choice)
    amount = rules.worth(rows, order.currency)
    held = sources(order)
    parts = rules.spread(amount, [_source(one) for one in held])
    known = {one.id: one for one in held}
    ways = tuple(_way(order, known[key], part, now) for key, part in parts)
    return Preview(rows, ways, amount, _seal(order, rows, ways))


def sources(order: Order) -> list[PaymentAttempt]:
    """Return the payments with money to give back, the newest fulfilling one first.

    Money in review has a decision of its own, at the order's page.
    """
    found = [
        one
        for one in attempts_of(order.id)
        if one.state in paying.REFUNDABLE - {AttemptState.REVIEW} and one.refundable
    ]
    return sorted(found, key=lambda one: not one.fulfils)


def refundable(order: Order) -> Money:
    """Return all that can still go back."""
    return total((one.refundable for one in sources(order)), order.currency)


def _source(attempt: PaymentAttempt) -> Source:
    caps = settings.get(attempt.provider).caps
    least = 1 if caps.refund == "none" else max(1, caps.min_refund_minor)
    return Source(attempt.id, attempt.refundable, Money(least, attempt.currency))


def _way(order: Order, attempt: PaymentAttempt, part: Money, now: datetime) -> Way:
    told = refunds.foretell(order, attempt, part, now)
    return Way(
        attempt.id,
        attempt.method,
        attempt.provider,
        told.target,
        part,
        told.by_hand,
        told.promised_on,
    )


def _seal(order: Order, rows: Sequence[Row], ways: Sequence[Way]) -> str:
    """Return a name for a refund *and* what it was computed from."""
    paid = sorted(
        (one.id, one.state, one.captured_minor, one.refunded_minor)
        for one in attempts_of(order.id)
    )
    text = repr((order.id, str(order.state), rows, ways, paid))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def bought(order: Order) -> Bought:
    """Return what a refund of the order is counted from."""
    before = _rows_before(order.id)
    pieces = pieces_back(before)
    step = market(order.market).price_step
    amounts = [(AmountKind(one.kind), one.amount_minor) for one in order.amounts]
    freight = sum(minor for kind, minor in amounts if kind in _FREIGHT)
    discount = -sum(minor for kind, minor in amounts if kind is AmountKind.DISCOUNT)
    return Bought(
        lines=tuple(
            Sold(
                line.id,
                line.title,
                line.quantity,
                Money(line.unit_minor, order.currency),
                pieces.get(line.id, 0),
            )
            for line in order.lines
        ),
        delivery=Money(freight, order.currency),
        delivery_back=_sum(before, RowKind.DELIVERY, order.currency),
        deductions=_deductions(discount, before, order.currency),
        step=step,
    )


def _deductions(
    discount: int, before: Sequence[RefundRow], currency: str
) -> tuple[Deduction, ...]:
    if not discount:
        return ()
    taken = -_sum(before, RowKind.DISCOUNT, currency)
    return (Deduction(RowKind.DISCOUNT, Money(discount, currency), taken),)


def _sum(rows: Iterable[RefundRow], kind: RowKind, currency: str) -> Money:
    minors = (row.amount_minor for row in rows if row.kind == kind)
    return Money(sum(minors), currency)


def pieces_back(rows: Iterable[RefundRow]) -> dict[int, int]:
    """Return how many pieces of each order line have gone back."""
    found: dict[int, int] = {}
    for row in rows:
        if row.order_line_id is not None:
            found[row.order_line_id] = found.get(row.order_line_id, 0) + row.quantity
    return found


def given_back(order_id: int) -> dict[int, int]:
    """Return how many pieces of each line of an order have gone back."""
    return pieces_back(_rows_before(order_id))


def _rows_before(order_id: int) -> list[RefundRow]:
    """Return the rows of every sheet that counts: not all its refunds failed."""
    counts = (
        select(RefundPart.sheet_id)
        .join(Refund, Refund.id == RefundPart.refund_id)
        .where(
            Refund.order_id == order_id,
            Refund.state.not_in(list(paying.REFUND_VOID)),
        )
    )
    query = select(RefundRow).where(RefundRow.sheet_id.in_(counts))
    return list(db.session.scalars(query.order_by(RefundRow.id)))


@dataclass(frozen=True)
class Decided:
    """What staff saw and confirmed; ``key`` is the form's, one a preview."""

    choice: Choice
    seal: str
    reason: str
    who: str
    key: str
    restock: bool = False


def give_back(
    order: Order, decided: Decided, now: datetime
) -> tuple[RefundSheet, bool]:
    """Do what was shown; the same key again gives the same sheet and False.

    Needs a transaction. Locks the order, so that of two people the second sees
    what the first has done.

    :raises RefundChanged: if something else would be done now than was shown.
    :raises SameKeyOtherRefund: if the key was used for another order.
    """
    order = find.lock(order.id)
    known = db.session.scalar(
        select(RefundSheet).where(RefundSheet.idem_key == decided.key)
    )
    if known is not None:
        if known.order_id != order.id:
            raise paying.SameKeyOtherRefund
        return known, False
    shown = preview(order, decided.choice, now)
    check_seen(shown, decided)
    sheet = _written(order, shown, decided, now)
    for way in shown.ways:
        _send(sheet, way, decided, now)
    if sheet.restocked:
        _restock(order, sheet, now)
    return sheet, True


def check_seen(shown: Preview, decided: Decided) -> None:
    """Refuse what is not exactly what was shown.

    :raises RefundChanged: with what would go back now.
    """
    if shown.seal != decided.seal:
        raise rules.RefundChanged(shown.amount)


def _written(
    order: Order, shown: Preview, decided: Decided, now: datetime
) -> RefundSheet:
    sheet = RefundSheet(
        order_id=order.id,
        idem_key=decided.key,
        amount_minor=shown.amount.minor,
        currency=order.currency,
        reason=decided.reason,
        restocked=decided.restock and order.state in SENT,
        who=decided.who,
        made_at=now,
    )
    db.session.add(sheet)
    db.session.flush()
    for row in shown.rows:
        db.session.add(
            RefundRow(
                sheet_id=sheet.id,
                kind=row.kind,
                order_line_id=row.line_id,
                quantity=row.quantity,
                amount_minor=row.money.minor,
            )
        )
    db.session.flush()
    return sheet


def _send(sheet: RefundSheet, way: Way, decided: Decided, now: datetime) -> None:
    key = f"sheet-{sheet.id}-{way.attempt_id}"
    wanted = Wanted(way.amount, decided.reason, decided.who, key)
    refund = refunds.request(way.attempt_id, wanted, now)
    refunds.approve(refund.id, now)
    db.session.add(RefundPart(refund_id=refund.id, sheet_id=sheet.id))
    db.session.flush()


def _restock(order: Order, sheet: RefundSheet, now: datetime) -> None:
    """Put the pieces of a sheet on the shelf, as far as their variants still exist."""
    db.session.refresh(sheet)
    variants = {line.id: line.variant_id for line in order.lines}
    pieces: dict[int, int] = {}
    for line_id, count in pieces_back(sheet.rows).items():
        pieces[variants[line_id]] = pieces.get(variants[line_id], 0) + count
    known = db.session.scalars(select(Variant.id).where(Variant.id.in_(pieces)))
    for variant_id in sorted(known):
        ref = f"refund-{sheet.id}"
        inventory.receive(variant_id, pieces[variant_id], ref, sheet.who, now)
