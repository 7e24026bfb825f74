"""Buyers ask to give something back; staff accept or decline; a refund settles it.

Every change needs a transaction, locks the order, and is told to the buyer in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from shop.db import changed, db
from shop.kernel.flow import IllegalMove
from shop.markets import service as market_service
from shop.markets.promises import answer_on, quality_until, return_until
from shop.markets.registry import market
from shop.orders import events, find, ledger, promises
from shop.orders.models import Order
from shop.orders.states import EventKind, OrderState, PromiseKind
from shop.payments.rules import SameKeyOtherRefund
from shop.returns import giving, rules
from shop.returns.models import RefundSheet, ReturnLine, ReturnRequest
from shop.returns.rules import ReturnReason, ReturnState, Window

_S = OrderState
#: Paid and not there yet: the money can be asked for, with a reason (S36).
_UNSENT = frozenset({_S.ACCEPTED, _S.PACKING, _S.SHIPPED, _S.ON_HOLD})


@dataclass(frozen=True)
class Offer:
    """What a buyer can ask for now; without a window nothing was delivered yet.

    ``left`` is title and pieces by order line: neither refunded nor asked for.
    ``reasons`` is empty once the last day is over.
    """

    left: Mapping[int, tuple[str, int]]
    reasons: tuple[ReturnReason, ...]
    window: Window | None = None

    @property
    def is_open(self) -> bool:
        """Say whether there is anything to ask for."""
        return bool(self.reasons) and any(count for _, count in self.left.values())


def offer(order: Order, now: datetime) -> Offer:
    """Return what can be given back of an order now, and until when.

    :raises NotReturnable: if it is neither delivered nor paid.
    """
    if order.delivered_at is not None:
        window = _window(order, order.delivered_at)
        today = market(order.market).today(now)
        return Offer(_left(order), window.reasons(today), window)
    if order.state not in _UNSENT or not _holds_money(order):
        raise rules.NotReturnable(order.number)
    return Offer(_left(order), rules.UNSENT_REASONS)


def _holds_money(order: Order) -> bool:
    where = ledger.standing(order)
    return where.captured > where.refunded


def _window(order: Order, delivered_at: datetime) -> Window:
    place = market(order.market)
    numbers = market_service.parameters(place)
    return Window(
        return_until(place, delivered_at, numbers),
        quality_until(place, delivered_at, numbers),
        numbers.return_freight,
    )


def _left(order: Order) -> dict[int, tuple[str, int]]:
    back, asked = giving.given_back(order.id), _asked(order.id)
    return {
        line.id: (
            line.title,
            max(0, line.quantity - back.get(line.id, 0) - asked.get(line.id, 0)),
        )
        for line in order.lines
    }


def _asked(order_id: int) -> dict[int, int]:
    """Return the pieces that stand in open requests, by order line."""
    found: dict[int, int] = {}
    for one in requests_of(order_id):
        if one.state in rules.RETURN_OPEN:
            for line_id, count in one.pieces.items():
                found[line_id] = found.get(line_id, 0) + count
    return found


@dataclass(frozen=True)
class Wish:
    """What a buyer asks for; ``key`` is the form's, one a form."""

    pieces: Mapping[int, int]
    reason: ReturnReason
    words: str
    key: str


def request_return(
    order: Order, wish: Wish, now: datetime
) -> tuple[ReturnRequest, bool]:
    """Open a request; the same key again gives the same one and False.

    :raises NotReturnable: if the order is neither delivered nor paid.
    :raises ReturnTooLate: if the last day for the reason is over.
    :raises NothingToReturn: if no piece is asked for.
    :raises TooManyReturned: if pieces are refunded or asked for already.
    """
    order = find.lock(order.id)
    known = db.session.scalar(
        select(ReturnRequest).where(ReturnRequest.idem_key == wish.key)
    )
    if known is not None:
        if known.order_id != order.id:
            raise SameKeyOtherRefund
        return known, False
    offered = offer(order, now)
    _check_reason(order, offered, wish.reason)
    wanted = rules.check_return(wish.pieces, offered.left)
    request = _written(order, wish, wanted, offered, now)
    _promise_answer(order, request, now)
    asked = EventKind.RETURN_REQUESTED
    events.happened(order, asked, "buyer", now, **_facts(request))
    return request, True


def _check_reason(order: Order, offered: Offer, reason: ReturnReason) -> None:
    if reason in offered.reasons:
        return
    if offered.window is None:
        raise rules.NotReturnable(order.number)
    raise rules.ReturnTooLate(offered.window.until(reason))


def _written(
    order: Order, wish: Wish, wanted: Mapping[int, int], offered: Offer, now: datetime
) -> ReturnRequest:
    request = ReturnRequest(
        order_id=order.id,
        idem_key=wish.key,
        reason=wish.reason,
        words=wish.words,
        freight=offered.window.payer(wish.reason) if offered.window else "",
        asked_at=now,
    )
    db.session.add(request)
    db.session.flush()
    for line_id, count in wanted.items():
        line = ReturnLine(request_id=request.id, order_line_id=line_id, quantity=count)
        db.session.add(line)
    db.session.flush()
    db.session.refresh(request)
    return request


def _promise_answer(order: Order, request: ReturnRequest, now: datetime) -> None:
    place = market(order.market)
    last = answer_on(place, now, market_service.parameters(place))
    by, subject = place.end_of(last), _subject(request)
    promises.promise(order, PromiseKind.ANSWER, by, last, now, subject=subject)


def _subject(request: ReturnRequest) -> str:
    return f"return:{request.id}"


def _facts(request: ReturnRequest) -> dict[str, Any]:
    return {"request_id": request.id, "freight": request.freight}


def approve(request_id: int, note: str, who: str, now: datetime) -> ReturnRequest:
    """Accept a request; ``note`` says what the buyer should do, and is read by them.

    :raises IllegalMove: if it was decided before.
    """
    request, order = _locked(request_id)
    _decide(request, ReturnState.APPROVED, note, who, now)
    promises.keep(order, PromiseKind.ANSWER, now, _subject(request))
    facts = _facts(request) | {"note": note}
    events.happened(order, EventKind.RETURN_APPROVED, who, now, **facts)
    return request


def decline(request_id: int, note: str, who: str, now: datetime) -> ReturnRequest:
    """Decline a request, also one whose goods never came; the buyer reads ``note``.

    :raises IllegalMove: if it has ended.
    """
    request, order = _locked(request_id)
    _decide(request, ReturnState.DECLINED, note, who, now)
    promises.keep(order, PromiseKind.ANSWER, now, _subject(request))
    facts = _facts(request) | {"reason": note}
    events.happened(order, EventKind.RETURN_DECLINED, who, now, **facts)
    return request


def settle(
    request_id: int, sheet: RefundSheet, who: str, now: datetime
) -> ReturnRequest:
    """End an accepted request with the refund made for it, which tells the buyer.

    :raises IllegalMove: if it is not accepted (any more).
    """
    request, order = _locked(request_id)
    values = {"settled_at": now, "sheet_id": sheet.id}
    _move(request, ReturnState.SETTLED, **values)
    facts = _facts(request)
    events.happened(order, EventKind.RETURN_SETTLED, who, now, **facts)
    return request


def _locked(request_id: int) -> tuple[ReturnRequest, Order]:
    request = db.session.get_one(ReturnRequest, request_id)
    order = find.lock(request.order_id)
    db.session.refresh(request)
    return request, order


def _decide(
    request: ReturnRequest, wanted: ReturnState, note: str, who: str, now: datetime
) -> None:
    _move(request, wanted, note=note, decided_by=who, decided_at=now)


def _move(request: ReturnRequest, wanted: ReturnState, **values: Any) -> None:
    sources = rules.RETURN_FLOW.sources(wanted)
    query = update(ReturnRequest).where(
        ReturnRequest.id == request.id, ReturnRequest.state.in_(list(sources))
    )
    if not changed(db.session.execute(query.values(state=wanted, **values))):
        db.session.refresh(request)
        raise IllegalMove(request.state, wanted)
    db.session.refresh(request)


def requests_of(order_id: int) -> list[ReturnRequest]:
    """Return every request of an order, newest first."""
    query = select(ReturnRequest).where(ReturnRequest.order_id == order_id)
    return list(db.session.scalars(query.order_by(ReturnRequest.id.desc())))


def find_request(order_id: int, request_id: int) -> ReturnRequest | None:
    """Return a request of this order; another order's is not found by its number."""
    query = select(ReturnRequest).where(
        ReturnRequest.id == request_id, ReturnRequest.order_id == order_id
    )
    return db.session.scalar(query)
