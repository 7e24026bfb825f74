"""The services that carry messages, and which one carries what."""

from collections.abc import Mapping
from functools import cache

from sqlalchemy import select

from shop.db import db
from shop.notifications.channels.service import Service
from shop.notifications.rules import Channel
from shop.payments import settings
from shop.payments.models import ProviderUse

#: Who carries text messages where the owner chose nobody.
DEFAULTS: Mapping[str, str] = {"cn": "aliyun_sms", "ir": "kavenegar"}


@cache
def services() -> Mapping[str, Service]:
    """Return every service by code; their settings are kept like a provider's."""
    from shop.notifications.channels import aliyun, console, kavenegar, smtp

    found: dict[str, Service] = {}
    for module in (kavenegar, aliyun, smtp, console):
        service: Service = module.SERVICE
        found[service.code] = service
        settings.declare(service.code, service.settings)
    return found


def sms_service(market: str) -> Service | None:
    """Return who carries text messages to buyers of a market; ``None``: nobody."""
    rows = db.session.scalars(
        select(ProviderUse)
        .where(ProviderUse.market == market, ProviderUse.method == Channel.SMS)
        .order_by(ProviderUse.position)
    ).all()
    chosen = [row.provider for row in rows if row.enabled]
    code = (chosen or [""])[0] if rows else DEFAULTS.get(market, "")
    return services().get(code)


def mail_service() -> Service:
    """Return who carries e-mail: the owner's mail server."""
    return services()["smtp"]


def choose_sms(market: str, code: str) -> None:
    """Let one service carry the text messages of a market. Needs a transaction.

    :raises KeyError: if there is no such service, which is the caller's bug.
    """
    for other in services().values():
        if other.channel is Channel.SMS:
            settings.use(
                market,
                Channel.SMS,
                other.code,
                enabled=other.code == services()[code].code,
                position=0,
            )
