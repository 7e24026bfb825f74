"""What a cart costs, and what changed about a line."""

from hypothesis import given
from hypothesis import strategies as st

from shop.cart import rules
from shop.cart.rules import AmountKind, ChangeKind, Freight
from shop.kernel.money import Money


def yuan(minor: int) -> Money:
    return Money(minor, "CNY")


def test_every_row_of_the_breakdown_is_there() -> None:
    freight = Freight("standard", yuan(1000), yuan(1500))

    rows = rules.breakdown([(yuan(4999), 2)], freight, "CNY")

    assert [row.kind for row in rows.rows] == [
        AmountKind.GOODS,
        AmountKind.DELIVERY,
        AmountKind.REMOTE,
    ]
    assert rows.total == yuan(2 * 4999 + 2500)


def test_no_surcharge_no_row_and_no_address_no_freight() -> None:
    near = Freight("standard", yuan(0), yuan(0))

    with_freight = rules.breakdown([(yuan(100), 1)], near, "CNY")
    without = rules.breakdown([(yuan(100), 1)], None, "CNY")

    assert len(with_freight.rows) == 2
    assert len(without.rows) == 1


@given(
    st.lists(st.tuples(st.integers(0, 10**9), st.integers(1, 99)), max_size=20),
    st.integers(0, 10**6),
)
def test_the_rows_always_add_up(lines: list[tuple[int, int]], fee: int) -> None:
    goods = [(yuan(price), count) for price, count in lines]

    rows = rules.breakdown(goods, Freight("x", yuan(fee), yuan(0)), "CNY")

    assert rows.total.minor == sum(price * count for price, count in lines) + fee


def test_a_cheaper_price_is_good_news() -> None:
    found = rules.changes(yuan(500), yuan(400), 1, 9, is_offered=True)

    assert [one.kind for one in found] == [ChangeKind.PRICE_DOWN]
    assert not found[0].blocks


def test_another_market_reprices() -> None:
    found = rules.changes(yuan(500), Money(90_000, "IRR"), 1, 9, is_offered=True)

    assert [one.kind for one in found] == [ChangeKind.REPRICED]


def test_too_few_left_blocks_and_says_how_many() -> None:
    found = rules.changes(yuan(500), yuan(500), 5, 2, is_offered=True)

    assert [(one.kind, one.left) for one in found] == [(ChangeKind.LESS_LEFT, 2)]
    assert found[0].blocks


def test_not_sold_here_says_only_that() -> None:
    found = rules.changes(yuan(500), None, 5, 0, is_offered=True)

    assert [one.kind for one in found] == [ChangeKind.NOT_HERE]
