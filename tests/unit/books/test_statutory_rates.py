"""The table of tax rates: its ids never change, its days fit together, and known rates are in it."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.api.enumerations import ENUMERATIONS
from tieout.books.statutory_rates import (
    EDITION,
    EU_MEMBERS,
    FIRST_EDITION,
    RATES_BY_COUNTRY,
    RATES_BY_ID,
    TABLE_BEGINS,
    StatutoryRate,
    TaxPart,
    parse_rate,
)

RATES = list(RATES_BY_ID.values())


@pytest.mark.parametrize(
    ("rate_id", "country", "name"),
    [
        ("67fffdf5-9a15-56ee-b9f5-67a6ed566477", "CA", "HST 15%"),
        ("3a7e6c09-8276-5d3e-94b9-e5d16c2b10a2", "CA", "GST 5% + QST 9.975%"),
        ("1b9a2ae8-b20c-53be-95a3-d851e79c06fb", "AT", "VAT 20%"),
        ("ef654c9b-a9bd-5d6b-89aa-f5ab41d30464", "AT", "VAT 10%"),
        ("2867b73c-8ea4-5808-bab0-669c646c41b8", "AT", "VAT 0%"),
    ],
)
def test_an_id_that_was_given_out_is_the_same_for_ever(rate_id: str, country: str, name: str) -> None:
    rate = RATES_BY_ID[UUID(rate_id)]
    assert (rate.country, rate.name) == (country, name)


def test_every_rate_has_an_id_of_its_own() -> None:
    assert len(RATES_BY_ID) == sum(len(rates) for rates in RATES_BY_COUNTRY.values())


def test_all_members_of_the_union_are_in_the_table_and_the_united_states_are_not() -> None:
    assert len(EU_MEMBERS) == 27
    assert set(RATES_BY_COUNTRY) >= EU_MEMBERS | {"GB", "CH", "NO", "AU", "NZ", "CA"}
    assert "US" not in RATES_BY_COUNTRY
    assert set(RATES_BY_COUNTRY) <= set(ENUMERATIONS["AllowedCountries"])


@pytest.mark.parametrize("rate", RATES, ids=lambda rate: f"{rate.country} {rate.name} {rate.valid_from}")
def test_a_rate_is_what_the_contract_can_show(rate: StatutoryRate) -> None:
    assert 0 <= rate.value <= 10_000
    assert 1 <= len(rate.parts) <= 3
    assert all(1 <= len(part.name) <= 64 and 0 <= part.value <= 10_000 for part in rate.parts)
    assert len(rate.name) <= 64
    assert all(part.value * 1_000 == int(part.value * 1_000) for part in rate.parts)
    assert rate.valid_from >= TABLE_BEGINS
    assert rate.valid_until is None or rate.valid_from <= rate.valid_until
    assert rate.id == StatutoryRate(country=rate.country, parts=rate.parts, valid_from=rate.valid_from).id


@pytest.mark.parametrize("country", sorted(RATES_BY_COUNTRY))
def test_a_country_has_a_zero_rate_always_and_no_rate_twice_on_a_day(country: str) -> None:
    for day in {TABLE_BEGINS, EDITION, *(rate.valid_from for rate in RATES_BY_COUNTRY[country])}:
        valid = [rate for rate in RATES_BY_COUNTRY[country] if rate.is_valid_on(day)]
        assert len({rate.parts for rate in valid}) == len(valid)
        assert [rate for rate in valid if not rate.value]
        assert [rate for rate in valid if rate.value]


@pytest.mark.parametrize(
    ("country", "day", "values"),
    [
        ("DE", "2026-03-02", [1900, 700, 0]),
        ("FR", "2026-03-02", [2000, 1000, 550, 210, 0]),
        ("EE", "2025-06-30", [2200, 1300, 900, 0]),
        ("EE", "2025-07-01", [2400, 1300, 900, 0]),
        ("FI", "2025-12-31", [2550, 1400, 1000, 0]),
        ("FI", "2026-01-01", [2550, 1350, 1000, 0]),
        ("RO", "2025-07-31", [1900, 900, 500, 0]),
        ("RO", "2025-08-01", [2100, 1100, 900, 0]),
        ("RO", "2026-08-01", [2100, 1100, 0]),
        ("AT", "2026-06-30", [2000, 1300, 1000, 0]),
        ("AT", "2026-07-01", [2000, 1300, 1000, 490, 0]),
        ("GB", "2026-03-02", [2000, 500, 0]),
        ("CH", "2026-03-02", [810, 380, 260, 0]),
        ("AU", "2026-03-02", [1000, 0]),
        ("CA", "2026-03-02", [1500, 1498, 1400, 1300, 1200, 1200, 1100, 500, 0]),
    ],
)
def test_the_law_of_a_day(country: str, day: str, values: list[int]) -> None:
    on = date.fromisoformat(day)
    assert [rate.value for rate in RATES_BY_COUNTRY[country] if rate.is_valid_on(on)] == values


def test_a_rate_with_more_digits_than_the_api_shows_keeps_them() -> None:
    quebec = RATES_BY_ID[UUID("3a7e6c09-8276-5d3e-94b9-e5d16c2b10a2")]
    assert (quebec.value, quebec.exact_value) == (1498, Decimal("1497.5"))
    assert [(part.name, part.percent) for part in quebec.parts] == [("GST", "5%"), ("QST", "9.975%")]


def test_the_table_was_first_written_before_it_was_last_checked() -> None:
    assert TABLE_BEGINS <= FIRST_EDITION <= EDITION


@given(
    percent=st.decimals(min_value=0, max_value=100, places=3),
    since=st.none() | st.dates(min_value=TABLE_BEGINS, max_value=date(2090, 1, 1)),
    days=st.none() | st.integers(min_value=0, max_value=3000),
)
def test_what_the_table_writes_is_read_back(percent: Decimal, since: date | None, days: int | None) -> None:
    begin = since or TABLE_BEGINS
    until = None if days is None else begin + timedelta(days=days)
    written = f"{percent:f}" + (f"@{since}" if since else "") + (f"/{until}" if until else "")
    assert parse_rate("VAT", written) == (TaxPart("VAT", percent * 100), begin, until)


@pytest.mark.parametrize("written", ["", "x", "5@", "5/2025", "5@2025-13-01", "-5", "5 6", "5/2025-01-01@2025-01-02"])
def test_what_is_no_rate_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_rate("VAT", written)
