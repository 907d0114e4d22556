"""Marking invoices as paid: each call becomes a payment record."""

from uuid import UUID

from tieout.api.dependencies import CallForEntity
from tieout.api.payment_records.service import load_paid, pay, resettle
from tieout.api.receivables.schemas import ReceivablePaidPayload, ReceivablePartiallyPaidPayload
from tieout.api.receivables.states import Action, plan_transition
from tieout.api.scope import load_of_entity
from tieout.kit.errors import Conflict, Fault, Unprocessable
from tieout.storage.tables.business import Receivable
from tieout.sync.settling import PaymentDetails, credited_amount


async def _load(call: CallForEntity, receivable_id: UUID) -> Receivable:
    await load_of_entity(call, Receivable, receivable_id, "receivable")  # a user's own only, where the role says so
    document = await load_paid(call, "receivable", receivable_id)
    assert isinstance(document, Receivable)
    return document


def _comment(row: Receivable, comment: str | None) -> None:
    if comment is not None:
        row.content = {**row.content, "comment": comment}


async def mark_as_paid(call: CallForEntity, receivable_id: UUID, body: ReceivablePaidPayload) -> Receivable:
    """All that is still owed was paid; raises NotFound and Conflict."""
    row = await _load(call, receivable_id)
    plan_transition(row.type, Action.PAY, row.status)
    _comment(row, body.comment)
    owed = row.total_amount - await credited_amount(call.session, row) - row.amount_paid
    if owed > 0:
        await pay(call, row, owed, paid_at=body.paid_at, details=PaymentDetails(comment=body.comment))
    else:
        await resettle(call, row)
    return row


async def mark_as_partially_paid(
    call: CallForEntity, receivable_id: UUID, body: ReceivablePartiallyPaidPayload
) -> Receivable:
    """`amount_paid` is all that has been paid so far, less than all that is owed.

    Raises NotFound, Unprocessable, and Conflict where more than that is known to be paid already: only the books take a
    payment back.
    """
    row = await _load(call, receivable_id)
    plan_transition(row.type, Action.PAY_PARTIALLY, row.status)
    owed = row.total_amount - await credited_amount(call.session, row)
    check_running_total(body.amount_paid, known=row.amount_paid, owed=owed)
    _comment(row, body.comment)
    await pay(call, row, body.amount_paid - row.amount_paid, details=PaymentDetails(comment=body.comment))
    return row


def check_running_total(amount_paid: int, *, known: int, owed: int) -> None:
    """Raise Unprocessable or Conflict for a running total that is no partial payment."""
    if amount_paid >= owed:
        message = f"a partial payment is less than what is owed, {owed}"
        raise Unprocessable(Fault(("body", "amount_paid"), message, "less_than"))
    if amount_paid <= known:
        message = f"{known} minor units are recorded as paid already; amount_paid is the sum of all payments."
        raise Conflict(message)
