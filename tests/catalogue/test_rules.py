"""Sale states, slugs, measures: no app needed."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.catalogue import rules
from shop.catalogue.rules import Button, SaleState

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("stored", "available", "shown"),
    [
        (SaleState.DRAFT, 5, SaleState.DRAFT),
        (SaleState.UPCOMING, 5, SaleState.UPCOMING),
        (SaleState.PREORDER, 5, SaleState.UPCOMING),
        (SaleState.ON_SALE, 5, SaleState.ON_SALE),
        (SaleState.ON_SALE, 0, SaleState.SOLD_OUT),
        (SaleState.FLASH, 5, SaleState.ON_SALE),
        (SaleState.FLASH, 0, SaleState.SOLD_OUT),
        (SaleState.SOLD_OUT, 5, SaleState.SOLD_OUT),
        (SaleState.DISCONTINUED, 5, SaleState.DISCONTINUED),
    ],
)
def test_the_state_shown_follows_stored_state_and_stock(
    stored: SaleState, available: int, shown: SaleState
) -> None:
    assert rules.sale_state_now(stored, available, NOW) is shown


@pytest.mark.parametrize("state", list(SaleState))
def test_every_state_has_badge_button_and_availability(state: SaleState) -> None:
    found = rules.OFFERINGS[state]

    assert found.state is state
    assert found.availability.startswith("https://schema.org/")
    assert found.is_buyable == (found.button is Button.BUY)


def test_only_what_is_for_sale_and_in_stock_can_be_bought() -> None:
    buyable = {s for s in SaleState if rules.offering(s, 1, NOW).is_buyable}

    assert buyable == {SaleState.ON_SALE, SaleState.FLASH}
    assert not any(rules.offering(s, 0, NOW).is_buyable for s in SaleState)


def test_availability_in_json_ld_follows_the_button() -> None:
    sold_out = rules.offering(SaleState.ON_SALE, 0, NOW)

    assert sold_out.availability == "https://schema.org/OutOfStock"
    assert rules.offering(SaleState.ON_SALE, 1, NOW).availability.endswith("InStock")
    gone = rules.offering(SaleState.DISCONTINUED, 1, NOW)
    assert gone.availability.endswith("Discontinued")


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Anar A7 Pro", "anar-a7-pro"),
        ("安榴 A7 Pro", "安榴-a7-pro"),
        ("گوشی‌های انار ۱۵", "گوشی-های-انار-15"),
        ("خانهٔ هوشمند", "خانهٔ-هوشمند"),
        ("  --A//B?? #1  ", "a-b-1"),
        ("ＦＵＬＬ　Ｗｉｄｔｈ", "full-width"),
        ("١٢٣", "123"),
        ("…", ""),
    ],
)
def test_a_slug_keeps_its_script_and_nothing_an_address_could_mistake(
    name: str, slug: str
) -> None:
    assert rules.make_slug(name) == slug


def test_a_long_slug_is_cut_at_a_hyphen() -> None:
    slug = rules.make_slug("word " * 40)

    assert len(slug) <= 60
    assert slug.endswith("word")


@given(st.text(max_size=200))
def test_a_slug_is_short_and_stays_what_it_is(name: str) -> None:
    slug = rules.make_slug(name)

    assert len(slug) <= 60
    assert not {"/", "?", "#", " ", "\u200c"} & set(slug)
    assert rules.make_slug(slug) == slug


@given(st.integers(-(10**12), 10**12))
def test_a_measure_reads_back_as_it_was_written(milli: int) -> None:
    assert rules.to_milli(rules.from_milli(milli)) == milli


@pytest.mark.parametrize("text", ["", "1.2345", "1,5", "x", "1.", ".5", "１"])
def test_what_is_no_measure_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        rules.to_milli(text)


@pytest.mark.parametrize(
    ("width", "kept"),
    [
        (100, (100,)),
        (320, (320,)),
        (500, (320, 500)),
        (1280, (320, 640, 1280)),
        (4000, (320, 640, 1280)),
    ],
)
def test_pictures_are_kept_in_up_to_three_widths_never_enlarged(
    width: int, kept: tuple[int, ...]
) -> None:
    assert rules.rendition_widths(width) == kept


def test_a_click_on_a_colour_keeps_the_other_choices_if_it_can() -> None:
    colour, size, red, blue, small, large = 1, 2, 10, 11, 20, 21
    variants = {
        1: {colour: red, size: small},
        2: {colour: blue, size: small},
        3: {colour: blue, size: large},
    }

    assert rules.nearest(variants, 1, colour, blue, [1, 2, 3]) == 2
    assert rules.nearest(variants, 3, colour, red, [1, 2, 3]) == 1
    assert rules.nearest(variants, 1, colour, 99, [1, 2, 3]) is None
