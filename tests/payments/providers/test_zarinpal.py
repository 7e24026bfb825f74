"""ZarinPal: what goes over the wire, and what no browser can make us believe."""

from dataclasses import replace
from typing import Any

import pytest

from shop.kernel.money import Money
from shop.payments.provider import Attempt, Event, Outcome, ProviderError, ReturnHint
from shop.payments.providers.zarinpal import PROVIDER
from tests.payments.providers import make
from tests.payments.providers.gateway import FakeGateway, Reply

AUTHORITY = "A" + "0" * 30 + "12345"
OTHER = "A" + "0" * 30 + "99999"
MERCHANT = "4ced0a1e-4ad8-4309-9668-3ea3ae8e8897"


def settings(gateway: FakeGateway) -> dict[str, str]:
    return {"base_url": gateway.url, "merchant_id": MERCHANT, "sandbox": "1"}


def ok(**data: Any) -> dict[str, Any]:
    return {"data": {"code": 100, "message": "Success", **data}, "errors": []}


def error(code: object) -> dict[str, Any]:
    return {"data": [], "errors": {"code": code, "message": "no", "validations": []}}


def begun(**facts: Any) -> Attempt:
    return make.attempt("IRR", provider_ref=AUTHORITY, **facts)


def back(status: str, authority: str = AUTHORITY) -> ReturnHint:
    hint = PROVIDER.parse_return(make.visited(f"Authority={authority}&Status={status}"))
    assert hint
    return hint


def came_back(gateway: FakeGateway, status: str = "OK") -> Event:
    return PROVIDER.handle_return(begun(), back(status), settings(gateway))


def asked(gateway: FakeGateway) -> list[str]:
    return [a.path.rpartition("/")[2].removesuffix(".json") for a in gateway.asked]


def test_begin_sends_the_browser_to_the_page_of_its_authority(
    gateway: FakeGateway,
) -> None:
    gateway.answer(ok(authority=AUTHORITY))

    began = PROVIDER.begin(make.attempt("IRR"), make.URLS, settings(gateway))

    assert began.provider_ref == AUTHORITY
    assert began.next.kind == "redirect"
    assert began.next.url == f"{gateway.url}/pg/StartPay/{AUTHORITY}"
    assert gateway.asked[0].path == "/pg/v4/payment/request.json"
    assert gateway.asked[0].json["callback_url"] == make.URLS.return_url
    assert gateway.asked[0].json["merchant_id"] == MERCHANT


def test_case_42_the_wire_says_irr_and_the_exact_integer(gateway: FakeGateway) -> None:
    gateway.answer(ok(authority=AUTHORITY))

    PROVIDER.begin(make.attempt("IRR"), make.URLS, settings(gateway))

    assert gateway.asked[0].json["currency"] == "IRR"
    assert b'"amount": 1250000,' in gateway.asked[0].body


def test_case_40_verify_repeats_the_frozen_amount(gateway: FakeGateway) -> None:
    gateway.answer(ok(ref_id=201))

    PROVIDER.handle_return(
        begun(amount=Money(77_000, "IRR")), back("OK"), settings(gateway)
    )

    assert gateway.asked[0].json["amount"] == 77_000


@pytest.mark.parametrize("authority", ["", "A1", "X" + "0" * 35, AUTHORITY + "0", 7])
def test_a_strange_authority_is_no_authority(
    gateway: FakeGateway, authority: object
) -> None:
    gateway.answer(ok(authority=authority))

    with pytest.raises(ProviderError) as caught:
        PROVIDER.begin(make.attempt("IRR"), make.URLS, settings(gateway))

    assert (caught.value.kind, caught.value.unknown) == ("protocol", True)


@pytest.mark.parametrize(
    ("code", "kind"),
    [(-9, "rejected"), (-10, "config"), ("-11", "config"), (-41, "rejected")],
)
def test_begin_says_whose_fault_a_refusal_is(
    gateway: FakeGateway, code: object, kind: str
) -> None:
    gateway.answer(error(code))

    with pytest.raises(ProviderError) as caught:
        PROVIDER.begin(make.attempt("IRR"), make.URLS, settings(gateway))

    assert (caught.value.kind, caught.value.code) == (kind, str(code))
    assert not caught.value.unknown


def test_a_verified_payment_is_paid(gateway: FakeGateway) -> None:
    gateway.answer(ok(ref_id=201, card_pan="502229******5995", fee=1200))

    event = came_back(gateway)

    assert event.outcome is Outcome.PAID
    assert event.amount == Money(1_250_000, "IRR")
    assert (event.provider_txn, event.payer_hint) == ("201", "****5995")
    assert asked(gateway) == ["verify"]


def test_case_17_another_orders_authority_is_not_ours(gateway: FakeGateway) -> None:
    with pytest.raises(ProviderError) as caught:
        PROVIDER.handle_return(begun(), back("OK", OTHER), settings(gateway))

    assert caught.value.kind == "forged"
    assert back("OK", OTHER).provider_ref == OTHER
    assert gateway.asked == []


def test_case_18_status_ok_without_payment_is_not_paid(gateway: FakeGateway) -> None:
    gateway.answer(error(-51), ok(status="FAILED"))

    event = came_back(gateway)

    assert (event.outcome, event.code) == (Outcome.FAILED, "-51")


def test_an_attempt_still_at_the_bank_is_pending(gateway: FakeGateway) -> None:
    gateway.answer(error(-51), ok(status="IN_BANK"))

    assert came_back(gateway).outcome is Outcome.PENDING


def test_case_19_a_forged_nok_does_not_hide_a_payment(gateway: FakeGateway) -> None:
    gateway.answer(ok(status="PAID"), ok(ref_id=201))

    event = came_back(gateway, "NOK")

    assert event.outcome is Outcome.PAID
    assert asked(gateway) == ["inquiry", "verify"]


def test_an_honest_nok_is_a_failure(gateway: FakeGateway) -> None:
    gateway.answer(ok(status="FAILED"))

    assert came_back(gateway, "NOK").outcome is Outcome.FAILED


def test_case_20_after_a_lost_answer_101_is_paid_once(gateway: FakeGateway) -> None:
    already = {"data": {"code": 101, "ref_id": 201}, "errors": []}
    gateway.answer(Reply(drop=True), already)

    with pytest.raises(ProviderError) as caught:
        came_back(gateway)
    event = came_back(gateway)

    assert caught.value.unknown
    assert (event.outcome, event.provider_txn) == (Outcome.PAID, "201")
    assert event.event_id == f"verify:{AUTHORITY}"


def test_case_21_another_amount_is_a_doubt_and_no_payment(gateway: FakeGateway) -> None:
    gateway.answer(error(-50))

    event = came_back(gateway)

    assert (event.outcome, event.doubt) == (Outcome.UNKNOWN, "amount")


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply(200, b'{"data":[],"errors":[]}'), "envelope"),
        (Reply(200, b'{"data":{},"errors":{}}'), "envelope"),
        (Reply(200, b'{"data":null}'), "envelope"),
        (Reply(200, b'{"data":{"code":true},"errors":[]}'), "envelope"),
        (Reply(200, b"[]"), "json"),
        (Reply(502, b"<html>Bad gateway</html>"), "json"),
        (Reply(200, b""), "json"),
        (Reply(200, b'{"data":{"code":100'), "json"),
    ],
)
def test_case_22_no_envelope_breaks_us(
    gateway: FakeGateway, reply: Reply, code: str
) -> None:
    gateway.answer(reply)

    with pytest.raises(ProviderError) as caught:
        came_back(gateway)

    assert (caught.value.kind, caught.value.code) == ("protocol", code)
    assert caught.value.unknown


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, b'{"data":[],"errors":{"authority":["bad","-54"]}}'),
        Reply(422, b'{"data":[],"errors":{"code":-54,"message":"x"}}'),
        Reply(400, b'{"data":[],"errors":[{"code":"-54"}]}'),
    ],
)
def test_case_22_errors_are_found_in_every_shape(
    gateway: FakeGateway, reply: Reply
) -> None:
    gateway.answer(reply)

    event = came_back(gateway)

    assert (event.outcome, event.code) == (Outcome.UNKNOWN, "-54")


def test_the_whole_sum_is_reversed(gateway: FakeGateway) -> None:
    gateway.answer(ok(message="Reversed"))
    paid = begun()

    result = PROVIDER.refund(paid, make.refunding(paid), settings(gateway))

    assert result.state == "succeeded"
    assert asked(gateway) == ["reverse"]


def test_a_part_goes_back_by_hand(gateway: FakeGateway) -> None:
    paid = begun()

    result = PROVIDER.refund(paid, make.refunding(paid, 50_000), settings(gateway))

    assert (result.state, result.code) == ("failed", "manual")
    assert gateway.asked == []


def test_a_repeated_reversal_asks_whether_it_happened(gateway: FakeGateway) -> None:
    gateway.answer(error(-61), ok(status="REVERSED"))
    paid = begun()

    result = PROVIDER.refund(paid, make.refunding(paid), settings(gateway))

    assert result.state == "succeeded"


def test_a_reversal_refused_while_the_payment_stands_has_failed(
    gateway: FakeGateway,
) -> None:
    gateway.answer(error(-61), ok(status="VERIFIED"))
    paid = begun()

    result = PROVIDER.refund(paid, make.refunding(paid), settings(gateway))

    assert result.state == "failed"


def test_a_reversal_that_never_arrived_is_unknown_and_may_be_repeated(
    gateway: FakeGateway,
) -> None:
    gateway.answer(ok(status="VERIFIED"))
    paid = begun()

    result = PROVIDER.query_refund(paid, make.refunding(paid), settings(gateway))

    assert (result.state, PROVIDER.caps.refund_idempotent) == ("unknown", True)


@pytest.mark.parametrize("code", [-60, -62, -63])
def test_what_cannot_be_reversed_goes_back_by_hand(
    gateway: FakeGateway, code: int
) -> None:
    gateway.answer(error(code))
    paid = begun()

    result = PROVIDER.refund(paid, make.refunding(paid), settings(gateway))

    assert (result.state, result.code) == ("failed", "manual")


def test_the_unverified_list_names_attempts_to_ask_about(gateway: FakeGateway) -> None:
    row = {"authority": AUTHORITY, "amount": 50500, "date": "2026-11-21 10:00:00"}
    gateway.answer(ok(code="100", authorities=[row, {"authority": "x"}, None]))

    events = list(PROVIDER.reconcile(make.NOW, settings(gateway)))

    assert [e.provider_ref for e in events] == [AUTHORITY]
    assert events[0].outcome is Outcome.PENDING
    assert events[0].amount == Money(50_500, "IRR")


def test_the_connection_test_says_which_code(gateway: FakeGateway) -> None:
    gateway.answer(ok(authorities=[]))
    assert PROVIDER.test_connection(settings(gateway)) == ""

    gateway.answer(error(-11))
    assert PROVIDER.test_connection(settings(gateway)) == "-11"


@pytest.mark.parametrize("query", ["", "Authority=", "Status=OK", "Authority=1;DROP"])
def test_a_return_without_an_authority_means_nobody(query: str) -> None:
    assert PROVIDER.parse_return(make.visited(query)) is None


def test_an_attempt_that_never_began_is_never_asked_about(gateway: FakeGateway) -> None:
    with pytest.raises(ProviderError):
        PROVIDER.query(replace(begun(), provider_ref=""), settings(gateway))

    assert gateway.asked == []


@pytest.mark.parametrize(("limit", "sent"), [("", None), ("900", 900)])
def test_the_time_limit_is_sent_only_if_the_owner_entered_one(
    gateway: FakeGateway, limit: str, sent: int | None
) -> None:
    gateway.answer(ok(authority=AUTHORITY))

    given = settings(gateway) | {"expire_in": limit}
    PROVIDER.begin(make.attempt("IRR"), make.URLS, given)

    assert gateway.asked[0].json.get("expire_in") == sent


@pytest.mark.parametrize("limit", ["0", "-5", "15m", "1.5"])
def test_a_time_limit_that_is_no_number_is_named(
    gateway: FakeGateway, limit: str
) -> None:
    given = settings(gateway) | {"expire_in": limit}

    with pytest.raises(ProviderError) as caught:
        PROVIDER.begin(make.attempt("IRR"), make.URLS, given)

    assert (caught.value.kind, caught.value.code) == ("config", "expire_in")
    assert gateway.asked == []
