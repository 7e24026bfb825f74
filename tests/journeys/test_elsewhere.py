"""Language and region are two questions: read in one, buy in the other."""

from collections.abc import Callable

from tests.journeys.browsing import NARROW, WIDE
from tests.journeys.people import NANNING, TEHRAN, Owner, Shopper, plain


def test_a_chinese_reader_buys_in_iran(
    shopper: Callable[..., Shopper], owner: Callable[..., Owner]
) -> None:
    with shopper("zh", WIDE) as buyer, owner("en", WIDE) as desk:
        buyer.open("/")
        buyer.find("手机", product_id=3)
        buyer.put_in_cart()
        yuan = buyer.text("main .line form")
        buyer.move_to("ir")
        assert buyer.path == "/cart"
        assert buyer.count("main .note") >= 2, "another region, another price"
        assert buyer.text("main .line form") != yuan
        buyer.to_checkout()
        buyer.answer_address(TEHRAN)
        buyer.answer_delivery()
        buyer.answer_payment("gateway")
        buyer.place()
        buyer.pay()
        trace = buyer.copied(1)
        buyer.open_order("order_in_iran")
        buyer.read_message(trace)

        desk.sign_in()
        desk.take(buyer.order.number, tab="pack")
        desk.do("pack")
        desk.do("ship", carrier="post", tracking="411234567890")
        desk.do("delivered")
        buyer.look_again("order_in_iran_delivered")
        assert buyer.steps >= 5


def test_a_persian_reader_buys_in_china(
    shopper: Callable[..., Shopper], owner: Callable[..., Owner]
) -> None:
    with shopper("fa", NARROW) as buyer, owner("en", NARROW) as desk:
        buyer.open("/")
        buyer.find("گوشی", product_id=3)
        buyer.put_in_cart()
        buyer.move_to("cn")
        assert buyer.count("main .note") >= 2, "another region, another price"
        buyer.to_checkout()
        buyer.answer_address(NANNING)
        buyer.answer_delivery()
        assert "5,000" not in buyer.text(), "digits are the reader's"
        buyer.answer_payment("alipay")
        buyer.place()
        buyer.pay()
        trace = buyer.copied(1)
        buyer.open_order("order_in_china")
        assert trace in plain(buyer.text())

        desk.sign_in()
        desk.take(buyer.order.number, tab="pack")
        desk.do("pack")
        desk.do("ship", carrier="ems", tracking="511234567890")
        desk.do("delivered")
        buyer.look_again("order_in_china_delivered")
        assert buyer.steps >= 5
