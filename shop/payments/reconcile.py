"""The net under everything: asks about what nobody told us, ends what is over.

Run each minute by the worker, and by ``flask shop reconcile``. Everything here
may run twice or on several machines: questions are harmless.
"""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import select

from shop.db import db
from shop.payments import collect, refunds, rules, settings
from shop.payments import provider as contract
from shop.payments.models import PaymentAttempt
from shop.payments.provider import Event, Provider, ProviderError
from shop.payments.rules import AttemptState, RefundState

log = logging.getLogger(__name__)

BATCH = 50
#: A provider that did not answer so often in one run is left alone until the next.
SILENT = 2
#: How far back the lists of unverified payments are read.
SINCE = timedelta(hours=24)
_UNSENT = {RefundState.APPROVED}


@dataclass
class Summary:
    """What one run did: numbers for the command, names of providers that are silent."""

    asked: int = 0
    paid: int = 0
    ended: int = 0
    refunds: int = 0
    failed: int = 0
    silent: Counter[str] = field(default_factory=Counter)

    def is_silent(self, code: str) -> bool:
        """Say whether to leave a provider alone for the rest of this run."""
        return self.silent[code] >= SILENT


def run_due(
    now: datetime,
    *,
    unverified: bool = False,
    limit: int = BATCH,
    on_step: Callable[[int, int], None] | None = None,
) -> Summary:
    """Do everything that is due; one provider's silence delays no other's.

    ``unverified`` also reads each provider's list of payments we may have missed.
    ``on_step`` is told (done, of) for a progress bar.
    """
    summary = Summary()
    collect.drop_by_hand_of_ended()
    attempts = due_attempts(now, limit)
    money_back = refunds.due(now, limit)
    whole = len(attempts) + len(money_back)
    for place, (attempt_id, code) in enumerate(attempts):
        if not summary.is_silent(code):
            _guarded(summary, code, partial(_one, attempt_id, summary, now))
        if on_step:
            on_step(place + 1, whole)
    for place, refund_id in enumerate(money_back):
        code = refunds.provider_of(refund_id)
        if not summary.is_silent(code):
            _guarded(summary, code, partial(_refund, refund_id, summary, now))
        if on_step:
            on_step(len(attempts) + place + 1, whole)
    if unverified:
        for provider in contract.all_providers().values():
            _guarded(summary, provider.code, partial(_missed, provider, summary, now))
    return summary


def each_turn(now: datetime) -> None:
    """Do what is due; the worker's task of every few seconds."""
    run_due(now)


def missed(now: datetime) -> None:
    """Read the providers' lists of payments we may have missed, now and then."""
    run_due(now, unverified=True)


def unpaid(now: datetime) -> int:
    """End the orders that were not paid in time; return how many."""
    return collect.end_unpaid(now)


def _guarded(summary: Summary, code: str, work: Callable[[], None]) -> None:
    """Do one thing; whatever goes wrong with it must not stop the others."""
    try:
        work()
    except ProviderError as error:
        summary.failed += 1
        summary.silent[code] += error.kind == "transport"
        log.info("asking %s: %s", code, error.kind)
    except Exception:
        summary.failed += 1
        db.session.rollback()
        log.exception("reconciling with %s", code)


def due_attempts(now: datetime, limit: int = BATCH) -> list[tuple[int, str]]:
    """Return (attempt, provider) of what is to be asked now, most overdue first."""
    query = (
        select(PaymentAttempt.id, PaymentAttempt.provider)
        .where(PaymentAttempt.next_ask_at <= now)
        .order_by(PaymentAttempt.next_ask_at, PaymentAttempt.id)
        .limit(limit)
    )
    return [(row.id, row.provider) for row in db.session.execute(query)]


def _one(attempt_id: int, summary: Summary, now: datetime) -> None:
    attempt = db.session.get_one(PaymentAttempt, attempt_id, populate_existing=True)
    state = AttemptState(attempt.state)
    over = state in rules.OPEN and now >= attempt.expires_at
    provider = settings.find(attempt.provider)
    if provider is None or not (provider.caps.can_query or over):
        collect.stop_asking(attempt_id)
    elif state in {AttemptState.PAID, AttemptState.SETTLING}:
        collect.settle(attempt_id, now)
    elif over:
        collect.end(attempt_id, now)
        summary.ended += 1
    elif state in rules.OPEN | rules.DEAD:
        collect.ask(attempt_id, now)
    else:
        collect.stop_asking(attempt_id)
    summary.asked += 1
    summary.paid += state not in rules.HOLDING and (
        collect.result(attempt_id).state in rules.HOLDING
    )


def _refund(refund_id: int, summary: Summary, now: datetime) -> None:
    summary.refunds += 1
    if refunds.state_of(refund_id) in _UNSENT:
        collect.send_refund(refund_id, now)
    else:
        collect.ask_refund(refund_id, now)


def _missed(provider: Provider, summary: Summary, now: datetime) -> None:
    """Ask about every payment the provider lists that we do not have."""
    if not settings.is_ready(provider.code):
        return
    values = settings.read(provider.code, now)
    db.session.rollback()
    for event in provider.reconcile(now - SINCE, values):
        attempt_id = _find(provider.code, event)
        if attempt_id is not None:
            _one_missed(attempt_id, summary, now)


def _find(code: str, event: Event) -> int | None:
    """Return the attempt of a listed payment while its end is not money."""
    query = select(PaymentAttempt.id).where(
        PaymentAttempt.provider == code,
        PaymentAttempt.state.in_(list(rules.OPEN | rules.DEAD)),
    )
    if event.attempt_ref:
        query = query.where(PaymentAttempt.merchant_ref == event.attempt_ref)
    else:
        query = query.where(PaymentAttempt.provider_ref == event.provider_ref)
    return db.session.scalar(query)


def _one_missed(attempt_id: int, summary: Summary, now: datetime) -> None:
    summary.asked += 1
    collect.ask(attempt_id, now)
    summary.paid += collect.result(attempt_id).state in rules.HOLDING
