"""Who may open what: every room of the desk, asked by everybody."""

import hashlib
from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.routing import Rule

from shop.accounts import service as accounts
from shop.accounts.models import SignIn, Staff
from shop.db import db, transaction
from tests.catalogue import make as goods
from tests.web.owner import make
from tests.web.owner.make import PASSWORD

#: Pages that are not there for the sample values, or lead on.
ELSEWHERE = {
    "owner.receipt_file": 404,
    "owner.sign_in": 303,
    "owner.choose_refund": 303,  # nothing was paid
}
OPEN = {"owner.sign_in", "owner.enter"}


def rooms(app: Flask, method: str) -> list[Rule]:
    """Return every address of the desk that answers a method."""
    return [
        rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("owner.") and method in (rule.methods or ())
    ]


def address(rule: Rule, number: str, product_id: int, variant_id: int) -> str:
    """Return the address of a room with sample values in it."""
    known = {
        "lang": "en",
        "number": number,
        "product_id": product_id,
        "variant_id": variant_id,
        "name": "0" * 32 + "-320.webp",
        "room": "keys",
        "part_id": "keys-zarinpal",
    }
    values = {name: known.get(name, 1) for name in rule.arguments}
    built = rule.build(values)
    assert built is not None
    return built[1]


@pytest.fixture
def places(app: Flask, now: datetime) -> dict[str, dict[str, str]]:
    """Return sample addresses by method and endpoint."""
    order = make.on_delivery(now)
    saved = goods.product("teapot")
    (variant,) = saved.variant_ids.values()
    return {
        method: {
            rule.endpoint: address(rule, order.number, saved.product_id, variant)
            for rule in rooms(app, method)
        }
        for method in ("GET", "POST")
    }


def test_nobody_sees_a_room_without_signing_in(
    client: FlaskClient, places: dict[str, dict[str, str]]
) -> None:
    assert len(places["GET"]) >= 12
    for method, known in places.items():
        for endpoint, url in known.items():
            if endpoint in OPEN:
                continue
            answer = client.open(url, method=method)
            assert answer.status_code == 303, endpoint
            assert answer.location.startswith("/en/owner/sign-in"), endpoint
            assert answer.headers["Cache-Control"] == "no-store", endpoint


def test_an_order_that_is_not_there_looks_like_one_that_is(
    client: FlaskClient, desk: FlaskClient
) -> None:
    answer = client.get("/en/owner/orders/1234567890")
    assert answer.status_code == 303
    assert desk.get("/en/owner/orders/1234567890").status_code == 404
    assert desk.post("/en/owner/orders/1234567890/pack").status_code == 404
    assert desk.get("/en/owner/products/99/pictures").status_code == 404
    assert desk.post("/en/owner/products/variants/99").status_code == 404
    assert desk.get("/en/owner/settings/nothing").status_code == 404


def test_every_room_opens_for_the_owner_and_keeps_nothing(
    desk: FlaskClient, places: dict[str, dict[str, str]]
) -> None:
    for endpoint, url in places["GET"].items():
        answer = desk.get(url)
        assert answer.status_code == ELSEWHERE.get(endpoint, 200), endpoint
        assert answer.headers["Cache-Control"] == "no-store", endpoint


def test_no_form_is_taken_without_its_mark(
    desk: FlaskClient, app: Flask, places: dict[str, dict[str, str]]
) -> None:
    before = everything()
    app.config["WTF_CSRF_ENABLED"] = True
    for endpoint, url in places["POST"].items():
        assert desk.post(url).status_code == 400, endpoint
    assert everything() == before


def test_looking_changes_nothing(
    desk: FlaskClient, places: dict[str, dict[str, str]]
) -> None:
    before = everything()
    for url in places["GET"].values():
        desk.get(url)
    assert everything() == before


def everything() -> str:
    """Return a fingerprint of every row there is."""
    db.session.rollback()
    found = hashlib.sha256()
    for table in db.metadata.sorted_tables:
        rows = sorted(map(str, db.session.execute(select(table))))
        found.update(f"{table.name}{rows}".encode())
    db.session.rollback()
    return found.hexdigest()


@pytest.mark.parametrize("path", ["settings/", "settings/keys", "audit"])
def test_settings_and_log_are_the_owners_alone(
    app: Flask, now: datetime, path: str
) -> None:
    helper = signed_in(app, "helper@shop.example", "staff", now)
    assert helper.get("/en/owner/").status_code == 200
    assert helper.get(f"/en/owner/{path}").status_code == 403
    assert f"/en/owner/{path}" not in helper.get("/en/owner/").text
    url = "/en/owner/settings/keys/keys-zarinpal"
    assert helper.post(url, data={"merchant_id": "x" * 36}).status_code == 403
    assert helper.post(f"{url}/test").status_code == 403


def test_a_translator_has_no_business_at_the_desk(app: Flask, now: datetime) -> None:
    translator = signed_in(app, "t@shop.example", "translator", now)
    assert translator.get("/en/owner/").status_code == 403
    assert translator.get("/en/owner/password").status_code == 200
    assert translator.post("/en/owner/sign-out").status_code == 303


def signed_in(app: Flask, email: str, role: str, now: datetime) -> FlaskClient:
    """Return a browser in which somebody of a role is signed in."""
    with transaction():
        staff = accounts.add_staff(email, "Somebody", PASSWORD, now, role)
        token = accounts.begin_sign_in(staff, now)
    browser = app.test_client()
    with browser.session_transaction() as session:
        session["staff"] = token
    return browser


def test_somebody_disabled_is_out_at_once(
    desk: FlaskClient, owner: Staff, now: datetime
) -> None:
    with transaction():
        db.session.get_one(Staff, owner.id).disabled_at = now
    assert "sign-in" in desk.get("/en/owner/").location


def test_the_desk_reads_what_its_person_reads_not_what_the_shopper_does(
    desk: FlaskClient, now: datetime
) -> None:
    """S120: the language of the desk is in its address; the order keeps its own."""
    order = make.to_arrange(now)
    for lang, html in (("zh", "zh-Hans-CN"), ("fa", "fa-IR"), ("en", "en")):
        page = desk.get(f"/{lang}/owner/orders/{order.number}").text
        assert f'<html lang="{html}"' in page
    desk.post(f"/zh/owner/orders/{order.number}/hold", data={"reason": "x"})
    assert make.fresh(order).language == order.language


def test_seen_is_noted_now_and_then_only(
    desk: FlaskClient, now: datetime, clock: object
) -> None:
    desk.get("/en/owner/")
    db.session.rollback()
    assert db.session.query(SignIn).one().seen_at == now
