"""The journal that documents make, in home currency. Drafts make none; what is voided is reversed on its own date."""

from tieout.platforms.xero.sandbox.accounting.organisation import Organisation, ref_of
from tieout.platforms.xero.sandbox.accounting.rows import Allocation, CreditNote, Document, Invoice, Payment
from tieout.platforms.xero.sandbox.accounting.statuses import POSTED
from tieout.platforms.xero.sandbox.accounting.stock import stock_lines
from tieout.platforms.xero.sandbox.wire import ZERO
from tieout.sandbox.ledger import DocumentRef, Draft, JournalLine, debit


def post_document(organisation: Organisation, document: Document) -> None:
    """Bring the ledger in line with a document: its entry while it is authorised or paid, none otherwise."""
    reference = ref_of(document)
    at = organisation.now()
    if document.status not in POSTED:
        organisation.ledger.reverse(reference, at=at, memo=document.status.lower())
        return
    lines = document_lines(organisation, document)
    control = lines[0]
    document.home_total = abs(control.net)
    name = organisation.contacts[document.contact_id].name
    organisation.ledger.repost(Draft(reference, document.on, lines, document.number, name), at=at)


def document_lines(organisation: Organisation, document: Document) -> tuple[JournalLine, ...]:
    """Control account first, then income or expense per line, then the tax of all lines in one.

    A sale debits the debtors; a bill and a customer's credit note are its mirror image, a supplier's credit note the
    mirror of that.
    """
    side = 1 if document.receivable else -1
    if isinstance(document, CreditNote):
        side = -side
    lines = []
    control = tax = ZERO
    for line in document.lines:
        net = line.line_amount - (line.tax_amount if document.amount_types == "Inclusive" else ZERO)
        home_net, home_tax = document.home(net), document.home(line.tax_amount)
        control += home_net + home_tax
        tax += home_tax
        if home_net:
            assert line.account_id is not None
            lines.append(debit(line.account_id, -side * home_net, line.description or ""))
    lines.append(debit(organisation.system_account("GST").id, -side * tax))
    system = "DEBTORS" if document.receivable else "CREDITORS"
    if isinstance(document, Invoice):
        lines += stock_lines(organisation, document)
    return (debit(organisation.system_account(system).id, side * control), *lines)


def post_payment(organisation: Organisation, payment: Payment) -> None:
    """Bank against the control account; what exchange rates made of it goes to realised currency gains."""
    reference = ref_of(payment)
    if payment.status == "DELETED":
        organisation.ledger.reverse(reference, at=organisation.now(), memo="deleted")
        return
    document = organisation.document(payment.document_id)
    assert document is not None
    incoming = document.receivable != payment.of_credit_note
    side = 1 if incoming else -1
    system = "DEBTORS" if document.receivable else "CREDITORS"
    bank = payment.bank_amount
    lines = (
        debit(payment.account_id, side * bank),
        debit(organisation.system_account(system).id, -side * payment.home_settled),
        debit(organisation.system_account("REALISEDCURRENCYGAIN").id, side * (payment.home_settled - bank)),
    )
    name = organisation.contacts[document.contact_id].name
    organisation.ledger.post(Draft(reference, payment.on, lines, document.number, name), at=organisation.now())


def post_allocation(organisation: Organisation, allocation: Allocation, *, receivable: bool) -> None:
    """An allocation moves nothing unless the two documents have different exchange rates."""
    system = "DEBTORS" if receivable else "CREDITORS"
    difference = allocation.home_credit - allocation.home_invoice
    side = 1 if receivable else -1
    lines = (
        debit(organisation.system_account(system).id, side * difference),
        debit(organisation.system_account("REALISEDCURRENCYGAIN").id, -side * difference),
    )
    organisation.ledger.post(Draft(allocation_ref(allocation), allocation.on, lines), at=organisation.now())


def allocation_ref(allocation: Allocation) -> DocumentRef:
    """How the ledger names an allocation."""
    return DocumentRef("Allocation", allocation.id)
