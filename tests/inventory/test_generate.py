"""A made-up shop of any size is a whole shop, and grows where it stopped."""

from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import func, select

from shop.catalogue import models as m
from shop.catalogue import service
from shop.cli.catalogue import generate as command
from shop.db import db
from shop.inventory import generate as generator
from shop.inventory.generate import NotEmpty, generate
from shop.inventory.service import drifts
from tests.catalogue import make


def test_a_generated_shop_can_be_browsed_in_every_market(
    app: Flask, now: datetime
) -> None:
    assert generate(200, now) == 200

    tree = service.category_tree("zh")
    for market, language in (("cn", "zh"), ("ir", "fa"), ("world", "en")):
        found = service.listing(
            service.Query(categories=tree.roots[0].branch), market, language
        )
        assert found.cards
        assert all(card.price and card.name for card in found.cards)
        view = service.product_view(found.cards[0].id, market, language)
        assert view is not None
        assert view.pictures
        assert len(view.specs) == 4
    assert drifts() == []


def test_it_goes_on_where_it_stopped(
    app: Flask, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generator, "BLOCK", 20)
    steps: list[int] = []

    generate(50, now)
    added = generate(90, now, lambda steps_=1: steps.append(steps_))

    assert added == 40
    assert steps == [50, 20, 20]
    assert db.session.scalar(select(func.count()).select_from(m.Product)) == 90
    assert generate(90, now) == 0


def test_a_shop_with_products_of_its_own_is_left_alone(
    app: Flask, now: datetime
) -> None:
    make.product()

    with pytest.raises(NotEmpty):
        generate(10, now)
    result = app.test_cli_runner().invoke(command, ["--size", "10"])

    assert result.exit_code == 1
    assert "works on an empty one" in result.output
    assert db.session.scalar(select(func.count()).select_from(m.Product)) == 1


def test_a_new_product_gets_an_id_of_its_own(app: Flask, now: datetime) -> None:
    generate(10, now)

    assert make.product().product_id > 10
