"""The report behind the queue: order of urgency, places, counts, figures."""

from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy import update

from shop.db import db, transaction, write
from shop.fulfilment import service as fulfilment
from shop.orders import hold
from shop.orders.models import Order, Promise
from shop.orders.states import PromiseKind
from shop.reports import queue as report
from shop.reports.queue import Cursor, Part
from tests.orders import make as orders
from tests.web.owner import make


def due(order: Order, when: datetime, *, prepaid: bool = False) -> Order:
    """Let an order be promised for a moment."""
    with transaction():
        db.session.execute(
            update(Promise)
            .where(Promise.order_id == order.id, Promise.kind == PromiseKind.SHIP)
            .values(due_at=when)
        )
        db.session.execute(
            update(Order).where(Order.id == order.id).values(prepaid=prepaid)
        )
    return order


def packed(now: datetime) -> list[Order]:
    """Return five orders, the most urgent first."""
    hour = timedelta(hours=1)
    return [
        due(make.on_delivery(now, "late prepaid"), now - hour, prepaid=True),
        due(make.on_delivery(now, "later late"), now - 2 * hour),
        due(make.on_delivery(now, "late"), now - hour),
        due(make.on_delivery(now, "prepaid"), now + 9 * hour, prepaid=True),
        due(make.on_delivery(now, "soon"), now + hour),
    ]


def test_late_first_then_prepaid_then_by_promise(app: Flask, now: datetime) -> None:
    made = packed(now)
    found = [one.order.number for one in report.page(Part.PACK, now).rows]
    assert found == [one.number for one in made]


def test_pages_go_forward_and_back_without_a_gap(app: Flask, now: datetime) -> None:
    made = [one.number for one in packed(now)]
    first = report.page(Part.PACK, now, None, 2)
    assert first.before is None
    second = report.page(Part.PACK, now, first.after, 2)
    third = report.page(Part.PACK, now, second.after, 2)
    assert third.after is None
    pages = [first, second, third]
    assert [x.order.number for page in pages for x in page.rows] == made
    back = report.page(Part.PACK, now, third.before, 2)
    assert [x.order.number for x in back.rows] == made[2:4]
    start = report.page(Part.PACK, now, back.before, 2)
    assert [x.order.number for x in start.rows] == made[:2]
    assert start.before is None


def test_the_whole_is_the_newest_first(app: Flask, now: datetime) -> None:
    made = [make.on_delivery(now, f"k{place}").number for place in range(3)]
    first = report.page(Part.ALL, now, None, 2)
    second = report.page(Part.ALL, now, first.after, 2)
    rows = [*first.rows, *second.rows]
    assert [one.order.number for one in rows] == made[::-1]
    back = report.page(Part.ALL, now, second.before, 2)
    assert [one.order.number for one in back.rows] == made[:0:-1]


def test_a_place_is_read_as_it_was_written(now: datetime) -> None:
    cursor = Cursor(True, 2, now + timedelta(microseconds=123_457), 77)
    assert report.read_cursor(str(cursor)) == cursor
    assert report.read_cursor(str(Cursor(False, 3, report.NEVER, 1))) is not None
    for typed in ("", "n", "n.1.2", "q.1.2.3", "n.-1.2.3", f"n.1.{'9' * 18}.1"):
        assert report.read_cursor(typed) is None


def test_every_order_waits_in_the_part_of_what_it_wants(
    app: Flask, now: datetime
) -> None:
    wanted = {Part.ARRANGE: make.to_arrange(now, "a"), Part.UNPAID: orders.order(now)}
    wanted[Part.RECEIPTS], _ = make.transferred(now, "b")
    wanted[Part.PACK] = make.on_delivery(now, "c")
    wanted[Part.SHIP] = make.on_delivery(now, "d")
    wanted[Part.ON_WAY] = make.on_delivery(now, "e")
    wanted[Part.CASH] = make.on_delivery(now, "f")
    wanted[Part.PROBLEMS] = make.on_delivery(now, "g")

    def move() -> None:
        for part in (Part.SHIP, Part.ON_WAY, Part.CASH):
            fulfilment.start_packing(wanted[part], "x", now)
        for part in (Part.ON_WAY, Part.CASH):
            fulfilment.ship(wanted[part], "sf", "1", "x", now)
        fulfilment.deliver(wanted[Part.CASH], "x", now)
        hold.hold(wanted[Part.PROBLEMS], "x", "", now)

    write(move)
    counted = report.counts()
    for part, order in wanted.items():
        found = [one.order.number for one in report.page(part, now).rows]
        assert found == [order.number], part
        assert counted.parts[part] == 1, part
    assert len(report.page(Part.ALL, now).rows) == len(wanted)
    assert (counted.on_hold, counted.reviews, counted.refunds) == (1, 0, 0)


def test_figures_of_the_day_are_of_one_market(app: Flask, now: datetime) -> None:
    make.on_delivery(now, "a")
    make.to_arrange(now, "b")
    made = report.figures("cn", now - timedelta(hours=1), now)
    assert (made.sales_minor, made.orders) == (10_000, 1)
    assert made.to_ship == 1
    assert made.late == 0
    later = report.figures("cn", now, now + timedelta(days=5))
    assert later.late == 1


def test_searching_for_nothing_or_a_monster_finds_nothing(app: Flask) -> None:
    for typed in ("", " ", "'; drop table orders", "9" * 500, "\x00", "%", "_"):
        assert report.search(typed) == ()
