"""``flask shop translate``, on catalogs of its own."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from shop.cli import translate
from shop.i18n import extract
from shop.i18n.extract import Key, Message

MESSAGES = [
    Message(Key(None, "Cart"), files=["shop/a.py"]),
    Message(Key(None, "One item"), "{count} items", ["shop/a.py"]),
]


@pytest.fixture
def catalogs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the commands work on an empty zh and en in a folder of their own."""

    def path(code: str, folder: Path = tmp_path) -> Path:
        return tmp_path / code / "LC_MESSAGES" / "messages.po"

    monkeypatch.setattr(extract, "catalog_path", path)
    monkeypatch.setattr(extract, "extract", lambda: {m.key: m for m in MESSAGES})
    monkeypatch.setattr(translate, "_codes", lambda: ["zh", "en"])
    for code in ("zh", "en"):
        extract.create(code)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(translate.translate, arguments)


def fill(catalogs: Path, said: str, plural: str) -> None:
    path = extract.catalog_path("zh")
    po = extract.read_catalog(path)
    po.find("Cart").msgstr = said
    po.find("One item").msgstr_plural = {0: plural}
    extract.write_catalog(po, path)


def test_update_brings_every_sentence_into_every_language(catalogs: Path) -> None:
    assert "zh: 2 new, 0 back, 0 gone" in run("update").output

    po = extract.read_catalog(extract.catalog_path("zh"))
    assert [entry.msgid for entry in po] == ["Cart", "One item"]


def test_an_untranslated_catalog_fails_the_check(catalogs: Path) -> None:
    run("update")

    result = run("check")

    assert result.exit_code == 1
    assert "zh: error: missing: “Cart” not translated" in result.output
    assert "en: 0 errors" in result.output


def test_a_whole_catalog_passes_the_check(catalogs: Path) -> None:
    run("update")
    fill(catalogs, "购物车", "{count} 件商品")

    result = run("check")

    assert result.exit_code == 0, result.output


def test_a_file_that_is_no_catalog_is_named(catalogs: Path) -> None:
    extract.catalog_path("zh").write_text('msgid "Cart\n', "utf-8")

    assert "line 1 is not closed" in run("update").output
    assert "syntax" in run("check").output


def test_stats_count_what_is_done(catalogs: Path) -> None:
    run("update")
    fill(catalogs, "购物车", "")

    rows = [line.split() for line in run("stats").output.splitlines()]

    assert rows[1:] == [
        ["zh", "2", "1", "1", "0", "0"],
        ["en", "2", "2", "0", "0", "0"],
    ]


def test_a_new_language_begins_with_every_sentence(catalogs: Path) -> None:
    assert run("init", "ar").exit_code == 0

    po = extract.read_catalog(extract.catalog_path("ar"))
    assert len(po) == 2
    assert len(po.find("One item").msgstr_plural) == 6
    assert run("init", "ar").exit_code == 1


def test_prune_forgets_what_is_no_longer_said(
    catalogs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("update")
    fill(catalogs, "购物车", "{count} 件商品")
    monkeypatch.setattr(extract, "extract", dict)

    run("update")
    kept = len(extract.read_catalog(extract.catalog_path("zh")))
    run("update", "--prune")

    assert (kept, len(extract.read_catalog(extract.catalog_path("zh")))) == (2, 0)
