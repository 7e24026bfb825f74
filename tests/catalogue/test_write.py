"""Saving products and categories."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from shop.catalogue import events, service
from shop.catalogue import models as m
from shop.catalogue.drafts import CategoryDraft, PictureDraft, TextDraft
from shop.catalogue.rules import SaleState, SkuTaken
from shop.catalogue.write import (
    delete_products,
    find_or_make_category,
    save_category,
    save_product,
    set_price,
    set_sale_state,
)
from shop.db import db, transaction
from shop.kernel.money import Money
from tests.catalogue import make


def test_saving_the_same_again_changes_nothing(app: Flask, now: datetime) -> None:
    options = (make.option("colour", "red", "blue"),)
    variants = (
        make.variant("A", 1000, 3, colour="red"),
        make.variant("B", 1200, 0, colour="blue"),
    )
    first = make.product(options=options, variants=variants)
    stamp = db.session.scalar(select(m.Product.updated_at))

    with transaction():
        again = save_product(
            make.draft(options=options, variants=variants), now + timedelta(days=1)
        )

    assert first.is_new
    assert not again.is_new
    assert again.changes == 0
    assert db.session.scalar(select(m.Product.updated_at)) == stamp


def test_a_variant_that_is_gone_from_a_product_is_deleted(app: Flask) -> None:
    make.product(variants=(make.variant("A"), make.variant("B")))

    saved = make.product(variants=(make.variant("B"),))

    assert db.session.scalars(select(m.Variant.sku)).all() == ["B"]
    assert saved.changes


def test_a_sku_of_another_product_is_refused_and_nothing_kept(app: Flask) -> None:
    make.product("one", variants=(make.variant("SAME"),))

    with pytest.raises(SkuTaken) as refusal:
        make.product("two", variants=(make.variant("SAME"),))

    assert refusal.value.sku == "SAME"
    assert db.session.scalars(select(m.Product.code)).all() == ["one"]


def test_a_draft_without_variant_is_the_callers_bug(app: Flask, now: datetime) -> None:
    with transaction(), pytest.raises(ValueError, match="variant"):
        save_product(make.draft(variants=()), now)


def test_languages_a_draft_does_not_name_are_kept(app: Flask) -> None:
    make.product(texts={"zh": TextDraft("茶壶"), "fa": TextDraft("قوری")})

    make.product(texts={"zh": TextDraft("大茶壶")})

    names = dict(
        db.session.execute(select(m.ProductText.lang, m.ProductText.name)).all()
    )
    assert names == {"zh": "大茶壶", "fa": "قوری"}


def test_descriptions_are_cleaned_when_they_are_saved(app: Flask) -> None:
    evil = (
        '<p onclick="x()">Tea <script>alert(1)</script><a href="javascript:x">a</a>'
        '<img src="http://evil.example/x"><iframe></iframe></p>'
    )
    saved = make.product(texts={"en": TextDraft("Tea", "", evil, is_html=True)})

    view = service.product_view(saved.product_id, "cn", "en")

    assert view is not None
    assert "Tea" in view.description_html
    for word in ("script", "onclick", "iframe", "img", "evil"):
        assert word not in view.description_html


def test_markdown_cannot_smuggle_html_in(app: Flask) -> None:
    saved = make.product(texts={"en": TextDraft("Tea", "", "**hot** <b onclick=x>")})

    view = service.product_view(saved.product_id, "cn", "en")

    assert view is not None
    assert "<strong>hot</strong>" in view.description_html
    assert "<b" not in view.description_html


def test_a_category_that_is_renamed_leaves_its_old_address_behind(app: Flask) -> None:
    with transaction():
        key, _ = save_category(CategoryDraft("tea", {"en": "Tea"}))
    with transaction():
        save_category(CategoryDraft("tea", {"en": "Fine tea"}))

    assert service.category_tree("en").by_slug["fine-tea"].id == key
    assert service.moved_category("en", "tea") == key


def test_a_category_may_go_back_to_its_old_name(app: Flask) -> None:
    for name in ("Tea", "Fine tea", "Tea"):
        with transaction():
            key, _ = save_category(CategoryDraft("tea", {"en": name}))

    assert service.category_tree("en").by_slug["tea"].id == key
    assert service.moved_category("en", "tea") is None
    assert service.moved_category("en", "fine-tea") == key


def test_an_unchanged_tree_is_not_built_again(app: Flask) -> None:
    with transaction():
        save_category(CategoryDraft("tea", {"en": "Tea"}))

    first = service.category_tree("en")
    with transaction():
        save_category(CategoryDraft("tea", {"en": "Tea"}))
    same = service.category_tree("en")
    with transaction():
        save_category(CategoryDraft("tea", {"en": "Fine tea"}))
    other = service.category_tree("en")

    assert same is first
    assert other.roots[0].name.text == "Fine tea"


def test_two_categories_of_one_name_have_two_addresses(app: Flask) -> None:
    with transaction():
        save_category(CategoryDraft("a", {"en": "Tea"}))
        save_category(CategoryDraft("b", {"en": "Tea"}))

    assert set(service.category_tree("en").by_slug) == {"tea", "tea-2"}


def test_a_way_of_names_finds_what_is_there_and_makes_the_rest(app: Flask) -> None:
    with transaction():
        save_category(CategoryDraft("demo-x", {"en": "Clothing", "zh": "服装"}))
        shirts, changes = find_or_make_category(("clothing", "Shirts"), "en")
    with transaction():
        again, nothing = find_or_make_category(("Clothing", "shirts"), "en")

    assert shirts == again
    assert changes > 0
    assert nothing == 0
    assert len(service.category_tree("en").by_id) == 2


def test_a_price_is_set_and_the_lists_follow(app: Flask, now: datetime) -> None:
    saved = make.product()
    variant = saved.variant_ids["TEAPOT"]

    with transaction():
        before = set_price(variant, "cn", make.yuan(800, 1000), now)

    card = service.cards([saved.product_id], "cn", "en")[0]
    assert before == Money(1000, "CNY")
    assert card.price == Money(800, "CNY")
    assert card.was == Money(1000, "CNY")


def test_a_price_of_no_variant_is_refused(app: Flask, now: datetime) -> None:
    with transaction(), pytest.raises(LookupError):
        set_price(99, "cn", make.yuan(1), now)


def test_a_state_changes_only_from_the_one_that_was_seen(
    app: Flask, now: datetime
) -> None:
    saved = make.product()

    with transaction():
        done = set_sale_state(
            saved.product_id, SaleState.ON_SALE, SaleState.DISCONTINUED, now
        )
        late = set_sale_state(saved.product_id, SaleState.ON_SALE, SaleState.DRAFT, now)

    assert done
    assert not late
    assert service.listing(service.Query(), "cn", "en").cards == ()


def test_whoever_listens_is_told_of_saved_and_deleted_products(
    app: Flask, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[list[int]] = []
    monkeypatch.setattr(
        events, "product_changed", [lambda ids, moment: told.append(list(ids))]
    )

    saved = make.product()
    make.product()
    with transaction():
        delete_products([saved.product_id], now)

    assert told == [[saved.product_id], [saved.product_id]]


PICTURE = PictureDraft("f" * 32, "upload", 900, 600, {"zh": "茶壶", "fa": "قوری"})


def test_an_uploaded_picture_is_shown_with_its_words(app: Flask, now: datetime) -> None:
    saved = make.product()

    with transaction():
        service.add_picture(saved.product_id, PICTURE, now)

    view = service.product_view(saved.product_id, "cn", "fa")
    card = service.cards([saved.product_id], "cn", "fa")[0]
    assert view is not None
    assert [(p.name, p.alt.text) for p in view.pictures] == [("f" * 32, "قوری")]
    assert card.picture is not None
    assert card.picture.name == "f" * 32


def test_the_words_of_a_picture_are_changed_by_language(
    app: Flask, now: datetime
) -> None:
    saved = make.product()
    with transaction():
        key = service.add_picture(saved.product_id, PICTURE, now)

    with transaction():
        done = service.set_alts(
            saved.product_id, key, {"zh": "大茶壶", "fa": "", "en": "Pot"}, now
        )
        again = service.set_alts(saved.product_id, key, {"zh": "大茶壶", "fa": ""}, now)

    view = service.product_view(saved.product_id, "cn", "fa")
    assert (done, again) == (3, 0)
    assert view is not None
    assert view.pictures[0].alt.text == "Pot"


def test_a_removed_picture_leaves_the_next_as_cover(app: Flask, now: datetime) -> None:
    saved = make.product()
    other = replace(PICTURE, name="e" * 32)
    with transaction():
        key = service.add_picture(saved.product_id, PICTURE, now)
        service.add_picture(saved.product_id, other, now)

    with transaction():
        name = service.remove_picture(saved.product_id, key, now)

    card = service.cards([saved.product_id], "cn", "fa")[0]
    assert name == "f" * 32
    assert card.picture is not None
    assert card.picture.name == "e" * 32


def test_a_picture_changes_places_with_the_one_before(
    app: Flask, now: datetime
) -> None:
    saved = make.product()
    with transaction():
        first = service.add_picture(saved.product_id, PICTURE, now)
        second = service.add_picture(
            saved.product_id, replace(PICTURE, name="e" * 32), now
        )

    with transaction():
        moved = service.move_picture_up(saved.product_id, second, now)
        again = service.move_picture_up(saved.product_id, second, now)

    view = service.product_view(saved.product_id, "cn", "fa")
    assert (moved, again) == (True, False)
    assert view is not None
    assert [p.name[0] for p in view.pictures] == ["e", "f"]
    with transaction():
        assert not service.move_picture_up(saved.product_id, first + second, now)


def test_pictures_of_nothing_are_refused(app: Flask, now: datetime) -> None:
    mine, other = make.product("mine"), make.product("other")
    with transaction():
        key = service.add_picture(mine.product_id, PICTURE, now)

    with transaction():
        with pytest.raises(LookupError):
            service.add_picture(99, PICTURE, now)
        with pytest.raises(LookupError):
            service.remove_picture(other.product_id, key, now)
        with pytest.raises(LookupError):
            service.set_alts(other.product_id, key, {"en": "x"}, now)
