"""Cash by arrangement: the order waits for staff."""

from shop.payments.provider import Next, Outcome
from shop.payments.providers.cash_by_arrangement import PROVIDER
from tests.payments.providers import make


def test_begin_waits_for_staff() -> None:
    began = PROVIDER.begin(make.attempt("IRR"), make.URLS, {})

    assert began.next == Next("instructions")
    assert began.provider_ref == make.REF


def test_only_staff_know_whether_it_was_paid() -> None:
    assert PROVIDER.query(make.attempt("IRR"), {}).outcome is Outcome.UNKNOWN
