"""SEP (Saman) as its public clients know it."""

from typing import Any

import pytest
import requests

from shop.sandbox.testing import Returned, Running
from tests.sandbox.shop_server import ShopServer

BACK = "http://127.0.0.1:9/back"


def post(sandbox: Running, path: str, body: dict[str, Any]) -> dict[str, Any]:
    url = sandbox.merchant["sep"]["base_url"] + path
    found: dict[str, Any] = requests.post(url, json=body, timeout=5).json()
    return found


def begin(sandbox: Running, **change: Any) -> dict[str, Any]:
    body = {
        "action": "token",
        "TerminalId": sandbox.merchant["sep"]["terminal_id"],
        "Amount": 12_500_000,
        "ResNum": "77",
        "RedirectUrl": BACK,
        "CellNumber": "9121234567",
    }
    return post(sandbox, "/onlinepg/onlinepg", body | change)


def pay(sandbox: Running, token: str, do: str = "pay") -> Returned:
    url = sandbox.merchant["sep"]["base_url"] + "/OnlinePG/OnlinePG"
    return sandbox.pay(url, {"Token": token, "GetMethod": ""}, do=do)


def settle(sandbox: Running, op: str, ref: str) -> dict[str, Any]:
    terminal = int(sandbox.merchant["sep"]["terminal_id"])
    body = {"RefNum": ref, "TerminalNumber": terminal}
    path = f"/verifyTxnRandomSessionkey/ipg/{op}Transaction"
    return post(sandbox, path, body)


def test_a_receipt_can_be_verified_again_and_again(sandbox: Running) -> None:
    back = pay(sandbox, begin(sandbox)["token"])
    ref = back.fields["RefNum"]
    first = settle(sandbox, "Verify", ref)
    again = settle(sandbox, "Verify", ref)
    assert (back.method, back.url) == ("POST", BACK)
    assert (back.fields["State"], back.fields["Status"]) == ("OK", "2")
    assert back.fields["ResNum"] == "77"
    assert (first["ResultCode"], again["ResultCode"]) == (0, 2)
    assert first["TransactionDetail"]["OrginalAmount"] == 12_500_000
    assert settle(sandbox, "Verify", "x")["ResultCode"] == -2


def test_windows_of_time(sandbox: Running) -> None:
    unverified = pay(sandbox, begin(sandbox)["token"]).fields["RefNum"]
    verified = pay(sandbox, begin(sandbox)["token"]).fields["RefNum"]
    settle(sandbox, "Verify", verified)
    sandbox.clock("+31m")
    assert settle(sandbox, "Verify", unverified)["ResultCode"] == -6
    assert settle(sandbox, "Reverse", verified)["ResultCode"] == 0
    assert settle(sandbox, "Reverse", verified)["ResultCode"] == 2
    assert sandbox.ledger()["totals"]["sep"]["balance"] == 0


@pytest.mark.parametrize(
    "change",
    [{"Amount": 10}, {"TerminalId": "1"}, {"ResNum": ""}, {"RedirectUrl": "x"}],
)
def test_fields_are_checked(sandbox: Running, change: dict[str, Any]) -> None:
    assert begin(sandbox, **change)["status"] == -1


@pytest.mark.parametrize(
    ("do", "status", "calls"),
    [("cancel", "1", 0), ("fail", "3", 0), ("double_notify", "2", 1)],
)
def test_what_the_browser_brings_back(
    sandbox: Running, shop: ShopServer, do: str, status: str, calls: int
) -> None:
    token = begin(sandbox, RedirectUrl=f"{shop.url}/back")["token"]
    back = pay(sandbox, token, do)
    sandbox.flush()
    assert back.fields["Status"] == status
    assert len(shop.calls) == calls
