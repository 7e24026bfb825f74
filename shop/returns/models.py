"""What each refund was made of, and what buyers ask to give back."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shop.db import Base, Big, UtcDateTime
from shop.kernel.money import Money
from shop.returns.rules import ReturnReason, ReturnState, RowKind


def _one_of(column: str, words: type) -> str:
    values = ", ".join(f"'{word.value}'" for word in words)  # type: ignore[attr-defined]
    return f"{column} in ({values})"


class RefundSheet(Base):
    """One decision of staff to give money back: rows that add up to its refunds.

    It counts as long as one of its refunds does: if all of them failed, its pieces
    can go back again. ``restocked`` says whether they were put on the shelf.
    """

    __tablename__ = "refund_sheet"
    id: Mapped[int] = mapped_column(Big, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    idem_key: Mapped[str] = mapped_column(Text, unique=True)
    amount_minor: Mapped[int] = mapped_column(Big)
    currency: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text, default="")
    restocked: Mapped[bool] = mapped_column(default=False)
    who: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    rows: Mapped[list["RefundRow"]] = relationship(
        order_by="RefundRow.id", lazy="selectin", viewonly=True
    )
    __table_args__ = (CheckConstraint("amount_minor > 0", name="amount"),)

    @property
    def amount(self) -> Money:
        """What went back by it."""
        return Money(self.amount_minor, self.currency)


class RefundRow(Base):
    """One row of a sheet: pieces of a line, the delivery fee, a share taken off."""

    __tablename__ = "refund_row"
    id: Mapped[int] = mapped_column(Big, primary_key=True)
    sheet_id: Mapped[int] = mapped_column(ForeignKey("refund_sheet.id"), index=True)
    kind: Mapped[RowKind] = mapped_column(Text)
    order_line_id: Mapped[int | None] = mapped_column(ForeignKey("order_line.id"))
    quantity: Mapped[int] = mapped_column(default=0)
    amount_minor: Mapped[int] = mapped_column(Big)
    __table_args__ = (
        CheckConstraint(_one_of("kind", RowKind), name="kind"),
        CheckConstraint("quantity >= 0", name="quantity"),
    )


class RefundPart(Base):
    """A refund that carries (a part of) a sheet's money back on one payment."""

    __tablename__ = "refund_part"
    refund_id: Mapped[int] = mapped_column(
        ForeignKey("refund.id"), primary_key=True, autoincrement=False
    )
    sheet_id: Mapped[int] = mapped_column(ForeignKey("refund_sheet.id"), index=True)


class ReturnRequest(Base):
    """A buyer asks to give some pieces of an order back (S36, S38).

    ``words`` are the buyer's, kept as long as the order; ``note`` is what staff
    answered and the buyer reads. ``freight`` says who pays for sending it back,
    ``buyer`` or ``shop``, "" where nothing was sent yet. ``sheet_id`` is the refund
    that settled it.
    """

    __tablename__ = "return_request"
    id: Mapped[int] = mapped_column(Big, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    idem_key: Mapped[str] = mapped_column(Text, unique=True)
    state: Mapped[ReturnState] = mapped_column(
        Text, default=ReturnState.REQUESTED, index=True
    )
    reason: Mapped[ReturnReason] = mapped_column(Text)
    words: Mapped[str] = mapped_column(Text, default="")
    freight: Mapped[str] = mapped_column(Text, default="")
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    note: Mapped[str] = mapped_column(Text, default="")
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[str] = mapped_column(Text, default="")
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sheet_id: Mapped[int | None] = mapped_column(ForeignKey("refund_sheet.id"))
    lines: Mapped[list["ReturnLine"]] = relationship(
        order_by="ReturnLine.id", lazy="selectin", viewonly=True
    )
    __table_args__ = (
        CheckConstraint(_one_of("state", ReturnState), name="state"),
        CheckConstraint(_one_of("reason", ReturnReason), name="reason"),
        CheckConstraint("freight in ('', 'buyer', 'shop')", name="freight"),
    )

    @property
    def pieces(self) -> dict[int, int]:
        """The pieces asked for, by order line."""
        return {line.order_line_id: line.quantity for line in self.lines}


class ReturnLine(Base):
    """Pieces of one order line in a request."""

    __tablename__ = "return_line"
    id: Mapped[int] = mapped_column(Big, primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("return_request.id"))
    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id"), index=True)
    quantity: Mapped[int] = mapped_column()
    __table_args__ = (
        UniqueConstraint("request_id", "order_line_id"),
        CheckConstraint("quantity > 0", name="quantity"),
    )
