"""The settings of an entity: their shape, and how a change is put in (Monite, 'Entity settings').

Only what was set is stored, under the contract's own names; an answer fills in the defaults. A change is merged object
by
object, so that setting one ledger account leaves the other as it is; null and lists replace.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from tieout.api.entities.document_numbers import COUNTERS, DOCUMENT_KINDS, next_number
from tieout.api.merging import merged
from tieout.api.schemas import Body, Currency, EmailStr, Language, Number, OpenBody, Shown, StrictBool
from tieout.kit.errors import Fault, Unprocessable

KEYWORDS_MAX = 50
ADDRESSES_MAX = 20
RATES_MAX = 200
RULES_MAX = 200
_NUMBER_MAX = 9_223_372_036_854_775_807

Prefix = Annotated[str, Field(min_length=1, max_length=25)]
Label = Annotated[str, Field(min_length=1, max_length=32)]
Counter = Annotated[int, Field(strict=True, ge=1, le=_NUMBER_MAX)]
Digits = Annotated[int, Field(strict=True, ge=1, le=25)]
Precision = Annotated[int, Field(strict=True, ge=2, le=4)]


class PaymentPriority(StrEnum):
    """When an entity likes to pay."""

    WORKING_CAPITAL = "working_capital"
    BALANCED = "balanced"
    BOTTOM_LINE = "bottom_line"


class EditFlow(StrEnum):
    """How freely issued receivables may be changed."""

    COMPLIANT = "compliant"
    PARTIALLY_COMPLIANT = "partially_compliant"
    NON_COMPLIANT = "non_compliant"


class VatMode(StrEnum):
    """Whether prices contain tax."""

    EXCLUSIVE = "exclusive"
    INCLUSIVE = "inclusive"


class DefaultLedgerAccountIDs(Body):
    """Accounts for what names none itself."""

    payments: UUID | None = None
    products: UUID | None = None


class DefaultAccountingTaxIDs(Body):
    """Tax rates for what names none itself."""

    deductions: UUID | None = None


class AccountingSettings(Body):
    """What pushes into the books fall back to."""

    ledger_account_ids: DefaultLedgerAccountIDs | None = None
    tax_ids: DefaultAccountingTaxIDs | None = None


class ExchangeRate(Body):
    """How much of `to` one unit of `base` is."""

    base: Currency
    to: Currency
    rate: Annotated[Number, Field(gt=0)]


class CurrencySettings(Body):
    """The entity's own currency."""

    default: Currency
    exchange_rates: Annotated[list[ExchangeRate | None], Field(max_length=RATES_MAX)] | None = None


class DocumentTypePrefix(Body):
    """What numbers of each kind of document begin with."""

    invoice: Prefix = "INV"
    credit_note: Prefix = "CN"
    quote: Prefix = "Q"
    purchase_order: Prefix = "PO"
    delivery_note: Prefix = "DN"


class NextNumbers(Body):
    """Numbers that the next documents shall get."""

    invoice: Counter | None = None
    credit_note: Counter | None = None
    quote: Counter | None = None
    purchase_order: Counter | None = None
    delivery_note: Counter | None = None


class DocumentIDsSettings(OpenBody):
    """How numbers of documents are written."""

    document_type_prefix: DocumentTypePrefix = DocumentTypePrefix()
    include_date: StrictBool = False
    min_digits: Digits = 5
    prefix: Prefix | None = None
    separator: Literal["/", "-", "|", ".", ""] = "-"


class DocumentIDsSettingsRequest(DocumentIDsSettings):
    """The same, with the numbers to go on with."""

    next_number: NextNumbers | None = None


class Column(OpenBody):
    """A column of a rendered document."""

    display: StrictBool = True
    label: Label | None = None


class NumericColumn(Column):
    """A column of figures."""

    precision: Precision | None = None


class LineItemsRendering(OpenBody):
    """The columns of a rendered document's lines."""

    name: Column = Column()
    quantity: Column = Column()
    measure_unit: Column = Column()
    discount: Column = Column()
    price: NumericColumn = NumericColumn()
    price_after_vat: NumericColumn = NumericColumn()
    total_price: NumericColumn = NumericColumn()
    total_price_after_vat: NumericColumn = NumericColumn()
    vat_amount: NumericColumn = NumericColumn(display=False)
    vat_rate: NumericColumn = NumericColumn()


class DocumentRendering(OpenBody):
    """How one kind of document is rendered."""

    display_entity_bank_account: StrictBool = True


class QuoteRendering(DocumentRendering):
    """How quotes are rendered."""

    display_signature: StrictBool = False


class DocumentRenderingSettings(Body):
    """How documents are rendered. Kept for clients that set it; Tieout renders no documents."""

    display_entity_bank_account: StrictBool = True
    display_line_items: StrictBool = True
    invoice: DocumentRendering = DocumentRendering()
    credit_note: DocumentRendering = DocumentRendering()
    quote: QuoteRendering = QuoteRendering()
    line_items: LineItemsRendering = LineItemsRendering()


class EntityMailSettings(Body):
    """Where answers to the entity's mails go."""

    reply_to: Annotated[list[EmailStr], Field(max_length=ADDRESSES_MAX)] | None = None


class OcrAutoTagging(Body):
    """A tag for documents in which a word is found."""

    enabled: StrictBool
    keywords: list[Annotated[str, Field(min_length=2, max_length=25)]] = Field(min_length=1, max_length=KEYWORDS_MAX)
    tag_id: UUID


class RemindersSettings(OpenBody):
    """Whether payment reminders are sent."""

    enabled: StrictBool = True


class _Settings(OpenBody):
    accounting: AccountingSettings | None = None
    allow_purchase_order_autolinking: StrictBool | None = True
    currency: CurrencySettings | None = None
    document_rendering: DocumentRenderingSettings = DocumentRenderingSettings()
    generate_paid_invoice_pdf: StrictBool = False
    language: Language | None = None
    mail: EntityMailSettings | None = None
    payables_ocr_auto_tagging: Annotated[list[OcrAutoTagging], Field(max_length=RULES_MAX)] | None = None
    payables_skip_approval_flow: StrictBool = False
    payment_priority: PaymentPriority | None = PaymentPriority.WORKING_CAPITAL
    quote_signature_required: StrictBool = False
    receivable_edit_flow: EditFlow | None = EditFlow.COMPLIANT
    reminder: RemindersSettings | None = None
    vat_inclusive_discount_mode: VatMode = VatMode.EXCLUSIVE
    vat_mode: VatMode | None = VatMode.EXCLUSIVE


class PatchSettingsPayload(_Settings):
    """A change of settings: what is left out stays."""

    model_config = Body.model_config

    document_ids: DocumentIDsSettingsRequest | None = None


class SettingsResponse(_Settings):
    """All settings, with defaults where nothing was set."""

    document_ids: DocumentIDsSettings | None = DocumentIDsSettings()


class NextDocumentNumbers(Shown):
    """The numbers that the next documents will get."""

    invoice: int
    credit_note: int
    quote: int
    purchase_order: int
    delivery_note: int


def plan_settings(old: Mapping[str, Any], change: PatchSettingsPayload) -> dict[str, Any]:
    """The settings after the change; raises Unprocessable for a number that was used already."""
    new = change.model_dump(mode="json", exclude_unset=True)
    counters = (new.get("document_ids") or {}).pop("next_number", None) or {}
    for kind in DOCUMENT_KINDS:
        wanted = counters.get(kind)
        if wanted is not None and wanted < next_number(old, kind):
            message = f"the next number cannot be less than {next_number(old, kind)}: smaller ones are in use"
            raise Unprocessable(Fault(("body", "document_ids", "next_number", kind), message))
    if counters := {kind: number for kind, number in counters.items() if number is not None}:
        new[COUNTERS] = counters
    return merged(old, new)


def shown_settings(settings: Mapping[str, Any]) -> SettingsResponse:
    """The settings as the API shows them."""
    return SettingsResponse.model_validate(settings)


def shown_numbers(settings: Mapping[str, Any]) -> NextDocumentNumbers:
    """The numbers of the next documents, as the API shows them."""
    return NextDocumentNumbers(**{kind: next_number(settings, kind) for kind in DOCUMENT_KINDS})
