"""A market: everything that differs by place, in one frozen record (DESIGN 3.1)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from shop.i18n.text import Lazy, Text
from shop.kernel.money import Money
from shop.markets import identifiers
from shop.markets.address import AddressForm
from shop.markets.calendar import WorkingCalendar
from shop.markets.delivery import Carrier, ShippingMethod, Zone
from shop.markets.methods import Method
from shop.markets.parameters import Parameters
from shop.markets.refusals import UnevenPrice
from shop.markets.regions import Regions


@dataclass(frozen=True)
class TrustLine:
    """Something the law of a place wants at the foot of each page.

    ``setting`` names what the owner wrote (``identity``); while it is empty
    there is nothing to show.
    """

    setting: str
    text: Callable[[str], Text]
    url: str = ""


@dataclass(frozen=True)
class InvoiceNeeds:
    """What an invoice of the place asks for; no ID number is ever stored."""

    kinds: tuple[tuple[str, Lazy], ...]
    company_code: Callable[[str], str] | None = None
    company_code_label: Lazy | None = None
    amount_in_words: bool = False


@dataclass(frozen=True)
class Market:
    """The rules and defaults of one place. Words and digits belong to the reader."""

    code: str
    name: Lazy
    currency: str
    zone: ZoneInfo
    #: ISO 3166 code, "" where the market is no one country.
    country: str
    #: The first day of a week, 0 is Monday.
    week_start: int
    address: AddressForm
    load_regions: Callable[[], Regions]
    parameters: Parameters
    methods: tuple[Method, ...]
    shipping_methods: tuple[ShippingMethod, ...]
    zones: tuple[Zone, ...]
    carriers: tuple[Carrier, ...]
    tax_text: Lazy
    invoice: InvoiceNeeds
    trust_lines: tuple[TrustLine, ...] = ()
    #: Languages whose readers begin here; ``world`` takes all others.
    languages: tuple[str, ...] = ()
    #: Prices are whole multiples of so many minor units.
    price_step: int = 1
    #: Where prepaid orders go first (S101).
    priority_regions: tuple[str, ...] = field(default=())

    @property
    def regions(self) -> Regions:
        """The places of the market; read from disk on first use."""
        return self.load_regions()

    @property
    def calendar(self) -> WorkingCalendar:
        """The working calendar by default; ``calendar_of`` takes an owner's weekend."""
        return calendar_of(self, self.parameters)

    def mobile(self, typed: str, country: str = "") -> str:
        """Return a mobile number of this market in E.164.

        :raises NotAMobile: for anything else.
        """
        return self.address.mobile(typed, country)

    def show_phone(self, stored: str) -> str:
        """Write a stored number as people here do: ``0912 345 6789``."""
        return identifiers.show_phone(stored, self.country)

    def today(self, now: datetime) -> date:
        """Return the date here at a moment."""
        return now.astimezone(self.zone).date()

    def end_of(self, day: date) -> datetime:
        """Return the moment a date is over here: when a promise for it is broken."""
        midnight = datetime.combine(day + timedelta(days=1), time(), self.zone)
        return midnight.astimezone(UTC)

    def moment(self, day: date, hour: time) -> datetime:
        """Return the moment of an hour of a date here."""
        return datetime.combine(day, hour, self.zone).astimezone(UTC)

    def check_price(self, price: Money) -> Money:
        """Return a price an owner may set.

        :raises UnevenPrice: if it is no whole multiple of ``price_step``.
        """
        if price.minor % self.price_step:
            raise UnevenPrice(Money(self.price_step, self.currency))
        return price

    def rounded(self, price: Money) -> Money:
        """Return a computed price on the step, rounded down for the buyer."""
        return Money(price.minor // self.price_step * self.price_step, price.currency)


@cache
def _calendar(country: str, weekend: frozenset[int]) -> WorkingCalendar:
    return WorkingCalendar(country, weekend)


def calendar_of(market: Market, parameters: Parameters) -> WorkingCalendar:
    """Return the working days of a market with the owner's weekend."""
    return _calendar(market.country, frozenset(parameters.weekend))
