"""What every test may use: an app on each database, a client, a still clock.

A test that takes ``app`` (or ``client``) runs once on SQLite and, where
``TEST_DATABASE_URL`` names one, once more on PostgreSQL. Rules need neither.
"""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings

from shop import create_app
from shop.config import Config, load_config
from shop.db import db
from shop.i18n.reader import reading
from shop.search.models import forget
from shop.web.callbacks.flood import flood

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
#: Properties: the same examples on every run, and no stopwatch on a busy machine.
settings.register_profile(
    "steady",
    deadline=None,
    derandomize=True,
    database=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("steady")
KEY = "test-key-test-key-test-key-test-key"


class Clock:
    """A clock that only a test moves."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **delta: float) -> datetime:
        """Move on by a ``timedelta`` and return the new moment."""
        self.now += timedelta(**delta)
        return self.now


def databases() -> list[str]:
    """Return which databases this run tests on."""
    return ["sqlite"] + (["postgres"] if os.environ.get("TEST_DATABASE_URL") else [])


@pytest.fixture(autouse=True)
def nobody_reads() -> Iterator[None]:
    """Let no test read in the language of the page that another one asked for last."""
    with reading("en"):
        yield


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run everything that needs an app once per database."""
    if "database" in metafunc.fixturenames:
        metafunc.parametrize("database", databases(), scope="session", indirect=True)


@pytest.fixture(scope="session")
def database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """Return the URL of an empty database of this worker."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path_factory.mktemp('db') / 'shop.db'}"
    return fresh_postgres(os.environ["TEST_DATABASE_URL"], _worker())


def fresh_postgres(url: str, suffix: str) -> str:
    """Create an empty PostgreSQL database beside the named one; return its URL."""
    base = sa.make_url(url)
    name = f"{base.database}_{suffix}"
    engine = sa.create_engine(
        base.set(database="postgres"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.execute(sa.text(f'drop database if exists "{name}" with (force)'))
        connection.execute(
            sa.text(f"create database \"{name}\" template template0 lc_ctype 'C.UTF-8'")
        )
    engine.dispose()
    return base.set(database=name).render_as_string(hide_password=False)


def _worker() -> str:
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


def make_config(instance: Path, database: str, **environ: str) -> Config:
    """Return test settings with ``instance`` as its folder."""
    given = {
        "SHOP_SECRET_KEY": KEY,
        "DATABASE_URL": database,
        "SHOP_LOG_LEVEL": "ERROR",
    }
    return load_config(given | environ, instance)


@pytest.fixture(scope="session")
def built(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """Build the app and its tables once per database and worker."""
    app = create_app(make_config(tmp_path_factory.mktemp("instance"), database))
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    with app.app_context():
        db.create_all()
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def clock() -> Clock:
    """Return a clock that stands at ``NOW``."""
    return Clock()


@pytest.fixture
def now(clock: Clock) -> datetime:
    """Return the moment at which the test begins."""
    return clock.now


@pytest.fixture
def app(built: Flask, clock: Clock) -> Iterator[Flask]:
    """Return the app with empty tables, inside its context."""
    built.config["CLOCK"] = clock
    built.config["WTF_CSRF_ENABLED"] = False
    flood.refused.clear()
    with built.app_context():
        empty()
        yield built
        db.session.remove()


def empty() -> None:
    """Delete every row: faster than new tables, and no test sees another's."""
    db.session.remove()
    with db.engine.connect().execution_options(write=True) as connection:
        for table in reversed(db.metadata.sorted_tables):
            connection.execute(table.delete())
        forget(connection)
        connection.commit()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Return a browser without JavaScript."""
    return app.test_client()
