"""What callers send about receivables (Monite, 'Receivables'). Names follow the contract's schemas."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Discriminator, EmailStr, Field, Tag

from tieout.api.entities.settings import DocumentRenderingSettings
from tieout.api.schemas import (
    VARIANT,
    AmountMinor,
    Body,
    Country,
    Currency,
    Moment,
    Number,
    OpenBody,
    StrictBool,
    StrictWhole,
    Url,
)
from tieout.books.arithmetic.totals import AMOUNT_MINOR_MAX, DiscountType, VatMode

QUANTITY_MAX = 2_147_483_647
LINES_MAX = 1_000
_INVOICE, _BASED_ON, _QUOTE = (f"{VARIANT}{kind}" for kind in ("invoice", "based_on", "quote"))

Quantity = Annotated[Number, Field(ge=0, le=QUANTITY_MAX, max_digits=20, decimal_places=10)]
RateValue = Annotated[StrictWhole, Field(ge=0, le=10_000)]
Days = Annotated[StrictWhole, Field(ge=0, le=10_000)]


class DocumentRendering(DocumentRenderingSettings):
    """How the document is to look in a PDF: kept and shown. Tieout renders none."""

    model_config = OpenBody.model_config


class DiscountBody(Body):
    """A discount: minor units, or percent × 100."""

    type: DiscountType
    amount: AmountMinor


class UnitBody(OpenBody):
    """What an inline product is counted in."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    description: Annotated[str, Field(max_length=200)] | None = None


class PriceBody(Body):
    """A price, in minor units."""

    currency: Currency
    value: AmountMinor


class ProductType(StrEnum):
    """Goods or services."""

    PRODUCT = "product"
    SERVICE = "service"


class LineItemProductCreate(OpenBody):
    """A product that is not in the catalogue."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    description: Annotated[str, Field(max_length=2_000)] | None = None
    external_reference: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    ledger_account_id: UUID | None = None
    measure_unit: UnitBody | None = None
    price: PriceBody
    smallest_amount: Quantity | None = None
    type: ProductType = ProductType.PRODUCT


class LineItem(Body):
    """A line: a product of the catalogue or an inline one."""

    quantity: Quantity
    product_id: UUID | None = None
    product: LineItemProductCreate | None = None
    discount: DiscountBody | None = None
    tax_rate_value: RateValue | None = None
    tax_rate_name: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    accounting_tax_rate_id: UUID | None = None
    vat_rate_id: UUID | None = None
    custom_vat_rate_id: UUID | None = None


class UpdateLineItems(Body):
    """All lines anew."""

    data: Annotated[list[LineItem], Field(max_length=LINES_MAX)]


class TermDiscount(Body):
    """What an early payment saves, percent × 100."""

    discount: RateValue
    end_date: date | None = None
    number_of_days: Days | None = None


class TermFinal(Body):
    """When the invoice is due."""

    end_date: date | None = None
    number_of_days: Days | None = None


class InlinePaymentTerms(Body):
    """Payment terms, told with the invoice."""

    term_1: TermDiscount | None = None
    term_2: TermDiscount | None = None
    term_final: TermFinal


class EntityOverride(Body):
    """What the document says of the entity instead of what is kept of it."""

    email: EmailStr | None = None
    logo: Url | None = None
    phone: str | None = None
    registration_authority: str | None = None
    registration_number: str | None = None
    website: Url | None = None


class OrganizationOverride(EntityOverride):
    """The same for an issued invoice of an organisation."""

    type: Literal["organization"]
    name: str
    tax_id: str | None = None


class IndividualOverride(EntityOverride):
    """The same for an issued invoice of an individual."""

    type: Literal["individual"]
    first_name: str
    last_name: str
    tax_id: str | None = None


class EntityAddressOverride(Body):
    """The entity's address on the document."""

    city: Annotated[str, Field(max_length=255)]
    country: Country = "DE"
    line1: Annotated[str, Field(max_length=255)]
    line2: Annotated[str, Field(max_length=100)] | None = None
    postal_code: Annotated[str, Field(max_length=10)]
    state: str | None = None


class AddressOverride(OpenBody):
    """An address of the counterpart on the document."""

    id: UUID | None = None
    city: str
    country: Country
    line1: str
    line2: str | None = None
    postal_code: str
    state: str | None = None


class ContactOverride(Body):
    """A person at the counterpart, on the document."""

    address: AddressOverride
    email: EmailStr | None = None
    first_name: str
    last_name: str
    phone: str | None = None
    title: str | None = None


class AttachmentRequest(Body):
    """A file to go with the document."""

    id: UUID
    include_in_email: StrictBool = False


Attachments = Annotated[list[AttachmentRequest], Field(min_length=1)]


class ReceivableFacadeCreateInvoicePayload(Body):
    """A new invoice."""

    type: Literal["invoice"]
    attachments: Attachments | None = None
    commercial_condition_description: str | None = None
    counterpart_billing_address_id: UUID
    counterpart_business_type: Annotated[str, Field(max_length=50)] | None = None
    counterpart_einvoicing_credentials_id: UUID | None = None
    counterpart_id: UUID
    counterpart_shipping_address_id: UUID | None = None
    counterpart_vat_id_id: UUID | None = None
    currency: Currency
    deduction_amount: AmountMinor | None = None
    deduction_memo: str | None = None
    discount: DiscountBody | None = None
    document_id: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    document_rendering: DocumentRendering | None = None
    entity: EntityOverride | None = None
    entity_bank_account_id: UUID | None = None
    entity_vat_id_id: UUID | None = None
    footer: str | None = None
    fulfillment_date: date | None = None
    is_einvoice: StrictBool | None = False
    line_items: Annotated[list[LineItem], Field(max_length=LINES_MAX)]
    memo: str | None = None
    network_credentials_id: UUID | None = None
    overdue_reminder_id: UUID | None = None
    partner_metadata: dict[str, Any] | None = None
    payment_page_url: Url | None = None
    payment_reminder_id: UUID | None = None
    payment_terms: InlinePaymentTerms | None = None
    payment_terms_id: UUID | None = None
    project_id: UUID | None = None
    purchase_order: Annotated[str, Field(max_length=100)] | None = None
    tag_ids: list[UUID] | None = None
    trade_name: Annotated[str, Field(max_length=255)] | None = None
    vat_exempt: StrictBool | None = None
    vat_exemption_rationale: str | None = None
    vat_mode: VatMode | None = None
    withholding_tax_rate: RateValue | None = None


class ReceivableCreateBasedOnPayload(Body):
    """A new document made from another one."""

    type: Literal["invoice", "credit_note"]
    based_on: UUID
    tag_ids: list[UUID] | None = None


class ReceivableFacadeCreateQuotePayload(OpenBody):
    """A new quote. Quotes are not built, so their fields are not read."""

    type: Literal["quote"]


def _kind_of_creation(value: Any) -> str:
    if isinstance(value, dict):
        if value.get("type") == "quote":
            return _QUOTE
        if "based_on" in value:
            return _BASED_ON
    return _INVOICE


ReceivableFacadeCreatePayload = Annotated[
    Annotated[ReceivableFacadeCreateInvoicePayload, Tag(_INVOICE)]
    | Annotated[ReceivableCreateBasedOnPayload, Tag(_BASED_ON)]
    | Annotated[ReceivableFacadeCreateQuotePayload, Tag(_QUOTE)],
    Discriminator(_kind_of_creation),
]


class ReceivablePaidPayload(Body):
    """When and how an invoice was paid."""

    comment: str | None = None
    paid_at: Moment | None = None


class ReceivablePartiallyPaidPayload(Body):
    """How much of an invoice has been paid in all."""

    amount_paid: Annotated[StrictWhole, Field(ge=1, le=AMOUNT_MINOR_MAX)]
    comment: str | None = None


class ReceivableUncollectiblePayload(Body):
    """Why an invoice will not be paid."""

    comment: str | None = None
