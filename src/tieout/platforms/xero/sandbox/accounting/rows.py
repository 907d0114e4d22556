"""The records of an organisation. Money in the document's currency with two places, dates as calendar dates."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tieout.platforms.xero.sandbox.wire import ZERO, half_up

if TYPE_CHECKING:
    from tieout.platforms.xero.sandbox.accounting.tables import Table

CLASS_OF_TYPE = {
    "BANK": "ASSET", "CURRENT": "ASSET", "FIXED": "ASSET", "INVENTORY": "ASSET", "NONCURRENT": "ASSET",
    "PREPAYMENT": "ASSET", "EQUITY": "EQUITY", "DEPRECIATN": "EXPENSE", "DIRECTCOSTS": "EXPENSE",
    "EXPENSE": "EXPENSE", "OVERHEADS": "EXPENSE", "CURRLIAB": "LIABILITY", "LIABILITY": "LIABILITY",
    "TERMLIAB": "LIABILITY", "PAYG": "LIABILITY", "OTHERINCOME": "REVENUE", "REVENUE": "REVENUE", "SALES": "REVENUE",
}  # fmt: skip
"""The eighteen types of account and the class of each (accounts page)."""


@dataclass(slots=True, kw_only=True)
class Row:
    """What every record has."""

    id: str
    updated_at: datetime
    app_id: str | None = None
    """The app that created it; None for what people created."""
    shapes: dict[Hashable, tuple[Hashable, bytes]] = field(default_factory=dict)
    """By the way it was asked for: what the bytes depended on beyond the record itself, and the bytes."""
    table: "Table[Any] | None" = field(default=None, repr=False, compare=False)
    """Where it is kept, which is told of its changes."""

    watch: "Callable[[Row, str], None] | None" = field(default=None, repr=False, compare=False)
    """Is told every change that moves `UpdatedDateUTC`; set when an organisation takes the record in."""

    def touch(self, at: datetime | None = None) -> None:
        """It changed. Without `at` the change is one that leaves `UpdatedDateUTC` alone."""
        self.shapes.clear()
        if at is not None:
            self.updated_at = at
        if self.table is not None:
            self.table.changed(self, moved=at is not None)
        if at is not None and self.watch is not None:
            self.watch(self, "UPDATE")


@dataclass(slots=True, kw_only=True)
class Account(Row):
    """An account of the chart."""

    code: str
    name: str
    type: str
    tax_type: str
    status: str = "ACTIVE"
    description: str | None = None
    bank_account_number: str | None = None
    bank_account_type: str = ""
    currency: str | None = None
    takes_payments: bool = False
    in_expense_claims: bool = False
    system: str | None = None
    reporting_code: str = ""
    reporting_name: str = ""
    watched: bool = False

    @property
    def class_(self) -> str:
        """ASSET, EQUITY, EXPENSE, LIABILITY or REVENUE."""
        return CLASS_OF_TYPE[self.type]


@dataclass(frozen=True, slots=True)
class TaxComponent:
    """A part of a tax rate, in percent."""

    name: str
    rate: Decimal
    compound: bool = False
    non_recoverable: bool = False


@dataclass(slots=True, kw_only=True)
class Currency(Row):
    """A currency that the organisation is subscribed to; its id is its ISO 4217 code."""

    name: str


@dataclass(slots=True, kw_only=True)
class TaxRate(Row):
    """A tax rate; its id is its TaxType. `classes` are the account classes it can apply to."""

    name: str
    components: tuple[TaxComponent, ...]
    classes: frozenset[str]
    status: str = "ACTIVE"
    report_type: str | None = None
    system: bool = True

    @property
    def displayed(self) -> Decimal:
        """The sum of the components, in percent."""
        return sum((one.rate for one in self.components), Decimal(0))

    @property
    def effective(self) -> Decimal:
        """In percent, with the compound component charged on the others."""
        plain = sum((one.rate for one in self.components if not one.compound), Decimal(0))
        compound = sum((one.rate for one in self.components if one.compound), Decimal(0))
        return plain + compound + plain * compound / 100


@dataclass(slots=True)
class ItemDetails:
    """One side of an item. `account_code` is the cost-of-goods account when the item is tracked."""

    unit_price: Decimal | None = None
    account_code: str | None = None
    tax_type: str | None = None


@dataclass(slots=True, kw_only=True)
class Item(Row):
    """A product or service."""

    code: str
    name: str = ""
    description: str | None = None
    purchase_description: str | None = None
    sold: bool = True
    purchased: bool = True
    inventory_account: str | None = None
    quantity_on_hand: Decimal = Decimal(0)
    cost_pool: Decimal = ZERO
    sales: ItemDetails = field(default_factory=ItemDetails)
    purchases: ItemDetails = field(default_factory=ItemDetails)

    @property
    def tracked(self) -> bool:
        """Whether its stock is counted."""
        return self.inventory_account is not None


@dataclass(slots=True, kw_only=True)
class Contact(Row):
    """A customer, a supplier, or both. A slot of None was never written through the API."""

    name: str
    number: str | None = None
    account_number: str | None = None
    status: str = "ACTIVE"
    first_name: str | None = None
    last_name: str | None = None
    company_number: str | None = None
    email: str | None = None
    bank_details: str | None = None
    tax_number: str | None = None
    sales_tax_type: str | None = None
    purchase_tax_type: str | None = None
    currency: str | None = None
    addresses: dict[str, dict[str, str] | None] = field(default_factory=lambda: {"STREET": None, "POBOX": None})
    phones: dict[str, dict[str, str] | None] = field(
        default_factory=lambda: {"DEFAULT": None, "DDI": None, "FAX": None, "MOBILE": None}
    )
    persons: list[dict[str, str | bool]] = field(default_factory=list)
    terms: dict[str, dict[str, int | str]] = field(default_factory=dict)
    merged_to: str | None = None
    customer: bool = False
    supplier: bool = False


@dataclass(frozen=True, slots=True)
class Tracked:
    """What a line is tracked under."""

    category_id: str
    option_id: str


@dataclass(slots=True)
class Line:
    """A line of a document; the three amounts follow from the others unless the tax was overridden."""

    id: str
    description: str | None
    quantity: Decimal
    unit_amount: Decimal
    line_amount: Decimal
    tax_amount: Decimal
    account_id: str | None = None
    tax_type: str | None = None
    item_id: str | None = None
    discount_rate: Decimal | None = None
    discount_amount: Decimal | None = None
    tracking: tuple[Tracked, ...] = ()


@dataclass(frozen=True, slots=True)
class StockMove:
    """What a document did to the stock of a tracked item: pieces and home currency, negative when they went out."""

    item_id: str
    quantity: Decimal
    value: Decimal


@dataclass(slots=True, kw_only=True)
class Document(Row):
    """What invoices, credits and bank transactions share."""

    type: str
    contact_id: str
    number: str
    on: date
    status: str
    amount_types: str
    lines: list[Line]
    sub_total: Decimal
    total_tax: Decimal
    total: Decimal
    currency: str
    rate: Decimal | None = None
    """Units of the document's currency for one of the home currency; None where nothing was recorded, which is 1."""
    reference: str | None = None
    theme_id: str | None = None
    """The branding theme; what an app sells under none has the default one."""
    due_on: date | None = None
    sent: bool = False
    paid: Decimal = ZERO
    credited: Decimal = ZERO
    """For a credit note: what was allocated."""
    fully_paid_on: date | None = None
    home_total: Decimal = ZERO
    """What the control account holds for it, in home currency, when it was posted."""
    home_settled: Decimal = ZERO
    """How much of `home_total` payments and credits have taken off again."""
    stock: tuple[StockMove, ...] = ()
    """What it did to the stock of tracked items."""

    @property
    def receivable(self) -> bool:
        """Whether it belongs to the customers' side."""
        return self.type.startswith(("ACCREC", "RECEIVE"))

    @property
    def live(self) -> bool:
        """Whether it was not voided or deleted."""
        return self.status not in {"VOIDED", "DELETED"}

    @property
    def due(self) -> Decimal:
        """What is open."""
        return self.total - self.paid - self.credited if self.live else ZERO

    @property
    def home_due(self) -> Decimal:
        """What is open, in home currency at the rate of the document: its part of the control account."""
        return self.home_total - self.home_settled if self.status == "AUTHORISED" else ZERO

    def home(self, amount: Decimal) -> Decimal:
        """An amount of the document in home currency."""
        return amount if self.rate in (None, 1) else half_up(amount / (self.rate or Decimal(1)))

    def settle_home(self, amount: Decimal) -> Decimal:
        """The home value of settling `amount`: its share of the control balance, and all of the rest with the last."""
        if amount == self.due:
            return self.home_total - self.home_settled
        return half_up(self.home_total * amount / self.total)


@dataclass(slots=True, kw_only=True)
class Invoice(Document):
    """A sale (ACCREC) or a bill (ACCPAY)."""

    url: str | None = None


@dataclass(slots=True)
class Allocation:
    """Part of a credit set against an invoice."""

    id: str
    credit_id: str
    invoice_id: str
    amount: Decimal
    on: date
    home_invoice: Decimal
    home_credit: Decimal


@dataclass(slots=True, kw_only=True)
class Credit(Document):
    """What can be set against invoices of the same contact, or be paid back."""

    allocations: list[Allocation] = field(default_factory=list)
    bank_transaction_id: str | None = None
    """The money leg of an overpayment or a prepayment; a credit note has none."""


@dataclass(slots=True, kw_only=True)
class CreditNote(Credit):
    """A credit to a customer (ACCRECCREDIT) or from a supplier (ACCPAYCREDIT)."""


@dataclass(slots=True, kw_only=True)
class Overpayment(Credit):
    """Money beyond what was owed (RECEIVE-OVERPAYMENT, SPEND-OVERPAYMENT); it stands in the control account."""


@dataclass(slots=True, kw_only=True)
class Prepayment(Credit):
    """Money before there is an invoice; it stands in the accounts of its lines until it is applied to one."""


PAYMENT_OF = {
    "ACCRECPAYMENT": "Invoice",
    "ACCPAYPAYMENT": "Invoice",
    "ARCREDITPAYMENT": "CreditNote",
    "APCREDITPAYMENT": "CreditNote",
    "AROVERPAYMENTPAYMENT": "Overpayment",
    "APOVERPAYMENTPAYMENT": "Overpayment",
    "ARPREPAYMENTPAYMENT": "Prepayment",
    "APPREPAYMENTPAYMENT": "Prepayment",
}
"""The types of payment, and what each of them pays (types page)."""


@dataclass(slots=True, kw_only=True)
class Payment(Row):
    """Money against one document."""

    document_id: str
    account_id: str
    on: date
    amount: Decimal
    """In the currency of the document."""
    bank_amount: Decimal
    """In the currency of the bank account."""
    home_bank: Decimal
    """What the bank account took, in home currency."""
    home_settled: Decimal
    """What it took off the control account."""
    type: str
    rate: Decimal | None = None
    reference: str | None = None
    reconciled: bool = False
    status: str = "AUTHORISED"
    batch_id: str | None = None

    @property
    def of(self) -> str:
        """What it pays: Invoice, CreditNote, Overpayment or Prepayment."""
        return PAYMENT_OF[self.type]

    @property
    def refund(self) -> bool:
        """Whether it pays a credit back."""
        return self.of != "Invoice"
