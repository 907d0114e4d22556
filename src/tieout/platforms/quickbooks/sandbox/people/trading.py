"""Taking on customers and vendors, and writing invoices and bills."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tieout.platforms.quickbooks.sandbox.accounting.books import Books, Regime
from tieout.platforms.quickbooks.sandbox.accounting.kinds import KINDS
from tieout.platforms.quickbooks.sandbox.accounting.records import Record
from tieout.platforms.quickbooks.sandbox.accounting.writing import create
from tieout.platforms.quickbooks.sandbox.people.finding import optional_in, required_in
from tieout.sandbox.people import ActionRefusedError, allow_only, amount_in, date_in, required_text_in, text_in

Wish = Mapping[str, Any]
_DOCUMENT = ("amount", "description", "date", "due_date", "number", "tax_code")
_SALE_DETAIL, _EXPENSE_DETAIL = "SalesItemLineDetail", "AccountBasedExpenseLineDetail"
_LISTS = {_SALE_DETAIL: "SalesTaxRateList", _EXPENSE_DETAIL: "PurchaseTaxRateList"}


def create_customer(books: Books, wish: Wish) -> dict[str, Any]:
    """Take on a customer: `{name, email?}`."""
    return _create_party(books, "Customer", wish)


def create_vendor(books: Books, wish: Wish) -> dict[str, Any]:
    """Take on a vendor: `{name, email?}`."""
    return _create_party(books, "Vendor", wish)


def _create_party(books: Books, kind: str, wish: Wish) -> dict[str, Any]:
    allow_only(wish, "name", "email")
    body: dict[str, Any] = {"DisplayName": required_text_in(wish, "name")}
    email = text_in(wish, "email")
    if email is not None:
        body["PrimaryEmailAddr"] = {"Address": email}
    party = create(books, KINDS[kind], body)
    return {kind.lower(): {"id": party.id, "name": party.content["DisplayName"]}}


def create_invoice(books: Books, wish: Wish) -> dict[str, Any]:
    """Write an invoice: `{customer, amount, item?, quantity?, description?, date?, due_date?, number?, tax_code?}`.

    One line, its amount without tax. Customer, item and tax code are said by id or name.
    """
    allow_only(wish, "customer", "item", "quantity", *_DOCUMENT)
    customer = required_in(books, wish, "customer", "Customer")
    item = optional_in(books, wish, "item", "Item")
    line = _line(books, wish, _SALE_DETAIL)
    if item is not None:
        line[_SALE_DETAIL]["ItemRef"] = {"value": item.id}
    quantity = amount_in(wish, "quantity")
    if quantity is not None:
        line[_SALE_DETAIL] |= {"Qty": quantity, "UnitPrice": unit_price(line["Amount"], quantity)}
    body = {"CustomerRef": {"value": customer.id}, "Line": [line], **_document(books, wish)}
    code = _tax_code(books, wish)
    if code is not None and books.profile.regime is Regime.UNITED_STATES:
        body["TxnTaxDetail"] = {"TxnTaxCodeRef": {"value": code.id}}
    return _told(create(books, KINDS["Invoice"], body))


def create_bill(books: Books, wish: Wish) -> dict[str, Any]:
    """Enter a bill: `{vendor, amount, account?, description?, date?, due_date?, number?, tax_code?}`.

    One line, its amount without tax. Vendor, account and tax code are said by id or name.
    """
    allow_only(wish, "vendor", "account", *_DOCUMENT)
    vendor = required_in(books, wish, "vendor", "Vendor")
    account = optional_in(books, wish, "account", "Account") or _first_expense(books)
    line = _line(books, wish, _EXPENSE_DETAIL)
    line[_EXPENSE_DETAIL]["AccountRef"] = {"value": account.id}
    body = {"VendorRef": {"value": vendor.id}, "Line": [line], **_document(books, wish)}
    return _told(create(books, KINDS["Bill"], body))


def unit_price(amount: Decimal, quantity: Decimal) -> Decimal:
    """The price that comes to an amount, to six places."""
    return (amount / quantity).quantize(Decimal("0.000001"))


def _line(books: Books, wish: Wish, detail: str) -> dict[str, Any]:
    amount = amount_in(wish, "amount")
    if amount is None:
        raise ActionRefusedError("amount is missing")
    line: dict[str, Any] = {"Amount": amount, "DetailType": detail, detail: {}}
    description = text_in(wish, "description")
    if description is not None:
        line["Description"] = description
    code = _tax_code(books, wish)
    if books.profile.regime is Regime.CODE_PER_LINE:
        line[detail]["TaxCodeRef"] = {"value": (code or _free_code(books, _LISTS[detail])).id}
    elif code is not None and detail == _SALE_DETAIL:
        line[detail]["TaxCodeRef"] = {"value": "TAX"}
    return line


def _document(books: Books, wish: Wish) -> dict[str, Any]:
    """The fields that both kinds of document have."""
    told: dict[str, Any] = {}
    for field, name in (("TxnDate", "date"), ("DueDate", "due_date")):
        day = date_in(wish, name)
        if day is not None:
            told[field] = day.isoformat()
    number = text_in(wish, "number")
    if number is not None:
        told["DocNumber"] = number
    if books.profile.regime is Regime.CODE_PER_LINE:
        told["GlobalTaxCalculation"] = "TaxExcluded"
    return told


def _tax_code(books: Books, wish: Wish) -> Record | None:
    return optional_in(books, wish, "tax_code", "TaxCode")


def _free_code(books: Books, side: str) -> Record:
    """The code of a line that nobody gave one: one without a rate."""
    codes = [code for code in books.shelf("TaxCode") if code.active and side in code.content]
    free = [code for code in codes if not code.content[side]["TaxRateDetail"]]
    if not free:
        raise ActionRefusedError("tax_code is missing")
    return free[0]


def _first_expense(books: Books) -> Record:
    accounts = [one for one in books.shelf("Account") if one.active and one.content["AccountType"] == "Expense"]
    if not accounts:
        raise ActionRefusedError("account is missing")
    return accounts[0]


def _told(record: Record) -> dict[str, Any]:
    return {
        "document": {
            "kind": record.kind.name,
            "id": record.id,
            "number": record.content.get("DocNumber"),
            "total": record.shaped.total,
            "balance": record.open,
        }
    }
