"""Keeping a grant: used once a week though nothing else uses it, and its end foretold to the partner.

One lane per grant does it (`keeping:{grant id}`), whatever becomes of the lanes of its companies: a paused one keeps
its access. It sleeps for a week at a time, and for good once nothing lives by the grant.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.engine.port import Engine, NextDue, Turn
from tieout.platforms.errors import Explanation, GrantEnded, PlatformRefusal, Throttled
from tieout.platforms.port import Cause
from tieout.platforms.registry import platform_named
from tieout.storage.tables.access import PlatformApp
from tieout.storage.tables.connections import Company, Connection, Grant
from tieout.sync.connection_events import tell_connection
from tieout.sync.deauthorizing import lock_companies
from tieout.sync.grants import open_app, open_grant
from tieout.sync.keeping_plans import KEEP_EVERY_S, KeepingFacts, KeepingPlan, plan_keeping
from tieout.sync.metering import metering
from tieout.sync.refreshing import fresh_grant
from tieout.sync.services import Services
from tieout.sync.timeline import TIEOUT, Happened, note
from tieout.sync.trouble import note_recovery, note_trouble

LANE_KIND: Final = "keeping"
FIRST_LOOK_S: Final = 86_400
"""How long after the consent its grant is looked at first."""
RETRY_S: Final = 3_600
"""How long to wait before a token server that failed is asked again; weeks are left."""
NOT_KEPT: Final = "access_not_renewed"
"""The reason of the trouble that a connection is in whose access is not renewed for days."""
NOT_KEPT_TOLD_AFTER_S: Final = 86_400
"""How long the token server may fail before that is told: most failures pass in an hour."""
ENDING_SOON: Final = "grant_reaches_its_end"
"""The reason of the warning, in the event and the timeline."""

log = structlog.get_logger(__name__)


def keeping_lane(grant_id: UUID) -> str:
    """The key of the lane that keeps a grant."""
    return f"{LANE_KIND}:{grant_id}"


async def begin_keeping(session: AsyncSession, engine: Engine, grant_id: UUID, *, now: datetime) -> None:
    """Have a grant kept from now on, in the transaction that gives it a connection."""
    await engine.wake(session, keeping_lane(grant_id), at=now + timedelta(seconds=FIRST_LOOK_S))


async def keep_grant(services: Services, turn: Turn) -> NextDue:
    """The turn of a keeping lane: refresh what was not used, tell what ends. It may run any number of times."""
    grant_id = UUID(turn.key.partition(":")[2])
    kept = await _load(services, grant_id)
    if kept is None:
        return NextDue(None)
    plan = _plan(services, kept.grant)
    if plan.refreshes:
        try:
            await _use(services, kept)
        except GrantEnded:
            return NextDue(None)
        except PlatformRefusal as refusal:
            log.warning("grant_not_kept_yet", grant_id=str(grant_id), refusal=refusal.explanation.code)
            await _tell_not_kept(services, turn, kept.grant, refusal)
            wait_s = refusal.retry_after_s if isinstance(refusal, Throttled) else RETRY_S
            return NextDue(services.clock.now() + timedelta(seconds=wait_s))
    async with turn.commit() as session:
        return NextDue(await _foretell(services, session, grant_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """A grant with its app, and the connection that its calls are counted for."""

    grant: Grant
    app: PlatformApp
    connection_id: UUID


async def _load(services: Services, grant_id: UUID) -> _Kept | None:
    """The grant, while a connection lives by it."""
    async with services.database.read() as session:
        row = (
            await session.execute(
                select(Grant, PlatformApp, Connection.id)
                .join(PlatformApp, PlatformApp.id == Grant.app_id)
                .join(Company, Company.grant_id == Grant.id)
                .join(Connection, Connection.company_id == Company.id)
                .where(Grant.id == grant_id, Grant.ended_at.is_(None), Connection.status == "connected")
                .order_by(Connection.id)
                .limit(1)
            )
        ).first()
    return None if row is None else _Kept(grant=row[0], app=row[1], connection_id=row[2])


def _plan(services: Services, grant: Grant) -> KeepingPlan:
    facts = KeepingFacts(
        refreshed_at=grant.refreshed_at,
        lapses_at=grant.refresh_expires_at,
        ends_at=grant.ends_at,
        foretold_at=grant.foretold_at,
        jitter=grant.id.int,
    )
    return plan_keeping(facts, services.clock.now())


async def _use(services: Services, kept: _Kept) -> None:
    """Refresh it, unless somebody else has meanwhile; raises as `fresh_grant` does."""
    platform = platform_named(kept.app.platform)
    app, opened = open_app(services.vault, kept.app, now=services.clock.now()), open_grant(services.vault, kept.grant)
    async with metering(
        services, app_id=kept.app.id, subject_id=kept.connection_id, platform=platform, cause=Cause.KEEP_ALIVE
    ) as counted:
        await fresh_grant(counted, platform, app, opened, force=True)


async def _tell_not_kept(services: Services, turn: Turn, grant: Grant, refusal: PlatformRefusal) -> None:
    """Say on every connection that lives by it that a grant has not been renewed for days, and when that ends it.

    Where something else is amiss with a connection, that is told already, and is nearer to the cause.
    """
    now = services.clock.now()
    is_late = now - grant.refreshed_at >= timedelta(seconds=KEEP_EVERY_S + NOT_KEPT_TOLD_AFTER_S)
    if not is_late:
        return
    lapses = "" if grant.refresh_expires_at is None else f" by {grant.refresh_expires_at:%-d %B %Y}"
    explanation = Explanation(
        code=NOT_KEPT,
        message=f"The platform has not renewed the access to these books since {grant.refreshed_at:%-d %B %Y}, though "
        f"it is asked every hour. {refusal.explanation.message}",
        fix=f"{refusal.explanation.fix} If it is not renewed{lapses}, the books have to be connected again.",
    )
    async with turn.commit() as session:
        await lock_companies(session, grant.id)
        living = await session.scalars(
            select(Connection)
            .join(Company, Company.id == Connection.company_id)
            .where(Company.grant_id == grant.id, Connection.status == "connected", Connection.errors.is_(None))
        )
        for connection in living.all():
            note_trouble(session, connection, explanation, now=now)


async def _foretell(services: Services, session: AsyncSession, grant_id: UUID) -> datetime | None:
    """Tell every connection that lives by the grant when it ends, if it is time; returns when to look again."""
    now = services.clock.now()
    await lock_companies(session, grant_id)
    connections = await session.scalars(
        select(Connection)
        .join(Company, Company.id == Connection.company_id)
        .where(Company.grant_id == grant_id, Connection.status == "connected")
    )
    living = list(connections)
    grant = await session.get_one(Grant, grant_id, with_for_update=True)
    for connection in living:
        if any(error.get("code") == NOT_KEPT for error in connection.errors or ()):
            note_recovery(session, connection, now=now)
    plan = _plan(services, grant)
    if plan.foretells and grant.ends_at is not None:
        for connection in living:
            await _tell(session, connection, grant.ends_at, now=now)
        grant.foretold_at = now
    return plan.look_at


async def _tell(session: AsyncSession, connection: Connection, ends_at: datetime, *, now: datetime) -> None:
    days_left = (ends_at - now).days
    details: dict[str, Any] = {"access_ends_at": ends_at.isoformat(), "days_left": days_left}
    message = (
        f"The platform ends the access to these books on {ends_at:%-d %B %Y}, in {days_left} days. Send the "
        "connection's link to the person who manages the books: signing in once more until then renews it, and nothing "
        "stops."
    )
    note(
        session,
        connection,
        Happened.ACCESS_ENDS_SOON,
        now=now,
        actor=TIEOUT,
        reason=ENDING_SOON,
        message=message,
        details=details,
    )
    await tell_connection(session, connection, "access_ends_soon", now=now, reason=ENDING_SOON, details=details)
