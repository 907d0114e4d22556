"""What is asked and shown of a replay: an addition to the contract."""

from datetime import datetime
from uuid import UUID

from pydantic import StrictBool

from tieout.api.schemas import Body, EventObjectType, Moment, Shown


class CreateWebhookReplayRequest(Body):
    """A range of events to be delivered again: by time, and by object type, subscription or entity, or all of these.

    Without an end the range ends now. With `undelivered_only` what an endpoint has taken is left out.
    """

    created_at__gte: Moment
    created_at__lte: Moment | None = None
    object_type: EventObjectType | None = None
    webhook_subscription_id: UUID | None = None
    entity_id: UUID | None = None
    undelivered_only: StrictBool = False


class WebhookReplayResource(Shown):
    """The replay of a range for one subscription; `events_count` events were put in line so far."""

    id: UUID
    created_at: datetime
    webhook_subscription_id: UUID
    entity_id: UUID | None
    created_at__gte: datetime
    created_at__lte: datetime
    undelivered_only: bool
    events_count: int
    finished_at: datetime | None


class WebhookReplays(Shown):
    """The replays of a range, one for each subscription."""

    data: list[WebhookReplayResource]
