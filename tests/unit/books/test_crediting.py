"""How much of an invoice's line can be credited, and in which shares."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.books.crediting import Portion, fits, left_of, share_of, value_of

LINE = Portion(quantity=Decimal(10), price_minor=210)


def portion(quantity: str, price: int = 210) -> Portion:
    return Portion(quantity=Decimal(quantity), price_minor=price)


def test_all_of_a_line_is_left_at_first() -> None:
    assert left_of(LINE, []) == LINE


def test_units_that_were_credited_are_gone() -> None:
    assert left_of(LINE, [portion("2"), portion("0.5")]) == portion("7.5")
    assert left_of(LINE, [portion("10")]) is None


def test_a_price_that_was_lowered_stays_low() -> None:
    assert left_of(LINE, [portion("10", 10)]) == portion("10", 200)
    assert left_of(LINE, [portion("10", 10), portion("10", 200)]) is None


def test_a_line_that_cost_nothing_can_still_be_credited() -> None:
    free = portion("3", 0)
    assert left_of(free, []) == free
    assert left_of(free, [portion("3", 0)]) is None


@pytest.mark.parametrize(
    ("wanted", "taken", "possible"),
    [
        (portion("10"), [], True),
        (portion("11"), [], False),
        (portion("11", 1), [], False),
        (portion("1", 211), [], False),
        (portion("8"), [portion("2")], True),
        (portion("9"), [portion("2")], False),
        (portion("10"), [portion("10", 10)], False),
        (portion("10", 200), [portion("10", 10)], True),
        (portion("10", 201), [portion("10", 10)], False),
    ],
)
def test_no_more_is_credited_than_was_invoiced(wanted: Portion, taken: list[Portion], possible: bool) -> None:
    assert fits(wanted, LINE, taken) is possible


portions = st.builds(
    Portion,
    quantity=st.decimals(min_value="0.01", max_value=1000, places=2),
    price_minor=st.integers(min_value=0, max_value=100_000),
)


@given(line=portions, parts=st.lists(portions, max_size=5))
def test_crediting_what_is_left_again_and_again_never_exceeds_the_line(line: Portion, parts: list[Portion]) -> None:
    taken: list[Portion] = []
    for part in parts:
        if fits(part, line, taken):
            taken.append(part)
    rest = left_of(line, taken)
    if rest is not None:
        assert fits(rest, line, taken)
        taken.append(rest)
    assert value_of(taken) <= line.value


@given(
    amount=st.integers(min_value=0, max_value=10**12),
    parts=st.lists(st.fractions(min_value=0, max_value=10**6), min_size=1, max_size=8),
)
def test_the_shares_of_all_parts_are_the_whole_amount(amount: int, parts: list[Fraction]) -> None:
    whole = sum(parts, Fraction(0))
    shares = [
        share_of(amount, part=part, before=sum(parts[:i], Fraction(0)), whole=whole) for i, part in enumerate(parts)
    ]
    assert all(share >= 0 for share in shares)
    assert sum(shares) == (amount if whole else 0)
