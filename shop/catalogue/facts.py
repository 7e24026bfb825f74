"""What the catalogue tells others: frozen values, in the reader's language.

A ``Local`` carries the language it is really in, because a missing text falls
back to another language rather than being blank.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from shop.catalogue import rules
from shop.catalogue.rules import Offering, SaleState
from shop.kernel.instalments import Plan
from shop.kernel.money import Money
from shop.kernel.text import first_text


@dataclass(frozen=True, slots=True)
class Local:
    """A text and the language it is written in (a folder code such as ``zh``)."""

    text: str
    lang: str

    def __str__(self) -> str:
        return self.text

    def __bool__(self) -> bool:
        return bool(self.text)


def local(texts: Mapping[str, str], language: str) -> Local:
    """Return the text for a reader; empty only if there is none in any language."""
    found = first_text(texts, language)
    return Local(found[1], found[0]) if found else Local("", language)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of a product; ``name`` and ``source`` are the columns of ``media``.

    ``files`` are file names under ``/media/``: see ``catalogue.media.path_of``.
    ``colour`` is the code of the option value it shows, or empty.
    """

    name: str
    source: str
    width: int
    height: int
    alt: Local
    value_id: int | None = None
    colour: str = ""

    @property
    def files(self) -> tuple[tuple[str, int], ...]:
        """Return every file with its width in px, smallest first."""
        if self.source == "shipped":
            return ((self.name, self.width),)
        widths = rules.rendition_widths(self.width)
        return tuple((f"{self.name}-{width}.webp", width) for width in widths)

    @property
    def file(self) -> str:
        """Return the file for a browser that chooses none: the middle size."""
        files = self.files
        return files[(len(files) - 1) // 2][0]

    @property
    def is_drawing(self) -> bool:
        """Say whether it is one SVG for every size, so that no ``srcset`` is needed."""
        return self.source == "shipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A product in a list. ``price`` is the lowest, None if not sold in the market.

    ``plans`` are the instalment plans of this market, ``colours`` swatches such
    as ``#c42a52``.
    """

    id: int
    code: str
    slug: str
    name: Local
    tagline: Local
    brand: str
    picture: Picture | None
    price: Money | None
    is_from: bool
    was: Money | None
    available: int
    sale_state: SaleState
    has_rental: bool
    plans: tuple[Plan, ...] = ()
    colours: tuple[str, ...] = ()

    def __hash__(self) -> int:
        """Return the product's: a page of cards asks 24 times, for all fields else."""
        return self.id

    @property
    def has_free_plan(self) -> bool:
        """Say whether it can be paid in parts without a fee."""
        return any(not plan.fee for plan in self.plans)

    def offering(self, now: datetime) -> Offering:
        """Return what badge and button say at ``now``."""
        return rules.offering(self.sale_state, self.available, now)


@dataclass(frozen=True, slots=True)
class Value:
    """One value of an option. ``swatch`` is ``#c42a52`` or empty."""

    id: int
    code: str
    name: Local
    swatch: str


@dataclass(frozen=True, slots=True)
class OptionView:
    """An option of a product with the values its variants have, in page order."""

    id: int
    code: str
    name: Local
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantView:
    """One buyable form. ``values`` is value id by option id."""

    id: int
    sku: str
    values: Mapping[int, int]
    price: Money | None
    was: Money | None
    available: int
    grams: int | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """One value as a link: the variant it leads to, or none that has it at all.

    ``is_gone``: there is no such variant, or no piece of it. It stays visible.
    """

    value: Value
    variant: VariantView | None
    is_current: bool
    is_gone: bool


@dataclass(frozen=True, slots=True)
class Axis:
    """An option as a row of links, and the value chosen now."""

    option: OptionView
    chosen: Value | None
    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class SpecLine:
    """A row of the specification table.

    ``value`` is a number with 0-9 and a point if ``is_number`` (write it with
    ``i18n.formats``), else words as the product's maker wrote them.
    """

    code: str
    label: Local
    value: str
    unit: str
    is_number: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductView:
    """Everything a product page may say about a product in one market and language.

    ``slugs`` are all its addresses by language: for hreflang and the 301 from
    old ones. ``description_html`` is already clean.
    """

    id: int
    code: str
    market: str
    language: str
    name: Local
    slug: str
    tagline: Local
    description: Local
    description_html: str
    slugs: Mapping[str, str]
    names: Mapping[str, str]
    brand: str
    model: str
    category_id: int | None
    sale_state: SaleState
    options: tuple[OptionView, ...]
    variants: tuple[VariantView, ...]
    pictures: tuple[Picture, ...]
    specs: tuple[SpecLine, ...]
    plans: tuple[Plan, ...]
    limit_per_buyer: int | None
    limit_days: int | None
    cod_excluded: bool
    ships_on: date | None
    is_service: bool
    needs_slot: bool
    ground_only: bool
    rental: Mapping[str, Any] | None
    presale: Mapping[str, Any] | None
    flash: Mapping[str, Any] | None
    successor_id: int | None
    is_demo: bool
    updated_at: datetime

    @property
    def available(self) -> int:
        """Return the pieces of all variants that nobody holds."""
        return sum(variant.available for variant in self.variants)

    @property
    def prices(self) -> tuple[Money, ...]:
        """Return every price of this market, lowest first; empty if not sold here."""
        found = {variant.price for variant in self.variants if variant.price}
        return tuple(sorted(found, key=lambda price: price.minor))

    def offering(self, now: datetime, variant: VariantView | None = None) -> Offering:
        """Return badge, button and availability of one variant, or of the whole."""
        available = variant.available if variant else self.available
        return rules.offering(self.sale_state, available, now)

    def variant(self, sku: str) -> VariantView | None:
        """Return the variant with a SKU, or None."""
        return next((v for v in self.variants if v.sku == sku), None)

    def pick(self, wanted: Mapping[str, str]) -> VariantView:
        """Return the variant that fits most of ``wanted``: the first look at a page.

        Among equals one that is for sale, then the first in order. A product
        always has a variant.

        :param wanted: value code by option code; unknown ones are ignored.
        """
        codes = {
            option.id: {value.code: value.id for value in option.values}
            for option in self.options
        }
        asked = {
            option.id: codes[option.id].get(wanted.get(option.code, ""))
            for option in self.options
        }

        def rank(variant: VariantView) -> tuple[int, bool]:
            fits = sum(asked[o] == v for o, v in variant.values.items())
            return fits, variant.available > 0

        return max(self.variants, key=rank)

    def axes(self, current: VariantView) -> tuple[Axis, ...]:
        """Return every option as links to other variants, seen from ``current``."""
        found = {variant.id: variant for variant in self.variants}
        combinations = {variant.id: variant.values for variant in self.variants}
        available = [v.id for v in self.variants if v.available > 0]
        axes = []
        for option in self.options:
            chosen, turns = None, []
            for value in option.values:
                mine = current.values.get(option.id) == value.id
                target = rules.nearest(
                    combinations, current.id, option.id, value.id, available
                )
                variant = current if mine else found.get(target or 0)
                exact = current.values | {option.id: value.id}  # type: ignore[operator]
                gone = not any(
                    v.values == exact and v.available > 0 for v in self.variants
                )
                turns.append(Turn(value, variant, mine, gone))
                chosen = value if mine else chosen
            axes.append(Axis(option, chosen, tuple(turns)))
        return tuple(axes)

    def pictures_of(self, variant: VariantView) -> tuple[Picture, ...]:
        """Return all pictures, those that show this variant's values first."""
        mine = set(variant.values.values())
        return tuple(sorted(self.pictures, key=lambda p: p.value_id not in mine))


@dataclass(frozen=True, slots=True, kw_only=True)
class SellableVariant:
    """What cart, checkout and order lines need to know of a variant in a market.

    Texts come in every language, so that a cart survives a change of language;
    ``title`` and ``options_line`` are the copies an order line keeps.
    """

    id: int
    product_id: int
    sku: str
    names: Mapping[str, str]
    slugs: Mapping[str, str]
    #: For each option in order: its names and its value's names by language.
    options: tuple[tuple[Mapping[str, str], Mapping[str, str]], ...]
    price: Money | None
    was: Money | None
    available: int
    sale_state: SaleState
    limit_per_buyer: int | None
    limit_days: int | None
    cod_excluded: bool
    ships_on: date | None
    is_service: bool
    needs_slot: bool
    ground_only: bool
    grams: int | None
    category_id: int | None
    picture: Picture | None

    def title(self, language: str) -> Local:
        """Return the product's name for a reader."""
        return local(self.names, language)

    def slug(self, language: str) -> str:
        """Return the product's address for a reader."""
        return local(self.slugs, language).text

    def values(self, language: str) -> tuple[Local, ...]:
        """Return the chosen values for a reader: 石榴红, 12+256 GB."""
        return tuple(local(names, language) for _, names in self.options)

    def options_line(self, language: str) -> str:
        """Return the chosen values in one line, as an order line keeps them."""
        return " · ".join(str(value) for value in self.values(language))

    def offering(self, now: datetime) -> Offering:
        """Return whether and how it sells at ``now``."""
        return rules.offering(self.sale_state, self.available, now)

    def is_buyable(self, now: datetime) -> bool:
        """Say whether a piece can go into a cart now, in this market."""
        return self.price is not None and self.offering(now).is_buyable


@dataclass(frozen=True, slots=True)
class Node:
    """A category in the tree. ``branch`` is its own id and those below it.

    ``slugs`` are its addresses by language; ``picture`` a file under ``/media/``.
    """

    id: int
    code: str
    name: Local
    slug: str
    slugs: Mapping[str, str]
    description: Local
    picture: str
    parent_id: int | None
    branch: tuple[int, ...]
    children: tuple["Node", ...]


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """All categories in one language; the same object as long as none changes."""

    roots: tuple[Node, ...]
    by_id: Mapping[int, Node]
    by_slug: Mapping[str, Node]

    def path(self, category_id: int | None) -> tuple[Node, ...]:
        """Return the way from a root to a category, both included."""
        way: list[Node] = []
        while category_id is not None and category_id in self.by_id:
            way.append(self.by_id[category_id])
            category_id = way[-1].parent_id
        return tuple(reversed(way))
