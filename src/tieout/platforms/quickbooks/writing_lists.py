"""Bodies of customers, vendors and items. Pure."""

from typing import Any

from tieout.books.records import Address, Company, Item, Kind, Party
from tieout.platforms.port import Operation, Write
from tieout.platforms.quickbooks import preflight
from tieout.platforms.quickbooks.bodies import fitted, fitted_name, is_lossless, is_united_states, reference
from tieout.platforms.quickbooks.errors import refused
from tieout.platforms.quickbooks.translate_lists import PSEUDO_UNTAXED

DISPLAY_NAME_CHARS_MAX = 500
ITEM_NAME_CHARS_MAX = 100
PERSON_NAME_CHARS_MAX = 100
PHONE_CHARS_MAX = 30
EMAIL_CHARS_MAX = 100
TAX_NUMBER_CHARS_MAX = 20
ADDRESS_LINE_CHARS_MAX = 500
CITY_CHARS_MAX = 255
POSTAL_CODE_CHARS_MAX = 30
SKU_CHARS_MAX = 100
ITEM_DESCRIPTION_CHARS_MAX = 4000


def written_name(name: str, company: Company, kind: Kind) -> str:
    """The name under which a party or item is written, and found again; raises WriteRefused for an unwritable one.

    QuickBooks allows no colon (it parts levels), tab or line break: they become a hyphen and blanks.
    """
    longest = ITEM_NAME_CHARS_MAX if kind is Kind.ITEM else DISPLAY_NAME_CHARS_MAX
    fit = fitted_name(name, company, longest)
    if not fit or not is_lossless(name, fit):
        raise refused(preflight.NAME_UNWRITABLE)
    return fit


def party_body(write: Write, party: Party) -> dict[str, Any]:
    """The body of a customer or vendor. The currency is set once and for all, so only a create says it.

    An empty text empties a field; what is left out of a change stays.
    """
    company = write.company
    is_person = bool(party.first_name or party.last_name)
    name = written_name(party.name, company, write.kind)
    tax_field = "PrimaryTaxIdentifier" if write.kind is Kind.CUSTOMER else "TaxIdentifier"
    creates = write.operation is Operation.CREATE
    if creates and party.currency is not None:
        preflight.check_currency(company, party.currency)
    texts = {
        "first_name": _person(party.first_name, company),
        "last_name": _person(party.last_name, company),
        "email": party.email or None,
        "phone": party.phone[:PHONE_CHARS_MAX] if party.phone else None,
        "tax_number": party.tax_number[:TAX_NUMBER_CHARS_MAX] if party.tax_number else None,
    }
    texts |= dict.fromkeys(write.emptied & texts.keys(), "")
    return {
        "DisplayName": name,
        "GivenName": texts["first_name"],
        "FamilyName": texts["last_name"],
        "CompanyName": None if is_person else name[:PERSON_NAME_CHARS_MAX],
        "PrimaryEmailAddr": None if texts["email"] is None else {"Address": texts["email"]},
        "PrimaryPhone": None if texts["phone"] is None else {"FreeFormNumber": texts["phone"]},
        "BillAddr": _address(write, party.address),
        tax_field: texts["tax_number"],
        "CurrencyRef": reference(party.currency) if creates and company.multi_currency else None,
    }


def _person(name: str | None, company: Company) -> str | None:
    return fitted_name(name, company, PERSON_NAME_CHARS_MAX) or None if name else None


def _address(write: Write, address: Address | None) -> dict[str, Any] | None:
    """An address. A change says of every part what it is, for nobody says whether the parts that stand would stay."""
    company, changes = write.company, write.operation is Operation.UPDATE
    if address is None:
        if "address" not in write.emptied:
            return None
        address = Address()
    body = {
        "Line1": fitted(address.line1, company, ADDRESS_LINE_CHARS_MAX),
        "Line2": fitted(address.line2, company, ADDRESS_LINE_CHARS_MAX),
        "City": fitted(address.city, company, CITY_CHARS_MAX),
        "CountrySubDivisionCode": fitted(address.state, company, CITY_CHARS_MAX),
        "PostalCode": fitted(address.postal_code, company, POSTAL_CODE_CHARS_MAX),
        "Country": fitted(address.country, company, CITY_CHARS_MAX),
    }
    if changes:
        return {name: part or "" for name, part in body.items()}
    return body if any(body.values()) else None


def item_body(write: Write, item: Item) -> dict[str, Any]:
    """The body of a product or service that is not kept in stock.

    An update leaves the accounts alone: changing them would move what was posted long ago (field reports).
    """
    company = write.company
    if item.is_stock:
        raise NotImplementedError("stock items are not written: their opening quantity and date are the bookkeeper's")
    creates = write.operation is Operation.CREATE
    if creates and item.income_account_id is None and item.expense_account_id is None:
        message = "An item needs an income account to be sold, or an expense account to be bought."
        raise refused(preflight.ACCOUNT_MISSING, message, field="income_account_id")
    in_us = is_united_states(company)
    return {
        "Name": written_name(item.name, company, Kind.ITEM),
        "Type": "Service" if creates else None,
        "Sku": fitted(item.code, company, SKU_CHARS_MAX),
        "Description": ""
        if "description" in write.emptied
        else fitted(item.description, company, ITEM_DESCRIPTION_CHARS_MAX),
        "UnitPrice": item.unit_price,
        "IncomeAccountRef": reference(item.income_account_id) if creates else None,
        "ExpenseAccountRef": reference(item.expense_account_id) if creates else None,
        "Taxable": item.tax_rate_id not in (None, PSEUDO_UNTAXED) if in_us and creates else None,
        "SalesTaxCodeRef": None if in_us else reference(item.tax_rate_id),
    }
