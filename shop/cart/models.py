"""Carts, their lines, and what was typed on the way to the order."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shop.db import Base, Big, UtcDateTime


class Cart(Base):
    """One visitor's cart; a row exists once something is in it.

    ``token`` is the secret in the visitor's signed cookie. ``version`` rises
    with every change of lines, so that a page shown before can be told apart.
    ``draft`` keeps what was typed at checkout (see ``cart.draft``): personal
    data, erased when the order is placed or the cart is 30 days old.
    """

    __tablename__ = "cart"
    id: Mapped[int] = mapped_column(Big, primary_key=True)
    token: Mapped[str] = mapped_column(Text, unique=True)
    market: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)
    draft: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    lines: Mapped[list["CartLine"]] = relationship(
        order_by="CartLine.id", cascade="all, delete-orphan", lazy="selectin"
    )


class CartLine(Base):
    """Some pieces of one variant, and the price its owner last saw."""

    __tablename__ = "cart_line"
    id: Mapped[int] = mapped_column(Big, primary_key=True)
    cart_id: Mapped[int] = mapped_column(ForeignKey("cart.id", ondelete="CASCADE"))
    variant_id: Mapped[int] = mapped_column(Big)
    quantity: Mapped[int] = mapped_column()
    seen_minor: Mapped[int | None] = mapped_column(Big)
    seen_currency: Mapped[str] = mapped_column(Text, default="")
    __table_args__ = (
        UniqueConstraint("cart_id", "variant_id"),
        CheckConstraint("quantity between 1 and 999", name="quantity"),
    )
