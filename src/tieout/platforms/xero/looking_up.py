"""Whether a write that was not answered was carried out: looked up by its mark, or by all that a person would compare.

Sources: the optimised filters of the invoices, payments and contacts pages. A found record is taken for ours only if it
bears our mark, or if it was made by this app, was changed since we first sent it and agrees in number, party, date,
currency and total.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Final

from tieout.books.changes import Change
from tieout.books.records import (
    Address,
    Attachment,
    CreditAllocation,
    Document,
    DocumentStatus,
    Item,
    Kind,
    Party,
    Payment,
)
from tieout.platforms.errors import Explanation, Gone, Taken
from tieout.platforms.port import Operation, Transport, Write
from tieout.platforms.showing import decoded, shows
from tieout.platforms.xero import allocating, attaching, translators
from tieout.platforms.xero.client import UNIT_DECIMALS, read_request, segment
from tieout.platforms.xero.cursor import PAGE_SIZE
from tieout.platforms.xero.likeness import may_have_number_of
from tieout.platforms.xero.menus import ITEMS
from tieout.platforms.xero.reading import changes_of
from tieout.platforms.xero.validation import NUMBER_TAKEN
from tieout.platforms.xero.writing import PARTY_KINDS, PAYMENT_KINDS, code_of_item, translator_of
from tieout.platforms.xero.writing_documents import FORMS, changed_element

CLOCKS_APART: Final = timedelta(minutes=2)
"""How far our clock and Xero's may differ."""
GONE_STATUSES: Final = (DocumentStatus.VOID, DocumentStatus.DELETED)
"""What is in one of these is in the books no more."""
_OF_DOCUMENTS: Final = (
    "Contact", "InvoiceNumber", "CreditNoteNumber", "Reference", "CurrencyCode", "LineAmountTypes",
)  # fmt: skip
_OF_LINES: Final = ("Description", "Quantity", "UnitAmount", "ItemCode", "AccountCode", "TaxType", "TaxAmount")
_NUMBERED_BY_US: Final = (Kind.INVOICE, Kind.CREDIT_NOTE)


async def look_up(transport: Transport, company_id: str, write: Write, *, first_sent_at: datetime) -> Change | None:
    """The record that an unanswered write left, or None; see `port.Platform.look_up`."""
    since = first_sent_at - CLOCKS_APART
    record = write.record
    if isinstance(record, CreditAllocation | Attachment):
        return await _look_up_belonging(transport, company_id, write, record)
    if write.operation is not Operation.CREATE:
        return await _look_up_changed(transport, company_id, write)
    if write.kind in PARTY_KINDS and isinstance(record, Party):
        return await _look_up_party(transport, company_id, write, record)
    if write.kind is Kind.ITEM and isinstance(record, Item):
        return await _look_up_item(transport, company_id, write, record, since)
    if write.kind in PAYMENT_KINDS and isinstance(record, Payment):
        return await _look_up_payment(transport, company_id, write, record, since)
    if write.kind in FORMS and isinstance(record, Document):
        return await _look_up_document(transport, company_id, write, record, since)
    raise NotImplementedError(f"a {type(record).__name__} is not looked up in Xero as {write.kind}")


async def _look_up_belonging(
    transport: Transport, company_id: str, write: Write, record: CreditAllocation | Attachment
) -> Change | None:
    """Among the allocations of its credit note, or the files of its document; none if that is gone."""
    path = attaching.list_path(record) if isinstance(record, Attachment) else f"CreditNotes/{segment(record.credit_id)}"
    try:
        answer = await transport.send(read_request(company_id, path))
    except Gone:
        return None
    if isinstance(record, Attachment):
        return attaching.sought(record, attaching.files_in(record, answer))
    notes = changes_of(answer, translators.CREDIT_NOTES)
    found = allocating.allocations_in(record, notes[0].raw) if notes else []
    return allocating.sought(write, record, found)


async def _look_up_changed(transport: Transport, company_id: str, write: Write) -> Change | None:
    """The record that a change or void named, if it is as was wanted; for a deletion, what still counts."""
    if write.external_id is None:
        raise ValueError("all but a create name the record")
    translator = translator_of(write)
    query = {"unitdp": UNIT_DECIMALS} if isinstance(write.record, Document) else None
    found = await _fetch(transport, company_id, f"{translator.plural}/{segment(write.external_id)}", write, query)
    change = found[0] if found else None
    if change is None:
        return None
    if write.operation is Operation.UPDATE:
        return change if _is_as_wanted(write, change) else None
    record = change.record
    ended = record.is_void if isinstance(record, Payment) else getattr(record, "status", None) in GONE_STATUSES
    if write.operation is Operation.DELETE:
        return None if ended else change
    return change if ended else None


def _is_as_wanted(write: Write, change: Change) -> bool:
    """Whether a record has every value that the write sent: what was left out says nothing."""
    found, wanted = change.record, write.record
    names: tuple[str, ...]
    if isinstance(found, Document) and isinstance(wanted, Document):
        due_on = wanted.due_on or wanted.issued_on if FORMS[write.kind].is_due else found.due_on
        dates = (found.issued_on, found.due_on) == (wanted.issued_on, due_on)
        sent = changed_element(write, wanted)
        lines = [{name: line.get(name) for name in _OF_LINES} for line in sent["LineItems"]]
        named = {name: sent.get(name) for name in _OF_DOCUMENTS if name != "Reference" or FORMS[write.kind].is_sale}
        return dates and shows(decoded(change.raw), named | {"LineItems": lines})
    if isinstance(found, Party) and isinstance(wanted, Party):
        names = ("name", "first_name", "last_name", "email", "phone", "tax_number")
        if not _has_address(found.address, wanted.address):
            return False
    elif isinstance(found, Item) and isinstance(wanted, Item):
        names = ("description", "unit_price", "income_account_id")
    else:
        return False
    if any(getattr(found, name) is not None for name in write.emptied):
        return False
    return all(getattr(wanted, name) in {None, getattr(found, name)} for name in names)


def _has_address(found: Address | None, wanted: Address | None) -> bool:
    """Whether an address has every part that was sent."""
    parts = asdict(wanted).items() if wanted is not None else ()
    return all(getattr(found, name, None) == part for name, part in parts if part)


async def _look_up_party(transport: Transport, company_id: str, write: Write, party: Party) -> Change | None:
    """By the number that only the API shows."""
    if party.marker is None:
        raise ValueError("a contact is looked up by its marker")
    found = await _fetch(transport, company_id, f"Contacts/{segment(party.marker)}", write)
    return next((c for c in found if isinstance(c.record, Party) and c.record.marker == party.marker), None)


async def _look_up_item(
    transport: Transport, company_id: str, write: Write, item: Item, since: datetime
) -> Change | None:
    """By its code; one with the item's own code must also agree and be new, else somebody else's has it."""
    code = code_of_item(item)
    found = await _fetch(transport, company_id, f"Items/{segment(code)}", write)
    if not found:
        return None
    change = found[0]
    there = change.record
    is_new = change.version.updated_at is not None and change.version.updated_at >= since
    if isinstance(there, Item) and (not item.code or (is_new and _agrees_as_item(there, item))):
        return change
    raise Taken(
        Explanation(
            "item_code_taken",
            "Another product in Xero already has this code.",
            f"In Xero: {ITEMS}, change that product's code, or match the two here.",
            "code",
        )
    )


def _agrees_as_item(there: Item, item: Item) -> bool:
    return there.unit_price == item.unit_price and there.income_account_id == item.income_account_id


async def _look_up_payment(
    transport: Transport, company_id: str, write: Write, payment: Payment, since: datetime
) -> Change | None:
    """Among the payments of its document, by the mark, or else by date, amount and account."""
    document_id = payment.allocations[0].document_id
    query = {"where": f'Invoice.InvoiceId==guid("{document_id}")', "page": "1", "pageSize": str(PAGE_SIZE)}
    found = await _fetch(transport, company_id, "Payments", write, query)
    ours = [c for c in found if isinstance(c.record, Payment) and _is_this_payment(c, c.record, payment, since)]
    return ours[0] if ours else None


def _is_this_payment(change: Change, there: Payment, payment: Payment, since: datetime) -> bool:
    if payment.marker is not None:
        return there.marker == payment.marker
    updated_at = change.version.updated_at
    return (
        not there.is_void
        and updated_at is not None
        and updated_at >= since
        and (there.paid_on, there.amount, there.account_id) == (payment.paid_on, payment.amount, payment.account_id)
    )


async def _look_up_document(
    transport: Transport, company_id: str, write: Write, document: Document, since: datetime
) -> Change | None:
    """By its number, or else among its contact's of that day. Raises Taken if its number is another's."""
    query = _document_query(write, document)
    found = await _fetch(transport, company_id, FORMS[write.kind].plural, write, query)
    if FORMS[write.kind].plural != "Invoices" or not needs_maker(found, write, document):
        return adopted(found, write, document, since, None)
    ours = await _fetch(transport, company_id, "Invoices", write, {**query, "createdByMyApp": "true"})
    return adopted(found, write, document, since, frozenset(change.ref.external_id for change in ours))


def needs_maker(found: Iterable[Change], write: Write, document: Document) -> bool:
    """Whether it must be known which of the records this app made: one without our mark may yet be ours."""
    live = _live(found, write)
    return not any(_is_marked(there, document) for _, there in live) and any(there.marker is None for _, there in live)


def adopted(
    found: Iterable[Change], write: Write, document: Document, since: datetime, made_by_us: frozenset[str] | None
) -> Change | None:
    """Which of the records found is the one that was sent: by its mark, or of those that this app made by all else.

    `made_by_us` is None where that cannot be asked. Raises Taken if the number is another's.
    """
    live = _live(found, write)
    for change, there in live:
        if _is_marked(there, document):
            return change
    for change, there in live:
        is_ours = made_by_us is None or change.ref.external_id in made_by_us
        if there.marker is None and is_ours and _agrees(change, there, document, since):
            return change
    if any(_holds_number(change, write, document, since, made_by_us) for change, _ in live):
        raise Taken(NUMBER_TAKEN)
    return None


def _live(found: Iterable[Change], write: Write) -> list[tuple[Change, Document]]:
    """Those of a write's kind that are in the books still."""
    return [
        (change, change.record)
        for change in found
        if change.ref.kind is write.kind
        and isinstance(change.record, Document)
        and change.record.status not in GONE_STATUSES
    ]


def _is_marked(there: Document, document: Document) -> bool:
    return document.marker is not None and there.marker == document.marker


def _document_query(write: Write, document: Document) -> dict[str, str]:
    paging = {"page": "1", "pageSize": str(PAGE_SIZE), "unitdp": UNIT_DECIMALS}
    form = FORMS[write.kind]
    if document.number and form.plural == "Invoices":
        if "," in document.number:
            return paging | {"where": f'InvoiceNumber=="{document.number}"'}
        return paging | {"InvoiceNumbers": document.number}
    day = document.issued_on
    where = (
        f'Type=="{form.type}" AND Contact.ContactID==guid("{document.party_id}") '
        f"AND Date==DateTime({day.year},{day.month:02},{day.day:02})"
    )
    return paging | {"where": where}


def _agrees(change: Change, there: Document, document: Document, since: datetime) -> bool:
    """Number, party, date, currency and total, and changed since the write was first sent."""
    updated_at = change.version.updated_at
    return (
        updated_at is not None
        and updated_at >= since
        and may_have_number_of(there, document)
        and (there.party_id, there.issued_on, there.currency, there.total)
        == (document.party_id, document.issued_on, document.currency, document.total)
    )


def _holds_number(
    change: Change, write: Write, document: Document, since: datetime, made_by_us: frozenset[str] | None
) -> bool:
    """Whether another document keeps the number from being used once more.

    Of sales each is given once. Suppliers' numbers may repeat in Xero (invoices page): another bill holds one only
    where it may be ours, changed by somebody since.
    """
    there = change.record
    if document.number is None or not isinstance(there, Document) or there.number != document.number:
        return False
    if write.kind in _NUMBERED_BY_US:
        return True
    is_since = change.version.updated_at is None or change.version.updated_at >= since
    may_be_ours = made_by_us is None or change.ref.external_id in made_by_us
    return there.party_id == document.party_id and is_since and may_be_ours


async def _fetch(
    transport: Transport, company_id: str, path: str, write: Write, query: Mapping[str, str] | None = None
) -> list[Change]:
    """The records below an address, none if there is no such record."""
    try:
        answer = await transport.send(read_request(company_id, path, query))
    except Gone:
        return []
    return changes_of(answer, translator_of(write))
