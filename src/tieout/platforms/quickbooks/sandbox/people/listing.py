"""Changing the lists: other names, what is no longer used, and two that were one all along."""

from collections.abc import Mapping
from typing import Any

from tieout.platforms.quickbooks.sandbox.accounting.books import Books
from tieout.platforms.quickbooks.sandbox.accounting.kinds import KINDS, Operation
from tieout.platforms.quickbooks.sandbox.accounting.lists.hierarchy import DELETED
from tieout.platforms.quickbooks.sandbox.accounting.records import Record
from tieout.platforms.quickbooks.sandbox.accounting.writing import update
from tieout.platforms.quickbooks.sandbox.people.finding import found, required_in, standing
from tieout.platforms.quickbooks.sandbox.people.merging import MERGED, merge
from tieout.sandbox.people import ActionRefusedError, allow_only, required_text_in

Wish = Mapping[str, Any]
_LISTS = tuple(kind.name for kind in KINDS.values() if kind.is_list and Operation.UPDATE in kind.operations)


def _kind_in(wish: Wish, kinds: tuple[str, ...]) -> str:
    name = required_text_in(wish, "kind")
    for kind in kinds:
        if kind.lower() == name.lower():
            return kind
    raise ActionRefusedError(f"kind is one of {', '.join(kinds)}")


def _name_field(record: Record) -> str:
    return "DisplayName" if "DisplayName" in record.content else "Name"


def _told(record: Record) -> dict[str, Any]:
    return {record.kind.name.lower(): {"id": record.id, "name": record.content[_name_field(record)]}}


def rename(books: Books, wish: Wish) -> dict[str, Any]:
    """Give something in a list another name: `{kind, which, name}`.

    Kind is the list, such as Customer; which one is said by id or name.
    """
    allow_only(wish, "kind", "which", "name")
    record = required_in(books, wish, "which", _kind_in(wish, _LISTS))
    name = required_text_in(wish, "name")
    return _told(update(books, record.kind, standing(record, **{_name_field(record): name})))


def inactivate(books: Books, wish: Wish) -> dict[str, Any]:
    """Make something in a list inactive: `{kind, which}`."""
    return _set_active(books, wish, active=False)


def reactivate(books: Books, wish: Wish) -> dict[str, Any]:
    """Make something in a list active again: `{kind, which}`."""
    return _set_active(books, wish, active=True)


def _set_active(books: Books, wish: Wish, *, active: bool) -> dict[str, Any]:
    """An inactive one keeps its name with an ending, which it loses when it comes back."""
    allow_only(wish, "kind", "which")
    record = required_in(books, wish, "which", _kind_in(wish, _LISTS))
    if record.active is active:
        raise ActionRefusedError(f"it is {'active' if active else 'inactive'} already")
    changes: dict[str, Any] = {"Active": active}
    if active:
        changes[_name_field(record)] = str(record.content[_name_field(record)]).removesuffix(DELETED)
    return _told(update(books, record.kind, standing(record, **changes)))


def merge_two(books: Books, wish: Wish) -> dict[str, Any]:
    """Merge two customers or vendors, so that the documents of one become the other's: `{kind, from, into}`."""
    allow_only(wish, "kind", "from", "into")
    kind = _kind_in(wish, MERGED)
    gone, kept = required_text_in(wish, "from"), required_text_in(wish, "into")
    source, target = found(books, gone, kind), found(books, kept, kind)
    moved = merge(books, source, target)
    return {"merged": {"kind": kind, "from": source.id, "into": target.id, "documents": moved}}
