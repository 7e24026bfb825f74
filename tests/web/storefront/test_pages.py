"""Every page of the window: in three languages, by the right method, cookieless."""

from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from tests.web.storefront.shop import (
    LANGUAGES,
    Shop,
    Statements,
    alternates,
    canonical,
)

#: Paths without the language, of pages that search engines may keep.
INDEXED = ("/", "/c/PHONES", "/p/PHONE", "/p/KETTLE", "/help/")
#: The region page is a form, and its form is bound to a session.
LOOKS = ("/search?q=A7", "/search?q=zzzz", "/cart", "/search/suggest?q=a")
OTHERS = (*LOOKS, "/region")


def at(shop: Shop, path: str, lang: str, client: FlaskClient) -> str:
    """Return the real path of a page in a language."""
    slugs = {"zh": "手机", "fa": "گوشی-موبایل", "en": "phones"}
    path = path.replace("PHONES", slugs[lang])
    path = path.replace("PHONE", str(shop.phone)).replace("KETTLE", str(shop.kettle))
    if path.startswith("/p/"):
        return str(client.get(f"/{lang}{path}").location)
    return quote(f"/{lang}{path}", safe="/?=&")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("path", INDEXED + OTHERS)
def test_every_page_answers_in_every_language(
    shop: Shop, client: FlaskClient, path: str, lang: str
) -> None:
    answer = client.get(at(shop, path, lang, client))

    assert answer.status_code == 200
    if answer.is_json:
        return
    html_lang = {"zh": "zh-Hans-CN", "fa": "fa-IR", "en": "en"}[lang]
    assert f'<html lang="{html_lang}"' in answer.text


@pytest.mark.parametrize("path", [*INDEXED, *LOOKS, "/help/terms", "/sitemap.xml"])
def test_who_only_looks_gets_no_cookie(
    shop: Shop, client: FlaskClient, path: str
) -> None:
    url = "/sitemap.xml" if path == "/sitemap.xml" else at(shop, path, "zh", client)

    answer = client.get(url)

    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("path", INDEXED)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_language_is_named_answers_and_links_back(
    shop: Shop, client: FlaskClient, path: str, lang: str
) -> None:
    here = at(shop, path, lang, client)
    named = alternates(client.get(here).text)

    assert list(named) == ["zh-Hans", "fa", "en", "x-default"]
    assert named["x-default"] == named["en"]
    assert named[{"zh": "zh-Hans"}.get(lang, lang)] == here
    for other in named.values():
        answer = client.get(other)
        assert answer.status_code == 200
        assert canonical(answer.text) == other
        assert alternates(answer.text) == named


@pytest.mark.parametrize("path", [*LOOKS[:-1], "/region"])
def test_pages_of_one_visitor_are_not_for_search_engines(
    shop: Shop, client: FlaskClient, path: str
) -> None:
    page = client.get(f"/en{path}").text

    assert '<meta name="robots" content="noindex">' in page
    assert not canonical(page)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("post", "/zh/"),
        ("post", "/zh/c/手机"),
        ("post", "/zh/p/1/x"),
        ("post", "/zh/search"),
        ("post", "/zh/cart"),
        ("get", "/zh/cart/add"),
        ("get", "/zh/cart/lines/1"),
        ("delete", "/zh/region"),
        ("post", "/zh/help/"),
        ("post", "/sitemap.xml"),
        ("put", "/healthz"),
        ("post", "/media/phone--ink.svg"),
    ],
)
def test_a_wrong_method_is_405(
    shop: Shop, client: FlaskClient, method: str, path: str
) -> None:
    answer = getattr(client, method)(path)

    assert answer.status_code == 405
    assert answer.headers["Allow"]


@pytest.mark.parametrize(
    "path",
    [
        "/xx/",
        "/zh/c/nowhere",
        "/zh/p/999",
        "/zh/p/999/x",
        "/zh/p/abc/x",
        "/zh/p/99999999999999999999999/x",
        "/zh/help/nothing",
        "/zh/help/terms?version=1999-01-01",
        "/zh/nowhere",
        "/sitemap-9.xml",
        "/sitemap-0.xml",
        "/media/../shop.db",
        "/media/nothing.svg",
    ],
)
def test_the_unknown_is_a_404_page_that_helps(
    shop: Shop, client: FlaskClient, path: str
) -> None:
    answer = client.get(path)

    assert answer.status_code == 404
    assert 'role="search"' in answer.text


@pytest.mark.parametrize(
    ("path", "most"),
    [("/", 6), ("/c/PHONES", 6), ("/p/PHONE", 6), ("/p/KETTLE", 6)],
)
def test_a_page_takes_six_statements_at_most(
    shop: Shop, client: FlaskClient, path: str, most: int
) -> None:
    """T2, T3: frame included; the tree of categories is known after the first page."""
    url = at(shop, path, "zh", client)
    client.get(url)

    with Statements() as sql:
        client.get(url)

    assert len(sql.seen) <= most, "\n".join(sql.seen)
