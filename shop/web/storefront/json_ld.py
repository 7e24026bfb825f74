"""What a product is to machines: schema.org, as one data block of the page."""

import json
from typing import Any

from shop.catalogue.facts import ProductView, VariantView
from shop.catalogue.rules import Offering
from shop.kernel.money import MINOR_DIGITS, Money


def product(
    view: ProductView,
    variant: VariantView,
    offering: Offering,
    url: str,
    images: list[str],
) -> str:
    """Return a product with its offer; no offer where it is not sold.

    ``url`` and ``images`` are absolute.
    """
    found: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": view.name.text,
        "description": view.tagline.text or view.name.text,
        "sku": variant.sku,
        "url": url,
    }
    if images:
        found["image"] = images
    if view.brand:
        found["brand"] = {"@type": "Brand", "name": view.brand}
    if view.model:
        found["model"] = view.model
    if variant.price is not None:
        found["offers"] = {
            "@type": "Offer",
            "url": url,
            "price": price(variant.price),
            "priceCurrency": variant.price.currency,
            "availability": offering.availability,
            "itemCondition": "https://schema.org/NewCondition",
        }
    return json.dumps(found, ensure_ascii=False)


def price(amount: Money) -> int | str:
    """Return an amount as schema.org wants it: no grouping, a point, no toman.

    A whole number where the currency has no minor digits (the rial), else text,
    because a float would not be exact.
    """
    digits = MINOR_DIGITS[amount.currency]
    if not digits:
        return amount.minor
    whole, rest = divmod(amount.minor, 10**digits)
    return f"{whole}.{rest:0{digits}d}"
