"""Provinces, cities, districts: codes that stay and names for each reader."""

import re

import pytest

from shop.markets import markets
from tests.markets import make


@pytest.mark.parametrize(
    ("market", "provinces", "cities", "districts"),
    [("cn", 34, 369, 3479), ("ir", 31, 1320, 0)],
)
def test_the_lists_are_whole(
    market: str, provinces: int, cities: int, districts: int
) -> None:
    regions = markets()[market].regions

    found = sum(len(regions.districts(city.code)) for city in regions.cities)

    assert (len(regions.provinces), len(regions.cities), found) == (
        provinces,
        cities,
        districts,
    )


@pytest.mark.parametrize("market", ["cn", "ir"])
def test_every_city_lies_in_a_province_and_has_a_name_for_everybody(
    market: str,
) -> None:
    regions = markets()[market].regions
    grouped = [city for _, cities in regions.cities_by_province() for city in cities]

    assert {city.code for city in grouped} == {city.code for city in regions.cities}
    for city in regions.cities:
        assert regions.find_province(city.parent)
        assert all(city.name(language) for language in ("zh", "fa", "en"))


def test_every_chinese_city_has_a_district() -> None:
    regions = make.cn().regions

    assert all(regions.districts(city.code) for city in regions.cities)


@pytest.mark.parametrize(
    ("market", "code", "zh", "fa", "en"),
    [
        ("cn", make.NANNING, "南宁市", "ناننینگ", "Nanning"),
        ("cn", "450103", "青秀区", "Qingxiu District", "Qingxiu District"),
        ("cn", "610100", "西安市", "شیان", "Xi'an"),
        ("cn", "210200", "大连市", "دالیان", "Dalian"),
        ("ir", make.TEHRAN, "德黑兰", "تهران", "Tehran"),
        ("ir", make.ISFAHAN, "伊斯法罕", "اصفهان", "Isfahan"),
        ("ir", "220000", "克尔曼沙阿省", "کرمانشاه", "Kermanshah"),
    ],
)  # fmt: skip
def test_names_by_reader(market: str, code: str, zh: str, fa: str, en: str) -> None:
    region = markets()[market].regions.find(code)

    assert region
    assert (region.name("zh"), region.name("fa"), region.name("en")) == (zh, fa, en)


def test_a_name_in_another_language_says_so() -> None:
    district = make.cn().regions.find("450103")

    assert district
    assert district.name_language("zh") == "zh"
    assert district.name_language("fa") == "en"


def test_tehran_is_the_capital_and_the_only_one() -> None:
    capitals = [city.code for city in make.ir().regions.cities if city.is_capital]

    assert capitals == [make.TEHRAN]


def test_a_path_leads_from_the_narrowest_to_the_widest() -> None:
    assert make.cn().regions.path("450103") == ("450103", "450100", "450000")
    assert make.ir().regions.path(make.TEHRAN) == (make.TEHRAN, "080000")
    assert make.cn().regions.path("nowhere") == ()
    assert make.cn().regions.path("") == ()


def test_unknown_codes_find_nothing() -> None:
    regions = make.cn().regions

    assert regions.find_city("999999") is None
    assert regions.find_city("450103") is None  # a district is no city
    assert regions.districts("999999") == ()


def test_persian_names_are_written_as_persian_writes() -> None:
    names = [city.names["fa"] for city in make.ir().regions.cities]

    assert not [name for name in names if re.search("[يكىة0-9]", name)]
    assert "خرم\u200cآباد" in names


def test_the_plain_market_lists_countries_for_each_reader() -> None:
    regions = markets()["world"].regions
    japan = regions.find_province("JP")

    assert japan
    assert japan.name("zh") == "日本"
    assert japan.name("fa") == "ژاپن"
    assert 230 < len(regions.provinces) < 260
    assert regions.find_province("EU") is None


def test_the_places_the_rules_name_exist() -> None:
    for market in markets().values():
        numbers = market.parameters
        named = {code for zone in market.zones for code in zone.regions}
        named |= {*numbers.uncovered_regions, *market.priority_regions}
        assert all(market.regions.find(code) for code in named)
