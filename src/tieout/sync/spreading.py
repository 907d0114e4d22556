"""Spreading what fell due while nobody ran lanes, so that thousands of routine pulls stand before nobody's push.

Only a lane that waits for nothing but its routine is put off; its company's row keeps when the pull was due. A wake
brings the lane forward again, as ever.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.storage.tables.connections import Company
from tieout.storage.tables.work import Lane
from tieout.sync.scheduling import plan_spread
from tieout.sync.services import Services

OVERDUE_S: Final = 300
"""Lanes that wait for so long were not merely waiting for their turn."""
HERD_MIN: Final = 20
"""Fewer than so many are no herd."""
LANES_MAX: Final = 100_000
LANES_PER_COMMIT_MAX: Final = 500

_KIND: Final = "company"


async def spread_overdue(services: Services) -> int:
    """Give overdue routine pulls a moment each, in the order in which they fell due; returns how many were put off.

    For whoever begins to run lanes. It may run any number of times: what was put off is no longer overdue.
    """
    now = services.clock.now()
    async with services.database.read() as session:
        overdue = await _overdue(session, before=now - timedelta(seconds=OVERDUE_S))
        routine = await _routine(session, overdue)
    if len(routine) < HERD_MIN:
        return 0
    moments = plan_spread(len(routine), now=now, interval_s=services.settings.sync_interval_s)
    planned = list(zip(routine, moments, strict=True))
    for start in range(0, len(planned), LANES_PER_COMMIT_MAX):
        async with services.database.write() as session:
            for (key, due_at), moment in planned[start : start + LANES_PER_COMMIT_MAX]:
                unchanged = (Lane.key == key, Lane.owner.is_(None), Lane.due_at == due_at)
                await session.execute(update(Lane).where(*unchanged).values(due_at=moment))
    return len(planned)


async def _overdue(session: AsyncSession, *, before: datetime) -> Sequence[tuple[str, datetime]]:
    """The lanes of companies that nobody has taken up, oldest first."""
    waiting = (Lane.owner.is_(None), Lane.paused_at.is_(None), Lane.kind == _KIND, Lane.due_at < before)
    rows = await session.execute(select(Lane.key, Lane.due_at).where(*waiting).order_by(Lane.due_at).limit(LANES_MAX))
    return [(key, due_at) for key, due_at in rows if due_at is not None]


async def _routine(session: AsyncSession, overdue: Sequence[tuple[str, datetime]]) -> Sequence[tuple[str, datetime]]:
    """Those of them that became due by the schedule alone: their books were read before, and nobody asked."""
    scheduled: dict[str, set[datetime | None]] = {}
    ids = [UUID(key.partition(":")[2]) for key, _ in overdue]
    for start in range(0, len(ids), LANES_PER_COMMIT_MAX):
        rows = await session.execute(
            select(Company.id, Company.pull_due_at, Company.tie_out_due_at).where(
                Company.id.in_(ids[start : start + LANES_PER_COMMIT_MAX]),
                Company.pull_cause.is_(None),
                Company.pull_started_at.is_(None),
                Company.first_pulled_at.is_not(None),
            )
        )
        scheduled |= {f"{_KIND}:{company_id}": {pull_at, tie_out_at} for company_id, pull_at, tie_out_at in rows}
    return [(key, due_at) for key, due_at in overdue if due_at in scheduled.get(key, ())]
