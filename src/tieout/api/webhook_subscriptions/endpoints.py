"""/webhook_subscriptions."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, status
from sqlalchemy import Select, select

from tieout.api.dependencies import EntityCall, PartnerCall
from tieout.api.events.schemas import EventResource
from tieout.api.filtering import conditions
from tieout.api.paging import Listing, Paging, page_of
from tieout.api.versions import CONTRACT_VERSION
from tieout.api.webhook_subscriptions import service
from tieout.api.webhook_subscriptions.schemas import (
    CreateWebhookSubscriptionRequest,
    UpdateWebhookSubscriptionRequest,
    WebhookSubscriptionFilters,
    WebhookSubscriptionHealth,
    WebhookSubscriptionPaginationResource,
    WebhookSubscriptionResource,
    WebhookSubscriptionResourceWithSecret,
)
from tieout.storage.tables.webhooks import WebhookSubscription
from tieout.sync.delivering.bodies import told_event

router = APIRouter(prefix="/webhook_subscriptions", tags=["Webhook subscriptions"])

_LISTING = Listing(
    name="webhook_subscriptions",
    id_column=WebhookSubscription.id,
    sorts={"created_at": WebhookSubscription.created_at, "updated_at": WebhookSubscription.updated_at},
    sort_default="created_at",
)
_FILTERED = {"object_type": WebhookSubscription.object_type, "created_at": WebhookSubscription.created_at}


@router.get("")
async def list_webhook_subscriptions(
    call: PartnerCall, paging: Paging, filters: Annotated[WebhookSubscriptionFilters, Query()]
) -> WebhookSubscriptionPaginationResource:
    """The partner's subscriptions."""

    def query(filters: WebhookSubscriptionFilters) -> Select[Any]:
        return select(WebhookSubscription).where(
            WebhookSubscription.partner_id == call.partner_id,
            WebhookSubscription.deleted_at.is_(None),
            *conditions(filters, _FILTERED),
        )

    page = await page_of(call, _LISTING, owner_id=call.partner_id, asked=paging, filters=filters, query=query)
    return WebhookSubscriptionPaginationResource(data=[service.shown(row) for row in page.rows], **page.tokens())


@router.post("", status_code=status.HTTP_201_CREATED)
async def create_webhook_subscription(
    call: PartnerCall, body: CreateWebhookSubscriptionRequest
) -> WebhookSubscriptionResourceWithSecret:
    """Subscribe to the events of an object type; the answer shows the secret once."""
    return await service.create_subscription(call, body)


@router.get("/{webhook_subscription_id}")
async def get_webhook_subscription(call: PartnerCall, webhook_subscription_id: UUID) -> WebhookSubscriptionResource:
    """One subscription."""
    return service.shown(await service.load_subscription(call, webhook_subscription_id))


@router.patch("/{webhook_subscription_id}")
async def update_webhook_subscription(
    call: PartnerCall, webhook_subscription_id: UUID, body: UpdateWebhookSubscriptionRequest
) -> WebhookSubscriptionResource:
    """Change a subscription."""
    return await service.update_subscription(call, webhook_subscription_id, body)


@router.delete("/{webhook_subscription_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_webhook_subscription(call: PartnerCall, webhook_subscription_id: UUID) -> None:
    """End a subscription."""
    await service.delete_subscription(call, webhook_subscription_id)


@router.post("/{webhook_subscription_id}/disable")
async def disable_webhook_subscription(call: PartnerCall, webhook_subscription_id: UUID) -> WebhookSubscriptionResource:
    """Stop delivering."""
    return await service.disable_subscription(call, webhook_subscription_id)


@router.post("/{webhook_subscription_id}/enable")
async def enable_webhook_subscription(call: PartnerCall, webhook_subscription_id: UUID) -> WebhookSubscriptionResource:
    """Deliver again."""
    return await service.enable_subscription(call, webhook_subscription_id)


@router.post("/{webhook_subscription_id}/regenerate_secret")
async def regenerate_webhook_secret(
    call: PartnerCall, webhook_subscription_id: UUID
) -> WebhookSubscriptionResourceWithSecret:
    """Exchange the secret; the old one ends at once."""
    return await service.regenerate_secret(call, webhook_subscription_id)


@router.get("/{webhook_subscription_id}/health")
async def get_webhook_subscription_health(
    call: PartnerCall, webhook_subscription_id: UUID
) -> WebhookSubscriptionHealth:
    """How the endpoint is doing, and why it was disabled."""
    return await service.health_of(call, webhook_subscription_id)


@router.post("/{webhook_subscription_id}/test", status_code=status.HTTP_202_ACCEPTED)
async def send_test_event(call: EntityCall, webhook_subscription_id: UUID) -> EventResource:
    """Have a test event sent to the endpoint."""
    event = await service.send_test_event(call, webhook_subscription_id)
    return EventResource.model_validate(told_event(event, api_version=CONTRACT_VERSION))
