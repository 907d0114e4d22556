"""Wanting a document of a call in the books."""

from typing import Literal

from tieout.api.dependencies import CallForEntity
from tieout.storage.tables.business import Payable, Receivable
from tieout.sync.wanting import want_push


async def want_in_books(
    call: CallForEntity, object_type: Literal["receivable", "bill"], row: Receivable | Payable
) -> None:
    """Mark the document as wanted in the books, in the call's transaction; without a connection nothing is marked."""
    await call.session.flush()
    await want_push(
        call.session,
        call.services.engine,
        partner_id=call.partner_id,
        entity_id=call.entity_id,
        object_type=object_type,
        object_id=row.id,
        object_updated_at=row.updated_at,
        now=call.now,
    )
