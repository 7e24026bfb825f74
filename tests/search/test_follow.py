"""A saved product can be found at once; one that is not listed cannot."""

from dataclasses import replace
from datetime import datetime

import pytest
from flask import Flask

from shop.catalogue.drafts import (
    CategoryDraft,
    ProductDraft,
    TextDraft,
    VariantDraft,
)
from shop.catalogue.rules import SaleState
from shop.catalogue.write import delete_products, save_category, save_product
from shop.db import transaction
from shop.search import follow, service, write


def phone(code: str = "a7", **facts: object) -> ProductDraft:
    """Return a listed phone."""
    draft = ProductDraft(
        code=code,
        texts={"zh": TextDraft("安榴手机"), "fa": TextDraft("گوشی انار")},
        variants=(VariantDraft(f"AN-{code}-256", {}, {}),),
        brand="Anliu",
        model=code.upper(),
    )
    return replace(draft, **facts)  # type: ignore[arg-type]


def save(draft: ProductDraft, now: datetime) -> int:
    with transaction():
        return save_product(draft, now).product_id


@pytest.mark.parametrize(
    "query", ["手机", "گوشی", "anliu", "A7", "an-a7-256", "shouji", "گوشي"]
)
def test_a_saved_product_is_found(app: Flask, now: datetime, query: str) -> None:
    product = save(phone(), now)

    assert service.search(query).ids == (product,)


def test_a_renamed_product_is_found_by_its_new_name(app: Flask, now: datetime) -> None:
    product = save(phone(), now)

    save(phone(texts={"zh": TextDraft("折叠屏"), "fa": TextDraft("تاشو")}), now)

    assert service.search("折叠屏").ids == (product,)
    assert service.search("گوشی").ids == ()


def test_a_category_and_those_above_it_find_the_product(
    app: Flask, now: datetime
) -> None:
    with transaction():
        home, _ = save_category(CategoryDraft("home", {"zh": "家电", "fa": "خانگی"}))
        tea, _ = save_category(
            CategoryDraft("kettle", {"zh": "水壶", "fa": "کتری"}, parent_id=home)
        )
    product = save(phone(category_id=tea), now)

    assert service.search("家电").ids == (product,)
    assert service.search("کتری").ids == (product,)


@pytest.mark.parametrize("state", [SaleState.DRAFT, SaleState.DISCONTINUED])
def test_a_product_that_is_not_listed_is_not_found(
    app: Flask, now: datetime, state: SaleState
) -> None:
    save(phone(), now)

    save(phone(sale_state=state), now)

    assert service.search("手机").ids == ()


def test_a_deleted_product_is_not_found(app: Flask, now: datetime) -> None:
    product = save(phone(), now)

    with transaction():
        delete_products([product], now)

    assert service.search("手机").ids == ()


def test_the_index_is_brought_in_step_product_by_product(
    app: Flask, now: datetime
) -> None:
    products = [save(phone(code), now) for code in ("a7", "a8", "a9")]
    with transaction():
        write.clear()
        write.index_product(write.ProductDoc(products[-1] + 1, 0, ("手机",)))

    batch, seen = follow.next_products(0, 2), []
    while batch:
        seen += batch
        with transaction():
            follow.on_change(batch, now)
        batch = follow.next_products(batch[-1], 2)

    assert seen == [*products, products[-1] + 1]
    assert set(service.search("手机").ids) == set(products)
