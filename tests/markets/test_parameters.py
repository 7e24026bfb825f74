"""Named numbers, and an owner's values over them (S117)."""

from datetime import date, time
from typing import Any

import pytest

from shop.markets import markets
from shop.markets.parameters import BadParameter, Parameters, merged, names
from tests.markets import make


@pytest.mark.parametrize(
    ("market", "name", "value"),
    [
        # Requirements 3: the defaults of the places
        ("cn", "return_days", 7),
        ("cn", "return_starts", "day_after"),
        ("cn", "return_freight", "buyer"),
        ("cn", "quality_days", 15),
        ("cn", "warranty_restarts", True),
        ("cn", "refund_days_min", 3),
        ("cn", "refund_days_max", 15),
        ("cn", "ship_days_min", 1),
        ("cn", "ship_days_max", 3),
        ("cn", "weekend", (5, 6)),
        ("cn", "instalment_periods", (3, 6, 12)),
        ("cn", "instalment_min_age", 18),
        ("cn", "flash_weekdays", (0, 2, 4)),
        ("cn", "flash_at", time(10)),
        ("cn", "cash_on_delivery.max_minor", 500_000),
        ("cn", "cash_on_delivery.pay_by_minutes", None),
        ("cn", "alipay.pay_by_minutes", 30),
        ("ir", "return_days", 7),
        ("ir", "weekend", (4,)),
        ("ir", "gateway.pay_by_minutes", 30),
        ("ir", "card_transfer.pay_by_minutes", 120),
        ("ir", "cash_by_arrangement.pay_by_minutes", None),
        ("ir", "answer_days", 1),
        ("world", "return_days", 14),
        ("world", "refund_days_min", 5),
        ("world", "refund_days_max", 10),
    ],
)
def test_defaults(market: str, name: str, value: object) -> None:
    assert names(markets()[market].parameters)[name] == value


def test_an_owner_changes_named_numbers_and_nothing_else() -> None:
    base = make.cn().parameters

    got = merged(
        base,
        {
            "return_days": 15,
            "cut_off": "18:30",
            "delay_until": "2026-11-30",
            "weekend": [6],
            "alipay.pay_by_minutes": 45,
            "cash_on_delivery.max_minor": None,
        },
    )

    assert (got.return_days, got.cut_off, got.weekend) == (15, time(18, 30), (6,))
    assert got.delay_until == date(2026, 11, 30)
    assert got.method("alipay").pay_by_minutes == 45
    assert got.method("cash_on_delivery").max_minor is None
    assert got.method("wechat_pay") == base.method("wechat_pay")
    assert base.return_days == 7


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("return_day", 7),
        ("methods", {}),
        ("alipay.fee", 1),
        ("gateway.max_minor", 1),  # not a method of this market
        ("return_days", "7"),
        ("return_days", -1),
        ("return_days", True),
        ("return_days", 7.5),
        ("return_days", None),
        ("return_starts", "tomorrow"),
        ("weekend", 6),
        ("weekend", ["Friday"]),
        ("cut_off", "25:00"),
        ("delay_until", "soon"),
        ("warranty_restarts", 1),
        ("alipay.enabled", "no"),
    ],
)
def test_what_does_not_fit_is_refused(name: str, value: Any) -> None:
    with pytest.raises(BadParameter):
        merged(make.cn().parameters, {name: value})


def test_a_method_without_numbers_has_the_defaults() -> None:
    assert Parameters().method("new").pay_by_minutes == 30
