"""Invoices and credit notes."""

from collections.abc import Callable, Sequence
from typing import Any

from tieout.platforms.xero.sandbox.accounting.credit_notes import find_credit_note, write_credit_note
from tieout.platforms.xero.sandbox.accounting.document_shapes import show_credit_note, show_invoice
from tieout.platforms.xero.sandbox.accounting.invoices import find_invoice, write_invoice
from tieout.platforms.xero.sandbox.accounting.lines import AMOUNT_TYPES
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.rows import Contact, Document
from tieout.platforms.xero.sandbox.accounting.statuses import WRITABLE
from tieout.platforms.xero.sandbox.gateway.filters import Fields
from tieout.platforms.xero.sandbox.gateway.resources.resource import Resource, day, flag, guid, number, text, updated
from tieout.platforms.xero.sandbox.identity.scopes import INVOICES


def _contact_of(organisation: Organisation) -> Callable[[Document], Contact]:
    return lambda document: organisation.contacts[document.contact_id]


def document_fields(organisation: Organisation) -> Fields:
    """What every document with a contact, dates and totals can be filtered by."""
    contact = _contact_of(organisation)
    return {
        "type": text(lambda d: d.type),
        "status": text(lambda d: d.status),
        "reference": text(lambda d: d.reference),
        "date": day(lambda d: d.on),
        "duedate": day(lambda d: d.due_on),
        "fullypaidondate": day(lambda d: d.fully_paid_on),
        "lineamounttypes": text(lambda d: d.amount_types),
        "subtotal": number(lambda d: d.sub_total),
        "totaltax": number(lambda d: d.total_tax),
        "total": number(lambda d: d.total),
        "currencycode": text(lambda d: d.currency),
        "currencyrate": number(lambda d: d.rate),
        "senttocontact": flag(lambda d: d.sent),
        "hasattachments": flag(lambda d: bool(organisation.attachments.get(d.id))),
        "contact.contactid": guid(lambda d: d.contact_id),
        "contact.name": text(lambda d: contact(d).name),
        "contact.contactnumber": text(lambda d: contact(d).number),
        "updateddateutc": updated(),
    }


def _invoice_fields(organisation: Organisation) -> Fields:
    return {
        **document_fields(organisation),
        "invoiceid": guid(lambda d: d.id),
        "invoicenumber": text(lambda d: d.number),
        "amountdue": number(lambda d: d.due),
        "amountpaid": number(lambda d: d.paid),
        "amountcredited": number(lambda d: d.credited),
    }


def _credit_note_fields(organisation: Organisation) -> Fields:
    return {
        **document_fields(organisation),
        "creditnoteid": guid(lambda d: d.id),
        "creditnotenumber": text(lambda d: d.number),
        "remainingcredit": number(lambda d: d.due),
    }


DOCUMENT_OPTIMISED = frozenset(
    {"status", "contact.contactid", "contact.name", "contact.contactnumber", "reference", "date", "type"}
)
"""What invoices and credit notes can be filtered by however many there are."""


def _present(row: Any) -> Sequence[Any]:
    return () if row is None else (row,)


def _invoice_by_id(organisation: Organisation, key: str) -> Sequence[Any]:
    return _present(organisation.invoices.get(key))


def _invoices_numbered(organisation: Organisation, number_: str) -> Sequence[Any]:
    return organisation.documents_numbered(number_, "ACCREC", "ACCPAY")


def _of_contact(organisation: Organisation, key: str) -> Sequence[Any]:
    return organisation.documents_of.get(key, ())


ENTRIES = (
    Resource(
        name="Invoices",
        plural="Invoices",
        type_name="Invoice",
        id_property="InvoiceID",
        access=INVOICES,
        rows=lambda organisation: organisation.invoices,
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
        optimised=DOCUMENT_OPTIMISED | {"invoicenumber", "amountdue", "amountpaid", "duedate"},
        narrow={
            "ids": _invoice_by_id,
            "invoiceid": _invoice_by_id,
            "invoicenumbers": _invoices_numbered,
            "invoicenumber": _invoices_numbered,
            "contactids": _of_contact,
            "contact.contactid": _of_contact,
        },
        choices={"Type": ("ACCREC", "ACCPAY"), "Status": WRITABLE, "LineAmountTypes": AMOUNT_TYPES},
        bare_errors=True,
    ),
    Resource(
        name="CreditNotes",
        plural="CreditNotes",
        type_name="CreditNote",
        id_property="CreditNoteID",
        access=INVOICES,
        rows=lambda organisation: organisation.credit_notes,
        find=find_credit_note,
        show=show_credit_note,
        write=write_credit_note,
        fields=_credit_note_fields,
        paged=True,
        parameters=frozenset({"unitdp"}),
        optimised=DOCUMENT_OPTIMISED,
        narrow={
            "creditnoteid": lambda organisation, key: _present(organisation.credit_notes.get(key)),
            "contact.contactid": _of_contact,
        },
        choices={"Type": ("ACCRECCREDIT", "ACCPAYCREDIT"), "Status": WRITABLE, "LineAmountTypes": AMOUNT_TYPES},
        bare_errors=True,
    ),
)
