"""What a market file says about delivery: zones and the ways to send there."""

from dataclasses import dataclass

from shop.i18n.text import Lazy


@dataclass(frozen=True)
class Rate:
    """One way to send a parcel into one zone. Days are working days after shipping."""

    method: str
    fee_minor: int
    min_days: int
    max_days: int
    #: Goods worth so much travel free; ``None``: never.
    free_from_minor: int | None = None


@dataclass(frozen=True)
class Zone:
    """Places that are served alike. The narrowest region code that fits decides.

    A zone without regions takes whatever no other zone names. A remote zone
    adds money and days to every rate, and says so (S55).
    """

    code: str
    rates: tuple[Rate, ...]
    regions: tuple[str, ...] = ()
    surcharge_minor: int = 0
    extra_days: int = 0
    notice: Lazy | None = None


@dataclass(frozen=True)
class ShippingMethod:
    """A way to send, as a buyer reads it. ``by_air`` bars lithium batteries."""

    code: str
    name: Lazy
    hint: Lazy | None = None
    by_air: bool = False


@dataclass(frozen=True)
class Carrier:
    """Who brings a parcel. In ``tracking_url`` ``{number}`` is the tracking number.

    The addresses are defaults as the carriers gave them; an owner may change them.
    """

    code: str
    name: Lazy
    tracking_url: str = ""

    def link(self, number: str) -> str:
        """Return where a parcel can be followed; "" if nowhere."""
        return self.tracking_url.replace("{number}", number) if number else ""
