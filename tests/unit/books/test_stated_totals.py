"""What vendors' documents add up to, by properties."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.books.stated_totals import (
    AMOUNTS,
    LineAmounts,
    disagreements,
    line_amounts,
    stated_totals,
    taxes_landing_on,
)

amounts = st.integers(-10_000_000, 10_000_000)
lines = st.lists(
    st.builds(
        line_amounts,
        st.decimals(min_value=0, max_value=1_000, places=3, allow_nan=False, allow_infinity=False),
        amounts,
        st.none() | st.integers(0, 10_000),
    ),
    min_size=1,
    max_size=6,
)


@given(lines, st.none() | st.integers(0, 10_000))
def test_what_follows_from_the_lines_never_contradicts_them(
    given_lines: list[LineAmounts], discount: int | None
) -> None:
    totals = stated_totals({}, given_lines, discount)
    assert disagreements(totals, given_lines, discount) == ()


@given(lines, st.sampled_from(AMOUNTS), st.integers(1, 1_000))
def test_a_stated_amount_that_is_far_off_is_always_found(given_lines: list[LineAmounts], name: str, off: int) -> None:
    right = stated_totals({}, given_lines, None)
    wrong = (getattr(right, name) or 0) + off + len(given_lines)
    stated = {name: wrong} if name != "subtotal" else {name: wrong, "total_amount": right.total_amount}
    assert name in {each.field for each in disagreements(stated_totals(stated, given_lines, None), given_lines, None)}


@given(st.dictionaries(st.sampled_from(AMOUNTS), amounts))
def test_stated_amounts_are_never_rewritten(stated: dict[str, int]) -> None:
    totals = stated_totals(stated, [line_amounts(Decimal(1), 5, 1000)], None)
    assert all(getattr(totals, name) == amount for name, amount in stated.items())


def test_a_line_without_price_or_quantity_has_no_amounts_yet() -> None:
    assert line_amounts(None, 5, 1000) == LineAmounts(subtotal=None, tax_amount=None, total=None)
    assert line_amounts(Decimal(1), None, 1000, stated_subtotal=70) == LineAmounts(subtotal=70, tax_amount=7, total=77)
    assert stated_totals({}, [line_amounts(None, 5, None)], None).total_amount is None


@given(st.integers(0, 10_000_000), st.integers(0, 10_000))
def test_a_rate_taxes_a_stated_subtotal_only_where_nothing_says_more(subtotal: int, rate: int) -> None:
    totals = stated_totals({"subtotal": subtotal}, [], None, tax=rate)
    assert totals.tax_amount is not None
    assert abs(totals.tax_amount * 10_000 - subtotal * rate) <= 5_000
    assert totals.total_amount == subtotal + totals.tax_amount
    assert stated_totals({"subtotal": subtotal, "tax_amount": 7}, [], None, tax=rate).tax_amount == 7
    assert stated_totals({}, [line_amounts(Decimal(1), subtotal, None)], None, tax=rate).tax_amount == 0


@pytest.mark.parametrize(
    ("stated", "landed"),
    [
        (60, [20, 10, 30, 0]),
        (61, [20, 10, 31, 0]),
        (58, [19, 10, 29, 0]),
        (63, [21, 11, 31, 0]),
        (64, [20, 10, 30, 0]),
        (0, [20, 10, 30, 0]),
    ],
)
def test_taxes_of_lines_move_to_what_the_vendor_states_as_far_as_rounding_goes(stated: int, landed: list[int]) -> None:
    assert taxes_landing_on(stated, [20, 10, 30, 0]) == landed
