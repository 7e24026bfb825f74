"""Aliyun SMS: the signature of the official example, and the fields."""

import hashlib
import hmac
import json
import secrets
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
import requests

from shop.sandbox.gateways.aliyun_sms import string_to_sign
from shop.sandbox.testing import Running

SIGNED = [
    "host",
    "x-acs-action",
    "x-acs-content-sha256",
    "x-acs-date",
    "x-acs-signature-nonce",
    "x-acs-version",
]


def test_the_official_example() -> None:
    headers = {
        "host": "ecs.cn-shanghai.aliyuncs.com",
        "x-acs-action": "RunInstances",
        "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
        "x-acs-date": "2023-10-26T10:22:32Z",
        "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
        "x-acs-version": "2014-05-26",
    }
    query = [
        ("ImageId", "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"),
        ("RegionId", "cn-shanghai"),
    ]
    text = string_to_sign("POST", query, headers, SIGNED, b"")
    signature = hmac.new(b"YourAccessKeySecret", text.encode(), hashlib.sha256)
    assert signature.hexdigest().startswith("06563a9e")
    assert signature.hexdigest().endswith("83c0")


def send(sandbox: Running, secret: str = "", **change: str) -> dict[str, Any]:
    settings = sandbox.merchant["aliyun_sms"]
    fields = {
        "PhoneNumbers": "13800138000",
        "SignName": settings["sign_name"],
        "TemplateCode": "SMS_1",
        "TemplateParam": json.dumps({"text": "您的订单已发货"}, ensure_ascii=False),
    } | change
    headers = {
        "host": urlsplit(settings["base_url"]).netloc,
        "x-acs-action": "SendSms",
        "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
        "x-acs-date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": secrets.token_hex(16),
        "x-acs-version": "2017-05-25",
    }
    query = "&".join(f"{k}={quote(v, safe='-_.~')}" for k, v in sorted(fields.items()))
    lines = "".join(f"{name}:{headers[name]}\n" for name in SIGNED)
    asked = (
        f"POST\n/\n{query}\n{lines}\n{';'.join(SIGNED)}\n"
        + (headers["x-acs-content-sha256"])
    )
    text = "ACS3-HMAC-SHA256\n" + hashlib.sha256(asked.encode()).hexdigest()
    key = (secret or settings["access_key_secret"]).encode()
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    headers["Authorization"] = (
        f"ACS3-HMAC-SHA256 Credential={settings['access_key_id']},"
        f"SignedHeaders={';'.join(SIGNED)},Signature={signature}"
    )
    url = f"{settings['base_url']}/?{query}"
    answer = requests.post(url, headers=headers, timeout=5)
    found: dict[str, Any] = answer.json()
    return found


def test_a_message_arrives_with_its_sign_name(sandbox: Running) -> None:
    assert send(sandbox)["Code"] == "OK"
    message = sandbox.outbox(to="13800138000")[0]
    assert message["text"] == "【Anar】您的订单已发货"


def test_a_wrong_secret(sandbox: Running) -> None:
    assert send(sandbox, secret="wrong")["Code"] == "SignatureDoesNotMatch"
    assert sandbox.outbox() == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"PhoneNumbers": "12345"}, "isv.MOBILE_NUMBER_ILLEGAL"),
        ({"SignName": "Other"}, "isv.SMS_SIGNATURE_ILLEGAL"),
        ({"TemplateCode": "x"}, "isv.SMS_TEMPLATE_ILLEGAL"),
        ({"TemplateParam": '{"code": 1}'}, "isv.INVALID_JSON_PARAM"),
    ],
)
def test_fields_are_checked(
    sandbox: Running, change: dict[str, str], code: str
) -> None:
    assert send(sandbox, **change)["Code"] == code


def test_limits_can_be_switched_on(sandbox: Running) -> None:
    sandbox.fault("aliyun_sms", "send", "error:isv.BUSINESS_LIMIT_CONTROL")
    assert send(sandbox)["Code"] == "isv.BUSINESS_LIMIT_CONTROL"
