"""The first start makes a shop; every later one changes nothing."""

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from shop import migrations
from shop.accounts import service as accounts
from shop.accounts.models import Staff
from shop.accounts.passwords import password_is_right
from shop.cli import settings
from shop.db import db, transaction
from tests.cli.conftest import Shop

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def test_the_first_owner_can_sign_in_with_the_password_of_the_file(
    installed: Flask,
) -> None:
    with installed.app_context():
        path = settings().owner_password_file
        email, password = path.read_text().split()
        owner = db.session.scalars(select(Staff)).one()

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (owner.email, owner.role) == (email, "owner")
    assert password_is_right(owner.password_hash, password)
    assert owner.password_changed_at is None


def test_a_second_setup_changes_nothing(installed: Flask, shop: Shop) -> None:
    with installed.app_context():
        path = settings().owner_password_file
    before = path.read_text()

    result = shop("setup")

    assert (result.exit_code, result.output) == (0, "")
    assert path.read_text() == before
    with installed.app_context():
        assert len(db.session.scalars(select(Staff)).all()) == 1
    assert not (path.parent / "backups").exists()


def test_the_file_goes_when_the_password_was_changed(
    installed: Flask, shop: Shop
) -> None:
    with installed.app_context():
        path = settings().owner_password_file
        with transaction():
            owner = db.session.scalars(select(Staff)).one()
            accounts.set_password(owner, "another password", NOW)

    shop("setup")

    assert not path.exists()


def test_the_database_and_its_folder_are_for_one_user_only(installed: Flask) -> None:
    with installed.app_context():
        folder = settings().instance

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for path in folder.glob("shop.db*"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name


def test_changed_tables_are_saved_before(
    installed: Flask, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgraded: list[str] = []
    monkeypatch.setattr(migrations, "head", lambda: "9999")
    monkeypatch.setattr(migrations, "upgrade", lambda: upgraded.append("done"))

    result = shop("setup")

    assert upgraded == ["done"]
    with installed.app_context():
        folder: Path = settings().instance / "backups"
    assert [path.name[:14] for path in folder.glob("*.zip")] == ["before-upgrade"]
    assert "Tables will change" in result.stderr


def test_a_database_of_a_newer_shop_is_refused(
    installed: Flask, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "current", lambda: "9999")

    result = shop("setup")

    assert result.exit_code == 1
    assert "made by a newer version" in result.stderr
