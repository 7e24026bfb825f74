"""WeChat's side of the protocol: answers and notifications, sealed and signed."""

import base64
import json
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shop.payments import protocol
from shop.payments.provider import RawRequest
from tests.payments.providers import make
from tests.payments.providers.gateway import Asked, Reply

MCHID, APPID, SERIAL = "1900000001", "wx0000000000000001", "5157F09EFDC096DE"
KEY_ID, APIV3 = "PUB_KEY_ID_0000000001", "0123456789abcdef0123456789abcdef"


def settings(base: str = "", **more: str) -> dict[str, str]:
    """Return a merchant's settings in public-key mode."""
    return {
        "base_url": base,
        "mchid": MCHID,
        "appid": APPID,
        "merchant_serial": SERIAL,
        "merchant_private_key": make.private_pem("shop"),
        "platform_public_key_id": KEY_ID,
        "platform_public_key": make.public_pem("provider"),
        "apiv3_key": APIV3,
        "app_secret": "secret-of-the-account",
        "sandbox": "1",
    } | more


def paid(**facts: Any) -> dict[str, Any]:
    """Return a successful transaction over 100 yuan."""
    return {
        "appid": APPID,
        "mchid": MCHID,
        "out_trade_no": make.REF,
        "transaction_id": "4200000000000000001",
        "trade_type": "NATIVE",
        "trade_state": "SUCCESS",
        "success_time": "2026-11-21T16:05:00+08:00",
        "payer": {"openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},
        "amount": {"total": 100_00, "payer_total": 100_00, "currency": "CNY"},
    } | facts


def sealed(inner: Mapping[str, Any], **more: Any) -> bytes:
    """Return a notification's body around an encrypted ``inner``."""
    nonce, extra = "abcdefghijkl", "transaction"
    text = AESGCM(APIV3.encode()).encrypt(
        nonce.encode(), json.dumps(inner).encode(), extra.encode()
    )
    resource = {
        "original_type": "transaction",
        "algorithm": "AEAD_AES_256_GCM",
        "ciphertext": base64.b64encode(text).decode(),
        "associated_data": extra,
        "nonce": nonce,
    } | more.pop("resource", {})
    whole = {
        "id": "EV-1",
        "resource_type": "encrypt-resource",
        "event_type": "TRANSACTION.SUCCESS",
        "resource": resource,
    }
    return json.dumps(whole | more).encode()


def marks(body: bytes, owner: str = "provider", **more: str) -> dict[str, str]:
    """Return the signature headers over ``body``; names in lower case."""
    stamp = more.pop("stamp", str(int(make.NOW.timestamp())))
    text = f"{stamp}\nnonce\n".encode() + body + b"\n"
    return {
        "wechatpay-timestamp": stamp,
        "wechatpay-nonce": "nonce",
        "wechatpay-serial": KEY_ID,
        "wechatpay-signature-type": "WECHATPAY2-SHA256-RSA2048",
        "wechatpay-signature": protocol.sign(make.key(owner), text),
    } | more


def notice(body: bytes, headers: Mapping[str, str] | None = None) -> RawRequest:
    """Return a notification as it arrives."""
    said = {"content-type": "application/json"} | dict(headers or marks(body))
    return RawRequest("POST", "/pay/wechat/notify", (), (), body, said)


def answer(body: Mapping[str, Any] | None = None, status: int = 200) -> Any:
    """Return a signed answer, stamped when it is given."""

    def reply(_asked: Asked) -> Reply:
        text = json.dumps(body).encode() if body is not None else b""
        stamp = str(int(protocol.wire_clock().timestamp()))
        return Reply(status, text, marks(text, stamp=stamp))

    return reply


def refusal(status: int, code: str) -> Reply:
    """Return an error, unsigned as they may be."""
    return Reply(status, json.dumps({"code": code, "message": "x"}).encode())
