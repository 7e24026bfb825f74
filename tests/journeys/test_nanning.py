"""Nanning, in Chinese: Alipay, the card reader at the door, the store's counter."""

from collections.abc import Callable

from tests.journeys.browsing import NARROW, Mode
from tests.journeys.people import NANNING, Owner, Shopper, plain


def test_too_dear_for_cash_at_the_door_so_alipay(
    shopper: Callable[..., Shopper], owner: Callable[..., Owner], mode: Mode
) -> None:
    with shopper("zh", mode) as buyer, owner("zh", mode) as desk:
        buyer.open("/")
        buyer.find("手机", product_id=2)
        buyer.choose("A7-INK-256")
        buyer.put_in_cart("２")
        buyer.to_checkout()
        buyer.answer_address(NANNING)
        buyer.answer_delivery("express")
        assert "5,000" in buyer.refusal("cash_on_delivery")
        buyer.answer_payment("alipay")
        buyer.place()
        buyer.pay()

        assert buyer.path.endswith("/result")
        trace = buyer.copied(1)
        buyer.open_order("order_paid")
        number = buyer.order.number
        assert trace in buyer.text()
        buyer.read_message(number)

        desk.sign_in()
        desk.take(number, tab="pack")
        desk.do("pack", "owner_order_packing")
        desk.do("ship", "owner_order_shipped", carrier="sf", tracking="sf1234567890123")
        buyer.look_again("order_shipped")
        assert buyer.count('main a[href*="SF1234567890123"]') == 1
        buyer.read_message("SF1234567890123")
        desk.do("delivered", "owner_order_delivered")
        buyer.look_again("order_delivered")
        assert buyer.steps >= 5


def test_a_card_at_the_door(
    shopper: Callable[..., Shopper], owner: Callable[..., Owner], mode: Mode
) -> None:
    with shopper("zh", mode) as buyer, owner("zh", mode) as desk:
        buyer.open("/")
        buyer.find("蓝牙耳机", product_id=7)
        buyer.choose("BUDS3-INK")
        buyer.put_in_cart("２")
        buyer.to_checkout()
        buyer.answer_address(NANNING)
        buyer.answer_delivery("standard")
        assert not buyer.refusal("cash_on_delivery")
        buyer.answer_payment("cash_on_delivery", "pos")
        buyer.place()
        buyer.open_order("order_to_collect")
        number = buyer.order.number

        desk.sign_in()
        desk.take(number, tab="pack")
        desk.do("slip", "owner_order_slip")
        assert number in plain(desk.text(".slip"))
        desk.press(desk.page.locator(f'main a[href$="/owner/orders/{number}"]'))
        desk.do("pack")
        desk.do("ship", carrier="own")
        desk.do("delivered")
        desk.do("money", "owner_order_cash")
        buyer.look_again("order_cash")
        assert buyer.count("section[aria-labelledby=payment] dd") >= 4


def test_collected_in_the_store_with_a_code(
    shopper: Callable[..., Shopper], owner: Callable[..., Owner]
) -> None:
    with shopper("zh", NARROW) as buyer, owner("zh", NARROW) as desk:
        buyer.open("/")
        buyer.find("水壶", product_id=17)
        buyer.put_in_cart()
        buyer.to_checkout()
        buyer.answer_address(NANNING)
        buyer.answer_delivery("pick_up", "demo-nanning")
        buyer.answer_payment("alipay")
        buyer.place()
        buyer.pay()
        buyer.open_order("order_pick_up")
        number = buyer.order.number

        desk.sign_in()
        desk.take(number, tab="pack")
        desk.do("ready", "owner_order_ready")
        buyer.look_again("order_ready")
        code = plain(buyer.text(".code-box .code")).strip()
        buyer.read_message(code)
        desk.do("hand-over", "owner_order_wrong_code", status=422, code="000001")
        assert desk.count("[aria-invalid=true]") == 1
        desk.do("hand-over", "owner_order_handed_over", code=code)
        buyer.look_again("order_collected")
        assert buyer.steps >= 4
