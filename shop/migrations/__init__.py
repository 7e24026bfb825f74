"""The tables, one change a file; ``upgrade()`` brings a database up to date.

Alembic makes the changes. Whether there are any to make is read without it: its
loading is a fifth of a second of each start.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from shop.db import db

if TYPE_CHECKING:
    from alembic.config import Config

VERSIONS = Path(__file__).parent / "versions"
_NAMES = re.compile(
    r"""^(revision|down_revision)(?:: [^=]+)? = (?:["']([^"']*)["']|None)$""", re.M
)


def upgrade() -> None:
    """Run every change that the database of the current app does not have yet.

    All of them or none. Two at once must be kept apart by the caller.
    """
    from alembic import command

    command.upgrade(_alembic(), "head")


def current() -> str | None:
    """Return the change the database stands at; None if it is empty."""
    with db.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.scalar(
            text("select version_num from alembic_version")
        )
        return found


def head() -> str | None:
    """Return the newest change this program knows: the one no other follows."""
    changes = _changes()
    newest = set(changes) - set(changes.values())
    return newest.pop() if len(newest) == 1 else None


def is_known(revision: str) -> bool:
    """Say whether this program has the change, or the database is of a newer one."""
    return revision in _changes()


def _changes() -> dict[str, str | None]:
    """Return every change and the one it follows, as the files say at their top."""
    found: dict[str, str | None] = {}
    for path in VERSIONS.glob("*.py"):
        names: dict[str, str] = dict(_NAMES.findall(path.read_text("utf-8")))
        found[names["revision"]] = names["down_revision"] or None
    return found


def _alembic() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    return config
