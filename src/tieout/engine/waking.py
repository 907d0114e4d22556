"""Waking a lane: the one statement behind `Engine.wake`, for those who have a session and no engine at hand."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import case, literal
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.storage.database import mark
from tieout.storage.tables.work import NOBODY, Lane
from tieout.storage.types import UtcDateTime
from tieout.storage.upserts import upserting

WOKEN: Final = "lanes_woken"
"""The mark of a transaction that woke a lane: engines hear of it when it is committed."""
CHANNEL: Final = "tieout_lanes"
"""Where PostgreSQL passes on that lanes may be due."""


async def wake_lane(session: AsyncSession, key: str, *, at: datetime, partner_id: UUID | None = None) -> None:
    """Make the lane due at `at` or earlier, in the caller's transaction; its kind is the key up to the colon.

    A lane remembers the partner that one of its wakes named.
    """
    due_at = literal(at, UtcDateTime)
    statement = upserting(session, Lane).values(
        key=key, kind=key.partition(":")[0], partner_id=partner_id or NOBODY, due_at=due_at, fence=0, attempts=0
    )
    earlier = case((Lane.due_at.is_(None), due_at), (Lane.due_at > due_at, due_at), else_=Lane.due_at)
    changed = {"due_at": earlier} if partner_id is None else {"due_at": earlier, "partner_id": partner_id}
    await session.execute(statement.on_conflict_do_update(index_elements=["key"], set_=changed))
    mark(session, WOKEN)
