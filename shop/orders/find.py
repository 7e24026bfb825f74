"""Finding orders: by secret link, by number, by what is due first."""

from sqlalchemy import select, update

from shop.db import changed, db
from shop.kernel.flow import IllegalMove
from shop.orders import numbers
from shop.orders.models import Order
from shop.orders.states import ORDER_FLOW, OrderState


def by_token(key: bytes, token: str) -> Order | None:
    """Return the order a guest's secret link opens, unless the link was revoked."""
    parts = numbers.split_token(token)
    if parts is None:
        return None
    order = by_number(parts[0])
    if order is None or not numbers.seal_is_right(
        key, order.number, order.link_version, parts[1]
    ):
        return None
    return order


def by_number(number: str) -> Order | None:
    """Return the order with this number."""
    return db.session.scalar(select(Order).where(Order.number == number))


def token(key: bytes, order: Order) -> str:
    """Return the secret part of the order's link; the same until it is revoked."""
    return numbers.link_token(key, order.number, order.link_version)


def lock(order_id: int) -> Order:
    """Return the order as it is now, locked until the transaction ends."""
    query = select(Order).where(Order.id == order_id).with_for_update()
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


def move(order: Order, wanted: OrderState, **values: object) -> None:
    """Change the state in one conditional statement.

    :raises IllegalMove: if the life cycle or somebody faster says no.
    """
    sources = ORDER_FLOW.sources(wanted)
    query = (
        update(Order)
        .where(Order.id == order.id, Order.state.in_([s.value for s in sources]))
        .values(state=wanted, version=Order.version + 1, **values)
    )
    if not changed(db.session.execute(query)):
        db.session.refresh(order)
        raise IllegalMove(order.state, wanted)
    db.session.refresh(order)


def try_move(order: Order, wanted: OrderState) -> bool:
    """Like ``move``, but say False where it is not allowed any more."""
    try:
        move(order, wanted)
    except IllegalMove:
        return False
    return True
