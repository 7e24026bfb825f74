"""With the keyboard alone: from a product to an order."""

from playwright.sync_api import Browser

from tests.journeys.browsing import Album, Mode
from tests.journeys.people import HOMES, TEHRAN, Shopper, phone_of
from tests.journeys.running import Shop

_SEEN = """() => {
  const e = document.activeElement, style = getComputedStyle(e);
  return e.matches(":focus-visible")
    && (style.outlineStyle !== "none" || style.boxShadow !== "none");
}"""
#: More than any page has; whoever needs more never arrives.
MOST = 120


class Typist(Shopper):
    """Somebody without a mouse."""

    def tab_to(self, what: str) -> None:
        """Press Tab until something has the focus; it must be seen at every stop."""
        for _ in range(MOST):
            self.page.keyboard.press("Tab")
            assert self.page.evaluate(_SEEN), self.page.evaluate(
                "() => document.activeElement.outerHTML.slice(0, 200)"
            )
            if self.page.evaluate("what => document.activeElement.matches(what)", what):
                return
        raise AssertionError(f"Tab never comes to {what} on {self.page.url}")

    def say(self, letters: str) -> None:
        """Press keys of a keyboard of the country: a select jumps to what begins so."""
        keys = self.page.context.new_cdp_session(self.page)
        for letter in letters:
            key = {"key": letter, "text": letter}
            keys.send("Input.dispatchKeyEvent", {"type": "keyDown", **key})
            keys.send("Input.dispatchKeyEvent", {"type": "keyUp", "key": letter})
        keys.detach()

    def type_into(self, name: str, words: str) -> None:
        """Come to a field and type."""
        self.tab_to(f"[name={name}]")
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(words)


def test_from_product_to_order_without_a_mouse(
    browser: Browser, shop: Shop, album: Album, mode: Mode
) -> None:
    home = HOMES[TEHRAN]
    with Typist(browser, shop, album, "fa", mode) as buyer:
        buyer.open("/p/9")
        buyer.page.keyboard.press("Tab")
        assert buyer.page.evaluate("() => document.activeElement.matches('.skip')")
        buyer.tab_to("#buy [name=then][value=cart]")
        buyer.key("Enter")
        buyer.tab_to('main a[href$="/checkout"]')
        buyer.key("Enter")
        buyer.type_into("name", home["name"])
        buyer.type_into("phone", phone_of(TEHRAN)[0])
        buyer.tab_to("[name=city]")
        buyer.say("تهران")
        assert buyer.one("[name=city]").input_value() == TEHRAN
        buyer.type_into("street", home["street"])
        buyer.type_into("postcode", home["postcode"])
        buyer.key("Enter")
        assert buyer.path == "/checkout/delivery"
        buyer.tab_to("[name=method]")
        buyer.page.keyboard.press("ArrowDown")
        buyer.key("Enter")
        buyer.tab_to("[name=method]")
        buyer.page.keyboard.press("Space")
        buyer.page.keyboard.press("ArrowDown")
        assert buyer.count("[name=method][value=cash_by_arrangement]:checked") == 1
        buyer.tab_to("main form.panel button")
        buyer.key("Enter")
        buyer.tab_to("[name=terms]")
        buyer.page.keyboard.press("Space")
        buyer.tab_to("#place button")
        buyer.key("Enter")
        assert buyer.count("main .state .badge") == 1
