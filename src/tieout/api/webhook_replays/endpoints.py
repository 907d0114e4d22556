"""/webhook_replays."""

from uuid import UUID

from fastapi import APIRouter, status

from tieout.api.dependencies import PartnerCall
from tieout.api.webhook_replays import service
from tieout.api.webhook_replays.schemas import CreateWebhookReplayRequest, WebhookReplayResource, WebhookReplays

router = APIRouter(prefix="/webhook_replays", tags=["Webhook deliveries"])


@router.post("", status_code=status.HTTP_202_ACCEPTED)
async def create_webhook_replays(call: PartnerCall, body: CreateWebhookReplayRequest) -> WebhookReplays:
    """Have a range of events delivered again, by lanes."""
    return WebhookReplays(data=[service.shown(row) for row in await service.create_replays(call, body)])


@router.get("/{webhook_replay_id}")
async def get_webhook_replay(call: PartnerCall, webhook_replay_id: UUID) -> WebhookReplayResource:
    """How far a replay is."""
    return service.shown(await service.load_replay(call, webhook_replay_id))
