"""The keys of the demo services, as the sandbox hands them out."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shop.notifications.channels import services
from shop.payments import settings

#: The one template the sandbox needs; it says whatever values it is given.
TEMPLATE = "SMS_ANAR"


def load_keys(merchant: Mapping[str, Mapping[str, Any]], now: datetime) -> list[str]:
    """Fill in every service the sandbox knows; return their codes. In a transaction.

    ``merchant`` is the content of its ``merchant.json``. Run again, it follows ports
    that moved.
    """
    extra = {"aliyun_sms": {"template": TEMPLATE}, "smtp": {"security": "none"}}
    loaded = []
    for code, service in services().items():
        if code not in merchant:
            continue
        names = {one.name for one in service.settings}
        for name, value in {**merchant[code], **extra.get(code, {})}.items():
            if name in names:
                settings.save(code, name, str(value), now)
        loaded.append(code)
    return loaded
