"""Which payment methods a cart may use here and now, and why not the others.

A market file lists its methods; each answers ``Offered`` or ``Refused`` with a
reason that carries facts, so that the page can always say why (DESIGN 3.1).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from shop.i18n.text import Lazy
from shop.kernel.money import Money
from shop.markets.parameters import MethodParameters, Parameters
from shop.markets.refusals import (
    AboveMaximum,
    BelowMinimum,
    BrowserCannot,
    ChoiceMissing,
    MethodDown,
    MethodNotCovered,
    MethodRefused,
    NoSuchMethod,
    ProductBars,
)

if TYPE_CHECKING:
    from shop.markets.market import Market


class Browser(StrEnum):
    """What opened the page, as far as a payment depends on it."""

    DESKTOP = "desktop"
    MOBILE = "mobile"
    WECHAT = "wechat"
    ALIPAY = "alipay"


def browser_kind(user_agent: str) -> Browser:
    """Guess the browser from its header; only ever to hide what could not work."""
    agent = user_agent.lower()
    if "micromessenger" in agent:
        return Browser.WECHAT
    if "alipayclient" in agent:
        return Browser.ALIPAY
    return Browser.MOBILE if "mobi" in agent or "android" in agent else Browser.DESKTOP


@dataclass(frozen=True)
class Reach:
    """What the providers of one method can do now; ends of amounts are included."""

    min_minor: int = 1
    max_minor: int | None = None
    is_down: bool = False
    next_try_at: datetime | None = None


@dataclass(frozen=True)
class CheckoutFacts:
    """What the rules of a method look at.

    ``place`` is the code of the place where the goods change hands (the
    district or city of the address, or of the pick-up point), "" while it is
    unknown. ``reach`` has an entry for each method that a provider of the
    owner serves; a method without one is not shown at all. ``barred_by`` names
    the product in the cart that a method may not be used for.
    """

    total: Money
    place: str = ""
    pick_up: bool = False
    barred_by: Mapping[str, str] = field(default_factory=dict)
    reach: Mapping[str, Reach] = field(default_factory=dict)
    browser: Browser = Browser.DESKTOP


Rule = Callable[
    ["Market", "Method", CheckoutFacts, MethodParameters], MethodRefused | None
]


@dataclass(frozen=True)
class Choice:
    """A way inside a method: cash or card at the door (S27)."""

    code: str
    name: Lazy


@dataclass(frozen=True)
class Method:
    """A way to pay, as a buyer picks it. ``providers``: the codes of who collects."""

    code: str
    name: Lazy
    hint: Lazy
    providers: tuple[str, ...]
    #: The money comes before the goods, through a page of the provider.
    is_online: bool = True
    is_prepaid: bool = True
    choices: tuple[Choice, ...] = ()
    choices_legend: Lazy | None = None
    not_in_browsers: frozenset[Browser] = frozenset()
    rule: Rule | None = None


@dataclass(frozen=True)
class Offered:
    """A method that can be chosen now."""

    method: Method
    #: The order is handled before others (S101).
    has_priority: bool = False


@dataclass(frozen=True)
class Refused:
    """A method that is listed with the reason why it cannot be chosen."""

    method: Method
    reason: MethodRefused


def methods(
    market: "Market",
    facts: CheckoutFacts,
    parameters: Parameters | None = None,
) -> list[Offered | Refused]:
    """Judge every method of a market that the owner has set up, in its order.

    The page and the submit both call it, with the facts of their own moment.
    """
    answers: list[Offered | Refused] = []
    for method in market.methods:
        numbers = (parameters or market.parameters).method(method.code)
        if not numbers.enabled or method.code not in facts.reach:
            continue
        reason = _refusal(market, method, facts, numbers)
        if reason is not None:
            answers.append(Refused(method, reason))
            continue
        priority = has_priority(market, method, facts.place)
        answers.append(Offered(method, has_priority=priority))
    return answers


def choose(
    market: "Market",
    facts: CheckoutFacts,
    wanted: str,
    choice: str = "",
    parameters: Parameters | None = None,
) -> Offered:
    """Return the method somebody submitted, if it may be used at this moment.

    :raises MethodRefused: with the same reason the page would show.
    """
    for answer in methods(market, facts, parameters):
        if answer.method.code != wanted:
            continue
        if isinstance(answer, Refused):
            raise answer.reason
        codes = [one.code for one in answer.method.choices]
        if codes and choice not in codes:
            raise ChoiceMissing(market.code, wanted)
        return answer
    raise NoSuchMethod(market.code, wanted)


def has_priority(market: "Market", method: Method, place: str) -> bool:
    """Say whether an order paid this way is sent before others (S101, Tehran)."""
    return (
        method.is_prepaid
        and method.is_online
        and bool(set(market.regions.path(place)) & set(market.priority_regions))
    )


def is_in(market: "Market", place: str, regions: tuple[str, ...]) -> bool:
    """Say whether a place is, or lies in, one of ``regions``."""
    return bool(set(market.regions.path(place)) & set(regions))


def _refusal(
    market: "Market", method: Method, facts: CheckoutFacts, numbers: MethodParameters
) -> MethodRefused | None:
    """Return the first reason against a method; what cannot change comes first."""
    code, reach = method.code, facts.reach[method.code]
    if facts.browser in method.not_in_browsers:
        return BrowserCannot(market.code, code, facts.browser.value)
    if method.rule is not None:
        reason = method.rule(market, method, facts, numbers)
        if reason is not None:
            return reason
    if facts.place and not facts.pick_up and not _collects(market, facts, numbers):
        return MethodNotCovered(market.code, code, facts.place)
    if code in facts.barred_by:
        return ProductBars(market.code, code, facts.barred_by[code])
    least = max(numbers.min_minor, reach.min_minor)
    if facts.total.minor < least:
        return BelowMinimum(market.code, code, Money(least, facts.total.currency))
    most = _lower(numbers.max_minor, reach.max_minor)
    if most is not None and facts.total.minor > most:
        return AboveMaximum(market.code, code, Money(most, facts.total.currency))
    if reach.is_down:
        return MethodDown(market.code, code, reach.next_try_at)
    return None


def _lower(one: int | None, other: int | None) -> int | None:
    known = [value for value in (one, other) if value is not None]
    return min(known, default=None)


def _collects(
    market: "Market", facts: CheckoutFacts, numbers: MethodParameters
) -> bool:
    if numbers.regions and not is_in(market, facts.place, numbers.regions):
        return False
    return not is_in(market, facts.place, numbers.not_regions)
