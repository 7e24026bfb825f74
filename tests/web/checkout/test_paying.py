"""Paying through real protocol clients: the shop's pages against the sandbox."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from shop.db import db, transaction
from shop.orders import cancel
from shop.orders.ledger import standing
from shop.orders.models import Order
from shop.orders.states import OrderState
from shop.payments import attempts, reconcile
from shop.payments import settings as payment_settings
from shop.payments.models import PaymentAttempt
from shop.payments.provider import all_providers
from shop.sandbox import testing
from tests.conftest import Clock
from tests.web.checkout.walk import Shopper, stock_teapots


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[testing.Running]:
    """Return pretend gateways that speak the real protocols."""
    with testing.running(tmp_path_factory.mktemp("sandbox"), scale=100) as running:
        yield running


@pytest.fixture
def shop(
    client: FlaskClient, box: testing.Running, clock: Clock, app: Flask
) -> FlaskClient:
    """Return a shop with a teapot and the keys of the gateways."""
    stock_teapots()
    box.reset()
    box.be_at(clock.now)
    with transaction():
        for code in ("alipay", "zarinpal"):
            for setting in all_providers()[code].settings:
                value = box.merchant[code].get(setting.name, "")
                payment_settings.save(code, setting.name, value, clock.now)
    return client


def _order() -> Order:
    db.session.rollback()
    return db.session.query(Order).one()


def _go(shop: FlaskClient, lang: str, method: str) -> str:
    """Order a teapot; return where the button of the review page leads."""
    shopper = Shopper(shop, lang)
    shopper.add()
    shopper.fill()
    placed = shopper.place(shopper.review(method))
    assert placed.status_code == 303, placed.text
    return placed.location or ""


def _local(url: str) -> str:
    """Return the path and query of an address of the shop."""
    return "/" + url.split("/", 3)[3]


def _signed(box: testing.Running) -> dict[str, str]:
    """Return the fields of Alipay's notification as it would be sent."""
    sent = next(one for one in box.pending() if "/pay/alipay/" in one["url"])
    return dict(parse_qsl(sent["body"], keep_blank_values=True))


def test_the_button_leads_to_the_bank_and_the_way_back_pays(
    shop: FlaskClient, box: testing.Running
) -> None:
    bank = _go(shop, "fa", "gateway")
    back = box.pay(bank)

    came = shop.get(_local(back.url))
    page = shop.get(came.location or "")

    order = _order()
    assert "/pg/StartPay/" in bank
    assert came.status_code == 303
    assert page.status_code == 200
    assert standing(order).is_paid
    assert order.state == OrderState.ACCEPTED
    assert order.prepaid, "paid in advance in Tehran goes first"


def test_case_16_the_way_back_works_in_another_browser(
    shop: FlaskClient, app: Flask, box: testing.Running
) -> None:
    back = box.pay(_go(shop, "fa", "gateway"))

    stranger = app.test_client()
    came = stranger.get(_local(back.url))

    assert came.status_code == 303
    assert standing(_order()).is_paid


def test_a_cancelled_payment_leaves_the_order_to_be_paid_again(
    shop: FlaskClient, box: testing.Running
) -> None:
    back = box.pay(_go(shop, "fa", "gateway"), do="cancel")

    came = shop.get(_local(back.url))
    page = shop.get(came.location or "")

    order = _order()
    assert not standing(order).is_paid
    assert order.state == OrderState.PLACED
    assert page.status_code == 200
    assert 'action="/fa/orders/' in page.text, "there is a way to try again"


def test_who_gave_up_reads_why_and_no_word_for_programs(
    shop: FlaskClient, box: testing.Running
) -> None:
    back = box.pay(_go(shop, "fa", "gateway"), do="cancel")

    page = shop.get(shop.get(_local(back.url)).location or "")

    assert "از صفحهٔ بانک خارج شدید یا بانک پرداخت را نپذیرفت" in page.text
    assert "FAILED" not in page.text


def test_an_open_payment_is_neither_failed_nor_checked(
    shop: FlaskClient, box: testing.Running
) -> None:
    """Nobody who left the bank's page is told to wait, or that it went wrong."""
    bank = _go(shop, "fa", "gateway")
    authority = bank.rstrip("/").rpartition("/")[2]

    came = shop.get(f"/pay/zarinpal/return?Authority={authority}&Status=NOK")
    page = shop.get(came.location or "")

    assert "هنوز پرداختی از شما به دست ما نرسیده است" in page.text
    assert 'data-again="/fa/orders/' in page.text
    assert page.text.count("/payment-method") == 1


@pytest.fixture
def scanned(shop: FlaskClient, box: testing.Running, clock: Clock) -> str:
    """Return the path of an order whose WeChat code waits to be scanned."""
    with transaction():
        for name, value in box.merchant["wechat"].items():
            if name in {one.name for one in all_providers()["wechat_native"].settings}:
                payment_settings.save("wechat_native", name, value, clock.now)
    return _go(shop, "zh", "wechat_pay")


def _asked_after(box: testing.Running, clock: Clock, code: str) -> None:
    """Let WeChat answer a query with an open state."""
    attempt = db.session.scalars(select(PaymentAttempt)).one()
    step = attempts.step_of(attempt)
    assert step is not None
    box.pay(step.qr_text, do="fail", code=code)
    clock.now += timedelta(minutes=2)
    box.be_at(clock.now)
    reconcile.run_due(clock.now)


def test_s9_a_payment_under_review_says_so_and_names_another_way(
    shop: FlaskClient, box: testing.Running, scanned: str, clock: Clock
) -> None:
    _asked_after(box, clock, "ACCEPT")

    page = shop.get(scanned.replace("/pay", "/result")).text

    assert "正在审核" in page
    assert "<time" in page, "until when the order is kept"
    assert "/payment-method" in page


def test_s10_a_check_of_the_person_leads_back_to_the_providers_page(
    shop: FlaskClient, box: testing.Running, scanned: str, clock: Clock
) -> None:
    _asked_after(box, clock, "USERPAYING")

    page = shop.get(scanned.replace("/pay", "/result")).text

    assert "确认是您本人" in page
    assert f'action="{scanned}"' in page


def test_money_for_a_cancelled_order_says_that_it_came_late(
    shop: FlaskClient, box: testing.Running
) -> None:
    bank = _go(shop, "fa", "gateway")
    with transaction():
        cancel.cancel(_order(), "buyer", "", datetime.now(UTC))

    came = shop.get(_local(box.pay(bank).url))
    page = shop.get(came.location or "")

    assert "این پول پس از پایان سفارش رسید" in page.text
    assert _order().state == OrderState.CANCELLED


def test_an_order_cancelled_unpaid_speaks_of_no_money(
    shop: FlaskClient, box: testing.Running
) -> None:
    back = box.pay(_go(shop, "fa", "gateway"), do="cancel")
    link = (shop.get(_local(back.url)).location or "").partition("/result")[0]
    with transaction():
        cancel.cancel(_order(), "buyer", "", datetime.now(UTC))

    page = shop.get(link)

    assert page.status_code == 200
    assert "پول شما محفوظ است" not in page.text


def test_late_money_is_looked_at_before_anybody_says_it_goes_back(
    shop: FlaskClient, box: testing.Running
) -> None:
    bank = _go(shop, "fa", "gateway")
    with transaction():
        cancel.cancel(_order(), "buyer", "", datetime.now(UTC))
    came = shop.get(_local(box.pay(bank).url))

    page = shop.get((came.location or "").partition("/result")[0])

    assert "پول شما محفوظ است؛ آن را بررسی می‌کنیم" in page.text


def test_the_code_to_scan_is_drawn(
    shop: FlaskClient, box: testing.Running, clock: Clock
) -> None:
    with transaction():
        for setting in all_providers()["alipay_qr"].settings:
            value = box.merchant["alipay"].get(setting.name, "")
            payment_settings.save("alipay_qr", setting.name, value, clock.now)
        payment_settings.use("cn", "alipay", "alipay_qr", enabled=True, position=-1)

    page = shop.get(_go(shop, "zh", "alipay"))
    source = re.search(r'<img class="qr" src="([^"]+)"', page.text)
    assert source
    picture = shop.get(source[1])

    assert picture.status_code == 200
    assert picture.mimetype == "image/svg+xml"
    assert picture.text.startswith("<svg ")
    assert 'xmlns="http://www.w3.org/2000/svg"' in picture.text, "or no browser draws"


def test_case_18_status_ok_without_money_is_not_believed(
    shop: FlaskClient, box: testing.Running
) -> None:
    bank = _go(shop, "fa", "gateway")
    authority = bank.rstrip("/").rpartition("/")[2]

    came = shop.get(f"/pay/zarinpal/return?Authority={authority}&Status=OK")

    assert came.status_code == 303
    assert not standing(_order()).is_paid


def test_case_14_alipay_is_paid_by_its_notification_alone(
    shop: FlaskClient, box: testing.Running
) -> None:
    bank = _go(shop, "zh", "alipay")
    box.pay(bank, do="pay_drop_return")
    signed = _signed(box)

    ack = shop.post("/pay/alipay/notify", data=signed)
    again = shop.post("/pay/alipay/notify", data=signed)

    assert ack.text == again.text == "success"
    assert standing(_order()).is_paid


def test_case_01_a_forged_notification_changes_nothing(
    shop: FlaskClient, box: testing.Running
) -> None:
    bank = _go(shop, "zh", "alipay")
    box.pay(bank, do="pay_drop_return")
    forged = _signed(box) | {"total_amount": "0.01"}
    ack = shop.post("/pay/alipay/notify", data=forged)

    assert ack.text != "success"
    assert not standing(_order()).is_paid


@pytest.mark.parametrize("path", ["/pay/nobody/notify", "/pay/alipay/elsewhere"])
def test_an_unknown_callback_is_a_404(shop: FlaskClient, path: str) -> None:
    assert shop.post(path).status_code == 404


def test_a_flood_of_bytes_is_refused_unread(shop: FlaskClient) -> None:
    answer = shop.post("/pay/alipay/notify", data={"x": "y" * 200_000})

    assert answer.status_code in {400, 413}
    assert b"Traceback" not in answer.data


def test_huabei_is_paid_in_instalments_without_a_fee(
    shop: FlaskClient, box: testing.Running
) -> None:
    shopper = Shopper(shop, "zh")
    shopper.add()
    shopper.fill()
    fields = shopper.review("huabei", "3")
    shown = shopper.get("/checkout/review").text

    bank = shopper.place(fields).location or ""
    box.pay(bank, do="pay_drop_return")
    ack = shop.post("/pay/alipay/notify", data=_signed(box))

    asked = dict(parse_qsl(bank.partition("?")[2]))["biz_content"]
    assert "66.33" in shown, "199.00 is 66.33 + 66.33 + 66.34"
    assert '"hb_fq_num":"3"' in asked.replace(" ", "")
    assert '"hb_fq_seller_percent":"100"' in asked.replace(" ", "")
    assert ack.text == "success"
    assert standing(_order()).is_paid


@pytest.mark.parametrize(
    ("agent", "provider"),
    [
        ("Mozilla/5.0 (X11; Linux)", "alipay"),
        ("Mozilla/5.0 (Android) Mobile", "alipay_wap"),
    ],
)
def test_a_phone_gets_the_page_for_phones(
    shop: FlaskClient, box: testing.Running, clock: Clock, agent: str, provider: str
) -> None:
    with transaction():
        for setting in all_providers()["alipay_wap"].settings:
            value = box.merchant["alipay"].get(setting.name, "")
            payment_settings.save("alipay_wap", setting.name, value, clock.now)
    shop.environ_base["HTTP_USER_AGENT"] = agent

    _go(shop, "zh", "alipay")

    order = _order()
    query = select(PaymentAttempt.provider).where(PaymentAttempt.order_id == order.id)
    assert db.session.scalars(query).all() == [provider]
