"""From complete to in force: handing in, approving, rejecting, cancelling."""

from uuid import UUID

from tieout.api.completeness import as_sentence
from tieout.api.dependencies import CallForEntity
from tieout.api.payable_credit_notes.answers import CreditNoteResponse
from tieout.api.payable_credit_notes.judging import judge, load_note_lines
from tieout.api.payable_credit_notes.showing import tell
from tieout.api.payable_credit_notes.states import Action, plan_transition
from tieout.api.payable_credit_notes.writing import load_note
from tieout.api.payables.vendors import keep_vendor
from tieout.api.payment_records.service import resettle
from tieout.api.wanting import want_credit
from tieout.kit.errors import Conflict
from tieout.storage.tables.payable_credit_notes import PayableCreditNote
from tieout.sync.settling import load_document

_SETTLED_BY_CREDIT = ("waiting_to_be_paid", "partially_paid", "paid")
"""A bill that was not approved is not paid by a credit either; what is owed of it is less nevertheless."""


async def submit(call: CallForEntity, note_id: UUID) -> CreditNoteResponse:
    """Hand a complete credit note in for approval; raises NotFound and Conflict."""
    row = await load_note(call, note_id, for_update=True)
    status = plan_transition(Action.SUBMIT, row.status)
    await _check_complete(call, row)
    await keep_vendor(call, row)
    return _enter(call, row, status, "submitted_for_approval")


async def approve(call: CallForEntity, note_id: UUID) -> CreditNoteResponse:
    """Approve: from now on the credit counts, and lowers what is owed of its bill; raises NotFound and Conflict."""
    row = await load_note(call, note_id, for_update=True)
    status = plan_transition(Action.APPROVE, row.status)
    bill = None
    if row.based_on is not None:  # locked before it is judged, so that it cannot be canceled in between
        bill = await load_document(
            call.session,
            partner_id=call.partner_id,
            entity_id=call.entity_id,
            object_type="payable",
            object_id=row.based_on,
        )
    await _check_complete(call, row)
    await keep_vendor(call, row)
    row.approved_at = call.now
    shown = _enter(call, row, status, "approved")
    if bill is not None and bill.status in _SETTLED_BY_CREDIT:
        await resettle(call, bill)
    await want_credit(call, row)
    return shown


async def reject(call: CallForEntity, note_id: UUID) -> CreditNoteResponse:
    """Reject what was handed in; raises NotFound and Conflict."""
    row = await load_note(call, note_id, for_update=True)
    return _enter(call, row, plan_transition(Action.REJECT, row.status), "rejected")


async def cancel(call: CallForEntity, note_id: UUID) -> CreditNoteResponse:
    """Cancel a credit note that was not handed in, for good; raises NotFound and Conflict."""
    row = await load_note(call, note_id, for_update=True)
    return _enter(call, row, plan_transition(Action.CANCEL, row.status), "canceled")


async def _check_complete(call: CallForEntity, row: PayableCreditNote) -> None:
    """Raise Conflict for a credit note that lacks something, as it may since its bill or the books changed."""
    problems = await judge(call, row, await load_note_lines(call, row.id))
    if problems:
        message = f"Credit note couldn't be updated due to current state: it is not complete ({as_sentence(problems)})"
        raise Conflict(message)


def _enter(call: CallForEntity, row: PayableCreditNote, status: str, verb: str) -> CreditNoteResponse:
    row.status = status
    row.version += 1
    row.updated_at = call.now
    return tell(call, row, verb)
