"""The button of the review page pressed twenty times: one order a form.

    python -m tests.proof submits --count 10000

Through the shop's own pages: each form has a visitor with a filled cart, and
its copies arrive at the same time. Every answer must lead to the one order.
"""

import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Flask
from sqlalchemy import func, select

from shop.catalogue.models import Stock
from shop.cli import books
from shop.db import db
from shop.markets.registry import market
from shop.orders.models import Order
from shop.policies import service as policies
from tests.catalogue import make as goods
from tests.orders import make
from tests.proof.crowd import Crowd
from tests.proof.figures import Figures, database_name

COPIES = 20
SKU = "PROOF"


@dataclass(frozen=True)
class Form:
    """A review page that is about to be sent, and the visitor's cookie."""

    key: str
    cookie: str
    fields: dict[str, str]
    remote: str


def prove(app: Flask, count: int, crowd: Crowd) -> Figures:
    """Send ``count`` times; ``wrong`` are forms without their one order."""
    began, now = time.monotonic(), datetime.now(UTC)
    forms = _forms(app, count // COPIES, now)
    said = crowd.do(app, count, lambda number: _send(app, forms, number))
    db.session.rollback()
    orders = db.session.scalar(select(func.count(Order.id))) or 0
    keys = set(db.session.scalars(select(Order.idem_key)))
    held = db.session.scalar(select(func.sum(Stock.held))) or 0
    placed = sum(n for word, n in said.items() if word == "303 order")
    wrong = abs(orders - len(forms)) + len({one.key for one in forms} ^ keys)
    contradictions = [*books.stock(), *books.totals(), *books.messages()]
    wrong += abs(held - len(forms)) + (count - placed) + len(contradictions)
    answers = dict(sorted(said.items()))
    facts = {"forms": len(forms), "orders": orders, "pieces": held, "answers": answers}
    return Figures("submits", database_name(), count, wrong, _since(began), facts)


def _since(began: float) -> float:
    return time.monotonic() - began


def _forms(app: Flask, count: int, now: datetime) -> list[Form]:
    variant = goods.variant(SKU, 1000, stock=count + 5)
    variant_id = goods.product("proof", variants=(variant,)).variant_ids[SKU]
    china = market("cn")
    terms = policies.current("terms", "cn", "zh", china.today(now))
    assert terms
    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    found = []
    for number in range(count):
        cart = make.cart({variant_id: 1}, now, method="cash_on_delivery", option="cash")
        total = make.planned(cart, now).total
        key = f"form-{number:06d}"
        fields = {"form_key": key, "seen": str(total.minor), "terms": terms.text_hash}
        remote = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        cookie = serializer.dumps({"cart": cart.token})
        found.append(Form(key, cookie, fields, remote))
    return found


def _send(app: Flask, forms: list[Form], number: int) -> str:
    form = forms[number // COPIES % len(forms)]
    client = app.test_client()
    client.set_cookie(str(app.config["SESSION_COOKIE_NAME"]), form.cookie)
    answer = client.post(
        "/zh/checkout/review",
        data=form.fields,
        environ_base={"REMOTE_ADDR": form.remote},
    )
    to_order = re.search(r"/zh/orders/[^/]+", answer.location or "")
    return f"{answer.status_code} {'order' if to_order else answer.location}"
