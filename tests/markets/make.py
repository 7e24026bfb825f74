"""Makers for the rules of places."""

from shop.kernel.money import Money
from shop.markets import market
from shop.markets.market import Market
from shop.markets.methods import (
    Browser,
    CheckoutFacts,
    Offered,
    Reach,
    Refused,
    methods,
)
from shop.markets.parameters import Parameters

NANNING, SHANGHAI, URUMQI = "450100", "310100", "650100"
TEHRAN, TAJRISH, ISFAHAN, KARAJ = "080394", "080372", "040122", "051094"


def cn() -> Market:
    return market("cn")


def ir() -> Market:
    return market("ir")


def yuan(amount: int) -> Money:
    return Money(amount * 100, "CNY")


def toman(amount: int) -> Money:
    return Money(amount * 10, "IRR")


def facts(
    place: Market,
    total: Money,
    city: str = "",
    *,
    barred: str = "",
    browser: Browser = Browser.DESKTOP,
    pick_up: bool = False,
    reach: dict[str, Reach] | None = None,
) -> CheckoutFacts:
    """Facts of a checkout where the owner has set up every method."""
    ready = {method.code: Reach() for method in place.methods}
    return CheckoutFacts(
        total=total,
        place=city,
        pick_up=pick_up,
        barred_by={"cash_on_delivery": barred} if barred else {},
        reach=ready | (reach or {}),
        browser=browser,
    )


def offered(
    place: Market, given: CheckoutFacts, parameters: Parameters | None = None
) -> list[str]:
    answers = methods(place, given, parameters)
    return [one.method.code for one in answers if isinstance(one, Offered)]


def refused(
    place: Market, given: CheckoutFacts, parameters: Parameters | None = None
) -> dict[str, str]:
    """Return the kind of reason by method."""
    answers = methods(place, given, parameters)
    return {
        one.method.code: type(one.reason).__name__
        for one in answers
        if isinstance(one, Refused)
    }
