"""Cash at an agreed day and hour, in the shop's own city: staff fix it and take it."""

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
    Urls,
)


class CashByArrangement(Provider):
    """Wait until staff have agreed on day and hour; can never say ``PAID``."""

    code = "cash_by_arrangement"
    caps = Caps(currency="IRR", flows=frozenset({"instructions"}))

    def begin(self, attempt: Attempt, urls: Urls, settings: Mapping[str, str]) -> Began:
        """Wait for staff; there is nothing to show but that."""
        protocol.wire_minor(attempt.amount, self.caps)
        return Began(Next("instructions"), attempt.ref)

    def query(self, attempt: Attempt, settings: Mapping[str, str]) -> Event:
        """Nobody can be asked: only staff know."""
        return Event(Outcome.UNKNOWN, attempt.ref)


PROVIDER = CashByArrangement()
