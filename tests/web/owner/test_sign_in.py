"""Coming in: throttled before it is checked, and nobody learns who exists."""

from datetime import datetime
from unittest.mock import patch

import pytest
from flask import Flask
from flask.testing import FlaskClient

from shop.accounts import passwords
from shop.accounts import service as accounts
from shop.accounts.models import SignIn, Staff
from shop.db import db, transaction
from tests.conftest import Clock
from tests.payments.make import at_once
from tests.web.owner.make import EMAIL, PASSWORD, actions

RIGHT = {"name": EMAIL, "password": PASSWORD}
WRONG = {"name": EMAIL, "password": "something else"}


def test_the_owner_comes_in_and_lands_where_they_wanted(
    client: FlaskClient, owner: Staff
) -> None:
    answer = client.get("/fa/owner/products?q=a7")
    assert answer.status_code == 303
    assert "sign-in?next=/fa/owner/products?q%3Da7" in answer.location
    form = client.get(answer.location)
    assert 'name="next" value="/fa/owner/products?q=a7"' in form.text
    data = RIGHT | {"next": "/fa/owner/products?q=a7"}
    answer = client.post("/fa/owner/sign-in", data=data)
    assert (answer.status_code, answer.location) == (303, "/fa/owner/products?q=a7")
    assert client.get(answer.location).status_code == 200
    assert actions() == ["signed_in"]


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example/owner/",
        "/en/owner//evil.example",
        "/en/owner\\@evil.example",
        "/en/",
        "javascript:alert(1)",
        "/en/owner/\r\nSet-Cookie: a=b",
    ],
)
def test_signing_in_leads_nowhere_else(
    client: FlaskClient, owner: Staff, wanted: str
) -> None:
    answer = client.post("/en/owner/sign-in", data=RIGHT | {"next": wanted})
    assert answer.location == "/en/owner/"


def test_unknown_and_wrong_get_the_same_page(client: FlaskClient, owner: Staff) -> None:
    wrong = client.post("/en/owner/sign-in", data=WRONG)
    unknown = client.post(
        "/en/owner/sign-in", data=WRONG | {"name": "who@shop.example"}
    )
    assert wrong.status_code == unknown.status_code == 422
    assert wrong.text == unknown.text.replace("who@shop.example", EMAIL)


def test_an_unknown_address_costs_a_hash_too(client: FlaskClient, owner: Staff) -> None:
    with patch.object(
        passwords, "password_is_right", wraps=passwords.password_is_right
    ) as asked:
        client.post("/en/owner/sign-in", data=WRONG | {"name": "who@shop.example"})
    asked.assert_called_once_with(None, WRONG["password"])


def test_somebody_disabled_gets_the_same_answer(
    client: FlaskClient, owner: Staff, now: datetime
) -> None:
    wrong = client.post("/en/owner/sign-in", data=WRONG)
    with transaction():
        db.session.get_one(Staff, owner.id).disabled_at = now
    answer = client.post("/en/owner/sign-in", data=RIGHT)
    assert (answer.status_code, answer.text) == (422, wrong.text)


def test_after_five_wrong_tries_even_the_right_password_waits(
    client: FlaskClient, owner: Staff, clock: Clock
) -> None:
    for _ in range(5):
        assert client.post("/en/owner/sign-in", data=WRONG).status_code == 422
    closed = client.post("/en/owner/sign-in", data=RIGHT)
    assert closed.status_code == 429
    assert closed.headers["Retry-After"]
    clock.forward(minutes=15)
    assert client.post("/en/owner/sign-in", data=RIGHT).status_code == 303


def test_a_success_forgets_the_tries_of_the_address(
    client: FlaskClient, owner: Staff
) -> None:
    for _ in range(3):
        for _ in range(4):
            client.post("/en/owner/sign-in", data=WRONG)
        assert client.post("/en/owner/sign-in", data=RIGHT).status_code == 303


def test_one_network_tries_twenty_times_whoever_it_names(
    client: FlaskClient, owner: Staff
) -> None:
    codes = [
        client.post(
            "/en/owner/sign-in", data=WRONG | {"name": f"a{place}@shop.example"}
        ).status_code
        for place in range(22)
    ]
    assert codes == [422] * 20 + [429] * 2


def test_fifty_wrong_tries_at_once_check_five_passwords(
    app: Flask, owner: Staff
) -> None:
    with patch.object(
        passwords, "password_is_right", wraps=passwords.password_is_right
    ) as asked:

        def one(place: int) -> int:
            browser = app.test_client()
            where = {"REMOTE_ADDR": f"10.0.0.{place}"}
            return browser.post(
                "/en/owner/sign-in", data=WRONG, environ_base=where
            ).status_code

        codes = at_once(50, one)
    assert asked.call_count == 5
    assert sorted(str(one) for one in codes) == ["422"] * 5 + ["429"] * 45


def test_control_without_counting_first_all_fifty_are_checked(
    app: Flask, owner: Staff
) -> None:
    from shop.accounts import throttle

    with (
        patch.object(throttle, "count"),
        patch.object(passwords, "password_is_right", return_value=False) as asked,
    ):
        at_once(
            50,
            lambda _: app.test_client().post("/en/owner/sign-in", data=WRONG).data,
        )
    assert asked.call_count == 50


def test_signing_in_makes_a_new_token_and_keeps_the_cart(
    client: FlaskClient, owner: Staff
) -> None:
    with client.session_transaction() as session:
        session["cart"] = "a cart"
        session["staff"] = "planted by somebody"
    client.post("/en/owner/sign-in", data=RIGHT)
    with client.session_transaction() as session:
        assert session["cart"] == "a cart"
        assert session["staff"] not in {"", "planted by somebody"}


def test_signing_out_ends_it_in_the_database(
    desk: FlaskClient, app: Flask, now: datetime
) -> None:
    with desk.session_transaction() as session:
        token = session["staff"]
    assert desk.post("/en/owner/sign-out").status_code == 303
    db.session.rollback()
    assert db.session.query(SignIn).one().ended_at == now
    stolen = app.test_client()
    with stolen.session_transaction() as session:
        session["staff"] = token
    assert "sign-in" in stolen.get("/en/owner/").location


def test_an_idle_browser_signs_in_again(desk: FlaskClient, clock: Clock) -> None:
    clock.forward(hours=11)
    assert desk.get("/en/owner/").status_code == 200
    clock.forward(hours=11)
    assert desk.get("/en/owner/").status_code == 200
    clock.forward(hours=13)
    assert "sign-in" in desk.get("/en/owner/").location


def test_a_new_password_ends_every_other_sign_in_and_the_hint(
    desk: FlaskClient, app: Flask, owner: Staff, now: datetime
) -> None:
    with transaction():
        elsewhere = accounts.begin_sign_in(owner, now)
    hint = app.extensions["shop"].owner_password_file
    hint.write_text("secret")
    new = "three quiet brown geese"
    data = {"old": PASSWORD, "new": new, "again": new}
    assert desk.post("/zh/owner/password", data=data).status_code == 303
    assert desk.get("/zh/owner/").status_code == 200
    other = app.test_client()
    with other.session_transaction() as session:
        session["staff"] = elsewhere
    assert "sign-in" in other.get("/en/owner/").location
    assert not hint.exists()
    fresh = app.test_client()
    answer = fresh.post("/en/owner/sign-in", data={"name": EMAIL, "password": new})
    assert answer.status_code == 303
    assert actions()[0] == "password_changed"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"old": "wrong"}, "not your present password"),
        ({"new": "short", "again": "short"}, "at least"),
        ({"new": "x" * 129, "again": "x" * 129}, "no more than"),
        ({"again": "another one, longer"}, "not the same"),
    ],
)
def test_a_password_that_will_not_do_says_why(
    desk: FlaskClient, given: dict[str, str], said: str
) -> None:
    new = "three quiet brown geese"
    data = {"old": PASSWORD, "new": new, "again": new} | given
    answer = desk.post("/en/owner/password", data=data)
    assert answer.status_code == 422
    assert said in answer.text
    assert actions() == []


def test_the_desk_remembers_the_language_of_its_person(
    client: FlaskClient, owner: Staff
) -> None:
    client.post("/fa/owner/sign-in", data=RIGHT)
    db.session.rollback()
    db.session.expire_all()
    assert db.session.get_one(Staff, owner.id).language == "fa"
