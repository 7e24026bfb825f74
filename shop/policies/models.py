"""The texts that buyers accepted, kept word for word."""

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Base


class AcceptedText(Base):
    """A policy as it read when an order was placed, under the hash the order names.

    The numbers of the market are written into it: an owner who changes one
    changes what later buyers accept, not what earlier ones did (S24, S118).
    """

    __tablename__ = "accepted_text"
    text_hash: Mapped[str] = mapped_column(Text, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    version: Mapped[str] = mapped_column(Text)
    market: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
