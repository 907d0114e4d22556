"""Faces: what a record says, field by field, in values that are equal when they mean the same on both sides. Pure.

A face has only what both sides keep: balances, totals that follow from lines and what a platform adds of its own are no
part of it. Values are plain JSON, as conflicts show them.
"""

from collections.abc import Collection, Mapping
from dataclasses import asdict, replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

from tieout.books.records import Address, Document, DocumentStatus, Item, Party, Record
from tieout.kit.money import from_minor
from tieout.sync.drafts import DocumentDraft, DraftLine, ItemDraft, Living, PartyDraft
from tieout.sync.rules import FieldGroup
from tieout.sync.three_way import Face

EXISTENCE: Final = "existence"
LINES: Final = "lines"
PARTY: Final = "party_id"

_OF_PARTIES: Final = ("name", "first_name", "last_name", "email", "phone", "tax_number")
_OF_ITEMS: Final = ("name", "code", "description", "unit_price", "income_account_id")
_OF_DOCUMENTS: Final = ("number", "memo", "issued_on", "due_on", PARTY)
_OF_LINES: Final = ("description", "quantity", "unit_price", "amount", "account_id", "item_id", "tax_rate_id")
_KEPT_AS: Final[Mapping[str, tuple[str, ...]]] = {
    LINES: ("lines", "tax_lines", "taxation", "currency", "discount", "subtotal", "tax", "total")
}
"""The attributes of a record that make up a field, where it is not one of the same name."""

_GROUPS: Final[Mapping[str, FieldGroup]] = {
    "number": FieldGroup.TEXTS,
    "memo": FieldGroup.TEXTS,
    "issued_on": FieldGroup.DATES,
    "due_on": FieldGroup.DATES,
    PARTY: FieldGroup.MONEY,
    LINES: FieldGroup.MONEY,
    EXISTENCE: FieldGroup.EXISTENCE,
    "unit_price": FieldGroup.MONEY,
    "income_account_id": FieldGroup.MONEY,
}
_OVER: Final = (DocumentStatus.VOID, DocumentStatus.DELETED)


def group_of(object_type: str, field: str) -> FieldGroup:
    """Which rule a field goes by."""
    if object_type in ("customer", "vendor"):
        return FieldGroup.CONTACT_DETAILS
    return _GROUPS.get(field, FieldGroup.TEXTS)


def face_of(record: Record) -> dict[str, Any]:
    """What a record of the books says; nothing of what is never compared."""
    match record:
        case Party():
            return _plain(record, _OF_PARTIES) | {"address": _address(record.address)}
        case Item():
            return _plain(record, _OF_ITEMS)
        case Document():
            return _plain(record, _OF_DOCUMENTS) | {LINES: _lines(record)}
        case _:
            return {}


def face_of_draft(
    draft: Living, *, base_currency: str | None, account_id: str | None, party_id: str | None
) -> dict[str, Any]:
    """What a record of ours says, in the same words.

    `account_id` and `party_id` are what the books call the account of a product and the counterpart of a document.
    """
    match draft:
        case PartyDraft():
            return _plain(draft, _OF_PARTIES) | {"address": _address(draft.address)}
        case ItemDraft():
            price = None
            if draft.unit_price is not None and draft.currency == base_currency and base_currency is not None:
                price = from_minor(draft.unit_price, base_currency)
            known = {"unit_price": _value(price), "income_account_id": account_id}
            return _plain(draft, ("name", "code", "description")) | known
        case DocumentDraft():
            texts = _plain(draft, ("number", "memo", "issued_on", "due_on"))
            return texts | {PARTY: party_id, LINES: _drafted_lines(draft)}
        case _:
            return {}


def ours_beside(base: Face, drafted: Face, changed: Collection[str]) -> dict[str, Any]:
    """Our side for a comparison: what was changed here as it now is, all else as both agreed on it."""
    return {**base, **{name: drafted[name] for name in changed if name in drafted}}


def only_shared(draft: Living, face: Face) -> dict[str, Any]:
    """A face without what our record has no place for: an organization has no first and last name."""
    is_organization = isinstance(draft, PartyDraft) and draft.first_name is None and draft.last_name is None
    unshared = ("first_name", "last_name") if is_organization else ()
    return {name: value for name, value in face.items() if name not in unshared}


def is_over(record: Record | None) -> bool:
    """Whether a document does not count any more in the books, or is not there at all."""
    return record is None or (isinstance(record, Document) and record.status in _OVER)


def differs(one: Record | None, other: Record | None) -> bool:
    """Whether somebody changed more of a record than what is paid of it."""
    if one is None or other is None or is_over(one) or is_over(other):
        return is_over(one) != is_over(other)
    return face_of(one) != face_of(other)


def comes_to_the_same(one: Any, other: Any) -> bool:
    """Whether the lines of two faces have the same currency, tax and total, however these are made up."""
    said = ("currency", "tax", "total")
    return bool(one and other) and all(one[name] == other[name] for name in said)


def keeping(record: Record, old: Record | None, fields: Collection[str]) -> Record:
    """A record in which some fields are as they were in an older one."""
    if old is None or not fields:
        return record
    if EXISTENCE in fields:
        return old
    names = [name for field in fields for name in _KEPT_AS.get(field, (field,))]
    kept: Record = replace(record, **{name: getattr(old, name) for name in names})
    return kept


def _plain(said: Any, names: Collection[str]) -> dict[str, Any]:
    return {name: _value(getattr(said, name)) for name in names}


def _value(value: Any) -> Any:
    match value:
        case Decimal():
            return format(value.normalize(), "f")
        case date():
            return value.isoformat()
        case "":
            return None
        case _:
            return value


def _address(address: Address | None) -> dict[str, Any] | None:
    said = {name: value for name, value in asdict(address).items() if value} if address else {}
    return said or None


def _lines(document: Document) -> dict[str, Any]:
    """Lines without ids and in an order of their own, for neither means anything; and what they come to."""
    return {
        "currency": document.currency,
        "lines": sorted((_plain(line, _OF_LINES) for line in document.lines), key=_by_content),
        "tax": _value(document.tax),
        "total": _value(document.total),
    }


def _by_content(line: Mapping[str, Any]) -> list[str]:
    return [str(line[name]) for name in _OF_LINES]


def _drafted_lines(draft: DocumentDraft) -> dict[str, Any]:
    return {
        "currency": draft.currency,
        "lines": [_drafted_line(draft, line) for line in draft.lines],
        "tax": _value(from_minor(sum(line.tax for line in draft.lines), draft.currency)),
        "total": _value(from_minor(draft.total, draft.currency)),
    }


def _drafted_line(draft: DocumentDraft, line: DraftLine) -> dict[str, Any]:
    amounts = {"unit_price": line.unit_price, "amount": line.net}
    said = {name: _value(from_minor(amount, draft.currency)) for name, amount in amounts.items()}
    return {"description": line.description, "quantity": _value(line.quantity), **said}
