"""Search pages: found, similar, corrected, nothing, and straight to a SKU."""

import pytest
from flask.testing import FlaskClient

from shop.catalogue import service as catalogue
from shop.catalogue.drafts import TextDraft
from shop.catalogue.rules import SaleState
from shop.db import transaction
from tests.catalogue import make
from tests.web.storefront.shop import Shop, words
from tests.web.storefront.test_category import names


@pytest.mark.parametrize(
    ("lang", "query", "found"),
    [
        ("zh", "安榴", "安榴 A7"),
        ("zh", "手机", "安榴 A7"),
        ("fa", "انار A۷", "انار A7"),
        ("fa", "گوشي", "انار A7"),
        ("en", "  anar   a7 ", "Anar A7"),
        ("en", "garnet", "Anar A7"),
    ],
)
def test_a_product_is_found_in_every_script(
    shop: Shop, client: FlaskClient, lang: str, query: str, found: str
) -> None:
    page = client.get(f"/{lang}/search", query_string={"q": query}).text

    assert names(page) == [found]
    assert 'role="status"' not in page


def test_the_query_is_shown_back_and_cannot_break_the_page(
    shop: Shop, client: FlaskClient
) -> None:
    evil = '"><script>alert(1)</script>'

    page = client.get("/en/search", query_string={"q": evil}).text

    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_similar_products_are_marked_and_a_misspelling_is_mended(
    shop: Shop, client: FlaskClient
) -> None:
    make.product("charger", texts={"en": TextDraft("Powerbank 20000")})

    page = client.get("/en/search?q=pwerbank").text

    assert "Powerbank 20000" in names(page)
    assert "No exact match; similar products" in words(page)
    assert 'href="/en/search?q=powerbank"' in page


def test_nothing_found_offers_best_sellers(shop: Shop, client: FlaskClient) -> None:
    page = client.get("/zh/search?q=qqqqqqqq").text

    assert "qqqqqqqq" in page
    assert "安榴 A7" in names(page)


@pytest.mark.parametrize("query", ["", "q=", "q=%20%20"])
def test_an_empty_search_goes_home(shop: Shop, client: FlaskClient, query: str) -> None:
    answer = client.get(f"/fa/search?{query}")

    assert (answer.status_code, answer.location) == (302, "/fa/")


@pytest.mark.parametrize("typed", ["A7-GRN", "a7-grn", " A7-GRN ", "Ａ7-GRN", "A۷-GRN"])
def test_one_exact_sku_goes_straight_to_its_variant(
    shop: Shop, client: FlaskClient, typed: str
) -> None:
    answer = client.get("/en/search", query_string={"q": typed})

    assert answer.status_code == 302
    assert answer.location == f"/en/p/{shop.phone}/anar-a7?sku=A7-GRN"


def test_the_sku_of_a_draft_leads_nowhere(shop: Shop, client: FlaskClient) -> None:
    with transaction():
        catalogue.set_sale_state(
            shop.phone, SaleState.ON_SALE, SaleState.DRAFT, make.NOW
        )

    assert client.get("/en/search?q=A7-GRN").status_code == 200


def test_results_can_be_filtered_sorted_and_turned(
    shop: Shop, client: FlaskClient
) -> None:
    shop.many(30)

    first = client.get("/en/search?q=phone").text
    newest = client.get("/en/search?q=phone&sort=newest").text
    second = client.get("/en/search?q=phone&page=2").text
    filtered = client.get("/en/search?q=anar&f.colour=ink").text

    assert names(first) == [f"Phone {number}" for number in range(24)]
    assert names(newest)[0] == "Phone 29"
    assert len(names(second)) == 6
    assert names(filtered) == ["Anar A7"]
    assert 'href="/en/search?q=anar"' in filtered
    assert 'name="q" value="anar"' in filtered
    assert client.get("/en/search?q=phone&page=3").status_code == 404
    assert client.get("/en/search?q=phone&page=0").status_code == 404


def test_suggestions_are_a_small_json_list(shop: Shop, client: FlaskClient) -> None:
    answer = client.get("/zh/search/suggest?q=an")

    assert answer.mimetype == "application/json"
    assert answer.json == ["安榴 A7"]
    assert client.get("/zh/search/suggest").json == []
    assert client.get("/zh/search/suggest?q=%20").json == []
    assert client.get("/fa/search/suggest", query_string={"q": "انا"}).json == [
        "انار A7"
    ]


@pytest.mark.parametrize(
    "query", ["x" * 5000, "🍎" * 30, "\u200f\u200f", "%", "'--", "*"]
)
def test_odd_queries_are_answered(shop: Shop, client: FlaskClient, query: str) -> None:
    for path in ("/fa/search", "/fa/search/suggest"):
        answer = client.get(path, query_string={"q": query})
        assert answer.status_code in {200, 302}
