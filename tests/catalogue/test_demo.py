"""The demo shop loads, loads again, and goes without a trace."""

from datetime import datetime

from flask import Flask
from sqlalchemy import func, select

from shop.catalogue import models as m
from shop.catalogue import service
from shop.catalogue.demo import Demo, dollars
from shop.catalogue.rules import SaleState
from shop.cli.catalogue import first_demo, load_demo, remove_demo
from shop.db import db
from shop.inventory.models import Movement
from shop.inventory.service import drifts
from shop.kernel.instalments import Plan
from shop.kernel.money import Money
from tests.catalogue import make


def rows() -> dict[str, int]:
    """Return how many rows each table of the catalogue has."""
    tables = [
        model
        for model in vars(m).values()
        if hasattr(model, "__table__") and model is not m.CategoryStamp
    ]
    return {
        model.__tablename__: db.session.scalar(select(func.count()).select_from(model))
        or 0
        for model in tables
    }


def test_the_demo_has_every_product_in_three_languages_and_markets(
    app: Flask, now: datetime
) -> None:
    count = load_demo(now)

    assert count == len(Demo().source["products"])
    for language, market in (("zh", "cn"), ("fa", "ir"), ("en", "world")):
        found = service.listing(service.Query(per_page=100), market, language)
        assert len(found.cards) == count
        for card in found.cards:
            assert card.price is not None
            assert card.name.lang == language
            assert card.picture is not None
    assert drifts() == []


def test_loading_again_changes_nothing(app: Flask, now: datetime) -> None:
    load_demo(now)
    before = rows()
    moved = db.session.scalar(select(func.count()).select_from(Movement))

    load_demo(now)

    assert rows() == before
    assert db.session.scalar(select(func.count()).select_from(Movement)) == moved


def test_presale_is_coming_soon_and_flash_sells_at_the_normal_price(
    app: Flask, now: datetime
) -> None:
    load_demo(now)
    found = service.listing(service.Query(per_page=100), "cn", "zh")
    cards = {card.code: card for card in found.cards}

    assert cards["demo-fold-2"].offering(now).state is SaleState.UPCOMING
    buds = cards["demo-buds-3"]
    assert buds.offering(now).is_buyable
    assert buds.price == Money(44900, "CNY")


def test_plans_come_as_basis_points_of_their_market(app: Flask, now: datetime) -> None:
    load_demo(now)
    card = service.listing(service.Query(), "cn", "zh").cards[0]
    view = service.product_view(card.id, "cn", "zh")

    assert view is not None
    assert Plan("cn", 12, 60, 0) in view.plans
    assert Plan("ir", 6, 180, 2000) in view.plans


def test_removing_leaves_nothing_and_spares_what_is_not_demo(
    app: Flask, now: datetime
) -> None:
    mine = make.product(options=(make.option("colour", "ink"),),
                        variants=(make.variant("MINE", colour="ink"),))  # fmt: skip
    before = rows()
    load_demo(now)

    count = remove_demo(now)

    assert count == len(Demo().source["products"])
    assert rows() == before | {"value_text": rows()["value_text"]}
    assert service.product_view(mine.product_id, "cn", "en") is not None


def test_the_first_start_loads_it_once_for_ever(app: Flask, now: datetime) -> None:
    assert first_demo(now)
    remove_demo(now)

    assert not first_demo(now)
    assert rows()["product"] == 0


def test_a_shop_that_has_products_gets_no_demo(app: Flask, now: datetime) -> None:
    make.product()

    assert not first_demo(now)
    assert rows()["product"] == 1


def test_dollar_prices_are_rounded_sensibly() -> None:
    assert dollars(Money(499900, "CNY")) == Money(69499, "USD")
    assert dollars(Money(16900, "CNY")) == Money(2399, "USD")
    assert dollars(Money(500, "CNY")) == Money(70, "USD")
