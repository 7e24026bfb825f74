"""Tehran, in Persian: the bank's page first, then cash by arrangement."""

from collections.abc import Callable

from tests.journeys.browsing import Mode
from tests.journeys.people import TEHRAN, Owner, Shopper, plain


def test_paid_at_the_bank_and_followed_to_the_door(
    shopper: Callable[..., Shopper], owner: Callable[..., Owner], mode: Mode
) -> None:
    with shopper("fa", mode) as buyer, owner("fa", mode) as desk:
        buyer.open("/")
        buyer.find("گوشي", product_id=2)  # with an Arabic ye
        buyer.choose("A7-INK-256", "A7-INK-512")
        buyer.put_in_cart("۱")
        buyer.to_checkout()
        buyer.answer_address(TEHRAN)
        buyer.answer_delivery()
        assert buyer.refusal("card_transfer")
        buyer.answer_payment("gateway")
        buyer.place()
        buyer.pay()

        assert buyer.path.endswith("/result")
        trace = buyer.copied(1)
        buyer.open_order("order_paid")
        number = buyer.order.number
        assert trace in plain(buyer.text())
        assert buyer.count("main .note.ok") == 1, "paid before delivery: priority"
        buyer.read_message(trace)

        desk.sign_in()
        desk.take(number, tab="pack")
        assert desk.count("main .row .tag.hot")
        desk.do("pack", "owner_order_packing")
        desk.do("ship", "owner_order_shipped", carrier="post", tracking="۲۱۱۲۳۴۵۶۷۸۹۰")
        buyer.look_again("order_shipped")
        assert buyer.count('main a[href*="211234567890"]') == 1
        buyer.read_message("211234567890")
        desk.do("delivered", "owner_order_delivered")
        buyer.look_again("order_delivered")
        assert buyer.steps >= 5
        buyer.read_message(buyer.order.link, count=4)


def test_cash_at_the_arranged_day_and_hour(
    shopper: Callable[..., Shopper], owner: Callable[..., Owner], mode: Mode
) -> None:
    with shopper("fa", mode) as buyer, owner("fa", mode) as desk:
        buyer.open("/")
        buyer.press(buyer.page.locator('main a[href*="/c/"]').first)
        buyer.press(buyer.page.locator('main .card a[href*="/p/3/"]').first)
        buyer.put_in_cart("۲")
        buyer.to_checkout()
        buyer.answer_address(TEHRAN)
        buyer.answer_delivery("post")
        buyer.answer_payment("cash_by_arrangement")
        buyer.place()
        buyer.open_order("order_waiting")
        number = buyer.order.number
        assert buyer.count("main .tag.pre"), "it waits for our call"
        buyer.read_message(buyer.order.link)

        desk.sign_in()
        desk.take(number, tab="arrange")
        desk.do("arrange", "owner_order_wrong", status=422, hour="۲۵:۰۰")
        assert desk.count("[aria-invalid=true]") == 2
        days = desk.page.locator("#arrange-day option")
        day = days.nth(2).get_attribute("value") or ""
        desk.do("arrange", "owner_order_arranged", day=day, hour="۱۶:۳۰")
        buyer.look_again("order_arranged")
        assert "16:30" in plain(buyer.text("section[aria-labelledby=history]"))
        assert "16:30" in plain(buyer.read_message(buyer.order.link, count=2))

        desk.do("pack")
        desk.do("ship", carrier="own")
        desk.do("delivered")
        assert desk.count("main .row .tag.ok") < 2, "delivered, and not paid yet"
        desk.do("money", "owner_order_cash")
        buyer.look_again("order_cash")
        assert buyer.count("section[aria-labelledby=payment] dd") >= 3
        buyer.read_message(buyer.order.link, count=4)
