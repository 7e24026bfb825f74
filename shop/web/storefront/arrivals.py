"""When an order would arrive, as far as a page can know without an address."""

from datetime import date, datetime
from functools import lru_cache

from shop.i18n.text import T, Text
from shop.kernel.money import Money
from shop.markets.market import Market
from shop.markets.parameters import Parameters
from shop.markets.service import OwnerWords
from shop.shipping import rules as shipping
from shop.shipping.rules import Promise, Quote
from shop.web.current import current_market, current_parameters, owner_words


def promise_here(now: datetime, ships_on: date | None = None) -> Promise:
    """Return the dates for the market of the visit, worked out once a minute.

    Nothing in them is finer than a minute: an hour ends the day's orders.
    """
    minute = now.replace(second=0, microsecond=0)
    return _in_this_minute(current_market().code, owner_words(), minute, ships_on)


@lru_cache(maxsize=64)
def _in_this_minute(
    _market: str, _words: OwnerWords, minute: datetime, ships_on: date | None
) -> Promise:
    return promise_anywhere(current_market(), current_parameters(), minute, ships_on)


def promise_anywhere(
    market: Market, parameters: Parameters, now: datetime, ships_on: date | None = None
) -> Promise:
    """Return the dates that hold for every place the market delivers to (S33)."""
    spans = [
        (rate.min_days + zone.extra_days, rate.max_days + zone.extra_days)
        for zone in market.zones
        for rate in zone.rates
    ]
    nothing = Money(0, market.currency)
    widest = Quote(
        market.shipping_methods[0],
        nothing,
        nothing,
        min(least for least, _ in spans),
        max(most for _, most in spans),
        zone="",
    )
    return shipping.promise(market, widest, now, parameters, ships_on)


def sentence(given: Promise) -> Text:
    """Say when an order placed now leaves and arrives, with weekday and date."""
    dates = {
        "day": given.ship_by,
        "first": given.deliver_from,
        "last": given.deliver_until,
    }
    if given.is_estimate:
        return T(
            "Leaves us by {day}, expected between {first} and {last}, "
            "depending on the place",
            **dates,
        )
    return T(
        "Leaves us by {day}, arrives between {first} and {last}, "
        "depending on the place",
        **dates,
    )
