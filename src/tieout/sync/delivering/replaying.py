"""Delivering again: one delivery, or every event of a range for one subscription, page by page in its lane.

There is one delivery for an event and a subscription: a replay begins it anew, at the end of the line, so that what was
sent before a replay arrives before it. Its requests are counted on.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.engine.waking import wake_lane
from tieout.storage.tables.webhooks import WAITING, WebhookDelivery, WebhookReplay, WebhookSubscription
from tieout.storage.tables.work import Event
from tieout.sync.delivering.choosing import is_wanted, trial_action
from tieout.sync.delivering.outbox import enqueue, take_numbers, webhook_lane

PAGE_EVENTS_MAX: Final = 500
"""How many events of a range are looked at in one commit."""
WAITING_MAX: Final = 2_000
"""While more than this waits for an endpoint, its replays wait too."""


async def next_replay(session: AsyncSession, subscription_id: UUID) -> WebhookReplay | None:
    """The oldest replay of a subscription that is not finished; None too while the line is long enough without it."""
    replay: WebhookReplay | None = await session.scalar(
        select(WebhookReplay)
        .where(WebhookReplay.subscription_id == subscription_id, WebhookReplay.finished_at.is_(None))
        .order_by(WebhookReplay.created_at, WebhookReplay.id)
        .limit(1)
    )
    if replay is None:
        return None
    waiting = select(WebhookDelivery.id).where(
        WebhookDelivery.subscription_id == subscription_id, WebhookDelivery.state == WAITING
    )
    length = await session.scalar(select(func.count()).select_from(waiting.limit(WAITING_MAX).subquery()))
    return None if (length or 0) >= WAITING_MAX else replay


async def replay_page(session: AsyncSession, replay_id: UUID, *, now: datetime) -> None:
    """Put the next events of a range in line, in the caller's transaction."""
    replay = await session.get_one(WebhookReplay, replay_id)
    subscription = await session.get_one(WebhookSubscription, replay.subscription_id, with_for_update=True)
    events = await _page(session, replay, subscription)
    wanted = [event for event in events if _is_wanted(subscription, event)]
    replay.events_count += await _put_in_line(session, replay, wanted, now=now)
    replay.updated_at = now
    if events:
        replay.position = {"created_at": events[-1].created_at.isoformat(), "id": str(events[-1].id)}
    if len(events) < PAGE_EVENTS_MAX:
        replay.finished_at = now


def _is_wanted(subscription: WebhookSubscription, event: Event) -> bool:
    if event.action == trial_action(event.object_type):
        return event.object_id == subscription.id
    return is_wanted(subscription.event_types, object_type=event.object_type, action=event.action)


async def _page(session: AsyncSession, replay: WebhookReplay, subscription: WebhookSubscription) -> Sequence[Event]:
    query = select(Event).where(
        Event.partner_id == replay.partner_id,
        Event.object_type == subscription.object_type,
        Event.created_at >= replay.from_at,
        Event.created_at <= replay.until_at,
    )
    if replay.entity_id is not None:
        query = query.where(Event.entity_id == replay.entity_id)
    if replay.position is not None:
        after = (datetime.fromisoformat(replay.position["created_at"]), UUID(replay.position["id"]))
        query = query.where((Event.created_at > after[0]) | ((Event.created_at == after[0]) & (Event.id > after[1])))
    query = query.order_by(Event.created_at, Event.id).limit(PAGE_EVENTS_MAX)
    return (await session.scalars(query)).all()


async def _put_in_line(session: AsyncSession, replay: WebhookReplay, events: Sequence[Event], *, now: datetime) -> int:
    """Begin deliveries anew, or for the first time; those that wait already are left where they are."""
    known = {
        delivery.event_id: delivery
        for delivery in await session.scalars(
            select(WebhookDelivery).where(
                WebhookDelivery.subscription_id == replay.subscription_id,
                WebhookDelivery.event_id.in_([event.id for event in events]),
            )
        )
    }
    last = max((delivery.number for delivery in known.values()), default=0)
    in_order = sorted(events, key=lambda one: (one.created_at, known[one.id].number if one.id in known else last + 1))
    count = 0
    for event in in_order:
        delivery = known.get(event.id)
        if delivery is None:
            count += await enqueue(session, replay.subscription_id, [event], at=now)
        elif delivery.state != "waiting" and not (replay.is_undelivered_only and delivery.state == "delivered"):
            count += await begin_anew(session, delivery, now=now)
    return count


async def begin_anew(session: AsyncSession, delivery: WebhookDelivery, *, now: datetime) -> bool:
    """Put a delivery at the end of its subscription's line, in the caller's transaction; one that waits becomes due.

    False when the subscription is disabled or deleted. Whoever changes a delivery has its subscription's row locked:
    taking a number does that, and only then it is sure what state the delivery is in.
    """
    numbered = await take_numbers(session, delivery.subscription_id, 1)
    if numbered is None:
        return False
    await session.refresh(delivery)
    if delivery.state != "waiting":
        delivery.number, delivery.url = numbered
        delivery.state = "waiting"
        delivery.attempts = 0
    delivery.next_attempt_at = delivery.updated_at = now
    await wake_lane(session, webhook_lane(delivery.subscription_id), at=now, partner_id=delivery.partner_id)
    return True
