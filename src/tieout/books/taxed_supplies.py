"""Which tax rates can be right for a sale, by who sells what to whom.

The list is narrowed as far as the parties tell, never further: which of several rates a good has, the seller knows.

- Within a country: all its rates, in Canada those of the buyer's province.
- From one member of the European Union into another: to a buyer with a VAT number of another member than the
  seller's, none is charged (Directive 2006/112/EC, articles 138 and 196). To others goods have the rates of the buyer's
  country if the seller accounts for them there through the One Stop Shop (articles 33 and 369a ff.), services those of
  either country; without the One Stop Shop it is the seller's (articles 45 and 59c).
- Out of the country or the Union: goods are exported without tax, and so are services to businesses; services to
  consumers may have the seller's rates.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from tieout.books.statutory_rates import EU_MEMBERS, RATES_BY_COUNTRY, StatutoryRate

_TAXED_AS = {"MC": "FR", "IM": "GB"}
"""Countries without a tax of their own, with the country to which they belong for it."""

_PROVINCES = {
    "ALBERTA": "AB",
    "BRITISH COLUMBIA": "BC",
    "MANITOBA": "MB",
    "NEW BRUNSWICK": "NB",
    "NEWFOUNDLAND AND LABRADOR": "NL",
    "NEWFOUNDLAND": "NL",
    "NOVA SCOTIA": "NS",
    "NORTHWEST TERRITORIES": "NT",
    "NUNAVUT": "NU",
    "ONTARIO": "ON",
    "PRINCE EDWARD ISLAND": "PE",
    "QUEBEC": "QC",
    "QUÉBEC": "QC",
    "SASKATCHEWAN": "SK",
    "YUKON": "YT",
}


class Sold(StrEnum):
    """What is sold."""

    GOODS = "goods"
    SERVICE = "service"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seller:
    """Who sells: the country of the registration that the sale is made under."""

    country: str
    uses_one_stop_shop: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Buyer:
    """Who buys: where the supply goes, and as what.

    `vat_country` is the country of the VAT number that the buyer gives, if it gives one.
    """

    country: str
    region: str | None = None
    is_business: bool = False
    vat_country: str | None = None


def tax_country(country: str) -> str:
    """The country whose rates hold there."""
    return _TAXED_AS.get(country, country)


def province_of(state: str | None) -> str | None:
    """The code of a Canadian province as addresses write it; None for what is none."""
    word = (state or "").strip().upper()
    return word if word in _PROVINCES.values() else _PROVINCES.get(word)


def usable_rates(seller: Seller, buyer: Buyer | None, sold: Sold | None, *, on: date) -> tuple[StatutoryRate, ...]:
    """The rates that a sale on that day can have, those of the seller's country first, the highest first.

    None of them if the seller's country levies no such tax, or the table does not have it.
    """
    home = _valid(tax_country(seller.country), on)
    if buyer is None:
        return home
    origin, destination = tax_country(seller.country), tax_country(buyer.country)
    if origin == destination:
        return _within(home, province_of(buyer.region))
    if {origin, destination} <= EU_MEMBERS:
        return _within_the_union(seller, buyer, sold, home, _valid(destination, on))
    if sold is Sold.GOODS or buyer.is_business or buyer.vat_country is not None:
        return _without_tax(home)
    return home


def _within_the_union(
    seller: Seller,
    buyer: Buyer,
    sold: Sold | None,
    home: tuple[StatutoryRate, ...],
    there: tuple[StatutoryRate, ...],
) -> tuple[StatutoryRate, ...]:
    number = None if buyer.vat_country is None else tax_country(buyer.vat_country)
    if number in EU_MEMBERS - {tax_country(seller.country)}:
        return _without_tax(home)
    if not seller.uses_one_stop_shop:
        return home
    return there if sold is Sold.GOODS else home + there


def _valid(country: str, on: date) -> tuple[StatutoryRate, ...]:
    return tuple(rate for rate in RATES_BY_COUNTRY.get(country, ()) if rate.is_valid_on(on))


def _within(rates: Iterable[StatutoryRate], region: str | None) -> tuple[StatutoryRate, ...]:
    return tuple(rate for rate in rates if region is None or not rate.regions or region in rate.regions)


def _without_tax(rates: Iterable[StatutoryRate]) -> tuple[StatutoryRate, ...]:
    return tuple(rate for rate in rates if not rate.value)
