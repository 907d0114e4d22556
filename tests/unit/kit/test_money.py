"""Money: nothing is lost, nothing appears, nothing is rounded that nobody asked to round."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.kit.money import apportion, exponent, from_minor, rounded, rounded_minor, to_minor

CURRENCIES = ["USD", "EUR", "JPY", "KWD", "CLF", "XTS"]

currencies = st.sampled_from(CURRENCIES)
amounts_minor = st.integers(-(10**60), 10**60)
decimals = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15)
weights = st.lists(st.integers(0, 10**12), max_size=12)


@pytest.mark.parametrize(
    ("currency", "places"), [("USD", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("XAF", 0), ("???", 2)]
)
def test_a_currency_has_the_decimal_places_of_iso_4217(currency: str, places: int) -> None:
    assert exponent(currency) == places


@given(amounts_minor, currencies)
def test_minor_units_come_back_the_same(amount_minor: int, currency: str) -> None:
    assert to_minor(from_minor(amount_minor, currency), currency) == amount_minor


@given(amounts_minor, currencies)
def test_an_amount_has_exactly_the_places_of_its_currency(amount_minor: int, currency: str) -> None:
    assert from_minor(amount_minor, currency).as_tuple().exponent == -exponent(currency)


@given(decimals, currencies)
def test_an_amount_becomes_minor_units_exactly_or_not_at_all(amount: Decimal, currency: str) -> None:
    try:
        amount_minor = to_minor(amount, currency)
    except ValueError:
        assert amount != round(amount, exponent(currency))
    else:
        assert from_minor(amount_minor, currency) == amount


@pytest.mark.parametrize("amount", ["0.001", "NaN", "sNaN", "Infinity", "-Infinity", "1E-30"])
def test_what_is_no_amount_of_the_currency_is_refused(amount: str) -> None:
    with pytest.raises(ValueError, match="more decimal places than USD, or is no number"):
        to_minor(Decimal(amount), "USD")


def test_trailing_zeros_and_exponents_are_no_decimal_places() -> None:
    assert to_minor(Decimal("1.5000"), "USD") == 150
    assert to_minor(Decimal("1.5E+3"), "USD") == 150_000
    assert to_minor(Decimal("100.00"), "JPY") == 100


@given(decimals, currencies)
def test_rounding_lands_within_half_a_unit_and_on_the_unit(amount: Decimal, currency: str) -> None:
    result = rounded(amount, currency)
    assert abs(result - amount) * 2 <= Decimal(1).scaleb(-exponent(currency))
    assert from_minor(to_minor(result, currency), currency) == result


@pytest.mark.parametrize(
    ("amount", "result"), [("0.005", "0.01"), ("-0.005", "-0.01"), ("0.0049999", "0.00"), ("2.675", "2.68")]
)
def test_half_a_unit_is_rounded_away_from_zero(amount: str, result: str) -> None:
    assert rounded(Decimal(amount), "USD") == Decimal(result)
    assert rounded_minor(Decimal(amount) * 100) == to_minor(Decimal(result), "USD")


@given(st.integers(-(10**15), 10**15), weights)
def test_parts_add_up_to_the_whole(total: int, shares: list[int]) -> None:
    parts = apportion(total, shares)
    assert len(parts) == len(shares)
    assert sum(parts) == (total if shares else 0)


@given(st.integers(0, 10**12), weights.filter(any))
def test_no_part_is_further_than_one_unit_from_its_share(total: int, shares: list[int]) -> None:
    whole = sum(shares)
    for part, share in zip(apportion(total, shares), shares, strict=True):
        assert abs(part * whole - total * share) < whole


@given(st.integers(0, 10**12), weights.filter(any))
def test_more_weight_never_gets_less(total: int, shares: list[int]) -> None:
    parts = apportion(total, shares)
    by_weight = [part for _, part in sorted(zip(shares, parts, strict=True))]
    assert by_weight == sorted(by_weight)


@given(st.integers(0, 10**12), weights.filter(any))
def test_nothing_goes_to_where_there_is_no_weight(total: int, shares: list[int]) -> None:
    assert all(part == 0 for part, share in zip(apportion(total, shares), shares, strict=True) if share == 0)


def test_odd_units_go_to_the_largest_remainders_and_earlier_parts_win_ties() -> None:
    assert apportion(100, [1, 1, 1]) == [34, 33, 33]
    assert apportion(10, [3, 3, 1]) == [4, 4, 2]
    assert apportion(1, [1, 2]) == [0, 1]
    assert apportion(5, [0, 0]) == [5, 0]
    assert apportion(5, []) == []
