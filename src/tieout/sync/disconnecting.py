"""Disconnecting: the connection ends here at once, its access at the platform as soon as the platform answers.

This company only (DECISIONS: connection). The company's row, its links and snapshots stay, and are taken up again when
the same entity connects the same books.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.engine.port import Engine
from tieout.storage.tables.connections import Company, Connection
from tieout.storage.tables.work import Intent
from tieout.sync.connection_events import tell_connection
from tieout.sync.ending import ending_lane
from tieout.sync.intents import forget_file
from tieout.sync.runs import end_runs
from tieout.sync.services import Services
from tieout.sync.synced_records import ATTACHMENT
from tieout.sync.timeline import TIEOUT, Happened, note

REASON: Final = "disconnected_by_partner"


async def disconnect(services: Services, connection: Connection) -> Connection:
    """End a connection in a transaction of its own, and return its row as it then is."""
    async with services.database.write() as session:
        row = await session.get_one(Connection, connection.id)
        await apply_disconnect(session, services.engine, row, now=services.clock.now(), actor=TIEOUT)
    services.engine.nudge()
    return row


async def apply_disconnect(
    session: AsyncSession, engine: Engine, connection: Connection, *, now: datetime, actor: str, reason: str = REASON
) -> bool:
    """End a connection in the caller's transaction; one that has ended already stays as it is.

    Returns whether it ended now. `actor` is who asked for it, as its timeline and the audit trail name them. The
    company is locked before the connection, as a lane's turn does, so that neither waits for the other for ever.

    Writes that were not sent are cancelled. Those whose outcome is unknown stay: the ending lane keeps the access for
    them for a while.
    """
    if connection.company_id is not None:
        await session.get_one(Company, connection.company_id, with_for_update=True)
    await session.refresh(connection, with_for_update=True)
    if connection.status == "disconnected":
        return False
    connection.status = "disconnected"
    connection.ended_at = now
    connection.end_reason = reason
    connection.errors = None
    connection.updated_at = now
    if connection.company_id is not None:
        await _leave_books(session, engine, connection, now=now, reason=reason)
        await end_runs(session, connection, now=now)
    note(session, connection, Happened.DISCONNECTED, now=now, actor=actor, reason=reason)
    await session.flush()
    await tell_connection(session, connection, "disconnected", now=now, reason=reason)
    return True


async def _leave_books(
    session: AsyncSession, engine: Engine, connection: Connection, *, now: datetime, reason: str
) -> None:
    company = await session.get_one(Company, connection.company_id)
    company.pull_due_at = None
    company.pull_cause = None
    company.updated_at = now
    await _cancel_ready(session, connection, now=now, reason=reason)
    if company.grant_id is not None:
        await engine.wake(session, ending_lane(company.grant_id), at=now)


async def _cancel_ready(session: AsyncSession, connection: Connection, *, now: datetime, reason: str) -> None:
    """What is ready is never sent; what its evidence says already stays. Only those with a file are read whole."""
    ready = await session.execute(
        select(Intent.id, Intent.object_type, Intent.evidence)
        .where(
            Intent.company_id == connection.company_id,
            Intent.entity_id == connection.entity_id,
            Intent.partner_id == connection.partner_id,
            Intent.state == "ready",
        )
        .with_for_update()
    )
    rows = ready.all()
    ended = {"state": "cancelled", "settled_at": now, "updated_at": now}
    if cancelled := [{"id": row.id, "evidence": {**row.evidence, "cancelled": reason}, **ended} for row in rows]:
        await session.execute(update(Intent), cancelled)
    for row in rows:
        if row.object_type == ATTACHMENT:
            intent = await session.get_one(Intent, row.id, populate_existing=True)
            forget_file(intent)
            await session.flush()
            session.expunge(intent)
