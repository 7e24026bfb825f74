"""What Alembic leaves out, and how our own column type is written and compared."""

from typing import Any, Literal

from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Column
from sqlalchemy.schema import SchemaItem

from shop.db import UtcDateTime


def include(
    _item: SchemaItem, name: str | None, kind: str, _reflected: bool, _other: object
) -> bool:
    """Leave out the full-text index, which ``shop.search`` makes, and its shadows."""
    return not (kind == "table" and name is not None and "_fts" in name)


def render(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Write our own column type by its plain name."""
    if kind == "type" and isinstance(item, UtcDateTime):
        autogen.imports.add("from shop.db import UtcDateTime")
        return "UtcDateTime()"
    return False


def same_type(
    _context: object, _inspected: Column[Any], column: Column[Any], *_: object
) -> bool | None:
    """Say that a moment is what the database calls it; the rest Alembic compares."""
    return False if isinstance(column.type, UtcDateTime) else None
