"""A product as an owner, an import or the demo describes it, before it has ids."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Self

from shop.catalogue.rules import SaleState
from shop.kernel.instalments import Plan
from shop.kernel.money import Money


@dataclass(frozen=True, slots=True)
class TextDraft:
    """A product in one language. ``description`` is Markdown, or HTML if it says so."""

    name: str
    tagline: str = ""
    description: str = ""
    is_html: bool = False


@dataclass(frozen=True, slots=True)
class ValueDraft:
    """One value of an option, found or made by its code."""

    code: str
    names: Mapping[str, str]
    swatch: str = ""


@dataclass(frozen=True, slots=True)
class OptionDraft:
    """An option, found or made by its code, with the values a product uses."""

    code: str
    names: Mapping[str, str]
    values: tuple[ValueDraft, ...]


@dataclass(frozen=True, slots=True)
class PriceDraft:
    """Money for one piece in a market; ``was`` is the crossed-out price."""

    amount: Money
    was: Money | None = None


@dataclass(frozen=True, slots=True)
class VariantDraft:
    """One buyable form. ``values`` is value code by option code.

    ``prices`` by market; markets that are not named keep what they have.
    ``stock`` None leaves the stock as it is.
    """

    sku: str
    values: Mapping[str, str]
    prices: Mapping[str, PriceDraft]
    stock: int | None = None
    grams: int | None = None


@dataclass(frozen=True, slots=True)
class PictureDraft:
    """A stored picture; ``value`` is (option code, value code) of what it shows."""

    name: str
    source: str
    width: int
    height: int
    alts: Mapping[str, str] = field(default_factory=dict)
    value: tuple[str, str] | None = None
    digest: str = ""


@dataclass(frozen=True, slots=True)
class AttributeDraft:
    """A line of specification tables, found or made by its code.

    ``labels`` and ``units`` by language; ``scales`` where a number is shown
    multiplied. ``filter`` is ``range``, ``list`` or ``none``.
    """

    code: str
    labels: Mapping[str, str]
    units: Mapping[str, str] = field(default_factory=dict)
    scales: Mapping[str, int] = field(default_factory=dict)
    filter: str = "none"
    position: int = 0


@dataclass(frozen=True, slots=True)
class SpecDraft:
    """One value: exactly one of ``milli`` (thousandths) and ``words``."""

    attribute: AttributeDraft
    milli: int | None = None
    words: str | None = None


@dataclass(frozen=True, slots=True)
class CategoryDraft:
    """A category, found or made by its code."""

    code: str
    names: Mapping[str, str]
    parent_id: int | None = None
    position: int = 0
    picture: str = ""
    slugs: Mapping[str, str] = field(default_factory=dict)
    descriptions: Mapping[str, str] = field(default_factory=dict)
    is_demo: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductDraft:
    """A whole product, found or made by its code; it has at least one variant.

    Languages that ``texts`` does not name keep what they have, so that an
    import does not wipe a translation. Variants are replaced as a whole, the
    specification and the pictures too unless they are None. ``decides`` names
    the plain columns a source knows about: of a product that is already there
    the others keep what they have; None decides all.
    """

    code: str
    texts: Mapping[str, TextDraft]
    variants: tuple[VariantDraft, ...]
    options: tuple[OptionDraft, ...] = ()
    pictures: tuple[PictureDraft, ...] | None = ()
    specs: tuple[SpecDraft, ...] | None = ()
    category_id: int | None = None
    brand: str = ""
    model: str = ""
    sale_state: SaleState = SaleState.ON_SALE
    merit: int = 0
    limit_per_buyer: int | None = None
    limit_days: int | None = None
    cod_excluded: bool = False
    ships_on: date | None = None
    is_service: bool = False
    needs_slot: bool = False
    ground_only: bool = False
    plans: tuple[Plan, ...] = ()
    rental: Mapping[str, Any] | None = None
    presale: Mapping[str, Any] | None = None
    flash: Mapping[str, Any] | None = None
    is_demo: bool = False
    decides: frozenset[str] | None = None

    def in_category(self, category_id: int | None) -> Self:
        """Return the same product in another category."""
        return replace(self, category_id=category_id)
