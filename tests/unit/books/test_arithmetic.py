"""What documents add up to, by examples worked by hand and by properties that hold for all."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.books.arithmetic.predicting import RatePart, Rounding, TaxableLine, parts_of, predict_tax
from tieout.books.arithmetic.rounding import half_up, home_amount, line_minor, percent_for
from tieout.books.arithmetic.totals import (
    AmountTooLarge,
    DeductionTooLarge,
    Discount,
    DiscountTooLarge,
    DiscountType,
    PricedLine,
    Totals,
    VatMode,
    add_up,
    sums_of,
)
from tieout.books.records import Taxation, TaxComponent, TaxRate

PERCENTAGE, AMOUNT = DiscountType.PERCENTAGE, DiscountType.AMOUNT

quantities = st.decimals(min_value=0, max_value=5000, places=3, allow_nan=False, allow_infinity=False)
percentages = st.builds(Discount, type=st.just(PERCENTAGE), amount=st.integers(0, 10_000))
lines = st.builds(
    PricedLine,
    quantity=quantities,
    price_minor=st.integers(0, 10_000_000),
    discount=st.none() | percentages,
    rate=st.integers(0, 10_000),
)
modes = st.sampled_from(list(VatMode))
parts = st.lists(
    st.builds(
        RatePart,
        id=st.sampled_from("abc"),
        percent=st.decimals(min_value=0, max_value=30, places=4, allow_nan=False, allow_infinity=False),
    ),
    max_size=2,
    unique_by=lambda part: part.id,
).map(tuple)
taxable = st.lists(st.builds(TaxableLine, amount_minor=st.integers(-10_000_000, 10_000_000), parts=parts), max_size=8)


def line(price: int, *, quantity: str = "1", rate: int = 0, discount: Discount | None = None) -> PricedLine:
    return PricedLine(quantity=Decimal(quantity), price_minor=price, rate=rate, discount=discount)


@pytest.mark.parametrize(
    ("value", "whole"),
    [("0.5", 1), ("-0.5", -1), ("1.49", 1), ("2.5", 3), ("-2.5", -3), ("0", 0), ("3.5", 4)],
)
def test_halves_go_away_from_zero(value: str, whole: int) -> None:
    assert half_up(Fraction(value)) == whole


def test_tax_is_rounded_per_line_and_then_summed() -> None:
    totals = add_up([line(2506, rate=1500), line(2561, rate=1500), line(2563, rate=1500)])
    assert [x.final.tax for x in totals.lines] == [376, 384, 384]
    assert (totals.subtotal, totals.total_vat, totals.total) == (7630, 1144, 8774)


def test_an_inclusive_price_holds_its_tax_already() -> None:
    totals = add_up([line(12000, rate=2000)], vat_mode=VatMode.INCLUSIVE)
    assert (totals.subtotal, totals.total_vat, totals.total) == (10000, 2000, 12000)
    assert totals.subtotal_after_vat == 12000


def test_a_quantity_with_decimals_is_rounded_once() -> None:
    assert add_up([line(333, quantity="1.5")]).total == 500  # 499.5
    assert add_up([line(333, quantity="0.333")]).total == 111  # 110.889


def test_a_percentage_is_taken_before_rounding() -> None:
    totals = add_up([line(999, quantity="1.5", discount=Discount(type=PERCENTAGE, amount=1250))])
    assert totals.subtotal == 1311  # 1311.1875, where rounding 1498.5 first would give 1312


def test_a_fixed_discount_of_a_line_is_taken_from_the_net_amount() -> None:
    totals = add_up([line(10000, rate=2000, discount=Discount(type=AMOUNT, amount=1000))])
    assert (totals.subtotal, totals.total_vat, totals.total) == (9000, 1800, 10800)


def test_where_prices_hold_tax_a_fixed_discount_is_taken_from_net_or_gross_as_the_entity_chose() -> None:
    lines_ = [line(12000, rate=2000, discount=Discount(type=AMOUNT, amount=1200))]
    from_net = add_up(lines_, vat_mode=VatMode.INCLUSIVE, discount_mode=VatMode.EXCLUSIVE)
    from_gross = add_up(lines_, vat_mode=VatMode.INCLUSIVE, discount_mode=VatMode.INCLUSIVE)
    assert (from_net.subtotal, from_net.total_vat, from_net.total) == (8800, 1760, 10560)
    assert (from_gross.subtotal, from_gross.total_vat, from_gross.total) == (9000, 1800, 10800)


def test_a_discount_of_the_document_is_shared_out_to_the_last_cent() -> None:
    totals = add_up([line(3333), line(3333), line(3334)], discount=Discount(type=AMOUNT, amount=100))
    assert sorted(x.share for x in totals.lines) == [33, 33, 34]
    assert (totals.subtotal, totals.discount_value, totals.discounted_subtotal) == (10000, 100, 9900)


def test_a_deduction_lowers_the_total_and_leaves_the_tax() -> None:
    totals = add_up([line(10000, rate=2000)], deduction=500)
    assert (totals.total_vat, totals.total) == (2000, 11500)


def test_a_rate_may_have_more_digits_than_the_contract_shows() -> None:
    totals = add_up([PricedLine(quantity=Decimal(1), price_minor=100_000, rate=Decimal("887.5"))])  # 8.875 %
    assert (totals.total_vat, totals.total) == (8875, 108_875)


def test_a_currency_without_decimals_needs_no_other_rule() -> None:
    totals = add_up([line(1005, rate=1000)])  # JPY 1005 at 10 %
    assert (totals.total_vat, totals.total) == (101, 1106)


@pytest.mark.parametrize(
    ("given_lines", "discount", "at"),
    [
        ([line(100, discount=Discount(type=AMOUNT, amount=101))], None, 0),
        ([line(100), line(5, discount=Discount(type=PERCENTAGE, amount=10_001))], None, 1),
        ([line(100)], Discount(type=AMOUNT, amount=101), None),
        ([line(100)], Discount(type=PERCENTAGE, amount=10_001), None),
    ],
)
def test_a_discount_larger_than_the_amount_is_refused_and_placed(
    given_lines: list[PricedLine], discount: Discount | None, at: int | None
) -> None:
    with pytest.raises(DiscountTooLarge) as refused:
        add_up(given_lines, discount=discount)
    assert refused.value.line == at


def test_a_deduction_larger_than_the_document_is_refused() -> None:
    with pytest.raises(DeductionTooLarge):
        add_up([line(100)], deduction=101)


def test_an_amount_beyond_the_contracts_integers_is_refused() -> None:
    with pytest.raises(AmountTooLarge):
        add_up([line(9_007_199_254_740_991, quantity="2147483647")])
    with pytest.raises(AmountTooLarge):  # also where a discount leaves nothing of it
        add_up([line(9_007_199_254_740_991, quantity="2")], discount=Discount(type=PERCENTAGE, amount=10_000))


@given(st.lists(lines, max_size=8), modes, modes, st.none() | percentages)
def test_every_total_is_the_sum_of_what_is_shown(
    given_lines: list[PricedLine], mode: VatMode, discount_mode: VatMode, discount: Discount | None
) -> None:
    totals = add_up(given_lines, vat_mode=mode, discount=discount, discount_mode=discount_mode)
    assert_it_adds_up(totals)


@given(st.lists(lines, min_size=1, max_size=8), modes, modes, st.data())
def test_a_fixed_discount_is_apportioned_exactly(
    given_lines: list[PricedLine], mode: VatMode, discount_mode: VatMode, data: st.DataObject
) -> None:
    plain = add_up(given_lines, vat_mode=mode, discount_mode=discount_mode)
    from_gross = mode is VatMode.INCLUSIVE and discount_mode is VatMode.INCLUSIVE
    base = plain.subtotal_after_vat if from_gross else plain.subtotal
    amount = data.draw(st.integers(0, base))
    totals = add_up(
        given_lines, vat_mode=mode, discount=Discount(type=AMOUNT, amount=amount), discount_mode=discount_mode
    )
    assert_it_adds_up(totals)
    assert totals.discount_value == amount
    if from_gross:
        assert totals.total == plain.total - amount
    else:
        assert totals.discounted_subtotal == plain.subtotal - amount


@given(st.lists(lines, min_size=2, max_size=6), modes, modes, st.data())
def test_the_order_of_the_lines_changes_no_total(
    given_lines: list[PricedLine], mode: VatMode, discount_mode: VatMode, data: st.DataObject
) -> None:
    plain = add_up(given_lines, vat_mode=mode, discount_mode=discount_mode)
    discount = Discount(type=AMOUNT, amount=data.draw(st.integers(0, min(plain.subtotal, plain.subtotal_after_vat))))
    other_order = data.draw(st.permutations(given_lines))
    one, other = (
        add_up(each, vat_mode=mode, discount=discount, discount_mode=discount_mode)
        for each in (given_lines, other_order)
    )
    assert (one.subtotal, one.discounted_subtotal, one.total_vat, one.total) == (
        other.subtotal,
        other.discounted_subtotal,
        other.total_vat,
        other.total,
    )
    assert sorted(one.rates, key=lambda rate: rate.rate) == sorted(other.rates, key=lambda rate: rate.rate)


def test_of_two_equal_lines_with_different_tax_the_same_one_gets_the_odd_cent() -> None:
    taxed, free = line(50, rate=9_000), line(50)
    discount = Discount(type=AMOUNT, amount=1)
    assert add_up([taxed, free], discount=discount).total == add_up([free, taxed], discount=discount).total


def assert_it_adds_up(totals: Totals) -> None:
    assert totals.discounted_subtotal + totals.total_vat == totals.total
    assert sum(x.final.gross for x in totals.lines) == totals.total
    assert sum(x.own.net for x in totals.lines) == totals.subtotal
    assert sum(x.own.gross for x in totals.lines) == totals.subtotal_after_vat
    assert sum(x.share for x in totals.lines) == totals.discount_value
    assert sum(rate.tax for rate in totals.rates) == totals.total_vat
    assert sum(rate.taxable for rate in totals.rates) == totals.discounted_subtotal
    assert all(x.final.net >= 0 and x.final.tax >= 0 for x in totals.lines)
    assert len({rate.rate for rate in totals.rates}) == len(totals.rates)


@given(st.integers(0, 10**12), st.integers(0, 10_000))
def test_tax_added_to_a_net_amount_is_found_again_in_the_gross(net: int, rate: int) -> None:
    exclusive = sums_of(net, rate, VatMode.EXCLUSIVE)
    assert sums_of(exclusive.gross, rate, VatMode.INCLUSIVE) == exclusive


# The platforms' rules.

FIFTEEN = (RatePart(id="r15", percent=Decimal(15)),)
TUCSON = (RatePart(id="1", percent=Decimal("7.1")), RatePart(id="2", percent=Decimal(2)))


def test_the_documented_example_differs_by_a_cent_between_the_two_rules() -> None:
    given_lines = [TaxableLine(amount_minor=x, parts=FIFTEEN) for x in (2506, 2561, 2563)]
    per_line = predict_tax(given_lines, rounding=Rounding.PER_LINE, taxation=Taxation.EXCLUSIVE)
    per_rate = predict_tax(given_lines, rounding=Rounding.PER_RATE, taxation=Taxation.EXCLUSIVE)
    assert (per_line.tax_minor, per_line.lines) == (1144, (376, 384, 384))
    assert (per_rate.tax_minor, per_rate.lines) == (1145, None)


def test_a_code_of_two_rates_is_rounded_once_for_each() -> None:
    predicted = predict_tax(
        [TaxableLine(amount_minor=42200, parts=TUCSON)], rounding=Rounding.PER_RATE, taxation=Taxation.EXCLUSIVE
    )
    assert [(x.id, x.taxable_minor, x.tax_minor) for x in predicted.rates] == [("1", 42200, 2996), ("2", 42200, 844)]
    assert predicted.gross_minor == 42200 + 3840


def test_a_rate_shared_by_two_codes_is_summed_over_both() -> None:
    predicted = predict_tax(
        [TaxableLine(amount_minor=105, parts=TUCSON), TaxableLine(amount_minor=105, parts=TUCSON[1:])],
        rounding=Rounding.PER_RATE,
        taxation=Taxation.EXCLUSIVE,
    )
    assert {x.id: (x.taxable_minor, x.tax_minor) for x in predicted.rates} == {"1": (105, 7), "2": (210, 4)}


def test_a_document_without_tax_has_none() -> None:
    predicted = predict_tax(
        [TaxableLine(amount_minor=100, parts=FIFTEEN)], rounding=Rounding.PER_LINE, taxation=Taxation.NONE
    )
    assert (predicted.net_minor, predicted.tax_minor, predicted.rates) == (100, 0, ())


@given(taxable, st.sampled_from(list(Rounding)), st.sampled_from(list(Taxation)))
def test_a_prediction_adds_up(given_lines: list[TaxableLine], rounding: Rounding, taxation: Taxation) -> None:
    predicted = predict_tax(given_lines, rounding=rounding, taxation=taxation)
    amount = sum(x.amount_minor for x in given_lines)
    assert (predicted.gross_minor if taxation is Taxation.INCLUSIVE else predicted.net_minor) == amount
    assert sum(rate.tax_minor for rate in predicted.rates) == predicted.tax_minor
    if predicted.lines is not None:
        assert sum(predicted.lines) == predicted.tax_minor


@given(taxable, st.sampled_from([Taxation.EXCLUSIVE, Taxation.INCLUSIVE]))
def test_the_two_rules_differ_by_rounding_only(given_lines: list[TaxableLine], taxation: Taxation) -> None:
    per_line = predict_tax(given_lines, rounding=Rounding.PER_LINE, taxation=taxation)
    per_rate = predict_tax(given_lines, rounding=Rounding.PER_RATE, taxation=taxation)
    assert abs(per_line.tax_minor - per_rate.tax_minor) <= (len(given_lines) + len(per_rate.rates) + 1) // 2


@given(st.lists(st.tuples(st.integers(0, 10**7), st.integers(0, 10_000)), max_size=6), modes)
def test_a_platform_that_rounds_per_line_lands_on_our_total(rows: list[tuple[int, int]], mode: VatMode) -> None:
    ours = add_up([line(price, rate=rate) for price, rate in rows], vat_mode=mode)
    theirs = predict_tax(
        [
            TaxableLine(amount_minor=price, parts=(RatePart(id=str(rate), percent=Decimal(rate) / 100),))
            for price, rate in rows
        ],
        rounding=Rounding.PER_LINE,
        taxation=Taxation(mode.value),
    )
    assert (theirs.net_minor, theirs.tax_minor) == (ours.discounted_subtotal, ours.total_vat)


def test_a_compound_component_is_charged_on_the_plain_ones_too() -> None:
    rate = TaxRate(
        external_id="T",
        name="GST and PST",
        effective_rate=Decimal("13.4"),
        total_rate=Decimal(13),
        components=(
            TaxComponent(external_id="gst", name="GST", rate=Decimal(5)),
            TaxComponent(name="PST", rate=Decimal(8), is_compound=True),
        ),
    )
    assert [(x.id, x.percent) for x in parts_of(rate)] == [("gst", Decimal(5)), ("T:1", Decimal("8.4"))]


def test_a_rate_without_components_is_its_own_part() -> None:
    rate = TaxRate(external_id="T", name="VAT", effective_rate=Decimal(20), total_rate=Decimal(20))
    assert parts_of(rate) == (RatePart(id="T", percent=Decimal(20)),)


def test_a_fixed_discount_becomes_a_percentage_only_where_it_lands_on_the_same_cent() -> None:
    assert percent_for(1000, 10000, places=2) == Decimal("10.00")
    assert percent_for(333, 10000, places=2) == Decimal("3.33")
    assert percent_for(1, 10_000_000, places=2) is None
    assert percent_for(0, 0, places=2) == 0
    assert percent_for(1, 0, places=2) is None


@given(st.integers(1, 10**6), st.data())
def test_a_percentage_that_is_given_lands(whole: int, data: st.DataObject) -> None:
    discount = data.draw(st.integers(0, whole))
    percent = percent_for(discount, whole, places=4)
    if percent is not None:
        assert line_minor(Decimal(1), whole, percent=percent) == whole - discount


@pytest.mark.parametrize(
    ("quantity", "price", "percent", "discount", "comes_to"),
    [
        ("3", "33.33", None, None, 100),
        ("1.5", "1999", "12.5", None, 2624),
        ("0.33333", "100", None, "33", 0),
        ("1", "0.5", None, None, 1),
        ("-1", "0.5", None, None, -1),
    ],
)
def test_a_line_is_rounded_once_whatever_its_discount(
    quantity: str, price: str, percent: str | None, discount: str | None, comes_to: int
) -> None:
    made = line_minor(
        Decimal(quantity),
        Decimal(price),
        percent=None if percent is None else Decimal(percent),
        discount=None if discount is None else Decimal(discount),
    )
    assert made == comes_to


def test_a_rate_that_is_the_inverse_of_what_was_told_still_rounds_halves_up() -> None:
    third = Decimal(1) / Decimal(3)
    assert third * 3 != 1
    assert home_amount(Decimal("0.015"), third, places=2) == Decimal("0.01")
    assert home_amount(Decimal("0.045"), third, places=2) == Decimal("0.02")
    assert home_amount(Decimal("-0.015"), third, places=2) == Decimal("-0.01")
    assert home_amount(Decimal(1_000), Decimal("0.0067285"), places=2) == Decimal("6.73")


@given(taxable, st.data())
def test_what_is_stated_takes_the_place_of_what_would_be_computed(
    given_lines: list[TaxableLine], data: st.DataObject
) -> None:
    by_line = [data.draw(st.none() | st.integers(-100, 100)) for _ in given_lines]
    per_line = predict_tax(given_lines, rounding=Rounding.PER_LINE, taxation=Taxation.EXCLUSIVE, stated_lines=by_line)
    computed = predict_tax(given_lines, rounding=Rounding.PER_LINE, taxation=Taxation.EXCLUSIVE).lines or ()
    assert per_line.lines == tuple(own if tax is None else tax for tax, own in zip(by_line, computed, strict=True))
    by_rate = {"a": data.draw(st.integers(-100, 100))}
    rates = predict_tax(
        given_lines, rounding=Rounding.PER_RATE, taxation=Taxation.EXCLUSIVE, stated_rates=by_rate
    ).rates
    assert all(rate.tax_minor == by_rate["a"] for rate in rates if rate.id == "a")


def test_rates_of_purchases_are_those_of_purchases() -> None:
    rate = TaxRate(
        external_id="6",
        name="Reverse charge",
        effective_rate=Decimal(0),
        total_rate=Decimal(0),
        components=(TaxComponent(external_id="s", name="Sales", rate=Decimal(0)),),
        purchase_components=(
            TaxComponent(external_id="p", name="Purchases", rate=Decimal(20)),
            TaxComponent(external_id="o", name="Output", rate=Decimal(-20)),
        ),
    )
    assert [(part.id, part.percent) for part in parts_of(rate, is_sale=False)] == [
        ("p", Decimal(20)),
        ("o", Decimal(-20)),
    ]
    assert [part.id for part in parts_of(rate)] == ["s"]
