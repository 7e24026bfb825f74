"""Every page of the gallery, in every language: whole, safe and well marked up."""

import itertools
import re
from html.parser import HTMLParser

import pytest

from shop.i18n.reader import reading
from shop.i18n.text import T
from shop.kernel.money import Money
from shop.web import render as rendering
from tests.web import gallery

LANGUAGES = ("zh", "fa", "en")
NAMES = sorted(gallery.PAGES)
VOID = {"input", "img", "meta", "link", "br", "hr"}


class Reading(HTMLParser):
    """What a page says about itself to those who cannot see it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self._silent = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        self._silent += tag in {"script", "style"}

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in {"script", "style"}

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words.append(data)

    def all(self, *names: str) -> list[dict[str, str]]:
        """Return the attributes of every element with one of the names."""
        return [attrs for tag, attrs in self.tags if tag in names]

    @property
    def ids(self) -> list[str]:
        """Return every id in the page."""
        return [attrs["id"] for _, attrs in self.tags if "id" in attrs]


@pytest.fixture(scope="module", params=LANGUAGES)
def pages(request: pytest.FixtureRequest) -> dict[str, tuple[str, Reading]]:
    """Return every page in one language, rendered once."""
    made = {name: gallery.render(name, request.param) for name in NAMES}
    return {name: (html, Reading(html)) for name, html in made.items()}


def test_no_placeholder_reaches_the_reader(
    pages: dict[str, tuple[str, Reading]],
) -> None:
    for name, (html, page) in pages.items():
        said = " ".join(page.words)

        assert "{" not in said, name
        assert "None" not in said, name
        assert "Undefined" not in html, name


def test_nothing_is_styled_or_scripted_inline(
    pages: dict[str, tuple[str, Reading]],
) -> None:
    for name, (_, page) in pages.items():
        for tag, attrs in page.tags:
            assert tag != "style", name
            assert "style" not in attrs, (name, tag)
            assert not [one for one in attrs if one.startswith("on")], (name, tag)
            assert "javascript:" not in attrs.get("href", ""), name
        for script in page.all("script"):
            assert script.get("src") or script["type"] == "application/ld+json", name


def test_only_our_own_host_is_asked_for_anything(
    pages: dict[str, tuple[str, Reading]],
) -> None:
    for name, (_, page) in pages.items():
        for attrs in page.all("script", "img", "use"):
            address = attrs.get("src") or attrs.get("href") or "/"
            assert address.startswith("/"), (name, address)
        for attrs in page.all("link"):
            if attrs["rel"] in {"stylesheet", "icon", "preload"}:
                assert attrs["href"].startswith("/static/"), name


def test_ids_are_unique_and_referred_to_ids_exist(
    pages: dict[str, tuple[str, Reading]],
) -> None:
    for name, (_, page) in pages.items():
        ids = page.ids

        assert len(ids) == len(set(ids)), (name, sorted(ids))
        for _, attrs in page.tags:
            for key in ("aria-labelledby", "aria-describedby", "for", "form"):
                assert set(attrs.get(key, "").split()) <= set(ids), (name, attrs)
            if attrs.get("href", "").startswith("#"):
                anchor = attrs["href"][1:]
                assert anchor in ids, (name, anchor)


def test_every_field_has_a_name_of_its_own_to_be_called_by(
    pages: dict[str, tuple[str, Reading]],
) -> None:
    for name, (html, page) in pages.items():
        labelled = {attrs["for"] for attrs in page.all("label") if "for" in attrs}
        inside = set(re.findall(r"<label[^>]*><input[^>]*?name=\"([^\"]+)\"", html))
        for attrs in page.all("input", "select", "textarea"):
            if attrs.get("type") == "hidden":
                continue
            assert (
                "aria-label" in attrs
                or attrs.get("id") in labelled
                or attrs["name"] in inside
            ), (name, attrs)


def test_one_heading_leads_and_no_level_is_skipped(
    pages: dict[str, tuple[str, Reading]],
) -> None:
    for name, (_, page) in pages.items():
        levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]

        assert levels.count(1) == 1, name
        body = levels[levels.index(1) :]
        for before, after in itertools.pairwise(body):
            assert after <= before + 1, (name, body)


def test_pictures_have_a_size_and_a_text(
    pages: dict[str, tuple[str, Reading]],
) -> None:
    for name, (_, page) in pages.items():
        for attrs in page.all("img"):
            assert {"width", "height", "alt"} <= set(attrs), (name, attrs)


def test_every_post_carries_the_mark_against_forgery(
    pages: dict[str, tuple[str, Reading]],
) -> None:
    for name, (html, _) in pages.items():
        if name == "payments/form_post":  # leaves for the bank, which has its own
            continue
        for form in re.findall(r"<form[^>]*method=\"post\".*?</form>", html, re.S):
            assert 'name="csrf_token" value="token"' in form, name


def test_what_is_personal_on_a_public_page_stands_in_a_hole(
    pages: dict[str, tuple[str, Reading]],
) -> None:
    for name, (html, _) in pages.items():
        if not name.startswith("storefront/") or "cart" in name:
            continue
        rest = re.sub(r"<!--hole:\w+-->.*?<!--/hole-->", "", html, flags=re.S)

        assert "csrf_token" not in rest, name
        assert 'class="dot"' not in rest, name
        assert html.count("<!--hole:") == html.count("<!--/hole-->"), name


def test_a_refused_form_says_so_first_and_beside_its_field(
    pages: dict[str, tuple[str, Reading]],
) -> None:
    html, page = pages["checkout/address~wrong"]

    summary = html.index('class="errors"')
    assert summary < html.index("<h1>")
    assert '<a href="#phone">' in html
    phone = next(one for one in page.all("input") if one.get("id") == "phone")
    assert phone["aria-invalid"] == "true"
    assert phone["aria-describedby"] == "phone-hint phone-error"
    assert phone["value"]


def test_a_persian_page_has_persian_digits_and_direction() -> None:
    html = gallery.render("storefront/product", "fa")

    assert '<html lang="fa-IR" dir="rtl">' in html
    assert "۸۹٬۹۰۰٬۰۰۰" in html
    assert "vazirmatn" in html


def test_a_chinese_page_asks_for_no_web_font() -> None:
    assert "vazirmatn" not in gallery.render("storefront/home", "zh")


def test_typed_markup_is_shown_as_typed() -> None:
    html = gallery.render("storefront/search~empty", "zh")

    assert "&lt;xyz&gt;" in html
    assert "<xyz>" not in html


def test_a_refused_choice_stays_and_says_why() -> None:
    html = gallery.render("checkout/payment", "zh")

    refused = re.search(r"<input[^>]*value=\"cod\"[^>]*>.*?</label>", html, re.S)
    assert refused is not None
    assert " disabled" in refused[0]
    assert "A7 Pro" in refused[0]


def test_a_negative_amount_keeps_its_sign_before_and_its_unit_after() -> None:
    with reading("fa", "Asia/Tehran"):
        html = rendering.money(Money(-18_000_000, "IRR"))

    assert html.startswith('<bdi dir="rtl">\u200e\u2212<bdi>۱٬۸۰۰٬۰۰۰')
    assert html.endswith("<small>تومان</small></bdi>")


def test_the_data_block_cannot_be_ended_by_a_product_name() -> None:
    written = rendering.script_json('{"name": "</script><b>"}')

    assert "<" not in written
    assert "\\u003c/script\\u003e" in written


def test_words_in_attributes_have_isolates_and_no_tags() -> None:
    with reading("fa", "Asia/Tehran"):
        said = rendering.plain(T("Page {number}", number=3))

    assert "<" not in said
    assert "\u2068۳\u2069" in said


def test_a_static_address_changes_with_the_content_of_its_file() -> None:
    address = rendering.static("css/shop.css")

    assert re.fullmatch(r"/static/css/shop\.css\?v=[0-9a-f]{10}", address)


def test_mail_repeats_its_direction_in_every_block() -> None:
    html = gallery.render_mail("fa")

    assert 'align="right"' in html
    for tag in re.findall(r"<(?:table|td|th|h1|p)[ >][^>]*>?", html):
        assert 'dir="rtl"' in tag or "<td bgcolor" in tag or 'align="center"' in tag, (
            tag
        )
