"""Making one customer or vendor of two: everything of the one becomes the other's, and the one becomes inactive.

Only people can do it. Balances follow the documents, the journal does not change. Every document that moves is another
version of itself, so its token moves.
"""

from dataclasses import replace
from typing import Any

from tieout.platforms.quickbooks.sandbox.accounting.books import Books
from tieout.platforms.quickbooks.sandbox.accounting.money.openings import summed
from tieout.platforms.quickbooks.sandbox.accounting.placing import place
from tieout.platforms.quickbooks.sandbox.accounting.records import Record, Shaped
from tieout.platforms.quickbooks.sandbox.accounting.writing import update
from tieout.platforms.quickbooks.sandbox.people.finding import standing
from tieout.sandbox.ledger import DocumentRef
from tieout.sandbox.people import ActionRefusedError

MERGED = ("Customer", "Vendor")
"""What can be merged."""
_REFERENCES = frozenset({"CustomerRef", "VendorRef", "EntityRef", "PrefVendorRef", "OwnerRef"})


def merge(books: Books, source: Record, target: Record) -> int:
    """Answers how many documents moved. Raises `ActionRefusedError` before anything changes."""
    _check(books, source, target)
    moved = 0
    for shelf in books.shelves.values():
        for record in tuple(shelf):
            shaped = _moved(record.shaped, source.ref, target.ref)
            if shaped is not None:
                place(books, record, shaped)
                record.touch(books.now(), token=True)
                moved += record.kind.is_transaction
    update(books, source.kind, standing(source, Active=False))
    books.note(target, "merged", source.id)
    return moved


def _check(books: Books, source: Record, target: Record) -> None:
    if source is target:
        raise ActionRefusedError("one cannot be merged into itself")
    if not source.active or not target.active:
        raise ActionRefusedError("both have to be active")
    if source.content["CurrencyRef"]["value"] != target.content["CurrencyRef"]["value"]:
        raise ActionRefusedError("both need the same currency")
    if books.children.get(source.ref):
        raise ActionRefusedError("one with sub-customers cannot be merged: move them first")
    if books.switches.subscription_ended:
        raise ActionRefusedError("the subscription has ended: the books can only be read")
    for shelf in books.shelves.values():
        for record in shelf:
            parties = {one.party for one in record.shaped.openings}
            if source.ref in parties and target.ref in parties:
                raise ActionRefusedError(f"{record.kind.name} {record.id} opens balances with both: change it first")


def _moved(shaped: Shaped, source: DocumentRef, target: DocumentRef) -> Shaped | None:
    """The object with the target in the source's place; None when the source is nowhere in it."""
    content = _replaced("", shaped.content, source.id, target.id)
    openings = [replace(one, party=target) if one.party == source else one for one in shaped.openings]
    applications = tuple(replace(one, part=target) if one.part == source else one for one in shaped.applications)
    party = target if shaped.party == source else shaped.party
    after = replace(shaped, content=content, party=party, openings=summed(openings), applications=applications)
    return None if after == shaped else after


def _replaced(key: str, value: Any, source_id: str, target_id: str) -> Any:
    """A value with the references in it pointed elsewhere. Customers and vendors share one sequence of ids."""
    if isinstance(value, dict):
        if key in _REFERENCES and value.get("value") == source_id:
            return {**value, "value": target_id}
        return {inner: _replaced(inner, one, source_id, target_id) for inner, one in value.items()}
    if isinstance(value, list):
        return [_replaced("", one, source_id, target_id) for one in value]
    return value
