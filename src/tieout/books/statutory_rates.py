"""The rates of value added tax (VAT, GST, HST) that the law sets, as facts: country, value, from when until when.

Values are percent × 100. The table begins at TABLE_BEGINS: a rate that was in force then says that day, though it is
older. Rates of special territories (Corsica, the Azores, the Greek islands …) and temporary ones for single goods are
not in it. What is here never changes its id: an ended rate gets its last day, a new one its own line.

Sources, all public:
- European Union: European Commission, Taxes in Europe Database (TEDB), and for what changed since 2025 the countries'
  own: Austria (Umsatzsteuergesetz 1994 § 10, 4.9 % from July 2026), Estonia (Käibemaksuseadus § 15), Finland (vero.fi,
  13.5 % from 2026), Lithuania (Law XV-287), Romania (Law 141/2025), Slovakia (Act 278/2024).
- Monaco has the rates of France, the Isle of Man those of the United Kingdom, Liechtenstein those of Switzerland.
- United Kingdom: HM Revenue & Customs, gov.uk/vat-rates. Switzerland: Federal Tax Administration, estv.admin.ch.
- Norway: Skatteetaten, skatteetaten.no. Iceland: Skatturinn, rsk.is.
- Australia: Australian Taxation Office, ato.gov.au. New Zealand: Inland Revenue, ird.govt.nz.
- Canada: Canada Revenue Agency (GST/HST), Revenu Québec (QST), the finance ministries of British Columbia and
  Saskatchewan (PST) and Manitoba (RST).
- Singapore: IRAS, iras.gov.sg. South Africa: SARS, sars.gov.za. United Arab Emirates: tax.gov.ae.
The United States levies no such tax.

In the tables below `4.9@2026-07-01` is 4.9 % from that day on, `19/2025-07-31` is 19 % until that day. Every country
has a zero rate besides, for what is exempt, reverse charged or exported.
"""

import re
import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from types import MappingProxyType
from uuid import UUID

from tieout.books.arithmetic.rounding import half_up
from tieout.kit.identifiers import derived_id

TABLE_BEGINS = date(2025, 1, 1)
"""Part of every id that is derived from it: never to be changed."""

FIRST_EDITION = date(2026, 11, 22)
EDITION = date(2026, 11, 22)
"""When the table was held against its sources for the first and for the last time."""
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "statutory-rates.tieout")

_EU = {
    "AT": "20 13 10 4.9@2026-07-01",
    "BE": "21 12 6",
    "BG": "20 9",
    "CY": "19 9 5 3",
    "CZ": "21 12",
    "DE": "19 7",
    "DK": "25",
    "EE": "22/2025-06-30 24@2025-07-01 13 9",
    "ES": "21 10 4",
    "FI": "25.5 14/2025-12-31 13.5@2026-01-01 10",
    "FR": "20 10 5.5 2.1",
    "GR": "24 13 6",
    "HR": "25 13 5",
    "HU": "27 18 5",
    "IE": "23 13.5 9 4.8",
    "IT": "22 10 5 4",
    "LT": "21 9/2025-12-31 12@2026-01-01 5",
    "LU": "17 14 8 3",
    "LV": "21 12 5",
    "MT": "18 12 7 5",
    "NL": "21 9",
    "PL": "23 8 5",
    "PT": "23 13 6",
    "RO": "19/2025-07-31 9/2026-07-31 5/2025-07-31 21@2025-08-01 11@2025-08-01",
    "SE": "25 12 6",
    "SI": "22 9.5 5",
    "SK": "23 19 5",
}
_ELSEWHERE = {
    "AE": "5",
    "CH": "8.1 3.8 2.6",
    "GB": "20 5",
    "IS": "24 11",
    "LI": "8.1 3.8 2.6",
    "NO": "25 15 12 11.11",
    "ZA": "15",
}
_GOODS_AND_SERVICES_TAX = {"AU": "10", "NZ": "15", "SG": "9"}

_CANADA = (
    ("AB BC MB NT NU QC SK YT", "GST 5"),
    ("ON", "HST 13"),
    ("NB NL PE", "HST 15"),
    ("NS", "HST 14@2025-04-01"),
    ("QC", "GST 5 + QST 9.975"),
    ("BC", "GST 5 + PST 7"),
    ("SK", "GST 5 + PST 6"),
    ("MB", "GST 5 + RST 7"),
)

_RATE = re.compile(r"(?P<percent>[0-9.]+)(@(?P<since>[0-9-]{10}))?(/(?P<until>[0-9-]{10}))?")


@dataclass(frozen=True, slots=True)
class TaxPart:
    """A tax within a rate, percent × 100."""

    name: str
    value: Decimal

    @property
    def percent(self) -> str:
        """The value as people write it."""
        return f"{(self.value / 100).normalize():f}%"


@dataclass(frozen=True, kw_only=True)
class StatutoryRate:
    """A rate in one country: what it is made of, when it can be used (both days included), in which regions of it.

    No regions are all of them.
    """

    country: str
    parts: tuple[TaxPart, ...]
    valid_from: date = TABLE_BEGINS
    valid_until: date | None = None
    regions: frozenset[str] = frozenset()

    @cached_property
    def id(self) -> UUID:
        """The same for ever: derived from country, parts and first day."""
        parts = (f"{part.name}={part.value.normalize():f}" for part in self.parts)
        return derived_id(_NAMESPACE, self.country, *parts, self.valid_from.isoformat())

    @property
    def exact_value(self) -> Decimal:
        """Percent × 100 with all digits."""
        return sum((part.value for part in self.parts), Decimal(0))

    @property
    def value(self) -> int:
        """Percent × 100, rounded to the whole number that the API shows."""
        return half_up(self.exact_value)

    @property
    def name(self) -> str:
        """The rate as documents show it."""
        return " + ".join(f"{part.name} {part.percent}" for part in self.parts)

    def is_valid_on(self, day: date) -> bool:
        """Whether the law has it that day."""
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


def parse_rate(name: str, written: str) -> tuple[TaxPart, date, date | None]:
    """A rate as the tables write it: its value, first and last day; raises ValueError."""
    found = _RATE.fullmatch(written)
    if found is None:
        message = f"not a rate of the table: {written!r}"
        raise ValueError(message)
    since, until = found["since"], found["until"]
    return (
        TaxPart(name, Decimal(found["percent"]) * 100),
        date.fromisoformat(since) if since else TABLE_BEGINS,
        date.fromisoformat(until) if until else None,
    )


def _rates_of(country: str, tax: str, written: str) -> Iterator[StatutoryRate]:
    for word in (*written.split(), "0"):
        part, since, until = parse_rate(tax, word)
        yield StatutoryRate(country=country, parts=(part,), valid_from=since, valid_until=until)


def _rates_of_canada() -> Iterator[StatutoryRate]:
    for regions, written in _CANADA:
        parts = [parse_rate(*term.split()) for term in written.split(" + ")]
        since = max(part[1] for part in parts)
        yield StatutoryRate(
            country="CA",
            parts=tuple(part[0] for part in parts),
            valid_from=since,
            regions=frozenset(regions.split()),
        )
    yield StatutoryRate(country="CA", parts=(TaxPart("GST", Decimal(0)),))


def _table() -> Iterator[StatutoryRate]:
    for country, written in (_EU | _ELSEWHERE).items():
        yield from _rates_of(country, "VAT", written)
    for country, written in _GOODS_AND_SERVICES_TAX.items():
        yield from _rates_of(country, "GST", written)
    yield from _rates_of_canada()


def _by_country() -> Mapping[str, tuple[StatutoryRate, ...]]:
    found: dict[str, list[StatutoryRate]] = defaultdict(list)
    for rate in _table():
        found[rate.country].append(rate)
    highest_first = {
        country: tuple(sorted(rates, key=lambda rate: (-rate.exact_value, rate.name, rate.valid_from)))
        for country, rates in found.items()
    }
    return MappingProxyType(highest_first)


EU_MEMBERS = frozenset(_EU)
RATES_BY_COUNTRY = _by_country()
"""All rates of a country, the highest first, ended ones and future ones among them."""

RATES_BY_ID = MappingProxyType({rate.id: rate for rates in RATES_BY_COUNTRY.values() for rate in rates})
