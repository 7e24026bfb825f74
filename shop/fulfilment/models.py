"""Parcels and where they are."""

from datetime import datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Base, Big, UtcDateTime


class Shipment(Base):
    """One parcel of an order: carrier, tracking number, when it left and arrived."""

    __tablename__ = "shipment"
    id: Mapped[int] = mapped_column(Big, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    carrier: Mapped[str] = mapped_column(Text)
    tracking_number: Mapped[str] = mapped_column(Text, default="", index=True)
    shipped_at: Mapped[datetime] = mapped_column(UtcDateTime)
    delivered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
