"""How Alembic reaches the database: one transaction, all or nothing.

On SQLite the foreign keys are off while tables are rebuilt (the switch works
only before BEGIN) and checked before COMMIT. Alembic runs this file.
"""

from typing import Any

from alembic import context
from sqlalchemy import Connection, text

from shop import tables
from shop.db import Base, db
from shop.migrations.compare import include, render, same_type

assert tables  # noqa: S101 (importing it is what fills the metadata)


def run(connection: Connection) -> None:
    """Bring the tables to the wanted revision inside one transaction."""
    sqlite = connection.dialect.name == "sqlite"
    raw: Any = connection.connection.driver_connection
    if sqlite:
        raw.execute("PRAGMA foreign_keys=OFF")
    try:
        with connection.begin():
            context.configure(
                connection=connection,
                target_metadata=Base.metadata,
                render_as_batch=sqlite,
                include_object=include,
                render_item=render,
                compare_type=same_type,
                user_module_prefix="",
            )
            context.run_migrations()
            if sqlite:
                broken = connection.execute(text("PRAGMA foreign_key_check")).all()
                if broken:
                    raise RuntimeError(f"rows without their parent: {broken[:5]}")
    finally:
        if sqlite:
            raw.execute("PRAGMA foreign_keys=ON")


with db.engine.connect().execution_options(write=True) as opened:
    run(opened)
