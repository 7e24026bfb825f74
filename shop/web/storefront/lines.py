"""Lines of carts and orders as a summary shows them."""

from collections.abc import Mapping

from flask import url_for

from shop.cart.service import Item, View
from shop.catalogue.facts import Picture as Drawn
from shop.i18n.reader import reader
from shop.i18n.text import Ltr
from shop.kernel.money import Money
from shop.orders.models import Order
from shop.web.pages.parts import OrderLine, Picture, Tint
from shop.web.words import given_back, written


def picture(drawn: Drawn | None, alt: str = "", tint: Tint = "") -> Picture:
    """Return a product's picture with all its sizes; the empty niche if it has none."""
    if drawn is None:
        return Picture(NICHE, 160, 200, alt, tint=tint)
    sources = () if drawn.is_drawing else _sources(drawn)
    return Picture(_media(drawn.file), drawn.width, drawn.height, alt, sources, tint)


def cart_lines(view: View) -> tuple[OrderLine, ...]:
    """Return the lines of a cart that can be ordered."""
    return tuple(_cart_line(item) for item in view.items if item.worth is not None)


def order_lines(
    order: Order, back: Mapping[int, int] | None = None
) -> tuple[OrderLine, ...]:
    """Return the lines of an order as they were agreed.

    ``back`` are the pieces whose money has gone back, by line.
    """
    return tuple(
        OrderLine(
            name=line.title,
            picture=Picture(src=_media(line.picture) if line.picture else NICHE),
            quantity=line.quantity,
            total=Money(line.unit_minor * line.quantity, order.currency),
            options=line.options,
            url=url_for("catalogue.short", product_id=line.product_id),
            sku=Ltr(line.sku),
            badge=given_back(back, line.id),
        )
        for line in order.lines
    )


NICHE = "/static/img/niche.svg"


def _cart_line(item: Item) -> OrderLine:
    variant, language = item.variant, reader().language.code
    assert item.worth is not None  # noqa: S101 (only such lines are shown)
    return OrderLine(
        name=written(variant.title(language)),
        picture=picture(variant.picture),
        quantity=item.quantity,
        total=item.worth,
        options=variant.options_line(language),
        url=url_for(
            "catalogue.product",
            product_id=variant.product_id,
            slug=variant.slug(language) or "-",
            sku=variant.sku,
        ),
        sku=Ltr(variant.sku),
    )


def _sources(drawn: Drawn) -> tuple[tuple[str, int], ...]:
    return tuple((_media(name), width) for name, width in drawn.files)


def _media(name: str) -> str:
    return url_for("media.file", name=name)
