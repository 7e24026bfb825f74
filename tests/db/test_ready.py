"""A statement kept ready gives what SQLAlchemy gives, and steps aside for it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, bindparam, event, literal_column, select
from sqlalchemy.exc import DBAPIError

from shop.catalogue import models as m
from shop.db import Ready, among, db, read, transaction
from shop.outbox import Job, promise

JOB: Any = Job.__table__
DUE = select(*JOB.c, JOB.c.done_at.is_(None).label("is_open")).where(
    JOB.c.due_at <= bindparam("until"), among(JOB.c.tries, "tries")
)


def _fill(now: datetime) -> dict[str, Any]:
    with transaction():
        for number in range(3):
            promise("mail", f"mail-{number}", {"to": ["یک", number]}, now)
    return {"until": now + timedelta(days=1), "tries": [0, 1]}


def test_values_are_read_and_written_as_sqlalchemy_does(
    app: Flask, now: datetime
) -> None:
    given = _fill(now)

    rows, plain = read(Ready(DUE), given), read(DUE, given)

    assert [tuple(row) for row in rows] == [tuple(row) for row in plain]
    assert [row.payload for row in rows] == [{"to": ["یک", n]} for n in range(3)]
    assert {row.due_at for row in rows} == {now.astimezone(UTC)}
    assert [row.is_open for row in rows] == [True, True, True]


def test_a_write_of_this_transaction_is_seen(app: Flask, now: datetime) -> None:
    ready = Ready(DUE)
    given = _fill(now)
    before = len(read(ready, given))

    with transaction():
        promise("mail", "one more", {}, now)
        inside = len(read(ready, given))

    assert (before, inside) == (3, 4)


def test_who_counts_statements_sees_it(app: Flask, now: datetime) -> None:
    given = _fill(now)
    ready, said = Ready(DUE), list[str]()
    silent = [tuple(row) for row in read(ready, given)]

    def count(*facts: Any) -> None:
        said.append(facts[2])

    event.listen(Engine, "before_cursor_execute", count)
    try:
        heard = [tuple(row) for row in read(ready, given)]
    finally:
        event.remove(Engine, "before_cursor_execute", count)

    assert heard == silent
    assert len([one for one in said if "outbox" in one]) == 1


def test_an_error_is_the_one_of_sqlalchemy(app: Flask) -> None:
    with pytest.raises(DBAPIError):
        read(Ready(select(literal_column("no_such_column"))))
    db.session.rollback()


def test_a_list_that_is_written_into_the_text_still_works(app: Flask) -> None:
    product = m.table(m.Product).c
    several = select(product.id).where(product.id.in_(bindparam("ids", expanding=True)))

    assert list(read(Ready(several), {"ids": [1, 2]})) == []
