"""Imports go downstairs; rules know no database; the sandbox stands alone.

The floors are the contracts of ``pyproject.toml``, held by import-linter; what
it cannot say is read from the source here.
"""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHOP = ROOT / "shop"
MODULES = sorted(SHOP.rglob("*.py"))
RULES = [path for path in MODULES if path.name == "rules.py"]
#: Who may read the clock: the edges, and the clients that stamp a signed call.
CLOCKS = ("web/current.py", "cli/", "sandbox/", "running/", "payments/protocol.py")
#: Who may commit: the edges, and the maker of large shops for measurements.
COMMITS = (
    "web/", "cli/", "payments/", "notifications/", "db.py", "sandbox/",
    "inventory/generate.py",
)  # fmt: skip


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imports(path: Path) -> Iterator[str]:
    """Yield every module or name that a file imports, at any depth."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def inside(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def test_the_contracts_of_the_floors_hold() -> None:
    # A process of its own: the tool silences every log of the one it runs in.
    code = "from importlinter.cli import lint_imports_command as run; run()"
    result = subprocess.run(
        [sys.executable, "-c", code, "--no-cache", "--no-logo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stdout


def test_every_feature_has_its_floor() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    layers = contracts["tool"]["importlinter"]["contracts"][0]["layers"]
    named = set(re.findall(r"\w+", " ".join(layers)))
    beside = {"sandbox", "templates", "static", "migrations"}

    rooms = {path.parent.name for path in SHOP.glob("*/__init__.py")}

    assert rooms - named - beside == set()


@pytest.mark.parametrize("path", RULES, ids=name_of)
def test_rules_know_no_database_and_no_web(path: Path) -> None:
    outside = ("flask", "sqlalchemy", "wtforms", "shop.db", "shop.web")

    assert [n for n in imports(path) if any(inside(n, o) for o in outside)] == []


def test_the_sandbox_imports_nothing_of_the_shop() -> None:
    found = {
        name_of(path): name
        for path in MODULES
        if "sandbox" in path.parts
        for name in imports(path)
        if inside(name, "shop") and not inside(name, "shop.sandbox")
    }

    assert found == {}


def test_nobody_in_the_shop_imports_the_sandbox() -> None:
    found = {
        name_of(path): name
        for path in MODULES
        if "sandbox" not in path.parts
        for name in imports(path)
        if inside(name, "shop.sandbox")
    }

    assert found == {}


def test_the_clock_is_read_at_the_edges_only() -> None:
    reading = re.compile(
        r"\b(?:datetime\.(?:now|utcnow|today)|date\.today|time\.time)\("
    )
    found = [
        name_of(path)
        for path in MODULES
        if not str(path.relative_to(SHOP)).startswith(CLOCKS)
        and reading.search(path.read_text("utf-8"))
    ]

    assert found == []


def test_only_the_edges_open_a_transaction() -> None:
    opening = re.compile(r"\bwith transaction\(\)|\bdb\.session\.commit\(\)")
    found = [
        name_of(path)
        for path in MODULES
        if not str(path.relative_to(SHOP)).startswith(COMMITS)
        and opening.search(path.read_text("utf-8"))
    ]

    assert found == []
