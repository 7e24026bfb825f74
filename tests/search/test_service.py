"""Keeping the index in step with products, and reading it page by page."""

from collections.abc import Sequence

import pytest
import sqlalchemy as sa
from flask import Flask

from shop.db import WriteOutsideTransaction, db, transaction
from shop.search import models, service, write
from shop.search.models import MOST, SearchTerm, product_of, rank_of
from shop.search.rules import Stage
from tests.search.make import doc, index


def ids(query: str) -> list[int]:
    return list(service.search(query).ids)


def vocabulary() -> dict[str, int]:
    rows = db.session.execute(sa.select(SearchTerm.term, SearchTerm.docs))
    return dict(rows.all())


def test_better_merit_stands_earlier(app: Flask) -> None:
    index(doc(1, "红茶", merit=5), doc(2, "绿茶", merit=9), doc(3, "花茶", merit=7))

    assert ids("茶") == [2, 3, 1]


def test_equal_merit_is_in_order_of_product(app: Flask) -> None:
    index(doc(2, "绿茶"), doc(1, "红茶"))

    assert ids("茶") == [1, 2]


def test_a_new_merit_moves_a_product(app: Flask) -> None:
    index(doc(1, "红茶", merit=5), doc(2, "绿茶", merit=9))

    index(doc(1, "红茶", merit=10))

    assert ids("茶") == [1, 2]
    assert vocabulary()["茶"] == 2


def test_a_new_name_replaces_the_old_one(app: Flask) -> None:
    index(doc(1, "红茶", "چای"))

    index(doc(1, "咖啡", "قهوه"))

    assert ids("红茶") == ids("چای") == []
    assert ids("قهوه") == [1]
    assert "چای" not in vocabulary()


def test_a_removed_product_is_not_found(app: Flask) -> None:
    index(doc(1, "红茶"), doc(2, "绿茶"))

    with transaction():
        write.remove_product(1)
        write.remove_product(99)

    assert ids("茶") == [2]
    assert "红" not in vocabulary()


def test_the_same_texts_again_change_nothing(app: Flask) -> None:
    index(doc(1, "红茶"))
    before = vocabulary()

    with transaction():
        changed = write.index_products([doc(1, "红茶")])

    assert changed == 0
    assert vocabulary() == before


def test_indexing_outside_a_transaction_is_a_bug(app: Flask) -> None:
    with pytest.raises(WriteOutsideTransaction):
        write.index_product(doc(1, "红茶"))


def test_a_transaction_that_fails_leaves_the_index_as_it_was(app: Flask) -> None:
    index(doc(1, "红茶"))

    def fail() -> None:
        with transaction():
            write.index_product(doc(1, "咖啡"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert ids("红茶") == [1]
    assert ids("咖啡") == []


def test_what_is_called_so_stands_before_what_lies_beside_it(app: Flask) -> None:
    index(
        doc(1, "音箱", merit=9, shelf="耳机与音箱"),
        doc(2, "耳机", merit=5, shelf="耳机与音箱"),
        doc(3, "头戴耳机", merit=7, shelf="耳机与音箱"),
    )

    assert ids("耳机") == [3, 2, 1]


def test_a_sku_finds_its_product(app: Flask) -> None:
    index(doc(1, "手机", sku="AN-A7-256"), doc(2, "手机", sku="AN-A8-256"))

    assert ids("an-a7-256") == [1]
    assert ids("ANA7256") == [1]
    assert service.search("AN A7 256").stage == Stage.STRICT


def test_a_sku_hides_no_product_with_that_name(app: Flask) -> None:
    index(doc(1, "壳", sku="IPHONE-15"), doc(2, "苹果手机 iPhone 15", merit=3))

    assert ids("iphone15") == [2, 1]


@pytest.mark.parametrize("small", [10, 100])
def test_pages_follow_one_another_without_gap_or_repeat(
    app: Flask, monkeypatch: pytest.MonkeyPatch, small: int
) -> None:
    monkeypatch.setattr(service, "SMALL", small)
    index(*(doc(n, "茶", merit=n % 7) for n in range(1, 31)))
    every = service.search("茶", 100).ids

    pages, cursor = [], None
    while True:
        found = service.search("茶", 8, cursor)
        pages.append(found.ids)
        cursor = found.next_cursor
        if cursor is None:
            break

    assert [len(page) for page in pages] == [8, 8, 8, 6]
    assert tuple(n for page in pages for n in page) == every
    assert service.search("茶", 8, offset=16).ids == pages[2]


def test_a_cursor_of_nobody_starts_at_the_beginning(app: Flask) -> None:
    index(doc(1, "茶"))

    for cursor in ("", "zz", "-1", "+-1", "+9x", "9" * 40):
        assert service.search("茶", 8, cursor).ids == (1,)


def test_totals_stop_at_the_cap(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "CAP", 5)
    monkeypatch.setattr(service, "SMALL", 5)
    index(*(doc(n, "茶") for n in range(1, 8)), doc(8, "咖啡"))

    many, one = service.search("茶", 2), service.search("咖啡", 2)

    assert (many.total, many.capped) == (5, True)
    assert (one.total, one.capped) == (1, False)


def odd(products: Sequence[int]) -> list[int]:
    return [number for number in products if number % 2]


def test_what_may_not_be_shown_is_neither_listed_nor_counted(app: Flask) -> None:
    index(*(doc(n, "茶") for n in range(1, 8)))

    found = service.search("茶", 3, keep=odd)

    assert (found.ids, found.total) == ((1, 3, 5), 4)
    assert service.search("茶", 3, found.next_cursor, keep=odd).ids == (7,)


def test_pages_beyond_the_cap_are_filled(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "CAP", 5)
    monkeypatch.setattr(service, "SMALL", 5)
    index(*(doc(n, "茶") for n in range(1, 12)))

    found = service.search("茶", 4, keep=odd)
    rest = service.search("茶", 4, found.next_cursor, keep=odd)

    assert (found.ids, rest.ids) == ((1, 3, 5, 7), (9, 11))
    assert found.capped


def test_a_synonym_of_the_owner_finds_what_it_means(app: Flask) -> None:
    index(doc(1, "保温杯"), doc(2, "玻璃杯"))
    assert ids("杯子") == []

    with transaction():
        service.add_synonym("杯子", "保温杯")
    found = service.search("杯子")

    assert (found.ids, found.stage) == ((1,), Stage.STRICT)
    with transaction():
        service.remove_synonym("杯子", "保温杯")
    assert ids("杯子") == []


def test_a_synonym_stands_for_whole_words(app: Flask) -> None:
    index(doc(1, "پاوربانک شیائومی"))
    with transaction():
        service.add_synonym("شارژر همراه", "پاوربانک")

    assert ids("شارژر همراه شیائومی") == [1]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("手", (1, 2)),
        ("گو", (1, 2)),
        ("گوشی شیا", (1,)),
        ("xiao", (1,)),
        ("گوشی xia", (1,)),
        ("g", ()),
        ("", ()),
        ("زعفران", ()),
    ],
)
def test_suggestions_complete_the_last_word(
    app: Flask, typed: str, found: tuple[int, ...]
) -> None:
    index(
        doc(1, "小米手机", "گوشی شیائومی", "Xiaomi", merit=2),
        doc(2, "华为手机", "گوشی هواوی", "Huawei"),
    )

    assert service.suggest(typed) == found


def test_pinyin_without_a_latin_name(app: Flask) -> None:
    index(doc(1, "伊朗藏红花"), doc(2, "龙井绿茶"))

    assert ids("zanghonghua") == [1]
    assert ids("yilangzanghonghua") == [1]
    assert ids("zhh") == [1]
    assert ids("longjing lvcha") == [2]


@pytest.mark.parametrize(
    "query",
    [
        "", " ", "'", '"', "\\", "AND", "OR NOT", "a*", "(", "NEAR(a b)", "terms:a",
        "'; drop table search_doc; --", "%s :x $1", "\x00", "\ud83d\ude00", "𠮷", "ไทย",
        "가나", "a" * 5000, "茶 " * 500, "~cha", "#sj", "=an7", "\u200c", "\u202e茶",
    ],
)  # fmt: skip
def test_no_query_breaks_the_search(app: Flask, query: str) -> None:
    index(doc(1, "普洱茶", "Tea AND more", sku="AN-7"))

    found = service.search(query.encode("utf-8", "replace").decode())

    assert found.total in {0, 1}
    service.suggest(query.encode("utf-8", "replace").decode())


@pytest.mark.parametrize("name", ["ไทย", "𠮷野家", "가나다", "คอฟฟี่ a"])
def test_names_in_rare_scripts_are_found(app: Flask, name: str) -> None:
    index(doc(1, name))

    assert ids(name) == [1]


def test_the_index_can_be_built_anew(app: Flask) -> None:
    index(doc(1, "红茶"), doc(2, "绿茶"))

    with transaction() as session:
        models.refill(session.connection())
    assert ids("茶") == [1, 2]
    assert write.indexed(1, 10) == [2]

    with transaction():
        write.clear()
    assert ids("茶") == []
    assert vocabulary() == {}
    index(doc(1, "红茶"))
    assert ids("茶") == [1]


def test_ranks_hold_merit_and_product() -> None:
    assert rank_of(1, 5) < rank_of(1, 4)
    assert rank_of(1, MOST + 9) < rank_of(MOST, 0) < 2**63
    assert product_of(rank_of(77, 5)) == 77
    with pytest.raises(ValueError, match="-1"):
        rank_of(-1, 0)


def test_many_products_at_once_are_one_segment_of_the_index(app: Flask) -> None:
    """FTS5 ends one at every row that is smaller than the one before it."""
    index(*(doc(number, "茶", merit=number * 7 % 40) for number in range(1, 41)))

    assert service.search("茶").total == 40
    if db.engine.dialect.name == "sqlite":
        segments = sa.text("select count(distinct segid) from search_fts_idx")
        assert db.session.scalar(segments) == 1
