"""Writing vendors' credit notes: new ones, and changes until they are handed in."""

from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from tieout.api.dependencies import CallForEntity
from tieout.api.partner_settings.endpoints import KEPT_AT
from tieout.api.payable_credit_notes.answers import CreditNoteResponse
from tieout.api.payable_credit_notes.judging import refresh
from tieout.api.payable_credit_notes.schemas import CreditNoteCreateRequest, CreditNoteUpdateRequest
from tieout.api.payable_credit_notes.showing import tell
from tieout.api.payable_credit_notes.states import Action, plan_transition
from tieout.api.payables.noting import note_credit_link
from tieout.api.payables.vendors import put_in_vendor
from tieout.api.schemas import given
from tieout.api.scope import load_of_entity, rows_in_entity, rows_of_entity
from tieout.api.unbuilt import refuse_unbuilt
from tieout.books.stated_totals import AMOUNTS, STATED
from tieout.kit.errors import Fault, Unprocessable
from tieout.kit.identifiers import new_id
from tieout.storage.tables.access import Partner
from tieout.storage.tables.business import Payable
from tieout.storage.tables.payable_credit_notes import PayableCreditNote

EARLIEST_MIDNIGHT: Final = timedelta(hours=14)
"""How far ahead of UTC the first place on earth begins its day."""

_UNBUILT = ("counterpart_bank_account_id", "project_id", "tag_ids")
_COLUMNS = ("based_on", "based_on_document_id", "currency", "description", "document_id", "issued_at", "sender", "tax")
_LINKED_BY_ITSELF = ("waiting_to_be_paid", "partially_paid", "paid")


async def load_note(call: CallForEntity, note_id: UUID, *, for_update: bool = False) -> PayableCreditNote:
    """A credit note of the call's entity; raises NotFound."""
    return await load_of_entity(call, PayableCreditNote, note_id, "credit note", for_update=for_update)


async def load_changeable(call: CallForEntity, note_id: UUID) -> PayableCreditNote:
    """A credit note that may be changed, locked; raises NotFound and Conflict."""
    row = await load_note(call, note_id, for_update=True)
    plan_transition(Action.UPDATE, row.status)
    return row


async def create(call: CallForEntity, body: CreditNoteCreateRequest) -> CreditNoteResponse:
    """A new credit note without lines; raises NotFound, Conflict, Unprocessable and NotBuiltYet."""
    refuse_unbuilt(body, _UNBUILT)
    row = PayableCreditNote(
        id=new_id(),
        partner_id=call.partner_id,
        entity_id=call.entity_id,
        status="draft",
        version=1,
        content={},
        created_by_entity_user_id=call.entity_user_id,
        created_at=call.now,
        updated_at=call.now,
    )
    await _put_in(call, row, given(body) | {"currency": body.currency})
    if row.based_on is None:
        row.based_on = await _find_bill(call, row)
    call.session.add(row)
    await call.session.flush()
    await refresh(call, row)
    await note_credit_link(call, row, None)
    return tell(call, row, "created")


async def change(call: CallForEntity, note_id: UUID, body: CreditNoteUpdateRequest) -> CreditNoteResponse:
    """Change a credit note that is not handed in; raises NotFound, Conflict, Unprocessable and NotBuiltYet."""
    refuse_unbuilt(body, _UNBUILT)
    row = await load_changeable(call, note_id)
    old_payable_id = row.based_on
    await _put_in(call, row, given(body))
    await note_credit_link(call, row, old_payable_id)
    return await changed(call, row)


async def changed(call: CallForEntity, row: PayableCreditNote) -> CreditNoteResponse:
    """After any change: totals, status, version and event; raises Conflict and Unprocessable."""
    await call.session.flush()
    await refresh(call, row)
    row.version += 1
    row.updated_at = call.now
    return tell(call, row, "updated")


async def delete(call: CallForEntity, note_id: UUID) -> None:
    """Delete a credit note that is neither in force nor handed in; raises NotFound and Conflict."""
    row = await load_note(call, note_id, for_update=True)
    plan_transition(Action.DELETE, row.status)
    row.deleted_at = row.updated_at = call.now
    await note_credit_link(call, row, row.based_on)
    tell(call, row, "deleted")


async def _put_in(call: CallForEntity, row: PayableCreditNote, said: dict[str, Any]) -> None:
    """Put what was sent into the row; null empties."""
    _check_issued(call, said.get("issued_at"))
    named = await _with_bill(call, said)
    for name in _COLUMNS:
        if name in named:
            setattr(row, name, named[name])
    stated = {**row.content.get(STATED, {}), **{name: named[name] for name in AMOUNTS if name in named}}
    row.content = {**row.content, STATED: {name: value for name, value in stated.items() if value is not None}}
    await put_in_vendor(call, row, named)


def _check_issued(call: CallForEntity, issued_at: date | None) -> None:
    """Raise Unprocessable for a day that has begun nowhere yet."""
    if issued_at is not None and issued_at > (call.now + EARLIEST_MIDNIGHT).date():
        fault = Fault(("body", "issued_at"), "a credit note cannot be issued in the future", "value_error.future")
        raise Unprocessable(fault)


async def _with_bill(call: CallForEntity, said: dict[str, Any]) -> dict[str, Any]:
    """What was sent, with the number of the payable that it names unless the caller says which; raises NotFound."""
    if said.get("based_on") is None:
        return said
    payable = await load_of_entity(call, Payable, said["based_on"], "payable")
    return said if payable.document_id is None else {"based_on_document_id": payable.document_id} | said


async def _find_bill(call: CallForEntity, row: PayableCreditNote) -> UUID | None:
    """The payable that the credit note names by its number, if the partner wants such links made.

    It must be approved, the only one of this number and vendor, and without another credit note.
    """
    partner = await call.session.get_one(Partner, call.partner_id)
    settings = partner.settings.get(KEPT_AT, {}).get("payable") or {}
    wants = settings.get("allow_credit_note_autolinking")
    if not wants or row.based_on_document_id is None or row.counterpart_id is None:
        return None
    found = await call.session.scalars(
        rows_of_entity(call, Payable)
        .where(
            Payable.document_id == row.based_on_document_id,
            Payable.counterpart_id == row.counterpart_id,
            Payable.status.in_(_LINKED_BY_ITSELF),
        )
        .limit(2)
    )
    match list(found):
        case [payable]:
            linked = rows_in_entity(call, PayableCreditNote).where(PayableCreditNote.based_on == payable.id)
            other = await call.session.scalar(linked.with_only_columns(PayableCreditNote.id).limit(1))
            return payable.id if other is None else None
    return None
