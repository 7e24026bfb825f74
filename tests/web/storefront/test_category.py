"""Lists: filters, sorting, pages, chips, addresses."""

from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from shop.catalogue.drafts import CategoryDraft
from shop.catalogue.write import save_category
from shop.db import transaction
from tests.web.storefront.shop import Shop, canonical, words

PHONES = "/en/c/phones"


def names(html: str) -> list[str]:
    """Return the names of the cards, in order."""
    rows = html.split('class="name"><a href="')[1:]
    return [row.split('">', 1)[1].split("</a>")[0] for row in rows]


def test_a_category_holds_what_stands_below_it(shop: Shop, client: FlaskClient) -> None:
    shop.save_phone(category_id=shop.folding)

    page = client.get(PHONES).text

    assert names(page) == ["Anar A7"]
    assert "Folding" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("f.colour=ink", ["Anar A7"]),
        ("f.colour=pink", []),
        ("f.water=IP68&stock=1", ["Anar A7"]),
        ("least.screen_in=6&most.screen_in=6.5", ["Anar A7"]),
        ("least.screen_in=۶٫۵", []),
        ("least.screen_in=7&most.screen_in=6", ["Anar A7"]),
        ("brand=Anar", ["Anar A7"]),
        ("brand=Nobody", []),
        ("nonsense=1&f.=x", ["Anar A7"]),
    ],
)
def test_filters_narrow_the_list(
    shop: Shop, client: FlaskClient, query: str, found: list[str]
) -> None:
    answer = client.get(f"{PHONES}?{query}")

    assert answer.status_code == 200
    assert names(answer.text) == found


@pytest.mark.parametrize(
    ("path", "least", "most", "count"),
    [
        ("/zh/c/手机", "3999", "4000", 1),
        ("/zh/c/手机", "３，９９９", "", 1),
        ("/zh/c/手机", "4000", "", 0),
        ("/fa/c/گوشی-موبایل", "۵۳٬۹۰۰٬۰۰۰", "۵۳٬۹۰۰٬۰۰۰", 1),
        ("/fa/c/گوشی-موبایل", "", "٥٣٨٩٩٩٩٩", 0),
    ],
)
def test_a_price_is_typed_as_people_speak_it(  # noqa: PLR0917 (one row of a table)
    shop: Shop, client: FlaskClient, path: str, least: str, most: str, count: int
) -> None:
    """Yuan and toman, in any digits; shown back as typed."""
    query = {"min": least, "max": most}

    page = client.get(path, query_string=query).text

    assert len(names(page)) == count
    assert f'value="{least}"' in page


def test_a_wrong_price_is_said_beside_its_box_and_kept(
    shop: Shop, client: FlaskClient
) -> None:
    answer = client.get(f"{PHONES}?min=cheap")

    assert answer.status_code == 422
    assert 'value="cheap"' in answer.text
    assert "Enter a whole number or a decimal" in words(answer.text)
    assert names(answer.text) == ["Anar A7"]


def test_every_chosen_filter_is_a_chip_that_takes_it_away(
    shop: Shop, client: FlaskClient
) -> None:
    page = client.get(
        f"{PHONES}?f.colour=ink&f.colour=garnet&least.screen_in=6&stock=1&sort=cheap"
    ).text

    chips = page.split('role="group"')[1].split("</div>")[0]
    assert words(chips).count("(remove)") == 4
    without_ink = "stock=1&amp;f.colour=garnet&amp;sort=cheap"
    assert f'href="{PHONES}?least.screen_in=6&amp;{without_ink}"' in chips
    assert f'href="{PHONES}?sort=cheap"' in chips


def test_filtered_pages_are_not_for_search_engines(
    shop: Shop, client: FlaskClient
) -> None:
    page = client.get(f"{PHONES}?stock=1").text

    assert 'content="noindex"' in page


def test_the_canonical_address_knows_no_order(shop: Shop, client: FlaskClient) -> None:
    page = client.get(f"{PHONES}?sort=cheap").text

    assert canonical(page) == PHONES


def test_pages_are_numbered_and_name_each_other(
    shop: Shop, client: FlaskClient
) -> None:
    shop.many(50)

    second = client.get(f"{PHONES}?page=۲").text

    assert len(names(second)) == 24
    assert canonical(second) == f"{PHONES}?page=2"
    assert f'<link rel="prev" href="{PHONES}">' in second
    assert f'<link rel="next" href="{PHONES}?page=3">' in second
    assert len(names(client.get(f"{PHONES}?page=3").text)) == 3
    assert "51 products" in words(second)


@pytest.mark.parametrize("query", ["page=0", "page=4", "page=51", "page=x", "at=zz"])
def test_a_page_that_is_none_is_a_404(
    shop: Shop, client: FlaskClient, query: str
) -> None:
    assert client.get(f"{PHONES}?{query}").status_code == 404


def test_an_old_address_leads_to_the_new_one(shop: Shop, client: FlaskClient) -> None:
    with transaction():
        save_category(CategoryDraft("phones", {"en": "Telephones"}))

    answer = client.get(f"{PHONES}?sort=cheap")

    assert answer.status_code == 301
    assert answer.location == "/en/c/telephones?sort=cheap"


@pytest.mark.parametrize("slug", ["گوشی-موبایل", "phones", "Phones"])
def test_the_address_of_another_language_leads_to_ones_own(
    shop: Shop, client: FlaskClient, slug: str
) -> None:
    answer = client.get(f"/zh/c/{slug}")

    assert answer.status_code == 301
    assert answer.location == f"/zh/c/{quote('手机')}"


def test_nothing_left_offers_the_whole_category(
    shop: Shop, client: FlaskClient
) -> None:
    page = client.get(f"{PHONES}?f.colour=pink").text

    assert f'href="{PHONES}"' in page
    assert "Nothing here matches these filters" in words(page)
