import pytest

from tieout.platforms.errors import WriteRefused
from tieout.sync.mapping import Chart, TaxToMap, map_tax_rate

UNITED_STATES = Chart(accounts={}, tax_rates=[], tax_is_computed_there=True, taxes_purchases=False)
ELSEWHERE = Chart(accounts={}, tax_rates=[])


@pytest.mark.parametrize("on_sales", [True, False])
def test_a_taxed_line_needs_no_rate_where_that_side_of_the_books_has_none(*, on_sales: bool) -> None:
    assert map_tax_rate(UNITED_STATES, TaxToMap(on_sales=on_sales, value=825), field="lines") is None


@pytest.mark.parametrize("on_sales", [True, False])
def test_elsewhere_a_taxed_line_without_a_rate_is_refused(*, on_sales: bool) -> None:
    with pytest.raises(WriteRefused) as refused:
        map_tax_rate(ELSEWHERE, TaxToMap(on_sales=on_sales, value=825), field="lines")
    assert refused.value.explanation.code == "tax_rate_missing"
