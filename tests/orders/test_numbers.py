"""Order numbers and secret links cannot be guessed, and typos are caught."""

import pytest

from shop.orders.numbers import (
    link_token,
    new_number,
    read_number,
    seal_is_right,
    split_token,
)

KEY = b"k" * 32


def test_a_number_has_ten_digits_and_never_begins_with_zero() -> None:
    numbers = [new_number() for _ in range(200)]

    assert all(len(n) == 10 and n.isdigit() and n[0] != "0" for n in numbers)
    assert len(set(numbers)) == len(numbers)


def test_a_number_is_read_in_any_digits_and_spacing() -> None:
    number = new_number()
    persian = number.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))

    assert read_number(f" {persian[:5]} {persian[5:]}\u200c") == number


@pytest.mark.parametrize("place", range(10))
def test_one_wrong_digit_is_noticed(place: int) -> None:
    number = new_number()
    wrong = str((int(number[place]) + 1) % 10)

    assert read_number(number[:place] + wrong + number[place + 1 :]) is None


@pytest.mark.parametrize("typed", ["", "12", "abc", "12345678901", "💥"])
def test_what_is_no_number_is_none(typed: str) -> None:
    assert read_number(typed) is None


def test_a_link_opens_its_own_order_only() -> None:
    token = link_token(KEY, "4829103746", 1)
    number, seal = split_token(token) or ("", "")

    assert number == "4829103746"
    assert seal_is_right(KEY, number, 1, seal)
    assert not seal_is_right(KEY, "4829103747", 1, seal)


def test_a_new_version_revokes_the_old_link() -> None:
    _, seal = split_token(link_token(KEY, "4829103746", 1)) or ("", "")

    assert not seal_is_right(KEY, "4829103746", 2, seal)


@pytest.mark.parametrize(
    "token", ["", "x", "4829103746", "۴۸۲۹۱۰۳۷۴۶" + "a" * 22, "1" * 99]
)
def test_what_cannot_be_a_token_is_none(token: str) -> None:
    assert split_token(token) is None
