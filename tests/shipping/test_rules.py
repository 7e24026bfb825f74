"""What delivery costs and when it comes: tables of zones, edges of days."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.kernel.money import Money
from shop.markets import market
from shop.markets.delivery import Rate, Zone
from shop.markets.parameters import Parameters, merged
from shop.markets.refusals import NotCovered
from shop.shipping import rules
from shop.shipping.rules import Barred, Parcel, Quote
from tests.markets import make
from tests.markets.make import toman, yuan


def at(code: str, text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=market(code).zone)


def quote(code: str, place: str, goods: Money, method: str) -> Quote:
    return rules.choose(market(code), place, Parcel(goods), method)


@pytest.mark.parametrize(
    ("code", "place", "goods", "expected"),
    [
        # near, below and from the sum that travels free
        (
            "cn",
            make.NANNING,
            yuan(98),
            [("standard", 800, 0, 1, 3), ("express", 1800, 0, 1, 2)],
        ),
        (
            "cn",
            "450103",
            yuan(99),
            [("standard", 0, 0, 1, 3), ("express", 1800, 0, 1, 2)],
        ),
        # elsewhere on the mainland: 1 to 7 working days in all (S33)
        (
            "cn",
            "610100",
            yuan(50),
            [("standard", 1000, 0, 2, 5), ("express", 2300, 0, 1, 3)],
        ),
        # remote: more money, more days, no air (S55)
        ("cn", make.URUMQI, yuan(50), [("standard", 1000, 1500, 5, 7)]),
        ("cn", make.URUMQI, yuan(500), [("standard", 0, 1500, 5, 7)]),
        (
            "ir",
            make.TEHRAN,
            toman(1_000_000),
            [("courier", 700_000, 0, 1, 1), ("post", 500_000, 0, 1, 2)],
        ),
        ("ir", make.KARAJ, toman(1_000_000), [("post", 700_000, 0, 1, 3)]),
        ("ir", make.ISFAHAN, toman(1_000_000), [("post", 900_000, 0, 2, 5)]),
        ("ir", make.ISFAHAN, toman(10_000_000), [("post", 0, 0, 2, 5)]),
        ("world", "GB", Money(5_000, "USD"), [("post", 2_500, 0, 7, 20)]),
    ],
)
def test_fees_and_days_by_place(
    code: str, place: str, goods: Money, expected: list[tuple[str, int, int, int, int]]
) -> None:
    found = rules.quotes(market(code), place, Parcel(goods))

    assert [
        (
            one.method.code,
            one.fee.minor,
            one.surcharge.minor,
            one.min_days,
            one.max_days,
        )
        for one in found
        if isinstance(one, Quote)
    ] == expected


def test_a_remote_place_says_why_it_costs_more() -> None:
    found = quote("cn", make.URUMQI, yuan(50), "standard")

    assert found.cost == yuan(25)
    assert found.extra_days == 2
    assert str(found.notice)


@pytest.mark.parametrize(
    ("place", "region"),
    [("710100", "710000"), ("710101", "710000"), ("460300", "460300")],
)
def test_a_place_without_cover_is_refused_by_name(place: str, region: str) -> None:
    with pytest.raises(NotCovered) as refusal:
        rules.quotes(make.cn(), place, Parcel(yuan(10)))

    assert (refusal.value.market, refusal.value.region) == ("cn", region)


@pytest.mark.parametrize("place", ["", "999999", make.TEHRAN])
def test_an_unknown_place_has_no_delivery(place: str) -> None:
    with pytest.raises(NotCovered):
        rules.quotes(make.cn(), place, Parcel(yuan(10)))


def test_an_owner_can_leave_out_a_county() -> None:
    numbers = merged(make.ir().parameters, {"uncovered_regions": ["160000"]})
    zahedan = next(c for c in make.ir().regions.cities_of("160000")).code

    with pytest.raises(NotCovered):
        rules.quotes(make.ir(), zahedan, Parcel(toman(10)), numbers)
    assert rules.quotes(make.ir(), zahedan, Parcel(toman(10)))


def test_the_narrowest_region_decides() -> None:
    rate = (Rate("standard", 1, 1, 1),)
    zones = [
        Zone("province", rate, ("450000",)),
        Zone("district", rate, ("450103",)),
        Zone("rest", rate),
    ]

    def zone(place: str) -> str:
        found = rules.zone_of(make.cn(), place, zones)
        return found.code if found else ""

    assert zone("450103") == "district"
    assert zone("450102") == "province"
    assert zone(make.SHANGHAI) == "rest"
    assert rules.zone_of(make.cn(), make.SHANGHAI, zones[:2]) is None


def test_a_battery_does_not_fly() -> None:
    parcel = Parcel(yuan(50), ground_only="安榴滑板车")

    by_road, by_air = rules.quotes(make.cn(), make.NANNING, parcel)

    assert isinstance(by_road, Quote)
    assert isinstance(by_air, Barred)
    assert isinstance(by_air.reason, rules.GroundOnly)
    assert by_air.reason.product == "安榴滑板车"
    with pytest.raises(rules.GroundOnly):
        rules.choose(make.cn(), make.NANNING, parcel, "express")


@pytest.mark.parametrize("wanted", ["", "courier", "nothing"])
def test_what_is_not_offered_cannot_be_chosen(wanted: str) -> None:
    with pytest.raises(rules.NoSuchDelivery):
        rules.choose(make.cn(), make.NANNING, Parcel(yuan(50)), wanted)


def test_collecting_costs_nothing_and_needs_no_place() -> None:
    found = rules.choose(make.cn(), "", Parcel(yuan(50)), "pick_up")

    assert found.cost == Money(0, "CNY")


@pytest.mark.parametrize(
    ("code", "placed", "place", "ship", "deliver"),
    [
        # Friday before the cut-off: the days begin on Monday
        (
            "cn",
            "2026-11-20 15:59:59",
            make.NANNING,
            (date(2026, 11, 23), date(2026, 11, 25)),
            (date(2026, 11, 24), date(2026, 11, 30)),
        ),
        # a second later it is an order of Monday
        (
            "cn",
            "2026-11-20 16:00:00",
            make.NANNING,
            (date(2026, 11, 24), date(2026, 11, 26)),
            (date(2026, 11, 25), date(2026, 12, 1)),
        ),
        # before the National Day week, with its make-up Saturday
        (
            "cn",
            "2026-09-30 10:00:00",
            make.NANNING,
            (date(2026, 10, 8), date(2026, 10, 10)),
            (date(2026, 10, 9), date(2026, 10, 14)),
        ),
        # Thursday in Tehran: Friday rests
        (
            "ir",
            "2026-11-19 12:00:00",
            make.ISFAHAN,
            (date(2026, 11, 21), date(2026, 11, 22)),
            (date(2026, 11, 23), date(2026, 11, 28)),
        ),
        # over Nowruz
        (
            "ir",
            "2026-03-18 12:00:00",
            make.TEHRAN,
            (date(2026, 3, 19), date(2026, 3, 25)),
            (date(2026, 3, 25), date(2026, 3, 26)),
        ),
    ],
)
def test_dates_of_an_order(
    code: str,
    placed: str,
    place: str,
    ship: tuple[date, date],
    deliver: tuple[date, date],
) -> None:
    found = rules.quotes(market(code), place, Parcel(Money(1, market(code).currency)))[
        0
    ]
    assert isinstance(found, Quote)

    got = rules.promise(market(code), found, at(code, placed))

    assert (got.ship_from, got.ship_by) == ship
    assert (got.deliver_from, got.deliver_until) == deliver


FRIDAY = "2026-11-20 10:00:00"


def dates(
    numbers: Parameters, placed: str = FRIDAY, ships_on: date | None = None
) -> tuple[date, date]:
    return rules.ship_dates(make.cn(), numbers, at("cn", placed), ships_on)


def test_a_notice_of_delay_moves_every_promise() -> None:
    cn = make.cn()
    busy = replace(cn.parameters, delay_days=2, delay_until=date(2026, 11, 20))
    found = quote("cn", make.NANNING, yuan(10), "standard")

    usual = rules.promise(cn, found, at("cn", FRIDAY))
    later = rules.promise(cn, found, at("cn", FRIDAY), busy)

    add = cn.calendar.add_working_days
    assert later.delay_days == 2
    assert later.ship_by == add(usual.ship_by, 2)
    assert later.deliver_until == add(usual.deliver_until, 2)
    assert dates(busy, "2026-11-21 00:00:00") == dates(
        cn.parameters, "2026-11-21 00:00:00"
    )


@pytest.mark.parametrize(
    ("ships_on", "ship"),
    [
        (date(2026, 12, 10), (date(2026, 12, 10), date(2026, 12, 10))),
        (date(2026, 12, 12), (date(2026, 12, 14), date(2026, 12, 14))),  # a Saturday
        (date(2026, 11, 24), (date(2026, 11, 24), date(2026, 11, 25))),
        (date(2026, 11, 1), (date(2026, 11, 23), date(2026, 11, 25))),  # long past
    ],
)
def test_a_presale_leaves_on_its_own_date(
    ships_on: date, ship: tuple[date, date]
) -> None:
    assert dates(make.cn().parameters, ships_on=ships_on) == ship


def test_a_delay_moves_a_presale_too() -> None:
    busy = replace(make.cn().parameters, delay_days=1)

    assert dates(busy, ships_on=date(2026, 12, 10))[1] == date(2026, 12, 11)


def test_priority_ships_sooner() -> None:
    ir, placed = make.ir(), at("ir", "2026-11-21 10:00:00")
    numbers = replace(ir.parameters, ship_days_max=3)

    usual = rules.ship_dates(ir, numbers, placed)
    first = rules.ship_dates(ir, numbers, placed, has_priority=True)

    assert usual == (date(2026, 11, 22), date(2026, 11, 24))
    assert first == (date(2026, 11, 22), date(2026, 11, 22))


def test_a_year_nobody_announced_makes_an_estimate() -> None:
    found = quote("cn", make.NANNING, yuan(10), "standard")

    assert not rules.promise(make.cn(), found, at("cn", FRIDAY)).is_estimate
    assert rules.promise(make.cn(), found, at("cn", "2090-05-09 10:00:00")).is_estimate


def test_pick_up_is_ready_by_a_date_and_kept_until_another() -> None:
    got = rules.pick_up_promise(make.cn(), at("cn", FRIDAY))

    assert (got.ready_by, got.keep_until) == (date(2026, 11, 23), date(2026, 11, 30))


def test_pick_up_of_a_presale_waits_for_it() -> None:
    got = rules.pick_up_promise(
        make.cn(), at("cn", FRIDAY), ships_on=date(2026, 12, 12)
    )

    assert got.ready_by == date(2026, 12, 15)


MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2026, 12, 31))  # noqa: DTZ001
PLACES = [
    ("cn", make.NANNING),
    ("cn", make.URUMQI),
    ("ir", make.TEHRAN),
    ("ir", make.ISFAHAN),
]


@given(
    st.sampled_from(PLACES),
    MOMENTS,
    st.integers(0, 3),
    st.booleans(),
    st.integers(0, 96),
)
def test_promises_are_in_order_on_working_days_and_never_jump_back(
    where: tuple[str, str], moment: datetime, days: int, priority: bool, hours: int
) -> None:
    code, place = where
    found = market(code)
    numbers = replace(found.parameters, delay_days=days)
    placed = moment.replace(tzinfo=found.zone)
    calendar = found.calendar

    def promised(when: datetime) -> rules.Promise:
        chosen = rules.quotes(found, place, Parcel(Money(10, found.currency)))[0]
        assert isinstance(chosen, Quote)
        return rules.promise(found, chosen, when, numbers, has_priority=priority)

    got = promised(placed)
    later = promised(placed + timedelta(hours=hours))

    assert placed.date() < got.ship_from <= got.ship_by
    assert got.ship_from < got.deliver_from <= got.deliver_until
    assert calendar.is_working_day(got.ship_by)
    assert calendar.is_working_day(got.deliver_until)
    assert later.ship_by >= got.ship_by
    assert later.deliver_until >= got.deliver_until


@given(st.sampled_from(PLACES), st.integers(0, 10**10), st.integers(0, 10**9))
def test_more_goods_never_cost_more_to_send(
    where: tuple[str, str], minor: int, more: int
) -> None:
    code, place = where
    found = market(code)

    def cost(goods: int) -> list[int]:
        parcel = Parcel(Money(goods, found.currency))
        answers = rules.quotes(found, place, parcel)
        return [one.cost.minor for one in answers if isinstance(one, Quote)]

    for less, rich in zip(cost(minor + more), cost(minor), strict=True):
        assert less <= rich
    assert all(one % found.price_step == 0 for one in cost(minor))
