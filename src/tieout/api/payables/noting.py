"""Noting what a call does to a payable in its history, with the user who does it."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from tieout.api.dependencies import CallForEntity
from tieout.storage.tables.business import Payable
from tieout.storage.tables.payable_credit_notes import PayableCreditNote
from tieout.sync.payable_history import HistoryEvent, record_history, record_status


async def note(call: CallForEntity, row: Payable, event: HistoryEvent, details: dict[str, Any] | None = None) -> None:
    """Add an event to the payable's history."""
    await record_history(call.session, row, event, details, at=call.now, entity_user_id=call.entity_user_id)


async def note_status(call: CallForEntity, row: Payable, old_status: str) -> None:
    """Add the event of a status that is another than before."""
    await record_status(call.session, row, old_status, at=call.now, entity_user_id=call.entity_user_id)


async def note_credit_link(call: CallForEntity, credit: PayableCreditNote, old_payable_id: UUID | None) -> None:
    """Add to the histories of the payables that a credit note belonged to and belongs to now, if these differ."""
    new_payable_id = None if credit.deleted_at is not None else credit.based_on
    if old_payable_id == new_payable_id:
        return
    details = {"credit_note_id": str(credit.id)}
    if credit.document_id is not None:
        details["credit_note_document_id"] = credit.document_id
    for payable_id, event in (
        (old_payable_id, HistoryEvent.CREDIT_NOTE_UNLINKED),
        (new_payable_id, HistoryEvent.CREDIT_NOTE_LINKED),
    ):
        if payable_id is not None and (payable := await _locked(call, payable_id)) is not None:
            await note(call, payable, event, details)


async def _locked(call: CallForEntity, payable_id: UUID) -> Payable | None:
    found: Payable | None = await call.session.scalar(
        select(Payable)
        .where(
            Payable.id == payable_id,
            Payable.partner_id == call.partner_id,
            Payable.entity_id == call.entity_id,
            Payable.deleted_at.is_(None),
        )
        .with_for_update()
    )
    return found
