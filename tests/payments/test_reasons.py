"""Every provider's code leads to a reason, a word about the money and a way on."""

from collections.abc import Iterator

import pytest

from shop.i18n.reader import reading
from shop.payments.attempts import SILENT
from shop.payments.provider import ProviderError
from shop.payments.reasons import (
    Reason,
    Taken,
    Way,
    all_reasons,
    reason,
    trouble,
    unpaid,
)


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    """Read English, whatever the test before has read."""
    with reading("en"):
        yield


@pytest.mark.parametrize(
    ("provider", "code", "why"),
    [
        ("mellat", "12", "balance"),
        ("mellat", "17", "cancelled"),
        ("mellat", "112", "bank_down"),
        ("zarinpal", "-51", "unmade"),
        ("zarinpal", "-11", "shop"),
        ("zibal", "9", "limit"),
        ("sep", "1", "cancelled"),
        ("alipay_wap", "isv.invalid-signature", "shop"),
        ("alipay", "ACQ.BUYER_BALANCE_NOT_ENOUGH", "balance"),
        ("wechat_h5", "ORDERPAID", "checking"),
        ("wechat_native", "ACCEPT", "awaiting_provider_review"),
        ("wechat_native", "USERPAYING", "verification_required"),
        ("unionpay", "64", "balance"),
        ("unionpay", "89", "declined"),
        ("nobody", "", "declined"),
    ],
)
def test_a_code_becomes_a_reason(provider: str, code: str, why: str) -> None:
    assert reason(provider, code).why == why


def test_money_that_the_bank_returns_is_not_called_untouched() -> None:
    late = reason("mellat", "48")

    assert late.taken is Taken.BACK
    assert str(late.headline).endswith("Your bank gives the money back.")


def test_while_nobody_knows_nobody_is_sent_to_pay_again() -> None:
    for found in (
        reason("mellat", "34", unknown=True),
        reason("zarinpal", "-50"),
        trouble("alipay", ProviderError("transport", unknown=True)),
    ):
        assert found.taken is Taken.MAYBE
        assert found.ways == (Way.WAIT,)


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (ProviderError("transport", "ConnectionError"), "provider_down"),
        (ProviderError("config", "app_id"), "shop"),
        (ProviderError("rejected", "instalments"), "instalments"),
        (ProviderError("rejected", "amount"), "amount"),
        (ProviderError("protocol", "json", unknown=True), "checking"),
    ],
)
def test_what_could_not_begin_says_why(error: ProviderError, why: str) -> None:
    assert trouble("alipay", error).why == why


@pytest.mark.parametrize(
    ("provider", "code", "left", "why"),
    [
        ("alipay", "", False, "not_yet"),
        ("alipay_wap", "WAIT_BUYER_PAY", True, "cancelled"),
        ("alipay_qr", "ACQ.TRADE_NOT_EXIST", False, "not_yet"),
        ("wechat_native", "NOTPAY", False, "not_yet"),
        ("zarinpal", "IN_BANK", False, "not_yet"),
        ("zibal", "-1", False, "not_yet"),
        ("unionpay", "64", False, "balance"),
        ("unionpay", "34", False, "not_yet"),
        ("wechat_native", "ORDER_NOT_EXIST", False, "not_yet"),
        ("unionpay", "05", True, "cancelled"),
    ],
)
def test_what_is_open_and_unpaid_says_so(
    provider: str, code: str, left: bool, why: str
) -> None:
    found = unpaid(provider, code, left=left)

    assert found is not None
    assert found.why == why


@pytest.mark.parametrize(
    ("provider", "code"),
    [
        ("alipay", SILENT),
        ("wechat_h5", "USERPAYING"),
        ("unionpay", "05"),
        ("zibal", "2"),
        ("zarinpal", "-11"),
        ("mellat", "34"),
    ],
)
def test_where_money_may_move_nobody_is_called_unpaid(provider: str, code: str) -> None:
    assert unpaid(provider, code) is None


@pytest.mark.parametrize("found", all_reasons(), ids=lambda found: found.why)
def test_every_reason_has_words_and_a_way_on(found: Reason) -> None:
    assert str(found.text).endswith(".")
    assert str(found.headline).endswith(".")
    assert found.ways
    assert (found.taken is Taken.MAYBE) == (found.ways[0] is Way.WAIT)
