"""What an order's page keeps for its buyer: the money, its numbers, the receipt."""

import re
from datetime import datetime
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from shop.db import db, transaction, write
from shop.fulfilment import service as fulfilment
from shop.i18n import formats
from shop.i18n.digits import digits_only
from shop.i18n.reader import reading
from shop.kernel.money import Money
from shop.orders.models import Order
from shop.orders.states import OrderState
from shop.payments import collect, refunds, review, transfer
from shop.payments.refunds import Wanted
from shop.payments.rows import attempts_of
from tests.catalogue.test_media import picture as drawn
from tests.conftest import Clock
from tests.notifications import make as message
from tests.notifications.make import Carriers
from tests.web.checkout.walk import Shopper, stock_teapots
from tests.web.owner import make
from tests.web.storefront.shop import words


@pytest.fixture
def fa(client: FlaskClient, now: datetime) -> Shopper:
    """Return a reader of Isfahan with a teapot to buy and a card to pay to."""
    stock_teapots()
    make.with_card(now)
    return Shopper(client, "fa")


@pytest.fixture
def zh(client: FlaskClient) -> Shopper:
    """Return a Chinese reader with a teapot to buy."""
    stock_teapots()
    return Shopper(client)


def the_order() -> Order:
    db.session.rollback()
    return db.session.scalars(select(Order)).one()


def pairs(html: str) -> dict[str, list[str]]:
    """Return what stands behind each label of a page's lists, in order."""
    found: dict[str, list[str]] = {}
    for label, value in re.findall(
        r"<dt[^>]*>(.*?)</dt>\s*<dd[^>]*>(.*?)</dd>", html, re.DOTALL
    ):
        found.setdefault(words(label).strip(), []).append(words(value).strip())
    return found


def placed(shopper: Shopper, method: str, option: str = "") -> str:
    """Order a teapot; return the address of the order's page."""
    answer = shopper.place(shopper.review(method, option))
    return (answer.location or "").removesuffix("/pay")


def test_every_component_of_the_price_stands_on_the_order(zh: Shopper) -> None:
    """S74: goods, freight and the surcharge of a remote place make the total."""
    zh.add()
    zh.fill(city="650100", district="650102")
    page = zh.client.get(placed(zh, "cash_on_delivery", "cash")).text

    order = the_order()
    shown = words(page)
    with reading("zh"):
        for row in order.amounts:
            if row.amount_minor:
                money = formats.money(Money(row.amount_minor, "CNY"))
                assert money in shown, row.kind
        assert formats.money(order.total) in shown
    kinds = {row.kind: row.amount_minor for row in order.amounts}
    assert kinds["remote"] > 0
    assert sum(kinds.values()) == order.total_minor


def test_the_order_shows_what_came_and_what_went_back(
    zh: Shopper, now: datetime, clock: Clock
) -> None:
    """S96: each movement with its amount, its day and its number."""
    zh.add()
    zh.fill()
    where = placed(zh, "cash_on_delivery", "cash")
    order = the_order()
    attempt = attempts_of(order.id)[0].id
    write(lambda: review.confirm(attempt, "staff:1", now, None, "POS-20261121"))
    wanted = Wanted(Money(4_000, "CNY"), "chipped", "staff:1", "form-1")
    refund = write(lambda: refunds.request(attempt, wanted, now)).id
    write(lambda: refunds.approve(refund, now))
    clock.forward(days=1)
    write(
        lambda: refunds.decide_by_hand(
            refund, happened=True, who="staff:1", reference="BACK-77", now=clock.now
        )
    )

    shown = pairs(zh.client.get(where).text)

    with reading("zh", "Asia/Shanghai"):
        assert shown["已支付"] == [formats.money(Money(19_900, "CNY"))]
        assert shown["已退款"] == [formats.money(Money(4_000, "CNY"))]
    assert any("POS-20261121" in one for one in shown["交易号"])
    assert any("BACK-77" in one for one in shown["交易号"])
    assert len(set(shown["时间"])) == 2, "two days"


def test_a_transfer_asks_for_the_exact_amount_and_the_number_as_its_note(
    fa: Shopper,
) -> None:
    """S109: to the rial, with the order's number, until a time."""
    fa.add()
    fa.fill(city="040122")
    page = fa.client.get(placed(fa, "card_transfer") + "/pay").text

    order = the_order()
    shown = words(page)
    assert "6037991199500590" in page
    assert order.number in pairs(page)["شرح واریز"][0]
    rials = re.search(r"([۰-۹٬]+) ریال", shown)
    assert rials is not None
    assert int(digits_only(rials[1])) == order.total_minor
    assert order.pay_by_at is not None
    with reading("fa", "Asia/Tehran"):
        assert formats.clock_time(order.pay_by_at) in shown


def test_a_receipt_stays_with_its_order(fa: Shopper, clock: Clock) -> None:
    """S112: after it was confirmed, too; nobody else gets it."""
    fa.add()
    fa.fill(city="040122")
    where = placed(fa, "card_transfer")
    clock.forward(minutes=5)
    sent = fa.client.post(
        f"{where}/receipt",
        data={
            "tracking_number": "۱۲۳۴۵۶۷۸",
            "last_four": "7893",
            "paid_on": "2026-11-21",
            "paid_at": "11:20",
            "picture": (BytesIO(drawn()), "receipt.png"),
        },
        content_type="multipart/form-data",
    )
    assert sent.status_code == 303
    order = the_order()
    receipt = transfer.receipts_of(order.id)[0].id
    with transaction():
        transfer.confirm(receipt, "staff:1", clock.now)
    page = fa.client.get(where).text

    link = re.search(rf'href="({re.escape(where)}/receipt/[^"]+)"', page)
    assert the_order().state == OrderState.ACCEPTED
    assert link is not None
    kept = fa.client.get(link[1])
    assert (kept.status_code, kept.mimetype) == (200, "image/webp")
    assert kept.headers["Cache-Control"] == "private, no-store"
    fa.add()
    fa.fill(city="040122")
    other = fa.place(fa.review("card_transfer")).location or ""
    strange = other.removesuffix("/pay") + "/receipt/" + link[1].rpartition("/")[2]
    assert fa.client.get(strange).status_code == 404


def test_a_parcel_has_carrier_number_and_link_on_the_order(
    zh: Shopper, now: datetime
) -> None:
    """S31."""
    zh.add()
    zh.fill()
    where = placed(zh, "cash_on_delivery", "cash")
    order = the_order()
    write(lambda: fulfilment.start_packing(order, "staff:1", now))
    write(lambda: fulfilment.ship(order, "sf", "SF7712345", "staff:1", now))

    page = zh.client.get(where).text

    assert "顺丰" in page
    assert "SF7712345" in words(page)
    assert re.search(r'href="https://www\.sf-express\.com/[^"]*SF7712345"', page)


def test_nothing_is_begun_again_for_an_order_that_is_paid(
    fa: Shopper, clock: Clock
) -> None:
    """S11: paid once, taken on once, and the button is gone."""
    fa.add()
    fa.fill(city="040122")
    where = placed(fa, "card_transfer")
    order = the_order()
    attempt = attempts_of(order.id)[0].id
    write(lambda: review.confirm(attempt, "staff:1", clock.now))

    page = fa.client.get(where).text

    assert the_order().state == OrderState.ACCEPTED
    assert f'href="{where}/pay"' not in page
    assert [one.id for one in attempts_of(order.id)] == [attempt]
    assert collect.result(attempt).state == "paid"


def test_what_was_sent_stands_on_the_order(
    fa: Shopper, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S71: the words of the text message, for who wonders whether it was ours."""
    carriers = Carriers()
    carriers.install(monkeypatch)
    fa.add()
    fa.fill(city="040122")
    where = placed(fa, "card_transfer")
    message.work(clock)

    page = fa.client.get(where).text

    (sent,) = carriers.sms.sent
    shown = re.findall(r'<p class="message"[^>]*>(.*?)</p>', page, re.DOTALL)
    first = sent.text.splitlines()[1]
    assert first
    assert any(first in words(one) for one in shown)
