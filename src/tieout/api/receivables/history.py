"""The history of a receivable: who did what to it, and when (Monite, 'Document history')."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from tieout.api.dependencies import CallForEntity
from tieout.api.filtering import Ids, conditions
from tieout.api.paging import Asked, Listing, page_of
from tieout.api.receivables.answers import ReceivableHistoryPaginationResponse, ReceivableHistoryResponse
from tieout.api.schemas import Filters, Moment
from tieout.api.scope import load_of_entity, rows_of_entity
from tieout.kit.errors import NotFound
from tieout.storage.tables.business import Receivable
from tieout.storage.tables.receivable_history import ReceivableHistory
from tieout.sync.receivable_history import HistoryEvent, enter_history, enter_status_change

EVENT_TYPES_MAX = 20

EventType = Literal[
    "status_changed",
    "receivable_created",
    "receivable_updated",
    "based_on_receivable_created",
    "payment_received",
    "mail_sent",
    "payment_reminder_mail_sent",
    "overdue_reminder_mail_sent",
]

_LISTING = Listing(
    name="receivable_history",
    id_column=ReceivableHistory.id,
    sorts={"timestamp": ReceivableHistory.position},  # entries of one moment keep their order
    sort_default="timestamp",
)
_COLUMNS = {
    "event_type": ReceivableHistory.event_type,
    "entity_user_id": ReceivableHistory.entity_user_id,
    "timestamp": ReceivableHistory.happened_at,
}


class HistoryFilters(Filters):
    """What a history can be narrowed by. There are no mails, so none is found."""

    event_type__in: Annotated[list[EventType], Field(max_length=EVENT_TYPES_MAX)] | None = None
    entity_user_id__in: Ids | None = None
    timestamp__gt: Moment | None = None
    timestamp__lt: Moment | None = None
    timestamp__gte: Moment | None = None
    timestamp__lte: Moment | None = None


def actor_of(call: CallForEntity) -> UUID | None:
    """The entity user who calls; None for the partner."""
    found: UUID | None = getattr(call, "entity_user_id", None)
    return found


def enter(call: CallForEntity, row: Receivable, event: HistoryEvent, **event_data: Any) -> None:
    """Write what this call did to a receivable, whose row it has locked."""
    enter_history(call.session, row, event, at=call.now, entity_user_id=actor_of(call), **event_data)


async def enter_status(call: CallForEntity, row: Receivable, old_status: str) -> None:
    """Write that this call moved a receivable out of a status."""
    await enter_status_change(call.session, row, old_status, at=call.now, entity_user_id=actor_of(call))


def _show(row: ReceivableHistory) -> ReceivableHistoryResponse:
    return ReceivableHistoryResponse.model_validate(
        {
            "id": row.id,
            "entity_user_id": row.entity_user_id,
            "event_data": row.event_data,
            "event_type": row.event_type,
            "receivable_id": row.receivable_id,
            "timestamp": row.happened_at,
            "source": row.source,
        }
    )


async def read_history(
    call: CallForEntity, receivable_id: UUID, asked: Asked, filters: HistoryFilters
) -> ReceivableHistoryPaginationResponse:
    """A page of the history of a receivable; raises NotFound."""
    await load_of_entity(call, Receivable, receivable_id, "receivable")
    answer = await page_of(
        call,
        _LISTING,
        owner_id=receivable_id,
        asked=asked,
        filters=filters,
        query=lambda applied: rows_of_entity(call, ReceivableHistory).where(
            ReceivableHistory.receivable_id == receivable_id, *conditions(applied, _COLUMNS)
        ),
    )
    return ReceivableHistoryPaginationResponse(data=[_show(row) for row in answer.rows], **answer.tokens())


async def read_entry(call: CallForEntity, receivable_id: UUID, entry_id: UUID) -> ReceivableHistoryResponse:
    """One entry of the history of a receivable; raises NotFound, also for an entry of another one."""
    await load_of_entity(call, Receivable, receivable_id, "receivable")
    row = await load_of_entity(call, ReceivableHistory, entry_id, "history record")
    if row.receivable_id != receivable_id:
        message = f"There is no history record {entry_id}."
        raise NotFound(message)
    return _show(row)
