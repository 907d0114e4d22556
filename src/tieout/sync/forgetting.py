"""What is no longer kept of the past: old runs, meter readings and kept answers. The sweeping lane carries it out.

A run that found nothing is worth little a month later; one that did something belongs to the year's accounts, like the
meter, and is kept for thirteen months. A timeline is short and tells why a connection is as it is: it stays.

The write ledger stays: of a write that is in the books for good the request, and what says that it is there; of one
that is not, everything. Only tries on the way to a confirmed write go, with the requests that they alone were made of.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import and_, delete, exists, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.storage.tables.budgets import RateBudget
from tieout.storage.tables.faults import UnitFault
from tieout.storage.tables.hints import WebhookHint
from tieout.storage.tables.idempotency import KeptAnswer
from tieout.storage.tables.sync_history import SyncRun
from tieout.storage.tables.work import Intent, MeterReading
from tieout.storage.tables.writes import IntentAttempt, Send
from tieout.sync.attempts import Outcome
from tieout.sync.intents import State

QUIET_RUNS_KEPT_DAYS: Final = 30
RUNS_KEPT_DAYS: Final = 396
"""Thirteen months, however long they are."""
METER_KEPT_DAYS: Final = 396
ANSWERS_KEPT_DAYS: Final = 31
"""Far longer than a key is honoured: a partner that calls no more leaves its answers behind."""
UNTOUCHED_KEPT_DAYS: Final = 62
"""How far a limit was used up, what failed, and what webhooks told: each lasts as long as anybody works with the
company. What webhooks told of one that was disconnected is read again anyway when it comes back."""
SAYS_IT_IS_THERE: Final = (Outcome.CARRIED_OUT.value, Outcome.FOUND.value)
ROWS_MAX: Final = 1_000
"""How many rows one commit deletes of each kind."""


async def forget_the_past(session: AsyncSession, *, now: datetime, attempts_kept_days: int) -> int:
    """Delete some of what is old enough, in the caller's transaction; returns how many rows.

    A run that is not over stays, however old: its next turn takes it up.
    """
    untouched = _days_before(now, UNTOUCHED_KEPT_DAYS)
    fault = (UnitFault.lane, UnitFault.unit)
    hint = (WebhookHint.company_id, WebhookHint.subject, WebhookHint.external_id)
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
        + await _delete(session, RateBudget, (RateBudget.scope,), RateBudget.updated_at < untouched)
        + await _delete(session, UnitFault, fault, UnitFault.last_at < untouched)
        + await _delete(session, WebhookHint, hint, WebhookHint.told_at < untouched)
        + await _forget_attempts(session, before=_days_before(now, attempts_kept_days))
    )


async def _forget_attempts(session: AsyncSession, *, before: datetime) -> int:
    """Of confirmed writes, tries that do not say themselves that it is in the books, but for the last of all."""
    found = await session.execute(
        select(IntentAttempt.id, IntentAttempt.key)
        .join(Intent, Intent.id == IntentAttempt.intent_id)
        .where(
            IntentAttempt.began_at < before,
            IntentAttempt.outcome.not_in(SAYS_IT_IS_THERE),
            IntentAttempt.number < Intent.attempts_noted,
            Intent.state == State.CONFIRMED.value,
        )
        .limit(ROWS_MAX)
    )
    rows = found.all()
    if not rows:
        return 0
    silent = {"synchronize_session": False}
    ids, keys = {row.id for row in rows}, {row.key for row in rows}
    await session.execute(delete(IntentAttempt).where(IntentAttempt.id.in_(ids)).execution_options(**silent))
    is_named = exists().where(IntentAttempt.key == Send.key) | exists().where(Intent.send_id == Send.id)
    await session.execute(delete(Send).where(Send.key.in_(keys), ~is_named).execution_options(**silent))
    return len(rows)


def _days_before(now: datetime, days: int) -> datetime:
    return now - timedelta(days=days)


async def _delete(session: AsyncSession, table: Any, key: tuple[Any, ...], is_old: Any) -> int:
    rows = [tuple(row) for row in await session.execute(select(*key).where(is_old).limit(ROWS_MAX))]
    if rows:
        await session.execute(delete(table).where(tuple_(*key).in_(rows)).execution_options(synchronize_session=False))
    return len(rows)
