"""Keeping the index in step with products, in the transaction that changes them.

The index knows a product by its number and by what ``ProductDoc`` says of it.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, text

from shop.db import db, dialect_insert
from shop.search.models import (
    SearchDoc,
    SearchTerm,
    create_search_tables,
    drop_search_tables,
    rank_of,
)
from shop.search.terms import (
    INITIALS,
    PINYIN,
    SKU,
    Kind,
    index_terms,
    plain,
    sku_term,
    words,
)

#: Change it when the tokeniser finds other terms: every text is then read anew.
VERSION = 1
#: What the full-text index must be told, beside ``search_doc``, in each database.
_ADD = {
    "sqlite": "insert into search_fts(rowid, terms) select rank, terms from search_doc",
    "postgresql": "insert into search_fts(rank, lexemes)"
    " select rank, array_to_tsvector(string_to_array(terms, ' ')) from search_doc",
}
_REMOVE = (  # on PostgreSQL the foreign key of search_fts does it
    "insert into search_fts(search_fts, rowid, terms)"
    " select 'delete', rank, terms from search_doc"
)


@dataclass(frozen=True)
class ProductDoc:
    """What a product is found by.

    ``texts`` are its own: names in all languages, brand, model; ``more`` what it
    shares with others: categories, colours. A larger ``merit`` stands earlier in
    every result (0 to 2^31 - 1).
    """

    product_id: int
    merit: int
    texts: tuple[str, ...]
    skus: tuple[str, ...] = ()
    more: tuple[str, ...] = ()


def index_product(doc: ProductDoc) -> None:
    """Make a product found by what ``doc`` says now. Needs ``transaction()``."""
    index_products([doc])


def index_products(docs: Sequence[ProductDoc]) -> int:
    """Index many products at once; return how many had changed.

    Needs ``transaction()``. A product whose texts and merit are as before
    costs one look-up; texts are read again only if they changed.
    """
    wanted = {doc.product_id: doc for doc in docs}
    query = select(SearchDoc.__table__).where(SearchDoc.product_id.in_(wanted))
    old = {row["product_id"]: row for row in db.session.execute(query).mappings()}
    fresh, delta = [], Counter[str]()
    for product_id, doc in wanted.items():
        row, rank = old.get(product_id), rank_of(product_id, doc.merit)
        if row is None or row["digest"] != _digest(doc):
            new = _row(doc)
            delta.update(new["terms"].split(" "))
            delta.subtract(row["terms"].split(" ") if row is not None else ())
            fresh.append(new)
        elif row["rank"] != rank:
            fresh.append({**row, "rank": rank})
    _remove([row["product_id"] for row in fresh if row["product_id"] in old])
    _add(fresh)
    _count(delta)
    return len(fresh)


def remove_product(product_id: int) -> None:
    """Let a product not be found any more. Needs ``transaction()``."""
    query = select(SearchDoc.terms).where(SearchDoc.product_id == product_id)
    terms = db.session.scalar(query)
    if terms is None:
        return
    _remove([product_id])
    _count(Counter(dict.fromkeys(terms.split(" "), -1)))


def clear() -> None:
    """Forget every product, to index them all anew. Needs ``transaction()``."""
    connection = db.session.connection()
    drop_search_tables(connection)
    db.session.execute(delete(SearchDoc))
    db.session.execute(delete(SearchTerm))
    create_search_tables(connection)


def tidy() -> None:
    """Merge what many small writes left behind. Needs ``transaction()``."""
    if db.engine.dialect.name == "sqlite":
        db.session.execute(
            text("insert into search_fts(search_fts) values ('optimize')")
        )
    else:
        db.session.execute(text("analyze search_fts, search_doc, search_term"))


def indexed(after: int, most: int) -> list[int]:
    """Return the numbers of indexed products above ``after``, in order."""
    query = select(SearchDoc.product_id).where(SearchDoc.product_id > after)
    return list(db.session.scalars(query.order_by(SearchDoc.product_id).limit(most)))


def own_terms(doc: ProductDoc) -> set[str]:
    """Return the terms of a product's own names and SKUs."""
    found = {term for said in doc.texts for term in index_terms(said)}
    for sku in doc.skus:
        found |= {plain(word.text) for word in words(sku) if word.kind != Kind.HAN}
    return found | {term for sku in doc.skus if (term := sku_term(sku))}


def _row(doc: ProductDoc) -> dict[str, Any]:
    own = own_terms(doc)
    more = {term for said in doc.more for term in index_terms(said)} - own
    return {
        "rank": rank_of(doc.product_id, doc.merit),
        "product_id": doc.product_id,
        "digest": _digest(doc),
        "own": len(own),
        "terms": " ".join([*sorted(own), *sorted(more)]) or SKU,
    }


def _digest(doc: ProductDoc) -> str:
    said = [str(VERSION), *doc.texts, "\x1e", *doc.more, "\x1e", *doc.skus]
    return hashlib.sha256("\x1f".join(said).encode()).hexdigest()[:32]


def _add(rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    db.session.execute(insert(SearchDoc), rows)
    _tell(_ADD[db.engine.dialect.name], [row["product_id"] for row in rows])


def _remove(product_ids: list[int]) -> None:
    if not product_ids:
        return
    if db.engine.dialect.name == "sqlite":
        _tell(_REMOVE, product_ids)
    gone = SearchDoc.product_id.in_(product_ids)
    db.session.execute(delete(SearchDoc).where(gone))


def _tell(statement: str, product_ids: list[int]) -> None:
    """Let the full-text index follow ``search_doc`` for these products.

    In its own order: FTS5 ends a segment at every row smaller than the one before.
    500 of 175,000 products took 20 s to add, most of it merging; now half a second.
    """
    query = text(statement + " where product_id in :ids order by rank")
    query = query.bindparams(bindparam("ids", expanding=True))
    db.session.execute(query, {"ids": product_ids})


def _count(delta: Counter[str]) -> None:
    """Add ``delta`` to the number of products of each term, always in one order."""
    rows = [
        {"term": term, "docs": docs, **_look(term)}
        for term, docs in sorted(delta.items())
        if docs and not term.startswith(SKU)
    ]
    if not rows:
        return
    table: Any = SearchTerm.__table__
    upsert = dialect_insert(table)
    upsert = upsert.on_conflict_do_update(
        index_elements=["term"], set_={"docs": table.c.docs + upsert.excluded.docs}
    )
    db.session.execute(upsert, rows)
    gone = [row["term"] for row in rows if row["docs"] < 0]
    for i in range(0, len(gone), 500):
        batch = table.c.term.in_(gone[i : i + 500])
        db.session.execute(delete(table).where(batch, table.c.docs <= 0))


def _look(term: str) -> dict[str, Any]:
    """Say how a misspelt word finds ``term``; not at all for Chinese and numbers."""
    if len(term) < 3 or term[0] in PINYIN + INITIALS or term.isdigit():
        return {"initial": None, "length": 0}
    return {"initial": term[0], "length": len(term)}
