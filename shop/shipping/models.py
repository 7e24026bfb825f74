"""Pick-up points and their words."""

from typing import Any

from sqlalchemy import JSON, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shop.db import Base


class PickupPoint(Base):
    """A place where orders wait for their buyer.

    ``hours`` has seven entries from Monday, ``["09:00", "18:00"]`` or null, in
    the market's zone. ``services`` are words of ``pick_up.SERVICES``.
    """

    __tablename__ = "pickup_point"
    code: Mapped[str] = mapped_column(Text, primary_key=True)
    market: Mapped[str] = mapped_column(Text, index=True)
    city: Mapped[str] = mapped_column(Text)
    hours: Mapped[list[Any]] = mapped_column(JSON, default=list)
    services: Mapped[list[str]] = mapped_column(JSON, default=list)
    phone: Mapped[str] = mapped_column(Text, default="")
    map_url: Mapped[str] = mapped_column(Text, default="")
    position: Mapped[int] = mapped_column(default=0)
    enabled: Mapped[bool] = mapped_column(default=True)
    is_demo: Mapped[bool] = mapped_column(default=False)
    texts: Mapped[list["PickupPointText"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin"
    )


class PickupPointText(Base):
    """Name, address and a note of a point in one language."""

    __tablename__ = "pickup_point_text"
    point: Mapped[str] = mapped_column(
        ForeignKey("pickup_point.code", ondelete="CASCADE"), primary_key=True
    )
    language: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text, default="")
