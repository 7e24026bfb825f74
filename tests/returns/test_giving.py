"""Parts go back as they were shown, once, and never more than is there (S41)."""

from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from shop.db import db, transaction, write
from shop.inventory import service as inventory
from shop.kernel.money import Money
from shop.orders.models import Order, OrderAmount
from shop.orders.states import EventKind
from shop.outbox import Job
from shop.payments import collect, refunds
from shop.payments import rules as paying
from shop.payments.models import PaymentAttempt
from shop.payments.provider import ProviderError
from shop.payments.rules import AttemptState, RefundState
from shop.returns import giving
from shop.returns.models import RefundSheet
from shop.returns.rules import Choice, RefundChanged, TooManyBack
from tests.payments import make as payments
from tests.payments.fake import Fake, Providers, kind
from tests.payments.make import at_once
from tests.payments.test_refunds import approved
from tests.returns import make
from tests.returns.make import yuan


def test_the_refund_is_what_was_shown(app: Flask, now: datetime, fake: Fake) -> None:
    order = make.paid(fake, now)
    choice = Choice(make.pieces(order, 2, 1), delivery=True, other=yuan(500))
    shown = make.seen(order, choice, now)

    write(lambda: giving.give_back(order, make.decided(shown, choice), now))

    (refund,) = refunds.refunds_of(order.id)
    (way,) = shown.ways
    assert shown.amount == yuan(2 * make.POT + make.CUP + 1_800 + 500)
    assert refund.amount == shown.amount == way.amount
    assert (refund.promised_on, refund.by_hand) == (way.promised_on, way.by_hand)
    assert (refund.method, refund.reason) == (way.method, "a reason")
    assert refund.state == RefundState.APPROVED
    assert collect.send_refund(refund.id, now) == RefundState.SETTLED
    assert fake.refunded == {refund.merchant_ref: shown.amount.minor}


def test_the_sheet_keeps_every_row(app: Flask, now: datetime, fake: Fake) -> None:
    order = make.paid(fake, now)
    choice = Choice(make.pieces(order, 2), delivery=True)

    make.give(order, choice, now)

    sheet = db.session.scalars(select(RefundSheet)).one()
    rows = [(row.kind, row.quantity, row.amount_minor) for row in sheet.rows]
    assert rows == [("goods", 2, 20_000), ("delivery", 0, 1_800)]
    assert sum(row.amount_minor for row in sheet.rows) == sheet.amount_minor


def test_one_piece_goes_back_once(app: Flask, now: datetime, fake: Fake) -> None:
    order = make.paid(fake, now)
    make.give(order, Choice(make.pieces(order, 2)), now, "first")

    with pytest.raises(TooManyBack) as refused:
        make.seen(order, Choice(make.pieces(order, 2)), now)

    assert refused.value.left == 1
    assert giving.given_back(order.id) == make.pieces(order, 2)


def test_the_buyer_is_told_and_sees_it(app: Flask, now: datetime, fake: Fake) -> None:
    order = make.paid(fake, now)

    make.give(order, Choice(make.pieces(order, 1)), now)

    kinds = [one.kind for one in make.fresh(order).events]
    assert kinds.count(EventKind.REFUND_REQUESTED) == 1
    jobs = [one.payload["stage"] for one in db.session.scalars(select(Job))]
    assert jobs.count("refund_requested") == 1


def test_a_double_click_is_one_refund(app: Flask, now: datetime, fake: Fake) -> None:
    order = make.paid(fake, now)
    choice = Choice(make.pieces(order, 1))
    button = make.decided(make.seen(order, choice, now), choice)

    news = [write(lambda: giving.give_back(order, button, now))[1] for _ in range(2)]

    assert news == [True, False]
    assert [one.amount for one in refunds.refunds_of(order.id)] == [yuan(make.POT)]


def test_a_key_of_another_order_is_refused(
    app: Flask, now: datetime, fake: Fake
) -> None:
    make.give(make.paid(fake, now, "one"), Choice(other=yuan(100)), now, "same")
    other = make.paid(fake, now, "two")

    with pytest.raises(paying.SameKeyOtherRefund):
        make.give(other, Choice(other=yuan(100)), now, "same")


def test_what_was_shown_before_something_changed_is_not_done(
    app: Flask, now: datetime, fake: Fake
) -> None:
    order = make.paid(fake, now)
    choice = Choice(other=yuan(2_000))
    button = make.decided(make.seen(order, choice, now), choice, "late")
    make.give(order, choice, now, "first")

    with pytest.raises(RefundChanged) as refused:
        write(lambda: giving.give_back(order, button, now))

    assert refused.value.amount == yuan(2_000)
    assert len(refunds.refunds_of(order.id)) == 1


def test_staff_at_once_give_one_piece_back_once(
    app: Flask, now: datetime, fake: Fake
) -> None:
    order = make.paid(fake, now)

    assert _together(order, Choice(make.pieces(order, 3)), now) == (1, 5)
    assert _reserved(order) == 3 * make.POT


def test_control_without_its_guards_the_same_pieces_go_back_twice(
    app: Flask, now: datetime, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The seal believed, the pieces not counted: only the money itself is held."""
    order = make.paid(fake, now)
    monkeypatch.setattr(giving, "check_seen", lambda *_: None)
    monkeypatch.setattr(giving, "_rows_before", lambda _: [])

    done, _ = _together(order, Choice(make.pieces(order, 1)), now)

    assert done > 1
    assert _reserved(order) == done * make.POT


def test_however_many_try_no_more_goes_back_than_came(
    app: Flask, now: datetime, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also without those guards: the reservation itself is one conditional step."""
    order = make.paid(fake, now)
    total = order.total_minor
    monkeypatch.setattr(giving, "check_seen", lambda *_: None)
    monkeypatch.setattr(giving, "_rows_before", lambda _: [])

    done, _ = _together(order, Choice(make.pieces(order, 2)), now)

    assert done == total // (2 * make.POT)
    assert _reserved(order) <= total


def _together(order: Order, choice: Choice, now: datetime) -> tuple[int, int]:
    """Let six people confirm what they all saw; return (done, refused)."""
    shown = make.seen(order, choice, now)
    order_id = order.id

    def one(place: int) -> bool:
        button = make.decided(shown, choice, f"form-{place}")
        here = db.session.get_one(Order, order_id)
        return write(lambda: giving.give_back(here, button, now))[1]

    results = at_once(6, one)
    refused = [one for one in results if isinstance(one, Exception)]
    known = (RefundChanged, TooManyBack, paying.RefundTooMuch)
    assert all(isinstance(one, known) for one in refused), refused
    return results.count(True), len(refused)


def _reserved(order: Order) -> int:
    db.session.rollback()
    query = select(func.sum(PaymentAttempt.refunded_minor))
    return db.session.scalar(query.where(PaymentAttempt.order_id == order.id)) or 0


def test_pieces_of_a_refund_that_failed_can_go_back_again(
    app: Flask, now: datetime, fake: Fake
) -> None:
    order = make.paid(fake, now)
    make.give(order, Choice(make.pieces(order, 3)), now, "first")
    (refund,) = refunds.refunds_of(order.id)
    fake.fails["refund"] = ProviderError("rejected", code="no")
    assert collect.send_refund(refund.id, now) == RefundState.FAILED

    assert make.give(make.fresh(order), Choice(make.pieces(order, 3)), now, "again")


def test_a_discount_of_the_order_is_shared(
    app: Flask, now: datetime, fake: Fake
) -> None:
    """No offer makes such a row yet; the day one does, refunds know it."""
    order = make.paid(fake, now)
    with transaction():
        db.session.add(
            OrderAmount(
                order_id=order.id, position=9, kind="discount", amount_minor=-3_600
            )
        )
    order = make.fresh(order)

    make.give(order, Choice(make.pieces(order, 1)), now, "first")
    rest = make.seen(order, Choice(make.pieces(order, 2, 2)), now)

    assert [row.money.minor for row in rest.rows] == [20_000, 6_000, -2_600]
    assert refunds.refunds_of(order.id)[0].amount == yuan(9_000)


def test_money_of_two_payments_goes_back_by_two_refunds(
    app: Flask, now: datetime, fake: Fake
) -> None:
    order = make.placed(now)
    charge = order.charges[0]
    first = payments.begun(charge, now)
    twin = payments.beside(charge, now, "fake")
    for one in (first, twin):
        fake.pay(one.ref)
        collect.ask(one.attempt_id, now)
    collect.send_refund(approved(twin.attempt_id, 5_000, now).id, now)
    total = order.total_minor
    everything = Choice(make.pieces(order, 3, 2), delivery=True, other=yuan(2_000))

    make.give(order, everything, now)

    newest, before, _ = refunds.refunds_of(order.id)
    assert (before.amount_minor, newest.amount_minor) == (total, 2_000)
    assert newest.attempt_id == twin.attempt_id


def test_money_in_review_waits_for_its_own_decision(
    app: Flask, now: datetime, fake: Fake
) -> None:
    order = make.paid(fake, now)
    with transaction():
        db.session.execute(update(PaymentAttempt).values(state=AttemptState.REVIEW))

    assert giving.refundable(make.fresh(order)) == yuan(0)


def test_a_provider_that_gives_back_wholes_only_leaves_parts_to_people(
    app: Flask, now: datetime, providers: Providers
) -> None:
    bank = providers.add(kind("wholes", refund="full"))
    order = make.paid(bank, now)

    (part,) = make.seen(order, Choice(other=yuan(100)), now).ways
    whole = Choice(make.pieces(order, 3, 2), delivery=True)
    (all_of_it,) = make.seen(order, whole, now).ways

    assert (part.by_hand, all_of_it.by_hand) == (True, False)


def test_less_than_the_provider_gives_back_is_refused(
    app: Flask, now: datetime, providers: Providers
) -> None:
    bank = providers.add(kind("coarse", min_refund_minor=1_000))
    order = make.paid(bank, now)

    with pytest.raises(paying.RefundTooSmall) as refused:
        make.seen(order, Choice(other=yuan(999)), now)

    assert refused.value.least == yuan(1_000)


def test_rials_go_back_in_rials(
    app: Flask, now: datetime, providers: Providers
) -> None:
    bank = providers.add(kind("shaparak", currency="IRR"))
    order = make.placed_in_iran(now)
    make.pay(order, bank, now)

    shown = make.seen(order, Choice(make.pieces(order, 1)), now)

    assert shown.amount == Money(5_000_000, "IRR")


def test_pieces_go_back_on_the_shelf_when_staff_say_so(
    app: Flask, now: datetime, fake: Fake
) -> None:
    order = make.delivered(fake, now)
    pot, cup = (line.variant_id for line in order.lines)
    assert (inventory.available(pot), inventory.available(cup)) == (6, 7)

    make.give(order, Choice(make.pieces(order, 2)), now, "kept")
    assert inventory.available(pot) == 6
    make.give(order, Choice(make.pieces(order, 1, 2)), now, "back", restock=True)

    assert (inventory.available(pot), inventory.available(cup)) == (7, 9)
    assert inventory.drifts() == []


def test_nothing_is_put_back_that_never_left(
    app: Flask, now: datetime, fake: Fake
) -> None:
    order = make.paid(fake, now)
    pot = order.lines[0].variant_id

    make.give(order, Choice(make.pieces(order, 2)), now, restock=True)

    assert inventory.available(pot) == 6
    assert not db.session.scalars(select(RefundSheet)).one().restocked
