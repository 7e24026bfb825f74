"""Card transfer: shows a card, knows nothing, believes nobody."""

import pytest

from shop.payments.provider import Outcome, ProviderError, ReturnHint
from shop.payments.providers.card_transfer import PROVIDER
from tests.payments.providers import make

SETTINGS = {
    "card_number": "6037991199500590",
    "account_number": "",
    "iban": "IR820540102680020817909002",
    "bank": "Melli",
    "holder": "Anar",
}


def test_begin_shows_the_card_and_leaves_out_what_the_owner_left_out() -> None:
    began = PROVIDER.begin(make.attempt("IRR"), make.URLS, SETTINGS)

    assert began.next.kind == "instructions"
    assert began.next.fields == {
        "card_number": "6037991199500590",
        "iban": "IR820540102680020817909002",
        "bank": "Melli",
        "holder": "Anar",
    }


@pytest.mark.parametrize("name", ["card_number", "bank", "holder"])
def test_without_a_card_it_cannot_be_used(name: str) -> None:
    with pytest.raises(ProviderError) as caught:
        PROVIDER.begin(make.attempt("IRR"), make.URLS, SETTINGS | {name: ""})

    assert (caught.value.kind, caught.value.code) == ("config", name)


def test_a_receipt_alone_is_not_money() -> None:
    hint = ReturnHint(attempt_ref=make.REF, claims={"tracking_number": "123456"})

    event = PROVIDER.handle_return(make.attempt("IRR"), hint, SETTINGS)

    assert (event.outcome, event.amount) == (Outcome.UNKNOWN, None)


def test_money_goes_back_by_hand() -> None:
    paid = make.attempt("IRR")

    result = PROVIDER.refund(paid, make.refunding(paid), SETTINGS)

    assert (result.state, result.code) == ("failed", "manual")
