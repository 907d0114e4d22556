"""Xero's invoices, bills and credit notes as records of the books: pure, to the cent.

Totals and balances are the ones that Xero states; they are checked against each other, never recomputed. A document
whose own figures contradict each other is refused a meaning rather than given a wrong one.
"""

from datetime import date
from decimal import Decimal
from typing import TypedDict

from tieout.books.records import (
    Allocation,
    Bill,
    CreditNote,
    DocumentStatus,
    Invoice,
    Kind,
    Line,
    Taxation,
    TaxLine,
    VendorCredit,
)
from tieout.platforms.xero import shapes
from tieout.platforms.xero.marks import read_stamp
from tieout.platforms.xero.translate import Translation, Untranslatable, id_or_code, optional_day

_ZERO = Decimal(0)
_ONE = Decimal(1)
_PERCENT = Decimal(100)

_TAXATION = {"Exclusive": Taxation.EXCLUSIVE, "Inclusive": Taxation.INCLUSIVE, "NoTax": Taxation.NONE}
_UNFINISHED = frozenset({"DRAFT", "SUBMITTED"})
_DEAD = {"VOIDED": DocumentStatus.VOID, "DELETED": DocumentStatus.DELETED}

_INVOICE_KINDS: dict[str, tuple[Kind, type[Invoice] | type[Bill]]] = {
    "ACCREC": (Kind.INVOICE, Invoice),
    "ACCPAY": (Kind.BILL, Bill),
}
_CREDIT_KINDS: dict[str, tuple[Kind, type[CreditNote] | type[VendorCredit]]] = {
    "ACCRECCREDIT": (Kind.CREDIT_NOTE, CreditNote),
    "ACCPAYCREDIT": (Kind.VENDOR_CREDIT, VendorCredit),
}


class _Common(TypedDict):
    """What all documents have, ready for any of their classes."""

    external_id: str
    number: str | None
    party_id: str
    party_name: str | None
    currency: str
    exchange_rate: Decimal | None
    issued_on: date
    due_on: date | None
    taxation: Taxation
    lines: tuple[Line, ...]
    tax_lines: tuple[TaxLine, ...]
    subtotal: Decimal
    tax: Decimal
    total: Decimal
    balance: Decimal
    status: DocumentStatus
    memo: str | None
    marker: str | None
    has_attachments: bool


def translate_invoice(raw: shapes.Invoice) -> Translation:
    """A sales invoice or a bill. AmountDue is what is owed; a void one owes nothing, whatever a reply still shows.

    The reference holds the memo, and on what we wrote also our mark.
    """
    known = _INVOICE_KINDS.get(raw.type)
    if known is None:
        raise Untranslatable(f"invoices of type {raw.type} have no meaning here")
    kind, record_type = known
    common = _common(
        raw, external_id=raw.invoice_id, number=raw.invoice_number, due_on=raw.due_date, balance=raw.amount_due
    )
    return Translation(kind, raw.invoice_id, raw.updated_date_utc, record_type(**common))


def translate_credit_note(raw: shapes.CreditNote) -> Translation:
    """A credit note or a vendor credit; its balance is what can still be used."""
    known = _CREDIT_KINDS.get(raw.type)
    if known is None:
        raise Untranslatable(f"credit notes of type {raw.type} have no meaning here")
    kind, record_type = known
    remaining = raw.remaining_credit
    if remaining is None:
        remaining = raw.total - sum((allocation.amount for allocation in raw.allocations), _ZERO)
    common = _common(raw, external_id=raw.credit_note_id, number=raw.credit_note_number, due_on=None, balance=remaining)
    settled = Kind.INVOICE if kind is Kind.CREDIT_NOTE else Kind.BILL
    record = record_type(**common, allocations=allocations_of(raw.allocations, settled))
    return Translation(kind, raw.credit_note_id, raw.updated_date_utc, record)


def allocations_of(raw: tuple[shapes.CreditAllocation, ...], kind: Kind) -> tuple[Allocation, ...]:
    """What a credit settles; several parts for one document are one."""
    amounts: dict[str, Decimal] = {}
    for part in raw:
        amounts[part.invoice.invoice_id] = amounts.get(part.invoice.invoice_id, _ZERO) + part.amount
    return tuple(
        [Allocation(document_kind=kind, document_id=document, amount=amount) for document, amount in amounts.items()]
    )


def _common(
    raw: shapes.Invoice | shapes.CreditNote,
    *,
    external_id: str,
    number: str | None,
    due_on: str | None,
    balance: Decimal,
) -> _Common:
    if raw.sub_total + raw.total_tax != raw.total:
        raise Untranslatable(f"{raw.sub_total} and tax of {raw.total_tax} do not make {raw.total}")
    taxation = _TAXATION.get(raw.line_amount_types)
    if taxation is None:
        raise Untranslatable(f"amounts that are {raw.line_amount_types} have no meaning here")
    if raw.status in _DEAD:
        balance = _ZERO
    memo, marker = read_stamp(raw.reference)
    return _Common(
        external_id=external_id,
        number=number or None,
        party_id=raw.contact.contact_id,
        party_name=raw.contact.name,
        currency=raw.currency_code,
        exchange_rate=exchange_rate(raw.currency_rate),
        issued_on=shapes.read_day(raw.date),
        due_on=optional_day(due_on),
        taxation=taxation,
        lines=tuple([_line(line) for line in raw.line_items]),
        tax_lines=_tax_lines(raw.line_items, taxation),
        subtotal=raw.sub_total,
        tax=raw.total_tax,
        total=raw.total,
        balance=balance,
        status=_status(raw.status, raw.total, balance),
        memo=memo,
        marker=marker,
        has_attachments=raw.has_attachments,
    )


def _status(status: str, total: Decimal, balance: Decimal) -> DocumentStatus:
    if status == "AUTHORISED":
        return DocumentStatus.OPEN if balance == total else DocumentStatus.PARTIALLY_PAID
    if status == "PAID":
        return DocumentStatus.PAID
    if status in _UNFINISHED:
        return DocumentStatus.DRAFT
    if status in _DEAD:
        return _DEAD[status]
    raise Untranslatable(f"status {status} has no meaning here")


def _line(raw: shapes.LineItem) -> Line:
    """One line; what a line of words alone lacks is nothing."""
    unit_price = _ZERO if raw.unit_amount is None else raw.unit_amount
    quantity = _ONE if raw.quantity is None else raw.quantity
    amount = _ZERO if raw.line_amount is None else raw.line_amount
    discount = raw.discount_rate or None
    if discount is None and raw.discount_amount:
        whole = quantity * unit_price
        discount = raw.discount_amount / whole * _PERCENT if whole else None
    return Line(
        external_id=raw.line_item_id,
        description=raw.description or None,
        quantity=quantity,
        unit_price=unit_price,
        discount_percent=discount,
        amount=amount,
        account_id=raw.account_id or id_or_code(None, raw.account_code),
        item_id=id_or_code(raw.item.item_id if raw.item else None, raw.item_code),
        tax_rate_id=raw.tax_type or None,
        tax_amount=raw.tax_amount,
    )


def _tax_lines(lines: tuple[shapes.LineItem, ...], taxation: Taxation) -> tuple[TaxLine, ...]:
    """Tax by rate over the whole document, in the order in which the rates first appear."""
    if taxation is Taxation.NONE:
        return ()
    inclusive = taxation is Taxation.INCLUSIVE
    sums: dict[str, list[Decimal]] = {}
    for line in lines:
        amount = line.line_amount
        if line.tax_type and amount is not None:
            tax = line.tax_amount or _ZERO
            if inclusive:
                amount -= tax
            known = sums.get(line.tax_type)
            if known is None:
                sums[line.tax_type] = [amount, tax]
            else:
                known[0] += amount
                known[1] += tax
    return tuple([TaxLine(rate_id=rate, taxable=net, amount=tax) for rate, (net, tax) in sums.items()])


def exchange_rate(currency_rate: Decimal | None) -> Decimal | None:
    """Base units for one of the document's: Xero states the inverse. Lists of payments may show 0: nothing is said."""
    if not currency_rate:
        return None
    return _ONE if currency_rate == 1 else _ONE / currency_rate
