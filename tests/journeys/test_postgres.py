"""One whole journey on PostgreSQL: nothing a visitor meets depends on the database."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.conftest import fresh_postgres
from tests.journeys.browsing import NARROW, Album
from tests.journeys.people import NANNING, Owner, Shopper
from tests.journeys.running import Shop, running_shop

pytestmark = pytest.mark.postgres


@pytest.fixture
def other_shop(
    needed: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    """Open a shop whose data lie in an empty PostgreSQL database."""
    url = os.environ.get("TEST_DATABASE_URL")
    if not url:
        pytest.skip("TEST_DATABASE_URL names no PostgreSQL")
    base = fresh_postgres(url, "journey")
    folder = tmp_path_factory.mktemp("postgres")
    with running_shop(folder, DATABASE_URL=base) as opened:
        yield opened


@pytest.fixture
def other_album(album: Album) -> Album:
    """Return an album of this shop's own: its links lead nowhere in the other one."""
    folder = album.folder / "postgresql"
    folder.mkdir()
    return Album(folder, album.everybody)


def test_from_search_to_delivered_on_postgresql(
    other_shop: Shop, browser: Browser, other_album: Album
) -> None:
    with (
        Shopper(browser, other_shop, other_album, "zh", NARROW) as buyer,
        Owner(browser, other_shop, other_album, "zh", NARROW) as desk,
    ):
        buyer.open("/")
        buyer.find("手机", product_id=3)
        buyer.put_in_cart()
        buyer.to_checkout()
        buyer.answer_address(NANNING)
        buyer.answer_delivery()
        buyer.answer_payment("alipay")
        buyer.place()
        buyer.pay()
        trace = buyer.copied(1)
        buyer.open_order("order_paid")
        assert trace in buyer.text()
        desk.sign_in()
        desk.take(buyer.order.number, tab="pack")
        desk.do("pack")
        desk.do("ship", carrier="sf", tracking="SF9234567890123")
        buyer.read_message("SF9234567890123")
        desk.do("delivered")
        buyer.look_again("order_delivered")
        assert buyer.steps >= 5
