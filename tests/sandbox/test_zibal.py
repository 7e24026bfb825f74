"""Zibal as its public clients know it."""

from typing import Any

import pytest
import requests

from shop.sandbox.testing import Returned, Running
from tests.sandbox.shop_server import ShopServer

BACK = "http://127.0.0.1:9/back"


def call(sandbox: Running, op: str, **body: Any) -> dict[str, Any]:
    settings = sandbox.merchant["zibal"]
    whole = {"merchant": settings["merchant"]} | body
    url = f"{settings['base_url']}/v1/{op}"
    found: dict[str, Any] = requests.post(url, json=whole, timeout=5).json()
    return found


def begin(sandbox: Running, callback: str = BACK) -> int:
    body = {"amount": 12_500_000, "callbackUrl": callback, "orderId": "77"}
    return int(call(sandbox, "request", **body)["trackId"])


def pay(sandbox: Running, number: int, do: str = "pay") -> Returned:
    base = sandbox.merchant["zibal"]["base_url"]
    return sandbox.pay(f"{base}/start/{number}", do=do)


def test_verify_says_the_amount_once_only(sandbox: Running) -> None:
    number = begin(sandbox)
    early = call(sandbox, "verify", trackId=number)
    back = pay(sandbox, number)
    before = call(sandbox, "inquiry", trackId=number)
    first = call(sandbox, "verify", trackId=number)
    again = call(sandbox, "verify", trackId=number)
    after = call(sandbox, "inquiry", trackId=number)
    assert early["result"] == 202
    assert back.url == f"{BACK}?trackId={number}&success=1&status=2&orderId=77"
    assert (before["status"], before["amount"]) == (2, 12_500_000)
    assert (first["result"], first["amount"], first["orderId"]) == (
        100,
        12_500_000,
        "77",
    )
    assert first["status"] == 1
    assert again == {"result": 201, "message": "already verified"}
    assert (after["status"], after["amount"]) == (1, 12_500_000)


@pytest.mark.parametrize(
    ("change", "result"),
    [
        ({"amount": 999}, 105),
        ({"amount": "5000"}, 105),
        ({"amount": 10**12}, 113),
        ({"callbackUrl": "x"}, 106),
        ({"merchant": "other"}, 102),
    ],
)
def test_fields_are_checked(
    sandbox: Running, change: dict[str, Any], result: int
) -> None:
    body = {"amount": 5000, "callbackUrl": BACK} | change
    assert call(sandbox, "request", **body)["result"] == result


def test_an_unknown_number(sandbox: Running) -> None:
    for number in (1, "123; DROP", -1, 1.5, None):
        assert call(sandbox, "verify", trackId=number)["result"] == 203


@pytest.mark.parametrize(
    ("do", "status", "calls"),
    [
        ("cancel", 3, 0),
        ("fail", 5, 0),
        ("pay_drop_return", 2, 0),
        ("double_notify", 2, 1),
        ("pay_late", 2, 0),
        ("delayed_notify", 2, 0),
    ],
)
def test_every_button(
    sandbox: Running, shop: ShopServer, do: str, status: int, calls: int
) -> None:
    number = begin(sandbox, f"{shop.url}/back")
    pay(sandbox, number, do)
    sandbox.flush()
    assert call(sandbox, "inquiry", trackId=number)["status"] == status
    assert len(shop.calls) == calls


def test_refunds(sandbox: Running) -> None:
    number = begin(sandbox)
    pay(sandbox, number)
    url = f"{sandbox.merchant['zibal']['base_url']}/v1/account/refund"
    bearer = {"Authorization": f"Bearer {sandbox.merchant['zibal']['access_token']}"}

    def refund(amount: int) -> Any:
        body = {"trackId": number, "amount": amount}
        return requests.post(url, json=body, headers=bearer, timeout=5).json()

    some = refund(500_000)
    assert some["data"].pop("refundId")
    assert some["data"] == {"reversed": 500_000, "remaining": 12_000_000, "split": []}
    assert refund(12_000_001)["result"] == 5
    assert requests.post(url, json={}, timeout=5).status_code == 401


def test_wrong_amount_and_order_can_be_switched_on(sandbox: Running) -> None:
    number = begin(sandbox)
    pay(sandbox, number)
    sandbox.fault("zibal", "verify", "wrong_amount")
    assert call(sandbox, "verify", trackId=number)["amount"] == 1_250_000
