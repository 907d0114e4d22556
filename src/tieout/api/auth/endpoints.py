"""POST /auth/token and POST /auth/revoke."""

from fastapi import APIRouter, Request

from tieout.api.auth import service
from tieout.api.auth.schemas import AccessTokenResponse, GrantType, ObtainTokenPayload, RevokeTokenPayload
from tieout.api.dependencies import AnybodysCall, PartnerCall, spend_request
from tieout.api.schemas import Message
from tieout.kit.errors import NotBuiltYet, Unauthorized
from tieout.storage import audit_trail

router = APIRouter(prefix="/auth", tags=["Access tokens"])

_TOKEN_HASH_SHOWN = 16


@router.post("/token")
async def obtain_token(request: Request, call: AnybodysCall, body: ObtainTokenPayload) -> AccessTokenResponse:
    """Exchange an API client's credentials for an access token."""
    if body.grant_type is GrantType.ENTITY_USER:
        message = "Tokens of entity users are not built into Tieout yet. Use the grant type client_credentials."
        raise NotBuiltYet(message)
    client = await service.authenticate_client(call.session, body.client_id, body.client_secret)
    spend_request(request, client.id)
    lifetime_s = call.services.settings.token_lifetime_s
    token = await service.issue_token(call.session, client, now=call.now, lifetime_s=lifetime_s)
    return AccessTokenResponse(access_token=token, expires_in=lifetime_s)


@router.post("/revoke")
async def revoke_token(call: PartnerCall, body: RevokeTokenPayload) -> Message:
    """End an access token at once."""
    client = await service.authenticate_client(call.session, body.client_id, body.client_secret)
    if client.partner_id != call.partner_id:
        message = "client_id or client_secret is wrong."
        raise Unauthorized(message)
    token = await service.revoke_token(call.session, client, body.token, now=call.now)
    await audit_trail.record(
        call.session,
        partner_id=call.partner_id,
        at=call.now,
        actor=call.actor,
        action="access_token.revoked",
        subject_id=token.token_hash[:_TOKEN_HASH_SHOWN],
    )
    return Message(message="The token has been revoked.")
