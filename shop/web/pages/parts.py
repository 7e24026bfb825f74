"""The small values that many pages are made of: words, pictures, prices, fields."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from markupsafe import escape

from shop.i18n.text import Lazy, Text
from shop.kernel.money import Money


@dataclass(frozen=True)
class Written:
    """A text out of the catalogue that may be in another language than the page.

    ``lang`` and ``direction`` stay empty where it is the reader's own language.
    Prints itself: ``{{ card.name }}``.
    """

    text: str
    lang: str = ""
    direction: str = ""

    def __str__(self) -> str:
        return self.text

    def __html__(self) -> str:
        text = str(escape(self.text))
        if not self.lang:
            return text
        return (
            f'<span lang="{self.lang}" dir="{self.direction or "auto"}">{text}</span>'
        )


#: Anything a template may print as words. ``T(…)`` gives ``Text``, ``L(…)`` ``Lazy``.
Words = str | Text | Lazy | Written

#: How serious a tag or note is: green, amber, red, blue, saffron, grey.
Tone = Literal["ok", "warn", "bad", "pre", "hot", ""]

#: The tint behind a picture; empty is the neutral stage.
Tint = Literal["garnet", "lapis", "rose", "pistachio", "saffron", ""]


@dataclass(frozen=True)
class Badge:
    """A small tag: a label that Python chose, and its tone."""

    label: Words
    tone: Tone = ""


@dataclass(frozen=True)
class Note:
    """One sentence in a coloured box, at the top of a page or beside its subject."""

    text: Words
    tone: Tone = ""
    icon: str = "info"


@dataclass(frozen=True)
class Link:
    """A way to another page. ``icon`` is a name of the sprite, if one is shown."""

    url: str
    label: Words
    icon: str = ""
    current: bool = False
    #: Said after the label to screen readers only: an order number, a product.
    about: Words = ""


@dataclass(frozen=True)
class Crumb:
    """One step of the path to a page; the last has no address."""

    label: Words
    url: str = ""


@dataclass(frozen=True)
class Picture:
    """A picture in up to three sizes of WebP; never distorted, never without alt.

    ``src`` is the middle size, ``sources`` every ``(url, width in px)``. An empty
    ``alt`` says that the name stands beside the picture anyway.
    """

    src: str
    width: int = 800
    height: int = 800
    alt: Words = ""
    sources: tuple[tuple[str, int], ...] = ()
    tint: Tint = ""

    @property
    def srcset(self) -> str:
        """Return the ``srcset`` attribute, or "" for a single file."""
        return ", ".join(f"{url} {width}w" for url, width in self.sources)


@dataclass(frozen=True)
class Swatch:
    """A colour dot: ``#c42a52`` and what the colour is called."""

    hex: str
    name: Words


@dataclass(frozen=True, kw_only=True)
class ProductCard:
    """A product in a grid. ``price`` is None where the region has none ("not sold")."""

    url: str
    name: Words
    picture: Picture
    tagline: Words = ""
    price: Money | None = None
    #: True where variants differ in price: "from ¥2,999".
    is_from: bool = False
    was: Money | None = None
    badges: tuple[Badge, ...] = ()
    #: Its colours, such as ``#c42a52``.
    dots: tuple[str, ...] = ()
    is_out: bool = False

    def __hash__(self) -> int:
        """Return the address's: two cards of one product are told apart by ``==``."""
        return hash(self.url)


@dataclass(frozen=True)
class Option:
    """One choice of a select, a radio group or a row of ticks."""

    value: str
    label: Words
    selected: bool = False
    disabled: bool = False
    hint: Words = ""


@dataclass(frozen=True)
class OptionGroup:
    """Choices of a select under one heading: the cities of a province."""

    label: Words
    options: tuple[Option, ...]


FieldKind = Literal[
    "text", "tel", "email", "search", "password", "money", "textarea", "select",
    "radio", "check", "file", "date", "time",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field of a form: label, hint, what was typed, and what is wrong with it.

    ``value`` is shown back as the person typed it. ``ltr`` is for phones, codes
    and numbers: written left to right, at the start edge of the page. For
    ``select`` and ``radio`` fill ``options`` or ``groups``; for ``check`` set
    ``checked`` and ``value`` (what is sent). ``unit`` stands after a money field.
    """

    name: str
    label: Words
    kind: FieldKind = "text"
    value: str = ""
    hint: Words = ""
    error: Words = ""
    optional: bool = False
    checked: bool = False
    options: tuple[Option, ...] = ()
    groups: tuple[OptionGroup, ...] = ()
    #: The first, empty choice of a select ("Choose a city"); "" for none.
    prompt: Words = ""
    autocomplete: str = ""
    inputmode: str = ""
    ltr: bool = False
    short: bool = False
    rows: int = 2
    accept: str = ""
    unit: Words = ""
    #: Needed only where one page has two fields of the same name.
    element_id: str = ""
    #: Show the label to screen readers only (tables, search boxes).
    label_hidden: bool = False

    @property
    def id(self) -> str:
        """Return the id in the page: the target of the error summary."""
        return self.element_id or self.name

    @property
    def described_by(self) -> str:
        """Return the ids of hint and error, for ``aria-describedby``."""
        ids = [f"{self.id}-hint"] if self.hint else []
        ids += [f"{self.id}-error"] if self.error else []
        return " ".join(ids)


@dataclass(frozen=True, kw_only=True)
class FieldGroup:
    """Fields that belong together under one legend: province, city, district.

    ``step`` adds a small button under the fields that sends the form with
    ``step=<step>``: "Show the districts of this city". Scripts press it for the
    reader when a field of the group changes.
    """

    legend: Words
    fields: tuple[Field, ...]
    hint: Words = ""
    step: str = ""
    step_label: Words = ""


@dataclass(frozen=True, kw_only=True)
class Form:
    """A form: where it goes, its fields in order, and what went wrong.

    ``refusal`` is a sentence about no single field (409). ``hidden`` are fixed
    pairs such as the order token. The CSRF field is added by the template.
    """

    action: str
    fields: tuple[Field | FieldGroup, ...] = ()
    hidden: Mapping[str, str] = field(default_factory=dict)
    refusal: Words = ""
    #: True if it has a file field: sent as multipart/form-data.
    has_file: bool = False

    @property
    def errors(self) -> tuple[Field, ...]:
        """Return every field with an error, in the order of the page."""
        flat: list[Field] = []
        for item in self.fields:
            flat += item.fields if isinstance(item, FieldGroup) else [item]
        return tuple(one for one in flat if one.error)

    @property
    def is_wrong(self) -> bool:
        """Say whether the page must start with the error summary."""
        return bool(self.errors or self.refusal)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A radio card: delivery method, payment method, pick-up point, market.

    A refused one is listed, disabled, and ``line`` says why (``is_refused``).
    ``end`` stands at the far edge: a price, or words such as "Free".
    """

    value: str
    name: Words
    line: Words = ""
    end: Money | Words | None = None
    end_tone: Tone = ""
    selected: bool = False
    is_refused: bool = False
    #: Two or three letters instead of a logo: 支, ک; with its tone.
    mark: str = ""
    mark_tone: Tone = ""
    #: A second question inside the card, asked only with it: cash or POS.
    sub_name: str = ""
    sub_legend: Words = ""
    sub_options: tuple[Option, ...] = ()
    #: More lines of a pick-up point: address, hours, services.
    details: tuple[Words, ...] = ()
    map_url: str = ""

    @property
    def has_price(self) -> bool:
        """Say whether ``end`` is money."""
        return isinstance(self.end, Money)


@dataclass(frozen=True, kw_only=True)
class Choices:
    """A question answered by one radio card. ``name`` is the field's name."""

    name: str
    legend: Words
    choices: tuple[Choice, ...]
    hint: Words = ""
    error: Words = ""
    legend_hidden: bool = False

    @property
    def id(self) -> str:
        """Return the id of the group: the target of the error summary."""
        return self.name


@dataclass(frozen=True)
class BreakdownLine:
    """One line of the price breakdown: an amount, or words such as "Free"."""

    label: Words
    amount: Money | None = None
    words: Words = ""
    tone: Literal["sale", ""] = ""


@dataclass(frozen=True, kw_only=True)
class Breakdown:
    """What an order costs, every line, as ``orders`` computed it; never added here."""

    lines: tuple[BreakdownLine, ...]
    total: Money
    #: "Total", "Amount due" before payment, "Amount paid" after it.
    total_label: Words
    #: True beside a bank page and on invoices: the total once more in rials.
    in_rials: bool = False
    note: Words = ""


@dataclass(frozen=True, kw_only=True)
class OrderLine:
    """One product of a cart or order, as a summary shows it."""

    name: Words
    picture: Picture
    quantity: int
    total: Money
    options: Words = ""
    url: str = ""
    sku: str = ""
    badge: Badge | None = None


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The side panel of the checkout: lines and breakdown, always visible."""

    lines: tuple[OrderLine, ...]
    breakdown: Breakdown


@dataclass(frozen=True, kw_only=True)
class Event:
    """One step of a timeline. Past ones have ``at``, promised ones ``words``.

    ``state``: ``done`` happened, ``now`` is where the order stands, "" is to come.
    """

    label: Words
    icon: str = "check"
    text: Words = ""
    at: datetime | None = None
    words: Words = ""
    state: Literal["done", "now", ""] = ""


@dataclass(frozen=True)
class PageLink:
    """One number of a pager; without a number it is the gap "…"."""

    number: int | None
    url: str = ""
    current: bool = False


@dataclass(frozen=True)
class Pager:
    """Links to the other pages of a list; empty addresses are not shown."""

    previous_url: str = ""
    next_url: str = ""
    pages: tuple[PageLink, ...] = ()


#: The pager of a list that fits on one page.
NO_PAGES = Pager()


@dataclass(frozen=True)
class Pair:
    """A term and its value: "Order number", "4829103746".

    Codes are wrapped in ``Ltr``. ``copy`` adds a copy button for this text.
    """

    label: Words
    value: Words | Money | date | datetime | int
    copy: str = ""
    tone: Tone = ""
