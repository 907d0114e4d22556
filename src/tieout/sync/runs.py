"""Sync runs: what a company's lane did from the first work to rest, with its counts and its cost.

A run is written with the commits of the work that it counts. Its row is begun when a turn has something to do, left to
the next turn when that one is over (`goes_on`), and closed when nothing is due any more. Whose turn died, is found by
the next: a run that is running while nobody left it to anybody was interrupted.

A run that failed is taken up by the turns that try again: while a platform is away there is one run, and one event.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Literal, Protocol
from uuid import UUID

import msgspec
from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.books.changes import Change, Tombstone
from tieout.kit.identifiers import new_id
from tieout.platforms.errors import Explanation
from tieout.platforms.port import Cause
from tieout.storage.tables.connections import Company, Connection, Snapshot
from tieout.storage.tables.sync_history import SyncRun
from tieout.sync.events import record_event
from tieout.sync.metering import CallMeter, Counted, Reading
from tieout.sync.run_counts import Counts, Seen, added, counted_changes, listed
from tieout.sync.spending import LaneBudget, save_budget

EVENT_OBJECT: Final = "accounting_sync_run"
IDS_PER_QUERY_MAX: Final = 500


class RunCause(StrEnum):
    """Why a run began. What asks for a pull outranks what comes along with one."""

    CONNECTED = "connected"
    SCHEDULE = "schedule"
    REQUEST = "request"
    HINT = "hint"
    WEBHOOK = "webhook"
    REFUSAL = "refusal"
    PUSH = "push"
    TIE_OUT = "tie_out"


class RunStatus(StrEnum):
    """How far a run got."""

    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


Outcome = Literal["pushed", "refused"]
_COMES_ALONG: Final = (RunCause.PUSH.value, RunCause.TIE_OUT.value)


@dataclass(slots=True)
class RunInHand:
    """The run that a turn works in. Its id is given before its row is there, so that a rolled back commit does no harm.

    `begun` says that it is open and to be closed when nothing is due; `left_id` is a run that a dead turn left running.
    """

    id: UUID = field(default_factory=new_id)
    errand: Cause = Cause.PUSH
    begun: bool = False
    left_id: UUID | None = None


class AtWork(Protocol):
    """What of open books a run is about."""

    run: RunInHand
    meter: CallMeter
    budget: LaneBudget

    @property
    def company(self) -> Company:
        """Whose books."""

    @property
    def connection(self) -> Connection:
        """The entity's connection to them."""


async def load_run_in_hand(session: AsyncSession, company_id: UUID, connection_id: UUID) -> RunInHand:
    """What the turn before left: its run if it is to go on, and whether it died over one."""
    is_open = SyncRun.goes_on | (SyncRun.status == RunStatus.RUNNING.value)
    last = await session.scalar(
        select(SyncRun)
        .where(SyncRun.company_id == company_id)
        .order_by(SyncRun.started_at.desc(), is_open.desc())
        .limit(1)
    )
    if last is None:
        return RunInHand()
    if last.goes_on and last.connection_id == connection_id:
        return RunInHand(id=last.id, begun=last.status == RunStatus.RUNNING.value)
    is_left = last.status == RunStatus.RUNNING.value or last.goes_on
    return RunInHand(left_id=last.id if is_left else None)


async def run_of(session: AsyncSession, books: AtWork, *, now: datetime) -> SyncRun:
    """The run that this turn's work belongs to, in the caller's transaction; it is begun now if there is none."""
    if books.run.left_id is not None:
        _interrupt(session, await session.get_one(SyncRun, books.run.left_id), now=now)
    run = await session.get(SyncRun, books.run.id)
    cause = await _cause(session, books)
    if run is None:
        run = SyncRun(
            id=books.run.id,
            partner_id=books.connection.partner_id,
            entity_id=books.connection.entity_id,
            connection_id=books.connection.id,
            company_id=books.company.id,
            cause=cause.value,
            status=RunStatus.RUNNING.value,
            goes_on=False,
            attempts=1,
            records={},
            pushes={},
            calls={},
            started_at=now,
        )
        session.add(run)
    elif run.goes_on:
        run.attempts += run.status == RunStatus.FAILED.value
        run.status = RunStatus.RUNNING.value
        run.goes_on = False
        run.finished_at = None
    if run.cause in _COMES_ALONG and cause.value not in _COMES_ALONG:
        run.cause = cause.value
    run.updated_at = now
    books.run.begun = True
    return run


async def _cause(session: AsyncSession, books: AtWork) -> RunCause:
    if books.run.errand is Cause.TIE_OUT:
        return RunCause.TIE_OUT
    if books.run.errand is not Cause.PULL:
        return RunCause.PUSH
    company = await session.get_one(Company, books.company.id)
    connected_at = books.connection.connected_at
    if company.last_pulled_at is None or (connected_at is not None and company.last_pulled_at < connected_at):
        return RunCause.CONNECTED
    return RunCause(company.pull_cause) if company.pull_cause else RunCause.SCHEDULE


async def note_calls(session: AsyncSession, books: AtWork, *, now: datetime) -> None:
    """Save what was called since the last commit: with the meter, the company's budget, and the run it was for."""
    readings = await books.meter.save(session)
    if readings:
        await save_budget(session, books.company.id, books.budget.budget, now=now)
        run = await run_of(session, books, now=now)
        run.calls = added(run.calls, _by_cause(readings))


def _by_cause(readings: Mapping[Counted, Reading]) -> dict[str, dict[str, int]]:
    total: dict[str, dict[str, int]] = {}
    for counted, reading in readings.items():
        one = {"calls": reading.calls, "sent_bytes": reading.sent_bytes, "received_bytes": reading.received_bytes}
        total = added(total, {counted.cause.value: one})
    return total


async def note_records(
    session: AsyncSession, books: AtWork, changes: Iterable[Change | Tombstone], *, now: datetime
) -> Counts:
    """Count a page of the books, before it is written over what was known; returns the page's own counts."""
    arrived = list(changes)
    run = await run_of(session, books, now=now)
    seen, living = await _load_seen(session, books.company, arrived)
    counts = counted_changes(arrived, seen, living)
    run.records = added(run.records, counts)
    return counts


async def _load_seen(
    session: AsyncSession, company: Company, changes: list[Change | Tombstone]
) -> tuple[dict[tuple[str, str], Seen], set[tuple[str, str]]]:
    """What is known of the records on a page; nothing during the first pull, when everything is new."""
    seen: dict[tuple[str, str], Seen] = {}
    living: set[tuple[str, str]] = set()
    if company.first_pulled_at is None:
        return seen, living
    keys = sorted({(change.ref.kind.value, change.ref.external_id) for change in changes})
    columns = (Snapshot.kind, Snapshot.external_id, Snapshot.version_token, Snapshot.changed_at, Snapshot.canonical)
    for start in range(0, len(keys), IDS_PER_QUERY_MAX):
        part = keys[start : start + IDS_PER_QUERY_MAX]
        rows = await session.execute(
            select(*columns, Snapshot.gone_at).where(
                Snapshot.company_id == company.id, tuple_(Snapshot.kind, Snapshot.external_id).in_(part)
            )
        )
        for row in rows:
            key = (row.kind, row.external_id)
            seen[key] = Seen(row.version_token, row.changed_at, row.canonical)
            if row.gone_at is None:
                living.add(key)
    return seen, living


async def note_push(session: AsyncSession, books: AtWork, object_type: str, outcome: Outcome, *, now: datetime) -> None:
    """Count a record that is in the books now, or was refused."""
    run = await run_of(session, books, now=now)
    other = {"pushed": 0, "refused": 0}
    run.pushes = added(run.pushes, {object_type: {**other, outcome: 1}})


async def leave_run(session: AsyncSession, books: AtWork, *, now: datetime) -> None:
    """The turn is over and there is more to do: the next one takes the run up."""
    if books.run.begun:
        run = await run_of(session, books, now=now)
        run.goes_on = run.status == RunStatus.RUNNING.value


async def finish_run(session: AsyncSession, books: AtWork, *, now: datetime) -> None:
    """Nothing is due any more. What a dead turn left running is over as well, also when it left nothing else to do."""
    if not books.run.begun:
        if books.run.left_id is not None:
            _interrupt(session, await session.get_one(SyncRun, books.run.left_id), now=now)
        return
    run = await run_of(session, books, now=now)
    if run.status == RunStatus.RUNNING.value:
        run.error = None
        _close(session, run, RunStatus.FINISHED, now=now)


async def fail_run(
    session: AsyncSession, books: AtWork, explanation: Explanation, *, now: datetime, is_tried_again: bool
) -> None:
    """The platform, or the program, stopped the run. It is told once, however often the same is met again."""
    run = await run_of(session, books, now=now)
    if run.status != RunStatus.RUNNING.value:
        return
    known = (run.error or {}).get("code")
    run.error = _told(explanation)
    _close(session, run, RunStatus.FAILED, now=now, is_told=known != explanation.code)
    run.goes_on = is_tried_again


async def end_runs(
    session: AsyncSession, connection: Connection, *, now: datetime, explanation: Explanation | None = None
) -> None:
    """The connection has ended, or its access has: what was running for it failed, or was interrupted."""
    open_runs = await session.scalars(
        select(SyncRun).where(
            SyncRun.connection_id == connection.id,
            SyncRun.company_id == connection.company_id,
            (SyncRun.status == RunStatus.RUNNING.value) | SyncRun.goes_on,
        )
    )
    for run in open_runs:
        if explanation is None:
            _interrupt(session, run, now=now)
        else:
            run.error = _told(explanation)
            _close(session, run, RunStatus.FAILED, now=now)


def _interrupt(session: AsyncSession, run: SyncRun, *, now: datetime) -> None:
    """A failed run stays failed; one that was running ended when it was last heard of."""
    run.goes_on = False
    if run.status == RunStatus.RUNNING.value:
        _close(session, run, RunStatus.INTERRUPTED, now=now, finished_at=run.updated_at)


def _told(explanation: Explanation) -> dict[str, Any]:
    return {"code": explanation.code, "message": explanation.message, "fix": explanation.fix}


def _close(
    session: AsyncSession,
    run: SyncRun,
    status: RunStatus,
    *,
    now: datetime,
    finished_at: datetime | None = None,
    is_told: bool = True,
) -> None:
    run.status = status.value
    run.goes_on = False
    run.is_quiet = status is RunStatus.FINISHED and not run.pushes and not _found(run)
    run.finished_at = finished_at or now
    run.updated_at = now
    if not is_told:
        return
    record_event(
        session,
        partner_id=run.partner_id,
        entity_id=run.entity_id,
        object_type=EVENT_OBJECT,
        object_id=run.id,
        action=f"{EVENT_OBJECT}.{status.value}",
        at=now,
        payload=msgspec.to_builtins(sync_run_fields(run)),
    )


def _found(run: SyncRun) -> bool:
    return any(counts["changed"] or counts["gone"] for counts in run.records.values())


def sync_run_fields(run: SyncRun) -> dict[str, Any]:
    """What the API and its events say of a run."""
    return {
        "id": run.id,
        "accounting_connection_id": run.connection_id,
        "cause": run.cause,
        "status": run.status,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "updated_at": run.updated_at,
        "attempts": run.attempts,
        "records": listed(run.records, "kind"),
        "pushes": listed(run.pushes, "object_type"),
        "calls": listed(run.calls, "cause"),
        "error": run.error,
    }
