"""Who is greeted in which language, by the table of ``reference/i18n.md`` 1.14."""

import pytest

from shop.i18n.negotiate import negotiate

TWO = ("zh", "fa")
THREE = ("zh", "fa", "zh-hant")

TABLE = [
    ("zh-CN", "zh", "zh"),
    ("zh-CN,zh;q=0.9,en;q=0.8", "zh", "zh"),
    ("zh", "zh", "zh"),
    ("zh-Hans", "zh", "zh"),
    ("zh-Hans-CN", "zh", "zh"),
    ("zh-SG", "zh", "zh"),
    ("zh-TW", "zh", "zh-hant"),
    ("zh-TW,zh;q=0.9,en-US;q=0.8", "zh", "zh-hant"),
    ("zh-HK", "zh", "zh-hant"),
    ("zh-Hant-HK", "zh", "zh-hant"),
    ("zh-MO", "zh", "zh-hant"),
    ("zh-cmn-Hans-CN", "zh", "zh"),
    ("cmn-CN", "zh", "zh"),
    ("yue-HK", "zh", "zh-hant"),
    ("yue", "zh", "zh-hant"),
    ("zh-yue-HK", "zh", "zh-hant"),
    ("zh-CHT", "zh", "zh-hant"),
    ("fa", "fa", "fa"),
    ("fa-IR", "fa", "fa"),
    ("fa-IR,fa;q=0.9,en;q=0.8", "fa", "fa"),
    ("fa-AF", "fa", "fa"),
    ("prs", "fa", "fa"),
    ("prs-AF", "fa", "fa"),
    ("pes", "fa", "fa"),
    ("ps-AF,prs;q=0.8", "fa", "fa"),
    ("ar", "default", "default"),
    ("ar,fa;q=0.5", "fa", "fa"),
    ("en-US,en;q=0.9,zh-CN;q=0.3", "zh", "zh"),
    ("en,fa;q=0", "default", "default"),
    ("*", "default", "default"),
    ("de,*;q=0.5", "default", "default"),
    ("", "default", "default"),
    ("fa;q=abc", "default", "default"),
    ("x" * 5000, "default", "default"),
    ("FA-ir", "fa", "fa"),
    ("fa-u-ca-persian-nu-latn", "fa", "fa"),
]


@pytest.mark.parametrize(("header", "two", "three"), TABLE)
def test_the_header_finds_the_nearest_language(
    header: str, two: str, three: str
) -> None:
    assert negotiate(header, None, TWO, "default") == two
    assert negotiate(header, None, THREE, "default") == three


def test_the_cookie_beats_the_header() -> None:
    assert negotiate("en", "fa", TWO, "zh") == "fa"


@pytest.mark.parametrize("cookie", ["", "xx", "../../etc/passwd", "FA", "zh_CN"])
def test_a_hostile_cookie_counts_for_nothing(cookie: str) -> None:
    assert negotiate("", cookie, TWO, "zh") == "zh"


def test_the_higher_quality_wins_over_the_order() -> None:
    assert negotiate("zh;q=0.4, fa;q=0.8", None, TWO, "default") == "fa"


def test_english_is_greeted_in_english_where_there_is_english() -> None:
    assert negotiate("en-US,en;q=0.9", None, ("zh", "fa", "en"), "zh") == "en"


def test_a_later_exact_region_is_preferred() -> None:
    assert negotiate("pt-BR", None, ("pt", "pt-br"), "pt") == "pt-br"
