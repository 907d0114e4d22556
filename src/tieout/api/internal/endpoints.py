"""/internal: the progress of every record, and whether lines can be pushed."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from tieout.api.dependencies import EntityCall
from tieout.api.internal.line_items import check_line_items
from tieout.api.internal.schemas import LineItemsValidationRequest, SyncStatusFilters, SyncStatusResponseList
from tieout.api.internal.sync_status import list_sync_statuses
from tieout.api.paging import AccountingPaging

router = APIRouter(prefix="/internal", tags=["Internal"])


@router.get("/accounting_connections/{connection_id}/sync_status")
async def get_sync_status(
    call: EntityCall, connection_id: UUID, paging: AccountingPaging, filters: Annotated[SyncStatusFilters, Query()]
) -> SyncStatusResponseList:
    """How far each record of the entity got in the books of one connection."""
    return await list_sync_statuses(call, connection_id, paging, filters)


@router.post("/validators/line_items", status_code=HTTPStatus.NO_CONTENT)
async def validate_line_items(call: EntityCall, body: LineItemsValidationRequest) -> None:
    """Whether lines could be pushed as they are: 204, or 422 with every line that could not, and why."""
    await check_line_items(call, body)
