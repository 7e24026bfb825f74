"""What each refund was made of."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shop.db import Base, Big, UtcDateTime
from shop.kernel.money import Money
from shop.returns.rules import RowKind


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
