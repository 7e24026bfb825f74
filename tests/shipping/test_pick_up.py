"""Places to collect: open or not, what they are called, the code a buyer shows."""

from dataclasses import replace
from datetime import datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.markets import market
from shop.shipping.demo import demo_pickup_points
from shop.shipping.pick_up import SERVICES, Point, PointText, collection_code, opening
from tests.markets import make


def at(code: str, text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=market(code).zone)


def point(code: str) -> Point:
    return next(one for one in demo_pickup_points() if one.code == code)


@pytest.mark.parametrize(
    ("now", "is_open", "until"),
    [
        ("2026-11-18 08:59:59", False, "2026-11-18 09:00:00"),
        ("2026-11-18 09:00:00", True, "2026-11-18 20:00:00"),
        ("2026-11-18 19:59:59", True, "2026-11-18 20:00:00"),
        ("2026-11-18 20:00:00", False, "2026-11-19 09:00:00"),
        ("2026-11-19 18:30:00", False, "2026-11-21 09:00:00"),  # over Friday
        ("2026-11-20 12:00:00", False, "2026-11-21 09:00:00"),
    ],
)
def test_a_door_opens_and_closes_on_its_own_clock(
    now: str, is_open: bool, until: str
) -> None:
    found = opening(make.ir(), point("demo-tehran"), at("ir", now))

    assert (found.is_open, found.at) == (is_open, at("ir", until))


def test_a_point_without_hours_is_closed() -> None:
    nowhere = Point("x", "ir", make.TEHRAN, {}, ())
    never = replace(nowhere, hours=(None,) * 7)

    for one in (nowhere, never):
        found = opening(make.ir(), one, at("ir", "2026-11-18 12:00:00"))
        assert (found.is_open, found.at) == (False, None)


def test_a_point_open_on_one_day_opens_a_week_later() -> None:
    monday = Point("x", "ir", "", {}, ((time(9), time(10)), *((None,) * 6)))

    found = opening(make.ir(), monday, at("ir", "2026-11-23 10:00:00"))

    assert found.at == at("ir", "2026-11-30 09:00:00")


def test_words_fall_back_and_say_so() -> None:
    shop = Point("x", "cn", "", {"zh": PointText("店", "路1号")}, ())

    assert shop.text("fa").name == "店"
    assert shop.text_language("fa") == "zh"
    assert Point("x", "cn", "", {}, ()).text("fa").name == "x"


@given(st.text(min_size=1, max_size=20), st.from_regex("[0-9]{10}", fullmatch=True))
def test_a_collection_code_is_six_digits_and_always_the_same(
    secret: str, number: str
) -> None:
    code = collection_code(secret, number)

    assert len(code) == 6
    assert code.isascii()
    assert code.isdecimal()
    assert collection_code(secret, number) == code


def test_codes_differ_by_order_and_by_shop() -> None:
    codes = {collection_code("secret", str(number)) for number in range(1000)}

    assert len(codes) > 990
    assert collection_code("secret", "1") != collection_code("other", "1")


@pytest.mark.parametrize("code", [one.code for one in demo_pickup_points()])
def test_every_demo_point_is_said_to_be_one(code: str) -> None:
    found = point(code)

    assert market(found.market).regions.find_city(found.city)
    assert set(found.texts) == {"zh", "fa", "en"}
    assert all(words.note for words in found.texts.values())
    assert set(found.services) <= set(SERVICES)
    assert len(found.hours) == 7
