"""What products say of themselves: the only place where search reads the catalogue."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from shop.catalogue.events import product_changed
from shop.catalogue.models import (
    Category,
    CategoryText,
    OptionValue,
    Product,
    ProductText,
    ValueText,
    Variant,
    VariantValue,
)
from shop.db import db
from shop.search import write
from shop.search.write import ProductDoc


def start() -> None:
    """Follow every change of a product from now on; harmless twice."""
    if on_change not in product_changed:
        product_changed.append(on_change)


def on_change(product_ids: Sequence[int], _now: datetime) -> None:
    """Index what was saved and forget what is no longer listed."""
    wanted = sorted(set(product_ids))
    docs = product_docs(wanted)
    write.index_products(docs)
    for product_id in sorted(set(wanted) - {doc.product_id for doc in docs}):
        write.remove_product(product_id)


def next_products(after: int, most: int) -> list[int]:
    """Return the next products that are listed or indexed, in order of id."""
    query = select(Product.id).where(Product.id > after, Product.listed)
    listed = db.session.scalars(query.order_by(Product.id).limit(most))
    return sorted({*listed, *write.indexed(after, most)})[:most]


def product_docs(product_ids: Sequence[int]) -> list[ProductDoc]:
    """Return what the listed ones of these products are found by (6 SQL)."""
    query = select(
        Product.id, Product.merit, Product.brand, Product.model, Product.category_id
    ).where(Product.id.in_(product_ids), Product.listed)
    products = db.session.execute(query.order_by(Product.id)).all()
    if not products:
        return []
    names: dict[int, list[str]] = defaultdict(list)
    said = select(ProductText.product_id, ProductText.name)
    said = said.where(ProductText.product_id.in_(product_ids))
    for product_id, name in db.session.execute(said.order_by(ProductText.lang)):
        names[product_id].append(name)
    skus: dict[int, list[str]] = defaultdict(list)
    sold = select(Variant.product_id, Variant.sku)
    sold = sold.where(Variant.product_id.in_(product_ids))
    for product_id, sku in db.session.execute(sold.order_by(Variant.sku)):
        skus[product_id].append(sku)
    colours = _colour_names(product_ids)
    shelves = _category_names()
    return [
        ProductDoc(
            product.id,
            product.merit,
            texts=(*names[product.id], product.brand, product.model),
            more=(*colours[product.id], *shelves.get(product.category_id, ())),
            skus=tuple(skus[product.id]),
        )
        for product in products
    ]


def _colour_names(product_ids: Sequence[int]) -> dict[int, list[str]]:
    """Return what the colours of these products are called, in every language."""
    query = (
        select(Variant.product_id, ValueText.name)
        .join(VariantValue, VariantValue.variant_id == Variant.id)
        .join(OptionValue, OptionValue.id == VariantValue.value_id)
        .join(ValueText, ValueText.value_id == OptionValue.id)
        .where(Variant.product_id.in_(product_ids), OptionValue.swatch != "")
        .distinct()
        .order_by(Variant.product_id, ValueText.name)
    )
    found: dict[int, list[str]] = defaultdict(list)
    for product_id, name in db.session.execute(query):
        found[product_id].append(name)
    return found


def _category_names() -> dict[int | None, list[str]]:
    """Return the names of each category and of those above it, in every language."""
    parents = dict(db.session.execute(select(Category.id, Category.parent_id)).all())
    own: dict[int, list[str]] = defaultdict(list)
    query = select(CategoryText.category_id, CategoryText.name)
    query = query.order_by(CategoryText.category_id, CategoryText.lang)
    for category_id, name in db.session.execute(query):
        own[category_id].append(name)
    found: dict[int | None, list[str]] = {}
    for category_id in parents:
        way: list[int] = []
        place: int | None = category_id
        while place is not None and place not in way:
            way.append(place)
            place = parents.get(place)
        found[category_id] = [name for place in way for name in own[place]]
    return found
