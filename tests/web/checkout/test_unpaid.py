"""An order with a payment that was begun and not made: there is always a way on."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from shop.db import db, transaction
from shop.orders import find
from shop.orders.models import Order
from shop.payments import settings as payment_settings
from shop.payments.models import PaymentAttempt
from shop.payments.provider import all_providers
from shop.payments.rules import AttemptState
from shop.sandbox import testing
from shop.web.current import secret_key
from tests.conftest import Clock
from tests.web.checkout.walk import Shopper, stock_teapots


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[testing.Running]:
    """Return pretend gateways that speak the real protocols."""
    with testing.running(tmp_path_factory.mktemp("sandbox"), scale=100) as running:
        yield running


def _place(client: FlaskClient, method: str) -> TestResponse:
    """Order a teapot; return what the button of the review page answers."""
    stock_teapots()
    shopper = Shopper(client, "zh")
    shopper.add()
    shopper.fill()
    return shopper.place(shopper.review(method))


def _with_keys(box: testing.Running, clock: Clock, code: str, family: str) -> None:
    with transaction():
        for setting in all_providers()[code].settings:
            value = box.merchant[family].get(setting.name, "")
            payment_settings.save(code, setting.name, value, clock.now)


def test_who_opens_the_page_to_pay_can_pay_whatever_was_answered_before(
    client: FlaskClient, box: testing.Running, clock: Clock
) -> None:
    """UnionPay says 05 of a payment nobody made: that is no reason to wait."""
    _with_keys(box, clock, "unionpay", "unionpay")
    bank = _place(client, "unionpay")
    with transaction():  # what the worker's question left behind
        db.session.scalars(select(PaymentAttempt)).one().code = "05"
    link = re.search(r'href="(/zh/orders/[\w-]{20,})"', bank.text)
    assert link

    page = client.get(link[1] + "/pay").text

    assert "我们还没有收到您的付款" in page
    assert f'action="{link[1]}/pay"' in page
    assert f'data-again="{link[1]}/pay?turn=1"' in page, "and stays the page to pay"


def test_a_page_that_died_before_its_payment_leads_nowhere(
    client: FlaskClient, box: testing.Running, clock: Clock
) -> None:
    """WeChat's page for phones lives five minutes, the payment fifteen."""
    _with_keys(box, clock, "wechat_h5", "wechat")
    client.environ_base["HTTP_USER_AGENT"] = "Mozilla/5.0 (Android) Mobile"
    _place(client, "wechat_pay")
    order = db.session.scalars(select(Order)).one()
    link = f"/zh/orders/{find.token(secret_key(), order)}/pay"

    young = client.get(link).text
    with transaction():
        attempt = db.session.scalars(select(PaymentAttempt)).one()
        died = (clock.now - timedelta(seconds=1)).isoformat()
        attempt.step = dict(attempt.step or {}) | {"expires_at": died}
    old = client.get(link).text

    assert "等待您付款" in young
    assert "我们还没有收到您的付款" in old


def test_what_may_have_been_paid_offers_no_second_payment(
    client: FlaskClient, box: testing.Running, clock: Clock
) -> None:
    """An answer that was lost carries a code, too: it is no reason of the bank's."""
    _with_keys(box, clock, "unionpay", "unionpay")
    _place(client, "unionpay")
    with transaction():
        attempt = db.session.scalars(select(PaymentAttempt)).one()
        attempt.state, attempt.code = AttemptState.UNKNOWN, "500"
    order = db.session.scalars(select(Order)).one()

    page = client.get(f"/zh/orders/{find.token(secret_key(), order)}/result").text

    assert "请不要重复付款" in page
    assert '/pay"' not in page.partition("<main")[2]
