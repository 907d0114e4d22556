"""What callers see of vendors' credit notes (Monite, 'Credit notes'). Names follow the contract's schemas."""

from datetime import date
from typing import Any
from uuid import UUID

from pydantic import Field

from tieout.api.payable_credit_notes.validating import RequiredField
from tieout.api.payables.answers import CounterpartRawData
from tieout.api.schemas import Dated, Number, Page, Shown


class CreditNoteResponse(Dated):
    """A vendor's credit note. What Tieout does not have is always null."""

    based_on: UUID | None = None
    based_on_document_id: str | None = None
    counterpart: CounterpartRawData | None = None
    counterpart_address_id: UUID | None = None
    counterpart_bank_account_id: UUID | None = None
    counterpart_id: UUID | None = None
    counterpart_raw: CounterpartRawData | None = None
    counterpart_vat_id_id: UUID | None = None
    created_by_external_user_id: str | None = None
    created_by_external_user_name: str | None = None
    created_by_user_id: UUID | None = None
    currency: str | None = None
    currency_exchange: None = None
    description: str | None = None
    document_id: str | None = None
    entity_id: UUID
    file_id: UUID | None = None
    file_url: str | None = None
    issued_at: date | None = None
    ocr_request_id: UUID | None = None
    ocr_status: str | None = None
    origin: str = "upload"
    project_id: UUID | None = None
    sender: str | None = None
    source_of_data: str = "user_specified"
    status: str
    subtotal: int | None = None
    tags: list[Any] = Field(default_factory=list)
    tax: int | None = None
    tax_amount: int | None = None
    total_amount: int | None = None


class CreditNotePaginationResponse(Page):
    """A page of credit notes."""

    data: list[CreditNoteResponse]


class CreditNoteLineItemResponse(Dated):
    """A line of a credit note."""

    created_by_user_id: UUID | None = None
    credit_note_id: UUID
    description: str | None = None
    name: str | None = None
    quantity: Number | None = None
    subtotal: int | None = None
    tax: int | None = None
    tax_amount: int | None = None
    total: int | None = None
    unit: str | None = None
    unit_price: int | None = None


class CreditNoteLineItemPaginationResponse(Page):
    """A page of lines; after a change, all of them."""

    data: list[CreditNoteLineItemResponse]


class CreditNoteValidationResponse(Shown):
    """Why a credit note is not complete."""

    id: UUID
    validation_errors: list[dict[str, Any]]


class CreditNoteValidationsResource(Shown):
    """What credit notes must have to be complete."""

    required_fields: list[RequiredField]
