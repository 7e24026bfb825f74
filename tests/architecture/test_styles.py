"""One stylesheet for both directions, small, with a dark twin for every colour."""

import gzip
import re
from pathlib import Path

import pytest

import shop

STATIC = Path(shop.__file__).parent / "static"
SHEETS = ("shop.css", "account.css", "admin.css")
BUDGET = {"shop.css": 40_000, "account.css": 10_000, "admin.css": 10_000}
#: The arrow of a select is a background, which knows no logical side.
PHYSICAL_ALLOWED = ("no-repeat right .9rem", "background-position: left .9rem")


def css(name: str) -> str:
    """Return a stylesheet without its comments and the two allowed sides."""
    text = (STATIC / "css" / name).read_text(encoding="utf-8")
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    for allowed in PHYSICAL_ALLOWED:
        text = text.replace(allowed, "")
    return text


@pytest.mark.parametrize("name", SHEETS)
def test_no_rule_knows_left_from_right(name: str) -> None:
    assert re.findall(r"(?<![-\w])(?:left|right)(?![-\w])", css(name)) == []
    sided = r"(?:margin|padding|border|inset)-(?:left|right)|(?:left|right)-radius"
    assert re.findall(sided, css(name)) == []


@pytest.mark.parametrize("name", SHEETS)
def test_every_rule_stands_in_a_layer(name: str) -> None:
    rest = re.sub(r"@font-face\s*\{[^}]*\}|@layer [^{;]*;", "", css(name))
    depth = 0
    for piece in re.split(r"([{}])", rest):
        if depth == 0 and piece.strip() and piece not in "{}":
            assert piece.strip().startswith("@layer"), piece
        depth += {"{": 1, "}": -1}.get(piece, 0)


@pytest.mark.parametrize("name", SHEETS)
def test_a_stylesheet_keeps_its_budget(name: str) -> None:
    assert (STATIC / "css" / name).stat().st_size <= BUDGET[name]


def test_all_stylesheets_together_fit_into_14_kb_compressed() -> None:
    sizes = [
        len(gzip.compress((STATIC / "css" / name).read_bytes(), 9)) for name in SHEETS
    ]

    assert sum(sizes) <= 14 * 1024


def test_every_colour_of_the_light_palette_that_text_uses_has_a_dark_twin() -> None:
    light, dark = re.findall(r":root \{(.*?)\}", css("shop.css"), flags=re.S)[:2]
    colours = set(re.findall(r"(--[a-z0-9-]+): #", light))
    # Bands that are dark in both palettes, and the saffron of the clock.
    same = {"--night", "--night-2", "--saffron"}

    assert colours - set(re.findall(r"(--[a-z0-9-]+): #", dark)) <= same


def test_the_font_the_icons_and_the_script_stay_small() -> None:
    assert (STATIC / "fonts" / "vazirmatn-400-800.woff2").stat().st_size <= 22_000
    assert (STATIC / "img" / "icons.svg").stat().st_size <= 11 * 1024
    assert (STATIC / "js" / "shop.js").stat().st_size <= 4 * 1024
