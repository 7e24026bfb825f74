"""Pick-up points as stored: saved over, switched off, removed with the demo."""

from dataclasses import replace

import pytest
from flask import Flask

from shop.db import db, transaction
from shop.shipping import service
from shop.shipping.demo import SHANGHAI, demo_pickup_points
from shop.shipping.models import PickupPoint, PickupPointText
from shop.shipping.pick_up import NoSuchPoint
from tests.markets import make


def load() -> None:
    with transaction():
        assert service.save_points(demo_pickup_points(), is_demo=True) == 4


def test_points_come_back_as_they_were_saved(app: Flask) -> None:
    load()

    assert [*service.points("cn"), *service.points("ir")] == list(demo_pickup_points())


def test_points_of_the_buyers_city_come_first(app: Flask) -> None:
    load()

    assert [one.city for one in service.points("cn", SHANGHAI)] == [
        SHANGHAI,
        make.NANNING,
    ]


def test_saving_again_changes_and_adds_nothing_else(app: Flask) -> None:
    load()
    changed = replace(demo_pickup_points()[0], phone="+8677112345678")
    only_zh = replace(changed, texts={"zh": changed.texts["zh"]})

    with transaction():
        service.save_points([only_zh])

    assert service.find_point("demo-nanning") == only_zh
    assert len(service.points("cn")) == 2


def test_a_point_that_is_switched_off_cannot_be_chosen_but_is_known(app: Flask) -> None:
    load()
    with transaction():
        row = db.session.get(PickupPoint, "demo-nanning")
        assert row
        row.enabled = False

    assert [one.code for one in service.points("cn")] == ["demo-shanghai"]
    assert service.find_point("demo-nanning")
    with pytest.raises(NoSuchPoint):
        service.get_point("cn", "demo-nanning")


@pytest.mark.parametrize("code", ["demo-tehran", "", "nowhere"])
def test_a_point_of_another_market_is_refused(app: Flask, code: str) -> None:
    load()

    assert service.get_point("cn", "demo-nanning")
    with pytest.raises(NoSuchPoint):
        service.get_point("cn", code)


def test_the_demo_goes_and_leaves_the_owners_own(app: Flask) -> None:
    load()
    own = replace(demo_pickup_points()[0], code="own")
    with transaction():
        service.save_points([own])

    with transaction():
        assert service.remove_demo_points() == 4

    assert service.points("cn") == [own]
    assert db.session.query(PickupPointText).count() == 3
