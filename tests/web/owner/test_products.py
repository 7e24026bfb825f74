"""The product list: price and stock in place, refusals beside their field."""

from datetime import datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from shop.catalogue import service as catalogue
from shop.catalogue.drafts import PriceDraft, TextDraft, VariantDraft
from shop.catalogue.models import Price, Stock, table
from shop.catalogue.rules import SaleState
from shop.catalogue.write import Saved
from shop.db import db, write
from shop.inventory import service as inventory
from shop.kernel.money import Money
from shop.search import service as search
from shop.web.owner.price_field import read_price
from tests.catalogue import make as goods
from tests.conftest import NOW
from tests.web.owner.make import actions, log


@pytest.fixture
def teapot(app: object) -> tuple[Saved, int]:
    """Return a product sold in China and in Iran, and its variant."""
    prices = {"cn": goods.yuan(1000, was=1500), "ir": rials(350_000)}
    variant = VariantDraft("TEAPOT", {}, prices, 5)
    texts = {"en": TextDraft("Teapot"), "fa": TextDraft("قوری")}
    saved = goods.product("teapot", variants=(variant,), texts=texts)
    return saved, saved.variant_ids["TEAPOT"]


def rials(amount: int) -> PriceDraft:
    """Return a price in rials."""
    return PriceDraft(Money(amount, "IRR"))


def form(**given: str) -> dict[str, str]:
    """Return what the form of the teapot sends, with some fields typed over."""
    shown = {
        "price_cn": "10", "seen_price_cn": "1000",
        "price_ir": "350000", "seen_price_ir": "350000",
        "price_world": "", "stock": "5", "seen_stock": "5",
    }  # fmt: skip
    return shown | given


def price(variant: int, market: str) -> tuple[int, int | None]:
    """Return price and crossed-out price as stored."""
    db.session.rollback()
    rows = table(Price).c
    query = select(rows.amount_minor, rows.was_minor).where(
        rows.variant_id == variant, rows.market == market
    )
    row = db.session.execute(query).one()
    return row.amount_minor, row.was_minor


def stock(variant: int) -> int:
    """Return the pieces on hand."""
    db.session.rollback()
    rows = table(Stock).c
    query = select(rows.on_hand).where(rows.variant_id == variant)
    return int(db.session.execute(query).scalar_one())


@pytest.mark.parametrize(
    ("typed", "minor"),
    [
        ("12.5", 1250), ("۱۲٫۵۰", 1250), (" 1,234.50 ", 123450), ("１２", 1200),
        ("۱٬۲۳۴", 123400), ("0", 0),
    ],
)  # fmt: skip
def test_yuan_are_read_in_any_digits(typed: str, minor: int) -> None:
    assert read_price(typed, "CNY") == Money(minor, "CNY")


@pytest.mark.parametrize(
    "typed", ["", "-5", "1.234", "1e3", "12 34", "abc", "²", "1,2"]
)
def test_what_is_no_amount_is_refused(typed: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (its words are the view's)
        read_price(typed, "CNY")


def test_rials_have_no_decimals() -> None:
    assert read_price("۸۹۹٬۰۰۰٬۰۰۰", "IRR") == Money(899_000_000, "IRR")
    with pytest.raises(ValueError, match=r"1\.5"):
        read_price("1.5", "IRR")


def test_prices_and_stock_are_saved_with_a_row_of_the_log_each(
    desk: FlaskClient, teapot: tuple[Saved, int]
) -> None:
    _, variant = teapot
    url = f"/fa/owner/products/variants/{variant}"
    data = form(price_cn="۱۲٫۵", price_ir="۴۰۰٬۰۰۰", stock="۷")
    assert desk.post(url, data=data).status_code == 303
    assert price(variant, "cn") == (1250, 1500)
    assert price(variant, "ir") == (400_000, None)
    assert stock(variant) == 7
    assert actions() == ["price.changed", "price.changed", "stock.changed"]
    assert log()[0].before == {"price": [1000, "CNY"]}
    assert log()[0].after == {"market": "cn", "price": [1250, "CNY"]}
    assert log()[2].subject == "variant:TEAPOT"


def test_the_note_says_a_rial_price_in_toman(
    desk: FlaskClient, teapot: tuple[Saved, int]
) -> None:
    _, variant = teapot
    url = f"/en/owner/products/variants/{variant}"
    desk.post(url, data=form(price_ir="400000"))
    text = desk.get("/en/owner/products").text
    assert "40,000\u00a0toman" in text
    assert "rials" in text


def test_a_price_over_the_crossed_out_one_takes_that_away(
    desk: FlaskClient, teapot: tuple[Saved, int]
) -> None:
    _, variant = teapot
    url = f"/en/owner/products/variants/{variant}"
    desk.post(url, data=form(price_cn="20"))
    assert price(variant, "cn") == (2000, None)


def test_nothing_typed_over_changes_nothing(
    desk: FlaskClient, teapot: tuple[Saved, int]
) -> None:
    _, variant = teapot
    for _ in range(2):
        answer = desk.post(f"/en/owner/products/variants/{variant}", data=form())
        assert answer.status_code == 303
    assert actions() == []


@pytest.mark.parametrize(
    ("name", "typed", "said"),
    [
        ("price_cn", "abc", "Enter a price in"),
        ("price_cn", "", "Enter a price in"),
        ("price_ir", "350005", "multiple of"),
        ("price_ir", "35.5", "Enter a price in"),
        ("stock", "-1", "Enter a whole number"),
        ("stock", "", "Enter a whole number"),
        ("stock", "1000001", "at most"),
    ],
)
def test_a_wrong_value_is_said_beside_its_field_and_kept(
    desk: FlaskClient, teapot: tuple[Saved, int], name: str, typed: str, said: str
) -> None:
    _, variant = teapot
    answer = desk.post(
        f"/en/owner/products/variants/{variant}", data=form(**{name: typed})
    )
    assert answer.status_code == 422
    assert said in answer.text
    assert f'value="{typed}"' in answer.text
    assert actions() == []


def test_pieces_that_orders_hold_cannot_be_counted_away(
    desk: FlaskClient, teapot: tuple[Saved, int], now: datetime
) -> None:
    _, variant = teapot
    write(lambda: inventory.hold({variant: 3}, "order:1", now))
    answer = desk.post(f"/en/owner/products/variants/{variant}", data=form(stock="2"))
    assert answer.status_code == 409
    assert "held for orders" in answer.text or "order" in answer.text
    assert stock(variant) == 5


def test_a_price_that_changed_meanwhile_is_not_overwritten_unseen(
    desk: FlaskClient, teapot: tuple[Saved, int], now: datetime
) -> None:
    _, variant = teapot
    write(lambda: catalogue.set_price(variant, "cn", goods.yuan(1100), now))
    url = f"/en/owner/products/variants/{variant}"
    answer = desk.post(url, data=form(price_cn="12"))
    assert answer.status_code == 409
    assert "Changed meanwhile" in answer.text
    assert 'name="seen_price_cn" value="1100"' in answer.text
    assert price(variant, "cn")[0] == 1100
    again = desk.post(url, data=form(price_cn="12", seen_price_cn="1100"))
    assert again.status_code == 303
    assert price(variant, "cn")[0] == 1200


def test_stock_that_was_sold_meanwhile_is_not_counted_back(
    desk: FlaskClient, teapot: tuple[Saved, int], now: datetime
) -> None:
    _, variant = teapot
    write(lambda: inventory.hold({variant: 1}, "order:1", now))
    write(lambda: inventory.consume("order:1", now))
    url = f"/en/owner/products/variants/{variant}"
    assert desk.post(url, data=form(stock="9")).status_code == 409
    assert stock(variant) == 4
    assert desk.post(url, data=form(price_cn="12")).status_code == 303
    assert stock(variant) == 4


def test_a_market_without_a_price_gets_its_first(
    desk: FlaskClient, teapot: tuple[Saved, int]
) -> None:
    _, variant = teapot
    url = f"/en/owner/products/variants/{variant}"
    assert desk.post(url, data=form(price_world="1.99")).status_code == 303
    assert price(variant, "world") == (199, None)


def test_the_form_goes_back_to_the_list_it_came_from(
    desk: FlaskClient, teapot: tuple[Saved, int]
) -> None:
    _, variant = teapot
    url = f"/en/owner/products/variants/{variant}"
    answer = desk.post(url, data=form(q="tea", tab="on_sale"))
    assert answer.location == "/en/owner/products?q=tea&state=on_sale#v-TEAPOT"


@pytest.mark.parametrize("query", ["TEAPOT", "teapot", "قوري", "قوری"])
def test_a_product_is_found_by_code_and_by_name(
    desk: FlaskClient, teapot: tuple[Saved, int], query: str
) -> None:
    goods.product("kettle")
    text = desk.get("/en/owner/products", query_string={"q": query}).text
    assert "TEAPOT" in text
    assert "KETTLE" not in text


def test_a_draft_is_found_too_and_has_a_tab(desk: FlaskClient, app: object) -> None:
    goods.product("secret", sale_state=SaleState.DRAFT)
    goods.product("teapot")
    assert "SECRET" in desk.get("/en/owner/products?q=secret").text
    drafts = desk.get("/en/owner/products?state=draft").text
    assert "SECRET" in drafts
    assert "TEAPOT" not in drafts


def test_the_sale_state_changes_and_search_follows(
    desk: FlaskClient, teapot: tuple[Saved, int]
) -> None:
    saved, _ = teapot
    url = f"/en/owner/products/{saved.product_id}/state"
    assert search.search("Teapot").ids == (saved.product_id,)
    answer = desk.post(url, data={"seen": "on_sale", "state": "discontinued"})
    assert answer.status_code == 303
    db.session.rollback()
    assert search.search("Teapot").ids == ()
    assert log()[-1].after == {"state": "discontinued"}
    desk.post(url, data={"seen": "on_sale", "state": "draft"})
    assert "Somebody was faster" in desk.get("/en/owner/products").text
    assert actions() == ["sale_state.changed"]
    assert desk.post(url, data={"seen": "x", "state": "y"}).status_code == 404


def test_the_shop_shows_the_new_price_at_once(
    desk: FlaskClient, teapot: tuple[Saved, int]
) -> None:
    saved, variant = teapot
    desk.post(f"/en/owner/products/variants/{variant}", data=form(price_cn="12.5"))
    db.session.rollback()
    (card,) = catalogue.cards([saved.product_id], "cn", "en")
    assert card.price == Money(1250, "CNY")
    assert NOW
