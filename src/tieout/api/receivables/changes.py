"""What callers send to change a receivable, each in the envelope that says what it is."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import Discriminator, Field, Tag

from tieout.api.receivables.schemas import (
    LINES_MAX,
    QUANTITY_MAX,
    Attachments,
    ContactOverride,
    DiscountBody,
    DocumentRendering,
    EntityAddressOverride,
    EntityOverride,
    IndividualOverride,
    InlinePaymentTerms,
    OrganizationOverride,
    Quantity,
    RateValue,
)
from tieout.api.schemas import (
    VARIANT,
    AmountMinor,
    Body,
    Currency,
    Moment,
    Number,
    StrictBool,
    StrictWhole,
    Url,
    refuse_null,
)
from tieout.books.arithmetic.totals import AMOUNT_MINOR_MAX


class LineItemUpdate(Body):
    """A change to the line in the same place."""

    quantity: Quantity | None = None
    price: AmountMinor | None = None
    discount: DiscountBody | None = None
    tax_rate_value: RateValue | None = None
    tax_rate_name: Annotated[str, Field(max_length=64)] | None = None
    vat_rate_id: UUID | None = None
    custom_vat_rate_id: UUID | None = None

    _not_null = refuse_null("quantity", "price", "tax_rate_value")


class UpdateInvoice(Body):
    """A change to a draft."""

    attachments: Attachments | None = None
    contact_id: UUID | None = None
    counterpart_billing_address_id: UUID | None = None
    counterpart_einvoicing_credentials_id: UUID | None = None
    counterpart_id: UUID | None = None
    counterpart_shipping_address_id: UUID | None = None
    counterpart_vat_id_id: UUID | None = None
    currency: Currency | None = None
    deduction_amount: AmountMinor | None = None
    deduction_memo: str | None = None
    discount: DiscountBody | None = None
    document_rendering: DocumentRendering | None = None
    entity: EntityOverride | None = None
    entity_bank_account_id: UUID | None = None
    entity_vat_id_id: UUID | None = None
    footer: str | None = None
    fulfillment_date: date | None = None
    is_einvoice: StrictBool | None = None
    line_items: Annotated[list[LineItemUpdate], Field(max_length=LINES_MAX)] | None = None
    memo: str | None = None
    network_credentials_id: UUID | None = None
    overdue_reminder_id: UUID | None = None
    partner_metadata: dict[str, Any] | None = None
    payment_page_url: Url | None = None
    payment_reminder_id: UUID | None = None
    payment_terms: InlinePaymentTerms | None = None
    payment_terms_id: UUID | None = None
    project_id: UUID | None = None
    tag_ids: list[UUID] | None = None
    trade_name: Annotated[str, Field(max_length=255)] | None = None
    vat_exempt: StrictBool | None = None
    vat_exemption_rationale: str | None = None
    withholding_tax_rate: RateValue | None = None

    _not_null = refuse_null("counterpart_id", "counterpart_billing_address_id", "currency", "line_items")


class UpdateProductForCreditNote(Body):
    """How much of a product is credited."""

    quantity: Annotated[Number, Field(ge=1, le=QUANTITY_MAX, max_digits=20, decimal_places=10)]
    old_price: Annotated[StrictWhole, Field(ge=1, le=AMOUNT_MINOR_MAX)] | None = None
    price_diff: Annotated[StrictWhole, Field(ge=1, le=AMOUNT_MINOR_MAX)] | None = None


class UpdateCreditNote(Body):
    """A change to the draft of a credit note."""

    attachments: Attachments | None = None
    counterpart_billing_address_id: UUID | None = None
    counterpart_contact: ContactOverride | None = None
    counterpart_shipping_address_id: UUID | None = None
    document_rendering: DocumentRendering | None = None
    entity: EntityOverride | None = None
    footer: str | None = None
    line_items: dict[UUID, UpdateProductForCreditNote] | None = None
    memo: str | None = None
    partner_metadata: dict[str, Any] | None = None
    project_id: UUID | None = None
    tag_ids: list[UUID] | None = None

    _not_null = refuse_null("counterpart_billing_address_id", "line_items")


class UpdateIssuedInvoice(Body):
    """The little that may change of an issued invoice."""

    attachments: Attachments | None = None
    contact_id: UUID | None = None
    counterpart_id: UUID | None = None
    counterpart_vat_id_id: UUID | None = None
    document_rendering: DocumentRendering | None = None
    due_date: date | None = None
    entity: OrganizationOverride | IndividualOverride | None = None
    entity_address: EntityAddressOverride | None = None
    entity_vat_id_id: UUID | None = None
    footer: str | None = None
    fulfillment_date: date | None = None
    issue_date: Moment | None = None
    memo: str | None = None
    overdue_reminder_id: UUID | None = None
    partner_metadata: dict[str, Any] | None = None
    payment_reminder_id: UUID | None = None
    payment_terms: InlinePaymentTerms | None = None
    payment_terms_id: UUID | None = None
    project_id: UUID | None = None
    tag_ids: list[UUID] | None = None

    _not_null = refuse_null("counterpart_id", "issue_date")


class UpdateInvoicePayload(Body):
    """A change to a draft, in its envelope."""

    invoice: UpdateInvoice


class UpdateCreditNotePayload(Body):
    """A change to the draft of a credit note, in its envelope."""

    credit_note: UpdateCreditNote


class UpdateIssuedInvoicePayload(Body):
    """A change to an issued invoice, in its envelope."""

    issued_invoice: UpdateIssuedInvoice


class UpdateQuotePayload(Body):
    """A change to a quote. Quotes are not built, so its fields are not read."""

    quote: dict[str, Any]


def _kind_of_update(value: Any) -> str:
    known = ("credit_note", "issued_invoice", "quote")
    return VARIANT + next((key for key in known if isinstance(value, dict) and key in value), "invoice")


ReceivableUpdatePayload = Annotated[
    Annotated[UpdateInvoicePayload, Tag(f"{VARIANT}invoice")]
    | Annotated[UpdateCreditNotePayload, Tag(f"{VARIANT}credit_note")]
    | Annotated[UpdateIssuedInvoicePayload, Tag(f"{VARIANT}issued_invoice")]
    | Annotated[UpdateQuotePayload, Tag(f"{VARIANT}quote")],
    Discriminator(_kind_of_update),
]
