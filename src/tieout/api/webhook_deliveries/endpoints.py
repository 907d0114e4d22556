"""/webhook_deliveries."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, status
from sqlalchemy import Select, or_

from tieout.api.dependencies import EntityCall
from tieout.api.filtering import conditions
from tieout.api.paging import Listing, Paging, page_of
from tieout.api.scope import load_of_entity, rows_of_entity
from tieout.api.webhook_deliveries.schemas import (
    WebhookDeliveryFilters,
    WebhookDeliveryPaginationResource,
    WebhookDeliveryResource,
)
from tieout.kit.errors import Conflict
from tieout.storage.tables.webhooks import WebhookDelivery
from tieout.sync.delivering.replaying import begin_anew

router = APIRouter(prefix="/webhook_deliveries", tags=["Webhook deliveries"])

_LISTING = Listing(
    name="webhook_deliveries",
    id_column=WebhookDelivery.id,
    sorts={"created_at": WebhookDelivery.created_at, "updated_at": WebhookDelivery.updated_at},
    sort_default="created_at",
)
_FILTERED = {
    "event_id": WebhookDelivery.event_id,
    "object_type": WebhookDelivery.object_type,
    "created_at": WebhookDelivery.created_at,
}
_APART = frozenset(("event_action",))


@router.get("")
async def list_webhook_deliveries(
    call: EntityCall, paging: Paging, filters: Annotated[WebhookDeliveryFilters, Query()]
) -> WebhookDeliveryPaginationResource:
    """What was sent of the entity's events, one entry per event and subscription."""

    def query(filters: WebhookDeliveryFilters) -> Select[Any]:
        found = rows_of_entity(call, WebhookDelivery).where(*conditions(filters, _FILTERED, apart=_APART))
        action = filters.event_action
        if action is None:
            return found
        in_full = WebhookDelivery.object_type + "." + action
        return found.where(or_(WebhookDelivery.action == action, WebhookDelivery.action == in_full))

    page = await page_of(call, _LISTING, owner_id=call.entity_id, asked=paging, filters=filters, query=query)
    data = [WebhookDeliveryResource.model_validate(row) for row in page.rows]
    return WebhookDeliveryPaginationResource(data=data, **page.tokens())


@router.post("/{delivery_id}/replay", status_code=status.HTTP_202_ACCEPTED)
async def replay_webhook_delivery(call: EntityCall, delivery_id: UUID) -> WebhookDeliveryResource:
    """Deliver one event once more, after what waits already; one that waits itself is tried at once."""
    row = await load_of_entity(call, WebhookDelivery, delivery_id, "webhook delivery")
    if not await begin_anew(call.session, row, now=call.now):
        message = "The webhook subscription is disabled or was deleted: nothing can be delivered to it."
        raise Conflict(message)
    return WebhookDeliveryResource.model_validate(row)
