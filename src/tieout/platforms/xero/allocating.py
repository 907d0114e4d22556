"""Setting credits against what is owed: `PUT /CreditNotes/{id}/Allocations`. Pure.

Source: credit-notes page. Both documents must be approved and of one contact. Xero dates an allocation by the later of
the two documents, whatever is sent. An allocation has no room for a mark: it is known by its document and amount.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct, field

from tieout.books.changes import Change, ExternalRef, Version
from tieout.books.records import CreditAllocation, Kind
from tieout.platforms.port import Answer, Operation, Request, Write
from tieout.platforms.xero import shapes
from tieout.platforms.xero.client import delete_request, segment, unreadable, write_request
from tieout.platforms.xero.errors import TRACE_HEADER
from tieout.platforms.xero.refusing import check_period, refused

_CREDITS = (Kind.CREDIT_NOTE, Kind.VENDOR_CREDIT)


class AllocatedInvoice(Struct, frozen=True, gc=False):
    """The invoice or bill inside an allocation."""

    invoice_id: str | None = field(name="InvoiceID", default=None)


class Allocation(Struct, frozen=True, gc=False):
    """An allocation as credit notes list it, and as the answer to a PUT has it."""

    amount: Decimal = field(name="Amount")
    allocation_id: str | None = field(name="AllocationID", default=None)
    day: str | None = field(name="Date", default=None)
    invoice: AllocatedInvoice | None = field(name="Invoice", default=None)


_allocation = msgspec.json.Decoder(Allocation)
_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_list = msgspec.json.Decoder(list[msgspec.Raw])


def plan_allocation(company_id: str, write: Write, record: CreditAllocation) -> Request:
    """The request that makes an allocation, or takes it back; an allocation is never changed."""
    if record.credit_kind not in _CREDITS:
        raise ValueError(f"a {record.credit_kind} is no credit that can be set against something")
    path = f"CreditNotes/{segment(record.credit_id)}/Allocations"
    check_period(write.company, record.allocated_on)
    if write.operation is Operation.CREATE:
        if record.amount <= 0:
            raise refused(
                "amount_not_positive",
                "A credit is set against something by an amount above zero.",
                "Correct the amount.",
                "amount",
            )
        element: Mapping[str, Any] = {
            "Invoice": {"InvoiceID": record.document_id},
            "Amount": record.amount,
            "Date": record.allocated_on.isoformat(),
        }
        return write_request(company_id, "PUT", path, plural="Allocations", element=element, key=write.key, units=False)
    if write.operation is not Operation.DELETE:
        raise NotImplementedError("an allocation in Xero is not changed: delete it and make it anew")
    if write.external_id is None:
        raise ValueError("all but a create name the record")
    return delete_request(company_id, f"{path}/{segment(write.external_id)}")


def read_allocated(write: Write, record: CreditAllocation, answer: Answer) -> Change | None:
    """The allocation that was made; None when it was taken back. Raises Unavailable for another answer."""
    if write.operation is Operation.DELETE:
        return None
    found = allocations_in(record, answer.body, answer.headers.get(TRACE_HEADER))
    if len(found) != 1:
        raise unreadable(answer.headers.get(TRACE_HEADER), f"{len(found)} allocations for one write")
    return found[0]


def allocations_in(record: CreditAllocation, body: bytes, trace_id: str | None = None) -> list[Change]:
    """The allocations of an answer, or of one credit note, as changes."""
    try:
        raws = _list.decode(_members.decode(body)["Allocations"])
        return [_change(record, bytes(raw), _allocation.decode(raw)) for raw in raws]
    except (msgspec.DecodeError, KeyError, ValueError) as error:
        raise unreadable(trace_id, str(error)) from error


def _change(record: CreditAllocation, raw: bytes, found: Allocation) -> Change:
    if found.allocation_id is None or found.invoice is None or found.invoice.invoice_id is None:
        raise ValueError("an allocation without its id or its document")
    allocated_on: date = shapes.read_day(found.day) if found.day else record.allocated_on
    allocation = CreditAllocation(
        external_id=found.allocation_id,
        credit_kind=record.credit_kind,
        credit_id=record.credit_id,
        document_id=found.invoice.invoice_id,
        party_id=record.party_id,
        currency=record.currency,
        allocated_on=allocated_on,
        amount=found.amount,
    )
    return Change(ExternalRef(Kind.ALLOCATION, found.allocation_id), Version(None, None), allocation, raw)


def sought(write: Write, record: CreditAllocation, found: list[Change]) -> Change | None:
    """Which of a credit note's allocations is meant: by its id, or else the latest of the same document and amount."""
    if write.operation is not Operation.CREATE:
        return next((change for change in found if change.ref.external_id == write.external_id), None)
    for change in reversed(found):
        there = change.record
        if isinstance(there, CreditAllocation) and (there.document_id, there.amount) == (
            record.document_id,
            record.amount,
        ):
            return change
    return None
