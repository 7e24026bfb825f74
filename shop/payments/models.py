"""Attempts to collect a charge, what providers said, refunds, receipts, settings."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Base, Big, UtcDateTime
from shop.kernel.money import Money
from shop.payments.rules import (
    AttemptState,
    BillState,
    ReceiptState,
    RefundState,
    Verdict,
)


def _one_of(column: str, words: type) -> str:
    values = ", ".join(f"'{word.value}'" for word in words)  # type: ignore[attr-defined]
    return f"{column} in ({values})"


#: Attempts that nobody knows the end of, and those that stand for a decision, in
#: the words of their partial indexes: a query must say the same to use them.
OPEN_SQL = "state in ('created', 'pending', 'unknown', 'verifying')"
REVIEW_SQL = "state = 'review' or verdict = 'other_txn'"


def _only(condition: str) -> dict[str, Any]:
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


class PaymentAttempt(Base):
    """One try to collect one charge through one provider.

    ``merchant_ref`` is ours, fresh for each attempt. ``amount_minor`` is frozen
    at the beginning. ``captured_minor`` is what really came, 0 before;
    ``refunded_minor`` is *reserved* when a refund is asked for and given free
    only when it surely failed (``reference/reliability.md`` 3.5). ``fulfils`` is
    true for the one attempt that pays its charge. ``step`` is what the browser
    was told to do, so that a reload shows it again.
    """

    __tablename__ = "payment_attempt"
    id: Mapped[int] = mapped_column(Big, primary_key=True)
    charge_id: Mapped[int] = mapped_column(ForeignKey("charge.id"), index=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    provider: Mapped[str] = mapped_column(Text)
    method: Mapped[str] = mapped_column(Text)
    merchant_ref: Mapped[str] = mapped_column(Text)
    provider_ref: Mapped[str | None] = mapped_column(Text)
    provider_txn: Mapped[str | None] = mapped_column(Text)
    amount_minor: Mapped[int] = mapped_column(Big)
    captured_minor: Mapped[int] = mapped_column(Big, default=0)
    refunded_minor: Mapped[int] = mapped_column(Big, default=0)
    currency: Mapped[str] = mapped_column(Text)
    state: Mapped[AttemptState] = mapped_column(Text, default=AttemptState.CREATED)
    fulfils: Mapped[bool] = mapped_column(default=False)
    code: Mapped[str] = mapped_column(Text, default="")
    verdict: Mapped[Verdict | None] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text, default="en")
    options: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    meta: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    step: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    next_ask_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    asks: Mapped[int] = mapped_column(default=0)
    paid_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)
    __table_args__ = (
        UniqueConstraint("provider", "merchant_ref"),
        UniqueConstraint("provider", "provider_ref"),
        UniqueConstraint("provider", "provider_txn"),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint(
            "refunded_minor >= 0 and refunded_minor <= captured_minor",
            name="no_over_refund",
        ),
        CheckConstraint("captured_minor > 0 or not fulfils", name="fulfils_with_money"),
        CheckConstraint(_one_of("state", AttemptState), name="state"),
        Index("ix_payment_attempt_open", "provider", "order_id", **_only(OPEN_SQL)),
        Index("ix_payment_attempt_review", "order_id", **_only(REVIEW_SQL)),
        Index(
            "uq_payment_attempt_one_fulfils",
            "charge_id",
            unique=True,
            sqlite_where=text("fulfils"),
            postgresql_where=text("fulfils"),
        ),
    )

    @property
    def amount(self) -> Money:
        """What it was to collect."""
        return Money(self.amount_minor, self.currency)

    @property
    def captured(self) -> Money:
        """What really came; zero before."""
        return Money(self.captured_minor, self.currency)

    @property
    def refundable(self) -> Money:
        """What no refund has reserved yet."""
        return Money(self.captured_minor - self.refunded_minor, self.currency)


class PaymentEvent(Base):
    """One answer of a provider and what was decided: never changed, never deleted.

    ``event_id`` makes each count once; answers to our own questions are
    ``query:<merchant_ref>:<outcome>``. ``summary`` holds the fields that explain
    the decision, no secrets and no personal data.
    """

    __tablename__ = "payment_event"
    id: Mapped[int] = mapped_column(Big, primary_key=True)
    provider: Mapped[str] = mapped_column(Text)
    event_id: Mapped[str] = mapped_column(Text)
    attempt_id: Mapped[int | None] = mapped_column(
        ForeignKey("payment_attempt.id"), index=True
    )
    source: Mapped[str] = mapped_column(Text)
    outcome: Mapped[str] = mapped_column(Text)
    verdict: Mapped[Verdict] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    body_sha256: Mapped[str] = mapped_column(Text, default="")
    summary: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    __table_args__ = (UniqueConstraint("provider", "event_id"),)


class Refund(Base):
    """Money on its way back, with its own life.

    ``merchant_ref`` is ours and the same on every retry; ``idem_key`` comes from
    the form that asked. ``target`` says where it goes, masked. ``promised_on``
    is the market date we gave (S37). ``origin`` is ``provider`` for a refund made
    in the provider's own pages; its ``merchant_ref`` is theirs.
    """

    __tablename__ = "refund"
    id: Mapped[int] = mapped_column(Big, primary_key=True)
    attempt_id: Mapped[int] = mapped_column(
        ForeignKey("payment_attempt.id"), index=True
    )
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    merchant_ref: Mapped[str] = mapped_column(Text, unique=True)
    idem_key: Mapped[str] = mapped_column(Text, unique=True)
    provider_txn: Mapped[str] = mapped_column(Text, default="")
    amount_minor: Mapped[int] = mapped_column(Big)
    currency: Mapped[str] = mapped_column(Text)
    state: Mapped[RefundState] = mapped_column(Text, default=RefundState.REQUESTED)
    by_hand: Mapped[bool] = mapped_column(default=False)
    origin: Mapped[str] = mapped_column(Text, default="shop")
    method: Mapped[str] = mapped_column(Text)
    target: Mapped[str] = mapped_column(Text, default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    code: Mapped[str] = mapped_column(Text, default="")
    who: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    promised_on: Mapped[date] = mapped_column(Date)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    next_ask_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    asks: Mapped[int] = mapped_column(default=0)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint(_one_of("state", RefundState), name="state"),
    )

    @property
    def amount(self) -> Money:
        """What goes back."""
        return Money(self.amount_minor, self.currency)


class TransferReceipt(Base):
    """A buyer's proof of a transfer by hand: a number, a time, perhaps a picture.

    Only the last four digits of the card it came from are kept. ``paid_at`` is
    as typed, in the market's zone, stored in UTC. ``picture`` is the media token.
    """

    __tablename__ = "transfer_receipt"
    id: Mapped[int] = mapped_column(Big, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    charge_id: Mapped[int] = mapped_column(ForeignKey("charge.id"))
    attempt_id: Mapped[int] = mapped_column(
        ForeignKey("payment_attempt.id"), index=True
    )
    tracking_number: Mapped[str] = mapped_column(Text, index=True)
    last_four: Mapped[str] = mapped_column(Text)
    paid_at: Mapped[datetime] = mapped_column(UtcDateTime)
    picture: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[ReceiptState] = mapped_column(Text, default=ReceiptState.SUBMITTED)
    reason: Mapped[str] = mapped_column(Text, default="")
    submitted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[str] = mapped_column(Text, default="")
    __table_args__ = (
        CheckConstraint(_one_of("state", ReceiptState), name="state"),
        Index("ix_transfer_receipt_queue", "state", "submitted_at"),
    )


class PaymentBill(Base):
    """A provider's bill of one day and what it says about our books.

    ``account`` is theirs: the merchant whose bill it is. Amounts in the lists are
    minor units; a list holds at most ``daily.LISTED`` lines, its count all of them.
    ``outside`` are references the bill names that our books have on another day.
    Open until nothing differs, or somebody has looked (``settled_at``).
    """

    __tablename__ = "payment_bill"
    id: Mapped[int] = mapped_column(Big, primary_key=True)
    provider: Mapped[str] = mapped_column(Text)
    account: Mapped[str] = mapped_column(Text, default="")
    day: Mapped[date] = mapped_column(Date)
    state: Mapped[BillState] = mapped_column(Text, default=BillState.WAITING)
    source: Mapped[str] = mapped_column(Text, default="")
    code: Mapped[str] = mapped_column(Text, default="")
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    fetched_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    payments: Mapped[int] = mapped_column(default=0)
    refunds: Mapped[int] = mapped_column(default=0)
    matched: Mapped[int] = mapped_column(default=0)
    ours_count: Mapped[int] = mapped_column(default=0)
    theirs_count: Mapped[int] = mapped_column(default=0)
    differ_count: Mapped[int] = mapped_column(default=0)
    ours_only: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    theirs_only: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    differ: Mapped[list[list[dict[str, Any]]]] = mapped_column(JSON, default=list)
    outside: Mapped[list[str]] = mapped_column(JSON, default=list)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settled_by: Mapped[str] = mapped_column(Text, default="")
    __table_args__ = (
        UniqueConstraint("provider", "account", "day"),
        CheckConstraint(_one_of("state", BillState), name="state"),
        Index("ix_payment_bill_day", "day"),
    )

    @property
    def differences(self) -> int:
        """How many lines do not agree."""
        return self.ours_count + self.theirs_count + self.differ_count


class ProviderSetting(Base):
    """One thing the owner filled in for a provider; a secret is stored encrypted.

    ``previous`` is the value before, readable until ``previous_until``, so that an
    old and a new key verify side by side.
    """

    __tablename__ = "provider_setting"
    provider: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    value: Mapped[str] = mapped_column(Text)
    secret: Mapped[bool] = mapped_column(default=False)
    last_four: Mapped[str] = mapped_column(Text, default="")
    previous: Mapped[str] = mapped_column(Text, default="")
    previous_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ProviderUse(Base):
    """Which provider collects for a method of a market, in the owner's order.

    No row: the default of ``settings.DEFAULTS``.
    """

    __tablename__ = "provider_use"
    market: Mapped[str] = mapped_column(Text, primary_key=True)
    method: Mapped[str] = mapped_column(Text, primary_key=True)
    provider: Mapped[str] = mapped_column(Text, primary_key=True)
    position: Mapped[int] = mapped_column(default=0)
    enabled: Mapped[bool] = mapped_column(default=True)
