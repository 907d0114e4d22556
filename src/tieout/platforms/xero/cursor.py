"""How far a pull of Xero got: compact JSON that only this folder reads.

**Marks.** Every stream that knows `If-Modified-Since` keeps the time of its latest change less an overlap, because a
change may become visible a little after the time it bears. **Windows.** Within a pull a stream goes on from the latest
change that it has seen, not from the next page: pages shift when something changes meanwhile, and what slips from
page 3 to page 2 would never be seen. Only when a whole page bears one second does the page number rise.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final

import msgspec
from msgspec import structs

OVERLAP: Final = timedelta(seconds=60)
"""How far behind its latest change a stream starts next time."""
SWEEP_EVERY: Final = timedelta(hours=24)
"""How often whole lists are read that lose members without a word, and what changes without bearing a new time."""
REPEATED_SHARE: Final = 10
"""At most every tenth object of a page may come again with the next window."""
CURSOR_VERSION: Final = 1
_TICK: Final = timedelta(microseconds=1)


class Stream(StrEnum):
    """What a pull reads, in this order."""

    COMPANY = "company"
    TAX_RATES = "tax_rates"
    CATALOGUE = "catalogue"
    CONTACTS = "contacts"
    INVOICES = "invoices"
    PART_PAID = "part_paid"
    CREDIT_NOTES = "credit_notes"
    PAYMENTS = "payments"


class Cursor(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a pull stands.

    `since` and `page` are the window and the page to read next; `high` the latest change seen in this stream's pull.
    """

    version: int = CURSOR_VERSION
    stream: Stream = Stream.COMPANY
    page: int = 1
    since: datetime | None = None
    high: datetime | None = None
    marks: dict[str, datetime] = {}
    swept_at: datetime | None = None
    sweeping: bool = True
    multi_currency: bool = False

    def mark(self, name: str) -> datetime | None:
        """From when on a stream is read in this pull; None for all of it."""
        return self.marks.get(name)

    def begun(self, *, now: datetime | None) -> "Cursor":
        """The same pull, knowing whether it sweeps; `now` is the platform's own time."""
        due = self.swept_at is None or now is None or now - self.swept_at >= SWEEP_EVERY
        return structs.replace(self, sweeping=due, swept_at=now if due else self.swept_at)

    def moved_to(self, stream: Stream, **marks: datetime | None) -> "Cursor":
        """The start of a stream, with the marks of what was just read to its end."""
        merged = self.marks | {name: mark for name, mark in marks.items() if mark is not None}
        return structs.replace(self, stream=stream, page=1, since=merged.get(stream), high=None, marks=merged)

    def finished(self) -> "Cursor":
        """Where the next pull starts."""
        return Cursor(marks=self.marks, swept_at=self.swept_at, multi_currency=self.multi_currency)


def mark_after(times: Iterable[datetime | None], before: datetime | None = None) -> datetime | None:
    """From when on a list is read next time; what it was before if nothing changed."""
    latest = max((at for at in times if at is not None), default=None)
    if latest is None:
        return before
    return max(latest - OVERLAP, before) if before else latest - OVERLAP


def next_page(cursor: Cursor, times: Sequence[datetime | None], *, page_count: int | None) -> Cursor | None:
    """Where a stream goes on after a page with these times of change, ascending; None at its end.

    A window starts at the latest change seen, in whole seconds and so that it surely comes again; when too much would
    come again with it, or the page is out of order, the page number rises instead.
    """
    if not times or (page_count is not None and cursor.page >= page_count):
        return None
    known = [at for at in times if at is not None]
    high = max([*known, *([cursor.high] if cursor.high else [])], default=None)
    page_up = structs.replace(cursor, page=cursor.page + 1, high=high)
    if len(known) != len(times) or any(earlier > later for earlier, later in pairwise(known)):
        return page_up
    since = (known[-1] - _TICK).replace(microsecond=0)
    repeated = sum(at >= since for at in known)
    if (cursor.since is not None and since <= cursor.since) or repeated > len(known) // REPEATED_SHARE:
        return page_up
    return structs.replace(cursor, page=1, since=since, high=high)


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Cursor)


def read_cursor(text: str | None) -> Cursor:
    """The cursor of a text; None, or one of another version, begins the first pull anew. Raises ValueError."""
    if text is None:
        return Cursor()
    try:
        cursor = _decoder.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ValueError("not a cursor of this platform") from error
    return cursor if cursor.version == CURSOR_VERSION else Cursor()


def write_cursor(cursor: Cursor) -> str:
    """The text of a cursor."""
    return _encoder.encode(cursor).decode("utf-8")
