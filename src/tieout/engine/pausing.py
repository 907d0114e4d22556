"""Pausing a lane by hand: it keeps its wakes and goes on where it was when it is resumed."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.engine.waking import WOKEN
from tieout.storage.database import mark
from tieout.storage.tables.work import Lane


async def pause_lane(session: AsyncSession, key: str, *, reason: str, at: datetime) -> bool:
    """Let the lane rest, in the caller's transaction; False when there is none. One that rests gets the new reason."""
    return await _set(session, key, paused_at=at, paused_because=reason)


async def resume_lane(session: AsyncSession, key: str) -> bool:
    """Let the lane go on, in the caller's transaction; False when there is none."""
    mark(session, WOKEN)
    return await _set(session, key, paused_at=None, paused_because=None)


async def _set(session: AsyncSession, key: str, **values: datetime | str | None) -> bool:
    found = await session.execute(
        update(Lane)
        .where(Lane.key == key)
        .values(**values)
        .returning(Lane.key)
        .execution_options(synchronize_session=False)
    )
    return found.first() is not None
