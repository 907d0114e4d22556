"""Trouble with a connection that passes by itself: shown while it lasts, and noted once when it comes and goes."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from tieout.platforms.errors import Explanation
from tieout.storage.tables.connections import Connection
from tieout.sync.timeline import TIEOUT, Happened, note


def note_trouble(session: AsyncSession, connection: Connection, explanation: Explanation, *, now: datetime) -> None:
    """Show what is wrong, in the caller's transaction."""
    told = f"{explanation.message} {explanation.fix}"
    errors = [{"message": told, "code": explanation.code}]
    if connection.errors != errors:
        note(session, connection, Happened.TROUBLE, now=now, actor=TIEOUT, reason=explanation.code, message=told)
    connection.errors = errors
    connection.updated_at = now


def note_recovery(session: AsyncSession, connection: Connection, *, now: datetime) -> None:
    """All is well again, in the caller's transaction."""
    if connection.errors is not None:
        note(session, connection, Happened.RECOVERED, now=now, actor=TIEOUT)
    connection.errors = None
    connection.updated_at = now
