"""/entities/{entity_id}/vat_ids."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, status

from tieout.api.dependencies import PartnerCall
from tieout.api.entities import vat_ids
from tieout.api.entities.vat_ids import EntityUpdateVatID, EntityVatID, EntityVatIDResourceList, EntityVatIDResponse

router = APIRouter(prefix="/{entity_id}/vat_ids")


@router.get("")
async def list_vat_ids(call: PartnerCall, entity_id: UUID) -> EntityVatIDResourceList:
    """All tax numbers of an entity."""
    found = await vat_ids.list_all(call, entity_id)
    return EntityVatIDResourceList(data=[EntityVatIDResponse.model_validate(row) for row in found])


@router.post("", status_code=status.HTTP_201_CREATED)
async def create_vat_id(call: PartnerCall, entity_id: UUID, body: EntityVatID) -> EntityVatIDResponse:
    """Add a tax number."""
    return EntityVatIDResponse.model_validate(await vat_ids.create_one(call, entity_id, body))


@router.get("/{id}")
async def get_vat_id(
    call: PartnerCall, entity_id: UUID, vat_id_id: Annotated[UUID, Path(alias="id")]
) -> EntityVatIDResponse:
    """One tax number."""
    return EntityVatIDResponse.model_validate(await vat_ids.load_one(call, entity_id, vat_id_id))


@router.patch("/{id}")
async def update_vat_id(
    call: PartnerCall, entity_id: UUID, vat_id_id: Annotated[UUID, Path(alias="id")], body: EntityUpdateVatID
) -> EntityVatIDResponse:
    """Change a tax number."""
    return EntityVatIDResponse.model_validate(await vat_ids.update_one(call, entity_id, vat_id_id, body))


@router.delete("/{id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_vat_id(call: PartnerCall, entity_id: UUID, vat_id_id: Annotated[UUID, Path(alias="id")]) -> None:
    """Remove a tax number."""
    await vat_ids.delete_one(call, entity_id, vat_id_id)
