"""From one database to the other: every row, compared, and never on another shop."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Connection, create_engine, func, select, text

from shop import lock, outbox
from shop.cli import copying, settings
from shop.db import db, transaction
from shop.outbox import Job
from tests.cli.conftest import Shop, worker
from tests.conftest import fresh_postgres

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgres"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the URL of an empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'target.db'}"
        return
    url = os.environ.get("TEST_DATABASE_URL")
    if url is None:
        pytest.skip("TEST_DATABASE_URL names no PostgreSQL")
    yield fresh_postgres(url, f"move_{worker()}")


def jobs(url: str) -> list[tuple[int, str]]:
    engine = create_engine(url)
    with engine.connect() as connection:
        rows = connection.execute(select(Job.id, Job.dedup).order_by(Job.id)).all()
    engine.dispose()
    return [(row.id, row.dedup) for row in rows]


def promise(count: int) -> None:
    with transaction():
        for number in range(count):
            payload = {"text": "متن و 文字", "none": None}
            outbox.promise("notify", f"job-{number}", payload, NOW)


def test_every_row_arrives(installed: Flask, shop: Shop, target: str) -> None:
    with installed.app_context():
        promise(1200)

    result = shop("move-db", target)

    assert result.exit_code == 0, result.output
    assert "1,201 rows copied and compared." in result.output
    assert jobs(target) == [(n + 1, f"job-{n}") for n in range(1200)]


def test_what_stood_there_stays(installed: Flask, shop: Shop, target: str) -> None:
    with installed.app_context():
        promise(3)

    shop("move-db", target)

    with installed.app_context():
        assert db.session.scalar(select(func.count()).select_from(Job)) == 3


def test_a_shop_full_of_demo_products_arrives(
    installed: Flask, shop: Shop, target: str
) -> None:
    """Ranks of the search index have 62 bits: a plain sum of them overflows."""
    shop("demo", "load")

    result = shop("move-db", target)

    assert result.exit_code == 0, result.output
    engine = create_engine(target)
    with engine.connect() as connection:
        assert connection.scalar(text("select count(*) from search_doc")) == 25
    engine.dispose()


def test_values_that_are_absent_stay_absent(
    installed: Flask, shop: Shop, target: str
) -> None:
    with installed.app_context():
        promise(1)

    shop("move-db", target)

    engine = create_engine(target)
    with engine.connect() as connection:
        row = connection.execute(select(Job.done_at, Job.payload, Job.due_at)).one()
    engine.dispose()
    assert row.done_at is None
    assert row.payload == {"text": "متن و 文字", "none": None}
    assert row.due_at == NOW


def test_a_database_with_rows_is_refused(
    installed: Flask, shop: Shop, target: str
) -> None:
    shop("move-db", target)

    result = shop("move-db", target)

    assert result.exit_code == 1
    assert "has rows in it" in result.stderr


def test_a_copy_that_differs_is_not_kept(
    installed: Flask, shop: Shop, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with installed.app_context():
        promise(3)
    compare = copying._compare

    def tampered(source: Connection, other: Connection, table: object) -> None:
        other.execute(text("update outbox set tries = 1 where id = 2"))
        compare(source, other, table)  # type: ignore[arg-type]

    monkeypatch.setattr(copying, "_compare", tampered)

    result = shop("move-db", target)

    assert result.exit_code == 1
    assert "Nothing was moved: the table outbox came out different" in result.stderr
    assert jobs(target) == []


def test_an_open_shop_is_not_moved(installed: Flask, shop: Shop, target: str) -> None:
    with installed.app_context():
        handle = lock.stay_open(settings().instance)
    try:
        result = shop("move-db", target)
    finally:
        os.close(handle)

    assert result.exit_code == 1
    assert "The shop is open" in result.stderr


def test_the_same_database_and_a_bad_url_are_refused(
    installed: Flask, shop: Shop
) -> None:
    same = shop("move-db", "sqlite:///shop.db")
    bad = shop("move-db", "mysql://a/b")

    assert "the shop uses already" in same.stderr
    assert "DATABASE_URL must begin with postgresql://" in bad.stderr
