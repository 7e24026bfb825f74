"""The addresses providers call: no session, no token, no way out, no flood."""

import re
from collections.abc import Iterator
from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from shop.db import transaction
from shop.markets.registry import market
from shop.payments import collect, protocol, settings
from shop.payments.rules import AttemptState
from shop.web.callbacks.flood import MOST
from shop.web.paying import UrlsFor
from tests.conftest import Clock
from tests.payments import make
from tests.payments.providers import every
from tests.proof.deliveries import HonestBank, Subject, back, notice
from tests.web.checkout.walk import Shopper, stock_teapots

IRAN: make.Way = {"market": "ir", "currency": "IRR", "method": "gateway"}


@pytest.fixture
def guarded(app: Flask) -> Iterator[FlaskClient]:
    """Return a browser in a shop that checks the tokens of forms, as it does live."""
    app.config["WTF_CSRF_ENABLED"] = True
    yield app.test_client()
    app.config["WTF_CSRF_ENABLED"] = False


def fill_in(*codes: str, now: datetime) -> None:
    """Give the shop keys of these providers; the real addresses stay."""
    with transaction():
        for code in codes:
            for name, value in every.settings(code, "").items():
                if name not in {"base_url", "sandbox"}:
                    settings.save(code, name, value, now)


def begun(code: str, now: datetime) -> Subject:
    """Return a payment that the buyer has made at an Iranian gateway."""
    fill_in(code, now=now)
    charge = make.owed(now, 1_250_000, **IRAN)
    attempt = make.begun(charge, now, code)
    return Subject(code, attempt.ref, charge.order_id, attempt.attempt_id)


@pytest.mark.parametrize("code", ["mellat", "sep"])
def test_case_52_a_bank_posts_back_without_cookie_and_without_token(
    guarded: FlaskClient, now: datetime, code: str
) -> None:
    with HonestBank():
        subject = begun(code, now)
        form = dict(back(subject).form)

        answer = guarded.post(f"/pay/{code}/return", data=form)

    assert answer.status_code == 303
    paid = {AttemptState.PAID, AttemptState.SETTLED}
    assert make.state(subject.attempt_id) in paid


def test_case_52_our_own_forms_still_want_their_token(guarded: FlaskClient) -> None:
    assert guarded.post("/zh/checkout/review").status_code == 400


def review(client: FlaskClient, method: str) -> dict[str, str]:
    """Return the headers of the page whose button leads to the bank."""
    shopper = Shopper(client, "fa")
    shopper.add()
    shopper.fill()
    shopper.review(method)
    return dict(shopper.get("/checkout/review").headers)


@pytest.mark.parametrize("code", ["mellat", "sep", "zarinpal", "zibal"])
def test_case_52_the_page_before_a_bank_names_its_host_and_sends_ours(
    client: FlaskClient, now: datetime, code: str
) -> None:
    stock_teapots()
    fill_in(code, now=now)
    assert settings.collectors(market("ir"), "gateway") == [code]

    headers = review(client, "gateway")

    form_action = re.search(r"form-action ([^;]*)", headers["Content-Security-Policy"])
    assert form_action
    hosts = settings.get(code).hosts(settings.read(code, now))
    assert hosts <= set(form_action[1].split())
    assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"


def test_case_52_the_step_to_the_bank_sends_our_host_too(
    client: FlaskClient, now: datetime
) -> None:
    stock_teapots()
    fill_in("mellat", "zarinpal", now=now)
    for code in ("mellat", "zarinpal"):
        with transaction():
            for other in ("mellat", "zarinpal"):
                settings.use("ir", "gateway", other, enabled=other == code, position=0)
        shopper = Shopper(client, "fa")
        shopper.add()
        shopper.fill()
        with HonestBank():
            answer = shopper.place(shopper.review("gateway"))
        assert answer.status_code == {"mellat": 200, "zarinpal": 303}[code]
        assert answer.headers["Referrer-Policy"] == "strict-origin-when-cross-origin"


def test_case_52_no_other_page_tells_where_a_reader_comes_from(
    client: FlaskClient,
) -> None:
    assert client.get("/fa/").headers["Referrer-Policy"] == "same-origin"


def forged(client: FlaskClient, address: str = "198.51.100.7") -> int:
    form = {"out_trade_no": "1", "trade_status": "TRADE_SUCCESS", "sign": "x"}
    return client.post(
        "/pay/alipay/notify", data=form, environ_base={"REMOTE_ADDR": address}
    ).status_code


def test_case_54_an_address_that_floods_is_turned_away_before_any_signature(
    client: FlaskClient, now: datetime, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_in("alipay", now=now)
    codes = {forged(client) for _ in range(MOST)}
    seen: list[object] = []
    monkeypatch.setattr(collect, "notified", lambda *given: seen.append(given))

    assert codes == {400}
    assert forged(client) == 429
    assert seen == [], "nothing was parsed and no key was touched"


def test_case_54_the_limit_is_by_address_not_by_order_and_ends(
    client: FlaskClient, now: datetime, clock: Clock
) -> None:
    fill_in("alipay", now=now)
    for _ in range(MOST):
        forged(client)

    others = forged(client, "203.0.113.9")
    clock.forward(minutes=1)

    assert others == 400
    assert forged(client) == 400


def test_case_54_genuine_notifications_never_count(
    client: FlaskClient, now: datetime
) -> None:
    fill_in("alipay", now=now)
    charge = make.owed(now)
    attempt = make.begun(charge, now, "alipay")
    subject = Subject("alipay", attempt.ref, charge.order_id, attempt.attempt_id)
    request = notice(subject, 1, now)

    answers = {
        client.post(
            "/pay/alipay/notify", data=request.body, headers=dict(request.headers)
        ).text
        for _ in range(MOST + 2)
    }

    assert answers == {"success"}


@pytest.mark.parametrize(
    ("path", "ours"),
    [
        ("/pay/zarinpal/return?Authority={ref}&Status=OK&next={evil}", "/fa/orders/"),
        ("/pay/zarinpal/return?Authority={ref}&Status=OK&url={evil}", "/fa/orders/"),
        ("/pay/zarinpal/return?Authority={ref}&Status=NOK&redirect={evil}", "/fa/or"),
    ],
)
def test_case_55_a_return_leads_to_the_order_whatever_it_asks_for(
    client: FlaskClient, now: datetime, path: str, ours: str
) -> None:
    with HonestBank():
        subject = begun("zarinpal", now)
        ref = "A" + subject.ref.zfill(35)

        answer = client.get(path.format(ref=ref, evil="https://evil.example/"))

    assert answer.status_code == 303
    assert (answer.location or "").startswith(ours)
    assert "evil" not in (answer.location or "")


@pytest.mark.parametrize(
    "evil",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:1"],
)
def test_case_55_no_next_leads_out_of_the_shop(client: FlaskClient, evil: str) -> None:
    region = client.post("/fa/region", data={"market": "ir", "next": evil})
    door = client.post("/fa/owner/sign-in", query_string={"next": evil})

    for answer in (region, door):
        to = answer.location or "/"
        assert to.startswith("/")
        assert not to.startswith(("//", "/\\"))


def test_case_55_the_gateways_address_is_the_owners_alone(
    client: FlaskClient, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of a request names the host that is asked."""
    asked: list[str] = []
    subject_bank = HonestBank()
    with subject_bank:
        subject = begun("zarinpal", now)
        honest = protocol.call

        def call(method: str, url: str, *more: object) -> protocol.Answer:
            asked.append(url)
            return honest(method, url, *more)  # type: ignore[arg-type]

        ref = "A" + subject.ref.zfill(35)
        with monkeypatch.context() as patch:  # undone before the bank leaves
            patch.setattr(protocol, "call", call)
            client.get(
                f"/pay/zarinpal/return?Authority={ref}&Status=OK"
                "&base_url=http://evil.example",
                headers={"X-Forwarded-Host": "evil.example"},
            )

    assert asked
    assert {url.split("/")[2] for url in asked} == {"payment.zarinpal.com"}


def test_a_notify_address_is_made_from_the_settings(app: Flask) -> None:
    with app.test_request_context("/", headers={"Host": "localhost"}):
        urls = UrlsFor("alipay")("1")

    base = app.extensions["shop"].public_url
    assert urls.notify_url == f"{base}/pay/alipay/notify"
