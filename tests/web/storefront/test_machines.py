"""For machines: sitemap, robots, health, pictures, plans by the month."""

import re
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from shop.catalogue import media as pictures
from shop.catalogue import service as catalogue
from shop.catalogue.rules import SaleState
from shop.db import db, transaction
from shop.kernel.money import Money
from shop.web.storefront import seo
from shop.web.storefront.json_ld import price
from shop.web.storefront.plans import months_later
from tests.catalogue import make
from tests.web.storefront.shop import Shop, path

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
LINK = "{http://www.w3.org/1999/xhtml}link"


def locations(xml: str) -> list[str]:
    """Return every address of a sitemap, without the host."""
    tree = ElementTree.fromstring(xml)  # noqa: S314 (our own)
    return [path(str(one.text)) for one in tree.iter(f"{SITEMAP}loc")]


def test_the_sitemap_names_its_parts(shop: Shop, client: FlaskClient) -> None:
    answer = client.get("/sitemap.xml")

    assert answer.mimetype == "application/xml"
    assert locations(answer.text) == ["/sitemap-pages.xml", "/sitemap-1.xml"]


def test_every_address_of_the_sitemap_is_the_canonical_one(
    shop: Shop, client: FlaskClient
) -> None:
    for part in ("/sitemap-pages.xml", "/sitemap-1.xml"):
        for address in locations(client.get(part).text):
            if "/help/" not in address:
                assert client.get(address).status_code == 200, address


def test_each_language_of_a_product_names_the_others(
    shop: Shop, client: FlaskClient
) -> None:
    tree = ElementTree.fromstring(client.get("/sitemap-1.xml").text)  # noqa: S314

    entries = list(tree)
    assert len(entries) == 2 * 3
    named = [
        {link.get("hreflang"): link.get("href") for link in entry.iter(LINK)}
        for entry in entries[:3]
    ]
    assert set(named[0]) == {"zh-Hans", "fa", "en", "x-default"}
    assert named[0] == named[1] == named[2]
    assert entries[0].find(f"{SITEMAP}lastmod") is not None


def test_what_is_not_listed_is_not_in_the_sitemap(
    shop: Shop, client: FlaskClient
) -> None:
    with transaction():
        catalogue.set_sale_state(
            shop.phone, SaleState.ON_SALE, SaleState.DISCONTINUED, make.NOW
        )

    addresses = locations(client.get("/sitemap-1.xml").text)

    assert not [one for one in addresses if f"/p/{shop.phone}/" in one]


def test_many_products_are_many_parts_without_gap_or_twin(
    shop: Shop, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.many(20)
    monkeypatch.setattr(seo, "BLOCK", 7)
    monkeypatch.setattr(seo, "BATCH", 3)

    parts = locations(client.get("/sitemap.xml").text)[1:]
    found = [one for part in parts for one in locations(client.get(part).text)]

    english = [one for one in found if one.startswith("/en/")]
    assert len(parts) > 2
    assert len(english) == len(set(english)) == 22


def test_an_empty_shop_has_a_sitemap(client: FlaskClient) -> None:
    assert locations(client.get("/sitemap.xml").text) == ["/sitemap-pages.xml"]
    assert locations(client.get("/sitemap-pages.xml").text)[0] == "/zh/"


def test_robots_leave_out_what_is_personal(client: FlaskClient) -> None:
    text = client.get("/robots.txt").text

    assert "Disallow: /*/checkout" in text
    assert re.search(r"^Sitemap: http.*/sitemap\.xml$", text, re.MULTILINE)


def test_health_and_readiness(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.get("/healthz").text == "ok\n"
    assert client.get("/readyz").status_code == 200

    def away(*_: object, **__: object) -> None:
        raise OperationalError("select 1", {}, Exception("gone"))

    monkeypatch.setattr(db.session, "execute", away)
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200


def test_a_drawing_is_sent_for_ever_and_cannot_run(client: FlaskClient) -> None:
    answer = client.get("/media/phone--ink.svg")

    assert answer.mimetype == "image/svg+xml"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.cache_control.public
    assert answer.cache_control.max_age == 365 * 24 * 3600
    assert "Vary" not in answer.headers
    again = client.get(
        "/media/phone--ink.svg", headers={"If-None-Match": answer.headers["ETag"]}
    )
    assert again.status_code == 304


def test_an_upload_is_sent_as_webp(app: Flask, client: FlaskClient) -> None:
    folder: Path = app.extensions["shop"].media
    folder.mkdir(parents=True, exist_ok=True)
    name = "0" * 32 + "-320.webp"
    (folder / name).write_bytes(b"RIFF")
    (folder / "receipt.pdf").write_bytes(b"secret")

    assert client.get(f"/media/{name}").mimetype == "image/webp"
    for other in ("receipt.pdf", f"receipts/{name}", "%2e%2e/shop.db", name[1:]):
        assert client.get(f"/media/{other}").status_code == 404
    assert pictures.path_of("../" + name, folder) is None


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        (Money(399_900, "CNY"), "3999.00"),
        (Money(5, "USD"), "0.05"),
        (Money(539_000_000, "IRR"), 539_000_000),
    ],
)
def test_a_price_for_machines_is_exact(amount: Money, written: int | str) -> None:
    assert price(amount) == written


@pytest.mark.parametrize(
    ("day", "months", "due"),
    [
        (date(2026, 11, 21), 1, date(2026, 12, 21)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2027, 12, 31), 2, date(2028, 2, 29)),
        (date(2026, 1, 31), 12, date(2027, 1, 31)),
    ],
)
def test_a_payment_is_due_on_the_same_day_of_a_later_month(
    day: date, months: int, due: date
) -> None:
    assert months_later(day, months, is_jalali=False) == due


@pytest.mark.parametrize(
    ("months", "due"),
    [
        (1, date(2026, 12, 21)),  # 30 Azar 1405
        (4, date(2027, 3, 20)),  # 29 Esfand, the last day of 1405
        (6, date(2027, 5, 20)),  # 30 Ordibehesht 1406
    ],
)
def test_in_iran_the_months_are_persian(months: int, due: date) -> None:
    assert months_later(date(2026, 11, 21), months, is_jalali=True) == due
