"""What one authentic answer changes: a notification, a return, our question, staff.

There is one path for all of them. It needs a transaction that ``collect`` (or a
staff view) opened. The order is locked first, then the attempt; every change is
a conditional update; the answer's row is written together with its effect.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select, update

from shop.db import db, insert_new
from shop.orders import events, find, ledger, pay
from shop.orders.models import MoneyRow
from shop.orders.states import ORDER_FLOW, EventKind, MoneyKind, OrderState
from shop.payments import refunds, rules, settings
from shop.payments.models import PaymentAttempt, PaymentEvent
from shop.payments.provider import Event, Outcome
from shop.payments.rows import Locked, lock, move
from shop.payments.rules import AttemptState, Decision, Facts, Verdict

#: Fields of an answer that explain a decision and identify nobody.
MAX_SUMMARY = 40
MAX_VALUE = 120
#: Why money fulfils nothing, as the buyer is told.
_WHY = {Verdict.LATE: "late", Verdict.SECOND: "twice"}


@dataclass(frozen=True)
class Answer:
    """An event and where it came from (``notify``, ``return``, ``query``, ``staff``).

    ``attempt_id`` is the attempt we asked about; ``None`` for a notification,
    which names its attempt itself.
    """

    provider: str
    event: Event
    source: str
    at: datetime
    attempt_id: int | None = None
    by: str = ""
    body_sha256: str = ""

    @property
    def who(self) -> str:
        """Who is behind it, for the timeline and the ledger."""
        return self.by or f"provider:{self.provider}"


@dataclass(frozen=True)
class Applied:
    """What became of an answer."""

    verdict: Verdict
    attempt_id: int | None = None
    order_id: int | None = None
    state: AttemptState | None = None


def apply(answer: Answer) -> Applied:
    """Write down an answer and carry out what it means, once."""
    attempt_id = answer.attempt_id or _find(answer)
    if attempt_id is None:
        note(answer, Verdict.UNKNOWN_ATTEMPT)
        return Applied(Verdict.UNKNOWN_ATTEMPT)
    locked = lock(attempt_id)
    decision = rules.decide(answer.event, read_facts(answer, locked), answer.at)
    fresh = note(answer, decision.verdict, locked.attempt)
    verdict = decision.verdict
    if fresh or answer.event.outcome in {Outcome.PENDING, Outcome.UNKNOWN}:
        _carry_out(answer, decision, locked)
    else:
        verdict = Verdict.DUPLICATE
    state = AttemptState(locked.attempt.state)
    return Applied(verdict, attempt_id, locked.order.id, state)


def _find(answer: Answer) -> int | None:
    """Return the attempt an answer names, by our reference or else by theirs."""
    event = answer.event
    query = select(PaymentAttempt.id).where(PaymentAttempt.provider == answer.provider)
    if event.attempt_ref:
        query = query.where(PaymentAttempt.merchant_ref == event.attempt_ref)
    elif event.provider_ref:
        query = query.where(PaymentAttempt.provider_ref == event.provider_ref)
    else:
        return None
    return db.session.scalar(query)


def read_facts(answer: Answer, locked: Locked) -> Facts:
    """Collect what the decision looks at."""
    attempt, charge, txn = locked.attempt, locked.charge, answer.event.provider_txn
    return Facts(
        ref=attempt.merchant_ref,
        provider_ref=attempt.provider_ref or "",
        provider_txn=attempt.provider_txn or "",
        state=AttemptState(attempt.state),
        amount=attempt.amount,
        expires_at=attempt.expires_at,
        captured=attempt.captured_minor > 0,
        charge=charge.amount,
        charge_void=charge.void_at is not None,
        charge_paid=ledger.charge_is_paid(charge),
        order_state=OrderState(locked.order.state),
        txn_taken=bool(txn) and _is_taken(attempt, PaymentAttempt.provider_txn == txn),
    )


def _is_taken(attempt: PaymentAttempt, same: ColumnElement[bool]) -> bool:
    """Say whether another attempt of the provider carries the same identifier."""
    query = select(PaymentAttempt.id).where(
        PaymentAttempt.provider == attempt.provider,
        same,
        PaymentAttempt.id != attempt.id,
    )
    return db.session.scalar(query.limit(1)) is not None


def note(
    answer: Answer, verdict: Verdict, attempt: PaymentAttempt | None = None
) -> bool:
    """Write the answer's row; say whether it is the first of its kind."""
    event = answer.event
    return insert_new(
        PaymentEvent,
        provider=answer.provider,
        event_id=_event_id(answer, verdict, attempt),
        attempt_id=attempt.id if attempt else None,
        source=answer.source,
        outcome="doubt" if event.doubt else event.outcome.value,
        verdict=verdict,
        received_at=answer.at,
        body_sha256=answer.body_sha256,
        summary=_summary(event),
    )


def _event_id(answer: Answer, verdict: Verdict, attempt: PaymentAttempt | None) -> str:
    """Return the name under which an answer counts once.

    The provider's own number serves for notifications only: what we ask about an
    attempt must never pass for an answer about another one.
    """
    event = answer.event
    ref = attempt.merchant_ref if attempt else event.attempt_ref or event.provider_ref
    word = "doubt" if event.doubt else event.outcome.value
    own = answer.source in {"notify", "staff"}
    kind = "notify" if answer.source == "notify" else "query"
    event_id = event.event_id if own and event.event_id else f"{kind}:{ref}:{word}"
    if event.refund_ref:
        event_id += f":{event.refund_ref}"
    if verdict in rules.UNBOOKED:
        event_id += f":{verdict.value}"
    return event_id


def _summary(event: Event) -> dict[str, Any]:
    said: dict[str, Any] = {"code": event.code, "doubt": event.doubt}
    if event.amount is not None:
        said |= {"minor": event.amount.minor, "currency": event.amount.currency}
    said |= {"txn": event.provider_txn, "ref": event.attempt_ref}
    raw = list(event.raw.items())[:MAX_SUMMARY]
    said |= {f"raw.{name[:40]}": str(value)[:MAX_VALUE] for name, value in raw}
    return {name: value for name, value in said.items() if value != ""}


def _carry_out(answer: Answer, decision: Decision, locked: Locked) -> None:
    if decision.verdict is Verdict.REFUND_NOTICE:
        refunds.hear(answer.provider, answer.event, locked, answer.at)
    elif decision.verdict is Verdict.REVERSED:
        _reverse(answer, locked)
    elif decision.state is not None or decision.capture is not None:
        wanted = decision.state or AttemptState(locked.attempt.state)
        move(locked.attempt, wanted, **_values(answer, decision, locked.attempt))
        if decision.capture is not None:
            _capture(answer, decision, locked)
            refunds.catch_up(locked, f"provider:{answer.provider}", answer.at)
        elif wanted is AttemptState.FAILED:
            facts = {"provider": answer.provider, "code": answer.event.code}
            failed = EventKind.PAYMENT_FAILED
            events.happened(locked.order, failed, answer.who, answer.at, **facts)
    elif _is_news(answer, locked.attempt):
        locked.attempt.code = answer.event.code  # what its buyer may read of it


def _is_news(answer: Answer, attempt: PaymentAttempt) -> bool:
    """Say whether a provider tells something of a payment that stays open."""
    is_open = AttemptState(attempt.state) in rules.OPEN
    return (
        is_open and answer.event.outcome is Outcome.PENDING and bool(answer.event.code)
    )


def _values(
    answer: Answer, decision: Decision, attempt: PaymentAttempt
) -> dict[str, Any]:
    """Return the columns an answer fills; identifiers only if nobody has them."""
    event = answer.event
    values: dict[str, Any] = {"verdict": decision.verdict}
    if event.code or event.doubt:
        values["code"] = event.code or event.doubt
    free = event.provider_ref and not attempt.provider_ref
    if free and decision.verdict is not Verdict.FOREIGN:
        same = PaymentAttempt.provider_ref == event.provider_ref
        if not _is_taken(attempt, same):
            values["provider_ref"] = event.provider_ref
    if event.payer_hint:
        values["meta"] = dict(attempt.meta) | {"payer_hint": event.payer_hint[:8]}
    if decision.capture is not None:
        values["captured_minor"] = decision.capture.minor
        values |= {"fulfils": decision.fulfils, "paid_at": answer.at}
        if event.provider_txn:
            values["provider_txn"] = event.provider_txn
    if _is_final(answer, decision):
        values["next_ask_at"] = None
    return values


def _is_final(answer: Answer, decision: Decision) -> bool:
    """Say whether nothing is left to ask: paid, or ended by the provider itself."""
    if decision.capture is not None or decision.state is AttemptState.REVIEW:
        provider = settings.find(answer.provider)
        return not (decision.fulfils and provider and provider.caps.needs_settle)
    return answer.event.outcome in {Outcome.CLOSED, Outcome.FAILED}


def _capture(answer: Answer, decision: Decision, locked: Locked) -> None:
    """Write the money down once, and tell the order what it means."""
    attempt, capture = locked.attempt, decision.capture
    assert capture is not None  # noqa: S101 (the caller looked)
    row = MoneyRow(
        order_id=locked.order.id,
        charge_id=locked.charge.id,
        attempt_id=attempt.id,
        kind=MoneyKind.CAPTURED,
        fulfils=decision.fulfils,
        amount_minor=capture.minor,
        currency=capture.currency,
        provider=answer.provider,
        provider_ref=_spoken(answer.event) or attempt.provider_ref or "",
        ref=capture_ref(attempt),
        at=answer.at,
        who=answer.who,
    )
    if not ledger.record(row):
        return
    if decision.fulfils:
        pay.charge_covered(locked.order, locked.charge, answer.at)
    else:
        why = _WHY.get(decision.verdict, "amount")
        pay.money_in_review(locked.order, row, why, answer.at)


def _spoken(event: Event) -> str:
    """Return the number that a buyer, their bank and staff can all speak of."""
    return event.trace or event.provider_txn


def capture_ref(attempt: PaymentAttempt) -> str:
    """Return the ledger's name for the money of an attempt: it counts once."""
    return f"capture:{attempt.provider}:{attempt.merchant_ref}"


def _reverse(answer: Answer, locked: Locked) -> None:
    """Write down that the bank took the payment back; the charge is owed again."""
    attempt, order = locked.attempt, locked.order
    rest, was_fulfilling = attempt.refundable, attempt.fulfils
    values = {"verdict": Verdict.REVERSED, "fulfils": False, "next_ask_at": None}
    taken = attempt.captured_minor
    move(attempt, AttemptState.REVERSED, refunded_minor=taken, **values)
    if rest:
        ledger.record(
            MoneyRow(
                order_id=order.id,
                charge_id=locked.charge.id,
                attempt_id=attempt.id,
                kind=MoneyKind.REFUNDED,
                fulfils=False,
                amount_minor=rest.minor,
                currency=rest.currency,
                provider=attempt.provider,
                provider_ref=attempt.provider_txn or "",
                ref=f"reverse:{attempt.provider}:{attempt.merchant_ref}",
                at=answer.at,
                who=answer.who,
            )
        )
    if was_fulfilling:
        mark(attempt, fulfils=False)
        if ORDER_FLOW.allows(OrderState(order.state), OrderState.ON_HOLD):
            find.move(order, OrderState.ON_HOLD, held_from=order.state)
        why = {"why": "payment_reversed", "charge_id": locked.charge.id}
        events.happened(order, EventKind.ON_HOLD, answer.who, answer.at, **why)


def mark(attempt: PaymentAttempt, *, fulfils: bool) -> None:
    """Flip the one flag of a ledger row that may change; amounts never do."""
    row = (MoneyRow.ref == capture_ref(attempt), MoneyRow.fulfils.is_(not fulfils))
    db.session.execute(update(MoneyRow).where(*row).values(fulfils=fulfils))
