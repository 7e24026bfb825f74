"""Tables of the catalogue: texts are rows, one a language; prices one a market.

Three kinds of columns are derived, kept by ``catalogue.write``, and exist for
lists that must stay flat at a million products: ``product.listed``,
``product.in_stock``, ``product.cover_*`` and the whole table ``product_price``.
"""

from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from shop.catalogue.rules import SaleState
from shop.db import Base, Big, UtcDateTime

#: An id once given is never given again: carts, order lines and the memory of the
#: stock keep plain numbers of products and variants that may be gone.
_NEVER_AGAIN = {"sqlite_autoincrement": True}
_STATES = ", ".join(f"'{state.value}'" for state in SaleState)
#: A partial index of what lists show; both spellings are what the queries say.
_LISTED: dict[str, Any] = {
    "sqlite_where": text("listed = 1"),
    "postgresql_where": text("listed"),
}


def table(model: type[Base]) -> Table:
    """Return the table of a model, for Core statements that build no objects."""
    return cast(Table, model.__table__)


class Category(Base):
    """A place in the shop's tree. ``code`` is its name for imports, never shown."""

    __tablename__ = "category"
    id: Mapped[int] = mapped_column(Big, primary_key=True)
    code: Mapped[str] = mapped_column(Text, unique=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("category.id"), index=True)
    position: Mapped[int] = mapped_column(default=0)
    #: A file of ``media.path_of``: the drawing in the arch on the home page.
    picture: Mapped[str] = mapped_column(Text, default="")
    is_demo: Mapped[bool] = mapped_column(default=False)


class CategoryText(Base):
    """A category in one language."""

    __tablename__ = "category_text"
    category_id: Mapped[int] = mapped_column(
        ForeignKey("category.id", ondelete="CASCADE"), primary_key=True
    )
    lang: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    slug: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text, default="")
    __table_args__ = (UniqueConstraint("lang", "slug"),)


class CategoryOldSlug(Base):
    """An address a category had before: it still leads there, with 301."""

    __tablename__ = "category_old_slug"
    lang: Mapped[str] = mapped_column(Text, primary_key=True)
    slug: Mapped[str] = mapped_column(Text, primary_key=True)
    category_id: Mapped[int] = mapped_column(
        ForeignKey("category.id", ondelete="CASCADE"), index=True
    )


class CategoryStamp(Base):
    """One row that is new after every change of the tree: processes keep it by this."""

    __tablename__ = "category_stamp"
    id: Mapped[int] = mapped_column(Big, primary_key=True)
    stamp: Mapped[str] = mapped_column(Text)


class Product(Base):
    """What a product page shows; its id decides in ``/p/<id>/<slug>``.

    ``plans`` is a list of ``kernel.instalments.Plan`` rows; ``rental``,
    ``presale`` and ``flash`` are kept for the ways of buying to come.
    ``merit`` orders every list: larger first. ``limit_per_buyer`` pieces in
    ``limit_days`` days. ``cover_*`` is the first picture.
    """

    __tablename__ = "product"
    id: Mapped[int] = mapped_column(Big, primary_key=True)
    code: Mapped[str] = mapped_column(Text, unique=True)
    category_id: Mapped[int | None] = mapped_column(ForeignKey("category.id"))
    brand: Mapped[str] = mapped_column(Text, default="")
    model: Mapped[str] = mapped_column(Text, default="")
    sale_state: Mapped[SaleState] = mapped_column(Text, default=SaleState.DRAFT)
    listed: Mapped[bool] = mapped_column(default=False)
    in_stock: Mapped[bool] = mapped_column(default=False)
    merit: Mapped[int] = mapped_column(Big, default=0)
    limit_per_buyer: Mapped[int | None] = mapped_column()
    limit_days: Mapped[int | None] = mapped_column()
    cod_excluded: Mapped[bool] = mapped_column(default=False)
    ships_on: Mapped[date | None] = mapped_column(Date)
    is_service: Mapped[bool] = mapped_column(default=False)
    needs_slot: Mapped[bool] = mapped_column(default=False)
    ground_only: Mapped[bool] = mapped_column(default=False)
    plans: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    rental: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    presale: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    flash: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    successor_id: Mapped[int | None] = mapped_column(
        ForeignKey("product.id", ondelete="SET NULL"), index=True
    )
    cover_name: Mapped[str] = mapped_column(Text, default="")
    cover_width: Mapped[int] = mapped_column(default=0)
    cover_height: Mapped[int] = mapped_column(default=0)
    is_demo: Mapped[bool] = mapped_column(default=False, index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    __table_args__ = (
        CheckConstraint(f"sale_state in ({_STATES})", name="sale_state"),
        CheckConstraint("limit_per_buyer > 0", name="limit_per_buyer"),
        CheckConstraint("limit_days > 0", name="limit_days"),
        Index("ix_product_category_merit", "category_id", "merit", "id", **_LISTED),
        Index("ix_product_category_id", "category_id", "id", **_LISTED),
        Index("ix_product_merit", "merit", "id", **_LISTED),
        Index("ix_product_brand", "brand", "merit", "id", **_LISTED),
        _NEVER_AGAIN,
    )


class ProductText(Base):
    """A product in one language.

    ``description`` is what its author wrote (Markdown, or HTML if ``is_html``),
    ``description_html`` what pages show, cleaned when it was saved
    (``reference/reliability.md`` S16).
    """

    __tablename__ = "product_text"
    product_id: Mapped[int] = mapped_column(
        ForeignKey("product.id", ondelete="CASCADE"), primary_key=True
    )
    lang: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    slug: Mapped[str] = mapped_column(Text, default="")
    tagline: Mapped[str] = mapped_column(Text, default="")
    description: Mapped[str] = mapped_column(Text, default="")
    description_html: Mapped[str] = mapped_column(Text, default="")
    is_html: Mapped[bool] = mapped_column(default=False)
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ProductPrice(Base):
    """Lowest and highest price of a listed product in a market: what lists sort by.

    ``was_minor`` is the crossed-out price of the cheapest variant.
    """

    __tablename__ = "product_price"
    product_id: Mapped[int] = mapped_column(
        ForeignKey("product.id", ondelete="CASCADE"), primary_key=True
    )
    market: Mapped[str] = mapped_column(Text, primary_key=True)
    category_id: Mapped[int | None] = mapped_column(Big)
    currency: Mapped[str] = mapped_column(Text)
    from_minor: Mapped[int] = mapped_column(Big)
    to_minor: Mapped[int] = mapped_column(Big)
    was_minor: Mapped[int | None] = mapped_column(Big)
    __table_args__ = (
        Index(
            "ix_product_price_category",
            "market",
            "category_id",
            "from_minor",
            "product_id",
        ),
        Index("ix_product_price_all", "market", "from_minor", "product_id"),
    )


class Option(Base):
    """What variants differ by: colour, memory. Shared by all products."""

    __tablename__ = "option"
    id: Mapped[int] = mapped_column(Big, primary_key=True)
    code: Mapped[str] = mapped_column(Text, unique=True)
    position: Mapped[int] = mapped_column(default=0)


class OptionText(Base):
    """An option in one language."""

    __tablename__ = "option_text"
    option_id: Mapped[int] = mapped_column(
        ForeignKey("option.id", ondelete="CASCADE"), primary_key=True
    )
    lang: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text)


class OptionValue(Base):
    """One value of an option; ``swatch`` is its colour as ``#c42a52``, else empty."""

    __tablename__ = "option_value"
    id: Mapped[int] = mapped_column(Big, primary_key=True)
    option_id: Mapped[int] = mapped_column(ForeignKey("option.id", ondelete="CASCADE"))
    code: Mapped[str] = mapped_column(Text)
    position: Mapped[int] = mapped_column(default=0)
    swatch: Mapped[str] = mapped_column(Text, default="")
    __table_args__ = (UniqueConstraint("option_id", "code"),)


class ValueText(Base):
    """An option value in one language."""

    __tablename__ = "value_text"
    value_id: Mapped[int] = mapped_column(
        ForeignKey("option_value.id", ondelete="CASCADE"), primary_key=True
    )
    lang: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text)


class Variant(Base):
    """One buyable form of a product. ``grams`` is its packed weight, if known."""

    __tablename__ = "variant"
    id: Mapped[int] = mapped_column(Big, primary_key=True)
    product_id: Mapped[int] = mapped_column(
        ForeignKey("product.id", ondelete="CASCADE"), index=True
    )
    sku: Mapped[str] = mapped_column(Text, unique=True)
    position: Mapped[int] = mapped_column(default=0)
    grams: Mapped[int | None] = mapped_column()
    __table_args__ = _NEVER_AGAIN


class VariantValue(Base):
    """The value a variant has for one option."""

    __tablename__ = "variant_value"
    variant_id: Mapped[int] = mapped_column(
        ForeignKey("variant.id", ondelete="CASCADE"), primary_key=True
    )
    option_id: Mapped[int] = mapped_column(ForeignKey("option.id"), primary_key=True)
    value_id: Mapped[int] = mapped_column(ForeignKey("option_value.id"))
    __table_args__ = (Index("ix_variant_value_value", "value_id", "variant_id"),)


class Price(Base):
    """Money for one piece of a variant in a market, tax included."""

    __tablename__ = "price"
    variant_id: Mapped[int] = mapped_column(
        ForeignKey("variant.id", ondelete="CASCADE"), primary_key=True
    )
    market: Mapped[str] = mapped_column(Text, primary_key=True)
    currency: Mapped[str] = mapped_column(Text)
    amount_minor: Mapped[int] = mapped_column(Big)
    was_minor: Mapped[int | None] = mapped_column(Big)
    __table_args__ = (
        CheckConstraint("amount_minor >= 0", name="amount"),
        CheckConstraint("was_minor > amount_minor", name="was"),
    )


class Stock(Base):
    """Pieces of a variant. Pages read it here; only ``shop.inventory`` writes it.

    ``held`` are promised to unpaid or unsent orders; available = on hand − held.
    """

    __tablename__ = "stock"
    variant_id: Mapped[int] = mapped_column(
        ForeignKey("variant.id", ondelete="CASCADE"), primary_key=True
    )
    on_hand: Mapped[int] = mapped_column(default=0)
    held: Mapped[int] = mapped_column(default=0)
    __table_args__ = (CheckConstraint("held >= 0 and held <= on_hand", name="held"),)


class Media(Base):
    """A picture of a product, of one colour if ``value_id`` says so.

    ``name`` is the random name of an upload (``source`` ``upload``) or a
    drawing that comes with the shop (``shipped``); sizes are in px.
    """

    __tablename__ = "media"
    id: Mapped[int] = mapped_column(Big, primary_key=True)
    product_id: Mapped[int] = mapped_column(
        ForeignKey("product.id", ondelete="CASCADE"), index=True
    )
    value_id: Mapped[int | None] = mapped_column(ForeignKey("option_value.id"))
    position: Mapped[int] = mapped_column(default=0)
    source: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    width: Mapped[int] = mapped_column()
    height: Mapped[int] = mapped_column()
    #: What was imported, so that importing it again changes nothing.
    digest: Mapped[str] = mapped_column(Text, default="")
    __table_args__ = (
        CheckConstraint("source in ('upload', 'shipped')", name="source"),
        CheckConstraint("width > 0 and height > 0", name="size"),
    )


class MediaText(Base):
    """What a picture shows, in one language."""

    __tablename__ = "media_text"
    media_id: Mapped[int] = mapped_column(
        ForeignKey("media.id", ondelete="CASCADE"), primary_key=True
    )
    lang: Mapped[str] = mapped_column(Text, primary_key=True)
    alt: Mapped[str] = mapped_column(Text)


class Attribute(Base):
    """A line that specification tables may have; ``filter`` says how lists offer it."""

    __tablename__ = "attribute"
    id: Mapped[int] = mapped_column(Big, primary_key=True)
    code: Mapped[str] = mapped_column(Text, unique=True)
    filter: Mapped[str] = mapped_column(Text, default="none")
    position: Mapped[int] = mapped_column(default=0)
    __table_args__ = (
        CheckConstraint("filter in ('range', 'list', 'none')", name="filter"),
    )


class AttributeText(Base):
    """An attribute in one language; numbers are shown times ``scale`` (5000 万)."""

    __tablename__ = "attribute_text"
    attribute_id: Mapped[int] = mapped_column(
        ForeignKey("attribute.id", ondelete="CASCADE"), primary_key=True
    )
    lang: Mapped[str] = mapped_column(Text, primary_key=True)
    label: Mapped[str] = mapped_column(Text)
    unit: Mapped[str] = mapped_column(Text, default="")
    scale: Mapped[int] = mapped_column(default=1)


class Spec(Base):
    """One value of a specification table: a number in thousandths, or a text."""

    __tablename__ = "spec"
    product_id: Mapped[int] = mapped_column(
        ForeignKey("product.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True)
    attribute_id: Mapped[int] = mapped_column(ForeignKey("attribute.id"))
    milli: Mapped[int | None] = mapped_column(Big)
    words: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        CheckConstraint("(milli is null) <> (words is null)", name="one_value"),
        Index("ix_spec_number", "attribute_id", "milli", "product_id"),
        Index("ix_spec_words", "attribute_id", "words", "product_id"),
    )
