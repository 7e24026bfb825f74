"""The habits of the templates: no logic, no loose words, icons that exist."""

import re
from pathlib import Path

import pytest

import shop

ROOT = Path(shop.__file__).parent
TEMPLATES = sorted(
    path for path in (ROOT / "templates").rglob("*.html") if path.parts[-2] != "email"
)
NAMES = [str(path.relative_to(ROOT / "templates")) for path in TEMPLATES]
JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.S)
WORD = re.compile(r"[A-Za-z\u0600-\u06ff\u4e00-\u9fff]{2,}")


def source(name: str) -> str:
    """Return the text of a template."""
    return (ROOT / "templates" / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_every_word_goes_through_the_catalogue(name: str) -> None:
    bare = JINJA.sub("", source(name))
    shown = re.sub(r"<!--.*?-->|<[^>]*>|[a-z-]+=\"[^\"]*\"", " ", bare, flags=re.S)

    assert WORD.findall(shown) == []


@pytest.mark.parametrize("name", NAMES)
def test_attributes_that_are_read_aloud_are_plain(name: str) -> None:
    spoken = re.findall(
        r"(?:aria-label|title|placeholder|alt|data-done)=\"\{\{([^}]*)\}\}",
        source(name),
    )

    for expression in spoken:
        assert "|plain" in expression or "T(" not in expression, expression


@pytest.mark.parametrize("name", NAMES)
def test_a_template_asks_nothing_and_builds_no_address(name: str) -> None:
    text = source(name)

    for forbidden in (
        "url_for",
        "request.",
        "session",
        "current_user",
        "|safe",
        "config",
    ):
        assert forbidden not in text, forbidden


@pytest.mark.parametrize("name", NAMES)
def test_a_page_compares_no_states(name: str) -> None:
    if name.startswith(
        "components/"
    ):  # a component may ask what kind of field it draws
        return

    assert re.findall(r"\{% (?:el)?if [^%]*==", source(name)) == []


def test_every_icon_named_anywhere_is_in_the_sprite() -> None:
    sprite = (ROOT / "static" / "img" / "icons.svg").read_text(encoding="utf-8")
    there = set(re.findall(r'<symbol id="([^"]+)"', sprite))

    for name in NAMES:
        named = set(re.findall(r'icon\("([^"]+)"\)', source(name)))
        assert named <= there, (name, named - there)


def test_every_page_template_is_in_the_gallery() -> None:
    from tests.web.gallery import PAGES

    shown = {template for template, _ in PAGES.values()}
    pages = {
        name
        for name in NAMES
        if "/" in name
        and not name.startswith(("components/", "translator/", "account/"))
        and not name.split("/")[-1].startswith("_")
    }

    assert pages <= shown
