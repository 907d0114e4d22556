"""What callers see of payables (Monite, 'Payables'). Names follow the contract's schemas."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from tieout.api.payables.validating import RequiredField
from tieout.api.schemas import Dated, Number, Page, Shown


class PayableResponseSchema(Dated):
    """A payable. What Tieout does not have is always null."""

    amount_due: int | None = None
    amount_paid: int
    amount_to_pay: int | None = None
    approval_policy_id: UUID | None = None
    counterpart: dict[str, Any] | None = None
    counterpart_address_id: UUID | None = None
    counterpart_bank_account_id: UUID | None = None
    counterpart_id: UUID | None = None
    counterpart_raw_data: dict[str, Any] | None = None
    counterpart_vat_id_id: UUID | None = None
    created_by_role_id: UUID | None = None
    credit_notes: list[Any] = Field(default_factory=list)
    currency: str | None = None
    currency_exchange: None = None
    description: str | None = None
    discount: int | None = None
    document_id: str | None = None
    due_date: date | None = None
    entity_id: UUID
    file: None = None
    file_id: UUID | None = None
    issued_at: date | None = None
    marked_as_paid_by_entity_user_id: UUID | None = None
    marked_as_paid_with_comment: str | None = None
    ocr_request_id: UUID | None = None
    ocr_status: None = None
    other_extracted_data: None = None
    paid_at: datetime | None = None
    partner_metadata: dict[str, Any] | None = None
    payable_origin: str = "upload"
    payment_terms: dict[str, Any] | None = None
    project_id: UUID | None = None
    purchase_order_id: UUID | None = None
    sender: str | None = None
    source_of_payable_data: str = "user_specified"
    status: str
    subtotal: int | None = None
    suggested_payment_term: dict[str, Any] | None = None
    tags: list[Any] = Field(default_factory=list)
    tax: int | None = None
    tax_amount: int | None = None
    total_amount: int | None = None
    total_amount_with_credit_notes: int | None = None
    was_created_by_user_id: UUID | None = None


class PayablePaginationResponse(Page):
    """A page of payables."""

    data: list[PayableResponseSchema]


class LineItemResponse(Shown):
    """A line of a payable."""

    id: UUID
    accounting_tax_rate_id: UUID | None = None
    description: str | None = None
    ledger_account_id: UUID | None = None
    name: str | None = None
    ocr_set_quantity_to_one: bool = False
    payable_id: UUID
    quantity: Number | None = None
    subtotal: int | None = None
    tax: int | None = None
    tax_amount: int | None = None
    total: int | None = None
    unit: str | None = None
    unit_price: int | None = None
    was_created_by_user_id: UUID | None = None


class LineItemPaginationResponse(Page):
    """A page of lines."""

    data: list[LineItemResponse]


class LineItemsReplaceResponse(Shown):
    """All lines of a payable."""

    data: list[LineItemResponse]


class PayableValidationResponse(Shown):
    """Why a payable is not complete."""

    id: UUID
    validation_errors: list[dict[str, Any]]


class PayableValidationsResource(Shown):
    """What payables must have to be complete."""

    required_fields: list[RequiredField]
