"""Planning a write as the exact request, and reading what it made. Pure.

Every write is a single POST under a `requestid` made of the intent's key: writes are free for Intuit's meter, batches
are not. The `include` flags are never used: each of them switches off a warning that a bookkeeper wants.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from tieout.books.arithmetic.predicting import Prediction
from tieout.books.changes import Change
from tieout.books.records import (
    Attachment,
    CreditAllocation,
    CreditNote,
    Document,
    Invoice,
    Item,
    Kind,
    Party,
    Payment,
)
from tieout.platforms.errors import Explanation, NoAnswer
from tieout.platforms.port import Answer, Operation, Request, Write
from tieout.platforms.quickbooks import allocating, attaching, preflight
from tieout.platforms.quickbooks.bodies import encoded
from tieout.platforms.quickbooks.client import write_request
from tieout.platforms.quickbooks.errors import TRACE_HEADER
from tieout.platforms.quickbooks.translate import NATIVE_OF, is_deleted, translate_rows
from tieout.platforms.quickbooks.writing_documents import document_body, payment_body
from tieout.platforms.quickbooks.writing_lists import item_body, party_body
from tieout.platforms.quickbooks.writing_taxes import plan_tax, predict_sent

LIST_KINDS = (Kind.CUSTOMER, Kind.VENDOR, Kind.ITEM)
"""Kinds that are made inactive instead of being deleted."""
DOCUMENT_KINDS = (Kind.INVOICE, Kind.BILL, Kind.CREDIT_NOTE, Kind.VENDOR_CREDIT)
WRITTEN_KINDS = (
    *LIST_KINDS,
    *DOCUMENT_KINDS,
    Kind.PAYMENT,
    Kind.BILL_PAYMENT,
    Kind.ALLOCATION,
    Kind.ATTACHMENT,
)

_NOT_UPDATED = (
    "a payment is not changed in place, for its allocations would be replaced as a whole: delete and write it anew"
)
_NOT_CHANGED = "an allocation or a file is not changed in place: delete it and write it anew"
_NOT_VOIDED = "QuickBooks voids only invoices without a flag that overrides warnings: delete the record instead"


def plan_write(company_id: str, write: Write) -> Request:
    """The exact request.

    Raises WriteRefused where it is known that the books will not take it, NotImplementedError with the reason for
    what is never written (updates of payments, voids of anything but invoices, stock items), and ValueError for a
    write that contradicts itself.
    """
    if write.kind not in WRITTEN_KINDS:
        raise NotImplementedError(f"a {write.kind} is not written to QuickBooks")
    key = preflight.check_key(write.key)
    preflight.check_plan(write.company, write.operation, write.kind)
    if write.kind is Kind.ATTACHMENT and write.operation is Operation.CREATE:
        return attaching.upload_request(company_id, write, _attachment(write))
    resource = native_of(write).lower()
    if write.operation is Operation.CREATE:
        return write_request(company_id, resource, encoded(_body(write)), key=key)
    named = _named(write)
    if write.operation is Operation.UPDATE:
        if write.kind in (Kind.ALLOCATION, Kind.ATTACHMENT):
            raise NotImplementedError(_NOT_CHANGED)
        if write.kind not in (*LIST_KINDS, *DOCUMENT_KINDS):
            raise NotImplementedError(_NOT_UPDATED)
        body = {**named, "sparse": True, **_body(write)}
        return write_request(company_id, resource, encoded(body), key=key)
    if write.kind in LIST_KINDS:
        if write.operation is Operation.VOID:
            raise NotImplementedError(_NOT_VOIDED)
        body = {**named, "sparse": True, "Active": False}
        return write_request(company_id, resource, encoded(body), key=key)
    _check_removal(write)
    if write.operation is Operation.VOID and write.kind is not Kind.INVOICE:
        raise NotImplementedError(_NOT_VOIDED)
    return write_request(company_id, resource, encoded(named), key=key, operation=write.operation.value)


def predict(write: Write) -> Prediction | None:
    """What a document will come to; see `port.Platform.predict`."""
    document = write.record
    if not isinstance(document, Document) or write.operation not in (Operation.CREATE, Operation.UPDATE):
        return None
    sent = plan_tax(document, write.company, write.tax_rates, is_sale=isinstance(document, Invoice | CreditNote))
    return predict_sent(document, sent, write.company)


def native_of(write: Write) -> str:
    """Intuit's type of the record that is written: of an allocation it depends on the side."""
    if write.kind is Kind.ATTACHMENT:
        return "Attachable"
    if write.kind is not Kind.ALLOCATION:
        return NATIVE_OF[write.kind]
    if not isinstance(write.record, CreditAllocation):
        raise ValueError(f"a {type(write.record).__name__} is no allocation")  # noqa: TRY004 - the write contradicts itself
    return allocating.native_of(write.record)


def _attachment(write: Write) -> Attachment:
    if not isinstance(write.record, Attachment):
        raise ValueError(f"a {type(write.record).__name__} is no file")  # noqa: TRY004 - the write contradicts itself
    return write.record


def _named(write: Write) -> dict[str, Any]:
    """Which record, and which of its versions; a stale one is refused with 5010."""
    if write.external_id is None or write.version_token is None:
        raise ValueError(f"an {write.operation} names the record and its version")
    return {"Id": write.external_id, "SyncToken": write.version_token}


def _body(write: Write) -> Mapping[str, Any]:
    record = write.record
    if isinstance(record, Party) and write.kind in (Kind.CUSTOMER, Kind.VENDOR):
        return party_body(write, record)
    if isinstance(record, Item) and write.kind is Kind.ITEM:
        return item_body(write, record)
    if isinstance(record, Payment) and write.kind in (Kind.PAYMENT, Kind.BILL_PAYMENT):
        return payment_body(write, record)
    if isinstance(record, CreditAllocation) and write.kind is Kind.ALLOCATION:
        return allocating.allocation_body(write, record)
    if isinstance(record, Document) and write.kind in DOCUMENT_KINDS:
        return document_body(write, record)
    raise ValueError(f"a {type(record).__name__} is no {write.kind}")


def _check_removal(write: Write) -> None:
    """Deleting and voiding change the books of the record's own day, and would detach what settles it."""
    if isinstance(write.record, Document):
        preflight.check_open(write.company, write.record.issued_on)
        preflight.check_unapplied(write.record)
    elif isinstance(write.record, Payment):
        preflight.check_open(write.company, write.record.paid_on)
    elif isinstance(write.record, CreditAllocation):
        preflight.check_open(write.company, write.record.allocated_on)


def read_written(write: Write, answer: Answer) -> Change | None:
    """The record as the write's own answer shows it, so that nothing needs to be read again; None when deleted.

    Raises NoAnswer when the answer holds no such record: what became of the write is then to be looked up.
    """
    try:
        if write.kind is Kind.ATTACHMENT and write.operation is Operation.CREATE:
            return attaching.read_uploaded(write, answer.body)
        native = native_of(write)
        envelope = msgspec.json.decode(answer.body, type=dict[str, msgspec.Raw])
        return written_change(write, bytes(envelope[native]))
    except (msgspec.DecodeError, UnicodeDecodeError, LookupError) as error:
        raise NoAnswer(
            Explanation(
                code="answer_unreadable",
                message="QuickBooks answered the write with something that is not the record.",
                fix="Nothing to do: Tieout looks whether it was carried out before it sends anything again.",
            ),
            trace_id=answer.headers.get(TRACE_HEADER),
            native=type(error).__name__,
        ) from error


def written_change(write: Write, raw: bytes) -> Change | None:
    """The object that a write is about, as the record that it is here; None for one that is gone."""
    if write.kind is Kind.ATTACHMENT:
        return None if b'"Deleted"' in raw and is_deleted(raw) else attaching.attachment_change(write, raw)
    changes = translate_rows(native_of(write), [msgspec.Raw(raw)], write.company.base_currency)
    change = next((each for each in changes if isinstance(each, Change)), None)
    if change is not None and isinstance(write.record, CreditAllocation):
        return allocating.as_allocation(write.record, change)
    return change
