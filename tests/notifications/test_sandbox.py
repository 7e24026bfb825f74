"""The whole way: an order, the worker, and the page where a newcomer reads it."""

import re
from collections.abc import Iterator

import pytest
import requests
from flask import Flask

from shop.db import transaction
from shop.notifications.demo import load_keys
from shop.orders.states import EventKind
from shop.sandbox.testing import Running
from tests.conftest import Clock
from tests.notifications import make


@pytest.fixture
def demo(app: Flask, sandbox: Running, clock: Clock) -> Iterator[Running]:
    """Return a sandbox whose keys the shop has taken over."""
    before = app.extensions["shop"]
    from dataclasses import replace

    app.extensions["shop"] = replace(before, sandbox=True)
    with transaction():
        assert load_keys(sandbox.merchant, clock.now) == [
            "kavenegar", "aliyun_sms", "smtp"
        ]  # fmt: skip
    yield sandbox
    app.extensions["shop"] = before


def test_an_iranian_buyer_reads_of_the_order_on_the_phone_and_in_the_mailbox(
    demo: Running, clock: Clock
) -> None:
    order = make.order(clock.now, "ir", language="fa", email=make.EMAIL)

    make.work(clock)

    (sms,) = demo.outbox(channel="sms")
    (mail,) = demo.outbox(channel="email")
    assert sms["to"] == "09123456789"
    link = sms["text"].splitlines()[-1]
    assert re.fullmatch(rf"http://\S+/fa/orders/{order.number}\S{{22}}/pay", link)
    assert "تومان" in sms["text"]
    assert (mail["to"], order.number in mail["subject"]) == (make.EMAIL, True)
    assert 'dir="rtl"' in mail["html"]
    assert [row.state for row in make.rows(order)] == ["sent", "sent"]


def test_a_chinese_buyer_gets_the_sign_the_words_and_the_link(
    demo: Running, clock: Clock
) -> None:
    order = make.order(clock.now, "cn")

    make.work(clock)

    (sms,) = demo.outbox(channel="sms")
    assert sms["text"].startswith("【Anar】")
    assert "¥" in sms["text"]
    assert sms["text"].endswith("/pay")
    assert order.number in sms["text"]


def test_a_newcomer_reads_it_in_a_browser(demo: Running, clock: Clock) -> None:
    make.order(clock.now, "ir", language="fa")
    make.work(clock)
    (sms,) = demo.outbox(channel="sms")

    page = requests.get(f"{demo.control}/_sim/inbox", timeout=30).text

    assert sms["text"].splitlines()[-1] in page


def test_each_stage_of_an_order_arrives_once(demo: Running, clock: Clock) -> None:
    order = make.order(clock.now, "ir", language="fa")
    make.happen(order, EventKind.RECEIPT_REJECTED, clock.now, reason="۷۲۰۳")
    make.happen(order, EventKind.EXPIRED, clock.now)

    make.work(clock)
    clock.forward(minutes=5)
    make.work(clock)

    assert len(demo.outbox(channel="sms")) == 3


def test_a_silent_phone_company_is_asked_again(
    demo: Running, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    make.order(clock.now, "ir", language="fa")
    demo.fault("kavenegar", "send", "error:409")
    with caplog.at_level("CRITICAL"):
        make.work(clock)
    assert demo.outbox(channel="sms") == []

    clock.forward(seconds=15)
    make.work(clock)

    assert len(demo.outbox(channel="sms")) == 1


def test_running_the_loader_again_changes_nothing(demo: Running, clock: Clock) -> None:
    from sqlalchemy import select

    from shop.db import db
    from shop.payments.models import ProviderSetting

    clock.forward(minutes=5)
    with transaction():
        load_keys(demo.merchant, clock.now)

    stamps = {row.updated_at for row in db.session.scalars(select(ProviderSetting))}
    assert clock.now not in stamps
