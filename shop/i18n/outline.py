"""Numbers of nested clauses by the reader's habit, made from structure (S116)."""

from shop.i18n.digits import to_persian
from shop.i18n.reader import reader

_ABJAD = ("الف", *"بجدهوزحطیکلمنسعفصقر")
_HAN = "零一二三四五六七八九"


def outline(path: tuple[int, ...]) -> str:
    """Write the number of the clause at ``path``, counted from 1.

    Chinese: 一、 then （一） then 1. — Persian: الف) then الف-۱ then الف-۱-۲ —
    else 1. then 1.1. then 1.1.2.
    """
    who = reader().language
    if who.code == "zh":
        return _chinese(path)
    if who.digits == "persian":
        first = _ABJAD[path[0] - 1] if path[0] <= len(_ABJAD) else str(path[0])
        if len(path) == 1:  # و alone would read as "and"
            return to_persian(f"{first})")
        return to_persian("-".join([first, *(str(part) for part in path[1:])]))
    return ".".join(str(part) for part in path) + "."


def _chinese(path: tuple[int, ...]) -> str:
    if len(path) == 1:
        return f"{_han(path[0])}、"
    if len(path) == 2:
        return f"（{_han(path[1])}）"
    return ".".join(str(part) for part in path[2:]) + "."


def _han(value: int) -> str:
    tens, ones = divmod(value, 10)
    head = ("" if tens == 1 else _HAN[tens]) + "十" if tens else ""
    return head + (_HAN[ones] if ones or not tens else "")
