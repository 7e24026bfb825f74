"""The tables, one change a file; ``upgrade()`` brings a database up to date."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from shop.db import db


def upgrade() -> None:
    """Run every change that the database of the current app does not have yet.

    All of them or none. Two at once must be kept apart by the caller.
    """
    command.upgrade(_alembic(), "head")


def current() -> str | None:
    """Return the change the database stands at; None if it is empty."""
    with db.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head() -> str | None:
    """Return the newest change this program knows."""
    return ScriptDirectory.from_config(_alembic()).get_current_head()


def is_known(revision: str) -> bool:
    """Say whether this program has the change, or the database is of a newer one."""
    scripts = ScriptDirectory.from_config(_alembic())
    return any(script.revision == revision for script in scripts.walk_revisions())


def _alembic() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    return config
