"""Whether a write that was not answered was carried out after all: by looking, in as few reads as will do."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from tieout.books.changes import Change, Tombstone
from tieout.books.records import Attachment, CreditAllocation, Document, DocumentStatus, Item, Kind, Party, Payment
from tieout.platforms.errors import Explanation, Gone, Taken
from tieout.platforms.port import Operation, Transport, Write
from tieout.platforms.quickbooks import allocating, attaching
from tieout.platforms.quickbooks import refusal_table as table
from tieout.platforms.quickbooks.client import ROWS_MAX, fetch_query, instant, opened, quoted, read_request
from tieout.platforms.quickbooks.errors import refused
from tieout.platforms.quickbooks.reading import rows_of, selection_of
from tieout.platforms.quickbooks.translate import in_utc, translate_rows
from tieout.platforms.quickbooks.wire import Entity
from tieout.platforms.quickbooks.writing import native_of, written_change
from tieout.platforms.quickbooks.writing_documents import document_body
from tieout.platforms.quickbooks.writing_lists import item_body, party_body, written_name
from tieout.platforms.showing import decoded, shows

CLOCKS_APART = timedelta(minutes=2)
"""How far Intuit's clock may run behind ours: what was created so long before we sent may still be ours."""

_OF_CUSTOMERS = ("Invoice", "CreditMemo", "Payment")
_SENT_FIELDS = (
    "CustomerRef", "VendorRef", "DocNumber", "TxnDate", "DueDate", "CurrencyRef", "CustomerMemo", "PrivateNote",
)  # fmt: skip
_SENT_OF_PARTIES = (
    "DisplayName", "GivenName", "FamilyName", "PrimaryEmailAddr", "PrimaryPhone", "BillAddr",
)  # fmt: skip
"""All but the tax number, which is shown masked, and what is derived from the name."""
_SENT_LINES = ("SalesItemLineDetail", "AccountBasedExpenseLineDetail", "ItemBasedExpenseLineDetail")
_entity_decoder = msgspec.json.Decoder(Entity)
_read_decoder = msgspec.json.Decoder(dict[str, msgspec.Raw])


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record that may be ours, and when the books say it was created."""

    change: Change
    created_at: datetime | None


async def look_up(transport: Transport, company_id: str, write: Write, *, first_sent_at: datetime) -> Change | None:
    """The record as the write left it, or None when it was not carried out; for a deletion, what is still there.

    Raises Taken (`number_taken`, `name_taken`) when what was to be created collides with something else, and
    Gone when a record that was to be changed is no longer there.
    """
    if write.operation is not Operation.CREATE:
        return await _look_at(transport, company_id, write)
    since = first_sent_at - CLOCKS_APART
    answer = await fetch_query(transport, company_id, plan_search(write, since))
    native = native_of(write)
    rows = rows_of(answer.query_response, native)
    if isinstance(write.record, Attachment):
        return attaching.adopted_file(write, write.record, map(bytes, rows), since)
    changes = translate_rows(native, rows, write.company.base_currency)
    if isinstance(write.record, CreditAllocation):
        return allocating.adopted(write.record, (change for change in changes if isinstance(change, Change)))
    candidates = [Candidate(change, _created_at(change.raw)) for change in changes if not isinstance(change, Tombstone)]
    return plan_adoption(write, candidates, since)


def plan_search(write: Write, since: datetime) -> str:
    """The query that finds what a create made: by name, by number, or by party since it was sent.

    A private note cannot be filtered: the mark is read in the rows that this brings.
    """
    native = native_of(write)
    record = write.record
    if isinstance(record, Attachment):
        return attaching.plan_file_search(record)
    if isinstance(record, Party | Item):
        field = "Name" if write.kind is Kind.ITEM else "DisplayName"
        name = written_name(record.name, write.company, write.kind)
        where = f"{field} = {quoted(name)} AND Active IN (true,false)"
    elif isinstance(record, Document) and record.number:
        where = f"DocNumber = {quoted(record.number)}"
    elif isinstance(record, Document | Payment | CreditAllocation) and record.party_id:
        side = "CustomerRef" if native in _OF_CUSTOMERS else "VendorRef"
        where = f"{side} = {quoted(record.party_id)} AND MetaData.CreateTime >= {quoted(instant(since))}"
    else:
        raise ValueError("a record without name, number and party cannot be found")
    return f"SELECT {selection_of(native)} FROM {native} WHERE {where} MAXRESULTS {ROWS_MAX}"  # noqa: S608 - every value is quoted


def plan_adoption(write: Write, candidates: Iterable[Candidate], since: datetime) -> Change | None:
    """Which of the records found is the one that was sent.

    A document is ours by its mark; one without any mark if number, party, date, currency and total agree and it was
    created after sending. A name is unique, so a party or item of that name is ours if it was created after sending and
    has what was sent.
    """
    record = write.record
    found = list(candidates)
    if isinstance(record, Party | Item):
        return _adopted_by_name(write, found, since)
    if not isinstance(record, Document | Payment):
        raise TypeError(f"a {type(record).__name__} is never created")
    marked = [each.change for each in found if _marker(each.change) is not None]
    ours = next((change for change in marked if _marker(change) == record.marker), None)
    if ours is not None or not isinstance(record, Document) or not record.number:
        return ours
    unmarked = [each for each in found if _marker(each.change) is None]
    for each in unmarked:
        if _is_since(each, since) and _likeness(each.change.record) == _likeness(record):
            return each.change
    others = [*marked, *(each.change for each in unmarked)]
    if write.kind in (Kind.BILL, Kind.VENDOR_CREDIT):
        # Vendors number their own bills: the same number from another vendor is no collision.
        others = [change for change in others if _party_of(change) == record.party_id]
    if others:
        message = f"Number {record.number} already belongs to another document in QuickBooks."
        raise Taken(replace(refused(table.NUMBER_TAKEN).explanation, message=message))
    return None


def _adopted_by_name(write: Write, found: list[Candidate], since: datetime) -> Change | None:
    """The one of that name, if it has what was sent: else somebody else entered it, or changed it since."""
    if not found:
        return None
    ours = next((each.change for each in found if _is_since(each, since) and _shows_listed(write, each.change)), None)
    if ours is None:
        taken = refused(table.NAME_TAKEN).explanation
        ids = ", ".join(each.change.ref.external_id for each in found)
        message = f"{taken.message} It has the id {ids}, and is not what Tieout sent."
        raise Taken(replace(taken, message=message))
    return ours


def _is_since(candidate: Candidate, since: datetime) -> bool:
    return candidate.created_at is not None and candidate.created_at >= since


def _marker(change: Change) -> str | None:
    record = change.record
    return record.marker if isinstance(record, Document | Payment) else None


def _party_of(change: Change) -> str | None:
    record = change.record
    return record.party_id if isinstance(record, Document | Payment) else None


def _likeness(record: object) -> tuple[str | None, str, date, str, Decimal] | None:
    """What two documents must share to be one."""
    if not isinstance(record, Document):
        return None
    return record.number, record.party_id, record.issued_on, record.currency, record.total


def _created_at(raw: bytes) -> datetime | None:
    meta_data = _entity_decoder.decode(raw).meta_data
    return in_utc(meta_data.create_time) if meta_data and meta_data.create_time else None


async def _look_at(transport: Transport, company_id: str, write: Write) -> Change | None:
    """Read the very record: an update or void shows in it, a deleted transaction is gone, a list entry inactive."""
    deletes = write.operation is Operation.DELETE
    native = native_of(write)
    request = read_request(company_id, f"{native.lower()}/{write.external_id}")
    try:
        envelope = opened(await transport.send(request), _read_decoder)
    except Gone:
        if deletes:
            return None
        raise
    change = written_change(write, bytes(envelope[native]))
    if deletes:
        return None if change is None or _is_inactive(change) else change
    if change is None:
        raise Gone(Explanation(table.GONE.code, table.GONE.message, table.GONE.fix))
    return change if is_carried_out(write, change) else None


def _is_inactive(change: Change) -> bool:
    return isinstance(change.record, Party | Item) and not change.record.active


def is_carried_out(write: Write, change: Change) -> bool:
    """Whether a record shows the void or update that was to be made."""
    record = change.record
    if write.operation is Operation.VOID:
        return isinstance(record, Document) and record.status is DocumentStatus.VOID
    if change.version.token == write.version_token:
        return False
    wanted = write.record
    if isinstance(wanted, Document):
        return isinstance(record, Document) and _shows_document(write, wanted, change.raw)
    return _shows_listed(write, change)


def _shows_listed(write: Write, change: Change) -> bool:
    """Whether a party or item has the fields that were sent."""
    wanted, record = write.record, change.record
    if isinstance(wanted, Party) and isinstance(record, Party):
        sent = party_body(write, wanted)
        return shows(decoded(change.raw), {name: sent.get(name) for name in _SENT_OF_PARTIES})
    if isinstance(wanted, Item) and isinstance(record, Item):
        return shows(decoded(change.raw), item_body(write, wanted))
    return False


def _shows_document(write: Write, wanted: Document, raw: bytes) -> bool:
    """Whether a document has the fields and the lines that were sent; what is derived there is not compared."""
    sent = document_body(write, wanted)
    found = decoded(raw)
    lines = [line for line in found.get("Line", ()) if line.get("DetailType") in _SENT_LINES]
    return shows(
        {**found, "Line": lines}, {name: sent.get(name) for name in _SENT_FIELDS} | {"Line": _bare_lines(sent)}
    )


def _bare_lines(sent: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Lines without their ids, of which the books may give new ones, and without what the books complete."""
    bare = []
    for line in sent["Line"]:
        detail = line[line["DetailType"]]
        named = {name: detail.get(name) for name in ("ItemRef", "AccountRef", "TaxCodeRef")}
        told = {name: line.get(name) for name in ("Description", "Amount", "DetailType")}
        bare.append({**told, line["DetailType"]: named})
    return bare
