"""/accounting_tax_mappings: an addition. A line that names no rate of the books gets what its tax is mapped to."""

from uuid import UUID

from fastapi import APIRouter, status

from tieout.api.accounting_tax_mappings import service
from tieout.api.accounting_tax_mappings.schemas import (
    TaxMappingList,
    TaxMappingPayload,
    TaxMappingResponse,
    TaxMappingUpdate,
)
from tieout.api.dependencies import EntityCall

router = APIRouter(prefix="/accounting_tax_mappings", tags=["Accounting tax mappings"])


@router.get("")
async def list_tax_mappings(call: EntityCall) -> TaxMappingList:
    """All of the entity's: there are few, so the list has no pages."""
    return TaxMappingList(data=await service.list_all(call))


@router.post("", status_code=status.HTTP_201_CREATED)
async def create_tax_mapping(call: EntityCall, body: TaxMappingPayload) -> TaxMappingResponse:
    """Say which rate of the books a tax is. What was refused for want of that is tried again."""
    return await service.create(call, body)


@router.get("/{tax_mapping_id}")
async def get_tax_mapping(call: EntityCall, tax_mapping_id: UUID) -> TaxMappingResponse:
    """One of them."""
    return await service.get(call, tax_mapping_id)


@router.patch("/{tax_mapping_id}")
async def update_tax_mapping(call: EntityCall, tax_mapping_id: UUID, body: TaxMappingUpdate) -> TaxMappingResponse:
    """Map the same tax to another rate; what was pushed stays as it is."""
    return await service.change(call, tax_mapping_id, body)


@router.delete("/{tax_mapping_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_tax_mapping(call: EntityCall, tax_mapping_id: UUID) -> None:
    """Let the value alone decide again."""
    await service.remove(call, tax_mapping_id)
