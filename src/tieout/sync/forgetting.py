"""What is no longer kept of the past: old runs, meter readings and kept answers. The sweeping lane carries it out.

A run that found nothing is worth little a month later; one that did something belongs to the year's accounts, like the
meter, and is kept for thirteen months. A timeline is short and tells why a connection is as it is: it stays.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import and_, delete, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.storage.tables.idempotency import KeptAnswer
from tieout.storage.tables.sync_history import SyncRun
from tieout.storage.tables.work import MeterReading

QUIET_RUNS_KEPT_DAYS: Final = 30
RUNS_KEPT_DAYS: Final = 396
"""Thirteen months, however long they are."""
METER_KEPT_DAYS: Final = 396
ANSWERS_KEPT_DAYS: Final = 31
"""Far longer than a key is honoured: a partner that calls no more leaves its answers behind."""
ROWS_MAX: Final = 1_000
"""How many rows one commit deletes of each kind."""


async def forget_the_past(session: AsyncSession, *, now: datetime) -> int:
    """Delete some of what is old enough, in the caller's transaction; returns how many rows.

    A run that is not over stays, however old: its next turn takes it up.
    """
    is_over = and_(SyncRun.finished_at.is_not(None), ~SyncRun.goes_on)
    quiet = and_(is_over, SyncRun.is_quiet, SyncRun.started_at < _days_before(now, QUIET_RUNS_KEPT_DAYS))
    old_runs = and_(is_over, SyncRun.started_at < _days_before(now, RUNS_KEPT_DAYS))
    old_days = MeterReading.day < _days_before(now, METER_KEPT_DAYS).date()
    reading = (MeterReading.subject_id, MeterReading.day, MeterReading.cause, MeterReading.kind)
    old_answers = KeptAnswer.created_at < _days_before(now, ANSWERS_KEPT_DAYS)
    return (
        await _delete(session, SyncRun, (SyncRun.id,), quiet)
        + await _delete(session, SyncRun, (SyncRun.id,), old_runs)
        + await _delete(session, MeterReading, reading, old_days)
        + await _delete(session, KeptAnswer, (KeptAnswer.partner_id, KeptAnswer.key_hash), old_answers)
    )


def _days_before(now: datetime, days: int) -> datetime:
    return now - timedelta(days=days)


async def _delete(session: AsyncSession, table: Any, key: tuple[Any, ...], is_old: Any) -> int:
    rows = [tuple(row) for row in await session.execute(select(*key).where(is_old).limit(ROWS_MAX))]
    if rows:
        await session.execute(delete(table).where(tuple_(*key).in_(rows)).execution_options(synchronize_session=False))
    return len(rows)
