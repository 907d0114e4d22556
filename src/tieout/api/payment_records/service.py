"""What the partner says was paid: payment records, and the documents that they settle."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from tieout.api.days import today_of
from tieout.api.dependencies import CallForEntity
from tieout.api.payables import showing as payables
from tieout.api.payment_records.schemas import (
    PaymentRecordMarkAsSucceededRequest,
    PaymentRecordRequest,
    PaymentRecordStatusUpdateRequest,
    PaymentRecordUpdateRequest,
)
from tieout.api.payment_records.states import check_open, plan_record_status
from tieout.api.receivables import showing as receivables
from tieout.api.schemas import given
from tieout.api.scope import load_of_entity
from tieout.api.wanting import want_by_status, want_payment
from tieout.kit.errors import Conflict, Fault, NotBuiltYet, NotFound, Unprocessable
from tieout.storage.tables.business import PaymentRecord, Receivable
from tieout.storage.tables.people import EntityUser
from tieout.sync.receivable_history import shown_status
from tieout.sync.settling import (
    DocumentType,
    Paid,
    PayloadOf,
    PaymentDetails,
    apply_payment,
    document_type,
    enter,
    load_document,
    new_record,
    settle,
    succeed,
)

_PAYABLE_STATES: Mapping[DocumentType, frozenset[str]] = {
    "receivable": frozenset(("issued", "partially_paid", "uncollectible")),
    "payable": frozenset(("waiting_to_be_paid", "partially_paid")),
}


async def load_paid(call: CallForEntity, object_type: DocumentType, object_id: UUID) -> Paid:
    """A document of the call's entity, locked until the call ends; raises NotFound."""
    document = await load_document(
        call.session,
        partner_id=call.partner_id,
        entity_id=call.entity_id,
        object_type=object_type,
        object_id=object_id,
    )
    if document is None:
        message = f"There is no {object_type} {object_id}."
        raise NotFound(message)
    return document


async def pay(
    call: CallForEntity,
    document: Paid,
    amount: int,
    *,
    paid_at: datetime | None = None,
    details: PaymentDetails | None = None,
) -> PaymentRecord:
    """Record a payment that the partner tells of, and settle the document with it.

    It is wanted in the books if the entity's `ledger_account_ids.payments` is set; else it shows as a difference.
    """
    seen, old_status = await _seen_status(call, document), document.status
    record = await apply_payment(
        call.session,
        document,
        amount=amount,
        paid_at=paid_at or call.now,
        now=call.now,
        details=details,
        payload_of=payload_of(call),
        entity_user_id=call.entity_user_id,
    )
    record.created_by_entity_user_id = call.entity_user_id
    record.entity_user_id = record.entity_user_id or call.entity_user_id
    record.old_status, record.new_status = seen, await _seen_status(call, document)
    if not await want_by_status(call, document, old_status):
        await want_payment(call, record)
    return record


async def _seen_status(call: CallForEntity, document: Paid) -> str:
    """The status that callers see: an issued invoice is overdue after its due date."""
    if isinstance(document, Receivable):
        return shown_status(document.type, document.status, document.due_date, await today_of(call))
    return document.status


def payload_of(call: CallForEntity) -> PayloadOf:
    """How the events of this call show a document."""

    async def shown(document: Paid) -> dict[str, Any]:
        if isinstance(document, Receivable):
            return (await receivables.show_one(call, document)).model_dump(mode="json")
        return (await payables.show_one(call, document)).model_dump(mode="json")

    return shown


async def resettle(call: CallForEntity, document: Paid) -> None:
    """Bring a document in line with its payments and credits when something else than a payment changed."""
    old_status = document.status
    await settle(call.session, document, now=call.now, payload_of=payload_of(call), entity_user_id=call.entity_user_id)
    await want_by_status(call, document, old_status)


def _check_payable(document: Paid, *, may_be_paid: bool = False) -> None:
    """Raise Conflict for a document that takes no payment.

    A paid one takes no new payment, but a payment that was planned before may turn out to be one too much.
    """
    object_type = document_type(document)
    is_credit = isinstance(document, Receivable) and document.type != "invoice"
    takes = _PAYABLE_STATES[object_type] | ({"paid"} if may_be_paid else set())
    if is_credit or document.status not in takes:
        what = document.type if isinstance(document, Receivable) else object_type
        message = f"Action pay for {what} in status {document.status} not allowed"
        raise Conflict(message)


def _check_money(document: Paid, amount: int | None, currency: str | None) -> None:
    if amount is not None and amount < 0:
        message = "Refunds and failed payments (a negative amount) are part of the API but not built into Tieout yet."
        raise NotBuiltYet(message)
    if amount == 0:
        raise Unprocessable(Fault(("body", "amount"), "a payment is more than nothing", "greater_than"))
    if currency is not None and currency != document.currency:
        message = f"the document is in {document.currency}"
        raise Unprocessable(Fault(("body", "currency"), message, "value_error.currency"))


async def create(call: CallForEntity, body: PaymentRecordRequest) -> PaymentRecord:
    """Record a payment, planned or made; raises NotFound, Conflict, Unprocessable and NotBuiltYet."""
    await _check_user(call, body.entity_user_id)
    document = await load_paid(call, body.object.type, body.object.id)
    _check_payable(document)
    _check_money(document, body.amount, body.currency)
    details = PaymentDetails(
        payment_method=body.payment_method,
        payment_intent_id=body.payment_intent_id,
        payment_intent_status=body.payment_intent_status,
        planned_payment_date=body.planned_payment_date,
        entity_user_id=body.entity_user_id or call.entity_user_id,
    )
    if body.status == "succeeded":
        return await pay(call, document, body.amount, paid_at=body.paid_at, details=details)
    record = new_record(document, amount=body.amount, now=call.now, details=details)
    record.old_status = record.new_status = await _seen_status(call, document)
    record.created_by_entity_user_id = call.entity_user_id
    record.paid_at = body.paid_at
    enter(record, body.status, call.now, entity_user_id=call.entity_user_id)
    call.session.add(record)
    return record


async def _check_user(call: CallForEntity, user_id: UUID | None) -> None:
    """Raise NotFound for a user whom the entity does not have."""
    if user_id is not None:
        await load_of_entity(call, EntityUser, user_id, "entity user")


async def load_record(call: CallForEntity, record_id: UUID, *, for_update: bool = False) -> PaymentRecord:
    """A record of the call's entity; raises NotFound."""
    return await load_of_entity(call, PaymentRecord, record_id, "payment record", for_update=for_update)


async def change(call: CallForEntity, record_id: UUID, body: PaymentRecordUpdateRequest) -> PaymentRecord:
    """Change a payment that has not succeeded; raises NotFound, Conflict, Unprocessable and NotBuiltYet."""
    record = await load_record(call, record_id, for_update=True)
    check_open(record.status)
    await _check_user(call, body.entity_user_id)
    if body.object is not None:
        document = await load_paid(call, body.object.type, body.object.id)
        _check_payable(document)
        _check_money(document, body.amount, body.currency or record.currency)
        record.object_type, record.object_id = body.object.type, body.object.id
        record.old_status = record.new_status = await _seen_status(call, document)
    elif body.amount is not None or body.currency is not None:
        _check_money(await _document_of(call, record), body.amount, body.currency)
    for name, value in given(body).items():
        if name != "object":
            setattr(record, name, value)
    record.updated_at = call.now
    return record


async def _document_of(call: CallForEntity, record: PaymentRecord) -> Paid:
    object_type: DocumentType = "receivable" if record.object_type == "receivable" else "payable"
    return await load_paid(call, object_type, record.object_id)


async def step(
    call: CallForEntity, record_id: UUID, status: str, body: PaymentRecordStatusUpdateRequest
) -> PaymentRecord:
    """Take a payment to `processing` or `canceled`; raises NotFound and Conflict."""
    record = await load_record(call, record_id, for_update=True)
    enter(record, plan_record_status(record.status, status), call.now, entity_user_id=call.entity_user_id)
    _keep_intent(record, body)
    return record


async def mark_as_succeeded(
    call: CallForEntity, record_id: UUID, body: PaymentRecordMarkAsSucceededRequest
) -> PaymentRecord:
    """The money has moved: settle the document, or tell what was paid too much; raises NotFound and Conflict."""
    record = await load_record(call, record_id, for_update=True)
    plan_record_status(record.status, "succeeded")
    document = await _document_of(call, record)
    _check_payable(document, may_be_paid=True)
    seen, old_status = await _seen_status(call, document), document.status
    record.paid_at = body.paid_at
    _keep_intent(record, body)
    await succeed(
        call.session,
        document,
        record,
        now=call.now,
        payload_of=payload_of(call),
        entity_user_id=call.entity_user_id,
    )
    record.old_status, record.new_status = seen, await _seen_status(call, document)
    if not await want_by_status(call, document, old_status):
        await want_payment(call, record)
    return record


def _keep_intent(record: PaymentRecord, body: PaymentRecordStatusUpdateRequest) -> None:
    if body.payment_intent_status is not None:
        record.payment_intent_status = body.payment_intent_status
