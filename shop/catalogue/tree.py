"""The tree of categories: built once in each process, as long as it stays the same."""

from collections import defaultdict
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any

from sqlalchemy import bindparam, delete, insert, select

from shop.catalogue import models as m
from shop.catalogue.facts import Node, Tree, local
from shop.catalogue.models import (
    Category,
    CategoryOldSlug,
    CategoryStamp,
    CategoryText,
)
from shop.db import Ready, db, read

_C, _T = Category.__table__.c, CategoryText.__table__.c
_TREE = (
    select(
        _C.id, _C.code, _C.parent_id, _C.picture, _T.lang, _T.name, _T.slug,
        _T.description,
    )
    .select_from(Category.__table__.outerjoin(CategoryText.__table__))
    .order_by(_C.position, _C.id)
)  # fmt: skip
_OLD = select(CategoryOldSlug.__table__.c.category_id).where(
    CategoryOldSlug.__table__.c.lang == bindparam("lang"),
    CategoryOldSlug.__table__.c.slug == bindparam("slug"),
)


@dataclass
class _Draft:
    row: Any
    names: dict[str, str] = field(default_factory=dict)
    slugs: dict[str, str] = field(default_factory=dict)
    descriptions: dict[str, str] = field(default_factory=dict)


_STAMP = Ready(select(CategoryStamp.__table__.c.stamp))
#: The tree as last built in this process, by language, and its stamp.
_kept: dict[str, tuple[str, Tree]] = {}


def stamp_tree() -> None:
    """Say that the tree changed; every save of a category calls it."""
    table = m.table(CategoryStamp)
    db.session.execute(delete(table))
    db.session.execute(insert(table).values(id=1, stamp=token_hex(8)))


def category_tree(language: str) -> Tree:
    """Return all categories as a reader sees them (1 SQL, 2 after a change).

    ``by_slug`` finds a category by its address in this language; where it has
    no text in it, by the address of the language it falls back to.
    """
    stamp = next((row.stamp for row in read(_STAMP)), None)
    kept = _kept.get(language)
    if stamp is not None and kept is not None and kept[0] == stamp:
        return kept[1]
    tree = _read(language)
    if stamp is not None:
        _kept[language] = (stamp, tree)
    return tree


def _read(language: str) -> Tree:
    drafts: dict[int, _Draft] = {}
    for row in read(_TREE):
        draft = drafts.setdefault(row.id, _Draft(row))
        if row.lang:
            draft.names[row.lang] = row.name
            draft.slugs[row.lang] = row.slug
            draft.descriptions[row.lang] = row.description
    below: dict[int | None, list[int]] = defaultdict(list)
    for key, draft in drafts.items():
        below[draft.row.parent_id].append(key)
    by_id: dict[int, Node] = {}

    def build(key: int) -> Node:
        draft = drafts[key]
        children = tuple(build(child) for child in below[key])
        name = local(draft.names, language)
        by_id[key] = Node(
            key, draft.row.code, name, draft.slugs.get(name.lang, draft.row.code),
            draft.slugs, local(draft.descriptions, language), draft.row.picture,
            draft.row.parent_id,
            (key, *(one for child in children for one in child.branch)), children,
        )  # fmt: skip
        return by_id[key]

    roots = tuple(build(key) for key in below[None])
    by_slug = {node.slug: node for node in by_id.values()}
    return Tree(roots, by_id, by_slug)


def moved_category(language: str, slug: str) -> int | None:
    """Return the category that had this address before, for the 301 (1 SQL)."""
    found: int | None = db.session.scalar(_OLD, {"lang": language, "slug": slug})
    return found
