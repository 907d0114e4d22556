"""The table of what the accounting API serves: one entry per endpoint, read by `gateway.reading` and `gateway.writing`.

To simulate another endpoint, add its record, its shape, its write and one entry here.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tieout.platforms.xero.sandbox.accounting.accounts import find_account, write_account
from tieout.platforms.xero.sandbox.accounting.contact_shapes import show_contact
from tieout.platforms.xero.sandbox.accounting.contacts import find_contact, write_contact
from tieout.platforms.xero.sandbox.accounting.credit_notes import find_credit_note, write_credit_note
from tieout.platforms.xero.sandbox.accounting.document_shapes import show_credit_note, show_invoice, show_payment
from tieout.platforms.xero.sandbox.accounting.elements import Element
from tieout.platforms.xero.sandbox.accounting.invoices import find_invoice, write_invoice
from tieout.platforms.xero.sandbox.accounting.items import find_item, write_item
from tieout.platforms.xero.sandbox.accounting.lines import AMOUNT_TYPES
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.payments import write_payment
from tieout.platforms.xero.sandbox.accounting.rows import (
    Account,
    Contact,
    Document,
    Invoice,
    Payment,
)
from tieout.platforms.xero.sandbox.accounting.shapes import View, show_account, show_item, show_tax_rate
from tieout.platforms.xero.sandbox.accounting.statuses import WRITABLE
from tieout.platforms.xero.sandbox.accounting.tax_rates import find_tax_rate, write_tax_rate
from tieout.platforms.xero.sandbox.accounting.writing import Writing, Written
from tieout.platforms.xero.sandbox.gateway.filters import Field, Fields, Kind
from tieout.platforms.xero.sandbox.identity.scopes import (
    BANKING,
    BUDGETS,
    CLASSIC_EXPENSES,
    CONTACTS,
    INVOICES,
    ITEMS,
    MANUAL_JOURNALS,
    PAYMENTS,
    SETTINGS,
    Access,
)

Listing = Callable[[Organisation, Any, str], bool]
"""Whether a row is in a comma-separated list of a query parameter; the value comes in lower case."""

_FILTERS = frozenset({"where", "order"})
_PAGING = frozenset({"page", "pagesize"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One endpoint. `rows` answers all that a list shows; `find` takes an id or a number out of the address."""

    name: str
    plural: str
    type_name: str
    id_property: str
    access: Access
    rows: Callable[[Organisation], Iterable[Any]]
    find: Callable[[Organisation, str], Any]
    show: Callable[[Organisation, Any, View], Mapping[str, Any]]
    write: Callable[[Writing, Element], Written]
    fields: Callable[[Organisation], Fields]
    paged: bool = False
    modified_since: bool = True
    parameters: frozenset[str] = frozenset()
    """Query parameters beyond filtering and paging."""
    listings: Mapping[str, Callable[[Any], str]] = field(default_factory=dict)
    """Parameters that hold a list, and what of a row is looked up in it."""
    search: Callable[[Any], Iterable[str | None]] | None = None
    """The texts that `searchTerm` looks through."""
    batch_max: int | None = None
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The words that the element's own enumerations know, by property."""
    default_order: Callable[[Any], Any] | None = None
    """How a list is ordered when nothing is asked; by date of change and id where this is None."""
    bare_errors: bool = False
    """Whether refused elements flag themselves with HasErrors instead of HasValidationErrors."""

    @property
    def query_parameters(self) -> frozenset[str]:
        """Every parameter that a list understands, in lower case. Unpaged endpoints ignore paging, as recorded."""
        return _FILTERS | _PAGING | self.parameters | frozenset(self.listings)


def _text(read: Callable[[Any], str | None]) -> Field:
    return Field(Kind.TEXT, read)


def _number(read: Callable[[Any], Decimal | None]) -> Field:
    return Field(Kind.NUMBER, read)


def _guid(read: Callable[[Any], str | None]) -> Field:
    return Field(Kind.GUID, read)


def _flag(read: Callable[[Any], bool]) -> Field:
    return Field(Kind.FLAG, read)


def _date(read: Callable[[Any], Any]) -> Field:
    return Field(Kind.DATE, read)


def _updated() -> Field:
    return _date(lambda row: row.updated_at)


ACCOUNT_FIELDS: Fields = {
    "accountid": _guid(lambda a: a.id),
    "code": _text(lambda a: a.code),
    "name": _text(lambda a: a.name),
    "type": _text(lambda a: a.type),
    "status": _text(lambda a: a.status),
    "class": _text(lambda a: a.class_),
    "taxtype": _text(lambda a: a.tax_type),
    "systemaccount": _text(lambda a: a.system or None),
    "description": _text(lambda a: a.description),
    "bankaccountnumber": _text(lambda a: a.bank_account_number),
    "enablepaymentstoaccount": _flag(lambda a: a.takes_payments),
    "updateddateutc": _updated(),
}
TAX_RATE_FIELDS: Fields = {
    "name": _text(lambda t: t.name),
    "taxtype": _text(lambda t: t.id),
    "status": _text(lambda t: t.status),
    "reporttaxtype": _text(lambda t: t.report_type),
    "displaytaxrate": _number(lambda t: t.displayed),
    "effectiverate": _number(lambda t: t.effective),
    "canapplytoassets": _flag(lambda t: "ASSET" in t.classes),
    "canapplytoequity": _flag(lambda t: "EQUITY" in t.classes),
    "canapplytoexpenses": _flag(lambda t: "EXPENSE" in t.classes),
    "canapplytoliabilities": _flag(lambda t: "LIABILITY" in t.classes),
    "canapplytorevenue": _flag(lambda t: "REVENUE" in t.classes),
}
ITEM_FIELDS: Fields = {
    "itemid": _guid(lambda i: i.id),
    "code": _text(lambda i: i.code),
    "name": _text(lambda i: i.name),
    "description": _text(lambda i: i.description),
    "issold": _flag(lambda i: i.sold),
    "ispurchased": _flag(lambda i: i.purchased),
    "istrackedasinventory": _flag(lambda i: i.tracked),
    "salesdetails.accountcode": _text(lambda i: i.sales.account_code),
    "salesdetails.unitprice": _number(lambda i: i.sales.unit_price),
    "purchasedetails.accountcode": _text(lambda i: i.purchases.account_code),
    "purchasedetails.unitprice": _number(lambda i: i.purchases.unit_price),
    "updateddateutc": _updated(),
}
CONTACT_FIELDS: Fields = {
    "contactid": _guid(lambda c: c.id),
    "contactnumber": _text(lambda c: c.number),
    "accountnumber": _text(lambda c: c.account_number),
    "contactstatus": _text(lambda c: c.status),
    "name": _text(lambda c: c.name),
    "firstname": _text(lambda c: c.first_name),
    "lastname": _text(lambda c: c.last_name),
    "emailaddress": _text(lambda c: c.email or None),
    "taxnumber": _text(lambda c: c.tax_number),
    "issupplier": _flag(lambda c: c.supplier),
    "iscustomer": _flag(lambda c: c.customer),
    "updateddateutc": _updated(),
}


def _contact_of(organisation: Organisation) -> Callable[[Document], Contact]:
    return lambda document: organisation.contacts[document.contact_id]


def _document_fields(organisation: Organisation) -> Fields:
    contact = _contact_of(organisation)
    return {
        "type": _text(lambda d: d.type),
        "status": _text(lambda d: d.status),
        "reference": _text(lambda d: d.reference),
        "date": _date(lambda d: d.on),
        "duedate": _date(lambda d: d.due_on),
        "fullypaidondate": _date(lambda d: d.fully_paid_on),
        "lineamounttypes": _text(lambda d: d.amount_types),
        "subtotal": _number(lambda d: d.sub_total),
        "totaltax": _number(lambda d: d.total_tax),
        "total": _number(lambda d: d.total),
        "currencycode": _text(lambda d: d.currency),
        "currencyrate": _number(lambda d: d.rate),
        "senttocontact": _flag(lambda d: d.sent),
        "contact.contactid": _guid(lambda d: d.contact_id),
        "contact.name": _text(lambda d: contact(d).name),
        "contact.contactnumber": _text(lambda d: contact(d).number),
        "updateddateutc": _updated(),
    }


def _invoice_fields(organisation: Organisation) -> Fields:
    return {
        **_document_fields(organisation),
        "invoiceid": _guid(lambda d: d.id),
        "invoicenumber": _text(lambda d: d.number),
        "amountdue": _number(lambda d: d.due),
        "amountpaid": _number(lambda d: d.paid),
        "amountcredited": _number(lambda d: d.credited),
    }


def _credit_note_fields(organisation: Organisation) -> Fields:
    return {
        **_document_fields(organisation),
        "creditnoteid": _guid(lambda d: d.id),
        "creditnotenumber": _text(lambda d: d.number),
        "remainingcredit": _number(lambda d: d.due),
    }


def _payment_fields(organisation: Organisation) -> Fields:
    accounts = organisation.accounts

    def invoice(payment: Payment) -> Invoice | None:
        return organisation.invoices.get(payment.document_id)

    return {
        "paymentid": _guid(lambda p: p.id),
        "date": _date(lambda p: p.on),
        "amount": _number(lambda p: p.amount),
        "bankamount": _number(lambda p: p.bank_amount),
        "reference": _text(lambda p: p.reference),
        "paymenttype": _text(lambda p: p.type),
        "status": _text(lambda p: p.status),
        "isreconciled": _flag(lambda p: p.reconciled),
        "account.accountid": _guid(lambda p: p.account_id),
        "account.code": _text(lambda p: accounts[p.account_id].code),
        "invoice.invoiceid": _guid(lambda p: found.id if (found := invoice(p)) else None),
        "invoice.invoicenumber": _text(lambda p: found.number if (found := invoice(p)) else None),
        "creditnote.creditnoteid": _guid(lambda p: p.document_id if p.of_credit_note else None),
        "updateddateutc": _updated(),
    }


def _live_accounts(organisation: Organisation) -> Iterable[Account]:
    return (account for account in organisation.accounts.values() if account.status != "DELETED")


RESOURCES: Mapping[str, Resource] = {
    resource.name.lower(): resource
    for resource in (
        Resource(
            name="Accounts",
            plural="Accounts",
            type_name="Account",
            id_property="AccountID",
            access=SETTINGS,
            rows=_live_accounts,
            find=find_account,
            show=show_account,
            write=write_account,
            fields=lambda _: ACCOUNT_FIELDS,
            batch_max=1,
            default_order=lambda account: (account.code, account.name),
        ),
        Resource(
            name="TaxRates",
            plural="TaxRates",
            type_name="TaxRate",
            id_property="TaxType",
            access=SETTINGS,
            rows=lambda organisation: organisation.tax_rates.values(),
            find=find_tax_rate,
            show=show_tax_rate,
            write=write_tax_rate,
            fields=lambda _: TAX_RATE_FIELDS,
            modified_since=False,
            batch_max=1,
            parameters=frozenset({"taxtype"}),
            listings={"taxtype": lambda rate: rate.id},
            default_order=lambda rate: rate.name,
        ),
        Resource(
            name="Items",
            plural="Items",
            type_name="Item",
            id_property="ItemID",
            access=ITEMS,
            rows=lambda organisation: organisation.items.values(),
            find=find_item,
            show=show_item,
            write=write_item,
            fields=lambda _: ITEM_FIELDS,
            parameters=frozenset({"unitdp"}),
            default_order=lambda item: item.code,
        ),
        Resource(
            name="Contacts",
            plural="Contacts",
            type_name="Contact",
            id_property="ContactID",
            access=CONTACTS,
            rows=lambda organisation: organisation.contacts.values(),
            find=find_contact,
            show=show_contact,
            write=write_contact,
            fields=lambda _: CONTACT_FIELDS,
            paged=True,
            parameters=frozenset({"includearchived", "summaryonly", "searchterm"}),
            listings={"ids": lambda contact: contact.id},
            search=lambda c: (c.name, c.first_name, c.last_name, c.number, c.email),
        ),
        Resource(
            name="Invoices",
            plural="Invoices",
            type_name="Invoice",
            id_property="InvoiceID",
            access=INVOICES,
            rows=lambda organisation: organisation.invoices.values(),
            find=find_invoice,
            show=show_invoice,
            write=write_invoice,
            fields=_invoice_fields,
            paged=True,
            parameters=frozenset({"includearchived", "createdbymyapp", "summaryonly", "unitdp", "searchterm"}),
            listings={
                "ids": lambda invoice: invoice.id,
                "invoicenumbers": lambda invoice: invoice.number,
                "contactids": lambda invoice: invoice.contact_id,
                "statuses": lambda invoice: invoice.status,
            },
            search=lambda invoice: (invoice.number, invoice.reference),
            choices={"Type": ("ACCREC", "ACCPAY"), "Status": WRITABLE, "LineAmountTypes": AMOUNT_TYPES},
            bare_errors=True,
        ),
        Resource(
            name="CreditNotes",
            plural="CreditNotes",
            type_name="CreditNote",
            id_property="CreditNoteID",
            access=INVOICES,
            rows=lambda organisation: organisation.credit_notes.values(),
            find=find_credit_note,
            show=show_credit_note,
            write=write_credit_note,
            fields=_credit_note_fields,
            paged=True,
            parameters=frozenset({"unitdp"}),
            choices={"Type": ("ACCRECCREDIT", "ACCPAYCREDIT"), "Status": WRITABLE, "LineAmountTypes": AMOUNT_TYPES},
            bare_errors=True,
        ),
        Resource(
            name="Payments",
            plural="Payments",
            type_name="Payment",
            id_property="PaymentID",
            access=PAYMENTS,
            rows=lambda organisation: organisation.payments.values(),
            find=lambda organisation, key: organisation.payments.get(key.lower()),
            show=show_payment,
            write=write_payment,
            fields=_payment_fields,
            paged=True,
        ),
    )
}

NOT_SIMULATED: Mapping[str, Access] = {
    name.lower(): access
    for access, names in (
        (SETTINGS, "BrandingThemes TrackingCategories Users InvoiceReminders PaymentServices Setup"),
        (CONTACTS, "ContactGroups"),
        (INVOICES, "LinkedTransactions PurchaseOrders Quotes RepeatingInvoices"),
        (PAYMENTS, "BatchPayments Overpayments Prepayments"),
        (BANKING, "BankTransactions BankTransfers"),
        (MANUAL_JOURNALS, "ManualJournals Journals"),
        (BUDGETS, "Budgets"),
        (CLASSIC_EXPENSES, "ExpenseClaims Receipts"),
    )
    for name in names.split()
}
"""Endpoints that Xero has and this simulator does not: they answer 501."""
