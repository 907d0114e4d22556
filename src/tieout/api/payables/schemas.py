"""What callers send about payables (Monite, 'Payables'). Names follow the contract's schemas."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import EmailStr, Field

from tieout.api.payables.validating import RequiredField
from tieout.api.schemas import (
    AMOUNT_MINOR_MAX,
    AmountMinor,
    Body,
    Country,
    Currency,
    FreeObject,
    Number,
    OpenBody,
    StrictWhole,
    refuse_null,
)
from tieout.api.tags.service import TAGS_OF_RECORD_MAX

LINES_MAX = 1_000
QUANTITY_MAX = 2_147_483_647
TEXT_LENGTH_MAX = 10_000

Amount = Annotated[StrictWhole, Field(ge=-AMOUNT_MINOR_MAX, le=AMOUNT_MINOR_MAX)]
Percent = Annotated[StrictWhole, Field(ge=0, le=10_000)]
Quantity = Annotated[Number, Field(ge=0, le=QUANTITY_MAX, max_digits=20, decimal_places=10)]
Text = Annotated[str, Field(max_length=TEXT_LENGTH_MAX)]
Days = Annotated[StrictWhole, Field(ge=0, le=10_000)]


class PaymentTermDiscount(Body):
    """What an early payment saves, percent × 100."""

    discount: Percent
    number_of_days: Days


class PaymentTermFinal(Body):
    """When the bill is due."""

    number_of_days: Days


class PayablePaymentTerms(Body):
    """The vendor's payment terms."""

    name: Text
    description: Text | None = None
    term_1: PaymentTermDiscount | None = None
    term_2: PaymentTermDiscount | None = None
    term_final: PaymentTermFinal


class SuggestedPaymentTerm(Body):
    """When it would be good to pay, and what that saves, percent × 100."""

    date: date
    discount: Percent | None = None


class RawAddress(Body):
    """The vendor's address as the bill says."""

    city: Text | None = None
    country: Country | None = None
    line1: Text | None = None
    line2: Text | None = None
    postal_code: Text | None = None
    state: Text | None = None


class RawBankAccount(Body):
    """The vendor's bank account as the bill says."""

    account_holder_name: Text | None = None
    account_number: Text | None = None
    bic: Annotated[str, Field(max_length=11)] | None = None
    iban: Annotated[str, Field(max_length=34)] | None = None
    routing_number: Text | None = None
    sort_code: Text | None = None


class RawVatId(Body):
    """The vendor's tax number as the bill says."""

    country: Country | None = None
    type: Text | None = None
    value: Annotated[str, Field(max_length=32)] | None = None


class CounterpartRawData(Body):
    """The vendor as the bill says."""

    address: RawAddress | None = None
    bank_account: RawBankAccount | None = None
    email: EmailStr | None = None
    name: Text | None = None
    phone: Text | None = None
    tax_id: Annotated[str, Field(max_length=30)] | None = None
    vat_id: RawVatId | None = None


class _Payable(Body):
    counterpart_address_id: UUID | None = None
    counterpart_bank_account_id: UUID | None = None
    counterpart_id: UUID | None = None
    counterpart_vat_id_id: UUID | None = None
    currency: Currency | None = None
    description: Annotated[str, Field(max_length=255)] | None = None
    discount: AmountMinor | None = None
    document_id: Annotated[str, Field(max_length=255)] | None = None
    due_date: date | None = None
    issued_at: date | None = None
    partner_metadata: FreeObject | None = None
    payment_terms: PayablePaymentTerms | None = None
    project_id: UUID | None = None
    purchase_order_id: UUID | None = None
    sender: EmailStr | None = None
    subtotal: Amount | None = None
    suggested_payment_term: SuggestedPaymentTerm | None = None
    tag_ids: Annotated[list[UUID], Field(max_length=TAGS_OF_RECORD_MAX)] | None = None
    tax: Percent | None = None
    tax_amount: Amount | None = None
    total_amount: Amount | None = None


class PayableUploadWithDataSchema(_Payable):
    """A new payable; its lines follow in calls of their own."""

    base64_encoded_file: str | None = None
    file_name: Annotated[str, Field(max_length=512)] | None = None


class PayableUpdateSchema(_Payable):
    """A change to a payable that is not submitted yet."""

    amount_paid: AmountMinor | None = None
    counterpart_raw_data: CounterpartRawData | None = None


class LineItemRequest(Body):
    """A line, or a change to one."""

    accounting_tax_rate_id: UUID | None = None
    description: Text | None = None
    ledger_account_id: UUID | None = None
    name: Text | None = None
    quantity: Quantity | None = None
    tax: Percent | None = None
    unit: Annotated[str, Field(max_length=100)] | None = None
    unit_price: Amount | None = None


class LineItemInternalRequest(LineItemRequest):
    """A line among all of them, with amounts for where there is no price."""

    subtotal: Amount | None = None
    total: Amount | None = None


class LineItemsReplaceRequest(OpenBody):
    """All lines anew."""

    data: Annotated[list[LineItemInternalRequest], Field(max_length=LINES_MAX)]


class CommentPayload(Body):
    """How and when it was paid."""

    comment: Text | None = None


class PartiallyPaidPayload(Body):
    """How much has been paid in all."""

    amount_paid: AmountMinor


class PayableValidationsUpdateRequest(Body):
    """What a payable must have to be complete."""

    required_fields: Annotated[list[RequiredField], Field(max_length=len(RequiredField))]

    _not_null = refuse_null("required_fields")
