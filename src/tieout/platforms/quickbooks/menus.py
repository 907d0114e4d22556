"""Where a person clicks in QuickBooks: the paths of its navigation; the gear is at the top right of every page."""

from collections.abc import Mapping
from typing import Final

from tieout.books.records import Kind

PLACES: Final[Mapping[Kind, str]] = {
    Kind.COMPANY: "Gear > Account and settings",
    Kind.ACCOUNT: "Gear > Chart of accounts",
    Kind.TAX_RATE: "Taxes > Sales tax or VAT",
    Kind.ITEM: "Sales > Products & services",
    Kind.CUSTOMER: "Sales > Customers",
    Kind.VENDOR: "Expenses > Vendors",
    Kind.INVOICE: "Sales > Invoices",
    Kind.BILL: "Expenses > Bills",
    Kind.CREDIT_NOTE: "Sales > All sales",
    Kind.VENDOR_CREDIT: "Expenses > Expenses",
    Kind.PAYMENT: "Sales > All sales",
    Kind.BILL_PAYMENT: "Expenses > Expenses",
}
"""Where the records of a kind are."""
