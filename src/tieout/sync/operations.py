"""Which operation a record needs next in the books: pure.

What follows is decided by how a record stands on our side and how its twin stands in the books, never by the call that
brought it there: so calls may come in any order, and be repeated, and the ledger still ends where the record is.
"""

from collections.abc import Collection
from dataclasses import replace
from enum import StrEnum
from typing import Final

from tieout.books.records import Document, DocumentStatus, Item, Kind, Party, Payment, Record
from tieout.platforms.port import Operation
from tieout.sync.faces import keeping


class Ours(StrEnum):
    """How a record stands on our side.

    `in_force`: it counts. `ended`: it was cancelled, taken back or deleted, and should not count in the books either.
    `let_go`: it is gone here, and stays in the books as it is, if it is there (a file that was removed).
    """

    IN_FORCE = "in_force"
    ENDED = "ended"
    LET_GO = "let_go"


class Theirs(StrEnum):
    """How its twin stands in the books.

    `absent`: there is none. `in_step`: it says what we would write. `behind`: we have changed since both agreed.
    `gone`: it was voided or deleted there. What the books changed was compared with ours before (`meeting`).
    """

    ABSENT = "absent"
    IN_STEP = "in_step"
    BEHIND = "behind"
    GONE = "gone"


class Step(StrEnum):
    """What the ledger does next."""

    CREATE = "create"
    UPDATE = "update"
    TAKE_OUT = "take_out"
    NOTHING = "nothing"
    REFUSE_GONE = "refuse_gone"


_IN_FORCE: Final = {
    Theirs.ABSENT: Step.CREATE,
    Theirs.IN_STEP: Step.NOTHING,
    Theirs.BEHIND: Step.UPDATE,
    Theirs.GONE: Step.REFUSE_GONE,
}
_ENDED: Final = {
    Theirs.ABSENT: Step.NOTHING,
    Theirs.IN_STEP: Step.TAKE_OUT,
    Theirs.BEHIND: Step.TAKE_OUT,
    Theirs.GONE: Step.NOTHING,
}


def plan_operation(ours: Ours, theirs: Theirs) -> Step:
    """What a wanted record needs next."""
    if ours is Ours.LET_GO:
        return Step.NOTHING
    return (_IN_FORCE if ours is Ours.IN_FORCE else _ENDED)[theirs]


def taking_out(kind: Kind) -> Operation:
    """How a record of a kind is taken out of the books.

    Invoices are voided, so that their number is seen to have been used; what has no such state is deleted. Where a
    platform knows only one of the two, it writes that one.
    """
    return Operation.VOID if kind is Kind.INVOICE else Operation.DELETE


_MASKED: Final = ("email", "phone", "tax_number", "address", "currency", "marker")
_OVER: Final = (DocumentStatus.VOID, DocumentStatus.DELETED)


def compare(there: Record | None, wanted: Record | None, changed: frozenset[str]) -> Theirs:
    """How a record in the books stands to ours, which changed in `changed` since both agreed.

    `there` is None for a record that is gone. Of a party or item only what we would write counts, and not where the
    books say the same by now.
    """
    if there is None or _is_over(there):
        return Theirs.GONE
    if isinstance(there, Party | Item):
        changed = frozenset(name for name in changed if _says_other(there, wanted, name))
    return Theirs.BEHIND if changed else Theirs.IN_STEP


def _says_other(there: Record, wanted: Record | None, name: str) -> bool:
    return wanted is not None and getattr(there, name) != getattr(wanted, name)


def _is_over(there: Record) -> bool:
    if isinstance(there, Payment):
        return there.is_void
    return isinstance(there, Document) and there.status in _OVER


def merged(there: Record, wanted: Record, changed: frozenset[str], standing: Collection[str] = ()) -> Record:
    """The record to write so that the books get what was changed here, and keep all else as they have it.

    Of a party, what was not changed is left out: some platforms show it masked, and would store the mask. Of a
    document, which is written whole, the fields in `standing` stay as the books have them.
    """
    if not isinstance(there, Party | Item):
        return keeping(wanted, there, standing)
    new = {name: getattr(wanted, name) for name in changed if _may_be_said(name, wanted)}
    if isinstance(there, Party):
        return replace(there, **{**dict.fromkeys(_MASKED), **new})
    return replace(there, **new)


def _may_be_said(name: str, wanted: Record) -> bool:
    """Everything but the absence of an item's code, by which items are known in the books."""
    return name != "code" or getattr(wanted, name) is not None


_EMPTIED: Final = frozenset(("first_name", "last_name", "email", "phone", "tax_number", "address", "description"))
"""Texts. A price or an account that is named no more says nothing: the books need one."""


def emptied(record: Record, changed: frozenset[str]) -> frozenset[str]:
    """Which fields of a party or item were emptied here, and so are to be emptied in the books."""
    if not isinstance(record, Party | Item):
        return frozenset()
    return frozenset(name for name in changed & _EMPTIED if getattr(record, name) is None)
