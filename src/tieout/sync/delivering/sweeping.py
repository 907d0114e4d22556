"""Sweeping: events and deliveries are kept for three months (Monite, 'Events'), then deleted in small commits.

So is what else the past leaves behind, each after a time of its own (`forgetting`).

A lane of its own does it. Whoever runs lanes wakes it when they start, and it comes back by itself.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.engine.port import NextDue, Turn
from tieout.storage.tables.webhooks import WebhookDelivery, WebhookReplay
from tieout.storage.tables.work import Event
from tieout.sync.forgetting import forget_the_past
from tieout.sync.services import Services

LANE_KIND: Final = "sweeping"
LANE: Final = f"{LANE_KIND}:events"
KEPT_DAYS: Final = 92
"""Three months, however long they are."""
ROWS_MAX: Final = 1_000
"""How many rows one commit deletes of each kind."""
EVERY_S: Final = 6 * 3600


async def sweep_events(services: Services, turn: Turn) -> NextDue:
    """The turn of the sweeping lane: delete what is old enough, until nothing is or the turn is over."""
    while True:
        now = services.clock.now()
        async with turn.commit() as session:
            deleted = await sweep(session, before=now - timedelta(days=KEPT_DAYS))
            kept_days = services.settings.attempts_kept_days
            deleted += await forget_the_past(session, now=now, attempts_kept_days=kept_days)
        if not deleted:
            return NextDue(now + timedelta(seconds=EVERY_S))
        if turn.is_over():
            return NextDue(services.clock.now())


async def sweep(session: AsyncSession, *, before: datetime) -> int:
    """Delete some of what is older than `before`, in the caller's transaction; returns how many rows.

    An event that a younger delivery tells of stays as long as that.
    """
    delivered = exists().where(WebhookDelivery.event_id == Event.id)
    old = (
        (WebhookDelivery, WebhookDelivery.created_at < before),
        (WebhookReplay, WebhookReplay.finished_at < before),
        (Event, (Event.created_at < before) & ~delivered),
    )
    count = 0
    for table, is_old in old:
        ids = (await session.scalars(select(table.id).where(is_old).limit(ROWS_MAX))).all()
        if ids:
            await session.execute(delete(table).where(table.id.in_(ids)))
            count += len(ids)
    return count
