"""What an owner changed about a market while selling."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Text
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Base, UtcDateTime


class MarketOverride(Base):
    """One named parameter with the owner's value, in the form ``parameters`` reads."""

    __tablename__ = "market_override"
    market: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
