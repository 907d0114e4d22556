"""Giving and ending tokens."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.kit.errors import NotFound, Unauthorized
from tieout.kit.identifiers import random_token
from tieout.security.tokens import agrees, hash_of
from tieout.storage.tables.access import AccessToken, ApiClient

EXPIRED_KEPT_S = 24 * 3600
_UNKNOWN_CLIENT_HASH = "0" * 64


async def authenticate_client(session: AsyncSession, client_id: UUID, client_secret: str) -> ApiClient:
    """The client with these credentials; raises Unauthorized, with one message for every cause."""
    client = await session.get(ApiClient, client_id)
    fits = agrees(client_secret, client.secret_hash if client else _UNKNOWN_CLIENT_HASH)
    if client is None or not fits or client.revoked_at is not None:
        message = "client_id or client_secret is wrong."
        raise Unauthorized(message)
    return client


async def issue_token(session: AsyncSession, client: ApiClient, *, now: datetime, lifetime_s: int) -> str:
    """A new token. Tokens of this client that expired a day ago are forgotten."""
    forgotten_at = now - timedelta(seconds=EXPIRED_KEPT_S)
    await session.execute(
        delete(AccessToken).where(AccessToken.client_id == client.id, AccessToken.expires_at < forgotten_at)
    )
    token = random_token()
    session.add(
        AccessToken(
            token_hash=hash_of(token),
            client_id=client.id,
            partner_id=client.partner_id,
            created_at=now,
            expires_at=now + timedelta(seconds=lifetime_s),
        )
    )
    return token


async def revoke_token(session: AsyncSession, client: ApiClient, token: str, *, now: datetime) -> AccessToken:
    """End a token of this client's partner at once; one that has already ended is no error; raises NotFound."""
    found = await session.get(AccessToken, hash_of(token))
    if found is None or found.partner_id != client.partner_id:
        message = "There is no such token."
        raise NotFound(message)
    if found.revoked_at is None:
        found.revoked_at = now
    return found
