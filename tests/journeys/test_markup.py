"""What all the journeys met, judged at the end: HTML, icons, and the shop's own log."""

import html
import json
import re
import subprocess
import urllib.error
import urllib.request
from urllib.parse import urlsplit

import pytest

from shop.config import ROOT
from tests.journeys.browsing import Album
from tests.journeys.running import Shop
from tests.web.look import VNU


@pytest.fixture
def met(album: Album) -> Album:
    """Return the pages the journeys met."""
    if not album.html:
        pytest.skip("no journey was made before this test")
    return album


def test_the_html_checker_finds_no_error(met: Album) -> None:
    """Those of the other process, too, as far as it has come."""
    pages = [str(one) for one in sorted((met.everybody or met.folder).rglob("*.html"))]
    assert len(pages) >= len(met.html)

    answer = subprocess.run(
        ["java", "-jar", str(VNU), "--errors-only", "--format", "gnu", *pages],
        capture_output=True,
        text=True,
        check=False,
    )

    assert answer.stderr == ""


def test_every_icon_is_in_the_sprite(met: Album) -> None:
    sprite = (ROOT / "shop/static/img/icons.svg").read_text("utf-8")
    drawn = set(re.findall(r'id="([\w-]+)"', sprite))
    used = {
        (name, page)
        for page, path in met.html.items()
        for name in re.findall(r"icons\.svg[^#\"]*#([\w-]+)", path.read_text("utf-8"))
    }

    assert {one for one in used if one[0] not in drawn} == set()


def test_every_link_leads_somewhere(met: Album, shop: Shop) -> None:
    links = {
        (urlsplit(html.unescape(link)).path, urlsplit(html.unescape(link)).query)
        for page, path in met.html.items()
        if not page.endswith("_404")  # its own address in other languages
        for link in re.findall(r'<a [^>]*href="([^"#]+)', path.read_text("utf-8"))
        if link.startswith("/")
    }

    nowhere = []
    for path, query in sorted(links):
        try:
            with urllib.request.urlopen(f"{shop.url}{path}?{query}", timeout=20):
                pass
        except urllib.error.HTTPError as error:
            error.close()
            if error.code != 409:  # a step of an order that has moved on since
                nowhere.append((path, query, error.code))

    assert nowhere == []


def test_the_shop_had_nothing_to_complain_about(met: Album, shop: Shop) -> None:
    lines = shop.log.read_text("utf-8").splitlines()
    told = [json.loads(line) for line in lines if line.startswith("{")]

    assert "Traceback" not in "\n".join(lines)
    assert [one for one in told if one["level"] in {"ERROR", "CRITICAL"}] == []
