"""Indexes of a shelf: its objects in the order of a key, and by the value of a field. A page costs a page, not a sort.

They are made when they are first asked for. An object that changes marks itself, and is put in its new place the next
time an index is asked; when much has changed the index is made anew.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, Generic, Protocol, TypeVar

REBUILT_FROM = 1_000
"""How many changes at once, at least, make an index anew instead of moving every object."""


class Numbered(Protocol):
    """An object with an id, and a place in the order of creation."""

    id: str
    ordinal: int


R = TypeVar("R", bound=Numbered)


class Order(Generic[R]):
    """Objects by a key, those of one key in the order of creation. What has no key (None) is not in it."""

    __slots__ = ("_entries", "_key", "_standing")

    def __init__(self, key: Callable[[R], Any]) -> None:
        """Without objects yet."""
        self._key = key
        self._entries: list[tuple[Any, int, R]] = []
        self._standing: dict[str, tuple[Any, int, R]] = {}

    def __len__(self) -> int:
        """How many there are."""
        return len(self._entries)

    def rebuild(self, records: Iterable[R]) -> None:
        """Take these objects, and forget the ones before."""
        keyed = ((self._key(record), record.ordinal, record) for record in records)
        self._standing = {entry[2].id: entry for entry in keyed if entry[0] is not None}
        self._entries = sorted(self._standing.values(), key=lambda entry: entry[:2])

    def move(self, record: R, *, gone: bool) -> None:
        """Put an object where it belongs now."""
        before = self._standing.pop(record.id, None)
        if before is not None:
            del self._entries[bisect_left(self._entries, before[:2])]
        key = None if gone else self._key(record)
        if key is None:
            return
        entry = self._standing[record.id] = (key, record.ordinal, record)
        insort(self._entries, entry, key=lambda one: one[:2])

    def page(self, start: int, end: int, *, descending: bool = False) -> list[R]:
        """The objects from one place up to another."""
        if descending:
            size = len(self._entries)
            start, end = max(size - end, 0), max(size - start, 0)
        found = [entry[2] for entry in self._entries[start:end]]
        return found[::-1] if descending else found

    def since(self, key: Any) -> Sequence[R]:
        """The objects with this key or a greater one, the least first."""
        return [entry[2] for entry in self._entries[bisect_left(self._entries, (key,)) :]]


class Grouping(Generic[R]):
    """Objects by the value of a field. What has no value (None) is not in it."""

    __slots__ = ("_groups", "_standing", "_value")

    def __init__(self, value: Callable[[R], Hashable | None]) -> None:
        """Without objects yet."""
        self._value = value
        self._groups: dict[Hashable, dict[str, R]] = {}
        self._standing: dict[str, Hashable] = {}

    def rebuild(self, records: Iterable[R]) -> None:
        """Take these objects, and forget the ones before."""
        self._groups, self._standing = {}, {}
        for record in records:
            self.move(record, gone=False)

    def move(self, record: R, *, gone: bool) -> None:
        """Put an object where it belongs now."""
        before = self._standing.pop(record.id, None)
        after = None if gone else self._value(record)
        if before is not None and before != after:
            del self._groups[before][record.id]
        if after is not None:
            self._groups.setdefault(after, {})[record.id] = record
            self._standing[record.id] = after

    def having(self, value: Hashable) -> list[R]:
        """The objects with that value, in no order that means anything."""
        return list(self._groups.get(value, {}).values())
