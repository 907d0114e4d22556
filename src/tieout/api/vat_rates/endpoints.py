"""GET /vat_rates."""

from typing import Annotated

from fastapi import APIRouter, Query

from tieout.api.dependencies import EntityCall
from tieout.api.vat_rates import service
from tieout.api.vat_rates.schemas import VatRateFilters, VatRateListResponse

router = APIRouter(prefix="/vat_rates", tags=["VAT rates"])


@router.get("")
async def list_vat_rates(call: EntityCall, filters: Annotated[VatRateFilters, Query()]) -> VatRateListResponse:
    """The rates that the entity can put on a sale today: all of them, so that the list has no pages."""
    return VatRateListResponse(data=await service.list_usable(call, filters))
