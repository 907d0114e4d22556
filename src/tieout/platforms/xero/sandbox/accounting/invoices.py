"""Sales invoices and bills. Source: invoices page."""

from dataclasses import replace

from tieout.platforms.xero.sandbox.accounting.documents import (
    Body,
    apply_body,
    check_number,
    leaves_date_alone,
    plan_body,
    zero_is_paid,
)
from tieout.platforms.xero.sandbox.accounting.elements import Element, InvalidError, vocabulary
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.postings import post_document
from tieout.platforms.xero.sandbox.accounting.rows import Invoice, Line
from tieout.platforms.xero.sandbox.accounting.statuses import (
    HAS_SETTLEMENTS,
    NOT_MODIFIABLE,
    POSTED,
    WRITABLE,
    first_status,
    next_status,
)
from tieout.platforms.xero.sandbox.accounting.stock import check_stock, move_stock
from tieout.platforms.xero.sandbox.accounting.themes import check_theme, default_theme
from tieout.platforms.xero.sandbox.accounting.writing import Writing, Written, check_length, check_locks
from tieout.platforms.xero.sandbox.wire import ZERO, ZERO_ID

KIND = "Invoice"
WORDS = vocabulary(
    "Type InvoiceID InvoiceNumber Reference Contact Date DueDate Status LineAmountTypes LineItems CurrencyCode"
    " CurrencyRate SentToContact Url SubTotal TotalTax Total BrandingThemeID",
    "DateString DueDateString AmountDue AmountPaid AmountCredited TotalDiscount IsDiscounted FullyPaidOnDate Payments"
    " CreditNotes Prepayments Overpayments InvoicePaymentServices InvoiceAddresses CISDeduction",
)
NOT_UNIQUE = "Invoice # must be unique."
NOT_FOUND = "An existing Invoice with the specified InvoiceID could not be found"
TYPELESS = "Invoice Type must be specified"
DUELESS = "The due date must be specified before an invoice can be authorised"
REFERENCE_LENGTH_MAX = 255
URL_LENGTH_MAX = 2_000


def find_invoice(organisation: Organisation, key: str) -> Invoice | None:
    """By InvoiceID, or by InvoiceNumber: a live one before one that is gone, sales before bills."""
    known = organisation.invoices.get(key.lower())
    if known is not None:
        return known
    found = organisation.documents_numbered(key, "ACCREC", "ACCPAY") if key else ()
    rows = sorted((row for row in found if isinstance(row, Invoice)), key=lambda row: not row.live)
    return rows[0] if rows else None


def write_invoice(writing: Writing, element: Element) -> Written:
    """Create or change an invoice or a bill."""
    element.check(WORDS)
    check_theme(writing.organisation, element)
    check_extras(element)
    known = _match(writing, element)
    if known is None:
        return _create(writing, element)
    return _update(writing, element, known)


def _match(writing: Writing, element: Element) -> Invoice | None:
    """The invoice that a write is about: by address, by id, by the number of a sale."""
    if isinstance(writing.target, Invoice):
        return writing.target
    organisation = writing.organisation
    invoice_id, number = element.text("InvoiceID"), element.text("InvoiceNumber")
    if invoice_id and invoice_id != ZERO_ID:
        known = organisation.invoices.get(invoice_id.lower())
        if known is None or not writing.may_update:
            raise InvalidError(NOT_FOUND if known is None else NOT_UNIQUE)
        return known
    if not number or (element.text("Type") or "").upper() == "ACCPAY":
        return None
    taken = [row for row in organisation.documents_numbered(number, "ACCREC") if row.status != "DELETED"]
    if taken and not writing.may_update:
        raise InvalidError(NOT_UNIQUE)
    return taken[0] if taken and isinstance(taken[0], Invoice) else None


def _create(writing: Writing, element: Element) -> Written:
    organisation = writing.organisation
    type_ = element.choice("Type", ("ACCREC", "ACCPAY"))
    if type_ is None:
        raise InvalidError(TYPELESS)
    receivable = type_ == "ACCREC"
    status = first_status(element.choice("Status", WRITABLE), KIND)
    number = element.text("InvoiceNumber") or ""
    check_number(number)
    body = plan_body(writing, element, None, status=status, receivable=receivable, discounts=True)
    _check_posted(writing, None, body, sale=receivable)
    if receivable and not number:
        number = next_number(organisation)
    invoice = Invoice(
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
    if receivable and writing.app_id is not None:
        invoice.theme_id = default_theme(organisation)
    _apply_extras(writing, invoice, element)
    _save(writing, invoice, body)
    return Written(invoice)


def _update(writing: Writing, element: Element, known: Invoice) -> Written:
    settled = known.paid + known.credited > 0
    type_ = element.choice("Type", ("ACCREC", "ACCPAY"))
    status = next_status(known.status, element.choice("Status", WRITABLE), kind=KIND, settled=settled)
    if type_ not in (None, known.type):
        raise InvalidError(NOT_MODIFIABLE.format(kind=KIND))
    if status in {"VOIDED", "DELETED"}:
        return _end(writing, known, status)
    number = element.text("InvoiceNumber")
    number = known.number if number is None else number
    _check_new_number(writing.organisation, known, number)
    body = plan_body(writing, element, known, status=status, receivable=known.receivable, discounts=True)
    _check_posted(writing, known, body, sale=known.receivable)
    if settled:
        _check_settled(element, known, body, number)
    old_at = known.updated_at
    quiet = leaves_date_alone(known, element, body) and number == known.number
    old_number, old_contact = known.number, known.contact_id
    known.number = number
    _apply_extras(writing, known, element)
    _save(writing, known, body, old_number=old_number, old_contact=old_contact)
    if quiet:
        known.updated_at = old_at
    return Written(known)


def _end(writing: Writing, known: Invoice, status: str) -> Written:
    """Void or delete. The answer to voiding still shows the amount as due; a later read shows none."""
    check_locks(writing.organisation, known.on)
    due = known.total - known.paid - known.credited
    check_stock(writing.organisation, known, (), outward=known.receivable)
    known.status = status
    move_stock(writing.organisation, known, known.lines)
    known.fully_paid_on = None
    post_document(writing.organisation, known)
    writing.organisation.settled_changed(known, writing.at)
    return Written(known, overlay={"AmountDue": due})


def _check_posted(writing: Writing, known: Invoice | None, body: Body, *, sale: bool) -> None:
    """What only an authorised document needs: a due date, and the stock that it takes."""
    if body.status not in POSTED:
        return
    if body.due_on is None:
        raise InvalidError(DUELESS)
    check_stock(writing.organisation, known, body.lines, outward=sale)


def _check_new_number(organisation: Organisation, known: Invoice, number: str) -> None:
    check_number(number)
    if known.type != "ACCREC" or number == known.number:
        return
    if not number or any(
        row is not known and row.status != "DELETED" for row in organisation.documents_numbered(number, "ACCREC")
    ):
        raise InvalidError(NOT_UNIQUE)


def _check_settled(element: Element, known: Invoice, body: Body, number: str) -> None:
    """After a payment a bill cannot change at all; a sale only in what moves no amount (invoices page)."""
    refusal = InvalidError(NOT_MODIFIABLE.format(kind=KIND), HAS_SETTLEMENTS)
    moved = (
        (body.on, body.amount_types, body.currency) != (known.on, known.amount_types, known.currency)
        or (body.rate or 1) != (known.rate or 1)
        or body.totals.total != known.total
        or body.totals.total_tax != known.total_tax
        or [_money(line) for line in body.lines] != [_money(line) for line in known.lines]
    )
    contact = body.contact.contact
    other_contact = contact is None or contact.id != known.contact_id
    if moved or (other_contact and known.credited):
        raise refusal
    if known.type == "ACCPAY" and (
        other_contact
        or number != known.number
        or body.due_on != known.due_on
        or [replace(line) for line in body.lines] != known.lines
        or element.text("Url") not in (None, known.url)
    ):
        raise refusal


def _money(line: Line) -> tuple[object, ...]:
    return (
        line.id, line.quantity, line.unit_amount, line.line_amount, line.tax_amount, line.tax_type, line.item_id,
    )  # fmt: skip


def check_extras(element: Element) -> None:
    """Refuse, before anything is changed, what cannot be said about a document beside its body."""
    check_length("Reference", element.text("Reference"), REFERENCE_LENGTH_MAX)
    check_length("Url", element.text("Url"), URL_LENGTH_MAX)
    element.flag("SentToContact")


def _apply_extras(writing: Writing, invoice: Invoice, element: Element) -> None:
    """The properties of invoices alone. A bill has no Reference of its own."""
    reference, url, sent = element.text("Reference"), element.text("Url"), element.flag("SentToContact")
    if reference is not None and invoice.type == "ACCREC":
        invoice.reference = reference
    if url is not None:
        invoice.url = url or None
    if sent is not None and invoice.type == "ACCREC":
        invoice.sent = sent
    theme_id = check_theme(writing.organisation, element)
    if theme_id is not None:
        invoice.theme_id = theme_id


def _save(
    writing: Writing, invoice: Invoice, body: Body, *, old_number: str | None = None, old_contact: str | None = None
) -> None:
    organisation = writing.organisation
    before = list(invoice.lines)
    apply_body(writing, invoice, body)
    move_stock(organisation, invoice, before)
    organisation.index_document(invoice, old_number=old_number, old_contact=old_contact)
    zero_is_paid(invoice)
    post_document(organisation, invoice)
    invoice.touch(writing.at)


def next_number(organisation: Organisation) -> str:
    """The next free number of the organisation's sequence."""
    while True:
        number = f"INV-{organisation.sequences.invoice:04d}"
        organisation.sequences.invoice += 1
        if not organisation.documents_numbered(number, "ACCREC", "RECEIVE-PREPAYMENT"):
            return number
