"""/payable_credit_notes: what vendors credit to an entity (Monite, 'Credit notes' of accounts payable)."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from tieout.api.dependencies import EntityCall, PartnerCall
from tieout.api.paging import Paging, page_of
from tieout.api.payable_credit_notes import approving, lines, writing
from tieout.api.payable_credit_notes.answers import (
    CreditNoteLineItemPaginationResponse,
    CreditNoteLineItemResponse,
    CreditNotePaginationResponse,
    CreditNoteResponse,
    CreditNoteValidationResponse,
    CreditNoteValidationsResource,
)
from tieout.api.payable_credit_notes.judging import REQUIRED, judge, load_note_lines
from tieout.api.payable_credit_notes.listing import (
    LINES,
    NOTES,
    CreditNoteFilters,
    CreditNoteLineFilters,
    select_lines,
    select_notes,
)
from tieout.api.payable_credit_notes.schemas import (
    CreditNoteCreateRequest,
    CreditNoteLineItemReplaceRequest,
    CreditNoteLineItemRequest,
    CreditNoteUpdateRequest,
    CreditNoteValidationsRequest,
)
from tieout.api.payable_credit_notes.showing import show, show_line

router = APIRouter(prefix="/payable_credit_notes", tags=["Payable credit notes"])


@router.get("")
async def list_credit_notes(
    call: EntityCall, paging: Paging, filters: Annotated[CreditNoteFilters, Query()]
) -> CreditNotePaginationResponse:
    """The credit notes of the entity's vendors."""
    answer = await page_of(
        call,
        NOTES,
        owner_id=call.entity_id,
        asked=paging,
        filters=filters,
        query=lambda applied: select_notes(call, applied),
    )
    return CreditNotePaginationResponse(data=[show(row) for row in answer.rows], **answer.tokens())


@router.post("", status_code=HTTPStatus.CREATED)
async def create_credit_note(call: EntityCall, body: CreditNoteCreateRequest) -> CreditNoteResponse:
    """A new credit note; its lines follow."""
    return await writing.create(call, body)


@router.get("/validations")
async def get_validations(call: PartnerCall) -> CreditNoteValidationsResource:
    """What credit notes must have to be complete."""
    return CreditNoteValidationsResource(required_fields=await REQUIRED.load(call))


@router.put("/validations")
async def update_validations(call: PartnerCall, body: CreditNoteValidationsRequest) -> CreditNoteValidationsResource:
    """Choose what credit notes must have. They are judged anew when they are next changed."""
    return CreditNoteValidationsResource(required_fields=await REQUIRED.choose(call, body.required_fields))


@router.post("/validations/reset")
async def reset_validations(call: PartnerCall) -> CreditNoteValidationsResource:
    """Go back to the defaults."""
    return CreditNoteValidationsResource(required_fields=await REQUIRED.reset(call))


@router.get("/{credit_note_id}")
async def get_credit_note(call: EntityCall, credit_note_id: UUID) -> CreditNoteResponse:
    """One credit note."""
    return show(await writing.load_note(call, credit_note_id))


@router.patch("/{credit_note_id}")
async def update_credit_note(
    call: EntityCall, credit_note_id: UUID, body: CreditNoteUpdateRequest
) -> CreditNoteResponse:
    """Change a credit note that is not handed in."""
    return await writing.change(call, credit_note_id, body)


@router.delete("/{credit_note_id}", status_code=HTTPStatus.NO_CONTENT)
async def delete_credit_note(call: EntityCall, credit_note_id: UUID) -> None:
    """Delete a credit note that is neither in force nor handed in."""
    await writing.delete(call, credit_note_id)


@router.get("/{credit_note_id}/validate")
async def validate_credit_note(call: EntityCall, credit_note_id: UUID) -> CreditNoteValidationResponse:
    """Why a credit note is not complete, if it is not."""
    row = await writing.load_note(call, credit_note_id)
    problems = await judge(call, row, await load_note_lines(call, row.id))
    return CreditNoteValidationResponse(id=row.id, validation_errors=problems)


@router.post("/{credit_note_id}/submit_for_approval")
async def submit_for_approval(call: EntityCall, credit_note_id: UUID) -> CreditNoteResponse:
    """Hand a complete credit note in for approval."""
    return await approving.submit(call, credit_note_id)


@router.post("/{credit_note_id}/approve")
async def approve(call: EntityCall, credit_note_id: UUID) -> CreditNoteResponse:
    """Approve a credit note: its credit counts from now on."""
    return await approving.approve(call, credit_note_id)


@router.post("/{credit_note_id}/reject")
async def reject(call: EntityCall, credit_note_id: UUID) -> CreditNoteResponse:
    """Reject what was handed in."""
    return await approving.reject(call, credit_note_id)


@router.post("/{credit_note_id}/cancel")
async def cancel(call: EntityCall, credit_note_id: UUID) -> CreditNoteResponse:
    """Cancel a credit note that was not handed in, for good."""
    return await approving.cancel(call, credit_note_id)


@router.get("/{credit_note_id}/line_items")
async def list_line_items(
    call: EntityCall, credit_note_id: UUID, paging: Paging, filters: Annotated[CreditNoteLineFilters, Query()]
) -> CreditNoteLineItemPaginationResponse:
    """The lines of a credit note, in their order."""
    await writing.load_note(call, credit_note_id)
    answer = await page_of(
        call,
        LINES,
        owner_id=credit_note_id,
        asked=paging,
        filters=filters,
        query=lambda applied: select_lines(call, credit_note_id, applied),
    )
    return CreditNoteLineItemPaginationResponse(data=[show_line(line) for line in answer.rows], **answer.tokens())


@router.put("/{credit_note_id}/line_items")
async def replace_line_items(
    call: EntityCall, credit_note_id: UUID, body: CreditNoteLineItemReplaceRequest
) -> CreditNoteLineItemPaginationResponse:
    """Put other lines in the place of all."""
    made = await lines.replace(call, credit_note_id, body.data)
    return CreditNoteLineItemPaginationResponse(data=[show_line(line) for line in made])


@router.post("/{credit_note_id}/line_items", status_code=HTTPStatus.CREATED)
async def add_line_item(
    call: EntityCall, credit_note_id: UUID, body: CreditNoteLineItemRequest
) -> CreditNoteLineItemResponse:
    """Add a line."""
    return show_line(await lines.add(call, credit_note_id, body))


@router.get("/{credit_note_id}/line_items/{line_item_id}")
async def get_line_item(call: EntityCall, credit_note_id: UUID, line_item_id: UUID) -> CreditNoteLineItemResponse:
    """One line."""
    return show_line(await lines.load_line(call, credit_note_id, line_item_id))


@router.patch("/{credit_note_id}/line_items/{line_item_id}")
async def update_line_item(
    call: EntityCall, credit_note_id: UUID, line_item_id: UUID, body: CreditNoteLineItemRequest
) -> CreditNoteLineItemResponse:
    """Change a line."""
    return show_line(await lines.change(call, credit_note_id, line_item_id, body))


@router.delete("/{credit_note_id}/line_items/{line_item_id}")
async def delete_line_item(
    call: EntityCall, credit_note_id: UUID, line_item_id: UUID
) -> CreditNoteLineItemPaginationResponse:
    """Remove a line; the others remain."""
    left = await lines.remove(call, credit_note_id, line_item_id)
    return CreditNoteLineItemPaginationResponse(data=[show_line(line) for line in left])
