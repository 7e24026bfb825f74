"""Staff, their sign-ins, throttles, and the log of everything they wrote."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Base, Big, UtcDateTime


class Staff(Base):
    """Somebody who may enter the desk; ``language`` is the desk's own (S120)."""

    __tablename__ = "staff"
    id: Mapped[int] = mapped_column(Big, primary_key=True)
    email: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text, default="owner")
    language: Mapped[str] = mapped_column(Text, default="")
    password_hash: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    password_changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    __table_args__ = (
        CheckConstraint("role in ('owner', 'staff', 'translator')", name="role"),
    )


class SignIn(Base):
    """One sign-in of one browser; ending it really ends it. Stored hashed."""

    __tablename__ = "sign_in"
    id: Mapped[int] = mapped_column(Big, primary_key=True)
    token_hash: Mapped[str] = mapped_column(Text, unique=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Throttle(Base):
    """How often ``key`` was tried in the window that began at ``window_at``."""

    __tablename__ = "throttle"
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    window_at: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    count: Mapped[int] = mapped_column(default=0)


class Audit(Base):
    """Who wrote what, with the values before and after. Append-only."""

    __tablename__ = "audit"
    id: Mapped[int] = mapped_column(Big, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    staff_id: Mapped[int | None] = mapped_column(Big)
    who: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text, index=True)
    before: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    after: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
