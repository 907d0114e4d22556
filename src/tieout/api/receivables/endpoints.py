"""/receivables: invoices and credit notes (Monite, 'Receivables')."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Query

from tieout.api.dependencies import EntityCall
from tieout.api.paging import Paging
from tieout.api.receivables import crediting, issuing, paying, writing
from tieout.api.receivables.answers import (
    LineItemsResponse,
    ReceivableHistoryPaginationResponse,
    ReceivableHistoryResponse,
    ReceivablePaginationResponse,
    ReceivableResponse,
)
from tieout.api.receivables.changes import (
    ReceivableUpdatePayload,
    UpdateCreditNotePayload,
    UpdateInvoicePayload,
    UpdateIssuedInvoicePayload,
)
from tieout.api.receivables.history import HistoryFilters, read_entry, read_history
from tieout.api.receivables.listing import (
    ReceivableFilters,
    ReceivablePaging,
    ReceivablesSearchRequest,
    read_list,
)
from tieout.api.receivables.required_fields import (
    ReceivableRequiredFields,
    RequiredFieldsFilters,
    read_required_fields,
)
from tieout.api.receivables.schemas import (
    ReceivableCreateBasedOnPayload,
    ReceivableFacadeCreateInvoicePayload,
    ReceivableFacadeCreatePayload,
    ReceivablePaidPayload,
    ReceivablePartiallyPaidPayload,
    ReceivableUncollectiblePayload,
    UpdateLineItems,
)
from tieout.api.receivables.showing import show_all, show_one
from tieout.api.scope import load_of_entity
from tieout.api.unbuilt import refuse_unbuilt
from tieout.kit.errors import Conflict, NotBuiltYet
from tieout.storage.tables.business import Receivable

router = APIRouter(prefix="/receivables", tags=["Receivables"])

_NO_QUOTES = "Quotes, and invoices made from them, are part of the API but not built into Tieout yet."


@router.get("")
async def list_receivables(
    call: EntityCall, paging: ReceivablePaging, filters: Annotated[ReceivableFilters, Query()]
) -> ReceivablePaginationResponse:
    """The entity's invoices and credit notes."""
    answer = await read_list(call, paging, filters)
    return ReceivablePaginationResponse(data=await show_all(call, answer.rows), **answer.tokens())


@router.post("/search")
async def search_receivables(call: EntityCall, body: ReceivablesSearchRequest) -> ReceivablePaginationResponse:
    """The same list, asked for in a body; its page tokens are those of the list."""
    answer = await read_list(call, body.asked(), body.filters())
    return ReceivablePaginationResponse(data=await show_all(call, answer.rows), **answer.tokens())


@router.post("", status_code=HTTPStatus.CREATED)
async def create_receivable(
    call: EntityCall, body: Annotated[ReceivableFacadeCreatePayload, Body()]
) -> ReceivableResponse:
    """A new draft: an invoice, or the credit note of one."""
    match body:
        case ReceivableFacadeCreateInvoicePayload():
            return await show_one(call, await writing.create_invoice(call, body))
        case ReceivableCreateBasedOnPayload():
            refuse_unbuilt(body, ("tag_ids",))
            base = await writing.load_receivable(call, body.based_on)
            if body.type != "credit_note":
                raise NotBuiltYet(_NO_QUOTES)
            return await show_one(call, await crediting.create(call, base))
        case _:
            raise NotBuiltYet(_NO_QUOTES)


@router.get("/required_fields")
async def get_required_fields(
    call: EntityCall, filters: Annotated[RequiredFieldsFilters, Query()]
) -> ReceivableRequiredFields:
    """Which fields an invoice needs."""
    return await read_required_fields(call, filters)


@router.get("/{receivable_id}")
async def get_receivable(call: EntityCall, receivable_id: UUID) -> ReceivableResponse:
    """One invoice or credit note."""
    return await show_one(call, await load_of_entity(call, Receivable, receivable_id, "receivable"))


@router.patch("/{receivable_id}")
async def update_receivable(
    call: EntityCall, receivable_id: UUID, body: Annotated[ReceivableUpdatePayload, Body()]
) -> ReceivableResponse:
    """Change a draft, or the little that may change of an issued invoice."""
    row = await writing.load_receivable(call, receivable_id)
    match body:
        case UpdateInvoicePayload(invoice=change) if row.type == "invoice":
            await writing.change_draft(call, row, change)
        case UpdateCreditNotePayload(credit_note=note) if row.type == "credit_note":
            await crediting.change(call, row, note)
        case UpdateIssuedInvoicePayload(issued_invoice=issued) if row.type == "invoice":
            await issuing.change_issued(call, row, issued)
        case UpdateInvoicePayload() | UpdateCreditNotePayload() | UpdateIssuedInvoicePayload():
            message = f"The receivable is of type {row.type}."
            raise Conflict(message)
        case _:
            raise NotBuiltYet(_NO_QUOTES)
    return await show_one(call, row)


@router.delete("/{receivable_id}", status_code=HTTPStatus.NO_CONTENT)
async def delete_receivable(call: EntityCall, receivable_id: UUID) -> None:
    """Delete a draft."""
    await writing.delete(call, receivable_id)


@router.put("/{receivable_id}/line_items")
async def update_line_items(call: EntityCall, receivable_id: UUID, body: UpdateLineItems) -> LineItemsResponse:
    """Put other lines in the place of a draft's."""
    row = await writing.load_receivable(call, receivable_id)
    if row.type == "credit_note":
        await crediting.replace_lines(call, row, body.data)
    else:
        await writing.replace_lines(call, row, body.data)
    return LineItemsResponse(data=(await show_one(call, row)).line_items)


@router.post("/{receivable_id}/issue")
async def issue_receivable(call: EntityCall, receivable_id: UUID) -> ReceivableResponse:
    """Issue a draft: it gets its number, and goes into the books."""
    return await show_one(call, await issuing.issue(call, receivable_id))


@router.post("/{receivable_id}/cancel", status_code=HTTPStatus.NO_CONTENT)
async def cancel_receivable(call: EntityCall, receivable_id: UUID) -> None:
    """Cancel an issued invoice that nothing was paid of."""
    await issuing.cancel(call, receivable_id)


@router.post("/{receivable_id}/clone", status_code=HTTPStatus.CREATED)
async def clone_receivable(call: EntityCall, receivable_id: UUID) -> ReceivableResponse:
    """A new draft that says the same."""
    original = await writing.load_receivable(call, receivable_id)
    made = crediting.clone if original.type == "credit_note" else writing.clone
    return await show_one(call, await made(call, original))


@router.get("/{receivable_id}/history")
async def list_history(
    call: EntityCall, receivable_id: UUID, paging: Paging, filters: Annotated[HistoryFilters, Query()]
) -> ReceivableHistoryPaginationResponse:
    """What happened to a receivable, oldest first."""
    return await read_history(call, receivable_id, paging, filters)


@router.get("/{receivable_id}/history/{receivable_history_id}")
async def get_history_record(
    call: EntityCall, receivable_id: UUID, receivable_history_id: UUID
) -> ReceivableHistoryResponse:
    """One thing that happened to a receivable."""
    return await read_entry(call, receivable_id, receivable_history_id)


@router.post("/{receivable_id}/mark_as_paid")
async def mark_as_paid(
    call: EntityCall, receivable_id: UUID, body: ReceivablePaidPayload | None = None
) -> ReceivableResponse:
    """All that is still owed was paid."""
    return await show_one(call, await paying.mark_as_paid(call, receivable_id, body or ReceivablePaidPayload()))


@router.post("/{receivable_id}/mark_as_partially_paid")
async def mark_as_partially_paid(
    call: EntityCall, receivable_id: UUID, body: ReceivablePartiallyPaidPayload
) -> ReceivableResponse:
    """So much has been paid so far, and that is not all."""
    return await show_one(call, await paying.mark_as_partially_paid(call, receivable_id, body))


@router.post("/{receivable_id}/mark_as_uncollectible")
async def mark_as_uncollectible(
    call: EntityCall, receivable_id: UUID, body: ReceivableUncollectiblePayload | None = None
) -> ReceivableResponse:
    """It will not be paid. The books are not touched."""
    comment = body.comment if body else None
    return await show_one(call, await issuing.mark_as_uncollectible(call, receivable_id, comment))
