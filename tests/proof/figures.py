"""What a proof measured, and the shop it was measured in."""

import os
import platform
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import text

from shop import create_app
from shop.db import db, is_postgres
from tests.conftest import fresh_postgres, make_config


@dataclass(frozen=True)
class Figures:
    """One proof on one database; ``wrong`` must be 0, whatever was tried."""

    proof: str
    database: str
    tried: int
    wrong: int
    seconds: float
    facts: dict[str, Any] = field(default_factory=dict)
    at: str = field(
        default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds")
    )

    def row(self) -> str:
        """Return the line of the table."""
        facts = ", ".join(f"{name} {value}" for name, value in self.facts.items())
        return (
            f"{self.at}  {self.proof:<22}{self.database:<18}{self.tried:>9,} tried"
            f" {self.wrong:>3} wrong {self.seconds:>8.1f} s  {facts}"
        )

    def as_json(self) -> dict[str, Any]:
        """Return it for ``--json``."""
        return asdict(self)


def database_name() -> str:
    """Return which database this is, with its version."""
    if not is_postgres():
        return f"SQLite {sqlite3.sqlite_version}"
    with db.engine.connect() as connection:
        version = str(connection.scalar(text("show server_version")))
    return f"PostgreSQL {version.partition(' ')[0]}"


def machine() -> str:
    """Return what it ran on, without its name."""
    load = "/".join(f"{one:.0f}" for one in os.getloadavg())
    return f"{os.cpu_count()} cores, load {load}, Python {platform.python_version()}"


@contextmanager
def a_shop(url: str) -> Iterator[Flask]:
    """Return an empty shop: ``sqlite``, or beside the PostgreSQL database of a URL."""
    with tempfile.TemporaryDirectory() as folder:
        instance = Path(folder)
        where = f"sqlite:///{instance / 'shop.db'}"
        if url != "sqlite":
            where = fresh_postgres(url, "proof")
        app = create_app(make_config(instance, where))
        app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
        with app.app_context():
            db.create_all()
            yield app
            db.session.remove()
            db.engine.dispose()
