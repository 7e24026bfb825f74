"""Region: chosen once, kept, and never a way to another site."""

import pytest
from flask.testing import FlaskClient

from tests.web.storefront.shop import Shop, words


def test_every_market_can_be_chosen(shop: Shop, client: FlaskClient) -> None:
    page = client.get("/fa/region").text

    assert page.count('type="radio"') == 3
    assert 'value="ir" checked' in page


def test_the_choice_is_kept_and_the_language_remembered(
    shop: Shop, client: FlaskClient
) -> None:
    answer = client.post("/fa/region", data={"market": "cn", "next": "/fa/cart"})

    assert (answer.status_code, answer.location) == (303, "/fa/cart")
    lang = client.get_cookie("lang")
    assert lang is not None
    assert lang.value == "fa"
    page = words(client.get(f"/fa/p/{shop.phone}", follow_redirects=True).text)
    assert "۳٬۹۹۹ یوان" in page
    assert client.get("/").location == "/fa/"


def test_choosing_twice_changes_nothing(shop: Shop, client: FlaskClient) -> None:
    for _ in range(2):
        assert client.post("/en/region", data={"market": "ir"}).status_code == 303

    assert 'value="ir" checked' in client.get("/en/region").text


@pytest.mark.parametrize("market", ["", "xx", "CN"])
def test_an_unknown_region_is_asked_again(
    shop: Shop, client: FlaskClient, market: str
) -> None:
    answer = client.post("/en/region", data={"market": market, "next": "/en/cart"})

    assert answer.status_code == 422
    assert "Choose a region" in words(answer.text)
    assert 'name="next" value="/en/cart"' in answer.text
    assert client.get_cookie("lang") is None


@pytest.mark.parametrize(
    "following",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/en/nowhere",
        "/en/cart/add",
        "cart",
        "",
        "/en/cart\r\nSet-Cookie: x=y",
        "/%5Cevil.example",
    ],
)
def test_the_way_back_never_leads_to_another_site(
    shop: Shop, client: FlaskClient, following: str
) -> None:
    answer = client.post("/en/region", data={"market": "cn", "next": following})

    assert answer.status_code == 303
    assert answer.location == "/en/"


@pytest.mark.parametrize("path", ["/en/c/phones?sort=cheap", "/zh/c/手机", "/fa/help/"])
def test_the_way_back_is_the_page_one_came_from(
    shop: Shop, client: FlaskClient, path: str
) -> None:
    page = client.get("/en/region", query_string={"next": path}).text

    assert f'name="next" value="{path}"' in page
