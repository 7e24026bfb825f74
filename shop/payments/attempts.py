"""Steps of an attempt that need no provider: before a call, and after it.

All need a transaction, which ``collect`` opens on both sides of each call.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from shop.db import db
from shop.markets import service as market_service
from shop.markets.registry import market
from shop.orders import find, ledger
from shop.orders.models import Charge, Order
from shop.orders.states import VOID
from shop.payments import answers, rules, settings
from shop.payments.answers import Answer
from shop.payments.models import PaymentAttempt, TransferReceipt
from shop.payments.provider import (
    Attempt,
    Began,
    Event,
    Next,
    Outcome,
    Provider,
    ProviderError,
    ReturnHint,
)
from shop.payments.rows import as_told, lock, move
from shop.payments.rules import (
    RECEIPT_OPEN,
    AttemptState,
    NotPayable,
    StillUnclear,
    Verdict,
)

#: The word for a question that found no answer: what was known before is old.
SILENT = "silent"


@dataclass(frozen=True)
class Payer:
    """What a provider may be told about who pays; all may be empty."""

    description: str = ""
    phone: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    client_ip: str = field(default="", repr=False)
    language: str = "en"
    options: Mapping[str, str] = field(default_factory=dict)


def open_new(
    charge_id: int, provider: Provider, payer: Payer, now: datetime
) -> tuple[int, Attempt]:
    """Write the attempt before anybody is asked for money."""
    order_id = db.session.get_one(Charge, charge_id).order_id
    order = find.lock(order_id)
    charge = db.session.get_one(Charge, charge_id, populate_existing=True)
    paid = ledger.charge_is_paid(charge)
    if paid or charge.void_at is not None or order.state in VOID:
        raise NotPayable(paid=paid)
    rules.check_amount(charge.amount, provider.caps)
    numbers = market_service.parameters(market(order.market))
    longest = timedelta(minutes=numbers.attempt_minutes)
    pay_by = charge.due_at or order.pay_by_at
    by_hand = rules.is_by_hand(provider.caps)
    ends = rules.ends_at(provider.caps, longest, pay_by, now)
    attempt = PaymentAttempt(
        charge_id=charge.id,
        order_id=order.id,
        provider=provider.code,
        method=order.method,
        merchant_ref=rules.fresh_ref(),
        amount_minor=charge.amount_minor,
        currency=charge.currency,
        state=AttemptState.CREATED,
        language=payer.language,
        options=dict(payer.options),
        created_at=now,
        expires_at=ends,
        next_ask_at=None if by_hand else rules.next_ask(0, now, ends, now),
    )
    db.session.add(attempt)
    db.session.flush()
    told = replace(
        as_told(attempt, payer.description or order.number),
        payer_phone=payer.phone,
        payer_email=payer.email,
        client_ip=payer.client_ip,
    )
    return attempt.id, told


def did_not_begin(attempt_id: int, error: ProviderError) -> None:
    """Write down a beginning that failed: surely, or nobody knows."""
    attempt = lock(attempt_id).attempt
    if attempt.state != AttemptState.CREATED:
        return  # a notification was faster
    code = error.code if error.kind != "transport" else "transport"
    if error.unknown:
        move(attempt, AttemptState.UNKNOWN, code=code)
    else:
        move(attempt, AttemptState.FAILED, code=code, next_ask_at=None)


def has_begun(attempt_id: int, began: Began) -> None:
    """Store what the provider said before anything is shown; a payment may be first."""
    attempt = lock(attempt_id).attempt
    values: dict[str, Any] = {"step": _stored(began.next)}
    values["meta"] = dict(attempt.meta) | dict(began.meta)
    if began.provider_ref and not attempt.provider_ref:
        values["provider_ref"] = began.provider_ref
    early = attempt.state in {AttemptState.CREATED, AttemptState.UNKNOWN}
    state = AttemptState(attempt.state)
    move(attempt, AttemptState.PENDING if early else state, **values)


def _stored(step: Next) -> dict[str, Any]:
    values = asdict(step) | {"fields": dict(step.fields)}
    ends = step.expires_at
    return values | {"expires_at": ends.isoformat() if ends else None}


def step_of(attempt: PaymentAttempt) -> Next | None:
    """Return what the browser was told to do, for a reload; ``None`` before that."""
    if not attempt.step:
        return None
    values = dict(attempt.step)
    ends = values["expires_at"]
    return Next(
        **values | {"expires_at": datetime.fromisoformat(ends) if ends else None}
    )


def drop_by_hand(attempt_id: int) -> None:
    """End an attempt by hand because another begins, unless its receipt waits."""
    attempt = lock(attempt_id).attempt
    waiting = db.session.scalar(
        select(TransferReceipt.id).where(
            TransferReceipt.attempt_id == attempt_id,
            TransferReceipt.state.in_(list(RECEIPT_OPEN)),
        )
    )
    if waiting is not None:
        raise StillUnclear(attempt.merchant_ref)
    if attempt.state in rules.OPEN:
        move(attempt, AttemptState.CANCELLED, code="superseded", next_ask_at=None)


def meant(code: str, hint: ReturnHint) -> PaymentAttempt | None:
    """Find the attempt a returning browser speaks of; upper and lower case count."""
    query = select(PaymentAttempt).where(PaymentAttempt.provider == code)
    if hint.attempt_ref:
        query = query.where(PaymentAttempt.merchant_ref == hint.attempt_ref)
    elif hint.provider_ref:
        query = query.where(PaymentAttempt.provider_ref == hint.provider_ref)
    else:
        return None
    return db.session.scalar(query)


def intend_to_ask(
    attempt_id: int, claims: Mapping[str, str], now: datetime
) -> tuple[Attempt, str]:
    """Note that we ask; ``verifying`` where the answer itself takes the money."""
    attempt = lock(attempt_id).attempt
    provider = settings.get(attempt.provider)
    unsure = attempt.state in {AttemptState.UNKNOWN, AttemptState.VERIFYING}
    stored = dict(attempt.meta)
    meta = dict(claims) | stored if unsure else stored | dict(claims)
    values: dict[str, Any] = {"asked_at": now, "asks": attempt.asks + 1, "meta": meta}
    if attempt.next_ask_at is not None or attempt.state in rules.OPEN:
        values["next_ask_at"] = rules.next_ask(
            attempt.asks + 1, attempt.created_at, attempt.expires_at, now
        )
    verifies = provider.caps.needs_verify and attempt.state in rules.OPEN
    state = AttemptState(attempt.state)
    move(attempt, AttemptState.VERIFYING if verifies else state, **values)
    told = replace(as_told(attempt), meta=stored | dict(claims))
    return told, attempt.provider


def forget_claims(attempt: PaymentAttempt, claims: Mapping[str, str]) -> None:
    """Take back what a browser claimed about an attempt that is not its own."""
    meta = {k: v for k, v in attempt.meta.items() if claims.get(k) != v}
    move(attempt, AttemptState(attempt.state), meta=meta)


def no_answer(
    attempt_id: int,
    error: ProviderError,
    source: str,
    now: datetime,
    claims: Mapping[str, str],
) -> None:
    """Note that nobody answered: unknown if the call may have arrived."""
    attempt = lock(attempt_id).attempt
    if error.kind == "forged":
        forget_claims(attempt, claims)
        said = Event(Outcome.UNKNOWN, attempt.merchant_ref, code=error.code)
        answer = Answer(attempt.provider, said, source, now, attempt_id)
        answers.note(answer, Verdict.REJECTED, attempt)
    if attempt.state == AttemptState.VERIFYING:
        unsure = error.unknown or not attempt.step
        back = AttemptState.UNKNOWN if unsure else AttemptState.PENDING
        move(attempt, back, code=error.code or error.kind)
    elif attempt.state == AttemptState.PENDING:
        move(attempt, AttemptState.PENDING, code=SILENT)


def intend_to_settle(attempt_id: int, now: datetime) -> tuple[Attempt, str]:
    """Note that we confirm a verified payment, and when to try again."""
    attempt = lock(attempt_id).attempt
    asks = attempt.asks + 1
    values = {"asks": asks, "asked_at": now}
    due = rules.next_try(asks - 1, now)
    state = AttemptState(attempt.state)
    wanted = AttemptState.SETTLING if state is AttemptState.PAID else state
    move(attempt, wanted, next_ask_at=due, **values)
    return as_told(attempt), attempt.provider


def settled(attempt_id: int, event: Event | None, now: datetime) -> AttemptState:
    """Write down how confirming ended; ``None``: nobody answered, it stays paid."""
    attempt = lock(attempt_id).attempt
    if event is not None and event.outcome is Outcome.REVERSED:
        answers.apply(Answer(attempt.provider, event, "query", now, attempt_id))
    elif event is not None and event.outcome is Outcome.PAID:
        move(attempt, AttemptState.SETTLED, next_ask_at=None)
    elif attempt.state == AttemptState.SETTLING:
        move(attempt, AttemptState.PAID)
    return AttemptState(attempt.state)


def expire(attempt_id: int, code: str, now: datetime) -> None:
    """End an attempt whose time is over, unless an answer ended it otherwise."""
    attempt = lock(attempt_id).attempt
    if attempt.state in rules.OPEN and now >= attempt.expires_at:
        values = {"code": code} if code else {}
        move(attempt, AttemptState.EXPIRED, **values)


def stop_asking(attempt_id: int) -> None:
    """Note that nothing is left to ask about an attempt."""
    attempt = lock(attempt_id).attempt
    move(attempt, AttemptState(attempt.state), next_ask_at=None)


def by_hand_of_ended(limit: int = 50) -> list[int]:
    """Return open attempts nobody asks about whose order is off."""
    query = (
        select(PaymentAttempt.id)
        .join(Order, Order.id == PaymentAttempt.order_id)
        .where(
            PaymentAttempt.state.in_(list(rules.OPEN)),
            PaymentAttempt.next_ask_at.is_(None),
            Order.state.in_(list(VOID)),
        )
    )
    return list(db.session.scalars(query.limit(limit)))


def drop_of_ended(attempt_id: int) -> None:
    """End an attempt of an order that is off; money that comes after all is late."""
    locked = lock(attempt_id)
    if locked.attempt.state in rules.OPEN and locked.order.state in VOID:
        move(locked.attempt, AttemptState.CANCELLED, code="order_ended")
