"""What the lines of payments name: the words for it, whose it is, and how much of it is open.

An invoice or a bill is a charge, a credit memo or a vendor credit is a credit; what a journal entry, an expense or a
deposit is depends on what it opened with the party that pays or is paid.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tieout.platforms.quickbooks.sandbox import refusals
from tieout.platforms.quickbooks.sandbox.accounting.books import Books
from tieout.platforms.quickbooks.sandbox.accounting.money.openings import applied_with
from tieout.platforms.quickbooks.sandbox.accounting.records import Opening, Record
from tieout.platforms.quickbooks.sandbox.accounting.wishes import Wish
from tieout.platforms.quickbooks.sandbox.figures import ZERO
from tieout.sandbox.ledger import DocumentRef

LINK_WORDS: Mapping[str, frozenset[str]] = {
    "Payment": frozenset({"Invoice", "CreditMemo", "JournalEntry", "Expense", "Check", "CreditCardCredit"}),
    "BillPayment": frozenset({"Bill", "VendorCredit", "JournalEntry", "Deposit"}),
}
"""What the lines of each kind of payment may name. A bill payment cannot use an expense."""
_EXPENSES = frozenset({"Expense", "Check", "CreditCardCredit"})
_OWED_WHOLE = frozenset({"Invoice", "CreditMemo", "Bill", "VendorCredit"})
_CREDITS = frozenset({"CreditMemo", "VendorCredit"})


@dataclass(frozen=True, slots=True)
class Target:
    """What a line settles or uses."""

    record: Record
    word: str
    line_id: str | None
    """The line that was named, if one was."""
    is_credit: bool
    worth: Decimal
    open: Decimal
    """What this very payment may take of it: what it takes already counts as open."""
    part: DocumentRef | None = None
    """Of a document that opens balances with several parties: whose it is."""


def expense_word(record: Record) -> str:
    """What a link to an expense says."""
    if record.content.get("Credit"):
        return "CreditCardCredit"
    return "Check" if record.content["PaymentType"] == "Check" else "Expense"


def find_target(wish: Wish, line: Mapping[str, Any], payer: Record) -> Target:
    """What a line names. Raises `Refusal`: 2020, 610, 620, and 6000 for what is another party's."""
    linked = line.get("LinkedTxn") or []
    if len(linked) != 1:
        raise refusals.missing("LinkedTxn")
    link = linked[0]
    for field in ("TxnId", "TxnType"):
        if link.get(field) is None:
            raise refusals.missing(field)
    word, record_id = str(link["TxnType"]), str(link["TxnId"])
    record = _named(wish.books, LINK_WORDS[wish.kind.name], word, record_id)
    if word not in _OWED_WHOLE:
        return _opened(wish, record, word, link.get("TxnLineId"), payer)
    owner = record.shaped.party
    if owner is None or not _is_within(wish.books, owner, payer):
        raise refusals.business("A payment can only be applied to documents of its own party")
    mine = record.settlements.get(wish.standing.ref, ZERO) if wish.standing is not None else ZERO
    return Target(record, word, None, word in _CREDITS, record.shaped.total, record.open + mine)


def _named(books: Books, words: frozenset[str], word: str, record_id: str) -> Record:
    if word not in words:
        raise refusals.cannot_link(record_id)
    shelf = books.shelf("Purchase" if word in _EXPENSES else word)
    record = shelf.get(record_id)
    if record is None:
        raise refusals.deleted() if shelf.was_deleted(record_id) else refusals.cannot_link(record_id)
    if word in _EXPENSES and expense_word(record) != word:
        raise refusals.cannot_link(record_id)
    return record


def _opened(wish: Wish, record: Record, word: str, line_id: str | None, payer: Record) -> Target:
    """The part of a document that it opened with the payer, or with a sub-customer of the payer."""
    opening = _opening(wish.books, record, line_id, payer)
    applied = applied_with(wish.books, record, opening.party)
    if wish.standing is not None:
        own = wish.standing.shaped.applications
        applied -= sum((one.amount for one in own if one.target == record.ref and one.part == opening.party), ZERO)
    worth = abs(opening.amount)
    return Target(record, word, line_id, opening.amount < 0, worth, worth - applied, opening.party)


def _opening(books: Books, record: Record, line_id: str | None, payer: Record) -> Opening:
    if not record.shaped.openings:
        raise refusals.cannot_link(record.id)
    openings = [one for one in record.shaped.openings if _is_within(books, one.party, payer)]
    if not openings:
        raise refusals.business("A payment can only be applied to documents of its own party")
    if line_id is not None:
        named = _party_of_line(record, line_id)
        openings = [one for one in openings if one.party.id == named]
    own = [one for one in openings if one.party == payer.ref]
    found = own or openings
    if len(found) != 1:
        raise refusals.missing("LinkedTxn.TxnLineId") if line_id is None else refusals.cannot_link(record.id)
    return found[0]


def _party_of_line(record: Record, line_id: str) -> str | None:
    """The id of whom a line of a journal entry or a deposit names; an expense names its party once."""
    if record.kind.name == "Purchase":
        return str(record.content["EntityRef"]["value"])
    for line in record.content["Line"]:
        if line.get("Id") == line_id:
            detail = line.get(line.get("DetailType", "")) or {}
            entity = detail.get("Entity") or {}
            return str((entity.get("EntityRef") or entity).get("value"))
    return None


def _is_within(books: Books, party: DocumentRef, payer: Record) -> bool:
    """Whether a party is the payer, or a sub-customer of the payer."""
    below: str | None = party.id
    while below is not None and party.kind == payer.kind.name:
        if below == payer.id:
            return True
        parent = books.shelf(party.kind).records[below].content.get("ParentRef")
        below = parent["value"] if parent else None
    return False
