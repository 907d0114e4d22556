"""Canonical records that the tests of the connector write."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from tieout.books.records import (
    Account,
    AccountType,
    Bill,
    Company,
    CreditNote,
    Invoice,
    Item,
    Kind,
    Line,
    Record,
    Taxation,
    TaxRate,
    VendorCredit,
)
from tieout.platforms.port import Operation, Write

MARKER = "8e3c7d1e-1f9a-4b5e-9c62-0d5a5f6f7a10"
COMPANY = Company(external_id="org-1", name="Demo", base_currency="NZD")
DOCUMENTS: dict[Kind, type[Invoice] | type[Bill] | type[CreditNote] | type[VendorCredit]] = {
    Kind.INVOICE: Invoice,
    Kind.BILL: Bill,
    Kind.CREDIT_NOTE: CreditNote,
    Kind.VENDOR_CREDIT: VendorCredit,
}


def rate(tax_type: str, percent: str | Decimal, *, active: bool = True) -> TaxRate:
    value = Decimal(percent)
    return TaxRate(external_id=tax_type, name=tax_type, effective_rate=value, total_rate=value, active=active)


RATES = {each.external_id: each for each in (rate("OUTPUT2", "15"), rate("ZERO", "0"), rate("GONE", "5", active=False))}
ACCOUNTS = {
    "acc-200": Account(external_id="acc-200", name="Sales", code="200", type=AccountType.INCOME),
    "acc-bank": Account(external_id="acc-bank", name="Bank", type=AccountType.ASSET, is_bank=True),
    "acc-old": Account(external_id="acc-old", name="Old", code="299", type=AccountType.INCOME, active=False),
}
ITEMS = {
    "item-1": Item(external_id="item-1", name="Book", code="BOOK", description="A book"),
    "item-2": Item(external_id="item-2", name="Ball", code="BALL", is_stock=True),
}


def line(net: str = "100.00", **changed: Any) -> Line:
    members: dict[str, Any] = {
        "description": "Work",
        "unit_price": Decimal(net),
        "amount": Decimal(net),
        "account_id": "acc-200",
        "tax_rate_id": "OUTPUT2",
    }
    return Line(**members | changed)


def document(
    kind: Kind, lines: Sequence[Line], *, tax: str | Decimal, total: str | Decimal, **changed: Any
) -> Invoice | Bill | CreditNote | VendorCredit:
    members: dict[str, Any] = {
        "number": "INV-7",
        "party_id": "con-1",
        "currency": "NZD",
        "issued_on": date(2026, 4, 24),
        "due_on": date(2026, 5, 24),
        "taxation": Taxation.EXCLUSIVE,
        "lines": tuple(lines),
        "subtotal": Decimal(total) - Decimal(tax),
        "tax": Decimal(tax),
        "total": Decimal(total),
        "balance": Decimal(total),
        "marker": MARKER,
    }
    return DOCUMENTS[kind](**members | changed)


def write_of(kind: Kind, record: Record, **changed: Any) -> Write:
    members: dict[str, Any] = {
        "operation": Operation.CREATE,
        "kind": kind,
        "record": record,
        "key": "key-1",
        "company": COMPANY,
        "tax_rates": RATES,
        "accounts": ACCOUNTS,
        "items": ITEMS,
    }
    return Write(**members | changed)
