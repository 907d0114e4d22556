"""/events."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from sqlalchemy import ColumnElement, Select, exists, or_, select

from tieout.api.additions import VALUES
from tieout.api.dependencies import EntityCall, PartnerCall
from tieout.api.events.schemas import EventFilters, EventPaginationResource, EventResource
from tieout.api.filtering import conditions
from tieout.api.paging import Listing, Paging, page_of
from tieout.api.scope import rows_of_entity
from tieout.api.versions import CONTRACT_VERSION
from tieout.kit.errors import NotFound
from tieout.storage.tables.webhooks import WebhookSubscription
from tieout.storage.tables.work import Event
from tieout.sync.delivering.bodies import told_event

router = APIRouter(prefix="/events", tags=["Events"])

_LISTING = Listing(
    name="events",
    id_column=Event.id,
    sorts={"created_at": Event.created_at, "updated_at": Event.created_at},  # an event never changes
    sort_default="created_at",
)
_FILTERED = {"object_type": Event.object_type, "created_at": Event.created_at}


_ADDED_TYPES = sorted(
    added.value for added in VALUES if (added.schema, added.field) == ("WebhookObjectType", "object_type")
)


def _shown(event: Event) -> EventResource:
    return EventResource.model_validate(told_event(event, api_version=CONTRACT_VERSION))


def _is_known_to(call: EntityCall) -> ColumnElement[bool]:
    """The contract closes the list of object types: others are shown only to partners who have subscribed to them."""
    subscribed = exists().where(
        WebhookSubscription.partner_id == call.partner_id,
        WebhookSubscription.object_type == Event.object_type,
        WebhookSubscription.deleted_at.is_(None),
    )
    return or_(Event.object_type.not_in(_ADDED_TYPES), subscribed)


@router.get("")
async def list_events(
    call: EntityCall, paging: Paging, filters: Annotated[EventFilters, Query()]
) -> EventPaginationResource:
    """What happened to the entity's records."""

    def query(filters: EventFilters) -> Select[Any]:
        found = rows_of_entity(call, Event).where(*conditions(filters, _FILTERED))
        return found if filters.object_type is not None else found.where(_is_known_to(call))

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
