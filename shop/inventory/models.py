"""Tables of the stock's memory; the figures are ``catalogue.models.Stock``."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Text
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Base, Big, UtcDateTime
from shop.inventory.rules import HoldState, MovementKind


def _one_of(column: str, words: type[HoldState] | type[MovementKind]) -> str:
    return f"{column} in ({', '.join(repr(word.value) for word in words)})"


class Hold(Base):
    """The pieces of one order: held once, then released or consumed once."""

    __tablename__ = "stock_hold"
    order_ref: Mapped[str] = mapped_column(Text, primary_key=True)
    state: Mapped[HoldState] = mapped_column(Text)
    held_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    __table_args__ = (CheckConstraint(_one_of("state", HoldState), name="state"),)


class Movement(Base):
    """One change of one variant's stock, never edited. ``ref`` happens once.

    ``variant_id`` is a plain number: the memory stays when a variant goes.
    The changes of a variant add up to its stock row (I1).
    """

    __tablename__ = "stock_movement"
    id: Mapped[int] = mapped_column(Big, primary_key=True)
    variant_id: Mapped[int] = mapped_column(Big, index=True)
    kind: Mapped[MovementKind] = mapped_column(Text)
    on_hand_change: Mapped[int] = mapped_column()
    held_change: Mapped[int] = mapped_column()
    order_ref: Mapped[str | None] = mapped_column(Text, index=True)
    ref: Mapped[str | None] = mapped_column(Text, unique=True)
    who: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    __table_args__ = (CheckConstraint(_one_of("kind", MovementKind), name="kind"),)
