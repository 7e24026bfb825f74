"""Holding, releasing, consuming and counting pieces: each happens once per order.

Everything runs inside ``transaction()``. An ``order_ref`` names one hold for
ever: held once, then released *or* consumed once. Pieces needed again after a
release are held under another ref (``"4711/2"``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update

from shop.catalogue import models as catalogue
from shop.catalogue.models import table
from shop.catalogue.write import refresh_in_stock
from shop.db import changed, db, insert_new
from shop.inventory.models import Hold, Movement
from shop.inventory.rules import (
    HOLD_FLOW,
    HoldState,
    MovementKind,
    OutOfStock,
    StockHeld,
)

_STOCK, _VARIANT = table(catalogue.Stock), table(catalogue.Variant)
_HOLD, _MOVE = table(Hold), table(Movement)


def hold(lines: Mapping[int, int], order_ref: str, now: datetime) -> bool:
    """Hold pieces for an order; False and no change if this ref was used before.

    Variants are taken in the order of their ids, so that two orders never wait
    for each other. Nothing is kept if one of them is short.

    :param lines: pieces (at least 1) by variant id.
    :raises OutOfStock: if a variant has too few pieces left, or is gone.
    """
    if any(pieces < 1 for pieces in lines.values()):
        raise ValueError(f"cannot hold {dict(lines)}")
    if not insert_new(Hold, order_ref=order_ref, state=HoldState.HELD, held_at=now):
        return False
    emptied = []
    for variant_id, pieces in sorted(lines.items()):
        take = (
            update(_STOCK)
            .where(
                _STOCK.c.variant_id == variant_id,
                _STOCK.c.on_hand - _STOCK.c.held >= pieces,
            )
            .values(held=_STOCK.c.held + pieces)
            .returning(_STOCK.c.on_hand - _STOCK.c.held)
        )
        left = db.session.execute(take).scalar()
        if left is None:
            raise OutOfStock(_sku(variant_id), max(0, available(variant_id)))
        if left == 0:
            emptied.append(variant_id)
        _move(variant_id, MovementKind.HELD, 0, pieces, now, order_ref=order_ref)
    _refresh(emptied)
    return True


def release(order_ref: str, now: datetime) -> bool:
    """Give the pieces of an order back; False if they are not held (any more)."""
    return _end(order_ref, HoldState.RELEASED, MovementKind.RELEASED, 0, now)


def consume(order_ref: str, now: datetime) -> bool:
    """Take the pieces of an order off the shelf; False if they are not held."""
    return _end(order_ref, HoldState.CONSUMED, MovementKind.CONSUMED, 1, now)


def _end(
    order_ref: str, state: HoldState, kind: MovementKind, taken: int, now: datetime
) -> bool:
    """Close a hold; ``taken`` is 1 if the pieces also leave the shelf."""
    close = (
        update(_HOLD)
        .where(
            _HOLD.c.order_ref == order_ref,
            _HOLD.c.state.in_(HOLD_FLOW.sources(state)),
        )
        .values(state=state, ended_at=now)
    )
    if changed(db.session.execute(close)) != 1:
        return False
    lines = held_lines(order_ref)
    for variant_id, pieces in sorted(lines.items()):
        give = update(_STOCK).where(_STOCK.c.variant_id == variant_id)
        give = give.values(
            held=_STOCK.c.held - pieces, on_hand=_STOCK.c.on_hand - pieces * taken
        )
        if changed(db.session.execute(give)):
            _move(variant_id, kind, -pieces * taken, -pieces, now, order_ref=order_ref)
    if not taken:
        _refresh(lines)
    return True


def held_lines(order_ref: str) -> dict[int, int]:
    """Return what was held for an order, whatever became of it: pieces by variant."""
    rows = select(_MOVE.c.variant_id, _MOVE.c.held_change).where(
        _MOVE.c.order_ref == order_ref, _MOVE.c.kind == MovementKind.HELD
    )
    return {row.variant_id: row.held_change for row in db.session.execute(rows)}


def set_on_hand(
    variant_id: int, pieces: int, who: str, now: datetime
) -> tuple[int, int]:
    """Write down what somebody counted; return the pieces on hand before and after.

    Makes the stock row of a new variant.

    :param who: who says so: a staff name, ``import``, ``demo``.
    :raises StockHeld: if more than that is already promised to orders.
    :raises ValueError: for fewer than 0 pieces, the caller's bug.
    """
    if pieces < 0:
        raise ValueError(f"cannot have {pieces} pieces")
    insert_new(catalogue.Stock, variant_id=variant_id, on_hand=0, held=0)
    row = db.session.execute(
        select(_STOCK).where(_STOCK.c.variant_id == variant_id).with_for_update()
    ).one()
    if row.held > pieces:
        raise StockHeld(_sku(variant_id), row.held)
    before = int(row.on_hand)
    if before != pieces:
        here = update(_STOCK).where(_STOCK.c.variant_id == variant_id)
        db.session.execute(here.values(on_hand=pieces))
        change = pieces - before
        _move(variant_id, MovementKind.CORRECTED, change, 0, now, who=who)
        _refresh([variant_id])
    return before, pieces


def receive(variant_id: int, pieces: int, ref: str, who: str, now: datetime) -> bool:
    """Put pieces on the shelf once per ``ref`` (a delivery, a return); False if known.

    :raises ValueError: for fewer than 1 piece, the caller's bug.
    """
    if pieces < 1:
        raise ValueError(f"cannot receive {pieces} pieces")
    insert_new(catalogue.Stock, variant_id=variant_id, on_hand=0, held=0)
    new = insert_new(
        Movement,
        variant_id=variant_id,
        kind=MovementKind.RECEIVED,
        on_hand_change=pieces,
        held_change=0,
        ref=f"received:{ref}:{variant_id}",
        who=who,
        at=now,
    )
    if new:
        here = update(_STOCK).where(_STOCK.c.variant_id == variant_id)
        db.session.execute(here.values(on_hand=_STOCK.c.on_hand + pieces))
        _refresh([variant_id])
    return new


def available(variant_id: int) -> int:
    """Return the pieces that nobody holds; 0 for an unknown variant."""
    left = select(_STOCK.c.on_hand - _STOCK.c.held)
    return db.session.scalar(left.where(_STOCK.c.variant_id == variant_id)) or 0


def _sku(variant_id: int) -> str:
    sku = select(_VARIANT.c.sku).where(_VARIANT.c.id == variant_id)
    return db.session.scalar(sku) or ""


def _refresh(variant_ids: Any) -> None:
    ids = list(variant_ids)
    if ids:
        rows = select(_VARIANT.c.product_id).where(_VARIANT.c.id.in_(ids))
        refresh_in_stock(db.session.scalars(rows).all())


def _move(
    variant_id: int,
    kind: MovementKind,
    on_hand: int,
    held: int,
    now: datetime,
    *,
    order_ref: str | None = None,
    who: str = "",
) -> None:
    ref = f"{kind}:{order_ref}:{variant_id}" if order_ref else None
    row = {
        "variant_id": variant_id,
        "kind": kind,
        "on_hand_change": on_hand,
        "held_change": held,
        "order_ref": order_ref,
        "ref": ref,
        "who": who,
        "at": now,
    }
    db.session.execute(insert(_MOVE).values(row))


@dataclass(frozen=True)
class Drift:
    """A variant whose stock is not what its movements add up to (I1)."""

    variant_id: int
    sku: str
    on_hand: int
    held: int
    moved_on_hand: int
    moved_held: int


def drifts() -> list[Drift]:
    """Return every variant that breaks I1; an empty list is what must be.

    Walks all movements: for ``doctor --invariants`` and tests, not for pages.
    """
    sums = (
        select(
            _MOVE.c.variant_id,
            func.sum(_MOVE.c.on_hand_change).label("on_hand"),
            func.sum(_MOVE.c.held_change).label("held"),
        )
        .group_by(_MOVE.c.variant_id)
        .subquery()
    )
    moved_on_hand = func.coalesce(sums.c.on_hand, 0)
    moved_held = func.coalesce(sums.c.held, 0)
    rows = (
        select(
            _STOCK.c.variant_id,
            _VARIANT.c.sku,
            _STOCK.c.on_hand,
            _STOCK.c.held,
            moved_on_hand,
            moved_held,
        )
        .select_from(
            _STOCK.join(_VARIANT).outerjoin(
                sums, sums.c.variant_id == _STOCK.c.variant_id
            )
        )
        .where((_STOCK.c.on_hand != moved_on_hand) | (_STOCK.c.held != moved_held))
        .order_by(_STOCK.c.variant_id)
    )
    return [Drift(*row) for row in db.session.execute(rows)]
