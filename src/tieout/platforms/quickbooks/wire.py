"""Intuit's JSON, typed: only the fields that are read. Figures are Decimal with the digits as sent.

Field names follow Intuit's by rule (`doc_number` is `DocNumber`); source: the entity reference and recorded answers.
"""

from datetime import date, datetime
from decimal import Decimal

import msgspec


class Wire(msgspec.Struct, rename="pascal", gc=False):
    """What all of Intuit's objects share: names in PascalCase, unknown fields passed over."""


class Ref(msgspec.Struct, gc=False):
    """A reference: `value` is the id, `name` is for display only and may be missing."""

    value: str = ""
    name: str | None = None


class MetaData(Wire):
    """When an object was made and last touched; the offset is the server's, not the company's."""

    create_time: datetime | None = None
    last_updated_time: datetime | None = None


class Entity(Wire):
    """Any object: id, version, and the mark of a deletion in change data capture."""

    id: str
    sync_token: str | None = None
    meta_data: MetaData | None = None
    status: str | None = msgspec.field(name="status", default=None)


class Telephone(Wire):
    """A telephone number."""

    free_form_number: str | None = None


class Email(Wire):
    """An e-mail address."""

    address: str | None = None


class PhysicalAddress(Wire):
    """A postal address."""

    line1: str | None = None
    line2: str | None = None
    line3: str | None = None
    line4: str | None = None
    line5: str | None = None
    city: str | None = None
    country_sub_division_code: str | None = None
    postal_code: str | None = None
    country: str | None = None


class Named(Wire):
    """A name and its value."""

    name: str | None = None
    value: str | None = None


class CompanyInfo(Entity):
    """The company itself; its `Id` is always 1."""

    company_name: str | None = None
    legal_name: str | None = None
    country: str | None = None
    email: Email | None = None
    default_time_zone: str | None = None
    name_value: tuple[Named, ...] = ()


class AccountingPrefs(Wire):
    """The close date; an empty string when the books were never closed."""

    book_close_date: str | None = None


class SalesFormsPrefs(Wire):
    """Whether the company numbers its sales forms itself."""

    custom_txn_numbers: bool = False


class TaxPrefs(Wire):
    """`partner_tax_enabled` is true where automated sales tax decides."""

    using_sales_tax: bool = False
    partner_tax_enabled: bool = False


class CurrencyPrefs(Wire):
    """Currencies."""

    multi_currency_enabled: bool = False
    home_currency: Ref | None = None


class CompanyCurrency(Entity):
    """A currency that the company uses besides its own."""

    code: str = ""
    active: bool = True


class Preferences(Entity):
    """The company's preferences, as far as they bind us."""

    accounting_info_prefs: AccountingPrefs | None = None
    sales_forms_prefs: SalesFormsPrefs | None = None
    tax_prefs: TaxPrefs | None = None
    currency_prefs: CurrencyPrefs | None = None


class Account(Entity):
    """A ledger account."""

    name: str = ""
    fully_qualified_name: str | None = None
    acct_num: str | None = None
    active: bool = True
    classification: str | None = None
    account_type: str | None = None
    account_sub_type: str | None = None
    current_balance: Decimal | None = None
    currency_ref: Ref | None = None
    description: str | None = None


class TaxRateDetail(Wire):
    """One rate inside a code, and what it is taken of."""

    tax_rate_ref: Ref
    tax_type_applicable: str = "TaxOnAmount"
    tax_order: int = 0
    tax_on_tax_order: int | None = None


class TaxRateList(Wire):
    """The rates of a code in one direction."""

    tax_rate_detail: tuple[TaxRateDetail, ...] = ()


class TaxCode(Entity):
    """What a line is taxed by. The US pseudo codes have their name as id and no lists."""

    name: str = ""
    description: str | None = None
    active: bool = True
    taxable: bool | None = None
    tax_group: bool | None = None
    sales_tax_rate_list: TaxRateList | None = None
    purchase_tax_rate_list: TaxRateList | None = None


class EffectiveTaxRate(Wire):
    """The rate in a span of time."""

    rate_value: Decimal
    effective_date: str | None = None
    end_date: str | None = None


class TaxRate(Entity):
    """One rate, in percent."""

    name: str = ""
    active: bool = True
    rate_value: Decimal | None = None
    effective_tax_rate: tuple[EffectiveTaxRate, ...] = ()


class Contact(Entity):
    """What a customer and a vendor have in common."""

    display_name: str = ""
    given_name: str | None = None
    family_name: str | None = None
    company_name: str | None = None
    active: bool = True
    primary_phone: Telephone | None = None
    mobile: Telephone | None = None
    primary_email_addr: Email | None = None
    bill_addr: PhysicalAddress | None = None
    currency_ref: Ref | None = None


class Customer(Contact):
    """A customer."""

    primary_tax_identifier: str | None = None


class Vendor(Contact):
    """A vendor."""

    tax_identifier: str | None = None


class Item(Entity):
    """A product, a service, or a mere heading (`Type` Category)."""

    name: str = ""
    fully_qualified_name: str | None = None
    sku: str | None = None
    description: str | None = None
    active: bool = True
    type: str | None = None
    unit_price: Decimal | None = None
    taxable: bool | None = None
    income_account_ref: Ref | None = None
    expense_account_ref: Ref | None = None
    sales_tax_code_ref: Ref | None = None


class LinkedTxn(Wire):
    """A link to another transaction."""

    txn_id: str
    txn_type: str


class LineDetail(Wire):
    """The details of a sales or expense line, whichever of them it has."""

    item_ref: Ref | None = None
    account_ref: Ref | None = None
    unit_price: Decimal | None = None
    qty: Decimal | None = None
    tax_code_ref: Ref | None = None
    tax_amount: Decimal | None = None
    tax_inclusive_amt: Decimal | None = None


class TaxLineDetail(Wire):
    """Which rate took how much of what."""

    tax_rate_ref: Ref | None = None
    tax_percent: Decimal | None = None
    net_amount_taxable: Decimal | None = None


class TaxLine(Wire):
    """The tax of one rate over a whole transaction."""

    amount: Decimal = Decimal(0)
    tax_line_detail: TaxLineDetail | None = None


class TxnTaxDetail(Wire):
    """The tax of a transaction."""

    txn_tax_code_ref: Ref | None = None
    total_tax: Decimal | None = None
    tax_line: tuple[TaxLine, ...] = ()


class GroupLineDetail(Wire):
    """A bundle: its parts are lines themselves."""

    line: tuple["Line", ...] = ()


class Line(Wire):
    """A line; `DetailType` says which detail it carries."""

    id: str | None = None
    description: str | None = None
    amount: Decimal | None = None
    detail_type: str | None = None
    linked_txn: tuple[LinkedTxn, ...] = ()
    sales_item_line_detail: LineDetail | None = None
    item_based_expense_line_detail: LineDetail | None = None
    account_based_expense_line_detail: LineDetail | None = None
    group_line_detail: GroupLineDetail | None = None


class Memo(msgspec.Struct, gc=False):
    """A message on a sales form."""

    value: str | None = None


class Transaction(Entity):
    """What all transactions have in common."""

    doc_number: str | None = None
    txn_date: date | None = None
    currency_ref: Ref | None = None
    exchange_rate: Decimal | None = None
    private_note: str | None = None
    line: tuple[Line, ...] = ()
    total_amt: Decimal | None = None


class Document(Transaction):
    """An invoice, bill, credit memo or vendor credit: the parties' fields are those of either side."""

    customer_ref: Ref | None = None
    vendor_ref: Ref | None = None
    customer_memo: Memo | None = None
    due_date: date | None = None
    global_tax_calculation: str | None = None
    txn_tax_detail: TxnTaxDetail | None = None
    balance: Decimal | None = None
    remaining_credit: Decimal | None = None


class BankSide(Wire):
    """Which account a bill was paid from."""

    bank_account_ref: Ref | None = None
    cc_account_ref: Ref | None = msgspec.field(name="CCAccountRef", default=None)


class Payment(Transaction):
    """A payment of a customer, or to a vendor."""

    customer_ref: Ref | None = None
    vendor_ref: Ref | None = None
    deposit_to_account_ref: Ref | None = None
    payment_ref_num: str | None = None
    unapplied_amt: Decimal | None = None
    check_payment: BankSide | None = None
    credit_card_payment: BankSide | None = None


class Rows(Wire):
    """The rows of a query, or of one type in change data capture; each is kept as the bytes that were sent."""

    company_info: list[msgspec.Raw] = []
    preferences: list[msgspec.Raw] = []
    account: list[msgspec.Raw] = []
    tax_code: list[msgspec.Raw] = []
    tax_rate: list[msgspec.Raw] = []
    customer: list[msgspec.Raw] = []
    vendor: list[msgspec.Raw] = []
    item: list[msgspec.Raw] = []
    invoice: list[msgspec.Raw] = []
    bill: list[msgspec.Raw] = []
    credit_memo: list[msgspec.Raw] = []
    vendor_credit: list[msgspec.Raw] = []
    payment: list[msgspec.Raw] = []
    bill_payment: list[msgspec.Raw] = []
    attachable: list[msgspec.Raw] = []
    company_currency: list[msgspec.Raw] = []
    start_position: int = msgspec.field(name="startPosition", default=1)
    max_results: int | None = msgspec.field(name="maxResults", default=None)
    total_count: int | None = msgspec.field(name="totalCount", default=None)


class QueryAnswer(Wire):
    """The answer to a query; no rows are an empty `QueryResponse`."""

    time: datetime = msgspec.field(name="time")
    query_response: Rows = msgspec.field(default_factory=Rows)


class ChangedRows(Wire):
    """One element of a change data capture answer."""

    query_response: list[Rows] = []


class ChangesAnswer(Wire):
    """The answer of change data capture."""

    time: datetime = msgspec.field(name="time")
    cdc_response: list[ChangedRows] = msgspec.field(name="CDCResponse", default_factory=list)


class CompanyInfoAnswer(Wire):
    """The answer to reading the company."""

    company_info: msgspec.Raw
    time: datetime = msgspec.field(name="time")


class PreferencesAnswer(Wire):
    """The answer to reading the preferences."""

    preferences: msgspec.Raw
    time: datetime = msgspec.field(name="time")
