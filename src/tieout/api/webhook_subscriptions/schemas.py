"""What is sent and shown of a webhook subscription (Monite, 'Webhook subscriptions')."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from tieout.api.schemas import Body, EventObjectType, Filters, Moment, Page, Shown, Url

EVENT_TYPES_MAX = 100
EVENT_TYPE_LENGTH_MAX = 100

EventType = Annotated[str, StringConstraints(min_length=1, max_length=EVENT_TYPE_LENGTH_MAX)]
EventTypes = Annotated[list[EventType], Field(max_length=EVENT_TYPES_MAX)]


class WebhookSubscriptionStatus(StrEnum):
    """Whether events are delivered."""

    ENABLED = "enabled"
    DISABLED = "disabled"


class CreateWebhookSubscriptionRequest(Body):
    """A new subscription; no event types are all of the object type."""

    object_type: EventObjectType
    url: Url
    event_types: Annotated[EventTypes, Field(default_factory=list)]


class UpdateWebhookSubscriptionRequest(Body):
    """A change of a subscription; null leaves a field as it is."""

    object_type: EventObjectType | None = None
    url: Url | None = None
    event_types: EventTypes | None = None


class WebhookSubscriptionResource(Shown):
    """A subscription."""

    id: UUID
    event_types: list[str]
    object_type: str
    status: WebhookSubscriptionStatus
    url: str


class WebhookSubscriptionResourceWithSecret(WebhookSubscriptionResource):
    """A subscription with its secret, which is shown this once."""

    secret: str


class WebhookSubscriptionPaginationResource(Page):
    """A page of subscriptions."""

    data: list[WebhookSubscriptionResource]


class WebhookSubscriptionFilters(Filters):
    """What a list of subscriptions can be narrowed by."""

    object_type: EventObjectType | None = None
    created_at__gt: Moment | None = None
    created_at__lt: Moment | None = None
    created_at__gte: Moment | None = None
    created_at__lte: Moment | None = None


class WebhookSubscriptionHealth(Shown):
    """How an endpoint is doing: an addition to the contract.

    `disabled_reason` is `by_request` or `endpoint_failed_for_days`; `resting_until` is set while a failing endpoint is
    called rarely; `waiting_count` counts deliveries to come, at most up to a thousand.
    """

    id: UUID
    status: WebhookSubscriptionStatus
    disabled_at: datetime | None
    disabled_reason: str | None
    failing_since: datetime | None
    failures_in_row: int
    last_failure: str | None
    last_attempt_at: datetime | None
    last_success_at: datetime | None
    resting_until: datetime | None
    waiting_count: int
    next_attempt_at: datetime | None
