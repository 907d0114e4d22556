"""The journal that documents make, in home currency. Drafts make none; what is voided is reversed on its own date."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from tieout.platforms.xero.sandbox.accounting.organisation import Organisation, ref_of
from tieout.platforms.xero.sandbox.accounting.rows import (
    Allocation,
    Credit,
    Document,
    Payment,
    Prepayment,
)
from tieout.platforms.xero.sandbox.accounting.statuses import POSTED
from tieout.platforms.xero.sandbox.accounting.stock import stock_lines
from tieout.platforms.xero.sandbox.wire import ZERO, half_up
from tieout.sandbox.ledger import DocumentRef, Draft, JournalLine, debit


def control_account(organisation: Organisation, document: Document) -> str:
    """The account that what is open of a document stands in."""
    return organisation.system_account("DEBTORS" if document.receivable else "CREDITORS").id


def post_document(organisation: Organisation, document: Document) -> None:
    """Bring the ledger in line with a document: its entry while it is authorised or paid, none otherwise."""
    reference = ref_of(document)
    at = organisation.now()
    if document.status not in POSTED:
        organisation.ledger.reverse(reference, at=at, memo=document.status.lower())
        return
    lines = document_lines(organisation, document, control_account(organisation, document))
    document.home_total = abs(lines[0].net)
    name = organisation.contacts[document.contact_id].name
    organisation.ledger.repost(Draft(reference, document.on, lines, document.number, name), at=at)


def document_lines(organisation: Organisation, document: Document, against: str) -> tuple[JournalLine, ...]:
    """The control or bank account first, then income or expense per line, then the tax of all lines in one.

    The first is worth the document's total at its rate, every other amount is exchanged by itself, and what rounding
    leaves between them is posted to the system account for it: so the control account is the sum of what is owed.

    A sale and money received debit it; a bill, money spent and a customer's credit note are the mirror image, a
    supplier's credit note the mirror of that.
    """
    side = 1 if document.receivable else -1
    if isinstance(document, Credit):
        side = -side
    lines = []
    total = document.home(document.total)
    left, tax = total, ZERO
    for line in document.lines:
        net = line.line_amount - (line.tax_amount if document.amount_types == "Inclusive" else ZERO)
        home_net, home_tax = document.home(net), document.home(line.tax_amount)
        left -= home_net + home_tax
        tax += home_tax
        if home_net:
            assert line.account_id is not None
            lines.append(debit(line.account_id, -side * home_net, line.description or ""))
    if tax:
        lines.append(debit(organisation.system_account("GST").id, -side * tax))
    if left:
        lines.append(debit(organisation.system_account("ROUNDING").id, -side * left))
    lines += stock_lines(organisation, document)
    return (account_line(organisation, against, side * total, side * document.total), *lines)


def account_line(organisation: Organisation, account_id: str, home: Decimal, foreign: Decimal) -> JournalLine:
    """A debit at home, which says what it is in the account's own currency where that is another."""
    line = debit(account_id, home)
    kept_in = organisation.accounts[account_id].currency
    return line if kept_in in {None, organisation.currency} else replace(line, foreign=foreign)


def post_payment(organisation: Organisation, payment: Payment) -> None:
    """Bank against the control account; what exchange rates made of it goes to realised currency gains.

    The refund of a prepayment goes against the accounts that the prepayment stands in.
    """
    reference = ref_of(payment)
    if payment.status == "DELETED":
        organisation.ledger.reverse(reference, at=organisation.now(), memo="deleted")
        return
    document = organisation.document(payment.document_id)
    assert document is not None
    side = 1 if document.receivable != payment.refund else -1
    lines = [account_line(organisation, payment.account_id, side * payment.home_bank, side * payment.bank_amount)]
    if isinstance(document, Prepayment):
        lines += released(organisation, document, payment.amount, payment.id)
    else:
        lines.append(debit(control_account(organisation, document), -side * payment.home_settled))
    gain = payment.home_settled - payment.home_bank
    if gain:
        lines.append(debit(organisation.system_account("REALISEDCURRENCYGAIN").id, side * gain))
    name = organisation.contacts[document.contact_id].name
    organisation.ledger.post(Draft(reference, payment.on, lines, document.number, name), at=organisation.now())


def post_allocation(organisation: Organisation, allocation: Allocation, credit: Credit) -> None:
    """An allocation moves nothing unless the two documents have different exchange rates.

    A prepayment leaves the accounts of its lines for the control account when it is applied to an invoice.
    """
    control = control_account(organisation, credit)
    side = 1 if credit.receivable else -1
    if isinstance(credit, Prepayment):
        taken = released(organisation, credit, allocation.amount, allocation.id)
        lines: Iterable[JournalLine] = (*taken, debit(control, -side * allocation.home_invoice))
    else:
        difference = allocation.home_credit - allocation.home_invoice
        if not difference:
            return
        gains = organisation.system_account("REALISEDCURRENCYGAIN").id
        lines = (debit(control, side * difference), debit(gains, -side * difference))
    organisation.ledger.post(Draft(allocation_ref(allocation), allocation.on, lines), at=organisation.now())


def released(organisation: Organisation, prepayment: Prepayment, amount: Decimal, but: str) -> list[JournalLine]:
    """The lines that take `amount` of a prepayment out of its accounts: every account's share of what is left there.

    `but` is the id of the allocation or payment that is being posted.
    """
    ledger = organisation.ledger
    assert prepayment.bank_transaction_id is not None
    left: dict[str, Decimal] = {}
    made = ledger.standing(DocumentRef("BankTransaction", prepayment.bank_transaction_id))
    assert made is not None
    bank = organisation.bank_transactions[prepayment.bank_transaction_id].account_id
    refunds = [DocumentRef("Payment", one.id) for one in organisation.payments_of.get(prepayment.id, ())]
    applied = [allocation_ref(one) for one in prepayment.allocations]
    for line in made.lines:
        if line.account_id != bank:
            left[line.account_id] = left.get(line.account_id, ZERO) + line.net
    for reference in (*refunds, *applied):
        entry = ledger.standing(reference) if reference.id != but else None
        for line in entry.lines if entry else ():
            if line.account_id in left:
                left[line.account_id] += line.net
    open_ = -sum(left.values(), ZERO)
    signed = amount if open_ > 0 else -amount
    shares = {account: half_up(-net * signed / open_) for account, net in left.items()}
    last = next(reversed(shares))
    shares[last] += signed - sum(shares.values(), ZERO)
    return [debit(account, share) for account, share in shares.items()]


def allocation_ref(allocation: Allocation) -> DocumentRef:
    """How the ledger names an allocation."""
    return DocumentRef("Allocation", allocation.id)
