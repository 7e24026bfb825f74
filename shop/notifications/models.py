"""Messages as they were written and sent, and which of them the owner wants."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Base, Big, UtcDateTime
from shop.notifications.rules import Channel, MessageState

_STATES = ", ".join(f"'{state.value}'" for state in MessageState)
_CHANNELS = ", ".join(f"'{channel.value}'" for channel in Channel)


class Message(Base):
    """One message to one person by one way, and its twin on the order's page (S71).

    ``text`` is what a phone shows, or the plain part of an e-mail; ``html`` is kept
    until the e-mail is sent. ``receiver`` is masked: the address itself stands in the
    order. ``params`` are the facts by name, for services that fill a template of
    their own. ``sends`` counts how often staff asked for it, so that a repetition
    after a crash has the same name and a wanted one has another.
    """

    __tablename__ = "message"
    id: Mapped[int] = mapped_column(Big, primary_key=True)
    dedup: Mapped[str] = mapped_column(Text, unique=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    event_id: Mapped[int | None] = mapped_column(ForeignKey("order_event.id"))
    kind: Mapped[str] = mapped_column(Text)
    channel: Mapped[Channel] = mapped_column(Text)
    market: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    receiver: Mapped[str] = mapped_column(Text, default="")
    subject: Mapped[str] = mapped_column(Text, default="")
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text, default="")
    params: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    state: Mapped[MessageState] = mapped_column(Text, default=MessageState.QUEUED)
    sends: Mapped[int] = mapped_column(default=1)
    service: Mapped[str] = mapped_column(Text, default="")
    service_ref: Mapped[str] = mapped_column(Text, default="")
    error: Mapped[str] = mapped_column(Text, default="")
    parts: Mapped[int] = mapped_column(default=0)
    cost_minor: Mapped[int] = mapped_column(Big, default=0)
    cost_currency: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    __table_args__ = (
        UniqueConstraint("event_id", "kind", "channel"),
        CheckConstraint(f"state in ({_STATES})", name="state"),
        CheckConstraint(f"channel in ({_CHANNELS})", name="channel"),
        Index("ix_message_state", "state", "created_at"),
    )


class Switch(Base):
    """A message the owner switched on or off in a market; no row: the default."""

    __tablename__ = "message_switch"
    market: Mapped[str] = mapped_column(Text, primary_key=True)
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    channel: Mapped[Channel] = mapped_column(Text, primary_key=True)
    enabled: Mapped[bool] = mapped_column(default=True)
