"""Takes over the keys of the demo gateways, as an owner types in real ones."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shop.config import Config
from shop.db import transaction
from shop.notifications.demo import load_keys
from shop.payments import settings
from shop.payments.provider import all_providers

#: A card, an account and a holder that everybody can see are made up.
DEMO_TRANSFER = {
    "card_number": "6037991234567893",
    "account_number": "0100000000001",
    "iban": "IR820540102680020817909002",
    "bank": "بانک نمونه",
    "holder": "فروشگاه نمونه",
}


def load_demo_keys(config: Config, now: datetime) -> int:
    """Keep what ``merchant.json`` says for everybody; return how many have keys.

    Runs at every start with the sandbox, because its ports follow ``PORT``;
    what is the same already is not written again.
    """
    path = config.instance / "sandbox" / "merchant.json"
    if not path.is_file():
        return 0
    handed = json.loads(path.read_text("utf-8"))
    count = 0
    with transaction():
        for code, provider in all_providers().items():
            values = _family(handed, code)
            names = [one.name for one in provider.settings if one.name in values]
            for name in names:
                settings.save(code, name, values[name], now)
            count += bool(names)
        count += len(load_keys(handed, now))
    return count


def _family(handed: Mapping[str, Any], code: str) -> Mapping[str, str]:
    """Return the keys of a provider: ``alipay_wap`` has those of ``alipay``."""
    if code == "card_transfer":
        return DEMO_TRANSFER
    fits = [name for name in handed if code == name or code.startswith(f"{name}_")]
    return handed[max(fits, key=len)] if fits else {}
