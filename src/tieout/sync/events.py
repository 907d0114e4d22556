"""Events: what happened to a record, written and put in line for delivery in the transaction in which it happened."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from tieout.storage.tables.work import Event
from tieout.sync.delivering.outbox import note_event


def record_event(
    session: AsyncSession,
    *,
    partner_id: UUID,
    entity_id: UUID,
    object_type: str,
    object_id: UUID,
    action: str,
    at: datetime,
    payload: dict[str, Any] | None = None,
) -> None:
    """Add an event to the caller's transaction; `action` is `object.verb`, as webhooks name it."""
    event = Event(
        partner_id=partner_id,
        entity_id=entity_id,
        object_type=object_type,
        object_id=object_id,
        action=action,
        payload=payload or {},
        created_at=at,
    )
    session.add(event)
    note_event(session, event)
