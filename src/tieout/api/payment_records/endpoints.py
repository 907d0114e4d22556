"""/payment_records: what was paid (Monite, 'Payment records')."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from sqlalchemy import Select, false

from tieout.api.dependencies import EntityCall
from tieout.api.filtering import conditions
from tieout.api.paging import Listing, Paging, page_of
from tieout.api.payment_records import service
from tieout.api.payment_records.schemas import (
    PaymentRecordFilters,
    PaymentRecordMarkAsSucceededRequest,
    PaymentRecordRequest,
    PaymentRecordResponse,
    PaymentRecordResponseList,
    PaymentRecordStatusUpdateRequest,
    PaymentRecordUpdateRequest,
    show,
)
from tieout.api.scope import rows_of_entity
from tieout.storage.tables.business import PaymentRecord

router = APIRouter(prefix="/payment_records", tags=["Payment records"])

_LISTING = Listing(
    name="payment_records",
    id_column=PaymentRecord.id,
    sorts={
        "paid_at": PaymentRecord.paid_at,
        "amount": PaymentRecord.amount,
        "overpaid_amount": PaymentRecord.overpaid_amount,
    },
    hidden_sorts={"created_at": PaymentRecord.created_at},
    sort_default="created_at",
)
_COLUMNS = {
    name: getattr(PaymentRecord, name)
    for name in (
        "object_id",
        "object_type",
        "created_at",
        "updated_at",
        "paid_at",
        "planned_payment_date",
        "status",
        "payment_intent_status",
        "payment_method",
    )
}


@router.get("")
async def list_payment_records(
    call: EntityCall, paging: Paging, filters: Annotated[PaymentRecordFilters, Query()]
) -> PaymentRecordResponseList:
    """The entity's payment records. Every payment is external, so none is not."""

    def query(applied: PaymentRecordFilters) -> Select[PaymentRecord]:
        rows = rows_of_entity(call, PaymentRecord)
        rows = rows.where(*conditions(applied, _COLUMNS, apart=frozenset(("is_external",))))
        return rows.where(false()) if applied.is_external is False else rows

    answer = await page_of(call, _LISTING, owner_id=call.entity_id, asked=paging, filters=filters, query=query)
    return PaymentRecordResponseList(
        data=[show(row) for row in answer.rows],
        **answer.tokens(),
    )


@router.post("", status_code=HTTPStatus.CREATED)
async def create_payment_record(call: EntityCall, body: PaymentRecordRequest) -> PaymentRecordResponse:
    """Record a payment of a receivable or payable."""
    return show(await service.create(call, body))


@router.get("/{payment_record_id}")
async def get_payment_record(call: EntityCall, payment_record_id: UUID) -> PaymentRecordResponse:
    """One payment record."""
    return show(await service.load_record(call, payment_record_id))


@router.patch("/{payment_record_id}")
async def update_payment_record(
    call: EntityCall, payment_record_id: UUID, body: PaymentRecordUpdateRequest
) -> PaymentRecordResponse:
    """Change a payment that has not succeeded yet."""
    return show(await service.change(call, payment_record_id, body))


@router.post("/{payment_record_id}/cancel")
async def cancel_payment_record(
    call: EntityCall, payment_record_id: UUID, body: PaymentRecordStatusUpdateRequest
) -> PaymentRecordResponse:
    """Cancel a payment that has not succeeded yet."""
    return show(await service.step(call, payment_record_id, "canceled", body))


@router.post("/{payment_record_id}/start_processing")
async def start_processing_payment_record(
    call: EntityCall, payment_record_id: UUID, body: PaymentRecordStatusUpdateRequest
) -> PaymentRecordResponse:
    """Say that a planned payment is under way."""
    return show(await service.step(call, payment_record_id, "processing", body))


@router.post("/{payment_record_id}/mark_as_succeeded")
async def mark_payment_record_as_succeeded(
    call: EntityCall, payment_record_id: UUID, body: PaymentRecordMarkAsSucceededRequest
) -> PaymentRecordResponse:
    """Say that the money has moved."""
    return show(await service.mark_as_succeeded(call, payment_record_id, body))
