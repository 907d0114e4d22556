"""The table of what the accounting API serves: one entry per endpoint, read by `gateway.reading` and `gateway.writes`.

To simulate another endpoint, add its record, its shape, its write and one entry in the file of its family here.
"""

from collections.abc import Mapping

from tieout.platforms.xero.sandbox.gateway.resources import (
    banking,
    contacts,
    documents,
    overpayments,
    payments,
    settings,
)
from tieout.platforms.xero.sandbox.gateway.resources.resource import Resource
from tieout.platforms.xero.sandbox.identity.scopes import (
    BUDGETS,
    CLASSIC_EXPENSES,
    CONTACTS,
    INVOICES,
    MANUAL_JOURNALS,
    SETTINGS,
    Access,
)

RESOURCES: Mapping[str, Resource] = {
    resource.name.lower(): resource
    for family in (settings, contacts, documents, overpayments, payments, banking)
    for resource in family.ENTRIES
}

NOT_SIMULATED: Mapping[str, Access] = {
    name.lower(): access
    for access, names in (
        (SETTINGS, "BrandingThemes TrackingCategories Users InvoiceReminders PaymentServices Setup"),
        (CONTACTS, "ContactGroups"),
        (INVOICES, "LinkedTransactions PurchaseOrders Quotes RepeatingInvoices"),
        (MANUAL_JOURNALS, "Journals"),
        (BUDGETS, "Budgets"),
        (CLASSIC_EXPENSES, "ExpenseClaims Receipts"),
    )
    for name in names.split()
}
"""Endpoints that Xero has and this simulator does not: they answer 501."""
