"""Finding the sentences of the program and keeping catalogs in step."""

from pathlib import Path

import polib
import pytest
from jinja2 import TemplateSyntaxError

from shop.i18n.extract import (
    ROOT,
    Key,
    Message,
    create,
    extract,
    merge,
    plural_forms,
    read_catalog,
    write_catalog,
)


def program(root: Path, python: str = "", html: str = "") -> Path:
    """Lay out a small program to extract from."""
    (root / "translations").mkdir()
    cfg = (ROOT / "translations" / "babel.cfg").read_text("utf-8")
    (root / "translations" / "babel.cfg").write_text(cfg, "utf-8")
    (root / "shop" / "templates").mkdir(parents=True)
    (root / "shop" / "a.py").write_text(python, "utf-8")
    (root / "shop" / "templates" / "b.html").write_text(html, "utf-8")
    return root


def catalog(code: str, *entries: polib.POEntry) -> polib.POFile:
    po = polib.POFile()
    po.extend(entries)
    return po


def test_every_keyword_is_found_in_python(tmp_path: Path) -> None:
    code = (
        'T("Hello {name}", name=L("friend"))\nTP("button", "Order")\n'
        'TN("One", "{count} many", 2)\n'
    )

    found = extract(program(tmp_path, code))

    keys = [
        (None, "Hello {name}"),
        (None, "friend"),
        ("button", "Order"),
        (None, "One"),
    ]
    assert list(found) == [Key(*key) for key in keys]
    assert found[Key(None, "One")].plural == "{count} many"


def test_every_keyword_is_found_in_templates(tmp_path: Path) -> None:
    page = (
        "{{ card(T('Inner {x}', x=T('Nested'))|plain) }}"
        "{{ TP('tab', 'Cart') }}{{ TN('One', '{count} many', n) }}"
    )

    found = extract(program(tmp_path, "", page))

    assert set(found) == {
        Key(None, "Inner {x}"),
        Key(None, "Nested"),
        Key("tab", "Cart"),
        Key(None, "One"),
    }


def test_a_comment_for_translators_comes_along(tmp_path: Path) -> None:
    found = extract(program(tmp_path, '# Translators: on a parcel\nT("Label")\n'))

    assert found[Key(None, "Label")].comments == ["on a parcel"]


def test_a_sentence_in_two_files_is_one_message(tmp_path: Path) -> None:
    found = extract(program(tmp_path, 'T("Cart")\n', "{{ T('Cart') }}"))

    assert found[Key(None, "Cart")].files == ["shop/a.py", "shop/templates/b.html"]


def test_a_broken_template_stops_the_extraction(tmp_path: Path) -> None:
    with pytest.raises(TemplateSyntaxError):
        extract(program(tmp_path, "", "{{ T('x' }}"))


def test_update_keeps_every_translation() -> None:
    po = catalog("fa", polib.POEntry(msgid="Cart", msgstr="سبد خرید"))

    changes = merge(po, "fa", [Message(Key(None, "Cart")), Message(Key(None, "Order"))])

    assert changes.added == 1
    assert [(e.msgid, e.msgstr) for e in po] == [("Cart", "سبد خرید"), ("Order", "")]


def test_a_sentence_that_goes_and_comes_back_has_its_translation() -> None:
    po = catalog("fa", polib.POEntry(msgid="Cart", msgstr="سبد خرید"))

    gone = merge(po, "fa", [])
    back = merge(po, "fa", [Message(Key(None, "Cart"))])

    assert (gone.removed, back.revived) == (1, 1)
    assert [(e.msgstr, e.obsolete) for e in po] == [("سبد خرید", 0)]


def test_a_sentence_never_translated_leaves_nothing_behind() -> None:
    po = catalog("fa", polib.POEntry(msgid="Cart"))

    merge(po, "fa", [])

    assert len(po) == 0


def test_a_plural_gets_the_forms_of_its_language() -> None:
    message = Message(Key(None, "One item"), "{count} items")
    counts = {}
    for code in ("zh", "fa", "en"):
        po = catalog(code)
        merge(po, code, [message])
        counts[code] = po[0].msgstr_plural

    assert counts == {
        "zh": {0: ""},
        "fa": {0: "", 1: ""},
        "en": {0: "One item", 1: "{count} items"},
    }


def test_a_second_update_changes_no_byte(tmp_path: Path) -> None:
    path = create("ar", tmp_path)
    messages = [
        Message(Key("tab", "Cart"), files=["shop/a.py"], comments=["short"]),
        Message(Key(None, "One"), "{count} items", files=["shop/a.py"]),
    ]
    for _ in range(2):
        po = read_catalog(path)
        merge(po, "ar", messages)
        write_catalog(po, path)
        first = path.read_bytes()

    po = read_catalog(path)
    merge(po, "ar", messages)
    write_catalog(po, path)

    assert path.read_bytes() == first
    assert not list(path.parent.glob("*.new"))


def test_a_new_language_takes_its_plural_rule_from_cldr(tmp_path: Path) -> None:
    po = read_catalog(create("ar", tmp_path))

    assert po.metadata["Plural-Forms"].startswith("nplurals=6;")
    assert plural_forms("fa") == "nplurals=2; plural=(n > 1);"


def test_a_language_that_exists_is_not_begun_again(tmp_path: Path) -> None:
    create("ar", tmp_path)

    with pytest.raises(FileExistsError):
        create("ar", tmp_path)
