"""What callers see of receivables (Monite, 'Receivables'). Names follow the contract's schemas."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from tieout.api.schemas import Dated, Number, Page, Shown
from tieout.api.vat_rates.schemas import VatRateComponent
from tieout.sync.receivable_history import HistoryEvent


class Price(Shown):
    """A price, in minor units."""

    currency: str
    value: int


class Discount(Shown):
    """A discount of a line: minor units, or percent × 100."""

    type: str
    amount: int


class DiscountResponse(Discount):
    """A discount of the document; `value` is what it takes away, in minor units."""

    value: int | None = None


class LineItemProductMeasureUnit(Shown):
    """What a product is counted in."""

    id: UUID | None = None
    name: str
    description: str | None = None


class LineItemProductVatRate(Shown):
    """The tax rate of a line, percent × 100."""

    id: UUID | None = None
    components: list[VatRateComponent] | None = None
    country: str
    is_custom: bool = False
    name: str | None = None
    value: int


class LineItemProduct(Shown):
    """The product of a line, as it was when the line was written."""

    id: UUID
    accounting_tax_rate_id: UUID | None = None
    description: str | None = None
    external_reference: str | None = None
    is_inline: bool = False
    ledger_account_id: UUID | None = None
    measure_unit: LineItemProductMeasureUnit | None = None
    name: str
    price: Price
    price_after_vat: Price
    smallest_amount: Number | None = None
    type: str = "product"
    vat_rate: LineItemProductVatRate


class ResponseItem(Shown):
    """A line with its totals, after its own discount."""

    discount: Discount | None = None
    product: LineItemProduct
    quantity: Number
    total_after_vat: int
    total_before_vat: int


class LineItemsResponse(Shown):
    """All lines of a receivable."""

    data: list[ResponseItem]


class CounterpartAddress(Shown):
    """An address of the counterpart, as it was when the document was written."""

    id: UUID | None = None
    city: str
    country: str
    line1: str
    line2: str | None = None
    postal_code: str
    state: str | None = None


class CounterpartContact(Shown):
    """A person at the counterpart."""

    address: CounterpartAddress
    email: str | None = None
    first_name: str
    last_name: str
    phone: str | None = None
    title: str | None = None


class CounterpartVatId(Shown):
    """A tax number of the counterpart."""

    id: UUID
    counterpart_id: UUID
    country: str | None = None
    type: str = "unknown"
    value: str


class EntityVatId(Shown):
    """The tax number under which the entity sells."""

    id: UUID
    country: str
    entity_id: UUID
    type: str = "unknown"
    value: str


class EntityOrganization(Shown):
    """The entity on the document."""

    email: str | None = None
    logo: str | None = None
    name: str
    phone: str | None = None
    registration_authority: str | None = None
    registration_number: str | None = None
    tax_id: str | None = None
    type: Literal["organization"]
    vat_id: str | None = None
    website: str | None = None


class EntityIndividual(Shown):
    """The entity on the document."""

    email: str | None = None
    first_name: str
    last_name: str
    logo: str | None = None
    phone: str | None = None
    registration_authority: str | None = None
    registration_number: str | None = None
    tax_id: str | None = None
    type: Literal["individual"]
    website: str | None = None


class EntityAddress(Shown):
    """The entity's address on the document."""

    city: str
    country: str
    line1: str
    line2: str | None = None
    postal_code: str
    state: str | None = None


class TotalVatAmountComponent(VatRateComponent):
    """A tax within a rate, and what all lines of the rate owe of it."""

    amount: int


class TotalVatAmount(Shown):
    """All lines of one tax rate."""

    id: UUID | None = None
    amount: int
    components: list[TotalVatAmountComponent] | None = None
    name: str | None = None
    taxable_amount: int
    value: int


class TermDiscount(Shown):
    """What an early payment saves, percent × 100."""

    discount: int
    end_date: date | None = None
    number_of_days: int | None = None


class TermFinal(Shown):
    """When the invoice is due."""

    end_date: date | None = None
    number_of_days: int | None = None


class PaymentTerms(Shown):
    """Payment terms."""

    id: UUID | None = None
    description: str | None = None
    name: str | None = None
    term_1: TermDiscount | None = None
    term_2: TermDiscount | None = None
    term_final: TermFinal


class RelatedDocuments(Shown):
    """Documents that belong to an invoice."""

    credit_note_ids: list[UUID] = Field(default_factory=list)
    proforma_invoice_id: UUID | None = None


class _Response(Dated):
    """What invoices and credit notes have in common. What Tieout does not have is always null."""

    attachments: list[Any] | None = None
    based_on: UUID | None = None
    based_on_document_id: str | None = None
    commercial_condition_description: str | None = None
    counterpart_billing_address: CounterpartAddress | None = None
    counterpart_business_type: str | None = None
    counterpart_contact: CounterpartContact | None = None
    counterpart_einvoicing_credentials: None = None
    counterpart_external_reference: str | None = None
    counterpart_id: UUID
    counterpart_name: str | None = None
    counterpart_shipping_address: CounterpartAddress | None = None
    counterpart_tax_id: str | None = None
    counterpart_type: str
    counterpart_vat_id: CounterpartVatId | None = None
    currency: str
    deduction_amount: int | None = None
    deduction_memo: str | None = None
    discount: DiscountResponse | None = None
    discounted_subtotal: int
    document_id: str | None = None
    document_rendering: dict[str, Any] | None = None
    due_date: date | None = None
    einvoice_error_comment: str | None = None
    einvoice_file_url: str | None = None
    entity: Annotated[EntityOrganization | EntityIndividual, Field(discriminator="type")]
    entity_address: EntityAddress
    entity_bank_account: None = None
    entity_user_id: UUID | None = None
    entity_vat_id: EntityVatId | None = None
    file_language: str
    file_url: str | None = None
    footer: str | None = None
    is_einvoice: bool = False
    issue_date: datetime | None = None
    line_items: list[ResponseItem]
    memo: str | None = None
    network_credentials: None = None
    original_file_language: str
    original_file_url: str | None = None
    partner_metadata: dict[str, Any] | None = None
    project_id: UUID | None = None
    purchase_order: str | None = None
    status: str
    subtotal: int
    subtotal_after_vat: int
    tags: list[Any] = Field(default_factory=list)
    total_amount: int
    total_vat_amount: int
    total_vat_amounts: list[TotalVatAmount]
    total_withholding_tax: int | None = None
    trade_name: str | None = None
    vat_exempt: bool | None = None
    vat_exemption_rationale: str | None = None
    vat_inclusive_discount_mode: str
    vat_mode: str
    withholding_tax_rate: int | None = None


class InvoiceResponsePayload(_Response):
    """An invoice."""

    type: Literal["invoice"]
    amount_due: int
    amount_paid: int
    amount_to_pay: int
    comment: str | None = None
    fulfillment_date: date | None = None
    overdue_reminder_id: UUID | None = None
    paid_at: datetime | None = None
    payment_page_url: str | None = None
    payment_reminder_id: UUID | None = None
    payment_terms: PaymentTerms | None = None
    recurrence_id: UUID | None = None
    related_documents: RelatedDocuments
    total_amount_with_credit_notes: int


class CreditNoteResponsePayload(_Response):
    """A credit note."""

    type: Literal["credit_note"]


ReceivableResponse = Annotated[InvoiceResponsePayload | CreditNoteResponsePayload, Field(discriminator="type")]


class ReceivablePaginationResponse(Page):
    """A page of receivables."""

    data: list[ReceivableResponse]


class _EventData(Shown):
    """What an entry of a history tells: exactly the fields of its kind."""

    model_config = ConfigDict(extra="forbid")


class StatusChangedEventData(_EventData):
    """From which status into which, as callers saw them."""

    new_status: str
    old_status: str


class BasedOnReceivableCreatedEventData(_EventData):
    """The credit note that was made of an invoice."""

    receivable_id: UUID
    type: str


class PaymentReceivedEventData(_EventData):
    """What was paid at once, and what was left to be paid after it; minor units."""

    amount_due: int
    amount_paid: int
    comment: str | None = None


class NoEventData(_EventData):
    """A document was made or changed; the receivable says the rest."""


class ReceivableHistoryResponse(Shown):
    """An entry of a receivable's history. There are no PDF files."""

    id: UUID
    current_pdf_url: str | None = None
    entity_user_id: UUID | None = None
    event_data: StatusChangedEventData | BasedOnReceivableCreatedEventData | PaymentReceivedEventData | NoEventData
    event_type: HistoryEvent
    receivable_id: UUID
    timestamp: datetime
    source: Literal["partner", "books"]


class ReceivableHistoryPaginationResponse(Page):
    """A page of a receivable's history."""

    data: list[ReceivableHistoryResponse]
