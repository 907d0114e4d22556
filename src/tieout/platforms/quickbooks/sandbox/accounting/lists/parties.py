"""Customers and vendors."""

from decimal import Decimal
from typing import Any

from tieout.platforms.quickbooks.sandbox import refusals
from tieout.platforms.quickbooks.sandbox.accounting.books import Regime
from tieout.platforms.quickbooks.sandbox.accounting.currencies.exchange import party_currency, read_list_currency
from tieout.platforms.quickbooks.sandbox.accounting.lists.hierarchy import DELETED, listed_name, place_under_parent
from tieout.platforms.quickbooks.sandbox.accounting.records import Shaped
from tieout.platforms.quickbooks.sandbox.accounting.wishes import (
    ENVELOPE,
    Wish,
    check_characters,
    check_email,
    check_lengths,
    keep,
    refuse_unsimulated,
)
from tieout.platforms.quickbooks.sandbox.figures import figure

_NOWHERE = "INVALID"
"""What an address has for its place on earth until somebody finds it there."""
_LENGTHS = {
    "DisplayName": 500, "GivenName": 100, "MiddleName": 100, "FamilyName": 100, "CompanyName": 100,
    "Title": 16, "Suffix": 16, "PrintOnCheckName": 110, "Notes": 2000, "AcctNum": 100,
}  # fmt: skip
_CLEAN = ("DisplayName", "Title", "GivenName", "MiddleName", "FamilyName", "Suffix", "PrintOnCheckName")
_NAME_PARTS = ("Title", "GivenName", "MiddleName", "FamilyName", "Suffix")
_MASKED_SSN = "-".join("X" * length for length in (3, 2, 4))
_PHONES = ("PrimaryPhone", "AlternatePhone", "Mobile", "Fax")
_ADDRESSES = ("BillAddr", "ShipAddr")
_DERIVED = ENVELOPE | {"Balance", "BalanceWithJobs", "FullyQualifiedName", "Level"}


def shape_customer(wish: Wish) -> Shaped:
    """A customer. Raises `Refusal`."""
    body = wish.body
    parent = wish.resolve("ParentRef", "Customer")
    content = _party(wish, party_currency(wish.books, parent))
    if parent is not None and content["CurrencyRef"]["value"] != party_currency(wish.books, parent):
        raise refusals.business("A sub-customer has the currency of its parent")
    level = place_under_parent(wish, content, "Job", name="DisplayName")
    if level:
        content["Level"] = level
    content.setdefault("Taxable", True)
    content.setdefault("BillWithParent", False)
    content.setdefault("PreferredDeliveryMethod", "Print")
    default_code = wish.books.profile.default_tax_code
    if content["Taxable"] and default_code and wish.books.profile.regime is Regime.UNITED_STATES:
        content.setdefault("DefaultTaxCodeRef", {"value": default_code})
    wish.resolve("SalesTermRef", "Term")
    wish.resolve("PaymentMethodRef", "PaymentMethod")
    if body.get("DefaultTaxCodeRef") is not None:
        wish.resolve("DefaultTaxCodeRef", "TaxCode")
    return Shaped(content)


def shape_vendor(wish: Wish) -> Shaped:
    """A vendor. Raises `Refusal`."""
    content = _party(wish)
    content.setdefault("Vendor1099", False)
    wish.resolve("TermRef", "Term")
    return Shaped(content)


def shape_employee(wish: Wish) -> Shaped:
    """An employee: a person with a name of its own among customers and vendors. Raises `Refusal`."""
    body = wish.body
    if not body.get("GivenName") and not body.get("FamilyName"):
        raise refusals.no_name()
    check_lengths(body, _LENGTHS | {"PrintOnCheckName": 100, "SSN": 100, "EmployeeNumber": 100})
    check_characters(body, _CLEAN, ":\t\n")
    for phone in _PHONES:
        check_lengths(body.get(phone) or {}, {"FreeFormNumber": 20})
    check_email(body, "PrimaryEmailAddr")
    content = keep(body, _DERIVED)
    content["DisplayName"] = _display_name(wish)
    content["Active"] = body.get("Active", True)
    content.setdefault("PrintOnCheckName", content["DisplayName"].removesuffix(DELETED)[:100])
    content.setdefault("BillableTime", False)
    if content.get("BillRate") and not content["BillableTime"]:
        raise refusals.business("A bill rate can only be set for an employee whose time is billable")
    for rate in ("BillRate", "CostRate"):
        if rate in content:
            content[rate] = figure(Decimal(content[rate]))
    if "SSN" in content:
        content["SSN"] = _MASKED_SSN
    if content.get("PrimaryAddr"):
        content["PrimaryAddr"] = _address(wish, content["PrimaryAddr"], "PrimaryAddr")
    return Shaped(content)


def _party(wish: Wish, default: str | None = None) -> dict[str, Any]:
    """What customers and vendors share; `default` is the currency of one that says none."""
    body = wish.body
    check_lengths(body, _LENGTHS)
    check_characters(body, _CLEAN, ":\t\n")
    for phone in _PHONES:
        check_lengths(body.get(phone) or {}, {"FreeFormNumber": 30})
    check_lengths(body.get("WebAddr") or {}, {"URI": 1000})
    check_email(body, "PrimaryEmailAddr")
    read_list_currency(wish, default)
    refuse_unsimulated(body, ["OpenBalanceDate"])
    content = keep(body, _DERIVED)
    for field in ("PrimaryEmailAddr", "WebAddr", *_PHONES, *_ADDRESSES):
        if not content.get(field, True):
            del content[field]  # every part of it was sent empty
    content["DisplayName"] = _display_name(wish)
    content["Active"] = body.get("Active", True)
    printed = content.get("CompanyName") or content["DisplayName"].removesuffix(DELETED)
    content.setdefault("PrintOnCheckName", printed[:110])
    for address in _ADDRESSES:
        if content.get(address):
            content[address] = _address(wish, content[address], address)
    return content


def _display_name(wish: Wish) -> str:
    """The name, composed from its parts when none was given; with its ending when inactive."""
    body = wish.body
    name = body.get("DisplayName")
    if not name:
        name = " ".join(body[part] for part in _NAME_PARTS if body.get(part)) or body.get("CompanyName")
    if not name:
        raise refusals.no_name()
    name = str(name).strip()
    return listed_name(wish, "DisplayName", name)


def _address(wish: Wish, address: dict[str, Any], field: str) -> dict[str, Any]:
    """An address with an id of its own, which it keeps."""
    check_lengths(address, {f"Line{number}": 500 for number in range(1, 6)} | {"City": 255, "PostalCode": 30})
    standing = wish.standing.content.get(field, {}) if wish.standing is not None else {}
    own_id = standing.get("Id") or wish.books.next_id("address")
    return {"Lat": _NOWHERE, "Long": _NOWHERE} | address | {"Id": own_id}
