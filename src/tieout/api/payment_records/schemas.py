"""Payment records on the wire (Monite, 'Payment records')."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from tieout.api.filtering import Ids, Text
from tieout.api.schemas import (
    AMOUNT_MINOR_MAX,
    Body,
    Currency,
    Filters,
    Moment,
    Page,
    Shown,
    StrictWhole,
    refuse_null,
)
from tieout.storage.tables.business import PaymentRecord

ObjectType = Literal["receivable", "payable"]
Amount = Annotated[StrictWhole, Field(ge=-AMOUNT_MINOR_MAX, le=AMOUNT_MINOR_MAX)]
Word = Annotated[str, Field(max_length=100)]


class RecordStatus(StrEnum):
    """How far a payment got."""

    CREATED = "created"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    CANCELED = "canceled"


class PaymentRecordObjectRequest(Body):
    """What is paid."""

    id: UUID
    type: ObjectType


class PaymentRecordRequest(Body):
    """A new payment record."""

    amount: Amount
    currency: Currency
    entity_user_id: UUID | None = None
    object: PaymentRecordObjectRequest
    paid_at: Moment | None = None
    payment_intent_id: UUID | None = None
    payment_intent_status: Word | None = None
    payment_method: Word | None = None
    planned_payment_date: date | None = None
    status: Literal["created", "processing", "succeeded"] = "succeeded"


class PaymentRecordUpdateRequest(Body):
    """A change to a payment that has not succeeded yet."""

    amount: Amount | None = None
    currency: Currency | None = None
    entity_user_id: UUID | None = None
    object: PaymentRecordObjectRequest | None = None
    paid_at: Moment | None = None
    payment_intent_id: UUID | None = None
    payment_intent_status: Word | None = None
    payment_method: Word | None = None
    planned_payment_date: date | None = None

    _not_null = refuse_null("amount", "currency", "object")


class PaymentRecordStatusUpdateRequest(Body):
    """A step of a payment."""

    payment_intent_status: Word | None = None


class PaymentRecordMarkAsSucceededRequest(PaymentRecordStatusUpdateRequest):
    """The last step of a payment."""

    paid_at: Moment


class PaymentRecordHistory(Shown):
    """A status and when it was entered."""

    entity_user_id: UUID | None = None
    status: RecordStatus
    timestamp: datetime


class PaymentRecordObject(Shown):
    """What was paid, and what that made of it."""

    id: UUID
    new_status: str
    old_status: str
    type: ObjectType


class PaymentRecordResponse(Shown):
    """A payment record. Every payment is external: Tieout moves no money."""

    id: UUID
    amount: int
    currency: str
    entity_user_id: UUID | None = None
    history: list[PaymentRecordHistory]
    is_external: bool = True
    object: PaymentRecordObject
    overpaid_amount: int
    paid_at: datetime | None
    payment_intent_id: UUID | None
    payment_intent_status: str | None
    payment_method: str | None
    planned_payment_date: date | None
    status: str


class PaymentRecordResponseList(Page):
    """A page of payment records."""

    data: list[PaymentRecordResponse]


class PaymentRecordFilters(Filters):
    """What a list of payment records can be narrowed by."""

    is_external: bool | None = None
    object_id: UUID | None = None
    object_id__in: Ids | None = None
    object_type: ObjectType | None = None
    created_at__gt: Moment | None = None
    created_at__lt: Moment | None = None
    updated_at__gt: Moment | None = None
    updated_at__lt: Moment | None = None
    paid_at__gt: Moment | None = None
    paid_at__lt: Moment | None = None
    planned_payment_date: date | None = None
    planned_payment_date__gt: date | None = None
    planned_payment_date__lt: date | None = None
    planned_payment_date__gte: date | None = None
    planned_payment_date__lte: date | None = None
    status: RecordStatus | None = None
    payment_intent_status: Text | None = None
    payment_method: Text | None = None


def show(row: PaymentRecord) -> PaymentRecordResponse:
    """A record as callers see it."""
    names = (
        "id",
        "amount",
        "currency",
        "entity_user_id",
        "history",
        "overpaid_amount",
        "paid_at",
        "payment_intent_id",
        "payment_intent_status",
        "payment_method",
        "planned_payment_date",
        "status",
    )
    of = {"id": row.object_id, "type": row.object_type, "old_status": row.old_status, "new_status": row.new_status}
    return PaymentRecordResponse.model_validate({**{name: getattr(row, name) for name in names}, "object": of})
