"""What is shown of an event (Monite, 'Events')."""

from datetime import datetime
from typing import Any
from uuid import UUID

from tieout.api.schemas import EventObjectType, Filters, Moment, Page, Shown


class EventResource(Shown):
    """An event; `object` is the record as it was then."""

    id: UUID
    created_at: datetime
    action: str
    api_version: str
    description: str
    entity_id: UUID
    object: dict[str, Any]
    object_type: str


class EventPaginationResource(Page):
    """A page of events."""

    data: list[EventResource]


class EventFilters(Filters):
    """What a list of events can be narrowed by."""

    object_type: EventObjectType | None = None
    created_at__gt: Moment | None = None
    created_at__lt: Moment | None = None
    created_at__gte: Moment | None = None
    created_at__lte: Moment | None = None
