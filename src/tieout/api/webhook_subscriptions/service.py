"""The rules of webhook subscriptions.

Every change first writes its audit entry, which locks the partner, and only then touches the subscription's row: events
lock in that order too.
"""

from typing import Any
from uuid import UUID

from pydantic import HttpUrl
from sqlalchemy import func, select, update

from tieout.api.dependencies import Call, CallForEntity
from tieout.api.enumerations import ENUMERATIONS
from tieout.api.webhook_subscriptions.schemas import (
    CreateWebhookSubscriptionRequest,
    UpdateWebhookSubscriptionRequest,
    WebhookSubscriptionHealth,
    WebhookSubscriptionResource,
    WebhookSubscriptionResourceWithSecret,
)
from tieout.kit.errors import Conflict, Fault, NotFound, Unprocessable
from tieout.kit.identifiers import new_id
from tieout.security.webhook_signatures import new_secret
from tieout.storage import audit_trail
from tieout.storage.tables.webhooks import WAITING, WebhookDelivery, WebhookReplay, WebhookSubscription
from tieout.storage.tables.work import Event
from tieout.sync.delivering.choosing import address_fault, trial_action
from tieout.sync.delivering.outbox import enqueue, webhook_lane
from tieout.sync.delivering.sending import place_of_secret

SUBSCRIPTIONS_MAX = 500
"""How many a partner may have: each change's events are compared with all of its object type."""
WAITING_COUNTED_MAX = 1_000
BY_REQUEST = "by_request"


def shown(row: WebhookSubscription) -> WebhookSubscriptionResource:
    """The subscription as the API shows it."""
    return WebhookSubscriptionResource.model_validate(row)


def _shown_with_secret(row: WebhookSubscription, secret: str) -> WebhookSubscriptionResourceWithSecret:
    return WebhookSubscriptionResourceWithSecret(**shown(row).model_dump(), secret=secret)


async def load_subscription(call: Call, subscription_id: UUID, *, for_update: bool = False) -> WebhookSubscription:
    """A subscription of the caller's; raises NotFound."""
    query = select(WebhookSubscription).where(
        WebhookSubscription.id == subscription_id,
        WebhookSubscription.partner_id == call.partner_id,
        WebhookSubscription.deleted_at.is_(None),
    )
    if for_update:
        query = query.with_for_update().execution_options(populate_existing=True)
    row: WebhookSubscription | None = await call.session.scalar(query)
    if row is None:
        message = f"There is no webhook subscription {subscription_id}."
        raise NotFound(message)
    return row


async def _load_audited(
    call: Call, subscription_id: UUID, verb: str, details: dict[str, Any] | None = None
) -> WebhookSubscription:
    """The subscription, locked for a change that the audit trail tells of; raises NotFound."""
    await load_subscription(call, subscription_id)
    await _audit(call, subscription_id, verb, details)
    return await load_subscription(call, subscription_id, for_update=True)


async def _audit(call: Call, subscription_id: UUID, verb: str, details: dict[str, Any] | None = None) -> None:
    await audit_trail.record(
        call.session,
        partner_id=call.partner_id,
        at=call.now,
        actor=call.actor,
        action=f"webhook_subscription.{verb}",
        subject_id=str(subscription_id),
        details=details,
    )


def _check_url(call: Call, url: str | None) -> None:
    if url is None:
        return
    allow_private = call.services.settings.allow_private_addresses
    if fault := address_fault(url, host=HttpUrl(url).host, allow_private=allow_private):
        raise Unprocessable(Fault(("body", "url"), fault, "value_error.url"))


def _check_event_types(event_types: list[str], object_type: str) -> None:
    """A type that names another object would never be delivered."""
    others = tuple(f"{name}." for name in ENUMERATIONS["WebhookObjectType"] if name != object_type)
    faults = [
        Fault(
            ("body", "event_types", place),
            f"Input should be an event of {object_type}: a subscription is for one object type",
            "value_error.event_type",
        )
        for place, name in enumerate(event_types)
        if name.startswith(others) and not name.startswith(f"{object_type}.")
    ]
    if faults:
        raise Unprocessable(*faults)


async def create_subscription(
    call: Call, body: CreateWebhookSubscriptionRequest
) -> WebhookSubscriptionResourceWithSecret:
    """Subscribe; raises Unprocessable, or Conflict when there are too many."""
    _check_url(call, body.url)
    _check_event_types(body.event_types, body.object_type)
    subscription_id, secret = new_id(), new_secret()
    await _audit(call, subscription_id, "created", {"object_type": body.object_type})
    count = await call.session.scalar(
        select(func.count()).where(
            WebhookSubscription.partner_id == call.partner_id, WebhookSubscription.deleted_at.is_(None)
        )
    )
    if (count or 0) >= SUBSCRIPTIONS_MAX:
        message = f"There are {SUBSCRIPTIONS_MAX} webhook subscriptions already: delete those that are not needed."
        raise Conflict(message)
    row = WebhookSubscription(
        id=subscription_id,
        partner_id=call.partner_id,
        object_type=body.object_type,
        event_types=body.event_types,
        url=body.url,
        secret=call.services.vault.seal(secret, place=place_of_secret(subscription_id)),
        status="enabled",
        created_at=call.now,
        updated_at=call.now,
    )
    call.session.add(row)
    await call.session.flush()
    return _shown_with_secret(row, secret)


async def update_subscription(
    call: Call, subscription_id: UUID, body: UpdateWebhookSubscriptionRequest
) -> WebhookSubscriptionResource:
    """Change a subscription; what waits for it goes to its new address; raises NotFound or Unprocessable."""
    before = await load_subscription(call, subscription_id)
    fields = {name: value for name, value in body.model_dump(exclude_unset=True).items() if value is not None}
    _check_url(call, body.url)
    object_type = fields.get("object_type", before.object_type)
    _check_event_types(fields.get("event_types", before.event_types), object_type)
    row = await _load_audited(call, subscription_id, "updated", {"fields": sorted(fields)})
    if fields.get("url", row.url) != row.url:
        _forget_failures(row)
        await _wake(call, row)
    for name, value in fields.items():
        setattr(row, name, value)
    row.updated_at = call.now
    return shown(row)


async def delete_subscription(call: Call, subscription_id: UUID) -> None:
    """End a subscription; what waited for it is not sent any more; raises NotFound."""
    row = await _load_audited(call, subscription_id, "deleted")
    row.deleted_at = row.updated_at = call.now
    row.secret = call.services.vault.seal("", place=place_of_secret(row.id))
    await call.session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.subscription_id == row.id, WebhookDelivery.state == WAITING)
        .values(
            state="failed",
            next_attempt_at=None,
            was_successful=False,
            failure="The subscription was deleted.",
            updated_at=call.now,
        )
        .execution_options(synchronize_session=False)
    )
    await call.session.execute(
        update(WebhookReplay)
        .where(WebhookReplay.subscription_id == row.id, WebhookReplay.finished_at.is_(None))
        .values(finished_at=call.now, updated_at=call.now)
        .execution_options(synchronize_session=False)
    )


async def disable_subscription(call: Call, subscription_id: UUID) -> WebhookSubscriptionResource:
    """Stop delivering; events are not kept for it meanwhile; repeating it changes nothing; raises NotFound."""
    row = await load_subscription(call, subscription_id)
    if row.status != "disabled":
        row = await _load_audited(call, subscription_id, "disabled", {"reason": BY_REQUEST})
        row.status = "disabled"
        row.disabled_at = row.updated_at = call.now
        row.disabled_reason = BY_REQUEST
    return shown(row)


async def enable_subscription(call: Call, subscription_id: UUID) -> WebhookSubscriptionResource:
    """Deliver again, beginning with what waited when it was disabled; raises NotFound."""
    row = await load_subscription(call, subscription_id)
    if row.status != "enabled":
        row = await _load_audited(call, subscription_id, "enabled")
        row.status = "enabled"
        row.disabled_at = row.disabled_reason = None
        row.updated_at = call.now
        _forget_failures(row)
        await _wake(call, row)
    return shown(row)


async def regenerate_secret(call: Call, subscription_id: UUID) -> WebhookSubscriptionResourceWithSecret:
    """Exchange the secret; the old one signs nothing from now on; raises NotFound."""
    row = await _load_audited(call, subscription_id, "secret_regenerated")
    secret = new_secret()
    row.secret = call.services.vault.seal(secret, place=place_of_secret(row.id))
    row.updated_at = call.now
    return _shown_with_secret(row, secret)


def _forget_failures(row: WebhookSubscription) -> None:
    row.failing_since = row.rest_until = row.last_failure = None
    row.failures_in_row = 0


async def _wake(call: Call, row: WebhookSubscription) -> None:
    """Try at once what waits for a later attempt: whoever repaired an endpoint wants to see it work."""
    await call.session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.subscription_id == row.id, WebhookDelivery.state == WAITING)
        .values(next_attempt_at=call.now)
        .execution_options(synchronize_session=False)
    )
    await call.services.engine.wake(call.session, webhook_lane(row.id), partner_id=row.partner_id)


async def health_of(call: Call, subscription_id: UUID) -> WebhookSubscriptionHealth:
    """How the endpoint is doing; raises NotFound."""
    row = await load_subscription(call, subscription_id)
    waiting = (
        select(WebhookDelivery.next_attempt_at)
        .where(WebhookDelivery.subscription_id == row.id, WebhookDelivery.state == WAITING)
        .order_by(WebhookDelivery.number)
        .limit(WAITING_COUNTED_MAX)
        .subquery()
    )
    count, next_attempt_at = (
        await call.session.execute(select(func.count(), func.min(waiting.c.next_attempt_at)).select_from(waiting))
    ).one()
    resting = row.rest_until if row.rest_until is not None and row.rest_until > call.now else None
    return WebhookSubscriptionHealth(
        **{name: getattr(row, name) for name in WebhookSubscriptionHealth.model_fields if hasattr(row, name)},
        resting_until=resting,
        waiting_count=count,
        next_attempt_at=next_attempt_at if row.status == "enabled" else None,
    )


async def send_test_event(call: CallForEntity, subscription_id: UUID) -> Event:
    """Write an event that only this subscription gets, whatever its event types; raises NotFound or Conflict."""
    row = await load_subscription(call, subscription_id)
    event = Event(
        partner_id=call.partner_id,
        entity_id=call.entity_id,
        object_type=row.object_type,
        object_id=row.id,
        action=trial_action(row.object_type),
        payload={},
        created_at=call.now,
    )
    call.session.add(event)
    await call.session.flush()
    if not await enqueue(call.session, row.id, [event], at=call.now):
        message = "The webhook subscription is disabled: enable it first."
        raise Conflict(message)
    return event
