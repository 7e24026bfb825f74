"""Kavenegar, text messages in Iran: ``reference/payments.md`` 8.1.

The key is part of the address, so no address and no error of a call is ever
written anywhere.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from shop.notifications.channels.service import NotSent, Outgoing, Service, Taken
from shop.notifications.rules import Channel
from shop.payments import protocol
from shop.payments.provider import OpenPoint, ProviderError, Setting

BASE_URL = "https://api.kavenegar.com"
#: Bad receiver, too long or empty, characters: the next try would be no better.
FINAL = frozenset({411, 413, 422})


class Kavenegar(Service):
    """Free texts over the shop's own line; ``localid`` names a repetition."""

    code = "kavenegar"
    channel = Channel.SMS
    settings = (
        Setting("base_url", default=BASE_URL),
        Setting("api_key", secret=True),
        Setting("sender", required=False),
    )
    open_points = (
        OpenPoint(
            "Whether localid keeps a lookup from being sent twice: the shop"
            " sends free texts, not lookups.",
        ),
        OpenPoint(
            "How many spaces token10 and token20 may have: not used.",
        ),
    )

    def send(self, out: Outgoing, settings: Mapping[str, str]) -> Taken:
        """Send a text.

        :raises NotSent: with Kavenegar's status.
        """
        fields = {
            "receptor": receptor(out.to),
            "message": out.text,
            "localid": str(out.number),
        }
        if settings.get("sender"):
            fields["sender"] = settings["sender"]
        try:
            base = protocol.base_url(settings, BASE_URL)
            key = quote(protocol.need(settings, "api_key"), safe="")
            answer = protocol.call(
                "POST",
                f"{base}/v1/{key}/sms/send.json",
                urlencode(fields).encode(),
                {"Content-Type": "application/x-www-form-urlencoded"},
            )
            return _taken(answer.json_object())
        except ProviderError as error:
            raise NotSent(f"{error.kind} {error.code}".strip()) from None


def receptor(phone: str) -> str:
    """Write an E.164 number as Kavenegar wants it: ``09…`` at home, else ``00…``."""
    if phone.startswith("+98"):
        return "0" + phone[3:]
    return "00" + phone.removeprefix("+")


def _taken(body: dict[str, Any]) -> Taken:
    result = body.get("return")
    status = result.get("status") if isinstance(result, dict) else None
    if status != 200:
        code = status if isinstance(status, int) else "answer"
        raise NotSent(str(code), final=status in FINAL)
    entries = body.get("entries")
    first = entries[0] if isinstance(entries, list) and entries else {}
    if not isinstance(first, dict):
        raise NotSent("answer")
    cost = first.get("cost")
    ref = str(first.get("messageid", ""))[:40]
    return Taken(ref, cost if isinstance(cost, int) else 0, "IRR")


SERVICE = Kavenegar()
