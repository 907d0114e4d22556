"""What callers see of payables (Monite, 'Payables'). Names follow the contract's schemas."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from tieout.api.files.schemas import FileSchema
from tieout.api.payables.validating import RequiredField
from tieout.api.schemas import Dated, Number, Page, Shown
from tieout.api.tags.schemas import TagReadSchema


class TermDiscount(Shown):
    """What an early payment saves, percent × 100."""

    discount: int
    number_of_days: int


class TermFinal(Shown):
    """When the bill is due."""

    number_of_days: int


class PaymentTerms(Shown):
    """The vendor's payment terms."""

    description: str | None = None
    name: str
    term_1: TermDiscount | None = None
    term_2: TermDiscount | None = None
    term_final: TermFinal


class SuggestedTerm(Shown):
    """When it would be good to pay."""

    date: date
    discount: int | None = None


class RawAddress(Shown):
    """The vendor's address."""

    city: str | None = None
    country: str | None = None
    line1: str | None = None
    line2: str | None = None
    postal_code: str | None = None
    state: str | None = None


class RawBankAccount(Shown):
    """The vendor's bank account."""

    account_holder_name: str | None = None
    account_number: str | None = None
    bic: str | None = None
    iban: str | None = None
    routing_number: str | None = None
    sort_code: str | None = None


class RawVatId(Shown):
    """The vendor's tax number."""

    country: str | None = None
    type: str | None = None
    value: str | None = None


class CounterpartRawData(Shown):
    """The vendor, as the bill says or as it was when the bill was submitted."""

    address: RawAddress | None = None
    bank_account: RawBankAccount | None = None
    email: str | None = None
    name: str | None = None
    phone: str | None = None
    tax_id: str | None = None
    vat_id: RawVatId | None = None


class CreditNoteOfPayable(Shown):
    """A credit note that is based on the payable."""

    id: UUID
    document_id: str | None = None
    issued_at: date | None = None
    status: str
    total_amount: int | None = None


class PayableResponseSchema(Dated):
    """A payable. What Tieout does not have is always null."""

    amount_due: int | None = None
    amount_paid: int
    amount_to_pay: int | None = None
    approval_policy_id: UUID | None = None
    counterpart: CounterpartRawData | None = None
    counterpart_address_id: UUID | None = None
    counterpart_bank_account_id: UUID | None = None
    counterpart_id: UUID | None = None
    counterpart_raw_data: CounterpartRawData | None = None
    counterpart_vat_id_id: UUID | None = None
    created_by_role_id: UUID | None = None
    credit_notes: list[CreditNoteOfPayable] = Field(default_factory=list)
    currency: str | None = None
    currency_exchange: None = None
    description: str | None = None
    discount: int | None = None
    document_id: str | None = None
    due_date: date | None = None
    entity_id: UUID
    file: FileSchema | None = None
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
    payment_terms: PaymentTerms | None = None
    project_id: UUID | None = None
    purchase_order_id: UUID | None = None
    sender: str | None = None
    source_of_payable_data: str = "user_specified"
    status: str
    subtotal: int | None = None
    suggested_payment_term: SuggestedTerm | None = None
    tags: list[TagReadSchema] = Field(default_factory=list)
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
