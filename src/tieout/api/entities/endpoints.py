"""/entities and everything below it."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, status
from sqlalchemy import Select, select

from tieout.api.dependencies import OwnEntityCall, PartnerCall
from tieout.api.entities import service, vat_id_endpoints
from tieout.api.entities.schemas import (
    CreateEntityRequest,
    EntityFilters,
    EntityPaginationResponse,
    EntityResponse,
    EntityStatus,
    UpdateEntityRequest,
)
from tieout.api.entities.settings import (
    NextDocumentNumbers,
    PatchSettingsPayload,
    SettingsResponse,
    shown_numbers,
    shown_settings,
)
from tieout.api.filtering import conditions
from tieout.api.paging import Listing, Paging, page_of
from tieout.api.schemas import PartnerMetadata, PartnerMetadataResponse
from tieout.storage.tables.business import Entity

router = APIRouter(prefix="/entities", tags=["Entities"])
router.include_router(vat_id_endpoints.router)

_LISTING = Listing(
    name="entities",
    id_column=Entity.id,
    sorts={"created_at": Entity.created_at, "updated_at": Entity.updated_at},
    sort_default="created_at",
)
_FILTERED = {
    "type": Entity.type,
    "status": Entity.status,
    "email": Entity.email,
    "id": Entity.id,
    "created_at": Entity.created_at,
}


@router.post("", status_code=status.HTTP_201_CREATED, response_model=EntityResponse)
async def create_entity(call: PartnerCall, body: CreateEntityRequest) -> Any:
    """Make an entity."""
    return service.shown(await service.create_entity(call, body))


@router.get("")
async def list_entities(
    call: PartnerCall, paging: Paging, filters: Annotated[EntityFilters, Query()]
) -> EntityPaginationResponse:
    """The partner's entities."""

    def query(filters: EntityFilters) -> Select[Any]:
        return select(Entity).where(Entity.partner_id == call.partner_id, *conditions(filters, _FILTERED))

    page = await page_of(call, _LISTING, owner_id=call.partner_id, asked=paging, filters=filters, query=query)
    return EntityPaginationResponse(data=[service.shown(entity) for entity in page.rows], **page.tokens())


@router.get("/me", response_model=EntityResponse, deprecated=True)
async def get_own_entity(call: OwnEntityCall) -> Any:
    """The entity of the user who calls."""
    return service.shown(await service.load_entity(call, call.entity_id))


@router.patch("/me", response_model=EntityResponse, deprecated=True)
async def update_own_entity(call: OwnEntityCall, body: UpdateEntityRequest) -> Any:
    """Change the entity of the user who calls."""
    return service.shown(await service.update_entity(call, call.entity_id, body))


@router.get("/{entity_id}", response_model=EntityResponse)
async def get_entity(call: PartnerCall, entity_id: UUID) -> Any:
    """One entity."""
    return service.shown(await service.load_entity(call, entity_id))


@router.patch("/{entity_id}", response_model=EntityResponse)
async def update_entity(call: PartnerCall, entity_id: UUID, body: UpdateEntityRequest) -> Any:
    """Change an entity."""
    return service.shown(await service.update_entity(call, entity_id, body))


@router.post("/{entity_id}/activate", response_model=EntityResponse)
async def activate_entity(call: PartnerCall, entity_id: UUID) -> Any:
    """Take an entity into use again."""
    return service.shown(await service.set_status(call, entity_id, EntityStatus.ACTIVE))


@router.post("/{entity_id}/deactivate", response_model=EntityResponse)
async def deactivate_entity(call: PartnerCall, entity_id: UUID) -> Any:
    """Take an entity out of use."""
    return service.shown(await service.set_status(call, entity_id, EntityStatus.INACTIVE))


@router.get("/{entity_id}/settings")
async def get_settings(call: PartnerCall, entity_id: UUID) -> SettingsResponse:
    """The settings of an entity."""
    return shown_settings((await service.load_entity(call, entity_id)).settings)


@router.patch("/{entity_id}/settings")
async def change_settings(call: PartnerCall, entity_id: UUID, body: PatchSettingsPayload) -> SettingsResponse:
    """Change the settings of an entity."""
    return shown_settings((await service.change_settings(call, entity_id, body)).settings)


@router.get("/{entity_id}/settings/next_document_numbers")
async def get_next_document_numbers(call: PartnerCall, entity_id: UUID) -> NextDocumentNumbers:
    """The numbers that the entity's next documents will get."""
    return shown_numbers((await service.load_entity(call, entity_id)).settings)


@router.get("/{entity_id}/partner_metadata")
async def get_partner_metadata(call: PartnerCall, entity_id: UUID) -> PartnerMetadataResponse:
    """What the partner keeps with the entity."""
    return PartnerMetadataResponse(metadata=(await service.load_entity(call, entity_id)).partner_metadata)


@router.put("/{entity_id}/partner_metadata")
async def set_partner_metadata(call: PartnerCall, entity_id: UUID, body: PartnerMetadata) -> PartnerMetadataResponse:
    """Replace what the partner keeps with the entity."""
    entity = await service.load_entity(call, entity_id, for_update=True)
    entity.partner_metadata = body.metadata
    return PartnerMetadataResponse(metadata=entity.partner_metadata)
