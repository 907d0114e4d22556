"""Xero's objects as they come over the wire: only the fields that mean something here, typed, with exact numbers.

Source: OpenAPI description 16.1.0 for the types, recorded answers for what is really present. Numbers may come as
strings in a few places; both decode to Decimal. Attributes are the snake case of Xero's own property names.
"""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import msgspec
from msgspec import Struct, field

DAY_MS = 86_400_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL = _EPOCH.toordinal()
_MS_DATE = re.compile(r"/Date\((-?\d{1,15})(?:[+-]\d{4})?\)/")


def read_moment(text: str) -> datetime:
    """A moment from `/Date(ms)/` or `/Date(ms+0000)/`: the number is UTC whatever the offset says.

    Raises ValueError for anything else.
    """
    return _EPOCH + timedelta(milliseconds=_epoch_ms(text))


def read_day(text: str) -> date:
    """A calendar date from `/Date(ms+0000)/`, which is midnight UTC of that date; raises ValueError."""
    return date.fromordinal(_EPOCH_ORDINAL + _epoch_ms(text) // DAY_MS)


def _epoch_ms(text: str) -> int:
    found = _MS_DATE.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no date of Xero's")
    return int(found[1])


class _Shape(Struct, frozen=True, gc=False, rename="pascal"):
    """Property names are those of Xero: pascal case, with `…ID` and `…UTC` spelled out where they differ."""


class Phone(_Shape, frozen=True):
    """One of a contact's four fixed slots; unset parts are missing on lists and empty on answers to writes."""

    phone_type: str = ""
    phone_number: str | None = None
    phone_area_code: str | None = None
    phone_country_code: str | None = None


class PostalAddress(_Shape, frozen=True):
    """One of a contact's two fixed slots: POBOX is the billing address, STREET the delivery address."""

    address_type: str = ""
    address_line1: str | None = field(name="AddressLine1", default=None)
    address_line2: str | None = field(name="AddressLine2", default=None)
    city: str | None = None
    region: str | None = None
    postal_code: str | None = None
    country: str | None = None


class Organisation(_Shape, frozen=True):
    """`GET /Organisation`. OrganisationID is the tenant id."""

    organisation_id: str = field(name="OrganisationID")
    name: str
    base_currency: str
    legal_name: str | None = None
    organisation_type: str | None = None
    country_code: str | None = None
    timezone: str | None = None
    period_lock_date: str | None = None
    end_of_year_lock_date: str | None = None


class Organisations(_Shape, frozen=True):
    """The answer of `GET /Organisation`."""

    organisations: tuple[Organisation, ...] = ()


class Account(_Shape, frozen=True):
    """`GET /Accounts`. Bank accounts may have no code; SystemAccount is empty or null for ordinary ones."""

    account_id: str = field(name="AccountID")
    name: str
    type: str
    code: str | None = None
    status: str = "ACTIVE"
    class_: str | None = field(name="Class", default=None)
    description: str | None = None
    currency_code: str | None = None
    enable_payments_to_account: bool = False
    system_account: str | None = None
    updated_date_utc: str | None = field(name="UpdatedDateUTC", default=None)


class TaxComponent(_Shape, frozen=True):
    """One rate inside a tax rate, in percent."""

    name: str
    rate: Decimal
    is_compound: bool = False


class TaxRate(_Shape, frozen=True):
    """`GET /TaxRates`. Its key is TaxType; there is neither an id nor a time of change."""

    tax_type: str
    name: str
    effective_rate: Decimal | None = None
    display_tax_rate: Decimal | None = None
    status: str = "ACTIVE"
    can_apply_to_revenue: bool | None = None
    can_apply_to_expenses: bool | None = None
    can_apply_to_assets: bool | None = None
    can_apply_to_liabilities: bool | None = None
    can_apply_to_equity: bool | None = None
    tax_components: tuple[TaxComponent, ...] = ()


class Contact(_Shape, frozen=True):
    """`GET /Contacts`."""

    contact_id: str = field(name="ContactID")
    name: str | None = None
    contact_number: str | None = None
    contact_status: str = "ACTIVE"
    first_name: str | None = None
    last_name: str | None = None
    email_address: str | None = None
    tax_number: str | None = None
    default_currency: str | None = None
    is_customer: bool = False
    is_supplier: bool = False
    merged_to_contact_id: str | None = field(name="MergedToContactID", default=None)
    phones: tuple[Phone, ...] = ()
    addresses: tuple[PostalAddress, ...] = ()
    updated_date_utc: str | None = field(name="UpdatedDateUTC", default=None)


class ContactName(_Shape, frozen=True):
    """The contact inside a document: lists carry little more than this."""

    contact_id: str = field(name="ContactID")
    name: str | None = None


class ItemDetails(_Shape, frozen=True):
    """How an item is sold or bought; empty when it is not."""

    unit_price: Decimal | None = None
    account_code: str | None = None
    cogs_account_code: str | None = field(name="COGSAccountCode", default=None)
    tax_type: str | None = None


class Item(_Shape, frozen=True):
    """`GET /Items`."""

    item_id: str = field(name="ItemID")
    code: str
    name: str | None = None
    description: str | None = None
    purchase_description: str | None = None
    is_sold: bool = True
    is_purchased: bool = True
    is_tracked_as_inventory: bool = False
    sales_details: ItemDetails = ItemDetails()
    purchase_details: ItemDetails = ItemDetails()
    updated_date_utc: str | None = field(name="UpdatedDateUTC", default=None)


class LineItemItem(_Shape, frozen=True):
    """The item of a line, present since the line items carry ids."""

    item_id: str | None = field(name="ItemID", default=None)


class LineItem(_Shape, frozen=True):
    """A line of an invoice or credit note. A line of words alone has neither price nor account."""

    line_item_id: str | None = field(name="LineItemID", default=None)
    description: str | None = None
    quantity: Decimal | None = None
    unit_amount: Decimal | None = None
    line_amount: Decimal | None = None
    discount_rate: Decimal | None = None
    discount_amount: Decimal | None = None
    account_id: str | None = field(name="AccountID", default=None)
    account_code: str | None = None
    item_code: str | None = None
    item: LineItemItem | None = None
    tax_type: str | None = None
    tax_amount: Decimal | None = None


class Invoice(_Shape, frozen=True):
    """`GET /Invoices`: a sale (ACCREC) or a bill (ACCPAY). Drafts may lack all but type, contact and totals."""

    invoice_id: str = field(name="InvoiceID")
    type: str
    contact: ContactName
    date: str
    status: str
    currency_code: str
    sub_total: Decimal
    total_tax: Decimal
    total: Decimal
    amount_due: Decimal
    due_date: str | None = None
    invoice_number: str | None = None
    reference: str | None = None
    line_amount_types: str = "Exclusive"
    currency_rate: Decimal | None = None
    line_items: tuple[LineItem, ...] = ()
    has_attachments: bool = False
    updated_date_utc: str | None = field(name="UpdatedDateUTC", default=None)


class AllocatedInvoice(_Shape, frozen=True):
    """The invoice or bill inside an allocation."""

    invoice_id: str = field(name="InvoiceID")


class Settled(_Shape, frozen=True):
    """What an invoice shows of all that settles it, as far as somebody asks whether there is any."""

    credit_notes: tuple[msgspec.Raw, ...] = ()
    overpayments: tuple[msgspec.Raw, ...] = ()
    prepayments: tuple[msgspec.Raw, ...] = ()


class CreditAllocation(_Shape, frozen=True):
    """The part of a credit note, overpayment or prepayment that settles one invoice."""

    amount: Decimal
    invoice: AllocatedInvoice


class CreditNote(_Shape, frozen=True):
    """`GET /CreditNotes`: given to a customer (ACCRECCREDIT) or by a supplier (ACCPAYCREDIT)."""

    credit_note_id: str = field(name="CreditNoteID")
    type: str
    contact: ContactName
    date: str
    status: str
    currency_code: str
    sub_total: Decimal
    total_tax: Decimal
    total: Decimal
    remaining_credit: Decimal | None = None
    credit_note_number: str | None = None
    reference: str | None = None
    line_amount_types: str = "Exclusive"
    currency_rate: Decimal | None = None
    line_items: tuple[LineItem, ...] = ()
    allocations: tuple[CreditAllocation, ...] = ()
    has_attachments: bool = False
    updated_date_utc: str | None = field(name="UpdatedDateUTC", default=None)


class Advance(_Shape, frozen=True):
    """`GET /Overpayments` and `GET /Prepayments`: money without an invoice, and what it settles by now."""

    type: str
    contact: ContactName
    date: str
    status: str
    currency_code: str
    total: Decimal
    remaining_credit: Decimal
    overpayment_id: str | None = field(name="OverpaymentID", default=None)
    prepayment_id: str | None = field(name="PrepaymentID", default=None)
    reference: str | None = None
    currency_rate: Decimal | None = None
    allocations: tuple[CreditAllocation, ...] = ()
    updated_date_utc: str | None = field(name="UpdatedDateUTC", default=None)


class Paid(_Shape, frozen=True):
    """What a payment is against: the invoice, credit note, overpayment or prepayment inside it."""

    invoice_id: str | None = field(name="InvoiceID", default=None)
    credit_note_id: str | None = field(name="CreditNoteID", default=None)
    overpayment_id: str | None = field(name="OverpaymentID", default=None)
    prepayment_id: str | None = field(name="PrepaymentID", default=None)
    currency_code: str | None = None
    contact: ContactName | None = None


class PaymentAccount(_Shape, frozen=True):
    """The account inside a payment."""

    account_id: str | None = field(name="AccountID", default=None)
    code: str | None = None


class Payment(_Shape, frozen=True):
    """`GET /Payments`. Amount is in the document's currency, BankAmount in the account's."""

    payment_id: str = field(name="PaymentID")
    date: str
    amount: Decimal
    payment_type: str
    status: str
    reference: str | None = None
    currency_rate: Decimal | None = None
    account: PaymentAccount | None = None
    batch_payment_id: str | None = field(name="BatchPaymentID", default=None)
    invoice: Paid | None = None
    credit_note: Paid | None = None
    overpayment: Paid | None = None
    prepayment: Paid | None = None
    updated_date_utc: str | None = field(name="UpdatedDateUTC", default=None)


class Action(_Shape, frozen=True):
    """`GET /Organisation/Actions`: something that the person who connected may do, or not."""

    name: str
    status: str


class Currency(_Shape, frozen=True):
    """`GET /Currencies`: one that the organisation is subscribed to."""

    code: str


class Pagination(Struct, frozen=True, gc=False, rename="camel"):
    """How far a paged list reaches; only there when a page was asked for."""

    page: int
    page_size: int
    item_count: int


class Envelope(Struct, frozen=True, gc=False, forbid_unknown_fields=False):
    """What surrounds the objects of every answer."""

    pagination: Pagination | None = None
    date_time_utc: str | None = field(name="DateTimeUTC", default=None)


class Cell(_Shape, frozen=True):
    """A report's cell. The attribute named `account` carries the account's id."""

    value: str | None = None
    attributes: tuple["CellAttribute", ...] = ()


class CellAttribute(_Shape, frozen=True):
    """What a cell stands for."""

    id: str | None = None
    value: str | None = None


class ReportRow(_Shape, frozen=True):
    """A row of a report; a section holds rows of its own."""

    row_type: str
    cells: tuple[Cell, ...] = ()
    rows: tuple["ReportRow", ...] = ()


class Report(_Shape, frozen=True):
    """A report as a tree of rows."""

    rows: tuple[ReportRow, ...] = ()


class Reports(_Shape, frozen=True):
    """The answer of `GET /Reports/…`."""

    reports: tuple[Report, ...] = ()


_raw_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_raw_list = msgspec.json.Decoder(list[msgspec.Raw])
_envelope = msgspec.json.Decoder(Envelope)


def read_envelope(body: bytes) -> Envelope:
    """Pagination and time of an answer; raises msgspec.DecodeError."""
    return _envelope.decode(body)


def read_objects(body: bytes, plural: str) -> list[msgspec.Raw]:
    """The objects of an answer, each as its own bytes; raises msgspec.DecodeError, or KeyError if there is no list."""
    return _raw_list.decode(_raw_members.decode(body)[plural])
