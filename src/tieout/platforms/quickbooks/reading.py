"""Pulling a company's books with the fewest calls that are correct: reads are what Intuit meters.

First pull: company (two reads), accounts, tax (two queries), parties, items, documents, payments; pages of 1,000 in
order of creation. A page goes on from the creation time of the last row, not from a row number: what is deleted
meanwhile would shift every later row. Rows at that very second come twice, which is harmless.

Later pulls: one change data capture call for all types since the server's own time of the last one, less an overlap.
Company and tax, which it does not cover, are read again once a day. When more changed than one answer holds, the type
that fills it most is asked alone and the others together, and what still does not fit is paged by time of change. After
too long a silence everything is read again, because the news of deletions is kept for 30 days only (Intuit, change data
capture); and so it is once a month, for whatever nobody told of. What is then not there any more is gone.

A false news of a deletion was reported once: before one is believed, it is asked whether the record is there, with one
query for all of a type.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from tieout.books.changes import Change, ExternalRef, Page, Tombstone
from tieout.books.records import Company, Kind
from tieout.platforms.port import Transport
from tieout.platforms.quickbooks import wire
from tieout.platforms.quickbooks.client import (
    ROWS_MAX,
    fetch_changes,
    fetch_company_info,
    fetch_preferences,
    fetch_query,
    instant,
    quoted,
)
from tieout.platforms.quickbooks.cursor import Cursor, Phase, read_cursor, written
from tieout.platforms.quickbooks.translate import (
    KIND_OF,
    NATIVE_OF,
    in_utc,
    translate_company_rows,
    translate_rows,
    translate_tax_rows,
)

OVERLAP = timedelta(minutes=5)
"""How far back an incremental pull reaches behind the last: changes in flight then may have been answered late."""
SILENCE_MAX = timedelta(days=25)
"""After so long everything is read again; Intuit keeps changes for 30 days."""
REFERENCE_EVERY = timedelta(days=1)
"""How often company and tax rates are read again."""
ALL_EVERY = timedelta(days=30)
"""How often everything is read again, and what is there no more is found."""
CONFIRMED_AT_ONCE_MAX = 100
"""Deletions that one query confirms: their ids stand in its address."""

COMPANY, TAX = "company", "tax"
LISTS = ("Account", "Customer", "Vendor", "Item")
"""Types that are never deleted, only made inactive; queries hide those unless asked."""
TRANSACTIONS = ("Invoice", "Bill", "CreditMemo", "VendorCredit", "Payment", "BillPayment")
FILES = "Attachable"
STREAMS = (COMPANY, "Account", TAX, "Customer", "Vendor", "Item", *TRANSACTIONS, FILES)
"""What a first pull reads, in this order: what others refer to comes first."""
COVERED = (*LISTS, *TRANSACTIONS, FILES)
"""What change data capture covers."""
REFERENCE = (COMPANY, TAX)

_ATTRIBUTES = {
    name: attribute
    for attribute, name in zip(wire.Rows.__struct_fields__, wire.Rows.__struct_encode_fields__, strict=True)
}
_ASKED_FOR = {"Item": "*, Sku"}
"""Fields that a star leaves out."""
_ALL_TAX = f"SELECT * FROM {{}} WHERE Active IN (true,false) MAXRESULTS {ROWS_MAX}"  # noqa: S608 - Intuit's language
"""Inactive codes and rates too: old documents name them. No company has as many as fill a page."""
_ALL_CURRENCIES = f"SELECT * FROM CompanyCurrency WHERE Active IN (true,false) MAXRESULTS {ROWS_MAX}"  # noqa: S608 - Intuit's language
_entity_decoder = msgspec.json.Decoder(wire.Entity)
_preferences_decoder = msgspec.json.Decoder(wire.Preferences)


async def fetch_page(transport: Transport, company_id: str, cursor_text: str | None, *, now: datetime) -> Page:
    """The next page of a pull. `now` only decides whether the last pull is too long ago."""
    cursor = read_cursor(cursor_text)
    if cursor.phase is Phase.CHANGES:
        if cursor.since is None or now - cursor.since > SILENCE_MAX or is_all_due(cursor):
            cursor = Cursor()
        else:
            return await _fetch_changes_page(transport, company_id, cursor, cursor.since)
    if cursor.phase is Phase.OVERFLOW:
        return await _fetch_overflow_page(transport, company_id, cursor)
    streams = STREAMS if cursor.phase is Phase.ALL else REFERENCE
    stream = streams[cursor.stream]
    if stream == COMPANY:
        return await _fetch_company_page(transport, company_id, cursor)
    if stream == TAX:
        return await _fetch_tax_page(transport, company_id, cursor)
    return await _fetch_stream_page(transport, company_id, cursor, stream)


async def _fetch_company_page(transport: Transport, company_id: str, cursor: Cursor) -> Page:
    info = await fetch_company_info(transport, company_id)
    preferences = await fetch_preferences(transport, company_id)
    prefs = bytes(preferences.preferences)
    currencies: Sequence[msgspec.Raw] = ()
    if uses_currencies(prefs):
        currencies = (await fetch_query(transport, company_id, _ALL_CURRENCIES)).query_response.company_currency
    change = translate_company_rows(company_id, bytes(info.company_info), prefs, currencies)
    currency = change.record.base_currency if isinstance(change.record, Company) else cursor.currency
    since = cursor.since or in_utc(info.time)
    all_at = since if cursor.phase is Phase.ALL else cursor.all_at
    after = msgspec.structs.replace(cursor, since=since, reference_at=since, currency=currency, all_at=all_at)
    return _page((change,), plan_next_stream(after), ended=Kind.COMPANY, whole=True)


async def _fetch_tax_page(transport: Transport, company_id: str, cursor: Cursor) -> Page:
    rates = await fetch_query(transport, company_id, _ALL_TAX.format("TaxRate"))
    codes = await fetch_query(transport, company_id, _ALL_TAX.format("TaxCode"))
    changes = translate_tax_rows(codes.query_response.tax_code, rates.query_response.tax_rate)
    return _page(changes, plan_next_stream(cursor), ended=Kind.TAX_RATE, whole=True)


async def _fetch_stream_page(transport: Transport, company_id: str, cursor: Cursor, native: str) -> Page:
    answer = await fetch_query(transport, company_id, plan_statement(native, cursor, "CreateTime"))
    rows = rows_of(answer.query_response, native)
    changes = translate_rows(native, rows, cursor.currency)
    cursor = msgspec.structs.replace(cursor, since=cursor.since or in_utc(answer.time))
    following = plan_following(cursor, answer.query_response, rows, "create_time")
    if following is not None:
        return _page(changes, following)
    return _page(changes, plan_next_stream(cursor), ended=KIND_OF[native], read_through=True)


async def _fetch_changes_page(transport: Transport, company_id: str, cursor: Cursor, since: datetime) -> Page:
    """All types at once."""
    answer = await fetch_changes(transport, company_id, COVERED, since - OVERLAP)
    time = in_utc(answer.time)
    if time - since > SILENCE_MAX:
        return Page(changes=(), cursor=written(Cursor()), finished=False)
    told, count = _changed(answer, cursor.currency)
    changes = await _confirmed(transport, company_id, told, cursor.currency)
    read = msgspec.structs.replace(cursor, since=time, changed_since=since)
    if count >= ROWS_MAX:
        overflow = msgspec.structs.replace(read, phase=Phase.OVERFLOW, stream=0, together=COVERED)
        return Page(changes=changes, cursor=written(plan_apart(overflow, told)), finished=False)
    complete = frozenset(KIND_OF[native] for native in COVERED)
    following = plan_reference(read)
    return Page(changes, written(following), finished=following.phase is Phase.CHANGES, complete=complete)


def plan_apart(cursor: Cursor, told: Sequence[Change | Tombstone]) -> Cursor:
    """After an answer that was full: the type that filled it most is read by itself, the others together once more."""
    counts = Counter(NATIVE_OF[change.ref.kind] for change in told)
    most = max(cursor.together, key=lambda native: counts[native])
    rest = tuple(native for native in cursor.together if native != most)
    return msgspec.structs.replace(cursor, together=rest, singly=(*cursor.singly, most))


async def _fetch_rest_together(transport: Transport, company_id: str, cursor: Cursor, since: datetime) -> Page:
    """What changed of the types that may fit into one answer."""
    answer = await fetch_changes(transport, company_id, cursor.together, since - OVERLAP)
    told, count = _changed(answer, cursor.currency)
    changes = await _confirmed(transport, company_id, told, cursor.currency)
    if count >= ROWS_MAX:
        return _page(changes, plan_apart(cursor, told))
    complete = frozenset(KIND_OF[native] for native in cursor.together)
    following = msgspec.structs.replace(cursor, together=())
    return Page(changes, written(following), finished=False, complete=complete)


async def _fetch_overflow_page(transport: Transport, company_id: str, cursor: Cursor) -> Page:
    if cursor.together and cursor.changed_since is not None:
        return await _fetch_rest_together(transport, company_id, cursor, cursor.changed_since)
    native, since = cursor.singly[cursor.stream], cursor.changed_since
    if native not in LISTS and not cursor.deep and since is not None:
        return await _fetch_changes_of_one(transport, company_id, cursor, native, since)
    answer = await fetch_query(transport, company_id, plan_statement(native, cursor, "LastUpdatedTime"))
    rows = rows_of(answer.query_response, native)
    changes = translate_rows(native, rows, cursor.currency)
    following = plan_following(cursor, answer.query_response, rows, "last_updated_time")
    if following is not None:
        return _page(changes, following)
    return _page(changes, plan_next_stream(cursor), ended=KIND_OF[native])


async def _fetch_changes_of_one(
    transport: Transport, company_id: str, cursor: Cursor, native: str, since: datetime
) -> Page:
    """One type alone, which tells its deletions too; if even that is too much, its rows are paged after it."""
    answer = await fetch_changes(transport, company_id, (native,), since - OVERLAP)
    told, count = _changed(answer, cursor.currency)
    changes = await _confirmed(transport, company_id, told, cursor.currency)
    if count >= ROWS_MAX:
        return _page(changes, msgspec.structs.replace(cursor, deep=True))
    return _page(changes, plan_next_stream(cursor), ended=KIND_OF[native])


async def _confirmed(
    transport: Transport, company_id: str, changes: Sequence[Change | Tombstone], currency: str | None
) -> tuple[Change | Tombstone, ...]:
    """The same, but what is said to be deleted and is there still comes as it is there."""
    there: dict[ExternalRef, Change | Tombstone] = {}
    deleted = [change.ref for change in changes if isinstance(change, Tombstone)]
    for kind in dict.fromkeys(ref.kind for ref in deleted):
        ids = [ref.external_id for ref in deleted if ref.kind is kind]
        for start in range(0, len(ids), CONFIRMED_AT_ONCE_MAX):
            statement = plan_confirmation(NATIVE_OF[kind], ids[start : start + CONFIRMED_AT_ONCE_MAX])
            answer = await fetch_query(transport, company_id, statement)
            rows = rows_of(answer.query_response, NATIVE_OF[kind])
            there |= {change.ref: change for change in translate_rows(NATIVE_OF[kind], rows, currency)}
    return tuple(there.get(change.ref, change) if isinstance(change, Tombstone) else change for change in changes)


def plan_confirmation(native: str, ids: Sequence[str]) -> str:
    """The query for those of some ids that are there still."""
    listed = ",".join(quoted(one) for one in ids)
    return f"SELECT {selection_of(native)} FROM {native} WHERE Id IN ({listed}) MAXRESULTS {ROWS_MAX}"  # noqa: S608 - every value is quoted


def is_all_due(cursor: Cursor) -> bool:
    """Whether everything was last read so long before the last pull that it is time again."""
    return cursor.since is not None and cursor.all_at is not None and cursor.since - cursor.all_at >= ALL_EVERY


def uses_currencies(preferences: bytes) -> bool:
    """Whether the company's preferences say that it uses several currencies."""
    found = _preferences_decoder.decode(preferences).currency_prefs
    return found is not None and found.multi_currency_enabled


def _changed(answer: wire.ChangesAnswer, currency: str | None) -> tuple[tuple[Change | Tombstone, ...], int]:
    """Everything a change data capture answer holds, and how many rows that is."""
    changes: list[Change | Tombstone] = []
    for group in answer.cdc_response:
        for rows in group.query_response:
            for native in COVERED:
                changes += translate_rows(native, rows_of(rows, native), currency)
    return tuple(changes), len(changes)


def rows_of(rows: wire.Rows, native: str) -> list[msgspec.Raw]:
    """The rows of one type."""
    found: list[msgspec.Raw] = getattr(rows, _ATTRIBUTES[native])
    return found


def selection_of(native: str) -> str:
    """What a query selects so that it brings a whole object."""
    return _ASKED_FOR.get(native, "*")


def plan_statement(native: str, cursor: Cursor, field: str) -> str:
    """The query for a stream's next page, in the order of a time (`CreateTime` or `LastUpdatedTime`)."""
    conditions = ["Active IN (true,false)"] if native in LISTS else []
    floor = cursor.after
    if floor is None and cursor.phase is Phase.OVERFLOW and cursor.changed_since is not None:
        floor = cursor.changed_since - OVERLAP
    if floor is not None:
        conditions.append(f"MetaData.{field} >= {quoted(instant(floor))}")
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    order = f"ORDERBY MetaData.{field} STARTPOSITION {cursor.start} MAXRESULTS {ROWS_MAX}"
    return f"SELECT {selection_of(native)} FROM {native}{where} {order}"  # noqa: S608 - Intuit's query language, of constants and a time


def plan_following(cursor: Cursor, answer: wire.Rows, rows: Sequence[msgspec.Raw], field: str) -> Cursor | None:
    """The cursor of the stream's next page; None when this one was its last.

    A page that is not full is the last; so is a full one that reaches the total, where Intuit tells it. That the
    number told is a total, and not that of the page, counts as shown once it exceeded a page: losing rows would be
    worse than one call too many. A full page within one second cannot go on by time, and goes on by position.
    """
    if len(rows) < ROWS_MAX:
        return None
    total = answer.total_count
    if cursor.totals and total is not None and cursor.start - 1 + len(rows) >= total:
        return None
    cursor = msgspec.structs.replace(cursor, totals=cursor.totals or (total or 0) > ROWS_MAX)
    meta_data = _entity_decoder.decode(rows[-1]).meta_data
    time: datetime | None = getattr(meta_data, field, None)
    last = in_utc(time) if time is not None else None
    if last is None or (cursor.after is not None and last <= cursor.after):
        return msgspec.structs.replace(cursor, start=cursor.start + len(rows))
    return msgspec.structs.replace(cursor, after=last, start=1)


def plan_next_stream(cursor: Cursor) -> Cursor:
    """The cursor behind a stream that has ended: the next stream, the daily reference, or the next pull."""
    count = {Phase.ALL: len(STREAMS), Phase.OVERFLOW: len(cursor.singly), Phase.REFERENCE: len(REFERENCE)}[cursor.phase]
    moved = msgspec.structs.replace(cursor, stream=cursor.stream + 1, after=None, start=1, deep=False, totals=False)
    if moved.stream < count:
        return moved
    if cursor.phase is Phase.OVERFLOW:
        return plan_reference(moved)
    return _next_pull(moved)


def plan_reference(cursor: Cursor) -> Cursor:
    """After the changes: the reference records when they are a day old, else the next pull."""
    due = cursor.reference_at is None or cursor.since is None or cursor.since - cursor.reference_at >= REFERENCE_EVERY
    return msgspec.structs.replace(cursor, phase=Phase.REFERENCE, stream=0) if due else _next_pull(cursor)


def _next_pull(cursor: Cursor) -> Cursor:
    return Cursor(
        phase=Phase.CHANGES,
        since=cursor.since,
        reference_at=cursor.reference_at,
        currency=cursor.currency,
        all_at=cursor.all_at,
    )


def _page(
    changes: Sequence[Change | Tombstone],
    cursor: Cursor,
    *,
    ended: Kind | None = None,
    whole: bool = False,
    read_through: bool = False,
) -> Page:
    complete = frozenset({ended}) if ended else frozenset[Kind]()
    return Page(
        changes=tuple(changes),
        cursor=written(cursor),
        finished=cursor.phase is Phase.CHANGES,
        complete=complete,
        whole=complete if whole else frozenset(),
        read_through=complete if read_through else frozenset(),
    )
