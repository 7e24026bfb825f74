"""The product page: variants, sale states, plans, limits, addresses, data block."""

from datetime import date
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from shop.catalogue import service as catalogue
from shop.catalogue.drafts import TextDraft, VariantDraft
from shop.catalogue.models import Product
from shop.catalogue.rules import SaleState
from shop.db import db, transaction, write
from shop.orders import place
from tests.catalogue import make
from tests.conftest import Clock
from tests.orders import make as orders
from tests.web.storefront.shop import (
    Shop,
    alternates,
    json_ld,
    prices,
    words,
)

SCHEMA = "https://schema.org/"


def open_(client: FlaskClient, path: str) -> str:
    """Return the text of a page, redirects followed."""
    answer = client.get(path, follow_redirects=True)
    assert answer.status_code == 200, answer.status_code
    return answer.text


@pytest.mark.parametrize("lang", ["zh", "fa", "en"])
@pytest.mark.parametrize("spelling", ["", "/old-name", "/安榴-a7", "/انار-a7"])
def test_one_address_in_each_language(
    shop: Shop, client: FlaskClient, lang: str, spelling: str
) -> None:
    slug = {"zh": "安榴-a7", "fa": "انار-a7", "en": "anar-a7"}[lang]
    right = f"/{lang}/p/{shop.phone}/{slug}"
    if spelling == f"/{slug}":
        spelling = "/x"

    answer = client.get(f"/{lang}/p/{shop.phone}{spelling}?sku=A7-GRN")

    assert answer.status_code == 301
    assert answer.location == quote(right) + "?sku=A7-GRN"


@pytest.mark.parametrize("digits", ["۰۱۲۳۴۵۶۷۸۹", "٠١٢٣٤٥٦٧٨٩", "０１２３４５６７８９"])
def test_an_id_in_other_digits_leads_to_the_address(
    shop: Shop, client: FlaskClient, digits: str
) -> None:
    typed = "".join(digits[int(d)] for d in str(shop.phone))

    answer = client.get(f"/fa/p/{typed}/انار-a7")

    assert answer.status_code == 301
    assert answer.location == quote(f"/fa/p/{shop.phone}/انار-a7")


def test_a_renamed_product_keeps_its_old_addresses(
    shop: Shop, client: FlaskClient
) -> None:
    shop.save_phone(texts={"en": TextDraft("Anar A8")})

    answer = client.get(f"/en/p/{shop.phone}/anar-a7")

    assert answer.status_code == 301
    assert answer.location == f"/en/p/{shop.phone}/anar-a8"


def test_a_product_without_a_text_has_the_address_of_the_one_it_shows(
    shop: Shop, client: FlaskClient
) -> None:
    page = open_(client, f"/zh/p/{shop.kettle}")

    assert alternates(page)["zh-Hans"] == f"/zh/p/{shop.kettle}/kettle"
    assert '<span lang="en" dir="ltr">Kettle</span>' in page
    assert '<div class="prose" lang="en" dir="ltr">' in page


def test_price_stock_and_sku_follow_the_variant(
    shop: Shop, client: FlaskClient
) -> None:
    ink = open_(client, f"/zh/p/{shop.phone}")
    garnet = open_(client, f"/zh/p/{shop.phone}?sku=A7-GRN")

    assert "3,999" in words(ink)
    assert 'name="sku" value="A7-INK"' in ink
    assert "phone--ink.svg" in ink.split('class="thumbs"')[0]
    assert "4,199" in words(garnet)
    assert 'name="sku" value="A7-GRN"' in garnet
    assert "phone--garnet.svg" in garnet.split('class="thumbs"')[0]
    assert 'data-max="3"' in garnet


@pytest.mark.parametrize(
    "query", ["sku=a7-grn", "sku=%20A7-GRN", "sku=A7-GRN&picture=9"]
)
def test_a_sku_is_read_kindly(shop: Shop, client: FlaskClient, query: str) -> None:
    page = open_(client, f"/zh/p/{shop.phone}?{query}")

    assert 'name="sku" value="A7-GRN"' in page


def test_a_picture_can_be_looked_at_without_scripts(
    shop: Shop, client: FlaskClient
) -> None:
    page = open_(client, f"/en/p/{shop.phone}?sku=A7-INK&picture=۲")

    large = page.split('class="thumbs"')[0]
    assert "phone--garnet.svg" in large
    assert 'alt="A phone in garnet"' in large
    assert "A7-INK" in words(page)


def test_an_unknown_variant_is_a_404(shop: Shop, client: FlaskClient) -> None:
    here = client.get(f"/zh/p/{shop.phone}").location

    assert client.get(f"{here}?sku=NONE").status_code == 404


#: State: status of the page, availability of the data, tag, word of the button.
STATES = {
    SaleState.ON_SALE: (200, "InStock", "", "Add to cart"),
    SaleState.FLASH: (200, "InStock", "", "Add to cart"),
    SaleState.UPCOMING: (200, "OutOfStock", "Coming soon", "Coming soon"),
    SaleState.PREORDER: (200, "OutOfStock", "Coming soon", "Coming soon"),
    SaleState.SOLD_OUT: (200, "OutOfStock", "Out of stock", "Out of stock"),
    SaleState.DISCONTINUED: (410, "Discontinued", "No longer sold", "No longer sold"),
}


@pytest.mark.parametrize("state", STATES)
def test_the_sale_state_drives_badge_button_and_data(
    shop: Shop, client: FlaskClient, state: SaleState
) -> None:
    """S20."""
    status, availability, tag, button = STATES[state]
    client.post("/en/region", data={"market": "cn"})
    with transaction():
        catalogue.set_sale_state(shop.phone, SaleState.ON_SALE, state, make.NOW)

    answer = client.get(f"/en/p/{shop.phone}", follow_redirects=True)

    assert answer.status_code == status
    above = words(answer.text.split("<h1>")[0].rpartition('class="row"')[2])
    assert tag in above
    assert button in words(answer.text.split("<h1>")[1])
    assert json_ld(answer.text)["offers"]["availability"] == SCHEMA + availability
    assert ('id="buy"' in answer.text) == (availability == "InStock")


def test_a_draft_is_as_good_as_none(shop: Shop, client: FlaskClient) -> None:
    with transaction():
        catalogue.set_sale_state(
            shop.phone, SaleState.ON_SALE, SaleState.DRAFT, make.NOW
        )

    assert client.get(f"/zh/p/{shop.phone}").status_code == 404


def test_a_discontinued_product_leads_to_its_successor(
    shop: Shop, client: FlaskClient
) -> None:
    with transaction():
        row = db.session.get(Product, shop.phone)
        assert row is not None
        row.sale_state, row.successor_id = SaleState.DISCONTINUED, shop.kettle

    answer = client.get(f"/en/p/{shop.phone}", follow_redirects=True)

    assert answer.status_code == 410
    assert f'href="/en/p/{shop.kettle}/kettle"' in answer.text
    assert 'content="noindex"' in answer.text


def test_what_comes_says_from_when_it_ships(shop: Shop, client: FlaskClient) -> None:
    """S51."""
    shop.save_phone(sale_state=SaleState.PREORDER, ships_on=date(2026, 12, 10))

    page = words(open_(client, f"/fa/p/{shop.phone}"))

    assert "پنجشنبه ۱۹ آذر" in page


def test_a_product_without_a_price_here_is_shown_but_not_sold(
    shop: Shop, client: FlaskClient
) -> None:
    page = open_(client, f"/fa/p/{shop.kettle}")

    assert 'id="buy"' not in page
    assert "offers" not in json_ld(page)
    assert f'href="/fa/region?next=/fa/p/{shop.kettle}/kettle"' in page


def test_sold_out_of_one_colour_says_that_there_is_another(
    shop: Shop, client: FlaskClient
) -> None:
    shop.save_phone(
        variants=(
            VariantDraft("A7-INK", {"colour": "ink"}, prices(3999), 8),
            VariantDraft("A7-GRN", {"colour": "garnet"}, prices(4199), 0),
        )
    )
    client.post("/en/region", data={"market": "cn"})

    page = open_(client, f"/en/p/{shop.phone}?sku=A7-GRN")

    assert 'id="buy"' not in page
    assert "Another version is in stock" in words(page)
    assert 'class="gone"' in page
    assert json_ld(page)["offers"]["availability"] == SCHEMA + "OutOfStock"


def test_the_data_block_of_yuan(shop: Shop, client: FlaskClient) -> None:
    page = open_(client, f"/zh/p/{shop.phone}")
    data = json_ld(page)

    assert data["@type"] == "Product"
    assert data["name"] == "安榴 A7"
    assert data["sku"] == "A7-INK"
    assert data["brand"]["name"] == "Anar"
    assert data["offers"]["price"] == "3999.00"
    assert data["offers"]["priceCurrency"] == "CNY"
    assert data["offers"]["url"].endswith(quote("/安榴-a7"))
    assert data["image"][0].startswith("http")


def test_the_data_block_of_rials_is_a_whole_number(
    shop: Shop, client: FlaskClient
) -> None:
    offer = json_ld(open_(client, f"/fa/p/{shop.phone}"))["offers"]

    assert offer["price"] == 539_000_000
    assert offer["priceCurrency"] == "IRR"


def test_no_text_of_an_owner_can_end_the_data_block(
    shop: Shop, client: FlaskClient
) -> None:
    shop.save_phone(texts={"en": TextDraft('</script><script>"&', "<b>")})

    page = open_(client, f"/en/p/{shop.phone}")

    assert json_ld(page)["name"] == '</script><script>"&'
    assert page.count("<script") == 2


def test_a_shared_link_has_its_picture(shop: Shop, client: FlaskClient) -> None:
    page = open_(client, f"/fa/p/{shop.phone}")

    assert '<meta property="og:type" content="product">' in page
    assert '<meta property="og:title" content="انار A7">' in page
    assert '<meta property="og:locale" content="fa_IR">' in page
    assert "/media/phone--ink.svg" in page.split("og:image")[1].split(">")[0]


@pytest.mark.parametrize(
    ("lang", "each"), [("zh", "¥333.25"), ("fa", "۱۰٬۱۰۶٬۲۵۰ تومان")]
)
def test_the_payment_of_each_period_stands_under_the_price(
    shop: Shop, client: FlaskClient, lang: str, each: str
) -> None:
    """S3: 3,999 in 12 without a fee is 333.25; 53.9 million less 25 % in 4."""
    page = words(open_(client, f"/{lang}/p/{shop.phone}"))

    before_table = page.split("A7-INK")[0]
    assert each.replace(" ", "") in before_table.replace(" ", "")


def test_the_table_says_rate_fee_and_total_of_every_plan(
    shop: Shop, client: FlaskClient
) -> None:
    """S7: without scripts. 24 x 0.6 % of 3,999 is 575.86."""
    table = words(open_(client, f"/zh/p/{shop.phone}").split('id="plans"')[1])

    for figure in ("333.25", "3,999", "575.86", "14.4%", "4,574.86"):
        assert figure in table


def test_other_markets_see_no_plan(shop: Shop, client: FlaskClient) -> None:
    """S1."""
    assert 'id="plans"' not in open_(client, f"/en/p/{shop.phone}")


def test_a_limit_says_what_remains(shop: Shop, client: FlaskClient) -> None:
    """S22: what is in the cart counts."""
    shop.save_phone(limit_per_buyer=5, limit_days=20)
    client.post("/en/region", data={"market": "cn"})

    before = words(open_(client, f"/en/p/{shop.phone}"))
    client.post("/en/cart/add", data={"sku": "A7-GRN", "quantity": "2"})
    after = words(open_(client, f"/en/p/{shop.phone}"))

    assert "You can buy 5 of these in 20 days." in before
    assert "You can buy 5 of these in 20 days, so 3 more for now." in after


def test_a_guests_orders_count_as_soon_as_the_phone_is_known(
    shop: Shop, client: FlaskClient, clock: Clock
) -> None:
    shop.save_phone(limit_per_buyer=5)
    ink = catalogue.variant_id_of("A7-INK")
    assert ink is not None
    made = orders.cart({ink: 2}, clock.now)
    plan = orders.planned(made, clock.now)
    write(lambda: place.place(made, plan, orders.wish(plan), clock.now))
    client.post("/zh/cart/add", data={"sku": "KETTLE", "quantity": "1"})
    address = {
        "name": "张三",
        "phone": "138 1234 5678",
        "city": orders.NANNING,
        "district": orders.NANNING_DISTRICT,
        "street": "民族大道 1 号",
    }

    before = words(open_(client, f"/en/p/{shop.phone}"))
    client.post("/zh/checkout/address", data=address)
    client.post("/en/region", data={"market": "cn"})
    after = words(open_(client, f"/en/p/{shop.phone}"))

    assert "more for now" not in before
    assert "so 3 more for now" in after


def test_few_pieces_are_said_and_many_are_not(shop: Shop, client: FlaskClient) -> None:
    client.post("/en/region", data={"market": "cn"})

    garnet = words(open_(client, f"/en/p/{shop.phone}?sku=A7-GRN"))
    ink = words(open_(client, f"/en/p/{shop.phone}?sku=A7-INK"))

    assert "Only 3 left" in garnet
    assert "left" not in ink.split("Quantity")[1].split("Add to cart")[0]


def test_delivery_is_a_date_of_the_markets_calendar(
    shop: Shop, client: FlaskClient, clock: Clock
) -> None:
    """S32, S33: a Saturday in China counts from Monday; 1 to 3 days, then 1 to 7."""
    client.post("/en/region", data={"market": "cn"})

    page = words(open_(client, f"/en/p/{shop.phone}"))
    clock.forward(days=5)
    later = words(open_(client, f"/en/p/{shop.phone}"))

    assert "Leaves us by Thu 26 Nov, arrives between Wed 25 Nov and Mon 7 Dec" in page
    assert "Leaves us by Thu 26 Nov" not in later


def test_goods_that_may_not_fly_say_so(shop: Shop, client: FlaskClient) -> None:
    shop.save_phone(ground_only=True, cod_excluded=True)
    client.post("/en/region", data={"market": "cn"})

    page = words(open_(client, f"/en/p/{shop.phone}"))

    assert "Goes by road only" in page
    assert "Cash on delivery is not possible for this product." in page
