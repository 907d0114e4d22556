"""/counterparts and everything below it."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, status

from tieout.api.announcing import announce
from tieout.api.counterparts import belonging_endpoints, service
from tieout.api.counterparts.schemas import (
    CounterpartCreatePayload,
    CounterpartFilters,
    CounterpartPaginationResponse,
    CounterpartResponse,
    CounterpartUpdatePayload,
)
from tieout.api.dependencies import EntityCall
from tieout.api.paging import Listing, Paging, page_of
from tieout.api.schemas import PartnerMetadata, PartnerMetadataResponse
from tieout.storage.tables.business import Counterpart

router = APIRouter(prefix="/counterparts", tags=["Counterparts"])
router.include_router(belonging_endpoints.router)

_LISTING = Listing(
    name="counterparts",
    id_column=Counterpart.id,
    sorts={"counterpart_name": Counterpart.name},
    hidden_sorts={"created_at": Counterpart.created_at},
    sort_default="created_at",
)


@router.get("")
async def list_counterparts(
    call: EntityCall, paging: Paging, filters: Annotated[CounterpartFilters, Query()]
) -> CounterpartPaginationResponse:
    """The entity's counterparts."""
    page = await page_of(
        call,
        _LISTING,
        owner_id=call.entity_id,
        asked=paging,
        filters=filters,
        query=lambda applied: service.filtered(call, applied),
    )
    return CounterpartPaginationResponse(data=[service.shown(row) for row in page.rows], **page.tokens())


@router.post("", status_code=status.HTTP_201_CREATED, response_model=CounterpartResponse)
async def create_counterpart(call: EntityCall, body: CounterpartCreatePayload) -> Any:
    """Make a counterpart."""
    return service.shown(await service.create_counterpart(call, body))


@router.get("/{counterpart_id}", response_model=CounterpartResponse)
async def get_counterpart(call: EntityCall, counterpart_id: UUID) -> Any:
    """One counterpart."""
    return service.shown(await service.load_counterpart(call, counterpart_id))


@router.patch("/{counterpart_id}", response_model=CounterpartResponse)
async def update_counterpart(call: EntityCall, counterpart_id: UUID, body: CounterpartUpdatePayload) -> Any:
    """Change a counterpart."""
    return service.shown(await service.update_counterpart(call, counterpart_id, body))


@router.delete("/{counterpart_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_counterpart(call: EntityCall, counterpart_id: UUID) -> None:
    """Take a counterpart off the list."""
    await service.delete_counterpart(call, counterpart_id)


@router.get("/{counterpart_id}/partner_metadata")
async def get_partner_metadata(call: EntityCall, counterpart_id: UUID) -> PartnerMetadataResponse:
    """What the partner keeps with the counterpart."""
    return PartnerMetadataResponse(metadata=(await service.load_counterpart(call, counterpart_id)).partner_metadata)


@router.put("/{counterpart_id}/partner_metadata")
async def set_partner_metadata(
    call: EntityCall, counterpart_id: UUID, body: PartnerMetadata
) -> PartnerMetadataResponse:
    """Replace what the partner keeps with the counterpart."""
    row = await service.load_counterpart(call, counterpart_id, for_update=True)
    row.partner_metadata = body.metadata
    answer = PartnerMetadataResponse(metadata=row.partner_metadata)
    announce(call, "counterpart", row.id, "metadata_update", answer)
    return answer
