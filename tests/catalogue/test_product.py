"""What a product page and a cart are told."""

from datetime import datetime

from flask import Flask
from sqlalchemy import event

from shop.catalogue import service
from shop.catalogue.drafts import AttributeDraft, PictureDraft, SpecDraft, TextDraft
from shop.catalogue.rules import SaleState
from shop.db import db
from shop.kernel.money import Money
from tests.catalogue import make


class Statements:
    """Counts the SQL statements inside a block."""

    def __enter__(self) -> "Statements":
        self.seen: list[str] = []
        event.listen(db.engine, "before_cursor_execute", self._see)
        return self

    def __exit__(self, *_error: object) -> None:
        event.remove(db.engine, "before_cursor_execute", self._see)

    def _see(self, _conn: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.upper().startswith(("BEGIN", "PRAGMA")):
            self.seen.append(statement)


def shirt() -> int:
    """Save a shirt: red small and large, blue small (sold out)."""
    options = (make.option("colour", "red", "blue"), make.option("size", "s", "l"))
    variants = (
        make.variant("RS", 1000, 4, colour="red", size="s"),
        make.variant("RL", 1200, 2, colour="red", size="l"),
        make.variant("BS", 1000, 0, colour="blue", size="s"),
    )
    pictures = (
        PictureDraft("phone--ink.svg", "shipped", 400, 400, {"en": "In red"},
                     ("colour", "red")),
        PictureDraft("phone--lapis.svg", "shipped", 400, 400, {"zh": "蓝色"},
                     ("colour", "blue")),
    )  # fmt: skip
    texts = {"en": TextDraft("Shirt", "Soft", "Cotton"), "zh": TextDraft("衬衫")}
    saved = make.product(
        "shirt", options=options, variants=variants, pictures=pictures, texts=texts
    )
    return saved.product_id


def test_a_product_is_read_with_three_statements(app: Flask) -> None:
    key = shirt()

    with Statements() as sql:
        view = service.product_view(key, "cn", "en")

    assert view is not None
    assert len(sql.seen) == 3
    assert [option.code for option in view.options] == ["colour", "size"]
    assert [v.sku for v in view.variants] == ["RS", "RL", "BS"]
    assert view.available == 6
    assert view.prices == (Money(1000, "CNY"), Money(1200, "CNY"))


def test_an_unknown_product_is_none(app: Flask) -> None:
    assert service.product_view(99, "cn", "en") is None


def test_a_missing_text_falls_back_and_says_its_language(app: Flask) -> None:
    view = service.product_view(shirt(), "cn", "fa")

    assert view is not None
    assert (view.name.text, view.name.lang) == ("Shirt", "en")
    assert (view.description.text, view.description.lang) == ("Cotton", "en")


def test_an_empty_description_falls_back_beside_its_own_name(app: Flask) -> None:
    view = service.product_view(shirt(), "cn", "zh")

    assert view is not None
    assert view.name.text == "衬衫"
    assert view.description.lang == "en"
    assert view.slugs == {"en": "shirt", "zh": "衬衫"}


def test_a_market_without_price_shows_the_product_unsold(app: Flask) -> None:
    view = service.product_view(shirt(), "ir", "fa")

    assert view is not None
    assert view.prices == ()
    assert all(variant.price is None for variant in view.variants)


def test_the_first_look_is_at_a_variant_that_can_be_bought(app: Flask) -> None:
    view = service.product_view(shirt(), "cn", "en")

    assert view is not None
    assert view.pick({}).sku == "RS"
    assert view.pick({"size": "l"}).sku == "RL"
    assert view.pick({"colour": "blue"}).sku == "BS"
    assert view.pick({"colour": "green", "shoe": "9"}).sku == "RS"


def test_each_value_leads_to_a_variant_and_says_what_is_gone(app: Flask) -> None:
    view = service.product_view(shirt(), "cn", "en")
    assert view is not None

    colour, size = view.axes(view.pick({"size": "l"}))

    red, blue = colour.turns
    assert (red.is_current, red.is_gone) == (True, False)
    assert (blue.is_current, blue.is_gone) == (False, True)
    assert blue.variant is not None
    assert blue.variant.sku == "BS"
    assert size.chosen is not None
    assert size.chosen.code == "l"


def test_pictures_of_the_chosen_colour_come_first(app: Flask) -> None:
    view = service.product_view(shirt(), "cn", "en")
    assert view is not None

    pictures = view.pictures_of(view.pick({"colour": "blue"}))

    assert [p.colour for p in pictures] == ["blue", "red"]
    assert pictures[0].alt.text == "蓝色"
    assert pictures[0].files == (("phone--lapis.svg", 400),)


def test_specifications_are_in_the_readers_words_and_measure(app: Flask) -> None:
    camera = AttributeDraft(
        "camera_mp",
        {"en": "Camera", "zh": "主摄"},
        {"en": "MP", "zh": "万像素"},
        {"zh": 100},
    )
    water = AttributeDraft("water", {"en": "Water"})
    specs = (SpecDraft(camera, milli=50_000), SpecDraft(water, words="IP68"))
    key = make.product(specs=specs).product_id

    zh = service.product_view(key, "cn", "zh")
    en = service.product_view(key, "cn", "en")

    assert zh is not None
    assert en is not None
    assert [(s.label.text, s.value, s.unit) for s in zh.specs] == [
        ("主摄", "5000", "万像素"),
        ("Water", "IP68", ""),
    ]
    assert [s.value for s in en.specs] == ["50", "IP68"]


def test_a_sold_out_variant_of_a_product_on_sale_cannot_be_bought(
    app: Flask, now: datetime
) -> None:
    view = service.product_view(shirt(), "cn", "en")
    assert view is not None

    assert view.offering(now).is_buyable
    assert not view.offering(now, view.variant("BS")).is_buyable


def test_a_cart_survives_a_change_of_language(app: Flask, now: datetime) -> None:
    shirt()
    other = make.product("other")
    rs = service.variant_id_of("RS")
    assert rs is not None

    with Statements() as sql:
        found = service.variant_for_cart([rs, 999], "cn")

    assert len(sql.seen) <= 4
    assert list(found) == [rs]
    line = found[rs]
    assert line.title("zh").text == "衬衫"
    assert line.title("fa").text == "Shirt"
    assert line.options_line("en") == "Red · S"
    assert line.picture is not None
    assert line.picture.colour == "red"
    assert line.is_buyable(now)
    assert other.product_id != line.product_id


def test_a_variant_without_price_in_the_market_cannot_be_bought(
    app: Flask, now: datetime
) -> None:
    shirt()
    rs = service.variant_id_of("RS")
    assert rs is not None

    line = service.variant_for_cart([rs], "ir")[rs]

    assert line.price is None
    assert not line.is_buyable(now)


def test_a_draft_cannot_be_bought(app: Flask, now: datetime) -> None:
    saved = make.product(sale_state=SaleState.DRAFT)
    key = saved.variant_ids["TEAPOT"]

    assert not service.variant_for_cart([key], "cn")[key].is_buyable(now)


def test_a_sku_is_found_whatever_its_case(app: Flask) -> None:
    saved = make.product()

    assert service.variant_id_of("teapot") == saved.variant_ids["TEAPOT"]
    assert service.variant_id_of("nothing") is None


def test_the_sitemap_goes_on_after_an_id(app: Flask) -> None:
    first = make.product("one")
    second = make.product("two")
    make.product("three", sale_state=SaleState.DRAFT)

    rows = service.sitemap_rows(0, 1)
    more = service.sitemap_rows(rows[-1][0], 10)

    assert [row[0] for row in rows] == [first.product_id]
    assert [row[0] for row in more] == [second.product_id]
    assert more[0][2] == {"en": "two"}
