"""Giving money back: reserved when asked for, free again only when it surely failed.

Everything here needs a transaction; ``collect`` calls the provider in between. An
unknown answer keeps its reservation, so that however things end, no more goes
back than came (``reference/reliability.md`` 3.5).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from shop.db import changed, db
from shop.kernel.money import Money
from shop.markets import service as market_service
from shop.markets.promises import refund_by
from shop.markets.registry import market
from shop.orders import events, ledger, promises
from shop.orders.models import MoneyRow, Order
from shop.orders.states import EventKind, MoneyKind, PromiseKind
from shop.payments import provider as contract
from shop.payments import rules, settings
from shop.payments.models import PaymentAttempt, Refund
from shop.payments.provider import Outcome, RefundResult
from shop.payments.rows import Locked, as_told, lock, move
from shop.payments.rules import AttemptState, NotRefundable, RefundState

#: A refund whose call began so long ago and left no answer is unknown.
SILENCE = timedelta(seconds=60)


@dataclass(frozen=True)
class Wanted:
    """A refund somebody asks for; ``idem_key`` comes from the form, one a form."""

    amount: Money
    reason: str
    who: str
    idem_key: str


def request(attempt_id: int, wanted: Wanted, now: datetime) -> Refund:
    """Reserve money of a payment for going back; the same key gives the same refund.

    :raises NotRefundable: if nothing of this payment is here.
    :raises RefundTooMuch: if other refunds left less than that.
    :raises RefundTooSmall: below what the provider gives back.
    :raises SameKeyOtherRefund: if the key was used for another refund.
    """
    at = lock(attempt_id)
    known = db.session.scalar(select(Refund).where(Refund.idem_key == wanted.idem_key))
    if known is not None:
        if (known.attempt_id, known.amount) != (attempt_id, wanted.amount):
            raise rules.SameKeyOtherRefund
        return known
    if at.attempt.state not in rules.REFUNDABLE or not at.attempt.captured_minor:
        raise NotRefundable(at.attempt.state)
    told = foretell(at.order, at.attempt, wanted.amount, now)
    reserve(at.attempt, wanted.amount)
    refund = _new(at, wanted, told, now)
    db.session.add(refund)
    db.session.flush()
    _promise(at.order, refund, now)
    requested = EventKind.REFUND_REQUESTED
    events.happened(at.order, requested, wanted.who, now, **_facts(refund))
    return refund


@dataclass(frozen=True)
class Foretold:
    """What a refund would be if it were asked for now."""

    by_hand: bool
    promised_on: date
    target: str


def foretell(
    order: Order, attempt: PaymentAttempt, amount: Money, now: datetime
) -> Foretold:
    """Say where a refund goes, by when, and whether people send it; nothing changes.

    :raises RefundTooMuch: if other refunds left less than that.
    :raises RefundTooSmall: below what the provider gives back.
    """
    provider = settings.get(attempt.provider)
    rules.check_refund(amount, attempt.refundable, provider.caps)
    values = _readable(provider.code, now)
    place = market(order.market)
    numbers = market_service.parameters(place)
    return Foretold(
        by_hand=not provider.can_refund(attempt.captured, amount, values),
        promised_on=refund_by(place, attempt.method, now, numbers),
        target=attempt.meta.get("payer_hint", ""),
    )


def _readable(code: str, now: datetime) -> Mapping[str, str]:
    """Return a provider's settings; without its keys a refund is still asked for."""
    try:
        return settings.read(code, now)
    except rules.KeysMissing:
        return {}


def reserve(attempt: PaymentAttempt, amount: Money) -> None:
    """Take ``amount`` from what is left, in one conditional statement.

    :raises RefundTooMuch: if it is not there any more.
    """
    query = (
        update(PaymentAttempt)
        .where(
            PaymentAttempt.id == attempt.id,
            PaymentAttempt.state.in_(list(rules.REFUNDABLE)),
            PaymentAttempt.refunded_minor + amount.minor
            <= PaymentAttempt.captured_minor,
        )
        .values(
            refunded_minor=PaymentAttempt.refunded_minor + amount.minor,
            version=PaymentAttempt.version + 1,
        )
    )
    done = changed(db.session.execute(query))
    db.session.refresh(attempt)
    if not done:
        raise rules.RefundTooMuch(amount, attempt.refundable)


def _new(at: Locked, wanted: Wanted, told: Foretold, now: datetime) -> Refund:
    return Refund(
        attempt_id=at.attempt.id,
        order_id=at.order.id,
        merchant_ref=rules.fresh_ref(),
        idem_key=wanted.idem_key,
        amount_minor=wanted.amount.minor,
        currency=wanted.amount.currency,
        state=RefundState.REQUESTED,
        method=at.attempt.method,
        target=told.target,
        by_hand=told.by_hand,
        reason=wanted.reason,
        who=wanted.who,
        created_at=now,
        promised_on=told.promised_on,
    )


def _promise(order: Order, refund: Refund, now: datetime) -> None:
    due_on = refund.promised_on
    due_at = market(order.market).end_of(due_on)
    subject = refund.merchant_ref
    promises.promise(order, PromiseKind.REFUND, due_at, due_on, now, subject=subject)


def _facts(refund: Refund) -> dict[str, Any]:
    return {
        "refund_id": refund.id,
        "amount_minor": refund.amount_minor,
        "currency": refund.currency,
        "method": refund.method,
        "by": refund.promised_on.isoformat(),
        "reference": refund.merchant_ref,
        "origin": refund.origin,
    }


def approve(refund_id: int, now: datetime) -> Refund:
    """Let a refund go out; whoever may, decides the view.

    :raises NotRefundable: if it was decided before.
    """
    refund = db.session.get_one(Refund, refund_id)
    if not _move(
        refund, {RefundState.REQUESTED}, RefundState.APPROVED, next_ask_at=now
    ):
        raise NotRefundable(refund.state)
    return refund


def refuse(refund_id: int, now: datetime) -> Refund:
    """Decide against a refund that was not sent; its money is free again.

    :raises NotRefundable: if it is on its way or has ended.
    """
    refund = db.session.get_one(Refund, refund_id)
    at = lock(refund.attempt_id)
    if not _move(refund, REFUSABLE, RefundState.REFUSED, next_ask_at=None):
        raise NotRefundable(refund.state)
    _release(at.attempt, refund)
    subject = refund.merchant_ref
    promises.void(at.order, PromiseKind.REFUND, now, subject)
    catch_up(at, f"provider:{at.attempt.provider}", now)
    return refund


REFUSABLE = rules.REFUND_FLOW.sources(RefundState.REFUSED)


@dataclass(frozen=True)
class Outgoing:
    """Everything the provider needs for one refund, read before the call."""

    refund_id: int
    provider: str
    attempt: contract.Attempt
    refunding: contract.Refunding

    @property
    def who(self) -> str:
        """Who answers, for the timeline and the ledger."""
        return f"provider:{self.provider}"


def take(refund_id: int, now: datetime) -> Outgoing | None:
    """Write the intent to send; ``None`` if it is not ours to send (any more).

    An unknown one is sent again only where our reference makes a repetition
    harmless.
    """
    refund = db.session.get_one(Refund, refund_id, populate_existing=True)
    if refund.by_hand:
        return None
    sources = {RefundState.APPROVED}
    if _is_idempotent(refund, now):
        sources.add(RefundState.UNKNOWN)
    values = {"sent_at": now, "asks": refund.asks + 1, "next_ask_at": now + SILENCE}
    again = refund.state == RefundState.UNKNOWN
    if not _move(refund, sources, RefundState.SENT, **values):
        return None
    return _outgoing(refund, again=again)


def take_to_ask(refund_id: int, now: datetime) -> Outgoing | None:
    """Note that we ask what became of a refund; ``None`` if it has ended."""
    refund = db.session.get_one(Refund, refund_id, populate_existing=True)
    silent = refund.sent_at is not None and now - refund.sent_at >= SILENCE
    if refund.state == RefundState.SENT and silent:
        _move(refund, {RefundState.SENT}, RefundState.UNKNOWN)
    if refund.state not in {RefundState.PENDING, RefundState.UNKNOWN}:
        return None
    refund.asks += 1
    refund.next_ask_at = rules.next_try(refund.asks, now)
    db.session.flush()
    return _outgoing(refund)


def _outgoing(refund: Refund, *, again: bool = False) -> Outgoing:
    attempt = db.session.get_one(PaymentAttempt, refund.attempt_id)
    refunding = contract.Refunding(
        refund.merchant_ref,
        refund.amount,
        refund.reason,
        refund.created_at,
        refund.provider_txn,
        again,
    )
    return Outgoing(refund.id, attempt.provider, as_told(attempt), refunding)


def may_repeat(refund_id: int, now: datetime) -> bool:
    """Say whether an unknown refund may simply be sent again."""
    refund = db.session.get_one(Refund, refund_id)
    return refund.state == RefundState.UNKNOWN and _is_idempotent(refund, now)


def _is_idempotent(refund: Refund, now: datetime) -> bool:
    attempt = db.session.get_one(PaymentAttempt, refund.attempt_id)
    provider = settings.find(attempt.provider)
    if provider is None:
        return False
    values = settings.read(provider.code, now)
    return provider.may_repeat_refund(attempt.captured, refund.amount, values)


def learn(refund_id: int, result: RefundResult, who: str, now: datetime) -> Refund:
    """Write down what became of a refund; what has ended stays as it is."""
    refund = db.session.get_one(Refund, refund_id, populate_existing=True)
    at = lock(refund.attempt_id)
    db.session.refresh(refund)
    match result.state:
        case "succeeded":
            _settle(refund, at, result, who, now)
        case "failed" if result.code == "manual":
            back = {RefundState.SENT, RefundState.UNKNOWN}
            _move(refund, back, RefundState.APPROVED, by_hand=True, next_ask_at=None)
        case "failed" if result.code == "not_sent":
            back = {RefundState.SENT, RefundState.UNKNOWN}
            due = rules.next_try(refund.asks, now)
            _move(refund, back, RefundState.APPROVED, next_ask_at=due)
        case "failed":
            _fail(refund, at, result.code, who, now)
        case _:
            values = {"code": result.code}
            if result.provider_txn:
                values["provider_txn"] = result.provider_txn
            waits = result.state == "pending"
            wanted = RefundState.PENDING if waits else RefundState.UNKNOWN
            _move(refund, _WAITING, wanted, **values)
    return refund


_WAITING = {RefundState.SENT, RefundState.PENDING, RefundState.UNKNOWN}
_UNSETTLED = rules.REFUND_FLOW.sources(RefundState.SETTLED)


def _settle(
    refund: Refund, at: Locked, result: RefundResult, who: str, now: datetime
) -> None:
    values: dict[str, Any] = {"settled_at": now, "next_ask_at": None}
    values |= {"provider_txn": result.provider_txn, "code": result.code}
    if not _move(refund, _UNSETTLED, RefundState.SETTLED, **values):
        return
    ledger.record(
        MoneyRow(
            order_id=at.order.id,
            charge_id=at.charge.id,
            attempt_id=at.attempt.id,
            kind=MoneyKind.REFUNDED,
            fulfils=False,
            amount_minor=refund.amount_minor,
            currency=refund.currency,
            provider=at.attempt.provider,
            provider_ref=result.provider_txn,
            ref=f"refund:{at.attempt.provider}:{refund.merchant_ref}",
            at=now,
            who=who,
        )
    )
    back = sum(one.amount_minor for one in settled(at.attempt.id))
    whole = back >= at.attempt.captured_minor
    wanted = AttemptState.REFUNDED if whole else AttemptState.PARTIALLY_REFUNDED
    move(at.attempt, wanted)
    promises.keep(at.order, PromiseKind.REFUND, now, refund.merchant_ref)
    events.happened(at.order, EventKind.REFUNDED, who, now, **_facts(refund))


def settled(attempt_id: int) -> list[Refund]:
    """Return the refunds of a payment that have arrived."""
    query = select(Refund).where(
        Refund.attempt_id == attempt_id, Refund.state == RefundState.SETTLED
    )
    return list(db.session.scalars(query))


def _fail(refund: Refund, at: Locked, code: str, who: str, now: datetime) -> None:
    values = {"code": code, "next_ask_at": None}
    if not _move(refund, _UNSETTLED, RefundState.FAILED, **values):
        return
    _release(at.attempt, refund)
    facts = _facts(refund) | {"code": code}
    events.happened(at.order, EventKind.REFUND_FAILED, who, now, **facts)
    catch_up(at, f"provider:{at.attempt.provider}", now)


def _release(attempt: PaymentAttempt, refund: Refund) -> None:
    """Give a reservation free: only ever after the refund's own move succeeded."""
    left = PaymentAttempt.refunded_minor - refund.amount_minor
    query = update(PaymentAttempt).where(PaymentAttempt.id == attempt.id)
    values = {"refunded_minor": left, "version": PaymentAttempt.version + 1}
    db.session.execute(query.values(values))
    db.session.refresh(attempt)


def decide_by_hand(
    refund_id: int, *, happened: bool, who: str, reference: str, now: datetime
) -> Refund:
    """Let a person say what became of a refund that no machine can know or make.

    For refunds made by hand, and for those whose answer was lost at a provider
    that cannot be asked (case 44).

    :raises NotRefundable: if it has ended, or is the provider's to answer.
    """
    refund = db.session.get_one(Refund, refund_id, populate_existing=True)
    ours = refund.by_hand and refund.state == RefundState.APPROVED
    if not ours and refund.state != RefundState.UNKNOWN:
        raise NotRefundable(refund.state)
    state = RefundResult("succeeded" if happened else "failed", reference, "by_hand")
    return learn(refund_id, state, who, now)


def hear(code: str, event: contract.Event, at: Locked, now: datetime) -> None:
    """Take a provider's word about a refund of a payment: one of ours, or another.

    Another one was made in the provider's own pages: it is booked, once.
    """
    query = (
        select(Refund.id)
        .join(PaymentAttempt, PaymentAttempt.id == Refund.attempt_id)
        .where(PaymentAttempt.provider == code, Refund.merchant_ref == event.refund_ref)
    )
    refund_id = db.session.scalar(query) if event.refund_ref else None
    who = f"provider:{code}"
    if refund_id is not None and event.outcome is Outcome.REFUNDED:
        result = RefundResult("succeeded", event.provider_txn, event.code)
        learn(refund_id, result, who, now)
    elif refund_id is not None and event.outcome is Outcome.FAILED:
        learn(refund_id, RefundResult("failed", code=event.code or "failed"), who, now)
    if event.outcome is Outcome.REFUNDED:
        db.session.refresh(at.attempt)
        _remember(at.attempt, event, is_ours=refund_id is not None)
        catch_up(at, who, now)


def hear_from_bill(
    attempt_id: int, ref: str, amount: Money, code: str, now: datetime
) -> bool:
    """Book a refund that only a bill tells of; say whether it is booked now.

    Where the provider tells sums of all refunds (``hear``), those are believed.
    """
    at = lock(attempt_id)
    if _is_known(ref) or _TOTAL in at.attempt.meta:
        return False
    event = contract.Event(Outcome.REFUNDED, amount=amount, refund_ref=ref)
    _remember(at.attempt, event, is_ours=False)
    catch_up(at, f"provider:{code}", now)
    return _is_known(ref)


#: What an attempt remembers of money that went back without us, until it is booked:
#: the sum of everything, and single sums by the provider's number.
_TOTAL, _LAST, _SINGLE = "back_total", "back_ref", "back:"


def _remember(attempt: PaymentAttempt, event: contract.Event, *, is_ours: bool) -> None:
    meta = dict(attempt.meta)
    if event.refunded_total is not None:
        before = int(meta.get(_TOTAL, "0"))
        meta[_TOTAL] = str(max(before, event.refunded_total.minor))
        if not is_ours:
            meta[_LAST] = event.refund_ref
    elif not is_ours and event.refund_ref and event.amount is not None:
        meta[f"{_SINGLE}{event.refund_ref}"] = str(event.amount.minor)
    if meta != attempt.meta:
        move(attempt, AttemptState(attempt.state), meta=meta)


def catch_up(at: Locked, who: str, now: datetime) -> None:
    """Book what went back without us, as far as no refund of ours has reserved it.

    Where the provider names only the sum of all refunds, ours that are under way
    count as part of it; if one fails after all, this is asked again. So nothing is
    counted twice, and in the end nothing is missing.
    """
    attempt = at.attempt
    if attempt.state not in rules.REFUNDABLE or not attempt.captured_minor:
        return
    for key, text in sorted(attempt.meta.items()):
        minor = int(text) if key.startswith(_SINGLE) else 0
        if 0 < minor <= attempt.refundable.minor:
            _book(at, key.removeprefix(_SINGLE), minor, who, now)
    whole = min(int(attempt.meta.get(_TOTAL, "0")), attempt.captured_minor)
    if (missing := whole - attempt.refunded_minor) > 0:
        last = attempt.meta.get(_LAST, "")
        taken = not last or _is_known(last)
        ref = f"{attempt.merchant_ref}-{whole}" if taken else last
        _book(at, ref, missing, who, now)


def _is_known(ref: str) -> bool:
    query = select(Refund.id).where(Refund.merchant_ref == ref)
    return db.session.scalar(query) is not None


def _book(at: Locked, ref: str, minor: int, who: str, now: datetime) -> None:
    """Write down a refund that has happened: reserved and settled in one step."""
    attempt = at.attempt
    meta = {k: v for k, v in attempt.meta.items() if k != f"{_SINGLE}{ref}"}
    if meta != attempt.meta:
        move(attempt, AttemptState(attempt.state), meta=meta)
    if _is_known(ref):
        return
    reserve(attempt, Money(minor, attempt.currency))
    refund = Refund(
        attempt_id=attempt.id,
        order_id=at.order.id,
        merchant_ref=ref,
        idem_key=f"provider:{attempt.provider}:{ref}",
        amount_minor=minor,
        currency=attempt.currency,
        state=RefundState.APPROVED,
        origin="provider",
        method=attempt.method,
        target=attempt.meta.get("payer_hint", ""),
        who=who,
        created_at=now,
        promised_on=market(at.order.market).today(now),
    )
    db.session.add(refund)
    db.session.flush()
    _settle(refund, at, RefundResult("succeeded", code="provider"), who, now)


def due(now: datetime, limit: int = 50) -> list[int]:
    """Return refunds that are to be sent or asked about, most overdue first."""
    query = select(Refund.id).where(
        Refund.next_ask_at <= now, Refund.by_hand.is_(False)
    )
    return list(db.session.scalars(query.order_by(Refund.next_ask_at).limit(limit)))


def state_of(refund_id: int) -> RefundState:
    """Return where a refund stands now."""
    query = select(Refund.state).where(Refund.id == refund_id)
    return RefundState(db.session.scalars(query).one())


def provider_of(refund_id: int) -> str:
    """Return the code of the provider a refund goes through."""
    query = (
        select(PaymentAttempt.provider)
        .join(Refund, Refund.attempt_id == PaymentAttempt.id)
        .where(Refund.id == refund_id)
    )
    return db.session.scalars(query).one()


def find(order_id: int, refund_id: int) -> Refund | None:
    """Return a refund of this order; another order's is not found by its number."""
    query = select(Refund).where(Refund.id == refund_id, Refund.order_id == order_id)
    return db.session.scalar(query)


def refunds_of(order_id: int) -> list[Refund]:
    """Return every refund of an order, newest first."""
    query = select(Refund).where(Refund.order_id == order_id)
    return list(db.session.scalars(query.order_by(Refund.id.desc())))


def overdue(today_by_market: dict[str, Any]) -> list[Refund]:
    """Return refunds we promised for a day that is over and that have not arrived."""
    query = select(Refund, Order.market).join(Order, Order.id == Refund.order_id)
    over = [RefundState.SETTLED, RefundState.FAILED, RefundState.REFUSED]
    rows = db.session.execute(query.where(Refund.state.not_in(over))).all()
    return [
        refund
        for refund, place in rows
        if place in today_by_market and refund.promised_on < today_by_market[place]
    ]


def _move(
    refund: Refund,
    sources: set[RefundState] | frozenset[RefundState],
    wanted: RefundState,
    **values: Any,
) -> bool:
    """Change a refund in one conditional statement; say whether we were the one."""
    query = update(Refund).where(
        Refund.id == refund.id, Refund.state.in_(list(sources))
    )
    done = changed(db.session.execute(query.values(state=wanted, **values)))
    db.session.refresh(refund)
    return done == 1
