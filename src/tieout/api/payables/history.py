"""GET /payables/{payable_id}/history: what happened to a payable (Monite, 'PayableHistoryResponse')."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field
from sqlalchemy import Select

from tieout.api.dependencies import CallForEntity
from tieout.api.files.service import file_url
from tieout.api.filtering import Ids, conditions
from tieout.api.paging import Asked, Listing, page_of
from tieout.api.payables.states import Status
from tieout.api.schemas import Filters, Moment, Page, Shown
from tieout.api.scope import load_of_entity, rows_of_entity
from tieout.storage.tables.business import Payable
from tieout.storage.tables.payable_history import PayableHistory
from tieout.sync.payable_history import HistoryEvent
from tieout.sync.receivable_history import BOOKS

EVENT_TYPES_MAX = 20


class _EventData(Shown):
    model_config = ConfigDict(extra="forbid")


class PayableStatusChangedEventData(_EventData):
    """From which status into which."""

    new_status: Status
    old_status: Status


class PayableUpdatedEventData(_EventData):
    """What was changed is not told."""


class PayableCreatedEventData(_EventData):
    """How the payable came."""

    payable_source: Literal["upload", "email", "einvoicing"]


class PayableCreditNoteLinkedEventData(_EventData):
    """Which credit note was linked."""

    credit_note_document_id: str | None = None
    credit_note_id: str


class PayableCreditNoteUnlinkedEventData(_EventData):
    """Which credit note was unlinked."""

    credit_note_document_id: str | None = None
    credit_note_id: str


class FileAttachedEventData(_EventData):
    """The file, with a link that works for a while, if it has not been removed since."""

    file_name: str
    file_size: int
    url: str


class PayableHistoryResponse(Shown):
    """One event."""

    id: UUID
    entity_user_id: UUID | None = None
    event_data: (
        PayableStatusChangedEventData
        | PayableUpdatedEventData
        | PayableCreatedEventData
        | PayableCreditNoteLinkedEventData
        | PayableCreditNoteUnlinkedEventData
        | FileAttachedEventData
    )
    event_type: HistoryEvent
    payable_id: UUID
    timestamp: datetime
    source: Literal["partner", "books"]


class PayableHistoryPaginationResponse(Page):
    """A page of events."""

    model_config = ConfigDict(extra="forbid")

    data: list[PayableHistoryResponse]


class PayableHistoryFilters(Filters):
    """What a history can be narrowed by."""

    event_type__in: Annotated[list[HistoryEvent], Field(max_length=EVENT_TYPES_MAX)] | None = None
    entity_user_id__in: Ids | None = None
    timestamp__gt: Moment | None = None
    timestamp__lt: Moment | None = None
    timestamp__gte: Moment | None = None
    timestamp__lte: Moment | None = None


_COLUMNS = {
    "event_type": PayableHistory.event_type,
    "entity_user_id": PayableHistory.entity_user_id,
    "timestamp": PayableHistory.occurred_at,
}
_LISTING = Listing(
    name="payable_history",
    id_column=PayableHistory.id,
    sorts={"timestamp": PayableHistory.occurred_at},
    sort_default="timestamp",
)
_DATA: dict[str, type[_EventData]] = {
    HistoryEvent.STATUS_CHANGED: PayableStatusChangedEventData,
    HistoryEvent.CREATED: PayableCreatedEventData,
    HistoryEvent.UPDATED: PayableUpdatedEventData,
    HistoryEvent.CREDIT_NOTE_LINKED: PayableCreditNoteLinkedEventData,
    HistoryEvent.CREDIT_NOTE_UNLINKED: PayableCreditNoteUnlinkedEventData,
    HistoryEvent.FILE_ATTACHED: FileAttachedEventData,
}


def show_event(call: CallForEntity, row: PayableHistory) -> PayableHistoryResponse:
    """An event as callers see it."""
    said: dict[str, Any] = dict(row.event_data)
    if row.event_type == HistoryEvent.FILE_ATTACHED:
        said["url"] = file_url(call, UUID(said.pop("file_id")))
    data: Any = _DATA[row.event_type].model_validate(said)
    return PayableHistoryResponse(
        id=row.id,
        entity_user_id=row.entity_user_id,
        event_data=data,
        event_type=HistoryEvent(row.event_type),
        payable_id=row.payable_id,
        timestamp=row.occurred_at,
        source="books" if row.source == BOOKS else "partner",
    )


async def read_history(
    call: CallForEntity, payable_id: UUID, asked: Asked, filters: PayableHistoryFilters
) -> PayableHistoryPaginationResponse:
    """A page of a payable's history, oldest first unless asked otherwise; raises NotFound."""
    await load_of_entity(call, Payable, payable_id, "payable")

    def query(applied: PayableHistoryFilters) -> Select[PayableHistory]:
        rows = rows_of_entity(call, PayableHistory).where(PayableHistory.payable_id == payable_id)
        return rows.where(*conditions(applied, _COLUMNS))

    page = await page_of(call, _LISTING, owner_id=payable_id, asked=asked, filters=filters, query=query)
    return PayableHistoryPaginationResponse(data=[show_event(call, row) for row in page.rows], **page.tokens())
