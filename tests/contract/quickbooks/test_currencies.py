"""Several currencies: rates, documents at their rate, control accounts of each currency, gains and losses."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.contract.quickbooks.program import NOON

from tieout.kit.clock import ManualClock
from tieout.platforms.quickbooks.sandbox.accounting.books import Books
from tieout.platforms.quickbooks.sandbox.accounting.currencies import Exchange, in_home
from tieout.platforms.quickbooks.sandbox.accounting.rates import RateTable
from tieout.platforms.quickbooks.sandbox.seeds.us_sample import empty_profile
from tieout.sandbox.ledger import credit, debit
from tieout.sandbox.simulator import seeded

AMOUNTS = st.decimals(min_value=Decimal(-500), max_value=Decimal(500), places=2)
RATES = st.decimals(min_value=Decimal("0.0001"), max_value=Decimal(200), places=6)


@given(amounts=st.lists(AMOUNTS, min_size=1, max_size=8), rate=RATES)
def test_an_entry_in_another_currency_balances_at_any_rate(amounts: list[Decimal], rate: Decimal) -> None:
    books = Books(empty_profile(), ManualClock(NOON), seeded(1, "x"))
    total = sum(amounts, Decimal(0))
    others = [credit(str(place), amount) for place, amount in enumerate(amounts, 2)]
    control, *rest = in_home(books, Exchange("EUR", rate), debit("1", total), others)
    assert control.net == Exchange("EUR", rate).home(total)
    assert control.net + sum(line.net for line in rest) == 0
    for line, amount in zip(rest, amounts, strict=True):
        assert abs(line.net + amount * rate) <= Decimal("0.01") * len(amounts)


@pytest.mark.parametrize("home", ["USD", "GBP", "JPY"])
def test_rates_walk_without_leaps_and_a_seed_repeats_them(home: str) -> None:
    table, again = RateTable(home, 7), RateTable(home, 7)
    day, before = date(2024, 12, 1), None
    for place in range(60):
        rate = table.rate("EUR", day + timedelta(days=place))
        assert rate == again.rate("EUR", day + timedelta(days=place))
        assert before is None or abs(rate / before - 1) < Decimal("0.03")
        before = rate
    assert table.rate(home, day) == 1
