"""A person before a browser: every page they meet is looked at, and kept."""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit

from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    Response,
)

from tests.journeys.running import Shop
from tests.web.look import AXE, TAGS

SHOTS = Path(__file__).parents[1] / "browser" / "shots"
#: Milliseconds for one page on a busy machine.
PATIENCE = 20_000
LANGUAGES = {
    "zh": ("zh-Hans-CN", "ltr"),
    "fa": ("fa-IR", "rtl"),
    "en": ("en", "ltr"),
}
_RULES = """async tags => {
  const found = await axe.run(document, {runOnly: {type: "tag", values: tags}});
  return found.violations.map(v => v.id + ": "
    + v.nodes.map(n => n.target.join(" ")).slice(0, 3).join(", "));
}"""
#: How far the page reaches beyond the window, and what sticks out most.
_ACROSS = """() => {
  const width = document.documentElement.clientWidth;
  const over = document.documentElement.scrollWidth - width;
  if (over <= 0) return "";
  const out = [...document.querySelectorAll("body *")].filter(e => {
    const box = e.getBoundingClientRect();
    return box.width && (box.right > width + 1 || box.left < -1);
  });
  const names = out.slice(0, 3).map(e => e.tagName + "." + e.className);
  return over + " px wider than " + width + ": " + names.join(", ");
}"""
WHOLE_PICTURES = """async () => {
  for (const one of document.images) one.loading = "eager";
  const all = [...document.images].map(one => one.decode().catch(() => 0));
  await Promise.race([Promise.all(all), new Promise(r => setTimeout(r, 3000))]);
}"""


@dataclass(frozen=True)
class Mode:
    """How somebody reads: the width of the window, and whether scripts run."""

    width: int
    has_scripts: bool

    def __str__(self) -> str:
        return f"{self.width}{'' if self.has_scripts else '-no-js'}"


WIDE, NARROW = Mode(1280, has_scripts=True), Mode(360, has_scripts=False)


@dataclass
class Album:
    """What was seen in this run: a picture and the source of every page.

    ``everybody`` holds the sources of all processes of a run with several.
    """

    folder: Path
    everybody: Path | None = None
    html: dict[str, Path] = field(default_factory=dict)
    pictures: set[str] = field(default_factory=set)
    axed: set[str] = field(default_factory=set)

    def keep_source(self, name: str, text: str) -> None:
        """Keep the HTML of a page, the first time it is seen."""
        if name not in self.html:
            path = self.folder / f"{name}.html"
            path.write_text(text, "utf-8")
            self.html[name] = path


_NAMES = (
    (r"/?", "home"),
    (r"/c/.+", "category"),
    (r"/p/.+", "product"),
    (r"/help/.+", "policy"),
    (r"/owner/?", "owner_queue"),
    (r"/owner/orders/\d+", "owner_order"),
    (r"/owner/orders/\d+/(.+)", r"owner_order_\1"),
    (r"/owner/products/\d+/(.+)", r"owner_product_\1"),
    (r"/orders/?", "lookup"),
    (r"/orders/[^/]+", "order"),
    (r"/orders/[^/]+/(.+)", r"order_\1"),
    (r"/(.+)", r"\1"),
)


def name_of(path: str) -> str:
    """Return what a page of the shop is called: the same one for every order."""
    rest = re.sub(r"^/[a-z-]+(?=/|$)", "", path)
    for pattern, name in _NAMES:
        found = re.fullmatch(pattern, rest)
        if found:
            return re.sub(r"\W+", "_", found.expand(name))
    return "page"


class Visit:
    """One visitor's browser. Leaving it fails if any page had a problem."""

    def __init__(  # noqa: PLR0917 - who, where, and how they read
        self,
        browser: Browser,
        shop: Shop,
        album: Album,
        lang: str,
        mode: Mode,
        agent: str = "",
    ) -> None:
        self.shop = shop
        self.album = album
        self.lang = lang
        self.mode = mode
        self.problems: list[str] = []
        self.here = ""
        self._expected = 200
        self._context = browser.new_context(
            viewport={"width": mode.width, "height": 800},
            java_script_enabled=mode.has_scripts,
            reduced_motion="reduce",
            color_scheme="light",
            user_agent=agent or None,
        )
        self._context.set_default_timeout(PATIENCE)
        self.page: Page = self._tab()

    def _tab(self) -> Page:
        page = self._context.new_page()
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self._wrong(f"script: {error}"))
        page.on("request", self._asked)
        return page

    # What a visitor does.

    @contextmanager
    def in_another_tab(self) -> Iterator[None]:
        """Do something in a new tab; then look at this one again."""
        before, self.page = self.page, self._tab()
        yield
        self.page.close()
        self.page = before

    def open(self, path: str, *, status: int = 200, label: str = "") -> None:
        """Type an address; ``path`` without the language, or a whole URL."""
        url = path if "://" in path else f"{self.shop.url}/{self.lang}{path}"
        self._expected = status
        answer = self.page.goto(url)
        self._look(answer, label)

    def press(self, what: str | Locator, *, status: int = 200, label: str = "") -> None:
        """Press a link or a button and look at the page it leads to."""
        self._expected = status
        target = self.one(what)
        self._go(target.click, label)

    def key(self, name: str, *, status: int = 200, label: str = "") -> None:
        """Press a key that leads to another page."""
        self._expected = status
        self._go(lambda: self.page.keyboard.press(name), label)

    def again(self, *, label: str = "") -> None:
        """Read the page again."""
        self._expected = 200
        self._look(self.page.reload(), label)

    def fill(self, **fields: str) -> None:
        """Type into fields by their names; a select takes the option's value."""
        for name, value in fields.items():
            self.fill_one(f"main [name={name}]", value)

    def fill_one(self, what: str | Locator, value: str) -> None:
        """Type into one field, or choose from one select."""
        target = self.one(what)
        target.focus()
        if target.evaluate("e => e.tagName") == "SELECT":
            target.select_option(value)
        else:
            target.fill(value)

    def tick(self, what: str) -> None:
        """Tick a box or choose a card."""
        self.one(what).check()

    def one(self, what: str | Locator) -> Locator:
        """Return the one element that is meant."""
        return self.page.locator(what) if isinstance(what, str) else what

    def count(self, what: str) -> int:
        """Return how many elements there are."""
        return self.page.locator(what).count()

    def text(self, what: str = "main") -> str:
        """Return what is written there."""
        return self.one(what).first.inner_text()

    @property
    def path(self) -> str:
        """Return the path of the page without its language."""
        path = unquote(urlsplit(self.page.url).path)
        return path.removeprefix(f"/{self.lang}") or "/"

    # What is looked at.

    def _go(self, act: Callable[[], None], label: str) -> None:
        with self.page.expect_navigation(wait_until="load") as going:
            act()
        self._look(going.value, label)

    def _look(self, answer: Response | None, label: str) -> None:
        url = urlsplit(self.page.url)
        is_ours = url.netloc == urlsplit(self.shop.url).netloc
        self.here = label or (name_of(url.path) if is_ours else f"sandbox_{url.port}")
        if not is_ours:
            self.here = "sandbox_" + re.sub(r"\W+", "_", url.path.strip("/"))[:12]
        if answer is not None and is_ours and answer.status != self._expected:
            self._wrong(f"status {answer.status} instead of {self._expected}")
        self._look_at_root(url.path if is_ours else "")
        self._look_across()
        if is_ours:
            self._keep(answer)

    def _look_at_root(self, path: str) -> None:
        root: list[str] = self.page.evaluate(
            "() => [document.documentElement.lang, document.documentElement.dir,"
            " document.title.trim()]"
        )
        lang = path.split("/")[1] if path.count("/") > 1 else ""
        if lang in LANGUAGES and tuple(root[:2]) != LANGUAGES[lang]:
            self._wrong(f"<html lang={root[0]} dir={root[1]}>")
        if not all(root):
            self._wrong(f"lang, dir or title is empty: {root}")

    def _look_across(self) -> None:
        found: str = self.page.evaluate(_ACROSS)
        picture = f"{self.lang}_{self.here}_{self.mode.width}"
        if self.mode.width < 400 and not found and picture not in self.album.pictures:
            self.page.set_viewport_size({"width": 320, "height": 640})
            found = self.page.evaluate(_ACROSS)
            self.page.set_viewport_size({"width": self.mode.width, "height": 800})
        if found:
            self._wrong(found)

    def _keep(self, answer: Response | None) -> None:
        name = f"{self.lang}_{self.here}"
        if answer is not None and answer.status not in {301, 302, 303}:
            self.album.keep_source(name, answer.text())
        picture = f"{name}_{self.mode.width}"
        if picture not in self.album.pictures:
            self.album.pictures.add(picture)
            self.photograph(picture)
        if self.mode.has_scripts and name not in self.album.axed:
            self.album.axed.add(name)
            self.axe()

    def photograph(self, name: str) -> None:
        """Keep a picture of the whole page, where somebody may look at it."""
        if os.environ.get("ANAR_CI"):
            return
        self.page.evaluate(WHOLE_PICTURES)
        self.page.screenshot(path=str(SHOTS / f"{name}.png"), full_page=True)

    def axe(self) -> None:
        """Let axe look at the page, by day and by night."""
        for scheme in ("light", "dark"):
            self.page.emulate_media(color_scheme=scheme)
            self.page.evaluate(AXE.read_text("utf-8"))
            found: Sequence[str] = self.page.evaluate(_RULES, TAGS)
            for one in found:
                self._wrong(f"axe, {scheme}: {one}")
        self.page.emulate_media(color_scheme="light")

    def _heard(self, message: ConsoleMessage) -> None:
        refused = self._expected >= 400 and "Failed to load resource" in message.text
        if message.type == "error" and not refused:
            self._wrong(f"console: {message.text}")

    def _asked(self, request: Request) -> None:
        url = urlsplit(request.url)
        if url.scheme != "data" and url.netloc not in self.shop.hosts:
            self._wrong(f"foreign: {request.url}")

    def _wrong(self, what: str) -> None:
        self.problems.append(f"{self.lang} {self.here} ({self.mode}): {what}")

    # Coming and going.

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            self._tell(error)
        self._context.close()
        if kind is None and self.problems:
            raise AssertionError("\n".join(self.problems))

    def _tell(self, error: BaseException | None) -> None:
        """Say where a failed visit stood, and keep a picture of it."""
        if error is None or self.page.is_closed():
            return
        name = f"failed_{self.lang}_{self.here}_{self.mode}"
        self.page.screenshot(path=str(SHOTS / f"{name}.png"), full_page=True)
        error.add_note(f"at {self.page.url}; picture: {name}.png")
        for one in self.problems:
            error.add_note(one)
