"""Attaching a company's books to a connection: who may have them, and what is written when they are connected.

One company serves one entity at a time. A person who comes back with other books than before is asked first.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.engine.port import Engine
from tieout.kit.identifiers import new_id
from tieout.platforms.errors import Cure
from tieout.platforms.port import CompanyChoice
from tieout.storage.tables.access import PlatformApp
from tieout.storage.tables.connections import Company, Connection, Consent, Grant
from tieout.sync.connection_events import tell_connection
from tieout.sync.curing import leave_news
from tieout.sync.ending import ending_lane
from tieout.sync.keeping import begin_keeping
from tieout.sync.renewing import may_renew
from tieout.sync.runs import end_runs
from tieout.sync.timeline import PERSON, Happened, note
from tieout.sync.wanting import company_lane

OPEN = ("pending_auth", "deauthorized")
"""The states of a connection that waits for a person."""
NAME_CHARACTERS_MAX = 500


class Attachment(StrEnum):
    """What becomes of a company that a person brought."""

    ATTACH = "attach"
    ASK_FIRST = "ask_first"
    ELSEWHERE = "elsewhere"
    ALREADY = "already"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """Which books: a company as one of the partner's apps reaches it."""

    app_id: UUID
    platform: str
    external_id: str
    name: str

    def same_as(self, other: "Books") -> bool:
        """Whether both are the same books, whatever they are called."""
        return (self.app_id, self.external_id) == (other.app_id, other.external_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachFacts:
    """What the decision depends on. `held_by` is the connection that has these books now, whosever it is.

    `before` are the books that this entity had connected last; `may_renew` allows a living connection to them to be
    connected once more.
    """

    connection_id: UUID
    status: str
    may_renew: bool
    brought: Books
    held_by: UUID | None
    before: Books | None
    confirmed: bool


def plan_attachment(facts: AttachFacts) -> Attachment:
    """Decide, purely."""
    if facts.status == "connected":
        is_same = facts.before is not None and facts.before.same_as(facts.brought)
        return Attachment.ATTACH if facts.may_renew and is_same else Attachment.ALREADY
    if facts.status not in OPEN:
        return Attachment.CLOSED
    if facts.held_by is not None and facts.held_by != facts.connection_id:
        return Attachment.ELSEWHERE
    if facts.before is not None and not facts.before.same_as(facts.brought) and not facts.confirmed:
        return Attachment.ASK_FIRST
    return Attachment.ATTACH


async def load_books_before(session: AsyncSession, connection: Connection) -> Books | None:
    """The books that the connection's entity had connected last, through this connection or an earlier one."""
    row = (
        await session.execute(
            select(Company.app_id, Company.platform, Company.external_id, Company.name)
            .join(Connection, Connection.company_id == Company.id)
            .where(Connection.entity_id == connection.entity_id, Connection.partner_id == connection.partner_id)
            .order_by(
                (Connection.id == connection.id).desc(),
                func.coalesce(Connection.connected_at, Connection.created_at).desc(),
            )
            .limit(1)
        )
    ).first()
    return (
        None
        if row is None
        else Books(app_id=row.app_id, platform=row.platform, external_id=row.external_id, name=row.name)
    )


async def load_attach_facts(
    session: AsyncSession, connection: Connection, brought: Books, *, confirmed: bool, now: datetime
) -> AttachFacts:
    """Read what the decision depends on, in the transaction that will act on it."""
    held_by = await session.scalar(
        select(Connection.id)
        .join(Company, Company.id == Connection.company_id)
        .where(
            Company.app_id == brought.app_id,
            Company.external_id == brought.external_id,
            Connection.partner_id == connection.partner_id,
            Connection.status != "disconnected",
        )
    )
    return AttachFacts(
        connection_id=connection.id,
        status=connection.status,
        may_renew=await may_renew(session, connection, now=now),
        brought=brought,
        held_by=held_by,
        before=await load_books_before(session, connection),
        confirmed=confirmed,
    )


async def lock_books(session: AsyncSession, connection: Connection, app: PlatformApp, external_id: str) -> None:
    """Lock the company that is brought and the one that is left behind, before the connection (`deauthorizing`)."""
    brought = and_(Company.app_id == app.id, Company.external_id == external_id)
    await session.execute(
        select(Company.id)
        .where(or_(brought, Company.id == connection.company_id))
        .order_by(Company.id)
        .with_for_update()
    )


async def apply_attachment(
    session: AsyncSession,
    engine: Engine,
    *,
    connection: Connection,
    consent: Consent,
    app: PlatformApp,
    choice: CompanyChoice,
    now: datetime,
) -> Company:
    """Connect: company, connection, event and wake, in the caller's transaction. `consent.grant_id` is set."""
    assert consent.grant_id is not None
    company = await _company_for(session, app, choice, now=now)
    await _leave_behind(session, engine, connection, company, new_grant_id=consent.grant_id, now=now)
    _note_connected(session, connection, company, now=now)
    company.name = choice.name[:NAME_CHARACTERS_MAX]
    company.grant_id = consent.grant_id
    company.platform_connection_id = choice.connection_id
    company.pull_due_at = now
    company.pull_cause = None
    company.progress = {}
    leave_news(company, {Cure.RECONNECT.value, Cure.ACCESS_CHANGE.value}, now=now)
    company.updated_at = now
    connection.company_id = company.id
    connection.status = "connected"
    connection.connected_at = now
    connection.ended_at = None
    connection.end_reason = None
    connection.errors = None
    connection.updated_at = now
    consent.choices = unchosen(consent.choices, choice.external_id)
    consent.finished_at = now
    if consent.choices:
        await engine.wake(session, ending_lane(consent.grant_id))
    await session.flush()
    await tell_connection(session, connection, "connected", now=now)
    await begin_keeping(session, engine, consent.grant_id, now=now)
    await engine.wake(session, company_lane(company.id), partner_id=company.partner_id)
    return company


def _note_connected(session: AsyncSession, connection: Connection, company: Company, *, now: datetime) -> None:
    """Before the connection is changed: it was connected before if it has a company."""
    details = {"company_id": str(company.id), "company_name": company.name, "platform": company.platform}
    if connection.company_id not in (None, company.id):
        details["company_before_id"] = str(connection.company_id)
    happened = Happened.CONNECTED if connection.company_id is None else Happened.RECONNECTED
    note(session, connection, happened, now=now, actor=PERSON, details=details)


def unchosen(choices: list[dict[str, Any]] | None, external_id: str) -> list[dict[str, Any]] | None:
    """The companies of a consent that nobody asked for; None when there is none."""
    return [choice for choice in choices or () if choice["external_id"] != external_id] or None


async def _company_for(session: AsyncSession, app: PlatformApp, choice: CompanyChoice, *, now: datetime) -> Company:
    """The company's row, taken up again if these books were connected before."""
    company = await session.scalar(
        select(Company).where(Company.app_id == app.id, Company.external_id == choice.external_id).with_for_update()
    )
    if company is None:
        company = Company(
            id=new_id(),
            partner_id=app.partner_id,
            app_id=app.id,
            platform=app.platform,
            environment=app.environment,
            external_id=choice.external_id,
            name=choice.name[:NAME_CHARACTERS_MAX],
            created_at=now,
            updated_at=now,
        )
        session.add(company)
    return company


async def _leave_behind(
    session: AsyncSession,
    engine: Engine,
    connection: Connection,
    company: Company,
    *,
    new_grant_id: UUID,
    now: datetime,
) -> None:
    """See to the access that this connecting makes needless: the company's older grant, and the books left behind."""
    if company.grant_id is not None and company.grant_id != new_grant_id:
        await _replace_grant(session, engine, company.grant_id, new_grant_id, now=now)
    if connection.company_id is not None and connection.company_id != company.id:
        left = await session.get_one(Company, connection.company_id)
        left.pull_due_at = left.pull_cause = None
        await end_runs(session, connection, now=now)
        if left.grant_id is not None:
            await engine.wake(session, ending_lane(left.grant_id))


async def _replace_grant(session: AsyncSession, engine: Engine, old_id: UUID, new_id_: UUID, *, now: datetime) -> None:
    """The older grant of a company that has a new one.

    It is never revoked when it may stand for the same access as the new one: that would end the new one as well. The
    grant of another person is left to the ending lane.
    """
    old, new = await session.get_one(Grant, old_id), await session.get_one(Grant, new_id_)
    if old.ended_at is not None:
        return
    if old.platform_user_id == new.platform_user_id:
        old.ended_at = now
        old.end_reason = "replaced"
        old.updated_at = now
    else:
        await engine.wake(session, ending_lane(old_id))
