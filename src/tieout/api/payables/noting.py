"""Noting what a call does to a payable in its history, with the user who does it."""

from typing import Any

from tieout.api.dependencies import CallForEntity
from tieout.storage.tables.business import Payable
from tieout.sync.payable_history import HistoryEvent, record_history, record_status


async def note(call: CallForEntity, row: Payable, event: HistoryEvent, details: dict[str, Any] | None = None) -> None:
    """Add an event to the payable's history."""
    await record_history(call.session, row, event, details, at=call.now, entity_user_id=call.entity_user_id)


async def note_status(call: CallForEntity, row: Payable, old_status: str) -> None:
    """Add the event of a status that is another than before."""
    await record_status(call.session, row, old_status, at=call.now, entity_user_id=call.entity_user_id)
