"""Pages of the shop window: home, lists, product, cart, region, help."""

from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from shop.kernel.money import Money
from shop.web.pages.parts import (
    NO_PAGES,
    Badge,
    Breakdown,
    Choices,
    Crumb,
    Form,
    Link,
    Note,
    Option,
    Pager,
    Picture,
    ProductCard,
    Swatch,
    Words,
)


@dataclass(frozen=True, kw_only=True)
class Hero:
    """The one product of the home page: one promise, at most two actions."""

    title: Words
    text: Words
    url: str
    picture: Picture
    kicker: Words = ""
    button: Words
    second: Link | None = None


@dataclass(frozen=True)
class Arch:
    """A category under its arch."""

    url: str
    name: Words
    picture: Picture


@dataclass(frozen=True)
class Promise:
    """One of the four promises of the shop, from the market's parameters."""

    icon: str
    title: Words
    line: Words = ""


@dataclass(frozen=True, kw_only=True)
class Panel:
    """A wide panel under the best sellers that leads to one product."""

    url: str
    title: Words
    text: Words
    more: Words
    picture: Picture
    badge: Badge | None = None


@dataclass(frozen=True, kw_only=True)
class HomePage:
    """``storefront/home.html``."""

    hero: Hero | None
    arches: tuple[Arch, ...]
    cards: tuple[ProductCard, ...]
    cards_title: Words
    cards_url: str = ""
    panels: tuple[Panel, ...] = ()
    promises: tuple[Promise, ...] = ()


@dataclass(frozen=True)
class FacetChoice:
    """One tick of a filter. ``count`` is None above the cap of counting.

    A choice that finds nothing is disabled, not hidden.
    """

    value: str
    label: Words
    count: int | None = None
    selected: bool = False
    swatch: Swatch | None = None

    @property
    def is_empty(self) -> bool:
        """Say whether nothing would be found, so that it cannot be chosen."""
        return self.count == 0 and not self.selected


@dataclass(frozen=True)
class Facet:
    """A question of the filter: its field name and its ticks."""

    name: str
    legend: Words
    choices: tuple[FacetChoice, ...]


@dataclass(frozen=True, kw_only=True)
class RangeFacet:
    """A filter from-to, as typed: price (``min``/``max``), inches, litres.

    ``legend`` names the unit: "Price (toman)". ``error`` is shown above the boxes.
    """

    min_name: str
    max_name: str
    legend: Words
    min_label: Words
    max_label: Words
    min_value: str = ""
    max_value: str = ""
    error: Words = ""


@dataclass(frozen=True)
class Chip:
    """An active filter; the link is the list without it."""

    label: Words
    url: str


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A filtered, sorted, paged list of products; all forms are GET to ``action``.

    ``hidden`` keeps what the forms do not ask (the search words). ``total`` is
    None if nobody counted; ``is_capped`` writes "1,000+".
    """

    action: str
    cards: tuple[ProductCard, ...]
    total: int | None
    is_capped: bool = False
    sorts: tuple[Option, ...] = ()
    chips: tuple[Chip, ...] = ()
    clear_url: str = ""
    ranges: tuple[RangeFacet, ...] = ()
    facets: tuple[Facet, ...] = ()
    hidden: tuple[tuple[str, str], ...] = ()
    pager: Pager = NO_PAGES

    @property
    def has_filters(self) -> bool:
        """Say whether there is anything to filter by."""
        return bool(self.ranges or self.facets)

    @property
    def kept(self) -> tuple[tuple[str, str], ...]:
        """Return the hidden pairs of the sort form: words and chosen filters."""
        ticks = [
            (facet.name, choice.value)
            for facet in self.facets
            for choice in facet.choices
            if choice.selected
        ]
        ends = [
            pair
            for one in self.ranges
            for pair in ((one.min_name, one.min_value), (one.max_name, one.max_value))
            if pair[1]
        ]
        return (*self.hidden, *ends, *ticks)

    @property
    def sort(self) -> str:
        """Return the chosen order, kept by the filter form."""
        return next((one.value for one in self.sorts if one.selected), "")


@dataclass(frozen=True, kw_only=True)
class CategoryPage:
    """``storefront/category.html``: ``/<lang>/c/<slug>``."""

    name: Words
    crumbs: tuple[Crumb, ...]
    listing: Listing
    description: Words = ""
    children: tuple[Link, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SearchPage:
    """``storefront/search.html``: ``/<lang>/search?q=``.

    ``query`` is shown back as typed. ``is_similar``: nothing matched exactly and
    the list holds similar products; the page says so. Nothing at all: the list
    is empty, ``correction`` may lead to the nearest spelling, ``best`` follows.
    """

    query: str
    listing: Listing
    is_similar: bool = False
    correction: Link | None = None
    best: tuple[ProductCard, ...] = ()


@dataclass(frozen=True)
class GalleryPicture:
    """One picture of the gallery; ``url`` shows the page with this picture large."""

    picture: Picture
    url: str
    label: Words
    current: bool = False


@dataclass(frozen=True)
class VariantLink:
    """One value of an option, as a link to the variant that has it.

    ``is_gone`` stays visible, struck through, and says "out of stock".
    """

    label: Words
    url: str
    current: bool = False
    is_gone: bool = False
    swatch: Swatch | None = None


@dataclass(frozen=True)
class VariantAxis:
    """One option of a product (colour, memory): what is chosen, what there is."""

    code: str
    label: Words
    chosen: Words
    links: tuple[VariantLink, ...]


@dataclass(frozen=True)
class PlanRow:
    """One instalment plan of the table; ``fee`` zero is a green tag "no fee".

    ``last`` is given where the remainder makes the last payment differ; ``rate``
    is the whole fee in basis points of the financed amount.
    """

    periods: int
    each: Money
    fee: Money
    total: Money
    down: Money | None = None
    last: Money | None = None
    rate: int = 0


@dataclass(frozen=True)
class PlanDue:
    """One row of the schedule in the fold: "today" has words instead of a day."""

    label: Words
    amount: Money
    due_on: date | None = None
    words: Words = ""


@dataclass(frozen=True, kw_only=True)
class Plans:
    """Instalments as information (not choosable yet): S3-S5.

    ``line`` stands under the price: "12 payments of ¥333.25, no fee".
    """

    line: Words
    rows: tuple[PlanRow, ...]
    note: Words = ""
    schedule_title: Words = ""
    schedule: tuple[PlanDue, ...] = ()
    has_down: bool = False


@dataclass(frozen=True)
class Fact:
    """One of four large facts: "6.7", "inches", "Display"."""

    value: Words
    unit: Words
    label: Words


@dataclass(frozen=True)
class Spec:
    """A row of the specification table; the value is already written for the reader."""

    label: Words
    value: Words


@dataclass(frozen=True)
class FactLine:
    """A line under the buttons: delivery promise, returns, payment limits."""

    icon: str
    text: Words
    link: Link | None = None


@dataclass(frozen=True, kw_only=True)
class Buy:
    """What buys: POST ``sku``, ``quantity``, ``then`` (``cart`` or ``checkout``)."""

    action: str
    sku: str
    quantity: str = "1"
    max_quantity: int = 99
    error: Words = ""


@dataclass(frozen=True, kw_only=True)
class ProductPage:
    """``storefront/product.html``: one variant of a product.

    Exactly one of ``buy`` and ``closed`` is set: ``closed`` is the button's word
    in a state that does not sell ("Coming soon", "Out of stock", "Not sold in
    this region"), ``closed_line`` says what that means and what to do.
    """

    name: Words
    sku: str
    crumbs: tuple[Crumb, ...]
    gallery: tuple[GalleryPicture, ...]
    tagline: Words = ""
    badges: tuple[Badge, ...] = ()
    price: Money | None = None
    was: Money | None = None
    axes: tuple[VariantAxis, ...] = ()
    buy: Buy | None = None
    closed: Words = ""
    closed_line: Words = ""
    #: "Only 3 left", a tag beside the quantity.
    stock: Badge | None = None
    #: "You can buy 2 of these in 30 days", with what remains for this buyer.
    limit: Words = ""
    lines: tuple[FactLine, ...] = ()
    facts: tuple[Fact, ...] = ()
    plans: Plans | None = None
    #: Sanitised HTML of the description.
    description: Markup | str = ""
    #: Set where the description is not in the reader's language.
    description_lang: str = ""
    description_direction: str = ""
    specs: tuple[Spec, ...] = ()
    similar: tuple[ProductCard, ...] = ()

    @property
    def large(self) -> Picture:
        """Return the picture shown large."""
        chosen = [one for one in self.gallery if one.current] or list(self.gallery)
        return chosen[0].picture

    @property
    def has_thumbs(self) -> bool:
        """Say whether there is more than one picture to choose from."""
        return len(self.gallery) > 1


@dataclass(frozen=True, kw_only=True)
class CartLine:
    """A line of the cart; its form posts to ``action``.

    Fields: ``quantity`` with ``update``; ``step`` = ``-1``/``1``; ``remove`` = ``1``.
    A line that cannot be bought now says why in ``badge`` and has no total.
    """

    name: Words
    url: str
    picture: Picture
    options: Words
    action: str
    quantity: str
    max_quantity: int
    total: Money | None
    each: Money | None = None
    badge: Badge | None = None
    error: Words = ""
    #: A number unique in this cart: makes ids.
    position: int = 1


@dataclass(frozen=True, kw_only=True)
class CartPage:
    """``storefront/cart.html``. No lines: the empty cart.

    ``notes``: every change since the last visit, with old and new value.
    ``undo``: for one request after removing; POST, its ``hidden`` says what.
    """

    lines: tuple[CartLine, ...]
    count: int
    breakdown: Breakdown | None = None
    notes: tuple[Note, ...] = ()
    checkout_url: str = ""
    undo: Form | None = None
    undo_text: Words = ""
    #: "Delivery between … and …" and similar, beside the button.
    promises: tuple[Promise, ...] = ()
    #: Why the cart cannot be ordered now; the button is then absent.
    blocked: Words = ""
    best: tuple[ProductCard, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RegionPage:
    """``storefront/region.html``: which market? POST ``market``, hidden ``next``."""

    action: str
    markets: Choices
    next_url: str
    note: Words = ""


@dataclass(frozen=True)
class Clause:
    """One clause of a policy; ``path`` (1, 2) is the second of the first.

    The number is written by the reader's habit (``|outline``), never typed.
    """

    path: tuple[int, ...]
    title: Words = ""
    body: Markup | str = ""
    clauses: tuple["Clause", ...] = ()

    @property
    def id(self) -> str:
        """Return the anchor of the clause: ``s1-2``."""
        return "s" + "-".join(str(part) for part in self.path)


@dataclass(frozen=True, kw_only=True)
class PolicyPage:
    """``storefront/policy.html``: one version of a policy, ``/<lang>/help/<slug>``."""

    title: Words
    crumbs: tuple[Crumb, ...]
    version: str
    valid_from_on: date
    intro: Markup | str = ""
    clauses: tuple[Clause, ...] = ()
    #: Set where an order links an older version: says so, and links the present one.
    is_old: bool = False
    current_url: str = ""
    others: tuple[Link, ...] = ()
    #: Set where the text is not in the reader's language.
    lang: str = ""
    direction: str = ""


@dataclass(frozen=True)
class PickupPoint:
    """A shop one can walk into: address, hours, services, map (S44).

    ``hours`` are sentences for groups of days, in the week's order.
    """

    name: Words
    address: Words
    hours: tuple[Words, ...]
    services: tuple[Words, ...] = ()
    phone: str = ""
    map_url: str = ""
    note: Words = ""


@dataclass(frozen=True, kw_only=True)
class HelpPage:
    """``storefront/help.html``: every help page, contacts and pick-up points."""

    topics: tuple[Link, ...]
    contacts: tuple[Link, ...] = ()
    opening: Words = ""
    points: tuple[PickupPoint, ...] = ()
    lookup_url: str = ""
    return_url: str = ""
