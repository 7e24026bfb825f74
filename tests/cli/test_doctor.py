"""The doctor says what is wrong and what to do about it."""

import fcntl
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from shop import create_app, migrations, outbox
from shop.cli import doctor, settings
from shop.config import Config
from shop.db import db, transaction
from tests.cli.conftest import Shop
from tests.conftest import make_config


@pytest.fixture
def config(installed: Flask) -> Config:
    with installed.app_context():
        return settings()


def test_a_fresh_shop_is_well(shop: Shop) -> None:
    result = shop("doctor", "--invariants")

    assert result.exit_code == 0, result.output
    assert "WRONG" not in result.output
    assert "The first owner's password was not changed yet" in result.output
    assert "The books agree" in result.output


def test_a_file_that_others_may_read_is_found(shop: Shop, config: Config) -> None:
    (config.instance / "shop.db").chmod(0o644)

    result = shop("doctor")

    assert result.exit_code == 1
    assert f"chmod 600 {config.instance / 'shop.db'}" in result.output


def test_a_worker_that_does_not_run_is_found(installed: Flask, shop: Shop) -> None:
    with installed.app_context():
        with transaction():
            long_ago = datetime.now(UTC) - timedelta(hours=1)
            outbox.promise("notify", "a", {}, long_ago)
        db.session.remove()

    result = shop("doctor")

    assert result.exit_code == 1
    assert "1 jobs wait since" in result.output
    assert "run flask shop work" in result.output


def test_a_redis_that_does_not_answer_is_found(config: Config) -> None:
    app = create_app(
        make_config(
            config.instance, config.database_url, REDIS_URL="redis://127.0.0.1:1"
        )
    )
    result = app.test_cli_runner().invoke(args=["shop", "doctor"])

    assert result.exit_code == 1
    assert "Redis does not answer (ConnectionError): see REDIS_URL" in result.output


def test_tables_that_are_not_up_to_date_are_found(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "head", lambda: "9999")

    assert "The tables are not up to date: flask shop setup" in shop("doctor").output


def test_a_disk_without_locks_is_found(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fcntl, "flock", lambda *_: None)

    assert "lies on a file system without locks" in shop("doctor").output


def test_a_public_shop_is_told_what_it_lacks(config: Config) -> None:
    environ = {
        "SHOP_PUBLIC_URL": "http://shop.example",
        "SHOP_TRUSTED_HOSTS": "x.example",
    }
    app = create_app(make_config(config.instance, config.database_url, **environ))

    output = app.test_cli_runner().invoke(args=["shop", "doctor"]).output

    assert "http://shop.example is not encrypted: put https in front" in output
    assert "SHOP_TRUSTED_HOSTS lacks shop.example" in output
    assert "No mail can be sent: set SHOP_SMTP_URL" in output


def test_a_check_that_cannot_be_made_is_a_finding(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> str:
        raise OSError("no such file")

    monkeypatch.setattr(migrations, "current", broken)

    assert (
        "The check of database failed: OSError: no such file" in shop("doctor").output
    )


def test_a_contradiction_in_the_books_is_wrong(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "INVARIANTS", [f"{__name__}:contradiction"])

    result = shop("doctor", "--invariants")

    assert result.exit_code == 1
    assert "WRONG  Order 7 was paid twice" in result.output
    assert "Order 7" not in shop("doctor").output


def contradiction() -> list[str]:
    return ["Order 7 was paid twice"]


def test_a_shop_that_cannot_send_text_messages_is_told_where_to_enter_the_keys(
    config: Config,
) -> None:
    real = make_config(
        config.instance,
        config.database_url,
        SHOP_PUBLIC_URL="https://shop.example",
        SHOP_SMTP_URL="smtp://mail.example",
    )
    app = create_app(real)
    with app.app_context():
        said = {(one.mark, one.text) for one in doctor.check_messages(real)}
        db.engine.dispose()

    assert ("WRONG", "Mail has no sender: set SHOP_MAIL_FROM") in said
    assert any(mark == "WRONG" and "fill in kavenegar" in text for mark, text in said)
    assert any(mark == "note" and "market world" in text for mark, text in said)
