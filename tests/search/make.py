"""The judged products and queries, and how they get into the index."""

import csv
from pathlib import Path

from shop.db import transaction
from shop.search import rules, service, write
from shop.search.write import ProductDoc

DATA = Path(__file__).parent / "data"


def judged_docs() -> list[ProductDoc]:
    """Return the 62 judged products; the first has the highest merit."""
    with (DATA / "products.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return [
        ProductDoc(
            int(row["id"]),
            merit=1000 - int(row["id"]),
            texts=(row["name_zh"], row["name_fa"], row["latin"] or ""),
        )
        for row in rows
    ]


def judged_queries(name: str) -> list[tuple[str, set[int]]]:
    """Return the queries of one file with the products that each should find."""
    with (DATA / name).open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return [
        (row["query"], {int(n) for n in (row["expected_ids"] or "").split(",") if n})
        for row in rows
    ]


def index(*docs: ProductDoc) -> None:
    """Index products in a transaction of their own."""
    with transaction():
        write.index_products(docs)


def doc(
    product_id: int, *texts: str, merit: int = 0, sku: str = "", shelf: str = ""
) -> ProductDoc:
    """Return a product called ``texts``, in a category called ``shelf``."""
    skus, more = (sku,) if sku else (), (shelf,) if shelf else ()
    return ProductDoc(product_id, merit, texts, skus, more)


def read_strictly(query: str, documents: dict[int, set[str]]) -> list[int]:
    """Return what a query finds strictly, without a database, in order of merit."""
    variants = rules.query_variants(query, service.known_synonyms())
    expression = rules.any_of(rules.strict(words, query) for words in variants)
    return [
        number for number, terms in documents.items() if rules.holds(expression, terms)
    ]
