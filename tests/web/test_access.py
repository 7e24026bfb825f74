"""Who may open what: every route has its row; forms need their token; GET only looks.

The rows are written out, not computed: a new route without one fails here, and
so does a route whose door was left open.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from shop.accounts import service as accounts
from shop.db import db, transaction
from tests.web.owner.make import PASSWORD
from tests.web.storefront.conftest import Visitor
from tests.web.world import World, build, forms, shop_until_review, sign_in

#: Everybody may, with or without a cookie.
ANYONE = """
    cart.add cart.line cart.show catalogue.category catalogue.product catalogue.short
    checkout.address checkout.delivery checkout.payment checkout.review
    checkout.save_address checkout.save_delivery checkout.save_payment checkout.start
    checkout.submit help.index help.policy home.root home.show media.file ops.healthz
    ops.readyz orders.lookup orders.send_links payer.named region.choose region.show
    returns.ask returns.send_link
    search.results search.suggest seo.pages seo.products seo.robots seo.sitemap static
"""
#: Whoever has the secret link of the order; anybody else gets a 404.
LINK = """
    orders.again orders.ask_cancel orders.do_cancel orders.edit_address
    orders.edit_payment orders.save_address orders.save_payment orders.show
    pay.begin pay.qr pay.receipt pay.receipt_file pay.result pay.show returns.form
    returns.submit
"""
#: A provider, known by its signature, or asked back: never believed.
PROVIDER = "callbacks.come_back callbacks.notify"
#: Who wants to sign in.
DOOR = "owner.sign_in owner.enter"
#: Whoever works here.
STAFF = """
    owner.accept_money owner.add_picture owner.approve_return owner.arrange owner.ask
    owner.ask_bill owner.decline_return
    owner.ask_now owner.bill_done owner.bills owner.read_bill
    owner.barcode_file owner.cancel owner.choose_refund owner.clinic
    owner.confirm_receipt owner.give_parts_back owner.preview_refund
    owner.confirm_statement owner.deliver owner.describe_picture owner.do_cancel
    owner.give_back owner.hand_over owner.hold owner.move_picture owner.note_money
    owner.open_slip owner.order owner.pack owner.password owner.pictures
    owner.products owner.queue owner.read_statement owner.ready owner.receipt_file
    owner.refund_by_hand owner.reject_receipt owner.remove_picture owner.resend
    owner.rewrite
    owner.resume owner.reveal owner.save_password owner.save_state owner.save_variant
    owner.ship owner.sign_out owner.slip owner.statement owner.test_callback
"""
#: The owner alone.
OWNER = "owner.audit owner.save_settings owner.settings owner.test_keys"
ROWS = {
    endpoint: who
    for who, text in (
        ("anyone", ANYONE), ("link", LINK), ("provider", PROVIDER), ("door", DOOR),
        ("staff", STAFF), ("owner", OWNER),
    )
    for endpoint in text.split()
}  # fmt: skip
#: What needs no token: literally these. Providers sign; ``add`` checks for itself.
EXEMPT = {"callbacks.come_back", "callbacks.notify"}
CHECKS_ITSELF = {"cart.add"}
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


@pytest.fixture
def world(app: Flask, now: datetime) -> World:
    """Return a shop in which everything exists."""
    return build(app, now)


def visitor(app: Flask) -> FlaskClient:
    """Return a new browser."""
    return Visitor(app, app.response_class)


def staff(world: World, now: datetime) -> FlaskClient:
    """Return the browser of somebody who works here and owns nothing."""
    with transaction():
        packer = accounts.add_staff(
            "packer@shop.example", "Packer", "kept-only-here", now, role="staff"
        )
    browser = visitor(world.app)
    sign_in(browser, packer, now)
    return browser


def rules(app: Flask, who: str = "") -> list[Rule]:
    """Return the routes, or those of one row."""
    found = [one for one in app.url_map.iter_rules() if one.endpoint != "static"]
    return [one for one in found if not who or ROWS.get(one.endpoint) == who]


def ask(browser: FlaskClient, rule: Rule, path: str) -> Iterator[TestResponse]:
    """Ask for a route by every method it takes."""
    for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
        yield browser.open(path, method=method)


def test_every_route_has_its_row(app: Flask) -> None:
    assert {one.endpoint for one in app.url_map.iter_rules()} == set(ROWS)


def test_who_is_not_signed_in_gets_no_further_than_the_door(world: World) -> None:
    for who in ("staff", "owner"):
        for rule in rules(world.app, who):
            for answer in ask(visitor(world.app), rule, world.path(rule)):
                assert answer.status_code == 303, rule.endpoint
                assert "/owner/sign-in?next=" in answer.location, rule.endpoint


def test_the_owners_rooms_are_closed_to_staff(world: World, now: datetime) -> None:
    browser = staff(world, now)
    for rule in rules(world.app, "owner"):
        for answer in ask(browser, rule, world.path(rule)):
            assert answer.status_code == 403, rule.endpoint
            assert 'lang="fa-IR"' in answer.text


def test_staff_and_owner_come_in(world: World, now: datetime) -> None:
    packer, owner = staff(world, now), visitor(world.app)
    sign_in(owner, world.owner, now)
    for browser, who in ((packer, "staff"), (owner, "staff"), (owner, "owner")):
        for rule in rules(world.app, who):
            if "GET" in (rule.methods or set()):
                answer = browser.get(world.path(rule))
                assert answer.status_code != 403, rule.endpoint
                assert "/sign-in" not in (answer.location or ""), rule.endpoint


@pytest.mark.parametrize("spoil", ["x" * 32, "0" * 40, "", "another"])
def test_an_order_opens_by_its_own_link_only(world: World, spoil: str) -> None:
    token = world.values["token"]
    wrong = {
        "": token[:-1],
        "another": world.order.number + token[len(world.order.number) :],
    }.get(spoil, spoil)
    for rule in rules(world.app, "link"):
        for answer in ask(visitor(world.app), rule, world.path(rule, token=wrong)):
            assert answer.status_code == 404, rule.endpoint


def test_the_right_link_opens_it_without_a_cookie(world: World) -> None:
    for rule in rules(world.app, "link"):
        if rule.endpoint in {"pay.receipt_file", "pay.qr"}:
            continue  # this order has neither picture nor code
        if "GET" in (rule.methods or set()):
            answer = visitor(world.app).get(world.path(rule))
            assert answer.status_code in {200, 303, 409}, rule.endpoint


def test_a_form_without_its_token_is_refused(world: World, now: datetime) -> None:
    browser = visitor(world.app)
    shop_until_review(browser)
    sign_in(browser, world.owner, now)
    world.app.config["WTF_CSRF_ENABLED"] = True
    before = rows()
    for rule in rules(world.app):
        for method in sorted((rule.methods or set()) & UNSAFE):
            if rule.endpoint in EXEMPT:
                continue
            answer = browser.open(world.path(rule), method=method)
            assert answer.status_code == 400, rule.endpoint
            assert 'lang="fa-IR"' in answer.text, rule.endpoint
    assert rows() == before


def test_what_needs_no_token_is_exactly_this(app: Flask) -> None:
    guard = app.extensions["csrf"]
    views = {
        f"{view.__module__}.{view.__name__}": endpoint
        for endpoint, view in app.view_functions.items()
        if hasattr(view, "__name__")
    }
    assert {one.name for one in guard._exempt_blueprints} == {"callbacks"}
    assert {views[name] for name in guard._exempt_views} == CHECKS_ITSELF
    of_blueprint = {name for name in ROWS if name.startswith("callbacks.")}
    assert of_blueprint == EXEMPT


def test_looking_changes_nothing(world: World, now: datetime) -> None:
    browser, stranger = visitor(world.app), visitor(world.app)
    shop_until_review(browser)
    sign_in(browser, world.owner, now)
    before = rows()
    for rule in rules(world.app):
        if "GET" in (rule.methods or set()):
            for who in (browser, stranger):
                who.get(world.path(rule))
                who.head(world.path(rule))
    assert rows() == before


def rows() -> dict[str, list[Any]]:
    """Return every row of every table."""
    db.session.rollback()
    found = {}
    for table in db.metadata.sorted_tables:
        lines = db.session.execute(select(table)).all()
        found[table.name] = sorted(map(repr, lines))
    db.session.rollback()
    return found


def test_every_form_leads_to_a_route_with_a_token_in_it(
    world: World, now: datetime
) -> None:
    browser = visitor(world.app)
    shop_until_review(browser)
    sign_in(browser, world.owner, now)
    world.app.config["WTF_CSRF_ENABLED"] = True
    seen = 0
    for rule in rules(world.app):
        if "GET" not in (rule.methods or set()):
            continue
        page = browser.get(world.path(rule))
        for action in re.findall(r'<form[^>]* method="post"[^>]*>', page.text, re.I):
            where = re.search(r'action="([^"]*)"', action)
            assert where is not None, (rule.endpoint, action)
            fields = forms(page)[where[1].partition("#")[0]]
            assert fields.get("csrf_token"), (rule.endpoint, where[1])
            seen += 1
    assert seen > 20


#: What is typed into the forms of the desk, beside what they hold already.
DEEDS: dict[str, dict[str, Any]] = {
    "owner.save_variant": {"stock": "۹"},
    "owner.save_state": {"state": "discontinued"},
    "owner.save_settings": {"shop_name_en": "Another name"},
    "owner.save_password": {
        "old": PASSWORD, "new": "another-one-of-this", "again": "another-one-of-this",
    },
    "owner.confirm_receipt": {},
    "owner.hold": {"reason": "asked"},
    "owner.resume": {},
    "owner.pack": {},
    "owner.ship": {"carrier": "sf", "tracking": "SF1234567890"},
    "owner.deliver": {},
    "owner.note_money": {},
    "owner.reveal": {},
    "owner.open_slip": {},
}  # fmt: skip
#: Tables that say who is here, or are the log: no deeds.
_NOT_DEEDS = {"audit", "sign_in", "throttle"}


def test_whatever_changes_at_the_desk_stands_in_the_log(
    world: World, now: datetime
) -> None:
    browser = visitor(world.app)
    sign_in(browser, world.owner, now)
    unlogged, logged = [], set()
    for endpoint, typed in DEEDS.items():
        rule = next(world.app.url_map.iter_rules(endpoint))
        number = world.order.number
        if endpoint == "owner.confirm_receipt":
            number = world.unpaid.number
        path = world.path(rule, number=number)
        values = _offered(browser, world).get(path, {}) | typed
        before, told = deeds(), count_log()
        browser.post(path, data=values)
        if deeds() != before and count_log() == told:
            unlogged.append(endpoint)
        elif count_log() > told:
            logged.add(endpoint)
    assert not unlogged
    assert logged == set(DEEDS)


def _offered(browser: FlaskClient, world: World) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for endpoint in ("owner.order", "owner.products", "owner.settings"):
        for rule in world.app.url_map.iter_rules(endpoint):
            for number in (world.order.number, world.unpaid.number):
                page = browser.get(world.path(rule, number=number))
                for action, values in forms(page).items():
                    found.setdefault(action, {}).update(values)
    return found


def deeds() -> dict[str, list[Any]]:
    """Return every row but those that no deed makes."""
    return {name: found for name, found in rows().items() if name not in _NOT_DEEDS}


def count_log() -> int:
    """Return how many lines the log has."""
    return len(rows()["audit"])
