"""What every payment provider must do, and how the shop finds them.

A provider speaks one protocol and knows nothing else: no database, no
request, no session, no template, no clock. It turns ``Money`` into the
provider's own unit inside its own file. The shape is ``reference/payments.md``
11, with ``charge`` for ``order`` (DESIGN 10).
"""

import importlib
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import ClassVar, Literal

from shop.kernel.money import Money
from shop.payments import providers


class Outcome(StrEnum):
    """What an authentic answer says about the money."""

    PAID = "paid"
    PENDING = "pending"
    FAILED = "failed"
    CANCELLED = "cancelled"
    CLOSED = "closed"
    REVERSED = "reversed"
    REFUNDED = "refunded"
    UNKNOWN = "unknown"


ErrorKind = Literal["config", "rejected", "transport", "protocol", "forged"]


class ProviderError(Exception):
    """The provider could not be used, or its answer not believed.

    Not a ``ShopError``: a fault of the world, not a refusal. ``unknown`` means
    that the call may have reached the provider, so that money may have moved: ask
    again, never repeat blindly. ``code`` is the provider's own, for ``reasons.py``
    and the owner; never a secret.
    """

    def __init__(
        self, kind: ErrorKind, code: str = "", *, unknown: bool = False
    ) -> None:
        super().__init__(kind, code)
        self.kind: ErrorKind = kind
        self.code = code
        self.unknown = unknown


@dataclass(frozen=True)
class Setting:
    """One thing the owner fills in before the provider can be used."""

    name: str
    secret: bool = False
    required: bool = True
    default: str = ""
    multiline: bool = False
    #: The only values there are; () means any text.
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class OpenPoint:
    """Something nobody could confirm, for the owner to ask the provider.

    ``text`` says what, and what the shop does meanwhile; ``setting`` is where the
    owner enters the answer, "" where there is nothing to choose.
    """

    text: str
    setting: str = ""


@dataclass(frozen=True)
class Caps:
    """What a provider can do; amounts in minor units of ``currency``, ends included."""

    currency: str
    flows: frozenset[str]
    signed_notify: bool = False
    needs_verify: bool = False
    needs_settle: bool = False
    can_query: bool = False
    can_close: bool = False
    refund: Literal["none", "full", "partial"] = "none"
    refund_idempotent: bool = False
    min_minor: int = 1
    max_minor: int | None = None
    min_refund_minor: int = 1
    pay_window: timedelta = timedelta(minutes=15)
    reverse_window: timedelta | None = None
    instalments: tuple[int, ...] = ()


@dataclass(frozen=True)
class Attempt:
    """What a provider may know of one try to collect one charge.

    ``ref`` is ours: 12 to 18 digits, fresh for each attempt, never reused.
    ``provider_ref`` and ``meta`` are what ``begin`` returned.
    """

    ref: str
    amount: Money
    description: str
    created_at: datetime
    expires_at: datetime
    provider_ref: str = ""
    provider_txn: str = ""
    payer_phone: str = field(default="", repr=False)
    payer_email: str = field(default="", repr=False)
    client_ip: str = field(default="", repr=False)
    language: str = "en"
    options: Mapping[str, str] = field(default_factory=dict)
    meta: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Urls:
    """Where the provider sends the browser back, and where it notifies."""

    return_url: str
    notify_url: str


@dataclass(frozen=True)
class Next:
    """What the browser does now. One kind, one template."""

    kind: Literal["redirect", "form_post", "qr", "jsapi", "instructions"]
    url: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    qr_text: str = ""
    poll_seconds: int = 3
    expires_at: datetime | None = None


@dataclass(frozen=True)
class Began:
    """An attempt the provider accepted; stored before anything is shown."""

    next: Next
    provider_ref: str = ""
    meta: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RawRequest:
    """An incoming request as bytes and pairs; header names in lower case."""

    method: str
    path: str
    query: Sequence[tuple[str, str]] = field(repr=False)
    form: Sequence[tuple[str, str]] = field(repr=False)
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    remote: str = ""


@dataclass(frozen=True)
class ReturnHint:
    """What a browser claims when it comes back. Proves nothing.

    Exactly one of ``attempt_ref`` (ours) and ``provider_ref`` (theirs) finds the
    attempt.
    ``claims`` join the attempt's ``meta`` before ``handle_return`` is called: Mellat
    and SEP can be asked again only with the reference that the browser brought.
    """

    attempt_ref: str = ""
    provider_ref: str = ""
    claims: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Event:
    """A normalised, authentic answer. ``amount`` was paid, or ``None`` if not said.

    With a ``refund_ref`` it speaks of that refund: ``REFUNDED`` succeeded, ``FAILED``
    did not. ``refunded_total``: what went back of the payment altogether, where the
    provider says that instead of single sums. ``doubt`` says why a person must look
    before anything counts (the provider saw another amount or another order); the
    outcome is then ``UNKNOWN``. ``trace``: the number the buyer's own bank prints,
    where it is another one than ``provider_txn``.
    """

    outcome: Outcome
    attempt_ref: str = ""
    provider_ref: str = ""
    amount: Money | None = None
    provider_txn: str = ""
    trace: str = ""
    payer_hint: str = ""
    event_id: str = ""
    code: str = ""
    refund_ref: str = ""
    refunded_total: Money | None = None
    doubt: str = ""
    raw: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Ack:
    """The answer to a notification, sent only after the commit."""

    status: int
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"


@dataclass(frozen=True)
class Refunding:
    """One refund as the provider sees it. ``ref`` is ours, the same on every retry.

    ``txn`` is the provider's own number, "" before it has told one. ``again``: it
    was sent before and the answer was lost, so that it may have been made.
    """

    ref: str
    amount: Money
    reason: str
    created_at: datetime
    txn: str = ""
    again: bool = False


@dataclass(frozen=True)
class RefundResult:
    """What became of a refund. ``UNKNOWN`` stays reserved until someone knows."""

    state: Literal["pending", "succeeded", "failed", "unknown"]
    provider_txn: str = ""
    code: str = ""


class Provider(ABC):
    """A way to collect money. Every method gets the owner's settings by name."""

    code: ClassVar[str]
    caps: ClassVar[Caps]
    settings: ClassVar[tuple[Setting, ...]] = ()
    #: What nobody could confirm about it (``reference/payments.md`` 14), for the
    #: owner to ask: ``flask shop doctor`` and ``docs/providers`` list these.
    open_points: ClassVar[tuple[OpenPoint, ...]] = ()
    #: A payer's browser must be named to us first: ``name_url``, then ``name_payer``.
    names_payer: ClassVar[bool] = False
    #: Whose daily bill lists its payments; several ways to pay share one. "" where
    #: no bill can be asked for.
    bill: ClassVar[str] = ""

    @abstractmethod
    def begin(self, attempt: Attempt, urls: Urls, settings: Mapping[str, str]) -> Began:
        """Ask for the money; called outside any database transaction.

        :raises ProviderError: ``unknown`` if nobody knows whether it began.
        """

    def name_url(self, back: str, state: str, settings: Mapping[str, str]) -> str:
        """Return where a browser goes to be named; it comes to ``back`` with ``state``.

        :raises ProviderError: ``config`` if the owner's settings do not allow it.
        """
        raise NotImplementedError

    def name_payer(self, code: str, settings: Mapping[str, str]) -> Mapping[str, str]:
        """Return the options that name a payer, for the ``code`` a browser brought.

        :raises ProviderError: without an answer, or for a code that is none.
        """
        raise NotImplementedError

    def parse_return(self, request: RawRequest) -> ReturnHint | None:
        """Read which attempt a returning browser means; pure, trusts nothing."""
        return None

    def handle_return(
        self, attempt: Attempt, hint: ReturnHint, settings: Mapping[str, str]
    ) -> Event:
        """Find out server to server what became of the attempt.

        :raises ProviderError: ``forged`` if the claims belong to another attempt.
        """
        return self.query(attempt, settings)

    def handle_notify(
        self, request: RawRequest, settings: Mapping[str, str], now: datetime
    ) -> tuple[Event | None, Ack]:
        """Authenticate a notification. ``None``: forged, a probe or not for us."""
        return None, Ack(404)

    def retry_ack(self) -> Ack:
        """Answer so that the provider sends the notification again."""
        return Ack(500, b"retry")

    @abstractmethod
    def query(self, attempt: Attempt, settings: Mapping[str, str]) -> Event:
        """Ask what became of an attempt. ``UNKNOWN`` if nobody can be asked.

        This confirms the payment where the provider needs that (``needs_verify``).

        :raises ProviderError: if there was no answer, or none to be believed.
        """

    def settle(self, attempt: Attempt, settings: Mapping[str, str]) -> Event:
        """Confirm a verified payment where the provider wants a second step."""
        return Event(Outcome.PAID, attempt.ref)

    def close(self, attempt: Attempt, settings: Mapping[str, str]) -> Event:
        """Close it at the provider: ``CLOSED``, ``PAID`` (too late) or ``UNKNOWN``."""
        return Event(Outcome.UNKNOWN, attempt.ref)

    def can_refund(
        self, paid: Money, amount: Money, settings: Mapping[str, str]
    ) -> bool:
        """Say whether the provider can give back ``amount`` of ``paid`` by itself."""
        if self.caps.refund == "full":
            return amount == paid
        return self.caps.refund == "partial"

    def may_repeat_refund(
        self, paid: Money, amount: Money, settings: Mapping[str, str]
    ) -> bool:
        """Say whether a refund of ``amount`` of ``paid`` sent twice happens once."""
        return self.caps.refund_idempotent

    def refund(
        self, attempt: Attempt, refund: Refunding, settings: Mapping[str, str]
    ) -> RefundResult:
        """Give money back the way it came.

        :raises ProviderError: without an answer; ``unknown`` if it may have happened.
        """
        return RefundResult("failed", code="manual")

    def query_refund(
        self, attempt: Attempt, refund: Refunding, settings: Mapping[str, str]
    ) -> RefundResult:
        """Ask what became of a refund."""
        return RefundResult("unknown")

    def reconcile(
        self, since: datetime, settings: Mapping[str, str]
    ) -> Iterable[Event]:
        """List payments the provider knows and we may have missed.

        ``PENDING`` means: ``query`` this attempt now, the buyer has paid.
        """
        return ()

    def bill_account(self, settings: Mapping[str, str]) -> str:
        """Return which account the bill is about: who shares it, shares the bill."""
        return ""

    def fetch_bill(self, day: date, settings: Mapping[str, str]) -> bytes | None:
        """Return the bill of a day of the provider's own calendar, as a CSV file.

        ``None``: the provider says that it has none, or not yet.

        :raises ProviderError: without an answer, or for a file not to be believed.
        """
        return None

    def test_connection(self, settings: Mapping[str, str]) -> str:
        """Try the keys without moving money; return "" if they work, else a code."""
        return ""

    def hosts(self, settings: Mapping[str, str]) -> frozenset[str]:
        """Return origins a form may be sent to, for the CSP ``form-action``."""
        return frozenset()


@cache
def all_providers() -> dict[str, Provider]:
    """Return every provider by code: each file in ``providers/`` makes one."""
    found = [
        importlib.import_module(f"{providers.__name__}.{module.name}").PROVIDER
        for module in pkgutil.iter_modules(providers.__path__)
    ]
    return {provider.code: provider for provider in found}
