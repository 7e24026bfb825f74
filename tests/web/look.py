"""Looks at the gallery in Chromium: accessibility, overflow, small targets, errors.

``python -m tests.web.look FOLDER [NAME…]`` also takes pictures of the pages whose
name contains one of the words: both widths, light and dark, every language.
"""

import functools
import http.server
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, Page

from tests.web import gallery
from tests.web.chromium import chromium

NODE = Path(__file__).parents[1] / "browser" / "node_modules"
AXE = NODE / "axe-core" / "axe.min.js"
VNU = NODE / "vnu-jar" / "build" / "dist" / "vnu.jar"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
Scheme = Literal["light", "dark"]

_RULES = """async tags => {
  const found = await axe.run(document, {runOnly: {type: "tag", values: tags}});
  return found.violations.map(v => v.id + ": "
    + v.nodes.map(n => n.target.join(" ")).slice(0, 3).join(", "));
}"""
#: Elements wider than the window that no scrolling box holds, and targets under 24 px.
_SHAPES = """() => {
  const width = document.documentElement.clientWidth, found = [];
  const held = e => {
    for (let p = e.parentElement; p && p !== document.body; p = p.parentElement)
      if (getComputedStyle(p).overflowX !== "visible") return true;
    return getComputedStyle(e).position === "absolute";
  };
  for (const e of document.querySelectorAll("body *")) {
    const box = e.getBoundingClientRect();
    if (box.width && (box.right > width + 1 || box.left < -1) && !held(e))
      found.push("overflow: " + e.tagName + "." + e.getAttribute("class"));
  }
  for (const e of document.querySelectorAll("a, button, input, select, summary")) {
    const box = e.getBoundingClientRect(), style = getComputedStyle(e);
    const hidden = style.visibility === "hidden" || style.opacity === "0"
      || e.closest(".vh") || !box.width;
    if (!hidden && Math.min(box.width, box.height) < 23.5
        && style.display !== "inline" && !e.closest("p, td, li li"))
      found.push("small: " + e.tagName + " " + e.textContent.trim().slice(0, 20));
  }
  return found.slice(0, 5);
}"""


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing on standard error."""

    def copyfile(self, source: Any, outputfile: Any) -> None:
        """Send a file; a browser that has gone on is no error."""
        with suppress(BrokenPipeError, ConnectionResetError):
            super().copyfile(source, outputfile)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on a free port of this machine."""
    handler = functools.partial(_Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def problems(  # noqa: PLR0917
    browser: Browser,
    base: str,
    language: str,
    width: int,
    scheme: Scheme,
    names: Sequence[str] = (),
    pictures: Path | None = None,
) -> list[str]:
    """Return what is wrong with the gallery's pages, one line each."""
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme=scheme,
        reduced_motion="reduce",
    )
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    page.on(
        "request",
        lambda r: None if r.url.startswith((base, "data:")) else errors.append(r.url),
    )
    found: list[str] = []
    for name in names or sorted(gallery.PAGES):
        errors.clear()
        page.goto(f"{base}/{language}/{name.replace('/', '_')}.html")
        wrong = [*_look(page), *errors]
        found += [f"{language} {name} {width} {scheme}: {one}" for one in wrong]
        if pictures:
            _whole(page)
            file = f"{language}_{name.replace('/', '_')}_{width}_{scheme}.png"
            page.screenshot(path=str(pictures / file), full_page=True)
    context.close()
    return found


def _look(page: Page) -> list[str]:
    wrong: list[str] = page.evaluate(_SHAPES)
    if AXE.exists():
        page.evaluate(AXE.read_text(encoding="utf-8"))
        wrong += page.evaluate(_RULES, TAGS)
    return wrong


def _whole(page: Page) -> None:
    page.evaluate(
        "async () => { for (const i of document.images) i.loading = 'eager';"
        " await Promise.all([...document.images].map(i => i.decode().catch(() => 0)));"
        " await document.fonts.ready; }"
    )


def everything(names: Sequence[str] = (), pictures: Path | None = None) -> list[str]:
    """Look at every page in three languages, five widths and both schemes."""
    with tempfile.TemporaryDirectory() as made, chromium() as browser:
        gallery.write(Path(made))
        with served(Path(made)) as base:
            found = []
            for language in ("zh", "fa", "en"):
                for width in (360, 1280) if pictures else (320, 360, 768, 1024, 1280):
                    for scheme in ("light", "dark"):
                        found += problems(
                            browser, base, language, width, scheme, names, pictures
                        )
            return found


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    chosen = [n for n in gallery.PAGES if any(w in n for w in sys.argv[2:] or [""])]
    sys.stdout.write("\n".join([*everything(chosen, folder), ""]))
