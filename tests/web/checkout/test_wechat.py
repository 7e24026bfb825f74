"""Paying inside WeChat: the browser is named, comes back, and pays over the bridge."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from shop.db import db, transaction
from shop.orders import find
from shop.orders.ledger import standing
from shop.orders.models import Order
from shop.payments import collect, settings
from shop.payments.provider import all_providers
from shop.sandbox.testing import Running, running
from shop.web.current import secret_key
from tests.conftest import Clock
from tests.orders import make as orders
from tests.payments.make import attempts
from tests.payments.providers.gateway import FakeGateway, running_gateway

INSIDE = {"User-Agent": "Mozilla/5.0 (Linux; Android 14) MicroMessenger/8.0.50"}
DESKTOP = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64)"}
CODES = ("wechat_native", "wechat_h5", "wechat_jsapi")


@pytest.fixture(scope="module")
def gateways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("wechat")) as box:
        yield box


@pytest.fixture
def box(
    app: Flask, gateways: Running, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> Running:
    """Return WeChat's sandbox; the shop has its keys and may call this machine."""
    gateways.reset()
    clock.now = datetime.now(UTC)
    config = app.extensions["shop"]
    monkeypatch.setitem(app.extensions, "shop", replace(config, sandbox=True))
    with transaction():
        for code in CODES:
            names = {one.name for one in all_providers()[code].settings}
            for name, value in gateways.merchant["wechat"].items():
                if name in names:
                    settings.save(code, name, str(value), clock.now)
    return gateways


@pytest.fixture
def order(box: Running, clock: Clock) -> Order:
    """Return an order that waits to be paid by WeChat Pay."""
    made = orders.order(clock.now)
    with transaction():
        db.session.execute(
            update(Order).where(Order.id == made.id).values(method="wechat_pay")
        )
    return db.session.get_one(Order, made.id, populate_existing=True)


def link(app: Flask, order: Order, page: str) -> str:
    token = find.token(secret_key(), order)
    return f"/zh/orders/{token}/{page}"


def begin(app: Flask, client: FlaskClient, order: Order, agent: dict[str, str]) -> str:
    """Press the button; return where it leads."""
    with app.test_request_context():
        path = link(app, order, "pay")
    answer = client.post(path, headers=agent)
    assert answer.status_code == 303
    return str(answer.location)


def name_me(url: str, agent: dict[str, str] = INSIDE) -> str:
    """Open WeChat's page as its browser does; return where it sends us back to."""
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(url, headers=agent, allow_redirects=False, timeout=10)
    return str(answer.headers.get("Location", ""))


def path_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def follow(client: FlaskClient, path: str) -> str:
    """Return the page at the end of the way."""
    return client.get(path, headers=INSIDE, follow_redirects=True).text


def test_a_reader_inside_wechat_pays_by_jsapi_to_the_end(
    app: Flask, client: FlaskClient, box: Running, order: Order, clock: Clock
) -> None:
    away = begin(app, client, order, INSIDE)
    asked = parse_qsl(urlsplit(away).query)
    assert [name for name, _ in asked] == [
        "appid", "redirect_uri", "response_type", "scope", "state",
    ]  # fmt: skip
    assert order.number not in away

    back = name_me(away)
    answer = client.get(path_of(back), headers=INSIDE)
    assert answer.status_code == 303
    page = client.get(answer.location, headers=INSIDE)

    call = json.loads(unescape(re.findall(r'data-bridge="([^"]*)"', page.text)[0]))
    assert call["signType"] == "RSA"
    base = box.merchant["wechat"]["base_url"]
    box.pay(f"{base}/jsapi?{urlencode(call)}")
    (attempt,) = attempts(order.charges[0])
    assert attempt.provider == "wechat_jsapi"
    collect.ask(attempt.id, clock.now)

    assert standing(find.lock(order.id)).is_paid
    openid = attempt.options["openid"]
    assert openid.startswith("o")
    assert openid not in page.text


def test_elsewhere_wechat_is_paid_by_a_code(
    app: Flask, client: FlaskClient, order: Order
) -> None:
    assert begin(app, client, order, DESKTOP).endswith("/pay")

    (attempt,) = attempts(order.charges[0])
    assert attempt.provider == "wechat_native"


def test_without_the_secret_readers_inside_wechat_get_a_code(
    app: Flask, client: FlaskClient, order: Order, clock: Clock
) -> None:
    with transaction():
        for code in CODES:
            settings.save(code, "app_secret", "", clock.now)

    assert begin(app, client, order, INSIDE).endswith("/pay")

    (attempt,) = attempts(order.charges[0])
    assert attempt.provider == "wechat_native"


@pytest.mark.parametrize("spoil", ["0" * 64, "", "x", "ff" * 200])
def test_another_state_is_refused_and_nothing_begins(
    app: Flask, client: FlaskClient, order: Order, spoil: str
) -> None:
    back = path_of(name_me(begin(app, client, order, INSIDE)))
    state = dict(parse_qsl(back.partition("?")[2]))["state"]

    text = follow(client, back.replace(state, spoil))

    assert "这次授权与您的付款不符" in text
    assert attempts(order.charges[0]) == []
    assert "这次授权与您的付款不符" not in follow(client, back)  # asked once
    assert attempts(order.charges[0]) == []


def test_another_browser_cannot_bring_the_answer(
    app: Flask, client: FlaskClient, order: Order
) -> None:
    back = path_of(name_me(begin(app, client, order, INSIDE)))
    stranger = app.test_client()

    text = follow(stranger, back)

    assert order.number not in text
    assert attempts(order.charges[0]) == []


def test_an_answer_after_ten_minutes_is_too_late(
    app: Flask, client: FlaskClient, order: Order, clock: Clock
) -> None:
    back = path_of(name_me(begin(app, client, order, INSIDE)))
    clock.forward(minutes=10, seconds=1)

    assert "这次授权与您的付款不符" in follow(client, back)


def test_who_says_no_comes_back_to_the_order(
    app: Flask, client: FlaskClient, box: Running, order: Order
) -> None:
    box.fault("wechat", "authorize", "denied")

    text = follow(client, path_of(name_me(begin(app, client, order, INSIDE))))

    assert "未获授权" in text
    assert "pay" in text
    assert attempts(order.charges[0]) == []


@pytest.mark.parametrize(
    "mode", ["error:40029", "http500", "html", "empty", "error:40125"]
)
def test_no_faulty_answer_is_a_name(
    app: Flask, client: FlaskClient, box: Running, order: Order, mode: str
) -> None:
    back = path_of(name_me(begin(app, client, order, INSIDE)))
    box.fault("wechat", "access_token", mode)

    assert "微信暂时没有回应" in follow(client, back)

    assert attempts(order.charges[0]) == []


def test_a_dead_host_comes_back_to_the_order(
    app: Flask, client: FlaskClient, box: Running, order: Order, clock: Clock
) -> None:
    back = path_of(name_me(begin(app, client, order, INSIDE)))
    with transaction():
        settings.save("wechat_jsapi", "name_host", "http://127.0.0.1:1", clock.now)

    assert "微信暂时没有回应" in follow(client, back)


def test_the_sandbox_opens_only_inside_wechat(
    app: Flask, client: FlaskClient, order: Order
) -> None:
    assert name_me(begin(app, client, order, INSIDE), DESKTOP) == ""


def test_the_page_with_the_button_names_wechats_host(
    app: Flask, client: FlaskClient, box: Running, order: Order
) -> None:
    with app.test_request_context():
        path = link(app, order, "result")
    policy = client.get(path, headers=INSIDE).headers["Content-Security-Policy"]

    assert box.merchant["wechat"]["page_host"] in policy.partition("form-action")[2]


def test_a_strange_name_is_no_name(app: Flask, clock: Clock) -> None:
    with running_gateway() as gateway:
        _judge(gateway)


def _judge(gateway: FakeGateway) -> None:
    from shop.payments.provider import ProviderError
    from tests.payments.providers import wechat

    jsapi = all_providers()["wechat_jsapi"]
    keys = wechat.settings(gateway.url, app_secret="s3cret", name_host=gateway.url)
    for said in ({}, {"openid": "a b"}, {"openid": 7}, {"openid": "x" * 200}):
        gateway.answer(said)
        with pytest.raises(ProviderError) as caught:
            jsapi.name_payer("code", keys)
        assert "s3cret" not in repr(caught.value)
    gateway.answer({"openid": "oUpF8"})
    assert jsapi.name_payer("code", keys) == {"openid": "oUpF8"}
    with pytest.raises(ProviderError):
        jsapi.name_payer("a&openid=1", keys)
