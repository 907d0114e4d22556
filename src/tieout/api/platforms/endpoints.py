"""/platforms: an addition to the contract, where keys had to be mailed."""

from fastapi import APIRouter, status

from tieout.api.dependencies import DetachedCallOfPartner, PartnerCall
from tieout.api.platforms import service, trying
from tieout.api.platforms.schemas import (
    AppResponse,
    EnvironmentPayload,
    EnvironmentResponse,
    KeysPayload,
    KeysTriedResponse,
    PlatformList,
    RotatePayload,
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


@router.post("/{platform}/keys/{environment}/test")
async def test_keys(call: DetachedCallOfPartner, platform: str, environment: Environment) -> KeysTriedResponse:
    """Ask the platform whether it knows the app by the keys that are set; nobody's consent is needed."""
    tried = await trying.test_keys(call, platform, environment)
    return KeysTriedResponse(verdict=tried.verdict, code=tried.code, message=tried.message, fix=tried.fix)


@router.post("/{platform}/keys/{environment}/rotate")
async def rotate_keys(
    call: DetachedCallOfPartner, platform: str, environment: Environment, body: RotatePayload
) -> AppResponse:
    """Take a new client secret, once the platform has accepted it."""
    app = await trying.rotate_secret(call, platform, environment, body.client_secret)
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
