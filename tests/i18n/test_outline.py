"""Clauses are numbered by the habit of the reader, from structure."""

import pytest

from shop.i18n.outline import outline
from shop.i18n.reader import reading


@pytest.mark.parametrize(
    ("language", "path", "number"),
    [
        ("zh", (1,), "一、"),
        ("zh", (10,), "十、"),
        ("zh", (12,), "十二、"),
        ("zh", (20,), "二十、"),
        ("zh", (1, 3), "（三）"),
        ("zh", (1, 3, 2), "2."),
        ("fa", (1,), "الف)"),
        ("fa", (2, 1), "ب-۱"),
        ("fa", (1, 2, 10), "الف-۲-۱۰"),
        ("fa", (40,), "۴۰)"),
        ("en", (1,), "1."),
        ("en", (1, 2, 3), "1.2.3."),
    ],
)
def test_a_clause_has_the_number_its_place_gives(
    language: str, path: tuple[int, ...], number: str
) -> None:
    with reading(language):
        assert outline(path) == number
