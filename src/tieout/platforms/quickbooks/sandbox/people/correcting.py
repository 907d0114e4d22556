"""Changing, voiding and deleting documents."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tieout.platforms.quickbooks.sandbox.accounting.books import Books
from tieout.platforms.quickbooks.sandbox.accounting.kinds import TRANSACTIONS, Operation
from tieout.platforms.quickbooks.sandbox.accounting.records import Record
from tieout.platforms.quickbooks.sandbox.accounting.writing import delete, update, void
from tieout.platforms.quickbooks.sandbox.people.finding import DOCUMENT, document_in, standing
from tieout.platforms.quickbooks.sandbox.people.trading import unit_price
from tieout.sandbox.people import ActionRefusedError, allow_only, amount_in, date_in, text_in

Wish = Mapping[str, Any]
_EVERY = tuple(kind.name for kind in TRANSACTIONS)
_VOIDABLE = tuple(kind.name for kind in TRANSACTIONS if Operation.VOID in kind.operations)
_EDITED = tuple(kind.name for kind in TRANSACTIONS if Operation.UPDATE in kind.operations)
_TEXTS = {"memo": "PrivateNote", "new_number": "DocNumber"}
_DAYS = {"date": "TxnDate", "due_date": "DueDate"}


def edit(books: Books, wish: Wish) -> dict[str, Any]:
    """Change a document: `{document_id | number, amount?, line?, description?, date?, due_date?, memo?, new_number?}`.

    An amount or description is that of one line, the first unless `line` says another; its quantity stays.
    """
    allow_only(wish, *DOCUMENT, "amount", "line", "description", *_DAYS, *_TEXTS)
    document = document_in(books, wish, _EDITED)
    changes: dict[str, Any] = {}
    for name, field in _DAYS.items():
        day = date_in(wish, name)
        if day is not None:
            changes[field] = day.isoformat()
    for name, field in _TEXTS.items():
        text = text_in(wish, name)
        if text is not None:
            changes[field] = text
    amount, description = amount_in(wish, "amount"), text_in(wish, "description")
    if amount is not None or description is not None:
        changes["Line"] = _lines(document, text_in(wish, "line"), amount, description)
    elif text_in(wish, "line") is not None:
        raise ActionRefusedError("say the amount or the description of the line")
    if not changes:
        raise ActionRefusedError("say what to change")
    record = update(books, document.kind, standing(document, **changes))
    return {"document": {"kind": record.kind.name, "id": record.id, "balance": record.open}}


def _lines(
    document: Record, place: str | None, amount: Decimal | None, description: str | None
) -> list[dict[str, Any]]:
    """All lines with one of them changed. Lines that only the books make are left out, and made again."""
    lines = [dict(line) for line in document.content["Line"] if line.get("DetailType") != "SubTotalLineDetail"]
    own = [line for line in lines if isinstance(line.get(line.get("DetailType", "")), dict)]
    number = int(place) if place is not None and place.isascii() and place.isdigit() and len(place) < 6 else 1  # noqa: PLR2004 - no document has so many lines
    if not 1 <= number <= len(own):
        raise ActionRefusedError(f"{document.kind.name} {document.id} has no line {place or 1}")
    line = own[number - 1]
    if description is not None:
        line["Description"] = description
    if amount is not None:
        detail = {key: value for key, value in line[line["DetailType"]].items() if key != "TaxInclusiveAmt"}
        if "UnitPrice" in detail:
            detail["UnitPrice"] = unit_price(amount, Decimal(detail.get("Qty", 1)))
        line |= {"Amount": amount, line["DetailType"]: detail}
    return lines


def void_document(books: Books, wish: Wish) -> dict[str, Any]:
    """Void an invoice or payment: `{document_id | number}`."""
    allow_only(wish, *DOCUMENT)
    document = document_in(books, wish, _VOIDABLE)
    record = void(books, document.kind, {"Id": document.id, "SyncToken": str(document.token)})
    return {"document": {"kind": record.kind.name, "id": record.id, "balance": record.open}}


def delete_document(books: Books, wish: Wish) -> dict[str, Any]:
    """Delete a document, and un-apply the payments that settled it: `{document_id | number}`."""
    allow_only(wish, *DOCUMENT)
    document = document_in(books, wish, _EVERY)
    delete(books, document.kind, {"Id": document.id, "SyncToken": str(document.token)}, unlinking=True)
    return {"deleted": {"kind": document.kind.name, "id": document.id}}
