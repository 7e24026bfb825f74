"""The changes, run one after the other, end at the tables the program has."""

from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
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


def test_the_files_are_read_as_alembic_reads_them(migrated: Flask) -> None:
    scripts = ScriptDirectory.from_config(migrations._alembic())
    by_alembic = {
        script.revision: script.down_revision for script in scripts.walk_revisions()
    }

    assert migrations._changes() == by_alembic
    assert migrations.head() == scripts.get_current_head()
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert migrations.current() == context.get_current_revision()


def test_an_empty_database_stands_at_no_change(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("empty")
    app = create_app(make_config(folder, f"sqlite:///{folder / 'shop.db'}"))
    with app.app_context():
        assert migrations.current() is None
        db.engine.dispose()
