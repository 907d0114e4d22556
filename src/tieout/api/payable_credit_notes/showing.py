"""Rows of vendors' credit notes as callers see them, and their events."""

from typing import Final

from tieout.api.announcing import announce
from tieout.api.dependencies import CallForEntity
from tieout.api.payable_credit_notes.answers import CreditNoteLineItemResponse, CreditNoteResponse
from tieout.storage.tables.payable_credit_notes import PayableCreditNote, PayableCreditNoteLine

OBJECT_TYPE: Final = "payables_credit_note"
"""The contract's word in events. It has none for lines: their changes are changes of the credit note."""

_COLUMNS = (
    "id",
    "created_at",
    "updated_at",
    "based_on",
    "based_on_document_id",
    "counterpart_address_id",
    "counterpart_id",
    "currency",
    "description",
    "document_id",
    "entity_id",
    "issued_at",
    "sender",
    "status",
    "subtotal",
    "tax",
    "tax_amount",
    "total_amount",
)
_LINE_COLUMNS = tuple(name for name in CreditNoteLineItemResponse.model_fields if name != "created_by_user_id")
_STORED_ONLY = ("counterpart", "counterpart_vat_id_id")


def show(row: PayableCreditNote) -> CreditNoteResponse:
    """A row as callers see it. Pure."""
    shown = {name: getattr(row, name) for name in _COLUMNS}
    shown |= {name: row.content.get(name) for name in _STORED_ONLY}
    return CreditNoteResponse.model_validate(shown | {"created_by_user_id": row.created_by_entity_user_id})


def show_line(line: PayableCreditNoteLine) -> CreditNoteLineItemResponse:
    """A line as callers see it."""
    shown = {name: getattr(line, name) for name in _LINE_COLUMNS}
    return CreditNoteLineItemResponse.model_validate(shown | {"created_by_user_id": line.created_by_entity_user_id})


def tell(call: CallForEntity, row: PayableCreditNote, verb: str) -> CreditNoteResponse:
    """Write the event of a change; returns the credit note as callers see it."""
    shown = show(row)
    announce(call, OBJECT_TYPE, row.id, verb, shown)
    return shown
