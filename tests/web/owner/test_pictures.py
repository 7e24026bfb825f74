"""Pictures of a product: written anew, described in each language, in order."""

import io

import pytest
from flask import Flask
from flask.testing import FlaskClient

from shop.catalogue import service as catalogue
from shop.db import db
from shop.reports import products as report
from tests.catalogue import make as goods
from tests.catalogue.test_media import picture as drawn
from tests.web.owner.make import actions, log


@pytest.fixture
def product(app: Flask) -> int:
    """Return a product without pictures."""
    return goods.product("teapot").product_id


def upload(desk: FlaskClient, product: int, content: bytes, **alts: str) -> int:
    """Send a picture; return the status."""
    data = {"file": (io.BytesIO(content), "../../x.php"), **alts}
    return desk.post(
        f"/en/owner/products/{product}/pictures",
        data=data,
        content_type="multipart/form-data",
    ).status_code


def ids(product: int) -> list[int]:
    """Return the pictures in their order."""
    db.session.rollback()
    return [one.id for one in report.pictures_of(product)]


def test_an_upload_is_stored_in_sizes_and_becomes_the_cover(
    desk: FlaskClient, app: Flask, product: int
) -> None:
    assert upload(desk, product, drawn(), alt_en="A pot", alt_fa="قوری") == 303
    (one,) = report.pictures_of(product)
    assert one.alts == {"en": "A pot", "fa": "قوری"}
    folder = app.extensions["shop"].media
    assert list(folder.glob(f"{one.name}-*.webp"))
    (card,) = catalogue.cards([product], "cn", "en")
    assert card.picture is not None
    assert card.picture.name == one.name
    assert actions() == ["picture.added"]
    assert one.name in desk.get(f"/zh/owner/products/{product}/pictures").text


@pytest.mark.parametrize(
    "content", [b"", b"<svg onload=alert(1)>", b"GIF89a", b"x" * 99]
)
def test_what_is_no_picture_is_refused_beside_its_field(
    desk: FlaskClient, product: int, content: bytes
) -> None:
    assert upload(desk, product, content, alt_en="kept") == 422
    assert ids(product) == []
    assert actions() == []


def test_a_file_that_is_too_large_says_how_large_it_may_be(
    desk: FlaskClient, app: Flask, product: int
) -> None:
    most = app.config["MAX_CONTENT_LENGTH"]
    answer = desk.post(
        f"/en/owner/products/{product}/pictures",
        data=b"x" * (most + 1),
        content_type="multipart/form-data; boundary=x",
    )
    assert answer.status_code == 413
    assert "MB" in answer.text


def test_texts_order_and_removal(desk: FlaskClient, product: int) -> None:
    for _ in range(3):
        upload(desk, product, drawn())
    first, second, third = ids(product)
    base = f"/en/owner/products/{product}/pictures"
    desk.post(f"{base}/{third}", data={"alt_zh": "茶壶"})
    assert report.pictures_of(product)[2].alts == {"zh": "茶壶"}
    assert log()[-1].after == {"zh": "茶壶", "fa": "", "en": ""}
    desk.post(f"{base}/{third}", data={"alt_zh": "茶壶"})
    desk.post(f"{base}/{third}/up")
    assert ids(product) == [first, third, second]
    desk.post(f"{base}/{first}/up")
    assert ids(product) == [first, third, second]
    desk.post(f"{base}/{first}/remove")
    desk.post(f"{base}/{first}/remove")
    assert ids(product) == [third, second]
    assert actions() == [
        *["picture.added"] * 3, "picture.described", "picture.moved", "picture.removed",
    ]  # fmt: skip


def test_the_picture_of_another_product_is_left_alone(
    desk: FlaskClient, product: int
) -> None:
    other = goods.product("kettle").product_id
    upload(desk, other, drawn())
    (one,) = ids(other)
    base = f"/en/owner/products/{product}/pictures/{one}"
    assert desk.post(base, data={"alt_en": "x"}).status_code == 404
    desk.post(f"{base}/remove")
    desk.post(f"{base}/up")
    assert ids(other) == [one]
    assert actions() == ["picture.added"]
