"""Writes the audit trail, entry by entry, and verifies its chain. The chain itself is `security.audit`."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.security.audit import BEFORE_THE_FIRST, FIRST_NUMBER, AuditLink, entry_hash
from tieout.storage.tables.access import AuditEntry, Partner

ENTRIES_READ_AT_ONCE = 1_000


def _link(entry: AuditEntry) -> AuditLink:
    return AuditLink(
        partner_id=entry.partner_id,
        number=entry.number,
        at=entry.at,
        actor=entry.actor,
        action=entry.action,
        subject_id=entry.subject_id,
        details=entry.details,
        previous_hash=entry.previous_hash,
    )


async def record(
    session: AsyncSession,
    *,
    partner_id: UUID,
    at: datetime,
    actor: str,
    action: str,
    subject_id: str,
    details: dict[str, Any] | None = None,
) -> AuditEntry:
    """Add an entry to the caller's transaction. Nothing secret belongs in `details`, which must be plain JSON.

    The partner's row is locked, so that two entries never get the same number; but not against rows that refer to it,
    since two transactions that have added such rows would then wait for each other.
    """
    await session.execute(select(Partner.id).where(Partner.id == partner_id).with_for_update(key_share=True))
    last = await session.scalar(
        select(AuditEntry).where(AuditEntry.partner_id == partner_id).order_by(AuditEntry.number.desc()).limit(1)
    )
    entry = AuditEntry(
        partner_id=partner_id,
        number=last.number + 1 if last else FIRST_NUMBER,
        at=at,
        actor=actor,
        action=action,
        subject_id=subject_id,
        details=details or {},
        previous_hash=last.entry_hash if last else BEFORE_THE_FIRST,
    )
    entry.entry_hash = entry_hash(_link(entry))
    session.add(entry)
    await session.flush()
    return entry


async def verify(session: AsyncSession, partner_id: UUID) -> int | None:
    """The number of the first entry that does not fit the chain; None when all do."""
    expected_number, previous_hash = FIRST_NUMBER, BEFORE_THE_FIRST
    while True:
        query = (
            select(AuditEntry)
            .where(AuditEntry.partner_id == partner_id, AuditEntry.number >= expected_number)
            .order_by(AuditEntry.number)
            .limit(ENTRIES_READ_AT_ONCE)
        )
        entries = (await session.scalars(query)).all()
        for entry in entries:
            fits = entry.number == expected_number and entry.previous_hash == previous_hash
            if not fits or entry.entry_hash != entry_hash(_link(entry)):
                return expected_number
            expected_number, previous_hash = entry.number + 1, entry.entry_hash
        if len(entries) < ENTRIES_READ_AT_ONCE:
            return None
