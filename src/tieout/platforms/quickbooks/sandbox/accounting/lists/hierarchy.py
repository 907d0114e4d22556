"""Lists within lists: an object's place under a parent of its own kind, its full name, and how deep it may go."""

from typing import Any

from tieout.platforms.quickbooks.sandbox import refusals
from tieout.platforms.quickbooks.sandbox.accounting.books import Books
from tieout.platforms.quickbooks.sandbox.accounting.records import Record
from tieout.platforms.quickbooks.sandbox.accounting.wishes import Wish, pointer

DELETED = " (deleted)"
"""What a name ends in once its object was made inactive."""
LEVELS_MAX = 5
"""How many levels a list has at most, the top one included."""


def place_under_parent(wish: Wish, content: dict[str, Any], mark: str, *, name: str = "Name") -> int:
    """Set the parent, its mark (`SubClass` and the like) and the full name; answers the level, 0 at the top.

    Raises `Refusal`: 2020 for a mark without a parent, 6000 for an object under itself, 6180 for too many levels.
    """
    parent = wish.resolve("ParentRef", wish.kind.name)
    if parent is None:
        if mark in wish.sent and wish.body.get(mark):
            raise refusals.missing("ParentRef")
        content[mark], content["FullyQualifiedName"] = False, content[name]
        content.pop("ParentRef", None)
        return 0
    above = ancestors(wish.books, parent)
    if wish.standing is not None and wish.standing in above:
        raise refusals.business("An object cannot be its own parent")
    if len(above) + 1 + _height(wish.books, wish.standing) > LEVELS_MAX:
        raise refusals.too_many_levels()
    content[mark], content["ParentRef"] = True, pointer(parent)
    content["FullyQualifiedName"] = f"{parent.content['FullyQualifiedName']}:{content[name]}"
    return len(above)


def listed_name(wish: Wish, field: str, name: str) -> str:
    """A name of a list, with its ending while inactive; a reactivated object loses the ending by itself."""
    if wish.body.get("Active") is False:
        return name if name.endswith(DELETED) else name + DELETED
    if wish.standing is not None and not wish.standing.active and field not in wish.sent:
        return name.removesuffix(DELETED)
    return name


def ancestors(books: Books, record: Record) -> list[Record]:
    """The object and everything above it."""
    found = [record]
    while (above := found[-1].content.get("ParentRef")) is not None:
        found.append(books.shelf(record.kind).records[above["value"]])
    return found


def _height(books: Books, record: Record | None) -> int:
    """How many levels there are below an object."""
    if record is None:
        return 0
    below = [books.shelf(record.kind).records[one] for one in books.children.get(record.ref, ())]
    return max((1 + _height(books, child) for child in below), default=0)
