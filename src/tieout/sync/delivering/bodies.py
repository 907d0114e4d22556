"""An event as partners see it: the same words on the API and in a webhook (Monite, 'Events')."""

import json
from typing import Any
from uuid import UUID

from tieout.storage.tables.work import Event


def told_event(event: Event, *, api_version: str) -> dict[str, Any]:
    """The fields of an event, as values; the object has its id at least."""
    verb = event.action.removeprefix(f"{event.object_type}.")
    return {
        "id": event.id,
        "created_at": event.created_at,
        "action": event.action,
        "api_version": api_version,
        "description": f"{event.object_type} {event.object_id}: {verb}",
        "entity_id": event.entity_id,
        "object_type": event.object_type,
        "object": {"id": str(event.object_id), **event.payload},
    }


def webhook_body(event: Event, subscription_id: UUID, *, api_version: str) -> bytes:
    """The body of a webhook, the same bytes on every attempt."""
    told = told_event(event, api_version=api_version) | {"webhook_subscription_id": subscription_id}
    told["created_at"] = event.created_at.isoformat().replace("+00:00", "Z")
    return json.dumps(told, default=str, separators=(",", ":")).encode()
