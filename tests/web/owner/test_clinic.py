"""The callback clinic and the statement desk: they show, ask and suggest."""

import io
import re
from datetime import datetime, timedelta

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient

from shop.db import db, transaction, write
from shop.orders.ledger import standing
from shop.orders.models import Order
from shop.payments import collect, transfer
from shop.payments import settings as payment_settings
from shop.payments.transfer import Typed
from shop.web.paying import UrlsFor
from tests.orders import make as orders
from tests.payments import make as payments
from tests.payments.conftest import fake, providers  # noqa: F401 (fixtures)
from tests.payments.fake import Fake

CSV = "تاریخ,ساعت,مبلغ,شماره پیگیری,شرح\n1405/08/30,11:25,{amount},{tracking},واریز\n"


@pytest.fixture
def waiting(app: Flask, now: datetime) -> Order:
    """Return an order whose buyer sent a receipt for a transfer."""
    account = {
        "card_number": "6037991234567893", "bank": "بانک نمونه", "holder": "نمونه",
    }  # fmt: skip
    with transaction():
        for name, value in account.items():
            payment_settings.save("card_transfer", name, value, now)
    order = orders.order(
        now,
        "ir",
        method="card_transfer",
        address=orders.address("ir", orders.ISFAHAN).to_json(),
    )
    with app.test_request_context():
        urls = UrlsFor("card_transfer")
        begun = collect.begin(order.charges[0].id, "card_transfer", urls, now)
    given = Typed("12345678", "7893", now - timedelta(minutes=5))
    write(lambda: transfer.submit(begun.attempt_id, given, now))
    return order


def _send(desk: FlaskClient, text: str) -> str:
    file = (io.BytesIO(text.encode()), "bank.csv")
    names = {"amount": "مبلغ", "date": "تاریخ", "time": "ساعت"}
    more = {"tracking": "شماره پیگیری", "note": "شرح", "unit": "rial"}
    answer = desk.post("/fa/owner/statement", data={"file": file, **names, **more})
    assert answer.status_code == 200, answer.text
    return answer.text


def test_the_clinic_is_not_for_strangers(client: FlaskClient) -> None:
    assert client.get("/zh/owner/clinic").status_code == 303
    assert client.get("/zh/owner/statement").status_code == 303


@pytest.mark.parametrize("lang", ["zh", "fa", "en"])
def test_the_clinic_shows_what_was_not_believed(desk: FlaskClient, lang: str) -> None:
    desk.post("/pay/alipay/notify", data={"out_trade_no": "1", "sign": "forged"})

    page = desk.get(f"/{lang}/owner/clinic")

    assert page.status_code == 200
    assert re.search(r'class="tag[^"]* bad|class="tag bad', page.text)


def test_the_self_test_says_when_nobody_answers(desk: FlaskClient) -> None:
    page = desk.post("/zh/owner/clinic/test")

    assert page.status_code == 200
    assert "note bad" in page.text


@pytest.mark.parametrize(
    ("headers", "said"),
    [({"X-Request-Id": "1"}, "note ok"), ({"Server": "somebody"}, "note bad")],
)
def test_the_self_test_tells_this_shop_from_another(
    desk: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
    headers: dict[str, str],
    said: str,
) -> None:
    """N20, C78: a proxy or another site answers without our mark."""
    called: list[str] = []

    def post(url: str, **_: object) -> requests.Response:
        called.append(url)
        answer = requests.Response()
        answer.headers.update(headers)
        return answer

    monkeypatch.setattr(requests, "post", post)
    page = desk.post("/zh/owner/clinic/test").text

    assert called[0].endswith("/pay/alipay/notify")
    assert said in page


def test_a_payment_nobody_told_us_of_is_found_by_asking_now(
    desk: FlaskClient,
    now: datetime,
    fake: Fake,  # noqa: F811 (the fixture)
) -> None:
    """N20, C76: one click, and a second one changes nothing."""
    charge = payments.owed(now)
    begun = payments.begun(charge, now)
    fake.pay(begun.ref)
    ask = f"/zh/owner/clinic/ask/{begun.attempt_id}"
    assert f'action="{ask}"' in desk.get("/zh/owner/clinic").text
    assert not payments.standing(charge).is_paid

    first, second = desk.post(ask), desk.post(ask)

    assert first.status_code == second.status_code == 303
    assert payments.standing(charge).is_paid
    assert payments.count_rows(charge) == 1
    assert f'action="{ask}"' not in desk.get("/zh/owner/clinic").text


def test_a_line_that_fits_is_suggested_and_changes_nothing(
    desk: FlaskClient, waiting: Order
) -> None:
    text = CSV.format(amount=waiting.total_minor, tracking="12345678")
    page = _send(desk, text)

    assert 'name="receipt"' in page
    assert "checked" in page
    assert not standing(waiting).is_paid


def test_another_amount_is_never_suggested(desk: FlaskClient, waiting: Order) -> None:
    text = CSV.format(amount=waiting.total_minor - 10, tracking="12345678")

    assert 'name="receipt"' not in _send(desk, text)


def test_a_ticked_receipt_is_confirmed_once(desk: FlaskClient, waiting: Order) -> None:
    receipt = transfer.receipts_of(waiting.id)[0].id
    desk.get("/fa/owner/statement")

    first = desk.post("/fa/owner/statement/confirm", data={"receipt": str(receipt)})
    again = desk.post("/fa/owner/statement/confirm", data={"receipt": str(receipt)})

    db.session.rollback()
    assert first.status_code == again.status_code == 303
    assert standing(waiting).is_paid
    assert len(waiting.money_rows) == 1


@pytest.mark.parametrize("text", ["", "nonsense", "a,b\n1,2\n", "مبلغ\nabc\n"])
def test_a_file_that_is_no_statement_is_no_server_error(
    desk: FlaskClient, text: str
) -> None:
    file = (io.BytesIO(text.encode()), "bank.csv")
    answer = desk.post(
        "/fa/owner/statement", data={"file": file, "amount": "مبلغ", "unit": "rial"}
    )

    assert answer.status_code in {200, 422}


def test_an_unknown_receipt_is_no_server_error(desk: FlaskClient) -> None:
    answer = desk.post("/fa/owner/statement/confirm", data={"receipt": ["999", "x"]})

    assert answer.status_code == 303
