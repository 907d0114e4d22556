"""Credit notes and what they are set against. Source: credit-notes page, allocations."""

from tieout.platforms.xero.sandbox.accounting.documents import Body, apply_body, check_number, plan_body
from tieout.platforms.xero.sandbox.accounting.elements import Element, GoneError, InvalidError, vocabulary
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.postings import allocation_ref, post_allocation, post_document
from tieout.platforms.xero.sandbox.accounting.rows import Allocation, CreditNote, Invoice
from tieout.platforms.xero.sandbox.accounting.statuses import (
    HAS_SETTLEMENTS,
    NOT_MODIFIABLE,
    WRITABLE,
    first_status,
    next_status,
)
from tieout.platforms.xero.sandbox.accounting.writing import Writing, Written, check_locks
from tieout.platforms.xero.sandbox.gateway.dialects import unsupported
from tieout.platforms.xero.sandbox.wire import ZERO, ZERO_ID, half_up

KIND = "Credit Note"
WORDS = vocabulary(
    "Type CreditNoteID CreditNoteNumber Reference Contact Date Status LineAmountTypes LineItems CurrencyCode"
    " CurrencyRate SentToContact SubTotal TotalTax Total Allocations",
    "ID DateString DueDate DueDateString RemainingCredit AppliedAmount Payments FullyPaidOnDate CISDeduction CISRate"
    " InvoiceAddresses BrandingThemeID",
)
ALLOCATION_WORDS = vocabulary("Invoice Amount Date", "AllocationID CreditNote IsDeleted StatusAttributeString")
NOT_UNIQUE = "Credit Note # must be unique."
NOT_FOUND = "An existing Credit Note with the specified CreditNoteID could not be found"
TOO_MUCH = "The amount allocated exceeds the amount outstanding on this document"
TOO_LITTLE_CREDIT = "The amount allocated exceeds the remaining credit of this credit note"


def find_credit_note(organisation: Organisation, key: str) -> CreditNote | None:
    """By CreditNoteID or CreditNoteNumber."""
    known = organisation.credit_notes.get(key.lower())
    if known is not None:
        return known
    found = organisation.documents_numbered(key, "ACCRECCREDIT", "ACCPAYCREDIT") if key else ()
    rows = sorted((row for row in found if isinstance(row, CreditNote)), key=lambda row: not row.live)
    return rows[0] if rows else None


def write_credit_note(writing: Writing, element: Element) -> Written:
    """Create or change a credit note."""
    element.check(WORDS)
    if element.inners("Allocations"):
        raise unsupported("allocating a credit note in the call that writes it (Xero says never to)")
    known = _match(writing, element)
    return _create(writing, element) if known is None else _update(writing, element, known)


def _match(writing: Writing, element: Element) -> CreditNote | None:
    if isinstance(writing.target, CreditNote):
        return writing.target
    organisation = writing.organisation
    credit_note_id, number = element.text("CreditNoteID"), element.text("CreditNoteNumber")
    if credit_note_id and credit_note_id != ZERO_ID:
        known = organisation.credit_notes.get(credit_note_id.lower())
        if known is None or not writing.may_update:
            raise InvalidError(NOT_FOUND if known is None else NOT_UNIQUE)
        return known
    if not number or (element.text("Type") or "").upper() == "ACCPAYCREDIT":
        return None
    taken = [row for row in organisation.documents_numbered(number, "ACCRECCREDIT") if row.status != "DELETED"]
    if taken and not writing.may_update:
        raise InvalidError(NOT_UNIQUE)
    return taken[0] if taken and isinstance(taken[0], CreditNote) else None


def _create(writing: Writing, element: Element) -> Written:
    organisation = writing.organisation
    type_ = element.choice("Type", ("ACCRECCREDIT", "ACCPAYCREDIT"))
    if type_ is None:
        raise InvalidError("Credit Note Type must be specified")
    receivable = type_ == "ACCRECCREDIT"
    status = first_status(element.choice("Status", WRITABLE), KIND)
    number = element.text("CreditNoteNumber") or ""
    check_number(number)
    body = plan_body(writing, element, None, status=status, receivable=receivable, stock=False)
    if receivable and not number:
        number = _next_number(organisation)
    credit_note = CreditNote(
        id=organisation.ids.uuid(),
        updated_at=writing.at,
        app_id=writing.app_id,
        type=type_,
        contact_id="",
        number=number,
        on=body.on,
        status=status,
        amount_types=body.amount_types,
        lines=body.lines,
        sub_total=ZERO,
        total_tax=ZERO,
        total=ZERO,
        currency=body.currency,
    )
    _save(writing, credit_note, element, body)
    return Written(credit_note)


def _update(writing: Writing, element: Element, known: CreditNote) -> Written:
    settled = known.paid + known.credited > 0
    status = next_status(known.status, element.choice("Status", WRITABLE), kind=KIND, settled=settled)
    if element.choice("Type", ("ACCRECCREDIT", "ACCPAYCREDIT")) not in (None, known.type):
        raise InvalidError(NOT_MODIFIABLE.format(kind=KIND))
    if status in {"VOIDED", "DELETED"}:
        check_locks(writing.organisation, known.on)
        known.status = status
        post_document(writing.organisation, known)
        writing.organisation.settled_changed(known, writing.at)
        return Written(known)
    if settled:
        raise InvalidError(NOT_MODIFIABLE.format(kind=KIND), HAS_SETTLEMENTS)
    number = element.text("CreditNoteNumber")
    number = known.number if number is None else number
    check_number(number)
    if known.receivable and number != known.number and _taken(writing.organisation, known, number):
        raise InvalidError(NOT_UNIQUE)
    body = plan_body(writing, element, known, status=status, receivable=known.receivable, stock=False)
    old_number, old_contact = known.number, known.contact_id
    known.number = number
    _save(writing, known, element, body, old_number=old_number, old_contact=old_contact)
    return Written(known)


def _taken(organisation: Organisation, known: CreditNote, number: str) -> bool:
    rows = organisation.documents_numbered(number, "ACCRECCREDIT")
    return not number or any(row is not known and row.status != "DELETED" for row in rows)


def _save(
    writing: Writing,
    credit_note: CreditNote,
    element: Element,
    body: Body,
    *,
    old_number: str | None = None,
    old_contact: str | None = None,
) -> None:
    reference, sent = element.text("Reference"), element.flag("SentToContact")
    if reference is not None and credit_note.receivable:
        credit_note.reference = reference
    if sent is not None:
        credit_note.sent = sent
    apply_body(writing, credit_note, body)
    writing.organisation.index_document(credit_note, old_number=old_number, old_contact=old_contact)
    post_document(writing.organisation, credit_note)
    credit_note.touch(writing.at)


def _next_number(organisation: Organisation) -> str:
    while True:
        number = f"CN-{organisation.sequences.credit_note:04d}"
        organisation.sequences.credit_note += 1
        if not organisation.documents_numbered(number, "ACCRECCREDIT"):
            return number


def allocate(writing: Writing, credit_note: CreditNote, element: Element) -> Allocation:
    """Set a part of a credit note against an invoice of the same contact. The later of the two dates is the date."""
    organisation = writing.organisation
    element.check(ALLOCATION_WORDS)
    inner, amount = element.inner("Invoice"), element.decimal("Amount")
    invoice_id = inner.text("InvoiceID") if inner else None
    number = inner.text("InvoiceNumber") if inner else None
    invoice = organisation.invoices.get(invoice_id.lower()) if invoice_id else None
    if invoice is None and invoice_id:
        raise GoneError
    if invoice is None and number:
        found = organisation.documents_numbered(number, credit_note.type.removesuffix("CREDIT"))
        invoice = next((row for row in found if isinstance(row, Invoice) and row.live), None)
    if invoice is None:
        raise InvalidError("The document with the supplied id was not found for this endpoint.")
    if amount is None:
        raise InvalidError("Amount must be specified")
    amount = half_up(amount)
    _check_allocation(credit_note, invoice)
    if amount <= 0 or amount > invoice.due:
        raise InvalidError(TOO_MUCH if amount > 0 else "The allocation amount must be greater than zero")
    if amount > credit_note.due:
        raise InvalidError(TOO_LITTLE_CREDIT)
    on = max(credit_note.on, invoice.on)
    check_locks(organisation, on)
    allocation = Allocation(
        organisation.ids.uuid(),
        credit_note.id,
        invoice.id,
        amount,
        on,
        home_invoice=invoice.settle_home(amount),
        home_credit=credit_note.settle_home(amount),
    )
    _apply_allocation(writing, credit_note, invoice, allocation)
    return allocation


def _check_allocation(credit_note: CreditNote, invoice: Invoice) -> None:
    if credit_note.status != "AUTHORISED" or invoice.status != "AUTHORISED":
        raise InvalidError("Allocations can only be made between AUTHORISED documents")
    if credit_note.type != f"{invoice.type}CREDIT":
        raise InvalidError("The credit note cannot be allocated to a document of this type")
    if credit_note.contact_id != invoice.contact_id:
        raise InvalidError("The credit note and the invoice must have the same contact")
    if credit_note.currency != invoice.currency:
        raise InvalidError("The credit note and the invoice must have the same currency")


def _apply_allocation(writing: Writing, credit_note: CreditNote, invoice: Invoice, allocation: Allocation) -> None:
    organisation = writing.organisation
    for document, home in ((invoice, allocation.home_invoice), (credit_note, allocation.home_credit)):
        document.credited += allocation.amount
        document.home_settled += home
        if not document.due:
            document.status = "PAID"
            document.fully_paid_on = allocation.on
        organisation.settled_changed(document, writing.at)
    credit_note.allocations.append(allocation)
    organisation.credits_of[invoice.id].append(credit_note.id)
    post_allocation(organisation, allocation, receivable=invoice.receivable)


def unallocate(writing: Writing, credit_note: CreditNote, allocation_id: str) -> Allocation | None:
    """Take an allocation back; None when the credit note has none of that id."""
    organisation = writing.organisation
    allocation = next((one for one in credit_note.allocations if one.id == allocation_id.lower()), None)
    if allocation is None:
        return None
    invoice = organisation.invoices[allocation.invoice_id]
    check_locks(organisation, allocation.on)
    credit_note.allocations.remove(allocation)
    organisation.credits_of[invoice.id].remove(credit_note.id)
    for document, home in ((invoice, allocation.home_invoice), (credit_note, allocation.home_credit)):
        document.credited -= allocation.amount
        document.home_settled -= home
        document.status, document.fully_paid_on = "AUTHORISED", None
        organisation.settled_changed(document, writing.at)
    organisation.ledger.reverse(allocation_ref(allocation), at=writing.at, memo="deleted")
    return allocation
