"""Charges and money: owed, come, gone back. Paid-ness is computed here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from shop.db import db, insert_new
from shop.kernel.money import Money, total
from shop.orders.models import Charge, MoneyRow, Order
from shop.orders.states import MoneyKind, Purpose


@dataclass(frozen=True)
class Standing:
    """Where an order stands: all in the order's currency.

    ``captured`` counts every payment that arrived, also late and double ones;
    ``paid`` only those that fulfil a charge.
    """

    owed: Money
    paid: Money
    captured: Money
    refunded: Money

    @property
    def is_paid(self) -> bool:
        """Every charge is covered."""
        return self.paid >= self.owed

    @property
    def due(self) -> Money:
        """What is still to pay; never negative."""
        zero = Money(0, self.owed.currency)
        return self.owed - self.paid if self.owed > self.paid else zero

    @property
    def excess(self) -> Money:
        """Money that arrived for nothing and was not given back yet."""
        rest = self.captured - self.paid - self.refunded
        return rest if rest.minor > 0 else Money(0, rest.currency)


def add_charge(
    order: Order,
    purpose: Purpose,
    amount: Money,
    due_at: datetime | None,
    now: datetime,
) -> Charge:
    """Write down that somebody owes ``amount`` by ``due_at``."""
    charge = Charge(
        order_id=order.id,
        position=0,
        purpose=purpose,
        amount_minor=amount.minor,
        currency=amount.currency,
        due_at=due_at,
        created_at=now,
    )
    db.session.add(charge)
    db.session.flush()
    return charge


def record(row: MoneyRow) -> bool:
    """Add a row to the ledger; False and no change if ``row.ref`` is known."""
    given = {c.key: getattr(row, c.key) for c in MoneyRow.__table__.columns}
    return insert_new(
        MoneyRow, **{key: value for key, value in given.items() if value is not None}
    )


def standing(order: Order) -> Standing:
    """Compute where the order stands from its charges and money rows."""
    charges = db.session.scalars(
        select(Charge).where(Charge.order_id == order.id, Charge.void_at.is_(None))
    ).all()
    rows = db.session.scalars(
        select(MoneyRow).where(MoneyRow.order_id == order.id)
    ).all()
    return standing_of(order.currency, charges, rows)


def standing_of(
    currency: str, charges: Sequence[Charge], rows: Sequence[MoneyRow]
) -> Standing:
    """Compute a standing from rows already read."""
    captured = [r for r in rows if r.kind == MoneyKind.CAPTURED]
    back = [r for r in rows if r.kind == MoneyKind.REFUNDED]
    return Standing(
        owed=total((c.amount for c in charges), currency),
        paid=total(
            (Money(r.amount_minor, currency) for r in captured if r.fulfils), currency
        ),
        captured=total((Money(r.amount_minor, currency) for r in captured), currency),
        refunded=total((Money(r.amount_minor, currency) for r in back), currency),
    )


def charge_is_paid(charge: Charge) -> bool:
    """Say whether a fulfilling capture covers the charge."""
    paid = db.session.scalars(
        select(MoneyRow.amount_minor).where(
            MoneyRow.charge_id == charge.id,
            MoneyRow.kind == MoneyKind.CAPTURED,
            MoneyRow.fulfils.is_(True),
        )
    ).all()
    return sum(paid) >= charge.amount_minor


def unpaid_charge(order: Order) -> Charge | None:
    """Return the charge that is due first, or None if everything is paid."""
    query = (
        select(Charge)
        .where(Charge.order_id == order.id, Charge.void_at.is_(None))
        .order_by(Charge.position, Charge.id)
    )
    return next((c for c in db.session.scalars(query) if not charge_is_paid(c)), None)
