"""Talking to providers: the one domain file that opens transactions.

Each conversation has three steps: a transaction writes what we are about to do,
the provider is called outside of any, a second transaction writes what came of
it. A crash in between leaves something that ``reconcile`` asks about. Paid-ness
is never decided here: every answer goes through ``answers.apply``.
"""

import hashlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from shop.db import db, write
from shop.kernel.crash import crash
from shop.kernel.errors import ShopError
from shop.orders import cancel, ledger
from shop.orders.models import Charge, Order
from shop.payments import answers, attempts, refunds, rules, settings
from shop.payments.answers import Answer, Applied
from shop.payments.attempts import Payer
from shop.payments.models import PaymentAttempt, PaymentEvent
from shop.payments.provider import (
    Ack,
    Event,
    Next,
    Outcome,
    ProviderError,
    RawRequest,
    RefundResult,
    ReturnHint,
    Urls,
)
from shop.payments.rows import Overtaken, open_attempts
from shop.payments.rules import (
    AttemptState,
    NotPayable,
    StillUnclear,
    Verdict,
)

log = logging.getLogger(__name__)
T = TypeVar("T")

#: A second click within so many seconds gets the same step, not a second attempt.
SAME_CLICK = timedelta(seconds=20)
MAX_NOTIFY_BYTES = 64 * 1024
#: Under this name an attempt keeps that its buyer has come back from the provider.
CAME_BACK = "came_back"
#: So many refused callbacks an hour are kept for the clinic; a flood writes no more.
MAX_REFUSED = 100
_TRIES = 5


@dataclass(frozen=True)
class Begun:
    """An attempt that can be paid now, and what the browser does for it."""

    attempt_id: int
    ref: str
    next: Next


@dataclass(frozen=True)
class Result:
    """Where an attempt stands after somebody came back from the provider."""

    attempt_id: int
    order_id: int
    charge_id: int
    provider: str
    state: AttemptState
    code: str

    @property
    def is_waiting(self) -> bool:
        """Nobody knows yet: show the waiting page."""
        return self.state in rules.OPEN


def _write(work: Callable[[], T]) -> T:
    """Do ``work`` in a transaction, again if somebody overtook it (both databases)."""
    for _ in range(_TRIES - 1):
        try:
            return write(work)
        except (Overtaken, IntegrityError):
            continue
    return write(work)


def begin(
    charge_id: int,
    code: str,
    urls: Callable[[str], Urls],
    now: datetime,
    payer: Payer | None = None,
) -> Begun:
    """Begin to collect a charge through a provider.

    ``urls`` makes the addresses for our reference. Earlier attempts of the
    charge are asked about or closed first; a second click gets the same step.

    :raises NotPayable: if the charge is paid (perhaps found out just now), void,
        or its order is off.
    :raises StillUnclear: if an earlier attempt may have taken the money and its
        provider does not answer (case 37).
    :raises TooLateToPay: if the pay-by is less than two minutes away.
    :raises AmountNotPayable: if the provider takes no such amount.
    :raises ProviderOff: if there is no such provider.
    :raises KeysMissing: if its keys cannot be read.
    :raises ProviderError: if it did not begin; the attempt says so too.
    """
    provider = settings.get(code)
    values = settings.read(code, now)
    payer = payer or Payer()
    same = _clear_the_way(charge_id, code, payer, now)
    if same is not None:
        return same
    attempt_id, told = _write(
        lambda: attempts.open_new(charge_id, provider, payer, now)
    )
    crash("C5")
    try:
        began = provider.begin(told, urls(told.ref), values)
    except ProviderError as error:
        _write(partial(attempts.did_not_begin, attempt_id, error))
        raise
    except Exception:
        lost = ProviderError("transport", "bug", unknown=True)
        _write(lambda: attempts.did_not_begin(attempt_id, lost))
        raise
    crash("C7")
    _write(lambda: attempts.has_begun(attempt_id, began))
    return Begun(attempt_id, told.ref, began.next)


def _clear_the_way(
    charge_id: int, code: str, payer: Payer, now: datetime
) -> Begun | None:
    """Find out how earlier attempts of a charge ended, before a new one begins."""
    earlier = [one.id for one in open_attempts(charge_id)]
    for attempt_id in earlier:
        attempt = db.session.get_one(PaymentAttempt, attempt_id)
        step = attempts.step_of(attempt)
        young = now - attempt.created_at < SAME_CLICK and now < attempt.expires_at
        if young and step is not None and _is_same(attempt, code, payer):
            return Begun(attempt.id, attempt.merchant_ref, step)
        if settings.by_hand(attempt.provider):
            _write(partial(attempts.drop_by_hand, attempt_id))
            continue
        shown = step is not None
        try:
            close(attempt_id, now)
        except ProviderError as error:
            if shown or error.unknown or error.kind == "transport":
                raise StillUnclear(attempt.merchant_ref) from error
    charge = db.session.get_one(Charge, charge_id)
    if ledger.charge_is_paid(charge):
        raise NotPayable(paid=True)
    return None


def _is_same(attempt: PaymentAttempt, code: str, payer: Payer) -> bool:
    """Say whether a click wants what an attempt began: Huabei is not plain Alipay."""
    same = attempt.provider == code and dict(attempt.options) == dict(payer.options)
    order = db.session.get_one(Order, attempt.order_id)
    return same and attempt.method == order.method


def come_back(code: str, request: RawRequest, now: datetime) -> Result | None:
    """Take a browser back from a provider: ask, believe only the answer.

    ``None`` if nothing of ours is meant. What the browser claims only finds the
    attempt; a page that is reloaded asks once in three seconds.

    :raises ProviderOff: if there is no such provider.
    """
    provider = settings.get(code)
    hint = provider.parse_return(request)
    attempt = attempts.meant(code, hint) if hint else None
    if hint is None or attempt is None:
        return None
    attempt_id = attempt.id
    # Whoever comes back for the first time has news, even if we have just asked.
    first = CAME_BACK not in attempt.meta
    claims = {**hint.claims, CAME_BACK: "1"}
    if _is_askable(attempt) and (first or rules.may_ask(attempt.asked_at, now)):
        try:
            _ask(attempt_id, "return", now, hint, claims)
        except ProviderError as error:
            log.info("return of %s: %s", code, error.kind)
    return result(attempt_id)


def _is_askable(attempt: PaymentAttempt) -> bool:
    """Say whether an answer could still change anything."""
    return attempt.state in rules.OPEN | rules.DEAD


def result(attempt_id: int) -> Result:
    """Return where an attempt stands now."""
    attempt = db.session.get_one(PaymentAttempt, attempt_id, populate_existing=True)
    return Result(
        attempt.id,
        attempt.order_id,
        attempt.charge_id,
        attempt.provider,
        AttemptState(attempt.state),
        attempt.code,
    )


def ask(attempt_id: int, now: datetime) -> Applied:
    """Ask the provider what became of an attempt, and carry it out.

    :raises ProviderError: if there was no answer; the attempt stays as it was.
    """
    return _ask(attempt_id, "query", now)


def _ask(
    attempt_id: int,
    source: str,
    now: datetime,
    hint: ReturnHint | None = None,
    claims: Mapping[str, str] | None = None,
) -> Applied:
    told, code = _write(lambda: attempts.intend_to_ask(attempt_id, claims or {}, now))
    provider = settings.get(code)
    values = settings.read(code, now)
    db.session.rollback()  # no connection is held while somebody else thinks
    try:
        if hint is not None:
            event = provider.handle_return(told, hint, values)
        else:
            event = provider.query(told, values)
    except ProviderError as error:
        _write(
            partial(attempts.no_answer, attempt_id, error, source, now, claims or {})
        )
        raise
    crash("C7")
    answer = Answer(code, event, source, now, attempt_id)
    applied = _write(lambda: answers.apply(answer))
    _settle_if_due(applied, now)
    return applied


def _settle_if_due(applied: Applied, now: datetime) -> None:
    """Take the second step of a payment where the provider wants one."""
    if applied.state is AttemptState.PAID and applied.attempt_id is not None:
        attempt = db.session.get_one(PaymentAttempt, applied.attempt_id)
        if settings.get(attempt.provider).caps.needs_settle:
            try:
                settle(applied.attempt_id, now)
            except ProviderError as error:
                log.warning("settling with %s: %s", attempt.provider, error.kind)


def settle(attempt_id: int, now: datetime) -> AttemptState:
    """Confirm a verified payment; an answer that is lost leaves it paid, to try again.

    :raises ProviderError: if there was no answer.
    """
    told, code = _write(lambda: attempts.intend_to_settle(attempt_id, now))
    provider, values = settings.get(code), settings.read(code, now)
    db.session.rollback()
    try:
        event = provider.settle(told, values)
    except ProviderError:
        _write(lambda: attempts.settled(attempt_id, None, now))
        raise
    return _write(lambda: attempts.settled(attempt_id, event, now))


def close(attempt_id: int, now: datetime) -> Applied:
    """Close an attempt at its provider where that is possible, else ask about it.

    :raises ProviderError: if there was no answer.
    """
    attempt = db.session.get_one(PaymentAttempt, attempt_id)
    provider = settings.get(attempt.provider)
    if not provider.caps.can_close:
        return ask(attempt_id, now)
    code = attempt.provider
    values = settings.read(code, now)
    told, _code = _write(lambda: attempts.intend_to_ask(attempt_id, {}, now))
    try:
        event = provider.close(told, values)
    except ProviderError as error:
        _write(partial(attempts.no_answer, attempt_id, error, "close", now, {}))
        raise
    if event.outcome is Outcome.UNKNOWN and not event.doubt:
        return ask(attempt_id, now)
    answer = Answer(code, event, "close", now, attempt_id)
    applied = _write(lambda: answers.apply(answer))
    _settle_if_due(applied, now)
    return applied


def end(attempt_id: int, now: datetime) -> Applied | None:
    """End an attempt whose time is over: at the provider first, then here.

    Where nobody can close it or answers, it ends here a little later, and money
    that comes after all is caught as late.
    """
    attempt = db.session.get_one(PaymentAttempt, attempt_id)
    if settings.by_hand(attempt.provider):
        applied = None
    else:
        try:
            applied = close(attempt_id, now)
        except (ProviderError, ShopError):
            applied = None
    unsure = {AttemptState.UNKNOWN, AttemptState.VERIFYING}
    answered = applied is not None and applied.state not in unsure
    if answered or now >= attempt.expires_at + rules.PATIENCE:
        code = "" if answered else "unanswered"
        _write(lambda: attempts.expire(attempt_id, code, now))
    return applied


def give_up(order_id: int, now: datetime) -> bool:
    """Close every open attempt of an order; say whether it may be ended now.

    False if one of them was paid, or may still be and is asked about. The worker
    calls this before it expires an order, a view before it cancels one.
    """
    query = select(PaymentAttempt.id).where(
        PaymentAttempt.order_id == order_id,
        PaymentAttempt.state.in_(list(rules.OPEN)),
    )
    clear = True
    for attempt_id in list(db.session.scalars(query)):
        attempt = db.session.get_one(PaymentAttempt, attempt_id)
        if settings.by_hand(attempt.provider):
            continue
        try:
            close(attempt_id, now)
        except (ProviderError, ShopError):
            clear = False
            continue
        state = result(attempt_id).state
        clear = clear and (state in rules.DEAD or state is AttemptState.PENDING)
    holding = select(func.count(PaymentAttempt.id)).where(
        PaymentAttempt.order_id == order_id,
        PaymentAttempt.state.in_(list(rules.HOLDING)),
        PaymentAttempt.fulfils,
    )
    return clear and not db.session.scalar(holding)


def notified(code: str, request: RawRequest, now: datetime) -> Ack:
    """Take a provider's notification: believe the authentic, answer after COMMIT.

    Database work only. What is refused is cheap and kept for the clinic, a
    bounded number an hour. If our own work fails, the answer makes the provider
    send it again.
    """
    provider = settings.find(code)
    if provider is None or not provider.caps.signed_notify:
        return Ack(404)
    if len(request.body) > MAX_NOTIFY_BYTES:
        return Ack(413)
    digest = hashlib.sha256(request.body).hexdigest()
    try:
        values = settings.read(code, now)
        event, ack = provider.handle_notify(request, values, now)
        if event is None:
            _refused(code, digest, ack.status, now)
            return ack
        answer = Answer(code, event, "notify", now, body_sha256=digest)
        crash("C8")
        _write(lambda: answers.apply(answer))
        crash("C9")
    except ProviderError as error:
        log.warning("notification of %s refused: %s", code, error.kind)
        _refused(code, digest, 400, now)
        return provider.retry_ack() if error.kind == "config" else Ack(400)
    except Exception:
        log.exception("notification of %s not written; it will come again", code)
        db.session.rollback()
        return provider.retry_ack()
    return ack


def _refused(code: str, digest: str, status: int, now: datetime) -> None:
    """Keep a refused callback for the clinic, once a body, at most so many an hour."""
    recent = select(func.count(PaymentEvent.id)).where(
        PaymentEvent.provider == code,
        PaymentEvent.verdict == Verdict.REJECTED,
        PaymentEvent.received_at > now - timedelta(hours=1),
    )
    event_id = f"refused:{digest[:32]}"
    known = select(PaymentEvent.id).where(
        PaymentEvent.provider == code, PaymentEvent.event_id == event_id
    )
    if db.session.scalar(known) or (db.session.scalar(recent) or 0) >= MAX_REFUSED:
        return
    said = Event(Outcome.UNKNOWN, code=str(status), event_id=event_id)
    answer = Answer(code, said, "notify", now, body_sha256=digest)
    try:
        _write(lambda: answers.note(answer, Verdict.REJECTED))
    except Exception:  # the clinic must not cost the answer
        log.exception("refused callback of %s not kept", code)


def send_refund(refund_id: int, now: datetime) -> str:
    """Send an approved refund; return its state.

    An answer that is lost leaves it unknown and its money reserved.
    """
    out = _write(lambda: refunds.take(refund_id, now))
    if out is None:
        return refunds.state_of(refund_id)
    provider = settings.get(out.provider)
    values = settings.read(out.provider, now)
    db.session.rollback()
    crash("C12")
    try:
        told = provider.refund(out.attempt, out.refunding, values)
    except ProviderError as error:
        told = _failed_refund(error)
        arrived = error.unknown or told.state == "failed" or out.refunding.again
        paid, amount = out.attempt.amount, out.refunding.amount
        if not arrived and not provider.may_repeat_refund(paid, amount, values):
            told = RefundResult("failed", code="not_sent")
    except Exception:
        lost = RefundResult("unknown", code="bug")
        _write(lambda: refunds.learn(refund_id, lost, out.who, now))
        raise
    crash("C13")
    _write(lambda: refunds.learn(refund_id, told, out.who, now))
    return refunds.state_of(refund_id)


def _failed_refund(error: ProviderError) -> RefundResult:
    """Return what an exception means: only a definite no is a failure.

    Without an answer, or with keys that do not fit, nothing was refused: it
    stays reserved and is tried or asked about again.
    """
    sure = error.kind == "rejected" and not error.unknown
    return RefundResult("failed" if sure else "unknown", code=error.code or error.kind)


def ask_refund(refund_id: int, now: datetime) -> str:
    """Find out what became of a refund; send it again if that is harmless.

    :raises ProviderError: if there was no answer.
    """
    out = _write(lambda: refunds.take_to_ask(refund_id, now))
    if out is None:
        return refunds.state_of(refund_id)
    provider = settings.get(out.provider)
    values = settings.read(out.provider, now)
    db.session.rollback()
    told = provider.query_refund(out.attempt, out.refunding, values)
    _write(lambda: refunds.learn(refund_id, told, out.who, now))
    if told.state == "unknown" and refunds.may_repeat(refund_id, now):
        return send_refund(refund_id, now)
    return refunds.state_of(refund_id)


def end_unpaid(now: datetime) -> int:
    """End orders whose pay-by has passed, their attempts first; return how many.

    While a provider is silent an order gets a few minutes more: money that
    arrives then still finds its goods.
    """
    count = 0
    for order_id in cancel.expired_ids(now):
        clear = give_up(order_id, now)
        order = db.session.get_one(Order, order_id)
        late = order.pay_by_at is not None and now >= order.pay_by_at + rules.PATIENCE
        if clear or late:
            count += _write(partial(cancel.expire, order_id, now))
    return count


def stop_asking(attempt_id: int) -> None:
    """Note that nothing is left to ask about an attempt."""
    _write(partial(attempts.stop_asking, attempt_id))


def drop_by_hand_of_ended() -> None:
    """End attempts by hand whose order is off: nobody will bring that money."""
    for attempt_id in attempts.by_hand_of_ended():
        _write(partial(attempts.drop_of_ended, attempt_id))
