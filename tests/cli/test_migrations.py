"""The changes, run one after the other, end at the tables the program has."""

from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask

from shop import create_app, migrations
from shop.db import Base, db
from tests.conftest import fresh_postgres, make_config


@pytest.fixture
def migrated(
    request: pytest.FixtureRequest,
    database: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Flask]:
    folder = tmp_path_factory.mktemp("migrated")
    url = f"sqlite:///{folder / 'shop.db'}"
    if database.startswith("postgresql"):
        url = fresh_postgres(database, "migrated")
    app = create_app(make_config(folder, url))
    with app.app_context():
        migrations.upgrade()
        yield app
        db.session.remove()
        db.engine.dispose()


def test_migrations_and_models_agree(migrated: Flask) -> None:
    from shop.migrations.compare import include, same_type

    with db.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_object": include, "compare_type": same_type}
        )
        differences = compare_metadata(context, Base.metadata)

    assert differences == []
    assert migrations.current() == migrations.head()


def test_a_second_run_changes_nothing(migrated: Flask) -> None:
    migrations.upgrade()

    assert migrations.current() == migrations.head()
    assert migrations.is_known(migrations.head() or "")
    assert not migrations.is_known("9999")
