"""Lines and pictures of orders as the desk shows them."""

from shop.i18n.text import Ltr
from shop.kernel.money import Money
from shop.orders.models import Order
from shop.web.owner.desk import link, media_url
from shop.web.pages.parts import OrderLine, Picture

NICHE = "/static/img/niche.svg"


def order_lines(order: Order) -> tuple[OrderLine, ...]:
    """Return the lines of an order as they were agreed, in the buyer's words."""
    return tuple(
        OrderLine(
            name=line.title,
            picture=Picture(src=media_url(line.picture) if line.picture else NICHE),
            quantity=line.quantity,
            total=Money(line.unit_minor * line.quantity, order.currency),
            options=line.options,
            url=link("catalogue.short", product_id=line.product_id),
            sku=Ltr(line.sku),
        )
        for line in order.lines
    )
