"""Lines and pictures of orders as the desk shows them."""

from collections.abc import Mapping

from shop.i18n.text import Ltr
from shop.kernel.money import Money
from shop.orders.models import Order
from shop.web.owner.desk import link, media_url
from shop.web.pages.parts import OrderLine, Picture
from shop.web.words import given_back

NICHE = "/static/img/niche.svg"


def order_lines(
    order: Order, back: Mapping[int, int] | None = None
) -> tuple[OrderLine, ...]:
    """Return the lines of an order as they were agreed, in the buyer's words.

    ``back`` are the pieces whose money has gone back, by line.
    """
    return tuple(
        OrderLine(
            name=line.title,
            picture=Picture(src=media_url(line.picture) if line.picture else NICHE),
            quantity=line.quantity,
            total=Money(line.unit_minor * line.quantity, order.currency),
            options=line.options,
            url=link("catalogue.short", product_id=line.product_id),
            sku=Ltr(line.sku),
            badge=given_back(back, line.id),
        )
        for line in order.lines
    )
