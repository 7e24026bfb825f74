"""``flask shop setup``: tables, first owner, demo shop. Safe to repeat."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import click
from sqlalchemy import func, select, text

from shop import lock, migrations
from shop.accounts import service as accounts
from shop.accounts.models import Staff
from shop.cli import settings
from shop.cli.backup import save
from shop.cli.catalogue import first_demo
from shop.cli.demo_keys import load_demo_keys
from shop.config import Config
from shop.db import db, is_postgres, transaction

FIRST_OWNER = "owner@shop.example"
#: Letters and digits that cannot be taken for one another.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
#: One number for one purpose among the advisory locks of a PostgreSQL database.
SETUP_LOCK = 7_265_271


@click.command()
@click.option("--email", default=FIRST_OWNER, help="How the first owner signs in.")
def setup(email: str) -> None:
    """Make the shop ready: tables, first owner, demo catalogue.

    Runs at every start and changes nothing that is there. Before it changes
    tables it puts a copy of the database into the folder backups.
    """
    config = settings()
    if config.sqlite_file:
        config.sqlite_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        config.sqlite_file.touch(mode=0o600)
    with lock.alone(config.instance, "setup"), _alone_in_database():
        migrate(config)
        first_owner(config, email, datetime.now(UTC))
        if config.demo:
            first_demo(datetime.now(UTC))
        if config.sandbox:
            load_demo_keys(config, datetime.now(UTC))


def migrate(config: Config) -> None:
    """Bring the tables up to date, after a backup of what is there."""
    stands_at, newest = migrations.current(), migrations.head()
    if stands_at == newest:
        return
    if stands_at is not None:
        if not migrations.is_known(stands_at):
            raise click.ClickException(
                "The database was made by a newer version of the shop; install that."
            )
        path = save(config, datetime.now(UTC), media=False, label="before-upgrade")
        click.echo(f"Tables will change; a copy of before is in {path}.", err=True)
    migrations.upgrade()


def first_owner(config: Config, email: str, now: datetime) -> None:
    """Let somebody in, once; forget the first password when it was changed."""
    path = config.owner_password_file
    owner = db.session.scalar(select(Staff).order_by(Staff.id).limit(1))
    if owner is not None:
        if owner.password_changed_at is not None:
            path.unlink(missing_ok=True)
        return
    password = "-".join(
        "".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(4)
    )
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(f"{email}\n{password}\n")
        file.flush()
        os.fsync(file.fileno())
    with transaction():
        if db.session.scalar(select(func.count()).select_from(Staff)) == 0:
            accounts.add_staff(email, "Owner", password, now)


@contextmanager
def _alone_in_database() -> Iterator[None]:
    """Keep other machines from setting up the same PostgreSQL database."""
    if not is_postgres():
        yield
        return
    with db.engine.connect() as connection:
        connection.execute(text("select pg_advisory_lock(:key)"), {"key": SETUP_LOCK})
        try:
            yield
        finally:
            connection.execute(
                text("select pg_advisory_unlock(:key)"), {"key": SETUP_LOCK}
            )
