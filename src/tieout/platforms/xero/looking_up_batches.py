"""Which writes of an unanswered batch were carried out, in far fewer calls than looking for each.

Invoices and bills go by 40 numbers a call. All else is looked for among what changed since it was first sent: what
bears our mark there is ours, and a write is absent if nothing there can be its record. The rest is looked up singly.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from tieout.books.changes import Change
from tieout.books.records import Document, Kind, Record, Untranslated
from tieout.platforms.errors import Gone, PlatformRefusal, WriteRefused
from tieout.platforms.port import Operation, Transport, Write
from tieout.platforms.xero import translators
from tieout.platforms.xero.batching import batch_of
from tieout.platforms.xero.client import UNIT_DECIMALS, read_request
from tieout.platforms.xero.cursor import PAGE_SIZE
from tieout.platforms.xero.likeness import is_of
from tieout.platforms.xero.looking_up import CLOCKS_APART, GONE_STATUSES, adopted, look_up, needs_maker
from tieout.platforms.xero.reading import changes_of
from tieout.platforms.xero.writing import translator_of
from tieout.platforms.xero.writing_documents import FORMS

NUMBERS_MAX: Final = 40
"""Numbers of one call, as many as ids (invoices page)."""
NUMBERS_CHARS_MAX: Final = 2_000
"""Characters of the numbers of one call: addresses are short."""

RECENT_PAGES_MAX: Final = 3
"""Pages of what changed since: where there is more, each write is looked up singly."""

Found = Change | PlatformRefusal | None


async def look_up_batch(
    transport: Transport, company_id: str, writes: Sequence[Write], *, first_sent_at: datetime
) -> tuple[Found, ...]:
    """What each write left; see `port.Platform.look_up_batch`."""
    numbered: dict[int, str] = {}
    for place, write in enumerate(writes):
        number = _number_of(write)
        if number is not None:
            numbered[place] = number
    found: dict[int, Found] = {}
    for numbers in _cut(sorted(set(numbered.values()))):
        places = [place for place, number in numbered.items() if number in numbers]
        told = await _look_up_numbered(
            transport, company_id, [writes[place] for place in places], numbers, first_sent_at
        )
        found |= dict(zip(places, told, strict=True))
    for plural in sorted({batch_of(write) or "" for place, write in enumerate(writes) if place not in numbered}):
        places = [place for place, write in enumerate(writes) if place not in found and batch_of(write) == plural]
        if places and plural:
            recent = await _fetch_recent(transport, company_id, writes[places[0]], first_sent_at - CLOCKS_APART)
            found |= _judged_recent(recent, {place: writes[place] for place in places})
    for place, write in enumerate(writes):
        if place not in found:
            found[place] = await _look_up_singly(transport, company_id, write, first_sent_at)
    return tuple(found[place] for place in range(len(writes)))


async def _fetch_recent(transport: Transport, company_id: str, write: Write, since: datetime) -> list[Change] | None:
    """What changed of a write's endpoint since a moment; None if it is too much."""
    translator, recent = translator_of(write), list[Change]()
    for page in range(1, RECENT_PAGES_MAX + 1):
        query = {} if write.kind is Kind.ITEM else {"page": str(page), "pageSize": str(PAGE_SIZE)}
        answer = await transport.send(read_request(company_id, translator.plural, query, modified_since=since))
        changes = changes_of(answer, translator)
        recent += changes
        if write.kind is Kind.ITEM or len(changes) < PAGE_SIZE:
            return recent
    return None


def _judged_recent(recent: Sequence[Change] | None, writes: Mapping[int, Write]) -> dict[int, Change | None]:
    """What each write surely left, or that it surely left nothing; of the others nothing is said."""
    found: dict[int, Change | None] = {}
    for place, write in writes.items() if recent is not None else ():
        record = write.record
        near = [change for change in recent or () if isinstance(change.record, Untranslated) or _is_of(change, write)]
        ours = next((change for change in near if _bears_mark(change, record)), None)
        if ours is not None or not near:
            found[place] = ours
    return found


def _is_of(change: Change, write: Write) -> bool:
    return isinstance(change.record, type(write.record)) and is_of(write.record, change.record)


def _bears_mark(change: Change, record: Record) -> bool:
    """Whether a record that counts has the mark of ours."""
    there, marker = change.record, getattr(record, "marker", None)
    if marker is None or getattr(there, "marker", None) != marker:
        return False
    return not getattr(there, "is_void", False) and getattr(there, "status", None) not in GONE_STATUSES


async def _look_up_singly(transport: Transport, company_id: str, write: Write, first_sent_at: datetime) -> Found:
    try:
        return await look_up(transport, company_id, write, first_sent_at=first_sent_at)
    except (WriteRefused, Gone) as refusal:
        return refusal


async def _look_up_numbered(
    transport: Transport, company_id: str, writes: Sequence[Write], numbers: Sequence[str], first_sent_at: datetime
) -> list[Found]:
    """One call for all of the numbers; one more if it must be known which of the records this app made."""
    found = await _fetch(transport, company_id, numbers)
    ours: frozenset[str] | None = None
    if any(needs_maker(_of(found, write), write, _document(write)) for write in writes):
        made = await _fetch(transport, company_id, numbers, {"createdByMyApp": "true"})
        ours = frozenset(change.ref.external_id for change in made)
    return [_judged(found, write, first_sent_at - CLOCKS_APART, ours) for write in writes]


def _judged(found: Sequence[Change], write: Write, since: datetime, ours: frozenset[str] | None) -> Found:
    try:
        return adopted(_of(found, write), write, _document(write), since, ours)
    except WriteRefused as refusal:
        return refusal


def _of(found: Sequence[Change], write: Write) -> list[Change]:
    """What bears the number of a write."""
    number = _number_of(write)
    return [change for change in found if isinstance(change.record, Document) and change.record.number == number]


def _document(write: Write) -> Document:
    assert isinstance(write.record, Document)
    return write.record


def _number_of(write: Write) -> str | None:
    """The number by which a created invoice or bill is listed together with others."""
    form = FORMS.get(write.kind)
    record = write.record
    if write.operation is not Operation.CREATE or form is None or form.plural != "Invoices":
        return None
    return record.number if isinstance(record, Document) and record.number and "," not in record.number else None


async def _fetch(
    transport: Transport, company_id: str, numbers: Sequence[str], more: Mapping[str, str] | None = None
) -> list[Change]:
    query = {"InvoiceNumbers": ",".join(numbers), "page": "1", "pageSize": str(PAGE_SIZE), "unitdp": UNIT_DECIMALS}
    answer = await transport.send(read_request(company_id, "Invoices", {**query, **(more or {})}))
    return changes_of(answer, translators.INVOICES)


def _cut(numbers: Sequence[str]) -> Iterator[list[str]]:
    """The numbers call by call."""
    call: list[str] = []
    for number in numbers:
        if call and (len(call) == NUMBERS_MAX or sum(map(len, call)) + len(number) > NUMBERS_CHARS_MAX):
            yield call
            call = []
        call.append(number)
    if call:
        yield call
