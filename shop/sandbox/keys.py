"""The keys of both sides, made once; and what a merchant portal would hand out."""

import hashlib
import json
import os
import secrets
import uuid
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import NameOID

PORTS = {
    "control": 0,
    "alipay": 1,
    "zarinpal": 2,
    "wechat": 3,
    "unionpay": 4,
    "zibal": 5,
    "mellat": 6,
    "sep": 7,
    "kavenegar": 8,
    "aliyun_sms": 9,
    "smtp": 10,
}
"""Each service's distance from the base port."""

UNIONPAY_NAME = "041@Z12@中国银联股份有限公司@00040000:SIGN@1"


@dataclass(frozen=True)
class Keys:
    """Everything secret or agreed, of the gateways and of the one merchant."""

    alipay_app_id: str
    alipay_seller_id: str
    alipay_app_private_key: str
    alipay_app_public_key: str
    alipay_private_key: str
    alipay_public_key: str
    zarinpal_merchant_id: str
    zarinpal_access_token: str
    wechat_mchid: str
    wechat_appid: str
    wechat_merchant_serial: str
    wechat_merchant_private_key: str
    wechat_merchant_public_key: str
    wechat_platform_private_key: str
    wechat_platform_public_key: str
    wechat_platform_public_key_id: str
    wechat_apiv3_key: str
    unionpay_mer_id: str
    unionpay_merchant_cert: str
    unionpay_merchant_private_key: str
    unionpay_gateway_cert: str
    unionpay_gateway_private_key: str
    zibal_merchant: str
    mellat_terminal_id: str
    mellat_username: str
    mellat_password: str
    sep_terminal_id: str
    kavenegar_api_key: str
    kavenegar_sender: str
    aliyun_access_key_id: str
    aliyun_access_key_secret: str
    aliyun_sign_name: str
    smtp_username: str
    smtp_password: str
    smtp_sender: str

    @property
    def zibal_access_token(self) -> str:
        """Return the token of Zibal's platform; follows from another secret."""
        token = f"zibal {self.zarinpal_access_token}"
        return hashlib.sha256(token.encode()).hexdigest()

    @property
    def wechat_app_secret(self) -> str:
        """Return the secret of the official account; follows from another one."""
        return hashlib.sha256(self.wechat_apiv3_key.encode()).hexdigest()[:32]


def _digits(count: int) -> str:
    return "".join(secrets.choice("0123456789") for _ in range(count))


def _rsa() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _private(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _public(key: rsa.RSAPrivateKey) -> str:
    return (
        key.public_key()
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def _certificate(
    name: str,
    key: rsa.RSAPrivateKey,
    issuer: str,
    issuer_key: rsa.RSAPrivateKey,
    authority: bool = False,
) -> x509.Certificate:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), True)
        .sign(issuer_key, hashes.SHA256())
    )


def generate() -> Keys:
    """Make a fresh set; takes about two seconds."""
    app, alipay, merchant, platform = _rsa(), _rsa(), _rsa(), _rsa()
    root, acquirer, payer = _rsa(), _rsa(), _rsa()
    gateway_cert = _certificate(UNIONPAY_NAME, acquirer, "Sandbox Root CA", root)
    merchant_cert = _certificate("Sandbox merchant", payer, "Sandbox Root CA", root)
    return Keys(
        alipay_app_id="2021" + _digits(12),
        alipay_seller_id="2088" + _digits(12),
        alipay_app_private_key=_private(app),
        alipay_app_public_key=_public(app),
        alipay_private_key=_private(alipay),
        alipay_public_key=_public(alipay),
        zarinpal_merchant_id=str(uuid.uuid4()),
        zarinpal_access_token=secrets.token_urlsafe(32),
        wechat_mchid="1" + _digits(9),
        wechat_appid="wx" + secrets.token_hex(8),
        wechat_merchant_serial=secrets.token_hex(20).upper(),
        wechat_merchant_private_key=_private(merchant),
        wechat_merchant_public_key=_public(merchant),
        wechat_platform_private_key=_private(platform),
        wechat_platform_public_key=_public(platform),
        wechat_platform_public_key_id="PUB_KEY_ID_SIM" + _digits(28),
        wechat_apiv3_key=secrets.token_hex(16),
        unionpay_mer_id="777" + _digits(12),
        unionpay_merchant_cert=merchant_cert.public_bytes(Encoding.PEM).decode(),
        unionpay_merchant_private_key=_private(payer),
        unionpay_gateway_cert=gateway_cert.public_bytes(Encoding.PEM).decode(),
        unionpay_gateway_private_key=_private(acquirer),
        zibal_merchant="zibal",
        mellat_terminal_id="1" + _digits(6),
        mellat_username="sandbox" + _digits(3),
        mellat_password=_digits(8),
        sep_terminal_id="1" + _digits(7),
        kavenegar_api_key=secrets.token_hex(32),
        kavenegar_sender="10008663",
        aliyun_access_key_id="LTAI" + secrets.token_hex(10),
        aliyun_access_key_secret=secrets.token_urlsafe(24),
        aliyun_sign_name="Anar",
        smtp_username="shop",
        smtp_password=secrets.token_urlsafe(12),
        smtp_sender="shop@example.com",
    )


def _write(path: Path, body: dict[str, Any]) -> None:
    """Replace a file whole, readable by its owner only."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(body, file, ensure_ascii=False, indent=1)
    part.replace(path)


def load_or_make(directory: Path) -> Keys:
    """Return the keys kept in ``directory/keys.json``, made if they are missing."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = directory / "keys.json"
    if path.exists():
        return Keys(**json.loads(path.read_text("utf-8")))
    keys = generate()
    _write(path, asdict(keys))
    return keys


def unionpay_pin(pem: str) -> str:
    """Return the SHA-256 of a certificate's public key, as a merchant pins it."""
    certificate = x509.load_pem_x509_certificate(pem.encode())
    digest = hashes.Hash(hashes.SHA256())
    digest.update(
        certificate.public_key().public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        )
    )
    return digest.finalize().hex()


def merchant(keys: Keys, ports: dict[str, int]) -> dict[str, dict[str, Any]]:
    """Return what the merchant portals would hand out, by the shop's provider codes."""

    def url(service: str, path: str = "") -> str:
        return f"http://127.0.0.1:{ports[service]}{path}"

    return {
        "alipay": {
            "base_url": url("alipay", "/gateway.do"),
            "app_id": keys.alipay_app_id,
            "seller_id": keys.alipay_seller_id,
            "app_private_key": keys.alipay_app_private_key,
            "alipay_public_key": keys.alipay_public_key,
        },
        "zarinpal": {
            "base_url": url("zarinpal"),
            "merchant_id": keys.zarinpal_merchant_id,
            "access_token": keys.zarinpal_access_token,
            "graphql_url": url("zarinpal", "/api/v4/graphql"),
        },
        "wechat": {
            "base_url": url("wechat"),
            "mchid": keys.wechat_mchid,
            "appid": keys.wechat_appid,
            "merchant_serial": keys.wechat_merchant_serial,
            "merchant_private_key": keys.wechat_merchant_private_key,
            "platform_public_key_id": keys.wechat_platform_public_key_id,
            "platform_public_key": keys.wechat_platform_public_key,
            "apiv3_key": keys.wechat_apiv3_key,
            "app_secret": keys.wechat_app_secret,
            "page_host": url("wechat"),
            "name_host": url("wechat"),
        },
        "unionpay": {
            "base_url": url("unionpay", "/gateway/api/"),
            "mer_id": keys.unionpay_mer_id,
            "sign_cert_pem": keys.unionpay_merchant_cert,
            "sign_private_key": keys.unionpay_merchant_private_key,
            "root_pins": unionpay_pin(keys.unionpay_gateway_cert),
        },
        "zibal": {
            "base_url": url("zibal"),
            "merchant": keys.zibal_merchant,
            "access_token": keys.zibal_access_token,
            "account_id": "1010101",
            "platform_url": url("zibal"),
        },
        "mellat": {
            "base_url": url("mellat"),
            "terminal_id": keys.mellat_terminal_id,
            "username": keys.mellat_username,
            "password": keys.mellat_password,
        },
        "sep": {"base_url": url("sep"), "terminal_id": keys.sep_terminal_id},
        "kavenegar": {
            "base_url": url("kavenegar"),
            "api_key": keys.kavenegar_api_key,
            "sender": keys.kavenegar_sender,
        },
        "aliyun_sms": {
            "base_url": url("aliyun_sms"),
            "access_key_id": keys.aliyun_access_key_id,
            "access_key_secret": keys.aliyun_access_key_secret,
            "sign_name": keys.aliyun_sign_name,
        },
        "smtp": {
            "host": "127.0.0.1",
            "port": ports["smtp"],
            "username": keys.smtp_username,
            "password": keys.smtp_password,
            "sender": keys.smtp_sender,
        },
    }


def hand_out(directory: Path, keys: Keys, ports: dict[str, int]) -> dict[str, Any]:
    """Write ``merchant.json`` for these ports and return its content."""
    body = merchant(keys, ports)
    _write(directory / "merchant.json", body)
    return body
