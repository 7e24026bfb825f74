"""Stopping an order for a while, and letting it go on where it stood."""

from datetime import datetime

from shop.kernel.flow import IllegalMove
from shop.orders import accept, events, find
from shop.orders.ledger import standing
from shop.orders.models import Order
from shop.orders.states import EventKind, OrderState


def hold(order: Order, who: str, reason: str, now: datetime) -> None:
    """Stop an order that was not sent: nothing is packed, nothing expires.

    :raises IllegalMove: if it was sent, has ended or is on hold already.
    """
    order = find.lock(order.id)
    find.move(order, OrderState.ON_HOLD, held_from=order.state)
    events.happened(order, EventKind.ON_HOLD, who, now, reason=reason)


def resume(order: Order, who: str, now: datetime) -> None:
    """Let an order go on; an unpaid one gets its full time to pay again.

    An order that was paid meanwhile is taken on at once.

    :raises IllegalMove: if it is not on hold.
    """
    order = find.lock(order.id)
    wanted = OrderState(order.held_from or OrderState.PLACED)
    if order.state != OrderState.ON_HOLD:
        raise IllegalMove(order.state, wanted)
    find.move(order, wanted, held_from="")
    events.happened(order, EventKind.RESUMED, who, now)
    if wanted is not OrderState.PLACED:
        return
    if standing(order).is_paid:
        accept.accept(order, who, now, prepaid=True)
    elif order.pay_by_at is not None:
        accept.give_time_to_pay(order, now)
