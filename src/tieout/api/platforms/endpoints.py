"""/platforms: an addition to the contract, where keys had to be mailed."""

from fastapi import APIRouter, status

from tieout.api.dependencies import PartnerCall
from tieout.api.platforms import service
from tieout.api.platforms.schemas import (
    AppResponse,
    EnvironmentPayload,
    EnvironmentResponse,
    KeysPayload,
    PlatformList,
)
from tieout.platforms.port import Environment

router = APIRouter(prefix="/platforms", tags=["Platforms"])


@router.get("")
async def list_platforms(call: PartnerCall) -> PlatformList:
    """The platforms, the partner's apps there, and the addresses to paste into the developer portals."""
    return await service.list_platforms(call.session, call.partner_id, public_url=call.services.settings.public_url)


@router.put("/environment")
async def set_environment(call: PartnerCall, body: EnvironmentPayload) -> EnvironmentResponse:
    """Choose whose apps new connections use."""
    await service.set_environment(
        call.session, call.services.clock, call.partner_id, body.environment, actor=call.actor
    )
    return EnvironmentResponse(environment=body.environment)


@router.put("/{platform}/keys/{environment}")
async def set_keys(call: PartnerCall, platform: str, environment: Environment, body: KeysPayload) -> AppResponse:
    """Set or replace the keys of the partner's app at a platform."""
    app = await service.set_keys(
        call.session,
        call.services.vault,
        call.services.clock,
        call.partner_id,
        platform=platform,
        environment=environment,
        keys=service.Keys(**body.model_dump()),
        actor=call.actor,
        allow_private_addresses=call.services.settings.allow_private_addresses,
    )
    return service.shown(app, call.services.settings.public_url)


@router.delete("/{platform}/keys/{environment}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_keys(call: PartnerCall, platform: str, environment: Environment) -> None:
    """Remove the partner's app at a platform."""
    await service.delete_keys(
        call.session,
        call.services.clock,
        call.partner_id,
        platform=platform,
        environment=environment,
        actor=call.actor,
    )
