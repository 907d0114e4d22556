"""Countries that an address of the books may be taken over with."""

from tieout.api.enumerations import ENUMERATIONS
from tieout.books.countries import COUNTRIES


def test_every_country_is_one_that_the_contract_can_show() -> None:
    assert set(ENUMERATIONS["AllowedCountries"]) >= COUNTRIES
    assert {"GB", "US", "AU", "DE"} <= COUNTRIES
