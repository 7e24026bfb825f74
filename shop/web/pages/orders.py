"""Pages of one order, behind the guest's secret link, and the form that sends it."""

from dataclasses import dataclass
from datetime import date, datetime

from shop.kernel.money import Money
from shop.web.pages.checkout import Block
from shop.web.pages.parts import (
    Badge,
    Breakdown,
    Choices,
    Event,
    Field,
    Form,
    Link,
    Note,
    OrderLine,
    Pair,
    Words,
)


@dataclass(frozen=True)
class Due:
    """A promise with its date: "Ships by", "Delivered by", "We answer by"."""

    label: Words
    by: date | datetime
    is_kept: bool = False
    is_late: bool = False


@dataclass(frozen=True, kw_only=True)
class Shipment:
    """One parcel: carrier, number to copy, the carrier's own page, estimate."""

    title: Words
    carrier: Words = ""
    tracking_number: str = ""
    tracking_url: str = ""
    estimate: Note | None = None
    events: tuple[Event, ...] = ()
    #: Collection in a shop: the code to show, and where.
    collection_code: str = ""
    collection_lines: tuple[Words, ...] = ()
    map_url: str = ""


@dataclass(frozen=True, kw_only=True)
class ToPay:
    """What an unpaid order wants now, above everything else."""

    title: Words
    line: Words
    amount: Money
    url: str = ""
    button: Words = ""
    other: Link | None = None
    in_rials: bool = False


@dataclass(frozen=True, kw_only=True)
class SentMessage:
    """The twin of a message sent by SMS or e-mail."""

    sent_at: datetime
    channel: Words
    text: Words
    subject: Words = ""
    lang: str = ""
    direction: str = ""


@dataclass(frozen=True, kw_only=True)
class Action:
    """Something that can be done with the order now, and until when."""

    url: str
    label: Words
    icon: str
    line: Words = ""


@dataclass(frozen=True, kw_only=True)
class Return:
    """A request to give something back: what, why, and what was answered."""

    #: Its element: a link leads to it.
    id: str
    title: Words
    badge: Badge
    pairs: tuple[Pair, ...]


@dataclass(frozen=True, kw_only=True)
class OrderPage:
    """``orders/order.html``: ``/<lang>/orders/<token>``, newest news first."""

    number: str
    placed_at: datetime
    badge: Badge
    shipments: tuple[Shipment, ...]
    lines: tuple[OrderLine, ...]
    breakdown: Breakdown
    address: Block
    delivery: Block
    #: Everything that happened to the order, newest first.
    events: tuple[Event, ...] = ()
    to_pay: ToPay | None = None
    notes: tuple[Note, ...] = ()
    dues: tuple[Due, ...] = ()
    #: Method, amount paid, trace number, when.
    payment: tuple[Pair, ...] = ()
    messages: tuple[SentMessage, ...] = ()
    returns: tuple[Return, ...] = ()
    actions: tuple[Action, ...] = ()
    #: The terms the order was placed under, in that version.
    terms: Link | None = None


@dataclass(frozen=True, kw_only=True)
class LookupPage:
    """``orders/lookup.html``: "send me my links"; always the same answer.

    Fields: ``number`` and ``last4``. After POST ``is_sent`` is True whatever was typed.
    """

    form: Form
    is_sent: bool = False
    home_url: str = ""


@dataclass(frozen=True, kw_only=True)
class EditAddressPage:
    """``orders/address.html``: another address while the order is unpaid."""

    number: str
    form: Form
    order_url: str
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, kw_only=True)
class EditPaymentPage:
    """``orders/payment.html``: another method while the order is unpaid."""

    number: str
    form: Form
    methods: Choices
    order_url: str
    amount: Money
    notes: tuple[Note, ...] = ()

    @property
    def wrong(self) -> tuple[Choices, ...]:
        """Return the question if it has no valid answer, for the error summary."""
        return (self.methods,) if self.methods.error else ()


@dataclass(frozen=True, kw_only=True)
class CancelPage:
    """``orders/cancel.html``: asks once, on its own page."""

    number: str
    form: Form
    order_url: str
    line: Words
    lines: tuple[OrderLine, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ReturnAskPage:
    """``returns/ask.html``: receipt number and last four; always the same answer."""

    form: Form
    is_sent: bool = False
    home_url: str = ""
    policy: Link | None = None


@dataclass(frozen=True, kw_only=True)
class ReturnPage:
    """``returns/form.html``: what to give back, why, until when, who pays the freight.

    ``form`` is None where nothing can be asked for; ``closed`` then says why, and
    ``contacts`` are the way on.
    """

    number: str
    title: Words
    order_url: str
    #: Its fields are the pieces; ``reasons`` and ``more`` follow them.
    form: Form | None = None
    reasons: Choices | None = None
    more: tuple[Field, ...] = ()
    #: Who pays the freight, and the last days.
    terms: tuple[Pair, ...] = ()
    #: What belongs into the parcel (S38).
    checklist: tuple[Words, ...] = ()
    closed: Words = ""
    contacts: tuple[Link, ...] = ()
    policy: Link | None = None

    @property
    def wrong(self) -> tuple[Choices | Field, ...]:
        """Return what has no valid answer beside the form's own fields."""
        asked = (self.reasons, *self.more)
        return tuple(one for one in asked if one is not None and one.error)
