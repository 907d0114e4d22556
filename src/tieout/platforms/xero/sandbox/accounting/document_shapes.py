"""How documents and payments look on the wire. Source: recordings of April 2026; raw bodies of 2020."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tieout.platforms.xero.sandbox.accounting.contact_shapes import compact_contact, full_contact, payment_contact
from tieout.platforms.xero.sandbox.accounting.money.rows import BatchPayment
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.rows import (
    Allocation,
    Credit,
    CreditNote,
    Document,
    Invoice,
    Line,
    Payment,
)
from tieout.platforms.xero.sandbox.accounting.shapes import (
    Shape,
    View,
    has_attachments,
    inner_attachments,
    scaled,
)
from tieout.platforms.xero.sandbox.accounting.tracking import show_tracking
from tieout.platforms.xero.sandbox.wire import (
    QUARTER_CENT,
    RATE,
    ZERO,
    calendar_ms,
    calendar_string,
    ms_date,
    utc_string,
)


def show_line(organisation: Organisation, line: Line, view: View) -> Mapping[str, Any]:
    """A line of a document."""
    told: dict[str, Any] = {}
    item = organisation.items.get(line.item_id) if line.item_id else None
    if item is not None:
        told["ItemCode"] = item.code
    if line.description is not None:
        told["Description"] = line.description
    told["UnitAmount"] = scaled(line.unit_amount, view.unit_places)
    if line.tax_type is not None:
        told["TaxType"] = line.tax_type
    told |= {"TaxAmount": line.tax_amount, "LineAmount": line.line_amount}
    account = organisation.accounts[line.account_id] if line.account_id else None
    if account is not None:
        told["AccountCode"] = account.code
    if item is not None:
        told["Item"] = {"ItemID": item.id, "Name": item.name, "Code": item.code}
    told["Tracking"] = [show_tracking(organisation, one) for one in line.tracking]
    told |= {"Quantity": scaled(line.quantity, QUARTER_CENT), "LineItemID": line.id}
    if account is not None:
        told["AccountID"] = account.id
    if line.discount_rate is not None:
        told["DiscountRate"] = scaled(line.discount_rate, QUARTER_CENT)
    if line.discount_amount is not None:
        told["DiscountAmount"] = line.discount_amount
    if view.shape in {Shape.SINGLE, Shape.WRITTEN}:
        told["ValidationErrors"] = []
    return told


def _dates(document: Document) -> dict[str, Any]:
    told = {"DateString": calendar_string(document.on), "Date": calendar_ms(document.on)}
    if document.due_on is not None:
        told |= {"DueDateString": calendar_string(document.due_on), "DueDate": calendar_ms(document.due_on)}
    return told


def _lines_and_totals(organisation: Organisation, document: Document, view: View) -> dict[str, Any]:
    with_lines = view.shape not in {Shape.LIST, Shape.SUMMARY}
    told: dict[str, Any] = {"BrandingThemeID": document.theme_id} if document.theme_id is not None else {}
    told |= {"Status": document.status, "LineAmountTypes": document.amount_types}
    if view.shape is not Shape.SUMMARY:
        told["LineItems"] = [show_line(organisation, line, view) for line in document.lines] if with_lines else []
    told |= {"SubTotal": document.sub_total, "TotalTax": document.total_tax, "Total": document.total}
    told |= {
        "UpdatedDateUTC": ms_date(document.updated_at),
        "UpdatedDateUTCString": utc_string(document.updated_at),
        "CurrencyCode": document.currency,
    }
    if document.fully_paid_on is not None:
        told["FullyPaidOnDate"] = calendar_ms(document.fully_paid_on)
    return told


def show_invoice(organisation: Organisation, invoice: Invoice, view: View) -> Mapping[str, Any]:
    """A sale or a bill."""
    shape = view.shape
    listed = shape in {Shape.LIST, Shape.PAGE, Shape.SUMMARY}
    told: dict[str, Any] = {
        "Type": invoice.type,
        "InvoiceID": invoice.id,
        "InvoiceNumber": invoice.number,
        "Reference": invoice.reference or "",
    }
    told |= _settlements(organisation, invoice, view)
    told |= _credits(organisation, invoice) | {"AmountDue": invoice.due, "AmountPaid": invoice.paid}
    if listed or (shape is Shape.SINGLE and invoice.credited):
        told["AmountCredited"] = invoice.credited
    if not listed or invoice.sent:
        told["SentToContact"] = invoice.sent
    if invoice.rate is not None:
        told["CurrencyRate"] = scaled(invoice.rate, RATE)
    told["IsDiscounted"] = any(line.discount_rate or line.discount_amount for line in invoice.lines)
    if shape not in {Shape.WRITTEN, Shape.SUMMARY}:
        told["HasAttachments"] = has_attachments(organisation, invoice)
    if listed:
        told["InvoiceAddresses"] = []
    told["HasErrors"] = False
    if shape is Shape.SINGLE:
        told["Attachments"] = inner_attachments(organisation, "Invoices", invoice)
    if invoice.url is not None:
        told["Url"] = invoice.url
    contact = organisation.contacts[invoice.contact_id]
    told["InvoicePaymentServices"] = []
    told["Contact"] = compact_contact(contact) if listed else full_contact(contact)
    return told | _dates(invoice) | _lines_and_totals(organisation, invoice, view)


def _settlements(organisation: Organisation, invoice: Invoice, view: View) -> dict[str, Any]:
    """Payments and credit notes. Answers to writes leave both out; a single invoice leaves out empty ones."""
    if view.shape is Shape.WRITTEN:
        return {}
    payments = inner_payments(organisation, invoice)
    applied = dict.fromkeys(organisation.credits_of.get(invoice.id, ()))
    notes = [organisation.credit_notes[one] for one in applied if one in organisation.credit_notes]
    credits_ = [_inner_credit_note(note, invoice.id) for note in notes]
    if view.shape is Shape.SUMMARY:
        return {"CreditNotes": credits_}
    told: dict[str, Any] = {"Payments": payments, "CreditNotes": credits_}
    return {name: rows for name, rows in told.items() if rows or view.shape is not Shape.SINGLE}


def _credits(organisation: Organisation, invoice: Invoice) -> dict[str, Any]:
    """The prepayments and overpayments that were applied to an invoice."""
    told: dict[str, Any] = {"Prepayments": [], "Overpayments": []}
    for credit_id in dict.fromkeys(organisation.credits_of.get(invoice.id, ())):
        credit = organisation.prepayments.get(credit_id) or organisation.overpayments.get(credit_id)
        if credit is not None:
            name = type(credit).__name__
            told[f"{name}s"].append(
                {
                    f"{name}ID": credit.id,
                    "ID": credit.id,
                    "AppliedAmount": applied_to(credit, invoice.id),
                    "DateString": calendar_string(credit.on),
                    "Date": calendar_ms(credit.on),
                    "LineItems": [],
                    "Total": credit.total,
                }
            )
    return told


def applied_to(credit: Credit, invoice_id: str) -> Decimal:
    """How much of a credit was set against an invoice."""
    return sum((one.amount for one in credit.allocations if one.invoice_id == invoice_id), ZERO)


def inner_payments(organisation: Organisation, document: Document) -> list[Mapping[str, Any]]:
    """The payments of a document that were not deleted."""
    return [_inner_payment(one) for one in organisation.payments_of.get(document.id, ()) if one.status == "AUTHORISED"]


def _inner_payment(payment: Payment) -> Mapping[str, Any]:
    told: dict[str, Any] = {"PaymentID": payment.id}
    if payment.batch_id is not None:
        told["BatchPaymentID"] = payment.batch_id
    told |= {"Date": calendar_ms(payment.on), "Amount": payment.amount}
    if payment.reference is not None:
        told["Reference"] = payment.reference
    if payment.rate is not None:
        told["CurrencyRate"] = scaled(payment.rate, RATE)
    return told | {"HasAccount": False, "HasValidationErrors": False}


def _inner_credit_note(note: CreditNote, invoice_id: str) -> Mapping[str, Any]:
    return {
        "CreditNoteID": note.id,
        "CreditNoteNumber": note.number,
        "ID": note.id,
        "HasErrors": False,
        "AppliedAmount": applied_to(note, invoice_id),
        "DateString": calendar_string(note.on),
        "Date": calendar_ms(note.on),
        "LineItems": [],
        "Total": note.total,
        "InvoiceAddresses": [],
    }


def show_credit_note(organisation: Organisation, note: CreditNote, view: View) -> Mapping[str, Any]:
    """A credit note."""
    listed = view.shape in {Shape.LIST, Shape.PAGE, Shape.SUMMARY}
    told: dict[str, Any] = {"CreditNoteID": note.id}
    if note.number:
        told["CreditNoteNumber"] = note.number
    told |= {"Payments": inner_payments(organisation, note), "ID": note.id, "HasErrors": False}
    if note.rate is not None:
        told["CurrencyRate"] = scaled(note.rate, RATE)
    if listed:
        told["InvoiceAddresses"] = []
    told |= {
        "Type": note.type,
        "Reference": note.reference or "",
        "RemainingCredit": note.due,
        "Allocations": [show_allocation(organisation, one) for one in note.allocations],
    }
    if view.shape is not Shape.WRITTEN:
        told["HasAttachments"] = has_attachments(organisation, note)
    if view.shape is Shape.SINGLE:
        told["Attachments"] = inner_attachments(organisation, "CreditNotes", note)
    contact = organisation.contacts[note.contact_id]
    told["Contact"] = compact_contact(contact) if listed else full_contact(contact, of_credit_note=True)
    return told | _dates(note) | _lines_and_totals(organisation, note, view)


def show_allocation(organisation: Organisation, allocation: Allocation) -> Mapping[str, Any]:
    """What of a credit note was set against which invoice."""
    return {
        "AllocationID": allocation.id,
        "Amount": allocation.amount,
        "Date": calendar_ms(allocation.on),
        "Invoice": {
            "InvoiceID": allocation.invoice_id,
            "InvoiceNumber": organisation.invoices[allocation.invoice_id].number,
            "Payments": [],
            "CreditNotes": [],
            "Prepayments": [],
            "Overpayments": [],
            "IsDiscounted": False,
            "InvoiceAddresses": [],
            "HasErrors": False,
            "InvoicePaymentServices": [],
            "LineItems": [],
        },
    }


def show_payment(organisation: Organisation, payment: Payment, view: View) -> Mapping[str, Any]:
    """A payment with the document it pays: a stub in lists, the refreshed document otherwise."""
    listed = view.shape in {Shape.LIST, Shape.PAGE, Shape.SUMMARY}
    account = organisation.accounts[payment.account_id]
    told: dict[str, Any] = {"PaymentID": payment.id}
    if payment.batch_id is not None:
        batch = organisation.batch_payments[payment.batch_id]
        told |= {"BatchPaymentID": batch.id, "BatchPayment": inner_batch(batch)}
    told |= {
        "Date": calendar_ms(payment.on),
        "BankAmount": payment.bank_amount,
        "Amount": payment.amount,
    }
    if payment.reference is not None:
        told["Reference"] = payment.reference
    told |= {
        "CurrencyRate": scaled(payment.rate or Decimal(1), RATE),
        "PaymentType": payment.type,
        "Status": payment.status,
        "UpdatedDateUTC": ms_date(payment.updated_at),
        "UpdatedDateUTCString": utc_string(payment.updated_at),
        "HasAccount": True,
        "IsReconciled": payment.reconciled,
        "Account": {"AccountID": account.id, "Code": account.code} | ({} if listed else {"Name": account.name}),
    }
    document = organisation.document(payment.document_id)
    assert document is not None
    if isinstance(document, Invoice) and not listed:
        told["Invoice"] = _paid(organisation, document, view)
    else:
        told[payment.of] = _listed_inside(organisation, document)
    return told | {"HasValidationErrors": False}


def inner_batch(batch: BatchPayment) -> Mapping[str, Any]:
    """A batch inside one of its payments."""
    return {
        "Account": {"AccountID": batch.account_id},
        "BatchPaymentID": batch.id,
        "DateString": calendar_string(batch.on),
        "Date": calendar_ms(batch.on),
        "Type": batch.type,
        "Status": batch.status,
        "TotalAmount": batch.total,
        "UpdatedDateUTC": ms_date(batch.updated_at),
        "IsReconciled": batch.reconciled,
    }


def _listed_inside(organisation: Organisation, document: Document) -> Mapping[str, Any]:
    """The stub of a document inside a listed payment."""
    contact = compact_contact(organisation.contacts[document.contact_id])
    if isinstance(document, Credit) and not isinstance(document, CreditNote):
        return {
            f"{type(document).__name__}ID": document.id,
            "ID": document.id,
            "Type": document.type,
            "Contact": contact,
            "LineItems": [],
            "CurrencyCode": document.currency,
        }
    if isinstance(document, CreditNote):
        return {
            "CreditNoteID": document.id,
            "CreditNoteNumber": document.number,
            "ID": document.id,
            "HasErrors": False,
            "Contact": contact,
            "LineItems": [],
            "CurrencyCode": document.currency,
        }
    return {
        "Type": document.type,
        "InvoiceID": document.id,
        "InvoiceNumber": document.number,
        "Payments": [],
        "CreditNotes": [],
        "Prepayments": [],
        "Overpayments": [],
        "IsDiscounted": False,
        "InvoiceAddresses": [],
        "HasErrors": False,
        "InvoicePaymentServices": [],
        "Contact": contact,
        "LineItems": [],
        "CurrencyCode": document.currency,
    }


def _paid(organisation: Organisation, invoice: Invoice, view: View) -> Mapping[str, Any]:
    """The refreshed invoice inside a payment."""
    shown = dict(show_invoice(organisation, invoice, view))
    for name in ("HasAttachments", "Attachments", "AmountCredited", "CreditNotes"):
        shown.pop(name, None)
    return shown | {"Contact": payment_contact(organisation.contacts[invoice.contact_id])}
