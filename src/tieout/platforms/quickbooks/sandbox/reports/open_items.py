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
from tieout.platforms.quickbooks.sandbox.accounting.records import Record
from tieout.platforms.quickbooks.sandbox.figures import ZERO
from tieout.sandbox.ledger import DocumentRef

CUSTOMERS, VENDORS = "Customer", "Vendor"
"""The two sides."""
_PAYMENTS = frozenset({"Payment", "BillPayment"})


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
    """Everything open at the end of a day, in the order of kinds and of creation."""
    until = on.isoformat()
    for kind in TRANSACTIONS:
        for record in books.shelf(kind):
            party = record.shaped.party
            if party is None or party.kind != side or not record.shaped.owed or record.content["TxnDate"] > until:
                continue
            if parties is not None and party.id not in parties:
                continue
            left = record.shaped.owed + _settled(books, record, until)
            if left:
                day = date.fromisoformat(record.content["TxnDate"])
                due = date.fromisoformat(record.content["DueDate"]) if "DueDate" in record.content else day
                yield OpenItem(record, party, day, due, record.shaped.owed, left)


def _settled(books: Books, record: Record, until: str) -> Decimal:
    """What settlements until that day take off a charge (negative) or use up of a credit or payment (positive)."""
    taken = ZERO
    for ref, amount in record.settlements.items():
        if ref.kind in _PAYMENTS and books.record(ref).content["TxnDate"] <= until:
            taken += amount
    by = -taken if record.shaped.owed > 0 else taken
    for one in record.shaped.applications:
        if books.record(one.target).content["TxnDate"] <= until:
            by += -one.amount if one.is_credit else one.amount
    return by
