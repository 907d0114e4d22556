"""Records as an accountant knows them, free of any platform's spelling.

Amounts are Decimal in the named currency's main unit; dates are calendar dates in the company's own time zone; every
id is the platform's (a string).
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum


class Kind(StrEnum):
    """What a record is; also the name under which snapshots are kept."""

    COMPANY = "company"
    ACCOUNT = "account"
    TAX_RATE = "tax_rate"
    CUSTOMER = "customer"
    VENDOR = "vendor"
    PARTY = "party"
    ITEM = "item"
    INVOICE = "invoice"
    BILL = "bill"
    CREDIT_NOTE = "credit_note"
    VENDOR_CREDIT = "vendor_credit"
    PAYMENT = "payment"
    BILL_PAYMENT = "bill_payment"
    ALLOCATION = "allocation"
    ATTACHMENT = "attachment"
    OTHER = "other"


class AccountType(StrEnum):
    """The five classes of the chart of accounts, in the API contract's spelling."""

    ASSET = "Asset"
    EQUITY = "Equity"
    EXPENSE = "Expense"
    INCOME = "Income"
    LIABILITY = "Liability"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """The books themselves: whose they are and which rules hold there.

    `tax_is_computed_there` is true where the platform's own engine decides the tax (US automated sales tax).
    `taxes_purchases` is false where purchases carry no tax of their own: what was paid is part of the cost.
    `closed_until` is the last day of the closed period, if there is one. `currencies` are those that documents may be
    in, as far as the platform lists them: ISO 4217, the base currency among them. `not_permitted` is what the person
    who connected may not create there, `not_in_plan` what nobody may, as far as the platform tells.
    """

    external_id: str
    name: str
    legal_name: str | None = None
    email: str | None = None
    type: str | None = None
    base_currency: str
    country: str | None = None
    time_zone: str | None = None
    multi_currency: bool = False
    currencies: tuple[str, ...] = ()
    tax_is_computed_there: bool = False
    taxes_purchases: bool = True
    closed_until: date | None = None
    numbers_are_custom: bool = False
    not_permitted: tuple[Kind, ...] = ()
    not_in_plan: tuple[Kind, ...] = ()


class Control(StrEnum):
    """Which documents a control account sums up."""

    RECEIVABLE = "receivable"
    PAYABLE = "payable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A ledger account.

    `current_balance` is in `currency`, debit positive for assets and expenses, as the platform shows it.
    """

    external_id: str
    name: str
    code: str | None = None
    type: AccountType
    subtype: str | None = None
    description: str | None = None
    currency: str | None = None
    current_balance: Decimal | None = None
    control: Control | None = None
    is_bank: bool = False
    takes_payments: bool = False
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxComponent:
    """One rate inside a tax rate, in percent.

    `effective_rate` is what it comes to of the net amount, for a compound one whose base the platform tells.
    """

    external_id: str | None = None
    name: str
    rate: Decimal
    is_compound: bool = False
    effective_rate: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxRate:
    """What a line names to be taxed.

    Rates are in percent; `total_rate` is the plain sum, `effective_rate` is compounded. `purchase_components` is filled
    where the platform keeps other rates for purchases than for sales. `applies_to` are the classes of accounts that a
    line with this rate may name; None for all.
    """

    external_id: str
    name: str
    code: str | None = None
    effective_rate: Decimal
    total_rate: Decimal
    components: tuple[TaxComponent, ...] = ()
    purchase_components: tuple[TaxComponent, ...] = ()
    active: bool = True
    on_sales: bool = True
    on_purchases: bool = True
    applies_to: tuple[AccountType, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A postal address; `country` is whatever the platform holds."""

    line1: str | None = None
    line2: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Somebody the company trades with.

    `marker` is the id that Tieout stamped on it, where the platform has room for one. `merged_into` is the party that
    it became, where the books say so.
    """

    external_id: str | None = None
    name: str
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None
    tax_number: str | None = None
    currency: str | None = None
    address: Address | None = None
    is_customer: bool = False
    is_vendor: bool = False
    active: bool = True
    marker: str | None = None
    merged_into: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A product or service. `unit_price` is the sales price in the company's base currency."""

    external_id: str | None = None
    name: str
    code: str | None = None
    description: str | None = None
    unit_price: Decimal | None = None
    income_account_id: str | None = None
    expense_account_id: str | None = None
    tax_rate_id: str | None = None
    is_sold: bool = True
    is_purchased: bool = False
    is_stock: bool = False
    active: bool = True
    marker: str | None = None


class Taxation(StrEnum):
    """How line amounts of a document relate to tax."""

    EXCLUSIVE = "exclusive"
    INCLUSIVE = "inclusive"
    NONE = "none"


class DocumentStatus(StrEnum):
    """How far a document got."""

    DRAFT = "draft"
    OPEN = "open"
    PARTIALLY_PAID = "partially_paid"
    PAID = "paid"
    VOID = "void"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line. `amount` is quantity × unit price less the discount: net when exclusive, gross when inclusive."""

    external_id: str | None = None
    description: str | None = None
    quantity: Decimal = Decimal(1)
    unit_price: Decimal
    discount_percent: Decimal | None = None
    amount: Decimal
    account_id: str | None = None
    item_id: str | None = None
    tax_rate_id: str | None = None
    tax_amount: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxLine:
    """Tax of one rate over a whole document."""

    rate_id: str | None = None
    rate: Decimal | None = None
    taxable: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """The part of a payment or credit that settles one document, in the document's currency."""

    document_kind: Kind
    document_id: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """An invoice, a bill, a credit note or a vendor credit.

    Amounts are in `currency`; `exchange_rate` is base units for one of it.

    `subtotal + tax = total`; `balance` is what is still owed, or for credits still to be used. `allocations` are all
    that a credit settles, where the platform tells it on the credit; None where it does not, or of what is no credit.
    `has_attachments` says that files hang on it, where the platform tells it on the document.
    """

    external_id: str | None = None
    number: str | None = None
    party_id: str
    party_name: str | None = None
    currency: str
    exchange_rate: Decimal | None = None
    issued_on: date
    due_on: date | None = None
    taxation: Taxation = Taxation.EXCLUSIVE
    lines: tuple[Line, ...] = ()
    tax_lines: tuple[TaxLine, ...] = ()
    discount: Decimal = Decimal(0)
    subtotal: Decimal
    tax: Decimal
    total: Decimal
    balance: Decimal
    status: DocumentStatus = DocumentStatus.OPEN
    memo: str | None = None
    marker: str | None = None
    allocations: tuple[Allocation, ...] | None = None
    has_attachments: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice(Document):
    """What a customer owes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill(Document):
    """What is owed to a vendor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditNote(Document):
    """What a customer may deduct."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorCredit(Document):
    """What a vendor lets the company deduct."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """Money received from a customer or paid to a vendor. `amount` is the whole, `unapplied` what settles nothing yet.

    `is_allocation_only` marks a payment of zero that only links credits to documents. Money that was paid back is
    negative, and takes from a credit or from an earlier payment. What is unapplied of a payment in advance
    (`is_prepayment`) stands in an account of its own, not among what is owed. `batch_id` is that of the batch in which
    it was made.
    """

    external_id: str | None = None
    kind: Kind = Kind.PAYMENT
    party_id: str | None = None
    currency: str
    exchange_rate: Decimal | None = None
    paid_on: date
    amount: Decimal
    unapplied: Decimal = Decimal(0)
    account_id: str | None = None
    reference: str | None = None
    allocations: tuple[Allocation, ...] = ()
    is_allocation_only: bool = False
    is_prepayment: bool = False
    is_void: bool = False
    batch_id: str | None = None
    marker: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditAllocation:
    """The part of a credit note that settles one document, in the currency that both share.

    `credit_kind` is CREDIT_NOTE, settling an invoice, or VENDOR_CREDIT, settling a bill. Some books keep it as a record
    of its own, others as a payment of zero.
    """

    external_id: str | None = None
    credit_kind: Kind
    credit_id: str
    document_id: str
    party_id: str
    currency: str
    allocated_on: date
    amount: Decimal
    marker: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that hangs on a document: what it is called and how large it is (bytes), never the file itself."""

    external_id: str | None = None
    document_kind: Kind
    document_id: str
    name: str
    media_type: str
    size_bytes: int
    marker: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Untranslated:
    """A record that is kept raw, with the reason why it has no meaning here yet."""

    external_id: str
    native_kind: str
    reason: str = field(default="")


Record = (
    Company
    | Account
    | TaxRate
    | Party
    | Item
    | Invoice
    | Bill
    | CreditNote
    | VendorCredit
    | Payment
    | CreditAllocation
    | Attachment
    | Untranslated
)
