"""A connection's past: the runs of its synchronisation, and its timeline (additions of Tieout)."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import Select

from tieout.api.accounting_connections.service import load_connection
from tieout.api.dependencies import CallForEntity
from tieout.api.filtering import conditions
from tieout.api.paging import Asked, Listing, page_of
from tieout.api.schemas import Filters, Moment, Page, Shown
from tieout.api.scope import load_of_entity, rows_of_entity
from tieout.kit.errors import NotFound
from tieout.storage.tables.sync_history import SyncRun, TimelineEntry
from tieout.sync.runs import RunCause, RunStatus, sync_run_fields
from tieout.sync.timeline import Happened


class RecordCounts(Shown):
    """Records of one kind: how many were read, of these new or changed, and how many were found to be gone.

    `untranslated` counts those of the new or changed ones that have no meaning here: they are kept raw.
    """

    kind: str
    read: int
    changed: int
    gone: int
    untranslated: int = 0


class PushCounts(Shown):
    """Records of one type: how many are in the books now, and how many were refused."""

    object_type: str
    pushed: int
    refused: int


class CallCounts(Shown):
    """Calls of the platform for one cause, as its meter counts them, and their bytes."""

    cause: str
    calls: int
    sent_bytes: int
    received_bytes: int


class RunError(Shown):
    """What stopped a run, and what to do about it."""

    code: str
    message: str
    fix: str


class SyncRunResponse(Shown):
    """A run: from the first work to rest. `attempts` counts how often it was taken up again after a failure."""

    id: UUID
    accounting_connection_id: UUID
    cause: RunCause
    status: RunStatus
    started_at: datetime
    finished_at: datetime | None
    updated_at: datetime
    attempts: int
    records: list[RecordCounts]
    pushes: list[PushCounts]
    calls: list[CallCounts]
    error: RunError | None


class SyncRunList(Page):
    """A page of runs."""

    data: list[SyncRunResponse]


class SyncRunFilters(Filters):
    """What runs can be narrowed by."""

    status: RunStatus | None = None
    cause: RunCause | None = None
    started_at__gt: Moment | None = None
    started_at__lt: Moment | None = None
    started_at__gte: Moment | None = None
    started_at__lte: Moment | None = None


class TimelineEntryResponse(Shown):
    """What befell a connection. `reason` is a stable word, `message` is for a person, `actor` is who did it."""

    id: UUID
    created_at: datetime
    happened: Happened
    reason: str | None
    message: str | None
    actor: str
    details: dict[str, Any]


class TimelineList(Page):
    """A page of a timeline."""

    data: list[TimelineEntryResponse]


class TimelineFilters(Filters):
    """What a timeline can be narrowed by."""

    happened: Happened | None = None
    happened__in: Annotated[list[Happened], Field(max_length=len(Happened))] | None = None
    created_at__gt: Moment | None = None
    created_at__lt: Moment | None = None
    created_at__gte: Moment | None = None
    created_at__lte: Moment | None = None


_RUNS = Listing(
    name="accounting_sync_runs",
    id_column=SyncRun.id,
    sorts={"started_at": SyncRun.started_at},
    sort_default="started_at",
    is_limit_resent=True,
)
_TIMELINE = Listing(
    name="accounting_connection_timeline",
    id_column=TimelineEntry.id,
    sorts={"created_at": TimelineEntry.number},  # the same order, also within one moment
    sort_default="created_at",
    is_limit_resent=True,
)


def _shown(run: SyncRun) -> SyncRunResponse:
    return SyncRunResponse(**sync_run_fields(run))


async def list_sync_runs(
    call: CallForEntity, connection_id: UUID, paging: Asked, filters: SyncRunFilters
) -> SyncRunList:
    """The runs of one connection, oldest first unless asked otherwise; raises NotFound."""
    await load_connection(call, connection_id)
    columns = {"status": SyncRun.status, "cause": SyncRun.cause, "started_at": SyncRun.started_at}

    def query(filters: SyncRunFilters) -> Select[Any]:
        mine = rows_of_entity(call, SyncRun).where(SyncRun.connection_id == connection_id)
        return mine.where(*conditions(filters, columns))

    page = await page_of(call, _RUNS, owner_id=connection_id, asked=paging, filters=filters, query=query)
    return SyncRunList(data=[_shown(run) for run in page.rows], **page.tokens())


async def get_sync_run(call: CallForEntity, connection_id: UUID, run_id: UUID) -> SyncRunResponse:
    """One run; raises NotFound, also for one of another connection."""
    run = await load_of_entity(call, SyncRun, run_id, "sync run")
    if run.connection_id != connection_id:
        message = f"There is no sync run {run_id} of this connection."
        raise NotFound(message)
    return _shown(run)


async def list_timeline(
    call: CallForEntity, connection_id: UUID, paging: Asked, filters: TimelineFilters
) -> TimelineList:
    """What befell one connection, oldest first unless asked otherwise; raises NotFound."""
    await load_connection(call, connection_id)
    columns = {"happened": TimelineEntry.happened, "created_at": TimelineEntry.created_at}

    def query(filters: TimelineFilters) -> Select[Any]:
        mine = rows_of_entity(call, TimelineEntry).where(TimelineEntry.connection_id == connection_id)
        return mine.where(*conditions(filters, columns))

    page = await page_of(call, _TIMELINE, owner_id=connection_id, asked=paging, filters=filters, query=query)
    return TimelineList(data=[TimelineEntryResponse.model_validate(row) for row in page.rows], **page.tokens())
