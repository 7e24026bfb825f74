"""From an event to a phone: once, in the order's language, at a decent hour."""

import logging
from datetime import datetime, timedelta

import pytest
from flask import Flask

from shop import outbox
from shop.db import transaction
from shop.i18n.reader import reading
from shop.notifications import channels, send, service
from shop.notifications.channels.service import NotSent
from shop.notifications.rules import Channel, MessageState, parts
from shop.orders.states import EventKind, OrderState
from tests.conftest import Clock
from tests.notifications import make
from tests.notifications.make import Carriers


def test_a_placed_order_is_told_by_text_message_and_e_mail(
    carriers: Carriers, clock: Clock
) -> None:
    make.with_mail(clock.now)
    order = make.order(clock.now, email=make.EMAIL)

    make.work(clock)

    assert [out.to for out in carriers.sms.sent] == [order.phone]
    assert [out.to for out in carriers.email.sent] == [make.EMAIL]
    assert carriers.email.sent[0].html.startswith("<!doctype html>")
    first, second = make.rows(order)
    assert (first.channel, first.state, first.receiver) == ("sms", "sent", "…5678")
    assert (second.channel, second.receiver) == ("email", "b…@example.com")
    assert first.sent_at == clock.now
    assert (first.cost_minor, first.service_ref) == (1200, "ref-1")
    assert first.parts == parts(first.text)
    assert not second.html, "the page of a sent e-mail is not kept"


def test_without_an_e_mail_address_a_text_message_is_enough(
    carriers: Carriers, clock: Clock
) -> None:
    make.with_mail(clock.now)
    order = make.order(clock.now)

    make.work(clock)

    assert [row.channel for row in make.rows(order)] == ["sms"]


def test_without_a_mail_server_no_e_mail_waits_in_vain(
    carriers: Carriers, clock: Clock
) -> None:
    order = make.order(clock.now, email=make.EMAIL)

    make.work(clock)

    assert [row.channel for row in make.rows(order)] == ["sms"]


def test_where_nothing_carries_messages_they_stand_on_the_orders_page(
    carriers: Carriers, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channels, "DEFAULTS", {})
    order = make.order(clock.now)

    make.work(clock)

    (row,) = make.rows(order)
    assert (row.channel, row.state) == (Channel.SITE, MessageState.SENT)
    assert [twin.text for twin in service.twins(order.id)] == [row.text]


def test_one_message_however_often_its_event_is_promised(
    carriers: Carriers, clock: Clock
) -> None:
    order = make.order(clock.now)
    make.quiet(order, clock.now)
    event = make.happen(order, EventKind.EXPIRED, clock.now)
    payload = {"order_id": order.id, "event_id": event.id, "stage": "expired"}
    with transaction():
        outbox.promise("notify", "promised-again", payload, clock.now)

    make.work(clock)

    assert len(carriers.sms.sent) == 1
    assert [job.done_at for job in make.jobs("notify")] == [clock.now] * 3


def test_control_another_event_is_another_message(
    carriers: Carriers, clock: Clock
) -> None:
    order = make.order(clock.now)
    make.quiet(order, clock.now)
    make.happen(order, EventKind.EXPIRED, clock.now)
    make.happen(order, EventKind.EXPIRED, clock.now)

    make.work(clock)

    assert len(carriers.sms.sent) == 2


@pytest.mark.parametrize(("language", "digits"), [("fa", "آذر"), ("zh", "月")])
def test_the_language_is_the_orders_after_staff_worked_in_another(
    carriers: Carriers, clock: Clock, language: str, digits: str
) -> None:
    order = make.order(clock.now, "cn", language=language)
    make.quiet(order, clock.now)
    with reading("en"):
        facts = {"amount_minor": 10_000, "by": "2026-11-25"}
        make.happen(order, EventKind.REFUND_REQUESTED, clock.now, "staff:1", **facts)

        make.work(clock)

    (row,) = make.rows(order)
    assert row.language == language
    assert digits in row.text
    assert f"/{language}/orders/{order.number}" in row.text


def test_a_language_whose_folder_is_gone_is_said_in_english(
    carriers: Carriers, clock: Clock
) -> None:
    order = make.order(clock.now, language="tlh")

    make.work(clock)

    assert make.rows(order)[0].language == "en"


def test_what_can_wait_waits_for_the_morning_of_the_market(
    carriers: Carriers, clock: Clock
) -> None:
    make.with_mail(clock.now)
    order = make.order(clock.now, email=make.EMAIL)
    make.work(clock)
    night = clock.forward(hours=8)  # midnight in Shanghai
    make.happen(order, EventKind.DELIVERED, night)

    make.work(clock)

    assert len(carriers.sms.sent) == 1
    assert len(carriers.email.sent) == 2, "an e-mail wakes nobody"
    clock.forward(hours=8, seconds=1)
    make.work(clock)
    assert len(carriers.sms.sent) == 2


def test_what_is_urgent_rings_at_night(carriers: Carriers, clock: Clock) -> None:
    clock.forward(hours=8)
    make.order(clock.now)

    make.work(clock)

    assert len(carriers.sms.sent) == 1


def test_what_the_owner_switched_off_is_not_sent(
    carriers: Carriers, clock: Clock
) -> None:
    make.with_mail(clock.now)
    with transaction():
        service.switch("cn", "placed", Channel.SMS, on=False)
    cn = make.order(clock.now, email=make.EMAIL)
    ir = make.order(clock.now, "ir", email=make.EMAIL, language="fa")

    make.work(clock)

    assert [row.channel for row in make.rows(cn)] == ["email"]
    assert [row.channel for row in make.rows(ir)] == ["sms", "email"]


def test_everything_off_is_really_nothing(carriers: Carriers, clock: Clock) -> None:
    with transaction():
        service.switch("cn", "placed", Channel.SMS, on=False)
    order = make.order(clock.now)

    make.work(clock)

    assert make.rows(order) == []


def test_an_order_that_ended_meanwhile_is_not_asked_for_money(
    carriers: Carriers, clock: Clock
) -> None:
    order = make.order(clock.now)
    make.move(order, OrderState.EXPIRED)

    make.work(clock)

    assert make.rows(order) == []


def test_the_owner_hears_of_a_new_order_only_if_asked_for(
    carriers: Carriers, clock: Clock
) -> None:
    from shop.accounts import service as accounts

    make.with_mail(clock.now)
    with transaction():
        accounts.add_staff("owner@example.com", "Owner", "a long password", clock.now)
    make.order(clock.now, key="before")
    make.work(clock)
    assert carriers.email.sent == []

    with transaction():
        service.switch("cn", "new_order", Channel.EMAIL, on=True)
    order = make.order(clock.forward(seconds=1), key="after")
    make.work(clock)

    (out,) = carriers.email.sent
    assert out.to == "owner@example.com"
    assert order.number in out.text
    assert [twin.channel for twin in service.twins(order.id)] == [Channel.SMS]


def test_a_message_that_fails_is_tried_again_under_the_same_name(
    carriers: Carriers, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    carriers.sms.breaks = [NotSent("transport ConnectTimeout")]
    order = make.order(clock.now)

    with caplog.at_level(logging.CRITICAL):
        make.work(clock)
    (row,) = make.rows(order)
    assert (row.state, row.error) == (MessageState.FAILED, "transport ConnectTimeout")
    assert carriers.sms.sent == []

    clock.forward(seconds=13)
    make.work(clock)
    (row,) = make.rows(order)
    assert (row.state, row.error) == (MessageState.SENT, "")
    assert len(carriers.sms.sent) == 1


def test_after_twelve_tries_it_is_a_dead_letter(
    carriers: Carriers, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    carriers.sms.breaks = [NotSent("418")] * 12
    order = make.order(clock.now)

    with caplog.at_level(logging.CRITICAL):
        for _ in range(14):
            make.work(clock)
            clock.forward(hours=2)

    (row,) = service.dead_letters()
    assert (row.order_id, row.error) == (order.id, "418")
    assert carriers.sms.sent == []


def test_a_message_that_can_never_arrive_is_dead_at_once(
    carriers: Carriers, clock: Clock
) -> None:
    carriers.sms.breaks = [NotSent("411", final=True)]
    order = make.order(clock.now)

    make.work(clock)

    (row,) = make.rows(order)
    assert (row.state, row.error) == (MessageState.DEAD, "411")
    assert make.jobs("send")[0].done_at is not None


def test_a_bug_in_a_channel_is_a_failure_not_a_lost_message(
    carriers: Carriers, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    carriers.sms.breaks = [ZeroDivisionError("with a secret in it")]
    order = make.order(clock.now)

    with caplog.at_level(logging.CRITICAL):
        make.work(clock)

    (row,) = make.rows(order)
    assert (row.state, row.error) == (MessageState.FAILED, "ZeroDivisionError")


def test_a_silent_phone_company_delays_no_e_mail(
    carriers: Carriers, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    make.with_mail(clock.now)
    carriers.sms.breaks = [NotSent("transport ReadTimeout")] * 5
    make.order(clock.now, email=make.EMAIL)

    with caplog.at_level(logging.CRITICAL):
        make.work(clock)

    assert len(carriers.email.sent) == 1


def test_killed_between_claim_and_send_it_is_sent_by_another(
    carriers: Carriers, clock: Clock
) -> None:
    make.order(clock.now)
    send.deliver(make.claimed("notify", clock.now), clock.now)
    make.claimed("send", clock.now)  # and this worker is never seen again

    make.work(clock)
    assert carriers.sms.sent == []
    clock.forward(seconds=61)
    make.work(clock)

    assert len(carriers.sms.sent) == 1


def test_killed_between_send_and_note_it_goes_once_more_under_one_name(
    carriers: Carriers, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.order(clock.now)
    send.deliver(make.claimed("notify", clock.now), clock.now)
    job = make.claimed("send", clock.now)
    with monkeypatch.context() as patch:
        patch.setattr(send, "_note", _killed)
        with pytest.raises(KeyboardInterrupt):
            send.send(job, clock.now)

    clock.forward(seconds=61)
    make.work(clock)
    clock.forward(hours=1)
    make.work(clock)

    assert len(carriers.sms.sent) == 2
    assert carriers.sms.sent[0].name == carriers.sms.sent[1].name
    assert carriers.sms.sent[0].number == carriers.sms.sent[1].number


def _killed(*_: object) -> bool:
    raise KeyboardInterrupt


def test_control_what_was_noted_is_not_sent_again(
    carriers: Carriers, clock: Clock
) -> None:
    make.order(clock.now)
    send.deliver(make.claimed("notify", clock.now), clock.now)
    job = make.claimed("send", clock.now)
    send.send(job, clock.now)  # noted, and killed before the job is finished

    clock.forward(seconds=61)
    make.work(clock)

    assert len(carriers.sms.sent) == 1


def test_killed_before_the_messages_are_written_they_are_written_later(
    carriers: Carriers, clock: Clock
) -> None:
    order = make.order(clock.now)
    job = make.claimed("notify", clock.now)
    send.deliver(job, clock.now)  # written, and killed before the job is finished

    clock.forward(seconds=61)
    make.work(clock)

    assert len(make.rows(order)) == 1
    assert len(carriers.sms.sent) == 1


def test_an_order_that_is_gone_is_nobodys_message(
    carriers: Carriers, app: Flask, now: datetime, clock: Clock
) -> None:
    payload = {"order_id": 4711, "event_id": None, "stage": "links"}
    with transaction():
        outbox.promise("notify", "gone", payload, now)

    assert make.work(clock) == 1
    assert make.rows() == []


def test_a_message_goes_to_the_phone_the_order_has_now(
    carriers: Carriers, clock: Clock
) -> None:
    from sqlalchemy import update

    from shop.db import db
    from shop.orders.models import Order

    order = make.order(clock.now)
    send.deliver(make.claimed("notify", clock.now), clock.now)
    with transaction():
        db.session.execute(
            update(Order).where(Order.id == order.id).values(phone="+8613900001111")
        )

    clock.now += timedelta(seconds=1)
    make.work(clock)

    assert carriers.sms.sent[0].to == "+8613900001111"
    assert make.rows(order)[0].receiver == "…1111"
