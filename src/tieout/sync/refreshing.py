"""Refreshing access: one owner per grant, decided by compare-and-set on its row, never by a lock held across the call.

The pair that a platform gave is saved by generation before it is first used. A lost answer is asked for once more
with the old
token, where the platform grants that (both do: the same value within a day, or a grace window).
"""

import secrets
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import or_, update

from tieout.platforms.errors import Explanation, GrantEnded, NoAnswer, Throttled
from tieout.platforms.port import App, Platform, Tokens
from tieout.platforms.transport import CALL_TIMEOUT_S
from tieout.storage.tables.connections import Grant
from tieout.sync.deauthorizing import end_grant
from tieout.sync.grants import OpenGrant, open_grant, seal_tokens
from tieout.sync.services import Services

REFRESH_AHEAD_S: Final = 300
OWNED_S_MAX: Final = 2 * int(CALL_TIMEOUT_S) + 10
"""A lost answer is asked for once more, so one refresh is two calls at most."""
LOOK_AGAIN_S: Final = 1.0


async def fresh_grant(services: Services, platform: Platform, app: App, grant: OpenGrant, *, force: bool) -> OpenGrant:
    """The grant with an access token that is good for some minutes yet.

    Raises GrantEnded when it is over (and has then marked it so), Throttled while another worker is refreshing it.
    """
    ahead = services.clock.now() + timedelta(seconds=REFRESH_AHEAD_S)
    if not force and grant.access_expires_at > ahead:
        return grant
    owner = secrets.token_hex(8)
    if not await _own(services, grant, owner):
        return await _newer(services, grant)
    try:
        tokens = await _ask(services, platform, app, grant)
    except GrantEnded as refusal:
        return await _give_up(services, grant, refusal)
    except BaseException:
        await _disown(services, grant.id, owner)
        raise
    return await _save(services, grant, tokens)


async def _own(services: Services, grant: OpenGrant, owner: str) -> bool:
    now = services.clock.now()
    async with services.database.write() as session:
        owned = await session.execute(
            update(Grant)
            .where(
                Grant.id == grant.id,
                Grant.generation == grant.generation,
                or_(Grant.refresh_owner.is_(None), Grant.refresh_until <= now),
            )
            .values(refresh_owner=owner, refresh_until=now + timedelta(seconds=OWNED_S_MAX))
            .returning(Grant.id)
            .execution_options(synchronize_session=False)
        )
        return owned.first() is not None


async def _disown(services: Services, grant_id: UUID, owner: str) -> None:
    async with services.database.write() as session:
        await session.execute(
            update(Grant)
            .where(Grant.id == grant_id, Grant.refresh_owner == owner)
            .values(refresh_owner=None, refresh_until=None)
            .execution_options(synchronize_session=False)
        )


async def _ask(services: Services, platform: Platform, app: App, grant: OpenGrant) -> Tokens:
    try:
        return await platform.refresh_tokens(services.http, app, grant.refresh_token)
    except NoAnswer:
        return await platform.refresh_tokens(services.http, app, grant.refresh_token)


async def _save(services: Services, grant: OpenGrant, tokens: Tokens) -> OpenGrant:
    """Save the pair under the next generation; a pair that was received is never thrown away."""
    now = services.clock.now()
    async with services.database.write() as session:
        row = await session.get_one(Grant, grant.id, with_for_update=True)
        seal_tokens(services.vault, row, tokens, received_at=now)
        row.generation += 1
        row.refresh_owner = None
        row.refresh_until = None
        return open_grant(services.vault, row)


async def _newer(services: Services, grant: OpenGrant) -> OpenGrant:
    """What another worker has refreshed meanwhile; raises Throttled while it is still at it."""
    async with services.database.read() as session:
        row = await session.get_one(Grant, grant.id)
    if row.generation > grant.generation:
        return open_grant(services.vault, row)
    raise Throttled(
        Explanation(
            code="refresh_under_way",
            message="Another worker is refreshing the access to these books.",
            fix="Nothing to do: the work goes on by itself in a moment.",
        ),
        retry_after_s=LOOK_AGAIN_S,
    )


async def _give_up(services: Services, grant: OpenGrant, refusal: GrantEnded) -> OpenGrant:
    """Believe that the grant is over only if nobody has refreshed it meanwhile."""
    async with services.database.write() as session:
        row = await session.get_one(Grant, grant.id, with_for_update=True)
        if row.generation > grant.generation:
            return open_grant(services.vault, row)
        row.refresh_owner = None
        row.refresh_until = None
        await end_grant(session, grant.id, refusal.explanation, now=services.clock.now())
    raise refusal
