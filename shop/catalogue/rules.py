"""What holds for products without a database: sale states, slugs, measures, choices."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shop.kernel.errors import ShopError

SLUG_LENGTH = 60
#: How many results are counted exactly; above it lists say "1,000+" (DESIGN 10).
COUNT_CAP = 1_000
#: The last page with a number; beyond it lists go on by cursor (DESIGN 10).
LAST_PAGE = 50
PER_PAGE = 24


class SaleState(StrEnum):
    """How a product is offered; the value is what the database holds (S20)."""

    DRAFT = "draft"
    UPCOMING = "upcoming"
    PREORDER = "preorder"
    ON_SALE = "on_sale"
    FLASH = "flash"
    SOLD_OUT = "sold_out"
    DISCONTINUED = "discontinued"


#: States that appear in lists, in search and in the sitemap.
LISTED = frozenset(SaleState) - {SaleState.DRAFT, SaleState.DISCONTINUED}


class Button(StrEnum):
    """What the one button of a product page does."""

    BUY = "buy"
    SOON = "soon"
    SOLD_OUT = "sold_out"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Offering:
    """What a sale state means: badge, button, and schema.org availability in one row.

    ``badge`` is the state whose tag is shown, None for no tag.
    """

    state: SaleState
    badge: SaleState | None
    button: Button
    availability: str

    def __hash__(self) -> int:
        """Return the state's, which decides all the rest."""
        return hash(self.state.value)

    @property
    def is_buyable(self) -> bool:
        """Say whether it can go into a cart now."""
        return self.button is Button.BUY


_SCHEMA = "https://schema.org/"
#: schema.org ItemAvailability by state (schema.org/ItemAvailability, 2026-11).
OFFERINGS = {
    SaleState.DRAFT: Offering(
        SaleState.DRAFT, SaleState.DRAFT, Button.GONE, _SCHEMA + "OutOfStock"
    ),
    SaleState.UPCOMING: Offering(
        SaleState.UPCOMING, SaleState.UPCOMING, Button.SOON, _SCHEMA + "OutOfStock"
    ),
    SaleState.PREORDER: Offering(
        SaleState.PREORDER, SaleState.PREORDER, Button.SOON, _SCHEMA + "PreOrder"
    ),
    SaleState.ON_SALE: Offering(
        SaleState.ON_SALE, None, Button.BUY, _SCHEMA + "InStock"
    ),
    SaleState.FLASH: Offering(
        SaleState.FLASH, SaleState.FLASH, Button.BUY, _SCHEMA + "InStock"
    ),
    SaleState.SOLD_OUT: Offering(
        SaleState.SOLD_OUT, SaleState.SOLD_OUT, Button.SOLD_OUT, _SCHEMA + "OutOfStock"
    ),
    SaleState.DISCONTINUED: Offering(
        SaleState.DISCONTINUED,
        SaleState.DISCONTINUED,
        Button.GONE,
        _SCHEMA + "Discontinued",
    ),
}


def sale_state_now(
    stored: SaleState,
    available: int,
    now: datetime,  # noqa: ARG001 (flash and presale windows will read it)
) -> SaleState:
    """Return the state that badge, button and JSON-LD show at ``now``.

    Presale and flash sales cannot be bought as such yet: a presale product is
    coming soon, a flash product sells at its normal price. Whatever sells and
    has no piece left is sold out; a state that an owner set to ``sold_out``
    stays so whatever the stock says.

    :param available: pieces on hand less pieces held; of one variant or of all.
    """
    if stored is SaleState.PREORDER:
        return SaleState.UPCOMING
    if stored in {SaleState.ON_SALE, SaleState.FLASH}:
        return SaleState.ON_SALE if available > 0 else SaleState.SOLD_OUT
    return stored


def offering(stored: SaleState, available: int, now: datetime) -> Offering:
    """Return badge, button and availability for ``sale_state_now``."""
    return OFFERINGS[sale_state_now(stored, available, now)]


@dataclass(eq=False)
class BadCursor(ShopError):
    """The address of a list page was typed or cut: show the 404 page."""

    cursor: str


@dataclass(eq=False)
class SkuTaken(ShopError):
    """A second variant wants a SKU that another product already has."""

    sku: str


@dataclass(eq=False)
class BadPicture(ShopError):
    """An upload that is no usable picture.

    ``reason`` is one of ``not_a_picture``, ``too_large`` (over ``megapixels``),
    ``animated``, ``too_small``.
    """

    reason: str
    megapixels: int = 24


def make_slug(name: str) -> str:
    """Return a name as the last part of a path: native script, at most 60 characters.

    Letters, marks and digits stay (digits of any script become 0-9), ZWNJ and
    everything else becomes one hyphen; ``گوشی‌های A7`` -> ``گوشی-های-a7``. Cut at a
    hyphen where there is one near. Empty if nothing is left.
    """
    text = unicodedata.normalize("NFKC", name).lower()
    kept = [_slug_char(char) for char in text]
    slug = re.sub("-+", "-", "".join(kept)).strip("-")
    if len(slug) <= SLUG_LENGTH:
        return slug
    cut = slug[: SLUG_LENGTH + 1]
    short = cut.rpartition("-")[0] if "-" in cut[SLUG_LENGTH // 2 :] else ""
    return (short or slug[:SLUG_LENGTH]).strip("-")


def _slug_char(char: str) -> str:
    digit = unicodedata.digit(char, None)
    if digit is not None:
        return str(digit)
    return char if unicodedata.category(char)[0] in "LM" else "-"


def make_code(name: str) -> str:
    """Return a name as a code for addresses: a slug, never empty."""
    return make_slug(name) or "x"


def to_milli(text: str) -> int:
    """Read a measure with at most three decimals as thousandths: ``"6.7"`` -> 6700.

    :raises ValueError: if it is no such number.
    """
    found = re.fullmatch(r"(-?)([0-9]{1,12})(?:\.([0-9]{1,3}))?", text)
    if not found:
        raise ValueError(text)
    sign, whole, rest = found.groups(default="")
    value = int(whole) * 1000 + int(rest.ljust(3, "0") or 0)
    return -value if sign else value


def from_milli(milli: int) -> str:
    """Write thousandths with 0-9 and a point, no trailing zeros: 6700 -> ``"6.7"``."""
    whole, rest = divmod(abs(milli), 1000)
    text = f"{whole}.{rest:03d}".rstrip("0").rstrip(".")
    return f"-{text}" if milli < 0 else text


def rendition_widths(width: int) -> tuple[int, ...]:
    """Return the widths in px in which a picture is kept; never enlarged."""
    smaller = [w for w in (320, 640, 1280) if w < width]
    return (*smaller, width) if width <= 1280 else (320, 640, 1280)


def nearest(
    combinations: Mapping[int, Mapping[int, int]],
    current: int,
    option: int,
    value: int,
    available: Sequence[int],
) -> int | None:
    """Return the variant to which a click on ``value`` leads, or None if none has it.

    The one that keeps most of the other choices, in stock before sold out,
    else the first in order.

    :param combinations: value id by option id, by variant id, in page order.
    :param available: ids of the variants that can be bought.
    """
    have = combinations[current]

    def rank(variant: int) -> tuple[int, bool]:
        theirs = combinations[variant]
        same = sum(theirs.get(o) == v for o, v in have.items() if o != option)
        return same, variant in available

    matching = [v for v, values in combinations.items() if values.get(option) == value]
    return max(matching, key=rank, default=None)
