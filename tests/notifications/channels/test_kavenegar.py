"""Kavenegar: the sandbox takes our messages; whatever it says else has a meaning."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

import pytest

from shop.notifications.channels.kavenegar import SERVICE, receptor
from shop.notifications.channels.service import NotSent, Outgoing
from shop.sandbox.testing import Running
from tests.payments.providers.gateway import FakeGateway, Reply

OUT = Outgoing(
    to="+989123456789",
    text="سفارش ۱۲۳\nhttps://shop.example/fa/orders/1",
    name="notify.1.2.paid.sms.1",
    number=101,
    kind="paid",
    language="fa",
    at=datetime(2026, 11, 21, tzinfo=UTC),
)


@pytest.fixture
def values(sandbox: Running) -> dict[str, str]:
    """Return the settings the sandbox hands out."""
    given = sandbox.merchant["kavenegar"]
    return {name: str(value) for name, value in given.items()} | {"sandbox": "1"}


def test_the_sandbox_delivers_the_words_as_they_are(
    sandbox: Running, values: dict[str, str]
) -> None:
    taken = SERVICE.send(OUT, values)

    (message,) = sandbox.outbox(channel="sms")
    assert message["text"] == OUT.text
    assert message["to"] == "09123456789"
    assert taken.ref == message["id"]
    assert (taken.cost_minor, taken.cost_currency) == (1200, "IRR")


@pytest.mark.parametrize(
    ("phone", "written"),
    [("+989123456789", "09123456789"), ("+8613812345678", "008613812345678")],
)
def test_numbers_are_written_as_the_service_wants(phone: str, written: str) -> None:
    assert receptor(phone) == written


@pytest.mark.parametrize("status", [402, 409, 418, 451])
def test_what_may_pass_is_tried_again(
    sandbox: Running, values: dict[str, str], status: int
) -> None:
    sandbox.fault("kavenegar", "send", f"error:{status}")

    with pytest.raises(NotSent) as refused:
        SERVICE.send(OUT, values)

    assert (refused.value.code, refused.value.final) == (str(status), False)


@pytest.mark.parametrize("status", [411, 413])
def test_what_can_never_arrive_is_final(
    sandbox: Running, values: dict[str, str], status: int
) -> None:
    sandbox.fault("kavenegar", "send", f"error:{status}")

    with pytest.raises(NotSent) as refused:
        SERVICE.send(OUT, values)

    assert refused.value.final


def test_a_wrong_key_is_never_written_down(
    values: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    secret = "planted-key-4242424242"
    with caplog.at_level(logging.DEBUG), pytest.raises(NotSent) as refused:
        SERVICE.send(OUT, values | {"api_key": secret})

    assert refused.value.code == "403"
    ours = [r for r in caplog.records if not r.name.startswith("urllib3")]
    said = [record.getMessage() for record in ours] + [repr(refused.value)]
    assert not any(secret in text for text in said)


def test_without_an_answer_the_error_says_nothing_of_key_or_number(
    values: dict[str, str],
) -> None:
    with pytest.raises(NotSent) as refused:
        SERVICE.send(OUT, values | {"base_url": "http://127.0.0.1:9"})

    assert not refused.value.final
    assert values["api_key"] not in repr(refused.value)
    assert OUT.to not in repr(refused.value)
    assert refused.value.__cause__ is None


def test_without_a_key_nothing_is_sent(values: dict[str, str]) -> None:
    with pytest.raises(NotSent, match="config api_key"):
        SERVICE.send(OUT, values | {"api_key": ""})


def test_outside_the_sandbox_nothing_goes_over_plain_http(
    values: dict[str, str],
) -> None:
    with pytest.raises(NotSent, match="config base_url"):
        SERVICE.send(OUT, values | {"sandbox": ""})


@pytest.mark.parametrize(
    "body", [{}, [], {"return": []}, {"return": {"status": 200}, "entries": ["x"]}]
)
def test_an_answer_that_makes_no_sense_is_no_success(
    gateway: FakeGateway, body: Any
) -> None:
    gateway.answer(Reply(body=json.dumps(body).encode()))

    with pytest.raises(NotSent):
        SERVICE.send(OUT, {"base_url": gateway.url, "api_key": "k", "sandbox": "1"})


def test_the_number_of_a_message_is_the_same_on_every_try(
    gateway: FakeGateway,
) -> None:
    body = {"return": {"status": 200}, "entries": [{"messageid": 7, "cost": 900}]}
    gateway.answer(body)
    settings = {"base_url": gateway.url, "api_key": "k", "sandbox": "1"}

    for _ in range(2):
        SERVICE.send(OUT, settings)

    assert [asked.form["localid"] for asked in gateway.asked] == ["101", "101"]
