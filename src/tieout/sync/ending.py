"""Ending access at the platform: of companies that were disconnected, and of those that a consent brought unasked.

One lane per grant owns it (`ending:{grant id}`), so that nothing is ended twice at once and a silent platform is asked
again. What is still to be ended stands in rows that the deciding commit wrote: a company that keeps its grant without
a live connection, and a consent that keeps choices.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.engine.port import NextDue, Turn
from tieout.platforms.errors import GrantEnded, PlatformRefusal, Throttled, TokenExpired
from tieout.platforms.port import App, Cause, Platform
from tieout.platforms.registry import platform_named
from tieout.storage.tables.access import PlatformApp
from tieout.storage.tables.connections import Company, Connection, Consent, Grant
from tieout.storage.tables.work import Intent
from tieout.sync.ending_plans import EndingFacts, EndingPlan, InUse, Reach, plan_ending
from tieout.sync.grants import OpenGrant, keep_spare, open_app, open_grant
from tieout.sync.metering import metering
from tieout.sync.refreshing import fresh_grant
from tieout.sync.services import Services

LANE_KIND: Final = "ending"
RETRY_S: Final = 300
"""How long to wait before a silent platform is asked again."""
GIVE_UP_AFTER_S: Final = 7 * 24 * 3600
"""A platform that has refused for so long is asked no more; its own expiry ends the access."""
UNCERTAIN_S_MAX: Final = 600
"""How long the access is kept after a disconnect, for writes whose outcome is not known yet."""
UNCERTAIN_LOOK_S: Final = 15
"""How often it is looked whether they are resolved."""

log = structlog.get_logger(__name__)


def ending_lane(grant_id: UUID) -> str:
    """The key of the lane that ends what a grant still reaches needlessly."""
    return f"{LANE_KIND}:{grant_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """A grant with everything that its ending depends on. `metered_for` is the connection that its calls cost."""

    grant: Grant
    metered_for: UUID
    app_row: PlatformApp
    platform: Platform
    left: tuple[Company, ...]
    consents: tuple[Consent, ...]
    facts: EndingFacts
    wait_until: datetime | None


async def end_access(services: Services, turn: Turn) -> NextDue:
    """The turn of an ending lane: end at the platform what nobody needs, then say so in one commit.

    It may run any number of times: ending what has ended is no error there, and finds nothing to do here.
    """
    grant_id = UUID(turn.key.partition(":")[2])
    now = services.clock.now()
    async with services.database.read() as session:
        case = await _load_case(session, grant_id, now=now)
    if case is None:
        return NextDue(None)
    if case.wait_until is not None:
        return NextDue(case.wait_until)
    plan = plan_ending(case.facts)
    if case.grant.ended_at is None:
        async with metering(
            services, app_id=case.app_row.id, subject_id=case.metered_for, platform=case.platform, cause=Cause.END
        ) as counted:
            refusal = await _end_there(counted, case, plan)
        if refusal is not None and not _is_hopeless(case, now):
            log.warning("access_not_ended_yet", platform=case.platform.name, refusal=refusal.explanation.code)
            wait_s = refusal.retry_after_s if isinstance(refusal, Throttled) else RETRY_S
            return NextDue(now + timedelta(seconds=wait_s))
        if plan.goes_on:
            async with turn.commit() as session:
                await _save_some_ended(session, case, plan)
            return NextDue(now)
    async with turn.commit() as session:
        await _save_ended(services, session, case, plan)
    return NextDue(None)


async def _end_there(services: Services, case: _Case, plan: EndingPlan) -> PlatformRefusal | None:
    """Call the platform; None when all is ended, else why not."""
    app, grant = (
        open_app(services.vault, case.app_row, now=services.clock.now()),
        open_grant(services.vault, case.grant),
    )
    try:
        for connection_id in plan.connection_ids:
            grant = await _end_one(services, case.platform, app, grant, connection_id)
        if plan.revoke:
            grant = await _newest(services, case, app, grant)
            await case.platform.revoke(services.http, app, grant.refresh_token)
    except GrantEnded:
        return None
    except PlatformRefusal as refusal:
        return refusal
    return None


async def _end_one(services: Services, platform: Platform, app: App, grant: OpenGrant, connection_id: str) -> OpenGrant:
    """End one company; raises GrantEnded when the whole grant is over, as after a revocation whose answer was lost."""
    fresh = await fresh_grant(services, platform, app, grant, force=False)
    try:
        await platform.end_company(services.http, app, fresh.access_token, connection_id)
    except TokenExpired:
        fresh = await fresh_grant(services, platform, app, fresh, force=True)
        await platform.end_company(services.http, app, fresh.access_token, connection_id)
    return fresh


async def _newest(services: Services, case: _Case, app: App, grant: OpenGrant) -> OpenGrant:
    """The grant to revoke. After a refresh whose answer was lost it is another than the row says: ask for it first."""
    async with services.database.read() as session:
        row = await session.get_one(Grant, grant.id)
    newest = open_grant(services.vault, row)
    if row.refresh_owner is None:
        return newest
    return await fresh_grant(services, case.platform, app, newest, force=True)


def _is_hopeless(case: _Case, now: datetime) -> bool:
    since = max((reach.since for reach in case.facts.reaches), default=case.grant.created_at)
    return now - since >= timedelta(seconds=GIVE_UP_AFTER_S)


async def _save_some_ended(session: AsyncSession, case: _Case, plan: EndingPlan) -> None:
    """Strike out the companies that this turn has ended, so that the next one goes on after them."""
    for company in sorted(case.left, key=lambda one: one.id):
        row_of_books = await session.get_one(Company, company.id, with_for_update=True)
        if row_of_books.platform_connection_id in plan.connection_ids:
            row_of_books.platform_connection_id = None
    await session.flush()
    for consent in case.consents:
        row = await session.get_one(Consent, consent.state_hash)
        row.choices = [choice for choice in row.choices or () if choice.get("connection_id") not in plan.connection_ids]


async def _save_ended(services: Services, session: AsyncSession, case: _Case, plan: EndingPlan) -> None:
    """Forget what has ended. A company that was connected anew meanwhile has another grant and is left alone."""
    now = services.clock.now()
    for company in sorted(case.left, key=lambda one: one.id):
        row = await session.get_one(Company, company.id, with_for_update=True)
        if row.grant_id == case.grant.id and not await _is_live(session, row.id):
            row.grant_id = None
            row.platform_connection_id = None
            row.updated_at = now
    for consent in case.consents:
        seen = await session.get_one(Consent, consent.state_hash)
        seen.choices = None
        seen.finished_at = seen.finished_at or now
    grant = await session.get_one(Grant, case.grant.id, with_for_update=True)
    if plan.forget:
        _forget(services, grant, now=now, reason="revoked" if plan.revoke else "not_needed")


def _forget(services: Services, grant: Grant, *, now: datetime, reason: str) -> None:
    """Keep the row, which others refer to, without its secrets."""
    if grant.ended_at is None:
        grant.ended_at = now
        grant.end_reason = reason
    grant.access_token = services.vault.seal("", place=f"grants.access_token:{grant.id}")
    grant.refresh_token = services.vault.seal("", place=f"grants.refresh_token:{grant.id}")
    keep_spare(services.vault, grant, None)
    grant.updated_at = now


async def _load_case(session: AsyncSession, grant_id: UUID, *, now: datetime) -> _Case | None:
    """The grant and what depends on it; None when there is no such grant."""
    row = (
        await session.execute(
            select(Grant, PlatformApp).join(PlatformApp, PlatformApp.id == Grant.app_id).where(Grant.id == grant_id)
        )
    ).first()
    if row is None:
        return None
    grant, app = row
    companies = (await session.scalars(select(Company).where(Company.grant_id == grant_id))).all()
    live = {company.id for company in companies if await _is_live(session, company.id)}
    left = tuple(company for company in companies if company.id not in live)
    consents = tuple(await session.scalars(select(Consent).where(Consent.grant_id == grant_id)))
    done = tuple(consent for consent in consents if consent.finished_at is not None or consent.expires_at <= now)
    ended_at = {company.id: await _ended_at(session, company, now=now) for company in left}
    reaches = [
        Reach(
            external_id=company.external_id,
            connection_id=company.platform_connection_id,
            since=ended_at[company.id],
        )
        for company in left
    ]
    platform = platform_named(app.platform)
    return _Case(
        grant=grant,
        metered_for=await _metered_for(session, grant, consents),
        app_row=app,
        platform=platform,
        left=left,
        consents=done,
        facts=EndingFacts(
            covers_many=platform.consent_covers_many,
            user_id=grant.platform_user_id,
            serves=bool(live),
            reaches=(*reaches, *_brought_unasked(done)),
            in_use=await _load_in_use(session, grant, now=now),
        ),
        wait_until=await _wait_until(session, left, ended_at, consents, now=now),
    )


async def _metered_for(session: AsyncSession, grant: Grant, consents: Sequence[Consent]) -> UUID:
    """The connection that last lived by a grant, else the one that a consent was given for, else the app itself."""
    lived_by = await session.scalar(
        select(Connection.id)
        .join(Company, Company.id == Connection.company_id)
        .where(Company.grant_id == grant.id)
        .order_by(Connection.created_at.desc())
        .limit(1)
    )
    return lived_by or next((consent.connection_id for consent in consents), grant.app_id)


def _brought_unasked(consents: Sequence[Consent]) -> list[Reach]:
    return [
        Reach(
            external_id=choice["external_id"],
            connection_id=choice.get("connection_id"),
            since=consent.finished_at or consent.expires_at,
        )
        for consent in consents
        for choice in consent.choices or ()
    ]


async def _wait_until(
    session: AsyncSession,
    left: Sequence[Company],
    ended_at: dict[UUID, datetime],
    consents: Sequence[Consent],
    *,
    now: datetime,
) -> datetime | None:
    """Until when the grant is left alone: a person is still choosing, or a write's outcome is still to be found out."""
    moments = [consent.expires_at for consent in consents if consent.finished_at is None and consent.expires_at > now]
    for company in left:
        deadline = ended_at[company.id] + timedelta(seconds=UNCERTAIN_S_MAX)
        if now < deadline and await _is_unsettled(session, company.id):
            moments.append(min(deadline, now + timedelta(seconds=UNCERTAIN_LOOK_S)))
    return min(moments, default=None)


async def _is_unsettled(session: AsyncSession, company_id: UUID) -> bool:
    unsettled = select(Intent.id).where(Intent.company_id == company_id, Intent.state.in_(("sending", "uncertain")))
    return await session.scalar(unsettled.limit(1)) is not None


async def _is_live(session: AsyncSession, company_id: UUID) -> bool:
    live = select(Connection.id).where(Connection.company_id == company_id, Connection.status != "disconnected")
    return await session.scalar(live.limit(1)) is not None


async def _ended_at(session: AsyncSession, company: Company, *, now: datetime) -> datetime:
    """When the company's last connection ended."""
    ended_at = await session.scalar(select(func.max(Connection.ended_at)).where(Connection.company_id == company.id))
    return ended_at or now


async def _load_in_use(session: AsyncSession, grant: Grant, *, now: datetime) -> InUse:
    """What the app's connected companies and the consents under way live by, apart from this grant's own consents."""
    rows = (
        await session.execute(
            select(Company.external_id, Company.platform_connection_id, Grant.platform_user_id)
            .join(Connection, Connection.company_id == Company.id)
            .outerjoin(Grant, Grant.id == Company.grant_id)
            .where(Company.app_id == grant.app_id, Connection.status == "connected")
        )
    ).all()
    external_ids = {row.external_id for row in rows}
    connection_ids = {row.platform_connection_id for row in rows if row.platform_connection_id is not None}
    user_ids = {row.platform_user_id for row in rows}
    under_way = await session.execute(
        select(Consent.choices, Grant.platform_user_id)
        .join(Grant, Grant.id == Consent.grant_id)
        .where(
            Grant.app_id == grant.app_id,
            Grant.id != grant.id,
            Consent.finished_at.is_(None),
            Consent.expires_at > now,
        )
    )
    for choices, user_id in under_way:
        user_ids.add(user_id)
        external_ids |= {choice["external_id"] for choice in choices or ()}
        connection_ids |= {choice["connection_id"] for choice in choices or () if choice.get("connection_id")}
    return InUse(
        external_ids=frozenset(external_ids), connection_ids=frozenset(connection_ids), user_ids=frozenset(user_ids)
    )
