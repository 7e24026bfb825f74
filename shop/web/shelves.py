"""The tree of categories, and the row of them that stands on every page."""

from dataclasses import replace
from functools import lru_cache
from typing import cast
from urllib.parse import unquote

from flask import g, url_for

from shop.catalogue import service
from shop.catalogue.facts import Tree
from shop.i18n.reader import reader
from shop.web.pages.parts import Link
from shop.web.words import written


def category_tree() -> Tree:
    """Return all categories in the reader's words; one query a request."""
    language = reader().language.code
    found = g.get("category_tree", ("", None))
    if found[0] != language:
        found = g.category_tree = (language, service.category_tree(language))
    return cast(Tree, found[1])


def categories(path: str) -> tuple[Link, ...]:
    """Return a link to each top category; the one at ``path`` is the current one."""
    # Without a route, as on some error pages, the language is only a guess.
    read = _row if "here" in g else _row.__wrapped__
    row, paths = read(category_tree(), g.get("here"))
    if path not in paths:
        return row
    return tuple(
        replace(link, current=path == one) for link, one in zip(row, paths, strict=True)
    )


@lru_cache(maxsize=64)
def _row(tree: Tree, _here: object) -> tuple[tuple[Link, ...], tuple[str, ...]]:
    """Return the links and their paths; ``here`` decides about prefix and language."""
    urls = [url_for("catalogue.category", slug=one.slug) for one in tree.roots]
    row = tuple(
        Link(url, written(one.name)) for url, one in zip(urls, tree.roots, strict=True)
    )
    return row, tuple(unquote(url) for url in urls)
