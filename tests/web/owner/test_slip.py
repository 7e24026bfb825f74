"""The packing slip: no prices, what to collect and how, a bar code that scans."""

from datetime import datetime

import pytest
from flask.testing import FlaskClient

from shop.web.owner import barcode
from tests.orders import make as orders
from tests.web.owner import make
from tests.web.owner.make import actions


@pytest.mark.parametrize(("option", "said"), [("cash", "in cash"), ("pos", "by card")])
def test_the_slip_says_what_to_collect_and_how(
    desk: FlaskClient, now: datetime, option: str, said: str
) -> None:
    """S27: cash or card reader stands on the slip."""
    order = orders.order(now, method="cash_on_delivery", option=option)
    make.begun(order, "cash_on_delivery", now, kind=option)
    text = desk.get(f"/en/owner/orders/{order.number}/slip").text
    assert "Collect" in text
    assert "¥100" in text
    assert said in text
    assert text.count("¥") == 1


def test_a_paid_order_collects_nothing(desk: FlaskClient, now: datetime) -> None:
    order = make.on_delivery(now)
    desk.post(f"/en/owner/orders/{order.number}/money")
    text = desk.get(f"/en/owner/orders/{order.number}/slip").text
    assert "Collect" not in text
    assert "¥" not in text


def test_the_whole_address_is_for_who_opened_the_slip(
    desk: FlaskClient, now: datetime
) -> None:
    order = make.on_delivery(now)
    url = f"/zh/owner/orders/{order.number}/slip"
    assert "民族大道" not in desk.get(url).text
    assert desk.post(url).status_code == 303
    assert "民族大道" in desk.get(url).text
    assert actions() == ["order.slip"]


def test_the_bar_code_is_code_128_of_the_number(
    desk: FlaskClient, now: datetime
) -> None:
    order = make.on_delivery(now)
    answer = desk.get(f"/en/owner/orders/{order.number}/barcode.svg")
    assert answer.mimetype == "image/svg+xml"
    assert answer.text == barcode.drawing(order.number)


def test_code_128_of_a_known_text() -> None:
    """The worked example of the standard's check sum: start C, 12, 34."""
    assert barcode.values("1234") == [105, 12, 34, (105 + 12 + 2 * 34) % 103]


def read_back(digits: str) -> str:
    """Read bars as a scanner does: widths to values, check sign, pairs of digits."""
    drawn = barcode.bars(digits)
    ends = [start + width for start, width in drawn]
    widths = []
    for place, (_, width) in enumerate(drawn):
        widths.append(width)
        if place + 1 < len(drawn):
            widths.append(drawn[place + 1][0] - ends[place])
    signs = [
        "".join(map(str, widths[at : at + 6])) for at in range(0, len(widths) - 7, 6)
    ]
    found = [barcode._WIDTHS.index(sign) for sign in signs]
    assert "".join(map(str, widths[-7:])) == "2331112"
    weighted = found[0] + sum(at * one for at, one in enumerate(found[1:-1], 1))
    assert weighted % 103 == found[-1]
    return "".join(f"{one:02d}" for one in found[1:-1])


@pytest.mark.parametrize(
    "digits", ["0000000000", "1234567890", "9999999999", "4829103746"]
)
def test_the_bars_read_back_as_the_number(digits: str) -> None:
    assert read_back(digits) == digits


def test_every_sign_is_eleven_modules_wide() -> None:
    assert len(barcode._WIDTHS) == 106
    assert len(set(barcode._WIDTHS)) == 106
    assert {sum(map(int, sign)) for sign in barcode._WIDTHS} == {11}


@pytest.mark.parametrize("digits", ["123", "12a4", "۱۲"])
def test_only_an_even_number_of_digits_is_drawn(digits: str) -> None:
    with pytest.raises(ValueError, match=digits):
        barcode.values(digits)
