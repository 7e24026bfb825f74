"""The front door."""

import pytest
from flask.testing import FlaskClient

from shop.catalogue.drafts import TextDraft, VariantDraft
from shop.catalogue.rules import SaleState
from tests.catalogue import make
from tests.web.storefront.shop import Shop, prices, words


@pytest.mark.parametrize(
    ("header", "home"),
    [
        ("zh-CN,zh;q=0.9", "/zh/"),
        ("fa-IR", "/fa/"),
        ("en-GB,en;q=0.5", "/en/"),
        ("de", "/en/"),
        ("", "/en/"),
    ],
)
def test_the_door_greets_in_the_language_of_the_browser(
    client: FlaskClient, header: str, home: str
) -> None:
    answer = client.get("/", headers={"Accept-Language": header})

    assert answer.status_code == 302
    assert answer.location == home
    assert {"Accept-Language", "Cookie"} <= set(answer.vary.to_header().split(", "))
    assert "Set-Cookie" not in answer.headers


def test_the_cookie_beats_the_browser(client: FlaskClient) -> None:
    client.set_cookie("lang", "fa")

    answer = client.get("/", headers={"Accept-Language": "zh-CN"})

    assert answer.location == "/fa/"


def test_home_has_one_product_large_and_every_category(
    shop: Shop, client: FlaskClient
) -> None:
    page = client.get("/zh/").text

    assert page.count("<h1") == 1
    assert "轻薄顺手" in page
    assert "Kettle" in page
    assert 'href="/zh/c/%E6%89%8B%E6%9C%BA"' in page


def test_an_empty_shop_has_a_home(client: FlaskClient) -> None:
    answer = client.get("/fa/")

    assert answer.status_code == 200
    assert answer.text.count("<h1") == 1


def test_what_is_coming_has_its_panel_and_not_the_first_place(
    shop: Shop, client: FlaskClient
) -> None:
    make.product(
        "fold",
        texts={"en": TextDraft("Fold 2", "Opens like a book")},
        variants=(VariantDraft("FOLD", {}, prices(8999), 3),),
        sale_state=SaleState.UPCOMING,
        merit=99,
    )
    shop.many(9, plans=())
    shop.save_phone(merit=-50)

    page = client.get("/zh/").text

    assert "Fold 2" not in page.split("</section>")[0]
    assert "Fold 2" in page


def test_a_plan_is_promised_only_in_its_market(shop: Shop, client: FlaskClient) -> None:
    """A tag that is not so here would be a lie (COPY_STYLE 10)."""
    chinese, other = (words(client.get(f"/{lang}/").text) for lang in ("zh", "en"))

    assert "333.25" in chinese
    assert "333.25" not in other
