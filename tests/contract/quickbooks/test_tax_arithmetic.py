"""The arithmetic of sales tax, alone."""

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tieout.platforms.quickbooks.sandbox.accounting.taxes.arithmetic import (
    Basis,
    Period,
    Rate,
    TaxedLine,
    percent_on,
    plan_exclusive,
    plan_inclusive,
    plan_spread,
    plan_stated,
)

CENT = Decimal("0.01")
CODES = (
    (),
    (Rate("1", Decimal(20)),),
    (Rate("2", Decimal(0)),),
    (Rate("3", Decimal(5)), Rate("4", Decimal("9.975"))),
    (Rate("3", Decimal(5)), Rate("5", Decimal("7.5"), 1, Basis.AMOUNT_AND_TAX)),
    (Rate("1", Decimal(20)), Rate("6", Decimal(10), 1, Basis.TAX)),
    (Rate("7", Decimal(20)), Rate("8", Decimal(-20))),
)
amounts = st.decimals("-5000", "5000", places=2, allow_nan=False, allow_infinity=False)
documents = st.lists(st.builds(TaxedLine, amounts, st.sampled_from(CODES)), min_size=1, max_size=8)


@given(documents)
def test_inclusive_tax_never_loses_a_cent(lines: list[TaxedLine]) -> None:
    outcome = plan_inclusive(lines)
    assert sum(outcome.nets) + outcome.total == sum(line.amount for line in lines)
    assert all(net == net.quantize(CENT) for net in outcome.nets)


@given(documents)
def test_a_line_keeps_the_sign_of_its_gross_amount_within_a_cent_of_every_line(lines: list[TaxedLine]) -> None:
    for line, net in zip(lines, plan_inclusive(lines).nets, strict=True):
        assert abs(net) <= abs(line.amount) + CENT * len(lines)


@given(documents)
def test_every_rate_is_rounded_once_on_the_sum_of_its_nets(lines: list[TaxedLine]) -> None:
    outcome = plan_exclusive(lines)
    assert outcome.nets == tuple(line.amount for line in lines)
    for one in outcome.amounts:
        assert abs(one.amount - one.net * one.rate.percent / 100) <= CENT / 2


@given(documents, st.decimals("0", "100", places=2, allow_nan=False, allow_infinity=False))
def test_a_stated_total_is_spread_without_a_rest(lines: list[TaxedLine], total: Decimal) -> None:
    outcome = plan_spread(plan_exclusive(lines), total)
    assert outcome.total == (total if outcome.amounts else 0)


@given(documents, st.decimals("0", "9", places=2, allow_nan=False, allow_infinity=False))
def test_stated_amounts_leave_an_inclusive_document_worth_the_same(lines: list[TaxedLine], amount: Decimal) -> None:
    computed = plan_inclusive(lines)
    stated = plan_stated(computed, {one.rate.id: amount for one in computed.amounts}, inclusive=True)
    assert sum(stated.nets) + stated.total == sum(line.amount for line in lines)


def test_a_rate_on_amount_and_tax_is_taken_on_both() -> None:
    lines = [TaxedLine(Decimal("100.00"), CODES[4])]
    outcome = plan_exclusive(lines)
    assert [(one.net, one.amount) for one in outcome.amounts] == [
        (Decimal("100.00"), Decimal("5.00")),
        (Decimal("105.00"), Decimal("7.88")),
    ]
    within = plan_inclusive([TaxedLine(Decimal("112.88"), CODES[4])])
    assert (within.nets, within.total) == ((Decimal("100.00"),), Decimal("12.88"))


def test_a_rate_on_tax_alone_is_taken_on_that() -> None:
    outcome = plan_exclusive([TaxedLine(Decimal("100.00"), CODES[5])])
    assert [one.amount for one in outcome.amounts] == [Decimal("20.00"), Decimal("2.00")]


def test_a_rate_charged_to_oneself_comes_to_nothing() -> None:
    for plan in (plan_exclusive, plan_inclusive):
        outcome = plan([TaxedLine(Decimal("99.99"), CODES[6])])
        assert [one.amount for one in outcome.amounts] == [Decimal("20.00"), Decimal("-20.00")]
        assert (outcome.nets, outcome.total) == ((Decimal("99.99"),), Decimal(0))


def test_the_recorded_sum_of_two_rates_comes_out() -> None:
    rates = (Rate("1", Decimal("7.1")), Rate("2", Decimal(2)))
    outcome = plan_exclusive([TaxedLine(Decimal(147), rates), TaxedLine(Decimal(275), rates)])
    assert [one.amount for one in outcome.amounts] == [Decimal("29.96"), Decimal("8.44")]


def test_a_rate_is_what_it_was_on_the_day() -> None:
    periods = [Period(Decimal(20), date(2011, 1, 4)), Period(Decimal("17.5"), date(1991, 4, 1), date(2011, 1, 3))]
    on = [date(1980, 1, 1), date(2011, 1, 3), date(2011, 1, 4), date(2030, 1, 1)]
    assert [percent_on(periods, day) for day in on] == [Decimal("17.5"), Decimal("17.5"), Decimal(20), Decimal(20)]
