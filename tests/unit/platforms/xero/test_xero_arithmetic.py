"""What Xero makes of lines, and how they are told to it so that they land."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.books.records import Taxation
from tieout.platforms.xero.arithmetic import (
    TaxedLine,
    cents,
    cents_of_line,
    from_cents,
    predict,
    price_line,
    tax_amounts,
    unit_cents,
)

quantities = st.decimals(min_value="0.0001", max_value="9999", places=4)
prices = st.decimals(min_value="-9999", max_value="9999", places=4)
rates = st.sampled_from([Decimal(rate) for rate in ("0", "5", "8.25", "12.5", "15", "20")])
amounts = st.integers(min_value=-1_000_000, max_value=1_000_000)


def independent_cents(quantity: Decimal, price: Decimal, discount: Decimal) -> int:
    return int((quantity * price * (100 - discount)).quantize(Decimal(1), ROUND_HALF_UP))


@given(quantities, prices, st.decimals(min_value=0, max_value=100, places=2))
def test_a_line_is_rounded_once_half_away_from_zero(quantity: Decimal, price: Decimal, discount: Decimal) -> None:
    assert cents_of_line(quantity, price, discount) == independent_cents(quantity, price, discount)


def test_the_documented_example_of_per_line_rounding_lands() -> None:
    lines = [TaxedLine(cents(Decimal(net)) or 0, "R", Decimal(15)) for net in ("25.06", "25.61", "25.63")]
    predicted = predict(lines, Taxation.EXCLUSIVE)
    assert predicted.lines == (376, 384, 384)
    assert predicted.tax_minor == 1144


@pytest.mark.parametrize(
    ("gross", "rate", "tax"),
    [("89.00", "15", 1161), ("115.00", "15", 1500), ("0.01", "15", 0), ("-89.00", "15", -1161)],
)
def test_tax_inside_a_price_is_taken_out_of_it(gross: str, rate: str, tax: int) -> None:
    predicted = predict([TaxedLine(cents(Decimal(gross)) or 0, "R", Decimal(rate))], Taxation.INCLUSIVE)
    assert predicted.tax_minor == tax
    assert predicted.gross_minor == cents(Decimal(gross))


def test_a_document_without_tax_has_none_whatever_its_lines_say() -> None:
    assert predict([TaxedLine(1000, "R", Decimal(15))], Taxation.NONE).tax_minor == 0


@given(quantities, prices, amounts, st.booleans())
def test_whatever_the_amount_the_price_lands_on_it(
    quantity: Decimal, price: Decimal, amount_cents: int, may_discount: bool
) -> None:
    told = price_line(quantity, price, None, amount_cents, may_discount=may_discount)
    assert told.line_cents == amount_cents
    assert may_discount or (told.discount_rate is None and told.discount_amount is None)
    assert told.discount_rate is None or told.discount_amount is None


def test_a_line_that_lands_is_told_as_stated() -> None:
    told = price_line(Decimal(3), Decimal("33.3333"), None, 10000, may_discount=True)
    assert (told.quantity, told.unit_amount, told.discount_rate) == (Decimal(3), Decimal("33.3333"), None)


def test_a_stated_percentage_is_kept() -> None:
    told = price_line(Decimal(2), Decimal(50), Decimal(10), 9000, may_discount=True)
    assert (told.quantity, told.unit_amount, told.discount_rate) == (Decimal(2), Decimal(50), Decimal(10))


def test_a_share_of_a_documents_discount_becomes_a_discount_of_the_line() -> None:
    told = price_line(Decimal(1), Decimal("100.00"), None, 9667, may_discount=True)
    assert told.discount_rate == Decimal("3.33")


def test_a_discount_that_no_percentage_reaches_becomes_a_sum_of_money() -> None:
    told = price_line(Decimal(1), Decimal("99999.99"), None, 9999998, may_discount=True)
    assert told.discount_amount == Decimal("0.01")


def test_where_lines_may_have_no_discount_the_unit_price_is_lowered() -> None:
    told = price_line(Decimal(4), Decimal(50), Decimal(10), 18000, may_discount=False)
    assert (told.quantity, told.unit_amount) == (Decimal(4), Decimal(45))


def test_a_quantity_of_five_places_is_told_as_one_piece() -> None:
    told = price_line(Decimal("0.33333"), Decimal(100), None, 3333, may_discount=True)
    assert (told.quantity, told.unit_amount) == (Decimal(1), Decimal("33.33"))


@given(st.lists(st.tuples(amounts, rates), min_size=1, max_size=8), st.integers(min_value=-8, max_value=8))
def test_tax_amounts_land_or_rounding_cannot_explain_the_difference(
    drawn: list[tuple[int, Decimal]], off_by: int
) -> None:
    lines = [TaxedLine(amount, "R", rate) for amount, rate in drawn]
    predicted = predict(lines, Taxation.EXCLUSIVE).lines or ()
    told = tax_amounts(lines, predicted, sum(predicted) + off_by)
    taxed = sum(1 for line in lines if line.percent)
    assert (told is not None) == (abs(off_by) <= taxed)
    if told is not None:
        assert sum(told) == sum(predicted) + off_by
        assert all(abs(now - was) <= 1 for now, was in zip(told, predicted, strict=True))


def test_stated_taxes_are_taken_if_they_add_up() -> None:
    lines = [TaxedLine(2506, "R", Decimal(15), 376), TaxedLine(2561, "R", Decimal(15), 385)]
    assert tax_amounts(lines, (376, 384), 761) == [376, 385]


def test_a_stated_tax_of_another_rate_is_not_explained_by_rounding() -> None:
    lines = [TaxedLine(10000, "R", Decimal(15), 2000)]
    assert tax_amounts(lines, (1500,), 2000) is None


@given(st.integers(min_value=-(10**15), max_value=10**15))
def test_cents_go_there_and_back(amount_cents: int) -> None:
    assert cents(from_cents(amount_cents)) == amount_cents


def test_a_part_of_a_cent_is_noticed() -> None:
    assert cents(Decimal("1.005")) is None


@pytest.mark.parametrize(
    ("currency", "predicted", "tax", "told"),
    [
        ("JPY", (8291, 719), 9000, [8300, 700]),
        ("JPY", (8291, 719), 9100, [8400, 700]),
        ("JPY", (8291, 719), 9400, None),
        ("NZD", (8291, 719), 9011, [8292, 719]),
        ("NZD", (8291, 719), 9000, None),
        ("KWD", (8291, 719), 9010, [8291, 719]),
    ],
)
def test_rounding_explains_one_unit_of_the_currency_for_each_line(
    currency: str, predicted: tuple[int, int], tax: int, told: list[int] | None
) -> None:
    lines = [TaxedLine(100_500, "R", Decimal("8.25")), TaxedLine(8_720, "R", Decimal("8.25"))]
    assert predict(lines, Taxation.EXCLUSIVE).lines == predicted
    assert tax_amounts(lines, predicted, tax, unit=unit_cents(currency)) == told


def test_what_a_rate_of_three_decimals_takes_off_a_large_amount_is_explained() -> None:
    lines = [TaxedLine(10_000_000, "R", Decimal("8.875"), 888_000)]
    assert tax_amounts(lines, (887_500,), 888_000) == [888_000]
    assert tax_amounts([TaxedLine(10_000_000, "R", Decimal("8.87"), 888_000)], (887_000,), 888_000) is None
