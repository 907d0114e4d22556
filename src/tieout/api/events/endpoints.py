"""/events."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from sqlalchemy import Select, select

from tieout.api.dependencies import EntityCall, PartnerCall
from tieout.api.events.schemas import EventFilters, EventPaginationResource, EventResource
from tieout.api.filtering import conditions
from tieout.api.paging import Listing, Paging, page_of
from tieout.api.scope import rows_of_entity
from tieout.api.versions import CONTRACT_VERSION
from tieout.kit.errors import NotFound
from tieout.storage.tables.work import Event

router = APIRouter(prefix="/events", tags=["Events"])

_LISTING = Listing(
    name="events",
    id_column=Event.id,
    sorts={"created_at": Event.created_at, "updated_at": Event.created_at},  # an event never changes
    sort_default="created_at",
)
_FILTERED = {"object_type": Event.object_type, "created_at": Event.created_at}


def _shown(event: Event) -> EventResource:
    object_type, _, verb = event.action.partition(".")
    return EventResource(
        id=event.id,
        created_at=event.created_at,
        action=event.action,
        api_version=CONTRACT_VERSION,
        description=f"{object_type} {event.object_id}: {verb}",
        entity_id=event.entity_id,
        object=event.payload,
        object_type=event.object_type,
    )


@router.get("")
async def list_events(
    call: EntityCall, paging: Paging, filters: Annotated[EventFilters, Query()]
) -> EventPaginationResource:
    """What happened to the entity's records."""

    def query(filters: EventFilters) -> Select[Any]:
        return rows_of_entity(call, Event).where(*conditions(filters, _FILTERED))

    page = await page_of(call, _LISTING, owner_id=call.entity_id, asked=paging, filters=filters, query=query)
    return EventPaginationResource(data=[_shown(event) for event in page.rows], **page.tokens())


@router.get("/{event_id}")
async def get_event(call: PartnerCall, event_id: UUID) -> EventResource:
    """One event of any of the partner's entities."""
    query = select(Event).where(Event.id == event_id, Event.partner_id == call.partner_id)
    event = await call.session.scalar(query)
    if event is None:
        message = f"There is no event {event_id}."
        raise NotFound(message)
    return _shown(event)
