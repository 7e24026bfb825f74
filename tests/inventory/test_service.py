"""Holding, releasing, consuming, counting: each once, and the sums hold."""

from datetime import datetime

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from shop.catalogue import models as m
from shop.db import WriteOutsideTransaction, db, transaction
from shop.inventory import service
from shop.inventory.models import Hold
from shop.inventory.rules import HoldState, OutOfStock, StockHeld
from shop.inventory.service import Drift
from tests.catalogue import make


def variants(*stock: int) -> list[int]:
    """Save one product with a variant for each figure; return the variant ids."""
    drafts = tuple(make.variant(f"V{i}", 1000, n) for i, n in enumerate(stock))
    saved = make.product(variants=drafts)
    return [saved.variant_ids[draft.sku] for draft in drafts]


def figures(variant_id: int) -> tuple[int, int]:
    """Return pieces on hand and held."""
    table = m.table(m.Stock).c
    row = db.session.execute(
        select(table.on_hand, table.held).where(table.variant_id == variant_id)
    ).one()
    return row.on_hand, row.held


def is_in_stock() -> bool:
    """Return what lists filter by, of the only product."""
    db.session.rollback()
    return bool(db.session.scalar(select(m.table(m.Product).c.in_stock)))


def test_held_pieces_are_no_longer_available(app: Flask, now: datetime) -> None:
    one, two = variants(5, 5)

    with transaction():
        assert service.hold({two: 1, one: 2}, "order-1", now)

    assert figures(one) == (5, 2)
    assert figures(two) == (5, 1)
    assert service.available(one) == 3
    assert service.held_lines("order-1") == {one: 2, two: 1}
    assert service.drifts() == []


def test_holding_twice_for_one_order_holds_once(app: Flask, now: datetime) -> None:
    (one,) = variants(5)

    for _ in range(2):
        with transaction():
            service.hold({one: 2}, "order-1", now)

    assert figures(one) == (5, 2)


def test_too_few_pieces_are_refused_and_nothing_is_kept(
    app: Flask, now: datetime
) -> None:
    one, two = variants(5, 1)

    with pytest.raises(OutOfStock) as refusal, transaction():
        service.hold({one: 1, two: 2}, "order-1", now)

    assert (refusal.value.sku, refusal.value.left) == ("V1", 1)
    assert figures(one) == (5, 0)
    assert db.session.scalars(select(Hold.order_ref)).all() == []


def test_a_variant_that_is_gone_is_out_of_stock(app: Flask, now: datetime) -> None:
    with pytest.raises(OutOfStock), transaction():
        service.hold({99: 1}, "order-1", now)


def test_holding_nothing_of_something_is_the_callers_bug(
    app: Flask, now: datetime
) -> None:
    (one,) = variants(5)

    with pytest.raises(ValueError, match="hold"), transaction():
        service.hold({one: 0}, "order-1", now)


def test_released_pieces_come_back_once(app: Flask, now: datetime) -> None:
    (one,) = variants(5)
    with transaction():
        service.hold({one: 2}, "order-1", now)

    with transaction():
        first = service.release("order-1", now)
        second = service.release("order-1", now)

    assert (first, second) == (True, False)
    assert figures(one) == (5, 0)
    assert service.drifts() == []


def test_consumed_pieces_leave_the_shelf_once(app: Flask, now: datetime) -> None:
    (one,) = variants(5)
    with transaction():
        service.hold({one: 2}, "order-1", now)

    with transaction():
        first = service.consume("order-1", now)
        second = service.consume("order-1", now)
        late = service.release("order-1", now)

    assert (first, second, late) == (True, False, False)
    assert figures(one) == (3, 0)
    assert service.drifts() == []


def test_what_was_never_held_is_neither_released_nor_consumed(
    app: Flask, now: datetime
) -> None:
    with transaction():
        assert not service.release("nothing", now)
        assert not service.consume("nothing", now)


def test_a_released_ref_is_not_held_again(app: Flask, now: datetime) -> None:
    (one,) = variants(5)
    with transaction():
        service.hold({one: 2}, "order-1", now)
        service.release("order-1", now)

    with transaction():
        again = service.hold({one: 2}, "order-1", now)
        other = service.hold({one: 2}, "order-1/2", now)

    assert (again, other) == (False, True)
    ended = select(Hold.state).where(Hold.order_ref == "order-1")
    assert db.session.scalar(ended) == HoldState.RELEASED


def test_lists_learn_when_the_last_piece_goes_and_comes(
    app: Flask, now: datetime
) -> None:
    one, two = variants(1, 1)

    with transaction():
        service.hold({one: 1}, "order-1", now)
    assert is_in_stock()
    with transaction():
        service.hold({two: 1}, "order-2", now)
    assert not is_in_stock()
    with transaction():
        service.release("order-1", now)
    assert is_in_stock()


def test_counting_corrects_the_shelf(app: Flask, now: datetime) -> None:
    (one,) = variants(5)

    with transaction():
        assert service.set_on_hand(one, 9, "Shirin", now) == (5, 9)
        assert service.set_on_hand(one, 9, "Shirin", now) == (9, 9)

    assert figures(one) == (9, 0)
    assert service.drifts() == []


def test_fewer_than_are_held_cannot_be_counted(app: Flask, now: datetime) -> None:
    (one,) = variants(5)
    with transaction():
        service.hold({one: 3}, "order-1", now)

    with pytest.raises(StockHeld) as refusal, transaction():
        service.set_on_hand(one, 2, "Shirin", now)

    assert (refusal.value.sku, refusal.value.held) == ("V0", 3)
    assert figures(one) == (5, 3)


def test_a_delivery_is_received_once(app: Flask, now: datetime) -> None:
    (one,) = variants(0)

    with transaction():
        first = service.receive(one, 4, "delivery-7", "Shirin", now)
        second = service.receive(one, 4, "delivery-7", "Shirin", now)

    assert (first, second) == (True, False)
    assert figures(one) == (4, 0)
    assert is_in_stock()
    assert service.drifts() == []


@pytest.mark.parametrize("pieces", [0, -1])
def test_receiving_no_piece_is_the_callers_bug(
    app: Flask, now: datetime, pieces: int
) -> None:
    (one,) = variants(0)

    with pytest.raises(ValueError, match="receive"), transaction():
        service.receive(one, pieces, "x", "Shirin", now)


def test_counting_less_than_nothing_is_the_callers_bug(
    app: Flask, now: datetime
) -> None:
    (one,) = variants(0)

    with pytest.raises(ValueError, match="cannot have"), transaction():
        service.set_on_hand(one, -1, "Shirin", now)


def test_the_check_finds_stock_that_no_movement_explains(app: Flask) -> None:
    (one,) = variants(5)
    table = m.table(m.Stock)

    with transaction():
        db.session.execute(update(table).values(on_hand=7, held=1))

    assert service.drifts() == [Drift(one, "V0", 7, 1, 5, 0)]


def test_a_new_variant_never_gets_the_number_of_a_deleted_one(
    app: Flask, now: datetime
) -> None:
    (old,) = variants(5)
    with transaction():
        db.session.execute(m.table(m.Product).delete())

    (new,) = variants(5)

    assert new != old
    assert service.drifts() == []


def test_holding_outside_a_transaction_is_a_bug(app: Flask, now: datetime) -> None:
    (one,) = variants(5)

    with pytest.raises(WriteOutsideTransaction):
        service.hold({one: 1}, "order-1", now)


STEP = st.tuples(
    st.sampled_from(["hold", "release", "consume", "count", "receive"]),
    st.integers(0, 3),
    st.integers(1, 4),
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=st.lists(STEP, max_size=14))
def test_whatever_happens_movements_add_up(
    app: Flask, now: datetime, steps: list[tuple[str, int, int]]
) -> None:
    with transaction():
        db.session.execute(m.table(m.Product).delete())
        db.session.execute(m.table(Hold).delete())
    one, two = variants(3, 2)

    for word, order, pieces in steps:
        try:
            with transaction():
                if word == "hold":
                    service.hold({one: pieces, two: 1}, f"o{order}-{one}", now)
                elif word == "release":
                    service.release(f"o{order}-{one}", now)
                elif word == "consume":
                    service.consume(f"o{order}-{one}", now)
                elif word == "count":
                    service.set_on_hand(one, pieces, "Shirin", now)
                else:
                    service.receive(two, pieces, f"d{order}", "Shirin", now)
        except (OutOfStock, StockHeld):
            pass
        assert service.drifts() == []
        for key in (one, two):
            on_hand, held = figures(key)
            assert 0 <= held <= on_hand
