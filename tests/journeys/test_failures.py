"""What goes wrong at the bank: said why, paid again, found out without the browser."""

from collections.abc import Callable

from tests.journeys.browsing import NARROW, WIDE, Mode
from tests.journeys.people import NANNING, TEHRAN, Shopper
from tests.journeys.running import wait_for


def _to_the_cashier(buyer: Shopper, city: str, product_id: int, method: str) -> None:
    buyer.open(f"/p/{product_id}")
    buyer.put_in_cart()
    buyer.to_checkout()
    buyer.answer_address(city)
    buyer.answer_delivery()
    buyer.answer_payment(method)
    buyer.place()


def test_given_up_at_the_cashier_then_paid(
    shopper: Callable[..., Shopper], mode: Mode
) -> None:
    with shopper("fa", mode) as buyer:
        _to_the_cashier(buyer, TEHRAN, 11, "gateway")
        buyer.pay("cancel")
        assert buyer.path.endswith("/result")
        assert buyer.count("main .state.fail[role=alert]") == 1
        assert buyer.count("main .note.warn") == 1, "why it did not work"
        buyer.press('form[action$="/pay"] button')
        buyer.pay("fail")
        assert buyer.count("main .note.warn") == 1
        buyer.press('main a[href$="/payment-method"]')
        assert buyer.count('[name=method][value="card_transfer"]:disabled') == 1
        buyer.tick('[name=method][value="gateway"]')
        buyer.press("main form.panel button")
        buyer.pay()
        assert buyer.count("main .state .badge") == 1
        buyer.open_order("order_paid_again")
        assert buyer.count("main .tag.ok")


def test_paid_and_the_window_closed(shopper: Callable[..., Shopper]) -> None:
    with shopper("fa", NARROW) as buyer:
        _to_the_cashier(buyer, TEHRAN, 9, "gateway")
        buyer.pay("pay_drop_return")
        text = buyer.shop.message_with(buyer.order.phone, "/orders/")
        link = text.split("/fa")[-1].split()[0].removesuffix("/pay")
        buyer.order.link = link

        def paid() -> bool:
            buyer.open(link, label="order_unsure")
            return buyer.count("section[aria-labelledby=payment] [data-copy]") > 0

        wait_for(paid, seconds=90)
        buyer.open(link + "/result")
        assert buyer.count("main .state .badge") == 1


def test_paid_and_the_notice_came_before_the_buyer(
    shopper: Callable[..., Shopper],
) -> None:
    with shopper("zh", WIDE) as buyer:
        _to_the_cashier(buyer, NANNING, 9, "alipay")
        buyer.pay("pay_drop_return")
        text = buyer.shop.message_with(buyer.order.phone, "/orders/")
        link = text.split("/zh")[-1].split()[0].removesuffix("/pay")

        def paid() -> bool:
            buyer.open(link, label="order_unsure")
            return buyer.count("section[aria-labelledby=payment] [data-copy]") > 0

        wait_for(paid)
