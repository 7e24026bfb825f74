"""Every accident a translator can have, and the sentences that are right."""

import polib
import pytest

from shop.i18n.extract import Key, Message, extract, plural_forms
from shop.i18n.lint import (
    Finding,
    Term,
    lint_catalog,
    lint_glossary,
    lint_source,
    lint_text,
    read_glossary,
)

BROKEN = [
    ("fa", "Hello {name}", "سلام", "placeholder"),
    ("fa", "Hello {name}", "سلام {nam}", "placeholder"),
    ("fa", "Hello {name}", "سلام {نام}", "brace"),
    ("zh", "Hello {name}", "您好{name", "brace"),
    ("zh", "Hello {name}", "您好｛name｝", "brace"),
    ("zh", "Hello {name}", "您好 {{name}}", "brace"),
    ("fa", "Hello {name}", "سلام %(name)s {name}", "percent"),
    ("fa", "Read <b>this</b>", "این را بخوانید", "tag"),
    ("fa", "Read <b>this</b>", "<b>این</b> را <i>بخوانید</i>", "tag"),
    ("fa", "Read <b>this</b>", "<b>این را بخوانید<b>", "tag"),
    ("fa", "Read <b>this</b>", "</b>این را<b> بخوانید", "tag"),
    ("zh", "Free", "<script>alert(1)</script>", "tag"),
    ("zh", "Read <b>this</b>", '<b onclick="x">看</b>', "tag"),
    ("fa", "Free", "رایگان\u202e", "bidi"),
    ("fa", "Free", "\u2067رایگان\u2069", "bidi"),
    ("fa", "Free", " رایگان", "edge-space"),
    ("fa", "One\nTwo", "یک دو", "newline"),
    ("zh", "See https://example.org/a", "见 https://example.com/a", "url"),
    ("fa", "Cart", "سبد خريد", "arabic-letter"),
    ("fa", "Card", "كارت", "arabic-letter"),
    ("fa", "Order number", "شمارۀ سفارش", "arabic-letter"),
    ("fa", "Three", "٣ عدد", "arabic-digit"),
    ("fa", "Yes, now", "بله, اکنون", "half-width"),
    ("fa", "Why?", "چرا?", "half-width"),
    ("fa", "Books", "کتاب\u200c", "zwnj"),
    ("fa", "Books", "کتاب\u200c\u200cها", "zwnj"),
    ("zh", "Yes, now", "好,现在", "half-width"),
    ("zh", "Colour: red", "颜色: 红", "half-width"),
    ("zh", "Optional (x)", "选填(可不填)", "half-width"),
    ("zh", "Your cart", "你的购物车", "pronoun"),
]
RIGHT = [
    ("fa", "Only {count} left", "فقط {count} عدد مانده"),
    ("zh", "Only {count} left", "仅剩 {count} 件"),
    ("zh", "Choose {field}: <b>{name}</b>", "请选择{field}：<b>{name}</b>"),
    ("zh", "From 14:00 to 16:00", "14:00-16:00"),
    ("fa", "100% cotton", "۱۰۰٪ پنبه"),
    ("fa", "Paid by Alipay, A7 Pro", "پرداخت با Alipay، A7 Pro"),
    ("fa", "Use {a}, {a} again", "{a} و باز {a}"),
    ("zh", "It was {old}, now {new}", "加入时 {old}，现在 {new}"),
    ("fa", "Come back", "به فروشگاه برمی\u200cگردید"),
    ("en", "Cart", "Cart"),
]


def rules(found: list[Finding], level: str = "error") -> set[str]:
    return {finding.rule for finding in found if finding.level == level}


@pytest.mark.parametrize(("language", "msgid", "msgstr", "rule"), BROKEN)
def test_a_broken_sentence_is_an_error(
    language: str, msgid: str, msgstr: str, rule: str
) -> None:
    assert rule in rules(lint_text(language, msgid, msgstr))


@pytest.mark.parametrize(("language", "msgid", "msgstr"), RIGHT)
def test_a_right_sentence_is_left_alone(language: str, msgid: str, msgstr: str) -> None:
    assert lint_text(language, msgid, msgstr) == []


@pytest.mark.parametrize(
    ("language", "msgstr", "rule"),
    [
        ("fa", "3 عدد", "latin-digit"),
        ("fa", "کاربر\u200cها", "zwnj"),
        ("fa", "کنسل شد", "avoided"),
        ("zh", "恢复原价", "avoided"),
        ("zh", "谢谢！", "exclamation"),
        ("zh", "请 选择", "space"),
        ("zh", "Place the order", "copy"),
    ],
)
def test_advice_is_a_warning(language: str, msgstr: str, rule: str) -> None:
    found = lint_text(language, "Place the order", msgstr)

    assert rule in rules(found, "warning")
    assert not rules(found)


def test_an_english_sentence_is_checked_too() -> None:
    bad_tag = Message(Key(None, "Read <i>this</i>"))
    no_count = Message(Key(None, "One item"), "many items")

    assert rules(lint_source(bad_tag)) == {"tag"}
    assert rules(lint_source(no_count)) == {"placeholder"}
    assert lint_source(Message(Key(None, "One item"), "{count} items")) == []


def test_the_agreed_word_is_asked_for() -> None:
    terms = [
        Term("cart", {"zh": "购物车", "fa": "سبد خرید"}),
        Term("add to cart", {"zh": "加入购物车", "fa": "افزودن به سبد خرید"}),
    ]

    assert lint_glossary("zh", "Your carts are empty", "购物车还是空的", terms) == []
    assert len(lint_glossary("zh", "Your cart is empty", "篮子是空的", terms)) == 1
    assert len(lint_glossary("fa", "Add to cart", "افزودن", terms)) == 1
    assert lint_glossary("zh", "Remove {cart}", "删除{cart}", terms) == []


def test_the_glossary_is_read() -> None:
    words = {term.english: term.words["fa"] for term in read_glossary()}

    assert words["cart"] == "سبد خرید"


def po(language: str, *entries: polib.POEntry) -> polib.POFile:
    file = polib.POFile()
    file.metadata = {
        "Language": language,
        "Content-Type": "text/plain; charset=utf-8",
        "Plural-Forms": plural_forms(language),
    }
    file.extend(entries)
    return file


def messages(*keys: str) -> dict[Key, Message]:
    return {Key(None, key): Message(Key(None, key)) for key in keys}


def test_a_whole_catalog_has_nothing_to_put_right() -> None:
    entry = polib.POEntry(msgid="Cart", msgstr="购物车")

    assert lint_catalog("zh", po("zh", entry), messages("Cart")) == []


@pytest.mark.parametrize(
    ("entry", "rule"),
    [
        (polib.POEntry(msgid="Cart", msgstr=""), "missing"),
        (polib.POEntry(msgid="Cart", msgstr="购物车", flags=["fuzzy"]), "fuzzy"),
        (polib.POEntry(msgid="Carts", msgstr="购物车"), "update"),
    ],
)
def test_an_unfinished_catalog_is_an_error(entry: polib.POEntry, rule: str) -> None:
    assert rule in rules(lint_catalog("zh", po("zh", entry), messages("Cart")))


def test_an_english_catalog_is_complete_without_a_word() -> None:
    entry = polib.POEntry(msgid="Cart", msgstr="")

    assert lint_catalog("en", po("en", entry), messages("Cart")) == []


def test_a_sentence_twice_is_an_error() -> None:
    twice = [polib.POEntry(msgid="Cart", msgstr="购物车") for _ in range(2)]

    found = lint_catalog("zh", po("zh", *twice), messages("Cart"))

    assert "duplicate" in rules(found)


def test_the_header_holds_the_constants_of_its_language() -> None:
    wrong = po("fa")
    wrong.metadata["Plural-Forms"] = "nplurals=1; plural=0;"
    wrong.metadata["Language"] = "fa_IR"

    assert rules(lint_catalog("fa", wrong, {})) == {"header"}


PLURAL = {Key(None, "One item"): Message(Key(None, "One item"), "{count} items")}


def plural(*forms: str) -> polib.POEntry:
    return polib.POEntry(
        msgid="One item",
        msgid_plural="{count} items",
        msgstr_plural=dict(enumerate(forms)),
    )


def test_the_form_for_one_may_leave_the_count_out() -> None:
    entry = plural("یک کالا", "{count} کالا")

    assert lint_catalog("fa", po("fa", entry), PLURAL) == []


@pytest.mark.parametrize(
    ("language", "entry", "rule"),
    [
        ("zh", plural("一件商品"), "placeholder"),
        ("fa", plural("یک کالا", "چند کالا"), "placeholder"),
        ("fa", plural("یک کالا", "{num} کالا"), "placeholder"),
        ("fa", plural("یک کالا", ""), "plural"),
        ("fa", plural("یک کالا"), "plural"),
    ],
)
def test_a_broken_plural_is_an_error(
    language: str, entry: polib.POEntry, rule: str
) -> None:
    assert rule in rules(lint_catalog(language, po(language, entry), PLURAL))


def test_the_english_of_the_program_is_right() -> None:
    found = [
        finding for message in extract().values() for finding in lint_source(message)
    ]

    assert [(f.key, f.text) for f in found if f.level == "error"] == []
