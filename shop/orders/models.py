"""Orders and everything that is agreed, owed, promised and recorded about them."""

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
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shop.db import Base, Big, UtcDateTime
from shop.kernel.money import Money
from shop.orders.states import (
    EventKind,
    MoneyKind,
    OrderState,
    PromiseKind,
    Purpose,
)


def _one_of(column: str, words: type) -> str:
    values = ", ".join(f"'{word.value}'" for word in words)  # type: ignore[attr-defined]
    return f"{column} in ({values})"


class Order(Base):
    """A placed order: prices, texts and address are copies of the moment.

    ``language`` is the language of every message about it; ``phone`` is E.164
    and ``email`` lower case, both as normalised at checkout (S18, S22).
    ``address`` holds codes *and* names as typed at order time.
    ``link_version`` goes into the guest's secret link; raising it revokes the old one.
    """

    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(Big, primary_key=True)
    number: Mapped[str] = mapped_column(Text, unique=True)
    idem_key: Mapped[str] = mapped_column(Text, unique=True)
    body_hash: Mapped[str] = mapped_column(Text)
    link_version: Mapped[int] = mapped_column(default=1)
    state: Mapped[OrderState] = mapped_column(Text, default=OrderState.PLACED)
    held_from: Mapped[str] = mapped_column(Text, default="")
    source: Mapped[str] = mapped_column(Text, default="web")
    market: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    currency: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    phone: Mapped[str] = mapped_column(Text, index=True)
    email: Mapped[str] = mapped_column(Text, default="", index=True)
    address: Mapped[dict[str, Any]] = mapped_column(JSON)
    city_code: Mapped[str] = mapped_column(Text)
    delivery: Mapped[str] = mapped_column(Text)
    pickup_point: Mapped[str] = mapped_column(Text, default="")
    collection_code: Mapped[str] = mapped_column(Text, default="")
    method: Mapped[str] = mapped_column(Text)
    method_option: Mapped[str] = mapped_column(Text, default="")
    total_minor: Mapped[int] = mapped_column(Big)
    prepaid: Mapped[bool] = mapped_column(default=False)
    pay_by_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    arranged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    placed_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    delivered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)
    lines: Mapped[list["OrderLine"]] = relationship(
        order_by="OrderLine.position", lazy="selectin", viewonly=True
    )
    amounts: Mapped[list["OrderAmount"]] = relationship(
        order_by="OrderAmount.position", lazy="selectin", viewonly=True
    )
    events: Mapped[list["OrderEvent"]] = relationship(
        order_by="OrderEvent.id.desc()", viewonly=True
    )
    promises: Mapped[list["Promise"]] = relationship(
        order_by="Promise.id", viewonly=True
    )
    charges: Mapped[list["Charge"]] = relationship(
        order_by="Charge.position", lazy="selectin", viewonly=True
    )
    money_rows: Mapped[list["MoneyRow"]] = relationship(
        order_by="MoneyRow.id", viewonly=True
    )
    agreements: Mapped[list["Agreement"]] = relationship(viewonly=True)
    __table_args__ = (
        CheckConstraint("total_minor >= 0", name="total"),
        CheckConstraint(_one_of("state", OrderState), name="state"),
        Index("ix_orders_queue", "state", "prepaid", "placed_at"),
    )

    @property
    def total(self) -> Money:
        """What the customer owes for all of it."""
        return Money(self.total_minor, self.currency)


class OrderLine(Base):
    """The agreed copy of one cart line, in the shopper's language (S21).

    ``variant_id`` and ``product_id`` are plain numbers: a product may be
    removed, the line stays.
    """

    __tablename__ = "order_line"
    id: Mapped[int] = mapped_column(Big, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    position: Mapped[int] = mapped_column()
    variant_id: Mapped[int] = mapped_column(Big, index=True)
    product_id: Mapped[int] = mapped_column(Big, index=True)
    sku: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    options: Mapped[str] = mapped_column(Text, default="")
    picture: Mapped[str] = mapped_column(Text, default="")
    quantity: Mapped[int] = mapped_column()
    unit_minor: Mapped[int] = mapped_column(Big)
    ships_on: Mapped[date | None] = mapped_column(Date)
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("unit_minor >= 0", name="unit"),
    )


class OrderAmount(Base):
    """One row of the price breakdown; the rows of an order add up to its total (S74).

    ``kind`` is a word of ``cart.rules.AmountKind``; ``facts`` fill its sentence.
    """

    __tablename__ = "order_amount"
    id: Mapped[int] = mapped_column(Big, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    position: Mapped[int] = mapped_column()
    kind: Mapped[str] = mapped_column(Text)
    amount_minor: Mapped[int] = mapped_column(Big)
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class OrderEvent(Base):
    """What happened, who did it, and the facts: never changed, never deleted.

    ``who`` is ``buyer``, ``system``, ``provider:<code>`` or ``staff:<id>``.
    """

    __tablename__ = "order_event"
    id: Mapped[int] = mapped_column(Big, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    kind: Mapped[EventKind] = mapped_column(Text)
    who: Mapped[str] = mapped_column(Text)
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class Promise(Base):
    """We will do ``kind`` by ``due_at``; a date means its end in the market's zone.

    Open while ``kept_at`` and ``void_at`` are empty; one open promise a kind
    and subject. ``from_on`` and ``due_on`` are the dates a shopper reads.
    """

    __tablename__ = "promise"
    id: Mapped[int] = mapped_column(Big, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    kind: Mapped[PromiseKind] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text, default="")
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    from_on: Mapped[date | None] = mapped_column(Date)
    due_on: Mapped[date] = mapped_column(Date)
    kept_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    void_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    __table_args__ = (Index("ix_promise_open", "kept_at", "void_at", "due_at"),)


class Charge(Base):
    """An amount somebody owes by a moment, for a purpose (DESIGN 3, idea 2)."""

    __tablename__ = "charge"
    id: Mapped[int] = mapped_column(Big, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    position: Mapped[int] = mapped_column(default=0)
    purpose: Mapped[Purpose] = mapped_column(Text)
    amount_minor: Mapped[int] = mapped_column(Big)
    currency: Mapped[str] = mapped_column(Text)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    void_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    __table_args__ = (
        CheckConstraint("amount_minor >= 0", name="amount"),
        CheckConstraint(_one_of("purpose", Purpose), name="purpose"),
    )

    @property
    def amount(self) -> Money:
        """What is owed."""
        return Money(self.amount_minor, self.currency)


class MoneyRow(Base):
    """Money that moved: append-only, ``ref`` makes each movement count once.

    ``amount_minor`` is positive; ``kind`` says which way. ``provider_ref`` is
    the number a bank knows it by, shown and searchable (S96, S108).
    ``fulfils`` is true for the one capture that pays its charge; a late or
    second payment is recorded with false and stands for review.
    """

    __tablename__ = "money_row"
    id: Mapped[int] = mapped_column(Big, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    charge_id: Mapped[int] = mapped_column(ForeignKey("charge.id"), index=True)
    attempt_id: Mapped[int | None] = mapped_column(Big, index=True)
    kind: Mapped[MoneyKind] = mapped_column(Text)
    fulfils: Mapped[bool] = mapped_column(default=True)
    amount_minor: Mapped[int] = mapped_column(Big)
    currency: Mapped[str] = mapped_column(Text)
    provider: Mapped[str] = mapped_column(Text)
    provider_ref: Mapped[str] = mapped_column(Text, default="", index=True)
    ref: Mapped[str] = mapped_column(Text, unique=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    who: Mapped[str] = mapped_column(Text)
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint(_one_of("kind", MoneyKind), name="kind"),
    )


class Agreement(Base):
    """A text the buyer ticked: version, hash, language and moment (S24, S118)."""

    __tablename__ = "agreement"
    id: Mapped[int] = mapped_column(Big, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    kind: Mapped[str] = mapped_column(Text)
    version: Mapped[str] = mapped_column(Text)
    text_hash: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    accepted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    __table_args__ = (UniqueConstraint("order_id", "kind"),)
