"""SEP: a reference that can be verified for ever, so amount and terminal count."""

from typing import Any

import pytest

from shop.kernel.money import Money
from shop.payments.provider import Attempt, Event, Outcome, ProviderError, ReturnHint
from shop.payments.providers.sep import PROVIDER
from tests.payments.providers import make
from tests.payments.providers.gateway import FakeGateway, Reply

TOKEN, REF_NUM = "2c3c1fefac5a48geb9f9be7e445dd9b2", "50+Vq1Jj8aWeTnE="


def settings(gateway: FakeGateway) -> dict[str, str]:
    return {"base_url": gateway.url, "terminal_id": "12345678", "sandbox": "1"}


def begun(**facts: Any) -> Attempt:
    return make.attempt("IRR", provider_ref=TOKEN, **facts)


def verified(code: int = 0, **detail: Any) -> dict[str, Any]:
    known = {
        "RRN": "14226761817",
        "RefNum": REF_NUM,
        "MaskedPan": "621986****8080",
        "TerminalNumber": 12345678,
        "OrginalAmount": 1_250_000,
        "AffectiveAmount": 1_250_000,
    }
    return {
        "ResultCode": code,
        "Success": code == 0,
        "TransactionDetail": known | detail,
    }


def back(**more: str) -> ReturnHint:
    form = {
        "State": "OK",
        "Status": "2",
        "RefNum": REF_NUM,
        "ResNum": make.REF,
        "Token": TOKEN,
        "SecurePan": "621986****8080",
    }
    hint = PROVIDER.parse_return(make.posted(form | more))
    assert hint
    return hint


def came_back(gateway: FakeGateway, **more: str) -> Event:
    return PROVIDER.handle_return(begun(), back(**more), settings(gateway))


def test_begin_returns_the_form_with_its_token(gateway: FakeGateway) -> None:
    gateway.answer({"status": 1, "token": TOKEN})

    began = PROVIDER.begin(make.attempt("IRR"), make.URLS, settings(gateway))

    assert (began.provider_ref, began.next.fields) == (TOKEN, {"Token": TOKEN})
    assert began.next.url == f"{gateway.url}/OnlinePG/OnlinePG"
    assert gateway.asked[0].path == "/onlinepg/onlinepg"
    assert b'"Amount": 1250000,' in gateway.asked[0].body
    assert gateway.asked[0].json["ResNum"] == make.REF


def test_begin_says_why_it_was_refused(gateway: FakeGateway) -> None:
    gateway.answer({"status": -1, "errorCode": "5", "errorDesc": "x"})

    with pytest.raises(ProviderError) as caught:
        PROVIDER.begin(make.attempt("IRR"), make.URLS, settings(gateway))

    assert (caught.value.kind, caught.value.code) == ("rejected", "5")


@pytest.mark.parametrize("answer", [{}, {"status": 1}, {"status": 1, "token": "<"}])
def test_a_strange_token_is_no_token(
    gateway: FakeGateway, answer: dict[str, object]
) -> None:
    gateway.answer(answer)

    with pytest.raises(ProviderError) as caught:
        PROVIDER.begin(make.attempt("IRR"), make.URLS, settings(gateway))

    assert caught.value.unknown


@pytest.mark.parametrize("code", [0, 2])
def test_a_verified_payment_is_paid_however_often(
    gateway: FakeGateway, code: int
) -> None:
    gateway.answer(verified(code))

    event = came_back(gateway)

    assert (event.outcome, event.provider_txn) == (Outcome.PAID, REF_NUM)
    assert event.trace == "14226761817"
    assert (event.amount, event.payer_hint) == (Money(1_250_000, "IRR"), "****8080")
    assert gateway.asked[0].json == {"RefNum": REF_NUM, "TerminalNumber": 12345678}


def test_a_cheap_reference_on_a_dear_order_tells_its_own_amount(
    gateway: FakeGateway,
) -> None:
    gateway.answer(verified(OrginalAmount=10_000, AffectiveAmount=10_000))

    assert came_back(gateway).amount == Money(10_000, "IRR")


@pytest.mark.parametrize(
    "detail",
    [{"TerminalNumber": 99}, {"TerminalNumber": None}, {"RefNum": "another-one"},
     {"ResNum": "999999999999"}],
)  # fmt: skip
def test_another_terminal_or_order_is_a_doubt(
    gateway: FakeGateway, detail: dict[str, Any]
) -> None:
    gateway.answer(verified(**detail))

    event = came_back(gateway)

    assert (event.outcome, event.doubt) == (Outcome.UNKNOWN, "order")


def test_a_success_without_details_is_a_doubt(gateway: FakeGateway) -> None:
    gateway.answer({"ResultCode": 2, "Success": False})

    event = came_back(gateway)

    assert (event.outcome, event.doubt) == (Outcome.UNKNOWN, "amount")


@pytest.mark.parametrize("change", [{"Token": "0" * 32}, {"ResNum": "999999999999"}])
def test_another_attempts_answer_is_not_ours(
    gateway: FakeGateway, change: dict[str, str]
) -> None:
    with pytest.raises(ProviderError) as caught:
        came_back(gateway, **change)

    assert caught.value.kind == "forged"
    assert gateway.asked == []


@pytest.mark.parametrize(
    ("code", "outcome"),
    [(-2, Outcome.FAILED), (-6, Outcome.FAILED), (5, Outcome.REVERSED),
     (77, Outcome.UNKNOWN)],
)  # fmt: skip
def test_every_code_has_a_meaning(
    gateway: FakeGateway, code: int, outcome: Outcome
) -> None:
    gateway.answer({"ResultCode": code})

    assert came_back(gateway).outcome is outcome


def test_asking_too_late_does_not_undo_a_payment(gateway: FakeGateway) -> None:
    gateway.answer({"ResultCode": -6})
    paid = begun(provider_txn=REF_NUM, meta={"ref_num": REF_NUM})

    assert PROVIDER.query(paid, settings(gateway)).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("status", "outcome"), [("1", Outcome.CANCELLED), ("3", Outcome.FAILED)]
)
def test_without_a_reference_there_is_nothing_to_verify(
    gateway: FakeGateway, status: str, outcome: Outcome
) -> None:
    event = came_back(gateway, RefNum="", Status=status, State="CanceledByUser")

    assert event.outcome is outcome
    assert gateway.asked == []


def test_a_query_needs_what_the_browser_brought(gateway: FakeGateway) -> None:
    gateway.answer(verified())

    nobody = PROVIDER.query(begun(), settings(gateway))
    known = PROVIDER.query(begun(meta=dict(back().claims)), settings(gateway))

    assert nobody.outcome is Outcome.UNKNOWN
    assert known.outcome is Outcome.PAID


@pytest.mark.parametrize("code", [0, 2, 5])
def test_the_whole_sum_is_reversed(gateway: FakeGateway, code: int) -> None:
    gateway.answer({"ResultCode": code})
    paid = begun(provider_txn=REF_NUM)

    result = PROVIDER.refund(paid, make.refunding(paid), settings(gateway))

    assert result.state == "succeeded"
    path = "/verifyTxnRandomSessionkey/ipg/ReverseTransaction"
    assert gateway.asked[0].path == path


def test_what_is_too_late_or_a_part_goes_back_by_hand(gateway: FakeGateway) -> None:
    gateway.answer({"ResultCode": -6})
    paid = begun(provider_txn=REF_NUM)

    late = PROVIDER.refund(paid, make.refunding(paid), settings(gateway))
    part = PROVIDER.refund(paid, make.refunding(paid, 50_000), settings(gateway))

    assert (late.state, late.code) == ("failed", "manual")
    assert (part.state, part.code) == ("failed", "manual")
    assert len(gateway.asked) == 1


def test_a_lost_verify_is_unknown_and_then_paid_once(gateway: FakeGateway) -> None:
    gateway.answer(Reply(drop=True), verified(2))

    with pytest.raises(ProviderError) as caught:
        came_back(gateway)
    event = came_back(gateway)

    assert caught.value.unknown
    assert event.event_id == f"verify:{REF_NUM}"


@pytest.mark.parametrize("form", [{}, {"ResNum": "1'--"}, {"ResNum": "9" * 40}])
def test_a_return_without_our_number_means_nobody(form: dict[str, str]) -> None:
    assert PROVIDER.parse_return(make.posted(form)) is None


def test_the_connection_test_knows_a_wrong_terminal(gateway: FakeGateway) -> None:
    gateway.answer({"ResultCode": -2})
    assert PROVIDER.test_connection(settings(gateway)) == ""

    gateway.answer({"ResultCode": -105})
    assert PROVIDER.test_connection(settings(gateway)) == "-105"
