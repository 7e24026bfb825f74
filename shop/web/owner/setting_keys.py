"""Keys of payment providers and message services: written here, never read back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from shop.i18n.digits import digits_only
from shop.i18n.text import L, Lazy, Ltr, T
from shop.kernel.money import Money
from shop.markets import identifiers
from shop.markets.identifiers import group_card, tidy
from shop.markets.registry import markets
from shop.notifications import channels
from shop.notifications import service as notifications
from shop.notifications.kinds import CHANNELS
from shop.notifications.rules import LINKS, NEW_ORDER, RETURN_LINK, Channel
from shop.notifications.service import Cost
from shop.orders.states import EventKind
from shop.payments import provider as contract
from shop.payments import settings
from shop.payments.provider import Provider
from shop.payments.settings import Shown
from shop.web import timeline
from shop.web.current import clock
from shop.web.owner.money_words import provider_name
from shop.web.owner.setting_parts import (
    KEEP,
    Entry,
    NotAllowed,
    Part,
    choice,
    tick,
)
from shop.web.pages.parts import Field, Words

#: Providers that have the same keys are filled in once, under the first.
FAMILIES: dict[str, tuple[str, ...]] = {
    "alipay": ("alipay", "alipay_wap", "alipay_qr"),
    "wechat_native": ("wechat_native", "wechat_h5", "wechat_jsapi"),
}
TITLES: dict[str, Lazy] = {
    "alipay": L("Alipay"),
    "wechat_native": L("WeChat Pay"),
    "kavenegar": L("Kavenegar, text messages"),
    "aliyun_sms": L("Aliyun SMS, text messages"),
    "smtp": L("Mail server (SMTP)"),
}
LABELS: dict[str, Lazy] = {
    "base_url": L("Address of the service"),
    "app_id": L("App id"),
    "appid": L("App id"),
    "seller_id": L("Seller id"),
    "app_private_key": L("Private key of the app"),
    "alipay_public_key": L("Public key of Alipay"),
    "qr_product_code": L("Product code of payments by QR code"),
    "wap_product_code": L("Product code of payments on a phone"),
    "card_number": L("Card number"),
    "account_number": L("Account number"),
    "iban": L("Sheba number"),
    "bank": L("Bank"),
    "holder": L("Name of the holder"),
    "terminal_id": L("Terminal number"),
    "username": L("User name"),
    "password": L("Password"),
    "mer_id": L("Merchant number"),
    "mchid": L("Merchant number"),
    "merchant_id": L("Merchant id"),
    "merchant": L("Merchant id"),
    "expire_in": L("Time limit of a payment (expire_in)"),
    "verify_operation": L("Operation that verifies a payment"),
    "sign_cert_pem": L("Certificate to sign with"),
    "sign_private_key": L("Private key to sign with"),
    "root_pins": L("Fingerprints of the certificates UnionPay signs with"),
    "a6": L("A payment with a defect (A6)"),
    "merchant_serial": L("Serial number of the merchant certificate"),
    "merchant_private_key": L("Private key of the merchant"),
    "platform_public_key_id": L("Id of WeChat Pay's public key"),
    "platform_public_key": L("Public key of WeChat Pay"),
    "apiv3_key": L("APIv3 key"),
    "description_length": L("Longest description, in bytes"),
    "access_token": L("Access token, for refunds"),
    "account_id": L("Id of the wallet that refunds come from"),
    "refund_method": L("How refunds travel"),
    "graphql_url": L("Address of the refund service"),
    "platform_url": L("Address of the refund service"),
    "app_secret": L("App secret, to pay inside WeChat"),
    "page_host": L("Address of WeChat's authorization page"),
    "name_host": L("Address of the service that names readers"),
    "api_key": L("API key"),
    "access_key_id": L("Access key id"),
    "access_key_secret": L("Access key secret"),
    "sender": L("Sender"),
    "template": L("Template"),
    "templates": L("Templates by message, one a line"),
    "sign_name": L("Signature"),
    "host": L("Host"),
    "port": L("Port"),
    "security": L("Encryption"),
}
#: What an owner must know to fill in a field; of most the label says all.
HINTS: dict[str, Lazy] = {
    "root_pins": L(
        "SHA-256 of the public key of each certificate, one a line, in hex or base64."
    ),
    "qr_product_code": L(
        "Whether it is needed is not confirmed: ask Alipay. Left empty, none is sent."
    ),
    "wap_product_code": L(
        "Which one is right is not confirmed: change it only if Alipay says so."
    ),
    "description_length": L(
        "1 to 127. The limit is not confirmed: lower it if WeChat Pay refuses texts."
    ),
    "access_token": L(
        "Left empty, what can't be taken back at once goes back by hand."
    ),
    "app_secret": L(
        "Of the official account with this app id. Without it readers inside WeChat "
        "pay with a code to scan."
    ),
    "a6": L("What UnionPay means by A6 is not confirmed: ask UnionPay."),
    "expire_in": L(
        "What ZarinPal does with it is not confirmed. Left empty, it is not sent."
    ),
    "verify_operation": L(
        "Whether your terminal has the second one is not confirmed: ask the bank. "
        "The shop settles every payment either way."
    ),
}
#: What a value is called in a list of choices; another one shows its code.
CHOICES: dict[str, dict[str, Lazy]] = {
    "a6": {
        "paid": L("Counts as paid"),
        "wait": L("Waits until UnionPay says that it succeeded"),
    },
    "refund_method": {
        "PAYA": L("To the account, with the next bank run (PAYA)"),
        "CARD": L("To the card, at once (CARD)"),
    },
    "security": {
        "starttls": L("STARTTLS, usual on port 587"),
        "tls": L("TLS from the start, usual on port 465"),
        "none": L("None: only for the demo on this computer"),
    },
}


def provider_parts() -> list[Part]:
    """Return the keys of every payment provider, one part a family."""
    later = {code for members in FAMILIES.values() for code in members[1:]}
    return [
        _part(code, FAMILIES.get(code, (code,)), can_test=not settings.by_hand(code))
        for code, provider in sorted(contract.all_providers().items())
        if provider.settings and code not in later
    ]


#: What the messages of so many days cost stands beside their service.
COST_DAYS = 30


def service_parts() -> list[Part]:
    """Return the keys of everybody who carries messages, and what that costs."""
    spent = notifications.costs(clock() - timedelta(days=COST_DAYS))
    return [
        replace(
            _part(code, (code,)), line=_spent([x for x in spent if x.service == code])
        )
        for code, service in sorted(channels.services().items())
        if service.settings
    ]


def _spent(costs: Sequence[Cost]) -> Words:
    """Say how many messages a service carried, and what it took where it says so."""
    count, parts = sum(x.messages for x in costs), sum(x.parts for x in costs)
    if not count:
        return ""
    told = [x.cost for x in costs if x.cost is not None]
    if not told or len({x.currency for x in told}) > 1:
        return T(
            "In the last {days} days: messages {count}, parts {parts}. "
            "The price is on the bill of the service.",
            days=COST_DAYS,
            count=count,
            parts=parts,
        )
    return T(
        "In the last {days} days: messages {count}, parts {parts}, together {cost}.",
        days=COST_DAYS,
        count=count,
        parts=parts,
        cost=Money(sum(x.minor for x in told), told[0].currency),
    )


def members(part_id: str) -> tuple[str, ...]:
    """Return the codes a part of keys is about, () for another part."""
    code = part_id.removeprefix("keys-")
    if code == part_id or settings.find(code) is None:
        return ()
    return FAMILIES.get(code, (code,))


def _part(code: str, family: Sequence[str], *, can_test: bool = False) -> Part:
    entries = [_entry(one, family) for one in settings.shown(code)]
    ready = all(settings.is_ready(one) for one in family)
    return Part(
        f"keys-{code}",
        TITLES.get(code) or provider_name(code),
        entries,
        f"provider:{code}",
        "provider.changed",
        _line(code),
        is_on=ready,
        can_test=can_test and ready,
    )


def _line(code: str) -> Words:
    if code == "card_transfer":
        return T("Customers of Iran see this card and account, with the exact amount.")
    return ""


def _entry(one: Shown, family: Sequence[str]) -> Entry:
    label = LABELS.get(one.name, one.name)
    write = partial(_save, tuple(family), one.name)
    if one.secret:
        return _secret(one, label, write)
    if one.choices:
        return _choice(one, label, write)
    shown = one.value
    if one.name == "card_number":
        shown = group_card(one.value)
    field = Field(
        name=one.name,
        label=label,
        kind="textarea" if one.multiline else "text",
        value=shown,
        hint=HINTS.get(one.name, ""),
        ltr=one.name not in {"bank", "holder", "sign_name"},
        rows=4,
        optional=not one.required,
        autocomplete="off",
    )
    return Entry(field, one.value, write, _reader(one))


def _choice(one: Shown, label: Words, write: Callable[[Any, datetime], None]) -> Entry:
    names = CHOICES.get(one.name, {})
    options = [(code, names.get(code, Ltr(code))) for code in one.choices]
    made = choice(one.name, label, one.value, options, write)
    box = replace(made.box, hint=HINTS.get(one.name, ""), short=False)
    return replace(made, box=box)


def _secret(one: Shown, label: Words, write: Callable[[Any, datetime], None]) -> Entry:
    hint: Words = ""
    if one.is_set and not one.is_readable:
        hint = T("The stored one can't be read any more. Please enter it again.")
    elif one.last_four.strip("-\n "):  # a key in PEM form ends in dashes
        hint = T("Stored; it ends in {end}. Leave this empty to keep it.",
                 end=Ltr(one.last_four))  # fmt: skip
    elif one.is_set:
        hint = T("Stored. Leave this empty to keep it.")
    field = Field(
        name=one.name,
        label=label,
        kind="textarea" if one.multiline else "password",
        hint=hint,
        rows=4,
        ltr=True,
        autocomplete="off",
        optional=not one.required,
    )
    old = one.last_four or ("****" if one.is_set else None)
    return Entry(field, old, write, _read_secret, _last_four)


def _read_secret(text: str) -> Any:
    return text.strip() or KEEP


def _last_four(value: Any) -> Any:
    """Return what the log may know of a secret."""
    return f"…{value[-4:]}" if value and len(str(value)) >= 8 else "…"


def _reader(one: Shown) -> Callable[[str], Any]:
    if one.multiline:
        return _plain
    return {
        "card_number": _card,
        "iban": _iban,
        "account_number": digits_only,
        "base_url": _address,
        "graphql_url": _address,
        "platform_url": _address,
        "page_host": _address,
        "name_host": _address,
    }.get(one.name, tidy)


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def _card(text: str) -> str:
    return identifiers.card_number(text) if text.strip() else ""


def _iban(text: str) -> str:
    return identifiers.iban(text) if text.strip() else ""


def _address(text: str) -> str:
    plain = tidy(text).rstrip("/")
    if plain and not plain.startswith(("https://", "http://")):
        raise NotAllowed(T("Enter an address that begins with https://"))
    return plain


def _save(family: tuple[str, ...], name: str, value: str, now: datetime) -> None:
    for code in family:
        settings.save(code, name, value, now)


def message_parts() -> list[Part]:
    """Return which message goes out by which way, in each market (S106)."""
    made = []
    for market in markets().values():
        entries: list[Entry] = []
        carriers = _carriers()
        chosen = channels.sms_service(market.code)
        entries.append(
            choice(
                "sms_service",
                T("Text messages go through"),
                chosen.code if chosen else "",
                carriers if chosen else [("", T("nobody")), *carriers],
                partial(_choose_sms, market.code),
            )
        )
        for kind, channel, is_on in notifications.switches(market.code):
            label = T("{stage}: {channel}", stage=str(stage_name(kind)),
                      channel=str(CHANNELS[channel.value]))  # fmt: skip
            write = partial(_switch, market.code, kind, channel)
            entries.append(tick(f"{kind}.{channel.value}", label, is_on, write))
        part = f"messages-{market.code}"
        title = T("{market}: messages to customers", market=str(market.name))
        made.append(Part(part, title, entries, f"settings:{part}", "parameter.changed"))
    return made


def _carriers() -> list[tuple[str, Words]]:
    return [
        (code, TITLES.get(code, code))
        for code, service in sorted(channels.services().items())
        if service.channel is Channel.SMS
    ]


def _choose_sms(market: str, code: str, _now: datetime) -> None:
    if code:
        channels.choose_sms(market, code)


def _switch(
    market: str, kind: str, channel: Channel, value: bool, _now: datetime
) -> None:
    notifications.switch(market, kind, channel, on=value)


def stage_name(kind: str) -> Words:
    """Return what a message is about, for the owner."""
    if kind == LINKS:
        return T("Link to an order, when the customer asks")
    if kind == RETURN_LINK:
        return T("Link to the return form, when the customer asks")
    if kind == NEW_ORDER:
        return T("New order, to you")
    return timeline.event_name(EventKind(kind))


def test(provider: Provider, values: Mapping[str, str]) -> str:
    """Try the keys of a provider; return "" if they work, else why not."""
    try:
        return provider.test_connection(values)
    except contract.ProviderError as error:
        return error.code or error.kind
