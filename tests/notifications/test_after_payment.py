"""S30: one message after the payment, with everything the buyer wants to know."""

import re

import pytest

from shop.i18n import formats
from shop.i18n.reader import reading
from shop.orders.states import EventKind, PromiseKind
from tests.conftest import Clock
from tests.notifications import make
from tests.notifications.make import Carriers


@pytest.mark.parametrize("language", ["zh", "fa", "en"])
def test_it_names_number_amount_date_and_link_in_the_orders_language(
    carriers: Carriers, clock: Clock, language: str
) -> None:
    order = make.order(
        clock.now, "cn", language=language, method="cash_on_delivery", option="cash"
    )
    make.quiet(order, clock.now)
    make.happen(order, EventKind.PAID, clock.now)
    ship = next(one for one in order.promises if one.kind == PromiseKind.SHIP)

    make.work(clock)
    make.work(clock)

    (sent,) = carriers.sms.sent
    text = sent.text
    with reading(language):
        amount = formats.money(order.total).replace("\u00a0", " ")
        day = formats.day(ship.due_on)
    assert order.number in text
    assert amount in text
    assert day in text
    assert re.search(rf"/{language}/orders/{order.number}\S+$", text)
