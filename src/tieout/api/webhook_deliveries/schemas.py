"""What is shown of a webhook's delivery (Monite, 'Webhook deliveries')."""

from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints

from tieout.api.schemas import EventObjectType, Filters, Moment, Page, Shown

SoughtAction = Annotated[str, StringConstraints(max_length=255)]


class WebhookDeliveryResource(Shown):
    """What came of delivering one event to one subscription.

    `was_successful` is null before the first attempt, then what the last one was. `response` is the beginning of the
    endpoint's answer.
    """

    id: UUID
    event_id: UUID
    requests_made_count: int
    response: str | None
    response_status_code: int | None
    url: str
    was_successful: bool | None


class WebhookDeliveryPaginationResource(Page):
    """A page of deliveries."""

    data: list[WebhookDeliveryResource]


class WebhookDeliveryFilters(Filters):
    """What a list of deliveries can be narrowed by; an action is `created` or `payable.created`."""

    event_id: UUID | None = None
    object_type: EventObjectType | None = None
    event_action: SoughtAction | None = None
    created_at__gt: Moment | None = None
    created_at__lt: Moment | None = None
    created_at__gte: Moment | None = None
    created_at__lte: Moment | None = None
