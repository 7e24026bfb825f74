"""Isfahan, in Persian: a transfer from card to card, with its receipt."""

from collections.abc import Callable

from tests.journeys.browsing import Mode
from tests.journeys.people import ISFAHAN, Owner, Shopper, plain, tracking_number


def test_a_transfer_refused_once_sent_again_and_confirmed(
    shopper: Callable[..., Shopper], owner: Callable[..., Owner], mode: Mode
) -> None:
    with shopper("fa", mode) as buyer, owner("fa", mode) as desk:
        buyer.open("/")
        buyer.find("هدفون", product_id=8)
        buyer.put_in_cart()
        buyer.to_checkout()
        buyer.answer_address(ISFAHAN)
        buyer.answer_delivery()
        assert buyer.refusal("cash_by_arrangement")
        buyer.answer_payment("card_transfer")
        buyer.place()
        assert buyer.path.endswith("/pay")
        assert buyer.count(".card-number") == 1
        buyer.send_receipt("۱۲", "۲۵:۰۰", status=422)
        assert buyer.count("[aria-invalid=true]") >= 1
        buyer.send_receipt(tracking_number(), "۰۰:۰۱", label="order_pay_sent")
        buyer.press(
            buyer.page.locator('main a.btn[href*="/orders/"]'), label="order_checking"
        )
        buyer.remember()
        number = buyer.order.number
        assert buyer.count("main h1 ~ .tag.pre") == 1

        desk.sign_in()
        desk.take(number, tab="receipts")
        picture = desk.page.locator(".receipt-picture img")
        assert picture.evaluate("e => e.naturalWidth") > 100
        desk.do("receipt/reject", "owner_order_wrong_reject", status=422)
        desk.do("receipt/reject", "owner_order_rejected", reason="مبلغ یکی نیست")
        buyer.look_again("order_rejected")
        assert "مبلغ یکی نیست" in buyer.text()
        buyer.read_message("مبلغ یکی نیست")

        buyer.press(buyer.page.locator('main a[href$="/pay"]').first)
        assert "مبلغ یکی نیست" in buyer.text("main [role=alert]")
        transfer = tracking_number()
        buyer.send_receipt(transfer, "۰۰:۰۲", label="order_pay_sent")
        desk.take(number, tab="receipts")
        desk.do("receipt/confirm", "owner_order_confirmed")
        buyer.look_again("order_confirmed")
        assert plain(transfer) in plain(buyer.text("section[aria-labelledby=payment]"))

        desk.do("pack")
        desk.do("ship", carrier="post", tracking="311234567890")
        buyer.read_message("311234567890")
        desk.do("delivered")
        buyer.look_again("order_delivered")
        assert buyer.steps >= 8

        _one_piece_comes_back(buyer, desk)


def _one_piece_comes_back(buyer: Shopper, desk: Owner) -> None:
    """Return a piece by its receipt number; its money goes back by hand."""
    buyer.ask_for_return("لبهٔ هدفون شکسته است.")
    assert "لبهٔ هدفون شکسته است." in buyer.text()
    desk.take(buyer.order.number, tab="returns")
    desk.do("return/accept", "owner_order_refund", note="به نشانی فروشگاه بفرستید")
    buyer.read_message("به نشانی فروشگاه بفرستید")
    desk.press("main form.panel button", label="owner_order_refund_shown")
    shown = plain(desk.text("main .sum dd .price"))
    desk.press("main form button[data-once]", label="owner_order_refunded")
    desk.do("refund", reference="۷۷۸۸۹۹۰۰")
    buyer.look_again("order_refunded")
    assert shown in plain(buyer.text("section[aria-labelledby=history]"))
    buyer.read_message(buyer.order.number, count=8)
