"""Asking to give something back: until when, once a piece, told at each step."""

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from shop.db import db, write
from shop.kernel.flow import IllegalMove
from shop.markets import service as market_service
from shop.markets.promises import quality_until, return_until
from shop.markets.registry import market
from shop.orders import promises
from shop.orders.models import Order
from shop.orders.states import EventKind, PromiseKind
from shop.outbox import Job
from shop.payments.rules import SameKeyOtherRefund
from shop.returns import giving, rules, service
from shop.returns.models import ReturnLine, ReturnRequest
from shop.returns.rules import (
    RETURN_FLOW,
    Choice,
    NothingToReturn,
    NotReturnable,
    ReturnReason,
    ReturnState,
    ReturnTooLate,
    TooManyReturned,
    Window,
)
from shop.returns.service import Wish
from tests.payments.fake import Fake, Providers, kind
from tests.payments.make import at_once
from tests.returns import make

R, S = ReturnReason, ReturnState
LAST, QUALITY = date(2026, 11, 28), date(2026, 12, 6)


def wish(
    order: Order,
    *counts: int,
    reason: ReturnReason = R.CHANGED_MIND,
    key: str = "form",
) -> Wish:
    """Return what the form of a buyer sends."""
    return Wish(make.pieces(order, *counts), reason, "words", key)


def ask(
    order: Order,
    now: datetime,
    *counts: int,
    reason: ReturnReason = R.CHANGED_MIND,
    key: str = "form",
) -> ReturnRequest:
    """Open a request."""
    wanted = wish(order, *counts, reason=reason, key=key)
    return write(lambda: service.request_return(order, wanted, now))[0]


def stages() -> list[str]:
    """Return the stages somebody is told about, oldest first."""
    jobs = db.session.scalars(select(Job).where(Job.kind == "notify").order_by(Job.id))
    return [str(job.payload["stage"]) for job in jobs]


# The rules


WINDOW = Window(LAST, QUALITY, "buyer")


@pytest.mark.parametrize(
    ("today", "reasons"),
    [
        (LAST, set(R)),
        (LAST + timedelta(days=1), {R.FAULTY, R.WRONG_ITEM}),
        (QUALITY, {R.FAULTY, R.WRONG_ITEM}),
        (QUALITY + timedelta(days=1), set()),
    ],
)
def test_the_last_day_still_counts(today: date, reasons: set[ReturnReason]) -> None:
    assert set(WINDOW.reasons(today)) == reasons


@pytest.mark.parametrize(
    ("reason", "payer"),
    [
        (R.CHANGED_MIND, "buyer"),
        (R.OTHER, "buyer"),
        (R.FAULTY, "shop"),
        (R.WRONG_ITEM, "shop"),
    ],
)
def test_the_freight_is_paid_by_whose_fault_it_is(
    reason: ReturnReason, payer: str
) -> None:
    """S38: the buyer pays; S39: not for what is the shop's fault."""
    assert WINDOW.payer(reason) == payer


@pytest.mark.parametrize("before", S)
@pytest.mark.parametrize("after", S)
def test_every_step_of_a_request(before: ReturnState, after: ReturnState) -> None:
    steps = {
        (S.REQUESTED, S.APPROVED), (S.REQUESTED, S.DECLINED),
        (S.APPROVED, S.SETTLED), (S.APPROVED, S.DECLINED),
    }  # fmt: skip

    assert RETURN_FLOW.allows(before, after) == ((before, after) in steps)


def test_a_piece_that_is_spoken_for_cannot_be_asked_for() -> None:
    with pytest.raises(TooManyReturned) as refused:
        rules.check_return({1: 2}, {1: ("pot", 1)})

    assert (refused.value.title, refused.value.left) == ("pot", 1)
    with pytest.raises(TooManyReturned):
        rules.check_return({7: 1}, {1: ("pot", 1)})
    with pytest.raises(NothingToReturn):
        rules.check_return({1: 0}, {1: ("pot", 1)})


@pytest.mark.parametrize(
    ("code", "last", "quality"),
    [
        ("cn", LAST, QUALITY),
        ("ir", LAST, LAST),
        ("world", date(2026, 12, 5), date(2026, 12, 5)),
    ],
)
def test_the_days_count_from_the_day_after_delivery(
    code: str, last: date, quality: date
) -> None:
    """S38, S113: seven days in cn and ir, the day of receipt not counted."""
    delivered = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
    place = market(code)

    assert return_until(place, delivered) == last
    assert quality_until(place, delivered) == quality


def test_an_evening_delivery_counts_in_the_markets_own_day() -> None:
    late = datetime(2026, 11, 21, 20, 45, tzinfo=UTC)  # the 22nd in both places

    assert return_until(market("cn"), late) == date(2026, 11, 29)
    assert return_until(market("ir"), late) == date(2026, 11, 29)


# The requests


def test_a_request_is_kept_told_and_promised_an_answer(
    app: Flask, now: datetime, fake: Fake
) -> None:
    order = make.delivered(fake, now)

    made = ask(order, now, 2, 1)

    assert (made.state, made.reason, made.freight) == (
        "requested",
        R.CHANGED_MIND,
        "buyer",
    )
    assert made.pieces == make.pieces(order, 2, 1)
    assert stages().count("return_requested") == 1
    (event, *_) = make.fresh(order).events
    assert (event.kind, event.who) == (EventKind.RETURN_REQUESTED, "buyer")
    (due,) = [
        one
        for one in promises.open_promises(order)
        if one.kind == PromiseKind.ANSWER and one.subject == f"return:{made.id}"
    ]
    assert due.due_on == date(2026, 11, 24)  # Monday counts first, one working day
    assert due.due_at == market("cn").end_of(due.due_on)


def test_a_double_click_is_one_request(app: Flask, now: datetime, fake: Fake) -> None:
    order = make.delivered(fake, now)

    first, second = ask(order, now, 1), ask(order, now, 1)

    assert first.id == second.id
    assert stages().count("return_requested") == 1


def test_a_form_of_one_order_opens_no_request_of_another(
    app: Flask, now: datetime, fake: Fake
) -> None:
    ask(make.delivered(fake, now, "one"), now, 1)
    other = make.delivered(fake, now, "two")

    with pytest.raises(SameKeyOtherRefund):
        ask(other, now, 1)


def test_a_piece_stands_in_one_open_request(
    app: Flask, now: datetime, fake: Fake
) -> None:
    order = make.delivered(fake, now)
    ask(order, now, 2, key="first")

    with pytest.raises(TooManyReturned) as refused:
        ask(order, now, 2, key="second")
    ask(order, now, 1, key="third")

    assert refused.value.left == 1
    assert not next(n for _, n in service.offer(order, now).left.values())


def test_many_forms_at_once_ask_for_each_piece_once(
    app: Flask, now: datetime, fake: Fake
) -> None:
    order = make.delivered(fake, now)

    made = _together(order, now)

    assert made == 3
    assert _pieces(order) == 3


def test_control_without_the_count_of_what_is_asked_pieces_are_asked_twice(
    app: Flask, now: datetime, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = make.delivered(fake, now)
    monkeypatch.setattr(service, "_asked", lambda _: {})

    assert _together(order, now) > 3
    assert _pieces(order) > 3


def _together(order: Order, now: datetime) -> int:
    """Let six forms ask for one pot each; return how many were taken."""
    order_id = order.id
    wishes = [wish(order, 1, key=f"form-{place}") for place in range(6)]

    def one(place: int) -> bool:
        here = db.session.get_one(Order, order_id)
        return write(lambda: service.request_return(here, wishes[place], now))[1]

    results = at_once(6, one)
    refused = [one for one in results if isinstance(one, Exception)]
    assert all(isinstance(one, TooManyReturned) for one in refused), refused
    return results.count(True)


def _pieces(order: Order) -> int:
    db.session.rollback()
    query = select(func.sum(ReturnLine.quantity)).join(ReturnRequest)
    return db.session.scalar(query.where(ReturnRequest.order_id == order.id)) or 0


def test_after_the_last_day_only_a_fault_counts(
    app: Flask, now: datetime, fake: Fake
) -> None:
    order = make.delivered(fake, now)
    after = market("cn").end_of(LAST)

    ask(order, after - timedelta(seconds=1), 1, key="in time")
    with pytest.raises(ReturnTooLate) as refused:
        ask(order, after, 1, key="late")
    made = ask(order, after, 1, reason=R.FAULTY, key="faulty")

    assert refused.value.last_on == LAST
    assert made.freight == "shop"
    assert not service.offer(order, market("cn").end_of(QUALITY)).is_open


def test_the_owners_days_count(app: Flask, now: datetime, fake: Fake) -> None:
    order = make.delivered(fake, now)
    write(lambda: market_service.change(market("cn"), "return_days", 14, now))

    offered = service.offer(order, now)

    assert offered.window is not None
    assert offered.window.last_on == date(2026, 12, 5)


def test_a_paid_order_that_is_not_there_yet_can_be_asked_back(
    app: Flask, now: datetime, fake: Fake
) -> None:
    """S36: paid, with a reason; there is no parcel to send back."""
    order = make.paid(fake, now)

    offered = service.offer(order, now)
    made = ask(order, now, 3, 2)

    assert offered.window is None
    assert set(offered.reasons) == {R.CHANGED_MIND, R.OTHER}
    assert made.freight == ""


def test_nothing_of_an_unpaid_order_can_be_asked_back(
    app: Flask, now: datetime
) -> None:
    with pytest.raises(NotReturnable):
        service.offer(make.placed(now), now)


def test_what_was_refunded_cannot_be_asked_for(
    app: Flask, now: datetime, fake: Fake
) -> None:
    order = make.delivered(fake, now)
    make.give(order, Choice(make.pieces(order, 3)), now)

    with pytest.raises(TooManyReturned):
        ask(order, now, 1)


def test_staff_accept_with_a_note_the_buyer_reads(
    app: Flask, now: datetime, fake: Fake
) -> None:
    order = make.delivered(fake, now)
    made = ask(order, now, 1)

    write(lambda: service.approve(made.id, "send it to us", "staff:1", now))

    assert (made.state, made.note, made.decided_by) == (
        "approved", "send it to us", "staff:1",
    )  # fmt: skip
    assert stages()[-1] == "return_approved"
    assert not [
        x for x in promises.open_promises(order) if x.kind == PromiseKind.ANSWER
    ]


def test_staff_decline_with_a_reason_and_the_pieces_are_free_again(
    app: Flask, now: datetime, fake: Fake
) -> None:
    order = make.delivered(fake, now)
    made = ask(order, now, 3)

    write(lambda: service.decline(made.id, "worn", "staff:1", now))

    assert stages()[-1] == "return_declined"
    assert make.fresh(order).events[0].facts["reason"] == "worn"
    assert ask(order, now, 3, key="again").id != made.id


def test_a_refund_settles_an_accepted_request(
    app: Flask, now: datetime, fake: Fake
) -> None:
    order = make.delivered(fake, now)
    made = ask(order, now, 2)
    write(lambda: service.approve(made.id, "", "staff:1", now))
    choice = Choice(make.pieces(order, 2))
    button = make.decided(make.seen(order, choice, now), choice)

    def work() -> None:
        sheet, _ = giving.give_back(order, button, now)
        service.settle(made.id, sheet, "staff:1", now)

    write(work)

    assert (made.state, made.settled_at) == ("settled", now)
    assert made.sheet_id is not None
    assert service.offer(order, now).left[order.lines[0].id][1] == 1


@pytest.mark.parametrize("step", ["approve", "decline"])
def test_a_decision_is_made_once(
    app: Flask, now: datetime, fake: Fake, step: str
) -> None:
    made = ask(make.delivered(fake, now), now, 1)
    write(lambda: service.decline(made.id, "no", "staff:1", now))

    with pytest.raises(IllegalMove):
        write(lambda: getattr(service, step)(made.id, "again", "staff:2", now))

    assert made.note == "no"


@pytest.mark.parametrize("step", ["approve", "decline"])
def test_decided_by_six_at_once_it_is_told_once(
    app: Flask, now: datetime, fake: Fake, step: str
) -> None:
    request_id = ask(make.delivered(fake, now), now, 1).id
    decide = getattr(service, step)

    def one(_: int) -> str:
        return str(write(lambda: decide(request_id, "x", "staff:1", now)).state)

    results = at_once(6, one)

    refused = [one for one in results if isinstance(one, IllegalMove)]
    assert len(refused) == 5
    told = [x for x in stages() if x in {"return_approved", "return_declined"}]
    assert len(told) == 1


def test_a_return_in_iran_is_seven_days_for_everything(
    app: Flask, now: datetime, providers: Providers
) -> None:
    """S113."""
    bank = providers.add(kind("shaparak", currency="IRR"))
    order = make.placed_in_iran(now)
    make.pay(order, bank, now)
    make.hand_over(order, now)

    offered = service.offer(make.fresh(order), now)

    assert offered.window == Window(LAST, LAST, "buyer")
