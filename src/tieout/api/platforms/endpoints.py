"""/platforms: an addition to the contract, where keys had to be mailed."""

from fastapi import APIRouter, status

from tieout.api.dependencies import DetachedCallOfPartner, DetachedPartnerCall, PartnerCall
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
    tried = await trying.test_keys(call.services, _named(call, platform, environment))
    return KeysTriedResponse(verdict=tried.verdict, code=tried.code, message=tried.message, fix=tried.fix)


@router.post("/{platform}/keys/{environment}/rotate")
async def rotate_keys(
    call: DetachedCallOfPartner, platform: str, environment: Environment, body: RotatePayload
) -> AppResponse:
    """Take new keys, once the platform has accepted the secret; the old ones stay good for a while."""
    new = trying.NewKeys(**body.model_dump())
    app = await trying.rotate_keys(call.services, _named(call, platform, environment), new)
    return service.shown(app, call.services.settings.public_url)


@router.post("/{platform}/keys/{environment}/end_previous")
async def end_previous_keys(call: DetachedCallOfPartner, platform: str, environment: Environment) -> AppResponse:
    """End the keys before the last rotation now, as after a leak."""
    app = await trying.end_previous_keys(call.services, _named(call, platform, environment))
    return service.shown(app, call.services.settings.public_url)


def _named(call: DetachedPartnerCall, platform: str, environment: Environment) -> trying.AppNamed:
    return trying.AppNamed(partner_id=call.partner_id, platform=platform, environment=environment, actor=call.actor)


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
