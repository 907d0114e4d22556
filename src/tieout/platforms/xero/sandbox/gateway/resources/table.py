"""The table of what the accounting API serves: one entry per endpoint, read by `gateway.reading` and `gateway.writes`.

To simulate another endpoint, add its record, its shape, its write and one entry in the file of its family here.
"""

from collections.abc import Mapping

from tieout.platforms.xero.sandbox.gateway.resources import (
    banking,
    contacts,
    documents,
    offers,
    overpayments,
    payments,
    people,
    settings,
)
from tieout.platforms.xero.sandbox.gateway.resources.resource import Resource
from tieout.platforms.xero.sandbox.identity.scopes import (
    BUDGETS,
    CLASSIC_EXPENSES,
    INVOICES,
    MANUAL_JOURNALS,
    SETTINGS,
    Access,
)

RESOURCES: Mapping[str, Resource] = {
    resource.name.lower(): resource
    for family in (settings, people, contacts, documents, offers, overpayments, payments, banking)
    for resource in family.ENTRIES
}

NOT_SIMULATED: Mapping[str, Access] = {
    name.lower(): access
    for access, names in (
        (SETTINGS, "InvoiceReminders PaymentServices Setup"),
        (INVOICES, "LinkedTransactions RepeatingInvoices"),
        (MANUAL_JOURNALS, "Journals"),
        (BUDGETS, "Budgets"),
        (CLASSIC_EXPENSES, "ExpenseClaims Receipts"),
    )
    for name in names.split()
}
"""Endpoints that Xero has and this simulator does not: they answer 501."""
