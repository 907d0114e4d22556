"""The history of receivables, written in the transaction of the change (Monite, 'Document history').

Who changes a receivable holds its row's lock, so the entries can be counted in the row.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from tieout.storage.tables.business import Receivable
from tieout.storage.tables.receivable_history import ReceivableHistory
from tieout.sync.connected import load_company
from tieout.sync.entity_books import day_at

PARTNER: Final = "partner"
BOOKS: Final = "books"
"""Whose doing an entry tells of."""


class HistoryEvent(StrEnum):
    """What an entry tells. Mails are part of the contract's list too, but Tieout sends none."""

    STATUS_CHANGED = "status_changed"
    CREATED = "receivable_created"
    UPDATED = "receivable_updated"
    CREDITED = "based_on_receivable_created"
    PAYMENT_RECEIVED = "payment_received"


def shown_status(type_: str, status: str, due_date: date | None, today: date) -> str:
    """The status as callers see it: `overdue` is never stored, it is what an issued invoice is after its due date."""
    is_late = type_ == "invoice" and status == "issued" and due_date is not None and due_date < today
    return "overdue" if is_late else status


def enter_history(
    session: AsyncSession,
    receivable: Receivable,
    event: HistoryEvent,
    *,
    at: datetime,
    entity_user_id: UUID | None,
    source: str = PARTNER,
    **event_data: Any,
) -> None:
    """Add an entry to the caller's transaction; `source` says whose doing it was."""
    receivable.history_size = (receivable.history_size or 0) + 1
    session.add(
        ReceivableHistory(
            partner_id=receivable.partner_id,
            entity_id=receivable.entity_id,
            receivable_id=receivable.id,
            position=receivable.history_size,
            event_type=event.value,
            event_data=event_data,
            entity_user_id=entity_user_id,
            source=source,
            happened_at=at,
        )
    )


async def enter_status_change(
    session: AsyncSession,
    receivable: Receivable,
    old_status: str,
    *,
    at: datetime,
    entity_user_id: UUID | None,
    source: str = PARTNER,
) -> None:
    """Add an entry for a change of status, which has happened; nothing if the status is the same."""
    if old_status == receivable.status:
        return
    if receivable.due_date is not None:
        today = day_at(await load_company(session, receivable.partner_id, receivable.entity_id), at)
        old_status = shown_status(receivable.type, old_status, receivable.due_date, today)
    enter_history(
        session,
        receivable,
        HistoryEvent.STATUS_CHANGED,
        at=at,
        entity_user_id=entity_user_id,
        source=source,
        old_status=old_status,
        new_status=receivable.status,
    )
