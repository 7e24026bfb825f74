"""Who the shop is, as the owner wrote it: name, contacts, numbers the law wants."""

from datetime import datetime

from sqlalchemy import Text, select
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Base, UtcDateTime, db

#: What an owner may write for the whole shop; per market see ``TrustLine.setting``.
SHOP_NAMES = ("shop_name_zh", "shop_name_fa", "shop_name_en")
CONTACTS = ("phone", "email", "address", "company", "opening")


class Identity(Base):
    """One line the owner wrote about the shop; ``market`` is "" for all places."""

    __tablename__ = "identity"
    market: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    value: Mapped[str] = mapped_column(Text)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


def identity(market: str) -> dict[str, str]:
    """Return what the owner wrote for one market, or with "" for all of them."""
    query = select(Identity.name, Identity.value).where(Identity.market == market)
    return {row.name: row.value for row in db.session.execute(query)}


def write_identity(market: str, name: str, value: str, now: datetime) -> None:
    """Keep one line; an empty value removes it. Needs a transaction."""
    row = db.session.get(Identity, (market, name))
    if not value:
        if row is not None:
            db.session.delete(row)
        return
    if row is None:
        row = Identity(market=market, name=name)
        db.session.add(row)
    row.value, row.updated_at = value, now
