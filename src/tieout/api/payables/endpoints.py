"""/payables: the bills that an entity receives (Monite, 'Payables'). POST answers 200, as the contract has it."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, UploadFile
from sqlalchemy import Select

from tieout.api.dependencies import EntityCall, PartnerCall
from tieout.api.files.service import FORM_BYTES_MAX, JSON_BYTES_MAX, read_upload
from tieout.api.filtering import conditions
from tieout.api.paging import Listing, Paging, page_of
from tieout.api.payables import approving, attaching, lines, writing
from tieout.api.payables.answers import (
    LineItemPaginationResponse,
    LineItemResponse,
    LineItemsReplaceResponse,
    PayablePaginationResponse,
    PayableResponseSchema,
    PayableValidationResponse,
    PayableValidationsResource,
)
from tieout.api.payables.history import PayableHistoryFilters, PayableHistoryPaginationResponse, read_history
from tieout.api.payables.judging import REQUIRED, judge, load_payable_lines
from tieout.api.payables.listing import PayableFilters, read_list
from tieout.api.payables.schemas import (
    CommentPayload,
    LineItemRequest,
    LineItemsReplaceRequest,
    PartiallyPaidPayload,
    PayableUpdateSchema,
    PayableUploadWithDataSchema,
    PayableValidationsUpdateRequest,
)
from tieout.api.payables.showing import load_around, show, show_line, show_one
from tieout.api.schemas import Filters
from tieout.api.scope import load_of_entity, rows_of_entity
from tieout.storage.tables.business import Payable, PayableLine

router = APIRouter(prefix="/payables", tags=["Payables"])

_LINES = Listing(
    name="payable_line_items",
    id_column=PayableLine.id,
    sorts={"created_at": PayableLine.created_at, "updated_at": PayableLine.updated_at},
    hidden_sorts={"position": PayableLine.position},
    sort_default="position",
)


@router.get("")
async def list_payables(
    call: EntityCall, paging: Paging, filters: Annotated[PayableFilters, Query()]
) -> PayablePaginationResponse:
    """The entity's payables."""
    answer = await read_list(call, paging, filters)
    around = await load_around(call, answer.rows)
    return PayablePaginationResponse(
        data=[show(row, around) for row in answer.rows],
        **answer.tokens(),
    )


@router.post("", max_body_size=JSON_BYTES_MAX)
async def create_payable(call: EntityCall, body: PayableUploadWithDataSchema) -> PayableResponseSchema:
    """A new payable, with its file if there is one; its lines follow."""
    return await attaching.create(call, body)


@router.post("/upload_from_file", status_code=HTTPStatus.CREATED, max_body_size=FORM_BYTES_MAX)
async def upload_from_file(call: EntityCall, file: UploadFile) -> PayableResponseSchema:
    """A new draft with a file (PDF, PNG, JPEG or TIFF, 20 MB at most), which nobody reads by machine."""
    return await attaching.upload(call, await read_upload(file), file.filename)


@router.get("/validations")
async def get_validations(call: PartnerCall) -> PayableValidationsResource:
    """What the partner's payables must have to be complete."""
    return PayableValidationsResource(required_fields=await REQUIRED.load(call))


@router.put("/validations")
async def update_validations(call: PartnerCall, body: PayableValidationsUpdateRequest) -> PayableValidationsResource:
    """Choose what the partner's payables must have. Payables are judged anew when they are next changed."""
    return PayableValidationsResource(required_fields=await REQUIRED.choose(call, body.required_fields))


@router.post("/validations/reset")
async def reset_validations(call: PartnerCall) -> PayableValidationsResource:
    """Go back to the defaults."""
    return PayableValidationsResource(required_fields=await REQUIRED.reset(call))


@router.get("/{payable_id}")
async def get_payable(call: EntityCall, payable_id: UUID) -> PayableResponseSchema:
    """One payable."""
    return await show_one(call, await load_of_entity(call, Payable, payable_id, "payable"))


@router.patch("/{payable_id}")
async def update_payable(call: EntityCall, payable_id: UUID, body: PayableUpdateSchema) -> PayableResponseSchema:
    """Change a payable that is not submitted."""
    return await writing.change(call, payable_id, body)


@router.delete("/{payable_id}", status_code=HTTPStatus.NO_CONTENT)
async def delete_payable(call: EntityCall, payable_id: UUID) -> None:
    """Delete a payable that is not approved, and its file."""
    await attaching.delete(call, payable_id)


@router.post("/{payable_id}/attach_file", max_body_size=FORM_BYTES_MAX)
async def attach_file(call: EntityCall, payable_id: UUID, file: UploadFile) -> PayableResponseSchema:
    """Attach a file of any kind, 20 MB at most, to a payable that has none."""
    return await attaching.attach(call, payable_id, await read_upload(file), file.filename)


@router.delete("/{payable_id}/file", status_code=HTTPStatus.NO_CONTENT)
async def remove_file(call: EntityCall, payable_id: UUID) -> None:
    """Remove the file of a payable that is not submitted (an addition: the contract has no way back)."""
    await attaching.detach(call, payable_id)


@router.post("/{payable_id}/validate")
async def validate_payable(call: EntityCall, payable_id: UUID) -> PayableValidationResponse:
    """Why a payable is not complete, if it is not. A draft that has become complete by now is `new` from here on."""
    row = await writing.load_payable(call, payable_id)
    problems = await judge(call, row, await load_payable_lines(call, row.id))
    if row.status == "draft" and not problems:
        await writing.changed(call, row)
    return PayableValidationResponse(id=row.id, validation_errors=problems)


@router.post("/{payable_id}/submit_for_approval")
async def submit_for_approval(call: EntityCall, payable_id: UUID) -> PayableResponseSchema:
    """Hand a complete payable in for approval."""
    return await approving.submit(call, payable_id)


@router.post("/{payable_id}/approve_payment_operation")
async def approve_payment_operation(call: EntityCall, payable_id: UUID) -> PayableResponseSchema:
    """Approve a payable: it goes into the books."""
    return await approving.approve(call, payable_id)


@router.post("/{payable_id}/reject")
async def reject(call: EntityCall, payable_id: UUID) -> PayableResponseSchema:
    """Reject what was handed in."""
    return await approving.reject(call, payable_id)


@router.post("/{payable_id}/reopen")
async def reopen(call: EntityCall, payable_id: UUID) -> PayableResponseSchema:
    """Take a rejected or approved payable back for changes."""
    return await approving.reopen(call, payable_id)


@router.post("/{payable_id}/cancel")
async def cancel(call: EntityCall, payable_id: UUID) -> PayableResponseSchema:
    """Cancel a payable that was not submitted, for good."""
    return await approving.cancel(call, payable_id)


@router.post("/{payable_id}/mark_as_paid")
async def mark_as_paid(call: EntityCall, payable_id: UUID, body: CommentPayload | None = None) -> PayableResponseSchema:
    """All that was still owed was paid."""
    return await approving.mark_as_paid(call, payable_id, body or CommentPayload())


@router.post("/{payable_id}/mark_as_partially_paid")
async def mark_as_partially_paid(
    call: EntityCall, payable_id: UUID, body: PartiallyPaidPayload
) -> PayableResponseSchema:
    """So much has been paid so far, and that is not all."""
    return await approving.mark_as_partially_paid(call, payable_id, body)


@router.get("/{payable_id}/history")
async def get_history(
    call: EntityCall, payable_id: UUID, paging: Paging, filters: Annotated[PayableHistoryFilters, Query()]
) -> PayableHistoryPaginationResponse:
    """What happened to a payable."""
    return await read_history(call, payable_id, paging, filters)


class LineItemFilters(Filters):
    """What a list of lines can be narrowed by."""

    was_created_by_user_id: UUID | None = None


@router.get("/{payable_id}/line_items")
async def list_line_items(
    call: EntityCall, payable_id: UUID, paging: Paging, filters: Annotated[LineItemFilters, Query()]
) -> LineItemPaginationResponse:
    """The lines of a payable, in their order."""
    await load_of_entity(call, Payable, payable_id, "payable")

    def query(applied: LineItemFilters) -> Select[PayableLine]:
        rows = rows_of_entity(call, PayableLine).where(PayableLine.payable_id == payable_id)
        return rows.where(*conditions(applied, {"was_created_by_user_id": PayableLine.created_by_entity_user_id}))

    answer = await page_of(call, _LINES, owner_id=payable_id, asked=paging, filters=filters, query=query)
    return LineItemPaginationResponse(
        data=[show_line(line) for line in answer.rows],
        **answer.tokens(),
    )


@router.put("/{payable_id}/line_items")
async def replace_line_items(
    call: EntityCall, payable_id: UUID, body: LineItemsReplaceRequest
) -> LineItemsReplaceResponse:
    """Put other lines in the place of all."""
    made = await lines.replace(call, payable_id, body.data)
    return LineItemsReplaceResponse(data=[show_line(line) for line in made])


@router.post("/{payable_id}/line_items", status_code=HTTPStatus.CREATED)
async def add_line_item(call: EntityCall, payable_id: UUID, body: LineItemRequest) -> LineItemResponse:
    """Add a line."""
    return show_line(await lines.add(call, payable_id, body))


@router.get("/{payable_id}/line_items/{line_item_id}")
async def get_line_item(call: EntityCall, payable_id: UUID, line_item_id: UUID) -> LineItemResponse:
    """One line."""
    return show_line(await lines.load_line(call, payable_id, line_item_id))


@router.patch("/{payable_id}/line_items/{line_item_id}")
async def update_line_item(
    call: EntityCall, payable_id: UUID, line_item_id: UUID, body: LineItemRequest
) -> LineItemResponse:
    """Change a line."""
    return show_line(await lines.change(call, payable_id, line_item_id, body))


@router.delete("/{payable_id}/line_items/{line_item_id}", status_code=HTTPStatus.NO_CONTENT)
async def delete_line_item(call: EntityCall, payable_id: UUID, line_item_id: UUID) -> None:
    """Remove a line."""
    await lines.remove(call, payable_id, line_item_id)
