"""``flask shop move-db URL``: from SQLite to PostgreSQL, or back."""

import click

from shop import lock
from shop.cli import copying, settings
from shop.config import ConfigError, load_config
from shop.db import db


@click.command("move-db")
@click.argument("url")
def move_db(url: str) -> None:
    """Copy every row into the empty database URL, and compare counts and sums.

    The shop must be closed. Its own database stays as it is; nothing is lost
    if the copy is interrupted, and it can be begun again.
    """
    config = settings()
    try:
        target_url = load_config({"DATABASE_URL": url}, config.instance).database_url
    except ConfigError as refused:
        raise click.ClickException(str(refused)) from refused
    if target_url == config.database_url:
        raise click.ClickException("That is the database the shop uses already.")
    try:
        with lock.closed(config.instance):
            rows = _move(target_url)
    except lock.ShopIsOpen as refused:
        raise click.ClickException("The shop is open: stop it first.") from refused
    except copying.Differs as difference:
        raise click.ClickException(
            f"Nothing was moved: the table {difference} came out different."
        ) from difference
    click.echo(f"{rows:,} rows copied and compared.")
    click.echo("Now set DATABASE_URL to the new database and open the shop.")


def _move(target_url: str) -> int:
    other = copying.made_ready(settings(), target_url)
    try:
        with copying.frozen(db.engine) as source, other.connect() as connection:
            target = connection.execution_options(write=True)
            if not copying.is_empty(target):
                raise click.ClickException(
                    "The new database has rows in it; give the name of an empty one."
                )
            rows = copying.copy(source, target, "Rows")
            target.commit()
            return rows
    finally:
        other.dispose()
