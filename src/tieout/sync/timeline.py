"""A connection's timeline: what befell it, why, and who did it, written in the transaction of the change."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from tieout.storage.tables.connections import Connection
from tieout.storage.tables.sync_history import TimelineEntry

PERSON: Final = "person_with_connection_link"
"""Whoever followed a link: nobody else can be known."""
PLATFORM: Final = "platform"
TIEOUT: Final = "tieout"


class Happened(StrEnum):
    """What can befall a connection."""

    PENDING_AUTH = "pending_auth"
    CONNECTED = "connected"
    RECONNECTED = "reconnected"
    FIRST_SYNC_FINISHED = "first_sync_finished"
    MATCH_DECIDED = "match_decided"
    RECORD_LINKED = "record_linked"
    RECORD_UNLINKED = "record_unlinked"
    SYNC_REQUESTED = "sync_requested"
    BACKFILL_REQUESTED = "backfill_requested"
    RECORDS_NOT_UNDERSTOOD = "records_not_understood"
    PARTIES_MERGED = "parties_merged"
    REFERENCES_INACTIVE = "references_inactive"
    REFERENCES_USABLE_AGAIN = "references_usable_again"
    TROUBLE = "trouble"
    RECOVERED = "recovered"
    WEBHOOKS_MISSED = "webhooks_missed"
    WEBHOOKS_WORK_AGAIN = "webhooks_work_again"
    CONFLICT_HELD = "conflict_held"
    CONFLICT_RESOLVED = "conflict_resolved"
    CONFLICT_VANISHED = "conflict_vanished"
    ACCESS_ENDS_SOON = "access_ends_soon"
    DEAUTHORIZED = "deauthorized"
    DISCONNECTED = "disconnected"


def note(
    session: AsyncSession,
    connection: Connection,
    happened: Happened,
    *,
    now: datetime,
    actor: str,
    reason: str | None = None,
    message: str | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """Add an entry to the caller's transaction. `reason` is a stable word, `message` is for a person."""
    session.add(
        TimelineEntry(
            partner_id=connection.partner_id,
            entity_id=connection.entity_id,
            connection_id=connection.id,
            happened=happened.value,
            reason=reason,
            message=message,
            actor=actor,
            details=details or {},
            created_at=now,
        )
    )
