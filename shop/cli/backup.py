"""``flask shop backup``: database, pictures and settings in one file for a stick."""

import hashlib
import json
import os
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from shop.cli import copying, progress, settings
from shop.config import Config
from shop.db import db

FORMAT = 1
DATABASE = "shop.db"
#: What else of the instance folder goes along: never keys, logs or the sandbox.
EXTRAS = ("shop.toml", "brand")


class BackupIsDamaged(Exception):
    """A file is not a whole backup; ``str()`` is one sentence."""


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
def backup(file: Path | None) -> None:
    """Save the shop into FILE, a zip; without FILE into the folder backups.

    Readers and orders go on meanwhile; the copy shows one moment. The secret
    key is not in it: keep instance/secret.key in another place.
    """
    path = save(settings(), datetime.now(UTC), file)
    check(path)
    click.echo(f"Saved in {path} ({path.stat().st_size / 1_000_000:.1f} MB).")


def save(
    config: Config,
    now: datetime,
    target: Path | None = None,
    *,
    media: bool = True,
    label: str = "shop",
) -> Path:
    """Write a backup and return its path; a file that stands there is replaced.

    It appears under its name only when it is whole and on the disk.
    """
    folder = config.instance / "backups"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = target or _free_name(folder, f"{label}-{now:%Y%m%d-%H%M%S}")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".draft-") as draft:
        database = Path(draft) / DATABASE
        rows = _copy_database(config, database)
        files = list(_files(config, with_media=media))
        manifest = {
            "format": FORMAT,
            "at": now.isoformat(timespec="seconds"),
            "revision": _revision(database),
            "rows": rows,
            "sha256": digest(database),
        }
        whole = target.with_name(f".{target.name}.{os.getpid()}")
        try:
            _write(whole, json.dumps(manifest, indent=1), database, files)
            whole.replace(target)
        finally:
            whole.unlink(missing_ok=True)
    _sync(target.parent)
    return target


def _free_name(folder: Path, stem: str) -> Path:
    names = (f"{stem}{more}.zip" for more in ("", *(f"-{n}" for n in range(2, 1000))))
    return next(folder / name for name in names if not (folder / name).exists())


def check(path: Path) -> dict[str, object]:
    """Read a whole backup, as a restore would, and return its manifest.

    :raises BackupIsDamaged: if it is none, or not the one that was written.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = json.loads(archive.read("manifest.json"))
            if manifest["format"] > FORMAT:
                raise BackupIsDamaged(
                    f"{path} was made by a newer version of the shop."
                )
            broken = archive.testzip()
            if broken:
                raise BackupIsDamaged(f"{path} is damaged: {broken} cannot be read.")
            with archive.open(DATABASE) as file:
                seen = hashlib.sha256()
                while block := file.read(1 << 20):
                    seen.update(block)
                if seen.hexdigest() != manifest["sha256"]:
                    raise BackupIsDamaged(
                        f"{path} is damaged: its database was changed."
                    )
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, TypeError) as error:
        raise BackupIsDamaged(f"{path} is not a backup of a shop.") from error
    return dict(manifest)


def digest(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def inspect(database: Path) -> None:
    """Let SQLite check a database file.

    :raises BackupIsDamaged: if it is not sound.
    """
    with _opened(database) as connection:
        if connection.execute("pragma integrity_check").fetchone() != ("ok",):
            raise BackupIsDamaged("The database in it is damaged.")
        if connection.execute("pragma foreign_key_check").fetchone() is not None:
            raise BackupIsDamaged("The database in it has rows without their parent.")


def _copy_database(config: Config, target: Path) -> dict[str, int]:
    if config.sqlite_file:
        with _opened(config.sqlite_file) as connection:
            connection.execute("vacuum into ?", (str(target),))
    else:
        other = copying.made_ready(config, f"sqlite:///{target}")
        with copying.frozen(db.engine) as source, other.connect() as copy:
            copying.copy(source, copy.execution_options(write=True), "Database")
            copy.commit()
        other.dispose()
        with _opened(target) as connection:
            connection.execute("pragma journal_mode=delete")
    target.chmod(0o600)
    inspect(target)
    return _rows(target)


def _rows(database: Path) -> dict[str, int]:
    with _opened(database) as connection:
        names = connection.execute(
            "select name from sqlite_master where type = 'table'"
            " and name not like 'sqlite_%' and name not like '%_fts%' order by name"
        ).fetchall()
        return {
            name: connection.execute(f'select count(*) from "{name}"').fetchone()[0]  # noqa: S608
            for (name,) in names
        }


def _revision(database: Path) -> str | None:
    with _opened(database) as connection:
        try:
            row = connection.execute(
                "select version_num from alembic_version"
            ).fetchone()
        except sqlite3.OperationalError:
            return None
    return str(row[0]) if row else None


class _opened:  # noqa: N801 (reads as a word: with _opened(path) as connection)
    """A plain connection to a SQLite file, closed at the end of the block."""

    def __init__(self, path: Path) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None, timeout=30)

    def __enter__(self) -> sqlite3.Connection:
        return self.connection

    def __exit__(self, *_: object) -> None:
        self.connection.close()


def _files(config: Config, *, with_media: bool) -> Iterator[tuple[Path, str]]:
    roots = [(config.media, "media")] if with_media else []
    roots += [(config.instance / name, name) for name in EXTRAS]
    for root, name in roots:
        if root.is_file():
            yield root, name
        for path in sorted(root.rglob("*")):
            if path.is_file() and not path.is_symlink():
                yield path, f"{name}/{path.relative_to(root).as_posix()}"


def _write(
    path: Path, manifest: str, database: Path, files: list[tuple[Path, str]]
) -> None:
    handle = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_RDWR, 0o600)
    with os.fdopen(handle, "w+b") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr("manifest.json", manifest)
            archive.write(database, DATABASE, zipfile.ZIP_DEFLATED, 6)
            with progress("Pictures", len(files)) as advance:
                for source, name in files:
                    archive.write(source, name)
                    advance()
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
