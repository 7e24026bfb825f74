"""Any digits in, one stored form out."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.markets import identifiers
from shop.markets.refusals import (
    NotACard,
    NotAMobile,
    NotAnEmail,
    NotAnIban,
    NotATaxCode,
)

SCRIPTS = ("0123456789", "۰۱۲۳۴۵۶۷۸۹", "٠١٢٣٤٥٦٧٨٩", "０１２３４５６７８９")


@pytest.mark.parametrize(
    "typed",
    [
        "09123456789",
        "۰۹۱۲۳۴۵۶۷۸۹",
        "٠٩١٢ ٣٤٥ ٦٧٨٩",
        "+98 912 345 6789",
        "+۹۸ ۹۱۲ ۳۴۵ ۶۷۸۹",
        "0098 912-345-6789",
        "989123456789",
        "9123456789",
        "\u20660912\u2069\u200c345\u00a06789",
    ],
)
def test_an_iranian_mobile_has_one_stored_form(typed: str) -> None:
    assert identifiers.mobile(typed, "IR") == "+989123456789"


@pytest.mark.parametrize(
    "typed",
    [
        "13812345678",
        "１３８１２３４５６７８",
        "+86 138 1234 5678",
        "＋８６ 138-1234-5678",
        "0086 138 1234 5678",
        "8613812345678",
        "（+86）138 1234 5678",
    ],
)
def test_a_chinese_mobile_has_one_stored_form(typed: str) -> None:
    assert identifiers.mobile(typed, "CN") == "+8613812345678"


@pytest.mark.parametrize(
    ("country", "typed"),
    [
        ("CN", "09123456789"),  # valid there, but a land line
        ("CN", "12812345678"),
        ("CN", "1381234567"),
        ("CN", "+989123456789"),
        ("IR", "13812345678"),
        ("IR", "+8613812345678"),
        ("IR", "02188776655"),
        ("IR", "0912345678"),
        ("IR", "۰۹۱۲۳۴۵۶۷"),
        ("IR", "0912abc6789"),
        ("IR", "²9123456789"),
        ("IR", ""),
        ("", "09123456789"),  # no country said, none known
    ],
)
def test_what_is_no_mobile_of_the_country_is_refused(country: str, typed: str) -> None:
    with pytest.raises(NotAMobile) as refusal:
        identifiers.mobile(typed, country, "0912 345 6789")

    assert refusal.value.example == "0912 345 6789"


@given(st.sampled_from(SCRIPTS), st.integers(0, 9_999_999))
def test_a_stored_mobile_is_read_as_itself(script: str, rest: int) -> None:
    digits = f"0912{rest:07d}"

    stored = identifiers.mobile(
        digits.translate(str.maketrans(SCRIPTS[0], script)), "IR"
    )

    assert stored == f"+98912{rest:07d}"
    assert identifiers.mobile(stored, "IR") == stored
    assert identifiers.mobile(identifiers.show_phone(stored, "IR"), "IR") == stored


@given(st.text(max_size=30))
def test_no_text_breaks_the_reader_of_phones(typed: str) -> None:
    with suppress(NotAMobile):
        assert identifiers.mobile(typed, "IR").startswith("+989")


def test_a_number_is_shown_as_its_country_writes_it() -> None:
    assert identifiers.show_phone("+989123456789", "IR") == "0912 345 6789"
    assert identifiers.show_phone("+8613812345678", "CN") == "138 1234 5678"
    assert identifiers.show_phone("+8613812345678", "IR") == "+86 138 1234 5678"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("Ali@Example.COM", "ali@example.com"),
        ("  ａｂｃ＠example.com ", "abc@example.com"),
        ("li.ming+shop@例子.com", "li.ming+shop@xn--fsqu00a.com"),
    ],
)
def test_an_email_has_one_stored_form(typed: str, stored: str) -> None:
    assert identifiers.email(typed) == stored
    assert identifiers.email(stored) == stored


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "a@b",
        "a b@c.de",
        "a..b@c.de",
        ".a@c.de",
        "a@-c.de",
        "@c.de",
        "a@c..de",
        "a@b@c.de",
        "x" * 65 + "@c.de",
        "a@c.de\nbcc: d@e.fr",
        'a"b@c.de',
        "a@[1.2.3.4]",
    ],
)
def test_what_is_no_email_is_refused(typed: str) -> None:
    with pytest.raises(NotAnEmail):
        identifiers.email(typed)


@given(st.text(max_size=40))
def test_no_text_breaks_the_reader_of_emails(typed: str) -> None:
    try:
        stored = identifiers.email(typed)
    except NotAnEmail:
        return
    assert identifiers.email(stored) == stored


@pytest.mark.parametrize(
    ("shown", "hidden"),
    [
        (identifiers.mask_phone("+8613812345678"), "138****5678"),
        (identifiers.mask_phone("+989123456789"), "0912***6789"),
        (identifiers.mask_name("王伟"), "王*"),
        (identifiers.mask_name("李小明"), "李**"),
        (identifiers.mask_name("مریم احمدی"), "م*** ا***"),
        (identifiers.mask_name("Jane"), "J***"),
        (identifiers.mask_email("alice@example.com"), "a***@example.com"),
    ],
)
def test_staff_see_masks(shown: str, hidden: str) -> None:
    assert shown == hidden


def test_a_card_is_read_with_any_digits_and_grouped_in_fours() -> None:
    stored = identifiers.card_number("۶۰۳۷-۹۹۱۱-۹۹۵۰-۰۵۹۰")

    assert stored == "6037991199500590"
    assert identifiers.group_card(stored) == "6037 9911 9950 0590"


@given(st.integers(0, 15), st.integers(1, 9))
def test_one_wrong_digit_of_a_card_is_found(place: int, off: int) -> None:
    good = "6037991199500590"
    wrong = str((int(good[place]) + off) % 10)

    with pytest.raises(NotACard):
        identifiers.card_number(good[:place] + wrong + good[place + 1 :])


@pytest.mark.parametrize("typed", ["", "603799119950059", "0037991199500590"])
def test_a_card_needs_sixteen_digits(typed: str) -> None:
    with pytest.raises(NotACard):
        identifiers.card_number(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "IR820540102680020817909002",
        "ir82 0540 1026 8002 0817 9090 02",
        "۸۲۰۵۴۰۱۰۲۶۸۰۰۲۰۸۱۷۹۰۹۰۰۲",
    ],
)
def test_a_sheba_is_read_with_and_without_its_letters(typed: str) -> None:
    assert identifiers.iban(typed) == "IR820540102680020817909002"


def test_a_sheba_of_another_bank_is_right_too() -> None:
    assert identifiers.iban("IR580540105180021273113007")


@pytest.mark.parametrize(
    "typed", ["IR580540105180021273113003", "", "DE89370400440532013000", "IR82"]
)
def test_a_wrong_sheba_is_refused(typed: str) -> None:
    with pytest.raises(NotAnIban):
        identifiers.iban(typed)


def test_company_codes_carry_a_check_sign() -> None:
    assert identifiers.company_code_cn("91110000600037341l") == "91110000600037341L"
    assert identifiers.company_code_ir("۱۰۳۸۰۲۸۴۷۹۰") == "10380284790"
    assert identifiers.company_code_ir("14007650912") == "14007650912"


@pytest.mark.parametrize("typed", ["91110000600037342L", "911100006000373", "I" * 18])
def test_a_wrong_chinese_company_code_is_refused(typed: str) -> None:
    with pytest.raises(NotATaxCode):
        identifiers.company_code_cn(typed)


@pytest.mark.parametrize("typed", ["10380284791", "1038028479", ""])
def test_a_wrong_iranian_company_code_is_refused(typed: str) -> None:
    with pytest.raises(NotATaxCode):
        identifiers.company_code_ir(typed)


def test_text_is_tidied_but_joiners_inside_words_stay() -> None:
    assert identifiers.tidy(" \u202eمی\u200c\u200cروم\u200c ") == "می\u200cروم"
    assert identifiers.tidy_persian("علي كريمي") == "علی کریمی"
    assert identifiers.tidy("民族大道\n  88号") == "民族大道 88号"
