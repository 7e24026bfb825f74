"""What the bench does inside a shop: ``python -m tests.bench.inside VERB [PATH…]``.

``narrow`` moves all products of a small generated shop into one category, so
that its pages are as full as those of a large one. ``restock`` makes sure that
nothing sells out. ``facts`` prints which pages to measure, ``statements`` how
many SQL statements each path takes, both as JSON.
"""

import json
import os
import random
import sys
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import quote

from flask import Flask
from sqlalchemy import Engine, event, func, select, update

from shop import create_app
from shop.catalogue import models as m
from shop.catalogue import service as catalogue
from shop.catalogue.query import Cursor
from shop.config import load_config
from shop.db import db, transaction

LANGUAGE, MARKET = "zh", "cn"
#: Different products asked for in turn, so that nothing is remembered of most.
PRODUCTS = 400
PIECES = 10_000_000


@dataclass(frozen=True)
class Facts:
    """Pages of a generated shop; ``|`` divides such that are asked for in turn."""

    products: str
    category: str
    deep: str
    typical: str
    common: str
    sku: str


def main(verb: str, paths: list[str]) -> None:
    """Do one of the verbs in the shop of the environment."""
    app = create_app(load_config(os.environ))
    if verb == "statements":
        print(json.dumps([statements(app, path) for path in paths]))  # noqa: T201
        return
    with app.app_context():
        if verb == "narrow":
            narrow()
        elif verb == "restock":
            restock()
        else:
            print(json.dumps(asdict(facts())))  # noqa: T201


def narrow() -> None:
    """Move every product into the branch of the first category."""
    first = catalogue.category_tree(LANGUAGE).roots[0]
    leaves = [node.id for node in first.children]
    product, price = m.table(m.Product), m.table(m.ProductPrice)
    with transaction() as session:
        for number, leaf in enumerate(leaves):
            mine = product.c.id % len(leaves) == number
            session.execute(update(product).where(mine).values(category_id=leaf))
            mine = price.c.product_id % len(leaves) == number
            session.execute(update(price).where(mine).values(category_id=leaf))


def restock() -> None:
    """Give every variant more pieces than any bench can buy."""
    with transaction() as session:
        session.execute(update(m.table(m.Stock)).values(on_hand=PIECES))


def facts() -> Facts:
    """Choose the pages: the same shop gives the same ones."""
    first = catalogue.category_tree(LANGUAGE).roots[0]
    category = f"/{LANGUAGE}/c/{quote(first.slug)}"
    middle = Cursor(False, 500_000, 0)  # merits are spread from 0 to a million
    return Facts(
        products="|".join(_product_paths()),
        category=category,
        deep=f"{category}?at={middle}",
        typical="|".join(f"/{LANGUAGE}/search?q={quote(one)}" for one in _words()),
        common=f"/{LANGUAGE}/search?q={quote(first.name.text)}",
        sku=_sku(),
    )


def _product_paths() -> list[str]:
    last = db.session.scalar(select(func.max(m.table(m.Product).c.id))) or 1
    dice = random.Random(7)
    ids = dice.sample(range(1, last + 1), min(PRODUCTS, last))
    cards = catalogue.cards(ids, MARKET, LANGUAGE)
    return [f"/{LANGUAGE}/p/{card.id}/{quote(card.slug)}" for card in cards]


def _words() -> list[str]:
    """Return searches as people type them: names of products, without numbers."""
    dice = random.Random(11)
    last = db.session.scalar(select(func.max(m.table(m.Product).c.id))) or 1
    ids = [dice.randrange(1, last + 1) for _ in range(20)]
    names = [card.name.text for card in catalogue.cards(ids, MARKET, LANGUAGE)]
    return list(dict.fromkeys(name.rpartition(" ")[0] for name in names))


def _sku() -> str:
    """Return something for less than a thousand yuan."""
    variant, price = m.table(m.Variant).c, m.table(m.Price).c
    found = select(variant.sku).where(
        price.variant_id == variant.id,
        price.market == MARKET,
        price.amount_minor.between(20_000, 99_999),
    )
    return str(db.session.scalars(found.order_by(variant.id).limit(1)).one())


def statements(app: Flask, path: str) -> int:
    """Count the statements of a page that has been shown before."""
    said: list[str] = []

    def count(*facts: Any) -> None:
        said.append(facts[2])

    client = app.test_client()
    client.get(path)
    event.listen(Engine, "before_cursor_execute", count)
    answer = client.get(path)
    event.remove(Engine, "before_cursor_execute", count)
    if answer.status_code != 200:
        raise SystemExit(f"{path}: {answer.status}")
    return len(said)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
