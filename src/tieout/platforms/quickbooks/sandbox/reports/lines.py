"""What a line of the journal is about: whose document, with whom, and what it says."""

from collections.abc import Iterator, Mapping
from typing import Any

from tieout.platforms.quickbooks.sandbox.accounting.books import Books
from tieout.platforms.quickbooks.sandbox.accounting.money.openings import named_party
from tieout.platforms.quickbooks.sandbox.accounting.records import ADJUSTMENT, Record
from tieout.platforms.quickbooks.sandbox.refusals import NotSimulatedError
from tieout.sandbox.ledger import DocumentRef, JournalEntry, JournalLine

_JOURNAL_DETAIL = "JournalEntryLineDetail"


def record_of(books: Books, entry: JournalEntry) -> Record:
    """The object that an entry belongs to; of stock that was counted, the item."""
    if entry.document.kind == ADJUSTMENT:
        return books.shelf("Item").records[books.adjustments[entry.document].move.item_id]
    return books.record(entry.document)


def party_of(books: Books, entry: JournalEntry, line: JournalLine) -> DocumentRef | None:
    """Who a line is with: whom its document is from or to, or the one whom the lines of a journal entry name."""
    record = record_of(books, entry)
    if record.kind.name != "JournalEntry":
        return record.shaped.party
    named = {_entity(books, detail) for _, detail in _entered(record, line)}
    return named.pop() if len(named) == 1 else None


def memo_of(books: Books, entry: JournalEntry, line: JournalLine, *, describes: bool) -> str:
    """What is said of a line: its description where there is one alone and the line `describes`, else the note."""
    record = record_of(books, entry)
    if record.kind.name == "JournalEntry":
        said = {str(one.get("Description", "")) for one, _ in _entered(record, line)}
        return said.pop() if len(said) == 1 else ""
    found = [one for one in record.content.get("Line", ()) if one.get("Description")]
    if describes and len(found) == 1:
        return str(found[0]["Description"])
    return str(record.content.get("PrivateNote", ""))


def check_customers_of_lines(record: Record) -> None:
    """Refuse loudly to tell by customer what a purchase says line by line, since the journal has such lines in one."""
    for line in record.content.get("Line", ()):
        detail = line.get(line.get("DetailType", ""))
        if isinstance(detail, Mapping) and detail.get("CustomerRef"):
            raise NotSimulatedError("a report by customer over purchases for customers is not simulated")


def _entered(record: Record, line: JournalLine) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """The lines of a journal entry that a line of the journal is made of, each with its detail."""
    side = "Debit" if line.debit else "Credit"
    for one in record.content.get("Line", ()):
        detail = one.get(_JOURNAL_DETAIL)
        if detail and detail["AccountRef"]["value"] == line.account_id and detail.get("PostingType") == side:
            yield one, detail


def _entity(books: Books, detail: Mapping[str, Any]) -> DocumentRef | None:
    entity = detail.get("Entity")
    if not entity or not entity.get("EntityRef"):
        return None
    return named_party(books, entity["EntityRef"], entity.get("Type"), inactive_too=True).ref
