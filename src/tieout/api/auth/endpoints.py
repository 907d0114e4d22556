"""POST /auth/token and POST /auth/revoke."""

from fastapi import APIRouter, Request, Response

from tieout.api.auth import service
from tieout.api.auth.schemas import AccessTokenResponse, ObtainTokenPayload, RevokeTokenPayload, user_asked_for
from tieout.api.dependencies import PartnerCall, UnknownCall, spend_request, spend_sign_in
from tieout.api.schemas import Message
from tieout.kit.errors import Unauthorized
from tieout.storage import audit_trail

router = APIRouter(prefix="/auth", tags=["Access tokens"])

_TOKEN_HASH_SHOWN = 16


@router.post("/token")
async def obtain_token(
    request: Request, response: Response, call: UnknownCall, body: ObtainTokenPayload
) -> AccessTokenResponse:
    """Exchange an API client's credentials for an access token of the partner, or of one of its entity users.

    Wrong credentials are refused before anything is written: guessing keeps no writer waiting.
    """
    response.headers["Cache-Control"] = "no-store"  # RFC 6749, 5.1
    spend_sign_in(request, body.client_id)
    entity_user_id = user_asked_for(body)
    services = call.services
    async with services.database.read() as session:
        client, _ = await service.authenticate_client(session, body.client_id, body.client_secret, now=call.now)
        spend_request(request, client.id)
    async with services.database.write() as session:
        client, secret_number = await service.authenticate_client(
            session, body.client_id, body.client_secret, now=call.now, for_update=True
        )
        if entity_user_id is not None:
            await service.check_user(session, client, entity_user_id)
        token = await service.issue_token(
            session,
            client,
            secret_number=secret_number,
            entity_user_id=entity_user_id,
            now=call.now,
            lifetime_s=services.settings.token_lifetime_s,
        )
    return AccessTokenResponse(access_token=token, expires_in=services.settings.token_lifetime_s)


@router.post("/revoke")
async def revoke_token(call: PartnerCall, body: RevokeTokenPayload) -> Message:
    """End an access token at once."""
    client, _ = await service.authenticate_client(call.session, body.client_id, body.client_secret, now=call.now)
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
