"""When something goes wrong: the reader's language, a way on, an id for support."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any, NoReturn

import pytest
from flask import Flask, abort
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from shop.accounts.rules import TriedTooOften
from shop.kernel.flow import IllegalMove
from tests.conftest import NOW
from tests.web.storefront.conftest import Visitor

LANGUAGES = {"zh": ("zh-Hans-CN", "ltr"), "fa": ("fa-IR", "rtl"), "en": ("en", "ltr")}


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Return a browser each of whose requests is new to the shop."""
    return Visitor(app, app.response_class)


def raising(error: Exception) -> Callable[..., NoReturn]:
    """Return a view that fails."""

    def view(**_: Any) -> NoReturn:
        raise error

    return view


def aborting(code: int) -> Callable[..., NoReturn]:
    """Return a view that ends with a status."""

    def view(**_: Any) -> NoReturn:
        abort(code)

    return view


FAILURES: dict[int, Callable[..., NoReturn]] = {
    400: aborting(400),
    403: aborting(403),
    404: aborting(404),
    409: raising(IllegalMove("placed", "shipped")),
    413: aborting(413),
    422: aborting(422),
    429: raising(TriedTooOften(NOW + timedelta(minutes=5))),
    500: raising(RuntimeError("a secret of the inside")),
    503: raising(OperationalError("select secret", {}, Exception("gone"))),
}


def fail(app: Flask, client: FlaskClient, status: int, lang: str) -> TestResponse:
    """Return what a reader sees when the home page fails like that."""
    view = app.view_functions["home.show"]
    app.view_functions["home.show"] = FAILURES[status]
    try:
        return client.get(f"/{lang}/")
    finally:
        app.view_functions["home.show"] = view


def heading(page: TestResponse) -> str:
    """Return the first line of a page."""
    found = re.search(r"<h1>(.*?)</h1>", page.text, re.DOTALL)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("status", FAILURES)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_failure_speaks_the_readers_language(
    app: Flask, client: FlaskClient, status: int, lang: str
) -> None:
    page = fail(app, client, status, lang)

    html, direction = LANGUAGES[lang]
    assert page.status_code == status
    assert f'<html lang="{html}" dir="{direction}"' in page.text
    assert page.headers["X-Request-Id"] in page.text
    assert f'href="/{lang}/"' in page.text, "a way on"
    assert "secret" not in page.text
    if lang != "en":
        assert heading(page) != heading(fail(app, client, status, "en"))


def test_an_error_gives_no_cookie(app: Flask, client: FlaskClient) -> None:
    for status in FAILURES:
        assert "Set-Cookie" not in fail(app, client, status, "zh").headers, status


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_file_that_is_too_large_says_how_large_it_may_be(
    client: FlaskClient, lang: str
) -> None:
    body = {"market": "x" * 9_000_000}
    page = client.post(f"/{lang}/region", data=body)

    assert page.status_code == 413
    assert f'lang="{LANGUAGES[lang][0]}"' in page.text
    assert {"fa": "۸", "zh": "8", "en": "8"}[lang] in page.text


def test_too_many_tries_and_a_busy_database_say_when_to_come_back(
    app: Flask, client: FlaskClient
) -> None:
    assert int(fail(app, client, 429, "fa").headers["Retry-After"]) > 0
    assert int(fail(app, client, 503, "fa").headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    "path",
    ["/xx/", "/zh/nowhere", "/fa/p/999999/x", "/fa/c/nowhere", "/en/orders/wrong-token",
     "/en/orders/wrong-token/pay", "/en/help/nothing", "/pay/nobody/return",
     "/media/none.webp", "/sitemap-99.xml"],
)  # fmt: skip
def test_the_unknown_is_a_404_that_searches(client: FlaskClient, path: str) -> None:
    page = client.get(path)

    assert page.status_code == 404
    assert 'role="search"' in page.text


def test_the_page_of_no_language_is_the_browsers_own(client: FlaskClient) -> None:
    page = client.get("/xx/", headers={"Accept-Language": "fa;q=0.9, de"})

    assert page.status_code == 404
    assert 'lang="fa-IR"' in page.text


def test_an_unknown_host_is_refused_in_words(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    page = client.get("/fa/", headers={"Host": "evil.example"})

    assert page.status_code == 400
    assert 'lang="fa-IR"' in page.text
    assert "evil" not in page.text
    assert [one.levelname for one in caplog.records] == ["WARNING"]
