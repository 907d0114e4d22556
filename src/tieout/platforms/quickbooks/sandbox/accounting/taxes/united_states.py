"""Sales tax in the United States: lines say TAX or NON, the document has one code, which brings the rates.

The document names the code itself, or the platform's engine picks it by where the goods go (`automated_tax`).
"""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from tieout.platforms.quickbooks.sandbox import refusals
from tieout.platforms.quickbooks.sandbox.accounting.books import Books
from tieout.platforms.quickbooks.sandbox.accounting.documents import (
    SALES_SIDE,
    DocumentTax,
    Line,
    day_of,
    rates_of,
    shown_tax,
    stated_rates,
    stated_tax,
)
from tieout.platforms.quickbooks.sandbox.accounting.records import Record
from tieout.platforms.quickbooks.sandbox.accounting.taxes.arithmetic import (
    Outcome,
    TaxedLine,
    plan_exclusive,
    plan_spread,
    plan_stated,
)
from tieout.platforms.quickbooks.sandbox.accounting.taxes.places import code_name
from tieout.platforms.quickbooks.sandbox.accounting.wishes import Wish
from tieout.platforms.quickbooks.sandbox.figures import ZERO, cents

_TAXABLE = "TAX"
_RESERVED = "CustomSalesTax"
"""Marks documents of a sales tax model long gone; no new one can have it."""
_HOME = frozenset({"", "US", "USA", "UNITED STATES"})
_CITY_AND_STATE = re.compile(r"(?:^|,)\s*([A-Za-z .'-]+),\s*([A-Z]{2})\b")


def tax_by_document(wish: Wish, content: Mapping[str, Any], lines: Sequence[Line]) -> DocumentTax:
    """The tax of a sales form. Raises `Refusal` 6000, 2500, 610, 6160."""
    taxable, stated = any(line.tax_code == _TAXABLE for line in lines), stated_tax(wish)
    named = _named_code(wish)
    if not wish.books.switches.sales_tax_set_up:
        if taxable or named is not None or _amount(stated):
            raise refusals.no_sales_tax()
        return DocumentTax(Outcome((), tuple(line.amount for line in lines)), shown_tax(Outcome((), ())), None)
    code = _engine_code(wish, content) if wish.books.profile.automated_tax else named
    default = wish.books.profile.default_tax_code
    if code is None and taxable and stated and default and not wish.books.profile.automated_tax:
        code = wish.books.resolve({"value": default}, "TaxCode")
    rates = rates_of(wish.books, code, SALES_SIDE, day_of(content)) if code is not None else ()
    taxed = [TaxedLine(line.amount, rates if line.tax_code == _TAXABLE else ()) for line in lines]
    outcome = _as_stated(plan_exclusive(taxed), stated, by_engine=wish.books.profile.automated_tax)
    return DocumentTax(outcome, shown_tax(outcome, code if outcome.amounts else None), stated)


def _as_stated(outcome: Outcome, stated: Mapping[str, Any] | None, *, by_engine: bool) -> Outcome:
    """The computed tax, or what the client states: by rate, or as a total that is spread over the rates.

    The engine spreads in any case: the rates are its own.
    """
    if stated is None:
        return outcome
    total, tax_lines = stated.get("TotalTax"), stated.get("TaxLine")
    if tax_lines and by_engine:
        total = _amount(stated)
    elif tax_lines:
        by_rate = stated_rates(tax_lines, outcome)
        if total in (None, sum(by_rate.values(), ZERO)):
            return plan_stated(outcome, by_rate, inclusive=False)
    if total is None:
        return outcome
    if total and not outcome.amounts:
        raise refusals.business("A tax amount was given, but no line is taxable with a tax code")
    return plan_spread(outcome, cents(Decimal(total)))


def _amount(stated: Mapping[str, Any] | None) -> Decimal:
    """What is stated in all; a total goes before lines."""
    if stated is None:
        return ZERO
    if stated.get("TotalTax") is not None:
        return Decimal(stated["TotalTax"])
    return sum((Decimal(line.get("Amount") or 0) for line in stated.get("TaxLine", ())), ZERO)


def _named_code(wish: Wish) -> Record | None:
    """The code that the document names: a group of rates, not one of the marks of lines."""
    reference = (wish.body.get("TxnTaxDetail") or {}).get("TxnTaxCodeRef")
    if not reference:
        return None
    if reference.get("value") == _RESERVED:
        raise refusals.business(f"{_RESERVED} cannot be used as the tax code of a transaction")
    code = wish.books.resolve(reference, "TaxCode")
    if not code.content.get("TaxGroup"):
        raise refusals.tax_code_invalid(code.id)
    return code


def _engine_code(wish: Wish, content: Mapping[str, Any]) -> Record | None:
    """The code of the place where the goods go, whatever the document names; none where nothing is due.

    Nothing is due abroad, in states without a tax agency of the company's, and from customers who are not taxable.
    """
    books = wish.books
    customer = books.shelf("Customer").get(content.get("CustomerRef", {}).get("value", ""))
    if customer is not None and not customer.content.get("Taxable", True):
        return None
    company = books.shelf("CompanyInfo").records["1"].content["LegalAddr"]
    place = _place(content.get("ShipAddr")) or _place(company)
    return None if place is None else _code_of(books, *place)


def _place(address: Mapping[str, Any] | None) -> tuple[str, str] | None:
    """City and state of an address, from its fields or its lines; a foreign place is in no state."""
    if not address:
        return None
    if str(address.get("Country") or "").strip().upper() not in _HOME:
        return "", ""
    state = address.get("CountrySubDivisionCode")
    if state:
        return str(address.get("City") or ""), str(state)
    lines = (str(address.get(f"Line{number}") or "") for number in range(5, 0, -1))
    found = next((match for match in map(_CITY_AND_STATE.search, lines) if match), None)
    return (found[1], found[2]) if found else None


def _code_of(books: Books, city: str, state: str) -> Record | None:
    for name in (code_name(state, city), code_name(state)):
        ref = books.names.get(("tax codes", name.lower()))
        if ref is not None:
            return books.record(ref)
    return None
