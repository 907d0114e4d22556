"""Refreshing access: one owner per grant, decided by compare-and-set on its row, never by a lock held across the call.

A pair that a platform gave is saved before it is first used. A lost answer is asked for once more with the old token,
which both platforms take for a while. An owner that died is replaced when its time is up; one that was only frozen
finds on waking that it owns nothing any more, and what it still receives is kept beside the newer pair
(docs/adr/0010).
"""

import asyncio
import secrets
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, func, literal, or_, update

from tieout.platforms.errors import Explanation, GrantEnded, NoAnswer, NotRenewed, PlatformRefusal, Throttled
from tieout.platforms.oauth import TOKEN_CALL_S_MAX
from tieout.platforms.port import App, Platform, Tokens
from tieout.storage.tables.connections import Grant
from tieout.storage.types import UtcDateTime
from tieout.sync.deauthorizing import end_grant, explain_end, lock_companies
from tieout.sync.grants import OpenGrant, keep_spare, open_grant, seal_tokens
from tieout.sync.services import Services

OWNED_S: Final = TOKEN_CALL_S_MAX + 5.0
"""How long a refresh is owned without a sign of life. Owned anew before each call, so one call and a commit fit in."""
GOOD_FOR_S_MIN: Final = 30
"""A token that is good for less is not used while somebody else refreshes it."""
REST_S: Final = 30
"""How long a turn goes on with a good token before it tries again what failed ahead of time."""
LOOK_AGAIN_S: Final = 1.0
LOOKS_MAX: Final = 3
"""How often the row is looked at: others may refresh it meanwhile, and a pair of theirs may be old already."""
KEEP_S_MAX: Final = 5.0
"""How long a refresh that is cancelled goes on, so that a pair on its way is kept."""

log = structlog.get_logger(__name__)


async def fresh_grant(services: Services, platform: Platform, app: App, grant: OpenGrant, *, force: bool) -> OpenGrant:
    """The grant with an access token that is good for some minutes yet; `force` when the platform refused this one.

    Raises GrantEnded when it is over (and has then marked it so), Throttled while another worker is refreshing it,
    and NotRenewed for everything else: the grant lives, and nothing was sent but the request for tokens.
    """
    for _ in range(LOOKS_MAX):
        if not force and services.clock.now() < grant.refresh_at:
            return grant
        owner = secrets.token_hex(8)
        if await _own(services, grant, owner):
            return await _kept(_refresh(services, platform, app, grant, owner, force=force))
        newest = await _load(services, grant.id)
        if newest.generation == grant.generation:
            if not force and _is_good(services, grant):
                return grant
            raise _under_way()
        grant, force = newest, False
    raise _under_way()


async def _kept(refreshing: Any) -> OpenGrant:
    """What a refresh brings. One whose caller is cancelled may still save what it receives."""
    task = asyncio.ensure_future(refreshing)
    try:
        refreshed: OpenGrant = await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task}, timeout=KEEP_S_MAX)
        if not task.cancel() and not task.cancelled():
            task.exception()
        raise
    return refreshed


async def _refresh(
    services: Services, platform: Platform, app: App, grant: OpenGrant, owner: str, *, force: bool
) -> OpenGrant:
    try:
        tokens = await _ask(services, platform, app, grant, owner)
    except GrantEnded as refusal:
        return await _give_up(services, grant, owner, refusal)
    except PlatformRefusal as refusal:
        await _disown(services, grant.id, owner)
        if not force and _is_good(services, grant):
            log.warning("refresh_put_off", grant_id=str(grant.id), refusal=refusal.explanation.code)
            return replace(grant, refresh_at=services.clock.now() + timedelta(seconds=REST_S))
        if isinstance(refusal, Throttled):
            raise
        raise NotRenewed(refusal) from refusal
    except BaseException:
        await _disown(services, grant.id, owner)
        raise
    return await _save(services, grant, owner, tokens)


def _is_good(services: Services, grant: OpenGrant) -> bool:
    return services.clock.now() + timedelta(seconds=GOOD_FOR_S_MIN) < grant.access_expires_at


async def _own(services: Services, grant: OpenGrant, owner: str) -> bool:
    """Become the owner, if nobody is, or the one who is has given no sign of life in time.

    An ownership that ends long after one that begins now can only come from a clock that was put back; a little later
    it ends whenever another process looked at its clock after this one did.
    """
    now, never = _time(services), _time(services, 2 * OWNED_S)
    return await _set_owner(
        services,
        grant,
        or_(Grant.refresh_owner.is_(None), Grant.refresh_until <= now, Grant.refresh_until > never),
        owner,
    )


async def _own_still(services: Services, grant: OpenGrant, owner: str) -> bool:
    """Own it for one more call, unless it was taken over meanwhile."""
    return await _set_owner(services, grant, Grant.refresh_owner == owner, owner)


async def _set_owner(services: Services, grant: OpenGrant, condition: ColumnElement[bool], owner: str) -> bool:
    async with services.database.write() as session:
        owned = await session.execute(
            update(Grant)
            .where(Grant.id == grant.id, Grant.generation == grant.generation, Grant.ended_at.is_(None), condition)
            .values(refresh_owner=owner, refresh_until=_time(services, OWNED_S))
            .returning(Grant.id)
            .execution_options(synchronize_session=False)
        )
        return owned.first() is not None


def _time(services: Services, later_s: float = 0.0) -> Any:
    """The time by which owners are judged: the database's own on PostgreSQL, since the clocks of hosts differ."""
    later = timedelta(seconds=later_s)
    if services.database.is_sqlite:
        return literal(services.clock.now() + later, UtcDateTime)
    return func.clock_timestamp() + later


async def _disown(services: Services, grant_id: UUID, owner: str) -> None:
    async with services.database.write() as session:
        await session.execute(
            update(Grant)
            .where(Grant.id == grant_id, Grant.refresh_owner == owner)
            .values(refresh_owner=None, refresh_until=None)
            .execution_options(synchronize_session=False)
        )


async def _ask(services: Services, platform: Platform, app: App, grant: OpenGrant, owner: str) -> Tokens:
    """Ask for a pair: once more when the answer is lost, and with the spare token before the end is believed.

    Each further call is made only by who still owns the refresh: whoever slept through its time has been replaced.
    """
    try:
        return await platform.refresh_tokens(services.http, app, grant.refresh_token)
    except (NoAnswer, GrantEnded) as refusal:
        again = grant.refresh_token if isinstance(refusal, NoAnswer) else grant.spare_refresh_token
        if again is None:
            raise
    if not await _own_still(services, grant, owner):
        raise _under_way()
    return await platform.refresh_tokens(services.http, app, again)


async def _save(services: Services, grant: OpenGrant, owner: str, tokens: Tokens) -> OpenGrant:
    """Save the pair under the next generation; a pair that was received is never thrown away.

    Whoever was replaced meanwhile asked earlier than the one who replaced it: of two pairs the present owner's counts,
    and the other's refresh token is kept in case the platform holds it for the newer.
    """
    now = services.clock.now()
    async with services.database.write() as session:
        row = await session.get_one(Grant, grant.id, with_for_update=True)
        if row.ended_at is None:
            is_owner, is_first = row.refresh_owner == owner, row.generation == grant.generation
            counts = is_owner or is_first
            if counts:
                spare = None if is_first else open_grant(services.vault, row).refresh_token
                seal_tokens(services.vault, row, tokens, received_at=now)
                row.generation += 1
            else:
                spare = tokens.refresh_token
                log.warning("refresh_answered_late", grant_id=str(grant.id))
            keep_spare(services.vault, row, spare)
            if is_owner:
                row.refresh_owner = row.refresh_until = None
            return replace(open_grant(services.vault, row), is_renewed_here=counts)
    raise _ended()


async def _load(services: Services, grant_id: UUID) -> OpenGrant:
    async with services.database.read() as session:
        row = await session.get_one(Grant, grant_id)
    if row.ended_at is not None:
        raise _ended()
    return open_grant(services.vault, row)


async def _give_up(services: Services, grant: OpenGrant, owner: str, refusal: GrantEnded) -> OpenGrant:
    """Believe that the grant is over only if nobody has refreshed it meanwhile, and nobody is about to."""
    now = services.clock.now()
    async with services.database.write() as session:
        await lock_companies(session, grant.id)
        row = await session.get_one(Grant, grant.id, with_for_update=True)
        if row.generation > grant.generation and row.ended_at is None:
            return open_grant(services.vault, row)
        explanation = explain_end(row, refusal.explanation, now=now)
        if row.refresh_owner == owner:
            row.refresh_owner = row.refresh_until = None
            await end_grant(session, grant.id, explanation, now=now)
        is_over = row.ended_at is not None
    if not is_over:
        raise _under_way()
    raise GrantEnded(explanation, trace_id=refusal.trace_id, native=refusal.native) from refusal


def _under_way() -> Throttled:
    return Throttled(
        Explanation(
            code="refresh_under_way",
            message="Another worker is refreshing the access to these books.",
            fix="Nothing to do: the work goes on by itself in a moment.",
        ),
        retry_after_s=LOOK_AGAIN_S,
    )


def _ended() -> GrantEnded:
    """For who still works with a grant that was ended meanwhile, or replaced by a new one."""
    return GrantEnded(
        Explanation(
            code="grant_ended",
            message="The access to these books has ended, or was given anew, meanwhile.",
            fix="Connect the books again, unless somebody has already.",
        )
    )
