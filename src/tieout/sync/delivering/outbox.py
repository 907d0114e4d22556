"""From an event to its deliveries, in the transaction of the change itself.

Events are only noted while the transaction goes on. At its very end its partner's subscriptions are read, once, and
every one that wants an event gets a delivery, a number, and its lane woken. So no event is lost or sent before its
commit; nobody scans events; and who has no subscription pays one indexed read for a transaction.

The numbers come from the subscription's own row, which stays locked until the commit: they are in the order of commits,
which those of a database's sequence are not.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.engine.waking import wake_lane
from tieout.kit.identifiers import new_id
from tieout.storage.database import do_last
from tieout.storage.tables.webhooks import WebhookDelivery, WebhookSubscription
from tieout.storage.tables.work import Event
from tieout.sync.delivering.choosing import is_wanted

LANE_KIND: Final = "webhook"
_NOTED: Final = "noted_events"


def webhook_lane(subscription_id: UUID) -> str:
    """The key of the lane that delivers to a subscription."""
    return f"{LANE_KIND}:{subscription_id}"


def note_event(session: AsyncSession, event: Event) -> None:
    """Have an event, which the caller adds to this session, delivered to whoever subscribed to it."""
    session.info.setdefault(_NOTED, []).append(event)
    do_last(session, _enqueue_noted)


async def _enqueue_noted(session: AsyncSession) -> None:
    """Write the deliveries of what the transaction noted, apart from what a savepoint took back."""
    await session.flush()
    events = [event for event in session.info.pop(_NOTED) if event in session]
    if not events:
        return
    subscriptions = await session.execute(
        select(
            WebhookSubscription.id,
            WebhookSubscription.partner_id,
            WebhookSubscription.object_type,
            WebhookSubscription.event_types,
        )
        .where(
            WebhookSubscription.partner_id.in_({event.partner_id for event in events}),
            WebhookSubscription.object_type.in_({event.object_type for event in events}),
            WebhookSubscription.status == "enabled",
            WebhookSubscription.deleted_at.is_(None),
        )
        .order_by(WebhookSubscription.id)  # always the same way round: two transactions never wait for each other
    )
    for row in subscriptions.all():
        wanted = [
            event
            for event in events
            if (event.partner_id, event.object_type) == (row.partner_id, row.object_type)
            and is_wanted(row.event_types, object_type=event.object_type, action=event.action)
        ]
        if wanted:
            await enqueue(session, row.id, wanted, at=max(event.created_at for event in wanted))


async def enqueue(session: AsyncSession, subscription_id: UUID, events: Sequence[Event], *, at: datetime) -> int:
    """Write new deliveries of events, in their order, and wake the subscription's lane; returns how many.

    None when the subscription was disabled or deleted a moment ago.
    """
    numbered = await take_numbers(session, subscription_id, len(events))
    if numbered is None:
        return 0
    first, url = numbered
    await session.execute(
        insert(WebhookDelivery),
        [_delivery(subscription_id, event, url, first + place, at) for place, event in enumerate(events)],
    )
    await wake_lane(session, webhook_lane(subscription_id), at=at, partner_id=events[0].partner_id)
    return len(events)


async def take_numbers(session: AsyncSession, subscription_id: UUID, count: int) -> tuple[int, str] | None:
    """The first of `count` numbers of an enabled subscription, whose row stays locked, and its address."""
    row = (
        await session.execute(
            update(WebhookSubscription)
            .where(
                WebhookSubscription.id == subscription_id,
                WebhookSubscription.status == "enabled",
                WebhookSubscription.deleted_at.is_(None),
            )
            .values(last_number=WebhookSubscription.last_number + count)
            .returning(WebhookSubscription.last_number, WebhookSubscription.url)
            .execution_options(synchronize_session=False)
        )
    ).first()
    return None if row is None else (row.last_number - count + 1, row.url)


def _delivery(subscription_id: UUID, event: Event, url: str, number: int, at: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "subscription_id": subscription_id,
        "event_id": event.id,
        "partner_id": event.partner_id,
        "entity_id": event.entity_id,
        "object_type": event.object_type,
        "object_id": event.object_id,
        "action": event.action,
        "number": number,
        "next_attempt_at": at,
        "url": url,
        "created_at": at,
        "updated_at": at,
    }
