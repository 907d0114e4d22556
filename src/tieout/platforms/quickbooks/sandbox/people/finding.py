"""What a person means: a document by id or number, and somebody or something by id or name."""

from collections.abc import Mapping, Sequence
from typing import Any

from tieout.platforms.quickbooks.sandbox.accounting.books import Books
from tieout.platforms.quickbooks.sandbox.accounting.kinds import TRANSACTIONS
from tieout.platforms.quickbooks.sandbox.accounting.lists.hierarchy import DELETED
from tieout.platforms.quickbooks.sandbox.accounting.records import Record, full_name
from tieout.sandbox.people import ActionRefusedError, required_text_in, text_in

DOCUMENT = ("document_id", "number")
"""How a wish says a document."""


def document_in(books: Books, wish: Mapping[str, Any], kinds: Sequence[str]) -> Record:
    """The document that `document_id` or `number` says, of one of `kinds`."""
    document_id, number = text_in(wish, "document_id"), text_in(wish, "number")
    if (document_id is None) == (number is None):
        raise ActionRefusedError("say document_id or number")
    found = [books.transaction(document_id)] if document_id is not None else _numbered(books, str(number))
    fitting = [record for record in found if record is not None and record.kind.name in kinds]
    if not fitting:
        raise ActionRefusedError(f"no {' or '.join(kinds)} with this id or number")
    if len(fitting) > 1:
        raise ActionRefusedError("several documents have this number; say document_id")
    return fitting[0]


def _numbered(books: Books, number: str) -> list[Record | None]:
    return [
        books.shelf(kind).get(record_id)
        for kind in TRANSACTIONS
        for record_id in books.numbers.get((kind.name, number), ())
    ]


def required_in(books: Books, wish: Mapping[str, Any], name: str, *kinds: str) -> Record:
    """What a field says, by id or name, of one of `kinds`; inactive ones are found too."""
    return found(books, required_text_in(wish, name), *kinds)


def optional_in(books: Books, wish: Mapping[str, Any], name: str, *kinds: str) -> Record | None:
    """The same, where the field may be left empty."""
    text = text_in(wish, name)
    return None if text is None else found(books, text, *kinds)


def found(books: Books, text: str, *kinds: str) -> Record:
    """Somebody or something by its id, or by its full name in whatever case."""
    wanted = text.lower()
    for kind in kinds:
        record = books.shelf(kind).get(text)
        if record is not None:
            return record
    for kind in kinds:
        for record in books.shelf(kind):
            if full_name(record.content).lower() in (wanted, f"{wanted}{DELETED}"):
                return record
    raise ActionRefusedError(f"no {' or '.join(kinds)} {text}")


def standing(record: Record, **changes: Any) -> dict[str, Any]:
    """The body of a change to part of an object."""
    return {"Id": record.id, "SyncToken": str(record.token), "sparse": True, **changes}
