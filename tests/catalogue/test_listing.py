"""Lists: order, filters, counts, pages, cursors."""

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from shop.catalogue import query as shapes
from shop.catalogue import service
from shop.catalogue.drafts import AttributeDraft, CategoryDraft, SpecDraft, TextDraft
from shop.catalogue.facets import Facet
from shop.catalogue.query import Chosen, Query, Sort, read_cursor
from shop.catalogue.rules import BadCursor, SaleState
from shop.catalogue.write import save_category
from shop.db import transaction
from shop.kernel.money import Money
from tests.catalogue import make
from tests.catalogue.test_product import Statements

WEIGHT = AttributeDraft("weight_g", {"en": "Weight"}, {"en": "g"}, filter="range")
WATER = AttributeDraft("water", {"en": "Water"}, filter="list")
SECRET = AttributeDraft("secret", {"en": "Secret"}, filter="none")


def codes(found: service.Listing) -> list[str]:
    """Return the codes of a page in order."""
    return [card.code for card in found.cards]


def facet(found: service.Listing, code: str) -> Facet:
    """Return one facet of a page."""
    return next(one for one in found.facets if one.code == code)


def counts(found: service.Listing, code: str) -> dict[str, int]:
    """Return value and count of a facet's ticks."""
    return {value.value: value.count for value in facet(found, code).values}


def three() -> None:
    """Save three teapots: by merit a, b, c; by price b, a, and c without one."""
    make.product(
        "a", merit=30, brand="X", variants=(make.variant("A", 2000, 5, colour="red"),),
        options=(make.option("colour", "red", "blue"),),
        specs=(SpecDraft(WEIGHT, milli=500_000), SpecDraft(WATER, words="IP68"),
               SpecDraft(SECRET, words="no")),
    )  # fmt: skip
    make.product(
        "b", merit=20, brand="X", variants=(make.variant("B", 1000, 0, colour="blue"),),
        options=(make.option("colour", "red", "blue"),),
        specs=(SpecDraft(WEIGHT, milli=900_000), SpecDraft(WATER, words="IPX4")),
    )  # fmt: skip
    make.product(
        "c", merit=10, brand="Y", variants=(make.variant("C", None, 3, colour="red"),),
        options=(make.option("colour", "red", "blue"),),
        specs=(SpecDraft(WATER, words="IP68"),),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        (Sort.MERIT, ["a", "b", "c"]),
        (Sort.CHEAP, ["b", "a", "c"]),
        (Sort.DEAR, ["a", "b", "c"]),
        (Sort.NEWEST, ["c", "b", "a"]),
    ],
)
def test_every_order_keeps_products_without_a_price(
    app: Flask, sort: Sort, order: list[str]
) -> None:
    three()

    assert codes(service.listing(Query(sort=sort), "cn", "en")) == order


def test_a_list_takes_five_statements_at_most(app: Flask) -> None:
    three()

    with Statements() as sql:
        found = service.listing(Query(), "cn", "en")

    assert len(sql.seen) <= 5
    assert found.total == 3
    assert not found.is_capped


def test_drafts_and_discontinued_products_are_in_no_list(app: Flask) -> None:
    make.product("draft", sale_state=SaleState.DRAFT)
    make.product("gone", sale_state=SaleState.DISCONTINUED)
    make.product("soon", sale_state=SaleState.UPCOMING)

    assert codes(service.listing(Query(), "cn", "en")) == ["soon"]
    assert codes(service.listing(Query(sort=Sort.CHEAP), "cn", "en")) == ["soon"]


def test_a_branch_lists_what_is_below_it_merged_by_merit(app: Flask) -> None:
    with transaction():
        tea, _ = save_category(CategoryDraft("tea", {"en": "Tea"}))
        green, _ = save_category(CategoryDraft("green", {"en": "Green"}, tea))
        other, _ = save_category(CategoryDraft("other", {"en": "Other"}))
    make.product("low", merit=1, category_id=tea)
    make.product("high", merit=9, category_id=green)
    make.product("elsewhere", merit=99, category_id=other)
    branch = service.category_tree("en").by_id[tea].branch

    for sort, order in ((Sort.MERIT, ["high", "low"]), (Sort.NEWEST, ["high", "low"])):
        found = service.listing(Query(categories=branch, sort=sort), "cn", "en")
        assert codes(found) == order
        assert found.total == 2


@pytest.mark.parametrize(
    ("filters", "left"),
    [
        ({"brands": ("X",)}, ["a", "b"]),
        ({"in_stock": True}, ["a", "c"]),
        ({"least": 1500}, ["a"]),
        ({"most": 1500}, ["b"]),
        ({"least": 1000, "most": 2000}, ["a", "b"]),
        ({"facets": {"colour": Chosen(("red",))}}, ["a", "c"]),
        ({"facets": {"colour": Chosen(("red", "blue"))}}, ["a", "b", "c"]),
        ({"facets": {"water": Chosen(("IP68",)), "colour": Chosen(("red",))}},
         ["a", "c"]),
        ({"facets": {"weight_g": Chosen(least=600_000)}}, ["b"]),
        ({"facets": {"weight_g": Chosen(("500",))}}, ["a"]),
        ({"facets": {"nonsense": Chosen(("x",))}}, []),
    ],
)  # fmt: skip
def test_filters_narrow_the_list(
    app: Flask, filters: dict[str, Any], left: list[str]
) -> None:
    three()

    found = service.listing(Query(**filters), "cn", "en")

    assert codes(found) == left
    assert found.total == len(left)


def test_facets_offer_what_the_list_holds(app: Flask) -> None:
    three()

    found = service.listing(Query(), "cn", "en")

    assert [one.code for one in found.facets] == ["colour", "weight_g", "water"]
    assert counts(found, "colour") == {"red": 2, "blue": 1}
    assert counts(found, "water") == {"IP68": 2, "IPX4": 1}
    weight = facet(found, "weight_g")
    assert (weight.least, weight.most, weight.unit) == ("500", "900", "g")
    assert [(b.name, b.count) for b in found.brands] == [("X", 2), ("Y", 1)]
    assert (found.cheapest, found.dearest) == (Money(1000, "CNY"), Money(2000, "CNY"))
    assert found.in_stock == 2


def test_a_facets_own_values_are_counted_as_if_it_were_not_chosen(app: Flask) -> None:
    three()
    query = Query(facets={"colour": Chosen(("red",))})

    found = service.listing(query, "cn", "en")

    assert counts(found, "colour") == {"red": 2, "blue": 1}
    assert [v.is_chosen for v in facet(found, "colour").values] == [True, False]
    assert found.total == 2
    assert [one.code for one in found.facets] == ["colour"]


def test_a_price_filter_does_not_move_its_own_ends(app: Flask) -> None:
    three()

    found = service.listing(Query(least=1500), "cn", "en")

    assert (found.cheapest, found.dearest) == (Money(1000, "CNY"), Money(2000, "CNY"))


def test_a_search_result_keeps_its_own_order(app: Flask) -> None:
    three()
    ids = {card.code: card.id for card in service.listing(Query(), "cn", "en").cards}
    result = (ids["c"], ids["b"], ids["a"], 999)

    assert codes(service.listing(Query(ids=result), "cn", "en")) == ["c", "b", "a"]
    stocked = service.listing(Query(ids=result, in_stock=True), "cn", "en")
    assert codes(stocked) == ["c", "a"]
    cheap = service.listing(Query(ids=result, sort=Sort.CHEAP), "cn", "en")
    assert codes(cheap) == ["b", "a", "c"]


def test_an_empty_search_result_is_an_empty_list(app: Flask) -> None:
    three()

    found = service.listing(Query(ids=()), "cn", "en")

    assert (found.cards, found.total, found.facets) == ((), 0, ())


@pytest.mark.parametrize("sort", list(Sort))
def test_pages_and_cursors_show_every_product_once(
    app: Flask, sort: Sort, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shop.catalogue.listing.LAST_PAGE", 2)
    monkeypatch.setattr("shop.catalogue.listing.COUNT_CAP", 3)
    with transaction():
        tea, _ = save_category(CategoryDraft("tea", {"en": "Tea"}))
        green, _ = save_category(CategoryDraft("green", {"en": "Green"}, tea))
    for number in range(11):
        make.product(
            f"p{number:02}", merit=number // 3, category_id=(tea, green)[number % 2],
            variants=(make.variant(f"P{number:02}", 1000 + number // 4),),
        )  # fmt: skip
    query = Query(categories=(tea, green), sort=sort, per_page=2)

    def read(**more: Any) -> service.Listing:
        return service.listing(replace(query, **more), "cn", "en")

    first, page = read(), read(page=2)
    seen = codes(first) + codes(page)
    back: list[str] = []
    while page.next_cursor:
        page = read(cursor=page.next_cursor)
        assert page.page == 0
        seen += codes(page)
    while page.previous_cursor:
        page = read(cursor=page.previous_cursor)
        back = codes(page) + back

    assert first.is_capped
    assert first.pages == 2
    assert not first.next_cursor
    assert sorted(seen) == [f"p{number:02}" for number in range(11)]
    assert seen[: len(back)] == back
    assert len(back) >= 8


@pytest.mark.parametrize(
    "cursor", ["x", "n.1", "n.1.2.3", "q.1.2", "n.1.-2", "n.1e3.2"]
)
def test_a_mangled_cursor_is_refused(app: Flask, cursor: str) -> None:
    with pytest.raises(BadCursor):
        service.listing(Query(cursor=cursor), "cn", "en")


@pytest.mark.parametrize("page", [0, -1, 51])
def test_a_page_without_number_is_refused(app: Flask, page: int) -> None:
    with pytest.raises(BadCursor):
        service.listing(Query(page=page), "cn", "en")


def test_a_cursor_reads_back_as_it_was_written() -> None:
    cursor = shapes.Cursor(True, -5, 7)

    assert read_cursor(str(cursor)) == cursor


def test_a_page_beyond_the_end_is_empty(app: Flask) -> None:
    three()

    found = service.listing(Query(page=2), "cn", "en")

    assert (found.cards, found.total, found.pages) == ((), 3, 1)


def test_a_card_falls_back_to_another_language(app: Flask) -> None:
    make.product(texts={"zh": TextDraft("茶壶", "好用")})

    card = service.listing(Query(), "cn", "fa").cards[0]

    assert (card.name.text, card.name.lang) == ("茶壶", "zh")
    assert (card.tagline.text, card.slug) == ("好用", "茶壶")


def test_a_card_says_from_where_prices_differ(app: Flask) -> None:
    make.product(variants=(make.variant("A", 1000), make.variant("B", 1500)))

    card = service.listing(Query(), "cn", "en").cards[0]

    assert card.is_from
    assert card.price == Money(1000, "CNY")
    assert service.listing(Query(), "ir", "fa").cards[0].price is None
