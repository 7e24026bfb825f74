"""What texts and queries are cut into."""

import pytest

from shop.search.terms import fold, index_terms, pinyin_terms, plain, sku_term, words


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("شيائومي ١٥", "شیایومی 15"),
        ("كتاب", "کتاب"),
        ("شمارهٔ سفارش", "شماره سفارش"),
        ("مُسواک", "مسواک"),
        ("خودکـار", "خودکار"),
        ("آیفون", "ایفون"),
        ("５０Ｌ背包", "50l背包"),
        ("開心果", "开心果"),
        ("Café", "cafe"),
        ("\u2067کتاب\u2069\u200e", "کتاب"),
        ("۲۰٬۰۰۰", "20000"),
        ("1,299", "1299"),
        ("۱٫۷", "1٫7"),
    ],
)
def test_one_letter_has_one_form(typed: str, folded: str) -> None:
    assert fold(typed) == folded


@pytest.mark.parametrize(
    ("typed", "runs"),
    [
        ("小米15", ["小米", "15"]),
        ("iphone15", ["iphone", "15"]),
        ("红米note13", ["红米", "note", "13"]),
        ("T恤", ["t", "恤"]),
        ("Type-C 数据线", ["type", "c", "数据线"]),
        ("مانیتور ۴K", ["مانیتور", "4", "k"]),
        ("گوشی ها", ["گوشی"]),
        ("گوشیها", ["گوشی"]),
        ("گوشی\u200cهای", ["گوشی"]),
        ("پسته\u200cی اکبری", ["پسته", "اکبری"]),
        ("بی\u200cسیم", ["بیسیم"]),
        ("", []),
        ("!؟ … 。", []),
    ],
)
def test_a_text_is_cut_where_the_script_changes(typed: str, runs: list[str]) -> None:
    assert [word.text for word in words(typed)] == runs


def test_a_half_space_leaves_the_whole_and_its_parts() -> None:
    assert {"بیسیم", "بی", "سیم"} <= index_terms("هدفون بی\u200cسیم")


def test_a_short_word_keeps_what_looks_like_a_plural() -> None:
    assert [word.text for word in words("تنها")] == ["تنها"]


def test_chinese_is_found_by_each_character_and_pair() -> None:
    assert {"手", "机", "壳", "手机", "机壳"} <= index_terms("手机壳")
    assert "手壳" not in index_terms("手机壳")


def test_pinyin_knows_phrases() -> None:
    assert {"~chongqing", "~yinhang"} <= pinyin_terms("重庆") | pinyin_terms("银行")
    assert "#sjk" in pinyin_terms("手机壳")


@pytest.mark.parametrize(
    ("typed", "term"),
    [
        ("AN-A7-256", "=ana7256"),
        ("an a7 256", "=ana7256"),
        ("ＡＮ－۷", "=an7"),
        ("phone", ""),
        ("手机15", ""),
        ("7", ""),
    ],
)
def test_a_sku_is_found_however_it_is_spaced(typed: str, term: str) -> None:
    assert sku_term(typed) == term


def test_a_rare_script_becomes_a_term_that_no_database_cuts() -> None:
    assert plain("ไทย") == "ue44e17e22"
    assert plain("گوشی") == "گوشی"
