"""A provider whose bank is a dictionary: every answer, silence and race on request."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

from shop.kernel.money import Money
from shop.payments.provider import (
    Ack,
    Attempt,
    Began,
    Caps,
    Event,
    Next,
    Outcome,
    Provider,
    ProviderError,
    RawRequest,
    Refunding,
    RefundResult,
    ReturnHint,
    Setting,
    Urls,
)

CAPS = Caps(
    currency="CNY",
    flows=frozenset({"redirect"}),
    signed_notify=True,
    can_query=True,
    can_close=True,
    refund="partial",
    refund_idempotent=True,
    pay_window=timedelta(minutes=15),
)


@dataclass
class Account:
    """What the bank knows of one attempt."""

    outcome: Outcome = Outcome.PENDING
    amount: Money | None = None
    txn: str = ""


class Fake(Provider):
    """A bank in this process; ``code`` and ``caps`` differ by subclass (``kind``)."""

    code = "fake"
    caps = CAPS
    settings: ClassVar[tuple[Setting, ...]] = (
        Setting("secret", secret=True, required=False, default="good"),
    )

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        self.refunded: dict[str, int] = {}
        self.refund_calls: list[str] = []
        self.calls: list[str] = []
        #: Raised by the next call of an operation, once.
        self.fails: dict[str, ProviderError] = {}
        #: Run when an operation is called: before it answers, and after it was done.
        self.before: dict[str, Callable[[], object]] = {}
        self.after: dict[str, Callable[[], object]] = {}
        self.unverified: list[str] = []

    def pay(self, ref: str, amount: Money | None = None, txn: str = "") -> None:
        """Let the buyer pay at the bank; nobody tells the shop yet."""
        account = self.accounts.setdefault(ref, Account())
        account.outcome = Outcome.PAID
        account.amount = amount or account.amount
        account.txn = txn or f"txn-{ref}"

    def notification(self, ref: str, key: str = "good", **changes: Any) -> RawRequest:
        """Return the request the bank would send about an attempt."""
        account = self.accounts[ref]
        amount = account.amount
        body = {
            "ref": ref,
            "outcome": account.outcome.value,
            "minor": amount.minor if amount else None,
            "currency": amount.currency if amount else "",
            "txn": account.txn,
            "id": "",
            "refund_ref": "",
            "total": None,
            "key": key,
        }
        return request(json.dumps(body | changes).encode())

    def begin(self, attempt: Attempt, urls: Urls, settings: Mapping[str, str]) -> Began:
        self._enter("begin")
        self.accounts[attempt.ref] = Account(amount=attempt.amount)
        self._leave("begin")
        return Began(
            Next("redirect", f"https://bank.test/{attempt.ref}"), f"p{attempt.ref}"
        )

    def parse_return(self, request: RawRequest) -> ReturnHint | None:
        said = dict(request.query)
        if "theirs" in said:
            return ReturnHint(provider_ref=said["theirs"], claims=said)
        return ReturnHint(said["ref"], claims=said) if "ref" in said else None

    def handle_notify(
        self, request: RawRequest, settings: Mapping[str, str], now: datetime
    ) -> tuple[Event | None, Ack]:
        said = json.loads(request.body)
        if said["key"] not in {settings["secret"], settings.get("secret.previous")}:
            return None, Ack(400, b"fail")
        amount = Money(said["minor"], said["currency"]) if said["minor"] else None
        event = Event(
            Outcome(said["outcome"]),
            said["ref"],
            amount=amount,
            provider_txn=said["txn"],
            event_id=said["id"],
            refund_ref=said["refund_ref"],
            refunded_total=Money(said["total"], "CNY") if said["total"] else None,
        )
        return event, Ack(200, b"success")

    def retry_ack(self) -> Ack:
        return Ack(500, b"fail")

    def query(self, attempt: Attempt, settings: Mapping[str, str]) -> Event:
        self._enter("query")
        account = self.accounts.get(attempt.ref)
        self._leave("query")
        if account is None:
            return Event(Outcome.UNKNOWN, attempt.ref)
        paid = account.outcome is Outcome.PAID
        return Event(
            account.outcome,
            attempt.ref,
            attempt.provider_ref,
            account.amount if paid else None,
            account.txn if paid else "",
        )

    def close(self, attempt: Attempt, settings: Mapping[str, str]) -> Event:
        self._enter("close")
        account = self.accounts.setdefault(attempt.ref, Account(amount=attempt.amount))
        if account.outcome is Outcome.PENDING:
            account.outcome = Outcome.CLOSED
        self._leave("close")
        return replace(self.query(attempt, settings), provider_ref="")

    def settle(self, attempt: Attempt, settings: Mapping[str, str]) -> Event:
        self._enter("settle")
        self._leave("settle")
        return Event(Outcome.PAID, attempt.ref)

    def refund(
        self, attempt: Attempt, refund: Refunding, settings: Mapping[str, str]
    ) -> RefundResult:
        self.refund_calls.append(refund.ref)
        self._enter("refund")
        key = refund.ref if self.caps.refund_idempotent else str(len(self.refund_calls))
        self.refunded[key] = refund.amount.minor
        self._leave("refund")
        return RefundResult("succeeded", f"back-{refund.ref}")

    def query_refund(
        self, attempt: Attempt, refund: Refunding, settings: Mapping[str, str]
    ) -> RefundResult:
        self._enter("query_refund")
        if self.caps.refund_idempotent and refund.ref in self.refunded:
            return RefundResult("succeeded", f"back-{refund.ref}")
        return RefundResult("unknown")

    def reconcile(
        self, since: datetime, settings: Mapping[str, str]
    ) -> Iterable[Event]:
        self._enter("reconcile")
        for ref in self.unverified:
            yield Event(Outcome.PENDING, provider_ref=f"p{ref}")

    def _enter(self, name: str) -> None:
        self.calls.append(name)
        if name in self.before:
            self.before.pop(name)()
        if name in self.fails:
            raise self.fails.pop(name)

    def _leave(self, name: str) -> None:
        """A failure set for ``after:name`` loses the answer of what was done."""
        if name in self.after:
            self.after.pop(name)()
        lost = f"after:{name}"
        if lost in self.fails:
            raise self.fails.pop(lost)


def kind(code: str, **caps: Any) -> Fake:
    """Return another fake provider that differs in what it can do."""
    made = type(code.title(), (Fake,), {"code": code, "caps": replace(CAPS, **caps)})
    provider: Fake = made()
    return provider


def request(body: bytes = b"", **query: str) -> RawRequest:
    """Return a request as a callback view hands it over."""
    method = "POST" if body else "GET"
    return RawRequest(method, "/pay", tuple(query.items()), (), body, {})


def urls(ref: str) -> Urls:
    """Return addresses for an attempt."""
    return Urls(f"https://shop.test/return/{ref}", f"https://shop.test/notify/{ref}")


@dataclass
class Providers:
    """The providers of one test, by code."""

    fake: Fake = field(default_factory=Fake)
    all: dict[str, Provider] = field(default_factory=dict)

    def add(self, provider: Fake) -> Fake:
        """Make one more provider known to the shop."""
        self.all[provider.code] = provider
        return provider
