"""The packing slip: what goes into the parcel, for whom, and what to collect."""

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue

from shop.i18n.text import L, Lazy, Ltr, T
from shop.markets.address import Address
from shop.markets.identifiers import mask_name, mask_phone
from shop.markets.registry import market
from shop.orders.ledger import standing
from shop.orders.models import Order
from shop.orders.states import VOID
from shop.returns import giving
from shop.shipping import service as points
from shop.web import amounts
from shop.web.current import clock, language
from shop.web.owner import barcode, logbook
from shop.web.owner.desk import bp, order_or_404, the_staff
from shop.web.pages.owner import SlipLine, SlipPage
from shop.web.pages.parts import Words
from shop.web.render import isolate

#: What the courier must bring (S27).
_BY: dict[str, Lazy] = {
    "cash": L("in cash"),
    "pos": L("by card (POS)"),
}


@bp.get("/orders/<number>/slip")
def slip(number: str) -> ResponseReturnValue:
    """Show the slip; the whole address only to who has asked for it lately (S80)."""
    order = order_or_404(number)
    log = logbook.of_order(order)
    is_open = logbook.is_revealed(log, the_staff(), clock())
    due = standing(order).due
    collects = bool(due) and order.state not in VOID and bool(order.method)
    page = SlipPage(
        number=order.number,
        placed_at=order.placed_at,
        lines=_lines(order),
        recipient=_recipient(order, is_open=is_open),
        delivery=_delivery(order),
        back_url=url_for("owner.order", number=number),
        barcode_url=url_for("owner.barcode_file", number=number),
        collect=due if collects else None,
        collect_by=_BY.get(order.method_option, "") if collects else "",
        note=str(order.address.get("remark", "")),
        collection_code=order.collection_code if is_open else "",
    )
    return render_template("owner/packing_slip.html", page=page)


def _lines(order: Order) -> tuple[SlipLine, ...]:
    """Return what goes into the parcel: not what was refunded before it is sent."""
    back = {} if order.state in giving.SENT else giving.given_back(order.id)
    return tuple(
        SlipLine(
            name=line.title,
            sku=Ltr(line.sku),
            quantity=line.quantity - back.get(line.id, 0),
            options=line.options,
        )
        for line in order.lines
        if line.quantity > back.get(line.id, 0)
    )


@bp.get("/orders/<number>/barcode.svg")
def barcode_file(number: str) -> ResponseReturnValue:
    """Draw the order number as Code 128."""
    drawn = barcode.drawing(order_or_404(number).number)
    return Response(drawn, mimetype="image/svg+xml")


def _recipient(order: Order, *, is_open: bool) -> tuple[Words, ...]:
    place = market(order.market)
    address = Address.from_json(order.address)
    if is_open:
        phone = isolate(Ltr(place.show_phone(order.phone)))
        return (*place.address.lines(address), phone)
    city = address.city_name or address.province_name
    phone = isolate(Ltr(mask_phone(order.phone)))
    return tuple(one for one in (mask_name(order.name), city, phone) if one)


def _delivery(order: Order) -> Words:
    name = amounts.delivery_name(order.market, {"method": order.delivery})
    point = points.find_point(order.pickup_point) if order.pickup_point else None
    if point is None:
        return name
    words = point.text(language().code)
    return T("{method}: {place}", method=str(name), place=words.name)
