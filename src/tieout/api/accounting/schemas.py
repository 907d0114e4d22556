"""Documents of the books on the wire (contract: AccountingPayable, AccountingReceivable).

Unlike everywhere else in the API, ids are the platform's and amounts are decimal numbers in the main unit.
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from tieout.api.schemas import Number, Shown
from tieout.books.records import Bill, Document, DocumentStatus, Invoice, Line
from tieout.kit.identifiers import derived_id
from tieout.kit.money import rounded

_STATUSES = {
    DocumentStatus.DRAFT: "draft",
    DocumentStatus.OPEN: "open",
    DocumentStatus.PARTIALLY_PAID: "partially_paid",
    DocumentStatus.PAID: "paid",
    DocumentStatus.VOID: "void",
    DocumentStatus.DELETED: "void",
}


class AccountingRefObject(Shown):
    """Something at the platform."""

    id: str | None


class AccountingVendorRefObject(Shown):
    """A vendor at the platform."""

    id: str
    name: str | None


class AccountingCustomerRefObject(Shown):
    """A customer at the platform."""

    id: str
    company_name: str | None


class AccountingLineItem(Shown):
    """A line; `ledger_account_id` is good for GET /ledger_accounts/{id}."""

    description: str | None
    discount_amount: Number | None
    discount_percentage: Number | None
    ledger_account_id: str | None
    quantity: Number | None
    tax_rate_ref: AccountingRefObject | None
    unit_amount: Number | None


class AccountingPurchaseOrderRef(Shown):
    """A purchase order at the platform."""

    id: str
    name: str | None


class AccountingPayable(Shown):
    """A bill in the books."""

    id: str
    amount_due: Number | None
    currency: str | None
    currency_rate: Number | None
    due_date: date | None
    invoice_number: str | None
    lines: list[AccountingLineItem]
    memo: str | None
    posted_date: date | None
    purchase_order_refs: list[AccountingPurchaseOrderRef]
    status: str
    subtotal: Number | None
    tax_amount: Number | None
    total_amount: Number
    vendor_ref: AccountingVendorRefObject | None


class AccountingPayableList(Shown):
    """Bills in the books."""

    data: list[AccountingPayable]


class AccountingReceivable(Shown):
    """An invoice in the books; `pass_through` is the platform's own object."""

    id: str
    currency: str | None
    currency_rate: Number | None
    customer_ref: AccountingCustomerRefObject | None
    due_date: date | None
    invoice_number: str | None
    lines: list[AccountingLineItem]
    memo: str | None
    pass_through: dict[str, Any]
    posted_date: date | None


class AccountingReceivableList(Shown):
    """Invoices in the books."""

    data: list[AccountingReceivable]


def _show_line(line: Line, currency: str, company_id: UUID) -> AccountingLineItem:
    account_id = None if line.account_id is None else str(derived_id(company_id, "account", line.account_id))
    discount = None
    if line.discount_percent is not None:
        discount = rounded(line.quantity * line.unit_price - line.amount, currency)
    return AccountingLineItem(
        description=line.description,
        discount_amount=discount,
        discount_percentage=line.discount_percent,
        ledger_account_id=account_id,
        quantity=line.quantity,
        tax_rate_ref=None if line.tax_rate_id is None else AccountingRefObject(id=line.tax_rate_id),
        unit_amount=line.unit_price,
    )


def _lines(document: Document, company_id: UUID) -> list[AccountingLineItem]:
    return [_show_line(line, document.currency, company_id) for line in document.lines]


def show_payable(bill: Bill, company_id: UUID, names: Callable[[str], str | None]) -> AccountingPayable:
    """A bill as the API shows it; `names` tells a vendor's name by its id."""
    return AccountingPayable(
        id=bill.external_id or "",
        amount_due=bill.balance,
        currency=bill.currency,
        currency_rate=bill.exchange_rate if bill.exchange_rate is not None else Decimal(1),
        due_date=bill.due_on,
        invoice_number=bill.number,
        lines=_lines(bill, company_id),
        memo=bill.memo,
        posted_date=bill.issued_on,
        purchase_order_refs=[],
        status=_STATUSES[bill.status],
        subtotal=bill.subtotal,
        tax_amount=bill.tax,
        total_amount=bill.total,
        vendor_ref=AccountingVendorRefObject(id=bill.party_id, name=bill.party_name or names(bill.party_id)),
    )


def show_receivable(
    invoice: Invoice, company_id: UUID, names: Callable[[str], str | None], raw: dict[str, Any]
) -> AccountingReceivable:
    """An invoice as the API shows it; `names` tells a customer's name by its id."""
    name = invoice.party_name or names(invoice.party_id)
    return AccountingReceivable(
        id=invoice.external_id or "",
        currency=invoice.currency,
        currency_rate=invoice.exchange_rate if invoice.exchange_rate is not None else Decimal(1),
        customer_ref=AccountingCustomerRefObject(id=invoice.party_id, company_name=name),
        due_date=invoice.due_on,
        invoice_number=invoice.number,
        lines=_lines(invoice, company_id),
        memo=invoice.memo,
        pass_through=raw,
        posted_date=invoice.issued_on,
    )
