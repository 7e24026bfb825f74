"""Digits people type, by the table of ``reference/i18n.md`` 2.4."""

import pytest

from shop.i18n.digits import digits_only, to_ascii, to_int, to_persian


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("۱۲۳", 123), ("١٢٣", 123), ("１２３", 123), (" 7 ", 7), ("۱٬۲۰۰", 1200),
        ("1,200", 1200), ("۱۲\u200c", 12), ("\u2068۱۲\u2069", 12), ("0", 0),
    ],
)  # fmt: skip
def test_a_number_in_any_digits_is_read(typed: str, value: int) -> None:
    assert to_int(typed) == value


@pytest.mark.parametrize(
    "typed",
    ["1_2", "²", "①", "½", "", "۱۲٫۵", "1.2", "+5", "-5", "७", "1,2", "1,2000", "1e3",
     "9" * 16, "０x1", "یک"],
)  # fmt: skip
def test_what_is_no_whole_number_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        to_int(typed)


def test_only_digits_change() -> None:
    assert to_ascii("۰۹۱۲-٣٤٥ ６７ ²") == "0912-345 67 ²"
    assert to_persian("0912-۳") == "۰۹۱۲-۳"
    assert digits_only("+۹۸ (912) ٣٤") == "9891234"
