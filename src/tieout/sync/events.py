"""Events: what happened to a record, written in the transaction in which it happened."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from tieout.storage.tables.work import Event


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
    session.add(
        Event(
            partner_id=partner_id,
            entity_id=entity_id,
            object_type=object_type,
            object_id=object_id,
            action=action,
            payload=payload or {},
            created_at=at,
        )
    )
