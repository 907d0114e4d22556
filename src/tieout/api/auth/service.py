"""Giving and ending tokens."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.kit.errors import Fault, Forbidden, NotFound, Unauthorized, Unprocessable
from tieout.kit.identifiers import random_token
from tieout.security.tokens import agrees, hash_of
from tieout.storage.tables.access import AccessToken, ApiClient
from tieout.storage.tables.business import Entity
from tieout.storage.tables.people import EntityUser

EXPIRED_KEPT_S = 24 * 3600
USE_NOTED_EVERY_S = 60
_NO_HASH = "0" * 64
_ACTIVE = "active"


async def authenticate_client(
    session: AsyncSession, client_id: UUID, client_secret: str, *, now: datetime, for_update: bool = False
) -> tuple[ApiClient, int]:
    """The client with these credentials, and the number of the secret; raises Unauthorized in one message for all.

    The secret before the last rotation is good until its time is over. `for_update` waits for who is ending a secret,
    and has them wait: a token that is made meanwhile would outlive it.
    """
    client = await session.get(ApiClient, client_id, with_for_update={"key_share": True} if for_update else None)
    fits = agrees(client_secret, client.secret_hash if client else _NO_HASH)
    fitted = agrees(client_secret, (client and client.previous_secret_hash) or _NO_HASH)
    expires_at = client.previous_secret_expires_at if client else None
    fits_still = fitted and expires_at is not None and now < expires_at
    if client is None or client.revoked_at is not None or not (fits or fits_still):
        message = "client_id or client_secret is wrong."
        raise Unauthorized(message)
    return client, client.secret_number if fits else client.secret_number - 1


async def check_user(session: AsyncSession, client: ApiClient, entity_user_id: UUID) -> None:
    """Whether this user of the partner's may have a token; raises Unprocessable or Forbidden."""
    query = (
        select(Entity.status)
        .join(EntityUser, EntityUser.entity_id == Entity.id)
        .where(
            EntityUser.id == entity_user_id,
            EntityUser.partner_id == client.partner_id,
            EntityUser.deleted_at.is_(None),
        )
    )
    status = await session.scalar(query)
    if status is None:
        message = f"there is no entity user {entity_user_id}"
        raise Unprocessable(Fault(("body", "entity_user_id"), message, "value_error.unknown_id"))
    if status != _ACTIVE:
        message = "The entity is not active."
        raise Forbidden(message)


async def issue_token(
    session: AsyncSession,
    client: ApiClient,
    *,
    secret_number: int,
    entity_user_id: UUID | None,
    now: datetime,
    lifetime_s: int,
) -> str:
    """A new token. Tokens of this client that expired a day ago are forgotten."""
    forgotten_at = now - timedelta(seconds=EXPIRED_KEPT_S)
    await session.execute(
        delete(AccessToken).where(AccessToken.client_id == client.id, AccessToken.expires_at < forgotten_at)
    )
    if client.last_used_at is None or now - client.last_used_at >= timedelta(seconds=USE_NOTED_EVERY_S):
        client.last_used_at = now
    token = random_token()
    session.add(
        AccessToken(
            token_hash=hash_of(token),
            client_id=client.id,
            secret_number=secret_number,
            partner_id=client.partner_id,
            entity_user_id=entity_user_id,
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
