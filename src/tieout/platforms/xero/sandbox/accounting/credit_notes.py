"""Credit notes. Source: credit-notes page."""

from tieout.platforms.xero.sandbox.accounting.documents import (
    Body,
    apply_body,
    check_number,
    plan_body,
    zero_is_paid,
)
from tieout.platforms.xero.sandbox.accounting.elements import Element, InvalidError, vocabulary
from tieout.platforms.xero.sandbox.accounting.invoices import check_extras
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.postings import post_document
from tieout.platforms.xero.sandbox.accounting.rows import CreditNote
from tieout.platforms.xero.sandbox.accounting.statuses import (
    HAS_SETTLEMENTS,
    NOT_MODIFIABLE,
    POSTED,
    WRITABLE,
    first_status,
    next_status,
)
from tieout.platforms.xero.sandbox.accounting.stock import check_stock, move_stock
from tieout.platforms.xero.sandbox.accounting.writing import Writing, Written, check_locks
from tieout.platforms.xero.sandbox.gateway.dialects import unsupported
from tieout.platforms.xero.sandbox.wire import ZERO, ZERO_ID

KIND = "Credit Note"
WORDS = vocabulary(
    "Type CreditNoteID CreditNoteNumber Reference Contact Date Status LineAmountTypes LineItems CurrencyCode"
    " CurrencyRate SentToContact SubTotal TotalTax Total Allocations",
    "ID DateString DueDate DueDateString RemainingCredit AppliedAmount Payments FullyPaidOnDate CISDeduction CISRate"
    " InvoiceAddresses BrandingThemeID",
)
NOT_UNIQUE = "Credit Note # must be unique."
NOT_FOUND = "An existing Credit Note with the specified CreditNoteID could not be found"


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
    check_extras(element)
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
    body = plan_body(writing, element, None, status=status, receivable=receivable, discounts=False)
    _check_stock(writing, None, body, receivable=receivable)
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
        check_stock(writing.organisation, known, (), outward=known.receivable, credit=True)
        known.status = status
        move_stock(writing.organisation, known, known.lines)
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
    body = plan_body(writing, element, known, status=status, receivable=known.receivable, discounts=False)
    _check_stock(writing, known, body, receivable=known.receivable)
    old_number, old_contact = known.number, known.contact_id
    known.number = number
    _save(writing, known, element, body, old_number=old_number, old_contact=old_contact)
    return Written(known)


def _check_stock(writing: Writing, known: CreditNote | None, body: Body, *, receivable: bool) -> None:
    """Goods that a supplier takes back have to be there."""
    if body.status in POSTED:
        check_stock(writing.organisation, known, body.lines, outward=receivable, credit=True)


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
    before = list(credit_note.lines)
    apply_body(writing, credit_note, body)
    move_stock(writing.organisation, credit_note, before)
    writing.organisation.index_document(credit_note, old_number=old_number, old_contact=old_contact)
    zero_is_paid(credit_note)
    post_document(writing.organisation, credit_note)
    credit_note.touch(writing.at)


def _next_number(organisation: Organisation) -> str:
    while True:
        number = f"CN-{organisation.sequences.credit_note:04d}"
        organisation.sequences.credit_note += 1
        if not organisation.documents_numbered(number, "ACCRECCREDIT"):
            return number
