"""Zones, fees and promises of delivery.

Pure: zones and numbers come from the market, ``now`` from the caller.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shop.i18n.text import L, Lazy
from shop.kernel.errors import ShopError
from shop.kernel.money import Money
from shop.markets.delivery import Rate, ShippingMethod, Zone
from shop.markets.market import Market, calendar_of
from shop.markets.parameters import Parameters
from shop.markets.promises import delay, first_working_day
from shop.markets.refusals import NotCovered

#: The way to send that sends nothing: the buyer comes (S44).
PICK_UP = ShippingMethod(
    "pick_up", L("Pick up in store"), L("Bring the collection code of your order")
)


@dataclass(eq=False)
class ShippingRefused(ShopError):
    """A way to send cannot be chosen; ``method`` is its code."""

    market: str
    method: str


@dataclass(eq=False)
class NoSuchDelivery(ShippingRefused):
    """The place is not served this way, or no longer."""


@dataclass(eq=False)
class GroundOnly(ShippingRefused):
    """``product`` holds a lithium battery and may not fly."""

    product: str


@dataclass(frozen=True)
class Parcel:
    """What the rules of delivery look at: the goods after discounts, and their traits.

    ``ground_only`` names the first product that may not fly. ``ships_on`` is
    the latest date on which something in it can leave (a presale, S51).
    """

    goods: Money
    ground_only: str = ""
    ships_on: date | None = None


@dataclass(frozen=True)
class Quote:
    """A way to send that can be chosen. Days are working days after shipping.

    ``min_days`` and ``max_days`` already contain ``extra_days`` of a remote
    zone; ``fee`` does not contain its ``surcharge``.
    """

    method: ShippingMethod
    fee: Money
    surcharge: Money
    min_days: int
    max_days: int
    zone: str
    extra_days: int = 0
    notice: Lazy | None = None

    @property
    def cost(self) -> Money:
        """What delivery costs in all."""
        return self.fee + self.surcharge


@dataclass(frozen=True)
class Barred:
    """A way to send that is listed with the reason why it cannot be chosen."""

    method: ShippingMethod
    reason: ShippingRefused


def zone_of(
    market: Market, place: str, zones: Sequence[Zone] | None = None
) -> Zone | None:
    """Return the zone of a place: the narrowest region that a zone names decides."""
    offered = market.zones if zones is None else zones
    for code in market.regions.path(place):
        for zone in offered:
            if code in zone.regions:
                return zone
    return next((zone for zone in offered if not zone.regions), None)


def quotes(
    market: Market,
    place: str,
    parcel: Parcel,
    parameters: Parameters | None = None,
    zones: Sequence[Zone] | None = None,
) -> list[Quote | Barred]:
    """Return every way to send a parcel to a place, in the market's order.

    :raises NotCovered: if we do not deliver there (S23).
    """
    numbers = parameters or market.parameters
    for code in market.regions.path(place):
        if code in numbers.uncovered_regions:
            raise NotCovered(market.code, code)
    zone = zone_of(market, place, zones)
    if zone is None or market.regions.find(place) is None:
        raise NotCovered(market.code, place)
    return [_answer(market, zone, rate, parcel) for rate in zone.rates]


def _answer(market: Market, zone: Zone, rate: Rate, parcel: Parcel) -> Quote | Barred:
    method = next(one for one in market.shipping_methods if one.code == rate.method)
    if method.by_air and parcel.ground_only:
        return Barred(method, GroundOnly(market.code, method.code, parcel.ground_only))
    free = (
        rate.free_from_minor is not None and parcel.goods.minor >= rate.free_from_minor
    )
    return Quote(
        method,
        fee=Money(0 if free else rate.fee_minor, market.currency),
        surcharge=Money(zone.surcharge_minor, market.currency),
        min_days=rate.min_days + zone.extra_days,
        max_days=rate.max_days + zone.extra_days,
        zone=zone.code,
        extra_days=zone.extra_days,
        notice=zone.notice,
    )


def pick_up_quote(market: Market) -> Quote:
    """Return what collecting costs: nothing, and no days on the road."""
    nothing = Money(0, market.currency)
    return Quote(PICK_UP, nothing, nothing, 0, 0, zone="")


def choose(
    market: Market,
    place: str,
    parcel: Parcel,
    wanted: str,
    parameters: Parameters | None = None,
) -> Quote:
    """Return the way to send that somebody submitted, if it is offered now.

    :raises NotCovered: if we do not deliver there.
    :raises ShippingRefused: with the same reason the page would show.
    """
    if wanted == PICK_UP.code:
        return pick_up_quote(market)
    for answer in quotes(market, place, parcel, parameters):
        if answer.method.code != wanted:
            continue
        if isinstance(answer, Barred):
            raise answer.reason
        return answer
    raise NoSuchDelivery(market.code, wanted)


@dataclass(frozen=True)
class Promise:
    """When a parcel leaves and arrives, on the market's working calendar; dates there.

    ``is_estimate``: the holidays of that year are not announced yet, so the
    dates are said with "expected". ``delay_days`` is the owner's notice, for
    the sentence that explains it.
    """

    ship_from: date
    ship_by: date
    deliver_from: date
    deliver_until: date
    is_estimate: bool = False
    delay_days: int = 0


@dataclass(frozen=True)
class PickUpPromise:
    """From when an order can be collected, and until when it is kept."""

    ready_by: date
    keep_until: date
    is_estimate: bool = False
    delay_days: int = 0


def ship_dates(
    market: Market,
    parameters: Parameters,
    now: datetime,
    ships_on: date | None = None,
    *,
    has_priority: bool = False,
) -> tuple[date, date]:
    """Return the first and the last date on which an order placed now leaves.

    A presale leaves on its own date if that is later; the owner's notice moves
    either. Priority shortens the last date, never below the first.
    """
    calendar = calendar_of(market, parameters)
    start = first_working_day(market, parameters, now)
    extra = delay(market, parameters, now)
    most = parameters.ship_days_max
    if has_priority:
        most = min(most, parameters.priority_ship_days_max)
    least = min(parameters.ship_days_min, most)
    first = calendar.add_working_days(start, least + extra)
    last = calendar.add_working_days(start, most + extra)
    if ships_on is not None and ships_on > start:
        presale = calendar.add_working_days(calendar.next_working_day(ships_on), extra)
        first, last = max(first, presale), max(last, presale)
    return first, last


def promise(
    market: Market,
    quote: Quote,
    now: datetime,
    parameters: Parameters | None = None,
    ships_on: date | None = None,
    *,
    has_priority: bool = False,
) -> Promise:
    """Return the dates of an order that is sent and placed now (S32, S33)."""
    numbers = parameters or market.parameters
    calendar = calendar_of(market, numbers)
    first, last = ship_dates(market, numbers, now, ships_on, has_priority=has_priority)
    until = calendar.add_working_days(last, quote.max_days)
    return Promise(
        first,
        last,
        calendar.add_working_days(first, quote.min_days),
        until,
        is_estimate=not calendar.is_announced(until),
        delay_days=delay(market, numbers, now),
    )


def pick_up_promise(
    market: Market,
    now: datetime,
    parameters: Parameters | None = None,
    ships_on: date | None = None,
) -> PickUpPromise:
    """Return from when an order placed now can be collected (S44)."""
    numbers = parameters or market.parameters
    calendar = calendar_of(market, numbers)
    start = first_working_day(market, numbers, now)
    if ships_on is not None and ships_on > start:
        start = calendar.next_working_day(ships_on)
    extra = delay(market, numbers, now)
    ready = calendar.add_working_days(start, numbers.pick_up_ready_days + extra)
    return PickUpPromise(
        ready,
        ready + timedelta(days=numbers.pick_up_keep_calendar_days),
        is_estimate=not calendar.is_announced(ready),
        delay_days=extra,
    )
