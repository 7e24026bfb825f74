"""What the doctor looks at about payments: keys, promises of money, open points."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from shop.cli.finding import Finding, fine, note, wrong
from shop.config import Config
from shop.db import db
from shop.markets.registry import markets
from shop.notifications import channels
from shop.payments import protocol, refunds, settings
from shop.payments import provider as contract
from shop.payments.models import ProviderSetting
from shop.payments.provider import OpenPoint, ProviderError

#: Gateways refuse signatures from five minutes on; two are a reason to look.
SKEW = timedelta(minutes=2)


def check_keys(_config: Config) -> Iterator[Finding]:
    """Say which stored keys cannot be read, and who can collect."""
    channels.services()  # their settings are known from here on
    for provider, name in settings.unreadable():
        yield wrong(
            f"The key {name} of {provider} cannot be read: put instance/provider.key"
            " back, or enter the key again at the desk"
        )
    ready = _ready()
    if ready:
        yield fine(f"Ready to collect: {', '.join(ready)}")
    else:
        yield note("Nobody collects money yet: enter keys at the desk, Settings")


def check_sandbox(config: Config) -> Iterator[Finding]:
    """Say which provider would still send buyers to a gateway on this machine."""
    query = db.session.query(ProviderSetting).filter_by(name="base_url")
    for row in query.order_by(ProviderSetting.provider):
        try:
            protocol.check_base_url(row.value, sandbox=False)
        except ProviderError:
            if config.sandbox:
                continue  # said once, by the check of reach
            yield wrong(
                f"{row.provider} still has the address of the sandbox ({row.value}):"
                " enter the real one at the desk, or empty the field"
            )


def check_refunds(_config: Config) -> Iterator[Finding]:
    """Say which refunds have not arrived on the day that was promised."""
    now = datetime.now(UTC)
    today = {code: market.today(now) for code, market in markets().items()}
    for refund in refunds.overdue(today)[:20]:
        by_hand = "send it by hand" if refund.by_hand else "ask the provider"
        yield wrong(
            f"Refund {refund.merchant_ref} was promised for {refund.promised_on} and"
            f" is {refund.state}: {by_hand}, then note it at the desk"
        )


def check_clock(config: Config) -> Iterator[Finding]:
    """Compare the clock with the gateways' (case 50): they refuse old signatures."""
    if config.sandbox:
        return
    asked: set[str] = set()
    for code in _ready():
        provider = settings.get(code)
        values = settings.read(code, datetime.now(UTC))
        url = next((str(one.default) for one in provider.settings if one.default), "")
        url = values.get("base_url", url)
        if not url or url in asked:
            continue
        asked.add(url)
        try:
            answer = protocol.call("GET", protocol.base_url(values, url))
        except ProviderError as error:
            yield note(f"{code} does not answer now ({error.code or error.kind})")
            continue
        skew = protocol.clock_skew(answer.headers)
        if skew >= SKEW:
            yield wrong(
                f"The clock differs from that of {code} by {skew.seconds // 60}"
                " minutes: switch on NTP, or its signatures are refused"
            )
    if asked:
        yield fine("The clock was compared with the gateways'")


def check_open_points(_config: Config) -> Iterator[Finding]:
    """List what nobody could confirm about the services in use."""
    for code in _ready():
        for point in settings.get(code).open_points:
            yield note(_said(code, point))
    for code, service in sorted(channels.services().items()):
        if settings.is_ready(code):
            for point in service.open_points:
                yield note(_said(code, point))


def _said(code: str, point: OpenPoint) -> str:
    """Return an open point with what the owner has chosen for it, if there is a way."""
    text = f"{code}, not confirmed: {point.text}"
    if not point.setting:
        return text
    shown = {one.name: one.value for one in settings.shown(code)}
    value = shown[point.setting]
    if "\n" in value:
        value = f"{len(value.split())} entered"
    return f"{text} Setting {point.setting}: {value or 'empty'}."


def _ready() -> list[str]:
    """Return the providers with a gateway whose keys are filled in and readable."""
    return [
        code
        for code in sorted(contract.all_providers())
        if settings.is_ready(code) and not settings.by_hand(code)
    ]
