"""Case 48: money goes back only by staff, from their own form, of its own order."""

from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from shop.accounts import service as accounts
from shop.db import transaction
from shop.orders.models import Order
from shop.orders.states import OrderState
from shop.payments import collect, refunds
from shop.payments.models import Refund
from shop.payments.provider import RefundResult
from shop.payments.rules import AttemptState, RefundState
from tests.payments import make
from tests.payments.conftest import fake, providers  # noqa: F401 (fixtures)
from tests.payments.fake import Fake

PATHS = ("refund", "money/back", "money/accept", "give-back/now")


@pytest.fixture
def late(app: Flask, now: datetime, fake: Fake) -> tuple[Order, int]:  # noqa: F811
    """Return an order whose money came too late and waits for a decision."""
    charge = make.owed(now)
    begun = make.begun(charge, now)
    make.end_order(charge, OrderState.EXPIRED)
    fake.pay(begun.ref)
    collect.ask(begun.attempt_id, now)
    assert make.state(begun.attempt_id) is AttemptState.REVIEW
    return make.order_of(charge), begun.attempt_id


@pytest.fixture
def unknown(late: tuple[Order, int], now: datetime) -> Refund:
    """Return a refund nobody knows the end of: a person may say it."""
    _order, attempt_id = late
    wanted = refunds.Wanted(
        make.attempt(attempt_id).captured, "late", "staff:1", "form"
    )
    with transaction():
        refund = refunds.request(attempt_id, wanted, now)
        refunds.approve(refund.id, now)
        refunds.take(refund.id, now)
    with transaction():
        return refunds.learn(refund.id, RefundResult("unknown"), "provider:fake", now)


def _form(late: tuple[Order, int], refund_id: int = 0) -> dict[str, str]:
    return {"attempt": str(late[1]), "refund": str(refund_id), "happened": "yes"}


def _untouched(late: tuple[Order, int]) -> bool:
    return make.state(late[1]) is AttemptState.REVIEW


@pytest.mark.parametrize("path", PATHS)
def test_case_48_nobody_outside_gives_money_back(
    client: FlaskClient, late: tuple[Order, int], path: str
) -> None:
    url = f"/en/owner/orders/{late[0].number}/{path}"

    answer = client.post(url, data=_form(late))

    assert answer.status_code == 303
    assert "/owner/sign-in" in (answer.location or "")
    assert _untouched(late)
    assert refunds.refunds_of(late[0].id) == []


@pytest.mark.parametrize("path", PATHS)
def test_case_48_somebody_without_the_right_gives_none_back(
    app: Flask, late: tuple[Order, int], now: datetime, path: str
) -> None:
    browser = app.test_client()
    with transaction():
        translator = accounts.add_staff(
            "words@shop.example", "Words", "a long password", now, role="translator"
        )
        token = accounts.begin_sign_in(translator, now)
    with browser.session_transaction() as session:
        session["staff"] = token

    answer = browser.post(f"/en/owner/orders/{late[0].number}/{path}", data=_form(late))

    assert answer.status_code == 403
    assert _untouched(late)


@pytest.mark.parametrize("path", PATHS)
def test_case_48_a_form_of_another_site_gives_none_back(
    app: Flask, desk: FlaskClient, late: tuple[Order, int], path: str
) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        answer = desk.post(
            f"/en/owner/orders/{late[0].number}/{path}", data=_form(late)
        )
    finally:
        app.config["WTF_CSRF_ENABLED"] = False

    assert answer.status_code == 400
    assert _untouched(late)


def test_case_48_a_refund_is_not_reached_through_another_order(
    app: Flask, desk: FlaskClient, unknown: Refund, now: datetime
) -> None:
    other = make.order_of(make.owed(now))
    refund_id = unknown.id

    answer = desk.post(
        f"/en/owner/orders/{other.number}/refund",
        data={"refund": str(refund_id), "happened": "yes"},
    )

    assert answer.status_code == 404
    assert refunds.state_of(refund_id) is RefundState.UNKNOWN


def test_case_48_control_the_right_order_reaches_it(
    app: Flask, desk: FlaskClient, late: tuple[Order, int], unknown: Refund
) -> None:
    refund_id = unknown.id

    answer = desk.post(
        f"/en/owner/orders/{late[0].number}/refund",
        data={"refund": str(refund_id), "happened": "yes", "reference": "77"},
    )

    assert answer.status_code == 303
    assert refunds.state_of(refund_id) is RefundState.SETTLED
