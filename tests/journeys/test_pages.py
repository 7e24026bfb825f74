"""Every page anybody may open, in each language: it fits, it is right, axe is quiet."""

from collections.abc import Callable

import pytest

from tests.journeys.browsing import NARROW, WIDE, Mode, Visit
from tests.journeys.people import Owner, Shopper, plain

PUBLIC = {
    "/": 200,
    "/c/phones": 200,
    "/c/phones?sort=price": 200,
    "/search?q=A7": 200,
    "/search?q=zzzzqqqq": 200,
    "/p/1": 200,
    "/p/4": 200,
    "/cart": 200,
    "/region": 200,
    "/help/": 200,
    "/help/terms": 200,
    "/orders/": 200,
    "/owner/sign-in": 200,
    "/nothing-here": 404,
    "/p/999999": 404,
}
LABELS = {
    "/search?q=zzzzqqqq": "search_nothing",
    "/p/4": "product_soon",
    "/p/999999": "product_404",
    "/nothing-here": "404",
}


@pytest.mark.parametrize("lang", ["zh", "fa", "en"])
def test_every_public_page(
    visit: Callable[[str, Mode], Visit], lang: str, mode: Mode
) -> None:
    with visit(lang, mode) as reader:
        for path, status in PUBLIC.items():
            reader.open(path, status=status, label=LABELS.get(path, ""))


@pytest.mark.parametrize("lang", ["zh", "fa", "en"])
def test_every_room_of_the_desk(
    owner: Callable[..., Owner], lang: str, mode: Mode
) -> None:
    with owner(lang, mode) as desk:
        desk.sign_in()
        rooms = desk.page.locator(".rail nav a").evaluate_all(
            "all => all.map(one => one.getAttribute('href'))"
        )
        for room in rooms:
            desk.open(room.removeprefix(f"/{lang}"))
        desk.open("/owner/?tab=all")
        orders = desk.page.locator('th a[href*="/owner/orders/"]')
        if orders.count():
            desk.press(orders.first)
            if desk.count('form[action$="/reveal"]'):
                desk.do("reveal", "owner_order_revealed")
        cancels = desk.page.locator('main a[href$="/cancel"]')
        if cancels.count():
            desk.press(cancels.first)


@pytest.mark.parametrize("lang", ["zh", "fa"])
def test_a_form_that_is_wrong_says_where(
    shopper: Callable[..., Shopper], lang: str, mode: Mode
) -> None:
    with shopper(lang, mode) as buyer:
        buyer.open("/p/9")
        buyer.fill_one("#buy [name=quantity]", "0")
        buyer.press("#buy [name=then][value=cart]", status=422, label="product_wrong")
        assert plain(buyer.one("#buy [name=quantity]").input_value()) == "0"
        buyer.fill_one("#buy [name=quantity]", "1")
        buyer.put_in_cart()
        buyer.to_checkout()
        buyer.fill(phone="۱۲۳", street="")
        buyer.press(
            "#address button:not([name])", status=422, label="checkout_address_wrong"
        )
        assert buyer.count("[aria-invalid=true]") >= 3
        assert buyer.one("main [name=phone]").input_value() == "۱۲۳"
        for link in buyer.page.locator(".errors a").all():
            target = (link.get_attribute("href") or "#?").removeprefix("#")
            assert buyer.count(f'[id="{target}"]') == 1
        if mode is WIDE:
            focused = buyer.page.evaluate("() => document.activeElement.className")
            assert "errors" in focused
        buyer.open("/orders/")
        buyer.press("main form.panel button", status=422, label="lookup_wrong")


def test_lines_of_a_cart_change_and_go(
    shopper: Callable[..., Shopper], mode: Mode
) -> None:
    with shopper("fa", mode) as buyer:
        for product in (9, 11):
            buyer.open(f"/p/{product}")
            buyer.put_in_cart()
        more = buyer.page.locator(".line [name=step][value='1']").first
        buyer.press(more)
        assert buyer.one(".line [name=quantity]").first.input_value() == "۲"
        if mode is NARROW:
            buyer.fill_one(buyer.page.locator(".line [name=quantity]").first, "٣")
            buyer.press(buyer.page.locator(".line noscript button").first)
            assert buyer.one(".line [name=quantity]").first.input_value() == "۳"
        buyer.press(buyer.page.locator(".line [name=remove]").first, label="cart_undo")
        assert buyer.count(".line") == 1
        buyer.press('.note form[action$="/cart/add"] button')
        assert buyer.count(".line") == 2
