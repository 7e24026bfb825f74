"""S3-S5: one pure function says what a plan costs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.kernel.instalments import Plan, per_period, table
from shop.kernel.money import Money, total


def test_twelve_free_periods_of_3999_yuan_are_333_25_each() -> None:
    row = per_period(Money(399900, "CNY"), 12)

    assert row.each == row.last == Money(33325, "CNY")
    assert row.is_free
    assert row.total == Money(399900, "CNY")


def test_the_fee_of_all_periods_is_rounded_half_up_once() -> None:
    row = per_period(Money(499900, "CNY"), 12, fee=60)

    assert row.rate == 720
    assert row.fee == Money(35993, "CNY")
    assert row.total == Money(535893, "CNY")


def test_the_remainder_is_in_the_last_payment() -> None:
    row = per_period(Money(1000, "CNY"), 3)

    assert row.payments == (Money(333, "CNY"), Money(333, "CNY"), Money(334, "CNY"))


def test_a_down_payment_is_due_at_once_and_bears_no_fee() -> None:
    row = per_period(Money(899_000_000, "IRR"), 6, fee=180, down=2000, step=10)

    assert row.down == Money(179_800_000, "IRR")
    assert row.fee == Money(77_673_600, "IRR")
    assert row.total == Money(976_673_600, "IRR")
    assert row.payments[0] == row.down
    assert len(row.payments) == 7


def test_rials_are_split_in_whole_toman_but_for_the_last() -> None:
    row = per_period(Money(1_000_005, "IRR"), 4, step=10)

    assert row.each.minor % 10 == 0
    assert row.each * 3 + row.last == Money(1_000_005, "IRR")


def test_the_table_holds_the_plans_of_one_market_shortest_first() -> None:
    plans = [Plan("cn", 12, 60), Plan("ir", 4, 0, 2500), Plan("cn", 3)]

    rows = table(Money(499900, "CNY"), plans, "cn")

    assert [row.periods for row in rows] == [3, 12]


@pytest.mark.parametrize(
    ("periods", "fee", "down"), [(0, 0, 0), (3, -1, 0), (3, 0, 10_000), (3, 0, -1)]
)
def test_numbers_that_make_no_plan_are_the_callers_bug(
    periods: int, fee: int, down: int
) -> None:
    with pytest.raises(ValueError, match="no plan"):
        per_period(Money(1000, "CNY"), periods, fee, down)


@given(
    amount=st.integers(0, 10**13),
    periods=st.integers(1, 60),
    fee=st.integers(0, 1000),
    down=st.integers(0, 9999),
    step=st.sampled_from([1, 10, 10_000]),
)
def test_payments_always_add_up_to_the_total(
    amount: int, periods: int, fee: int, down: int, step: int
) -> None:
    row = per_period(Money(amount, "IRR"), periods, fee, down, step)

    assert total(row.payments, "IRR") == row.total
    assert row.total == Money(amount, "IRR") + row.fee
    assert row.last >= row.each
