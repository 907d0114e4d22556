"""A turn of a subscription's lane: put in line what is to be replayed, send what is due, keep what came of it.

Of each object only the oldest delivery that waits may be sent, so that its events arrive in order; several objects are
sent at once. An object whose event is refused holds up itself alone. An endpoint that fails again and again is called
rarely, by one delivery at a time: it holds up nobody else's lane for long.

An attempt is recorded after it was made. Who dies in between makes it again, under the same `webhook-id`.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from tieout.engine.port import NextDue, Turn
from tieout.storage import audit_trail
from tieout.storage.tables.access import Partner
from tieout.storage.tables.webhooks import WAITING, WebhookDelivery, WebhookReplay, WebhookSubscription
from tieout.storage.tables.work import Event
from tieout.sync.delivering import schedule
from tieout.sync.delivering.replaying import next_replay, replay_page
from tieout.sync.delivering.sending import Outcome, attempt
from tieout.sync.services import Services

AT_ONCE_MAX: Final = 8
"""How many objects' events are sent to one endpoint at the same time."""
GAVE_UP: Final = "endpoint_failed_for_days"
"""Why Tieout disables a subscription by itself."""
ACTOR: Final = "tieout"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """What is to be done now: give the endpoint up, go on with a replay, or send what is due; else wait."""

    subscription: WebhookSubscription
    gives_up: bool = False
    replay: WebhookReplay | None = None
    due: Sequence[tuple[WebhookDelivery, Event]] = ()
    later_at: datetime | None = None


class WebhookTurns:
    """Runs turns of subscriptions' lanes."""

    def __init__(self, services: Services, *, api_version: str) -> None:
        """Keep nothing between turns; `api_version` is what webhooks say theirs is."""
        self._services = services
        self._api_version = api_version

    async def run(self, turn: Turn) -> NextDue:
        """Deliver until nothing is due, the turn is over or the endpoint fails; returns when to come back."""
        subscription_id = UUID(turn.key.partition(":")[2])
        while True:
            now = self._services.clock.now()
            async with self._services.database.read() as session:
                work = await _load(session, subscription_id, now=now)
            if work is None:
                return NextDue(None)
            if work.gives_up:
                async with turn.commit() as session:
                    await give_up(session, work.subscription, now=now)
            elif work.replay is not None:
                async with turn.commit() as session:
                    await replay_page(session, work.replay.id, now=now)
            elif work.due:
                await self._deliver(turn, work)
            else:
                return NextDue(work.later_at)
            if turn.is_over():
                return NextDue(self._services.clock.now())

    async def _deliver(self, turn: Turn, work: _Work) -> None:
        outcomes = await asyncio.gather(
            *(
                attempt(self._services, work.subscription, delivery.id, event, api_version=self._api_version)
                for delivery, event in work.due
            )
        )
        async with turn.commit() as session:
            await save(session, work.subscription.id, outcomes, now=self._services.clock.now())


async def _load(session: AsyncSession, subscription_id: UUID, *, now: datetime) -> _Work | None:
    """What a subscription's lane has to do; None when it is gone or disabled."""
    subscription = await session.get(WebhookSubscription, subscription_id)
    if subscription is None or subscription.deleted_at is not None or subscription.status != "enabled":
        return None
    if _is_given_up(subscription):
        return _Work(subscription=subscription, gives_up=True)
    if replay := await next_replay(session, subscription_id):
        return _Work(subscription=subscription, replay=replay)
    resting_until = subscription.rest_until
    if resting_until is None or resting_until <= now:
        count = 1 if subscription.failures_in_row else AT_ONCE_MAX
        if due := await _load_due(session, subscription_id, count, now=now):
            return _Work(subscription=subscription, due=due)
    next_at = await session.scalar(
        select(func.min(WebhookDelivery.next_attempt_at)).where(_is_first_of_its_object(subscription_id))
    )
    later_at = next_at if next_at is None or resting_until is None else max(next_at, resting_until)
    return _Work(subscription=subscription, later_at=later_at)


async def _load_due(
    session: AsyncSession, subscription_id: UUID, count: int, *, now: datetime
) -> list[tuple[WebhookDelivery, Event]]:
    found = await session.execute(
        select(WebhookDelivery, Event)
        .join(Event, Event.id == WebhookDelivery.event_id)
        .where(_is_first_of_its_object(subscription_id), WebhookDelivery.next_attempt_at <= now)
        .order_by(WebhookDelivery.number)
        .limit(count)
    )
    return [(delivery, event) for delivery, event in found]


def _is_first_of_its_object(subscription_id: UUID) -> ColumnElement[bool]:
    earlier = aliased(WebhookDelivery)
    return (
        (WebhookDelivery.subscription_id == subscription_id)
        & (WebhookDelivery.state == WAITING)
        & ~exists().where(
            earlier.subscription_id == subscription_id,
            earlier.state == WAITING,
            earlier.object_id == WebhookDelivery.object_id,
            earlier.number < WebhookDelivery.number,
        )
    )


async def save(session: AsyncSession, subscription_id: UUID, outcomes: Sequence[Outcome], *, now: datetime) -> None:
    """Keep what came of attempts, in the caller's transaction."""
    subscription = await session.get_one(WebhookSubscription, subscription_id, with_for_update=True)
    for outcome in outcomes:
        delivery = await session.get(WebhookDelivery, outcome.delivery_id)
        if delivery is not None:  # it may have been swept meanwhile
            _save_delivery(delivery, outcome, now=now)
    _save_health(subscription, outcomes, now=now)


def _save_delivery(delivery: WebhookDelivery, outcome: Outcome, *, now: datetime) -> None:
    delivery.attempts += 1
    delivery.requests_made_count += 1
    delivery.url = outcome.url
    delivery.response = outcome.response
    delivery.response_status_code = outcome.status
    delivery.failure = outcome.failure
    delivery.was_successful = outcome.failure is None
    delivery.updated_at = now
    if delivery.state != "waiting":  # its subscription was deleted meanwhile
        return
    delivery.next_attempt_at = (
        None if outcome.failure is None else schedule.next_attempt_at(delivery.id, delivery.attempts, now=now)
    )
    if delivery.next_attempt_at is None:
        delivery.state = "delivered" if outcome.failure is None else "failed"


def _save_health(subscription: WebhookSubscription, outcomes: Sequence[Outcome], *, now: datetime) -> None:
    """What was sent at once counts once: one success among it ends the failing, and else it is one failure more."""
    subscription.last_attempt_at = now
    failures = [outcome.failure for outcome in outcomes if outcome.failure and outcome.url == subscription.url]
    if any(outcome.failure is None for outcome in outcomes):
        subscription.last_success_at = now
        subscription.failing_since = subscription.rest_until = None
        subscription.failures_in_row = 0
    elif failures:  # what another address did before a change says nothing of this one
        subscription.failing_since = subscription.failing_since or now
        subscription.failures_in_row += 1
        subscription.rest_until = schedule.rest_until(subscription.failures_in_row, now=now)
    if failures:
        subscription.last_failure = failures[-1]


def _is_given_up(subscription: WebhookSubscription) -> bool:
    return schedule.is_given_up(
        subscription.failing_since, subscription.failures_in_row, last_attempt_at=subscription.last_attempt_at
    )


async def give_up(session: AsyncSession, seen: WebhookSubscription, *, now: datetime) -> None:
    """Disable an endpoint that has failed for days, in the caller's transaction; what waits for it goes on waiting.

    The partner's row is locked first, as the audit trail does it: nobody locks it after a subscription's. Somebody may
    have given the subscription another address meanwhile.
    """
    await session.execute(select(Partner.id).where(Partner.id == seen.partner_id).with_for_update(key_share=True))
    subscription = await session.get_one(WebhookSubscription, seen.id, with_for_update=True)
    if not _is_given_up(subscription):
        return
    await audit_trail.record(
        session,
        partner_id=subscription.partner_id,
        at=now,
        actor=ACTOR,
        action="webhook_subscription.disabled",
        subject_id=str(subscription.id),
        details={"reason": GAVE_UP},
    )
    subscription.status = "disabled"
    subscription.disabled_at = subscription.updated_at = now
    subscription.disabled_reason = GAVE_UP
    subscription.rest_until = None
