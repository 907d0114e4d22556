"""From complete to paid: submitting, approving, rejecting, reopening, cancelling, and paying."""

from uuid import UUID

from tieout.api.completeness import as_sentence
from tieout.api.dependencies import CallForEntity
from tieout.api.payables.answers import PayableResponseSchema
from tieout.api.payables.judging import judge, load_payable_lines, promote
from tieout.api.payables.noting import note_status
from tieout.api.payables.schemas import CommentPayload, PartiallyPaidPayload
from tieout.api.payables.showing import show_one, tell
from tieout.api.payables.states import Action, plan_transition
from tieout.api.payables.vendors import keep_vendor
from tieout.api.payables.writing import load_payable
from tieout.api.payment_records.service import load_paid, pay, resettle
from tieout.api.receivables.paying import check_running_total
from tieout.api.wanting import follow_status
from tieout.kit.errors import Conflict
from tieout.storage.tables.business import Payable
from tieout.sync.settling import credited_amount


async def submit(call: CallForEntity, payable_id: UUID) -> PayableResponseSchema:
    """Hand a complete payable in for approval; an entity that skips approval has it approved by that."""
    row = await load_payable(call, payable_id)
    await promote(call, row)
    skips = bool((await call.load_entity()).settings.get("payables_skip_approval_flow"))
    status = plan_transition(Action.SUBMIT, row.status, skips_approval=skips)
    await _check_complete(call, row)
    await keep_vendor(call, row)
    if status == "waiting_to_be_paid":
        return await _approve(call, row, status)
    return await _enter(call, row, status, "submitted_for_approval")


async def approve(call: CallForEntity, payable_id: UUID) -> PayableResponseSchema:
    """Approve: from now on it is to be paid, and wanted in the books."""
    row = await load_payable(call, payable_id)
    await promote(call, row)
    status = plan_transition(Action.APPROVE, row.status)
    await _check_complete(call, row)
    await keep_vendor(call, row)
    return await _approve(call, row, status)


async def _approve(call: CallForEntity, row: Payable, status: str) -> PayableResponseSchema:
    """What was paid in the books while it was reopened, settles it now."""
    shown = await _enter(call, row, status, "approved")
    if not row.amount_paid:
        return shown
    await resettle(call, row)
    return await show_one(call, row)


async def reject(call: CallForEntity, payable_id: UUID) -> PayableResponseSchema:
    """Reject what was handed in."""
    row = await load_payable(call, payable_id)
    return await _enter(call, row, plan_transition(Action.REJECT, row.status), "rejected")


async def reopen(call: CallForEntity, payable_id: UUID) -> PayableResponseSchema:
    """Take a payable back for changes; the books follow: it is taken out of them until it is approved again."""
    row = await load_payable(call, payable_id)
    return await _enter(call, row, plan_transition(Action.REOPEN, row.status), "reopened")


async def cancel(call: CallForEntity, payable_id: UUID) -> PayableResponseSchema:
    """Cancel a payable that was not submitted, for good."""
    row = await load_payable(call, payable_id)
    return await _enter(call, row, plan_transition(Action.CANCEL, row.status), "canceled")


async def mark_as_paid(call: CallForEntity, payable_id: UUID, body: CommentPayload) -> PayableResponseSchema:
    """All that was still owed was paid."""
    row = await _load_paid(call, payable_id)
    await promote(call, row)
    was_new = row.status == "new"
    plan_transition(Action.PAY, row.status)
    if row.total_amount is None:
        message = "A payable without a total amount cannot be paid."
        raise Conflict(message)
    if was_new:
        await _check_complete(call, row)
        await keep_vendor(call, row)
    if call.entity_user_id is not None:
        row.content = {**row.content, "marked_as_paid_by_entity_user_id": str(call.entity_user_id)}
    if body.comment is not None:
        row.content = {**row.content, "marked_as_paid_with_comment": body.comment}
    owed = row.total_amount - await credited_amount(call.session, row) - row.amount_paid
    if owed > 0:
        await pay(call, row, owed)
    else:
        await resettle(call, row)
    return await show_one(call, row)


async def mark_as_partially_paid(
    call: CallForEntity, payable_id: UUID, body: PartiallyPaidPayload
) -> PayableResponseSchema:
    """`amount_paid` is all that has been paid so far, less than the total."""
    row = await _load_paid(call, payable_id)
    plan_transition(Action.PAY_PARTIALLY, row.status)
    owed = (row.total_amount or 0) - await credited_amount(call.session, row)
    check_running_total(body.amount_paid, known=row.amount_paid, owed=owed)
    await pay(call, row, body.amount_paid - row.amount_paid)
    return await show_one(call, row)


async def _load_paid(call: CallForEntity, payable_id: UUID) -> Payable:
    await load_payable(call, payable_id)  # a user's own payables only, where the role says so
    document = await load_paid(call, "payable", payable_id)
    assert isinstance(document, Payable)
    return document


async def _check_complete(call: CallForEntity, row: Payable) -> None:
    """Raise Conflict for a payable that lacks something, as it may since the books were connected."""
    problems = await judge(call, row, await load_payable_lines(call, row.id))
    if problems:
        message = f"Payable couldn't be updated due to current state: it is not complete ({as_sentence(problems)})"
        raise Conflict(message)


async def _enter(call: CallForEntity, row: Payable, status: str, verb: str) -> PayableResponseSchema:
    old_status, row.status = row.status, status
    row.version += 1
    row.updated_at = call.now
    await note_status(call, row, old_status)
    shown = await tell(call, row, verb)
    await follow_status(call, row, old_status)
    return shown
