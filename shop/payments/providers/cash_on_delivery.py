"""Cash or the courier's card reader at the door (S27): staff note the money."""

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
    ProviderError,
    Urls,
)

#: What the courier must bring; printed on the packing slip.
KINDS = ("cash", "pos")


class CashOnDelivery(Provider):
    """Nothing is asked of anybody before the parcel arrives; can never say ``PAID``."""

    code = "cash_on_delivery"
    caps = Caps(currency="CNY", flows=frozenset({"instructions"}))

    def begin(self, attempt: Attempt, urls: Urls, settings: Mapping[str, str]) -> Began:
        """Note how the buyer wants to pay at the door: the option ``kind``."""
        protocol.wire_minor(attempt.amount, self.caps)
        kind = attempt.options.get("kind") or KINDS[0]
        if kind not in KINDS:
            raise ProviderError("rejected", "kind")
        told = {"kind": kind}
        return Began(Next("instructions", fields=told), attempt.ref, meta=told)

    def query(self, attempt: Attempt, settings: Mapping[str, str]) -> Event:
        """Nobody can be asked: only the courier knows."""
        return Event(Outcome.UNKNOWN, attempt.ref)


PROVIDER = CashOnDelivery()
