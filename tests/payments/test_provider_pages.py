"""The pages for owners in ``docs/providers`` say what the program does."""

import re
from pathlib import Path

import pytest

import shop
from shop.i18n.digits import to_ascii
from shop.i18n.reader import reading
from shop.markets.registry import markets
from shop.notifications import channels
from shop.notifications.channels.service import Service
from shop.payments.provider import OpenPoint, Provider, Setting, all_providers
from shop.web.owner import setting_keys
from tests.payments.providers import every

PAGES = Path(shop.__file__).parents[1] / "docs" / "providers"
SERVICES = {code: one for code, one in channels.services().items() if code != "console"}
OWNERS: dict[str, Provider | Service] = {**all_providers(), **SERVICES}
ALL = tuple(sorted(OWNERS))
#: The second half of a page is in the language of the country.
LANGUAGES = {"CNY": ("zh",), "IRR": ("fa",)}
SPOKEN = {"kavenegar": ("fa",), "aliyun_sms": ("zh",), "smtp": ("zh", "fa")}
NAMES = {"zh": "中文", "fa": "فارسی"}


def languages(code: str) -> tuple[str, ...]:
    if code in SPOKEN:
        return SPOKEN[code]
    return LANGUAGES[all_providers()[code].caps.currency]


def settings_of(code: str) -> tuple[Setting, ...]:
    return OWNERS[code].settings


def points_of(code: str) -> tuple[OpenPoint, ...]:
    return OWNERS[code].open_points


def first(code: str) -> str:
    """Return the page that holds what the family of ``code`` shares."""
    homes = setting_keys.FAMILIES.items()
    return next((head for head, members in homes if code in members), code)


def half(code: str, language: str) -> str:
    """Return one language's part of a page."""
    text = (PAGES / f"{code}.md").read_text("utf-8")
    name = NAMES.get(language, "English")
    found = re.search(rf"^## {name}$(.*?)(?=^## |\Z)", text, re.M | re.S)
    assert found, (code, language)
    return found[1]


def rows(text: str) -> list[list[str]]:
    lines = re.findall(r"^\| (.+) \|$", text, re.M)
    return [re.split(r"(?<!\\) \| ", line) for line in lines]


def test_every_provider_and_service_has_its_page_and_no_other() -> None:
    found = {path.stem for path in PAGES.glob("*.md")} - {"README"}
    index = (PAGES / "README.md").read_text("utf-8")

    assert found == set(ALL)
    assert set(re.findall(r"^\| \[(\w+)\]\(\w+\.md\)", index, re.M)) == found


@pytest.mark.parametrize("code", ALL)
def test_a_page_speaks_english_and_the_language_of_the_country(code: str) -> None:
    english = re.findall(r"^### ", half(code, "en"), re.M)

    for language in languages(code):
        there = half(code, language)
        assert len(re.findall(r"^### ", there, re.M)) == len(english)
        assert len(rows(there)) == len(rows(half(code, "en")))


@pytest.mark.parametrize("code", ALL)
def test_a_page_names_every_field_as_the_desk_prints_it(code: str) -> None:
    """The sisters of a family leave it to the first, and say so."""
    assert code == first(code) or f"({first(code)}.md)" in half(code, "en")
    for language in ("en", *languages(code)):
        fields = {row[0]: row for row in rows(half(first(code), language))}
        for one in settings_of(code):
            row = fields[f"`{one.name}`" + (" 🔒" if one.secret else "")]
            with reading(language):
                assert row[1] == str(setting_keys.LABELS[one.name])
            assert not one.default or f"`{one.default}`" in row[2], one.name
            for value in one.choices:
                assert f"`{value}`" in row[2]


@pytest.mark.parametrize("code", ALL)
def test_a_page_names_what_nobody_could_confirm(code: str) -> None:
    listed = {row[0]: row for row in rows(half(first(code), "en"))}
    defaults = {one.name: one.default for one in settings_of(code)}

    for point in points_of(code):
        row = listed[point.text]
        assert row[1].startswith(f"`{point.setting}`" if point.setting else "nothing")
        if point.setting:
            value = defaults[point.setting]
            assert row[2] == (f"`{value}`" if value else "empty")
    if not points_of(code):
        assert "Nothing." in half(code, "en")


@pytest.mark.parametrize("code", every.ONLINE)
def test_a_page_names_the_addresses_to_register(code: str) -> None:
    notified = all_providers()[code].caps.signed_notify

    for language in ("en", *languages(code)):
        text = half(code, language)
        assert f"/pay/{code}/return`" in text
        assert (f"/pay/{code}/notify`" in text) == notified


@pytest.mark.parametrize("code", sorted(all_providers()))
def test_a_page_promises_refunds_in_the_days_of_the_market(code: str) -> None:
    promised = {
        min(max(days, numbers.refund_days_min), numbers.refund_days_max)
        for market in markets().values()
        for method in market.methods
        for numbers in [market.parameters]
        for days in [numbers.method(method.code).refund_days]
        if code in method.providers
    }

    assert len(promised) == 1
    (days,) = promised
    assert re.search(rf"\b{days} working days", half(code, "en"))
    for language in languages(code):
        there = to_ascii(half(code, language))
        assert re.search(rf"(?<!\d){days} (个工作日|روز کاری)", there)


@pytest.mark.parametrize("code", every.ONLINE)
def test_a_page_says_how_long_a_payment_can_be_taken_back(code: str) -> None:
    window = all_providers()[code].caps.reverse_window
    minutes = str(int(window.total_seconds() // 60)) if window else ""

    assert (f"within {minutes} minutes" in half(code, "en")) == bool(window)
