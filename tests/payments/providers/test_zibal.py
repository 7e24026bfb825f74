"""Zibal: it says what was paid; whether that was ours, we compare."""

from typing import Any

import pytest

from shop.kernel.money import Money
from shop.payments.provider import Attempt, Event, Outcome, ProviderError, ReturnHint
from shop.payments.providers.zibal import PROVIDER
from tests.payments.providers import make
from tests.payments.providers.gateway import FakeGateway, Reply

TRACK = "3714061897"


def settings(gateway: FakeGateway) -> dict[str, str]:
    return {"base_url": gateway.url, "merchant": "zibal", "sandbox": "1"}


def begun(**facts: Any) -> Attempt:
    return make.attempt("IRR", provider_ref=TRACK, **facts)


def paid(**facts: Any) -> dict[str, Any]:
    return {
        "result": 100,
        "message": "success",
        "status": 1,
        "amount": 1_250_000,
        "orderId": make.REF,
        "refNumber": 4321,
        "cardNumber": "62741****44",
    } | facts


def back(query: str) -> ReturnHint:
    hint = PROVIDER.parse_return(make.visited(query))
    assert hint
    return hint


def came_back(gateway: FakeGateway, success: str = "1") -> Event:
    hint = back(f"trackId={TRACK}&success={success}&status=2&orderId={make.REF}")
    return PROVIDER.handle_return(begun(), hint, settings(gateway))


def asked(gateway: FakeGateway) -> list[str]:
    return [one.path for one in gateway.asked]


def test_begin_sends_the_browser_to_the_page_of_its_track(gateway: FakeGateway) -> None:
    gateway.answer({"result": 100, "message": "success", "trackId": int(TRACK)})

    began = PROVIDER.begin(make.attempt("IRR"), make.URLS, settings(gateway))

    assert began.provider_ref == TRACK
    assert began.next.url == f"{gateway.url}/start/{TRACK}"
    assert b'"amount": 1250000,' in gateway.asked[0].body
    assert gateway.asked[0].json["orderId"] == make.REF


@pytest.mark.parametrize(
    ("result", "kind"), [(102, "config"), (104, "config"), (105, "rejected")]
)
def test_begin_says_whose_fault_a_refusal_is(
    gateway: FakeGateway, result: int, kind: str
) -> None:
    gateway.answer({"result": result})

    with pytest.raises(ProviderError) as caught:
        PROVIDER.begin(make.attempt("IRR"), make.URLS, settings(gateway))

    assert (caught.value.kind, caught.value.code) == (kind, str(result))
    assert not caught.value.unknown


@pytest.mark.parametrize("track", [None, "", "x", -1, 1.5, True, 10**30])
def test_a_strange_track_is_no_track(gateway: FakeGateway, track: object) -> None:
    gateway.answer({"result": 100, "trackId": track})

    with pytest.raises(ProviderError) as caught:
        PROVIDER.begin(make.attempt("IRR"), make.URLS, settings(gateway))

    assert caught.value.unknown


def test_a_verified_payment_is_paid(gateway: FakeGateway) -> None:
    gateway.answer(paid())

    event = came_back(gateway)

    assert (event.outcome, event.provider_txn) == (Outcome.PAID, "4321")
    assert event.amount == Money(1_250_000, "IRR")
    assert asked(gateway) == ["/v1/verify"]
    assert gateway.asked[0].json["trackId"] == int(TRACK)


def test_case_23_an_answer_without_amount_is_asked_again(gateway: FakeGateway) -> None:
    gateway.answer({"result": 201, "message": "already verified"}, paid())

    event = came_back(gateway)

    assert (event.outcome, event.amount) == (Outcome.PAID, Money(1_250_000, "IRR"))
    assert asked(gateway) == ["/v1/verify", "/v1/inquiry"]


def test_case_23_another_amount_is_told_as_it_is(gateway: FakeGateway) -> None:
    gateway.answer({"result": 201}, paid(amount=10_000))

    assert came_back(gateway).amount == Money(10_000, "IRR")


def test_case_24_another_order_is_a_doubt_and_no_payment(gateway: FakeGateway) -> None:
    gateway.answer(paid(orderId="999999999999"))

    event = came_back(gateway)

    assert (event.outcome, event.doubt) == (Outcome.UNKNOWN, "order")


@pytest.mark.parametrize(
    "track", ["123;%20DROP", "-1", "1.5", "", "0", "۱۲۳", "1" * 30, "1%00"]
)
def test_case_25_a_strange_track_means_nobody(track: str) -> None:
    assert PROVIDER.parse_return(make.visited(f"trackId={track}&success=1")) is None


def test_another_attempts_track_is_not_ours(gateway: FakeGateway) -> None:
    with pytest.raises(ProviderError) as caught:
        PROVIDER.handle_return(begun(), back("trackId=99&success=1"), settings(gateway))

    assert caught.value.kind == "forged"
    assert gateway.asked == []


def test_a_forged_failure_does_not_hide_a_payment(gateway: FakeGateway) -> None:
    gateway.answer(paid(status=2), paid())

    event = came_back(gateway, "0")

    assert event.outcome is Outcome.PAID
    assert asked(gateway) == ["/v1/inquiry", "/v1/verify"]


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(-1, Outcome.PENDING), (3, Outcome.CANCELLED), (4, Outcome.FAILED),
     (18, Outcome.REVERSED), (-2, Outcome.UNKNOWN), (99, Outcome.UNKNOWN)],
)  # fmt: skip
def test_every_status_has_a_meaning(
    gateway: FakeGateway, status: int, outcome: Outcome
) -> None:
    gateway.answer(paid(status=status))

    assert PROVIDER.query(begun(), settings(gateway)).outcome is outcome


def test_success_without_payment_is_not_paid(gateway: FakeGateway) -> None:
    gateway.answer({"result": 202}, paid(status=5))

    assert came_back(gateway).outcome is Outcome.FAILED


def test_a_lost_verify_is_unknown_and_then_paid_once(gateway: FakeGateway) -> None:
    gateway.answer(Reply(drop=True), {"result": 201}, paid())

    with pytest.raises(ProviderError) as caught:
        came_back(gateway)
    event = came_back(gateway)

    assert caught.value.unknown
    assert (event.outcome, event.event_id) == (Outcome.PAID, f"verify:{TRACK}")


@pytest.mark.parametrize("amount", ["x", 1.5, -5, None, True])
def test_an_amount_is_a_whole_number(gateway: FakeGateway, amount: object) -> None:
    gateway.answer(paid(amount=amount))

    with pytest.raises(ProviderError):
        PROVIDER.query(begun(), settings(gateway))


def test_the_connection_test_knows_a_wrong_merchant(gateway: FakeGateway) -> None:
    gateway.answer({"result": 203})
    assert PROVIDER.test_connection(settings(gateway)) == ""

    gateway.answer({"result": 102})
    assert PROVIDER.test_connection(settings(gateway)) == "102"
