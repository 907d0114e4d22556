"""The currencies that a company uses, and its exchange rates as objects of the interface.

A rate is no object that is kept: there is one for every currency and day. A query is answered from a shelf that is made
for the days it asks about.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from tieout.platforms.quickbooks.sandbox import refusals
from tieout.platforms.quickbooks.sandbox.accounting.books import Books
from tieout.platforms.quickbooks.sandbox.accounting.currencies.exchange import (
    RATE_MAX,
    RATE_MIN,
    check_currency,
    day_rate,
    party_currency,
)
from tieout.platforms.quickbooks.sandbox.accounting.currencies.rates import currency_name
from tieout.platforms.quickbooks.sandbox.accounting.fields import read_entity
from tieout.platforms.quickbooks.sandbox.accounting.kinds import KINDS
from tieout.platforms.quickbooks.sandbox.accounting.records import Record, Shaped, Shelf
from tieout.platforms.quickbooks.sandbox.accounting.wishes import ENVELOPE, Wish, check_lengths, keep
from tieout.platforms.quickbooks.sandbox.moments import read_day

KIND = KINDS["ExchangeRate"]
OFF = "Multicurrency is not enabled for this company"
_NAME_MAX = 100
_UPDATED_AT = time(8, 10, 34, tzinfo=UTC)
"""When the rates of a day are there: shortly after midnight on the Pacific coast."""


def shape_company_currency(wish: Wish) -> Shaped:
    """A currency that the company uses besides its own.

    Raises `Refusal`: 6000 without multi-currency and for a currency in use that is made inactive, 2020, 2170 for a code
    that is none, 6240 for one that is there already.
    """
    books, standing = wish.books, wish.standing
    if not books.profile.multi_currency:
        raise refusals.business(OFF)
    code = str(wish.need("Code"))
    if standing is not None and code != standing.content["Code"]:
        raise refusals.business("The code of a currency cannot change")
    if currency_name(code) is None:
        raise refusals.invalid_choice("Code", code)
    if standing is None and (code in books.currencies or code == books.profile.currency):
        raise refusals.duplicate_name()
    check_lengths(wish.body, {"Name": _NAME_MAX})
    content = keep(wish.body, ENVELOPE)
    content.setdefault("Name", currency_name(code))
    content["Active"] = wish.body.get("Active", True)
    if not content["Active"] and _is_used(books, code):
        raise refusals.business("A currency that customers, vendors or accounts have cannot be made inactive")
    return Shaped(content)


def adopt_currency(books: Books, record: Record) -> None:
    """Let the company use a currency from now on."""
    books.currencies[record.content["Code"]] = record.id


def _is_used(books: Books, code: str) -> bool:
    lists = (books.shelf("Customer"), books.shelf("Vendor"), books.shelf("Account"))
    return any(party_currency(books, one) == code for shelf in lists for one in shelf if one.active)


def read_rate(books: Books, code: str | None, as_of: str | None) -> Record:
    """The rate of a currency on a day, today's without one. Raises `Refusal`: 2020, 2010, 2500, 610, 6000."""
    if not books.profile.multi_currency:
        raise refusals.business(OFF)
    if not code:
        raise refusals.missing("sourcecurrencycode")
    code = code.upper()
    check_currency(books, code)
    return _rate_record(books, code, _day("asofdate", as_of) or books.today())


def write_rate(books: Books, body: Mapping[str, Any]) -> Record:
    """Set the rate of a currency on a day. Raises `Refusal`: 2010, 2020, 2500, 610, 6000."""
    if not books.profile.multi_currency:
        raise refusals.business(OFF)
    if books.switches.subscription_ended:
        raise refusals.subscription_ended()
    sent = read_entity(KIND.name, dict(body))
    for field in ("SourceCurrencyCode", "Rate"):
        if sent.get(field) is None:
            raise refusals.missing(field)
    code, rate = str(sent["SourceCurrencyCode"]), Decimal(sent["Rate"])
    check_currency(books, code)
    if code == books.profile.currency or sent.get("TargetCurrencyCode") not in (None, books.profile.currency):
        raise refusals.business("An exchange rate is from a foreign currency to your own")
    if not RATE_MIN <= rate <= RATE_MAX:
        raise refusals.business(f"An exchange rate has to be between {RATE_MIN} and {RATE_MAX}")
    on = _day("AsOfDate", sent.get("AsOfDate")) or books.today()
    books.rates.set_rate(code, on, rate, at=books.now())
    return _rate_record(books, code, on)


def shelve_rates(books: Books, days: Iterable[date]) -> None:
    """Put on the shelf what a query may find: the rates of every currency on these days; none without any currency."""
    shelf = Shelf(KIND)
    books.shelves[KIND.name] = shelf
    if not books.profile.multi_currency:
        return
    for on in days:
        for code in (books.profile.currency, *books.currencies):
            shelf.put(_rate_record(books, code, on))


def _rate_record(books: Books, code: str, on: date) -> Record:
    content = {
        "SourceCurrencyCode": code,
        "TargetCurrencyCode": books.profile.currency,
        "Rate": day_rate(books, code, on),
        "AsOfDate": on.isoformat(),
    }
    told = books.rates.set_rates.get((code, on))
    at = told.at if told is not None else min(books.now(), datetime.combine(on, _UPDATED_AT))
    return Record(KIND, f"{code}:{on}", at, at, Shaped(content))


def _day(field: str, value: str | None) -> date | None:
    if value is None:
        return None
    try:
        return read_day(value)
    except ValueError:
        raise refusals.invalid_value(field, value, "java.util.Date") from None
