"""Cash on delivery: cash or card reader, and nothing before the door."""

import pytest

from shop.payments.provider import Outcome, ProviderError
from shop.payments.providers.cash_on_delivery import PROVIDER
from tests.payments.providers import make


@pytest.mark.parametrize("kind", ["cash", "pos"])
def test_the_packing_slip_learns_cash_or_card_reader(kind: str) -> None:
    began = PROVIDER.begin(make.attempt(options={"kind": kind}), make.URLS, {})

    assert began.next.kind == "instructions"
    assert began.meta == {"kind": kind}


def test_without_a_choice_it_is_cash() -> None:
    assert PROVIDER.begin(make.attempt(), make.URLS, {}).meta == {"kind": "cash"}


def test_another_kind_is_refused() -> None:
    with pytest.raises(ProviderError):
        PROVIDER.begin(make.attempt(options={"kind": "gold"}), make.URLS, {})


def test_it_is_offered_in_yuan_only() -> None:
    with pytest.raises(ProviderError):
        PROVIDER.begin(make.attempt("IRR"), make.URLS, {})


def test_only_staff_know_whether_it_was_paid() -> None:
    assert PROVIDER.query(make.attempt(), {}).outcome is Outcome.UNKNOWN
