"""Every page in a browser: axe and vnu find nothing, nothing overflows, nothing fails.

The two runs are chosen so that each language, width and scheme occurs; the whole
matrix is ``look.everything()``, which ``make proof`` runs.
"""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.web import gallery, look
from tests.web.chromium import chromium, program

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not program(), reason="no Chromium here"),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the gallery once."""
    folder = tmp_path_factory.mktemp("gallery")
    gallery.write(folder)
    return folder


@pytest.fixture(scope="module")
def base(site: Path) -> Iterator[str]:
    """Serve the gallery."""
    with look.served(site) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start one browser for all."""
    with chromium() as started:
        yield started


@pytest.mark.skipif(not look.AXE.exists(), reason="axe-core is not installed")
@pytest.mark.parametrize(
    ("language", "width", "scheme"), [("fa", 360, "light"), ("zh", 1280, "dark")]
)
def test_every_page_is_accessible_and_fits(
    browser: Browser, base: str, language: str, width: int, scheme: look.Scheme
) -> None:
    assert look.problems(browser, base, language, width, scheme) == []


def test_nothing_overflows_at_320_pixels(browser: Browser, base: str) -> None:
    page = browser.new_page(viewport={"width": 320, "height": 640})
    for language in ("zh", "fa", "en"):
        for name in gallery.PAGES:
            page.goto(f"{base}/{language}/{name.replace('/', '_')}.html")
            across = page.evaluate("document.documentElement.scrollWidth")
            assert across <= 320, (language, name, across)
    page.close()


def test_the_persian_page_is_the_mirror_image_of_the_chinese_one(
    browser: Browser, base: str
) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    for name in ("storefront_category", "checkout_payment", "owner_queue"):
        edges = {}
        for language in ("zh", "fa"):
            page.goto(f"{base}/{language}/{name}.html")
            edges[language] = page.evaluate(
                """() => ["main", "aside", "form.panel", ".logo", ".rail"].map(s => {
                  const e = document.querySelector(s);
                  if (!e) return null;
                  const box = e.getBoundingClientRect();
                  const right = document.documentElement.clientWidth - box.right;
                  return document.dir === "rtl" ? right : box.left;
                }).filter(x => x !== null).map(Math.round)"""
            )
        assert edges["zh"] == edges["fa"], name
    page.close()


@pytest.mark.skipif(
    not look.VNU.exists() or not shutil.which("java"), reason="vnu or java is missing"
)
def test_the_html_checker_finds_no_error(site: Path) -> None:
    pages = [str(path) for path in sorted(site.glob("??/*.html"))]

    answer = subprocess.run(
        ["java", "-jar", str(look.VNU), "--errors-only", "--format", "gnu", *pages],
        capture_output=True,
        text=True,
        check=False,
    )

    assert answer.stderr == ""
