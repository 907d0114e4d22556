"""Which writes of an unanswered batch were carried out, in far fewer calls than looking for each: numbers go by 40."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from tieout.books.changes import Change
from tieout.books.records import Document
from tieout.platforms.errors import Gone, PlatformRefusal, WriteRefused
from tieout.platforms.port import Operation, Transport, Write
from tieout.platforms.xero import translators
from tieout.platforms.xero.client import UNIT_DECIMALS, read_request
from tieout.platforms.xero.cursor import PAGE_SIZE
from tieout.platforms.xero.looking_up import CLOCKS_APART, adopted, look_up, needs_maker
from tieout.platforms.xero.reading import changes_of
from tieout.platforms.xero.writing_documents import FORMS

NUMBERS_MAX: Final = 40
"""Numbers of one call, as many as ids (invoices page)."""
NUMBERS_CHARS_MAX: Final = 2_000
"""Characters of the numbers of one call: addresses are short."""

Found = Change | PlatformRefusal | None


async def look_up_batch(
    transport: Transport, company_id: str, writes: Sequence[Write], *, first_sent_at: datetime
) -> tuple[Found, ...]:
    """What each write left; see `port.Platform.look_up_batch`. What has no number is looked up singly."""
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
    for place, write in enumerate(writes):
        if place not in found:
            found[place] = await _look_up_singly(transport, company_id, write, first_sent_at)
    return tuple(found[place] for place in range(len(writes)))


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
