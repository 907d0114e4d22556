"""API clients: credentials of a partner's programs. A secret is shown once, when it is made; only its hash is kept.

A rotation gives a new secret and lets the old one be good for a while, so that a program can be given the new one
without a pause. Ending the old one before its time, as after a leak, ends the tokens that were got with it as well.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.kit.errors import Conflict, NotFound
from tieout.kit.identifiers import random_token
from tieout.security.tokens import hash_of
from tieout.storage import audit_trail
from tieout.storage.tables.access import AccessToken, ApiClient, Partner

OPERATOR = "operator"
FIRST_NAME = "First client"
CLIENTS_MAX = 100
"""How many of a partner may work at a time: each has a rate limit of its own."""
OVERLAP_DEFAULT_S = 24 * 3600
OVERLAP_MAX_S = 30 * 24 * 3600


async def create_client(
    session: AsyncSession, *, partner_id: UUID, name: str, now: datetime, actor: str = OPERATOR
) -> tuple[ApiClient, str]:
    """Make an API client of a partner: the row and the secret; raises Conflict when there are too many."""
    secret = random_token()
    client = ApiClient(
        partner_id=partner_id, name=name, secret_hash=hash_of(secret), secret_created_at=now, created_at=now
    )
    session.add(client)
    await session.flush()
    await _record(session, client, "created", now=now, actor=actor, details={"name": name})
    if await _count_others(session, client) >= CLIENTS_MAX:
        message = f"There are {CLIENTS_MAX} API clients that work already: revoke those that are not needed."
        raise Conflict(message)
    return client, secret


async def _count_others(session: AsyncSession, client: ApiClient) -> int:
    """How many other clients of the partner work; the partner must be locked, as writing its audit trail does it."""
    query = select(func.count()).where(
        ApiClient.partner_id == client.partner_id, ApiClient.revoked_at.is_(None), ApiClient.id != client.id
    )
    return await session.scalar(query) or 0


async def load_client(
    session: AsyncSession, partner_id: UUID, client_id: UUID, *, for_update: bool = False
) -> ApiClient:
    """A client of this partner; raises NotFound."""
    query = select(ApiClient).where(ApiClient.id == client_id, ApiClient.partner_id == partner_id)
    client = await session.scalar(query.with_for_update() if for_update else query)
    if client is None:
        message = f"There is no API client {client_id}."
        raise NotFound(message)
    return client


async def rotate_secret(
    session: AsyncSession, client: ApiClient, *, overlap_s: int, now: datetime, actor: str = OPERATOR
) -> str:
    """A new secret; the one before stays good for `overlap_s` seconds, and any older one ends; raises Conflict."""
    _check_active(client)
    secret = random_token()
    if client.previous_secret_expires_at is not None and now < client.previous_secret_expires_at:
        await _forget_previous(session, client, now=now)
    client.previous_secret_hash = client.secret_hash
    client.previous_secret_expires_at = now + timedelta(seconds=overlap_s)
    client.secret_hash = hash_of(secret)
    client.secret_created_at = now
    client.secret_number += 1
    if not overlap_s:
        await _forget_previous(session, client, now=now)
    await _record(session, client, "secret_rotated", now=now, actor=actor, details={"overlap_s": overlap_s})
    return secret


async def end_previous_secret(
    session: AsyncSession, client: ApiClient, *, now: datetime, actor: str = OPERATOR
) -> None:
    """End the secret before the last rotation, and the tokens that it got, at once; ended twice is no error."""
    _check_active(client)
    if client.previous_secret_hash is not None:
        await _forget_previous(session, client, now=now)
        await _record(session, client, "previous_secret_ended", now=now, actor=actor)


async def revoke_client(
    session: AsyncSession, client: ApiClient, *, now: datetime, actor: str = OPERATOR, may_be_last: bool = False
) -> None:
    """End a client, and all its tokens with it, at once; raises Conflict for a partner's last one."""
    if client.revoked_at is not None:
        return
    await session.execute(select(Partner.id).where(Partner.id == client.partner_id).with_for_update(key_share=True))
    if not may_be_last and not await _count_others(session, client):
        message = "This is the last API client that works: make another one first, or have the operator revoke it."
        raise Conflict(message)
    client.revoked_at = now
    await _record(session, client, "revoked", now=now, actor=actor)


def _check_active(client: ApiClient) -> None:
    if client.revoked_at is not None:
        message = "This API client was revoked: make another one."
        raise Conflict(message)


async def _forget_previous(session: AsyncSession, client: ApiClient, *, now: datetime) -> None:
    client.previous_secret_hash = client.previous_secret_expires_at = None
    await session.execute(
        update(AccessToken)
        .where(
            AccessToken.client_id == client.id,
            AccessToken.secret_number < client.secret_number,
            AccessToken.revoked_at.is_(None),
        )
        .values(revoked_at=now)
    )


async def _record(
    session: AsyncSession,
    client: ApiClient,
    what: str,
    *,
    now: datetime,
    actor: str,
    details: dict[str, str | int] | None = None,
) -> None:
    await audit_trail.record(
        session,
        partner_id=client.partner_id,
        at=now,
        actor=actor,
        action=f"api_client.{what}",
        subject_id=str(client.id),
        details=details,
    )
