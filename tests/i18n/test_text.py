"""Sentences: filled by type, isolated, escaped, and never broken by a catalog."""

import ast
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from shop.i18n import catalog
from shop.i18n.extract import ROOT
from shop.i18n.reader import reading
from shop.i18n.text import FSI, PDI, TN, TP, L, Ltr, T
from shop.kernel.money import Money

HEADER = (
    'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n'
    '"Plural-Forms: {forms}\\n"\n\n'
)
FORMS = {"fa": "nplurals=2; plural=(n > 1);", "zh": "nplurals=1; plural=0;"}
Write = Callable[[str, str], None]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Return a function that writes the catalog of a language."""
    monkeypatch.setattr(catalog, "TRANSLATIONS", tmp_path)
    monkeypatch.setattr(catalog, "_loaded", {})

    def put(language: str, entries: str) -> None:
        folder = tmp_path / language / "LC_MESSAGES"
        folder.mkdir(parents=True, exist_ok=True)
        text = HEADER.replace("{forms}", FORMS[language]) + entries
        (folder / "messages.po").write_text(text, "utf-8")

    return put


def entry(msgid: str, msgstr: str) -> str:
    return f'msgid "{msgid}"\nmsgstr "{msgstr}"\n\n'


def test_a_sentence_without_translation_is_said_in_english(write: Write) -> None:
    write("fa", "")

    with reading("fa"):
        assert str(T("Your cart is empty")) == "Your cart is empty"


def test_a_value_is_escaped_and_isolated_in_html() -> None:
    html = T("Hello {name}", name="<b>x</b>").__html__()

    assert html == "Hello <bdi>&lt;b&gt;x&lt;/b&gt;</bdi>"


def test_a_value_is_isolated_in_plain_text() -> None:
    assert str(T("Hello {name}", name="x")) == f"Hello {FSI}x{PDI}"


def test_a_code_stands_left_to_right() -> None:
    html = T("Order {number}", number=Ltr("AN-7")).__html__()

    assert html == 'Order <bdi dir="ltr">AN-7</bdi>'


def test_a_sentence_in_a_sentence_is_escaped_once() -> None:
    inner = T("{a} & {b}", a="<", b="y")

    html = T("Only {what}", what=inner).__html__()

    assert html == "Only <bdi>&lt;</bdi> &amp; <bdi>y</bdi>"


def test_values_are_written_as_the_reader_writes_them() -> None:
    values = {
        "count": 1304,
        "price": Money(450_000_000, "IRR"),
        "day": date(2026, 11, 24),
        "at": datetime(2026, 11, 24, 14, 30, tzinfo=UTC),
    }
    with reading("fa", "Asia/Tehran"):
        said = [str(T("{x}", x=value)).strip(FSI + PDI) for value in values.values()]

    assert said == [
        "۱٬۳۰۴", "۴۵٬۰۰۰٬۰۰۰\u00a0تومان", "سه‌شنبه ۳ آذر", "سه‌شنبه ۳ آذر، ساعت ۱۸:۰۰",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "msgstr", ["سلام {nam}", "سلام {name} {other}", "سلام {price}"]
)
def test_a_broken_placeholder_shows_the_english_sentence(
    write: Write, msgstr: str
) -> None:
    write("fa", entry("Hello {name}", msgstr))

    with reading("fa"):
        assert str(T("Hello {name}", name="x")) == f"Hello {FSI}x{PDI}"


@pytest.mark.parametrize("msgstr", ["100% رایگان", "%(name)s", "{", "}{", "{}", "{0}"])
def test_no_translation_breaks_a_page(write: Write, msgstr: str) -> None:
    write("fa", entry("Free", msgstr))

    with reading("fa"):
        assert str(T("Free")) == msgstr


def test_a_translation_brings_no_tag_but_the_allowed_ones(write: Write) -> None:
    write("fa", entry("Free", "<b>رایگان</b><script>x</script><i onclick=y>"))

    with reading("fa"):
        html = T("Free").__html__()

    assert html == ("<b>رایگان</b>&lt;script&gt;x&lt;/script&gt;&lt;i onclick=y&gt;")


def test_a_context_tells_two_words_apart(write: Write) -> None:
    write(
        "zh",
        'msgctxt "button"\nmsgid "Order"\nmsgstr "下单"\n\n' + entry("Order", "订单"),
    )

    with reading("zh"):
        assert str(TP("button", "Order")) == "下单"
        assert str(T("Order")) == "订单"


PLURALS = {
    "fa": 'msgid "One item"\nmsgid_plural "{count} items"\n'
    'msgstr[0] "یک کالا"\nmsgstr[1] "{count} کالا"\n',
    "zh": 'msgid "One item"\nmsgid_plural "{count} items"\n'
    'msgstr[0] "{count} 件商品"\n',
}


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("fa", ["یک کالا", "یک کالا", "۲ کالا"]),
        ("zh", ["0 件商品", "1 件商品", "2 件商品"]),
    ],
)
def test_plurals_follow_the_language(
    write: Write, language: str, said: list[str]
) -> None:
    write(language, PLURALS[language])

    with reading(language):
        found = [str(TN("One item", "{count} items", n)) for n in (0, 1, 2)]

    assert [text.replace(FSI, "").replace(PDI, "") for text in found] == said


def test_a_fuzzy_translation_reaches_no_reader(write: Write) -> None:
    write("fa", "#, fuzzy\n" + entry("Cart", "سبد"))

    with reading("fa"):
        assert str(T("Cart")) == "Cart"


def test_a_saved_catalog_is_read_on_the_next_page(write: Write) -> None:
    write("fa", entry("Cart", "سبد"))
    with reading("fa"):
        before = str(T("Cart"))

    write("fa", entry("Cart", "سبد خرید"))
    with reading("fa"):
        assert (before, str(T("Cart"))) == ("سبد", "سبد خرید")


def test_a_lazy_sentence_is_said_when_it_is_shown(write: Write) -> None:
    write("fa", entry("Cart", "سبد خرید"))
    label = L("Cart")

    with reading("fa"):
        assert str(label) == "سبد خرید"
    assert str(label) == "Cart"


def test_every_sentence_of_the_program_is_a_literal() -> None:
    """A sentence made at run time is in no catalog; L() has no values to escape."""
    wrong = []
    for path in sorted((ROOT / "shop").rglob("*.py")):
        if path.parent.name == "i18n":
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            needed = {"T": 1, "L": 1, "TP": 2, "TN": 2}.get(node.func.id)
            if needed is None:
                continue
            said = node.args[:needed]
            literal = all(
                isinstance(arg, ast.Constant) and isinstance(arg.value, str)
                for arg in said
            )
            if (
                len(said) < needed
                or not literal
                or (node.func.id == "L" and node.keywords)
            ):
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}")

    assert wrong == []
