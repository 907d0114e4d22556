"""Reading a company's books from Xero: one page of a pull per call, and the trial balance.

Source: requests-and-responses page and recorded answers. A first pull reads everything; a later one what changed. Once
a day whole lists are read of what can vanish without a word, and the documents whose due date can change silently. A
pull that webhooks led to reads what they told of by its ids, and the news of what is not told of but changes with it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
from msgspec import structs

from tieout.books.changes import Change, Page
from tieout.books.records import Account, Kind
from tieout.platforms.errors import Gone, Misuse, WriteRefused
from tieout.platforms.port import Answer, Transport
from tieout.platforms.xero import shapes, translators
from tieout.platforms.xero.client import UNIT_DECIMALS, read_request, unreadable
from tieout.platforms.xero.cursor import (
    RESTARTS_MAX,
    SWEEPS,
    Cursor,
    Hinted,
    Seen,
    Stream,
    follows,
    mark_after,
    next_place,
    read_cursor,
    write_cursor,
)
from tieout.platforms.xero.errors import TRACE_HEADER
from tieout.platforms.xero.translate import Translator, translate_object

_PAGED: Final[dict[Stream, tuple[str, Translator, dict[str, str], frozenset[Kind]]]] = {
    Stream.CONTACTS: ("Contacts", translators.CONTACTS, {"includeArchived": "true"}, frozenset({Kind.PARTY})),
    Stream.INVOICES: (
        "Invoices",
        translators.INVOICES,
        {"unitdp": UNIT_DECIMALS},
        frozenset({Kind.INVOICE, Kind.BILL}),
    ),
    Stream.OPEN_DOCUMENTS: (
        "Invoices",
        translators.INVOICES,
        {"unitdp": UNIT_DECIMALS, "Statuses": "AUTHORISED"},
        frozenset(),
    ),
    Stream.CREDIT_NOTES: (
        "CreditNotes",
        translators.CREDIT_NOTES,
        {"unitdp": UNIT_DECIMALS},
        frozenset({Kind.CREDIT_NOTE, Kind.VENDOR_CREDIT}),
    ),
    Stream.OPEN_CREDITS: (
        "CreditNotes",
        translators.CREDIT_NOTES,
        {"unitdp": UNIT_DECIMALS, "where": 'Status=="AUTHORISED"'},
        frozenset(),
    ),
    Stream.PAYMENTS: ("Payments", translators.PAYMENTS, {}, frozenset()),
    Stream.OVERPAYMENTS: ("Overpayments", translators.OVERPAYMENTS, {}, frozenset()),
    Stream.PREPAYMENTS: (
        "Prepayments",
        translators.PREPAYMENTS,
        {},
        frozenset({Kind.PAYMENT, Kind.BILL_PAYMENT}),
    ),
}
_ORDER: Final = tuple(Stream)
_decode_currency = msgspec.json.Decoder(shapes.Currency).decode
_decode_action = msgspec.json.Decoder(shapes.Action).decode
_SETTLING: Final = (Stream.CREDIT_NOTES, Stream.OVERPAYMENTS, Stream.PREPAYMENTS)
_settled_decoder: Final = msgspec.json.Decoder(shapes.Settled)


async def fetch_page(transport: Transport, company_id: str, text: str | None) -> Page:
    """The next page of a pull; see `port.Platform.fetch_page`."""
    cursor = read_cursor(text)
    if cursor.hinted is not None and (cursor.hinted.contacts or cursor.hinted.invoices):
        return await _fetch_hinted(transport, company_id, cursor, cursor.hinted)
    if cursor.stream is Stream.COMPANY:
        return await _fetch_company(transport, company_id, cursor)
    if cursor.stream is Stream.TAX_RATES:
        return await _fetch_tax_rates(transport, company_id, cursor)
    if cursor.stream is Stream.CATALOGUE:
        return await _fetch_catalogue(transport, company_id, cursor)
    return await _fetch_paged(transport, company_id, cursor)


async def _fetch_company(transport: Transport, company_id: str, cursor: Cursor) -> Page:
    """The organisation with its lock dates; on a sweep also its currencies, and what the person may do there."""
    answer = await transport.send(read_request(company_id, "Organisation"))
    cursor = cursor.begun(now=_answered_at(answer))
    if cursor.sweeping or cursor.rechecking:
        currencies = await transport.send(read_request(company_id, "Currencies"))
        actions = await transport.send(read_request(company_id, "Organisation/Actions"))
        cursor = structs.replace(
            cursor,
            currencies=_currency_codes(currencies),
            refused_actions=_refused_actions(actions),
            rechecking=False,
        )
    translator = translators.organisations(currencies=cursor.currencies, refused_actions=cursor.refused_actions)
    kinds = frozenset({Kind.COMPANY})
    return _page(changes_of(answer, translator), cursor.moved_to(Stream.TAX_RATES), complete=kinds)


def _currency_codes(answer: Answer) -> tuple[str, ...]:
    try:
        return tuple(_decode_currency(raw).code for raw in _objects(answer, "Currencies"))
    except msgspec.ValidationError as error:
        raise unreadable(answer.headers.get(TRACE_HEADER), str(error)) from error


def _refused_actions(answer: Answer) -> tuple[str, ...]:
    try:
        actions = [_decode_action(raw) for raw in _objects(answer, "Actions")]
    except msgspec.ValidationError as error:
        raise unreadable(answer.headers.get(TRACE_HEADER), str(error)) from error
    return tuple(sorted(action.name for action in actions if action.status == "NOT-ALLOWED"))


async def _fetch_tax_rates(transport: Transport, company_id: str, cursor: Cursor) -> Page:
    """All tax rates: they have no time of change."""
    answer = await transport.send(read_request(company_id, "TaxRates"))
    kinds = frozenset({Kind.TAX_RATE})
    changes = changes_of(answer, translators.TAX_RATES)
    return _page(changes, cursor.moved_to(Stream.CATALOGUE), complete=kinds, whole=kinds)


async def _fetch_catalogue(transport: Transport, company_id: str, cursor: Cursor) -> Page:
    """Accounts and items in one page, because items name accounts by their codes only.

    On a sweep both lists are whole, for accounts and items vanish without a word; if an item changed, the accounts are.
    """
    items_mark, accounts_mark = cursor.mark("items"), cursor.mark("accounts")
    items_since = None if cursor.sweeping else items_mark
    query = {"unitdp": UNIT_DECIMALS}
    items_answer = await transport.send(read_request(company_id, "Items", query, modified_since=items_since))
    some_changed = bool(_objects(items_answer, "Items"))
    accounts_since = None if cursor.sweeping or some_changed else accounts_mark
    accounts_answer = await transport.send(read_request(company_id, "Accounts", modified_since=accounts_since))
    accounts = changes_of(accounts_answer, translators.ACCOUNTS)
    items = changes_of(items_answer, translators.items(_codes(accounts)))
    whole = {Kind.ITEM: items_since, Kind.ACCOUNT: accounts_since}
    return _page(
        [*accounts, *items],
        cursor.moved_to(
            Stream.CONTACTS,
            items=_mark(cursor, items, items_mark),
            accounts=_mark(cursor, accounts, accounts_mark),
        ),
        complete=frozenset(whole),
        whole=frozenset(kind for kind, since in whole.items() if since is None),
    )


def _mark(cursor: Cursor, changes: Sequence[Change], before: datetime | None) -> datetime | None:
    times = [change.version.updated_at for change in changes]
    return mark_after(times, started_at=cursor.started_at, before=before)


def _codes(accounts: Sequence[Change]) -> dict[str, str]:
    """Ids of ledger accounts by their codes."""
    records = (change.record for change in accounts)
    return {record.code: record.external_id for record in records if isinstance(record, Account) and record.code}


async def _fetch_paged(transport: Transport, company_id: str, cursor: Cursor) -> Page:
    """One page of a stream that is read in pages, ascending by time of change."""
    path, translator, query, complete = _PAGED[cursor.stream]
    page, size = cursor.page
    paging = {"page": str(page), "pageSize": str(size)}
    answer = await transport.send(read_request(company_id, path, query | paging, modified_since=cursor.since))
    changes = changes_of(answer, translator)
    pagination = _envelope(answer).pagination
    if pagination is None:
        raise unreadable(answer.headers.get(TRACE_HEADER), "no pagination")
    seen = [Seen(change.ref.external_id, change.version.updated_at) for change in changes]
    moved = not follows(cursor, seen)
    if moved and cursor.restarts < RESTARTS_MAX:
        return _page(changes, cursor.anew())
    cursor = structs.replace(cursor, missed=cursor.missed or moved)
    begins_at = (page - 1) * pagination.page_size
    going_on = next_place(cursor, seen, begins_at=begins_at, item_count=pagination.item_count)
    if going_on is not None:
        return _page(changes, going_on)
    return _end_of_stream(cursor, changes, complete)


async def _fetch_hinted(transport: Transport, company_id: str, cursor: Cursor, hinted: Hinted) -> Page:
    """Contacts or invoices by their ids, in a page because only pages have lines.

    What settles an invoice changes together with it, and is not told of: its news are read after it. Ids that Xero does
    not take keep nobody from reading: what they stand for is among the news of their kind.
    """
    stream = Stream.CONTACTS if hinted.contacts else Stream.INVOICES
    path, translator, query, _ = _PAGED[stream]
    ids = {"IDs": ",".join(hinted.contacts or hinted.invoices), "page": "1"}
    left = structs.replace(hinted, contacts=()) if hinted.contacts else structs.replace(hinted, invoices=())
    try:
        answer = await transport.send(read_request(company_id, path, query | ids))
    except (Gone, Misuse, WriteRefused):
        return _page_of_hinted((), structs.replace(cursor, hinted=left.wanting(stream, Stream.PAYMENTS)))
    if stream is Stream.INVOICES:
        left = left.wanting(*_settling(answer))
    cursor = structs.replace(cursor, hinted=left, started_at=cursor.started_at or _answered_at(answer))
    return _page_of_hinted(changes_of(answer, translator), cursor)


def _page_of_hinted(changes: Sequence[Change], cursor: Cursor) -> Page:
    """A page of a pull that webhooks led to, with the cursor of what is left of it."""
    following = cursor.going_on()
    if following is None:
        return _page(changes, cursor.finished(), finished=True, is_partial=True)
    return _page(changes, following)


def _settling(answer: Answer) -> set[Stream]:
    """The streams that hold what settles the invoices of an answer. A payment that was taken back is not shown."""
    shown = {Stream.PAYMENTS}
    for raw in _objects(answer, translators.INVOICES.plural):
        try:
            settled = _settled_decoder.decode(raw)
        except msgspec.ValidationError:
            return {*shown, *_SETTLING}
        shown |= {stream for stream in _SETTLING if getattr(settled, stream.value)}
    return shown


def _end_of_stream(cursor: Cursor, changes: Sequence[Change], complete: frozenset[Kind]) -> Page:
    """The last page of a stream; where something may have been missed, the next pull starts where this one did."""
    before = cursor.mark(cursor.stream)
    times = [cursor.high, *(change.version.updated_at for change in changes)]
    mark = before if cursor.missed else mark_after(times, started_at=cursor.started_at, before=before)
    marks = {} if cursor.stream in SWEEPS else {cursor.stream.value: mark}
    if cursor.hinted is not None:
        return _page_of_hinted(changes, cursor.moved_to(cursor.stream, **marks))
    following = _following(cursor)
    if following is None:
        return _page(changes, cursor.moved_to(cursor.stream, **marks).finished(), complete=complete, finished=True)
    return _page(changes, cursor.moved_to(following, **marks), complete=complete)


def _following(cursor: Cursor) -> Stream | None:
    """The stream after this one. A first pull has just read what is open, and only a sweep reads it again."""
    place = _ORDER.index(cursor.stream) + 1
    if place == len(_ORDER):
        return None
    following = _ORDER[place]
    is_first_pull = cursor.mark(cursor.stream) is None
    if following in SWEEPS and (is_first_pull or not cursor.sweeping):
        return _ORDER[place + 1]
    return following


def changes_of(answer: Answer, translator: Translator) -> list[Change]:
    """The objects of an answer as changes; raises Unavailable when it is not what was asked for."""
    try:
        return [translate_object(bytes(raw), translator) for raw in _objects(answer, translator.plural)]
    except ValueError as error:
        raise unreadable(answer.headers.get(TRACE_HEADER), str(error)) from error


def _objects(answer: Answer, plural: str) -> list[msgspec.Raw]:
    try:
        return shapes.read_objects(answer.body, plural)
    except (msgspec.DecodeError, KeyError) as error:
        raise unreadable(answer.headers.get(TRACE_HEADER), type(error).__name__) from error


def _envelope(answer: Answer) -> shapes.Envelope:
    try:
        return shapes.read_envelope(answer.body)
    except msgspec.DecodeError as error:
        raise unreadable(answer.headers.get(TRACE_HEADER), type(error).__name__) from error


def _answered_at(answer: Answer) -> datetime | None:
    """The platform's own time."""
    text = _envelope(answer).date_time_utc
    try:
        return shapes.read_moment(text) if text else None
    except (ValueError, OverflowError):
        return None


def _page(
    changes: Sequence[Change],
    cursor: Cursor,
    *,
    complete: frozenset[Kind] = frozenset(),
    whole: frozenset[Kind] = frozenset(),
    finished: bool = False,
    is_partial: bool = False,
) -> Page:
    return Page(
        tuple(changes),
        write_cursor(cursor),
        finished,
        complete,
        whole,
        is_partial=is_partial or cursor.hinted is not None,
    )
