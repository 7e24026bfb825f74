"""Reading what people type into the boxes of a list."""

import pytest

from shop.web.storefront.lists import NotANumber, minor_of, plain_number


@pytest.mark.parametrize(
    ("typed", "currency", "minor"),
    [
        ("", "CNY", None),
        ("4999", "CNY", 499_900),
        ("4,999.50", "CNY", 499_950),
        ("４９９９．５", "CNY", 499_950),
        ("0.05", "USD", 5),
        ("۸۹٬۹۰۰٬۰۰۰", "IRR", 899_000_000),
        ("٨٩٬٩٠٠٬٠٠٠", "IRR", 899_000_000),
        ("۱۲٫۵", "IRR", 125),
        ("1.50", "IRR", 15),
        ("\u200f۵\u200e ", "IRR", 50),
    ],
)
def test_an_amount_is_read_as_people_speak_it(
    typed: str, currency: str, minor: int | None
) -> None:
    assert minor_of(typed, currency) == minor


@pytest.mark.parametrize(
    "typed", ["cheap", "-1", "1.234", "1..2", "1e3", "²", "9" * 20, "1.555"]
)
def test_anything_else_is_no_amount(typed: str) -> None:
    with pytest.raises(NotANumber):
        minor_of(typed, "CNY")


def test_a_measure_keeps_its_point() -> None:
    assert plain_number("۶٫۷") == "6.7"
