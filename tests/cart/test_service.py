"""Filling a cart: what goes in, what is refused, what is remembered."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from shop.cart import draft as drafts
from shop.cart import service as carts
from shop.cart.draft import Draft
from shop.cart.models import Cart, CartLine
from shop.cart.rules import (
    ChangeKind,
    LimitReached,
    NotForSale,
    TooFewLeft,
    WrongQuantity,
)
from shop.catalogue.rules import SaleState
from shop.catalogue.write import set_price
from shop.db import db, transaction
from tests.catalogue import make


def _cart(now: datetime, market: str = "cn") -> Cart:
    with transaction():
        return carts.create(market, now)


def _variant(**given: object) -> int:
    saved = make.product(**given)  # type: ignore[arg-type]
    return next(iter(saved.variant_ids.values()))


def test_the_same_variant_twice_is_one_line(app: Flask, now: datetime) -> None:
    cart, variant = _cart(now), _variant()

    with transaction():
        carts.add(cart, variant, 1, now)
        carts.add(cart, variant, 2, now)

    assert [line.quantity for line in cart.lines] == [3]
    assert carts.count(cart.token) == 3


def test_more_than_there_is_does_not_go_in(app: Flask, now: datetime) -> None:
    cart, variant = _cart(now), _variant()

    with pytest.raises(TooFewLeft) as refused, transaction():
        carts.add(cart, variant, 6, now)

    assert refused.value.left == 5
    assert db.session.scalar(select(func.count(CartLine.id))) == 0


def test_more_than_one_buyer_may_have_does_not_go_in(app: Flask, now: datetime) -> None:
    cart, variant = _cart(now), _variant(limit_per_buyer=2)

    with pytest.raises(LimitReached), transaction():
        carts.add(cart, variant, 3, now)


@pytest.mark.parametrize("pieces", [0, -1, 100])
def test_no_number_of_pieces_is_refused(app: Flask, now: datetime, pieces: int) -> None:
    cart, variant = _cart(now), _variant()

    with pytest.raises(WrongQuantity), transaction():
        carts.add(cart, variant, pieces, now)


@pytest.mark.parametrize("state", [SaleState.UPCOMING, SaleState.DISCONTINUED])
def test_what_is_not_for_sale_does_not_go_in(
    app: Flask, now: datetime, state: SaleState
) -> None:
    cart, variant = _cart(now), _variant(sale_state=state)

    with pytest.raises(NotForSale), transaction():
        carts.add(cart, variant, 1, now)


def test_what_is_not_sold_in_the_region_does_not_go_in(
    app: Flask, now: datetime
) -> None:
    cart, variant = _cart(now, "ir"), _variant()

    with pytest.raises(NotForSale), transaction():
        carts.add(cart, variant, 1, now)


def test_a_new_price_is_told_until_the_buyer_saw_it(app: Flask, now: datetime) -> None:
    cart, variant = _cart(now), _variant()
    with transaction():
        line = carts.add(cart, variant, 1, now)
    with transaction():
        set_price(variant, "cn", make.yuan(900), now)

    told = carts.view(cart, "cn", now).items[0].changes
    with transaction():
        carts.set_quantity(cart, line.id, 1, now)
    quiet = carts.view(cart, "cn", now).items[0].changes

    assert [one.kind for one in told] == [ChangeKind.PRICE_DOWN]
    assert quiet == ()


def test_a_line_of_another_cart_is_not_touched(app: Flask, now: datetime) -> None:
    mine, theirs, variant = _cart(now), _cart(now), _variant()
    with transaction():
        line = carts.add(theirs, variant, 1, now)

    with transaction():
        carts.set_quantity(mine, line.id, 5, now)
        carts.remove(mine, line.id, now)

    assert [one.quantity for one in theirs.lines] == [1]


def test_an_unknown_secret_has_no_cart(app: Flask) -> None:
    assert carts.find("nobody") is None
    assert carts.find("") is None
    assert carts.count("nobody") == 0


def test_carts_nobody_touches_are_dropped_with_what_was_typed(
    app: Flask, now: datetime
) -> None:
    cart, variant = _cart(now), _variant()
    with transaction():
        carts.add(cart, variant, 1, now)

    with transaction():
        carts.sweep(now + carts.KEPT + timedelta(seconds=1))

    assert db.session.scalar(select(func.count(Cart.id))) == 0


def test_a_draft_comes_back_as_it_was(app: Flask, now: datetime) -> None:
    cart = _cart(now)
    answer = Draft(typed={"name": "张三"}, market="cn", delivery="standard")

    with transaction():
        drafts.save(cart, answer, now)

    assert Draft.of(cart) == answer


def test_another_market_needs_another_address() -> None:
    answer = Draft(
        typed={"name": "张三", "city": "450100"}, market="cn", delivery="standard"
    )

    moved = answer.for_market("ir")

    assert moved.typed == {"name": "张三"}
    assert moved.delivery == ""
