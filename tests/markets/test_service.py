"""What an owner changed is kept, merged, and never stops the shop."""

import logging
from datetime import datetime

import pytest
from flask import Flask

from shop.db import db, transaction
from shop.markets import service
from shop.markets.demo import remove_demo_identity, save_demo_identity
from shop.markets.identity import identity, write_identity
from shop.markets.models import MarketOverride
from shop.markets.parameters import BadParameter
from tests.markets import make


def test_a_change_counts_for_its_market_only(app: Flask, now: datetime) -> None:
    with transaction():
        service.change(make.cn(), "return_days", 10, now)
        service.change(make.cn(), "return_days", 15, now)
        service.change(make.cn(), "cash_on_delivery.max_minor", 300_000, now)

    numbers = service.parameters(make.cn())

    assert numbers.return_days == 15
    assert numbers.method("cash_on_delivery").max_minor == 300_000
    assert service.parameters(make.ir()) == make.ir().parameters


def test_a_change_can_be_taken_back(app: Flask, now: datetime) -> None:
    with transaction():
        service.change(make.cn(), "return_days", 15, now)
    with transaction():
        service.reset(make.cn(), "return_days")
        service.reset(make.cn(), "cut_off")

    assert service.parameters(make.cn()) == make.cn().parameters


def test_a_value_that_does_not_fit_is_not_kept(app: Flask, now: datetime) -> None:
    with pytest.raises(BadParameter), transaction():
        service.change(make.cn(), "return_days", "many", now)

    assert service.overrides(make.cn()) == {}


def test_a_stored_value_of_an_older_version_is_left_out(
    app: Flask, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    with transaction():
        service.change(make.cn(), "return_days", 15, now)
        db.session.add(
            MarketOverride(market="cn", name="gone", value=1, updated_at=now)
        )

    with caplog.at_level(logging.WARNING, "shop.markets"):
        numbers = service.parameters(make.cn())

    assert numbers.return_days == 15
    assert "gone" in caplog.text


def test_demo_numbers_fill_gaps_and_leave_the_owners_own(
    app: Flask, now: datetime
) -> None:
    with transaction():
        write_identity("cn", "icp_number", "桂ICP备12345678号", now)
        save_demo_identity(now)

    assert identity("cn")["icp_number"] == "桂ICP备12345678号"
    assert "演示" in identity("cn")["police_number"]
    assert set(identity("ir")) == {line.setting for line in make.ir().trust_lines}

    with transaction():
        remove_demo_identity(now)

    assert identity("cn") == {"icp_number": "桂ICP备12345678号"}
    assert identity("ir") == {}
