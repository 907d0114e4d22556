"""/brand: an addition to the contract, where branding had to be asked for."""

from fastapi import APIRouter

from tieout.api.brand import service
from tieout.api.brand.schemas import BrandPayload, BrandPreviewResponse, BrandResponse
from tieout.api.dependencies import PartnerCall

router = APIRouter(prefix="/brand", tags=["Brand"])


@router.get("")
async def get_brand(call: PartnerCall) -> BrandResponse:
    """How the connection link looks."""
    return await service.load_brand(call.session, call.partner_id)


@router.patch("")
async def change_brand(call: PartnerCall, body: BrandPayload) -> BrandResponse:
    """Change how the connection link looks."""
    return await service.change_brand(call.session, call.services.clock, call.partner_id, body, actor=call.actor)


@router.post("/preview")
async def preview_brand(call: PartnerCall, body: BrandPayload) -> BrandPreviewResponse:
    """A link to pages that look as they would after this change, which is not made."""
    return await service.preview_brand(call, body)
