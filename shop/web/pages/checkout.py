"""Pages of the checkout and of paying: one thing per page, each with its own URL."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from shop.kernel.money import Money
from shop.web.pages.parts import (
    Choices,
    Event,
    Field,
    Form,
    Link,
    Note,
    Pair,
    Summary,
    Words,
)


@dataclass(frozen=True)
class Step:
    """One step of the bar: done ones are links back."""

    label: Words
    url: str = ""
    is_done: bool = False
    is_now: bool = False


@dataclass(frozen=True)
class Block:
    """What was chosen in an earlier step, with the way back to change it."""

    title: Words
    lines: tuple[Words, ...]
    edit_url: str = ""


@dataclass(frozen=True, kw_only=True)
class AddressPage:
    """``checkout/address.html``: the market's address form.

    ``form.fields`` come in the market's order: name, phone, e-mail, then a
    ``FieldGroup`` with the city (a select with one ``OptionGroup`` per province)
    and, once a city is known, its district; street, postcode. The group's
    ``step`` is ``districts``: POST with ``step=districts`` renders the page again
    (200) with the district select, and everything typed is kept.
    """

    steps: tuple[Step, ...]
    form: Form
    summary: Summary
    back_url: str
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, kw_only=True)
class DeliveryPage:
    """``checkout/delivery.html``: shipping methods, then the pick-up points.

    Fields: ``method`` and, with the pick-up method, ``point``.
    """

    steps: tuple[Step, ...]
    form: Form
    methods: Choices
    address: Block
    summary: Summary
    back_url: str
    points: Choices | None = None
    #: Remote area, ground only, a promise: what the reader should know.
    notes: tuple[Note, ...] = ()

    @property
    def wrong(self) -> tuple[Choices, ...]:
        """Return the questions without a valid answer, for the error summary."""
        return tuple(q for q in (self.methods, self.points) if q and q.error)


@dataclass(frozen=True, kw_only=True)
class PaymentPage:
    """``checkout/payment.html``: every method of the market, refused ones with why.

    Fields: ``method`` and the ``sub_name`` of a card (``cod_by``).
    """

    steps: tuple[Step, ...]
    form: Form
    methods: Choices
    blocks: tuple[Block, ...]
    summary: Summary
    back_url: str
    notes: tuple[Note, ...] = ()

    @property
    def wrong(self) -> tuple[Choices, ...]:
        """Return the question if it has no valid answer, for the error summary."""
        return (self.methods,) if self.methods.error else ()


@dataclass(frozen=True, kw_only=True)
class Terms:
    """The tick for one agreement; the field's value is the hash of its words."""

    name: str
    value: str
    url: str
    title: Words
    checked: bool = False
    error: Words = ""

    @property
    def id(self) -> str:
        """Return the id of the tick: the target of the error summary."""
        return self.name


@dataclass(frozen=True, kw_only=True)
class ReviewPage:
    """``checkout/review.html``: check everything, tick the terms, place the order.

    ``form.hidden`` carries the order token that makes a double click one order.
    ``submit`` says what it does: "Place order and pay", "Place order".
    """

    steps: tuple[Step, ...]
    form: Form
    blocks: tuple[Block, ...]
    summary: Summary
    terms: tuple[Terms, ...]
    submit: Words
    back_url: str
    note: Words = ""
    notes: tuple[Note, ...] = ()
    #: A field for a word to the shop; optional.
    remark: Field | None = None

    @property
    def wrong(self) -> tuple[Terms, ...]:
        """Return every agreement not ticked, for the error summary."""
        return tuple(one for one in self.terms if one.error)


@dataclass(frozen=True, kw_only=True)
class RedirectPage:
    """``payments/redirect.html``: the way to the bank's page, without a plain 303."""

    provider: Words
    amount: Money
    url: str
    order_number: str
    order_url: str
    other_url: str = ""
    expires_at: datetime | None = None
    in_rials: bool = False


@dataclass(frozen=True, kw_only=True)
class FormPostPage:
    """``payments/form_post.html``: a form that goes to the bank by POST.

    A script sends it at once; without one there is the button. The host must be
    in the CSP ``form-action``.
    """

    provider: Words
    amount: Money
    url: str
    fields: Mapping[str, str] = field(default_factory=dict)
    order_number: str
    order_url: str
    expires_at: datetime | None = None
    in_rials: bool = False


@dataclass(frozen=True, kw_only=True)
class QrPage:
    """``payments/qr.html``: a code to scan; the page re-reads itself until paid.

    ``qr_url`` is a picture of our own (SVG). Set ``frame.refresh_seconds``.
    """

    provider: Words
    amount: Money
    qr_url: str
    order_number: str
    order_url: str
    expires_at: datetime | None = None
    other_url: str = ""
    in_rials: bool = False


@dataclass(frozen=True, kw_only=True)
class BridgePage:
    """``payments/bridge.html``: WeChat opens the payment over this page, by a script.

    ``call`` is what its bridge is given, as JSON; ``done_url`` where it leads
    after a payment. ``is_inside``: this is WeChat's own browser. ``sandbox_url``
    stands in for WeChat at the demo gateways, "" elsewhere.
    """

    provider: Words
    amount: Money
    call: str
    done_url: str
    again: Form
    order_number: str
    order_url: str
    is_inside: bool = True
    sandbox_url: str = ""
    expires_at: datetime | None = None
    other_url: str = ""
    in_rials: bool = False


@dataclass(frozen=True, kw_only=True)
class Account:
    """Where a transfer goes. ``card_groups`` are the four groups of four digits."""

    bank: Words
    holder: Words
    card_groups: tuple[str, ...] = ()
    card_copy: str = ""
    account_number: str = ""
    sheba: str = ""


@dataclass(frozen=True, kw_only=True)
class TransferPage:
    """``payments/transfer.html``: card-to-card, then the receipt (S109-S111).

    ``amount`` is shown to the rial beside toman. ``note`` is the order number to
    write on the transfer. The form asks tracking number, last four digits, time
    and the receipt's picture; it is None while a receipt is being checked.
    """

    amount: Money
    pay_by: datetime
    note: str
    accounts: tuple[Account, ...]
    order_number: str
    order_url: str
    form: Form | None = None
    #: What was sent, while staff check it.
    sent: tuple[Pair, ...] = ()
    #: Receipt refused before: the reason staff gave.
    refused: Words = ""
    other_url: str = ""
    #: Promise: the last day on which staff will have looked.
    answer_on: date | None = None

    @property
    def amount_copy(self) -> str:
        """Return the rials as bare digits, for the copy button."""
        return str(self.amount.minor)


@dataclass(frozen=True, kw_only=True)
class WaitPage:
    """``payments/wait.html``: nobody knows yet; "please don't pay again".

    The frame re-reads the page every 5 s for a minute, then ``is_long`` promises
    a message instead.
    """

    provider: Words
    order_number: str
    order_url: str
    amount: Money
    is_long: bool = False
    check_url: str = ""
    #: What the provider said of it: a headline and a sentence, and then how long the
    #: order is kept, where another way to pay is chosen (S9), and the provider's own
    #: page where it wants to see who pays (S10).
    title: Words = ""
    reason: Words = ""
    kept_until: datetime | None = None
    other_url: str = ""
    pay: Form | None = None


@dataclass(frozen=True, kw_only=True)
class UnpaidPage:
    """``payments/unpaid.html``: a payment was begun, and nothing has come so far.

    For whoever left the provider's page. ``reason`` is what the provider said last;
    ``comes_back``: money of this provider that does not reach us goes back by itself.
    The page reads itself again like ``payments/wait.html``.
    """

    order_number: str
    amount: Money
    pay: Form | None
    other_url: str
    order_url: str
    kept_until: datetime | None = None
    reason: Words = ""
    is_begun: bool = True
    is_long: bool = False
    comes_back: bool = False


@dataclass(frozen=True, kw_only=True)
class DonePage:
    """``payments/done.html``: the money is there, or the order stands without it.

    ``title`` is "Payment received, thank you" or "Your order is placed" (cash on
    delivery, cash by arrangement, transfer being checked).
    """

    title: Words
    line: Words
    pairs: tuple[Pair, ...]
    amount_label: Words
    amount: Money
    events: tuple[Event, ...]
    order_url: str
    home_url: str
    notes: tuple[Note, ...] = ()
    in_rials: bool = False


@dataclass(frozen=True, kw_only=True)
class FailedPage:
    """``payments/failed.html``: it did not go through.

    ``is_untouched``: the gateway said that no money was taken; only then the page
    says so. ``reason`` is the provider's reason in words, ``code`` its own code.
    """

    order_number: str
    amount: Money
    retry: Form | None
    other_url: str
    order_url: str
    kept_until: datetime | None = None
    is_untouched: bool = False
    reason: Words = ""
    code: str = ""
    provider: Words = ""
    refund_line: Words = ""


@dataclass(frozen=True, kw_only=True)
class MoneyReviewPage:
    """``payments/review.html``: money arrived that fits no order as it stands.

    Late, twice, or another amount: what happened, what is safe, by when.
    """

    title: Words
    line: Words
    pairs: tuple[Pair, ...]
    order_url: str
    answer_by: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class ExpiredPage:
    """``payments/expired.html``: not paid in time; offers to rebuild the cart."""

    order_number: str
    expired_at: datetime
    rebuild: Form | None
    order_url: str
    links: tuple[Link, ...] = ()
