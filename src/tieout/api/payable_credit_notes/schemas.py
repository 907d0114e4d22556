"""What callers send about vendors' credit notes (Monite, 'Credit notes'). Names follow the contract's schemas."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from tieout.api.payable_credit_notes.validating import RequiredField
from tieout.api.payables.schemas import LINES_MAX, Percent, Quantity
from tieout.api.payables.schemas import Text as LongText
from tieout.api.schemas import AmountMinor, Body, Currency, OpenBody, refuse_null

ShortText = Annotated[str, Field(max_length=255)]


class CreditNoteUpdateRequest(Body):
    """A change to a credit note that is not handed in yet; null empties."""

    based_on: UUID | None = None
    based_on_document_id: ShortText | None = None
    counterpart_address_id: UUID | None = None
    counterpart_bank_account_id: UUID | None = None
    counterpart_id: UUID | None = None
    counterpart_vat_id_id: UUID | None = None
    currency: Currency | None = None
    description: ShortText | None = None
    document_id: ShortText | None = None
    issued_at: date | None = None
    project_id: UUID | None = None
    sender: ShortText | None = None
    subtotal: AmountMinor | None = None
    tag_ids: list[UUID] | None = None
    tax: Percent | None = None
    tax_amount: AmountMinor | None = None
    total_amount: AmountMinor | None = None


class CreditNoteCreateRequest(Body):
    """A new credit note; its lines follow in calls of their own."""

    based_on: UUID | None = None
    based_on_document_id: ShortText | None = None
    counterpart_address_id: UUID | None = None
    counterpart_bank_account_id: UUID | None = None
    counterpart_id: UUID | None = None
    counterpart_vat_id_id: UUID | None = None
    currency: Currency = "EUR"
    description: ShortText | None = None
    document_id: ShortText
    issued_at: date
    project_id: UUID | None = None
    sender: ShortText | None = None
    subtotal: AmountMinor | None = None
    tag_ids: list[UUID] | None = None
    tax: Percent | None = None
    tax_amount: AmountMinor | None = None
    total_amount: AmountMinor | None = None


class CreditNoteLineItemRequest(Body):
    """A line of a credit note, or a change to one; null empties."""

    description: LongText | None = None
    name: LongText | None = None
    quantity: Quantity | None = None
    tax: Percent | None = None
    unit: Annotated[str, Field(max_length=100)] | None = None
    unit_price: AmountMinor | None = None


class CreditNoteLineItemReplaceRequest(Body):
    """All lines anew."""

    data: Annotated[list[CreditNoteLineItemRequest], Field(max_length=LINES_MAX)]


class CreditNoteValidationsRequest(OpenBody):
    """What a credit note must have to be complete."""

    required_fields: Annotated[list[RequiredField], Field(max_length=len(RequiredField))]

    _not_null = refuse_null("required_fields")
