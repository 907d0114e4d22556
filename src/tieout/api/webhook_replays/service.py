"""The rules of replays: what they name must exist and be enabled; the lanes of the subscriptions do the rest."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select

from tieout.api.dependencies import Call
from tieout.api.webhook_replays.schemas import CreateWebhookReplayRequest, WebhookReplayResource
from tieout.kit.errors import Conflict, Fault, NotFound, Unprocessable
from tieout.storage.tables.business import Entity
from tieout.storage.tables.webhooks import WebhookReplay, WebhookSubscription
from tieout.sync.delivering.outbox import webhook_lane

UNFINISHED_MAX = 20
"""How many replays of one subscription may be under way."""


def shown(row: WebhookReplay) -> WebhookReplayResource:
    """The replay as the API shows it."""
    return WebhookReplayResource(
        id=row.id,
        created_at=row.created_at,
        webhook_subscription_id=row.subscription_id,
        entity_id=row.entity_id,
        created_at__gte=row.from_at,
        created_at__lte=row.until_at,
        undelivered_only=row.is_undelivered_only,
        events_count=row.events_count,
        finished_at=row.finished_at,
    )


async def load_replay(call: Call, replay_id: UUID) -> WebhookReplay:
    """A replay of the caller's; raises NotFound."""
    query = select(WebhookReplay).where(WebhookReplay.id == replay_id, WebhookReplay.partner_id == call.partner_id)
    row: WebhookReplay | None = await call.session.scalar(query)
    if row is None:
        message = f"There is no webhook replay {replay_id}."
        raise NotFound(message)
    return row


async def create_replays(call: Call, body: CreateWebhookReplayRequest) -> list[WebhookReplay]:
    """Begin a replay for every subscription that the range is for; raises Unprocessable or Conflict."""
    until = min(body.created_at__lte or call.now, call.now)  # what is yet to happen is delivered anyway
    if until < body.created_at__gte:
        raise Unprocessable(Fault(("body", "created_at__gte"), "Input should be before the end, and not in the future"))
    subscriptions = await _subscriptions(call, body)
    await _check_entity(call, body.entity_id)
    rows = [
        WebhookReplay(
            partner_id=call.partner_id,
            subscription_id=subscription.id,
            entity_id=body.entity_id,
            from_at=body.created_at__gte,
            until_at=until,
            is_undelivered_only=body.undelivered_only,
            events_count=0,
            created_at=call.now,
            updated_at=call.now,
        )
        for subscription in subscriptions
    ]
    call.session.add_all(rows)
    await call.session.flush()
    for row in rows:
        lane = webhook_lane(row.subscription_id)
        await call.services.engine.wake(call.session, lane, partner_id=row.partner_id)
    return rows


async def _check_entity(call: Call, entity_id: UUID | None) -> None:
    if entity_id is None:
        return
    query = select(Entity.id).where(Entity.id == entity_id, Entity.partner_id == call.partner_id)
    if await call.session.scalar(query) is None:
        raise Unprocessable(Fault(("body", "entity_id"), f"there is no entity {entity_id}", "value_error.unknown_id"))


async def _subscriptions(call: Call, body: CreateWebhookReplayRequest) -> Sequence[WebhookSubscription]:
    query = select(WebhookSubscription).where(
        WebhookSubscription.partner_id == call.partner_id, WebhookSubscription.deleted_at.is_(None)
    )
    if body.webhook_subscription_id is not None:
        query = query.where(WebhookSubscription.id == body.webhook_subscription_id)
        if await call.session.scalar(query) is None:
            fault = f"there is no webhook subscription {body.webhook_subscription_id}"
            raise Unprocessable(Fault(("body", "webhook_subscription_id"), fault, "value_error.unknown_id"))
    if body.object_type is not None:
        query = query.where(WebhookSubscription.object_type == body.object_type)
    found = (
        await call.session.scalars(
            query.where(WebhookSubscription.status == "enabled").order_by(WebhookSubscription.id)
        )
    ).all()
    if not found:
        message = "No enabled webhook subscription is for these events: subscribe, or enable one, first."
        raise Conflict(message)
    unfinished = (
        select(WebhookReplay.subscription_id)
        .where(
            WebhookReplay.subscription_id.in_([one.id for one in found]),
            WebhookReplay.finished_at.is_(None),
        )
        .group_by(WebhookReplay.subscription_id)
        .having(func.count() >= UNFINISHED_MAX)
    )
    if busy := await call.session.scalar(unfinished):
        message = f"{UNFINISHED_MAX} replays of the webhook subscription {busy} are under way: wait for them."
        raise Conflict(message)
    return found
