"""Which payment method where, and why not: the table of requirements 3 and more."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.kernel.money import Money
from shop.markets import market, markets
from shop.markets.market import Market
from shop.markets.methods import (
    Browser,
    Offered,
    Reach,
    Refused,
    browser_kind,
    choose,
    methods,
)
from shop.markets.parameters import merged
from shop.markets.refusals import (
    AboveMaximum,
    BelowMinimum,
    ChoiceMissing,
    MethodDown,
    MethodRefused,
    NoSuchMethod,
    NotIn,
    OnlyIn,
    ProductBars,
)
from tests.markets import make
from tests.markets.make import facts, offered, refused, toman, yuan

ONLINE = ["alipay", "huabei", "wechat_pay", "unionpay"]
COD = "cash_on_delivery"


@pytest.mark.parametrize(
    ("market_code", "place", "total", "can", "cannot"),
    [
        # Tehran, 5 M toman -> cash by arrangement, gateway (S99, S100)
        ("ir", make.TEHRAN, toman(5_000_000), ["gateway", "cash_by_arrangement"],
         {"card_transfer": "NotIn"}),
        ("ir", make.TAJRISH, toman(5_000_000), ["gateway", "cash_by_arrangement"],
         {"card_transfer": "NotIn"}),
        # Isfahan, any -> gateway, transfer only (S105)
        ("ir", make.ISFAHAN, toman(5_000_000), ["gateway", "card_transfer"],
         {"cash_by_arrangement": "OnlyIn"}),
        ("ir", make.KARAJ, toman(50_000), ["gateway", "card_transfer"],
         {"cash_by_arrangement": "OnlyIn"}),
        ("ir", make.ISFAHAN, toman(900), ["card_transfer"][:0],
         {"gateway": "BelowMinimum", "card_transfer": "BelowMinimum",
          "cash_by_arrangement": "OnlyIn"}),
        # Nanning, 2,999 -> online and cash on delivery (S26-S28)
        ("cn", make.NANNING, yuan(2_999), [*ONLINE, COD], {}),
        # at the cap, a fen above it, and far above
        ("cn", make.NANNING, yuan(5_000), [*ONLINE, COD], {}),
        ("cn", make.NANNING, Money(500_001, "CNY"), ONLINE, {COD: "AboveMaximum"}),
        ("cn", make.NANNING, yuan(9_999), ONLINE, {COD: "AboveMaximum"}),
        ("cn", "450103", yuan(2_999), [*ONLINE, COD], {}),
        # while no city is known nothing is refused because of one in China
        ("cn", "", yuan(2_999), [*ONLINE, COD], {}),
        ("ir", "", toman(5_000_000), ["gateway", "card_transfer"],
         {"cash_by_arrangement": "OnlyIn"}),
    ],
)  # fmt: skip
def test_methods_by_place_and_total(
    market_code: str, place: str, total: Money, can: list[str], cannot: dict[str, str]
) -> None:
    given_facts = facts(market(market_code), total, place)

    assert offered(market(market_code), given_facts) == can
    assert refused(market(market_code), given_facts) == cannot


def reason(place: Market, given_facts: object, method: str) -> MethodRefused:
    for answer in methods(place, given_facts):  # type: ignore[arg-type]
        if answer.method.code == method and isinstance(answer, Refused):
            return answer.reason
    raise AssertionError(f"{method} is offered")


def test_the_cap_is_named_in_the_reason() -> None:
    why = reason(make.cn(), facts(make.cn(), yuan(9_999), make.NANNING), COD)

    assert isinstance(why, AboveMaximum)
    assert why.most == yuan(5_000)


def test_the_least_is_named_in_the_reason() -> None:
    why = reason(make.ir(), facts(make.ir(), toman(900), make.ISFAHAN), "gateway")

    assert isinstance(why, BelowMinimum)
    assert why.least == toman(1_000)


def test_a_product_that_bars_cash_is_named() -> None:
    given_facts = facts(make.cn(), yuan(4_999), make.NANNING, barred="安榴 A7 Pro")

    why = reason(make.cn(), given_facts, COD)

    assert isinstance(why, ProductBars)
    assert why.product == "安榴 A7 Pro"
    assert offered(make.cn(), given_facts) == ONLINE


def test_the_reasons_of_tehran_name_the_city() -> None:
    elsewhere = facts(make.ir(), toman(10_000), make.ISFAHAN)
    here = facts(make.ir(), toman(10_000), make.TEHRAN)

    cash = reason(make.ir(), elsewhere, "cash_by_arrangement")
    transfer = reason(make.ir(), here, "card_transfer")

    assert isinstance(cash, OnlyIn)
    assert cash.regions == (make.TEHRAN,)
    assert isinstance(transfer, NotIn)
    assert transfer.region == make.TEHRAN


def test_an_owner_can_change_the_cap_and_the_places_of_cash() -> None:
    numbers = merged(
        make.cn().parameters,
        {f"{COD}.max_minor": 900_000, f"{COD}.regions": ["450000"]},
    )

    near = facts(make.cn(), yuan(8_999), "450103")
    far = facts(make.cn(), yuan(8_999), make.SHANGHAI)

    assert COD in offered(make.cn(), near, numbers)
    assert refused(make.cn(), far, numbers) == {COD: "MethodNotCovered"}


def test_whoever_collects_in_person_may_pay_in_person() -> None:
    numbers = merged(make.cn().parameters, {f"{COD}.not_regions": ["310000"]})
    sent = facts(make.cn(), yuan(100), make.SHANGHAI)

    assert refused(make.cn(), sent, numbers) == {COD: "MethodNotCovered"}
    assert COD in offered(make.cn(), replace(sent, pick_up=True), numbers)


def test_a_method_that_is_switched_off_or_not_set_up_is_not_shown() -> None:
    numbers = merged(make.cn().parameters, {"unionpay.enabled": False})
    given_facts = facts(make.cn(), yuan(100), make.NANNING)
    without = {k: v for k, v in given_facts.reach.items() if k != "wechat_pay"}

    answers = methods(make.cn(), replace(given_facts, reach=without), numbers)

    assert [one.method.code for one in answers] == ["alipay", "huabei", COD]


def test_huabei_splits_a_hundred_yuan_and_more() -> None:
    small = facts(make.cn(), Money(9_999, "CNY"), make.NANNING)

    why = reason(make.cn(), small, "huabei")

    assert isinstance(why, BelowMinimum)
    assert why.least == yuan(100)


def test_a_provider_can_take_less_than_the_shop_allows() -> None:
    most = Reach(max_minor=100_000)
    given_facts = facts(make.cn(), yuan(1_001), make.NANNING, reach={"alipay": most})

    why = reason(make.cn(), given_facts, "alipay")

    assert isinstance(why, AboveMaximum)
    assert why.most == yuan(1_000)


def test_a_silent_provider_stays_listed_with_the_next_try() -> None:
    at = datetime(2026, 11, 21, 8, 5, tzinfo=UTC)
    down = Reach(is_down=True, next_try_at=at)

    why = reason(
        make.cn(),
        facts(make.cn(), yuan(10), make.NANNING, reach={"alipay": down}),
        "alipay",
    )

    assert isinstance(why, MethodDown)
    assert why.next_try_at == at


@pytest.mark.parametrize(
    ("browser", "barred"),
    [
        (Browser.WECHAT, {"alipay": "BrowserCannot", "huabei": "BrowserCannot"}),
        (Browser.ALIPAY, {"wechat_pay": "BrowserCannot"}),
        (Browser.MOBILE, {}),
        (Browser.DESKTOP, {}),
    ],
)
def test_only_what_opens_in_this_browser(
    browser: Browser, barred: dict[str, str]
) -> None:
    given_facts = facts(make.cn(), yuan(200), make.NANNING, browser=browser)

    assert refused(make.cn(), given_facts) == barred


@pytest.mark.parametrize(
    ("agent", "browser"),
    [
        ("Mozilla/5.0 (iPhone) MicroMessenger/8.0.50", Browser.WECHAT),
        ("Mozilla/5.0 (Linux; Android 14) AlipayClient/10.6", Browser.ALIPAY),
        ("Mozilla/5.0 (Linux; Android 14) Mobile Safari", Browser.MOBILE),
        ("Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", Browser.DESKTOP),
        ("", Browser.DESKTOP),
    ],
)
def test_browsers_are_told_apart(agent: str, browser: Browser) -> None:
    assert browser_kind(agent) is browser


@pytest.mark.parametrize(
    ("market_code", "place", "method", "first"),
    [
        ("ir", make.TEHRAN, "gateway", True),
        ("ir", make.TAJRISH, "gateway", True),
        ("ir", make.TEHRAN, "cash_by_arrangement", False),
        ("ir", make.ISFAHAN, "gateway", False),
        ("ir", make.ISFAHAN, "card_transfer", False),
        ("cn", make.NANNING, "alipay", False),
    ],
)
def test_prepaid_orders_of_tehran_go_first(
    market_code: str, place: str, method: str, first: bool
) -> None:
    chosen = market(market_code)

    answer = choose(
        chosen, facts(chosen, Money(1_000_000, chosen.currency), place), method
    )

    assert answer.has_priority is first


def test_what_is_submitted_is_judged_again() -> None:
    cn = make.cn()

    with pytest.raises(AboveMaximum):
        choose(cn, facts(cn, yuan(9_999), make.NANNING), COD, "cash")
    with pytest.raises(NoSuchMethod):
        choose(cn, facts(cn, yuan(10), make.NANNING), "gateway")
    with pytest.raises(NoSuchMethod):
        choose(cn, facts(cn, yuan(10), make.NANNING), "")


@pytest.mark.parametrize("choice", ["cash", "pos"])
def test_cash_on_delivery_has_two_ways(choice: str) -> None:
    cn = make.cn()

    assert choose(cn, facts(cn, yuan(10), make.NANNING), COD, choice)


@pytest.mark.parametrize("choice", ["", "cheque"])
def test_cash_on_delivery_needs_one_of_its_ways(choice: str) -> None:
    cn = make.cn()

    with pytest.raises(ChoiceMissing):
        choose(cn, facts(cn, yuan(10), make.NANNING), COD, choice)


CITIES = {
    code: [city.code for city in markets()[code].regions.cities]
    for code in ("cn", "ir")
}


@given(
    st.sampled_from(["cn", "ir"]),
    st.integers(0, 10**13),
    st.data(),
    st.booleans(),
    st.sampled_from(list(Browser)),
)
def test_every_method_is_answered_once_and_the_page_agrees_with_the_submit(
    code: str, minor: int, data: st.DataObject, barred: bool, browser: Browser
) -> None:
    chosen = market(code)
    city = data.draw(st.sampled_from(CITIES[code]))
    given_facts = facts(
        chosen,
        Money(minor, chosen.currency),
        city,
        barred="x" if barred else "",
        browser=browser,
    )

    answers = methods(chosen, given_facts)

    assert [one.method.code for one in answers] == [one.code for one in chosen.methods]
    for answer in answers:
        option = answer.method.choices[0].code if answer.method.choices else ""
        if isinstance(answer, Offered):
            assert choose(chosen, given_facts, answer.method.code, option) == answer
        else:
            with pytest.raises(type(answer.reason)):
                choose(chosen, given_facts, answer.method.code, option)


@given(st.sampled_from(CITIES["ir"]), st.integers(10_000, 10**12))
def test_in_iran_there_are_always_exactly_two_ways(city: str, minor: int) -> None:
    can = offered(make.ir(), facts(make.ir(), Money(minor, "IRR"), city))

    assert len(can) == 2
    assert "gateway" in can
    assert ("cash_by_arrangement" in can) is (
        city in (make.TEHRAN, make.TAJRISH, "080655")
    )
