"""Which rates a sale can have: examples by the law's articles, and properties that hold for all."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.books.statutory_rates import EU_MEMBERS, RATES_BY_COUNTRY
from tieout.books.taxed_supplies import Buyer, Seller, Sold, province_of, tax_country, usable_rates

ON = date(2026, 3, 2)
GERMAN = [1900, 700, 0]
FRENCH = [2000, 1000, 550, 210, 0]

countries = st.sampled_from([*sorted(RATES_BY_COUNTRY), "US", "PK", "MC", "IM"])
sold_or_not_told = st.none() | st.sampled_from(Sold)
sellers = st.builds(Seller, country=countries, uses_one_stop_shop=st.booleans())
buyers = st.builds(
    Buyer,
    country=countries,
    region=st.none() | st.sampled_from(["ON", "Quebec", "Bavaria"]),
    is_business=st.booleans(),
    vat_country=st.none() | countries,
)


def values(seller: Seller, buyer: Buyer | None = None, sold: Sold | None = None) -> list[int]:
    return [rate.value for rate in usable_rates(seller, buyer, sold, on=ON)]


def test_without_a_buyer_all_rates_of_the_sellers_country_are_usable() -> None:
    assert values(Seller(country="DE")) == GERMAN
    assert values(Seller(country="MC")) == FRENCH
    assert values(Seller(country="US")) == []


@pytest.mark.parametrize("sold", [None, *Sold])
def test_within_a_country_all_its_rates_are_usable(sold: Sold | None) -> None:
    buyer = Buyer(country="DE", is_business=True, vat_country="DE")
    assert values(Seller(country="DE"), buyer, sold) == GERMAN
    assert values(Seller(country="FR"), Buyer(country="MC"), sold) == FRENCH


@pytest.mark.parametrize("sold", [None, *Sold])
def test_a_buyer_with_a_number_of_another_member_is_not_charged(sold: Sold | None) -> None:
    assert values(Seller(country="DE"), Buyer(country="FR", is_business=True, vat_country="FR"), sold) == [0]
    assert values(Seller(country="DE"), Buyer(country="FR", is_business=True, vat_country="IT"), sold) == [0]


@pytest.mark.parametrize("sold", [None, *Sold])
@pytest.mark.parametrize("number", [None, "DE", "US"])
def test_a_buyer_without_a_number_of_another_member_is_charged_at_home(sold: Sold | None, number: str | None) -> None:
    assert values(Seller(country="DE"), Buyer(country="FR", vat_country=number), sold) == GERMAN


def test_through_the_one_stop_shop_goods_have_the_rates_of_where_they_go() -> None:
    seller = Seller(country="DE", uses_one_stop_shop=True)
    consumer = Buyer(country="FR")
    assert values(seller, consumer, Sold.GOODS) == FRENCH
    assert values(seller, consumer, Sold.SERVICE) == GERMAN + FRENCH
    assert values(seller, consumer) == GERMAN + FRENCH
    assert values(seller, Buyer(country="FR", vat_country="FR"), Sold.GOODS) == [0]
    assert values(seller, Buyer(country="DE"), Sold.GOODS) == GERMAN
    assert values(seller, Buyer(country="US"), Sold.GOODS) == [0]


@pytest.mark.parametrize("destination", ["US", "GB", "CH"])
def test_exports_are_not_charged_but_services_to_consumers_may_be(destination: str) -> None:
    seller = Seller(country="DE")
    assert values(seller, Buyer(country=destination), Sold.GOODS) == [0]
    assert values(seller, Buyer(country=destination, is_business=True), Sold.SERVICE) == [0]
    assert values(seller, Buyer(country=destination, is_business=True)) == [0]
    assert values(seller, Buyer(country=destination, vat_country=destination)) == [0]
    assert values(seller, Buyer(country=destination), Sold.SERVICE) == GERMAN
    assert values(seller, Buyer(country=destination)) == GERMAN


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("ON", [1300, 0]),
        (" ontario ", [1300, 0]),
        ("QC", [1498, 500, 0]),
        ("Québec", [1498, 500, 0]),
        ("AB", [500, 0]),
        ("Nova Scotia", [1400, 0]),
        ("BC", [1200, 500, 0]),
        (None, [1500, 1498, 1400, 1300, 1200, 1200, 1100, 500, 0]),
        ("Bavaria", [1500, 1498, 1400, 1300, 1200, 1200, 1100, 500, 0]),
    ],
)
def test_in_canada_the_buyers_province_says_which(state: str | None, expected: list[int]) -> None:
    assert values(Seller(country="CA"), Buyer(country="CA", region=state)) == expected


def test_a_province_is_known_by_its_code_and_by_its_name() -> None:
    assert province_of("yt") == province_of("Yukon") == "YT"
    assert province_of("") is province_of(None) is province_of("Texas") is None


@given(seller=sellers, buyer=st.none() | buyers, sold=sold_or_not_told)
def test_only_rates_in_force_of_the_sellers_or_the_buyers_country_are_usable(
    seller: Seller, buyer: Buyer | None, sold: Sold | None
) -> None:
    rates = usable_rates(seller, buyer, sold, on=ON)
    home = tax_country(seller.country)
    there = {home} if buyer is None else {home, tax_country(buyer.country)}
    assert all(rate.is_valid_on(ON) and rate.country in there for rate in rates)
    assert len({rate.id for rate in rates}) == len(rates)
    assert bool(rates) == (home in RATES_BY_COUNTRY)


@given(seller=sellers, buyer=buyers, sold=sold_or_not_told)
def test_a_foreign_countrys_rates_are_usable_only_through_the_one_stop_shop(
    seller: Seller, buyer: Buyer, sold: Sold | None
) -> None:
    foreign = {rate.country for rate in usable_rates(seller, buyer, sold, on=ON)} - {tax_country(seller.country)}
    if foreign:
        assert seller.uses_one_stop_shop
        assert {tax_country(seller.country), tax_country(buyer.country)} <= EU_MEMBERS
        assert not buyer.vat_country or tax_country(buyer.vat_country) not in EU_MEMBERS - {tax_country(seller.country)}


@given(seller=sellers, buyer=buyers, sold=st.sampled_from(Sold))
def test_knowing_what_is_sold_only_narrows(seller: Seller, buyer: Buyer, sold: Sold) -> None:
    told = {rate.id for rate in usable_rates(seller, buyer, sold, on=ON)}
    assert told <= {rate.id for rate in usable_rates(seller, buyer, None, on=ON)}
