"""The judged sets: a floor on what is found, a ceiling on what should not be."""

import pytest
from flask import Flask

from shop.search import service, write
from shop.search.rules import Stage
from tests.search import make


@pytest.fixture
def judged(app: Flask) -> None:
    make.index(*make.judged_docs())


@pytest.mark.parametrize(("language", "floor"), [("zh", 74), ("fa", 77)])
def test_queries_find_exactly_what_they_mean(
    judged: None, language: str, floor: int
) -> None:
    queries = make.judged_queries(f"queries_{language}.tsv")

    missed = [q for q, ids in queries if set(service.search(q, 100).ids) != ids]

    assert len(queries) - len(missed) >= floor, missed


@pytest.mark.parametrize("language", ["zh", "fa"])
def test_what_the_shop_does_not_have_is_not_found(judged: None, language: str) -> None:
    queries = make.judged_queries(f"queries_{language}_negative.tsv")

    found = [query for query, _ in queries if service.search(query, 100).ids]

    assert len(found) <= 3, found


def test_a_strict_result_is_the_same_on_both_databases(judged: None) -> None:
    """Each database must find what a plain reading of the same terms finds."""
    terms = {doc.product_id: write.own_terms(doc) for doc in make.judged_docs()}
    queries = [
        query
        for name in ("queries_zh.tsv", "queries_fa.tsv")
        for query, _ in make.judged_queries(name)
    ]

    for query in queries:
        found = service.search(query, 100)
        if found.stage == Stage.STRICT:
            assert list(found.ids) == make.read_strictly(query, terms), query


def test_a_kinder_reading_is_marked_as_similar(judged: None) -> None:
    assert not service.search("گوشی").is_similar
    assert not service.search("shouji").is_similar
    assert service.search("زعفرون").is_similar
    assert service.search("زعفرون").correction == "زعفران"
    assert service.search("女鞋").stage == Stage.COVERAGE
