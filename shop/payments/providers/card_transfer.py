"""Card-to-card transfer in Iran: the owner compares the receipt with the bank.

No network, and nothing that comes from outside can say ``PAID``: only staff
confirm, behind their rights, through the engine.
"""

from collections.abc import Mapping

from shop.payments import protocol
from shop.payments.provider import (
    Attempt,
    Began,
    Caps,
    Event,
    Next,
    Outcome,
    Provider,
    Setting,
    Urls,
)

_SHOWN = ("card_number", "account_number", "iban", "bank", "holder")


class CardTransfer(Provider):
    """Show the shop's card; the buyer sends tracking number, last four and receipt."""

    code = "card_transfer"
    caps = Caps(currency="IRR", flows=frozenset({"instructions"}), min_minor=1_000)
    settings = (
        Setting("card_number"),
        Setting("account_number", required=False),
        Setting("iban", required=False),
        Setting("bank"),
        Setting("holder"),
    )

    def begin(self, attempt: Attempt, urls: Urls, settings: Mapping[str, str]) -> Began:
        """Return the card to transfer to, as the owner gave it."""
        protocol.wire_minor(attempt.amount, self.caps)
        for name in ("card_number", "bank", "holder"):
            protocol.need(settings, name)
        fields = {name: settings[name] for name in _SHOWN if settings.get(name)}
        shown = Next("instructions", fields=fields, expires_at=attempt.expires_at)
        return Began(shown, attempt.ref)

    def query(self, attempt: Attempt, settings: Mapping[str, str]) -> Event:
        """Nobody can be asked: only the owner knows."""
        return Event(Outcome.UNKNOWN, attempt.ref)


PROVIDER = CardTransfer()
