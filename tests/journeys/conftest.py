"""One running shop and one browser for all journeys."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.journeys.browsing import (
    NARROW,
    SHOTS,
    WIDE,
    Album,
    Mode,
    Visit,
)
from tests.journeys.people import Owner, Shopper
from tests.journeys.running import Shop, running_shop
from tests.web.chromium import chromium, program
from tests.web.look import AXE, VNU

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the journeys; what judges all pages they met comes after them."""
    places = [at for at, item in enumerate(items) if HERE in item.path.parents]
    journeys = [items[at] for at in places]
    for item in journeys:
        item.add_marker(pytest.mark.serial)
        item.add_marker(pytest.mark.browser)
        # Two shops and two browsers at once: what is judged together stays together.
        alone = item.path == HERE / "test_providers.py"
        group = "providers" if alone else "journeys"
        item.add_marker(pytest.mark.xdist_group(group))
    # Last of its package, not of all: the album ends with the package.
    journeys.sort(key=lambda item: item.path == HERE / "test_markup.py")
    for at, item in zip(places, journeys, strict=True):
        items[at] = item


@pytest.fixture(scope="package")
def needed() -> None:
    """Skip where the tools are missing; under ``.ci/run`` that is a failure."""
    lacks = [
        sentence
        for sentence, is_there in (
            ("Chromium is missing: apt-get install chromium", program() is not None),
            ("axe-core and vnu are missing: npm ci --prefix tests/browser", _node()),
        )
        if not is_there
    ]
    if lacks and os.environ.get("ANAR_CI"):
        pytest.fail(lacks[0], pytrace=False)
    if lacks:
        pytest.skip(lacks[0])


def _node() -> bool:
    return AXE.exists() and VNU.exists()


@pytest.fixture(scope="package")
def shop(needed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Open a shop with an empty folder, as ``make run`` does."""
    folder = tmp_path_factory.mktemp("shop")
    with running_shop(folder, DATABASE_URL="") as opened:
        yield opened


@pytest.fixture(scope="package")
def browser(needed: None) -> Iterator[Browser]:
    """Start one browser for all."""
    SHOTS.mkdir(exist_ok=True)
    with chromium() as started:
        yield started


@pytest.fixture(scope="package")
def album(tmp_path_factory: pytest.TempPathFactory) -> Album:
    """Return where this process keeps its pages, beside those of the other ones."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", "")
    if not run:
        return Album(tmp_path_factory.mktemp("pages"))
    everybody = tmp_path_factory.getbasetemp().parent / f"pages-{run}"
    mine = everybody / os.environ["PYTEST_XDIST_WORKER"]
    mine.mkdir(parents=True)
    return Album(mine, everybody)


@pytest.fixture(params=[WIDE, NARROW], ids=str)
def mode(request: pytest.FixtureRequest) -> Mode:
    """Return a wide window with scripts, then a narrow one without."""
    chosen: Mode = request.param
    return chosen


@pytest.fixture
def visit(browser: Browser, shop: Shop, album: Album) -> Callable[[str, Mode], Visit]:
    """Return how a person opens a browser."""
    return lambda lang, mode: Visit(browser, shop, album, lang, mode)


@pytest.fixture
def shopper(browser: Browser, shop: Shop, album: Album) -> Callable[..., Shopper]:
    """Return how somebody comes to buy."""
    return lambda lang, mode: Shopper(browser, shop, album, lang, mode)


@pytest.fixture
def owner(browser: Browser, shop: Shop, album: Album) -> Callable[..., Owner]:
    """Return how the owner comes to the desk."""
    return lambda lang, mode: Owner(browser, shop, album, lang, mode)
