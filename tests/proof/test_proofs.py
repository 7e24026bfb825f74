"""The long proofs in their short form: a few hundred each, on both databases."""

from dataclasses import replace
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import func, select

from shop.cart import service as carts
from shop.db import db
from shop.orders import place
from shop.orders.models import Order
from shop.payments import answers, refunds
from shop.payments.rows import Locked
from shop.payments.rules import Facts
from tests.proof import answers as notified
from tests.proof import deliveries, submits
from tests.proof import refunds as given_back
from tests.proof.crowd import Crowd
from tests.proof.figures import Figures

CROWD = Crowd(1, 4)


def _nothing_is_wrong(found: Figures) -> None:
    assert found.wrong == 0, found.row()


def test_a_payment_told_twenty_times_has_one_effect(app: Flask) -> None:
    found = deliveries.prove(app, 220, CROWD)

    _nothing_is_wrong(found)
    assert found.facts["payments"] == 11, "one of each online provider"


def test_control_an_answer_that_is_always_new_has_several_effects(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blind to what was captured before, only the ledger's own name is left."""
    real = answers.read_facts

    def blind(answer: answers.Answer, locked: Locked) -> Facts:
        return replace(real(answer, locked), captured=False, charge_paid=False)

    monkeypatch.setattr(answers, "read_facts", blind)
    monkeypatch.setattr(answers, "capture_ref", _another_name)

    assert deliveries.prove(app, 220, CROWD).wrong > 0


_names = iter(range(10**9))


def _another_name(_attempt: object) -> str:
    return f"copy:{next(_names)}"


def test_hundreds_of_refunds_at_once_give_back_what_fits(app: Flask) -> None:
    _nothing_is_wrong(given_back.prove(app, 400, CROWD))


def test_control_without_the_reservation_more_is_asked_back_than_came(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refunds, "reserve", lambda *_: None)

    assert given_back.prove(app, 40, CROWD).wrong > 0


def test_a_button_pressed_twenty_times_places_one_order(app: Flask) -> None:
    found = submits.prove(app, 120, CROWD)

    _nothing_is_wrong(found)
    assert found.facts["orders"] == 6


def test_control_a_form_without_its_name_places_several_orders(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every copy under a name of its own, and a cart that stays: the old mistake."""
    keys = iter(range(10**9))

    def nameless(planned: place.Plan, wish: place.Wish, now: datetime) -> Order:
        return real(planned, replace(wish, idem_key=f"{next(keys)}"), now)

    real = place._write_order
    monkeypatch.setattr(place, "_write_order", nameless)
    monkeypatch.setattr(place, "order_of_form", lambda *_: None)
    monkeypatch.setattr(place, "placed_before", lambda *_: None)
    monkeypatch.setattr(carts, "empty", lambda *_: None)

    assert submits.prove(app, 40, CROWD).wrong > 0
    assert (db.session.scalar(select(func.count(Order.id))) or 0) > 2


@pytest.mark.serial
def test_a_notification_is_answered_while_eight_buyers_check_out(app: Flask) -> None:
    """Right answers and orders only: a busy machine says nothing about the time."""
    app.config.pop("CLOCK", None)

    found = notified.prove(app, 20, CROWD)

    assert found.facts["orders"] > 0
    assert found.wrong == found.facts["too slow"], found.row()
