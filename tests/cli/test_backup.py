"""A backup is one file that gives the shop back, or says that it cannot."""

import json
import os
import stat
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from shop import lock
from shop.accounts import service as accounts
from shop.accounts.models import Staff
from shop.cli import copying, settings
from shop.cli.backup import BackupIsDamaged, check, save
from shop.cli.restore import put_back
from shop.config import ROOT, Config
from shop.db import db, transaction
from tests.cli.conftest import Shop, worker
from tests.conftest import fresh_postgres, make_config

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)


@pytest.fixture
def config(installed: Flask) -> Config:
    with installed.app_context():
        return settings()


def hire(email: str) -> None:
    with transaction():
        accounts.add_staff(email, "Somebody", "a long password", NOW, role="staff")


def emails() -> list[str]:
    db.session.remove()
    return sorted(db.session.scalars(select(Staff.email)))


def test_what_was_there_comes_back(
    installed: Flask, shop: Shop, config: Config, tmp_path: Path
) -> None:
    picture = config.media / "ab" / "tea.webp"
    picture.parent.mkdir(parents=True)
    picture.write_bytes(b"picture")
    with installed.app_context():
        hire("before@shop.example")
    file = tmp_path / "stick" / "shop.zip"
    assert shop("backup", str(file)).exit_code == 0
    picture.unlink()
    with installed.app_context():
        hire("after@shop.example")

    result = shop("restore", str(file), answer="y\n")

    assert result.exit_code == 0, result.output
    with installed.app_context():
        assert emails() == ["before@shop.example", "owner@shop.example"]
    assert picture.read_bytes() == b"picture"


def test_what_stood_there_is_kept_before_it_is_replaced(
    installed: Flask, shop: Shop, config: Config, tmp_path: Path
) -> None:
    file = tmp_path / "shop.zip"
    shop("backup", str(file))
    with installed.app_context():
        hire("after@shop.example")

    shop("restore", str(file), "--yes")

    (before,) = (config.instance / "backups").glob("before-restore-*.zip")
    shop("restore", str(before), "--yes")
    with installed.app_context():
        assert "after@shop.example" in emails()


def test_a_no_leaves_everything(
    installed: Flask, shop: Shop, config: Config, tmp_path: Path
) -> None:
    file = tmp_path / "shop.zip"
    shop("backup", str(file))
    with installed.app_context():
        hire("after@shop.example")

    assert shop("restore", str(file), answer="n\n").exit_code == 1
    with installed.app_context():
        assert "after@shop.example" in emails()


def test_keys_and_logs_stay_at_home(shop: Shop, config: Config, tmp_path: Path) -> None:
    (config.instance / "secret.key").write_bytes(b"k" * 32)
    (config.instance / "provider.key").write_bytes(b"k" * 32)
    (config.instance / "shop.toml").write_text("web_workers = 2\n")

    shop("backup", str(tmp_path / "shop.zip"))

    with zipfile.ZipFile(tmp_path / "shop.zip") as archive:
        assert sorted(archive.namelist()) == ["manifest.json", "shop.db", "shop.toml"]
        manifest = json.loads(archive.read("manifest.json"))
    assert manifest["rows"]["staff"] == 1
    assert stat.S_IMODE((tmp_path / "shop.zip").stat().st_mode) == 0o600


def test_an_interrupted_backup_leaves_no_file(
    installed: Flask, config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(zipfile.ZipFile, "writestr", stop)
    with installed.app_context(), pytest.raises(KeyboardInterrupt):
        save(config, NOW, tmp_path / "stick" / "shop.zip")

    assert list((tmp_path / "stick").iterdir()) == []
    assert list((config.instance / "backups").iterdir()) == []


def test_a_damaged_file_is_refused_and_nothing_changes(
    installed: Flask, shop: Shop, tmp_path: Path
) -> None:
    file = tmp_path / "shop.zip"
    shop("backup", str(file))
    whole = file.read_bytes()
    file.write_bytes(whole[:3000] + b"x" + whole[3001:])

    result = shop("restore", str(file), "--yes")

    assert result.exit_code == 1
    assert "damaged" in result.stderr
    with installed.app_context():
        assert emails() == ["owner@shop.example"]


@pytest.mark.parametrize("content", [b"", b"not a zip"])
def test_another_file_is_no_backup(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "shop.zip"
    file.write_bytes(content)

    with pytest.raises(BackupIsDamaged, match="is not a backup of a shop"):
        check(file)


def test_a_file_that_points_outside_is_refused(
    installed: Flask, shop: Shop, config: Config, tmp_path: Path
) -> None:
    file = tmp_path / "shop.zip"
    shop("backup", str(file))
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("../../evil", "x")

    result = shop("restore", str(file), "--yes")

    assert result.exit_code == 1
    assert "has a file outside" in result.stderr
    assert not list(tmp_path.rglob("evil"))


def test_an_open_shop_is_not_replaced(
    shop: Shop, config: Config, tmp_path: Path
) -> None:
    shop("backup", str(tmp_path / "shop.zip"))
    handle = lock.stay_open(config.instance)
    try:
        result = shop("restore", str(tmp_path / "shop.zip"), "--yes")
    finally:
        os.close(handle)

    assert result.exit_code == 1
    assert "The shop is open: stop it first" in result.stderr


def test_a_broken_database_is_put_aside_and_replaced(
    shop: Shop, installed: Flask, config: Config, tmp_path: Path
) -> None:
    shop("backup", str(tmp_path / "shop.zip"))
    assert config.sqlite_file
    with installed.app_context():
        db.engine.dispose()
    config.sqlite_file.write_bytes(b"rubbish" * 1000)

    result = shop("restore", str(tmp_path / "shop.zip"), "--yes")

    assert result.exit_code == 0, result.output
    with installed.app_context():
        assert emails() == ["owner@shop.example"]
    assert list((config.instance / "backups").glob("broken-*"))


def test_a_backup_while_others_write_is_of_one_moment(
    shop: Shop, installed: Flask, config: Config, tmp_path: Path
) -> None:
    code = (
        "import sqlite3, sys\n"
        "c = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=10)\n"
        "c.execute('create table pair (a integer, b integer)')\n"
        "print('go', flush=True)\n"
        "for n in range(2000):\n"
        "    c.execute('begin immediate')\n"
        "    c.execute('insert into pair values (?, 0)', (n,))\n"
        "    c.execute('insert into pair values (0, ?)', (n,))\n"
        "    c.execute('commit')\n"
    )
    assert config.sqlite_file
    command = [sys.executable, "-c", code, str(config.sqlite_file)]
    writer = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT)
    assert writer.stdout
    writer.stdout.readline()
    try:
        for number in range(3):
            result = shop("backup", str(tmp_path / f"{number}.zip"))
            assert result.exit_code == 0, result.output
            rows = check(tmp_path / f"{number}.zip")["rows"]
            assert isinstance(rows, dict)
            assert rows["pair"] % 2 == 0
    finally:
        writer.kill()
        writer.communicate()


@pytest.mark.skipif(
    "TEST_DATABASE_URL" not in os.environ,
    reason="TEST_DATABASE_URL names no PostgreSQL",
)
def test_a_backup_goes_from_one_database_to_the_other(
    shop: Shop, installed: Flask, config: Config, tmp_path: Path
) -> None:
    with installed.app_context():
        hire("before@shop.example")
    shop("backup", str(tmp_path / "shop.zip"))
    url = fresh_postgres(os.environ["TEST_DATABASE_URL"], f"restored_{worker()}")
    other = make_config(tmp_path / "other", url, SHOP_DEMO="no")
    from shop import create_app

    app = create_app(other)
    runner = app.test_cli_runner()
    assert runner.invoke(args=["shop", "setup"]).exit_code == 0

    result = runner.invoke(
        args=["shop", "restore", str(tmp_path / "shop.zip"), "--yes"]
    )
    again = runner.invoke(args=["shop", "backup", str(tmp_path / "again.zip")])

    assert result.exit_code == 0, result.output
    assert again.exit_code == 0, again.output
    with app.app_context():
        assert emails() == ["before@shop.example", "owner@shop.example"]
        hire("next@shop.example")  # the numbers go on after those restored
        db.session.remove()
        db.engine.dispose()
    with installed.app_context():
        put_back(config, tmp_path / "again.zip")
        assert emails() == ["before@shop.example", "owner@shop.example"]


def test_rows_of_a_tree_are_copied_parents_first() -> None:
    rows = [{"id": 1, "parent": 3}, {"id": 2, "parent": None}, {"id": 3, "parent": 2}]

    ordered = copying._sorted_tree(rows, [("parent", "id")])  # type: ignore[arg-type]

    assert [row["id"] for row in ordered] == [2, 3, 1]
