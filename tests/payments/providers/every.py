"""One working set of settings and one attempt under way for every provider."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from shop.payments.provider import Attempt, ReturnHint, all_providers
from tests.payments.providers import (
    make,
    test_alipay,
    test_card_transfer,
    test_mellat,
    test_sep,
    test_unionpay,
    test_zarinpal,
    test_zibal,
    wechat,
)
from tests.payments.providers.gateway import FakeGateway

BY_HAND = ("card_transfer", "cash_by_arrangement", "cash_on_delivery")
ONLINE = tuple(sorted(set(all_providers()) - set(BY_HAND)))
SIGNED = tuple(code for code in ONLINE if all_providers()[code].caps.signed_notify)
#: Those that ask their gateway before the buyer can be sent anywhere.
ASKS_FIRST = tuple(
    code for code in ONLINE if code not in ("alipay", "alipay_wap", "unionpay")
)
#: The names under which the owner enters keys; nothing else, nothing less.
NAMES = {
    "alipay": "base_url app_id seller_id app_private_key alipay_public_key"
    " qr_product_code wap_product_code",
    "wechat": "base_url mchid appid merchant_serial merchant_private_key"
    " platform_public_key_id platform_public_key apiv3_key"
    " description_length app_secret page_host name_host",
    "unionpay": "base_url mer_id sign_cert_pem sign_private_key root_pins a6",
    "zarinpal": "base_url merchant_id expire_in access_token refund_method graphql_url",
    "zibal": "base_url merchant access_token account_id platform_url",
    "mellat": "base_url terminal_id username password verify_operation",
    "sep": "base_url terminal_id",
    "card_transfer": "card_number account_number iban bank holder",
    "cash_on_delivery": "",
    "cash_by_arrangement": "",
}


def family(code: str) -> str:
    """Return whose protocol a provider speaks: ``alipay_qr`` speaks Alipay's."""
    head = code.partition("_")[0]
    return head if head in ("alipay", "wechat") else code


def settings(code: str, base: str) -> dict[str, str]:
    """Return settings with which ``code`` works against ``base`` in the sandbox."""
    gateway = FakeGateway()
    gateway.url = base
    made: dict[str, Callable[[], dict[str, str]]] = {
        "alipay": lambda: test_alipay.settings(base),
        "wechat": lambda: wechat.settings(base),
        "unionpay": lambda: test_unionpay.settings(base),
        "zarinpal": lambda: test_zarinpal.settings(gateway),
        "zibal": lambda: {
            **test_zibal.settings(gateway),
            "access_token": "token-of-the-owner",
            "account_id": "1010101",
            "platform_url": base,
        },
        "mellat": lambda: test_mellat.settings(gateway),
        "sep": lambda: test_sep.settings(gateway),
        "card_transfer": lambda: {**test_card_transfer.SETTINGS},
    }
    return made.get(family(code), dict[str, str])()


def fresh(code: str, **facts: Any) -> Attempt:
    """Return an attempt that has not begun."""
    given = {
        "client_ip": "203.0.113.7",
        "options": {"openid": "oUpF8uMuAJO"} if code == "wechat_jsapi" else {},
    }
    return make.attempt(all_providers()[code].caps.currency, **(given | facts))


def begun(code: str, **facts: Any) -> Attempt:
    """Return an attempt as it stands after ``begin``, and after a browser's return."""
    refs = {
        "zarinpal": test_zarinpal.AUTHORITY,
        "zibal": test_zibal.TRACK,
        "mellat": test_mellat.REF_ID,
        "sep": test_sep.TOKEN,
    }
    meta = {
        "mellat": dict(test_mellat.back().claims),
        "sep": dict(test_sep.back().claims),
    }
    stored = {"provider_ref": refs.get(code, make.REF), "meta": meta.get(code, {})}
    return replace(fresh(code), **(stored | facts))


def paid(code: str) -> Attempt:
    """Return an attempt whose payment is known."""
    txns = {"mellat": test_mellat.SALE, "sep": test_sep.REF_NUM}
    return begun(code, provider_txn=txns.get(code, "4200000001"))


def hint(code: str) -> ReturnHint:
    """Return what an honest browser says when it comes back."""
    made: dict[str, Callable[[], ReturnHint]] = {
        "zarinpal": lambda: test_zarinpal.back("OK"),
        "zibal": lambda: test_zibal.back(f"trackId={test_zibal.TRACK}&success=1"),
        "mellat": test_mellat.back,
        "sep": test_sep.back,
    }
    return made.get(code, lambda: ReturnHint(attempt_ref=make.REF))()
