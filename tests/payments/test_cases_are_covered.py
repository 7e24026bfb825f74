"""Every case of ``docs/cases.md`` has its tests, by number, and no test has two."""

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from shop.payments.provider import all_providers

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "cases.md"
CASES = range(1, 56)
ROW = re.compile(r"^\| (\d\d) \| (.+) \| (.+) \| (.+) \| (.+) \|$", re.MULTILINE)


@cache
def rows() -> dict[int, tuple[list[str], str]]:
    """Return the tests a row names and what fails without the guard, by case."""
    text = PAGE.read_text("utf-8").partition("\n## ")[0]
    return {
        int(number): (re.findall(r"`(tests/[^`]+)`", tests), fails)
        for number, _what, _where, tests, fails in ROW.findall(text)
    }


@cache
def written() -> dict[int, list[str]]:
    """Return the tests whose name has the number of a case."""
    found: dict[int, list[str]] = {number: [] for number in CASES}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        if "node_modules" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.FunctionDef):
                continue
            if named := re.match(r"test_case_(\d+)_", node.name):
                name = f"{path.relative_to(ROOT)}::{node.name}"
                found.setdefault(int(named[1]), []).append(name)
    return found


def test_there_are_fifty_five_cases_and_no_other_numbers() -> None:
    assert sorted(rows()) == list(CASES)
    assert sorted(written()) == list(CASES)


@pytest.mark.parametrize("number", CASES)
def test_a_case_names_its_own_tests(number: int) -> None:
    named, fails = rows()[number]

    assert named, "a case without a test"
    assert set(named) <= set(written()[number])
    assert fails.strip()


def test_no_test_stands_for_two_cases() -> None:
    named = Counter(one for tests, _fails in rows().values() for one in tests)

    assert [one for one, count in named.items() if count > 1] == []


def test_what_a_provider_cannot_have_is_said_of_providers_there_are() -> None:
    section = PAGE.read_text("utf-8").partition("\n## ")[2]
    lines = re.findall(r"^\| \d.* \| (.+) \| (.+) \|$", section, re.MULTILINE)
    families = {code.partition("_")[0] for code in all_providers()}

    assert lines
    for providers, why in lines:
        assert why.strip()
        words = re.findall(r"[a-z_]+", providers)
        assert {one.partition("_")[0] for one in words} & families, providers
