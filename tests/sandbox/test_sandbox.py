"""The process itself: loopback only, keys kept safe, nothing forgotten."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests
from alipay import AliPay

from shop.sandbox.__main__ import main
from shop.sandbox.clock import seconds
from shop.sandbox.keys import PORTS
from shop.sandbox.testing import Running, running
from tests.sandbox.shop_server import ShopServer


def test_it_refuses_to_leave_loopback(tmp_path: Path) -> None:
    assert main(["--host", "0.0.0.0", "--dir", str(tmp_path)]) == 2  # noqa: S104


def test_a_foreign_name_is_refused(sandbox: Running) -> None:
    answer = requests.get(
        f"{sandbox.control}/_sim/ledger", headers={"Host": "shop.example"}, timeout=5
    )
    assert answer.status_code == 421


def test_keygen_keeps_keys_for_the_owner_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["keygen", "--dir", str(tmp_path), "--port", "18390"])
    first = json.loads((tmp_path / "merchant.json").read_text("utf-8"))
    main(["keygen", "--dir", str(tmp_path), "--port", "18490"])
    second = json.loads((tmp_path / "merchant.json").read_text("utf-8"))
    for name in ("merchant.json", "keys.json"):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    assert first["alipay"]["base_url"] == "http://127.0.0.1:18391/gateway.do"
    assert second["smtp"]["port"] == 18500
    assert first["alipay"]["app_private_key"] == second["alipay"]["app_private_key"]
    assert {code: sorted(settings) for code, settings in first.items()} == {
        "alipay": sorted(
            ["base_url", "app_id", "seller_id", "app_private_key", "alipay_public_key"]
        ),
        "zarinpal": ["access_token", "base_url", "graphql_url", "merchant_id"],
        "wechat": sorted(
            [
                "base_url",
                "mchid",
                "appid",
                "merchant_serial",
                "merchant_private_key",
                "platform_public_key_id",
                "platform_public_key",
                "apiv3_key",
                "app_secret",
                "page_host",
                "name_host",
            ]
        ),
        "unionpay": [
            "base_url",
            "mer_id",
            "root_pins",
            "sign_cert_pem",
            "sign_private_key",
        ],
        "zibal": sorted(
            ["base_url", "merchant", "access_token", "account_id", "platform_url"]
        ),
        "mellat": ["base_url", "password", "terminal_id", "username"],
        "sep": ["base_url", "terminal_id"],
        "kavenegar": ["api_key", "base_url", "sender"],
        "aliyun_sms": ["access_key_id", "access_key_secret", "base_url", "sign_name"],
        "smtp": ["host", "password", "port", "sender", "username"],
    }


def start(directory: Path, base: int) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "shop.sandbox", "--port", str(base), "--dir", directory],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert f"http://127.0.0.1:{base}/_sim/inbox" in process.stdout.readline()
    process.stdout.close()
    return process


def test_the_process_forgets_nothing_when_killed(tmp_path: Path) -> None:
    base = 18700 + os.getpid() % 1000 * 12
    control = f"http://127.0.0.1:{base}"
    first = start(tmp_path, base)
    health = requests.get(f"{control}/_sim/health", timeout=5).json()
    settings = json.loads((tmp_path / "merchant.json").read_text("utf-8"))["zarinpal"]
    asked = requests.post(
        f"{settings['base_url']}/pg/v4/payment/request.json",
        json={
            "merchant_id": settings["merchant_id"],
            "amount": 5000,
            "description": "d",
            "callback_url": "http://127.0.0.1:9/",
        },
        timeout=5,
    )
    authority = asked.json()["data"]["authority"]
    requests.post(
        f"{settings['base_url']}/pg/StartPay/{authority}",
        data={"do": "pay"},
        allow_redirects=False,
        timeout=5,
    )
    before = requests.get(f"{control}/_sim/ledger", timeout=5).json()
    first.send_signal(signal.SIGKILL)
    first.wait(10)
    second = start(tmp_path, base)
    after = requests.get(f"{control}/_sim/ledger", timeout=5).json()
    second.send_signal(signal.SIGTERM)
    assert second.wait(10) == 0
    assert health["ports"] == {name: base + away for name, away in PORTS.items()}
    assert before["totals"]["zarinpal"]["balance"] == 5000
    assert after == before


def test_a_pending_notification_is_kept(tmp_path: Path, shop: ShopServer) -> None:
    shop.status = 500
    with running(tmp_path) as box:
        keys = box.merchant["alipay"]
        client = AliPay(
            appid=keys["app_id"],
            app_private_key_string=keys["app_private_key"],
            alipay_public_key_string=keys["alipay_public_key"],
        )
        client._gateway = keys["base_url"]
        notify = f"{shop.url}/notify"
        made = client.api_alipay_trade_precreate("s", "k1", "1.00", notify_url=notify)
        box.pay(made["qr_code"])
        refused = box.flush()[0]
    shop.status = 200
    with running(tmp_path) as box:
        taken = box.flush()[0]
    assert refused["done"] is False
    assert taken["id"] == refused["id"]
    assert taken["done"] is True


def test_it_imports_nothing_of_the_shop() -> None:
    script = (
        "import sys, shop.sandbox.server;"
        "print([m for m in sys.modules if m.startswith('shop.')"
        " and not m.startswith('shop.sandbox')])"
    )
    found = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"


def test_a_slow_answer_and_a_hanging_one(sandbox: Running) -> None:
    url = f"{sandbox.merchant['zarinpal']['base_url']}/pg/v4/payment/inquiry.json"
    sandbox.fault("zarinpal", "inquiry", "slow:0.2")
    sandbox.fault("zarinpal", "inquiry", "timeout_before:5")
    began = time.monotonic()
    requests.post(url, json={}, timeout=5)
    assert time.monotonic() - began >= 0.2
    with pytest.raises(requests.Timeout):
        requests.post(url, json={}, timeout=0.3)


def test_unknown_faults_and_times_are_refused(sandbox: Running) -> None:
    faults, clock = f"{sandbox.control}/_sim/faults", f"{sandbox.control}/_sim/clock"
    assert requests.post(faults, json={"mode": "x"}, timeout=5).status_code == 400
    assert requests.post(faults, json={}, timeout=5).status_code == 400
    assert requests.post(clock, json={"offset": "soon"}, timeout=5).status_code == 400


@pytest.mark.parametrize(
    ("text", "expected"), [("+20m", 1200), ("-5s", -5), ("2h", 7200), ("1d", 86400)]
)
def test_spans_of_time(text: str, expected: int) -> None:
    assert seconds(text) == expected
