"""Pages of the owner's desk: what needs me now, one order, products, settings."""

from dataclasses import dataclass
from datetime import date, datetime

from shop.kernel.money import Money
from shop.web.pages.checkout import Block
from shop.web.pages.orders import Due, Return, SentMessage
from shop.web.pages.parts import (
    NO_PAGES,
    Badge,
    Breakdown,
    Event,
    Field,
    Form,
    Link,
    Note,
    OrderLine,
    Pager,
    Pair,
    Picture,
    Tone,
    Words,
)


@dataclass(frozen=True, kw_only=True)
class SignInPage:
    """``owner/sign_in.html``. Fields: ``name``, ``password``; hidden ``next``."""

    form: Form
    #: Until when signing in is closed after too many tries; None if it is open.
    closed_until: datetime | None = None


@dataclass(frozen=True)
class Figure:
    """One number at the top of the queue; ``tag`` comments it: "2 will be late"."""

    label: Words
    value: Money | int | Words
    tag: Words = ""
    tone: Tone = ""
    url: str = ""

    @property
    def is_money(self) -> bool:
        """Say whether the value is an amount."""
        return isinstance(self.value, Money)

    @property
    def is_count(self) -> bool:
        """Say whether the value is a number."""
        return isinstance(self.value, int)


@dataclass(frozen=True)
class Tab:
    """A part of the queue: "To ship 12"."""

    label: Words
    url: str
    count: int | None = None
    current: bool = False


@dataclass(frozen=True, kw_only=True)
class QueueRow:
    """One order that wants something, with the one thing it wants next."""

    number: str
    url: str
    placed_at: datetime
    customer: Words
    goods: Words
    place: Words
    payment: Badge
    state: Badge
    total: Money
    due: Due | None = None
    action: Link | None = None
    is_priority: bool = False


@dataclass(frozen=True)
class ToDo:
    """Something else that waits: receipts to check, money to look at."""

    icon: str
    text: Words
    link: Link
    #: Done at once by its button, which then says what ``link`` would.
    form: Form | None = None


@dataclass(frozen=True, kw_only=True)
class QueuePage:
    """``owner/queue.html``: the desk's home, sorted by promise, the late ones first.

    ``search`` is a GET form by order number, phone, tracking or trace number.
    """

    today_on: date
    figures: tuple[Figure, ...]
    tabs: tuple[Tab, ...]
    rows: tuple[QueueRow, ...]
    search_url: str
    query: str = ""
    pager: Pager = NO_PAGES
    todos: tuple[ToDo, ...] = ()
    #: "All shipped. Next pick-up 18:00."
    empty: Words = ""


@dataclass(frozen=True, kw_only=True)
class ReceiptCheck:
    """A transfer receipt to confirm or to refuse with a reason."""

    pairs: tuple[Pair, ...]
    amount: Money
    confirm: Form
    reject: Form
    picture_url: str = ""
    submitted_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Deed:
    """An action of the order's state as a form: confirm, pack, ship, delivered.

    Without fields it is one button; with fields a small form under ``title``.
    The first deed is the next thing to do and is printed as the main button.
    """

    form: Form
    button: Words
    title: Words = ""
    line: Words = ""
    icon: str = "check"
    is_main: bool = False


@dataclass(frozen=True)
class Change:
    """What one field was and is: an entry of the log."""

    field: Words
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class LogRow:
    """Who did what, when: before and after."""

    at: datetime
    who: str
    what: Words
    subject: Link | None = None
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True)
class MoneyRow:
    """A money row of the order: attempt, receipt, refund; with its state."""

    at: datetime
    label: Words
    amount: Money
    state: Badge
    reference: str = ""


@dataclass(frozen=True, kw_only=True)
class DeskOrderPage:
    """``owner/order.html``: one order with the actions of its state."""

    number: str
    placed_at: datetime
    badges: tuple[Badge, ...]
    lines: tuple[OrderLine, ...]
    breakdown: Breakdown
    customer: tuple[Pair, ...]
    address: Block
    delivery: Block
    events: tuple[Event, ...]
    deeds: tuple[Deed, ...] = ()
    receipt: ReceiptCheck | None = None
    dues: tuple[Due, ...] = ()
    notes: tuple[Note, ...] = ()
    money: tuple[MoneyRow, ...] = ()
    messages: tuple[SentMessage, ...] = ()
    log: tuple[LogRow, ...] = ()
    #: Phone and address are masked until this is posted; the reveal is logged.
    reveal: Form | None = None
    slip_url: str = ""
    cancel_url: str = ""
    #: The page on which parts are given back; "" if nothing can go back.
    refund_url: str = ""
    refund_label: Words = ""
    #: What the customer asks to return: what is open, and what has ended.
    asked: tuple[Return, ...] = ()
    returns: tuple[Return, ...] = ()
    back_url: str = ""
    language_name: Words = ""

    @property
    def wrong(self) -> tuple[Form, ...]:
        """Return the form that was refused, for the error summary."""
        forms = [one.form for one in self.deeds]
        if self.receipt:
            forms.append(self.receipt.reject)
        return tuple(one for one in forms if one.is_wrong)


@dataclass(frozen=True, kw_only=True)
class ConfirmPage:
    """``owner/confirm.html``: everything destructive asks on its own page.

    ``form`` has the field in which the order number is typed.
    """

    title: Words
    line: Words
    form: Form
    button: Words
    back_url: str


@dataclass(frozen=True, kw_only=True)
class RefundPage:
    """``owner/refund.html``: what goes back, row by row, before it does (S41).

    ``ways`` are the refunds it takes, one a payment. ``form`` does exactly what is
    shown; ``change_url`` shows the choice again, with the same fields.
    """

    title: Words
    breakdown: Breakdown
    ways: tuple[tuple[Pair, ...], ...]
    form: Form
    button: Words
    change_url: str
    back_url: str
    reason: str = ""
    notes: tuple[Words, ...] = ()


@dataclass(frozen=True, kw_only=True)
class VariantRow:
    """One SKU of the product list: price and stock to change in place.

    ``form.fields`` are a money field per market and ``stock``; POST, 303 back.
    """

    sku: str
    options: Words
    form: Form
    held: int = 0
    is_low: bool = False


@dataclass(frozen=True, kw_only=True)
class ProductRow:
    """One product of the list with its variants."""

    name: Words
    url: str
    picture: Picture
    state: Badge
    variants: tuple[VariantRow, ...]
    pictures_url: str = ""
    category: Words = ""
    anchor: str = ""
    #: A select of the sale states.
    state_form: Form | None = None


@dataclass(frozen=True, kw_only=True)
class ProductsPage:
    """``owner/products.html``: search, state filter, quick edit of price and stock."""

    rows: tuple[ProductRow, ...]
    search_url: str
    #: Column heads of the editable fields: "Price, China (yuan)", "Stock".
    heads: tuple[Words, ...]
    query: str = ""
    tabs: tuple[Tab, ...] = ()
    pager: Pager = NO_PAGES
    total: int = 0
    saved: Note | None = None

    @property
    def wrong(self) -> tuple[Form, ...]:
        """Return the form that was refused, for the error summary."""
        forms = (variant.form for row in self.rows for variant in row.variants)
        return tuple(one for one in forms if one.is_wrong)


@dataclass(frozen=True, kw_only=True)
class PictureRow:
    """A picture of a product: its alt text per language, move, delete."""

    picture: Picture
    form: Form
    remove: Form | None = None
    label: Words = ""
    #: One place forward; the first picture has none.
    up: Form | None = None


@dataclass(frozen=True, kw_only=True)
class PicturesPage:
    """``owner/pictures.html``: upload and describe the pictures of a product.

    ``upload.fields``: the file and one alt text per language.
    """

    product: Words
    rows: tuple[PictureRow, ...]
    upload: Form
    back_url: str
    product_url: str = ""


@dataclass(frozen=True, kw_only=True)
class SlipLine:
    """A line of the packing slip: no prices."""

    name: Words
    sku: str
    quantity: int
    options: Words = ""
    bin: str = ""


@dataclass(frozen=True, kw_only=True)
class SlipPage:
    """``owner/packing_slip.html``: A4, black on white, no prices, big number.

    ``barcode_url`` is a picture of ours (SVG, Code 128). Cash on delivery prints
    what to collect and how: cash or POS (S27).
    """

    number: str
    placed_at: datetime
    lines: tuple[SlipLine, ...]
    recipient: tuple[Words, ...]
    delivery: Words
    back_url: str
    barcode_url: str = ""
    collect: Money | None = None
    collect_by: Words = ""
    note: Words = ""
    collection_code: str = ""


@dataclass(frozen=True, kw_only=True)
class AuditPage:
    """``owner/audit.html``: every write of staff: who, what, before, after."""

    rows: tuple[LogRow, ...]
    search_url: str
    query: str = ""
    pager: Pager = NO_PAGES


@dataclass(frozen=True, kw_only=True)
class SettingsSection:
    """A group of settings with its own form and save button."""

    id: str
    title: Words
    form: Form
    line: Words = ""
    is_on: bool | None = None
    #: "Test this connection": a button of its own under the form.
    test: Form | None = None


@dataclass(frozen=True, kw_only=True)
class SettingsPage:
    """``owner/settings.html``: shop basics, card and account numbers, per market."""

    sections: tuple[SettingsSection, ...]
    notes: tuple[Note, ...] = ()
    tabs: tuple[Tab, ...] = ()

    @property
    def wrong(self) -> tuple[Form, ...]:
        """Return the form that was refused, for the error summary."""
        return tuple(one.form for one in self.sections if one.form.is_wrong)


@dataclass(frozen=True, kw_only=True)
class DeskFormPage:
    """``owner/form.html``: any single form of the desk (change the password)."""

    title: Words
    form: Form
    button: Words
    back_url: str
    line: Words = ""
    extra: tuple[Field, ...] = ()
