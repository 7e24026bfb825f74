"""What a refund is made of: every row, and never more than was paid (S41)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.kernel.money import Money
from shop.payments.rules import RefundTooMuch, RefundTooSmall
from shop.returns import rules
from shop.returns.rules import (
    Bought,
    Choice,
    Deduction,
    DeliveryIsBack,
    NothingChosen,
    RowKind,
    Sold,
    Source,
    TooManyBack,
)
from tests.returns.make import bought, yuan

GOODS, OFF, FREIGHT = RowKind.GOODS, RowKind.DISCOUNT, RowKind.DELIVERY


def shown(rows: tuple[rules.Row, ...]) -> list[tuple[str, int]]:
    """Return kind and amount of each row."""
    return [(row.kind.value, row.money.minor) for row in rows]


def test_pieces_of_a_line_go_back_for_what_they_cost() -> None:
    rows = rules.itemised(bought((10_000, 3, 0), (3_000, 2, 0)), Choice({1: 2}))

    assert shown(rows) == [("goods", 20_000)]
    assert rows[0].quantity == 2


def test_goods_lose_their_share_of_the_discount() -> None:
    """S41: goods - share of the discount = cash."""
    what = bought((10_000, 3, 0), (3_000, 2, 0), discount=3_600)

    rows = rules.itemised(what, Choice({1: 1}))

    assert shown(rows) == [("goods", 10_000), ("discount", -1_000)]
    assert rules.worth(rows, "CNY") == yuan(9_000)


def test_the_last_pieces_take_the_exact_rest_of_the_discount() -> None:
    first = rules.itemised(bought((1_000, 3, 0), discount=100), Choice({1: 1}))
    second = rules.itemised(
        bought((1_000, 3, 1), discount=100, taken=33), Choice({1: 1})
    )
    third = rules.itemised(
        bought((1_000, 3, 2), discount=100, taken=66), Choice({1: 1})
    )

    shares = [rows[1].money.minor for rows in (first, second, third)]
    assert shares == [-33, -33, -34]


def test_a_share_is_a_whole_multiple_of_the_markets_step() -> None:
    what = bought((1_000, 3, 0), discount=100, step=10)

    assert shown(rules.itemised(what, Choice({1: 1})))[1] == ("discount", -30)


def test_a_gift_card_is_one_more_row_with_its_own_origin() -> None:
    """What was paid by another origin goes back there, not as money."""
    line = Sold(1, "pot", 2, yuan(10_000))
    card = Deduction(RowKind.OTHER, yuan(5_000), yuan(0))
    what = Bought((line,), yuan(0), yuan(0), (card,))

    rows = rules.itemised(what, Choice({1: 2}))

    assert shown(rows) == [("goods", 20_000), ("other", -5_000)]


def test_delivery_and_another_amount_are_rows_of_their_own() -> None:
    what = bought((10_000, 1, 0), delivery=1_800, discount=500)

    rows = rules.itemised(what, Choice({}, delivery=True, other=yuan(700)))

    assert shown(rows) == [("delivery", 1_800), ("other", 700)]


def test_a_piece_that_has_gone_back_does_not_go_back_again() -> None:
    with pytest.raises(TooManyBack) as refused:
        rules.itemised(bought((10_000, 3, 2)), Choice({1: 2}))

    assert (refused.value.title, refused.value.left) == ("line 1", 1)


def test_fewer_than_no_pieces_are_refused() -> None:
    with pytest.raises(TooManyBack):
        rules.itemised(bought((10_000, 3, 0)), Choice({1: -1}))


def test_delivery_that_has_gone_back_does_not_go_back_again() -> None:
    with pytest.raises(DeliveryIsBack):
        rules.itemised(bought((10_000, 3, 0)), Choice({1: 1}, delivery=True))


def test_nothing_chosen_is_no_refund() -> None:
    with pytest.raises(NothingChosen):
        rules.itemised(bought((10_000, 3, 0), delivery=100), Choice({1: 0}))


def test_money_goes_back_on_the_first_payment_as_far_as_it_reaches() -> None:
    sources = [Source(7, yuan(500), yuan(1)), Source(5, yuan(900), yuan(1))]

    assert rules.spread(yuan(400), sources) == [(7, yuan(400))]
    assert rules.spread(yuan(900), sources) == [(7, yuan(500)), (5, yuan(400))]


def test_more_than_all_payments_have_left_is_refused() -> None:
    with pytest.raises(RefundTooMuch) as refused:
        rules.spread(yuan(1_401), [Source(7, yuan(1_400), yuan(1))])

    assert refused.value.left == yuan(1_400)


def test_less_than_a_provider_gives_back_is_refused() -> None:
    with pytest.raises(RefundTooSmall) as refused:
        rules.spread(yuan(99), [Source(7, yuan(1_400), yuan(100))])

    assert refused.value.least == yuan(100)


def test_what_a_discount_eats_up_is_no_refund() -> None:
    with pytest.raises(RefundTooSmall):
        rules.spread(yuan(0), [Source(7, yuan(100), yuan(1))])


PORTION = st.tuples(st.integers(1, 50_000), st.integers(1, 6))


@given(
    lines=st.lists(PORTION, min_size=1, max_size=4),
    percent=st.integers(0, 100),
    step=st.sampled_from([1, 10]),
    order=st.randoms(use_true_random=False),
)
def test_in_whatever_portions_it_goes_back_it_adds_up_to_what_was_paid(
    lines: list[tuple[int, int]], percent: int, step: int, order: object
) -> None:
    import random

    assert isinstance(order, random.Random)
    goods = sum(unit * pieces for unit, pieces in lines)
    discount = goods * percent // 100
    left = [place for place, (_, pieces) in enumerate(lines) for _ in range(pieces)]
    order.shuffle(left)
    back, taken, cash = [0] * len(lines), 0, 0
    for place in left:
        what = bought(
            *((u, p, b) for (u, p), b in zip(lines, back, strict=True)),
            discount=discount,
            taken=taken,
            step=step,
        )
        rows = rules.itemised(what, Choice({place + 1: 1}))
        taken -= sum(row.money.minor for row in rows if row.kind is OFF)
        cash += rules.worth(rows, "CNY").minor
        back[place] += 1
        assert cash >= 0
    assert cash == goods - discount
    assert taken == discount


def test_amounts_keep_their_currency() -> None:
    rows = rules.itemised(bought((10, 1, 0)), Choice({1: 1}))

    assert rules.worth(rows, "CNY").currency == "CNY"
    with pytest.raises(ValueError, match="cannot mix"):
        rules.spread(Money(1, "IRR"), [Source(1, yuan(1), yuan(1))])
