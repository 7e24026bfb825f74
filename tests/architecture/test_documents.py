"""What is written about the shop is true: settings, commands, packages, links."""

import ast
import re
import subprocess
from functools import cache
from pathlib import Path
from pkgutil import resolve_name

import pytest

from shop.cli import COMMANDS
from shop.config import SETTINGS, Setting

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
REQUIREMENTS = ROOT / "docs" / "requirements.md"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")
ROW = re.compile(r"^\| ([SNC]\d+) \| (.+) \| (.+) \| (.+) \|$", re.MULTILINE)
#: What the main job covers, wholly or in its core.
DELIVERED = re.findall(
    r"\w+",
    """
    S3 S4 S5 S11 S18 S20 S21 S22 S23 S24 S26 S27 S28 S29 S30 S31 S32 S33 S35 S36 S37
    S38 S41 S44 S51 S53 S55 S73 S74 S80 S84 S96 S99 S100 S101 S103 S105 S106 S108 S109
    S110 S111 S112 S113 S114 S117 S118 S119 S120 N1 N2 N3 N5 N6 N16 N19 N20 N23 N24
    N25 N30 C42 C43 C44 C70 C71 C72 C73 C74 C75 C76 C77 C78 C79 C80 C81 C82 C83 C84
    C85 C86 C87
    """,
)


def rows() -> dict[str, tuple[str, str, str]]:
    text = REQUIREMENTS.read_text("utf-8")
    return {
        number: (what, page, test) for number, what, page, test in ROW.findall(text)
    }


@cache
def functions(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text("utf-8"))
    return frozenset(n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef))


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=lambda s: s.name)
def test_every_setting_has_its_line(setting: Setting) -> None:
    line = f"| `{setting.name}` | `{setting.env}` | {setting.default_text} | "

    assert line + f"{setting.sentence} |" in README


def test_no_line_is_about_a_setting_that_is_gone() -> None:
    named = re.findall(r"^\| `\w+` \| `([A-Z_]+)` \|", README, re.MULTILINE)

    assert named == [setting.env for setting in SETTINGS.values()]


def test_every_command_has_its_line() -> None:
    section = README.partition("### Command line")[2].partition("### ")[0]

    assert re.findall(r"^\| `([a-z-]+)` \|", section, re.MULTILINE) == list(COMMANDS)


def test_every_package_has_its_reason() -> None:
    text = (ROOT / "requirements.txt").read_text("utf-8")
    asked_for, _, brought = text.partition("# What those bring along")
    names = re.findall(r"^([\w.-]+)(?:\[\w+\])?==", asked_for, re.MULTILINE)
    section = README.partition("## What it stands on")[2].partition("\n## ")[0]
    cells = re.findall(r"^\| ([^|]+) \| [^|]+ \|$", section, re.MULTILINE)
    reasoned = {name.strip() for cell in cells for name in cell.split(",")}

    assert brought
    assert set(names) == reasoned - {"package"}


def test_every_package_is_pinned() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        for line in (ROOT / name).read_text("utf-8").splitlines():
            if line and not line.startswith(("#", "-r ")):
                assert re.fullmatch(r"[\w.-]+(\[\w+\])?==[\w.]+", line), line


def test_every_target_of_make_is_named() -> None:
    text = (ROOT / "Makefile").read_text("utf-8")
    for target in re.findall(r"^([a-z-]+):.*## ", text, re.MULTILINE):
        assert target == "help" or f"make {target}" in README, target


def is_there(command: str) -> bool:
    """Say whether a command of a document names something that exists."""
    if found := re.fullmatch(
        r"python -m ([\w.]+)((?: [a-z]+)?)(?: --count \d+)?", command
    ):
        folder = ROOT / found[1].replace(".", "/")
        file = folder.with_suffix(".py")
        file = file if file.exists() else folder / "__main__.py"
        part = found[2].strip()
        text = file.read_text("utf-8")
        return '"--count"' in text and (not part or f'"{part}": {part}.' in text)
    if found := re.fullmatch(r"flask shop ([a-z-]+)((?: --[a-z]+)?)", command):
        known = resolve_name(COMMANDS[found[1]]).params
        options = {name for one in known for name in one.opts}
        return not found[2] or found[2].strip() in options
    found = re.fullmatch(r"(?:[A-Z_]+=\d+ )?pytest (\S+)", command)
    return bool(found and (ROOT / found[1]).exists())


def test_the_commands_for_the_careful_are_there() -> None:
    section = README.partition("## For the careful")[2].partition("\n## ")[0]
    commands = re.findall(r"^\| .+ \| `(.+)` \|$", section, re.MULTILINE)

    assert len(commands) >= 10
    assert [one for one in commands if not is_there(one)] == []
    assert not is_there("python -m tests.proof hopes --count 1")
    assert not is_there("flask shop doctor --nothing")
    assert not is_there("pytest tests/nothing.py")


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text("utf-8")

    assert [to for to in LINK.findall(text) if not (page.parent / to).exists()] == []


@pytest.mark.parametrize("number", DELIVERED)
def test_a_delivered_requirement_is_seen_and_held(number: str) -> None:
    what, page, _ = rows()[number]

    assert what.strip()
    assert page.strip()


@pytest.mark.parametrize("number", rows())
def test_the_test_that_holds_it_exists(number: str) -> None:
    tests = re.findall(r"`([^`]+)`", rows()[number][2])

    assert tests
    for test in tests:
        file, _, name = test.partition("::")
        assert (ROOT / file).exists(), test
        assert not name or name in functions(ROOT / file), test


def test_the_tree_names_no_machine() -> None:
    places = "|".join(("work", "tmp", "root", "home"))
    listed = subprocess.run(
        ["git", "grep", "-lIE", rf"(^|[\"'= ])/({places})/"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert listed.returncode in {0, 1, 128}, listed.stderr
    assert listed.stdout.split() == []


def test_the_licence_is_the_one_that_was_chosen() -> None:
    text = (ROOT / "LICENSE").read_text("utf-8")

    assert text.startswith("BSD 3-Clause License")
    assert "The Anar authors" in text
