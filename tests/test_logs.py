"""The log: one line an event, and nobody's phone in it."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask, g

from shop import logs


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """Return what the log writes; the log of the test run comes back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    logs.set_up("INFO", stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)


def written(lines: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.getvalue().splitlines()]


def test_an_event_is_one_json_object_on_one_line(lines: io.StringIO) -> None:
    logging.getLogger("shop.orders").info("placed", extra={"order_id": 7})

    (line,) = written(lines)
    assert (line["level"], line["logger"]) == ("INFO", "shop.orders")
    assert (line["message"], line["order_id"]) == ("placed", 7)
    assert line["at"].endswith("+00:00")


def test_a_newline_cannot_forge_a_second_line(lines: io.StringIO) -> None:
    logging.getLogger("x").info("name is %s", 'a\n{"level": "INFO"}\u2028b')

    assert len(lines.getvalue().splitlines()) == 1


def test_the_request_id_is_on_every_line_of_its_request(lines: io.StringIO) -> None:
    app = Flask("test")
    with app.test_request_context():
        g.request_id = "ab12cd34"
        logging.getLogger("x").info("seen")
    logging.getLogger("x").info("later")

    first, second = written(lines)
    assert first["request_id"] == "ab12cd34"
    assert "request_id" not in second


def test_a_traceback_stays_in_its_line_and_is_masked(lines: io.StringIO) -> None:
    try:
        raise ValueError("call 09123456789")
    except ValueError:
        logging.getLogger("x").exception("failed")

    (line,) = written(lines)
    assert "Traceback" in line["exception"]
    assert "09123456789" not in line["exception"]


def test_texts_among_the_facts_are_masked_and_numbers_stay(lines: io.StringIO) -> None:
    facts = {"phone": "09123456789", "amount_minor": 1234567890, "path": None}
    logging.getLogger("x").info("sent", extra=facts)

    (line,) = written(lines)
    assert line["phone"] == "[number …89]"
    assert line["amount_minor"] == 1234567890
    assert line["path"] is None


def test_libraries_are_heard_only_when_something_is_wrong(lines: io.StringIO) -> None:
    logging.getLogger("urllib3.connectionpool").info("GET /x")
    logging.getLogger("urllib3.connectionpool").warning("retry")

    assert [line["message"] for line in written(lines)] == ["retry"]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("09123456789", "[number …89]"),
        ("+98 912 345 6789", "[number …89]"),
        ("۰۹۱۲۳۴۵۶۷۸۹", "[number …۸۹]"),
        ("０９１２３４５６７８９", "[number …８９]"),
        ("138 0013 8000", "[number …00]"),
        ("6037-9911-1234-5678", "[number …78]"),
        ("to sara@shop.example now", "to [e-mail] now"),
        ("GET /fa/orders/Ab-3_x?x=1", "GET /fa/orders/[token]?x=1"),
        ("password=hunter2&a=1", "password=[secret]&a=1"),
        ("{'password': 'a b'}", "{'password': [secret]}"),
        ("Authorization: Bearer a.b.c", "Authorization: [secret]"),
        ("postgresql://u:word@db/x", "postgresql://u:[secret]@db/x"),
        ("Authority A0000000000000000000001234", "Authority [token]"),
    ],
)
def test_what_belongs_to_a_person_is_masked(text: str, masked: str) -> None:
    assert logs.mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "at 2026-11-21 23:47:00",
        "1,234,567 rial",
        "status_code=500",
        "error 40001",
        "File lib/python3.11/site-packages/flask/app.py, line 12",
        "shop.payments.providers.card_transfer_receipt",
        "10.0.0.12",
    ],
)
def test_what_an_engineer_needs_stays(text: str) -> None:
    assert logs.mask(text) == text
