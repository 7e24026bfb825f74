"""ZarinPal as its documents describe it."""

from typing import Any

import pytest
import requests

from shop.sandbox.testing import Running
from tests.sandbox.shop_server import ShopServer

BACK = "http://127.0.0.1:9/back?x=1"


def call(sandbox: Running, op: str, **body: Any) -> dict[str, Any]:
    settings = sandbox.merchant["zarinpal"]
    answer = requests.post(
        f"{settings['base_url']}/pg/v4/payment/{op}.json",
        json={"merchant_id": settings["merchant_id"]} | body,
        timeout=5,
    )
    found: dict[str, Any] = answer.json()
    return found


def begin(sandbox: Running, callback: str = BACK, **more: Any) -> str:
    body = {
        "amount": 12_500_000,
        "currency": "IRR",
        "description": "سفارش",
        "callback_url": callback,
    }
    authority: str = call(sandbox, "request", **body | more)["data"]["authority"]
    return authority


def start(sandbox: Running, authority: str) -> str:
    return f"{sandbox.merchant['zarinpal']['base_url']}/pg/StartPay/{authority}"


def code(answer: dict[str, Any]) -> int:
    part = answer["data"] or answer["errors"]
    return int(part["code"])


def test_a_payment_is_verified_once(sandbox: Running) -> None:
    authority = begin(sandbox)
    early = call(sandbox, "verify", authority=authority, amount=12_500_000)
    page = sandbox.open(start(sandbox, authority))
    back = sandbox.pay(start(sandbox, authority))
    waiting = call(sandbox, "unVerified")["data"]["authorities"]
    wrong = call(sandbox, "verify", authority=authority, amount=1_250_000)
    first = call(sandbox, "verify", authority=authority, amount=12_500_000)
    again = call(sandbox, "verify", authority=authority, amount=12_500_000)
    assert len(authority) == 36
    assert early == {
        "data": [],
        "errors": {
            "code": -51,
            "message": "Session is not valid, session is not active paid try.",
            "validations": [],
        },
    }
    assert 'dir="rtl"' in page.text
    assert "۱۲٬۵۰۰٬۰۰۰" in page.text
    assert back.url == f"{BACK}&Authority={authority}&Status=OK"
    assert [entry["authority"] for entry in waiting] == [authority]
    assert code(wrong) == -50
    assert code(first) == 100
    assert first["errors"] == []
    assert code(again) == 101
    assert first["data"]["ref_id"] == again["data"]["ref_id"]
    assert call(sandbox, "unVerified")["data"]["authorities"] == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"amount": 999}, -9),
        ({"amount": "12500000"}, -9),
        ({"amount": 1_000_000_001}, -41),
        ({"currency": "USD"}, -9),
        ({"description": ""}, -9),
        ({"description": "x" * 501}, -9),
        ({"callback_url": "nowhere"}, -9),
        ({"merchant_id": "short"}, -9),
        ({"merchant_id": "00000000-0000-0000-0000-000000000000"}, -10),
    ],
)
def test_fields_are_checked(
    sandbox: Running, change: dict[str, Any], expected: int
) -> None:
    body = {"amount": 5000, "description": "d", "callback_url": BACK} | change
    answer = call(sandbox, "request", **body)
    assert answer["data"] == []
    assert code(answer) == expected


@pytest.mark.parametrize(
    ("do", "status", "inquiry"),
    [
        ("pay", "OK", "PAID"),
        ("double_notify", "OK", "PAID"),
        ("delayed_notify", "OK", "PAID"),
        ("pay_drop_return", None, "PAID"),
        ("pay_late", "NOK", "IN_BANK"),
        ("cancel", "NOK", "FAILED"),
        ("fail", "NOK", "FAILED"),
    ],
)
def test_every_button(
    sandbox: Running, shop: ShopServer, do: str, status: str | None, inquiry: str
) -> None:
    authority = begin(sandbox, callback=f"{shop.url}/back")
    back = sandbox.pay(start(sandbox, authority), do=do)
    found = call(sandbox, "inquiry", authority=authority)["data"]["status"]
    sandbox.flush()
    assert found == inquiry
    if status is None:
        assert back.url == ""
    else:
        assert back.url.endswith(f"Status={status}")
    assert len(shop.calls) == (1 if do == "double_notify" else 0)
    if do == "pay_late":
        later = call(sandbox, "inquiry", authority=authority)["data"]["status"]
        assert later == "PAID"


def test_unknown_authority(sandbox: Running) -> None:
    assert code(call(sandbox, "verify", authority="S" * 36, amount=5000)) == -54
    assert code(call(sandbox, "verify", authority="short", amount=5000)) == -9


def test_reversal_within_half_an_hour(sandbox: Running) -> None:
    first, second = begin(sandbox), begin(sandbox)
    for authority in (first, second):
        sandbox.pay(start(sandbox, authority))
        call(sandbox, "verify", authority=authority, amount=12_500_000)
    done = call(sandbox, "reverse", authority=first)
    again = call(sandbox, "reverse", authority=first)
    sandbox.clock("+31m")
    late = call(sandbox, "reverse", authority=second)
    assert done["data"] == {"code": 100, "message": "Reversed"}
    assert code(again) == -61
    assert code(late) == -63
    assert code(call(sandbox, "verify", authority=first, amount=12_500_000)) == -51


def test_what_nobody_verifies_goes_back(sandbox: Running) -> None:
    authority = begin(sandbox)
    sandbox.pay(start(sandbox, authority))
    sandbox.clock("+4h")
    found = call(sandbox, "inquiry", authority=authority)
    assert found["data"]["status"] == "REVERSED"
    assert sandbox.ledger()["totals"]["zarinpal"]["balance"] == 0


def test_auto_verify_answers_101_first(sandbox: Running) -> None:
    authority = begin(sandbox, metadata={"auto_verify": True})
    sandbox.pay(start(sandbox, authority))
    assert code(call(sandbox, "verify", authority=authority, amount=12_500_000)) == 101


def test_a_lost_answer_was_still_processed(sandbox: Running) -> None:
    authority = begin(sandbox)
    sandbox.pay(start(sandbox, authority))
    sandbox.fault("zarinpal", "verify", "drop_after")
    with pytest.raises(requests.ConnectionError):
        call(sandbox, "verify", authority=authority, amount=12_500_000)
    assert code(call(sandbox, "verify", authority=authority, amount=12_500_000)) == 101


def test_refunds_by_session_number(sandbox: Running) -> None:
    authority = begin(sandbox)
    sandbox.pay(start(sandbox, authority))
    paid = call(sandbox, "verify", authority=authority, amount=12_500_000)
    url = f"{sandbox.merchant['zarinpal']['graphql_url']}/"
    bearer = {"Authorization": f"Bearer {sandbox.merchant['zarinpal']['access_token']}"}

    def ask(query: str, **variables: Any) -> Any:
        body = {"query": query, "variables": variables}
        return requests.post(url, json=body, headers=bearer, timeout=5).json()

    (terminal,) = ask("query { Terminals }")["data"]["Terminals"]
    named = {"terminal_id": terminal["id"], "reference_id": paid["data"]["ref_id"]}
    (session,) = ask("query { Session }", **named)["data"]["Session"]
    assert "errors" in ask("query { Session }", terminal_id="1")
    some = ask("mutation AddRefund", session_id=session["id"], amount=20_000)
    little = ask("mutation AddRefund", session_id=session["id"], amount=19_999)
    over = ask("mutation AddRefund", session_id=session["id"], amount=12_500_000)
    again = ask("query GetRefund", id=some["data"]["resource"]["id"])
    assert requests.post(url, json={}, timeout=5).status_code == 401
    assert again == some
    assert some["data"]["resource"]["amount"] == 20_000
    assert "errors" in little
    assert "errors" in over
