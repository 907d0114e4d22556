"""How far a pull of Xero got: compact JSON that only this folder reads.

**Marks.** Every stream that knows `If-Modified-Since` keeps the time of its latest change less an overlap, because a
change may become visible a little after the time it bears. All times are the platform's own.

**Places.** A list is ascending by time of change, so a record that changes while it is read moves to its end, and all
behind it move up: what slips from page 3 to page 2 would never be seen. Therefore every page overlaps the one before,
and must begin at or before the last record seen. If it does not, the list is read anew; if that goes on, what may have
been missed comes again with the next pull.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec
from msgspec import structs

OVERLAP: Final = timedelta(seconds=60)
"""How far behind its latest change a stream starts next time."""
SETTLED_AFTER: Final = timedelta(minutes=15)
"""How long after the time it bears a change may still become visible, at the very latest."""
SWEEP_EVERY: Final = timedelta(hours=24)
"""How often whole lists are read that lose members without a word, and what changes without bearing a new time."""
CONTACTS_EVERY: Final = timedelta(days=7)
"""How often all contacts are read: whether one is a customer or a supplier changes without bearing a new time."""
PAGE_SIZE: Final = 1000
"""Objects of a page, the most that Xero gives."""
OVERLAP_SHARE: Final = 40
"""One in so many objects of a full page is seen twice."""
RESTARTS_MAX: Final = 3
"""How often a list that keeps moving is read anew within one pull."""
CURSOR_VERSION: Final = 1


class Stream(StrEnum):
    """What a pull reads, in this order."""

    COMPANY = "company"
    TAX_RATES = "tax_rates"
    CATALOGUE = "catalogue"
    CONTACTS = "contacts"
    INVOICES = "invoices"
    OPEN_DOCUMENTS = "open_documents"
    CREDIT_NOTES = "credit_notes"
    OPEN_CREDITS = "open_credits"
    PAYMENTS = "payments"
    OVERPAYMENTS = "overpayments"
    PREPAYMENTS = "prepayments"


SWEEPS: Final = {Stream.OPEN_DOCUMENTS, Stream.OPEN_CREDITS}
"""Streams that are read on a sweep only: parts of other streams whose news may bear no new time."""
_SWEPT_WHOLE: Final = {Stream.OVERPAYMENTS, Stream.PREPAYMENTS}
"""Streams of which a sweep reads everything: few objects, whose uses may be taken back without a new time."""


class Hinted(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a pull reads that webhooks led to: these contacts and invoices by their ids, then these streams' news."""

    contacts: tuple[str, ...] = ()
    invoices: tuple[str, ...] = ()
    streams: tuple[Stream, ...] = ()

    def wanting(self, *more: Stream) -> "Hinted":
        """The same with more streams to be read, in the order of all streams."""
        wanted = {*self.streams, *more}
        return structs.replace(self, streams=tuple(stream for stream in Stream if stream in wanted))


class Cursor(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a pull stands.

    `since` is from when on this stream is read, `offset` how many of its objects may be passed over; `last_id` and
    `last_at` are the last object seen, `high` the latest change; `restarts` counts how often the list had moved,
    and `missed` says that it moved once too often. `hinted` is set of a pull that reads only what webhooks told of.
    `rechecking` has the next pull read what is otherwise read on a sweep of the company itself.
    """

    version: int = CURSOR_VERSION
    stream: Stream = Stream.COMPANY
    since: datetime | None = None
    offset: int = 0
    last_id: str | None = None
    last_at: datetime | None = None
    high: datetime | None = None
    restarts: int = 0
    missed: bool = False
    marks: dict[str, datetime] = {}
    started_at: datetime | None = None
    swept_at: datetime | None = None
    sweeping: bool = True
    contacts_swept_at: datetime | None = None
    sweeping_contacts: bool = True
    currencies: tuple[str, ...] = ()
    refused_actions: tuple[str, ...] = ()
    rechecking: bool = False
    hinted: Hinted | None = None

    def mark(self, name: str) -> datetime | None:
        """From when on a stream is read in this pull; None for all of it."""
        return self.marks.get(name)

    def begun(self, *, now: datetime | None) -> "Cursor":
        """The same pull, knowing whether it sweeps; `now` is the platform's own time."""
        due = _is_due(self.swept_at, SWEEP_EVERY, now)
        contacts_due = _is_due(self.contacts_swept_at, CONTACTS_EVERY, now)
        return structs.replace(
            self,
            started_at=now,
            sweeping=due,
            swept_at=now if due else self.swept_at,
            sweeping_contacts=contacts_due,
            contacts_swept_at=now if contacts_due else self.contacts_swept_at,
        )

    def moved_to(self, stream: Stream, **marks: datetime | None) -> "Cursor":
        """The start of a stream, with the marks of what was just read to its end."""
        merged = self.marks | {name: mark for name, mark in marks.items() if mark is not None}
        whole = self.sweeping and stream in _SWEPT_WHOLE
        whole = whole or (self.sweeping_contacts and stream is Stream.CONTACTS)
        return Cursor(
            stream=stream,
            since=None if whole else merged.get(stream),
            marks=merged,
            started_at=self.started_at,
            swept_at=self.swept_at,
            sweeping=self.sweeping,
            contacts_swept_at=self.contacts_swept_at,
            sweeping_contacts=self.sweeping_contacts,
            currencies=self.currencies,
            refused_actions=self.refused_actions,
            rechecking=self.rechecking,
            hinted=self.hinted,
        )

    def anew(self) -> "Cursor":
        """The start of the same stream, once more."""
        return structs.replace(self, offset=0, last_id=None, last_at=None, restarts=self.restarts + 1)

    @property
    def page(self) -> tuple[int, int]:
        """Number and size of the page that begins at the offset, or a little before."""
        if self.offset <= 0:
            return 1, PAGE_SIZE
        passed = -(-self.offset // PAGE_SIZE)
        return passed + 1, self.offset // passed

    def going_on(self) -> "Cursor | None":
        """What comes next of a pull that webhooks led to; None at its end."""
        hinted = self.hinted or Hinted()
        if hinted.contacts or hinted.invoices:
            return self
        if not hinted.streams:
            return None
        rest = structs.replace(hinted, streams=hinted.streams[1:])
        return structs.replace(self, hinted=rest).moved_to(hinted.streams[0])

    def finished(self) -> "Cursor":
        """Where the next pull starts."""
        return Cursor(
            marks=self.marks,
            swept_at=self.swept_at,
            contacts_swept_at=self.contacts_swept_at,
            currencies=self.currencies,
            refused_actions=self.refused_actions,
            rechecking=self.rechecking,
        )


def _is_due(last_at: datetime | None, every: timedelta, now: datetime | None) -> bool:
    return last_at is None or now is None or now - last_at >= every


def mark_after(
    times: Iterable[datetime | None], *, started_at: datetime | None, before: datetime | None
) -> datetime | None:
    """From when on a list is read next time, never earlier than it was.

    The latest change less the overlap; but what was long settled when the pull started need not come again, or a large
    import would be read anew with every pull.
    """
    latest = max((at for at in times if at is not None), default=None)
    settled = started_at - SETTLED_AFTER if started_at is not None else None
    marks = [latest - OVERLAP if latest is not None else None, settled, before]
    return max((mark for mark in marks if mark is not None), default=None)


class Seen(msgspec.Struct, frozen=True):
    """An object of a page: its id and when it changed."""

    id: str
    at: datetime | None


def follows(cursor: Cursor, seen: Sequence[Seen]) -> bool:
    """Whether a page surely leaves nothing out between the last object seen and itself.

    It does if it begins with an earlier change, or holds that very object unchanged: ids of one moment have no order
    that is known here.
    """
    if cursor.last_id is None:
        return True
    if not seen:
        return False
    begins_earlier = seen[0].at is not None and cursor.last_at is not None and seen[0].at < cursor.last_at
    return begins_earlier or any((one.id, one.at) == (cursor.last_id, cursor.last_at) for one in seen)


def next_place(cursor: Cursor, seen: Sequence[Seen], *, begins_at: int, item_count: int) -> Cursor | None:
    """Where a stream goes on after a page that began at this place of so many objects; None at its end."""
    high = max((at for at in (cursor.high, *(one.at for one in seen)) if at is not None), default=None)
    ends_at = begins_at + len(seen)
    if not seen or ends_at >= item_count:
        return None
    overlap = min(PAGE_SIZE, len(seen)) // OVERLAP_SHARE
    last = seen[-1]
    offset = max(ends_at - overlap, cursor.offset + 1)
    return structs.replace(cursor, offset=offset, last_id=last.id, last_at=last.at, high=high)


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


def rechecking(text: str) -> str:
    """The same cursor, whose next pull reads of the company what is otherwise read on a sweep."""
    return write_cursor(structs.replace(read_cursor(text), rechecking=True))
