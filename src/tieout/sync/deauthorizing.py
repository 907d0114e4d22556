"""A connection that the platform ended: said on the API, by event, and never silently."""

from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.platforms.errors import Explanation
from tieout.storage.tables.connections import Company, Connection, Grant
from tieout.sync.connection_events import tell_connection
from tieout.sync.runs import end_runs
from tieout.sync.timeline import PLATFORM, Happened, note

REACHED_ITS_END: Final = Explanation(
    code="grant_reached_its_end",
    message="The access to these books has reached the end that the platform sets for every connection.",
    fix="Connect the books again.",
)
LAPSED: Final = Explanation(
    code="grant_lapsed",
    message="The access to these books lapsed at the platform, because it was not used for too long.",
    fix="Connect the books again.",
)


async def lock_companies(session: AsyncSession, grant_id: UUID) -> None:
    """Lock the companies that live by a grant, for a change to them all.

    Whoever locks several kinds of rows takes companies first, by their ids, then connections, consents and the grant:
    so nobody waits for somebody who waits for them.
    """
    await session.execute(select(Company.id).where(Company.grant_id == grant_id).order_by(Company.id).with_for_update())


def explain_end(grant: Grant, said: Explanation, *, now: datetime) -> Explanation:
    """Why a platform takes a grant no longer, as far as its dates tell; else what the platform's answer says."""
    if grant.ends_at is not None and now >= grant.ends_at:
        return replace(REACHED_ITS_END, fix=said.fix)
    if grant.refresh_expires_at is not None and now >= grant.refresh_expires_at:
        return replace(LAPSED, fix=said.fix)
    return said


async def end_grant(session: AsyncSession, grant_id: UUID, explanation: Explanation, *, now: datetime) -> None:
    """Mark a grant as over and every connection that lived by it as deauthorized, in the caller's transaction."""
    await lock_companies(session, grant_id)
    grant = await session.get_one(Grant, grant_id)
    if grant.ended_at is None:
        grant.ended_at = now
        grant.end_reason = explanation.code
        grant.updated_at = now
    affected = await session.scalars(
        select(Connection)
        .join(Company, Company.id == Connection.company_id)
        .where(Company.grant_id == grant_id, Connection.status == "connected")
    )
    for connection in affected:
        await deauthorize(session, connection, explanation, now=now)


async def deauthorize(
    session: AsyncSession, connection: Connection, explanation: Explanation, *, now: datetime
) -> None:
    """Mark one connection as deauthorized with its reason; it recovers through its own connection link."""
    connection.status = "deauthorized"
    connection.end_reason = explanation.code
    connection.errors = [{"message": f"{explanation.message} {explanation.fix}"}]
    connection.updated_at = now
    note(
        session,
        connection,
        Happened.DEAUTHORIZED,
        now=now,
        actor=PLATFORM,
        reason=explanation.code,
        message=f"{explanation.message} {explanation.fix}",
    )
    await end_runs(session, connection, now=now, explanation=explanation)
    await tell_connection(session, connection, "deauthorized", now=now, reason=explanation.code)
