"""The places themselves: found by scanning, complete, honest about money."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from shop.kernel.money import Money
from shop.markets import find_market, market, market_codes, market_for_language, markets
from shop.markets.refusals import UnevenPrice
from tests.markets import make


def test_each_file_with_a_market_is_one() -> None:
    assert market_codes() == ("cn", "ir", "world")
    assert find_market("nowhere") is None


@pytest.mark.parametrize(
    ("language", "code"),
    [("zh", "cn"), ("fa", "ir"), ("en", "world"), ("zh_Hant", "cn"), ("ar", "world")],
)
def test_a_reader_begins_in_the_market_of_the_language(
    language: str, code: str
) -> None:
    assert market_for_language(language) == code


def test_an_owner_may_send_a_language_elsewhere() -> None:
    assert market_for_language("en", {"en": "ir"}) == "ir"
    assert market_for_language("en", {"en": "nowhere"}) == "world"


@pytest.mark.parametrize(
    ("code", "currency", "zone", "week_start"),
    [
        ("cn", "CNY", "Asia/Shanghai", 0),
        ("ir", "IRR", "Asia/Tehran", 5),
        ("world", "USD", "UTC", 0),
    ],
)
def test_money_and_time_of_a_place(
    code: str, currency: str, zone: str, week_start: int
) -> None:
    found = market(code)

    assert (found.currency, found.zone, found.week_start) == (
        currency,
        ZoneInfo(zone),
        week_start,
    )


@pytest.mark.parametrize("code", market_codes())
def test_a_market_is_complete(code: str) -> None:
    found = market(code)
    sent = {one.code for one in found.shipping_methods}

    assert str(found.name)
    assert str(found.tax_text)
    assert all(rate.method in sent for zone in found.zones for rate in zone.rates)
    assert all(one.code in found.parameters.methods for one in found.methods)
    assert set(found.parameters.methods) == {one.code for one in found.methods}
    assert [zone.regions for zone in found.zones][-1] == ()


def test_rial_prices_are_whole_tomans() -> None:
    with pytest.raises(UnevenPrice) as refusal:
        make.ir().check_price(Money(1_234_565, "IRR"))

    assert refusal.value.step == Money(10, "IRR")
    assert make.ir().check_price(Money(1_234_560, "IRR"))
    assert make.ir().rounded(Money(1_234_569, "IRR")) == Money(1_234_560, "IRR")
    assert make.cn().check_price(Money(1_999, "CNY"))


def test_a_day_ends_in_its_own_zone() -> None:
    assert (
        make.ir().end_of(date(2026, 11, 21)).isoformat() == "2026-11-21T20:30:00+00:00"
    )
    assert (
        make.cn().end_of(date(2026, 11, 21)).isoformat() == "2026-11-21T16:00:00+00:00"
    )


def test_today_is_the_date_there() -> None:
    late = datetime(2026, 11, 21, 21, 0, tzinfo=ZoneInfo("UTC"))

    assert make.ir().today(late) == date(2026, 11, 22)
    assert make.cn().today(late) == date(2026, 11, 22)
    assert markets()["world"].today(late) == date(2026, 11, 21)


def test_tehran_has_had_one_time_all_year_since_2022() -> None:
    summer = make.ir().moment(date(2026, 7, 1), time(12))
    before = make.ir().moment(date(2022, 7, 1), time(12))

    assert summer.isoformat() == "2026-07-01T08:30:00+00:00"
    assert before.isoformat() == "2022-07-01T07:30:00+00:00"


def test_a_tracking_link_carries_the_number() -> None:
    carrier = make.ir().carriers[0]

    assert carrier.link("123456").endswith("123456")
    assert carrier.link("") == ""
    assert make.ir().carriers[-1].link("123456") == ""
