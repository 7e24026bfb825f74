"""T7 and T8: how heavy a page is and when a reader with a slow phone sees it.

A real browser with an empty cache, 360 px wide, at 1.6 Mbit/s, 150 ms and a
quarter of this machine's speed.
"""

import gzip
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, Response

from tests.bench import shops
from tests.bench.processes import Server
from tests.bench.table import Figure
from tests.web.chromium import chromium

WIDTH, HEIGHT = 360, 740
BYTES_PER_SECOND = 1_600_000 // 8
LATENCY_MS, SLOWER = 150, 4
ROUNDS = 5
WATCH = """
window.seen = {lcp: 0, cls: 0};
new PerformanceObserver(list => {
  for (const one of list.getEntries()) window.seen.lcp = one.startTime;
}).observe({type: "largest-contentful-paint", buffered: true});
new PerformanceObserver(list => {
  for (const one of list.getEntries())
    if (!one.hadRecentInput) window.seen.cls += one.value;
}).observe({type: "layout-shift", buffered: true});
"""
ABOVE = """() => [...document.images]
  .filter(one => one.getBoundingClientRect().top < innerHeight)
  .map(one => one.currentSrc)"""


def figures() -> Iterator[Figure]:
    """Look at home, category and product of the demo shop in zh and fa."""
    shop = shops.demo()
    with shop.open() as server, chromium() as browser:
        for lang in ("zh", "fa"):
            for what, path in _pages(browser, server, lang):
                yield from _weighed(browser, server, f"{what} {lang}", path)
                yield from _seen(browser, server, f"{what} {lang}", path)


@contextmanager
def _page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": WIDTH, "height": HEIGHT}, device_scale_factor=2
    )
    context.add_init_script(WATCH)
    yield context.new_page()
    context.close()


def _pages(browser: Browser, server: Server, lang: str) -> list[tuple[str, str]]:
    home = f"/{lang}/"
    with _page(browser) as page:
        page.goto(server.url + home)
        category = page.locator("a[href*='/c/']").first.get_attribute("href") or ""
        product = page.locator("a[href*='/p/']").first.get_attribute("href") or ""
    return [("home", home), ("category", category), ("product", product)]


def _weighed(
    browser: Browser, server: Server, what: str, path: str
) -> Iterator[Figure]:
    """Weigh a first visit; text is counted as a server in front sends it, gzipped."""
    texts: dict[str, int] = {}
    pictures: dict[str, int] = {}

    def note(answer: Response) -> None:
        if "favicon" in answer.url:
            return  # once a browser, when it has nothing else to do
        if answer.request.resource_type == "image":
            pictures[answer.url] = len(answer.body())
        elif answer.request.resource_type == "font":
            texts[answer.url] = len(answer.body())
        else:
            texts[answer.url] = len(gzip.compress(answer.body(), 6))

    with _page(browser) as page:
        page.on("response", note)
        page.goto(server.url + path, wait_until="networkidle")
        above = set(page.evaluate(ABOVE))
    plain = sum(texts.values()) / 1000
    seen = plain + sum(size for url, size in pictures.items() if url in above) / 1000
    yield Figure("T7", f"{what}: without pictures, gz", plain, 40, "kB")
    yield Figure("T7", f"{what}: requests without pictures", len(texts), 5, "")
    yield Figure("T7", f"{what}: with pictures above the fold", seen, 100, "kB")


def _seen(browser: Browser, server: Server, what: str, path: str) -> Iterator[Figure]:
    found = [_slowly(browser, server.url + path) for _ in range(ROUNDS)]
    lcp = statistics.median(one["lcp"] for one in found) / 1000
    shift = max(one["cls"] for one in found)
    yield Figure("T8", f"{what}: largest picture or text", lcp, 1.3, "s")
    yield Figure("T8", f"{what}: shifts of the layout", shift, 0, "")


def _slowly(browser: Browser, url: str) -> dict[str, Any]:
    """Return LCP in ms and CLS of a first visit with a slow phone."""
    with _page(browser) as page:
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.send(
            "Network.emulateNetworkConditions",
            {
                "offline": False,
                "latency": LATENCY_MS,
                "downloadThroughput": BYTES_PER_SECOND,
                "uploadThroughput": BYTES_PER_SECOND,
            },
        )
        session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        page.goto(url, wait_until="networkidle")
        seen: dict[str, Any] = page.evaluate("window.seen")
        return seen
