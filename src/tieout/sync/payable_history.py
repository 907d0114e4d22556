"""The history of payables: every change of status and content, written in the transaction of the change.

The API and the pull both write it; `GET /payables/{payable_id}/history` reads it.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.storage.tables.business import Payable
from tieout.storage.tables.payable_history import PayableHistory
from tieout.sync.receivable_history import PARTNER

_MOMENT = timedelta(microseconds=1)


class HistoryEvent(StrEnum):
    """What the contract's history can tell."""

    STATUS_CHANGED = "status_changed"
    CREATED = "payable_created"
    UPDATED = "payable_updated"
    CREDIT_NOTE_LINKED = "credit_note_linked"
    CREDIT_NOTE_UNLINKED = "credit_note_unlinked"
    FILE_ATTACHED = "file_attached"


async def record_history(
    session: AsyncSession,
    payable: Payable,
    event: HistoryEvent,
    details: dict[str, Any] | None = None,
    *,
    at: datetime,
    entity_user_id: UUID | None = None,
    source: str = PARTNER,
) -> None:
    """Add an event to the caller's transaction, a microsecond after the one before it if need be.

    The payable must have been added to the session, and locked if it is not new.
    """
    await session.flush()
    last = await session.scalar(
        select(func.max(PayableHistory.occurred_at)).where(PayableHistory.payable_id == payable.id)
    )
    session.add(
        PayableHistory(
            partner_id=payable.partner_id,
            entity_id=payable.entity_id,
            payable_id=payable.id,
            event_type=event.value,
            event_data=details or {},
            entity_user_id=entity_user_id,
            source=source,
            occurred_at=at if last is None or last < at else last + _MOMENT,
        )
    )


async def record_status(
    session: AsyncSession,
    payable: Payable,
    old_status: str,
    *,
    at: datetime,
    entity_user_id: UUID | None = None,
    source: str = PARTNER,
) -> None:
    """Add the event of a status that is another than before."""
    if payable.status != old_status:
        details = {"old_status": old_status, "new_status": payable.status}
        await record_history(
            session,
            payable,
            HistoryEvent.STATUS_CHANGED,
            details,
            at=at,
            entity_user_id=entity_user_id,
            source=source,
        )
