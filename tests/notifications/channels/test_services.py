"""Which service carries what, and how its keys are kept."""

import logging
from datetime import UTC, datetime

import pytest
from flask import Flask

from shop.db import transaction
from shop.notifications import channels
from shop.notifications.channels import console
from shop.notifications.channels.service import Outgoing
from shop.payments import settings


def test_each_country_has_its_phone_company(app: Flask) -> None:
    found = {code: channels.sms_service(code) for code in ("cn", "ir", "world")}

    assert {code: one and one.code for code, one in found.items()} == {
        "cn": "aliyun_sms", "ir": "kavenegar", "world": None
    }  # fmt: skip


def test_an_owner_chooses_another(app: Flask) -> None:
    with transaction():
        channels.choose_sms("ir", "console")
    first = channels.sms_service("ir")
    with transaction():
        channels.choose_sms("ir", "kavenegar")
    second = channels.sms_service("ir")

    assert (first and first.code, second and second.code) == ("console", "kavenegar")


def test_keys_are_sealed_and_never_shown(app: Flask, now: datetime) -> None:
    channels.services()
    with transaction():
        settings.save("kavenegar", "api_key", "a-secret-key-1234", now)

    shown = {one.name: one for one in settings.shown("kavenegar")}

    assert (shown["api_key"].value, shown["api_key"].last_four) == ("", "1234")
    assert settings.read("kavenegar", now)["api_key"] == "a-secret-key-1234"
    assert settings.is_ready("kavenegar")
    assert not settings.is_ready("aliyun_sms")


def test_the_console_says_neither_whom_nor_what(
    caplog: pytest.LogCaptureFixture,
) -> None:
    moment = datetime(2026, 11, 21, tzinfo=UTC)
    out = Outgoing("+989123456789", "the words", "n", 1, "paid", "fa", moment)

    with caplog.at_level(logging.INFO):
        console.SERVICE.send(out, {})

    (record,) = caplog.records
    said = str(vars(record))
    assert "paid" in said
    assert "the words" not in said
    assert "9123456789" not in said
