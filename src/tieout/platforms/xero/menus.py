"""Where a person clicks in Xero: the paths of its menus, as they are named there."""

from collections.abc import Mapping
from typing import Final

from tieout.books.records import Kind

CONTACTS: Final = "Contacts > All contacts"
ACCOUNTS: Final = "Accounting > Chart of accounts"
BANK_ACCOUNTS: Final = "Accounting > Bank accounts"
TAX_RATES: Final = "Accounting > Advanced > Tax rates"
TRACKING: Final = "Accounting > Advanced > Tracking categories"
LOCK_DATES: Final = "Accounting > Advanced > Financial settings > Lock dates"
CURRENCIES: Final = "Settings > Currencies"
ITEMS: Final = "Business > Products and services"
INVOICES: Final = "Business > Invoices"
USERS: Final = "Settings > Users"
SUBSCRIPTION: Final = "Settings > Subscription and billing"
BILLS: Final = "Business > Bills to pay"

PLACES: Final[Mapping[Kind, str]] = {
    Kind.COMPANY: "Accounting > Advanced > Financial settings",
    Kind.ACCOUNT: ACCOUNTS,
    Kind.TAX_RATE: TAX_RATES,
    Kind.ITEM: ITEMS,
    Kind.PARTY: CONTACTS,
    Kind.INVOICE: INVOICES,
    Kind.CREDIT_NOTE: INVOICES,
    Kind.PAYMENT: INVOICES,
    Kind.BILL: BILLS,
    Kind.VENDOR_CREDIT: BILLS,
    Kind.BILL_PAYMENT: BILLS,
}
"""Where the records of a kind are."""
