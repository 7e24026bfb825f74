"""Makers of carts and orders: a test names only the facts it is about."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shop.cart import draft as drafts
from shop.cart import service as carts
from shop.cart.draft import Draft
from shop.cart.models import Cart
from shop.catalogue.drafts import PriceDraft, VariantDraft
from shop.db import transaction, write
from shop.kernel.money import Money
from shop.markets.address import Address
from shop.markets.methods import Browser, Reach
from shop.markets.registry import market
from shop.orders import place
from shop.orders.models import Order
from tests.catalogue import make as goods

NANNING, NANNING_DISTRICT = "450100", "450103"
TEHRAN, ISFAHAN = "080394", "040122"
REACH = {
    code: Reach()
    for code in ("alipay", "gateway", "cash_on_delivery", "card_transfer",
                 "cash_by_arrangement")
}  # fmt: skip
TICKED = (place.Ticked("terms", "2026-11-01", "h" * 64, "zh"),)


def address(code: str = "cn", city: str = "", **given: Any) -> Address:
    """Return a right address: Nanning, Tehran, or the city named."""
    city = city or {"cn": NANNING, "ir": TEHRAN}[code]
    district = NANNING_DISTRICT if city == NANNING else ""
    facts = {
        "name": "张三",
        "phone": "+8613812345678" if code == "cn" else "+989123456789",
        "province": city[:2] + "0000",
        "city": city,
        "district": district,
        "street": "民族大道 1 号",
        "postcode": "" if code == "cn" else "1234567890",
    } | given
    return Address(code, **facts)


def cart(
    lines: Mapping[int, int], now: datetime, code: str = "cn", **answers: Any
) -> Cart:
    """Return a cart with every answer given; ``answers`` change the draft."""
    method = {"cn": "alipay", "ir": "gateway"}[code]
    delivery = {"cn": "standard", "ir": "post"}[code]
    with transaction():
        made = carts.create(code, now)
        for variant_id, pieces in lines.items():
            carts.add(made, variant_id, pieces, now)
        given = {
            "market": code, "delivery": delivery, "method": method,
            "address": address(code).to_json(),
        } | answers  # fmt: skip
        drafts.save(made, Draft(**given), now)
    return made


def planned(
    made: Cart, now: datetime, reach: Mapping[str, Reach] = REACH
) -> place.Plan:
    """Judge a cart as the review page does."""
    return place.plan(made, market(made.market), reach, Browser.DESKTOP, now)


def wish(plan: place.Plan, key: str = "k" * 32, **given: Any) -> place.Wish:
    """Return what the button of the review page sends."""
    facts: dict[str, Any] = {"ticked": TICKED, "language": "zh"} | given
    facts.setdefault("seen_total", plan.total)
    return place.Wish(idem_key=key, **facts)


def order(now: datetime, code: str = "cn", key: str = "", **answers: Any) -> Order:
    """Place an order for one piece of a new product."""
    key = key or f"key-{now.timestamp()}-{code}-{answers.get('method', '')}"
    sku = f"SKU-{key}"
    price = goods.yuan(10_000) if code == "cn" else _rials(5_000_000)
    variant = VariantDraft(sku, {}, {code: price}, 5)
    saved = goods.product(f"p-{key}", variants=(variant,))
    made = cart({saved.variant_ids[sku]: 1}, now, code, **answers)

    def do() -> Order:
        plan = planned(made, now)
        return place.place(made, plan, wish(plan, key), now)

    return write(do)


def _rials(amount: int) -> Any:
    return PriceDraft(Money(amount, "IRR"))
