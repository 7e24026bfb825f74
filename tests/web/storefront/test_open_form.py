"""Who may put into the cart: our own pages, and nobody else's."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from shop.cart.models import CartLine
from shop.db import db
from shop.web import open_form
from tests.web.storefront.shop import Shop

HERE = "http://localhost"


@pytest.fixture
def guarded(app: Flask) -> Iterator[None]:
    """Check forms as the shop does outside of tests."""
    app.config["WTF_CSRF_ENABLED"] = True
    yield
    app.config["WTF_CSRF_ENABLED"] = False


def fields(client: FlaskClient, path: str) -> dict[str, str]:
    """Return the hidden fields of the first form that buys."""
    page = client.get(path, follow_redirects=True).text
    form = page.split('id="buy"')[1].split("</form>")[0]
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))


def count() -> int:
    """Return how many lines there are in all carts."""
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(CartLine)) or 0


def add(client: FlaskClient, form: dict[str, str], **headers: str) -> int:
    """Send the form; return the status."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post("/zh/cart/add", data=form, headers=named).status_code


def test_a_visitor_without_a_cookie_can_buy(
    shop: Shop, client: FlaskClient, guarded: None
) -> None:
    form = fields(client, f"/zh/p/{shop.phone}")

    assert client.get_cookie("shop") is None
    assert add(client, form, Origin=HERE, Sec_Fetch_Site="same-origin") == 303
    assert add(client, fields(client, f"/zh/p/{shop.phone}")) == 303
    assert count() == 1


def test_a_page_opened_before_the_first_cookie_still_works(
    shop: Shop, client: FlaskClient, guarded: None
) -> None:
    early = fields(client, f"/zh/p/{shop.phone}")
    add(client, early)
    client.get("/zh/cart")

    assert add(client, early, Origin=HERE) == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site", "Origin": HERE},
    ],
)
def test_another_site_cannot_fill_a_cart(
    shop: Shop, client: FlaskClient, guarded: None, headers: dict[str, str]
) -> None:
    form = fields(client, f"/zh/p/{shop.phone}")

    assert add(client, form, **headers) == 400
    assert count() == 0


@pytest.mark.parametrize("token", ["", "x", "ImFkZCI.aaaa.bbbb"])
def test_a_form_without_our_word_is_refused(
    shop: Shop, client: FlaskClient, guarded: None, token: str
) -> None:
    assert add(client, {"sku": "A7-INK", "csrf_token": token}, Origin=HERE) == 400
    assert count() == 0


def test_a_strangers_token_does_not_help_against_a_session(
    shop: Shop, client: FlaskClient, guarded: None, app: Flask
) -> None:
    """Without Origin, who has a session needs the token of that session."""
    stranger = type(client)(app, app.response_class)
    add(client, fields(client, f"/zh/p/{shop.phone}"))

    theirs = fields(stranger, f"/zh/p/{shop.phone}")

    assert add(client, theirs) == 400
    assert count() == 1


def test_a_page_left_open_for_long_is_refused(
    shop: Shop, client: FlaskClient, guarded: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = fields(client, f"/zh/p/{shop.phone}")
    monkeypatch.setattr(open_form, "VALID", -timedelta(days=1).total_seconds())

    assert add(client, form) == 400


def test_other_forms_want_the_token_of_the_session(
    shop: Shop, client: FlaskClient, guarded: None
) -> None:
    add(client, fields(client, f"/zh/p/{shop.phone}"))

    refused = client.post("/zh/cart/lines/1", data={"remove": "1"})

    assert refused.status_code == 400
    assert count() == 1
