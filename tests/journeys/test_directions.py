"""Right to left: the mirror image of left to right, and codes that keep their order."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.journeys.browsing import WIDE, Mode, Visit
from tests.journeys.people import ISFAHAN, Shopper

#: Where the boxes of a page stand, from the edge at which its lines begin.
_BOXES = """() => {
  const width = document.documentElement.clientWidth;
  const rtl = document.documentElement.dir === "rtl";
  const found = {};
  const path = e => {
    const steps = [];
    for (let one = e; one !== document.body; one = one.parentElement)
      steps.unshift(one.localName + ":" + [...one.parentElement.children].indexOf(one));
    return steps.join(" ");
  };
  for (const e of document.querySelectorAll("body *")) {
    if (!["block", "flex", "grid", "list-item"].includes(getComputedStyle(e).display))
      continue;
    if (e.closest("svg, bdi, .top, .legal, noscript")) continue;
    const box = e.getBoundingClientRect();
    if (!box.width || !box.height) continue;
    const name = path(e) + "." + e.className;
    found[name] = rtl ? [width - box.right, box.width] : [box.left, box.width];
  }
  return found;
}"""
#: The same letters in the same face everywhere: now only the direction differs.
_SAME_LETTERS = """() => {
  const dir = document.documentElement.dir;
  document.documentElement.lang = "en";
  const all = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (all.nextNode())
    if (all.currentNode.nodeValue.trim()) all.currentNode.nodeValue = "xxxx xxx";
  for (const one of document.querySelectorAll("input, textarea")) {
    one.value = "xxx"; one.placeholder = "xxx"; one.dir = dir;
  }
  const style = new CSSStyleSheet();
  style.replaceSync("* { font-family: 'DejaVu Sans', sans-serif !important;"
    + " line-height: 1.5 !important; letter-spacing: 0 !important; }");
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, style];
}"""
#: Codes, numbers and dates of which two neighbouring glyphs stand in the wrong order:
#: anywhere in the page, since a value outside of <bdi> is what goes wrong.
_TURNED = """() => {
  const left = (node, at) => {
    const range = document.createRange();
    range.setStart(node, at); range.setEnd(node, at + 1);
    return range.getClientRects()[0];
  };
  const value = /[0-9A-Za-z][0-9A-Za-z+*.,:\\/_-]*[0-9A-Za-z]|[۰-۹][۰-۹٬٫:\\/]*[۰-۹]/g;
  const wrong = [];
  const all = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (all.nextNode()) {
    const node = all.currentNode;
    const strict = node.parentElement.closest("bdi[dir=ltr]")
      && !/[\\u0621-\\u06d5]/.test(node.nodeValue);
    const found = strict ? [{index: 0, 0: node.nodeValue}]
      : [...node.nodeValue.matchAll(value)];
    for (const one of found)
      for (let at = one.index + 1; at < one.index + one[0].length; at++) {
        const a = left(node, at - 1), b = left(node, at);
        if (!a || !b || !a.width || !b.width || Math.abs(a.top - b.top) > 4) continue;
        if (b.left < a.left - 0.5) { wrong.push(one[0]); break; }
      }
  }
  return wrong;
}"""
PAGES = ("/", "/c/phones", "/p/1", "/cart")


def _boxes(reader: Shopper, *, same_letters: bool) -> dict[str, dict[str, Any]]:
    reader.move_to("cn")
    reader.open("/p/9")
    reader.put_in_cart()
    found = {}
    for path in PAGES:
        reader.open(path)
        if same_letters:
            reader.page.evaluate(_SAME_LETTERS)
        found[path] = reader.page.evaluate(_BOXES)
    return found


@pytest.mark.parametrize("width", [1280, 360])
def test_every_box_of_the_persian_page_is_the_mirror_image(
    shopper: Callable[..., Shopper], width: int
) -> None:
    mode = Mode(width, has_scripts=True)
    with shopper("zh", mode) as chinese, shopper("fa", mode) as persian:
        left = _boxes(chinese, same_letters=True)
        right = _boxes(persian, same_letters=True)

    for path in PAGES:
        both = left[path].keys() & right[path].keys()
        wrong = {
            name: (left[path][name], right[path][name])
            for name in both
            if abs(left[path][name][0] - right[path][name][0]) >= 2
        }
        assert len(both) > 40, path
        assert len(both) > 0.9 * len(left[path]), path
        assert wrong == {}, path


#: What the words do not move: with its own letters, too.
BLOCKS = (".wrap", ".split", ".grid", ".card", ".panel", ".gallery", ".bar", "main")


def test_the_blocks_are_mirrored_with_their_own_words(
    shopper: Callable[..., Shopper],
) -> None:
    with shopper("zh", WIDE) as chinese, shopper("fa", WIDE) as persian:
        left = _boxes(chinese, same_letters=False)
        right = _boxes(persian, same_letters=False)

    for path in PAGES:
        names = [
            name
            for name in left[path].keys() & right[path].keys()
            if any(block[1:] in name.split(".")[-1].split() for block in BLOCKS[:-1])
        ]
        assert len(names) >= 5, path
        for name in names:
            assert abs(left[path][name][0] - right[path][name][0]) < 2, (path, name)


def test_codes_and_amounts_keep_their_order(shopper: Callable[..., Shopper]) -> None:
    with shopper("fa", WIDE) as buyer:
        turned: dict[str, list[str]] = {}

        def look() -> None:
            turned[buyer.here] = buyer.page.evaluate(_TURNED)

        buyer.open("/p/1")
        look()
        buyer.put_in_cart("۲")
        look()
        buyer.to_checkout()
        buyer.answer_address(ISFAHAN)
        look()
        buyer.answer_delivery()
        buyer.answer_payment("card_transfer")
        look()
        buyer.place()
        look()
        buyer.press(buyer.page.locator('main a[href*="/orders/"]').last)
        look()
        assert buyer.count('bdi[dir="ltr"]') >= 3
        assert [words for words in turned.values() if words] == []


def test_the_look_at_the_order_of_codes_sees_a_wrong_one(
    visit: Callable[[str, Mode], Visit],
) -> None:
    with visit("fa", WIDE) as reader:
        reader.open("/help/")
        reader.page.evaluate(
            "() => { document.querySelector('main').innerHTML = '<p>تلفن"
            " <bdi dir=ltr><span dir=rtl>0912 345 6789</span></bdi></p>'; }"
        )
        assert reader.page.evaluate(_TURNED) == ["0912 345 6789"]
