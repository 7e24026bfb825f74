"""Mellat: the right RefId and order or nothing; settled, and never reversed by us."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from shop.kernel.money import Money
from shop.payments.provider import Attempt, Event, Outcome, ProviderError, ReturnHint
from shop.payments.providers import mellat
from shop.payments.providers.mellat import PROVIDER
from tests.payments.providers import make
from tests.payments.providers.gateway import Answerer, Asked, FakeGateway, Reply

REF_ID, SALE = "AF82041a2Bf6989c7fF9", "5142510"
NS = "http://interfaces.core.sw.bps.com/"


def settings(gateway: FakeGateway) -> dict[str, str]:
    return {
        "base_url": gateway.url,
        "terminal_id": "1234567",
        "username": "anar",
        "password": "p&ss<7>",
        "sandbox": "1",
    }


def returns(value: str) -> Answerer:
    """Answer any operation with ``value``."""

    def reply(asked: Asked) -> Reply:
        name = operation(asked)
        body = (
            '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">'
            f'<soap:Body><ns1:{name}Response xmlns:ns1="{NS}"><return>{value}</return>'
            f"</ns1:{name}Response></soap:Body></soap:Envelope>"
        )
        return Reply(body=body.encode(), headers={"Content-Type": "text/xml"})

    return reply


def operation(asked: Asked) -> str:
    found = re.search(rb"<bp:(\w+)>", asked.body)
    assert found
    return found[1].decode()


def asked(gateway: FakeGateway) -> list[str]:
    return [operation(one) for one in gateway.asked]


def field(asked: Asked, name: str) -> str:
    found = re.search(rf"<{name}>([^<]*)</{name}>", asked.body.decode())
    assert found, name
    return found[1]


def begun(**facts: Any) -> Attempt:
    return make.attempt("IRR", provider_ref=REF_ID, **facts)


def back(**more: str) -> ReturnHint:
    form = {
        "RefId": REF_ID,
        "ResCode": "0",
        "SaleOrderId": make.REF,
        "SaleReferenceId": SALE,
        "CardHolderPan": "610433*****5689",
    }
    hint = PROVIDER.parse_return(make.posted(form | more))
    assert hint
    return hint


def came_back(gateway: FakeGateway, **more: str) -> Event:
    return PROVIDER.handle_return(begun(), back(**more), settings(gateway))


def test_begin_returns_the_form_with_its_ref_id(gateway: FakeGateway) -> None:
    gateway.answer(returns(f"0,{REF_ID}"))

    began = PROVIDER.begin(make.attempt("IRR"), make.URLS, settings(gateway))

    assert began.provider_ref == REF_ID
    assert began.next.kind == "form_post"
    assert began.next.url == f"{gateway.url}/pgwchannel/startpay.mellat"
    assert began.next.fields == {"RefId": REF_ID}
    sent = gateway.asked[0]
    assert sent.path == "/pgwchannel/services/pgw"
    assert sent.headers["soapaction"] == '""'
    assert (field(sent, "amount"), field(sent, "orderId")) == ("1250000", make.REF)
    assert field(sent, "callBackUrl") == make.URLS.return_url


def test_what_is_sent_is_escaped(gateway: FakeGateway) -> None:
    gateway.answer(returns(f"0,{REF_ID}"))

    PROVIDER.begin(make.attempt("IRR"), make.URLS, settings(gateway))

    assert field(gateway.asked[0], "userPassword") == "p&amp;ss&lt;7&gt;"


def test_case_32_date_and_time_are_of_one_moment_in_tehran(
    gateway: FakeGateway,
) -> None:
    gateway.answer(returns(f"0,{REF_ID}"))
    at_one = datetime(2026, 11, 20, 21, 30, tzinfo=UTC)

    PROVIDER.begin(make.attempt("IRR", created_at=at_one), make.URLS, settings(gateway))

    sent = gateway.asked[0]
    assert (field(sent, "localDate"), field(sent, "localTime")) == (
        "20261121",
        "010000",
    )


@pytest.mark.parametrize(
    ("code", "kind", "unknown"),
    [("21", "config", False), ("421", "config", False), ("25", "rejected", False),
     ("34", "rejected", True), ("41", "rejected", True)],
)  # fmt: skip
def test_begin_says_whose_fault_a_refusal_is(
    gateway: FakeGateway, code: str, kind: str, unknown: bool
) -> None:
    gateway.answer(returns(code))

    with pytest.raises(ProviderError) as caught:
        PROVIDER.begin(make.attempt("IRR"), make.URLS, settings(gateway))

    assert (caught.value.kind, caught.value.code) == (kind, code)
    assert caught.value.unknown is unknown


def test_a_verified_payment_is_paid(gateway: FakeGateway) -> None:
    gateway.answer(returns("0"))

    event = came_back(gateway)

    assert (event.outcome, event.provider_txn) == (Outcome.PAID, SALE)
    assert event.amount == Money(1_250_000, "IRR")
    sent = gateway.asked[0]
    assert asked(gateway) == ["bpVerifyRequest"]
    assert field(sent, "saleReferenceId") == SALE
    assert field(sent, "orderId") == field(sent, "saleOrderId") == make.REF


def test_case_26_another_order_is_never_verified(gateway: FakeGateway) -> None:
    with pytest.raises(ProviderError) as caught:
        came_back(gateway, SaleOrderId="999999999999")

    assert caught.value.kind == "forged"
    assert gateway.asked == []


def test_case_28_a_refreshed_page_is_success_and_no_reversal(
    gateway: FakeGateway,
) -> None:
    gateway.answer(returns("43"), returns("45"))
    paid = begun(provider_txn=SALE)

    event = PROVIDER.handle_return(paid, back(), settings(gateway))
    settled = PROVIDER.settle(paid, settings(gateway))

    assert event.outcome is Outcome.PAID
    assert event.event_id == f"verify:{SALE}"
    assert settled.outcome is Outcome.PAID
    assert asked(gateway) == ["bpVerifyRequest", "bpSettleRequest"]


def test_case_29_a_lost_settlement_is_asked_again(gateway: FakeGateway) -> None:
    gateway.answer(Reply(drop=True), returns("0"))
    paid = begun(provider_txn=SALE)

    with pytest.raises(ProviderError) as caught:
        PROVIDER.settle(paid, settings(gateway))
    settled = PROVIDER.settle(paid, settings(gateway))

    assert caught.value.unknown
    assert settled.outcome is Outcome.PAID
    assert set(asked(gateway)) == {"bpSettleRequest"}


@pytest.mark.parametrize(
    ("code", "outcome"), [("48", Outcome.REVERSED), ("46", Outcome.UNKNOWN)]
)
def test_case_29_a_settlement_says_when_money_has_gone_back(
    gateway: FakeGateway, code: str, outcome: Outcome
) -> None:
    gateway.answer(returns(code))

    event = PROVIDER.settle(begun(provider_txn=SALE), settings(gateway))

    assert event.outcome is outcome


def test_case_30_a_ref_id_in_other_letters_is_another_one(gateway: FakeGateway) -> None:
    with pytest.raises(ProviderError) as caught:
        came_back(gateway, RefId=REF_ID.swapcase())

    assert caught.value.kind == "forged"
    assert gateway.asked == []


FAULT = (
    b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
    b"<s:Fault><faultcode>s:Server</faultcode></s:Fault></s:Body></s:Envelope>"
)
BOMB = b'<!DOCTYPE a [<!ENTITY b "0,AAAAAAAAAA">]><a>&b;</a>'


@pytest.mark.parametrize(
    "reply",
    [
        Reply(500, FAULT),
        returns(""),
        returns("0,"),
        returns("zero"),
        returns("0,AB CD"),
        returns("٠"),
        Reply(200, BOMB),
        Reply(200, BOMB.decode().encode("utf-16")),
        Reply(200, b"<html><body>Sign in</body></html>"),
        Reply(200, b""),
        Reply(200, b"<a>" * 20_000),
        Reply(200, b"x" * 10_000_000),
    ],
)
def test_case_31_no_soap_answer_breaks_us(
    gateway: FakeGateway, reply: Reply | Answerer
) -> None:
    gateway.answer(reply)

    with pytest.raises(ProviderError) as caught:
        came_back(gateway)

    assert (caught.value.kind, caught.value.unknown) == ("protocol", True)


def test_case_31_zero_without_a_ref_id_begins_nothing(gateway: FakeGateway) -> None:
    gateway.answer(returns("0"))

    with pytest.raises(ProviderError) as caught:
        PROVIDER.begin(make.attempt("IRR"), make.URLS, settings(gateway))

    assert caught.value.unknown


@pytest.mark.parametrize(
    ("code", "outcome"),
    [("42", Outcome.FAILED), ("54", Outcome.FAILED), ("55", Outcome.FAILED),
     ("48", Outcome.REVERSED), ("34", Outcome.UNKNOWN), ("112", Outcome.UNKNOWN),
     ("17", Outcome.UNKNOWN)],
)  # fmt: skip
def test_a_verification_ends_only_with_a_final_code(
    gateway: FakeGateway, code: str, outcome: Outcome
) -> None:
    gateway.answer(returns(code))

    assert came_back(gateway).outcome is outcome


@pytest.mark.parametrize(
    ("code", "outcome"), [("17", Outcome.CANCELLED), ("12", Outcome.FAILED)]
)
def test_without_a_reference_there_is_nothing_to_verify(
    gateway: FakeGateway, code: str, outcome: Outcome
) -> None:
    event = came_back(gateway, ResCode=code, SaleReferenceId="")

    assert (event.outcome, event.code) == (outcome, code)
    assert gateway.asked == []


def test_a_forged_cancellation_with_a_reference_is_verified(
    gateway: FakeGateway,
) -> None:
    gateway.answer(returns("0"))

    assert came_back(gateway, ResCode="17").outcome is Outcome.PAID


def test_another_final_amount_is_told_as_it_is(gateway: FakeGateway) -> None:
    gateway.answer(returns("0"))

    assert came_back(gateway, FinalAmount="1000000").amount == Money(1_000_000, "IRR")


def test_a_query_needs_what_the_browser_brought(gateway: FakeGateway) -> None:
    gateway.answer(returns("0"))

    nobody = PROVIDER.query(begun(), settings(gateway))
    known = PROVIDER.query(begun(meta=dict(back().claims)), settings(gateway))

    assert nobody.outcome is Outcome.UNKNOWN
    assert known.outcome is Outcome.PAID
    assert len(gateway.asked) == 1


@pytest.mark.parametrize(
    "form",
    [{}, {"RefId": ""}, {"RefId": "a b"}, {"RefId": "x" * 200}, {"RefId": "'; --"}],
)
def test_a_return_without_a_ref_id_means_nobody(form: dict[str, str]) -> None:
    assert PROVIDER.parse_return(make.posted(form)) is None


@pytest.mark.parametrize("sale", ["abc", "-1", "1.5", "1" * 40, "1</a>"])
def test_a_strange_reference_is_never_sent(gateway: FakeGateway, sale: str) -> None:
    with pytest.raises(ProviderError):
        came_back(gateway, SaleReferenceId=sale)

    assert gateway.asked == []


@pytest.mark.parametrize(
    ("code", "state"),
    [("0", "pending"), ("41", "unknown"), ("34", "unknown"), ("12", "failed")],
)
def test_a_refund_is_accepted_before_it_is_done(
    gateway: FakeGateway, code: str, state: str
) -> None:
    gateway.answer(returns(code))
    paid = begun(provider_txn=SALE)

    result = PROVIDER.refund(paid, make.refunding(paid, 50_000), settings(gateway))

    sent = gateway.asked[0]
    assert (result.state, result.code) == (state, code)
    assert (field(sent, "orderId"), field(sent, "saleOrderId")) == (
        "902611210001",
        make.REF,
    )
    assert field(sent, "refundAmount") == "50000"


def test_the_connection_test_knows_a_wrong_password(gateway: FakeGateway) -> None:
    gateway.answer(returns("42"))
    assert PROVIDER.test_connection(settings(gateway)) == ""

    gateway.answer(returns("24"))
    assert PROVIDER.test_connection(settings(gateway)) == "24"


def test_the_envelope_is_what_the_service_description_says() -> None:
    text = mellat.envelope("bpSettleRequest", {"orderId": "1"}).decode()

    assert "<bp:bpSettleRequest><orderId>1</orderId></bp:bpSettleRequest>" in text
    assert f'xmlns:bp="{NS}"' in text


@pytest.mark.parametrize("name", [mellat.VERIFY, mellat.BOTH])
def test_the_operation_that_verifies_is_the_owners_choice(
    gateway: FakeGateway, name: str
) -> None:
    gateway.answer(returns("0"), returns("45"))
    given = settings(gateway) | {"verify_operation": name}

    event = PROVIDER.handle_return(begun(), back(), given)
    settled = PROVIDER.settle(begun(provider_txn=SALE), given)

    assert (event.outcome, settled.outcome) == (Outcome.PAID, Outcome.PAID)
    assert asked(gateway) == [name, "bpSettleRequest"]
