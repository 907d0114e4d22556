"""The records of one kind, by id, and in the order in which Xero lists them: by date of change, then id.

The order is brought up to date when it is asked for, from the records that said they changed; what a filter selected is
remembered, and of the records that changed since, each is looked at again.
"""

from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self, TypeVar

from tieout.platforms.xero.sandbox.accounting.rows import Row

R = TypeVar("R", bound=Row)
SELECTIONS_KEPT = 16
"""How many selections a table remembers."""
RESORTED_SHARE = 16
"""When more than one in so many records changed, sorting anew is faster than moving each."""
CHANGES_KEPT = 10_000
"""How many changes a table remembers."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Some records of a table in an order. `passes` tells whether a record is one of them, `place` what orders them.

    Both ask of nothing but the record and what the selection said it depends on; `passes` is None where the rows are
    found as fast as they are kept.
    """

    rows: Sequence[Any]
    passes: Callable[[Any], bool] | None = None
    place: Callable[[Any], Any] | None = None


class Table(dict[str, R]):
    """Records by id."""

    version: int
    """Rises with every change of any record."""
    _order: list[tuple[datetime, str]]
    _placed: dict[str, tuple[datetime, str]]
    _changed: set[str]
    _log: list[str]
    _selections: OrderedDict[Hashable, tuple[Hashable, int, Selection]]

    def __new__(cls, *_args: object, **_kwargs: object) -> Self:
        """Be usable before a copy has restored anything."""
        table = super().__new__(cls)
        table.version = 0
        table._order, table._placed, table._changed = [], {}, set()
        table._log, table._selections = [], OrderedDict()
        return table

    def __setitem__(self, record_id: str, row: R) -> None:
        """Add a record, or note that it is still there."""
        if self.get(record_id) is not row:
            super().__setitem__(record_id, row)
            row.table = self
            self.changed(row, moved=True)

    def __delitem__(self, record_id: str) -> None:
        """Forget a record."""
        super().__delitem__(record_id)
        self._note(record_id)
        self._changed.discard(record_id)
        key = self._placed.pop(record_id, None)
        if key is not None:
            del self._order[bisect_left(self._order, key)]

    def changed(self, row: Row, *, moved: bool) -> None:
        """A record changed; `moved`: so did its date of change."""
        self._note(row.id)
        if moved:
            self._changed.add(row.id)

    def _note(self, record_id: str) -> None:
        self.version += 1
        self._log.append(record_id)
        if len(self._log) > 2 * CHANGES_KEPT:
            del self._log[:CHANGES_KEPT]

    def in_order(self, since: datetime | None = None) -> Sequence[str]:
        """The ids, oldest change first; only those that changed at or after `since`."""
        self._settle()
        order = self._order
        if since is None:
            return _Ids(order, 0)
        return _Ids(order, bisect_left(order, (since, "")))

    def selected(self, key: Hashable, depends: Hashable, select: Callable[[], Selection]) -> Sequence[R]:
        """What `select` answers, or what it answered when `depends` was the same, brought up to date."""
        known = self._selections.pop(key, None)
        made = None
        if known is not None and known[0] == depends:
            made = known[2] if known[1] == self.version else self._refreshed(known[1], known[2])
        made = made or select()
        self._selections[key] = (depends, self.version, made)
        while len(self._selections) > SELECTIONS_KEPT:
            self._selections.popitem(last=False)
        return made.rows

    def _refreshed(self, version: int, known: Selection) -> Selection | None:
        """A selection with what changed since `version` looked at again; None when a new search is as fast."""
        changes = self.version - version
        if known.passes is None or changes > len(self._log) or changes * RESORTED_SHARE > len(self):
            return None
        changed = set(self._log[-changes:])
        rows = [row for row in known.rows if row.id not in changed]
        for record_id in sorted(changed):
            row = self.get(record_id)
            if row is not None and known.passes(row):
                insort(rows, row, key=known.place)
        return Selection(rows, known.passes, known.place)

    def _settle(self) -> None:
        """Move what changed to where it belongs now."""
        if not self._changed:
            return
        if len(self._changed) * RESORTED_SHARE > len(self):
            self._order = sorted((row.updated_at, row.id) for row in self.values())
            self._placed = {key[1]: key for key in self._order}
        else:
            for record_id in self._changed:
                old = self._placed.get(record_id)
                if old is not None:
                    del self._order[bisect_left(self._order, old)]
                key = (self[record_id].updated_at, record_id)
                insort(self._order, key)
                self._placed[record_id] = key
        self._changed.clear()


class _Ids(Sequence[str]):
    """The ids of an order from one place on, without a copy."""

    def __init__(self, order: Sequence[tuple[datetime, str]], start: int) -> None:
        self._order = order
        self._start = start

    def __len__(self) -> int:
        return len(self._order) - self._start

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            start, stop, step = place.indices(len(self))
            return [key[1] for key in self._order[start + self._start : stop + self._start : step]]
        return self._order[place + self._start if place >= 0 else place][1]
