"""The policies as they are written: all there, whole, and without typed numbers."""

import re

import pytest

from shop.i18n import lint
from shop.markets.parameters import names
from shop.markets.registry import market, markets
from shop.policies import service as policies

LANGUAGES = ("zh", "fa", "en")
HOLE = re.compile(r"\{([^}]*)\}")
FILES = [
    (kind, version, place, language)
    for kind in policies.KINDS
    for version in policies.versions(kind)
    for place in markets()
    for language in LANGUAGES
]
#: Digits that are no promise: ten rials are a toman.
ALLOWED = re.compile(r"1 土曼等于 10 里亚尔")


def text_of(kind: str, version: str, place: str, language: str) -> str:
    path = policies.TEXTS / kind / version / f"{place}.{language}.md"
    return path.read_text("utf-8")


def test_every_kind_has_a_version() -> None:
    assert all(policies.versions(kind) for kind in policies.KINDS)


@pytest.mark.parametrize("key", FILES, ids="-".join)
class TestText:
    """One file: a kind, version, market and language."""

    def test_has_a_title_and_titled_clauses(
        self, key: tuple[str, str, str, str]
    ) -> None:
        lines = text_of(*key).splitlines()
        headings = [line for line in lines if line.startswith("#")]
        assert lines[0].startswith("# ")
        assert lines[0][2:].strip()
        assert len([line for line in headings if line.startswith("## ")]) >= 4
        assert all(re.fullmatch(r"#{1,3} \S.*", line) for line in headings)

    def test_every_clause_has_words(self, key: tuple[str, str, str, str]) -> None:
        blocks = [one for one in text_of(*key).split("\n\n") if one.strip()]
        for above, below in zip(blocks, [*blocks[1:], "#"], strict=True):
            if above.startswith("#"):
                deeper = below.startswith("#" * (above.index(" ") + 1))
                assert deeper or not below.startswith("#")

    def test_names_only_parameters_of_its_market(
        self, key: tuple[str, str, str, str]
    ) -> None:
        known = names(market(key[2]).parameters)
        assert set(HOLE.findall(text_of(*key))) <= set(known)

    def test_types_no_number_itself(self, key: tuple[str, str, str, str]) -> None:
        """A number typed here would go stale when the owner changes it (S117)."""
        plain = ALLOWED.sub("", HOLE.sub("", text_of(*key)))
        assert not re.search(r"[0-9۰-۹]", plain)

    def test_is_spelled_as_the_catalogs_are(
        self, key: tuple[str, str, str, str]
    ) -> None:
        found = lint.lint_text(key[3], "", text_of(*key).strip())
        spelling = [
            one
            for one in found
            if one.rule not in {"newline", "placeholder", "url", "brace"}
        ]
        assert spelling == []


def test_persian_buyers_are_addressed_warmly() -> None:
    """As the shops of the country begin a notice (S115)."""
    (version,) = policies.versions("payment")
    text = text_of("payment", version, "ir", "fa")
    assert "هم‌وطنان عزیز" in text
    assert "همشهریان گرامی" in text
