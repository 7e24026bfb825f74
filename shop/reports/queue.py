"""Orders by what must be done next, the late ones first. Reads only.

A part of the queue is one condition on indexed columns, so that the desk stays
fast however many orders have ended. Lists go on by keyset, never by offset.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Integer,
    and_,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    text,
    tuple_,
    union,
    union_all,
)
from sqlalchemy.orm import lazyload

from shop.db import UtcDateTime, db
from shop.fulfilment.models import Shipment
from shop.i18n.digits import digits_only, to_ascii
from shop.kernel.errors import ShopError
from shop.markets.identifiers import email as read_email
from shop.markets.registry import markets
from shop.orders.ledger import Standing, standing_of
from shop.orders.models import MoneyRow, Order, Promise
from shop.orders.states import LIVE, VOID, OrderState, PromiseKind
from shop.payments import provider as contract
from shop.payments.models import (
    OPEN_SQL,
    REVIEW_SQL,
    PaymentAttempt,
    Refund,
    TransferReceipt,
)
from shop.payments.rules import (
    HOLDING,
    OPEN,
    RECEIPT_OPEN,
    RefundState,
)
from shop.returns.models import ReturnRequest
from shop.returns.rules import RETURN_OPEN, ReturnState

PER_PAGE = 25
#: Above so many orders a tab says the number itself is not worth counting.
COUNT_CAP = 1_000
#: Stands for "no date": after every real one.
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Paid by hand at the door or in person: staff note the money.
CASH = ("cash_on_delivery", "cash_by_arrangement")


class Part(StrEnum):
    """A tab of the queue: what its orders want next."""

    ARRANGE = "arrange"
    RECEIPTS = "receipts"
    RETURNS = "returns"
    PACK = "pack"
    SHIP = "ship"
    ON_WAY = "on_way"
    CASH = "cash"
    UNPAID = "unpaid"
    PROBLEMS = "problems"
    ALL = "all"


#: The promise that decides how urgent an order of a part is.
_PROMISES: Mapping[Part, tuple[PromiseKind, ...]] = {
    Part.ARRANGE: (PromiseKind.ANSWER,),
    Part.RECEIPTS: (PromiseKind.ANSWER,),
    Part.RETURNS: (PromiseKind.ANSWER,),
    Part.PACK: (PromiseKind.SHIP,),
    Part.SHIP: (PromiseKind.SHIP,),
    Part.ON_WAY: (PromiseKind.DELIVER,),
    Part.UNPAID: (PromiseKind.PAY,),
}
_ANY = (
    PromiseKind.ANSWER,
    PromiseKind.SHIP,
    PromiseKind.DELIVER,
    PromiseKind.PAY,
    PromiseKind.REFUND,
)


def _receipts() -> Any:
    return select(TransferReceipt.order_id).where(
        TransferReceipt.state.in_([one.value for one in RECEIPT_OPEN])
    )


def _returns() -> Any:
    return select(ReturnRequest.order_id).where(
        ReturnRequest.state.in_([one.value for one in RETURN_OPEN])
    )


def _new_returns() -> Any:
    return select(ReturnRequest.order_id).where(
        ReturnRequest.state == ReturnState.REQUESTED
    )


def _open_cash() -> Any:
    return select(PaymentAttempt.order_id).where(
        text(OPEN_SQL), PaymentAttempt.provider.in_(CASH)
    )


def _problems() -> Any:
    """Orders with money to look at: in review, two for one, or to give back by hand."""
    review = select(PaymentAttempt.order_id).where(text(REVIEW_SQL))
    back = select(Refund.order_id).where(
        or_(
            and_(Refund.state == RefundState.APPROVED, Refund.by_hand),
            Refund.state == RefundState.UNKNOWN,
        )
    )
    held = select(Order.id).where(Order.state == OrderState.ON_HOLD)
    return union_all(review, back, held)


def _wants(part: Part) -> ColumnElement[bool]:
    """Return what an order of a part fulfils."""
    by_call = Order.method == "cash_by_arrangement"
    match part:
        case Part.ARRANGE:
            return and_(Order.state == OrderState.PLACED, by_call)
        case Part.RECEIPTS:
            live = Order.state.in_([one.value for one in LIVE])
            return and_(Order.id.in_(_receipts()), live)
        case Part.RETURNS:
            return Order.id.in_(_returns())
        case Part.PACK:
            return Order.state == OrderState.ACCEPTED
        case Part.SHIP:
            return Order.state == OrderState.PACKING
        case Part.ON_WAY:
            return Order.state == OrderState.SHIPPED
        case Part.CASH:
            delivered = Order.state == OrderState.DELIVERED
            return and_(Order.id.in_(_open_cash()), delivered)
        case Part.UNPAID:
            placed = Order.state == OrderState.PLACED
            return and_(placed, ~by_call, Order.id.not_in(_receipts()))
        case Part.PROBLEMS:
            return Order.id.in_(_problems())
        case Part.ALL:
            return literal(value=True)


@dataclass(frozen=True)
class Counts:
    """How many orders each part has (at most ``COUNT_CAP + 1``), and why."""

    parts: Mapping[Part, int]
    reviews: int
    refunds: int
    on_hold: int
    returns: int = 0


def counts() -> Counts:
    """Count every part but the whole, in one statement."""
    arms = [_counted(part.value, select(Order.id).where(_wants(part)))
            for part in Part if part is not Part.ALL]  # fmt: skip
    review = select(PaymentAttempt.id).where(text(REVIEW_SQL))
    back = select(Refund.id).where(Refund.state == RefundState.APPROVED, Refund.by_hand)
    held = select(Order.id).where(Order.state == OrderState.ON_HOLD)
    arms += [
        _counted("reviews", review),
        _counted("refunds", back),
        _counted("on_hold", held),
        _counted("new_returns", _new_returns()),
    ]
    found = {row.name: row.n for row in db.session.execute(union_all(*arms))}
    return Counts(
        {part: found[part.value] for part in Part if part is not Part.ALL},
        found["reviews"],
        found["refunds"],
        found["on_hold"],
        found["new_returns"],
    )


def _counted(name: str, rows: Any) -> Any:
    few = rows.limit(COUNT_CAP + 1).subquery()
    return select(literal(name).label("name"), func.count().label("n")).select_from(few)


@dataclass(frozen=True)
class Waiting:
    """An order of the queue with what its row shows; ``due`` is its next promise."""

    order: Order
    standing: Standing
    due: Promise | None
    has_receipt: bool
    has_open_cash: bool
    has_return: bool = False


@dataclass(frozen=True)
class Cursor:
    """A place in a list: the sort keys of the row beside it."""

    backwards: bool
    rank: int
    due_at: datetime
    order_id: int

    def __str__(self) -> str:
        way = "p" if self.backwards else "n"
        stamp = (self.due_at - _EPOCH) // timedelta(microseconds=1)
        return f"{way}.{self.rank}.{stamp}.{self.order_id}"


def read_cursor(typed: str) -> Cursor | None:
    """Read what ``str(Cursor)`` wrote; ``None`` for anything else: the first page."""
    found = re.fullmatch(r"([np])\.([0-9])\.([0-9]{1,18})\.([0-9]{1,18})", typed)
    if not found:
        return None
    try:
        due_at = _EPOCH + timedelta(microseconds=int(found[3]))
    except OverflowError:
        return None
    return Cursor(found[1] == "p", int(found[2]), due_at, int(found[4]))


@dataclass(frozen=True)
class Page:
    """One page of a part, with the places before and after it."""

    rows: tuple[Waiting, ...]
    before: Cursor | None = None
    after: Cursor | None = None


def page(
    part: Part, now: datetime, cursor: Cursor | None = None, limit: int = PER_PAGE
) -> Page:
    """Return orders of a part, the most urgent first; of the whole, the newest first.

    Late ones come before others, among both the prepaid ones of a priority city
    (S101), then the sooner promise.
    """
    back = cursor is not None and cursor.backwards
    find = _newest if part is Part.ALL else _urgent
    found = find(part, now, cursor, limit + 1)
    more = len(found) > limit
    found = found[:limit]
    if back:
        found.reverse()
    if not found:
        return Page(())
    ends = [Cursor(way, *row) for way, row in ((True, found[0]), (False, found[-1]))]
    return Page(
        _load([row.order_id for row in found], part),
        ends[0] if (more if back else cursor is not None) else None,
        ends[1] if back or more else None,
    )


class _Key(NamedTuple):
    """The sort keys of one order."""

    rank: int
    due_at: datetime
    order_id: int


def _newest(
    _part: Part, _now: datetime, cursor: Cursor | None, limit: int
) -> list[_Key]:
    query = select(Order.id)
    back = cursor is not None and cursor.backwards
    if cursor is not None:
        last = cursor.order_id
        query = query.where(Order.id > last if back else Order.id < last)
    query = query.order_by(Order.id if back else Order.id.desc()).limit(limit)
    return [_Key(0, NEVER, key) for key in db.session.scalars(query)]


def _urgent(part: Part, now: datetime, cursor: Cursor | None, limit: int) -> list[_Key]:
    keys = _keys(part, now)
    order = [keys.c.rank, keys.c.due_at, keys.c.id]
    query = select(*order)
    back = cursor is not None and cursor.backwards
    if cursor is not None:
        place = tuple_(
            literal(cursor.rank, Integer),
            literal(cursor.due_at, UtcDateTime),
            literal(cursor.order_id),
        )
        here = tuple_(*order)
        query = query.where(here < place if back else here > place)
    ends = [one.desc() for one in order] if back else order
    return [
        _Key(*row) for row in db.session.execute(query.order_by(*ends).limit(limit))
    ]


def _keys(part: Part, now: datetime) -> Any:
    """Return (id, due_at, rank) of every order of a part, as a subquery."""
    due = (
        select(func.min(Promise.due_at))
        .where(
            Promise.order_id == Order.id,
            Promise.kept_at.is_(None),
            Promise.void_at.is_(None),
            Promise.kind.in_([one.value for one in _PROMISES.get(part, _ANY)]),
        )
        .correlate(Order)
        .scalar_subquery()
    )
    due_at = func.coalesce(due, literal(NEVER, UtcDateTime), type_=UtcDateTime)
    plain = (
        select(Order.id, Order.prepaid, due_at.label("due_at"))
        .where(_wants(part))
        .subquery()
    )
    late = plain.c.due_at < literal(now, UtcDateTime)
    rank = case(
        (and_(late, plain.c.prepaid), 0), (late, 1), (plain.c.prepaid, 2), else_=3
    )
    return select(plain.c.id, plain.c.due_at, rank.label("rank")).subquery()


def _load(ids: Sequence[int], part: Part = Part.ALL) -> tuple[Waiting, ...]:
    """Return the orders with these ids, in this order, with what their rows show."""
    query = select(Order).where(Order.id.in_(ids)).options(lazyload(Order.amounts))
    orders = {one.id: one for one in db.session.scalars(query)}
    money: dict[int, list[MoneyRow]] = {key: [] for key in ids}
    rows = select(MoneyRow).where(MoneyRow.order_id.in_(ids))
    for row in db.session.scalars(rows):
        money[row.order_id].append(row)
    dues = _dues(ids, _PROMISES.get(part, _ANY))
    flags = _flags(ids)
    made = []
    for key in ids:
        order = orders[key]
        charges = [one for one in order.charges if one.void_at is None]
        where = standing_of(order.currency, charges, money[key])
        wants = (key in flags[name] for name in ("receipt", "cash", "return"))
        made.append(Waiting(order, where, dues.get(key), *wants))
    return tuple(made)


def _flags(ids: Sequence[int]) -> dict[str, set[int]]:
    """Return which orders have a receipt to check, cash to note, a return to decide."""
    wanted = {
        "receipt": (_receipts(), TransferReceipt.order_id),
        "cash": (_open_cash(), PaymentAttempt.order_id),
        "return": (_new_returns(), ReturnRequest.order_id),
    }
    arms = [
        rows.where(column.in_(ids)).add_columns(literal(name))
        for name, (rows, column) in wanted.items()
    ]
    found: dict[str, set[int]] = {name: set() for name in wanted}
    for order_id, name in db.session.execute(union_all(*arms)):
        found[name].add(order_id)
    return found


def _dues(ids: Sequence[int], kinds: Sequence[PromiseKind]) -> dict[int, Promise]:
    query = select(Promise).where(
        Promise.order_id.in_(ids),
        Promise.kept_at.is_(None),
        Promise.void_at.is_(None),
        Promise.kind.in_([one.value for one in kinds]),
    )
    found: dict[int, Promise] = {}
    for one in db.session.scalars(query.order_by(Promise.due_at)):
        found.setdefault(one.order_id, one)
    return found


def numbers(order_ids: Sequence[int]) -> list[str]:
    """Return the numbers of orders, each once, the newest first."""
    if not order_ids:
        return []
    query = select(Order.number).where(Order.id.in_(order_ids))
    return list(db.session.scalars(query.order_by(Order.id.desc())))


#: A search shows at most so many orders.
MOST_FOUND = 50
LONGEST_QUERY = 80


def search(typed: str) -> tuple[Waiting, ...]:
    """Find orders by number, phone, e-mail, trace or tracking number, newest first.

    Any digits, with or without spaces; the whole number is needed, because every
    part of the search stands on an index.
    """
    plain = to_ascii(typed.replace("\0", "").strip())[:LONGEST_QUERY]
    if not plain:
        return ()
    codes = sorted({plain, plain.upper(), digits_only(plain)} - {""})
    providers = sorted(contract.all_providers())
    arms = [
        select(Order.id).where(Order.number.in_(codes)),
        select(Order.id).where(Order.phone.in_(_phones(plain) or ["-"])),
        select(MoneyRow.order_id).where(MoneyRow.provider_ref.in_(codes)),
        select(TransferReceipt.order_id).where(
            TransferReceipt.tracking_number.in_(codes)
        ),
        select(Shipment.order_id).where(Shipment.tracking_number.in_(codes)),
        *(
            select(PaymentAttempt.order_id).where(
                PaymentAttempt.provider.in_(providers), reference.in_(codes)
            )
            for reference in (
                PaymentAttempt.merchant_ref,
                PaymentAttempt.provider_ref,
                PaymentAttempt.provider_txn,
            )
        ),
    ]
    address = _email(plain)
    if address:
        arms.append(select(Order.id).where(Order.email == address))
    every = union(*arms).subquery()
    newest = select(every.c[0]).order_by(every.c[0].desc()).limit(MOST_FOUND)
    return _load(list(db.session.scalars(newest)))


def _phones(typed: str) -> list[str]:
    """Return every stored form a typed phone number may have: one a market."""
    found = set()
    for place in markets().values():
        try:
            found.add(place.mobile(typed))
        except ShopError:
            continue
    return sorted(found)


def _email(typed: str) -> str:
    try:
        return read_email(typed)
    except ShopError:
        return ""


@dataclass(frozen=True)
class Figures:
    """The day so far in one market, and what the whole shop has to ship.

    ``tried`` counts online attempts of the last 24 hours that have ended,
    ``paid`` those of them that brought money.
    """

    sales_minor: int
    orders: int
    to_ship: int
    late: int
    tried: int
    paid: int


def figures(market: str, since: datetime, now: datetime) -> Figures:
    """Compute the figures of the desk; ``since`` is when the market's day began."""
    today = and_(Order.placed_at >= since, Order.market == market)
    kept = and_(today, Order.state.not_in([one.value for one in VOID]))
    waiting = Order.state.in_([OrderState.ACCEPTED.value, OrderState.PACKING.value])
    ships = and_(
        Promise.order_id == Order.id,
        Promise.kind == PromiseKind.SHIP,
        Promise.kept_at.is_(None),
        Promise.void_at.is_(None),
        Promise.due_at < now + timedelta(hours=24),
    )
    recent = and_(
        PaymentAttempt.created_at >= now - timedelta(hours=24),
        PaymentAttempt.provider.not_in([*CASH, "card_transfer"]),
    )
    held = PaymentAttempt.state.in_([one.value for one in HOLDING])
    open_still = PaymentAttempt.state.in_([one.value for one in OPEN])

    def number(name: str, value: Any) -> Any:
        return select(literal(name).label("name"), value.label("n"))

    count = func.count()
    arms = [
        number("sales", func.coalesce(func.sum(Order.total_minor), 0)).where(kept),
        number("orders", count).select_from(Order).where(kept),
        number("to_ship", count).select_from(Order).where(waiting),
        number("late", count).select_from(Order).where(waiting, exists().where(ships)),
        number("tried", count).select_from(PaymentAttempt).where(recent, ~open_still),
        number("paid", count).select_from(PaymentAttempt).where(recent, held),
    ]
    found = {row.name: int(row.n) for row in db.session.execute(union_all(*arms))}
    return Figures(
        found["sales"],
        found["orders"],
        found["to_ship"],
        found["late"],
        found["tried"],
        found["paid"],
    )
