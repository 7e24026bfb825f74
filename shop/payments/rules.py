"""The life of a payment attempt and of a refund, and what an answer changes. Pure.

The table is ``reference/payments.md`` 11.1, in lower case. Money that arrives is
written down in every case; only whether it *fulfils* its charge is decided here.
"""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from shop.kernel.errors import ShopError
from shop.kernel.flow import Flow
from shop.kernel.money import Money
from shop.markets.methods import Browser
from shop.orders.states import VOID, OrderState
from shop.payments.provider import Caps, Event, Outcome


class AttemptState(StrEnum):
    """Where one try to collect one charge stands.

    ``verifying`` and ``settling`` are intents: written before the provider is
    called, so that a crash in between leaves something to ask about.
    ``review`` is money that arrived but fulfils nothing until somebody decides.
    """

    CREATED = "created"
    PENDING = "pending"
    VERIFYING = "verifying"
    UNKNOWN = "unknown"
    PAID = "paid"
    SETTLING = "settling"
    SETTLED = "settled"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REVIEW = "review"
    REVERSED = "reversed"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"


_A = AttemptState
_ENDS = frozenset({_A.PAID, _A.FAILED, _A.CANCELLED, _A.EXPIRED, _A.REVIEW})
_BACK = frozenset({_A.PARTIALLY_REFUNDED, _A.REFUNDED})
#: CREATED reaches REVIEW too: a notification may overtake the answer to ``begin``.
ATTEMPT_FLOW = Flow(
    {
        _A.CREATED: _ENDS | {_A.PENDING, _A.VERIFYING, _A.UNKNOWN},
        _A.PENDING: _ENDS | {_A.VERIFYING, _A.UNKNOWN},
        _A.VERIFYING: _ENDS | {_A.PENDING, _A.UNKNOWN, _A.REVERSED},
        _A.UNKNOWN: _ENDS | {_A.PENDING, _A.VERIFYING, _A.REVERSED},
        _A.FAILED: frozenset({_A.PAID, _A.REVIEW}),
        _A.CANCELLED: frozenset({_A.PAID, _A.REVIEW}),
        _A.EXPIRED: frozenset({_A.PAID, _A.REVIEW}),
        _A.PAID: _BACK | {_A.SETTLING, _A.SETTLED, _A.REVIEW, _A.REVERSED},
        _A.SETTLING: frozenset({_A.PAID, _A.SETTLED, _A.REVIEW, _A.REVERSED}),
        _A.SETTLED: _BACK | {_A.REVIEW},
        _A.REVIEW: _BACK | {_A.PAID, _A.REVERSED},
        _A.PARTIALLY_REFUNDED: _BACK,
        _A.REFUNDED: frozenset(),
        _A.REVERSED: frozenset(),
    }
)
#: Nobody knows yet how these end; they hold a place at the provider.
OPEN = frozenset({_A.CREATED, _A.PENDING, _A.VERIFYING, _A.UNKNOWN})
#: These ended without money, as far as we know; money may still come, late.
DEAD = frozenset({_A.FAILED, _A.CANCELLED, _A.EXPIRED})
#: Money came and (some of) it is still here.
HOLDING = frozenset(
    {_A.PAID, _A.SETTLING, _A.SETTLED, _A.REVIEW, _A.PARTIALLY_REFUNDED}
)
#: States in which money can be sent back.
REFUNDABLE = frozenset({_A.PAID, _A.SETTLED, _A.REVIEW, _A.PARTIALLY_REFUNDED})


_B = Browser
#: In which browsers a provider's page works at its best; not named: in all.
#: Inside WeChat, H5 pages are refused by WeChat itself; a code only if nothing else.
_SUITS = {
    "alipay": frozenset({_B.DESKTOP}),
    "alipay_wap": frozenset({_B.MOBILE, _B.ALIPAY}),
    "alipay_qr": frozenset({_B.DESKTOP}),
    "wechat_native": frozenset({_B.DESKTOP}),
    "wechat_h5": frozenset({_B.MOBILE}),
    "wechat_jsapi": frozenset({_B.WECHAT}),
}


def suits(provider: str, browser: Browser) -> bool:
    """Say whether a provider's page works well in a browser (C79)."""
    return browser in _SUITS.get(provider, frozenset(Browser))


class RefundState(StrEnum):
    """Where money on its way back stands. ``sent`` is the intent before the call.

    Back to ``approved`` goes what only a person can do: the provider said so.
    """

    REQUESTED = "requested"
    APPROVED = "approved"
    SENT = "sent"
    PENDING = "pending"
    UNKNOWN = "unknown"
    SETTLED = "settled"
    FAILED = "failed"
    REFUSED = "refused"


_R = RefundState
_REFUND_ENDS = frozenset({_R.SETTLED, _R.FAILED})
REFUND_FLOW = Flow(
    {
        _R.REQUESTED: frozenset({_R.APPROVED, _R.REFUSED}),
        _R.APPROVED: _REFUND_ENDS | {_R.SENT, _R.REFUSED},
        _R.SENT: _REFUND_ENDS | {_R.PENDING, _R.UNKNOWN, _R.APPROVED},
        _R.PENDING: _REFUND_ENDS | {_R.UNKNOWN},
        _R.UNKNOWN: _REFUND_ENDS | {_R.SENT, _R.PENDING, _R.APPROVED},
        _R.SETTLED: frozenset(),
        _R.FAILED: frozenset(),
        _R.REFUSED: frozenset(),
    }
)
#: Refunds that no longer reserve anything of their attempt.
REFUND_VOID = frozenset({_R.FAILED, _R.REFUSED})


class ReceiptState(StrEnum):
    """Where a proof of a transfer stands. ``duplicate``: its number was seen before."""

    SUBMITTED = "submitted"
    DUPLICATE = "duplicate"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"


_T = ReceiptState
RECEIPT_FLOW = Flow(
    {
        _T.SUBMITTED: frozenset({_T.CONFIRMED, _T.REJECTED}),
        _T.DUPLICATE: frozenset({_T.CONFIRMED, _T.REJECTED}),
        _T.CONFIRMED: frozenset(),
        _T.REJECTED: frozenset(),
    }
)
#: Receipts that wait for somebody's eyes.
RECEIPT_OPEN = frozenset({_T.SUBMITTED, _T.DUPLICATE})


class BillState(StrEnum):
    """Where a provider's bill of a day stands. ``failed``: nobody asks any more."""

    WAITING = "waiting"
    MATCHED = "matched"
    FAILED = "failed"


#: How long after a try in vain a bill is asked for again, doubled each time.
BILL_WAIT, BILL_LONGEST = timedelta(minutes=10), timedelta(hours=6)
BILL_TRIES = 12
#: So often "there is no bill" is not believed while our books say otherwise.
BILL_DOUBTS = 6


def next_bill_try(tries: int, now: datetime) -> datetime | None:
    """Return when to ask for a bill after ``tries`` in vain; ``None``: not again."""
    if tries >= BILL_TRIES:
        return None
    wait: timedelta = BILL_WAIT * 2 ** (tries - 1)
    return now + min(wait, BILL_LONGEST)


class Verdict(StrEnum):
    """What was decided about one answer, for the callback clinic (N20)."""

    PAID = "paid"
    LATE = "late"
    SECOND = "second"
    MISMATCH = "mismatch"
    CURRENCY = "currency"
    CHANGED = "changed"
    DOUBT = "doubt"
    FOREIGN = "foreign"
    TXN_REUSED = "txn_reused"
    NO_AMOUNT = "no_amount"
    UNDER_REVIEW = "under_review"
    ALREADY = "already"
    OTHER_TXN = "other_txn"
    DUPLICATE = "duplicate"
    PENDING = "pending"
    FAILED = "failed"
    CANCELLED = "cancelled"
    CLOSED = "closed"
    REVERSED = "reversed"
    REFUND_NOTICE = "refund_notice"
    NO_CHANGE = "no_change"
    UNKNOWN_ATTEMPT = "unknown_attempt"
    REJECTED = "rejected"


#: Money was spoken of and nothing booked: the right answer may still come.
UNBOOKED = frozenset(
    {Verdict.FOREIGN, Verdict.TXN_REUSED, Verdict.NO_AMOUNT, Verdict.CURRENCY}
)


@dataclass(frozen=True)
class Facts:
    """What the shop knows when an answer arrives, all read under one lock.

    ``charge`` is what the charge asks for now; ``captured`` whether this
    attempt's money is in the ledger already; ``txn_taken`` whether another
    attempt of the provider carries the answer's transaction number.
    """

    ref: str
    provider_ref: str
    provider_txn: str
    state: AttemptState
    amount: Money
    expires_at: datetime
    captured: bool
    charge: Money
    charge_void: bool
    charge_paid: bool
    order_state: OrderState
    txn_taken: bool


@dataclass(frozen=True)
class Decision:
    """What one answer changes.

    ``state`` is the new state or ``None`` for no change; ``capture`` the money to
    write down, ``None`` if none; ``fulfils`` whether it pays the charge.
    """

    verdict: Verdict
    state: AttemptState | None = None
    capture: Money | None = None
    fulfils: bool = False


def decide(event: Event, facts: Facts, now: datetime) -> Decision:
    """Return what an authentic answer changes; never moves backwards out of paid."""
    if event.refund_ref or event.outcome is Outcome.REFUNDED:
        return Decision(Verdict.REFUND_NOTICE)
    if event.doubt:
        fresh = not facts.captured and ATTEMPT_FLOW.allows(facts.state, _A.REVIEW)
        return Decision(Verdict.DOUBT, _A.REVIEW if fresh else None)
    match event.outcome:
        case Outcome.PAID:
            return _decide_paid(event, facts)
        case Outcome.REVERSED:
            return _step(facts, _A.REVERSED, Verdict.REVERSED)
        case Outcome.FAILED:
            return _step(facts, _A.FAILED, Verdict.FAILED)
        case Outcome.CANCELLED:
            return _step(facts, _A.CANCELLED, Verdict.CANCELLED)
        case Outcome.CLOSED:
            ended = _A.EXPIRED if now >= facts.expires_at else _A.CANCELLED
            return _step(facts, ended, Verdict.CLOSED)
        case Outcome.PENDING:
            return _step(facts, _A.PENDING, Verdict.PENDING)
        case _:
            return _decide_unknown(event, facts)


def _decide_unknown(event: Event, facts: Facts) -> Decision:
    """Nobody could be asked (no code, nothing learnt), or nobody knows."""
    if facts.state not in {_A.CREATED, _A.VERIFYING}:
        return Decision(Verdict.NO_CHANGE)
    nothing_learnt = not event.code and bool(facts.provider_ref)
    return Decision(Verdict.NO_CHANGE, _A.PENDING if nothing_learnt else _A.UNKNOWN)


def _step(facts: Facts, wanted: AttemptState, verdict: Verdict) -> Decision:
    if ATTEMPT_FLOW.allows(facts.state, wanted):
        return Decision(verdict, wanted)
    return Decision(verdict if facts.state is wanted else Verdict.NO_CHANGE)


def _decide_paid(event: Event, facts: Facts) -> Decision:
    if facts.captured or facts.state in {_A.REVERSED, _A.REFUNDED}:
        other = event.provider_txn and facts.provider_txn != event.provider_txn
        known = bool(facts.provider_txn)
        return Decision(Verdict.OTHER_TXN if other and known else Verdict.ALREADY)
    if _is_foreign(event, facts):
        return Decision(Verdict.FOREIGN, _A.REVIEW)
    if facts.txn_taken:
        return Decision(Verdict.TXN_REUSED, _A.REVIEW)
    if event.amount is None:
        unsure = ATTEMPT_FLOW.allows(facts.state, _A.UNKNOWN)
        return Decision(Verdict.NO_AMOUNT, _A.UNKNOWN if unsure else None)
    if event.amount.currency != facts.amount.currency:
        return Decision(Verdict.CURRENCY, _A.REVIEW)
    doubt = _doubt(event.amount, facts)
    if doubt is not None:
        return Decision(doubt, _A.REVIEW, event.amount)
    return Decision(Verdict.PAID, _A.PAID, event.amount, fulfils=True)


def _is_foreign(event: Event, facts: Facts) -> bool:
    """Say whether the answer is about another attempt than the one we asked for."""
    wrong = event.attempt_ref and event.attempt_ref != facts.ref
    theirs = event.provider_ref and facts.provider_ref
    return bool(wrong or (theirs and event.provider_ref != facts.provider_ref))


def _doubt(amount: Money, facts: Facts) -> Verdict | None:
    """Return why money of the right currency must not fulfil, or ``None``."""
    if facts.state is _A.REVIEW:
        return Verdict.UNDER_REVIEW
    if amount != facts.amount:
        return Verdict.MISMATCH
    if facts.order_state in VOID or facts.charge_void:
        return Verdict.LATE
    if facts.charge_paid:
        return Verdict.SECOND
    if facts.charge != facts.amount:
        return Verdict.CHANGED
    return None


REF_DIGITS = 16
BEFORE_PAY_BY = timedelta(seconds=60)
SHORTEST = timedelta(seconds=60)
BY_HAND = timedelta(days=90)


def fresh_ref() -> str:
    """Return a new merchant reference: 16 random digits, which fit every provider."""
    return str(secrets.randbelow(9 * 10 ** (REF_DIGITS - 1)) + 10 ** (REF_DIGITS - 1))


def is_by_hand(caps: Caps) -> bool:
    """Say whether people collect this money: a transfer, cash; nobody can be asked."""
    return caps.flows == frozenset({"instructions"})


def ends_at(
    caps: Caps, longest: timedelta, pay_by_at: datetime | None, now: datetime
) -> datetime:
    """Return when an attempt that begins now ends, exclusive (DESIGN 10).

    Online: after ``longest`` (or the provider's shorter window), at the latest
    60 s before the pay-by, so that the provider closes first. By hand: at the
    pay-by, or in 90 days.

    :raises TooLateToPay: if less than a minute would be left.
    """
    if is_by_hand(caps):
        return pay_by_at or now + BY_HAND
    end = now + min(longest, caps.pay_window)
    if pay_by_at is not None:
        end = min(end, pay_by_at - BEFORE_PAY_BY)
    if end - now < SHORTEST:
        raise TooLateToPay(pay_by_at or end)
    return end


def check_amount(amount: Money, caps: Caps) -> None:
    """Refuse what the provider cannot collect; both limits are allowed amounts.

    :raises AmountNotPayable: with the limits.
    :raises ValueError: for another currency, which is the caller's bug.
    """
    if amount.currency != caps.currency:
        raise ValueError(f"{caps.currency} provider cannot take {amount.currency}")
    most = None if caps.max_minor is None else Money(caps.max_minor, caps.currency)
    if amount.minor < caps.min_minor or (most is not None and amount > most):
        raise AmountNotPayable(amount, Money(caps.min_minor, caps.currency), most)


#: Seconds after which an attempt is asked about again, each counted from the last time.
LADDER = (10, 30, 60, 120, 300, 600, 900, 1800)
HOURLY = timedelta(hours=1)
ASK_FOR = timedelta(hours=24)
#: An attempt nobody has an answer for is given up so long after its end.
PATIENCE = timedelta(minutes=9)


def next_ask(
    asks: int, created_at: datetime, expires_at: datetime, now: datetime
) -> datetime | None:
    """Return when to ask after ``asks`` questions; ``None`` after a day.

    The moment an attempt ends, and the moment it is given up, are never skipped.
    """
    wait = timedelta(seconds=LADDER[asks]) if asks < len(LADDER) else HOURLY
    turns = (expires_at, expires_at + PATIENCE)
    due = min([now + wait, *(turn for turn in turns if turn > now)])
    return due if due <= created_at + ASK_FOR else None


def next_try(asks: int, now: datetime) -> datetime:
    """Return when to ask about a refund again, or to settle: without an end."""
    wait = timedelta(seconds=LADDER[asks]) if asks < len(LADDER) else HOURLY
    return now + wait


MIN_GAP = timedelta(seconds=3)


def may_ask(asked_at: datetime | None, now: datetime) -> bool:
    """Say whether a page view may ask the provider again: once in three seconds."""
    return asked_at is None or now - asked_at >= MIN_GAP


def check_refund(amount: Money, left: Money, caps: Caps) -> None:
    """Refuse a refund that is not possible; what is left may be given back whole.

    :raises RefundTooMuch: if more is asked for than is left of the payment.
    :raises RefundTooSmall: below what the provider gives back.
    """
    if amount.minor < 1:
        raise RefundTooSmall(
            amount, Money(max(1, caps.min_refund_minor), left.currency)
        )
    if amount > left:
        raise RefundTooMuch(amount, left)
    if caps.refund != "none" and amount.minor < caps.min_refund_minor:
        raise RefundTooSmall(amount, Money(caps.min_refund_minor, left.currency))


TRACKING = re.compile(r"[0-9]{4,24}")
LAST_FOUR = re.compile(r"[0-9]{4}")
CLOCK_SLACK = timedelta(minutes=10)
OLDEST_TRANSFER = timedelta(days=14)


def check_receipt(
    tracking: str, last_four: str, paid_at: datetime, now: datetime
) -> None:
    """Refuse a transfer receipt that cannot be true; digits are 0-9 already.

    :raises BadReceipt: naming the first wrong field.
    """
    if not TRACKING.fullmatch(tracking):
        raise BadReceipt("tracking_number")
    if not LAST_FOUR.fullmatch(last_four):
        raise BadReceipt("last_four")
    if not now - OLDEST_TRANSFER <= paid_at <= now + CLOCK_SLACK:
        raise BadReceipt("paid_at")


@dataclass(frozen=True)
class Candidate:
    """An order that waits for a transfer, as the statement matcher sees it."""

    receipt_id: int
    order_number: str
    amount: Money
    tracking: str
    last_four: str
    paid_at: datetime


@dataclass(frozen=True)
class StatementLine:
    """One payment on the owner's bank statement; empty what the bank does not say."""

    amount: Money
    paid_at: datetime | None
    tracking: str
    note: str


NEAR = timedelta(minutes=30)
SURE = 80


def match_score(line: StatementLine, candidate: Candidate) -> int:
    """Return how surely a statement line pays for a receipt, 0 to 100.

    Another amount is never a match. The tracking number weighs most, then the
    order number in the note, the last four digits, the time.
    """
    if line.amount != candidate.amount:
        return 0
    score = 20
    if line.tracking and line.tracking.lstrip("0") == candidate.tracking.lstrip("0"):
        score += 60
    if candidate.order_number in re.findall(r"[0-9]+", line.note):
        score += 40
    if candidate.last_four in _last_fours(line.note):
        score += 10
    if line.paid_at is not None and abs(line.paid_at - candidate.paid_at) <= NEAR:
        score += 10
    return min(score, 100)


def _last_fours(note: str) -> Sequence[str]:
    return [number[-4:] for number in re.findall(r"[0-9*]{4,}", note)]


@dataclass(eq=False)
class NotPayable(ShopError):
    """The charge is paid, void or of an order that is off."""

    paid: bool


@dataclass(eq=False)
class TooLateToPay(ShopError):
    """The pay-by is too near to begin; it was ``pay_by_at``."""

    pay_by_at: datetime


@dataclass(eq=False)
class AmountNotPayable(ShopError):
    """The provider takes no such amount; both limits are allowed."""

    amount: Money
    least: Money
    most: Money | None


@dataclass(eq=False)
class StillUnclear(ShopError):
    """An earlier attempt may have taken the money; nobody answers yet."""

    ref: str


@dataclass(eq=False)
class ProviderOff(ShopError):
    """The provider is not set up, switched off, or does not answer at the moment."""

    provider: str
    reason: str


@dataclass(eq=False)
class RefundTooMuch(ShopError):
    """More was asked back than is left of the payment."""

    wanted: Money
    left: Money


@dataclass(eq=False)
class RefundTooSmall(ShopError):
    """The provider gives back no less than ``least``."""

    wanted: Money
    least: Money


@dataclass(eq=False)
class NotRefundable(ShopError):
    """There is no money of this attempt that could go back."""

    state: str


@dataclass(eq=False)
class SameKeyOtherRefund(ShopError):
    """A form was sent twice with different refunds in it."""


@dataclass(eq=False)
class BadReceipt(ShopError):
    """A field of a transfer receipt cannot be true."""

    field: str


@dataclass(eq=False)
class ReceiptDecided(ShopError):
    """Somebody confirmed or rejected the receipt before."""

    state: str


@dataclass(eq=False)
class NotInReview(ShopError):
    """The payment needs no decision any more."""

    state: str


@dataclass(eq=False)
class KeysMissing(ShopError):
    """Stored keys cannot be read: their key file is gone or another one."""

    provider: str
