"""Setting credits against invoices: credit notes, overpayments and prepayments. Source: allocations on their pages."""

from datetime import date

from tieout.platforms.xero.sandbox.accounting.elements import Element, GoneError, InvalidError, vocabulary
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation, ref_of
from tieout.platforms.xero.sandbox.accounting.postings import allocation_ref, post_allocation
from tieout.platforms.xero.sandbox.accounting.rows import Allocation, Credit, Document, Invoice, Prepayment
from tieout.platforms.xero.sandbox.accounting.writing import Writing, check_locks
from tieout.platforms.xero.sandbox.wire import half_up

WORDS = vocabulary(
    "Invoice Amount Date",
    "AppliedAmount AllocationID CreditNote Overpayment Prepayment IsDeleted StatusAttributeString",
)
TOO_MUCH = "The amount allocated exceeds the amount outstanding on this document"
TOO_LITTLE_CREDIT = "The amount allocated exceeds the remaining credit of this {kind}"
NAMES = {"CreditNote": "credit note", "Overpayment": "overpayment", "Prepayment": "prepayment"}


def allocate(writing: Writing, credit: Credit, element: Element) -> Allocation:
    """Set a part of a credit against an invoice of the same contact. The later of the two dates is the date."""
    organisation = writing.organisation
    element.check(WORDS)
    invoice, amount = _invoice(organisation, credit, element), element.decimal("Amount")
    if amount is None:
        raise InvalidError("Amount must be specified")
    amount = half_up(amount)
    _check(credit, invoice)
    if amount <= 0 or amount > invoice.due:
        raise InvalidError(TOO_MUCH if amount > 0 else "The allocation amount must be greater than zero")
    if amount > credit.due:
        raise InvalidError(TOO_LITTLE_CREDIT.format(kind=name_of(credit)))
    on = max(credit.on, invoice.on)
    check_locks(organisation, on, *([credit.on] if isinstance(credit, Prepayment) else []))
    allocation = Allocation(
        organisation.ids.uuid(),
        credit.id,
        invoice.id,
        amount,
        on,
        home_invoice=invoice.settle_home(amount),
        home_credit=credit.settle_home(amount),
    )
    _apply(writing, credit, invoice, allocation)
    return allocation


def name_of(credit: Credit) -> str:
    """What people call it."""
    return NAMES[type(credit).__name__]


def _invoice(organisation: Organisation, credit: Credit, element: Element) -> Invoice:
    inner = element.inner("Invoice")
    invoice_id = inner.text("InvoiceID") if inner else None
    number = inner.text("InvoiceNumber") if inner else None
    invoice = organisation.invoices.get(invoice_id.lower()) if invoice_id else None
    if invoice is None and invoice_id:
        raise GoneError
    if invoice is None and number:
        found = organisation.documents_numbered(number, "ACCREC" if credit.receivable else "ACCPAY")
        invoice = next((row for row in found if isinstance(row, Invoice) and row.live), None)
    if invoice is None:
        raise InvalidError("The document with the supplied id was not found for this endpoint.")
    return invoice


def _check(credit: Credit, invoice: Invoice) -> None:
    name = name_of(credit)
    if credit.status != "AUTHORISED" or invoice.status != "AUTHORISED":
        raise InvalidError("Allocations can only be made between AUTHORISED documents")
    if credit.receivable != invoice.receivable:
        raise InvalidError(f"The {name} cannot be allocated to a document of this type")
    if credit.contact_id != invoice.contact_id:
        raise InvalidError(f"The {name} and the invoice must have the same contact")
    if credit.currency != invoice.currency:
        raise InvalidError(f"The {name} and the invoice must have the same currency")


def _apply(writing: Writing, credit: Credit, invoice: Invoice, allocation: Allocation) -> None:
    organisation = writing.organisation
    post_allocation(organisation, allocation, credit)
    credit.allocations.append(allocation)
    organisation.credits_of[invoice.id].append(credit.id)
    for document, home in ((invoice, allocation.home_invoice), (credit, allocation.home_credit)):
        document.credited += allocation.amount
        document.home_settled += home
        if not document.due:
            document.status = "PAID"
            document.fully_paid_on = last_settled_on(organisation, document)
        organisation.settled_changed(document, writing.at)


def last_settled_on(organisation: Organisation, document: Document) -> date:
    """The latest date of what settled a document: payments and allocations."""
    days = [one.on for one in organisation.payments_of.get(document.id, ()) if one.status == "AUTHORISED"]
    if isinstance(document, Credit):
        days += [one.on for one in document.allocations]
    for credit_id in organisation.credits_of.get(document.id, ()):
        credit = organisation.credit(credit_id)
        days += [one.on for one in credit.allocations if one.invoice_id == document.id] if credit else []
    return max(days)


def unallocate(writing: Writing, credit: Credit, allocation_id: str) -> Allocation | None:
    """Take an allocation back; None when the credit has none of that id."""
    organisation = writing.organisation
    allocation = next((one for one in credit.allocations if one.id == allocation_id.lower()), None)
    if allocation is None:
        return None
    invoice = organisation.invoices[allocation.invoice_id]
    check_locks(organisation, allocation.on)
    credit.allocations.remove(allocation)
    organisation.credits_of[invoice.id].remove(credit.id)
    for document, home in ((invoice, allocation.home_invoice), (credit, allocation.home_credit)):
        document.credited -= allocation.amount
        document.home_settled -= home
        document.status, document.fully_paid_on = "AUTHORISED", None
        organisation.settled_changed(document, writing.at)
    organisation.ledger.reverse(allocation_ref(allocation), at=writing.at, memo="deleted")
    return allocation


def void_credit(writing: Writing, credit: Credit) -> None:
    """Void an overpayment or a prepayment, which only people can; its money leg goes with it."""
    organisation = writing.organisation
    if credit.bank_transaction_id is None or credit.status != "AUTHORISED" or credit.paid or credit.credited:
        raise InvalidError("Only an authorised overpayment or prepayment without allocations can be voided")
    check_locks(organisation, credit.on)
    transaction = organisation.bank_transactions[credit.bank_transaction_id]
    for row in (credit, transaction):
        row.status = "VOIDED"
        organisation.settled_changed(row, writing.at)
    organisation.ledger.reverse(ref_of(transaction), at=writing.at, memo="voided")
