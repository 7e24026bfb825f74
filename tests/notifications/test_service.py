"""What the order's page and the desk see, and the link a guest asks for again."""

import logging
from datetime import timedelta

import pytest
from flask import Flask

from shop import outbox
from shop.accounts.rules import TriedTooOften
from shop.db import transaction
from shop.kernel.money import Money
from shop.notifications import send, service
from shop.notifications.channels.service import NotSent
from shop.notifications.rules import LINKS, Channel, MessageState
from shop.notifications.service import OnItsWay
from shop.orders.models import Order
from shop.orders.states import EventKind
from tests.conftest import Clock
from tests.notifications import make
from tests.notifications.make import Carriers

IP = "203.0.113.7"


def test_every_message_has_its_twin_newest_first(
    carriers: Carriers, clock: Clock
) -> None:
    make.with_mail(clock.now)
    order = make.order(clock.now, email=make.EMAIL)
    make.order(clock.now, key="somebody-else")
    make.work(clock)
    make.happen(order, EventKind.EXPIRED, clock.forward(minutes=1))
    make.work(clock)

    found = service.twins(order.id)

    said = [out.text for out in carriers.sms.sent + carriers.email.sent]
    assert len(found) == 4
    assert [twin.at for twin in found] == sorted((t.at for t in found), reverse=True)
    assert {twin.text for twin in found} < set(said) | {t.text for t in found}
    assert {twin.language for twin in found} == {"zh"}


def test_a_twin_is_there_while_its_message_still_waits(
    carriers: Carriers, clock: Clock
) -> None:
    order = make.order(clock.now)
    send.deliver(make.claimed("notify", clock.now), clock.now)

    (twin,) = service.twins(order.id)

    assert twin.at == clock.now
    assert carriers.sms.sent == []


def test_a_dead_letter_is_sent_when_staff_say_so(
    carriers: Carriers, clock: Clock
) -> None:
    carriers.sms.breaks = [NotSent("411", final=True)]
    order = make.order(clock.now)
    make.work(clock)
    (dead,) = service.dead_letters()

    with transaction():
        service.resend(dead.id, clock.forward(hours=1))
    make.work(clock)

    assert service.dead_letters() == []
    (row,) = make.rows(order)
    assert (row.state, row.sends, row.error) == (MessageState.SENT, 2, "")


def test_what_was_given_up_and_sent_again_is_nobodys_worry_any_more(
    carriers: Carriers, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    carriers.sms.breaks = [NotSent("418")] * 12
    order = make.order(clock.now)
    with caplog.at_level(logging.CRITICAL):
        for _ in range(13):
            make.work(clock)
            clock.forward(hours=2)
    assert [job.dead_at is None for job in make.jobs("send")] == [False]

    with transaction():
        service.resend(make.rows(order)[0].id, clock.now)
    make.work(clock)

    assert [job.dead_at for job in make.jobs("send")] == [None, None]
    assert [job.done_at for job in make.jobs("send")] == [clock.now] * 2


def test_sent_again_on_purpose_it_has_another_name(
    carriers: Carriers, clock: Clock
) -> None:
    order = make.order(clock.now)
    make.work(clock)

    with transaction():
        service.resend(make.rows(order)[0].id, clock.now)
    make.work(clock)

    first, second = carriers.sms.sent
    assert first.name != second.name
    assert first.number != second.number
    (row,) = make.rows(order)
    assert (row.parts, row.cost_minor) == (2 * make.parts_of(second), 2400)


def test_a_message_on_its_way_is_not_sent_twice_by_impatience(
    carriers: Carriers, clock: Clock
) -> None:
    order = make.order(clock.now)
    send.deliver(make.claimed("notify", clock.now), clock.now)
    (row,) = make.rows(order)

    with pytest.raises(OnItsWay), transaction():
        service.resend(row.id, clock.now)


def test_the_job_of_an_earlier_sending_does_nothing_any_more(
    carriers: Carriers, clock: Clock
) -> None:
    carriers.sms.breaks = [NotSent("411", final=True)]
    order = make.order(clock.now)
    send.deliver(make.claimed("notify", clock.now), clock.now)
    old = make.claimed("send", clock.now)
    send.send(old, clock.now)
    with transaction():
        service.resend(make.rows(order)[0].id, clock.now)

    send.send(old, clock.now)

    assert carriers.sms.sent == []
    make.work(clock)
    assert len(carriers.sms.sent) == 1


def test_an_event_that_could_not_be_written_can_be_tried_again(
    carriers: Carriers, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    order = make.order(clock.now)
    make.quiet(order, clock.now)
    payload = {"order_id": order.id, "event_id": None, "stage": "unheard-of"}
    with transaction():
        outbox.promise("notify", "from-tomorrow", payload, clock.now)
    with caplog.at_level(logging.CRITICAL):
        for _ in range(13):
            make.work(clock)
            clock.forward(hours=2)

    (job,) = service.unwritten()
    with transaction():
        assert service.rewrite(job.id, clock.now)
        assert not service.rewrite(job.id, clock.now)

    assert service.unwritten() == []


def test_a_message_that_takes_each_worker_with_it_is_a_dead_letter(
    carriers: Carriers, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    make.order(clock.now)
    send.deliver(make.claimed("notify", clock.now), clock.now)
    make.done("notify", clock.now)
    for _ in range(outbox.LOST):
        with transaction():
            assert outbox.claim(clock.now, ("send",))
        clock.forward(seconds=61)

    with caplog.at_level(logging.CRITICAL):
        make.work(clock)

    (dead,) = service.dead_letters()
    assert (dead.error, carriers.sms.sent) == ("lost", [])
    with transaction():
        service.resend(dead.id, clock.now)
    make.work(clock)
    assert service.dead_letters() == []
    assert len(carriers.sms.sent) == 1


def test_costs_are_counted_by_market_and_service(
    carriers: Carriers, clock: Clock
) -> None:
    start = clock.now
    make.order(clock.now, key="one")
    make.order(clock.now, "ir", key="two", language="fa")
    make.work(clock)
    clock.forward(minutes=1)

    found = {cost.market: cost for cost in service.costs(start)}

    assert found["cn"].messages == 1
    assert found["cn"].parts >= 2
    assert found["ir"].cost == Money(1200, "IRR")
    assert service.costs(clock.now) == []


def test_a_switch_is_remembered_by_market_and_channel(app: Flask) -> None:
    with transaction():
        service.switch("cn", "paid", Channel.SMS, on=False)
    with transaction():
        service.switch("cn", "shipped", Channel.SMS, on=False)
        service.switch("cn", "shipped", Channel.SMS, on=True)

    off = [(kind, way) for kind, way, on in service.switches("cn") if not on]

    assert off == [("paid", Channel.SMS), ("new_order", Channel.EMAIL)]
    assert all(on for kind, _, on in service.switches("ir") if kind != "new_order")


def test_a_switch_for_nothing_is_a_bug(app: Flask) -> None:
    with pytest.raises(ValueError, match="birthday"), transaction():
        service.switch("cn", "birthday", Channel.SMS, on=True)


def test_a_guest_gets_the_link_on_the_phone_on_file(
    carriers: Carriers, clock: Clock
) -> None:
    order = make.order(clock.now, language="fa")
    make.quiet(order, clock.now)

    ask(order.number, order.phone[-4:], clock)
    make.work(clock)

    (out,) = carriers.sms.sent
    assert out.to == order.phone
    assert f"/fa/orders/{order.number}" in out.text.splitlines()[-1]


def test_digits_of_any_script_open_it(carriers: Carriers, clock: Clock) -> None:
    order = make.order(clock.now)
    make.quiet(order, clock.now)
    persian = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")

    ask(order.number.translate(persian), order.phone[-4:].translate(persian), clock)
    make.work(clock)

    assert len(carriers.sms.sent) == 1


@pytest.mark.parametrize("wrong", ["digits", "number", "typo", "nothing"])
def test_who_does_not_know_both_gets_nothing_and_learns_nothing(
    carriers: Carriers, clock: Clock, wrong: str
) -> None:
    order = make.order(clock.now)
    make.quiet(order, clock.now)
    number, last = order.number, order.phone[-4:]
    if wrong == "digits":
        last = "0000"
    elif wrong == "number":
        number = "1000000009"
    elif wrong == "typo":
        number = number[:-1] + str((int(number[-1]) + 1) % 10)
    else:
        number, last = "", ""

    ask(number, last, clock)
    make.work(clock)

    assert carriers.sms.sent == []


def test_asked_twice_in_a_minute_it_is_sent_once(
    carriers: Carriers, clock: Clock
) -> None:
    order = make.order(clock.now)
    make.quiet(order, clock.now)

    ask(order.number, order.phone[-4:], clock)
    ask(order.number, order.phone[-4:], clock)
    make.work(clock)

    assert len(carriers.sms.sent) == 1


def test_an_order_is_asked_for_five_times_an_hour_and_nobody_sees_the_limit(
    carriers: Carriers, clock: Clock
) -> None:
    order = make.order(clock.now)
    make.quiet(order, clock.now)

    for _ in range(8):
        ask(order.number, order.phone[-4:], clock)
        clock.forward(minutes=2)
    make.work(clock)

    assert [row.kind for row in make.rows(order)] == [LINKS] * 5


def test_one_address_asks_twenty_times_an_hour(app: Flask, clock: Clock) -> None:
    for _ in range(20):
        ask("1000000009", "0000", clock)

    with pytest.raises(TriedTooOften):
        ask("1000000009", "0000", clock)


def ask(number: str, last_four: str, clock: Clock) -> None:
    """Send the form."""
    with transaction():
        service.send_links(number, last_four, IP, clock.now)


def test_a_link_rings_at_any_hour(carriers: Carriers, clock: Clock) -> None:
    order: Order = make.order(clock.now)
    make.quiet(order, clock.now)
    clock.now += timedelta(hours=8)

    ask(order.number, order.phone[-4:], clock)
    make.work(clock)

    assert len(carriers.sms.sent) == 1
