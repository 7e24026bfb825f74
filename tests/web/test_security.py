"""What every answer carries, who may ask, and what a cookie may be."""

import stat
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from shop import create_app
from shop.config import load_config
from tests.conftest import KEY, make_config
from tests.web.storefront.conftest import Visitor

PATHS = ("/zh/", "/fa/cart", "/en/help/terms", "/xx/", "/healthz", "/robots.txt",
         "/media/phone--ink.svg", "/static/css/shop.css", "/en/owner/sign-in",
         "/pay/nobody/return", "/sitemap.xml")  # fmt: skip


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Return a browser each of whose requests is new to the shop."""
    return Visitor(app, app.response_class)


def policy(headers: dict[str, str]) -> dict[str, list[str]]:
    """Return the content policy of an answer by directive."""
    parts = headers["Content-Security-Policy"].split(";")
    return {name: values for name, *values in (part.split() for part in parts)}


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_carries_the_headers(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Request-Id"]
    assert policy(dict(headers))["default-src"] == ["'none'"]
    assert "Strict-Transport-Security" not in headers, "over http it would be a lie"


@pytest.mark.parametrize("path", ["/zh/", "/fa/cart", "/xx/", "/en/owner/sign-in"])
def test_a_page_runs_nothing_but_the_shops_own_files(
    client: FlaskClient, path: str
) -> None:
    here = policy(dict(client.get(path).headers))

    assert here["script-src"] == here["style-src"] == ["'self'"]
    assert here["form-action"] == here["connect-src"] == ["'self'"]
    assert here["frame-ancestors"] == here["object-src"] == ["'none'"]
    assert not any("unsafe" in one for values in here.values() for one in values)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "x@y", ""])
def test_another_host_is_refused(client: FlaskClient, host: str) -> None:
    page = client.get("/zh/", headers={"Host": host})

    assert page.status_code == 400
    assert "evil" not in page.text


def test_links_never_hold_the_host_that_was_asked_for(client: FlaskClient) -> None:
    named = client.get("/zh/", headers={"X-Forwarded-Host": "evil.example"})

    assert "evil.example" not in named.text
    assert 'rel="canonical" href="http://127.0.0.1' in named.text


def test_a_cookie_is_for_this_shop_and_no_script(client: FlaskClient) -> None:
    cookies = client.post("/zh/region", data={"market": "ir"}).headers.getlist(
        "Set-Cookie"
    )

    assert len(cookies) == 2
    for cookie in cookies:
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie


def test_behind_https_cookies_are_secure_and_the_browser_remembers(
    tmp_path: Path,
) -> None:
    config = make_config(
        tmp_path, f"sqlite:///{tmp_path}/a.db", SHOP_PUBLIC_URL="https://shop.example"
    )
    browser = create_app(config).test_client()
    answer = browser.get("/healthz", base_url="https://shop.example")

    assert answer.status_code == 200
    assert "max-age=" in answer.headers["Strict-Transport-Security"]
    session = browser.application.config
    assert session["SESSION_COOKIE_NAME"] == "__Host-shop"
    assert session["SESSION_COOKIE_SECURE"] is True


def test_the_secret_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    config = load_config({"DATABASE_URL": f"sqlite:///{tmp_path}/a.db"}, tmp_path)
    first = create_app(config).secret_key
    made = [one for one in tmp_path.iterdir() if one.name == "secret.key"]

    assert stat.S_IMODE(made[0].stat().st_mode) == 0o600
    assert len(made[0].read_bytes()) >= 32
    assert create_app(config).secret_key == first != KEY


def test_a_page_of_one_visitor_is_kept_by_nobody_else(client: FlaskClient) -> None:
    for path in ("/zh/", "/fa/cart", "/en/orders/"):
        headers = client.get(path).headers
        assert "private" in headers["Cache-Control"]
        assert "Cookie" in headers.getlist("Vary")
