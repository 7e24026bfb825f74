"""``flask shop restore FILE``: put a backup in the place of the shop."""

import shutil
import sqlite3
import tempfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

import click

from shop import lock
from shop.cli import copying, progress, settings
from shop.cli.backup import DATABASE, BackupIsDamaged, check, inspect, save
from shop.config import Config
from shop.db import db


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
def restore(file: Path, yes: bool) -> None:
    """Replace the shop by the backup FILE; what stands there is saved first.

    The shop must be closed. Settings (shop.toml) are left as they are.
    """
    config = settings()
    try:
        manifest = check(file)
        if not yes:
            click.confirm(
                f"Replace the shop by its state of {manifest['at']}?", abort=True
            )
        with lock.closed(config.instance):
            before = _save_what_stands(config)
            put_back(config, file)
    except BackupIsDamaged as damage:
        raise click.ClickException(str(damage)) from damage
    except lock.ShopIsOpen as refused:
        raise click.ClickException(
            "The shop is open: stop it first (Ctrl-C, or systemctl stop)."
        ) from refused
    click.echo(f"The shop is as it was at {manifest['at']}.")
    if before:
        click.echo(f"What stood here before is in {before}.")
    click.echo("Links in messages stay good only with the secret.key of that time.")


def put_back(config: Config, file: Path) -> None:
    """Replace database, pictures and brand by those of a checked backup.

    :raises BackupIsDamaged: before anything was changed.
    """
    folder = config.instance / "backups"
    with tempfile.TemporaryDirectory(dir=folder, prefix=".restore-") as draft:
        root = Path(draft)
        _extract(file, root)
        database = root / DATABASE
        inspect(database)
        newest = copying.made_ready(config, f"sqlite:///{database}")
        if config.sqlite_file:
            newest.dispose()
            _replace_file(database, config.sqlite_file)
        else:
            with newest.connect() as source, db.engine.begin() as target:
                copying.clear(target)
                copying.copy(source, target, "Database")
            newest.dispose()
        for name, home in (
            ("media", config.media),
            ("brand", config.instance / "brand"),
        ):
            if (root / name).is_dir():
                shutil.copytree(root / name, home, dirs_exist_ok=True)


def _save_what_stands(config: Config) -> Path | None:
    """Return where the present shop was saved; None if there is none yet."""
    if config.sqlite_file and not config.sqlite_file.exists():
        return None
    try:
        return save(config, datetime.now(UTC), media=False, label="before-restore")
    except (BackupIsDamaged, sqlite3.DatabaseError):
        if config.sqlite_file is None:
            raise
        name = f"broken-{datetime.now(UTC):%Y%m%d-%H%M%S}"
        broken = config.instance / "backups" / name
        shutil.copy2(config.sqlite_file, broken)
        return broken


def _extract(file: Path, root: Path) -> None:
    with zipfile.ZipFile(file) as archive:
        members = [m for m in archive.infolist() if not m.is_dir()]
        with progress("Reading", len(members)) as advance:
            for member in members:
                parts = PurePosixPath(member.filename).parts
                if ".." in parts or parts[0].startswith("/"):
                    raise BackupIsDamaged(
                        f"{file} has a file outside: {member.filename}"
                    )
                home = root.joinpath(*parts)
                home.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(member) as source, home.open("wb") as target:
                    shutil.copyfileobj(source, target)
                home.chmod(0o600)
                advance()


def _replace_file(new: Path, old: Path) -> None:
    """Put a database file in the place of another, with no trace of its log."""
    connection = sqlite3.connect(new)
    connection.execute("pragma wal_checkpoint(truncate)")
    connection.execute("pragma journal_mode=delete")
    connection.close()
    db.session.remove()
    db.engine.dispose()
    for trace in ("-wal", "-shm"):
        old.with_name(old.name + trace).unlink(missing_ok=True)
    shutil.move(new, old)
