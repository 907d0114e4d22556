"""What stood open on a day between the company and its customers or vendors, document by document.

A settlement counts from the day of its payment on, on both of its ends; so on every day the open items of one side add
up to what the receivable or payable accounts stood at.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tieout.platforms.quickbooks.sandbox.accounting.books import Books
from tieout.platforms.quickbooks.sandbox.accounting.kinds import TRANSACTIONS
from tieout.platforms.quickbooks.sandbox.accounting.posting import relief
from tieout.platforms.quickbooks.sandbox.accounting.records import Record, Shaped, Shelf
from tieout.platforms.quickbooks.sandbox.figures import ZERO
from tieout.sandbox.ledger import DocumentRef

CUSTOMERS, VENDORS = "Customer", "Vendor"
"""The two sides."""
PAYMENTS = frozenset({"Payment", "BillPayment"})


@dataclass(frozen=True, slots=True)
class OpenItem:
    """A document that is not settled: a charge is positive, what lessens the debt is negative."""

    record: Record
    party: DocumentRef
    on: date
    due_on: date
    amount: Decimal
    """What it was made for."""
    open: Decimal


def open_items(books: Books, side: str, on: date, parties: frozenset[str] | None = None) -> Iterator[OpenItem]:
    """Everything open at the end of a day, in the home currency, in the order of kinds and of creation."""
    until = on.isoformat()
    is_now = all(_newest_day(books.shelf(kind)) <= until for kind in TRANSACTIONS)
    for kind in TRANSACTIONS:
        shelf = books.shelf(kind)
        unsettled = shelf.unsettled() if is_now else None
        for record in shelf if unsettled is None else unsettled.page(0, len(unsettled)):
            shaped = record.shaped
            if not (shaped.owed or shaped.openings) or shaped.content["TxnDate"] > until:
                continue
            for party, amount, part in _claims(shaped):
                if party.kind != side or (parties is not None and party.id not in parties):
                    continue
                left = _left(books, record, amount, part, until)
                if left:
                    yield _item(record, party, shaped.exchange.home(amount), left)


def _newest_day(shelf: Shelf) -> str:
    """The date of the last transaction: from then on what is open is what is open now, of which there is an index."""
    newest = shelf.by_day().page(0, 1, descending=True)
    return str(newest[0].content["TxnDate"]) if newest else ""


def _claims(shaped: Shaped) -> Iterator[tuple[DocumentRef, Decimal, DocumentRef | None]]:
    """Whom a document changes the balance of, by how much, and which part of it that is."""
    if shaped.party is not None and shaped.owed:
        yield shaped.party, shaped.owed, None
    for one in shaped.openings:
        yield one.party, one.amount, one.party


def _item(record: Record, party: DocumentRef, amount: Decimal, left: Decimal) -> OpenItem:
    day = date.fromisoformat(record.content["TxnDate"])
    due = date.fromisoformat(record.content["DueDate"]) if "DueDate" in record.content else day
    return OpenItem(record, party, day, due, amount, left)


def _left(books: Books, record: Record, amount: Decimal, part: DocumentRef | None, until: str) -> Decimal:
    """What is open of one claim at the end of that day, as the control account has it."""
    exchange = record.shaped.exchange
    if record.kind.name in PAYMENTS:
        return -(exchange.home(record.unapplied) + _applied_later(books, record, until))
    taken = ZERO
    for ref, settled in record.settlements.items():
        if ref.kind not in PAYMENTS:
            continue
        payment = books.shelves[ref.kind].records[ref.id]
        if payment.shaped.content["TxnDate"] > until:
            continue
        if part is None and exchange.rate == 1:
            taken += settled
            continue
        for one in payment.shaped.applications:
            if one.target == record.ref and one.part == part:
                taken += relief(record, ref, one)
    worth = exchange.home(abs(amount)) - taken
    return worth if amount > 0 else -worth


def _applied_later(books: Books, payment: Record, until: str) -> Decimal:
    """The part of a payment that settles documents of later days."""
    later = ZERO
    for one in payment.shaped.applications:
        target = books.shelves[one.target.kind].records[one.target.id]
        if target.shaped.content["TxnDate"] > until:
            later += relief(target, payment.ref, one) * (-1 if one.is_credit else 1)
    return later
